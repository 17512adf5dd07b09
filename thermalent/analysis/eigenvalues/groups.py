"""Approximate eigenvalues in groups that have to be refined together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


class Cluster(NamedTuple):
    """Eigenvalues close to each other: their middle, their number, the distance to the next."""

    centre: complex
    size: int
    gap: float


def clusters(values: np.ndarray, others: np.ndarray, width: float, *, real: bool) -> list[Cluster]:
    """Group the eigenvalues that lie within `width` of each other.

    Args:
        values: The eigenvalues to group.
        others: Further ones, for the distance to the next.
        width: Distance up to which two belong together.
        real: Whether eigenvalues come in conjugate pairs: only the upper half plane is returned.
    """
    distance = np.abs(values[:, None] - values[None, :])
    _, label = connected_components(coo_array(distance <= width), directed=False)
    groups = []
    for group in range(int(np.max(label, initial=-1)) + 1):
        inside = label == group
        centre = complex(np.mean(values[inside]))
        if real and abs(centre.imag) <= width:
            centre = complex(centre.real)
        if real and centre.imag < 0:
            continue
        outside = np.concatenate([values[~inside], others])
        gap = float(np.min(np.abs(outside - centre), initial=np.inf))
        reach = float(np.max(np.abs(values[inside] - centre)))
        if not np.isfinite(gap):
            gap = max(2 * reach, abs(centre), width)
        groups.append(Cluster(centre, int(np.count_nonzero(inside)), gap))
    return groups
