r"""How the covariance of a source of several poles follows the networks of a schedule.

With the drift H of a piece and the stationary covariance \(V_\infty\) to which it leads,

$$V(t) = V_\infty + e^{-Ht}\, (V_0 - V_\infty)\, e^{-H^\dagger t}$$

in the coordinates of the chain. The hierarchy relative to the Gaussian of this covariance is exact
(see `moving_source`), and V(t) does not jump where networks change: the vector is carried over as
it is. Where V has become stationary the generator no longer depends on time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from thermalent.continued_fraction.several_poles.moving.moving_source import (
    MovingPiece,
    MovingSource,
)

_SAME = 1e-13  # part of a covariance by which two of them differ for rounding
_WORTH_A_BREAK = 2.0  # times that the source takes to be stationary, from which steps end there


class PolesStretch(NamedTuple):
    """A time in which neither network nor the kind of motion of the source changes.

    Args:
        piece: Number of the network.
        length: How long it lasts.
        source: The source that moves; None where it is stationary.
    """

    piece: int
    length: float
    source: MovingSource | None

    def tiers(self, last: int) -> int:
        """The highest tier in use: all, as a source that cools keeps its tiers."""
        return last


def poles_stretches(pieces: Sequence[MovingPiece], rest: float) -> list[PolesStretch]:
    """The stretches of a schedule.

    Args:
        pieces: The source, network by network.
        rest: Part of the covariance that may be left of a motion when it counts as stationary.
    """
    found: list[PolesStretch] = []
    begins = [source.covariance(0.0) for source, _ in pieces]
    every = [begins[0], *(source.chain.covariance for source, _ in pieces)]
    largest = max(float(np.linalg.norm(v, 2)) for v in every)
    for number, ((source, length), begin) in enumerate(zip(pieces, begins, strict=True)):
        if np.linalg.norm(begin - source.chain.covariance, 2) <= _SAME * largest:
            found.append(PolesStretch(number, length, None))
            continue
        settled = source.settled(rest)
        if length > _WORTH_A_BREAK * settled:
            found.append(PolesStretch(number, settled, source))
            found.append(PolesStretch(number, length - settled, None))
        else:
            found.append(PolesStretch(number, length, source))
    return found
