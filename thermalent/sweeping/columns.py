"""The columns of a block: one array for each number that a sweep has of every point."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from thermalent.sweeping.reading.emission import Variable

SOLVED, FAILED = 1, 2  # statuses; 0 is a point not computed yet

Columns = dict[str, np.ndarray]


def blank(observables: Sequence[Variable], count: int) -> Columns:
    """Columns of points that are not computed."""
    columns: Columns = {}
    for observable in observables:
        columns[observable.name] = np.full(count, np.nan)
        columns[f"{observable.name}_error"] = np.full(count, np.nan)
    columns["error"] = np.full(count, np.nan)
    columns["n_max"] = np.full(count, -1, dtype=np.int32)
    columns["message"] = np.full(count, "", dtype=object)
    columns["status"] = np.zeros(count, dtype=np.int8)
    return columns
