"""Invariant subspaces by two-sided inverse iteration in double precision, for large blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse import eye_array
from scipy.sparse.linalg import splu

from thermalent.analysis.eigenvalues.chain import ChargeChain
from thermalent.analysis.eigenvalues.subspace.balls import Group

_EPS = float(np.finfo(float).eps)
_MOST_ITERATIONS = 60


def refine_double(chain: ChargeChain, centre: complex, count: int, gap: float) -> Group:
    """The `count` eigenvalues of L nearest to `centre`; the next one is about `gap` away.

    The residual of each side, and the rounding of L, times the norm of the oblique projector bound
    the perturbation of the small matrix.
    """
    matrix = chain.matrix.astype(complex)
    shift = centre + 1e-3 * gap * (0.8 + 0.6j)
    identity: Any = eye_array(chain.size, format="csc", dtype=complex)
    factors: Any = splu((matrix - shift * identity).tocsc(), permc_spec="NATURAL")
    rng = np.random.default_rng(1)
    start = rng.normal(size=(2, chain.size, count))
    right = orthonormal_subspace(factors.solve, start[0] + 1j * start[1])
    left = orthonormal_subspace(lambda b: factors.solve(b, trans="T"), start[0] - 1j * start[1])
    overlap = left.T @ right
    image = matrix @ right
    small = np.linalg.solve(overlap, left.T @ image)
    residual = float(np.linalg.norm(image - right @ small, 2))
    largest = float(np.max(abs(matrix).sum(axis=0)))
    projector = 1 / float(np.linalg.svd(overlap, compute_uv=False)[-1])
    noise = projector * (residual + 10 * _EPS * largest)
    values, vectors = np.linalg.eig(small)
    spread = float(np.linalg.norm(small - centre * np.eye(count), 2))
    error = noise
    if count > 1:
        # Elsner's bound, and that of Bauer and Fike with discs that may overlap.
        elsner = (2 * spread + noise) ** (1 - 1 / count) * noise ** (1 / count)
        error = min(elsner, 2 * count * float(np.linalg.cond(vectors)) * noise)
    return Group(values, np.full(count, error))


def orthonormal_subspace(solve: Callable[[np.ndarray], np.ndarray], x: np.ndarray) -> np.ndarray:
    """Orthonormal block after inverse iteration to convergence."""
    x, _ = np.linalg.qr(x)
    before = np.inf
    for _ in range(_MOST_ITERATIONS):
        following, _ = np.linalg.qr(solve(x))
        change = float(np.linalg.norm(following - x @ (x.conj().T @ following)))
        x = following
        if change < 1e-14 or (change < 1e-9 and change > 0.5 * before):
            break
        before = change
    return x
