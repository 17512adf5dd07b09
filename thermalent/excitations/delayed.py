"""One excitation on a waveguide with finite propagation times: amplitudes, and the best moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from thermalent.excitations.delayed_equation import DelayEquation, delay_equation
from thermalent.excitations.delayed_steps import DelayedSteps, steps_until
from thermalent.excitations.peak import SAME, WORTH, Peak, pair_vectors
from thermalent.excitations.start import State, initial_node_amplitudes
from thermalent.networks.network import Network
from thermalent.operators.estimates import Estimate, Estimates
from thermalent.support import checks
from thermalent.support.calls import with_explained_calls

CLOCKS = ("laboratory", "arrival")
_HOW = "roundings of all steps; the series of a step leaves out less than one"
_HOW_VALUE = "errors of the amplitudes"
_NEGLIGIBLE = 1e-20  # powers of a step that are no more than a part of a rounding
_HOW_TIME = "error of the slope over the curvature at the maximum"


@with_explained_calls
def delayed_amplitudes(
    network: Network,
    times: ArrayLike,
    initial: State,
    *,
    delay: float | Sequence[float],
    places: Sequence[str] | None = None,
    clock: str = "laboratory",
) -> Estimates:
    r"""Amplitudes of a single excitation where light takes its time between the nodes.

    $$i\, \dot\psi_j(t) = \sum_l M_{jl}\, \psi_l(t - \tau_{jl})$$

    with the M of the network, whose phases k D are those at the reference frequency, and
    \(\tau_{jl}\) the time that light takes from l to j. Both directions are delayed, so that what
    returns after a round trip is exactly taken into account. Without delay it is `te.evolve`'s
    equation for one excitation.

    Args:
        network: Of n nodes that carries a single excitation, such as `te.ring_resonators` or a
            network with the couplings of a `te.ChiralWaveguide` or `te.Cascade`.
        times: Increasing, >= 0, inverse rate unit, (t,).
        initial: A state of the emitters with one excitation, as for `te.transfer`; the modes and
            the waveguide are empty.
        delay: Time that light takes between neighbouring places, inverse rate unit, >= 0; one
            number or one per stretch, in ratios of small whole numbers.
        places: Names of the nodes on the waveguide in their order along it. If not given, the
            modes, or the emitters if there are none. Other nodes stand where the node stands to
            which they are coupled.
        clock: "laboratory", or "arrival": every node at the time at which light that passed the
            first place at time t reaches it.

    Returns:
        Complex, (t, n), modes first, then emitters, as in the network, with their errors.

    Raises:
        ValueError: an argument is wrong, or the ratios of the delays are not those of whole
            numbers.
        MethodError: the network does not carry a single excitation, is no waveguide along these
            places, or the times are too late for so short a delay.

    Source: GENERATION, Secs. I and III, and TRANSPORT, Secs. I and II, which argue by delays.
    """
    grid = checks.time_grid("times", times)
    equation, psi = _problem(network, initial, delay, places)
    late = _late(equation, clock)
    steps = steps_until(equation, psi, float(grid[-1] + late.max()))
    found = [steps.at(grid + shift)[:, j] for j, shift in enumerate(late)]
    error = np.stack([steps.error(grid + shift) for shift in late], axis=1)
    return Estimates(np.stack(found, axis=1), error, _HOW)


@with_explained_calls
def delayed_peak(
    network: Network,
    initial: State,
    *,
    delay: float | Sequence[float],
    until: float,
    target: State | None = None,
    pair: tuple[str, str] | None = None,
    places: Sequence[str] | None = None,
    clock: str = "laboratory",
) -> Peak:
    r"""The largest concurrence, or fidelity, over time where light takes its time.

    $$C(t) = 2\,|\psi_a(t)\, \psi_b(t)| \quad\text{or}\quad F(t) = |\langle\phi|\psi(t)\rangle|^2$$

    Args:
        network: As for `te.delayed_amplitudes`.
        initial: As for `te.delayed_amplitudes`.
        delay: As for `te.delayed_amplitudes`.
        until: End of the search, inverse rate unit, > 0.
        target: State of one excitation of the emitters whose fidelity (squared convention) is
            wanted; the concurrence if not given.
        pair: Names of the two qubits whose concurrence is wanted; the only two if not given.
        places: As for `te.delayed_amplitudes`.
        clock: As for `te.delayed_amplitudes`. On that of the arrival a pair is judged at the two
            moments at which the same light passes its qubits.

    Returns:
        Value and time, both with their error.

    Raises:
        ValueError: an argument is wrong, or both `target` and `pair` are given.
        MethodError: as of `te.delayed_amplitudes`.

    Source: GENERATION, Sec. III; TRANSPORT, Sec. III.
    """
    end = checks.positive("until", until)
    if target is not None and pair is not None:
        checks.fail("pair", "left out where a `target` is given", pair)
    if target is None:
        vectors, factor = pair_vectors(network, pair), 2.0
    else:
        phi = initial_node_amplitudes("target", target, network)
        vectors, factor = np.stack([phi, phi]), 1.0
    equation, psi = _problem(network, initial, delay, places)
    late = _late(equation, clock)
    steps = steps_until(equation, psi, end + float(late.max()))
    own = _on_its_clock(steps, late, end) @ vectors.conj().T  # (steps, degree + 1, 2)
    error = float(steps.error(np.array([end + late.max()]))[0])
    return _largest(own, steps.length, end, error * equation.rate, error, factor)


def _problem(
    network: Network, initial: State, delay: Any, places: Any
) -> tuple[DelayEquation, np.ndarray]:
    psi = initial_node_amplitudes("initial", initial, network)
    return delay_equation(network, delay, places), psi


def _late(equation: DelayEquation, clock: Any) -> np.ndarray:
    """How much later than the first place's each node's clock is read, inverse rate unit, (n,)."""
    if clock not in CLOCKS:
        checks.fail("clock", " or ".join(map(repr, CLOCKS)), clock)
    return equation.arrival * (equation.unit if clock == "arrival" else 0.0)


def _on_its_clock(steps: DelayedSteps, late: np.ndarray, end: float) -> np.ndarray:
    """Coefficients in which every node is as much later as its clock is; steps divide delays."""
    count = max(1, int(np.ceil(end / steps.length)))
    shifts = np.rint(late / steps.length).astype(int)
    columns = [steps.coefficients[k : k + count, :, j] for j, k in enumerate(shifts.tolist())]
    shortest = min(len(column) for column in columns)  # a rounding may cost the last step
    return np.stack([column[:shortest] for column in columns], axis=2)


def _largest(
    series: np.ndarray, length: float, end: float, slope: float, error: float, factor: float
) -> Peak:
    """Maximum of the product of two sizes, by the polynomial of each step that may hold it."""
    squares = _squares(series)  # (steps, powers), of the product squared
    edges = np.append(squares[:, 0], squares[-1].sum())
    inner = edges[:-1]
    before, after = np.append(-1.0, inner[:-1]), edges[1:]
    highest = (inner >= before) & (inner >= after) & (inner >= WORTH**2 * edges.max())
    # Also a maximum where the slope jumps, because light arrives, lies at such an edge. The end of
    # the interval may lie within the last step.
    worth = highest | np.append(highest[1:], True)
    beginning = float(np.sqrt(max(edges[0], 0.0)))
    value, time, bend = beginning, 0.0, 0.0
    for step in np.flatnonzero(worth).tolist():
        found, since, bent = _top(squares[step], min(1.0, end / length - step))
        if found - beginning > SAME and found > value:
            value, time, bend = found, min((step + since) * length, end), bent / length**2
    inside = 0 < time < end * (1 - SAME)
    uncertain = 4 * float(np.finfo(float).eps) * time if inside else 0.0
    if bend < 0:  # the square has four factors, each with the error of an amplitude or its slope
        uncertain += 16 * slope / -bend
    return Peak(
        Estimate(factor * value, factor * (2 * error + error**2), _HOW_VALUE),
        Estimate(time, uncertain, _HOW_TIME),
        inside,
    )


def _squares(series: np.ndarray) -> np.ndarray:
    """Coefficients of |a b|^2 from those of a and b, (steps, terms, 2)."""
    first, second = (_product(part, part.conj()).real for part in np.moveaxis(series, 2, 0))
    return _product(first, second)


def _product(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Products of polynomials row by row, (rows, terms)."""
    total = np.zeros((len(one), one.shape[1] + other.shape[1] - 1), np.result_type(one, other))
    for q in range(one.shape[1]):
        total[:, q : q + other.shape[1]] += one[:, q : q + 1] * other
    return total


