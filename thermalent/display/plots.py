"""Plots of plain data on matplotlib axes, which are made if none are given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from thermalent.support import checks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.collections import PatchCollection

# Colours that remain apart for colour-blind readers (Okabe and Ito).
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
# Around the circle of phases: +1 is blue, i green, -1 red, -i purple.
_PHASES = ("#D55E00", "#CC79A7", "#0072B2", "#009E73", "#D55E00")
_DASHES = ("-", "--", ":")
_IN_A_CORNER = 5  # entries of a legend
_VISIBLE = 1e-3  # of a number: a smaller error would have no length in a picture
_LARGEST = 32  # dimension above which the elements of a matrix have no labels


def axes_or_new(axes: Axes | None, width: float = 5.0, height: float = 3.4) -> Axes:
    """The axes given, or those of a new figure."""
    if axes is not None:
        from matplotlib.axes import Axes

        if not isinstance(axes, Axes):
            checks.fail("axes", "the axes of a matplotlib figure", axes)
        return axes
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=(width, height), layout="constrained")[1]


def curve(
    axes: Axes, x: np.ndarray, y: np.ndarray, error: np.ndarray, label: str, place: int = 0
) -> None:
    """A line with a band of its errors, visible where it is wider than the line.

    A single point, of which there is no line, is a dot; where the colours end, dashed lines begin.
    """
    again, colour = divmod(place, len(COLOURS))
    dashes = _DASHES[again % len(_DASHES)]
    marker = "o" if np.size(x) == 1 else None
    axes.plot(x, y, color=COLOURS[colour], ls=dashes, marker=marker, label=label)
    if np.size(x) == 1 and np.any(error > _VISIBLE * np.abs(y)):
        axes.errorbar(x, y, error, color=COLOURS[colour], capsize=2)
    elif np.size(x) > 1 and np.all(np.isfinite(error)):
        axes.fill_between(x, y - error, y + error, color=COLOURS[colour], alpha=0.25, lw=0)


def legend(axes: Axes, title: str | None = None) -> None:
    """The legend of the curves, beside them where there are too many for a corner."""
    beside: dict[str, Any] = {
        "loc": "upper left",
        "bbox_to_anchor": (1.01, 1.0),
        "borderaxespad": 0.0,
    }
    many = len(axes.get_legend_handles_labels()[1]) > _IN_A_CORNER
    axes.legend(title=title, **(beside if many else {}))


def logarithmic(times: np.ndarray) -> bool:
    """Whether times that are all positive stretch over more than two decades."""
    return len(times) > 2 and bool(times[0] > 0) and bool(times[-1] > 100 * times[0])


def matrix(
    axes: Axes, elements: np.ndarray, labels: Sequence[str], largest: float | None = None
) -> None:
    """A Hinton diagram: a square per element, its area the modulus, its colour the phase.

    Args:
        axes: Where to draw.
        elements: (d, d), complex.
        labels: Of the basis states.
        largest: The modulus of the largest square; of the largest element if not given.
    """
    size = len(elements)
    scale = largest or float(np.max(np.abs(elements))) or 1.0
    axes.add_collection(hinton_squares(elements, scale))
    axes.set_xlabel(f"area: modulus; a full square is {scale:.2g}", fontsize="small")
    axes.set(xlim=(-0.5, size - 0.5), ylim=(size - 0.5, -0.5), aspect="equal", facecolor="#F2F2F2")
    if size <= _LARGEST:
        axes.set_xticks(range(size), [f"|{label}⟩" for label in labels], rotation=90)
        axes.set_yticks(range(size), [f"|{label}⟩" for label in labels])
    axes.xaxis.tick_top()
    bar = axes.figure.colorbar(_phase_colours(), ax=axes, label="phase", shrink=0.8)
    bar.set_ticks([-np.pi, 0, np.pi], labels=["-π", "0", "π"])


def hinton_squares(elements: np.ndarray, largest: float) -> PatchCollection:
    """The squares of a Hinton diagram, of which one for the modulus `largest` fills its place."""
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    sides = 0.94 * np.sqrt(np.abs(elements) / largest)
    patches = [
        Rectangle((column - side / 2, row - side / 2), side, side)
        for (row, column), side in np.ndenumerate(sides)
    ]
    colours = _phase_colours().to_rgba(np.angle(elements).ravel())
    return PatchCollection(patches, facecolor=colours, edgecolor="none")


def _phase_colours() -> ScalarMappable:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LinearSegmentedColormap, Normalize

    colours = LinearSegmentedColormap.from_list("phase", _PHASES)
    return ScalarMappable(Normalize(-np.pi, np.pi), colours)


def bars(
    axes: Axes, names: Sequence[str], values: Sequence[float], errors: Sequence[float]
) -> None:
    """Horizontal bars, the first on top, with their errors."""
    finite: Any = [error if np.isfinite(error) else 0.0 for error in errors]
    colours = [COLOURS[0] if value >= 0 else COLOURS[1] for value in values]
    axes.barh(range(len(names)), values, xerr=finite, color=colours)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.axvline(0, color="#222222", lw=0.8)
