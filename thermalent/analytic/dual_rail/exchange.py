"""Exchanges of neighbouring detunings on rail B: unitaries, words, and the resulting ket."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from thermalent.models.rails import permutation_of
from thermalent.support import checks


def mixing_angle(left: float, right: float, decay: float = 1.0) -> float:
    r"""Angle of the unitary that exchanges two neighbouring detunings of rail B.

    $$\tan\theta = -\frac{\delta_{B,i} - \delta_{B,i+1}}{\gamma}$$

    DUALRAIL prints the other sign, with which U^+ H U is the Hamiltonian of the exchanged
    detunings; with this one it is U H U^+, as Eq. (8) says.

    Args:
        left: delta_{B,i} before the exchange, rate unit.
        right: delta_{B,i+1} before it.
        decay: Decay rate gamma of a qubit, rate unit, > 0.

    Returns:
        theta, in (-pi/2, pi/2).

    Raises:
        ValueError: an argument is not finite, or the decay rate not positive.

    Source: DUALRAIL, text below Eq. (7), sign corrected.
    """
    difference = checks.real("right", right) - checks.real("left", left)
    return math.atan2(difference, checks.positive("decay", decay))


def exchange_unitary(theta: float) -> np.ndarray:
    r"""Unitary on two neighbours of rail B that exchanges their detunings.

    $$U = e^{i\theta(\vec s_i + \vec s_{i+1})^2} = e^{i\theta}
      (\cos\theta + i \sin\theta\; \mathrm{SWAP})$$

    Args:
        theta: Mixing angle, see `mixing_angle`.

    Returns:
        U, (4, 4), in the basis |00>, |01>, |10>, |11>.

    Raises:
        ValueError: the angle is not finite.

    Source: DUALRAIL, Eq. (7).
    """
    theta = checks.real("theta", theta)
    swap = np.eye(4)[[0, 2, 1, 3]]
    return np.exp(1j * theta) * (np.cos(theta) * np.eye(4) + 1j * np.sin(theta) * swap)


def neighbour_transpositions(permutation: Sequence[int]) -> tuple[int, ...]:
    """Shortest word of neighbour transpositions that makes the permutation from 0, 1, 2, ...

    Args:
        permutation: The numbers 0 .. N - 1 in any order.

    Returns:
        Positions i, in the order of application; each exchanges what is then at i and i + 1.

    Raises:
        ValueError: it is no permutation.

    Source: DUALRAIL, text above Eq. (9).
    """
    order = list(permutation_of(permutation, len(permutation)))
    sorting = []
    for end in range(len(order) - 1, 0, -1):
        for i in range(end):
            if order[i] > order[i + 1]:
                order[i], order[i + 1] = order[i + 1], order[i]
                sorting.append(i)
    return tuple(reversed(sorting))


def exchanged_ket(
    squeezing: float, detuning: Sequence[float], word: Iterable[int], decay: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    r"""Pairs in squeezed Bell states, then a word of neighbour exchanges along rail B.

    $$\prod_\sigma U_{i_\sigma, i_\sigma + 1} \bigotimes_i
      \frac{|00\rangle + \tanh(r)\,|11\rangle}{\sqrt{1 + \tanh^2 r}}$$

    U is taken without its global phase \(e^{i\theta}\): then every word for the same permutation
    gives the same ket, phase included (the Yang-Baxter equation), and two pairs give Eq. (10).

    Args:
        squeezing: r, >= 0.
        detuning: delta_A, rate unit, (N,); rail B begins with -delta_A.
        word: Positions 0 .. N - 2, the first applied first; redundant ones are allowed.
        decay: gamma, rate unit, > 0.

    Returns:
        The ket, (4**N,), factors A1, B1, A2, B2, ...; and delta_B, (N,).

    Source: DUALRAIL, Eqs. (5), (6), (9).
    """
    tanh = math.tanh(squeezing)
    pair = np.array([1.0, 0.0, 0.0, tanh], dtype=complex) / math.hypot(1.0, tanh)
    ket = np.ones(1, dtype=complex)
    for _ in detuning:
        ket = np.kron(ket, pair)
    delta_b = -np.array(detuning, dtype=float)
    for i in word:
        theta = mixing_angle(delta_b[i], delta_b[i + 1], decay)
        delta_b[[i, i + 1]] = delta_b[[i + 1, i]]
        parts = ket.reshape(2 ** (2 * i + 1), 2, 2, 2, -1)  # ..., B_i, A_{i+1}, B_{i+1}, ...
        exchanged = parts.swapaxes(1, 3) * (1j * math.sin(theta))
        exchanged += math.cos(theta) * parts
        ket = exchanged.reshape(-1)
    return ket, delta_b
