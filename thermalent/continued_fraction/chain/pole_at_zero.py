r"""The state that emitters reach from a given start, where there are several stationary ones.

It is the pole at zero of the resolvent \(x(s) = (s - A_0 - K(s))^{-1} b\) of the start b:
\(s\,x(s)\) is analytic there, up to the slowest rate g of the network. The null vectors at tier 0
would give it too, but only where the tiers above zero are regular at zero, which those of a source
that shares in what is conserved are not.
"""

from __future__ import annotations

import numpy as np

from thermalent.continued_fraction.chain.chain import HierarchyChain
from thermalent.continued_fraction.chain.fraction import (
    evaluate_at_nodes,
    evaluate_chain,
    evaluate_truncated,
)
from thermalent.continued_fraction.chain.stationary import TierZeroEquation, resolvent
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


class PoleAtZero:
    """The asymptotic state of a Hermitian initial matrix, from a chain that was built for it.

    Args:
        chain: The chain.
        initial: The initial matrix, (d, d).
    """

    def __init__(self, chain: HierarchyChain | Tiers, initial: np.ndarray) -> None:
        self.chain = chain
        self.tier0 = TierZeroEquation(chain)
        self.b = self.tier0.coordinates(initial)

    def tiers(self, rtol: float) -> int:
        """Tiers that matter in the resolvent at the source's own rate, where it is regular."""
        s = self.tier0.source_rate
        return evaluate_chain(self.chain, resolvent(self.chain, self.b, s), s=s, rtol=rtol).tiers

    def found(self, rtol: float) -> tuple[np.ndarray, float, int]:
        """The state, its error from half as many tiers, and the highest tier kept."""
        tier = self.tiers(rtol)
        radius, fewer, lost = self.circle(tier)
        state = self.around_zero(2 * tier, radius)
        return state, float(np.max(np.abs(state - fewer))) + lost + 10 * _EPS, 2 * tier

    def circle(self, last: int) -> tuple[float, np.ndarray, float]:
        """Radius of the circle for `around_zero`, its state, and the error that is left there.

        Rates within a circle have not acted yet in its mean, so that none may be there, however
        slow; and a small circle loses digits. So this is the largest with which all smaller ones
        agree as far as these have digits (Lepskii's choice of a bandwidth, 1991). What is lost
        grows as one over the radius and shows in the changes from one circle to the next.

        Args:
            last: Highest tier.
        """
        first = self.tier0.source_rate / 16
        scale = float(np.max(np.abs(self.tier0.a + evaluate_truncated(self.chain, first, last))))
        count = int(np.log(max(first / (10 * _EPS * scale), 1.0)) / np.log(_SHRINK))
        radii = first / _SHRINK ** np.arange(2 + count)
        states = np.array([self.around_zero(last, r) for r in radii])
        n, error = choose_circle(radii, states)
        return float(radii[n]), states[n], error

    def around_zero(self, last: int, radius: float) -> np.ndarray:
        r"""The state from tiers up to `last`, as the mean of \(s\,x(s)\) over a circle around zero.

        Over n points on a circle of radius r it is off by (r / g)^n, and by rounding over r.
        """
        points = radius * np.exp(1j * np.pi * (np.arange(_POINTS // 2) + 0.5) / (_POINTS // 2))
        sums = evaluate_at_nodes(self.chain, points, last)
        # The other half of the circle has the complex conjugates.
        values = [
            (s * resolvent(self.chain, self.b, s)(k)).real
            for s, k in zip(points, sums, strict=True)
        ]
        return self.tier0.matrix(np.mean(values, axis=0))

    def interpolated(self, last: int, radius: float) -> np.ndarray:
        """The same by interpolation from real points within the radius: a third of the work.

        It is off by (r / 2g)^6, and loses about ten times more than the mean over the circle.
        Beyond the slowest rate it says nothing, where a circle still shows the state before that
        has acted: it does not serve to choose the radius.
        """
        values = [
            weight * s * resolvent(self.chain, self.b, s)(evaluate_truncated(self.chain, s, last))
            for s, weight in zip((radius * _NODES).tolist(), _WEIGHTS.tolist(), strict=True)
        ]
        return self.tier0.matrix(np.sum(values, axis=0))

    def agrees(self, last: int, radius: float, state: np.ndarray, lost: float) -> bool:
        """Whether smaller radii give an interpolated state too, within what they lose.

        Args:
            last: Highest tier.
            radius: Of the state.
            state: Interpolated.
            lost: Its error.
        """
        for more in _COARSE:
            smaller = self.interpolated(last, radius * min(lost / more, 1.0))
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
