"""The largest concurrence or transfer over time for a whole grid of networks at once.

One network takes half a millisecond, nearly all of it the overhead of calls on matrices of four
rows; stacked, thousands of them share the calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from thermalent.excitations.losses import amplitude_matrix, require_single
from thermalent.excitations.peak import pair_vectors
from thermalent.excitations.stack import largest_of_stack
from thermalent.excitations.start import State, initial_node_amplitudes
from thermalent.networks.network import Network
from thermalent.support import checks
from thermalent.support.progress import working

Builder = Callable[..., Network]
# Grid points at which a matrix that is assumed linear in the parameters is checked by a network.
_COMPARED = 4
_LINEAR = 1e-13  # of the largest element: a few roundings


class PeakMap(NamedTuple):
    """The largest values over time on a grid of parameters, in the order of its axes.

    Args:
        values: The concurrence, or the fidelity F (squared convention).
        times: When, inverse rate unit.
        interior: Whether it is a maximum in time; if not, it lies at an end of the interval.
    """

    values: np.ndarray
    times: np.ndarray
    interior: np.ndarray


def peak_concurrence_map(
    builder: Builder,
    over: Mapping[str, ArrayLike],
    initial: State,
    *,
    until: float,
    pair: tuple[str, str] | None = None,
) -> PeakMap:
    r"""`peak_concurrence` at every point of a grid of parameters.

    $$\max_{0 \le t \le T} 2\,|\psi_a(t)\, \psi_b(t)|$$

    Where the matrix of the amplitudes is linear in the parameters (couplings, detunings, decay
    rates of the qubits), which five points of the grid must confirm, it comes from a network per
    axis; where it is not (distances), from a network per point.

    Args:
        builder: Called with the parameters as keywords; returns a network. All have the same nodes.
        over: Values of each parameter, by name, (n,) each.
        initial: As for `peak_concurrence`.
        until: As for `peak_concurrence`, one value for all points.
        pair: As for `peak_concurrence`.

    Returns:
        The map, one axis per parameter. Its values are good to about 1e-12, less than
        `peak_concurrence` gives, because the evolution comes from repeated squaring.

    Raises:
        ValueError: as of `peak_concurrence`, or an axis has no values.
        MethodError: as of `peak_concurrence`.

    Source: GENERATION, Fig. 2(b).
    """
    grid = _Grid(builder, over)
    vectors = pair_vectors(grid.first, pair)
    start = initial_node_amplitudes("initial", initial, grid.first)
    products = grid.solve(start, vectors, until)
    return products._replace(values=2 * products.values)


def peak_transfer_map(
    builder: Builder,
    over: Mapping[str, ArrayLike],
    initial: State,
    target: State,
    *,
    until: float,
) -> PeakMap:
    r"""`peak_transfer` of one excitation at every point of a grid of parameters.

    $$\max_{0 \le t \le T} |\langle\phi|\psi(t)\rangle|^2$$

    Args:
        builder: As for `peak_concurrence_map`.
        over: As for `peak_concurrence_map`.
        initial: State of one excitation on the emitters, as for `amplitudes`.
        target: State of one excitation on the emitters, likewise.
        until: As for `peak_concurrence_map`.

    Returns:
        The map of F (squared), as of `peak_concurrence_map`.

    Raises:
        ValueError: a state is not normalised or not of one excitation, or an axis has no values.
        MethodError: the network is none that carries a single excitation.

    Source: GENERATION, Fig. 2(c); TRANSPORT, Fig. 2(a).
    """
    grid = _Grid(builder, over)
    start = initial_node_amplitudes("initial", initial, grid.first)
    phi = initial_node_amplitudes("target", target, grid.first)
    return grid.solve(start, np.stack([phi, phi]), until)


class _Grid:
    """The matrices of all networks of a grid."""

    def __init__(self, builder: Builder, over: Mapping[str, ArrayLike]) -> None:
        self.builder, self.names = builder, tuple(over)
        if not self.names:
            checks.fail("over", "values of one parameter or more", over)
        self.axes = [np.asarray(values, dtype=float) for values in over.values()]
        for name, axis in zip(self.names, self.axes, strict=True):
            if axis.ndim != 1 or len(axis) == 0 or not np.all(np.isfinite(axis)):
                checks.fail("over", f"one or more finite numbers for {name!r}", axis)
        self.shape = tuple(len(axis) for axis in self.axes)
        self.first = self._network((0,) * len(self.axes))

    def solve(self, start: np.ndarray, vectors: np.ndarray, until: float) -> PeakMap:
        """The maxima of |<u|psi>||<v|psi>| over time."""
        end = checks.positive_rate("until", until)
        matrices = self._linear()
        if matrices is None:
            matrices = np.array([self._matrix(point) for point in product(*map(range, self.shape))])
        with working("Searching maxima over time") as report:
            maxima = largest_of_stack(-1j * matrices, start, vectors, end, report)
        return PeakMap(*(part.reshape(self.shape) for part in maxima))

    def _linear(self) -> np.ndarray | None:
        """All matrices from one per axis, (points, n, n), or None where they are not linear."""
        base = self._matrix((0,) * len(self.axes))
        matrices = base
        for place, axis in enumerate(self.axes):
            last = tuple(len(axis) - 1 if p == place else 0 for p in range(len(self.axes)))
            span = axis[-1] - axis[0]
            slope = (self._matrix(last) - base) / span if span else np.zeros_like(base)
            along = (axis - axis[0])[:, None, None] * slope
            matrices = matrices[..., None, :, :] + along
        matrices = matrices.reshape(-1, *base.shape)
        rng = np.random.default_rng(0)
        compared = [len(matrices) - 1, *rng.integers(len(matrices), size=_COMPARED).tolist()]
        for point in compared:
            indices = tuple(int(i) for i in np.unravel_index(point, self.shape))
            exact = self._matrix(indices)
            if np.max(np.abs(matrices[point] - exact)) > _LINEAR * max(1.0, np.max(np.abs(exact))):
                return None
        return matrices

    def _matrix(self, point: tuple[int, ...]) -> np.ndarray:
        return amplitude_matrix(self._network(point))

    def _network(self, point: tuple[int, ...]) -> Network:
        values = {
            name: float(axis[i]) for name, axis, i in zip(self.names, self.axes, point, strict=True)
        }
        network = self.builder(**values)
        require_single(network)
        return network
