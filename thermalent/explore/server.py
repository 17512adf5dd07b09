"""The web server of the explorer: pages and numbers, to this machine alone.

It listens on the loopback address, answers GET alone, and refuses requests that were meant for
another host name, so that no page of the internet can ask through the browser (DNS rebinding).
"""

from __future__ import annotations

import json
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from thermalent._version import __version__
from thermalent.explore.answers import (
    Answer,
    IsOutdated,
    map_row_answer,
    quick_answer,
    state_answer,
    with_problems,
)
from thermalent.explore.controls import CONTROLS, EXPLORED, FILTERS
from thermalent.explore.downloads import csv_text, picture_bytes
from thermalent.explore.limits import limits_answer
from thermalent.explore.maps import MOST_POINTS
from thermalent.explore.others import others_page
from thermalent.explore.point import preset_texts, read_point
from thermalent.explore.spectra import spectrum_answer
from thermalent.hardware.presets import PRESETS
from thermalent.support import checks
from thermalent.support.errors import ThermalentError

LOOPBACK = "127.0.0.1"
_FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/explore.css": ("explore.css", "text/css; charset=utf-8"),
    "/explore.js": ("explore.js", "text/javascript; charset=utf-8"),
    "/plots.js": ("plots.js", "text/javascript; charset=utf-8"),
}
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
}
_LONGEST_LINK = 4000  # characters
_LONGEST_NAME = 40  # of a page


class Reply(NamedTuple):
    """What goes back to the browser."""

    status: HTTPStatus
    kind: str
    body: bytes
    file_name: str = ""


class ExplorerServer(ThreadingHTTPServer):
    """The explorer on a port of the loopback address; `serve_forever` answers.

    Args:
        port: Where to listen; 0 takes any that is free.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int = 0) -> None:
        super().__init__((LOOPBACK, checks.integer("port", port, 0, 65535)), _Handler)
        # Kernels that use all cores must not run side by side.
        self.work = threading.Lock()
        self.counting = threading.Lock()
        self.newer: Counter[str] = Counter()  # points that wait for their state, by page

    def is_outdated(self, page: str) -> bool:
        """Whether this page, of several that may be open, has moved to another point meanwhile."""
        return self.newer[page] > 0

    @contextmanager
    def newest(self, page: str) -> Iterator[None]:
        """Work for the newest point of a page, which ends what is computed for the one before."""
        with self.counting:
            self.newer[page] += 1
        try:
            self.work.acquire()
        finally:
            with self.counting:
                self.newer -= Counter({page: 1})  # without those that wait for nothing
        try:
            yield
        finally:
            self.work.release()

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{LOOPBACK}:{self.server_address[1]}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that has gone while it was answered."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def reply(self, target: str) -> Reply:
        """The reply to a GET of a path with its query."""
        path, query = urlsplit(target)[2:4]
        if path in _FILES:
            name, kind = _FILES[path]
            return Reply(HTTPStatus.OK, kind, (files(__package__) / "page" / name).read_bytes())
        if len(target) > _LONGEST_LINK:
            return _refusal(HTTPStatus.REQUEST_URI_TOO_LONG, "The link is too long.")
        given = dict(parse_qsl(query, keep_blank_values=True))
        page = given.pop("page", "")[:_LONGEST_NAME]
        is_outdated = partial(self.is_outdated, page)
        if path == "/api/page":
            return _json(page_answer())
        if path == "/api/state":
            with self.newest(page):
                answer = partial(quick_answer, stop=is_outdated)
                return _json(with_problems(read_point(given), answer))
        with self.work:
            if path == "/others":
                body = others_page(given).encode()
                return Reply(HTTPStatus.OK, "text/html; charset=utf-8", body)
            if path in _SLOWER:
                answer = partial(_SLOWER[path], stop=is_outdated)
                return _json(with_problems(read_point(given), answer))
            if path == "/api/map":
                return _map_row(given, is_outdated)
            if path.startswith("/export/"):
                return _download(path.removeprefix("/export/"), given)
        return _refusal(HTTPStatus.NOT_FOUND, f"There is no {path[:80]!r} here.")


_SLOWER: Mapping[str, Callable[..., Answer]] = {
    "/api/finer": state_answer,
    "/api/limits": limits_answer,
    "/api/spectrum": spectrum_answer,
}


class _Handler(BaseHTTPRequestHandler):
    """One request."""

    server: ExplorerServer
    server_version = "thermalent"
    sys_version = ""
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        port = self.server.server_address[1]
        if self.headers.get("Host") not in (f"{LOOPBACK}:{port}", f"localhost:{port}"):
            self._send(_refusal(HTTPStatus.FORBIDDEN, "This server answers to its own address."))
            return
        try:
            reply = self.server.reply(self.path)
        except Exception as problem:  # the page says so and goes on; the terminal has the rest
            traceback.print_exc()
            words = f"The library failed: {type(problem).__name__}: {problem}"
            reply = _refusal(HTTPStatus.INTERNAL_SERVER_ERROR, words[:400])
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        headers = {"Content-Type": reply.kind, "Content-Length": str(len(reply.body)), **_HEADERS}
        if reply.file_name:
            headers["Content-Disposition"] = f'attachment; filename="{reply.file_name}"'
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: a slider asks many times a second."""


