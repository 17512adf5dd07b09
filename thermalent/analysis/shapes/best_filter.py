r"""The passive filter of some order behind which a hot source entangles two qubits most.

$$\max_{S_{21}} C\big[n_\mathrm{th} |S_{21}|^2\big], \qquad |S_{21}(i\omega)| \le 1$$

over all transfer functions of p poles that fall off: any poles, any residues, any attenuation.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from thermalent.analysis.shapes.climb import (
    ClimbEnd,
    climbed,
    random_start,
    with_slope,
    without_far_zeros,
)
from thermalent.analysis.shapes.passive_spectra import PassiveCoordinates, denominator
from thermalent.analysis.shapes.truncated_link import TruncatedLink
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.filters.filter import Filter
from thermalent.models.thermal_link import thermal_link
from thermalent.operators.estimates import Estimate
from thermalent.solution.errors import SolveError
from thermalent.solution.result import SteadyState
from thermalent.solving.solve import steady_state
from thermalent.support import checks
from thermalent.support.progress import working

_MOST_POLES = 8
# Full widths over gamma among which the best Butterworth filter gives the unit of the search.
_WIDTHS = np.geomspace(1e-5, 3.0, 34)
# What the tiers may leave out of the margin: on the way, and at the end.
_ON_THE_WAY, _IN_THE_END = 1e-2, 1e-3
_BESIDE = 0.05  # distance of the first start from the best Butterworth filter, in every coordinate
_SAME = 1e-5  # climbs that end at values closer than this ended at the same maximum
# A concurrence this far from the value of the climb shows that the truncations did not describe it.
_ELSEWHERE = 0.02
# Multiplications of a value with slopes up to which the end of the climb takes a quantum more.
_AFFORDABLE = 1.5e11


@dataclass(frozen=True, kw_only=True, eq=False)
class BestFilter:
    """The best filter of an order, and how it was found.

    Args:
        filter: S21 with its peak, in units of gamma.
        concurrence: Of two qubits behind it, with the error of the solution.
        n_th: Occupation of the source.
        reflection: F, highest power first, in half widths of the best Butterworth filter.
        numerator: P likewise; |S21|^2 = |P|^2/(|P|^2 + |F|^2).
        unit: That half width, in units of gamma.
        gradient: Derivatives of the concurrence by the real (and imaginary) parts of the
            coefficients of F and P, without units; zero at a maximum.
        ends: Concurrence at the end of each climb, at its truncation, the largest first, (starts,).
        agreeing: How many climbs ended at the largest one.
        quanta: Order K along the chain (the hops of all quanta) of the last climb.
        tiers: Its tiers.
        evaluations: Values with slopes of all climbs.
    """

    filter: Filter
    concurrence: Estimate
    n_th: float
    reflection: np.ndarray
    numerator: np.ndarray
    unit: float
    gradient: np.ndarray
    ends: np.ndarray
    agreeing: int
    quanta: int
    tiers: int
    evaluations: int

    @property
    def poles(self) -> np.ndarray:
        """Poles of S21 in units of gamma, the slowest first."""
        return self.filter.poles

    @property
    def zeros(self) -> np.ndarray:
        """Zeros of S21 in units of gamma; those at infinity are left out."""
        return self.unit * np.roots(np.trim_zeros(self.numerator, "f"))

    def spectrum(self, frequencies: Any) -> np.ndarray:
        """|S21|^2 at angular frequencies from the carrier, in units of gamma; any shape."""
        return np.asarray(np.abs(self.filter.response(frequencies)) ** 2)

    def plot(self, path: Path | str) -> None:
        """Draw |S21|^2, linear and in decibels, to a file."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7.0, 3.2), dpi=150, layout="constrained")
        linear, decibels = figure.subplots(1, 2)
        reach = 2.0 * self.filter.fwhm
        omega = np.linspace(-reach, reach, 801)
        power = self.spectrum(omega)
        linear.plot(omega, power)
        linear.set(ylabel=r"$|S_{21}|^2$", ylim=(0, 1.05))
        decibels.plot(omega, 10 * np.log10(np.maximum(power, 1e-12)))
        decibels.set(ylabel=r"$|S_{21}|^2$ (dB)")
        for axes in (linear, decibels):
            axes.set(xlabel=r"frequency from the carrier, $\omega/\gamma$", xlim=(-reach, reach))
        figure.savefig(path)

    def __str__(self) -> str:
        return (
            f"C = {self.concurrence:.4f} behind {self.filter.order} poles at n_th = "
            f"{self.n_th:.4g}, full width {self.filter.fwhm:.4g}; {self.agreeing} of "
            f"{len(self.ends)} climbs ended there"
        )