def _top(square: np.ndarray, until: float) -> tuple[float, float, float]:
    """The largest root of a polynomial's value in [0, until], where, and its bend if within."""
    counts = np.flatnonzero(np.abs(square) > _NEGLIGIBLE * np.max(np.abs(square)))
    polynomial = np.polynomial.Polynomial(square[: counts[-1] + 1] if len(counts) else [0.0])
    slope = polynomial.deriv()
    roots = slope.roots() if polynomial.degree() > 1 else np.array([])
    inside = np.real(roots[np.abs(np.imag(roots)) < 1e-6]).tolist()
    inside = [_polished(slope, x) for x in inside if -1e-6 <= x <= until + 1e-6]
    inside = [x for x in inside if 0 <= x <= until]
    found = max([0.0, until, *inside], key=polynomial)
    bend = float(slope.deriv()(found)) if found in inside else 0.0
    return float(np.sqrt(max(polynomial(found), 0.0))), float(found), bend


def _polished(slope: np.polynomial.Polynomial, x: float) -> float:
    """A zero of the slope to rounding: roots of a long polynomial are good to half the digits."""
    bend = slope.deriv()
    for _ in range(4):
        curvature = bend(x)
        if curvature == 0:
            break
        x -= slope(x) / curvature
    return float(x)
