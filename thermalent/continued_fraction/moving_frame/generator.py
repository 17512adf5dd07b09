r"""The hierarchy of one mode relative to its own mean and covariance, in real numbers.

A mode that starts in a coherent state of amplitude beta is in a Gaussian state at all times, in the
frame that turns with it

$$m(t) = \beta\, e^{-\lambda t}, \qquad V(t) = V (1 - e^{-2\lambda t})$$

and the hierarchy is as exact relative to this one as to the stationary one: the mean drives the
emitters as a classical field does, and only what the field fluctuates about it takes tiers, all of
which but the lowest are empty at the start. So the number of tiers does not depend on beta.

The mean is of no definite charge, so that charges mix. In return two quadratures x and y replace
alpha and its conjugate: every tier (a, b) then is a Hermitian matrix, which real numbers hold. With
\(c_x, c_y\) what lowers a tier and s the scale of the tiers

$$\dot X = \big[L - \lambda(a + b) + s\,(c_x L_x + c_y L_y)
  + \tfrac{1}{s} (c_x^\dagger K_x + c_y^\dagger K_y)
  + \tfrac{V(t)}{s} (c_x^\dagger L_x + c_y^\dagger L_y) + \sqrt2\, m(t) L_x \big] X$$

with \(L_x = (L_+ + L_-)/\sqrt2\), \(L_y = i (L_+ - L_-)/\sqrt2\), and K likewise. The scale follows
the fluctuations, \(s^2 \approx V(t)\), which keeps up and down alike: with the stationary scale the
few fluctuations of the start would be amplified by the powers of s that lead down.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from thermalent.continued_fraction.chain.hierarchy import Hierarchy
from thermalent.networks.symmetry import element_charges
from thermalent.operators.superoperators import Superoperator

_NEGLIGIBLE = 1e-14  # part of the largest element, below which one is rounding


class MovingTerms(NamedTuple):
    """The terms of the equation of motion on the unknowns that the start reaches.

    Args:
        constant: L and the damping of the tiers.
        down: From the tier above, in units of s.
        up: From the tier below, in units of V(t)/s.
        backaction: From the tier below, in units of 1/s.
        drive: In units of m(t).
    """

    constant: sparse.csr_array
    down: sparse.csr_array
    up: sparse.csr_array
    backaction: sparse.csr_array
    drive: sparse.csr_array


class FrameGenerator:
    """Generator, start and reading of the tiers a + b <= last.

    Args:
        h: The hierarchy, of one mode.
        last: The highest tier.
        rho: The emitters' initial density matrix, (d, d).
        amplitude: Beta.
    """

    def __init__(self, h: Hierarchy, last: int, rho: np.ndarray, amplitude: complex) -> None:
        (self.mode,), self.last, self.amplitude = h.modes, last, amplitude
        self.charges = element_charges(h.numbers)
        self._basis: Any = real_coordinates(h.bright_dark)
        tier, lower = _quadratures(last)
        size, every = len(self.charges), _every_term(self._real, h, self.charges, tier, lower)
        start = np.zeros(every[0].shape[0])
        turned = rho.ravel() * np.exp(-1j * np.angle(amplitude) * self.charges)
        start[:size] = (self._basis.conj().T @ turned).real
        kept = _reached(every, start != 0)
        self.terms = MovingTerms(*(sparse.csr_array(term[kept][:, kept]) for term in every))
        self.start, self.tier = start[kept], np.repeat(tier, size)[kept]
        self._of_emitters = kept[kept < size]

    @property
    def entries(self) -> int:
        """Nonzero elements of all terms."""
        return sum(term.nnz for term in self.terms)

    def read(self, x: np.ndarray, time: float) -> np.ndarray:
        """The emitters' density matrix, (d, d), in the frame in which the mode turns."""
        d = int(np.sqrt(len(self.charges)))
        elements = self._basis[:, self._of_emitters] @ x[: len(self._of_emitters)]
        turn = np.angle(self.amplitude) - self.mode.detuning * time
        return np.asarray((elements * np.exp(1j * turn * self.charges)).reshape(d, d))

    def _real(self, superoperator: Superoperator) -> sparse.csr_array:
        """A superoperator that keeps matrices Hermitian, on their real coordinates."""
        found = (self._basis.conj().T @ sparse.csr_array(superoperator) @ self._basis).real
        found.data[abs(found.data) < _NEGLIGIBLE * np.max(abs(found.data), initial=0.0)] = 0.0
        found.eliminate_zeros()
        return sparse.csr_array(found)


