r"""Charge sectors, null vectors and results of the approximate methods.

If the excitation number is conserved up to decay, the stationary state has charge zero
(\(N_i = N_j\) for every element \(|i\rangle\langle j|\)), u raises the charge by one and u^* lowers
it. Without that symmetry each sector is the whole space.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from thermalent.analytic.methods.recognise import not_one_mode
from thermalent.networks.gaussian_source import GaussianMode, gaussian_modes
from thermalent.networks.liouvillian import lowering_operators
from thermalent.networks.network import Network
from thermalent.networks.symmetry import SymmetryError, element_charges, excitation_numbers
from thermalent.operators.superoperators import Superoperator, dense
from thermalent.solution.plan import Cost, Refusal
from thermalent.solution.record import MethodRecord
from thermalent.solution.result import ErrorEstimate, Outcome, Status, SteadyState

# A pinned generator of a larger condition number has no unique null vector in double precision.
_EPSILON = float(np.finfo(float).eps)
SINGULAR = 0.1 / _EPSILON
# Elements of a stationary state: 7 qubits have 3432 of charge zero, and take 200 MB per matrix.
LARGEST_STATE = 4096
# Larger systems stay in the product basis, where their superoperators are sparse.
_FRAME_UP_TO = 8


@dataclass(frozen=True, kw_only=True, eq=False)
class ChargeSpace:
    """The emitters' matrices, by elements |f_i><f_j| of a basis of definite charge.

    Args:
        frame: The basis f as columns, (d, d).
        zero: Row-major indices of the elements of charge 0; of all if there is no symmetry.
        plus: Row-major indices of the elements of charge 1.
        minus: Row-major indices of the elements of charge -1.
    """

    frame: np.ndarray
    zero: np.ndarray
    plus: np.ndarray
    minus: np.ndarray

    def block(self, superoperator: Superoperator, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
        """The block of a superoperator between two sectors, dense."""
        if self.frame.shape[0] > _FRAME_UP_TO:
            return dense(sparse.csr_array(superoperator)[rows][:, cols])
        basis = np.kron(self.frame, self.frame.conj())  # (d^2, d^2)
        turned = basis.conj().T @ dense(superoperator) @ basis
        # Elements that cancel exactly in this basis must not return as rounding.
        turned[np.abs(turned) < 4 * _EPSILON * np.max(np.abs(turned), initial=0.0)] = 0.0
        return turned[np.ix_(rows, cols)]

    def matrix(self, x: np.ndarray) -> np.ndarray:
        """The Hermitian matrix with the elements x in the sector of charge zero, (d, d)."""
        turned = np.zeros(self.frame.size, dtype=complex)
        turned[self.zero] = x
        state = self.frame @ turned.reshape(self.frame.shape) @ self.frame.conj().T
        return (state + state.conj().T) / 2


@dataclass(frozen=True, kw_only=True, eq=False)
class OneMode:
    """A network with one mode, its symmetry and its source, computed once.

    Args:
        network: The network.
        numbers: Excitation number of each basis state of the emitters, (d,); None without symmetry.
        asymmetry: Reason why there is no symmetry; None if there is one.
    """

    network: Network
    numbers: np.ndarray | None
    asymmetry: str | None

    @cached_property
    def source(self) -> GaussianMode:
        """The mode as a Gaussian amplitude."""
        return gaussian_modes(self.network)[0]

    @property
    def elements(self) -> int:
        """Elements of a stationary state."""
        if self.numbers is None:
            return int(np.prod(self.network.dims)) ** 2
        return int(np.sum(np.bincount(self.numbers) ** 2))

    @cached_property
    def space(self) -> ChargeSpace:
        """The charge sectors that the source's amplitude and its conjugate connect."""
        d = int(np.prod(self.network.dims))
        if self.numbers is None:
            everything = np.arange(d * d)
            return ChargeSpace(frame=np.eye(d), zero=everything, plus=everything, minus=everything)
        charge = element_charges(self.numbers)
        zero, plus, minus = (np.flatnonzero(charge == q) for q in (0, 1, -1))
        frame = _bright_dark_basis(self.network, self.numbers)
        return ChargeSpace(frame=frame, zero=zero, plus=plus, minus=minus)

    @property
    def whole_space(self) -> ChargeSpace:
        """All elements as one sector, for a drive that breaks the symmetry."""
        indices = np.arange(self.space.frame.size)
        return ChargeSpace(frame=self.space.frame, zero=indices, plus=indices, minus=indices)

    @property
    def cost(self) -> Cost:
        """Cost of dense matrices on the elements of a stationary state."""
        d = float(np.prod(self.network.dims))
        return Cost(
            bytes=16.0 * 8 * self.elements**2 + 500.0 * d**2 + 1e6,
            operations=20.0 * self.elements**3,
        )