def page_answer() -> Answer:
    """What the page is made of: controls, presets with their values, filters."""
    return {
        "version": __version__,
        "controls": [
            {
                "name": control.name,
                "label": control.label,
                "unit": control.unit,
                "low": control.low,
                "high": control.high,
                "scale": control.scale,
                "optional": control.optional,
                "times": control.times,
                "mirror": control.mirror,
            }
            for control in CONTROLS
        ],
        "presets": {
            name: {
                "what": PRESETS[name].what,
                "source": PRESETS[name].source,
                "texts": preset_texts(name),
            }
            for name in EXPLORED
        },
        "filters": {key: words for key, (words, _, _) in FILTERS.items()},
    }


def _map_row(given: dict[str, str], stop: IsOutdated) -> Reply:
    """A row of the map; its axes, number of points and row stand beside the point."""
    asked = {name: given.pop(name, "") for name in ("x", "y", "points", "row")}
    try:
        points = checks.integer("points", _counted(asked["points"]), 3, MOST_POINTS)
        row = checks.integer("row", _counted(asked["row"]), 0, points - 1)
        if asked["x"] == asked["y"]:
            checks.fail("y", "another control than `x`", asked["y"][:40])
    except ThermalentError as problem:
        return _refusal(HTTPStatus.BAD_REQUEST, str(problem))
    answer = partial(map_row_answer, x=asked["x"], y=asked["y"], points=points, row=row, stop=stop)
    return _json(with_problems(read_point(given), answer))


def _counted(text: str) -> int | str:
    return int(text) if text.isdecimal() and len(text) < 6 else text


def _download(name: str, given: dict[str, str]) -> Reply:
    """A file made of the point."""
    axes = given.pop("x", "temperature"), given.pop("y", "quality")
    point = read_point(given)
    if point.errors:
        return _refusal(HTTPStatus.BAD_REQUEST, " ".join(point.errors.values()))
    try:
        if name == "thermalent.png":
            return Reply(HTTPStatus.OK, "image/png", picture_bytes(point, *axes), name)
        text = csv_text(name, point, *axes)
    except ThermalentError as problem:
        return _refusal(HTTPStatus.BAD_REQUEST, str(problem))
    if text is None:
        return _refusal(HTTPStatus.NOT_FOUND, f"There is no file {name[:80]!r}.")
    return Reply(HTTPStatus.OK, "text/csv; charset=utf-8", text.encode(), name)


def _json(data: Answer) -> Reply:
    body = json.dumps(data, allow_nan=False).encode()
    return Reply(HTTPStatus.OK, "application/json", body)


def _refusal(status: HTTPStatus, words: str) -> Reply:
    return Reply(status, "text/plain; charset=utf-8", words.encode())
