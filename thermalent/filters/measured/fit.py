"""A fit of measured data: data, model, their distance, and a plot of both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from thermalent.filters.measured.rational import Rational
from thermalent.support.by_value import ByValue

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Fit(ByValue):
    """A measured transmission and the rational function that stands for it.

    Args:
        frequencies: Where it was measured, ordinary frequencies, Hz, (f,).
        measured: |S21|^2 as measured, (f,).
        fitted: |S21|^2 of the filter, (f,).
        carrier: Frequency from which the filter counts, Hz.
        unit: Rate unit of the filter as an ordinary frequency, Hz.
        model: The rational function, of angular frequencies in rad/s.
        nearby: Functions three standard deviations of the fit away, one for each of its independent
            directions: what the noise of the data leaves open.
    """

    frequencies: np.ndarray
    measured: np.ndarray
    fitted: np.ndarray
    carrier: float
    unit: float
    model: Rational
    nearby: tuple[Rational, ...]

    @property
    def error(self) -> float:
        """Largest deviation of |S21|^2, over the largest |S21|^2 measured."""
        return float(np.max(np.abs(self.measured - self.fitted)) / np.max(self.measured))

    def __repr__(self) -> str:
        low, high = self.frequencies[0], self.frequencies[-1]
        return (
            f"<Fit: {self.model.order} poles to {len(self.frequencies)} frequencies from "
            f"{low:.9g} to {high:.9g} Hz, carrier {self.carrier:.9g} Hz, "
            f"largest deviation {self.error:.1e}, {len(self.nearby)} alternatives>"
        )

    def plot(self, axes: Any = None) -> tuple[Axes, Axes]:
        """Draw both transmissions in decibels, and below them their difference over the peak.

        Args:
            axes: Two axes, one below the other; a new figure if not given.
        """
        import matplotlib.pyplot as plt

        if axes is None:
            _, axes = plt.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        above, below = axes
        offset = self.frequencies - self.carrier
        with np.errstate(divide="ignore"):
            above.plot(offset, 10 * np.log10(self.measured), ".", label="measured")
            above.plot(offset, 10 * np.log10(self.fitted), label="fitted")
        above.set(ylabel=r"$|S_{21}|^2$ (dB)")
        above.legend()
        below.plot(offset, (self.measured - self.fitted) / np.max(self.measured))
        below.set(xlabel="frequency from the carrier (Hz)", ylabel="difference")
        return above, below
