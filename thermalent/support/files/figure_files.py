"""Figures as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from thermalent.support import checks
from thermalent.support.errors import FigureFileError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save_figure(figure: Figure, path: Path | str, *, dpi: float | None = None) -> None:
    """Write a figure to a file, whose ending says of which kind it is.

    Args:
        figure: The figure.
        path: The file; without an ending it gets that of matplotlib's default.
        dpi: Dots per inch; those of the figure if not given.

    Raises:
        ValueError: it is no path, or matplotlib does not know files of this kind.
        OSError: the file cannot be written.
    """
    target = checks.path("path", path)
    kind, known = target.suffix.lower().lstrip("."), figure.canvas.get_supported_filetypes()
    if kind and kind not in known:
        checks.fail("path", f"a file that ends in {', '.join(f'.{each}' for each in known)}", path)
    from matplotlib import rc_context

    try:
        with rc_context({"pdf.fonttype": 42}):  # journals refuse Type 3, matplotlib's default
            figure.savefig(target, dpi="figure" if dpi is None else dpi)
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise FigureFileError(
            f"Could not write {checks.in_message(str(target))}: {reason}."
        ) from problem