def best_filter(
    n_th: float,
    order: int,
    *,
    zeros: bool = True,
    symmetric: bool = True,
    starts: int = 50,
    seed: int = 0,
    quanta: int = 2,
    rtol: float = 1e-3,
    loss: float = 0.0,
    dephasing: float = 0.0,
    waveguide_occupation: float = 0.0,
) -> BestFilter:
    r"""The passive filter behind which a source of a temperature entangles two qubits most.

    $$|S_{21}|^2 = \frac{|P|^2}{|P|^2 + |F|^2}, \qquad \nabla_{P, F}\, C = 0$$

    Every passive filter of p poles that falls off is such a pair of polynomials, and every pair is
    passive, so that the search has no constraint: attenuation, a flat top, ripples and notches are
    all inside. It climbs from random filters along exact slopes, the truncations of the hierarchy
    held; the best end is climbed on with finer ones, and its concurrence is that of
    `te.steady_state`.

    Args:
        n_th: Thermal occupation of the hot port, > 0.
        order: Number p of poles, 1 to 8. With six, a start takes some minutes.
        zeros: Whether S21 may have zeros; without them it is a row of coupled cavities.
        symmetric: Whether only spectra symmetric about the carrier are searched; others have twice
            as many coordinates and take eight times as long.
        starts: Filters to climb from, >= 1: one beside the best Butterworth filter, random ones.
        seed: Of the random filters.
        quanta: Order K along the chain on the way, >= 1; the last climb takes one more if that is
            affordable.
        rtol: Accuracy of the state at the end.
        loss: Power loss between the qubits.
        dephasing: Pure dephasing rate of each qubit over gamma.
        waveguide_occupation: Thermal occupation of the waveguide itself.

    Returns:
        The filter in units of gamma, the decay rate of the qubits, with its concurrence and error,
        the gradient there, and where all climbs ended.

    Raises:
        ValueError: an argument is out of range.

    Warns:
        UserWarning: only one of several climbs ended at the largest value, or the truncations of
            the climb do not describe the filter that it found.
    """
    occupation = checks.positive("n_th", n_th)
    checks.within("rtol", rtol, 1e-10, 0.1)
    p = checks.integer("order", order, 1, _MOST_POLES)
    count, most = checks.integer("starts", starts, 1, 10_000), checks.integer("quanta", quanta, 1)
    rng = np.random.default_rng(checks.seed("seed", seed))
    surroundings: dict[str, Any] = {
        "loss": loss, "dephasing": dephasing, "waveguide_occupation": waveguide_occupation,
    }  # fmt: skip
    reference = thermal_link(occupation, 1.0, **surroundings)
    with working("best filter") as report:
        unit = _half_width(TruncatedLink(reference, p, quanta=1), p)
        coordinates = PassiveCoordinates(p, zeros=zeros, symmetric=symmetric, unit=unit)
        link = TruncatedLink(reference, p, quanta=most, symmetric=symmetric)
        last = link.tiers_for(coordinates.numbers(_butterworth(coordinates)), _ON_THE_WAY)
        peaks: list[ClimbEnd] = []
        for i in range(count):
            start = random_start(coordinates, rng)
            if i == 0:  # by itself it would stay among filters that reflect nothing somewhere
                start = _butterworth(coordinates) + _BESIDE * rng.normal(size=coordinates.count)
            peaks.append(climbed(coordinates, link, last, start))
            best = max(peak.value for peak in peaks)
            report(f"start {i + 1} of {count}, C = {best:.4f}")
        report("the last climb")
        peaks.sort(key=lambda peak: -peak.value)
        finer = TruncatedLink(reference, p, quanta=most + 1, symmetric=symmetric)
        found, link, last = _refined(coordinates, (finer, link), peaks[0].place)
        report("the state behind the best filter")
        reflection, numerator = coordinates.polynomials(found.place)
        chosen = filter_of(reflection, numerator, unit)
        concurrence = _concurrence(chosen, occupation, rtol, surroundings)
    ends = np.array([max(peak.value, 0.0) for peak in peaks])
    agreeing = int(np.sum(ends > ends[0] - _SAME))
    if agreeing == 1 < count:
        warnings.warn(
            f"Only one of {count} climbs ended at the largest value, C = {ends[0]:.5f}: there may "
            "be a better filter. Ask for more starts.",
            stacklevel=2,
        )
    if abs(max(found.value, 0.0) - concurrence) > _ELSEWHERE:
        warnings.warn(
            f"The climb ended at C = {found.value:.4f} with the order K = {link.quanta} along the "
            f"chain, but the state has C = {concurrence:.4f}: the field changes too fast for so "
            "low an order. Ask for more `quanta`.",
            stacklevel=2,
        )
    return BestFilter(
        filter=chosen,
        concurrence=concurrence,
        n_th=occupation,
        reflection=reflection,
        numerator=numerator,
        unit=unit,
        gradient=found.slope,
        ends=ends,
        agreeing=agreeing,
        quanta=link.quanta,
        tiers=last,
        evaluations=sum(peak.evaluations for peak in peaks) + found.evaluations,
    )


