"""What people see, as text and numbers: what a command prints and writes, a page, a drawing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from thermalent.support.errors import ThermalentError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d*)?(?:e[-+]?\d+)?", re.ASCII)
# An error of the size of rounding is another one on another machine; it is printed with two digits.
_ROUNDING = 1e-8
_PIECE = 60  # letters that are kept of one text
_TIMES = re.compile(r"^seconds .*$|^# (?:thermalent|created).*$", re.MULTILINE)
_READ = (".csv", ".txt", ".dat", ".json", ".toml")


def printed(command: str) -> dict[str, Any]:
    """What a command line prints, its exit code, the text files and the pictures that it writes."""
    from tests.support.command_line import complaints, run

    before = set(Path().iterdir())
    with _pictures() as drawings:
        result = run(*command.split())
    written = sorted(set(Path().iterdir()) - before)
    return {
        "code": result.exit_code,
        "out": _read(result.stdout),
        "complaints": parted(complaints(result.stderr)),
        "files": {path.name: parted(path.read_text()) for path in written if path.suffix in _READ},
        "drawings": drawings,
    }


def replied(link: str) -> dict[str, Any]:
    """What the server of the explorer replies to a link."""
    from thermalent.explore.server import ExplorerServer

    with ExplorerServer() as server, _pictures() as drawings:
        reply = server.reply(link)
    body = "" if reply.kind.startswith("image/") else reply.body.decode()
    return {"status": reply.status.value, "body": _read(body), "drawings": drawings}


def refusal(call: Callable[[], object]) -> dict[str, Any]:
    """The whole of what an error says, with the numbers in it.

    Raises:
        AssertionError: nothing was refused.
    """
    try:
        call()
    except ThermalentError as error:
        return parted(str(error))
    raise AssertionError("nothing was refused")


def drawn(of: Axes | Figure) -> dict[str, Any]:
    """What stands in a drawing: curves, marks, areas, pictures and words with their places."""
    figure = getattr(of, "figure", None) or of
    return {f"axes{i}": _axes(axes) for i, axes in enumerate(figure.axes)}


def parted(text: str) -> dict[str, Any]:
    """The numbers of a text, and its words in pieces."""
    text = _TIMES.sub("", text)
    numbers = [float(each) for each in _NUMBER.findall(text)]
    words = " ".join(_NUMBER.sub("#", text).split())
    return {
        "numbers": _array([x for x in numbers if x == 0 or abs(x) > _ROUNDING]),
        "words": [words[i : i + _PIECE] for i in range(0, len(words), _PIECE)],
    }


def _read(text: str) -> Any:
    return json.loads(text) if text.startswith(("{", "[")) else parted(text)


def _array(values: Any) -> Any:
    import numpy as np

    return np.asarray(values, dtype=float)


@contextmanager
def _pictures() -> Iterator[list[dict[str, Any]]]:
    """What figures hold that are saved meanwhile; nothing is written."""
    from matplotlib.figure import Figure

    found: list[dict[str, Any]] = []
    with patch.object(Figure, "savefig", lambda figure, *_, **__: found.append(drawn(figure))):
        yield found


def _axes(axes: Any) -> dict[str, Any]:
    words = [axes.get_title(), axes.get_xlabel(), axes.get_ylabel()]
    words += [axes.get_xscale(), axes.get_yscale()]
    legend = axes.get_legend()
    return {
        "words": [*words, *(each.get_text() for each in legend.get_texts())] if legend else words,
        "lines": [_array(line.get_data_3d() if hasattr(line, "get_data_3d") else line.get_xydata())
                  for line in axes.lines],
        "areas": [_array([xy for path in some.get_paths() for xy in path.vertices])
                  for some in axes.collections],
        "places": [_array(some.get_offsets()) for some in axes.collections],
        "values": [_array(some.get_array()) for some in axes.collections
                   if some.get_array() is not None],
        "patches": [_array(patch.get_path().vertices) for patch in axes.patches],
        "images": [_array(image.get_array()) for image in axes.images],
        "texts": {f"{i} {text.get_text()}": _array(text.get_position())
                  for i, text in enumerate(axes.texts)},
    }  # fmt: skip
