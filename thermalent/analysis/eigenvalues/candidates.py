r"""Approximate eigenvalues of the hierarchy: all of a small one, those near a shift of a large one.

Near a shift sigma the eigenvalues are the largest of \((L - \sigma)^{-1}\), found in a Krylov space
that grows by a block of vectors at a time: a single vector would miss copies of an eigenvalue.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from flint import acb, acb_mat, ctx
from scipy.linalg import qr
from scipy.sparse import eye_array
from scipy.sparse.linalg import splu

from thermalent.analysis.eigenvalues.chain import ChargeChain
from thermalent.analysis.eigenvalues.generator import BITS
from thermalent.analysis.eigenvalues.subspace import Shifted

_BLOCK = 6
# A Ritz value is taken if its residual, relative to 1/|lambda - sigma|, is below this.
_FOUND = 1e-7
# A direction this small beside the block that it came with is rounding.
_DIRECTION = 1e-11


def all_of(chain: ChargeChain) -> np.ndarray:
    """All eigenvalues of L in double precision."""
    values: np.ndarray = np.linalg.eigvals(chain.matrix.toarray())
    return values


def near(chain: ChargeChain, shift: complex, count: int, *, exact: bool) -> np.ndarray:
    """About `count` eigenvalues of L near a shift; exact solves replace inaccurate double ones."""
    solve = _exact_solve(chain, shift) if exact else _double_solve(chain, shift)
    rng = np.random.default_rng(1)
    steps = min(-(-(2 * count + 40) // _BLOCK), max(1, chain.size // _BLOCK))
    block = rng.normal(size=(chain.size, min(_BLOCK, chain.size))).astype(complex)
    basis = np.zeros((chain.size, 0), dtype=complex)
    images = np.zeros((chain.size, 0), dtype=complex)
    for _ in range(steps):
        block = _new_directions(basis, block)
        if block.shape[1] == 0:
            break
        image = solve(block)
        basis, images = np.hstack([basis, block]), np.hstack([images, image])
        block = image
    theta, vectors = np.linalg.eig(basis.conj().T @ images)
    residual = np.linalg.norm(images @ vectors - basis @ (vectors * theta), axis=0)
    good = residual <= _FOUND * np.abs(theta)
    values = shift + 1 / theta[good]
    return values[np.argsort(np.abs(values - shift), kind="stable")][:count]


def _new_directions(basis: np.ndarray, block: np.ndarray) -> np.ndarray:
    """Orthonormal columns that a block adds to a basis, without directions of rounding."""
    size = float(np.linalg.norm(block, axis=0).max())
    for least in (_DIRECTION * size, 0.5):  # the second pass corrects rounding
        block = block - basis @ (basis.conj().T @ block)
        block, triangle, _ = qr(block, mode="economic", pivoting=True)
        block = block[:, np.abs(np.diag(triangle)) > least]
    return block


def _double_solve(chain: ChargeChain, shift: complex) -> Callable[[np.ndarray], np.ndarray]:
    matrix = chain.matrix - shift * eye_array(chain.size, format="csc", dtype=complex)
    return splu(matrix.tocsc()).solve


def _exact_solve(chain: ChargeChain, shift: complex) -> Callable[[np.ndarray], np.ndarray]:
    """Solves in 77 digits between vectors in balanced levels."""
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
            levels = shifted.solve(parts)
            return np.array(
                [
                    [complex(v * w) for v in row]
                    for part, weight in zip(levels, chain.weights, strict=True)
                    for row, w in zip(part.tolist(), weight, strict=True)
                ]
            )

    return solve
