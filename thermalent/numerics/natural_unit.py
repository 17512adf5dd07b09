"""The unit in which the rates of a problem are near one."""

from __future__ import annotations

import math


def natural_unit(largest: float) -> float:
    """The power of two next above the largest rate, one if that is zero: dividing by it is exact.

    Args:
        largest: The largest rate, >= 0, finite.
    """
    return 2.0 ** math.frexp(largest)[1]
