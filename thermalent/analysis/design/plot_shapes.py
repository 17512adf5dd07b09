"""A comparison of filters to look at: concurrence over Q for every shape, and over the order."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np
from scipy.interpolate import PchipInterpolator

from thermalent.analysis.design.shape_points import ShapeDesign
from thermalent.support.files.figure_files import save_figure

_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")  # by order
_STYLES = {"cavities": "-", "butterworth": "--", "chebyshev": ":"}
_MARKS = {"cavities": "o", "butterworth": "s", "chebyshev": "^"}
_WORDS = {"cavities": "equal cavities", "butterworth": "Butterworth", "chebyshev": "Chebyshev"}


class Compared(Protocol):
    """What any plot of a design reads; see `thermalent.analysis.design.result.Design`."""

    @property
    def target(self) -> float:
        """The wanted concurrence."""

    @property
    def temperature(self) -> float:
        """Temperature of the source, K."""

    @property
    def frequency(self) -> float:
        """Frequency of the filter, Hz."""

    @property
    def gamma(self) -> float:
        """Decay of the qubits, gamma/2pi, Hz."""

    @property
    def shapes(self) -> tuple[ShapeDesign, ...]:
        """Filters of several poles that are compared."""


def draw_shapes(design: Compared, path: Path | str) -> None:
    """Draw the concurrence of every shape over its Q, and the largest ones over the order."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 3.9), dpi=150, layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    _over_quality(left, design)
    _over_order(right, design)
    save_figure(figure, path)


def _over_quality(axes: Any, design: Compared) -> None:
    for shape in design.shapes:
        widths, values = _smooth(shape.widths, shape.margins)
        axes.semilogx(
            design.frequency / (widths * design.gamma),
            np.maximum(values, 0.0),
            _STYLES[shape.family],
            color=_COLOURS[shape.order - 1],
            label=shape.name,
        )
    axes.axhline(design.target, color="0.4", lw=0.8)
    axes.set(xlabel="quality factor $Q$", ylabel=r"concurrence $\mathcal{C}$", ylim=(0, 1))
    title = f"{design.temperature:g} K, {design.frequency / 1e9:g} GHz"
    axes.set_title(rf"(a) {title}, $\gamma/2\pi$ = {design.gamma / 1e6:g} MHz", loc="left", size=9)
    axes.legend(fontsize=7, frameon=False, ncols=2, loc="lower right")


def _smooth(widths: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A curve through solved points, which are too few not to be seen as a polygon."""
    known = np.isfinite(values)
    place, order = np.unique(np.log(widths[known]), return_index=True)
    if len(place) < 4:
        return widths, values
    fine = np.linspace(place[0], place[-1], 20 * len(place))
    return np.exp(fine), PchipInterpolator(place, values[known][order])(fine)


def _over_order(axes: Any, design: Compared) -> None:
    families = list(dict.fromkeys(shape.family for shape in design.shapes if shape.order > 1))
    single = [shape for shape in design.shapes if shape.order == 1]
    for family in families or ["cavities"]:
        members = single + [s for s in design.shapes if s.family == family and s.order > 1]
        axes.errorbar(
            [shape.order for shape in members],
            [float(shape.concurrence) for shape in members],
            yerr=[shape.concurrence.error for shape in members],
            fmt=_MARKS[family],
            ls=_STYLES[family],
            color="0.2",
            ms=4,
            label=_WORDS[family],
        )
    axes.axhline(design.target, color="0.4", lw=0.8, label="target")
    axes.set_xticks(sorted({shape.order for shape in design.shapes}))
    axes.set(xlabel="number of poles", ylabel=r"largest concurrence $\mathcal{C}$")
    axes.set_title("(b) each at its best width", loc="left", size=9)
    axes.legend(fontsize=8, frameon=False, loc="lower right")
