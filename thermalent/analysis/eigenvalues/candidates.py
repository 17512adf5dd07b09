r"""Approximate eigenvalues of the hierarchy: all of a small one, those near a shift of a large one.

In ball arithmetic all eigenvalues of 130 unknowns take about a second. Near a shift sigma the
eigenvalues are the largest of \((L - \sigma)^{-1}\), found in a Krylov space that grows by a block
of vectors at a time: a single vector would miss copies of an eigenvalue.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from flint import acb, acb_mat, ctx
from scipy.linalg import qr
from scipy.sparse import eye_array
from scipy.sparse.linalg import splu

from thermalent.analysis.eigenvalues.chain import ChargeChain
from thermalent.analysis.eigenvalues.generator import BITS
from thermalent.analysis.eigenvalues.matrix.tier_blocks import uncoupled
from thermalent.analysis.eigenvalues.subspace.balls import Shifted

_BLOCK = 6
# A Ritz value is taken if its residual, relative to 1/|lambda - sigma|, is below this.
_FOUND = 1e-7
# A defective eigenvalue splits by the root of rounding, relative to its distance from the shift.
_SPLIT = 1e-6
# A direction this small beside the block that it came with is rounding.
_DIRECTION = 1e-11


def all_of(chain: ChargeChain) -> np.ndarray:
    """All eigenvalues of L in double precision, part by part of what is not coupled."""
    matrix, label = chain.matrix.toarray(), uncoupled(chain)
    parts = [np.flatnonzero(label == part) for part in range(int(np.max(label)) + 1)]
    return np.concatenate([np.linalg.eigvals(matrix[np.ix_(own, own)]) for own in parts])


def all_exactly(chain: ChargeChain) -> np.ndarray:
    """All eigenvalues of L in ball arithmetic, which resolves rates many decades apart."""
    operator = chain.exact_operators[0]
    count = np.diff(np.append(operator.first, len(operator.col)))
    rows = np.repeat(operator.rows, count).tolist()
    with ctx.workprec(BITS):
        matrix = acb_mat(chain.size, chain.size)
        for i, j, value in zip(rows, operator.col.tolist(), operator.value, strict=True):
            matrix[i, j] += value
        approximate = matrix.eig(algorithm="approx")
    return np.array([complex(value) for value in approximate])


class Near(NamedTuple):
    """Eigenvalues near a shift.

    Args:
        values: In order of their distance from it, (n,).
        uncertainty: By how much each may be off, (n,): what its residual says.
        split: By how much copies of one may seem apart, (n,).
    """

    values: np.ndarray
    uncertainty: np.ndarray
    split: np.ndarray


def near(chain: ChargeChain, shift: complex, count: int, *, exact: bool) -> Near:
    """About `count` eigenvalues of L near a shift; with exact solves where double ones lose all."""
    solve = _exact_solve(chain, shift) if exact else _double_solve(chain, shift)
    rng = np.random.default_rng(1)
    steps = min(-(-(2 * count + 40) // _BLOCK), max(1, chain.size // _BLOCK))
    block = rng.normal(size=(chain.size, min(_BLOCK, chain.size)))
    if exact or shift.imag != 0 or np.iscomplexobj(chain.matrix.data):
        block = block.astype(complex)
    spaces = np.zeros((2, chain.size, steps * block.shape[1]), dtype=block.dtype, order="F")
    known = 0
    for _ in range(steps):
        block = _new_directions(spaces[0, :, :known], block)
        added = slice(known, known + block.shape[1])
        if block.shape[1] == 0:
            break
        image = solve(block)
        spaces[0, :, added], spaces[1, :, added] = block, image
        block, known = image, added.stop
    basis, images = spaces[:, :, :known]
    theta, vectors = np.linalg.eig(basis.conj().T @ images)
    residual = np.linalg.norm(images @ vectors - basis @ (vectors * theta), axis=0)
    good = residual <= _FOUND * np.abs(theta)
    values, relative = shift + 1 / theta[good], residual[good] / np.abs(theta[good])
    distance = np.abs(values - shift)
    order = np.argsort(distance, kind="stable")[:count]
    return Near(values[order], (relative * distance)[order], _SPLIT * distance[order])


def _new_directions(basis: np.ndarray, block: np.ndarray) -> np.ndarray:
    """Orthonormal columns that a block adds to a basis, without directions of rounding."""
    size = float(np.linalg.norm(block, axis=0).max())
    for least in (_DIRECTION * size, 0.5):  # the second pass corrects rounding
        block = block - basis @ (basis.conj().T @ block)
        block, triangle, _ = qr(block, mode="economic", pivoting=True)
        block = block[:, np.abs(np.diag(triangle)) > least]
    return block


def _double_solve(chain: ChargeChain, shift: complex) -> Callable[[np.ndarray], np.ndarray]:
    real = shift.imag == 0 and not np.iscomplexobj(chain.matrix.data)
    dtype, place = (float, shift.real) if real else (complex, shift)
    matrix = chain.matrix - place * eye_array(chain.size, format="csc", dtype=dtype)
    return splu(matrix.tocsc(), permc_spec="NATURAL").solve


def _exact_solve(chain: ChargeChain, shift: complex) -> Callable[[np.ndarray], np.ndarray]:
    """Solves in 77 digits between vectors in balanced tiers."""
    with ctx.workprec(BITS):
        shifted = Shifted(chain, shift)

    def solve(b: np.ndarray) -> np.ndarray:
        with ctx.workprec(BITS):
            parts = []
            for n, weight in enumerate(chain.weights):
                rows = b[chain.start[n] : chain.start[n + 1]].tolist()
                parts.append(
                    acb_mat(
                        [
                            [acb(v.real, v.imag) / w for v in row]
                            for row, w in zip(rows, weight, strict=True)
                        ]
                    )
                )
            tiers = shifted.solve(parts)
            return np.array(
                [
                    [complex(v * w) for v in row]
                    for part, weight in zip(tiers, chain.weights, strict=True)
                    for row, w in zip(part.tolist(), weight, strict=True)
                ]
            )

    return solve
