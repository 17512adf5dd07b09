r"""The hierarchy of one mode relative to its own mean and covariance, in real numbers.

A mode that starts in a coherent state of amplitude beta is in a Gaussian state at all times, in the
frame that turns with it

$$m(t) = \beta\, e^{-\lambda t}, \qquad V(t) = V (1 - e^{-2\lambda t})$$

(see `field` where networks change), and the hierarchy is as exact relative to this one as to the
stationary one: the mean drives the emitters as a classical field does, and only what the field
fluctuates about it takes tiers, all of which but the lowest are empty at the start. So the number
of tiers does not depend on beta.

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

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from thermalent.continued_fraction.chain.hierarchy import Hierarchy
from thermalent.continued_fraction.moving_frame.field import MovingField
from thermalent.networks.symmetry import element_charges
from thermalent.operators.superoperators import Superoperator

HELD = 3  # networks whose terms are held
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
    """Generators, start and reading of the tiers a + b <= last.

    Args:
        field: The networks, and the mean and the variance of the field.
        last: The highest tier.
        rho: The emitters' initial density matrix, (d, d).
    """

    def __init__(self, field: MovingField, last: int, rho: np.ndarray) -> None:
        self.field, self.last = field, last
        first = field.pieces[0].hierarchy
        self.charges = element_charges(first.numbers)
        self._basis: Any = real_coordinates(first.bright_dark)
        tier, self._lower = _quadratures(last)
        size, count = len(self.charges), len(tier)
        start = np.zeros(count * size)
        turned = rho.ravel() * np.exp(-1j * field.pieces[0].angle * self.charges)
        start[:size] = (self._basis.conj().T @ turned).real
        # What any of the networks reaches is kept for all.
        parts = [_parts(self._real, h, self.charges) for h in field.hierarchies]
        pattern = _Parts.union(parts).spread(self._lower, tier)
        self._kept = _reached(pattern, start != 0)
        self._known: dict[int, MovingTerms] = {}
        self.start, self.tier = start[self._kept], np.repeat(tier, size)[self._kept]
        self._all_tiers = tier
        self._of_emitters = self._kept[self._kept < size]

    def terms(self, h: Hierarchy) -> MovingTerms:
        """The terms of one of the networks."""
        if id(h) not in self._known:
            every = _parts(self._real, h, self.charges).spread(self._lower, self._all_tiers)
            while len(self._known) >= HELD:  # smooth changes are made of hundreds
                del self._known[next(iter(self._known))]
            cut = (sparse.csr_array(term[self._kept][:, self._kept]) for term in every)
            self._known[id(h)] = MovingTerms(*cut)
        return self._known[id(h)]

    def entries(self, h: Hierarchy) -> int:
        """Nonzero elements of all terms of a network."""
        return sum(term.nnz for term in self.terms(h))

    def read(self, x: np.ndarray, time: float) -> np.ndarray:
        """The emitters' density matrix, (d, d)."""
        d = int(np.sqrt(len(self.charges)))
        elements = self._basis[:, self._of_emitters] @ x[: len(self._of_emitters)]
        turned = elements * np.exp(1j * self.field.angle(time) * self.charges)
        return np.asarray(turned.reshape(d, d))

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


class _Parts(NamedTuple):
    """What acts on the emitters' real coordinates.

    Args:
        rate: Decay rate of the mode.
        emitters: The emitters alone.
        drive: L_x and L_y.
        backaction: K_x and K_y.
    """

    rate: float
    emitters: Any
    drive: list[Any]
    backaction: list[Any]

    @staticmethod
    def union(parts: list[_Parts]) -> _Parts:
        """Operators that lead wherever any of these leads."""

        def both(matrices: Iterable[Any]) -> Any:
            first, *others = [abs(matrix) for matrix in matrices]
            return sum(others, start=first)

        return _Parts(
            parts[0].rate,
            both(own.emitters for own in parts),
            [both(own.drive[i] for own in parts) for i in (0, 1)],
            [both(own.backaction[i] for own in parts) for i in (0, 1)],
        )

    def spread(self, lower: list[Any], tier: np.ndarray) -> list[Any]:
        """The terms, in the order of `MovingTerms`, on all unknowns."""
        size = self.emitters.shape[0]
        damping, own = sparse.diags_array(-self.rate * tier), sparse.eye_array(len(tier))
        raise_ = [operator.T for operator in lower]

        def coupled(tiers: list[Any], parts: list[Any]) -> Any:
            pairs = [sparse.kron(*pair, "csr") for pair in zip(tiers, parts, strict=True)]
            return sum(pairs[1:], start=pairs[0])

        return [
            coupled([own, damping], [self.emitters, sparse.eye_array(size)]),
            coupled(lower, self.drive),
            coupled(raise_, self.drive),
            coupled(raise_, self.backaction),
            coupled([own], [np.sqrt(2.0) * self.drive[0]]),
        ]


def _parts(
    real: Callable[[Superoperator], sparse.csr_array], h: Hierarchy, charges: np.ndarray
) -> _Parts:
    (mode,) = h.modes
    turning = sparse.diags_array(1j * mode.detuning * charges)
    return _Parts(
        mode.rate,
        real(sparse.csr_array(h.liouvillian) + turning),
        _in_quadratures(real, mode.drive, mode.drive_conj),
        _in_quadratures(real, mode.backaction, mode.backaction_conj),
    )


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
