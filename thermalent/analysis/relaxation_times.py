"""How fast a network prepares its steady state: relaxation rates and preparation times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import eigs

from thermalent.continued_fraction.chain.assembly import assemble
from thermalent.continued_fraction.chain.chain import levels
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.dynamics.evolution import needed_depth
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.fock.method import Fock
from thermalent.fock.purity import Crossing, last_return
from thermalent.fock.rates import slowest_rates
from thermalent.networks.network import Network
from thermalent.operators import states
from thermalent.operators.distances import trace_distance
from thermalent.solution.method import MethodError
from thermalent.solving.solve import evolve, steady_state
from thermalent.support import checks


@dataclass(frozen=True, kw_only=True, eq=False)
class Rates:
    """The slowest decay rates of a network.

    Args:
        values: Eigenvalues of -L, the slowest first, complex, rate unit; the steady state's zero
            is left out.
        error: Change of each with a quarter more levels; without modes, from the residual.
    """

    values: np.ndarray
    error: np.ndarray


def relaxation_rates(network: Network, count: int = 3, *, rtol: float = 1e-8) -> Rates:
    r"""The slowest eigenvalues of the hierarchy, \(-L X = r X\), in the sector of the populations.

    A source alone has the rates lambda (k + l) with lambda its amplitude decay rate.

    Args:
        network: One mode and emitters, excitation number conserved up to decay; or emitters alone,
            whose rates are those of their Lindbladian in the same sector.
        count: How many rates.
        rtol: Accuracy that sets the number of levels.

    Returns:
        The rates with their errors.

    Raises:
        MethodError: the network is not one for the continued fraction.
    """
    checks.integer("count", count, 1)
    if not network.modes:
        values, error = slowest_rates(network, count)
        return Rates(values=values, error=error)
    refusal = ContinuedFraction().one_mode_refusal(network)
    if refusal is not None:
        raise MethodError(f"Relaxation rates come from the hierarchy: {refusal}")
    h = hierarchy(network)
    depth = needed_depth(h, rtol)
    chain = levels(h)
    found = []
    for last in (depth, depth + depth // 4 + 2):
        matrix = sparse.csc_array(assemble(chain, last))
        # Shift-invert just to the right of zero, where L has no eigenvalue.
        shift = 0.1 * chain.rate
        start = np.ones(matrix.shape[0])
        values = -eigs(matrix, k=count + 3, sigma=shift, v0=start, return_eigenvectors=False)
        values = values[np.argsort(values.real, kind="stable")]
        found.append(values[np.abs(values) > 1e-7 * chain.rate][:count])
    shared = min(len(found[0]), len(found[1]))
    return Rates(values=found[1][:shared], error=np.abs(found[1] - found[0])[:shared])


def preparation_time(network: Network, initial: Any = "00", *, distance: float = 1e-2) -> float:
    r"""The time after which the emitters stay within a trace distance of their steady state.

    $$T = \max \{ t : D(\rho(t), \rho_\infty) \geq \epsilon \}$$

    the last time that the distance is crossed, because an initial state may pass near the steady
    state by accident.

    Args:
        network: What to evolve, the source in its stationary state.
        initial: The emitters' initial state.
        distance: Trace distance epsilon, in (0, 1).

    Returns:
        T, inverse rate unit, to a relative accuracy of 1e-6; zero if the distance is never reached.

    Raises:
        ValueError: the distance is out of range.
        MethodError: the network is not one for the continued fraction.
        SolveError: the steady state is not unique.
    """
    from scipy.optimize import brentq

    epsilon = checks.within("distance", distance, 1e-6, 1.0)
    refusal = ContinuedFraction().one_mode_refusal(network)
    if refusal is not None:
        raise MethodError(f"Preparation times come from the hierarchy: {refusal}")
    steady = steady_state(network, ContinuedFraction(rtol=1e-10)).state
    slowest = float(relaxation_rates(network, 1).values[0].real)
    fastest = float(np.max(np.abs(network.decay)) + np.max(np.abs(network.exchange)))
    end = np.log(10 / epsilon) / slowest
    times = np.geomspace(min(1e-2 / fastest, 1e-3 * end), end, 400)

    def distances(at: np.ndarray) -> np.ndarray:
        found = evolve(network, at, initial, ContinuedFraction(rtol=1e-8)).states
        return np.array([trace_distance(rho, steady, tolerance=1e-6) for rho in found])

    above = np.flatnonzero(distances(times) >= epsilon)
    if above.size == 0:
        return 0.0
    if above[-1] == len(times) - 1:
        raise RuntimeError(f"The distance {epsilon:g} is not reached by t = {end:g}.")
    bracket = times[above[-1]], times[above[-1] + 1]
    return float(brentq(lambda t: distances(np.array([t]))[0] - epsilon, *bracket, rtol=1e-6))


def purity_time(
    network: Network, initial: Any = None, *, impurity: float = 1e-3, pairs: int | None = None
) -> Crossing:
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
        T, inverse rate unit, a float whose `error` bounds it; zero if the purity never falls below
        the threshold.

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
