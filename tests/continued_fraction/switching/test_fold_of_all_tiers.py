"""The elimination of a start on all tiers, against a dense solve, with blocks of all shapes."""

import numpy as np
import pytest

from thermalent.continued_fraction.switching import kernels


@pytest.mark.parametrize("sizes", [(3, 3, 3, 3), (2, 3, 2, 3), (4, 1, 3), (2,), (3, 3)])
@pytest.mark.parametrize("z", [0.4 + 0.7j, 2.0 + 0j])
def test_folding_and_unfolding_is_a_dense_solve(rng, sizes, z):
    offset = np.concatenate([[0], np.cumsum(sizes)])
    count, most, size = len(sizes), max(sizes), sum(sizes)
    own, up, down = (np.zeros((count, most, most), dtype=complex) for _ in range(3))
    whole = np.zeros((size, size), dtype=complex)
    for n, rows in enumerate(sizes):
        here = slice(offset[n], offset[n + 1])
        for blocks, m in ((own, n), (up, n - 1), (down, n + 1)):
            if not 0 <= m < count:
                continue
            block = rng.normal(size=(rows, sizes[m])) + 1j * rng.normal(size=(rows, sizes[m]))
            block -= 4 * np.eye(rows) if m == n else 0.0
            blocks[n, :rows, : sizes[m]] = block
            whole[here, offset[m] : offset[m + 1]] = block
    y = rng.normal(size=size) + 1j * rng.normal(size=size)
    expected = np.linalg.solve(z * np.eye(size) - whole, y)
    ground, tails = kernels.fold(own, up, down, offset, z, y)
    first = sizes[0]
    x = np.zeros(size, dtype=complex)
    x[:first] = np.linalg.solve(ground[:first, :first], ground[:first, first])
    kernels.unfold(tails, offset, x)
    np.testing.assert_allclose(x, expected, rtol=1e-11, atol=1e-12)
