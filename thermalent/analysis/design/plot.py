"""The plot of a design: the Q that meet the target, and the imperfections that use the margin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from thermalent.analysis.design.margins import imperfect
from thermalent.analysis.design.plot_shapes import Compared, draw_shapes
from thermalent.analysis.design.points import DesignPoint
from thermalent.continued_fraction.batch.side_by_side import solve_side_by_side
from thermalent.support.files.figure_files import save_figure

_BLUE, _ORANGE, _GREEN, _PINK = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
_BEYOND = 6.0  # the bandwidths drawn reach this factor beyond the designs
_SPENT = np.linspace(0.0, 1.5, 31)


class Drawn(Compared, Protocol):
    """The attributes of a design that are drawn; see `thermalent.analysis.design.result.Design`."""

    @property
    def best(self) -> DesignPoint:
        """The filter with the largest concurrence."""

    @property
    def points(self) -> tuple[DesignPoint, ...]:
        """Filters that reach the target."""

    @property
    def link(self) -> Mapping[str, Any]:
        """The imperfections of every point."""

    @property
    def attenuate(self) -> bool:
        """Whether attenuators are allowed."""

    @property
    def reachable(self) -> bool:
        """Whether the target can be met."""

    def curve(self, kappas: Sequence[float] | np.ndarray, *, attenuated: bool) -> np.ndarray:
        """Concurrence at bandwidths kappa/gamma."""


def draw_design(design: Drawn, path: Path | str) -> None:
    """Draw concurrence over Q, and of the best filter over each imperfection, to a file.

    Of a design that compares shapes, draw their concurrence over Q and over the order instead.

    Raises:
        ValueError: the file's kind is unknown to matplotlib.
        OSError: the file cannot be written.
    """
    if design.shapes:
        draw_shapes(design, path)
        return
    from matplotlib.figure import Figure

    wide = design.reachable and design.best.budget is not None
    figure = Figure(figsize=(9.0 if wide else 5.0, 3.9), dpi=150, layout="constrained")
    axes = figure.subplots(1, 2 if wide else 1, squeeze=False)[0]
    _over_quality(axes[0], design)
    if wide:
        _over_imperfections(axes[1], design)
    save_figure(figure, path)


def _over_quality(axes: Any, design: Drawn) -> None:
    points = [*design.points, design.best]
    low = min(point.kappa for point in points) / _BEYOND
    high = max(point.kappa for point in points) * _BEYOND
    kappas = np.geomspace(low, high, 121)
    quality = design.frequency / (2 * kappas * design.gamma)
    axes.plot(quality, design.curve(kappas, attenuated=False), color=_BLUE, label="full source")
    if design.attenuate:
        best = design.curve(kappas, attenuated=True)
        axes.plot(quality, best, "--", color=_ORANGE, label="attenuated where it helps", zorder=1)
    axes.axhline(design.target, color="0.4", lw=0.8, ls=":", label="target")
    axes.plot(
        [point.quality for point in points],
        [point.concurrence for point in points],
        "o",
        color="black",
        ms=4,
        label="designs",
    )
    axes.set(xscale="log", xlabel="quality factor $Q$", ylabel=r"concurrence $\mathcal{C}$")
    axes.set(ylim=(0, 1), xlim=(quality.min(), quality.max()))
    title = f"{design.temperature:g} K, {design.frequency / 1e9:g} GHz"
    axes.set_title(rf"(a) {title}, $\gamma/2\pi$ = {design.gamma / 1e6:g} MHz", loc="left", size=9)
    axes.legend(fontsize=8, frameon=False, loc="lower center")


def _over_imperfections(axes: Any, design: Drawn) -> None:
    best, budget = design.best, design.best.budget
    assert budget is not None
    n_0 = _occupation(design, budget.base_temperature)
    milli, micro = 1e3 * budget.base_temperature, 1e6 * budget.dephasing_time
    mega = budget.detuning / 1e6
    for name, budget_amount, colour, dashes, label in (
        ("loss", budget.loss, _BLUE, "-", f"loss, {100 * budget.loss:.3g} %"),
        ("dephasing", budget.dephasing, _ORANGE, (0, (5, 4)), rf"$T_\phi$ = {micro:.3g} $\mu$s"),
        ("detuning", budget.detuning / design.gamma, _GREEN, "-", f"mismatch, {mega:.3g} MHz"),
        ("waveguide_occupation", n_0, _PINK, (2, (2, 4)), f"waveguide at {milli:.3g} mK"),
    ):
        if budget_amount == inf:
            continue
        networks = [
            imperfect(best.n, best.kappa, design.link, name, float(share * budget_amount))
            for share in _SPENT
        ]
        values = [state.concurrence() for state in solve_side_by_side(networks)]
        axes.plot(_SPENT, values, color=colour, ls=dashes, label=label)
    axes.axhline(design.target, color="0.4", lw=0.8, ls=":")
    axes.set(xlabel="share of the budget, one imperfection alone", xlim=(0, _SPENT[-1]))
    axes.set_ylabel(r"concurrence $\mathcal{C}$")
    digits, power = f"{best.quality:.2e}".split("e")
    quality = rf"Q = {digits} \times 10^{{{int(power)}}}"
    axes.set_title(rf"(b) largest $\mathcal{{C}}$, ${quality}$", loc="left", size=9)
    axes.legend(fontsize=8, frameon=False, title="the whole budget", title_fontsize=8)


def _occupation(design: Drawn, base_temperature: float) -> float:
    """The occupation that the budget adds to the waveguide."""
    from thermalent.hardware.occupation import thermal_occupation

    if base_temperature == inf:
        return inf
    return (
        thermal_occupation(base_temperature, design.frequency) - design.link["waveguide_occupation"]
    )
