"""The observable of the sensitivities: a name of the table, an operator or a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from thermalent.networks.network import Network
from thermalent.operators import entanglement
from thermalent.operators.bounds.gradients import Valued
from thermalent.operators.reading.observables import TABLE
from thermalent.support import checks

ObservableLike = str | np.ndarray | Callable[[np.ndarray], tuple[float, np.ndarray]]

DIFFERENTIABLE = tuple(name for name, row in TABLE.items() if row.gradient is not None)


def evaluated(
    observable: ObservableLike, rho: np.ndarray, network: Network, pair: tuple[str, str] | None
) -> Valued:
    """The observable at a state of the network, with its gradient.

    Args:
        observable: A name of the table of observables, a Hermitian operator (d, d) for its
            expectation, or a function of rho that returns the number and its gradient.
        rho: The state, (d, d).
        network: Whose state it is.
        pair: Names of the two emitters of a measure of pairs; None for the only two.
    """
    if isinstance(observable, str):
        return _named(observable, rho, network, pair)
    if callable(observable):
        checks.of_one("observable", observable, "the state (d, d)")
        found: Any = observable(rho)  # of the user, whose annotations are not checked
        if not isinstance(found, tuple) or len(found) != 2:
            allowed = "a function that returns a pair, the number and its gradient"
            checks.fail("observable", allowed, checks.Words(f"one that returns {found!r:.60}"))
        value, gradient = found
        matrix = checks.hermitian(
            "observable's gradient", checks.square_matrix("gradient", gradient, len(rho))
        )
        return Valued(checks.real("observable's value", value), matrix)
    operator = checks.hermitian(
        "observable", checks.square_matrix("observable", observable, len(rho))
    )
    return Valued(float(np.trace(operator @ rho).real), operator)


def _named(name: str, rho: np.ndarray, network: Network, pair: tuple[str, str] | None) -> Valued:
    row = TABLE.get(name)
    if row is None or row.gradient is None:
        checks.fail("observable", f"one of {list(DIFFERENTIABLE)}, a matrix or a function", name)
    if not row.pair:
        return row.gradient(rho, network.dims)
    names = pair if pair is not None else network.emitter_names
    positions = [network.position(emitter) for emitter in names]
    if len(positions) != 2 or positions[0] == positions[1]:
        checks.fail("pair", f"two different emitters of {list(network.emitter_names)}", pair)
    dims = [network.dims[p] for p in positions]
    if row.qubits and dims != [2, 2]:
        checks.fail("pair", "two qubits", names)
    of_pair = row.gradient(entanglement.partial_trace(rho, network.dims, positions), dims)
    return of_pair._replace(gradient=_extended(of_pair.gradient, network.dims, positions))


def _extended(operator: np.ndarray, dims: tuple[int, ...], positions: list[int]) -> np.ndarray:
    """The operator of some subsystems on all of them, the adjoint of the partial trace."""
    others = [i for i in range(len(dims)) if i not in positions]
    size = int(np.prod([dims[i] for i in others]))
    extended = np.kron(operator, np.eye(size))
    order = [*positions, *others]
    shape = [dims[i] for i in order]
    inverse_order = np.argsort(order)
    axes = [*inverse_order, *(len(dims) + inverse_order)]
    return extended.reshape(shape * 2).transpose(axes).reshape(extended.shape)
