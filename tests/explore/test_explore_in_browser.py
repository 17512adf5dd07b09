"""The explorer in a headless Chromium: sliders, marks, links, and how long a picture takes.

A page of the test holds the explorer in a frame, moves it and reports what it saw; Chromium's clock
is the real one. `make test-browser` runs it, and leaves screenshots in output/browser to look at.
"""

import json
import os
import shutil
import subprocess
import threading
import time
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from thermalent.explore.answers import state_answer
from thermalent.explore.maps import axis_values
from thermalent.explore.point import read_point
from thermalent.explore.server import ExplorerServer, Reply

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
PICTURES = Path(__file__).resolve().parents[2] / "output" / "browser"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium; CHROMIUM names one"),
]

DRIVER = """
const frame = document.querySelector("iframe");
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const inside = (id) => frame.contentDocument.getElementById(id);
const data = () => frame.contentDocument.body.dataset;
async function until(condition, what) {
  const begin = performance.now();
  while (!condition()) {
    if (performance.now() - begin > 60000) throw new Error("waited in vain for " + what);
    await wait(2);
  }
  return performance.now() - begin;
}
async function open(query) {
  frame.src = "/?" + query;
  await until(() => inside("value") && data().drawn, "the first picture of " + query);
}
function enter(id, value) {
  inside(id).value = value;
  inside(id).dispatchEvent(new Event("input", { bubbles: true }));
}
async function tell(report) {
  await fetch("/test/report?" + new URLSearchParams({ report: JSON.stringify(report) }));
}
steps().then(tell, (problem) => tell({ problem: String(problem) }));
"""


class DrivenServer(ExplorerServer):
    """The explorer with a page that drives it, and a place for what that page has seen."""

    steps = ""

    def __init__(self):
        super().__init__()
        self.told, self.report = threading.Event(), {}

    def reply(self, target):
        if target == "/test":
            body = '<iframe width="1300" height="900"></iframe><script src="/test.js"></script>'
            body = f"<!doctype html>{body}"
            return Reply(HTTPStatus.OK, "text/html; charset=utf-8", body.encode())
        if target == "/test.js":
            return Reply(HTTPStatus.OK, "text/javascript", (self.steps + DRIVER).encode())
        if target.startswith("/test/report?"):
            self.report = json.loads(dict(parse_qsl(urlsplit(target).query))["report"])
            self.told.set()
            return Reply(HTTPStatus.OK, "text/plain", b"heard")
        if target == "/test/hold":
            with self.work:
                time.sleep(2.0)
            return Reply(HTTPStatus.OK, "text/plain", b"held")
        return super().reply(target)


@pytest.fixture(scope="module")
def server():
    with DrivenServer() as running:
        running.reply("/api/state")  # loads the kernels
        running.reply("/api/spectrum")
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def chromium(folder, *options):
    sparing = ("--disable-gpu", "--disable-background-networking", "--no-first-run")
    profile = f"--user-data-dir={folder}"
    return [CHROMIUM, "--headless", "--no-sandbox", *sparing, profile, *options]


