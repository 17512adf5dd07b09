"""The result of a method: a state, its error, how both were obtained, and failures."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from thermalent.networks import symmetry
from thermalent.operators import entanglement, states
from thermalent.operators.estimates import ComplexEstimate, Estimate, Estimates
from thermalent.operators.reading import expectations, observables, weights
from thermalent.solution.record import MethodRecord
from thermalent.solution.shown_states import ShownState
from thermalent.solution.stored import Saved
from thermalent.support.errors import optional

if TYPE_CHECKING:
    from thermalent.networks.network import Network

TARGET = 1e-9  # error that exact methods aim at where no tolerance is given
# A state may miss trace one, Hermiticity or positivity by this rounding and by its own error.
STATE_ROUNDING = 1e-12


class Outcome(enum.StrEnum):
    """The outcome of a solve.

    `LIMITED` is a usable result whose error is above the tolerance: the truncation that was asked
    for, or without a given tolerance the affordable work or rounding, leaves more.
    """

    CONVERGED = "converged"
    LIMITED = "limited"
    NOT_CONVERGED = "not converged"
    INACCURATE = "inaccurate"
    NOT_UNIQUE = "not unique"
    NOT_A_STATE = "not a state"
    INTERRUPTED = "interrupted"

    def because(self, message: str) -> Status:
        """The status with this outcome: what happened and the remedy, in words."""
        return Status(outcome=self, message=message)


@dataclass(frozen=True, kw_only=True)
class Status:
    """The outcome of a solve; unless it converged, what happened and the remedy, in words."""

    outcome: Outcome = Outcome.CONVERGED
    message: str = ""

    @property
    def ok(self) -> bool:
        """Whether the result may be used."""
        return self.outcome in (Outcome.CONVERGED, Outcome.LIMITED)


class ErrorEstimate(float):
    """Error of the largest element of a state, a float that knows how it was obtained."""

    how: str
    _elements: np.ndarray | Callable[[], np.ndarray] | None

    def __new__(
        cls,
        value: float,
        how: str,
        elements: np.ndarray | Callable[[], np.ndarray] | None = None,
    ) -> ErrorEstimate:
        """The estimate `value`, obtained as `how` says; of each element, if that is known.

        Args:
            value: Of the largest element.
            how: How it was obtained, in words.
            elements: Of each element, (d, d), or a function that returns that, called once.
        """
        estimate = super().__new__(cls, value)
        estimate.how = how
        estimate._elements = elements
        return estimate

    @property
    def elements(self) -> np.ndarray | None:
        """Errors of all elements, (d, d), none above the estimate; None where they are not known.

        Numbers that depend on small elements have much smaller errors where these are known.
        """
        if callable(self._elements):
            self._elements = np.minimum(self._elements(), float(self))
        return None if self._elements is None else np.asarray(self._elements)

    def __reduce__(self) -> tuple[Any, ...]:
        return (ErrorEstimate, (float(self), self.how, self.elements))


_CONVERGED = Status()


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SteadyState(Saved, ShownState):
    """A steady state of the emitters with its evidence.

    Every number that its methods return is a float that knows its error: `.error`, what follows
    from the error of the state for that number, and `.how` (see `thermalent.operators.estimates`).

    Args:
        network: The network that was solved.
        method: What gave it: the method, with the parameters that were asked for.
        state: Density matrix of the emitters, (d, d), first emitter leftmost.
        error: Bound or standard error of its elements, the largest one, and how it was obtained.
        status: Whether it may be used.
        stats: What the solver did: n_max, residual, seconds, ...
    """

    network: Network
    method: MethodRecord
    state: np.ndarray
    error: ErrorEstimate
    status: Status = _CONVERGED
    stats: Mapping[str, Any] = field(default_factory=dict)

    # Whether the solver has made sure of what `checked` asks, as that of many states at once does.
    _is_state: ClassVar[bool] = False

    def reduced(self, *names: str) -> np.ndarray:
        """Density matrix of the named emitters, in the order given (of all if none is named)."""
        if not names or names == self.network.emitter_names:
            return self.state
        keep = [self.network.position(name) for name in names]
        return entanglement.partial_trace(self.state, self.network.dims, keep)

    def __dir__(self) -> list[str]:
        """With every line of the table of observables, which completion then offers."""
        return sorted({*super().__dir__(), *observables.methods_without_own()})

    def __getattr__(self, name: str) -> Callable[..., Estimate]:
        """Every line of the table of observables, also one that has no method below."""
        return observables.of_result(self, name)

    def concurrence(self, *names: str) -> Estimate:
        """Concurrence of two qubits: the only two, or the two named."""
        return observables.of_state(self, "concurrence", names)

    def negativity(self, *names: str) -> Estimate:
        """Negativity of two emitters: the only two, or the two named."""
        return observables.of_state(self, "negativity", names)

    def logarithmic_negativity(self, *names: str) -> Estimate:
        """Logarithmic negativity (base 2) of two emitters: the only two, or the two named."""
        return observables.of_state(self, "logarithmic_negativity", names)

    def entanglement_of_formation(self, *names: str) -> Estimate:
        """Entanglement of formation (ebits) of two qubits: the only two, or the two named."""
        return observables.of_state(self, "entanglement_of_formation", names)

    def purity(self, *names: str) -> Estimate:
        """Tr rho^2 of the named emitters (of all if none is named)."""
        return observables.of_state(self, "purity", names)

    def entropy(self, *names: str) -> Estimate:
        """Von Neumann entropy in bits of the named emitters (of all if none is named)."""
        return observables.of_state(self, "entropy", names)

    def populations(self, *names: str) -> dict[str, Estimate]:
        """Populations: {"00", "S", "T", "11"} for two qubits, else by product basis state."""
        return weights.populations_of(self, names)

    def fidelity(self, state: Any, *names: str) -> Estimate:
        r"""Fidelity \(\langle\psi|\rho|\psi\rangle\) with a pure state (not its root).

        Args:
            state: A label as "01", a Bell state of two qubits as "S", or a ket, (d,) or
                (d, 1) or a `qutip.Qobj`.
            names: The emitters whose state is compared; all if none is named.
        """
        return weights.weight(self, state, names)

    def expectation(self, operator: Any, *names: str) -> Estimate | ComplexEstimate:
        r"""Expectation value \(\mathrm{Tr}\,O\rho\) of any operator, with its error.

        Args:
            operator: O, (d, d) or a `qutip.Qobj`, on the named emitters in the order given; the
                first is the leftmost factor, and |0> = (1, 0) the ground state.
            names: The emitters that it acts on; all if none is named.

        Returns:
            A real number if O is Hermitian, else a complex one.

        Raises:
            ValueError: the operator is no matrix for these emitters.
        """
        return expectations.expectation_of(self, operator, names)

    def bloch(self, name: str | None = None) -> Estimates:
        r"""The Bloch vector of a qubit, (3,): \(\langle\sigma^x\rangle, \langle\sigma^y\rangle,
        \langle\sigma^z\rangle\), with +1 of the last for the excited state.

        Args:
            name: The qubit; the only emitter if not given.

        Raises:
            ValueError: there is no such qubit.
        """
        return expectations.bloch_of(self, name)

    def to_qutip(self) -> Any:
        """The state as a `qutip.Qobj`, levels in our order: |0> = (1, 0) is the ground state.

        Raises:
            ImportError: QuTiP is not installed.
        """
        qutip = optional("qutip", "to_qutip()", "qutip", "QuTiP")
        dims = list(self.network.dims)
        return qutip.Qobj(self.state, dims=[dims, dims])

    def _forbidden(self, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray] | None:
        """Elements that a conserved number forbids; see `forbidden_elements`."""
        return symmetry.forbidden_elements(self.network, names)

    @property
    def _tolerance(self) -> float:
        """Deviation from a density matrix that is allowed: the error of d elements, or rounding."""
        return max(states.STATE_TOLERANCE, allowance(self))


def allowance(result: SteadyState) -> float:
    """By how much trace, Hermiticity and positivity may be missed."""
    # An error bound holds per element; sums over a row and eigenvalues can add up d of them.
    known = float(result.error) if np.isfinite(result.error) else 0.0
    return float(STATE_ROUNDING + result.state.shape[0] * known)
