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

from thermalent.analysis.shapes.filter_search import FilterSearch, SearchResult
from thermalent.analysis.shapes.passive_spectra import denominator
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.filters.filter import Filter
from thermalent.models.thermal_link import thermal_link
from thermalent.operators.estimates import Estimate
from thermalent.solution.errors import SolveError
from thermalent.solution.result import SteadyState
from thermalent.solution.stored import Saved
from thermalent.solving.solve import steady_state
from thermalent.support import checks
from thermalent.support.calls import with_explained_calls
from thermalent.support.files.figure_files import save_figure
from thermalent.support.progress import working

_MOST_POLES = 8
# Below, rates of what absorbs leave the range of networks; above, the state behind one pole, which
# would have to be narrower than 1e-6 gamma, is not found (at 1e11, while 3e10 goes).
_COLDEST, _HOTTEST = 1e-30, 1e10
# Largest dephasing over gamma, and largest occupation of the waveguide. Far below it nothing is
# entangled behind any filter; from 1e12 on the equations of the search are singular to rounding.
_NOISIEST = 1e6
# A concurrence this far from the value of the climb shows that the truncations did not describe it.
_ELSEWHERE = 0.02


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class BestFilter(Saved):
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
        ends: Concurrence at the end of each climb, at the truncation of the last climbs, (starts,);
            the largest first.
        agreeing: How many climbs ended at the largest one.
        quanta: Order K along the chain (the hops of all quanta) of the last climbs.
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
        """Draw |S21|^2, linear and in decibels, to a file.

        Raises:
            ValueError: the file's kind is unknown to matplotlib.
            OSError: the file cannot be written.
        """
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
        save_figure(figure, path)

    def __repr__(self) -> str:
        return f"<BestFilter: {self}>"

    def __str__(self) -> str:
        order = self.filter.order
        behind = f"{order} poles" if order > 1 else "1 pole"
        if not self.concurrence > self.concurrence.error:
            return (
                f"no filter of {behind} was found behind which two qubits are entangled at n_th = "
                f"{self.n_th:.4g}, in {len(self.ends)} climbs"
            )
        return (
            f"C = {self.concurrence:.4f} behind {behind} at n_th = {self.n_th:.4g}, full "
            f"width {self.filter.fwhm:.4g}; {self.agreeing} of "
            f"{len(self.ends)} climbs ended there"
        )


@with_explained_calls
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
    held; from the best of the ends it climbs on with finer ones, and the concurrence is that of
    `te.steady_state`.

    Args:
        n_th: Thermal occupation of the hot port, from 1e-30 to 1e10.
        order: Number p of poles, 1 to 8. With six, a start takes some ten seconds.
        zeros: Whether S21 may have zeros; without them it is a row of coupled cavities.
        symmetric: Whether only spectra symmetric about the carrier are searched; others have twice
            as many coordinates and take eight times as long.
        starts: Filters to climb from, >= 1: one beside the best Butterworth filter, random ones.
        seed: Of the random filters.
        quanta: Order K along the chain on the way, >= 1; the last climbs, from the six best of the
            different ends, take two more if that is affordable.
        rtol: Accuracy of the state at the end.
        loss: Power loss between the qubits.
        dephasing: Pure dephasing rate of each qubit over gamma, up to 1e6.
        waveguide_occupation: Thermal occupation of the waveguide itself, up to 1e6.

    Returns:
        The filter in units of gamma, the decay rate of the qubits, with its concurrence and error,
        the gradient there, and where all climbs ended.

    Raises:
        ValueError: an argument is out of range.

    Warns:
        UserWarning: only one of several climbs ended at the largest value, or the truncations of
            the climb do not describe the filter that it found.
    """
    occupation = checks.within("n_th", n_th, _COLDEST, _HOTTEST)
    checks.within("rtol", rtol, 1e-10, 0.1)
    p = checks.integer("order", order, 1, _MOST_POLES)
    count, most = checks.integer("starts", starts, 1, 10_000), checks.integer("quanta", quanta, 1)
    rng = np.random.default_rng(checks.seed("seed", seed))
    surroundings: dict[str, Any] = {
        "loss": loss,
        "dephasing": checks.within("dephasing", dephasing, 0.0, _NOISIEST),
        "waveguide_occupation": checks.within(
            "waveguide_occupation", waveguide_occupation, 0.0, _NOISIEST
        ),
    }
    reference = thermal_link(occupation, 1.0, **surroundings)
    with working("best filter") as report:
        search = FilterSearch(
            reference, p, zeros=zeros, symmetric=symmetric, quanta=most, report=report
        )
        found = search.run(count, rng)
        report("the state behind the best filter")
        unit = search.coordinates.unit
        reflection, numerator = search.coordinates.polynomials(found.best.place)
        chosen = filter_of(reflection, numerator, unit)
        concurrence = _concurrence(chosen, occupation, rtol, surroundings)
    _warn(found, concurrence)
    return BestFilter(
        filter=chosen,
        concurrence=concurrence,
        n_th=occupation,
        reflection=reflection,
        numerator=numerator,
        unit=unit,
        gradient=found.best.slope,
        ends=np.maximum(found.ends, 0.0),
        agreeing=found.agreeing,
        quanta=found.quanta,
        tiers=found.tiers,
        evaluations=found.evaluations,
    )


def _warn(found: SearchResult, concurrence: Estimate) -> None:
    """Say where a search does not settle what the best filter is."""
    value = max(found.best.value, 0.0)
    if found.agreeing == 1 < len(found.ends):
        warnings.warn(
            f"Only one of {len(found.ends)} climbs ended at the largest value, C = {value:.5f}: "
            "there may be a better filter. Ask for more starts.",
            stacklevel=3,
        )
    if abs(value - concurrence) > _ELSEWHERE:
        warnings.warn(
            f"The climb ended at C = {value:.4f} with the order K = {found.quanta} along the "
            f"chain, but the state has C = {concurrence:.4f}: the field changes too fast for so "
            "low an order. Ask for more `quanta`.",
            stacklevel=3,
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