def one_mode_of(network: Network) -> OneMode | Refusal:
    """The network as one mode and its emitters, or the reason why it is no such network."""
    several = not_one_mode(network)
    if several is not None:
        return Refusal(f"{several.reason}. Use te.Fock(...).")
    try:
        return OneMode(network=network, numbers=excitation_numbers(network), asymmetry=None)
    except SymmetryError as error:
        return OneMode(network=network, numbers=None, asymmetry=str(error))


def small_enough(problem: OneMode | Refusal) -> OneMode | Refusal:
    """The given problem, or a refusal if its emitters have too many levels for dense matrices."""
    if isinstance(problem, Refusal):
        return problem
    d = int(np.prod(problem.network.dims))
    if d * d <= LARGEST_STATE or problem.elements <= LARGEST_STATE:
        return problem
    return Refusal(
        f"the emitters' stationary state has {problem.elements} elements, more than the "
        f"{LARGEST_STATE} that fit into dense matrices. Use te.ContinuedFraction(...)."
    )


def _bright_dark_basis(network: Network, numbers: np.ndarray) -> np.ndarray:
    """Bright and dark states of the operator that the source drives, by charge, (d, d).

    In the product basis a dark state is dark by cancellation only, and under a strong drive its
    population loses digits like the square of the drive over the decay rates.
    """
    d = len(numbers)
    frame = np.eye(d, dtype=complex)
    if d > _FRAME_UP_TO:
        return frame
    (source,) = network.mode_indices
    driven = np.zeros((d, d), dtype=complex)
    for lower, e in zip(lowering_operators(network), network.emitter_indices, strict=True):
        weight = 0.5 * network.decay[source, e] + 1j * network.exchange[e, source]
        driven += np.conj(weight) * dense(lower)
    gram = driven.conj().T @ driven
    for n in np.unique(numbers):
        sector = np.ix_(numbers == n, numbers == n)
        frame[sector] = np.linalg.eigh(gram[sector])[1]
    return frame


class NullState(NamedTuple):
    """A normalised null vector as a density matrix, and how well it is determined.

    Args:
        state: (d, d).
        condition: 1-norm condition number of the pinned generator, its rows scaled to one.
    """

    state: np.ndarray
    condition: float

    @property
    def unique(self) -> bool:
        """Whether there is one null vector only, to working precision."""
        return bool(self.condition < SINGULAR)


def null_state(generator: np.ndarray, space: ChargeSpace) -> NullState:
    """The state of trace one with generator @ state = 0.

    Args:
        generator: Trace-preserving, on the elements `space.zero`, (m, m).
        space: The elements.
    """
    diagonal = space.zero % (space.frame.shape[0] + 1) == 0
    row = int(np.flatnonzero(diagonal)[0])  # redundant, since the trace is preserved
    pinned = np.array(generator)
    pinned[row] = diagonal
    scale = np.max(np.abs(pinned), axis=1)
    if not np.all(scale > 0):  # something is conserved besides the trace
        return _undetermined(space)
    pinned /= scale[:, None]
    try:
        inverse = np.linalg.inv(pinned)
    except np.linalg.LinAlgError:
        return _undetermined(space)
    condition = float(np.linalg.norm(pinned, 1) * np.linalg.norm(inverse, 1))
    x = inverse[:, row]
    # Refinement leaves the error of the residual alone.
    for _ in range(2):
        residual = -(pinned @ x)
        residual[row] += 1
        x = x + inverse @ residual
    return NullState(space.matrix(x), condition)


def _undetermined(space: ChargeSpace) -> NullState:
    return NullState(np.full(space.frame.shape, np.nan), np.inf)


def result(
    method: MethodRecord,
    network: Network,
    state: np.ndarray,
    *,
    order: str,
    stats: Mapping[str, Any],
    unique: bool = True,
) -> SteadyState:
    """A result of an approximate method.

    Args:
        method: The method.
        network: The network.
        state: The state, (d, d).
        order: What its error is of the order of, in words.
        stats: Further evidence.
        unique: Whether the stationary state is unique.
    """
    status = Status()
    if not unique:
        status = Outcome.NOT_UNIQUE.because(
            f"The stationary state is not unique in the approximation {method.name}: the "
            "emitters have a dark state, or one without damping. Break the symmetry "
            "(detuning, position, dephasing, decay), or give te.ContinuedFraction() an "
            "`initial=`."
        )
    return SteadyState(
        network=network,
        method=method,
        state=state,
        error=ErrorEstimate(np.nan, f"approximation: the error is not known, {order}"),
        status=status,
        stats=dict(stats),
    )