def driven(server, folder, steps, monkeypatch):
    """What a page reports that has done these steps."""
    server.told.clear()
    monkeypatch.setattr(server, "steps", f"async function steps() {{ {steps} }}")
    running = subprocess.Popen(
        chromium(folder, "--remote-debugging-port=0", f"{server.url}test"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert server.told.wait(180), "the page has reported nothing"
    finally:
        running.kill()
        running.wait()
    assert "problem" not in server.report, server.report
    return server.report


def test_a_slider_moves_the_number_and_the_link(server, tmp_path, monkeypatch):
    """Thirty places of a slider; the milliseconds until each picture stand in output/browser."""
    steps = """
      await open("loss=0.01");
      await until(() => data().complete, "the slower pictures");
      const seen = [];
      for (let step = 0; step < 30; step++) {
        const before = data().drawn;
        const began = performance.now();
        enter("slider-temperature", 0.5 + step / 100);
        await until(() => data().drawn !== before, "a picture");
        await new Promise((done) => frame.contentWindow.requestAnimationFrame(done));
        seen.push({ milliseconds: performance.now() - began, link: data().drawn,
          value: inside("value").textContent, bars: inside("populations")
            .querySelectorAll("rect").length });
      }
      await until(() => data().complete === data().drawn, "the slower pictures again");
      return { seen, search: frame.contentWindow.location.search,
        map: inside("map").querySelectorAll(".cell").length,
        limits: inside("limits").querySelectorAll("rect").length,
        lines: inside("spectrum").querySelectorAll("path").length };
    """
    found = driven(server, tmp_path, steps, monkeypatch)
    values = [each["value"] for each in found["seen"]]
    assert len(set(values)) == 30
    for each in found["seen"][::7]:
        state = state_answer(read_point(dict(parse_qsl(each["link"], keep_blank_values=True))))
        assert each["value"] == f"{state['concurrence']['value']:.6f}"
        assert each["bars"] == 4
    assert found["search"] == f"?{found['seen'][-1]['link']}"
    assert (found["map"], found["limits"]) == (225, 7)
    assert found["lines"] > 4
    PICTURES.mkdir(parents=True, exist_ok=True)
    times = sorted(each["milliseconds"] for each in found["seen"])
    summary = {"median": times[15], "largest": times[-1], "unit": "ms from slider to picture"}
    (PICTURES / "latency.json").write_text(json.dumps(summary))
    print(summary)


def test_a_bad_value_is_marked_and_the_rest_goes_on(server, tmp_path, monkeypatch):
    steps = """
      await open("preset=siv-spin");
      const good = inside("value").textContent;
      enter("box-temperature", "hot");
      await until(() => inside("wrong-temperature").textContent, "the mark");
      const marked = { words: inside("wrong-temperature").textContent,
        invalid: inside("box-temperature").getAttribute("aria-invalid"),
        value: inside("value").textContent };
      enter("box-temperature", "144.049 K");
      await until(() => !inside("wrong-temperature").textContent, "the mark to go");
      await until(() => inside("value").textContent !== "–", "a number");
      return { good, marked, after: inside("value").textContent };
    """
    found = driven(server, tmp_path, steps, monkeypatch)
    assert "a temperature such as '293K'" in found["marked"]["words"]
    assert found["marked"]["invalid"] == "true"
    assert found["marked"]["value"] == "–"
    assert found["after"] == found["good"]


def test_numbers_of_the_point_before_are_pale_while_the_server_computes(
    server, tmp_path, monkeypatch
):
    steps = """
      await open("");
      await until(() => data().complete, "the slower pictures");
      const pale = () => inside("results").classList.contains("stale");
      const before = pale(), held = fetch("/test/hold");
      await wait(100);
      enter("slider-temperature", 0.4);
      await until(pale, "the numbers to pale");
      const during = inside("status").textContent;
      await held;
      await until(() => !pale(), "the new numbers");
      return { before, during, after: inside("status").textContent };
    """
    found = driven(server, tmp_path, steps, monkeypatch)
    assert found == {"before": False, "during": "computing …", "after": ""}


def test_a_link_restores_the_boxes_and_presets_fill_them(server, tmp_path, monkeypatch):
    steps = """
      await open(new URLSearchParams({ temperature: "77K", detuning_1: "-1MHz", loss: "0.02" }));
      const linked = ["temperature", "detuning_1", "loss"].map((n) => inside("box-" + n).value);
      const before = data().drawn;
      inside("preset").value = "siv-orbital";
      inside("preset").dispatchEvent(new Event("change"));
      await until(() => data().drawn !== before, "the preset");
      return { linked, wavelengths: inside("box-wavelengths_2").value,
        value: inside("value").textContent, python: inside("python").textContent };
    """
    found = driven(server, tmp_path, steps, monkeypatch)
    assert found["linked"] == ["77K", "-1MHz", "0.02"]
    assert found["wavelengths"] == "2"
    state = state_answer(read_point({"preset": "siv-orbital"}))
    assert found["value"] == f"{state['concurrence']['value']:.6f}"
    assert found["python"] == state["python"]


def test_a_click_on_the_map_moves_the_point(server, tmp_path, monkeypatch):
    steps = """
      await open("");
      await until(() => data().complete, "the map");
      const before = data().drawn;
      inside("map").querySelectorAll(".cell")[8 * 15 + 4].dispatchEvent(new Event("click"));
      await until(() => data().drawn !== before, "the point");
      return { temperature: inside("box-temperature").value, quality: inside("box-quality").value };
    """
    found = driven(server, tmp_path, steps, monkeypatch)
    point = read_point({})
    kelvin, quality = (axis_values(point, name, 15) for name in ("temperature", "quality"))
    assert found["temperature"] == f"{kelvin[4]:.4g} K"
    assert float(found["quality"]) == pytest.approx(quality[8], rel=1e-3)


def test_nothing_is_wider_than_the_screen(server, tmp_path, monkeypatch):
    steps = """
      const widths = {};
      for (const width of [1300, 800, 390, 320]) {
        frame.width = width;
        await open("preset=siv-spin&loss=0.01");
        await until(() => inside("python").textContent, "the code");
        widths[width] = frame.contentDocument.documentElement.scrollWidth;
      }
      return widths;
    """
    found = driven(server, tmp_path, steps, monkeypatch)
    assert len(found) == 4
    assert not {width: seen for width, seen in found.items() if seen > int(width)}


@pytest.mark.parametrize(
    ("name", "size", "link"),
    [
        ("desktop", (1400, 1500), {"temperature": "77K", "loss": "0.01"}),
        ("phone", (390, 2600), {"temperature": "77K", "loss": "0.01"}),
        ("phone_wrong", (390, 1000), {"preset": "siv-orbital", "temperature": "5"}),
    ],
)
def test_screenshots_to_look_at(server, tmp_path, name, size, link):
    PICTURES.mkdir(parents=True, exist_ok=True)
    path = PICTURES / f"{name}.png"
    path.unlink(missing_ok=True)
    shot = ("--hide-scrollbars", "--virtual-time-budget=20000", f"--screenshot={path}")
    window = f"--window-size={size[0]},{size[1]}"
    command = chromium(tmp_path, *shot, window, f"{server.url}?{urlencode(link)}")
    subprocess.run(command, capture_output=True, timeout=180)
    assert path.stat().st_size > 20_000
