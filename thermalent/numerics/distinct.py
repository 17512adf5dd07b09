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
            if count and (column != column[0]).any():  # most are the same for all rows
                values, of_column = np.unique(column, return_inverse=True)
                if len(first) == 1:
                    first, which = np.empty(len(values), dtype=np.int64), of_column
                    first[which[::-1]] = np.arange(count)[::-1]
                else:
                    pairs = which * len(values) + of_column
                    _, first, which = np.unique(pairs, return_index=True, return_inverse=True)
    return first, which
