"""What a laboratory needs for a concurrence, in words, as a table and as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from thermalent.analysis.design.margins import entanglement
from thermalent.analysis.design.unknown import IMPERFECTIONS, UNKNOWNS, Curve, LaboratoryLink
from thermalent.display import plots
from thermalent.hardware.units import with_prefix
from thermalent.operators.estimates import Estimate
from thermalent.solution.stored import Saved
from thermalent.support import checks
from thermalent.support.calls import explained_record

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_SHOWN = 1e-4  # the last digit of a concurrence in words


@explained_record
class Limit(NamedTuple):
    """What one imperfection costs.

    Args:
        name: "loss", "dephasing_time" or "base_temperature".
        given: How much of it there is, SI.
        without: The largest concurrence without it, the unknown chosen anew.
        cost: How much more that is.
        tolerable: Where the target is out of reach, how much of it would do if the others stayed;
            None if the target is within reach, or if this alone would not do.
    """

    name: str
    given: float
    without: float
    cost: float
    tolerable: Estimate | None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Requirement(Saved):
    r"""The values of one unknown quantity that reach a concurrence, and what limits it.

    $$\{ x : C(x) \ge C_\mathrm{target} \}$$

    Args:
        unknown: Its name.
        target: The wanted concurrence.
        laboratory: All quantities in SI; what stands for the unknown has no meaning.
        ranges: Intervals of the unknown that reach the target, SI, ascending; each end with its
            error, which is infinite at an end of the search. Empty if the target is out of reach.
        best_value: The value of the unknown with the largest concurrence.
        concurrence: That concurrence, with its error.
        limits: What each imperfection that there is costs, the worst first.
        together: Where the target is out of reach and no imperfection alone is the reason: the
            largest concurrence without any, and the share of all that would do, if there is one.
        alternatives: Where the target is out of reach: the best value of each other choice, all
            else held, with its concurrence; the best first.

    Raises:
        ValueError: a number is not finite or out of range.
    """

    unknown: str
    target: float
    laboratory: LaboratoryLink
    ranges: tuple[tuple[Estimate, Estimate], ...]
    best_value: float
    concurrence: Estimate
    limits: tuple[Limit, ...]
    together: tuple[float, Estimate | None] | None
    alternatives: tuple[tuple[str, float, float], ...]

    def __post_init__(self) -> None:
        if not isinstance(self.unknown, str) or self.unknown not in UNKNOWNS:
            checks.fail("unknown", f"one of {list(UNKNOWNS)}", self.unknown)
        checks.within("target", self.target, 0.0, 1.0)
        checks.real("concurrence", self.concurrence)
        for name in ("ranges", "limits", "alternatives"):
            if not isinstance(getattr(self, name), tuple):
                checks.fail(name, "a tuple", getattr(self, name))
        if self.together is None:
            return
        if not isinstance(self.together, tuple) or len(self.together) != 2:
            checks.fail("together", "a concurrence and a share of imperfections", self.together)
        checks.real("together", self.together[0])

    @property
    def reachable(self) -> bool:
        """Whether some value of the unknown reaches the target."""
        return bool(self.ranges)

    @property
    def limit(self) -> Limit | None:
        """The imperfection that costs most; None if there is none."""
        return self.limits[0] if self.limits else None

    @property
    def answer(self) -> str:
        """The outcome in words."""
        place = quantity_in_words(self.unknown, self.best_value)
        symbol = "Q = " if self.unknown == "quality" else ""
        best = f"C = {float(self.concurrence):.4f} at {symbol}{place}"
        what = UNKNOWNS[self.unknown].words
        if self.ranges:
            parts = " or ".join(self._range(low, high) for low, high in self.ranges)
            said = f"C = {self.target:g} takes a {what} {parts}; the largest is {best}."
            return said + (f" {self._cost()}" if self.limit else "")
        said = f"C = {self.target:g} is out of reach with any {what}: at most {best}."
        return " ".join([said, *self._reasons()])

    def _range(self, low: Estimate, high: Estimate) -> str:
        below = low == UNKNOWNS[self.unknown].perfect or not isfinite(low.error)
        above = high == UNKNOWNS[self.unknown].perfect or not isfinite(high.error)
        if below and above:
            return "of any value"
        if below:
            return f"of at most {quantity_in_words(self.unknown, high)}"
        if above:
            return f"of at least {quantity_in_words(self.unknown, low)}"
        first, last = (quantity_in_words(self.unknown, end) for end in (low, high))
        return f"between {first} and {last}"

    @property
    def _ideal(self) -> float:
        """The largest concurrence without any imperfection, the unknown chosen anew."""
        if self.together is not None:
            return self.together[0]
        return self.limits[0].without if self.limits else max(float(self.concurrence), 0.0)

    @property
    def _too_cold(self) -> bool:
        """Whether a source of less than a quantum is the reason, whatever the unknown bandwidth."""
        bandwidth = self.unknown in ("quality", "gamma")
        return bandwidth and self.laboratory.n_th < 1 and self._ideal < self.target

    def _cost(self) -> str:
        limit = self.limits[0]
        if limit.cost < _SHOWN:
            return f"The imperfections that there are cost less than {_SHOWN:g}."
        words = UNKNOWNS[limit.name].words
        return f"The {words} is what limits it most: without it C = {limit.without:.4f}."

    def _reasons(self) -> list[str]:
        if self._too_cold:
            temperature = quantity_in_words("temperature", self.laboratory.temperature)
            return [
                f"The source is too cold: at {temperature} it holds {self.laboratory.n_th:.2g} "
                f"quanta, which even without any imperfection give no more than {self._ideal:.4f}."
            ]
        said = [self._cost()] if self.limits else []
        would = [limit for limit in self.limits if limit.tolerable is not None]
        for limit in would:
            bound = "at least" if limit.name == "dephasing_time" else "at most"
            amount = quantity_in_words(limit.name, float(limit.tolerable or 0.0))
            said.append(f"A {UNKNOWNS[limit.name].words} of {bound} {amount} would do.")
        if self.together is not None:
            ideal, share = self.together
            if share is None:
                said.append(f"Even without all of them it is {ideal:.4f}.")
            else:
                said.append(
                    f"No single one is the reason: {100 * float(share):.3g} % of each would do, "
                    f"and without all of them C = {ideal:.4f}."
                )
        if self.alternatives and not would:
            name, value, concurrence = self.alternatives[0]
            said.append(
                f"With another {UNKNOWNS[name].words}, {quantity_in_words(name, value)}, and all "
                f"else held, it is at most {concurrence:.4f}."
            )
        return said

    def __repr__(self) -> str:
        return f"<Requirement: {self.answer}>"

    def rows(self) -> list[tuple[str, ...]]:
        """What each imperfection costs, as lines of a table, see `LIMIT_HEADINGS`."""
        return [
            (
                UNKNOWNS[limit.name].words,
                quantity_in_words(limit.name, limit.given),
                f"{limit.without:.4f}",
                f"{limit.cost:.4f}",
                "-"
                if limit.tolerable is None
                else quantity_in_words(limit.name, float(limit.tolerable)),
            )
            for limit in self.limits
        ]

    def curve(self, values: Sequence[float] | np.ndarray, without: str = "") -> np.ndarray:
        """Concurrence over values of the unknown, SI; without one imperfection, if it is named.

        Raises:
            ValueError: there is no such imperfection, or a value is out of range.
        """
        if not isinstance(without, str) or without not in ("", *IMPERFECTIONS):
            checks.fail("without", f"one of {list(IMPERFECTIONS)}", without)
        lab = self.laboratory.without(without) if without else self.laboratory
        given = checks.numbers("values", values, "value").tolist()
        labs = [replace(lab, **{self.unknown: value}) for value in given]
        return np.array([max(entanglement(each.network), 0.0) for each in labs])

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the concurrence over the unknown, with the target, and without each imperfection.

        Args:
            axes: Where to draw; a new figure if not given.
        """
        axes = plots.axes_or_new(axes)
        curves = {"as it is": self.laboratory}
        for limit in self.limits:
            curves[f"without {_SHORT[limit.name]}"] = self.laboratory.without(limit.name)
        for place, (label, lab) in enumerate(curves.items()):
            curve = Curve(lab, self.unknown, lambda said: None)
            shown = (curve.grid > 0) & np.isfinite(curve.grid)
            colour = plots.COLOURS[place % len(plots.COLOURS)]
            values = np.maximum(curve.values[shown], 0.0)
            axes.plot(curve.grid[shown], values, color=colour, label=label)
        axes.axhline(self.target, color="0.4", linestyle=":", label="target")
        unit = UNKNOWNS[self.unknown].unit
        words = UNKNOWNS[self.unknown].words
        axes.set(xlabel=f"{words} ({unit})" if unit else words, ylabel="concurrence", xscale="log")
        axes.set_ylim(0, 1)
        axes.legend(fontsize="small")
        return axes


LIMIT_HEADINGS = ("imperfection", "given", "C without it", "it costs", "tolerable")
_SHORT = {"loss": "loss", "dephasing_time": "dephasing", "base_temperature": "heat of the line"}


def quantity_in_words(name: str, value: float) -> str:
    """A quantity of the laboratory with its unit."""
    if value == inf:
        return "infinity"
    if name == "loss":
        return f"{100 * value:.4g} %"
    unit = UNKNOWNS[name].unit
    return with_prefix(float(f"{value:.4g}"), unit) if unit else f"{value:.4g}"
