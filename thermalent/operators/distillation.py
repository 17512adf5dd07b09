r"""The worth of an entangled state as a resource: teleportation, and distillation into Bell states.

Two qubits have the basis |00>, |01>, |10>, |11>. All follows from one fact: in the magic basis
(Bell states with the phases of `_MAGIC`) the maximally entangled states are the real vectors, and
local unitaries are the rotations of four real dimensions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from thermalent.operators import distances, entanglement, states
from thermalent.operators.states import STATE_TOLERANCE
from thermalent.support import checks
from thermalent.support.calls import explained_record, with_explained_calls

# Columns: Phi+, i Phi-, i Psi+, Psi-.
_MAGIC = np.sqrt(0.5) * np.array(
    [[1, 1j, 0, 0], [0, 0, 1j, 1], [0, 0, 1j, -1], [1, -1j, 0, 0]], dtype=complex
)
_MOST_ROUNDS = 1000  # 2^-1000 of the pairs are left then
_SUM_TOLERANCE = 1e-9  # of weights, from 1


@with_explained_calls
def bell_weights(rho: Any, *, tolerance: float = STATE_TOLERANCE) -> np.ndarray:
    r"""Weights of the Bell states after the best local rotation, the largest first.

    $$w = \text{eigenvalues of } \mathrm{Re}(M^\dagger \rho M)$$

    with the magic basis M. Rotating both qubits so that this real part is diagonal, and then
    applying the same random Pauli operator to both, turns rho into the mixture of the four Bell
    states with these weights. The first is the `fully_entangled_fraction`.

    Args:
        rho: Density matrix, shape (4, 4), or ket, shape (4,).
        tolerance: See `check_state`.

    Returns:
        w, (4,), decreasing, of sum 1. Absolute error about 1e-15.

    Raises:
        ValueError: `rho` is not a state of two qubits.

    Source: Bennett, DiVincenzo, Smolin and Wootters, Phys. Rev. A 54, 3824 (1996), Sec. II.
    """
    state = distances.physical("rho", rho, tolerance, size=4)
    return np.linalg.eigvalsh((_MAGIC.conj().T @ state @ _MAGIC).real)[::-1].copy()


@with_explained_calls
def fully_entangled_fraction(rho: Any, *, tolerance: float = STATE_TOLERANCE) -> float:
    r"""Largest weight of a maximally entangled state of two qubits, also called singlet fraction.

    $$F = \max_{U, V} \langle S| (U \otimes V)^\dagger \rho\, (U \otimes V) |S\rangle$$

    Args:
        rho: Density matrix, shape (4, 4), or ket, shape (4,).
        tolerance: See `check_state`.

    Returns:
        F, from 1/4 to 1. A separable state has at most 1/2. Absolute error about 1e-15.

    Raises:
        ValueError: `rho` is not a state of two qubits.

    Source: Bennett, DiVincenzo, Smolin and Wootters, Phys. Rev. A 54, 3824 (1996), Sec. II.
    """
    return float(min(1.0, bell_weights(rho, tolerance=tolerance)[0]))


@with_explained_calls
def teleportation_fidelity(rho: Any, *, tolerance: float = STATE_TOLERANCE) -> float:
    r"""Mean fidelity of the standard teleportation of an unknown qubit through a state.

    $$f = \frac{2F + 1}{3}$$

    with the fully entangled fraction F, the local rotations of both qubits being the best ones.
    Without entanglement 2/3 can be reached, by measuring the qubit and preparing it again; where f
    is below that, the state is worse than none for this purpose.

    Args:
        rho: Density matrix, shape (4, 4), or ket, shape (4,).
        tolerance: See `check_state`.

    Returns:
        f, from 1/2 to 1. Absolute error about 1e-15.

    Raises:
        ValueError: `rho` is not a state of two qubits.

    Source: Horodecki, Horodecki and Horodecki, Phys. Rev. A 60, 1888 (1999).
    """
    return (2 * fully_entangled_fraction(rho, tolerance=tolerance) + 1) / 3


@with_explained_calls
def coherent_information(
    rho: Any, dims: Sequence[int] | None = None, *, tolerance: float = STATE_TOLERANCE
) -> float:
    r"""Coherent information of two systems, the hashing bound on what can be distilled.

    $$I = S_B - S_{AB} \le E_D$$

    From many copies of the state, local operations and messages from the first system A to the
    second one B distil I Bell states per copy, if it is positive. The other order of the systems
    is the other direction of the messages, which may be better. From above, the distillable
    entanglement E_D is bounded by the `rains_bound`, and less sharply by the
    `logarithmic_negativity` and the `entanglement_of_formation`.

    Args:
        rho: Density matrix, shape (d, d), or ket, shape (d,).
        dims: Dimensions of the two systems, leftmost factor first; two qubits if not given.
        tolerance: See `check_state`.

    Returns:
        I in bits, from -log2 of the dimension of A to log2 of the smaller one. Absolute error about
        1e-14.

    Raises:
        ValueError: `rho` is not a state, or `dims` does not fit it or holds no two systems.

    Source: Devetak and Winter, Proc. R. Soc. A 461, 207 (2005).
    """
    psi = distances.pure_amplitudes("rho", rho, tolerance)
    state = distances.physical("rho", rho, tolerance) if psi is None else psi
    shape = states.check_dims((2, 2) if dims is None else dims, len(state))
    if len(shape) != 2:
        checks.fail("dims", "the dimensions of two systems", list(shape))
    if psi is not None:
        amplitudes = psi.reshape(shape)
        return distances.von_neumann_entropy(amplitudes.T @ amplitudes.conj())
    of_b = distances.von_neumann_entropy(entanglement.partial_trace(state, shape, 1))
    return of_b - distances.von_neumann_entropy(state)


@explained_record
class Recurrence(NamedTuple):
    """Pairs after some rounds of recurrence, each of which takes two of them for at most one.

    Args:
        weights: Weights of the Bell states, the largest first, (4,).
        probability: Of the last round: that the two measurements agree, so that the pair is kept.
        pairs: Expected number of pairs that remain of one at the start: (probability/2) of each
            round, multiplied.
    """

    weights: np.ndarray
    probability: float
    pairs: float

    @property
    def fidelity(self) -> float:
        """The largest weight, that of the Bell state which is distilled."""
        return float(self.weights[0])

    @property
    def hashing(self) -> float:
        r"""Bell states per pair by hashing, \(1 - H(w)\) in bits, or zero where that is negative.

        Source: Bennett, DiVincenzo, Smolin and Wootters, Phys. Rev. A 54, 3824 (1996), Sec. III B.
        """
        positive = self.weights[self.weights > 0]
        return max(0.0, 1 + float(np.sum(positive * np.log2(positive))))

    @property
    def distilled(self) -> float:
        """Bell states per pair at the start, by these rounds and then hashing."""
        return self.pairs * self.hashing


@with_explained_calls
def recurrence(weights: ArrayLike, rounds: int = 1, *, twirl: bool = False) -> list[Recurrence]:
    r"""Distillation by recurrence: the pairs before the first and after each round.

    Both parties apply a controlled-not from one pair to another, measure the latter, and keep the
    former if their results agree. With the weights A of the wanted Bell state, B of the one that
    this does not detect, and C, D of the others,

    $$p = (A + B)^2 + (C + D)^2, \qquad A' = \frac{A^2 + B^2}{p}, \quad
      B' = \frac{2CD}{p}, \quad C' = \frac{C^2 + D^2}{p}, \quad D' = \frac{2AB}{p}$$

    B is the smallest weight, to which local rotations can bring every state.

    Args:
        weights: Of the four Bell states, as of `bell_weights`, (4,), of sum 1.
        rounds: Number of rounds, from 0 to 1000.
        twirl: Make the three smaller weights equal before each round, as in the first protocol of
            this kind (Bennett and others); the other one (Deutsch and others) does not and needs
            fewer pairs.

    Returns:
        `rounds` + 1 entries, the first for the pairs as they are.

    Raises:
        ValueError: the weights are none, or `rounds` is out of range.

    Source: Bennett and others, Phys. Rev. Lett. 76, 722 (1996); Deutsch and others, Phys. Rev.
    Lett. 77, 2818 (1996).
    """
    w = _weights(weights)
    steps = [Recurrence(w, 1.0, 1.0)]
    for _ in range(checks.integer("rounds", rounds, 0, _MOST_ROUNDS)):
        a, c, d, b = np.array([w[0], *[(1 - w[0]) / 3] * 3]) if twirl else w
        kept = (a + b) ** 2 + (c + d) ** 2
        new = np.array([a * a + b * b, 2 * c * d, c * c + d * d, 2 * a * b]) / kept
        w = np.sort(new)[::-1].copy()
        steps.append(Recurrence(w, float(kept), steps[-1].pairs * float(kept) / 2))
    return steps


@with_explained_calls
def distillation_yield(rho: Any, *, rounds: int = 8, tolerance: float = STATE_TOLERANCE) -> float:
    r"""Bell states per pair that recurrence and hashing distil: a lower bound that is reached.

    $$Y = \max\Big(I_{A \to B},\ I_{B \to A},\ \max_{k \le \text{rounds}}
      \prod_{j \le k} \frac{p_j}{2}\, \big[1 - H(w_k)\big]\Big) \le E_D$$

    Args:
        rho: Density matrix of two qubits, shape (4, 4), or ket, shape (4,).
        rounds: Largest number of rounds of recurrence k, from 0 to 1000.
        tolerance: See `check_state`.

    Returns:
        Y, from 0 to 1. It is zero if the fully entangled fraction is 1/2 or less, and else positive
        with enough rounds.

    Raises:
        ValueError: `rho` is not a state of two qubits, or `rounds` is out of range.
    """
    steps = recurrence(bell_weights(rho, tolerance=tolerance), rounds)
    state = distances.physical("rho", rho, tolerance, size=4)
    exchanged = entanglement.partial_trace(state, (2, 2), (1, 0))
    direct = [coherent_information(order, (2, 2)) for order in (state, exchanged)]
    return max(0.0, *direct, *(step.distilled for step in steps))


def _weights(weights: Any) -> np.ndarray:
    """Four weights of sum 1, the largest first."""
    w = checks.real_array("weights", weights)
    if w.shape != (4,):
        checks.fail("weights", "four numbers", weights)
    if not np.all(w >= -_SUM_TOLERANCE) or abs(float(np.sum(w)) - 1) > _SUM_TOLERANCE:
        checks.fail("weights", f"non-negative and of sum 1 to {_SUM_TOLERANCE:g}", weights)
    w = np.maximum(w, 0.0)
    return np.sort(w / np.sum(w))[::-1].copy()