def real_coordinates(states: np.ndarray) -> sparse.csr_array:
    """Orthonormal Hermitian matrices as columns, (d^2, d^2), of an orthonormal basis of states."""
    d = len(states)
    i, j = np.triu_indices(d, 1)
    half, diagonal = np.full(len(i), 0.5**0.5), np.arange(d)
    real, imaginary = d + np.arange(len(i)), d + len(i) + np.arange(len(i))
    rows = [diagonal * (d + 1), i * d + j, j * d + i, i * d + j, j * d + i]
    columns = [diagonal, real, real, imaginary, imaginary]
    values = [np.ones(d), half, half, 1j * half, -1j * half]
    found = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    products = sparse.kron(sparse.csr_array(states), sparse.csr_array(states.conj()))
    return sparse.csr_array(products @ sparse.csr_array(found, shape=(d * d, d * d)))


def _quadratures(last: int) -> tuple[np.ndarray, list[Any]]:
    """The tier a + b of each pair, (n,), and what lowers a and b."""
    tier = np.repeat(np.arange(last + 1), np.arange(1, last + 2))
    b = np.arange(len(tier)) - tier * (tier + 1) // 2
    lower: list[Any] = []
    # One tier below, the pair (a - 1, b) stands n places earlier, and (a, b - 1) one before that.
    for quanta, place in ((tier - b, tier), (b, tier + 1)):
        of = np.flatnonzero(quanta)
        found = (np.sqrt(quanta[of]), (of - place[of], of))
        lower.append(sparse.csr_array(found, shape=(len(tier), len(tier))))
    return tier, lower


def _every_term(
    real: Callable[[Superoperator], sparse.csr_array],
    h: Hierarchy,
    charges: np.ndarray,
    tier: np.ndarray,
    lower: list[Any],
) -> list[Any]:
    """The terms, in the order of `MovingTerms`, on all unknowns."""
    (mode,) = h.modes
    turning = sparse.diags_array(1j * mode.detuning * charges)
    emitters = real(sparse.csr_array(h.liouvillian) + turning)
    drive = _in_quadratures(real, mode.drive, mode.drive_conj)
    backaction = _in_quadratures(real, mode.backaction, mode.backaction_conj)
    damping, own = sparse.diags_array(-mode.rate * tier), sparse.eye_array(len(tier))
    raise_ = [operator.T for operator in lower]

    def coupled(tiers: list[Any], parts: list[Any]) -> Any:
        pairs = [sparse.kron(*pair, "csr") for pair in zip(tiers, parts, strict=True)]
        return sum(pairs[1:], start=pairs[0])

    return [
        coupled([own, damping], [emitters, sparse.eye_array(len(charges))]),
        coupled(lower, drive),
        coupled(raise_, drive),
        coupled(raise_, backaction),
        coupled([own], [np.sqrt(2.0) * drive[0]]),
    ]


def _in_quadratures(
    real: Callable[[Superoperator], sparse.csr_array], of: Superoperator, conj: Superoperator
) -> list[Any]:
    both, difference = sparse.csr_array(of), sparse.csr_array(conj)
    half = 0.5**0.5
    return [real(half * (both + difference)), real(1j * half * (both - difference))]


def _reached(terms: list[Any], reached: np.ndarray) -> np.ndarray:
    """Positions of the unknowns that any terms lead to from these."""
    leads: Any = sum(abs(term) for term in terms) > 0
    while True:
        more = reached | (leads @ reached)
        if np.array_equal(more, reached):
            return np.flatnonzero(reached)
        reached = more
