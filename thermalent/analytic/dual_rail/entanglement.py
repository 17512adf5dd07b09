r"""Entanglement of a ket of qubits A1, B1, A2, B2, ... with as many excitations in A as in B.

The charge N_B - N_A of the whole is zero, so whatever a part has, the rest has with the other sign:
the amplitudes of any cut are block diagonal, and two qubits are in an X-state. Both save orders of
magnitude against the ket as a mere list of numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from thermalent.operators import entanglement
from thermalent.operators.distances import check_base, von_neumann_entropy
from thermalent.operators.entanglement import partial_trace
from thermalent.support import checks, memory_limit
from thermalent.support.progress import working


def reduced_state(ket: np.ndarray, keep: Sequence[int]) -> np.ndarray:
    r"""Density matrix of some qubits of a ket.

    $$\rho_K = \mathrm{Tr}_{\bar K} |\psi\rangle\langle\psi|$$

    Args:
        ket: Amplitudes, (2**n,).
        keep: Positions of the qubits to keep, in the order that the result shall have.

    Returns:
        (2**k, 2**k), complex.

    Raises:
        ValueError: it does not fit into memory.
    """
    needed = 16 * 4 ** len(keep)
    if needed > memory_limit.available():
        checks.fail(
            "names",
            f"few enough for {memory_limit.in_words(memory_limit.available())} of memory",
            checks.Words(f"{len(keep)} qubits, whose density matrix holds "
                         f"{memory_limit.in_words(needed)}"),
        )  # fmt: skip
    matrix = _cut(ket, keep)
    return matrix @ matrix.conj().T


def pair_concurrence(ket: np.ndarray, first: int, second: int) -> float:
    """Concurrence of the qubits at two positions of the ket."""
    return entanglement.concurrence(reduced_state(ket, (first, second)))


def pair_states(ket: np.ndarray) -> np.ndarray:
    r"""Density matrices of all pairs of qubits of a ket of charge zero.

    Each is an X-state: two qubits of different rails have the one coherence |00><11|, two of the
    same rail |01><10|.

    Args:
        ket: Amplitudes, (4**N,), factors A1, B1, A2, B2, ..., charge zero.

    Returns:
        (2N, 2N, 4, 4), the qubit of the first index leftmost; zero where both are the same.
    """
    qubits = len(ket).bit_length() - 1
    support = np.flatnonzero(ket)
    amplitudes = ket[support]
    weights = np.abs(amplitudes) ** 2
    places = 1 << np.arange(qubits - 1, -1, -1)
    bits = (support & places[:, None]) != 0  # (2N, support)
    result = np.zeros((qubits, qubits, 4, 4), dtype=complex)
    with working("pairs of qubits") as report:
        for i in range(qubits):
            report(f"qubit {i + 1} of {qubits}")
            for j in range(i + 1, qubits):
                other_rail = (j - i) % 2 == 1
                rho = result[i, j]
                for k, (a, b) in enumerate(np.ndindex(2, 2)):
                    rho[k, k] = np.sum(weights[(bits[i] == a) & (bits[j] == b)])
                # From |00> to |11> on different rails, from |01> to |10> on the same.
                start = ~bits[i] & (bits[j] != other_rail)
                ends = ket[support[start] ^ places[i] ^ places[j]]
                row, column = (0, 3) if other_rail else (1, 2)
                rho[column, row] = np.vdot(amplitudes[start], ends)
                rho[row, column] = rho[column, row].conj()
                result[j, i] = rho[np.ix_([0, 2, 1, 3], [0, 2, 1, 3])]
    return result


def all_concurrences(ket: np.ndarray) -> np.ndarray:
    """Concurrences of all pairs of qubits of a ket of charge zero.

    Args:
        ket: Amplitudes, (4**N,), factors A1, B1, A2, B2, ..., charge zero.

    Returns:
        (2N, 2N), symmetric, zero on the diagonal.
    """
    states = pair_states(ket)
    result = np.zeros(states.shape[:2])
    for i, j in zip(*np.triu_indices(len(states), 1), strict=True):
        result[i, j] = result[j, i] = entanglement.concurrence_x(states[i, j])
    return result


def cut_entropy(ket: np.ndarray, part: Sequence[int], base: float = math.e) -> float:
    r"""Entanglement entropy of some qubits of a ket of charge zero with the others.

    $$S = -\sum_k p_k \ln p_k, \qquad p_k = (\text{Schmidt coefficient})^2$$

    The Schmidt coefficients are singular values, charge by charge.

    Args:
        ket: Amplitudes, (4**N,), factors A1, B1, A2, B2, ..., charge zero.
        part: Positions of the qubits on one side of the cut.
        base: Base of the logarithm: e for nats, 2 for bits.

    Returns:
        S, from 0 to the number of qubits on the smaller side times log 2. Error about 1e-14.

    Raises:
        ValueError: `base` is not above 1.
    """
    base = check_base(base)
    qubits = len(ket).bit_length() - 1
    others = [k for k in range(qubits) if k not in part]
    matrix = _cut(ket, part)
    inside, outside = _charges(part), -_charges(others)
    weights = np.concatenate(
        [
            np.linalg.svd(matrix[np.ix_(inside == q, outside == q)], compute_uv=False) ** 2
            for q in np.intersect1d(inside, outside)
        ]
    )
    p = weights[weights > 0] / np.sum(weights)
    return max(0.0, float(-np.sum(p * np.log(p)))) / math.log(base)


def nearly_pure_blocks(ket: np.ndarray, tolerance: float) -> list[tuple[int, ...]]:
    r"""Blocks of qubits, each with an entropy of at most `tolerance`, as small as they come.

    From single qubits on, a block of more entropy is joined with the one to which it has the
    largest mutual information, summed over pairs of qubits,

    $$I(i : j) = S_i + S_j - S_{ij}$$

    Args:
        ket: Amplitudes, (4**N,), factors A1, B1, A2, B2, ..., charge zero.
        tolerance: Entropy in nats, > 0.

    Returns:
        Positions of the qubits by block, in order.
    """
    information = _mutual_information(ket)
    entropies: dict[tuple[int, ...], float]
    entropies = {(k,): cut_entropy(ket, (k,)) for k in range(len(information))}
    while len(entropies) > 1:
        links = [
            (float(np.sum(information[np.ix_(cut, other)])), cut, other)
            for cut, entropy in entropies.items()
            for other in entropies
            if entropy > tolerance and cut != other
        ]
        if not links:
            break
        _, first, second = max(links)
        joined = tuple(sorted(first + second))
        del entropies[first], entropies[second]
        entropies[joined] = cut_entropy(ket, joined)
    return sorted(entropies)


def _mutual_information(ket: np.ndarray) -> np.ndarray:
    """I(i : j) of all pairs of qubits in nats, (2N, 2N), zero on the diagonal."""
    states = pair_states(ket)
    result = np.zeros(states.shape[:2])
    for i, j in zip(*np.triu_indices(len(states), 1), strict=True):
        rho = states[i, j]
        first, second = (partial_trace(rho, (2, 2), k) for k in (0, 1))
        separate = von_neumann_entropy(first, math.e) + von_neumann_entropy(second, math.e)
        together = separate - von_neumann_entropy(rho, math.e)
        result[i, j] = result[j, i] = max(0.0, together)
    return result


def _cut(ket: np.ndarray, part: Sequence[int]) -> np.ndarray:
    """The amplitudes as a matrix, (2**k, 2**(n - k)): qubits of the part by all others."""
    qubits = len(ket).bit_length() - 1
    others = [k for k in range(qubits) if k not in part]
    tensor = ket.reshape((2,) * qubits).transpose([*part, *others])
    return tensor.reshape(2 ** len(part), -1)


def _charges(part: Sequence[int]) -> np.ndarray:
    """N_B - N_A of each basis state of some qubits, (2**k,)."""
    charges = np.zeros(1, dtype=int)
    for position in part:
        charges = np.add.outer(charges, [0, 1 if position % 2 else -1]).ravel()
    return charges
