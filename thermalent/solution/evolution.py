"""The result of a time evolution: one state and one error per time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from thermalent.operators.estimates import Estimates
from thermalent.operators.reading import expectations, observables, weights
from thermalent.solution.record import MethodRecord
from thermalent.solution.result import STATE_ROUNDING, ErrorEstimate, Status, SteadyState
from thermalent.solution.shown_states import ShownEvolution
from thermalent.solution.stored import Saved
from thermalent.solution.validity import informative, limitation
from thermalent.support import checks

# Larger matrices have blocks, which are checked one by one.
_LARGE = 100

if TYPE_CHECKING:
    from thermalent.networks.network import Network


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Evolution(Saved, ShownEvolution):
    """States of the emitters over time, each with its error.

    Every array that its methods return has the errors of its numbers as `.error` (see
    `thermalent.operators.estimates`).

    Args:
        network: The network that was solved; of a schedule the first one.
        method: What gave it: the method, with the parameters that were asked for.
        times: Times, inverse rate unit, (t,).
        states: Density matrices of the emitters, (t, d, d).
        error: Bound or standard error of the largest element at each time, (t,).
        how: How the errors were obtained.
        status: Whether it may be used.
        stats: What the solver did.
    """

    network: Network
    method: MethodRecord
    times: np.ndarray
    states: np.ndarray
    error: np.ndarray
    how: str
    status: Status = field(default_factory=Status)
    stats: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.times)

    def at(self, index: int) -> SteadyState:
        """The state at one time, with every observable that a steady state has.

        Args:
            index: Position of the time among `times`; negative ones count from the end.

        Raises:
            ValueError: there is no such position.
        """
        count = len(self)
        index = checks.scalar(index)
        whole = hasattr(index, "__index__") and not isinstance(index, bool)
        if not whole or not -count <= index < count:
            allowed = f"a position among the {count} times, from {-count} to {count - 1}"
            checks.fail("index", allowed, index)
        return SteadyState(
            network=self.network,
            method=self.method,
            state=self.states[index],
            error=ErrorEstimate(float(self.error[index]), self.how),
            status=self.status,
            stats=self.stats,
        )

    def __dir__(self) -> list[str]:
        """With every line of the table of observables, which completion then offers."""
        return sorted({*super().__dir__(), *observables.methods_without_own()})

    def __getattr__(self, name: str) -> Callable[..., Estimates]:
        """Every line of the table of observables, also one that has no method below."""
        return observables.of_evolution(self, name)

    def concurrence(self, *names: str) -> Estimates:
        """Concurrence of two qubits at each time, (t,): the only two, or the two named."""
        return observables.over_time(self, "concurrence", names)

    def negativity(self, *names: str) -> Estimates:
        """Negativity of two emitters at each time, (t,)."""
        return observables.over_time(self, "negativity", names)

    def logarithmic_negativity(self, *names: str) -> Estimates:
        """Logarithmic negativity (base 2) of two emitters at each time, (t,)."""
        return observables.over_time(self, "logarithmic_negativity", names)

    def entanglement_of_formation(self, *names: str) -> Estimates:
        """Entanglement of formation (ebits) of two qubits at each time, (t,)."""
        return observables.over_time(self, "entanglement_of_formation", names)

    def purity(self, *names: str) -> Estimates:
        """Tr rho^2 of the named emitters (of all if none is named) at each time, (t,)."""
        return observables.over_time(self, "purity", names)

    def entropy(self, *names: str) -> Estimates:
        """Von Neumann entropy in bits at each time, (t,)."""
        return observables.over_time(self, "entropy", names)

    def populations(self, *names: str) -> dict[str, Estimates]:
        """Populations at each time, (t,) for each label, as of a steady state."""
        return weights.populations_over_time(self, names)

    def fidelity(self, state: Any, *names: str) -> Estimates:
        """Fidelity with a pure state at each time, (t,), as of a steady state."""
        return weights.weight_over_time(self, state, names)

    def expectation(self, operator: Any, *names: str) -> Estimates:
        """Expectation value of any operator at each time, (t,), as of a steady state."""
        return expectations.expectation_over_time(self, operator, names)

    def bloch(self, name: str | None = None) -> Estimates:
        """The Bloch vector of a qubit at each time, (t, 3), as of a steady state."""
        return expectations.bloch_over_time(self, name)


def doubtful(result: Evolution) -> range:
    """Which times need a thorough check of whether the matrix is a state: none, or all.

    If the solve failed, every time is checked.
    The test takes all matrices at once, because checking a few hundred small matrices one by one
    takes longer than an evolution: rho + tolerance is positive definite if its Cholesky factor
    exists.
    """
    everything = range(len(result))
    rho, d = result.states, result.states.shape[1]
    if (
        not result.status.ok
        or d >= _LARGE
        or not (np.all(np.isfinite(rho)) and np.all(np.isfinite(result.error)))
    ):
        return everything
    tolerance = STATE_ROUNDING + d * np.asarray(result.error)
    skew = np.max(np.abs(rho - rho.conj().transpose(0, 2, 1)), axis=(1, 2))
    trace = np.trace(rho, axis1=1, axis2=2)
    if np.any(np.abs(trace - 1) > tolerance) or np.any(skew > tolerance):
        return everything
    try:
        np.linalg.cholesky(rho + tolerance[:, None, None] * np.eye(d))
    except np.linalg.LinAlgError:
        return everything
    return range(0)


def judged(result: Evolution) -> Evolution:
    """The result; its status says where its errors are above the tolerance, or say nothing.

    Judged by the time with the largest error.
    """
    if not result.status.ok or not np.all(np.isfinite(result.states)):
        return result
    worst = int(np.argmax(result.error))
    state = informative(result.at(worst))
    if not state.status.ok:
        status: Status | None = state.status
    else:
        status = limitation(result.method, state.state, float(state.error), over_time=True)
    if status is None:
        return result
    when = f" This is at t = {result.times[worst]:g}."
    return replace(result, status=replace(status, message=status.message + when))
