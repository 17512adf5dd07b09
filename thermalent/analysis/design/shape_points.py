"""One shape of a filter in a comparison, and the table that lines them up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, pi

import numpy as np

from thermalent.filters.filter import Filter
from thermalent.hardware.units import with_prefix
from thermalent.operators.estimates import Estimate
from thermalent.support.by_value import ByValue

SHAPE_HEADINGS = ("shape", "C", "for one pole more", "Q", "width/2pi", "Q from", "to")
TOLERANCE_HEADINGS = ("used up by", "loss", "or T_phi", "or mistuning")


@dataclass(frozen=True, kw_only=True, eq=False)
class ShapeDesign(ByValue):
    """A shape of some order at the width of its largest concurrence, behind all of the source.

    Args:
        family: Which shape, of any order.
        filter: The filter in units of gamma.
        concurrence: Of the steady state, with its error.
        fwhm: Full width at half of the peak, in units of gamma.
        widest: The largest full width that reaches the target, in units of gamma; None if none
            does.
        narrowest: The smallest one.
        loss: Power loss between the qubits that brings the best width down to the target, beside
            what there is anyway; None if it does not reach the target, inf if no loss does.
        dephasing: The same for the dephasing rate of each qubit, in units of gamma.
        mistuning: The same for the distance of the first resonator's frequency from the last
            one's, the others evenly between them, in units of gamma; None for a single one.
        widths: Full widths over gamma of the curve, (w,).
        margins: Concurrence there, negative below the border of separable states, (w,); truncated
            and corrected by what `concurrence` shows.
    """

    family: str
    filter: Filter
    concurrence: Estimate
    fwhm: float
    widest: float | None
    narrowest: float | None
    loss: float | None
    dephasing: float | None
    mistuning: float | None
    widths: np.ndarray
    margins: np.ndarray

    @property
    def order(self) -> int:
        """Number of poles."""
        return self.filter.order

    @property
    def name(self) -> str:
        """The shape in words."""
        return self.filter.label.replace(" of order", "")


def shape_rows(
    shapes: Sequence[ShapeDesign], frequency: float, gamma: float
) -> list[tuple[str, ...]]:
    """The shapes at their best widths as lines of a table, see `SHAPE_HEADINGS`.

    What one pole more buys is counted from the same shape of the next lower order in the list.
    """
    rows: list[tuple[str, ...]] = []
    for shape in shapes:
        width = shape.fwhm * gamma
        bought = _bought(shape, shapes)
        rows.append(
            (
                shape.name,
                f"{shape.concurrence:.3f}",
                "" if bought is None else f"{bought:+.3f}",
                f"{frequency / width:.4g}",
                with_prefix(float(f"{width:.4g}"), "Hz"),
                *(
                    "-" if end is None else f"{frequency / (end * gamma):.4g}"
                    for end in (shape.widest, shape.narrowest)
                ),
            )
        )
    return rows


def _bought(shape: ShapeDesign, shapes: Sequence[ShapeDesign]) -> float | None:
    """The concurrence gained per pole since the next lower order; None for the lowest."""
    fewer = [
        other
        for other in shapes
        if other.order < shape.order and (other.family == shape.family or other.order == 1)
    ]
    if not fewer:
        return None
    before = max(fewer, key=lambda other: other.order)
    return float(shape.concurrence - before.concurrence) / (shape.order - before.order)


def tolerance_rows(shapes: Sequence[ShapeDesign], gamma: float) -> list[tuple[str, ...]]:
    """What brings each best width that reaches the target down to it, see `TOLERANCE_HEADINGS`.

    The entries are a choice: each is how much of that imperfection alone does it.
    """
    return [
        (
            shape.name,
            _amount(shape.loss, lambda loss: f"{100 * loss:.3g} %"),
            _amount(shape.dephasing, lambda rate: _units(1 / (2 * pi * gamma * rate), "s")),
            _amount(shape.mistuning, lambda rate: _units(rate * gamma, "Hz")),
        )
        for shape in shapes
        if shape.loss is not None
    ]


def _amount(value: float | None, words: Callable[[float], str]) -> str:
    if value is None:
        return "-"
    return words(value) if value < inf else "any"


def _units(value: float, unit: str) -> str:
    return with_prefix(float(f"{value:.3g}"), unit)
