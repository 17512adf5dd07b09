"""The explorer's server: what it answers, to whom, and that nothing stops it."""

import csv
import http.client
import io
import json
import re
import threading
import time
from importlib.resources import files
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner
from matplotlib.image import imread

from thermalent.cli import main
from thermalent.explore.answers import state_answer
from thermalent.explore.downloads import csv_text
from thermalent.explore.point import read_point
from thermalent.explore.server import ExplorerServer

COLD = {"temperature": "1K"}  # few tiers


@pytest.fixture(scope="module")
def server():
    with ExplorerServer() as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def get(server, path, query=(), host=None):
    connection = http.client.HTTPConnection(*server.server_address, timeout=120)
    headers = {} if host is None else {"Host": host}
    connection.request("GET", f"{path}?{urlencode(dict(query))}", headers=headers)
    reply = connection.getresponse()
    body = reply.read()
    connection.close()
    return reply, body


def test_it_listens_on_the_loopback_address_alone(server):
    assert server.server_address[0] == "127.0.0.1"
    assert server.url.startswith("http://127.0.0.1:")


def test_a_request_for_another_host_is_refused(server):
    """A page of the internet whose name leads here must not read anything."""
    port = server.server_address[1]
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1", ""):
        reply, body = get(server, "/api/state", COLD, host)
        assert reply.status == 403
        assert b"concurrence" not in body
    assert get(server, "/api/state", COLD, f"localhost:{port}")[0].status == 200


def test_the_page_loads_nothing_from_other_hosts(server):
    reply, body = get(server, "/")
    assert reply.status == 200
    assert "default-src 'self'" in reply.getheader("Content-Security-Policy")
    named = re.findall(r'(?:src|href)="([^"]*)"', body.decode())
    assert sorted(named) == ["/others", "data:,", "explore.css", "explore.js"]
    for name in ("index.html", "explore.css", "explore.js", "plots.js"):
        text = (files("thermalent.explore") / "page" / name).read_text()
        assert set(re.findall(r"https?://[\w./]*", text)) <= {"http://www.w3.org/2000/svg"}
        assert get(server, "/" if name == "index.html" else f"/{name}")[1].decode() == text


def test_numbers_come_as_json(server):
    found = json.loads(get(server, "/api/state", COLD)[1])
    assert found["concurrence"] == state_answer(read_point(COLD))["concurrence"]
    for path, key in (("/api/limits", "limits"), ("/api/spectrum", "behind_qubits")):
        assert json.loads(get(server, path, COLD)[1])[key]
    page = json.loads(get(server, "/api/page")[1])
    assert set(page["presets"]["superconducting"]["texts"]) <= {
        control["name"] for control in page["controls"]
    }


def test_rows_of_the_map(server):
    asked = {**COLD, "x": "loss", "y": "temperature", "points": "3", "row": "1"}
    found = json.loads(get(server, "/api/map", asked)[1])
    values = [number["value"] for number in found["concurrences"]]
    assert values[0] > values[1] > values[2]
    for name, wrong in (("points", "9999"), ("row", "3"), ("points", "-1"), ("y", "loss")):
        reply, body = get(server, "/api/map", {**asked, name: wrong})
        assert reply.status == 400
        assert f"`{name}`" in body.decode()
    assert not json.loads(get(server, "/api/map", {**asked, "x": "moon"})[1])["ok"]


