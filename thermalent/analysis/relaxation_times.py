"""The time to prepare a steady state, and the time after which emitters stay pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from thermalent.analysis.last_crossing import LastCrossing, last_crossing
from thermalent.analysis.relaxation_rates import slowest_decays
from thermalent.continued_fraction import memory
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.continued_fraction.several_poles import rates as several_poles_rates
from thermalent.fock.method import Fock
from thermalent.fock.purity import last_return
from thermalent.networks.network import Network
from thermalent.networks.symmetry import element_charges, excitation_numbers
from thermalent.operators import states
from thermalent.operators.distances import trace_distance
from thermalent.operators.estimates import Estimate
from thermalent.solution.errors import MethodError, require_memory
from thermalent.solution.plan import Plan
from thermalent.solution.tasks import EvolutionTask, Piece, SteadyStateTask
from thermalent.solving.solve import evolve, steady_state
from thermalent.support import checks
from thermalent.support.calls import with_explained_calls
from thermalent.support.progress import working

_GRID = 400  # times at which the distance is looked at first
# How often the time of a preparation is doubled, for a distance that grows before it decays.
_LONGER = 4
_STEADY = 1e-6  # accuracy of the steady state behind several poles
_PART_OF_DISTANCE = 0.01  # relative to the given distance: accuracy of states, several poles
_SEARCHED_TO = 1e-7  # relative accuracy of the search for a crossing
_SLOPE_STEP = 1e-2  # of the time, for the slope of the distance there
_PART_OF_BRACKET = 0.6  # and of the times next to the crossing; neighbours on the grid are further
# Multiplications, about a second, of the count that no rate is slower than the slowest one that was
# found. Beyond that a second search has to find none: the rate only says how far to look, and the
# distance at the end shows whether that was far enough.
_COUNT_OF_PREPARATION = 3e8
_FINE = 13  # times between two neighbours of the grid, which differ by a few percent


@with_explained_calls
def preparation_time(network: Network, initial: Any = "00", *, distance: float = 1e-2) -> Estimate:
    r"""The time after which the emitters stay within a trace distance of their steady state.

    $$T = \max \{ t : D(\rho(t), \rho_\infty) \geq \epsilon \}$$

    the last time that the distance is crossed, because an initial state may pass near the steady
    state by accident. How late to look follows from the slowest relaxation rate, which is counted
    to be the slowest where that takes about a second, and else searched for twice.

    Args:
        network: What to evolve, the source in its stationary state.
        initial: The emitters' initial state.
        distance: Trace distance epsilon, in (0, 1).

    Returns:
        T, inverse rate unit, a float with `.error` and `.how`: what the errors of the states and
        the search change of it. Zero if the distance is never reached.

    Raises:
        ValueError: the distance is out of range.
        MethodError: the network is not one for the continued fraction, or the state does not decay.
        SolveError: the steady state is not unique.
    """
    epsilon = checks.within("distance", distance, 1e-6, 1.0)
    with working("preparation time") as report:
        return _preparation_time(network, initial, epsilon, report)


def _preparation_time(
    network: Network, initial: Any, epsilon: float, report: Callable[[str], None]
) -> Estimate:
    """The last crossing of the distance, looked for on a grid of times and then between two."""
    from scipy.interpolate import CubicSpline
    from scipy.optimize import brentq

    refusal = ContinuedFraction().chain_refusal(network)
    if refusal is not None:
        raise MethodError(f"Preparation times come from the hierarchy: {refusal}")
    rho = states.initial_state(initial, network.dims, name="initial")
    several = len(network.modes) > 1
    require_memory(
        "This preparation time",
        _bytes_behind_several_poles(network, rho, _PART_OF_DISTANCE * epsilon)
        if several
        else _bytes_behind_one_mode(network),
        "Use fewer emitters, or a source of fewer modes." if several else "Use fewer emitters.",
    )
    steady = steady_state(network, ContinuedFraction(rtol=_STEADY if several else 1e-10))
    slowest_rate = _slowest_of(network, rho)
    fastest = float(np.max(np.abs(network.decay)) + np.max(np.abs(network.exchange)))

    def distances(times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The distances and their errors."""
        report(f"{len(times)} times up to {times[-1]:.3g}")
        method = ContinuedFraction(rtol=_PART_OF_DISTANCE * epsilon if several else 1e-8)
        evolution = evolve(network, times, rho, method)
        values = [trace_distance(state, steady.state, tolerance=1e-6) for state in evolution.states]
        # Half the trace norm of d x d elements with this error.
        return np.array(values), 0.5 * len(rho) ** 1.5 * (evolution.error + float(steady.error))

    end = np.log(10 / epsilon) / slowest_rate
    for _ in range(_LONGER):
        times = np.geomspace(min(1e-2 / fastest, 1e-3 * end), end, _GRID)
        found = last_crossing(distances, epsilon, times)
        if found.above is None:
            reached = max(float(times[0]), found.doubtful)
            return Estimate(0.0, reached, f"the distance is smaller at each of {_GRID} times")
        if found.below is not None:
            bracket = found.above, found.below
            if several:
                # Evolutions are expensive: one more, and a curve through its distances.
                fine = np.linspace(*bracket, _FINE)
                curve = CubicSpline(fine, distances(fine)[0] - epsilon)
                root = float(np.max(curve.solve(extrapolate=False)))
            else:

                def beyond(t: float) -> float:
                    return float(distances(np.array([t]))[0][0]) - epsilon

                # Without an absolute accuracy of its own, the search ends at 2e-12 in any unit.
                close = _SEARCHED_TO * found.above
                root = float(brentq(beyond, *bracket, xtol=close, rtol=_SEARCHED_TO))
            return _with_error(root, distances, found)
        end *= 2
    raise MethodError(
        f"The distance {epsilon:g} is not reached by t = {end / 2:g}, although the slowest rate "
        f"found is {slowest_rate:.3g}: the state grows far before it decays, or another rate is "
        "lost in double precision beside the largest. Ask for a larger distance, or take rates "
        "that differ less."
    )


