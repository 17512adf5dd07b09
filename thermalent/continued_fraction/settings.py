"""The settings of a continued fraction, for all parts of the solver."""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np

from thermalent.continued_fraction.lattice.solve import DEFAULT_RTOL
from thermalent.solution.record import MethodRecord

_Tiers = TypeVar("_Tiers", int, np.ndarray)

_SMALLEST_EVOLVED = 1e-10  # below it the rounding of contours dominates


class Settings(NamedTuple):
    """The parameters of the method, and its record for the results.

    Args:
        record: The method, for results.
        rtol: Relative accuracy; None for the default.
        n_max: Keep the tiers k + l <= 2 n_max instead.
        digits: Decimal digits instead.
        doubles: Whether what doubles give is enough, whatever its error.
    """

    record: MethodRecord
    rtol: float | None
    n_max: int | None
    digits: int | None
    doubles: bool = False

    @property
    def aimed_rtol(self) -> float:
        """The relative error that is aimed at: the given one, or the default."""
        return DEFAULT_RTOL if self.rtol is None else self.rtol

    @property
    def evolution_tolerance(self) -> float:
        """The error of states over time that is aimed at."""
        return max(self.aimed_rtol, _SMALLEST_EVOLVED)

    @property
    def last(self) -> int | None:
        """The highest tier, if it was given by `n_max`."""
        return None if self.n_max is None else 2 * self.n_max


def n_max_of(tiers: _Tiers) -> _Tiers:
    """The smallest n_max with which all tiers up to one are kept."""
    return (tiers + 1) // 2
