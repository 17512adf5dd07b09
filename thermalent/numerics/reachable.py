"""What can be reached through the elements of a matrix that are not zero."""

from __future__ import annotations

from typing import Any

import numpy as np


def reachable(seed: np.ndarray, pattern: Any) -> np.ndarray:
    """Positions that a seed populates, in any number of steps.

    Args:
        seed: Where it begins, (n,) of bool.
        pattern: A matrix, dense or sparse, whose element [i, j] is positive if j leads to i, and
            else zero, (n, n).

    Returns:
        The positions, ascending, those of the seed included.
    """
    while True:
        grown = seed | (pattern @ seed.astype(float) > 0)
        if np.array_equal(grown, seed):
            return np.flatnonzero(seed)
        seed = grown