def _bytes_behind_one_mode(network: Network) -> float:
    """Bytes of the slowest rate and of an evolution to the times of the grid."""
    numbers = excitation_numbers(network)
    return max(memory.rates_bytes(network, numbers), memory.evolution_bytes(numbers, _GRID))


def _bytes_behind_several_poles(network: Network, rho: np.ndarray, rtol: float) -> float:
    """The same behind several modes, and of the steady state."""
    times = np.linspace(0.0, 1.0, _GRID)
    task = EvolutionTask(pieces=(Piece(network, np.inf),), times=times, initial=rho)
    plans = (
        ContinuedFraction(rtol=rtol).plan(task),
        ContinuedFraction(rtol=_STEADY).plan(SteadyStateTask(network=network)),
    )
    needed = [plan.cost.bytes for plan in plans if isinstance(plan, Plan)]
    return max(several_poles_rates.RATES_BYTES, *needed)


def _with_error(
    root: float,
    distances: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]],
    found: LastCrossing,
) -> Estimate:
    """The time of a crossing: the error of the distance over its slope, and that of the search.

    The slope is taken over no more than the distance oscillates in; and where the distance may
    come back later, that is part of the error.
    """
    assert found.above is not None
    assert found.below is not None
    step = min(_SLOPE_STEP * root, _PART_OF_BRACKET * (found.below - found.above))
    around = root + np.array([-step, step])
    values, errors = distances(around)
    error = float(np.max(errors))
    fall = abs(float(values[1] - values[0])) - 2 * error
    error_of_time = error * float(around[1] - around[0]) / fall if fall > 0 else np.inf
    how = "errors of the states over the slope of the distance, and the accuracy of the search"
    if found.doubtful > root:
        error_of_time = max(error_of_time, found.doubtful - root)
        how += "; within its error the distance is crossed once more, later"
    return Estimate(root, error_of_time + 2 * _SEARCHED_TO * root, how)


def _slowest_of(network: Network, rho: np.ndarray) -> float:
    """The slowest decay rate of the charges that a state has.

    Raises:
        MethodError: a coherence does not decay.
    """
    charge = element_charges(excitation_numbers(network)).reshape(rho.shape)
    rates = []
    for q in np.unique(np.abs(charge[np.abs(rho) > 0])).tolist():
        slowest_rates = slowest_decays(network, 1, q, 1e-8, _COUNT_OF_PREPARATION)
        rate, error = slowest_rates.values[0].real, slowest_rates.error[0]
        if not error <= float(np.max(np.abs(network.decay))):
            raise MethodError(
                f"The slowest decay rate of charge {q} is lost to rounding: it is {rate:.3g} with "
                f"an error of {error:.1g}, "
                "because rates coincide, as those of equal cavities without quanta do. Take a "
                "source of a few quanta (n_th=1e-6), or cavities that differ a little."
            )
        undamped = rate <= error
        if undamped or (q > 0 and slowest_rates.stationary):
            raise MethodError(
                "The state never relaxes to the steady state: the slowest eigenvalue of charge "
                f"{q} has the decay rate {slowest_rates.values[0].real:.3g} and the frequency "
                f"{slowest_rates.values[0].imag:.3g}. Give it a decay or dephasing."
            )
        rates.append(float(slowest_rates.values[0].real))
    return min(rates)


@with_explained_calls
def purity_time(
    network: Network, initial: Any = None, *, impurity: float = 1e-3, pairs: int | None = None
) -> Estimate:
    r"""The time after which emitters without a mode stay purer than a threshold.

    $$T = \max \Big\{ t : \frac{1 - \mathrm{Tr}\rho(t)^2}{N} \geq \epsilon \Big\}$$

    the last such time: a pure initial state is purer than the threshold, too.

    Args:
        network: Emitters alone, as of a broadband source.
        initial: Their initial state, without coherences between different charges; the ground
            state if not given.
        impurity: The threshold epsilon, in (0, 1).
        pairs: N, >= 1; half the number of emitters if not given.

    Returns:
        T, inverse rate unit, a float with `.error`, a bound, and `.how`; zero if the purity never
        falls below the threshold.

    Raises:
        ValueError: an argument is out of range, or the steady state is less pure than asked for.
        MethodError: the network has modes, or does not fit into memory.

    Source: DUALRAIL, Fig. 3(c).
    """
    epsilon = checks.within("impurity", impurity, 1e-9, 1.0)
    count = len(network.emitters)
    share = checks.integer("pairs", pairs, 1) if pairs is not None else max(1, count // 2)
    if network.modes:
        raise MethodError(
            "Purity times are those of emitters alone, but the network has the modes "
            f"{[mode.name for mode in network.modes]}. Follow te.evolve(...).purity() instead."
        )
    refusal = Fock().evolution_refusal(network, "stationary")
    if refusal is not None:
        raise MethodError(f"The purity cannot be followed: {refusal}")
    start = "0" * count if initial is None else initial
    rho = states.initial_state(start, network.dims, name="initial")
    return last_return(network, rho, share * epsilon)
