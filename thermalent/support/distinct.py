"""Rows of tables that are the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def distinct(columns: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The distinct rows of a table, to the last bit.

    Args:
        columns: Parts of the table, (p, width) each.

    Returns:
        The position of the first of each, (q,), and for each row which of these it is, (p,).
    """
    count = len(columns[0])
    first, which = np.zeros(min(count, 1), dtype=np.int64), np.zeros(count, dtype=np.int64)
    for part in columns:
        for column in part.T:
            # What is the same for all rows is mostly one number, and told by a look at it.
            if count and (column != column[0]).any():
                _, of_column = np.unique(column, return_inverse=True)
                pairs = which * (of_column.max() + 1) + of_column
                _, first, which = np.unique(pairs, return_index=True, return_inverse=True)
    return first, which
