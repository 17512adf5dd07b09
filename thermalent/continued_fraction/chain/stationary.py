"""Stationary states of the emitters' effective generator A_0 + K, unique or not.

If there are several, each left null vector is a conserved quantity of the whole network, and the
state that is reached depends on where one starts: it is the pole of the resolvent at zero. The
null vectors at tier 0 would give it too, but only where the tiers above zero are regular there.
"""

from __future__ import annotations

from functools import cached_property
from typing import cast

import numpy as np

from thermalent.continued_fraction.chain import rounding
from thermalent.continued_fraction.chain.chain import HierarchyChain
from thermalent.continued_fraction.chain.fraction import (
    Solve,
    evaluate_at_nodes,
    evaluate_chain,
    evaluate_truncated,
)
from thermalent.continued_fraction.chain.hierarchy import Hierarchy
from thermalent.continued_fraction.chain.tiers import Tiers

_EPS = float(np.finfo(float).eps)
_POINTS = 8  # on a circle around zero
_NODES = np.cos(np.pi * (np.arange(6) + 0.5) / 6)  # of Chebyshev, on both sides of zero
_WEIGHTS = np.array(  # of the values there in the value at zero
    [np.prod([-x / (own - x) for x in _NODES if x != own]) for own in _NODES]
)
# Of interpolated states, over that of the circle: ten, and ten for more quanta than it is known of.
REAL_LOSS = 100.0
_COARSE = (1e-6, 1e-3)  # losses of the smaller radii with which a state is compared
_SHRINK = 8.0  # each of these circles is smaller than the one before by this factor
_MARGIN = 10.0  # between what circles lose and the median of what they seem to lose
# Part of the coupling to the tier above, from which the source has a part in a conserved operator:
# tiers that are left out move null vectors by up to 1e-3 of it.
_SHARED, _APART = 1e-2, 1e-6
_NAMED = 3  # spaces that are named, and one more


