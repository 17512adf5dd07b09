r"""The thermal link as THERMAL formulates it: a slow reference, and a peer to time against.

$$A_n \sigma^n + B_n \sigma^{n-1} + C_n \sigma^{n+1} = 0, \qquad
  \sigma^n = (\mu^{n,0}, \mu^{n,1}, \mu^{n,-1})^T$$

The blocks are 48 x 48 and complex, made of 16 x 16 superoperators in the product basis; the
operators \(\mu^{n,\pm 2}\) are eliminated. The matrix continued fraction is evaluated from its
tail. Nothing here comes from thermalent: superoperators are built from the printed master equation
and act on column-stacked vectors, vec(A rho B) = (B^T kron A) vec(rho). Each \(\mathcal{P}\) is
computed once and used for two n, which is the only liberty taken with the printed equations.

The detunings, unequal rates and dephasing of THERMAL's Sec. V A fit into its L_q as they are. Loss
between the qubits scales all that passes it, the source's field included.

Source: THERMAL, Eqs. (3), (4), (12) and (B3) to (B13). Eq. (B11) is printed with L_pm twice; what
follows from (B4) and (B5) is \(\mathcal{L}_\pm [\dots]^{-1} \mathcal{L}_\mp\).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

_D = 16  # superoperators of two qubits
_SIGMA = np.array([[0, 1], [0, 0]], dtype=complex)
_SIGMA_Z = np.diag([-1, 1]).astype(complex)
_ONE = np.eye(2)


@dataclass(frozen=True, kw_only=True)
class Link:
    """Two qubits behind a filtered thermal source; rates share one unit.

    Args:
        n_th: Occupation of the hot port, > 0.
        kappa: Energy decay rate of the filter through each port, > 0.
        gamma: Decay rates of the two qubits into the waveguide.
        detuning: Qubit frequencies minus filter frequency.
        dephasing: Pure dephasing rates.
        loss: Power loss between the qubits.
    """

    n_th: float
    kappa: float
    gamma: tuple[float, float] = (1.0, 1.0)
    detuning: tuple[float, float] = (0.0, 0.0)
    dephasing: tuple[float, float] = (0.0, 0.0)
    loss: float = 0.0


class Superoperators(NamedTuple):
    """L_q, L_+ and L_- of Eq. (12), (16, 16) each."""

    system: np.ndarray
    plus: np.ndarray
    minus: np.ndarray


def steady_state(
    link: Link,
    *,
    n_max: int | None = None,
    last_level: int | None = None,
    as_printed: bool = False,
) -> np.ndarray:
    """The qubits' steady state by the matrix continued fraction (B13).

    Args:
        link: The system.
        n_max: Highest n of sigma^n, the paper's truncation. It keeps m = 0 up to level 2 n + |m| =
            2 n_max, m = +-1 up to 2 n_max + 1, and m = +-2 up to 2 n_max + 2.
        last_level: Instead, keep exactly the levels 2 n + |m| <= last_level, >= 2.
        as_printed: Invert the resolvents of A_n, B_n and C_n where each stands, as Eqs. (B8) to
            (B11) are written; by default each is inverted once, P^2 of n being P^0 of n + 1.

    Returns:
        Density matrix, (4, 4), in the basis |00>, |01>, |10>, |11>.

    Raises:
        ValueError: not exactly one truncation is given, or it is too small.
    """
    if (n_max is None) == (last_level is None):
        raise ValueError("Give either `n_max` or `last_level`.")
    if n_max is not None and n_max < 1:
        raise ValueError(f"Argument `n_max` must be at least 1, but is {n_max}.")
    if last_level is not None and last_level < 2:
        raise ValueError(f"Argument `last_level` must be at least 2, but is {last_level}.")
    chain = Chain(link)
    if n_max is not None:
        top, drop_pairs, drop_singles = n_max, False, False
    else:
        # The top n has m = 0 alone if the last level is even, m = 0 and +-1 if it is odd.
        assert last_level is not None
        top, drop_pairs = last_level // 2, True
        drop_singles = last_level % 2 == 0
    effective = _eliminate(
        chain, top, drop_pairs=drop_pairs, drop_singles=drop_singles, as_printed=as_printed
    )

    # sigma^0 is the null vector; the trace takes the place of the equation that follows from it.
    effective[0] = 0.0
    effective[0, :_D:5] = 1.0
    right = np.zeros(3 * _D, dtype=complex)
    right[0] = 1.0
    return np.linalg.solve(effective, right)[:_D].reshape(4, 4, order="F")


def superoperators(link: Link) -> Superoperators:
    """L_q, L_+ and L_- from the printed master equation."""
    sigma = (np.kron(_SIGMA, _ONE), np.kron(_ONE, _SIGMA))
    sigma_z = (np.kron(_SIGMA_Z, _ONE), np.kron(_ONE, _SIGMA_Z))
    passed = np.sqrt(1 - link.loss)
    amplitude = (np.sqrt(link.gamma[0]), np.sqrt(link.gamma[1]) * passed)

    system = np.zeros((_D, _D), dtype=complex)
    for i in range(2):
        h = link.detuning[i] / 2 * sigma_z[i]
        system += -1j * (_left(h) - _right(h))  # (3)
        system += link.gamma[i] * _dissipator(sigma[i])
        system += link.dephasing[i] / 2 * _dissipator(sigma_z[i])
    first, second = sigma
    up = second.conj().T
    system += (amplitude[0] * amplitude[1]) * (  # (4)
        _left(first) @ _right(up)
        - _left(up @ first)
        + _left(second) @ _right(first.conj().T)
        - _right(first.conj().T @ second)
    )
    drive = amplitude[0] * first + amplitude[1] * second  # sqrt(gamma) S^-
    root = np.sqrt(link.kappa)
    raise_, lower = drive.conj().T, drive
    return Superoperators(
        system=system,
        plus=root * (_right(raise_) - _left(raise_)),
        minus=-root * (_right(lower) - _left(lower)),
    )


class Chain:
    """The blocks A_n, B_n and C_n."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.l_q, self.l_plus, self.l_minus = superoperators(link)
        self.identity = np.eye(_D)
        self.s = np.sqrt(link.n_th / 2)

    def p(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        """P^2_+ and P^2_- of n, which are also P^0_+ and P^0_- of n + 1 (B11)."""
        inverse = np.linalg.inv(self.link.kappa * (2 * n + 2) * self.identity - self.l_q)
        half = self.link.n_th / 2
        return (
            half * self.l_plus @ inverse @ self.l_minus,
            half * self.l_minus @ inverse @ self.l_plus,
        )

    def a(self, n: int, p2: tuple[np.ndarray, ...], p0: tuple[np.ndarray, ...]) -> np.ndarray:
        """A_n (B7), with a_+ and a_- (B10)."""
        kappa, root = self.link.kappa, self.s * np.sqrt(n + 1)
        block = np.zeros((3, _D, 3, _D), dtype=complex)
        block[0, :, 0] = self.l_q - 2 * n * kappa * self.identity
        block[0, :, 1] = block[2, :, 0] = root * self.l_plus
        block[0, :, 2] = block[1, :, 0] = root * self.l_minus
        for i in range(2):
            block[i + 1, :, i + 1] = -(
                kappa * (2 * n + 1) * self.identity - self.l_q - (n + 2) * p2[i] - n * p0[i]
            )
        return -block.reshape(3 * _D, 3 * _D)

    def b(self, n: int, p0: tuple[np.ndarray, ...]) -> np.ndarray:
        """B_n (B8)."""
        block = np.zeros((3, _D, 3, _D), dtype=complex)
        block[0, :, 1] = np.sqrt(n) * self.s * self.l_plus
        block[0, :, 2] = np.sqrt(n) * self.s * self.l_minus
        for i in range(2):
            block[i + 1, :, i + 1] = np.sqrt(n * (n + 1)) * p0[i]
        return block.reshape(3 * _D, 3 * _D)

    def c(self, n: int, p2: tuple[np.ndarray, ...]) -> np.ndarray:
        """C_n (B9)."""
        block = np.zeros((3, _D, 3, _D), dtype=complex)
        block[1, :, 0] = np.sqrt(n + 1) * self.s * self.l_minus
        block[2, :, 0] = np.sqrt(n + 1) * self.s * self.l_plus
        for i in range(2):
            block[i + 1, :, i + 1] = np.sqrt((n + 1) * (n + 2)) * p2[i]
        return block.reshape(3 * _D, 3 * _D)


def _eliminate(
    chain: Chain, top: int, *, drop_pairs: bool, drop_singles: bool, as_printed: bool
) -> np.ndarray:
    """A_0 + K (B12), (48, 48), from the tail down.

    Args:
        chain: The blocks.
        top: Highest n, >= 1.
        drop_pairs: Leave out mu^{top, +-2}.
        drop_singles: Leave out mu^{top, +-1} as well.
        as_printed: Invert every resolvent where it stands.
    """
    zero = np.zeros((_D, _D))
    p2 = (zero, zero) if drop_pairs else chain.p(top)
    tail = np.zeros((3 * _D, 3 * _D), dtype=complex)  # sigma^{n+1} = tail sigma^n
    for n in range(top, 0, -1):
        p0 = chain.p(n - 1)
        again = as_printed and not (n == top and drop_pairs)
        matrix = -chain.a(n, p2, p0) - chain.c(n, chain.p(n) if again else p2) @ tail
        if as_printed:
            p0 = chain.p(n - 1)
        right = chain.b(n, p0)
        if n == top and drop_singles:
            tail[:_D] = np.linalg.solve(matrix[:_D, :_D], right[:_D])
        else:
            tail = np.linalg.solve(matrix, right)
        p2 = chain.p(n - 1) if as_printed else p0
    # P^0 has no weight at n = 0, where its inverse does not exist.
    return chain.a(0, p2, (zero, zero)) + chain.c(0, p2) @ tail


def _left(operator: np.ndarray) -> np.ndarray:
    return np.kron(np.eye(4), operator)


def _right(operator: np.ndarray) -> np.ndarray:
    return np.kron(operator.T, np.eye(4))


def _dissipator(jump: np.ndarray) -> np.ndarray:
    product = jump.conj().T @ jump
    both = _left(jump) @ _right(jump.conj().T)
    return both - 0.5 * (_left(product) + _right(product))
