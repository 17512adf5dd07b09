"""What the parts of the continued fraction are told of the method."""

from __future__ import annotations

from typing import NamedTuple

from thermalent.continued_fraction.lattice.solve import DEFAULT_RTOL
from thermalent.solution.record import MethodRecord


class Settings(NamedTuple):
    """The parameters of the method, and its record for the results.

    Args:
        record: The method, for results.
        rtol: Relative accuracy that was asked for; None for the default.
        n_max: HierarchyChain k + l <= 2 n_max that were asked for instead.
        digits: Decimal digits that were asked for instead.
    """

    record: MethodRecord
    rtol: float | None
    n_max: int | None
    digits: int | None

    @property
    def aimed_rtol(self) -> float:
        """The relative error that is aimed at: the one asked for, or that of the default."""
        return DEFAULT_RTOL if self.rtol is None else self.rtol

    @property
    def last(self) -> int | None:
        """The highest level, if that was asked for."""
        return None if self.n_max is None else 2 * self.n_max
