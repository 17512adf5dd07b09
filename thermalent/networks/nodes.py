"""The nodes of a network: boson modes and finite emitters."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from thermalent.networks.value import Value, read_only
from thermalent.support import checks
from thermalent.support.calls import ExplainedClass
from thermalent.support.deprecation import renamed_attribute

SIGMA_MINUS = np.array([[0.0, 1.0], [0.0, 0.0]], dtype=complex)


SIGMA_Z = np.array([[-1.0, 0.0], [0.0, 1.0]], dtype=complex)


@dataclass(frozen=True, kw_only=True)
class Mode(metaclass=ExplainedClass):
    r"""A boson mode (filter cavity, mechanical mode) with a thermal bath of its own.

    $$k\,(n_\mathrm{th} + 1)\,\mathcal{D}[a]\rho + k\, n_\mathrm{th}\,\mathcal{D}[a^\dagger]\rho$$

    Its decay into the waveguide is the diagonal element of the network's G, which comes on top.

    Args:
        name: The node's name.
        bath_rate: Energy decay rate k into the hot bath, rate unit, >= 0.
        n_th: Thermal occupation of that bath, >= 0; 0 where `bath_rate` is.
        backaction: Whether the emitters act back on the mode, as they do in the master equation. If
            not, the mode is a classical Gaussian field of the same statistics that drives them.

    Raises:
        ValueError: a rate or the occupation is negative or not finite, or there is an occupation
            without a rate, with which the bath would do nothing.
    """

    name: str = "source"
    bath_rate: float = 0.0
    n_th: float = 0.0
    backaction: bool = True

    def __post_init__(self) -> None:
        checks.text("name", self.name)
        object.__setattr__(self, "bath_rate", checks.rate("bath_rate", self.bath_rate))
        object.__setattr__(self, "n_th", checks.nonnegative("n_th", self.n_th))
        if self.n_th > 0 and self.bath_rate == 0:  # a bath that nothing reaches
            checks.fail("n_th", "0 where `bath_rate` is 0: that bath is not coupled", self.n_th)


class Emitter(metaclass=ExplainedClass):
    """A node of finite dimension: its lowering operator, local Hamiltonian and local jumps."""

    name: str

    @property
    @abc.abstractmethod
    def lowering(self) -> np.ndarray:
        """Lowering operator c, (d, d), by which the node couples to the others."""

    @property
    @abc.abstractmethod
    def hamiltonian(self) -> np.ndarray:
        """Local Hamiltonian, (d, d), rate unit."""

    @property
    @abc.abstractmethod
    def collapse_operators(self) -> tuple[np.ndarray, ...]:
        r"""Local jump operators, each (d, d) with its rate inside: \(\mathcal{D}[O]\) each."""

    jumps = renamed_attribute("jumps", "collapse_operators")

    @property
    def dimension(self) -> int:
        """Number of levels d."""
        return int(self.lowering.shape[0])


@dataclass(frozen=True, kw_only=True)
class Qubit(Emitter):
    r"""A two-level emitter, |0> the ground state, with pure dephasing.

    $$c = \sigma^- = |0\rangle\langle 1|, \qquad
      \tfrac{\gamma_\phi}{2}\,\mathcal{D}[\sigma^z]\rho$$

    Args:
        name: The node's name.
        dephasing: Pure dephasing rate gamma_phi = 1/T_phi, rate unit, >= 0.

    Raises:
        ValueError: the dephasing is negative or not finite.
    """

    name: str
    dephasing: float = 0.0

    def __post_init__(self) -> None:
        checks.text("name", self.name)
        object.__setattr__(self, "dephasing", checks.rate("dephasing", self.dephasing))

    @property
    def lowering(self) -> np.ndarray:
        """sigma^-, (2, 2)."""
        return SIGMA_MINUS

    @property
    def hamiltonian(self) -> np.ndarray:
        """Zero: a qubit's detuning is part of the network's J."""
        return np.zeros((2, 2), dtype=complex)

    @property
    def collapse_operators(self) -> tuple[np.ndarray, ...]:
        """sqrt(gamma_phi / 2) sigma^z, if there is dephasing."""
        if self.dephasing == 0.0:
            return ()
        return (np.sqrt(self.dephasing / 2) * SIGMA_Z,)


# What is looked for here and stands elsewhere; for the error of a call that gives it.
Qubit.__init__.arguments_elsewhere = {  # type: ignore[attr-defined]
    "detuning": "a detuning is the qubit's diagonal element of the network's `exchange`",
    "decay": "its decay is the qubit's diagonal element of the network's `decay`",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Qudit(Value, Emitter):
    r"""Any finite emitter, given by its lowering operator.

    $$H_0 \ni H, \qquad \dot\rho \ni \sum_k \mathcal{D}[O_k]\rho$$

    with its own Hamiltonian H and jump operators O_k beside what the network couples to c.

    Args:
        name: The node's name.
        lower: Lowering operator c, (d, d).
        local_hamiltonian: (d, d) Hermitian, rate unit; zero if not given.
        local_jumps: Jump operators, (d, d) each, with the square root of the rate inside.

    Raises:
        ValueError: a matrix is not square, not finite, of another dimension, or the Hamiltonian is
            not Hermitian.
    """

    name: str
    lower: np.ndarray
    local_hamiltonian: np.ndarray | None = None
    local_jumps: Sequence[np.ndarray] = ()

    def __post_init__(self) -> None:
        checks.text("name", self.name)
        lower = checks.square_matrix("lower", self.lower)
        d = lower.shape[0]
        if d < 2:
            checks.fail("lower", "a matrix of at least two levels", checks.Words(f"{d} x {d}"))
        given = np.zeros((d, d)) if self.local_hamiltonian is None else self.local_hamiltonian
        hamiltonian = checks.hermitian(
            "local_hamiltonian", checks.square_matrix("local_hamiltonian", given, d)
        )
        jumps = tuple(checks.square_matrix("local_jumps", jump, d) for jump in self.local_jumps)
        read_only((lower, hamiltonian, jumps))
        object.__setattr__(self, "lower", lower)
        object.__setattr__(self, "local_hamiltonian", hamiltonian)
        object.__setattr__(self, "local_jumps", jumps)

    @property
    def lowering(self) -> np.ndarray:
        """The given lowering operator."""
        return self.lower

    @property
    def hamiltonian(self) -> np.ndarray:
        """The given Hamiltonian, or zero."""
        assert self.local_hamiltonian is not None  # set by __post_init__
        return self.local_hamiltonian

    @property
    def collapse_operators(self) -> tuple[np.ndarray, ...]:
        """The given jump operators."""
        return tuple(self.local_jumps)


@dataclass(frozen=True, kw_only=True)
class CollectiveSpin(Emitter):
    r"""N equal qubits that the network cannot tell apart: the Dicke ladder of spin N/2.

    $$c = \sum_i \sigma^-_i, \qquad c\,|k\rangle = \sqrt{k (N - k + 1)}\,|k - 1\rangle$$

    Exact as long as all of them start and stay in the symmetric states.

    Args:
        name: The node's name.
        qubits: Number N of qubits, >= 1; the node has N + 1 levels.

    Raises:
        ValueError: N is not a positive integer.
    """

    name: str
    qubits: int

    def __post_init__(self) -> None:
        checks.text("name", self.name)
        checks.node_count("qubits", self.qubits)

    @property
    def lowering(self) -> np.ndarray:
        """S^-, (N + 1, N + 1)."""
        k = np.arange(1, self.qubits + 1)
        return np.diag(np.sqrt(k * (self.qubits - k + 1.0)) + 0j, 1)

    @property
    def hamiltonian(self) -> np.ndarray:
        """Zero: detunings are part of the network's J."""
        return np.zeros((self.qubits + 1, self.qubits + 1), dtype=complex)

    @property
    def collapse_operators(self) -> tuple[np.ndarray, ...]:
        """None: a collective spin has no local jumps."""
        return ()


Node = Mode | Emitter
