r"""The variance of a source that changes, and the Gaussians relative to which it is expanded.

The hierarchy is exact relative to a Gaussian of any fixed variance W (see `coherent_source`), with
the term \(2\lambda (V_\infty - W)\sqrt{kl}\,\mu^{k-1,l-1}\). The source itself has the variance

$$V(t) = V_\infty + (V_0 - V_\infty)\, e^{-2\lambda t}$$

and in tiers scaled by s the elements fall off like \(|V(t) - W|/s^2\) per two tiers. So W follows
V(t) in leaps that keep this small: generators stay constant in between, and a leap is exact,

$$\mu_{W'} = e^{r E} \mu_W, \qquad r = W - W', \qquad (E \mu)^{kl} = \sqrt{kl}\, \mu^{k-1,l-1}$$

Tiers are scaled by s as large as the field, so that couplings to the tiers above and below are
equal; a colder field then needs fewer tiers. A leap makes rounding errors of tier N larger by up to
\(e^{rN/2s^2}\), which the decay of that tier takes back as long as leaps are short for the tiers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse

# Largest |V - W| over s^2, and times the number of tiers: what rounding grows by in a leap.
_DISTANCE, _GROWTH = 0.25, 3.0
_NEGLIGIBLE = 1e-18  # terms of a leap, relative to the state
_FEWEST_TIERS = 24
# Tiers over those of the hottest stretch, as a power of the variances. A steady state needs the
# power 1/2; but a source that cools does not diffuse, so that what the emitters remember of its
# amplitude shrinks with it and keeps its tiers.
_COOLING = 0.25


class SourceStretch(NamedTuple):
    """A time over which neither network nor reference changes.

    Args:
        piece: Number of the network.
        length: How long it lasts.
        reference: W.
        size: s^2.
        share: Tiers that it needs over those of the hottest stretch.
    """

    piece: int
    length: float
    reference: float
    size: float
    share: float

    def tiers(self, last: int) -> int:
        """The highest tier in use, where that of the hottest stretch is `last`."""
        return min(last, max(_FEWEST_TIERS, 2 * int(np.ceil(self.share * last / 2))))


class SourcePiece(NamedTuple):
    """The source in one piece of a schedule.

    Args:
        rate: Amplitude decay rate lambda.
        limit: The variance V_infinity to which it tends.
        length: How long the piece lasts.
    """

    rate: float
    limit: float
    length: float


def source_stretches(
    pieces: list[SourcePiece], begin: float, quanta: float, depth: int
) -> list[SourceStretch]:
    """The stretches of a schedule, and the W of each.

    Args:
        pieces: The source in each piece.
        begin: Its variance at time zero.
        quanta: |beta|^2 of its coherent amplitude at time zero.
        depth: How many tiers the hottest stretch takes, about.
    """
    found: list[SourceStretch] = []
    variance, hottest = begin, max([1.0, begin, quanta, *(piece.limit for piece in pieces)])
    for number, (rate, limit, length) in enumerate(pieces):
        left = length
        while left > 0 or length == 0.0:
            size = max(1.0, variance, quanta)
            share = float((size / hottest) ** _COOLING)
            allowed = min(_DISTANCE, _GROWTH / max(share * depth, 1.0)) * size
            away = limit - variance
            near = abs(away) <= allowed
            now = left
            if not near:
                now = min(left, float(-np.log1p(-allowed / abs(away)) / (2 * rate)))
            reference = limit if near else variance
            found.append(SourceStretch(number, now, reference, max(size, reference), share))
            faded = float(np.exp(-2 * rate * now))
            variance, quanta = limit - away * faded, quanta * faded
            left -= now
            if length == 0.0:
                break
    return found


def leap(raising: sparse.csr_array, y: np.ndarray, ratio: float) -> np.ndarray:
    """exp(r E / s^2) y, for r / s^2 = `ratio`; E is nilpotent."""
    total, term, order = y, y, 0
    smallest = _NEGLIGIBLE * float(np.max(np.abs(y), initial=0.0))
    while np.max(np.abs(term), initial=0.0) > smallest:
        order += 1
        term = (ratio / order) * (raising @ term)
        total = total + term
    return total
