"""What a design is: filters, what each may lose before the target is missed, and tables of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, isnan, log1p, pi
from pathlib import Path
from typing import Any

import numpy as np

from thermalent.analysis.design.margins import margins
from thermalent.analysis.design.points import Budget as Budget
from thermalent.analysis.design.points import DesignPoint as DesignPoint
from thermalent.analysis.design.shape_points import SHAPE_HEADINGS as SHAPE_HEADINGS
from thermalent.analysis.design.shape_points import TOLERANCE_HEADINGS as TOLERANCE_HEADINGS
from thermalent.analysis.design.shape_points import ShapeDesign as ShapeDesign
from thermalent.analysis.design.shape_points import shape_rows, tolerance_rows
from thermalent.display.table import html_table
from thermalent.hardware.description import Hardware
from thermalent.hardware.links import superconducting_link
from thermalent.hardware.occupation import source_temperature
from thermalent.hardware.units import with_prefix
from thermalent.solution.stored import Saved

_SHARES = np.geomspace(1.0, 1e-3, 49)  # of the source, of which a curve takes the best


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Design(Saved):
    """Filters that reach a concurrence from a source of given temperature and frequency.

    Args:
        target: The wanted concurrence.
        temperature: Of the source, K.
        frequency: Of the filter, Hz.
        gamma: Decay of the qubits into the waveguide, gamma/2pi, Hz.
        n_th: Occupation of the source.
        best: The filter with the largest concurrence.
        points: Filters that reach the target: the widest, those with a margin, the narrowest;
            empty if it is out of reach.
        missed: Margins that were asked for and are out of reach.
        gaps: Quality factors between those of the narrowest and the widest filter with which the
            target is missed, as pairs of a lower and an upper end; empty if there are none.
        needed_n: Occupation at which the target would just be reached; inf if none found.
        link: The imperfections that every point has from the start, as arguments of `thermal_link`.
        attenuate: Whether attenuators in front of the filter are allowed.
        shapes: Filters of several poles and orders beside it, each at its best width, by order;
            empty if none were asked for.
    """

    target: float
    temperature: float
    frequency: float
    gamma: float
    n_th: float
    best: DesignPoint
    points: tuple[DesignPoint, ...]
    missed: tuple[float, ...]
    gaps: tuple[tuple[float, float], ...]
    needed_n: float
    link: Mapping[str, Any]
    attenuate: bool
    shapes: tuple[ShapeDesign, ...] = ()

    def __repr__(self) -> str:
        return f"<Design: {self.answer}>"

    def _repr_html_(self) -> str:
        tables = html_table(self.rows(), title=self.answer, head=HEADINGS)
        return tables + html_table(self.budget_rows(), head=BUDGET_HEADINGS)

    @property
    def reachable(self) -> bool:
        """Whether the target can be met at all, by one cavity or one of the shapes."""
        return bool(self.points) or any(shape.widest is not None for shape in self.shapes)

    @property
    def answer(self) -> str:
        """The outcome in words."""
        source = f"{self.temperature:g} K and {self.frequency / 1e9:g} GHz (n_th = {self.n_th:.4g})"
        best = f"C = {self.best.concurrence:.4f} at Q = {self.best.quality:.3g}"
        if self.shapes:
            return f"{self._one_cavity(source, best)} {self._several_poles}"
        return self._one_cavity(source, best)

    @property
    def _several_poles(self) -> str:
        """What the comparison of shapes says: the least order, and the largest concurrence."""
        top = max(self.shapes, key=lambda shape: float(shape.concurrence))
        largest = f"the largest of the shapes is C = {top.concurrence:.3f} ({top.name})."
        enough = [shape.order for shape in self.shapes if shape.widest is not None]
        if not enough:
            return f"None of the shapes reaches it: {largest}"
        poles = f"{min(enough)} poles are" if min(enough) > 1 else "one pole is"
        return f"Of the shapes compared {poles} the fewest that reach it; {largest}"

    def _one_cavity(self, source: str, best: str) -> str:
        if self.points:
            low, high = self.points[0].quality, self.points[-1].quality
            return (
                f"C = {self.target:g} from {source} takes Q between {low:.4g} and {high:.4g}"
                f"{self._exceptions}; the largest is {best}.{self._advice}"
            )
        needed = "no temperature was found that reaches it."
        if self.needed_n < inf:
            hotter = source_temperature(self.needed_n, self.frequency)
            needed = f"it takes n_th = {self.needed_n:.4g}: {hotter:.4g} K at this frequency"
            if self.link["waveguide_occupation"] == 0:
                # h f = k T log(1 + 1/n)
                lower = self.frequency * log1p(1 / self.needed_n) / log1p(1 / self.n_th) / 1e9
                needed += f", or about {lower:.3g} GHz at this temperature"
            needed += "."
        behind = " behind one cavity" if self.shapes else ""
        out_of_reach = f"C = {self.target:g} is out of reach{behind} from {source}"
        return f"{out_of_reach}: at most {best}; {needed}"

    @property
    def _exceptions(self) -> str:
        """The gaps in words, from the lowest quality on."""
        if not self.gaps:
            return ""
        words = [f"{low:.4g} to {high:.4g}" for low, high in sorted(self.gaps)]
        return f", except {' and '.join(words)}"

    @property
    def _advice(self) -> str:
        """A word where the full source is too much for the widest filter."""
        widest = self.points[0]
        if widest.attenuation < 0.05:
            return ""
        return (
            f" The widest filter wants the source attenuated by {widest.attenuation:.1f} dB: more "
            "quanta are not always better."
        )

    def hardware(self, point: DesignPoint | ShapeDesign, **changes: Any) -> Hardware:
        """The laboratory of a point; an attenuated source is one of lower temperature.

        Args:
            point: One of this design's points or shapes.
            changes: Arguments of `superconducting_link` that differ; without them the link has the
                loss, the dephasing and the base temperature that the design was made with.
        """
        rate = self.link["dephasing"]
        held: dict[str, Any] = {
            "loss": self.link["loss"],
            "dephasing_time": 1 / (2 * pi * self.gamma * rate) if rate > 0 else None,
            "base_temperature": source_temperature(
                self.link["waveguide_occupation"], self.frequency
            ),
        }
        if isinstance(point, ShapeDesign):
            kelvin, quality = self.temperature, self.frequency / (point.fwhm * self.gamma)
            held["filter"] = point.filter
        else:
            kelvin, quality = source_temperature(point.n, self.frequency), point.quality
        return superconducting_link(
            kelvin,
            self.frequency,
            quality,
            self.gamma,
            **{**held, **changes},
        )

    def curve(self, kappas: Sequence[float] | np.ndarray, *, attenuated: bool) -> np.ndarray:
        """Concurrence at bandwidths kappa/gamma, with the best attenuation or the full source."""
        shares = _SHARES if attenuated else _SHARES[:1]
        bandwidths, quanta = np.meshgrid(kappas, self.n_th * shares)
        found = margins(bandwidths.ravel(), quanta.ravel(), self.link).reshape(quanta.shape)
        return np.maximum(np.max(found, axis=0), 0.0)

    def plot(self, path: Path | str) -> None:
        """Draw the concurrence over Q, and over each imperfection of the best filter, to a file.

        Raises:
            ValueError: the file's kind is unknown to matplotlib.
            OSError: the file cannot be written.
        """
        from thermalent.analysis.design.plot import draw_design

        draw_design(self, path)

    def shape_rows(self) -> list[tuple[str, ...]]:
        """The shapes side by side as lines of a table, see `SHAPE_HEADINGS`."""
        return shape_rows(self.shapes, self.frequency, self.gamma)

    def tolerance_rows(self) -> list[tuple[str, ...]]:
        """What uses up the margin of each shape that has one, see `TOLERANCE_HEADINGS`."""
        return tolerance_rows(self.shapes, self.gamma)

    def rows(self) -> list[tuple[str, ...]]:
        """The designs as lines of a table, see `HEADINGS`."""
        return [
            (
                point.name,
                f"{point.concurrence:.4f}",
                f"{point.quality:.4g}",
                with_prefix(point.kappa * self.gamma, "Hz"),
                f"{point.kappa:.4g}",
                f"{point.n:.4g}",
                f"{point.attenuation:.1f} dB",
            )
            for point in (*self.points, self.best)
        ]

    def budget_rows(self) -> list[tuple[str, ...]]:
        """What uses up the margin of each design that has one, see `BUDGET_HEADINGS`."""
        return [
            (point.name, *_in_words(point.budget))
            for point in (*self.points, self.best)
            if point.budget is not None
        ]

    def sensitivity_rows(self) -> list[tuple[str, ...]]:
        """Derivatives of the concurrence, see `SENSITIVITY_HEADINGS`."""
        return [
            (point.name, *(_short(value) for value in point.sensitivities.values()))
            for point in (*self.points, self.best)
        ]


HEADINGS = ("design", "C", "Q", "kappa/2pi", "kappa/gamma", "n", "attenuation")
BUDGET_HEADINGS = ("used up by", "loss", "or T_phi", "or mismatch", "or waveguide at")
SENSITIVITY_HEADINGS = (
    "sensitivity",
    "dC/dln(kappa)",
    "dC/dln(n)",
    "dC/dloss",
    "dC/d(gamma_phi/gamma)",
    "dC/dn_0",
)


def _in_words(budget: Budget) -> tuple[str, ...]:
    numbers = (
        (budget.loss, f"{100 * budget.loss:.3g} %"),
        (budget.dephasing, _prefixed(budget.dephasing_time, "s")),
        (budget.detuning, _prefixed(budget.detuning, "Hz")),
        (budget.base_temperature, _prefixed(budget.base_temperature, "K")),
    )
    return tuple(words if number < inf else "any" for number, words in numbers)


def _prefixed(value: float, unit: str) -> str:
    return with_prefix(float(f"{value:.3g}"), unit) if value < inf else "any"


def _short(value: float) -> str:
    """Three digits; what is zero but for the accuracy of a maximum is zero."""
    if isnan(value):
        return "none"
    return f"{value:.3g}" if abs(value) > 1e-6 else "0"