class TierZeroEquation:
    """The equation (A_0 + K) x = 0 at tier 0 of a chain."""

    def __init__(self, chain: HierarchyChain | Tiers, hierarchy: Hierarchy | None = None) -> None:
        tier0_size = chain.tier0_size
        self.chain = chain
        self.hierarchy = hierarchy
        self._inverse: tuple[np.ndarray, np.ndarray] | None = None  # the last K, and what follows
        self.a = chain.a[0][:tier0_size, :tier0_size]
        self.basis = chain.basis[0][:, :tier0_size]
        self.d = round(np.sqrt(self.basis.shape[0]))
        diagonal = np.arange(self.d) * (self.d + 1)
        self.trace = np.asarray(self.basis[diagonal].sum(axis=0)).real.ravel()
        self.row = int(np.argmax(self.trace > 0.5 * np.max(self.trace)))  # the first population
        self.source_rate = chain.source_rate if isinstance(chain, Tiers) else chain.rate

    def solve(self, k: np.ndarray) -> np.ndarray:
        """The null vector of A_0 + K of trace one, corrected once by its residual.

        Elimination alone loses slow rates to the rounding of fast ones in other rows.

        Raises:
            numpy.linalg.LinAlgError: singular to working precision.
        """
        pinned = self.a + k
        pinned[self.row] = self.trace
        inverse = np.linalg.inv(pinned)
        condition = np.linalg.norm(pinned, 1) * np.linalg.norm(inverse, 1)
        if not condition < 0.1 / _EPS:
            raise np.linalg.LinAlgError("singular to working precision")
        self._inverse = k, inverse
        x = inverse[:, self.row]
        residual = -pinned @ x
        residual[self.row] += 1.0
        return np.asarray(x + inverse @ residual)

    def lost(self, k: np.ndarray, x: np.ndarray) -> float:
        """Error of the solution's matrix elements by the rounding of A, B and C.

        All folds share this rounding, so that their difference does not show it; see `rounding`.

        Args:
            k: K, of which x is the solution.
            x: The solution, the last that `solve` found.
        """
        known, inverse = self._inverse or (None, None)
        if known is not k or inverse is None:
            self.solve(k)
            return self.lost(k, x)
        from thermalent.continued_fraction.chain.kernels import rounding as rounding_kernels

        size, above = self._rounding
        return float(rounding_kernels.lost_by_rounding(inverse, self.row, size, k, above, x))

    @cached_property
    def _rounding(self) -> tuple[np.ndarray, np.ndarray]:
        """The sums of absolute values behind the elements of A_0, and a draw of the error of K."""
        if isinstance(self.chain, Tiers) or (self.chain.size is None and self.hierarchy is None):
            raise ValueError("What rounding loses is known of the tiers of a hierarchy only.")
        size = self.chain.size or rounding.sizes(cast(Hierarchy, self.hierarchy), self.chain)
        return size.a[0], rounding.lost_above(self.chain, size)

    def matrix(self, x: np.ndarray) -> np.ndarray:
        """The density matrix of the coordinates x."""
        return (self.basis @ x).reshape(self.d, self.d)

    def coordinates(self, rho: np.ndarray) -> np.ndarray:
        """The coordinates at tier 0 of a Hermitian matrix."""
        return (self.basis.conj().T @ np.asarray(rho, dtype=complex).ravel()).real

    def degenerate(self, k: np.ndarray, other: np.ndarray) -> bool:
        """Whether there are several null vectors, within the difference of two values of K."""
        return self.null_vectors(k, float(np.max(np.abs(k - other))))[0].shape[1] > 1

    def null_vectors(self, k: np.ndarray, uncertainty: float) -> tuple[np.ndarray, np.ndarray]:
        """Right and left null vectors of A_0 + K as columns, (tier0, m) each.

        Singular values that the uncertainty of K cannot tell from zero count as zero.
        """
        u, values, vh = np.linalg.svd(self.a + k)
        count = int(np.count_nonzero(values <= uncertainty + 10 * _EPS * values[0]))
        keep = slice(len(values) - count, None)
        return vh[keep].T, u[:, keep]

    def conserved(self, k: np.ndarray, uncertainty: float) -> str:
        """The conserved quantities of the network beside the trace, in words.

        A generic combination of the conserved operators has their joint eigenspaces for its own;
        the population of each is conserved, and all but the largest are named. Operators in which
        the source has a part go on in the tiers above: their part at tier 0 is no conserved
        population of the emitters, so that these are counted only.
        """
        _, left = self.null_vectors(k, uncertainty)
        coupling = self._from_tier_one
        unit = float(np.max(np.abs(coupling), initial=0.0)) or 1.0
        u, values, _ = np.linalg.svd(left.T @ (coupling / unit))
        shared = int(np.count_nonzero(values > _SHARED))
        inexact = float(np.max(values[shared:], initial=0.0))
        words = []
        if left.shape[1] - shared > 1:
            named = self._populations(left @ u[:, shared:], max(_APART, 10 * inexact))
            words.append(f"the population of {named}")
        if shared:
            quantities = "a quantity" if shared == 1 else f"{shared} quantities"
            words.append(f"{quantities} in which emitters and source share")
        return ", and ".join(words) or "more than the trace"

    @property
    def _from_tier_one(self) -> np.ndarray:
        """The coupling C of tier 0 to the tier above, (tier0, m_1)."""
        band = self.chain.down[0]
        found = np.zeros((len(self.a), self.chain.a[1].shape[0]))
        own = band.row < len(self.a)
        np.add.at(found, (band.row[own], band.col[own]), band.value[own])
        return found

    def _populations(self, left: np.ndarray, apart: float) -> str:
        """The states whose populations left null vectors, (tier0, m), conserve.

        Args:
            left: The vectors.
            apart: By how much eigenvalues of a combination differ at least, if they do.
        """
        weights = np.sqrt(2.0 + np.arange(left.shape[1]))  # generic: no two combinations agree
        values, vectors = np.linalg.eigh(self.matrix(left @ weights))
        edges = np.flatnonzero(np.diff(values) > apart) + 1  # of numbers that are of order one
        spaces = np.split(np.arange(self.d), edges)
        largest = max(range(len(spaces)), key=lambda n: len(spaces[n]))
        del spaces[largest]
        named = [" and ".join(_ket(vectors[:, i]) for i in space) for space in spaces]
        left_out = len(named) - _NAMED
        if left_out > 1:
            named = [*named[:_NAMED], f"{left_out} more spaces"]
        return ", of ".join(named)

    def reached(self, rho: np.ndarray, rtol: float) -> tuple[np.ndarray, float, int]:
        """The asymptotic state of the initial state rho, its error, and the highest tier kept.

        The number of tiers comes from the resolvent at the source's own rate, which is regular;
        twice as many give the error.
        """
        b = self.coordinates(rho)
        s = self.source_rate
        tier = evaluate_chain(self.chain, resolvent(self.chain, b, s), s=s, rtol=rtol).tiers
        radius, fewer, lost = self.circle(b, tier)
        state = self.around_zero(b, 2 * tier, radius)
        return state, float(np.max(np.abs(state - fewer))) + lost + 10 * _EPS, 2 * tier

    def circle(self, b: np.ndarray, last: int) -> tuple[float, np.ndarray, float]:
        """Radius of the circle for `around_zero`, its state, and the error that is left there.

        Rates within a circle have not acted yet in its mean, so that none may be there, however
        slow; and a small circle loses digits. So this is the largest with which all smaller ones
        agree as far as these have digits (Lepskii's choice of a bandwidth, 1991). What is lost
        grows as one over the radius and shows in the changes from one circle to the next.

        Args:
            b: Coordinates of the initial state.
            last: Highest tier.
        """
        first = self.source_rate / 16
        scale = float(np.max(np.abs(self.a + evaluate_truncated(self.chain, first, last))))
        count = int(np.log(max(first / (10 * _EPS * scale), 1.0)) / np.log(_SHRINK))
        radii = first / _SHRINK ** np.arange(2 + count)
        states = np.array([self.around_zero(b, last, r) for r in radii])
        n, error = choose_circle(radii, states)
        return float(radii[n]), states[n], error

    def around_zero(self, b: np.ndarray, last: int, radius: float) -> np.ndarray:
        r"""The asymptotic state of an initial state b, from tiers up to `last`.

        With the resolvent \(x(s) = (s - A_0 - K(s))^{-1} b\), \(s\,x(s)\) is analytic at zero,
        where it is the asymptotic state, up to the slowest rate g of the network: its mean over n
        points on a circle of radius r is off by (r / g)^n, and by rounding over r. No matrix is
        singular there, where at zero those of all tiers are if the source shares in what is
        conserved.
        """
        points = radius * np.exp(1j * np.pi * (np.arange(_POINTS // 2) + 0.5) / (_POINTS // 2))
        sums = evaluate_at_nodes(self.chain, points, last)
        # The other half of the circle has the complex conjugates.
        values = [
            (s * resolvent(self.chain, b, s)(k)).real for s, k in zip(points, sums, strict=True)
        ]
        return self.matrix(np.mean(values, axis=0))

    def interpolated(self, b: np.ndarray, last: int, radius: float) -> np.ndarray:
        """The same by interpolation from real points within the radius: a third of the work.

        It is off by (r / 2g)^6, and loses about ten times more than the mean over the circle.
        Beyond the slowest rate it says nothing, where a circle still shows the state before that
        has acted: it does not serve to choose the radius.
        """
        values = [
            weight * s * resolvent(self.chain, b, s)(evaluate_truncated(self.chain, s, last))
            for s, weight in zip((radius * _NODES).tolist(), _WEIGHTS.tolist(), strict=True)
        ]
        return self.matrix(np.sum(values, axis=0))

    def agrees(
        self, b: np.ndarray, last: int, radius: float, state: np.ndarray, lost: float
    ) -> bool:
        """Whether smaller radii give an interpolated state too, within what they lose.

        Args:
            b: Coordinates of the initial state.
            last: Highest tier.
            radius: Of the state.
            state: Interpolated.
            lost: Its error.
        """
        for more in _COARSE:
            smaller = self.interpolated(b, last, radius * min(lost / more, 1.0))
            if not float(np.max(np.abs(smaller - state))) <= lost + more:
                return False
        return True


def choose_circle(radii: np.ndarray, states: np.ndarray) -> tuple[int, float]:
    """Place of the largest radius whose state agrees with all smaller ones, and its error.

    Args:
        radii: Radii, falling by one factor, (n,), at least two.
        states: The states, (n, d, d).
    """
    distances = np.max(np.abs(states[:, None] - states[None]), axis=(2, 3))
    changes = np.diagonal(distances, 1)
    # The median: a slow rate makes one or two changes larger, and some are small by chance.
    lost = _MARGIN * (np.median(changes * radii[1:]) / radii + _EPS)
    agree = distances <= lost[:, None] + lost[None]
    n = next(n for n in range(len(radii)) if agree[n, n:].all())
    return n, float(lost[n] + distances[n, min(n + 1, len(radii) - 1)])


def resolvent(chain: HierarchyChain | Tiers, b: np.ndarray, s: complex) -> Solve:
    """The equation (s - A_0 - K) x = b at tier 0."""
    a = chain.a[0][: chain.tier0_size, : chain.tier0_size]

    def solve(k: np.ndarray) -> np.ndarray:
        return np.linalg.solve(s * np.eye(chain.tier0_size) - a - k, b)

    return solve


def _ket(vector: np.ndarray) -> str:
    """A state vector in words, its largest component real and positive."""
    lead = vector[np.argmax(np.abs(vector) > 0.99 * np.max(np.abs(vector)))]
    vector = vector * abs(lead) / lead
    digits = max(1, int(np.ceil(np.log2(len(vector)))))
    terms = []
    for i in np.flatnonzero(np.abs(vector) > 1e-6):
        c = vector[i]
        number = f"{c.real:+.3g} " if abs(c.imag) < 1e-6 else f"+({c.real:.3g}{c.imag:+.3g}j) "
        terms.append(f"{number}|{i:0{digits}b}>")
    return terms[0].split()[-1] if len(terms) == 1 else " ".join(terms).lstrip("+")
