"""Docstrings for Sphinx: their equations, their `names` and their bras and kets as reST has them.

The docstrings are written for reading in a terminal: an equation stands between two double dollars
or in \\( \\), a name between single backticks, and |S> is a ket, not a substitution.
"""

from __future__ import annotations

import re
from typing import Any

_CODE = re.compile(r"`+([^`\n]+)`+")
_INLINE = re.compile(r"\\\((.+?)\\\)")
_EXAMPLE = re.compile(r"^\s*(>>>|\.\.\. )")


def lines_for_sphinx(lines: list[str]) -> list[str]:
    """The lines of a docstring with equations as directives and the rest safe for reST."""
    found: list[str] = []
    inside = False
    for line in lines:
        opens = line.count("$$") == 1
        if line.count("$$") == 2 or (opens and not inside):
            margin = line[: len(line) - len(line.lstrip())]
            found += ["", margin + ".. math::", ""]
            inside, body = opens, line.strip().strip("$")
            found += [margin + "   " + body] + ([] if inside else [""])
        elif inside:
            found.append("   " + line.replace("$$", ""))
            inside = not opens
            found += [] if inside else [""]
        else:
            found.append(line if _EXAMPLE.match(line) else _safe(line))
    return found


def _safe(line: str) -> str:
    """A line of prose: code and equations stay, other marks of reST become plain characters."""
    parts = re.split(r"(`+[^`\n]+`+|\\\(.+?\\\))", line)
    return "".join(
        _CODE.sub(r"``\1``", _INLINE.sub(r":math:`\1`", part)) if number % 2 else _plain(part)
        for number, part in enumerate(parts)
    )


def _plain(text: str) -> str:
    text = re.sub(r"([|*])", r"\\\1", text)
    return re.sub(r"(?<=\w)_(?=\W|$)", r"\\_", text)


def _process(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    lines[:] = lines_for_sphinx(lines)


def setup(app: Any) -> dict[str, bool]:
    """Called by Sphinx: before napoleon, which reads the sections of what comes out."""
    app.connect("autodoc-process-docstring", _process, priority=100)
    return {"parallel_read_safe": True}
