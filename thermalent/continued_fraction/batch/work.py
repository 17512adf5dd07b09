"""What the search for the number of tiers of many points works on, and how far it is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# Of a row of equations so many are subtracted by one instruction: rows are filled with zeros.
NUMBERS_AT_A_TIME = 8


class TierZero(NamedTuple):
    """A at tier 0 of the chains of some points, and what its unknowns stand for."""

    a: np.ndarray  # of the even tiers, (p, m_0, m_0)
    size: np.ndarray  # what its elements were summed from, (p, m_0, m_0)
    basis: np.ndarray  # operators of tier 0 as columns, (p, d^2, tier0)
    first: np.ndarray  # a point with the same operators: one for many stays in the cache, (p,)


class Work(NamedTuple):
    """Intermediate results of each point: matrices (p, tier0, tier0), vectors (p, tier0)."""

    k: np.ndarray
    before: np.ndarray  # K of the fold before
    x: np.ndarray
    x_before: np.ndarray
    above: np.ndarray  # what rounding may change in K; K of disturbed tiers until there is another
    inverse: np.ndarray  # of A_0 + K with the trace in the place of its first row, where settled


class Progress(NamedTuple):
    """The state of the search of each point, (p,) each unless another shape is given."""

    depth: np.ndarray  # the next number of tiers
    depths: np.ndarray  # the last three, (p, 3)
    folds: np.ndarray
    changes: np.ndarray  # the last three, (p, 3)
    changed: np.ndarray  # how often
    singular: np.ndarray  # singular equations met
    status: np.ndarray  # see `batch.convergence`
    error: np.ndarray
    scale: np.ndarray
    residual: np.ndarray


def beginning(depth: np.ndarray) -> Progress:
    """The state of searches that begin with so many tiers, (p,)."""
    count = len(depth)
    folds, changed, singular, status = np.zeros((4, count), dtype=np.int64)
    error, scale, residual = np.full((3, count), np.inf)
    scale[:] = 1.0
    return Progress(
        depth=depth,
        depths=np.zeros((count, 3), dtype=np.int64),
        folds=folds,
        changes=np.zeros((count, 3)),
        changed=changed,
        singular=singular,
        status=status,
        error=error,
        scale=scale,
        residual=residual,
    )
