"""The largest concurrence or transfer over time, to rounding, without a grid of the user's."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse

from thermalent.excitations.losses import amplitude_matrix, require_single, single_refusal
from thermalent.excitations.propagate import norm, taylor_step
from thermalent.excitations.start import (
    State,
    configurations,
    excitations,
    initial_node_amplitudes,
)
from thermalent.excitations.transfer import no_jump
from thermalent.networks.network import Network
from thermalent.numerics.matrix_exponential import matrix_exponential
from thermalent.operators.estimates import Estimate
from thermalent.solution.method import MethodError
from thermalent.support import checks, memory_limit
from thermalent.support.calls import with_explained_calls

# Points of the grid per inverse norm of the generator: an amplitude turns by at most this angle
# from one to the next, so a bilinear form of two has no maximum that the grid does not show.
ANGLE = 0.25
# Terms of the Taylor series about a grid point. The value squared has four factors and turns by at
# most 4 x 0.25 over a step: 1/19! is 1e-17.
TAYLOR_TERMS = 18
FACTORIALS = np.cumprod([1.0, *range(1, TAYLOR_TERMS + 1)])
PRECISION = 1e-12  # of the time, in grid steps; the value is flat there
# Between points a step apart the value squared, which turns by 1 in a step, falls short of its
# maximum by a factor of at least cos(1/2), 0.88; the value itself by 0.94. With some margin:
WORTH = 0.85
SAME = 1e-14  # rounding of the value
_DENSE_UP_TO = 64
# Bytes per point beside the amplitudes: both overlaps, the value and its rises, the candidates.
_PER_POINT = 80.0
_EPS = float(np.finfo(float).eps)
# Rounding of an amplitude per turn, in eps; against exponentials in 300 bits at most 0.1 is needed.
_PER_TURN = 2.0
_HOW_VALUE = "rounding of the amplitudes, which grows with the turns that they take"
_HOW_TIME = "rounding of the slope over the curvature at the maximum"


class Peak(NamedTuple):
    """The largest value over time.

    Args:
        value: The concurrence, or the fidelity F (squared convention), with its error.
        time: When, inverse rate unit, with its error. The value is flat there, so that the time is
            known to fewer digits; at an end of the interval it is exact.
        interior: Whether it is a maximum in time; if not, it lies at an end of the interval and
            depends on the interval chosen. A maximum that exceeds the value at the
            start by no more than its rounding counts as the start.
    """

    value: Estimate
    time: Estimate
    interior: bool


@with_explained_calls
def peak_concurrence(
    network: Network, initial: State, *, until: float, pair: tuple[str, str] | None = None
) -> Peak:
    r"""The largest concurrence of two emitters in 0 <= t <= until, from one excitation.

    $$C(t) = 2\,|\psi_a(t)\, \psi_b(t)|$$

    Args:
        network: That carries a single excitation (see `SingleExcitation`).
        initial: State of one excitation on the emitters, as for `amplitudes`.
        until: End of the search, inverse rate unit, > 0.
        pair: Names of two qubits; the only two if not given.

    Returns:
        Value and time, both with their error (about 1e-14 and 1e-12).

    Raises:
        ValueError: a state or a name is wrong, or the emitters are not qubits.
        MethodError: the network is none that carries a single excitation.

    Source: GENERATION, Sec. III.
    """
    require_single(network)
    vectors = pair_vectors(network, pair)
    psi = initial_node_amplitudes("initial", initial, network)
    return _largest(-1j * amplitude_matrix(network), psi, vectors, until, factor=2.0)


@with_explained_calls
def peak_transfer(network: Network, initial: State, target: State, *, until: float) -> Peak:
    r"""The largest fidelity F (squared) of a transfer in 0 <= t <= until.

    $$F(t) = |\langle\phi|\psi(t)\rangle|^2$$

    Args:
        network: As for `transfer`.
        initial: As for `transfer`.
        target: As for `transfer`.
        until: End of the search, inverse rate unit, > 0.

    Returns:
        Value and time, both with their error (about 1e-14 and 1e-12).

    Raises:
        ValueError: as of `transfer`.
        MethodError: as of `transfer`.

    Source: TRANSPORT, Secs. III and IV.
    """
    # A matrix over the nodes is at hand for one excitation; more need the configurations.
    single = single_refusal(network) is None and all(
        excitations(name, configurations(name, state, network), network) == 1
        for name, state in (("initial", initial), ("target", target))
    )
    if single:
        psi = initial_node_amplitudes("initial", initial, network)
        phi = initial_node_amplitudes("target", target, network)
        return _largest(-1j * amplitude_matrix(network), psi, np.stack([phi, phi]), until)
    problem = no_jump(network, initial, target)
    targets = np.stack([problem.target, problem.target])
    return _largest(problem.generator, problem.start, targets, until)


def pair_vectors(network: Network, pair: tuple[str, str] | None) -> np.ndarray:
    """The amplitudes of two qubits, the only two if not named, as rows over the nodes, (2, n).

    Raises:
        ValueError: they are not two qubits of the network.
    """
    names = network.emitter_names if pair is None else pair
    if len(names) != 2 or names[0] == names[1]:
        checks.fail("pair", f"two of the emitters {list(network.emitter_names)}", list(names))
    places = [network.position(name) for name in names]
    if any(network.dims[place] != 2 for place in places):
        checks.fail("pair", "two qubits", list(names))
    return np.eye(len(network.nodes))[[len(network.modes) + place for place in places]]


class _Top(NamedTuple):
    """A candidate: value and time, whether it is a maximum in time, and the bend of the square."""

    value: float
    time: float
    interior: bool
    bend: float = 0.0


def _largest(
    generator: np.ndarray | sparse.csr_array,
    start: np.ndarray,
    vectors: np.ndarray,
    until: float,
    factor: float = 1.0,
) -> Peak:
    """Maximum of |<u|psi>||<v|psi>| times a factor, psi' = A psi, vectors u and v, (2, n)."""
    end = checks.positive_rate("until", until)
    if isinstance(generator, np.ndarray):
        size = float(np.linalg.norm(generator, 2))
    else:
        size = norm(generator)
    points = grid_points(end, size)
    require_grid(points, len(start), end)
    step = end / (points - 1)
    states = _grid(generator, start, step, points)  # (points, n)
    u, v = vectors.conj()
    values = np.abs(states @ u) * np.abs(states @ v)
    rises = np.diff(values)
    tops = 1 + np.flatnonzero((rises[:-1] >= 0) & (rises[1:] <= 0))
    best = tops[values[tops] >= WORTH * values.max()].tolist()
    candidates = [_refined(generator, states[i], vectors, i * step, (-step, step)) for i in best]
    # An end of the interval can be the largest point, or hide a maximum before the next one.
    candidates += [
        _refined(generator, states[0], vectors, 0.0, (0.0, step)),
        _refined(generator, states[-1], vectors, end, (-step, 0.0)),
    ]
    beginning = float(values[0])
    top = max(candidates, key=lambda peak: peak.value)
    if top.value - beginning <= SAME:
        top = _Top(beginning, 0.0, False)
    if isinstance(generator, np.ndarray) and top.interior:
        # Repeated doubling has amplified its rounding: refine once more from an accurate state.
        state = matrix_exponential(generator * top.time) @ start
        top = _refined(generator, state, vectors, top.time, (-step, step))
    return _with_errors(top, size, step, factor * float(np.linalg.norm(start)) ** 2, factor)