def filter_of(
    reflection: Sequence[complex] | np.ndarray,
    numerator: Sequence[complex] | np.ndarray,
    unit: float,
) -> Filter:
    """The filter of |S21|^2 = |P|^2/(|P|^2 + |F|^2).

    Args:
        reflection: F, monic, highest power first, (p + 1,).
        numerator: P, at most (p,).
        unit: The frequency in units of which they are, rate unit.

    Raises:
        UnstableSpectrumError: a pole has no damping.
    """
    f, top = np.asarray(reflection), np.asarray(numerator)
    bottom = denominator(f, top)
    powers = unit ** np.arange(len(f))
    scaled = top * powers[len(f) - len(top) :]
    return Filter.transfer(scaled.tolist(), (bottom * powers).tolist())


def _butterworth(coordinates: PassiveCoordinates) -> np.ndarray:
    """The Butterworth filter of half width one: F = s^p, P = 1."""
    return coordinates.place(np.eye(coordinates.order + 1)[0], np.ones(1))


def _half_width(link: TruncatedLink, order: int) -> float:
    """Half of the width of the Butterworth filter with the largest margin, over gamma."""
    values = []
    for fwhm in _WIDTHS:
        coordinates = PassiveCoordinates(order, zeros=False, symmetric=True, unit=fwhm / 2)
        numbers = coordinates.numbers(_butterworth(coordinates))
        values.append(link.value(numbers, link.tiers_for(numbers, 2 * _ON_THE_WAY)))
    return float(_WIDTHS[int(np.argmax(values))] / 2)


def _refined(
    coordinates: PassiveCoordinates, links: tuple[TruncatedLink, TruncatedLink], place: np.ndarray
) -> tuple[ClimbEnd, TruncatedLink, int]:
    """The end of a climb with more tiers, and with a quantum more if that can be afforded."""
    finer, link = links
    last = link.tiers_for(coordinates.numbers(place), _IN_THE_END)
    if finer.work(last) < _AFFORDABLE:
        link = finer
    peak = climbed(coordinates, link, last, place)
    kept = without_far_zeros(coordinates, peak.place)
    value, slope = with_slope(coordinates, link, last, kept)
    return ClimbEnd(kept, value, slope, peak.evaluations + 1), link, last


def _concurrence(
    chosen: Filter, n_th: float, rtol: float, surroundings: dict[str, Any]
) -> Estimate:
    """That of the steady state; where `rtol` is out of reach, with the error that was reached."""
    network = thermal_link(n_th, filter=chosen, **surroundings)
    try:
        return steady_state(network, ContinuedFraction(rtol=rtol)).concurrence()
    except SolveError as error:
        if not isinstance(error.result, SteadyState):
            raise
        return error.result.concurrence()
