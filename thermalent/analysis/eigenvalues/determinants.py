r"""Logarithms of det(s - L) at many s, from the pivots of the elimination of all tiers.

Parts of the hierarchy that are not coupled are eliminated by themselves: their determinants
multiply. Small blocks are eliminated for many s at once, several per instruction; this takes pivots
in the order in which they stand, and where one is much smaller than what is below it, that s is
done again with pivots that are searched for.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from flint import ctx

from thermalent.analysis.eigenvalues import counting_kernels as kernels
from thermalent.analysis.eigenvalues.chain import ChargeChain
from thermalent.analysis.eigenvalues.counting_pair_kernels import log_determinants_of_pairs
from thermalent.analysis.eigenvalues.generator import BITS
from thermalent.analysis.eigenvalues.matrix.tier_blocks import (
    TierBlocks,
    separate_blocks,
    separate_blocks_of_pairs,
)
from thermalent.analysis.eigenvalues.subspace.balls import Shifted

# Blocks up to this width are eliminated by a compiled loop, in parts that take below a second each.
_NARROW = 40
_LOOP = 2e8
_CHUNK = 2_000_000  # elements of a batch of blocks
# A multiplier this large in an elimination loses its digits.
_LARGEST_MULTIPLIER = 1e3

LogDet = Callable[[np.ndarray], np.ndarray]


def log_det_double(chain: ChargeChain) -> LogDet:
    """Logarithm of det(s - L) in double precision, up to multiples of 2 pi i."""
    parts = separate_blocks(chain)

    def log_det(s: np.ndarray) -> np.ndarray:
        total = np.zeros(len(s), dtype=complex)
        for part in parts:
            narrow = part.diagonal.shape[1] <= _NARROW
            total += (_of_narrow if narrow else _of_wide)(s, part)
        return total

    return log_det


def _of_narrow(s: np.ndarray, part: TierBlocks) -> np.ndarray:
    """By compiled loops."""
    work = len(s) * len(part.size) * part.diagonal.shape[1] ** 3
    found = []
    for points in np.array_split(s, max(1, int(work // _LOOP))):
        values, multiplier = kernels.log_determinants_in_lanes(points, *part)
        lost = ~np.isfinite(values) | (multiplier > _LARGEST_MULTIPLIER)
        doubtful = np.flatnonzero(lost)
        if doubtful.size:
            values[doubtful] = kernels.log_determinants(points[doubtful], *part)
        found.append(values)
    return np.concatenate(found)


def _of_wide(s: np.ndarray, part: TierBlocks) -> np.ndarray:
    """By LAPACK, for many s together."""
    batches = max(1, len(s) * part.diagonal.shape[1] ** 2 // _CHUNK)
    return np.concatenate([_batch(points, part) for points in np.array_split(s, batches)])


def _batch(s: np.ndarray, part: TierBlocks) -> np.ndarray:
    total = np.zeros(len(s), dtype=complex)
    size = part.size.tolist()
    tail = np.zeros((len(s), 0, size[-1]))  # (points, m_{n+1}, m_n)
    for n in range(len(size) - 1, -1, -1):
        width, above = size[n], tail.shape[1]
        pivot = s[:, None, None] * np.eye(width) - part.diagonal[n, :width, :width]
        pivot = pivot - part.fall[n, :width, :above] @ tail
        sign, magnitude = np.linalg.slogdet(pivot)
        total += magnitude + np.log(sign)
        if n > 0:
            rise = part.rise[n, :width, : size[n - 1]]
            tail = np.linalg.solve(pivot, np.broadcast_to(rise, (len(s), *rise.shape)))
    return total


def log_det_of_pairs(chain: ChargeChain) -> LogDet:
    """Logarithm of det(s - L) in pairs of doubles, of 32 digits, for rates over some decades."""
    parts = separate_blocks_of_pairs(chain)

    def log_det(s: np.ndarray) -> np.ndarray:
        return np.sum([log_determinants_of_pairs(s, *part) for part in parts], axis=0)

    return log_det


def log_det_exact(chain: ChargeChain) -> LogDet:
    """Logarithm of det(s - L) in ball arithmetic, for rates over many decades."""

    def log_det(s: np.ndarray) -> np.ndarray:
        with ctx.workprec(BITS):
            return np.array([Shifted(chain, complex(point)).log_det() for point in s])

    return log_det