def grid_points(end: float, size: float) -> int:
    """Points of the grid up to a time, for a generator of some norm."""
    return 1 + max(2, int(np.ceil(end * size / ANGLE)))


def require_grid(points: int, amplitudes: int, end: float) -> None:
    """Check that a grid of some amplitudes per point fits into memory.

    Raises:
        MethodError: it does not; the message says for which end it would.
    """
    needed = points * (16.0 * amplitudes + _PER_POINT)
    reason = memory_limit.lacking(needed)
    if reason is not None:
        fitting = end * (memory_limit.available() / needed)
        raise MethodError(
            f"The search for the maximum up to t = {end:g} has too many points: {reason}. Ask for "
            f"until <= {fitting:.2g}, which would fit."
        )


def _with_errors(top: _Top, size: float, step: float, scale: float, factor: float) -> Peak:
    r"""The peak with errors: of its amplitudes, and of the time where the slope vanishes.

    An exponential to a time t loses about eps per turn, \(\|A\|t\). With both amplitudes off by
    delta the square is off by 2 delta at most, and its slope by four factors of norm A as much; the
    time, by that over the bend.
    """
    amplitude = _PER_TURN * _EPS * (1 + size * top.time)
    value = Estimate(factor * top.value, min(2 * amplitude, 1.0) * scale, _HOW_VALUE)
    if not top.interior:
        return Peak(value, Estimate(top.time, 0.0, "an end of the interval"), False)
    slope = 8 * amplitude * size * (scale / factor) ** 2
    error = slope / abs(top.bend) + PRECISION * 2 * step + _EPS * top.time
    return Peak(value, Estimate(top.time, error, _HOW_TIME), True)


