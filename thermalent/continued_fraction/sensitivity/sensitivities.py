"""Derivatives of an observable of the steady state by every parameter of the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from thermalent.continued_fraction.sensitivity.hot_mode import HotChain
from thermalent.continued_fraction.sensitivity.observable import ObservableLike
from thermalent.continued_fraction.sensitivity.observed_chain import (
    Derivatives,
    ObservedChain,
    ObservedValue,
)
from thermalent.continued_fraction.sensitivity.result import Sensitivities
from thermalent.continued_fraction.sensitivity.several_poles import adjoint as several_poles
from thermalent.continued_fraction.sensitivity.truncation import truncation_errors
from thermalent.continued_fraction.several_poles.converge import MOST_WORK, TIERS_BUDGET
from thermalent.networks.network import Network
from thermalent.solution.stored import builder_record
from thermalent.support.calls import with_explained_calls
from thermalent.support.machine.one_thread import one_thread
from thermalent.support.progress import working

# Numbers of tiers, in units of that of the state; two changes show how fast they decay.
_STEPS = (0.85, 1.0, 1.2, 1.6, 2.2, 3.0, 4.0)
# Rounding of a term, a product of two solutions that were eliminated: of 170 networks with
# rates over many decades, where terms cancel, one needed 74 units; another needed 242 with scipy
# 1.18, whose linear algebra rounds otherwise.
_OF_A_TERM = 512 * float(np.finfo(float).eps)


@with_explained_calls
@one_thread()
def sensitivities(
    builder: Callable[..., Network],
    parameters: Mapping[str, ObservedValue],
    observable: ObservableLike = "concurrence",
    *,
    pair: tuple[str, str] | None = None,
    rtol: float | None = None,
) -> Sensitivities:
    r"""Derivatives of an observable of the steady state with respect to the network's parameters.

    $$\frac{dO}{dp} = -\,y \cdot \frac{dL}{dp}\, x, \qquad L x = 0, \qquad L^T y = g$$

    over all tiers of the hierarchy, g the gradient of the observable: one solve more than for the
    state gives all parameters at once.

    Args:
        builder: Called with the parameters as keywords; returns the network. Its matrices have to
            be smooth functions of the parameters.
        parameters: Value of each parameter, a number, or several (one per qubit, say). At the end
            of a range (no dephasing, no loss) the derivative is the one-sided one. Integers that
            the builder wants as such (numbers of qubits or filters) are bound with
            functools.partial.
        observable: "concurrence", "negativity", "logarithmic_negativity",
            "entanglement_of_formation", "purity", "entropy", a Hermitian operator (d, d) for its
            expectation, or a function of the state that returns the number and its gradient G, a
            Hermitian (d, d) matrix with dO = Re Tr(G d rho).
        pair: Names of the two emitters of a measure of pairs; not needed if there are only two.
        rtol: Wanted error, relative to the largest derivative times its parameter; if not given
            1e-9, or, behind several poles, the best that a budget of half a minute affords.

    Returns:
        The derivatives with their errors: what more tiers in another scaling would still change,
        what the extrapolation of the matrices leaves, and rounding. Inside of the separable states
        they are zero and `note` says so. At their border they are the slopes to the side where the
        parameter can go, as of a cold network that is warmed.

    Raises:
        ValueError: an argument is not as above, the builder has no such parameter, or one cannot
            change at all or is where the matrices have no slope: the root of a rate at its end.
        MethodError: the continued fraction does not apply to the network.
        SolveError: the steady state is not unique or did not converge, or the concurrence has no
            derivative here (the state lacks a population that its neighbours have; or at the
            border of separable states its slopes to both sides differ, which the message tells).

    Source: the adjoint of THERMAL, Appendix B; ours.
    """
    observed = ObservedChain(builder, parameters, observable, pair, rtol)
    given = {"parameters": dict(parameters), "observable": observable, "pair": pair, "rtol": rtol}
    return replace(
        _solved(observed, rtol), made_by=builder_record("sensitivities", builder, **given)
    )


def _solved(observed: ObservedChain, rtol: float | None) -> Sensitivities:
    if observed.at_border:
        return observed.one_sided()
    try:
        if observed.several:
            return _behind_several_poles(observed, rtol)
        if observed.hot:
            return _behind_a_hot_mode(observed)
        return _converged(observed, observed.rtol)
    except np.linalg.LinAlgError:
        observed.lost()


def _converged(observed: ObservedChain, rtol: float) -> Sensitivities:
    """Derivatives with more and more tiers until they agree.

    Raises:
        numpy.linalg.LinAlgError: the equation of the steady state is singular to rounding.
    """
    derivatives: list[Derivatives] = []
    tiers: list[int] = []
    with working("sensitivities") as report:
        for turn, factor in enumerate(_STEPS):
            last = 2 * int(np.ceil(observed.depth * factor / 2))
            last = max([last, *(n + 2 for n in tiers[-1:])])
            if turn > 2 and not observed.fits(last):
                break  # with the error that is left
            tiers.append(last)
            derivatives.append(observed.derivatives(tiers[-1], rescaled=turn % 2 == 1))
            report(f"{tiers[-1]} tiers")
            if len(derivatives) > 2 and _settled(derivatives[-2:], observed.scales, rtol):
                break
    finest, last = derivatives[-1], tiers[-1]
    change = 2 * np.abs(finest.values - derivatives[-2].values)
    truncation = truncation_errors(
        tiers[-3:],
        np.array([each.values for each in derivatives[-3:]]),
        np.array([each.state for each in derivatives[-3:]]),
        observed.scales,
    )
    rounding = observed.conditioning(finest.values, last)
    # Changes that rounding explains are not extrapolated.
    errors = np.maximum(truncation, np.minimum(change, rounding)) + rounding
    errors = errors + finest.slope_errors + _OF_A_TERM * finest.sizes
    return observed.result(finest.values, errors, last)


def _settled(last_two: Sequence[Derivatives], scales: np.ndarray, rtol: float) -> bool:
    """Whether derivatives changed by less than the tolerance when tiers were added."""
    before, values = (each.values for each in last_two)
    allowed = rtol * np.max(np.abs(values) * scales, initial=0.0)
    return bool(np.all(2 * np.abs(values - before) * scales <= allowed))


def _behind_a_hot_mode(observed: ObservedChain) -> Sensitivities:
    """Derivatives in the radial form.

    Raises:
        numpy.linalg.LinAlgError: the equation of the steady state is singular to rounding.
    """
    if observed.flat:
        flat = np.zeros(len(observed.keys))
        return observed.result(flat, flat, 0)
    with working("sensitivities") as report:
        chain = HotChain(observed.h, observed.changes, observed.gradient, observed.scales)
        found = chain.derivatives(observed.rtol, report)
    return observed.result(found.values, found.errors, 0)


def _behind_several_poles(observed: ObservedChain, rtol: float | None) -> Sensitivities:
    """Derivatives on the tiers of a chain of several poles.

    Raises:
        numpy.linalg.LinAlgError: the equation of the steady state is singular to rounding.
    """
    if observed.flat:
        flat = np.zeros(len(observed.keys))
        return observed.result(flat, flat, observed.depth)
    with working("sensitivities") as report:
        found = several_poles.derivatives(
            observed.state.network,
            observed.changes,
            observed.gradient,
            observed.scales,
            observed.rtol,
            TIERS_BUDGET if rtol is None else MOST_WORK,
            report,
        )
    return observed.result(found.values, found.errors, found.last)
