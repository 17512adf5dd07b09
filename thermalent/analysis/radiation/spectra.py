"""Emission spectra and coherence functions of the fields that a network radiates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from thermalent.analysis.radiation import several_poles as spectra_several_poles
from thermalent.analysis.radiation.coherences import (
    DISTURBANCES,
    HOW_OVER_DELAY,
    CoherenceAsked,
    Regressions,
    coherence_over_delay,
    more_tiers,
)
from thermalent.analysis.radiation.field import (
    FieldName,
    chosen_steady_state,
    field_of,
    no_width,
    require_one_mode,
)
from thermalent.analysis.radiation.several_poles import DEFAULT_SPECTRUM_RTOL
from thermalent.analysis.shown_results import ShownCoherence, ShownSpectrum
from thermalent.continued_fraction import memory
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.chain.tier_operators import Field
from thermalent.continued_fraction.dynamics.evolution import needed_depth
from thermalent.continued_fraction.dynamics.regression.regression import Regression
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.networks.network import Network
from thermalent.networks.symmetry import excitation_numbers
from thermalent.operators.estimates import Estimate
from thermalent.solution.errors import require_memory
from thermalent.solution.stored import call_record
from thermalent.support import checks
from thermalent.support.calls import with_explained_calls
from thermalent.support.machine.one_thread import one_thread
from thermalent.support.progress import working

_HOW = (
    "change with a quarter more tiers as it decays, and rounding of the generator, of the steady "
    "state and of the resolvent"
)

_LONGEST = 1e60  # delay times the largest rate: each decade more takes as long as the first
_DEPTHS = 3  # numbers of tiers, each a quarter more: the first shows how the changes decay
_DRAWS = 2  # disturbed generators: one alone may happen to change nothing


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Spectrum(ShownSpectrum):
    r"""A power spectrum \(S(\omega)\) and its error.

    Args:
        frequencies: Angular frequencies relative to the frame of the network, rate unit, (w,).
        values: Quanta per unit time and per unit angular frequency, (w,).
        error: Error of each value, (w,).
        flux: The integral over all frequencies, <O^+ O>, quanta per unit time, with its error.
        how: How the errors were obtained.
        made_by: The call: function, network and its other arguments.
    """

    frequencies: np.ndarray
    values: np.ndarray
    error: np.ndarray
    flux: Estimate
    how: str = _HOW
    made_by: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Coherence(ShownCoherence):
    """A normalised correlation function of a field over the delay.

    Args:
        delays: Delays tau, inverse rate unit, (t,).
        values: g1 (complex) or g2 (real) at each delay, (t,).
        error: Error of each value, (t,).
        flux: <O^+ O>, quanta per unit time, with its error.
        how: How the errors were obtained.
        made_by: The call: function, network and its other arguments.
    """

    delays: np.ndarray
    values: np.ndarray
    error: np.ndarray
    flux: Estimate
    how: str = HOW_OVER_DELAY
    made_by: Mapping[str, Any] = field(default_factory=dict)


@with_explained_calls
@one_thread()
def spectrum(
    network: Network,
    frequencies: ArrayLike,
    of: FieldName = "output",
    *,
    rtol: float | None = None,
    initial: Any = None,
) -> Spectrum:
    r"""The emission spectrum of a field in the steady state.

    $$S(\omega) = \frac{1}{\pi}\,\mathrm{Re} \int_0^\infty d\tau\, e^{-i\omega\tau}
      \langle O^\dagger(\tau) O(0)\rangle
      = \frac{1}{\pi}\,\mathrm{Re}\,\mathrm{Tr}\, O^\dagger (i\omega - L)^{-1} (O\rho)$$

    Args:
        network: Emitters behind one mode, or behind several that drive them through one amplitude;
            excitation number conserved up to decay.
        frequencies: Angular frequencies relative to the frame (zero is the filter frequency of the
            models), rate unit, (w,).
        of: "output" is the field behind the last node of a cascade, or of the one channel that all
            nodes share; what the last node loses elsewhere counts as emitted into it. A node's name
            is what that node alone radiates, sqrt(G_jj) c_j; a mapping gives weights w_j of the
            field sum_j w_j c_j, {"q1": 1.0, "q2": -1.0}.
        rtol: Accuracy that sets the number of tiers, from 1e-12 to 0.1; if not given 1e-8, or,
            behind several poles, the best that a budget of half a minute affords.
        initial: Where the steady state is not unique: the state from which it is reached, as for
            `te.steady_state`.

    Returns:
        The spectrum; its integral is the flux. The errors are the change with a quarter more
        tiers, and what rounding leaves in the steady state and in the resolvent; behind several
        poles three times the change with one quantum more along the chain, more tiers and another
        scaling of them, or three fifths of the change before that.

    Raises:
        ValueError: the field is not one of the network's, or a frequency is not finite or is that
            of a line without width.
        MethodError: the network is not one for the continued fraction.
        SolveError: the steady state is not unique and no `initial` is given, or it did not
            converge.

    Source: quantum regression theorem; the hierarchy with all its tiers as initial condition.
    """
    omega = checks.numbers("frequencies", frequencies, "frequency")
    checked = None if rtol is None else checks.within("rtol", rtol, 1e-12, 0.1)
    made_by = call_record("spectrum", network, of=of, rtol=rtol, initial=initial)
    if len(network.modes) > 1:
        with working("spectrum") as report:
            several = spectra_several_poles.spectrum_behind_poles(
                network, omega, of, checked, initial, report
            )
        return Spectrum(frequencies=omega, **vars(several), made_by=made_by)
    regressions = _regressions(network, of, checked or DEFAULT_SPECTRUM_RTOL, initial)
    values, rounding = np.zeros((len(regressions), len(omega))), np.zeros(len(omega))
    # A frequency and its negative side by side: of real chains they are solved together.
    order = np.argsort(np.abs(omega), kind="stable")
    with working("spectrum") as report:
        together = regressions[-1].at_once
        for begin in range(0, len(omega), together):
            some = order[begin : begin + together]
            for row, regression in enumerate(regressions):
                try:
                    found, error = regression.at_frequencies(omega[some], regression.last)
                except np.linalg.LinAlgError as problem:
                    no_width(str(problem))
                values[row, some] = found.real / np.pi
                if row == _DEPTHS - 1:
                    rounding[some] = error / np.pi
            report(f"{min(begin + together, len(omega))} of {len(omega)} frequencies")
    return Spectrum(
        frequencies=omega,
        values=values[_DEPTHS - 1],
        error=_left_out(values[:_DEPTHS]) + rounding + _conditioning(values[_DEPTHS - 1 :]),
        flux=_flux(regressions),
        made_by=made_by,
    )


@with_explained_calls
def coherence(
    network: Network,
    delays: ArrayLike,
    of: FieldName = "output",
    *,
    order: int = 1,
    rtol: float | None = None,
    initial: Any = None,
) -> Coherence:
    r"""First- or second-order coherence of a field in the steady state.

    $$g^{(1)}(\tau) = \frac{\langle O^\dagger(\tau) O(0)\rangle}{\langle O^\dagger O\rangle}, \qquad
      g^{(2)}(\tau) = \frac{\langle O^\dagger(0) O^\dagger(\tau) O(\tau) O(0)\rangle}
      {\langle O^\dagger O\rangle^2}$$

    Args:
        network: As for `spectrum`.
        delays: Delays, increasing, >= 0, inverse rate unit, (t,).
        of: As for `spectrum`.
        order: 1 or 2.
        rtol: Accuracy asked for, relative to the flux to the power of the order, from 1e-12 to
            0.1; if not given, as for `spectrum`. More digits take longer, and are there where they
            take no longer.
        initial: As for `spectrum`.

    Returns:
        The coherence function with its errors: the change with fewer tiers and other roundings of
        the generator, and what rounding leaves in the steady state; behind several poles as for
        `spectrum`.

    Raises:
        ValueError: an argument is out of range, or the field is dark: its flux is zero within its
            error.
        MethodError: the network is not one for the continued fraction, or so nearly dark that the
            flux is lost to rounding.
        SolveError: as for `spectrum`.

    Source: THERMAL, Eqs. (24), (25), for any field of the network.
    """
    grid = checks.time_grid("delays", delays)
    largest = float(max(np.max(np.abs(network.decay)), np.max(np.abs(network.exchange)))) or 1.0
    if grid[-1] > _LONGEST / largest:
        checks.fail("delays", f"at most {_LONGEST / largest:g}", float(grid[-1]))
    if isinstance(order, bool) or order not in (1, 2):
        checks.fail("order", "1 or 2", order)
    checked = None if rtol is None else checks.within("rtol", rtol, 1e-12, 0.1)
    made_by = call_record("coherence", network, of=of, order=order, rtol=rtol, initial=initial)
    if len(network.modes) > 1:
        several = spectra_several_poles.coherence_behind_poles(
            network, grid, of, order, checked, initial
        )
        numbers = several.values if order == 1 else several.values.real
        return Coherence(delays=grid, **{**vars(several), "values": numbers}, made_by=made_by)
    aimed = checked or DEFAULT_SPECTRUM_RTOL
    with working("coherence") as report:
        regression, depth = _prepared(network, of, aimed, initial)
        asked = CoherenceAsked(delays=grid, of=of, order=order, rtol=aimed, regression=regression)
        found = coherence_over_delay(asked, depth, report)
    return Coherence(delays=grid, **found._asdict(), made_by=made_by)


def _prepared(
    network: Network, of: FieldName, rtol: float, initial: Any
) -> tuple[Regressions, int]:
    """Regressions of a field, and how many tiers the state takes.

    Raises:
        MethodError: the network is not one for the continued fraction.
        MemoryError: the tiers would take too much memory.
        SolveError: as of `chosen_steady_state`.
    """
    method = ContinuedFraction(rtol=rtol)
    require_one_mode(method, network, "Spectra")
    require_memory(
        "This correlation",
        memory.regression_bytes(network, excitation_numbers(network), rtol),
        "Use fewer emitters, or a larger rtol.",
    )
    weights, emitters = field_of(network, of)
    (mode,) = network.mode_indices
    field = Field(complex(weights[mode]), emitters)
    reached, error = chosen_steady_state(method, network, initial)
    h = hierarchy(network)

    def regression(order: int, depth: int, rng: np.random.Generator | None = None) -> Regression:
        return Regression(h, field, order, depth, reached, error, rng)

    return regression, needed_depth(h, rtol)


def _regressions(network: Network, of: FieldName, rtol: float, initial: Any) -> list[Regression]:
    """The regression with as many tiers as the state takes, with more, and disturbed.

    The last ones have a generator changed at random by as much as rounding may have changed it.
    """
    regression, depth = _prepared(network, of, rtol, initial)
    depths, rng = [depth], np.random.default_rng(0)
    while len(depths) < _DEPTHS:
        depths.append(more_tiers(depths[-1]))
    return [
        *(regression(1, depth) for depth in depths),
        *(regression(1, depths[-1], rng) for _ in range(_DRAWS)),
    ]


def _left_out(values: np.ndarray) -> np.ndarray:
    """Truncation error of the last of values with more and more tiers, (depths, w), as (w,).

    The last change is what the depth before left out. Each depth has left out less than the one
    before by a factor that the two largest changes show; half of its exponent is taken for the
    last, because the decay may slow down.
    """
    before, last = np.abs(np.diff(values, axis=0))
    largest, size = float(np.max(last)), float(np.max(before))
    ratio = np.sqrt(largest / size) if 0 < largest < size else 1.0
    return np.asarray(ratio * last)


def _conditioning(values: np.ndarray) -> np.ndarray:
    """Error of the first of values (draws, w) by rounding of the generator, (w,)."""
    return np.asarray(DISTURBANCES * np.max(np.abs(values[1:] - values[0]), axis=0))


def _flux(regressions: list[Regression]) -> Estimate:
    values = np.array([[regression.at_zero().real] for regression in regressions])
    deep = regressions[_DEPTHS - 1]
    error = _left_out(values[:_DEPTHS]) + _conditioning(values[_DEPTHS - 1 :])
    return Estimate(float(values[_DEPTHS - 1, 0]), float(error[0]) + deep.at_zero_error(), _HOW)