def _grid(
    generator: np.ndarray | sparse.csr_array, start: np.ndarray, step: float, points: int
) -> np.ndarray:
    """exp(A h k) v for k = 0, 1, ..., points - 1: by doubling, or in Taylor steps."""
    grid = np.empty((points, len(start)), dtype=complex)
    grid[0] = start
    if len(start) > _DENSE_UP_TO:
        for k in range(1, points):
            grid[k] = taylor_step(generator, grid[k - 1], step)
        return grid
    dense = generator if isinstance(generator, np.ndarray) else generator.toarray()
    power, known = matrix_exponential(dense * step).T, 1
    while known < points:
        more = min(known, points - known)
        np.matmul(grid[:more], power, out=grid[known : known + more])
        power, known = power @ power, known + more
    return grid


def _refined(
    generator: np.ndarray | sparse.csr_array,
    state: np.ndarray,
    vectors: np.ndarray,
    time: float,
    interval: tuple[float, float],
) -> _Top:
    """The maximum in an interval about a grid point, from the Taylor series of both amplitudes."""
    low, high = interval
    step = high - low
    terms, term = [state], state
    for _ in range(TAYLOR_TERMS):
        term = step * (generator @ term)  # powers of a rate alone overflow in a unit far from it
        terms.append(term)
    series = np.array(terms) @ vectors.conj().T / FACTORIALS[:, None]  # of both amplitudes
    first, second = (np.convolve(part, part.conj()).real for part in series.T)  # |.|^2
    square = np.convolve(first, second)[: TAYLOR_TERMS + 1]  # of the value, lowest power first
    slope = np.arange(1, TAYLOR_TERMS + 1) * square[1:]
    bend = np.arange(1, TAYLOR_TERMS) * slope[1:]
    rises, bends = slope.tolist(), bend.tolist()
    low, high = low / step, high / step
    bracketed = _horner(rises, low) > 0 and _horner(rises, high) < 0
    if not bracketed:
        low = high = max((low, 0.0, high), key=lambda shift: _horner(square.tolist(), shift))
    shift = (low + high) / 2
    while high - low > PRECISION:
        rise, curvature = _horner(rises, shift), _horner(bends, shift)
        low, high = (shift, high) if rise > 0 else (low, shift)
        newton = shift - rise / curvature if curvature < 0 else np.nan
        following = newton if low < newton < high else (low + high) / 2
        moved, shift = abs(following - shift), following
        if moved <= PRECISION:
            break
    value = float(np.sqrt(max(_horner(square.tolist(), shift), 0.0)))
    return _Top(value, time + shift * step, bracketed, _horner(bends, shift) / step**2)


def _horner(coefficients: list[float], x: float) -> float:
    """A polynomial, lowest power first; plain numbers are ten times as fast as np.polyval."""
    value = 0.0
    for coefficient in reversed(coefficients):
        value = value * x + coefficient
    return value
