r"""Weights of a state of N qubits in each total spin J, which collective decay conserves.

The collective jump \(\sum_j \sigma_j^-\) lowers M and keeps J, so equal qubits in a common
reservoir end in the lowest state M = -J of each, which holds N/2 - J excitations:

$$E(\infty) = \sum_J p_J \Big(\frac N2 - J\Big)$$

in units of one excitation. Only J = N/2 ends in |0...0>; all else stays dark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import comb
from typing import Any

import numpy as np

from thermalent.operators import states
from thermalent.support import checks

_MOST_QUBITS = 12


@dataclass(frozen=True, kw_only=True, eq=False)
class SpinWeights:
    """Weights of the total spins of N qubits.

    Args:
        qubits: N.
        weights: p_J for J = N/2, N/2 - 1, ... down to 0 or 1/2, (N // 2 + 1,).
    """

    qubits: int
    weights: np.ndarray

    @property
    def spins(self) -> np.ndarray:
        """J of each weight."""
        return self.qubits / 2 - np.arange(len(self.weights))

    @property
    def trapped_energy(self) -> float:
        """Excitations that stay forever, sum of p_J (N/2 - J)."""
        return float(self.weights @ np.arange(len(self.weights)))

    @property
    def dark_weight(self) -> float:
        """Weight of the dark states that are not the ground state, 1 - p_{N/2}."""
        return float(np.sum(self.weights[1:]))


def basis_spin_weights(qubits: int, excited: int) -> SpinWeights:
    r"""Spin weights of |1...1 0...0>, k of N qubits excited, whichever they are.

    $$p_J = \frac{(2J + 1)\, k!\, (N - k)!}{(N/2 - J)!\, (N/2 + J + 1)!}
      = \frac{\binom Nr - \binom N{r-1}}{\binom Nk}, \qquad r = \frac N2 - J$$

    for r up to min(k, N - k), and zero beyond. In whole numbers until the last division.

    Args:
        qubits: Number N of qubits, >= 1.
        excited: Number k of excited ones, 0 to N.

    Returns:
        The weights; relative error 1e-16.

    Raises:
        ValueError: a number is out of range.

    Source: COOPERATIVE, section on three qubits, for N = 3; the formula for N is ours.
    """
    n, k = checks.integer("qubits", qubits, 1), checks.integer("excited", excited, 0)
    if k > n:
        checks.fail("excited", f"an integer from 0 to {n}", k)
    weights = np.zeros(n // 2 + 1)
    for r in range(min(k, n - k) + 1):
        multiplicity = comb(n, r) - (comb(n, r - 1) if r else 0)
        weights[r] = float(Fraction(multiplicity, comb(n, k)))
    return SpinWeights(qubits=n, weights=weights)


def dicke_spin_weights(qubits: int, spin: float) -> SpinWeights:
    r"""Spin weights of a Dicke state |J, M>: all of it at J, whatever M is.

    Args:
        qubits: Number N of qubits, >= 1.
        spin: J, one of N/2, N/2 - 1, ..., down to 0 or 1/2. The symmetric states of
            `states.dicke(N, k)` have J = N/2 and keep nothing.

    Raises:
        ValueError: N qubits have no such J.
    """
    n = checks.integer("qubits", qubits, 1)
    r = n / 2 - checks.real("spin", spin)
    if r != round(r) or not 0 <= r <= n // 2:
        allowed = ", ".join(f"{n / 2 - i:g}" for i in range(n // 2 + 1))
        checks.fail("spin", f"a total spin of {n} qubits ({allowed})", spin)
    weights = np.zeros(n // 2 + 1)
    weights[round(r)] = 1.0
    return SpinWeights(qubits=n, weights=weights)


def product_spin_weights(populations: Sequence[float]) -> SpinWeights:
    r"""Spin weights of uncorrelated qubits without coherences.

    $$\rho = \bigotimes_j \big[(1 - p_j) |0\rangle\langle 0| + p_j |1\rangle\langle 1|\big], \qquad
      p_J = \sum_k P(k)\, p_J(k)$$

    with P(k) the probability that k of them are excited and p_J(k) of `basis_spin_weights`. Equal
    qubits with coherences have the same weights in the basis in which they have none: then p is the
    larger eigenvalue of one qubit's state.

    Args:
        populations: Excited population p_j of each qubit, in [0, 1], (N,).

    Raises:
        ValueError: a population is out of range, or there is none.
    """
    values = [checks.within("populations", p, 0.0, 1.0) for p in populations]
    n = len(values)
    checks.integer("number of populations", n, 1)
    count = np.ones(1)
    for p in values:
        count = np.convolve(count, [1 - p, p])
    weights = sum(P * basis_spin_weights(n, k).weights for k, P in enumerate(count))
    return SpinWeights(qubits=n, weights=np.asarray(weights))


def spin_weights(state: Any) -> SpinWeights:
    r"""Spin weights of any state of up to 12 qubits, by diagonalising \(S^+ S^-\).

    $$S^+ S^-\,|J, M\rangle = [J(J + 1) - M(M - 1)]\,|J, M\rangle$$

    Args:
        state: Ket, (2**N,), or density matrix, (2**N, 2**N).

    Raises:
        ValueError: it is not a state of qubits, or there are more than 12.
    """
    try:
        n = len(states.check_dims(None, len(state)))
    except TypeError:
        checks.fail("state", "a ket or a density matrix", state)
    if not 1 <= n <= _MOST_QUBITS:
        checks.fail("state", f"of 1 to {_MOST_QUBITS} qubits", checks.Words(f"one of {n}"))
    rho = states.density(state)
    index = np.arange(2**n)
    excited = np.array([int(i).bit_count() for i in index])
    weights = np.zeros(n // 2 + 1)
    for k in range(n + 1):
        sector = np.flatnonzero(excited == k)
        below = np.flatnonzero(excited == k - 1)
        lowering = np.zeros((len(below), len(sector)))
        for bit in range(n):
            holds = np.flatnonzero(sector >> bit & 1)
            lowering[np.searchsorted(below, sector[holds] ^ (1 << bit)), holds] = 1.0
        values, vectors = np.linalg.eigh(lowering.T @ lowering)
        m = k - n / 2
        spins = np.sqrt(np.maximum(values + m * (m - 1) + 0.25, 0.0)) - 0.5
        part = np.einsum(
            "ia,ij,ja->a", vectors, rho[np.ix_(sector, sector)], vectors, optimize=True
        )
        np.add.at(weights, np.rint(n / 2 - spins).astype(int), part.real)
    return SpinWeights(qubits=n, weights=weights)
