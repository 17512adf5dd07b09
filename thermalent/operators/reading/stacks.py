"""States of networks with the same emitters, one after the other: what all numbers of them need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from thermalent.operators import measures_together
from thermalent.operators.estimates import UNKNOWN
from thermalent.operators.reading.readable import Claiming, Masks, Named, OneState, Stack


class GivenStates:
    """Results that are read together: a `Stack` made of single states.

    Args:
        results: States of networks with the same emitters, by methods of one claim.
    """

    def __init__(self, results: Sequence[OneState]) -> None:
        self.results = results
        self.network: Named = results[0].network
        self.method: Claiming = results[0].method

    @cached_property
    def state(self) -> np.ndarray:
        """Density matrices, (t, d, d)."""
        return np.array([result.state for result in self.results])

    @cached_property
    def error(self) -> np.ndarray:
        """Errors of the largest elements, (t,)."""
        return np.array([float(result.error) for result in self.results])

    @cached_property
    def elements(self) -> np.ndarray | None:
        """Errors of all elements, (t, d, d); None unless they are known of every state."""
        tables = [getattr(result.error, "elements", None) for result in self.results]
        return None if any(table is None for table in tables) else np.array(tables)

    @cached_property
    def tolerance(self) -> np.ndarray:
        """Deviation from a density matrix that is allowed, (t,)."""
        return np.array([result._tolerance for result in self.results])

    def masks(self, names: tuple[str, ...]) -> list[tuple[Masks, np.ndarray]]:
        """Elements that a conserved number forbids, and the states that this holds of."""
        members: dict[int, list[int]] = {}  # by network
        for i, result in enumerate(self.results):
            members.setdefault(id(result.network), []).append(i)
        return [
            (self.results[some[0]]._forbidden(names), np.array(some)) for some in members.values()
        ]

    def part(self, kept: np.ndarray) -> GivenStates:
        """Those where a mask is true."""
        return GivenStates([result for result, ok in zip(self.results, kept, strict=True) if ok])


def reduced_states(stack: Stack, names: tuple[str, ...]) -> np.ndarray:
    """Density matrices of the named emitters, in the order given (of all if none is named)."""
    if not names or names == stack.network.emitter_names:
        return stack.state
    keep = [stack.network.position(name) for name in names]
    dims = stack.network.dims
    return measures_together.partial_traces(stack.state, dims, keep)


def reduced_error(eps: np.ndarray, whole: int, part: int) -> np.ndarray:
    """Error of the elements of a reduced state, each a sum of d/k elements of the whole."""
    return eps * (whole / part)


def reduced_errors(stack: Stack, names: Sequence[str], size: int) -> np.ndarray:
    """Errors of some emitters' states, of every element where all are known: (t, k, k), or (t,).

    Args:
        stack: The states.
        names: Of the emitters; all if none is named.
        size: Dimension of their states.
    """
    eps = reduced_error(stack.error, stack.state.shape[1], size)
    tables, network = stack.elements, stack.network
    if tables is None:
        return eps
    if names and tuple(names) != network.emitter_names:
        keep = [network.position(name) for name in names]
        # A reduced element is a sum of elements, and so is the bound of its error.
        tables = measures_together.partial_traces(tables, network.dims, keep).real
    return np.minimum(tables, eps[:, None, None])


def bounded_errors(
    bound: Callable[..., np.ndarray],
    stack: Stack,
    names: tuple[str, ...],
    rho: np.ndarray,
    eps: np.ndarray,
    values: np.ndarray,
) -> np.ndarray:
    """Errors of values (t,) of some emitters' states (t, d, d) with errors eps (t,) or (t, d, d).

    Unknown where those of the states are. What a conserved number forbids is told to the bound,
    unless an initial state brought coherences that the network does not make.
    """
    errors = np.full(len(eps), UNKNOWN)
    known = np.isfinite(eps).reshape(len(eps), -1).all(axis=1)
    kinds: dict[bytes, tuple[np.ndarray | None, list[np.ndarray]]] = {}
    for masks, some in stack.masks(names):
        members = some[known[some]]
        forbidden, zero = masks or (None, None)
        if forbidden is None or zero is None:
            kinds.setdefault(b"", (None, []))[1].append(members)
            continue
        broken = stack.state[members][:, forbidden].any(axis=1)
        kinds.setdefault(b"", (None, []))[1].append(members[broken])
        kinds.setdefault(zero.tobytes(), (zero, []))[1].append(members[~broken])
    for zero, parts in kinds.values():
        members = np.sort(np.concatenate(parts))
        if members.size:
            errors[members] = bound(rho[members], eps[members], values[members], zero)
    return errors