@pytest.mark.parametrize(
    "query",
    [
        {"temperature": "hot"},
        {"temperature": "\x00\ud7ff<script>"},
        {"quality": "1e400"},
        {"gamma_1": "1e-300Hz"},
        {"temperature": "1e300K"},
        {"frequency": "1e-300Hz"},
        {"detuning_1": "1e200Hz"},
        {"loss": "1", "base_temperature": "1e9K"},
        {"x": "1"},
        {"temperature": "0K"},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "path", ["/api/state", "/api/limits", "/api/spectrum", "/export/state.csv"]
)
def test_nothing_that_is_asked_breaks_it(server, path, query):
    reply, body = get(server, path, query)
    assert reply.status in (200, 400)
    if reply.status == 200 and path.startswith("/api"):
        found = json.loads(body)
        assert found["ok"] or found["errors"] or found["message"]
    assert b"Traceback" not in body


def test_an_error_of_the_library_is_a_message_and_the_next_answer_comes(
    server, monkeypatch, capsys
):
    def fails(point, stop):
        raise ArithmeticError("a defect")

    with monkeypatch.context() as broken:
        broken.setattr("thermalent.explore.server.quick_answer", fails)
        reply, body = get(server, "/api/state", COLD)
    assert reply.status == 500
    assert body.decode() == "The library failed: ArithmeticError: a defect"
    assert "ArithmeticError: a defect" in capsys.readouterr().err
    assert json.loads(get(server, "/api/state", COLD)[1])["ok"]


def test_a_browser_that_goes_away_leaves_no_traceback(server, capsys):
    for problem, said in ((BrokenPipeError(), ""), (RuntimeError("other"), "RuntimeError: other")):
        try:
            raise problem
        except (BrokenPipeError, RuntimeError):
            server.handle_error(None, ("127.0.0.1", 1))
        shown = capsys.readouterr().err
        assert said in shown
        assert bool(said) == bool(shown)


def test_rings_and_rails_have_a_page_of_their_own(server):
    reply, body = get(server, "/others", {"preset": "ring-nv"})
    assert reply.status == 200
    assert b"largest concurrence" in body
    assert b'href="/others"' in get(server, "/")[1]


def test_what_does_not_exist_is_refused(server):
    for path in ("/nothing", "/../pyproject.toml", "/export/nothing.csv", "/explore.py"):
        assert get(server, path)[0].status == 404
    assert get(server, "/api/state", {"temperature": "1" * 5000})[0].status == 414


def test_tables_are_saved_with_the_command_that_gives_them(server):
    reply, body = get(server, "/export/state.csv", COLD)
    assert 'filename="state.csv"' in reply.getheader("Content-Disposition")
    comment, *lines = body.decode().splitlines()
    assert "thermalent hardware --preset=superconducting --temperature=1K" in comment
    rows = list(csv.DictReader(lines))
    assert float(rows[0]["value"]) == state_answer(read_point(COLD))["concurrence"]["value"]
    assert [row["quantity"] for row in rows[1:]] == [
        f"population of {state}" for state in ("00", "S", "T", "11")
    ]
    for name, length in (("limits.csv", 7), ("spectrum.csv", 41), ("map.csv", 225)):
        lines = get(server, f"/export/{name}", COLD)[1].decode().splitlines()
        assert len(lines) == 2 + length
    assert csv_text("other.csv", read_point(COLD), "temperature", "quality") is None


def test_a_picture_is_saved(server):
    reply, body = get(server, "/export/thermalent.png", {**COLD, "x": "loss", "y": "detuning_1"})
    assert reply.getheader("Content-Type") == "image/png"
    assert imread(io.BytesIO(body)).shape[:2] == (975, 1430)
    unsolved = {"preset": "siv-orbital", "detuning_1": "0Hz", "detuning_2": "0Hz"}
    reply, body = get(server, "/export/thermalent.png", {**unsolved, "dephasing_time": ""})
    assert reply.status == 400
    assert b"not unique" in body


def test_a_newer_point_ends_what_is_computed_for_the_one_before(server):
    server.newer["mine"] = 1
    try:
        hot = {"temperature": "3e3K"}
        ended = json.loads(get(server, "/api/spectrum", {**hot, "page": "mine"})[1])
        of_others = json.loads(get(server, "/api/spectrum", {**COLD, "page": "theirs"})[1])
    finally:
        server.newer.clear()
    assert not ended["ok"]
    assert of_others["ok"]
    assert json.loads(get(server, "/api/spectrum", COLD)[1])["ok"]


def test_a_point_waits_for_the_work_of_another_page_and_does_not_end_it(server):
    asked = threading.Thread(target=get, args=(server, "/api/state", {**COLD, "page": "theirs"}))
    with server.newest("mine"):
        asked.start()
        while not server.is_outdated("theirs"):  # until it waits
            time.sleep(0.001)
        assert not server.is_outdated("mine")
    asked.join()
    assert not server.newer


def test_the_command_serves_until_it_is_interrupted(monkeypatch):
    def interrupted(self):
        assert self.reply("/").body
        raise KeyboardInterrupt

    opened = []
    monkeypatch.setattr(ExplorerServer, "serve_forever", interrupted)
    monkeypatch.setattr("webbrowser.open", opened.append)
    result = CliRunner().invoke(main, ["explore", "--port", "0", "--no-browser"])
    assert result.exit_code == 0
    assert re.search(r"http://127\.0\.0\.1:\d+/ \(Ctrl-C ends it\)", result.stdout)
    assert not opened
    assert CliRunner().invoke(main, ["explore", "--port", "0"]).exit_code == 0
    assert opened[0].startswith("http://127.0.0.1:")


def test_a_port_that_is_taken_is_an_error_of_one_line(server):
    port = str(server.server_address[1])
    result = CliRunner().invoke(main, ["explore", "--port", port, "--no-browser"])
    assert result.exit_code == 1
    assert "--port 0 takes one that is free" in result.stderr
