"""The recurrence of the fraction for large blocks, by LAPACK and sparse bands."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from thermalent.continued_fraction.chain.chain import Band, HierarchyChain


def up_block(chain: HierarchyChain, n: int) -> sparse.csr_array:
    """The block B_n from tier n - 1 into tier n."""
    band = chain.up[n % 2]
    return _block(chain, n, band, band.rising(n))


def down_block(chain: HierarchyChain, n: int) -> sparse.csr_array:
    """The block C_n from tier n + 1 into tier n."""
    band = chain.down[n % 2]
    return _block(chain, n, band, band.falling(n))


def diagonal_block(chain: HierarchyChain, s: complex, n: int) -> np.ndarray:
    """The block s + lambda n - A_n."""
    block = -chain.a[n % 2].astype(np.result_type(type(s), float))
    block[np.diag_indices_from(block)] += s + chain.rate * n
    return block


def evaluate_truncated_dense(chain: HierarchyChain, s: complex, last: int) -> np.ndarray:
    """The sum K of the chain truncated at tier `last`, from the tail down, by LAPACK."""
    tail: np.ndarray | None = None
    for n in range(last, 0, -1):
        d = diagonal_block(chain, s, n)
        if tail is not None:
            d -= down_block(chain, n) @ tail
        right = up_block(chain, n).toarray()
        tail = np.linalg.solve(d, right)  # scipy would warn beside a pole, where one is sought
    assert tail is not None
    tier0_size = chain.tier0_size
    return (down_block(chain, 0) @ tail)[:tier0_size, :tier0_size]


def _block(chain: HierarchyChain, n: int, band: Band, values: np.ndarray) -> sparse.csr_array:
    shape = (chain.a[n % 2].shape[0], chain.a[1 - n % 2].shape[0])
    return sparse.csr_array((values, (band.row, band.col)), shape=shape)
