"""Steady states of several networks: results read together, or arrays solved together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np

from thermalent.networks.arrays import NetworkArrays
from thermalent.operators.estimates import Estimates
from thermalent.operators.reading import observables, weights
from thermalent.operators.reading.stacks import GivenStates
from thermalent.operators.states import STATE_TOLERANCE
from thermalent.solution.record import MethodRecord
from thermalent.solution.result import STATE_ROUNDING, SteadyState
from thermalent.solution.stored import Saved
from thermalent.support.errors import ArgumentError


class SteadyStates(Saved, Sequence[SteadyState]):
    """Steady states in the order of their networks.

    An element is a `SteadyState`, a slice is `SteadyStates`. Every observable of a state is a
    method here as well, and gives an array with errors: `states.concurrence()`.

    Args:
        results: The states.
    """

    def __init__(self, results: Sequence[SteadyState]) -> None:
        self._results = tuple(results)

    def _compared(self) -> dict[str, Any]:
        return {"results": self._results}

    def __len__(self) -> int:
        return len(self._results)

    @overload
    def __getitem__(self, index: int) -> SteadyState: ...

    @overload
    def __getitem__(self, index: slice) -> SteadyStates: ...

    def __getitem__(self, index: int | slice) -> SteadyState | SteadyStates:
        """One state, or some of them."""
        chosen = self._results[index]
        return SteadyStates(chosen) if isinstance(chosen, tuple) else chosen

    def __iter__(self) -> Iterator[SteadyState]:
        return iter(self._results)

    def __repr__(self) -> str:
        if not self._results:
            return "<SteadyStates: none>"
        methods = " and ".join(dict.fromkeys(result.method.name for result in self))
        return (
            f"<SteadyStates: {len(self)} of {self[0].network.label} by {methods}, error at most "
            f"{np.max(self.error):.1e}>"
        )

    @property
    def error(self) -> np.ndarray:
        """Error of the largest element of each state, (n,)."""
        return np.array([float(result.error) for result in self])

    def __getattr__(self, name: str) -> Callable[..., Estimates]:
        """Every line of the table of observables that needs no label."""
        if name.startswith("_") or name not in observables.TABLE:
            raise AttributeError(f"'SteadyStates' object has no attribute {name!r}")
        return lambda *names: self._read(name, names)

    def populations(self, *names: str) -> dict[str, Estimates]:
        """Populations of each state, (n,) for each label, as of one steady state."""
        self._require_one_kind()
        first = self._results[0]
        how = observables._how(first, self.error, first.error.how)
        return weights.populations_together(self._results, names, how)

    def fidelity(self, state: Any, *names: str) -> Estimates:
        """Fidelity of each state with a pure state, (n,), as of one steady state."""
        self._require_one_kind()
        return _together([result.fidelity(state, *names) for result in self])

    def expectation(self, operator: Any, *names: str) -> Estimates:
        """Expectation value of any operator in each state, (n,), as of one steady state."""
        self._require_one_kind()
        return _together([result.expectation(operator, *names) for result in self])

    def _read(self, name: str, names: tuple[str, ...]) -> Estimates:
        self._require_one_kind()
        found = observables.of_states(GivenStates(self._results), name, names)
        for position, problem in found.problems.items():
            problem.add_note(f"This is state {position}.")
            raise problem
        first = self._results[0]
        how = observables._how(first, self.error, first.error.how)
        return Estimates(found.values, found.errors, how)

    def _require_one_kind(self) -> None:
        """Complain about states that have no numbers in common.

        Raises:
            ValueError: there is none, or they differ in their emitters or in what is claimed.
        """
        kinds = {(r.network.emitter_names, r.network.dims, r.method.claim) for r in self}
        if len(kinds) != 1:
            what = "there are none" if not kinds else "they differ in emitters or kind of method"
            raise ArgumentError(
                f"Numbers are read together of states with the same emitters, but {what}."
            )


def _together(each: Sequence[Any]) -> Estimates:
    return Estimates(
        [complex(e) if isinstance(e, complex) else float(e) for e in each],
        np.array([e.error for e in each]),
        each[0].how,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class SteadyStateArrays:
    """Steady states of networks of qubits behind one mode, those that could be solved together.

    Args:
        network: The networks that were solved.
        method: What gave them.
        state: Density matrices, (p, d, d).
        error: Errors of their largest elements, (p,).
        elements: Errors of all elements, (p, d, d), none above these; None where they are not
            known.
        order: Truncation of each, (p,).
    """

    network: NetworkArrays
    method: MethodRecord
    state: np.ndarray
    error: np.ndarray
    elements: np.ndarray | None
    order: np.ndarray

    @property
    def tolerance(self) -> np.ndarray:
        """Deviation from a density matrix that is allowed, (p,); as that of `SteadyState`."""
        allowance = STATE_ROUNDING + self.state.shape[1] * self.error
        largest: np.ndarray = np.maximum(STATE_TOLERANCE, allowance)
        return largest

    def part(self, kept: np.ndarray) -> SteadyStateArrays:
        """Those where a mask is true."""
        return SteadyStateArrays(
            network=self.network.part(kept),
            method=self.method,
            state=self.state[kept],
            error=self.error[kept],
            elements=None if self.elements is None else self.elements[kept],
            order=self.order[kept],
        )

    def masks(
        self, names: tuple[str, ...]
    ) -> list[tuple[tuple[np.ndarray, np.ndarray] | None, np.ndarray]]:
        """Elements that a conserved number forbids, and the states that this holds of."""
        return [(self.network.forbidden(names), np.arange(len(self.state)))]
