"""Tables: in HTML, as notebooks show them, and as plain text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

_CELL = "padding: 2px 12px 2px 0; text-align: left; vertical-align: top"


def html_table(
    rows: Iterable[Sequence[object]], *, title: str = "", head: Sequence[str] = ()
) -> str:
    """A table of texts; every text is escaped.

    Args:
        rows: The cells of each row.
        title: A line above, in bold.
        head: The titles of the columns; none if not given.
    """
    lines = [f"<strong>{escape(title)}</strong>"] if title else []
    lines.append('<table style="border-collapse: collapse; border: none">')
    if head:
        lines.append(_row(head, "th"))
    lines += [_row(row, "td") for row in rows]
    return "\n".join([*lines, "</table>"])


def text_table(
    rows: Iterable[Sequence[object]], *, head: Sequence[str] = (), right: int = 1
) -> str:
    """A table of aligned texts, a line per row.

    Args:
        rows: The cells of each row.
        head: The titles of the columns; none if not given.
        right: From which column on the texts end below each other, instead of beginning there.
    """
    cells = [[str(cell) for cell in row] for row in ([head] if head else []) + list(rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "   ".join(
            text.ljust(width) if place < right else text.rjust(width)
            for place, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]
    return "\n".join(lines)


def in_a_row(*parts: str) -> str:
    """Pieces of HTML beside each other, below each other where there is no room."""
    inside = "".join(f"<div>{part}</div>" for part in parts if part)
    return f'<div style="display: flex; flex-wrap: wrap; gap: 24px">{inside}</div>'


def with_error(value: float, error: float) -> str:
    """A number to the digits that its error leaves, with the error."""
    if not 0 < error < float("inf"):
        return f"{value:.6g}"
    # One digit beyond the first that is uncertain, and never more than a double holds.
    digits = min(max(1, -int(f"{error:e}".partition("e")[2]) + 1), 12)
    return f"{value:.{digits}f} ± {error:.0e}" if abs(value) < 1e6 else f"{value:.6g} ± {error:.0e}"


def span(values: Sequence[float], name: str) -> str:
    """How many numbers there are, and from which to which."""
    if not len(values):
        return f"no {name}"
    return f"{len(values)} {name} from {values[0]:.6g} to {values[-1]:.6g}"


def _row(cells: Sequence[object], tag: str) -> str:
    inside = "".join(f'<{tag} style="{_CELL}">{escape(str(cell))}</{tag}>' for cell in cells)
    return f"<tr>{inside}</tr>"
