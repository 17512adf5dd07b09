r"""The matrix continued fraction of a chain of tiers, folded from the last one down.

$$S_N = s + \lambda N - A_N - Z_N B_{N+1}, \qquad Z_{N-1} = C_{N-1} S_N^{-1}, \qquad
  K(s) = Z_0 B_1$$

Blocks are dense, their couplings sparse; each tier costs one factorisation and as many
substitutions as unknowns.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg

from thermalent.continued_fraction.several_poles.tiers import BlockEntries, Tiers


def evaluate_truncated_tiers(chain: Tiers, s: complex, last: int) -> np.ndarray:
    """K(s) of the chain truncated at tier `last`, (tier0_size, tier0_size)."""
    z: np.ndarray | None = None
    for n in range(last, 0, -1):
        z = eliminated(chain, s, n, z)[0]
    return above(chain, s, z)


def number_type(chain: Tiers, s: complex) -> type:
    """Real where the chain and s are."""
    return complex if np.imag(s) != 0 or np.iscomplexobj(chain.within[0].value) else float


def eliminated(
    chain: Tiers, s: complex, n: int, z: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One tier eliminated: Z_{n-1}, and the triangular factors of S_n^T with their pivots.

    Args:
        chain: The tiers.
        s: Laplace variable.
        n: The tier, from the last one down to 1.
        z: Z_n, None at the last tier.
    """
    from thermalent.continued_fraction.several_poles import kernels  # late: it takes numba

    dtype = number_type(chain, s)
    block = _diagonal(chain, complex(s) if dtype is complex else float(np.real(s)), n, dtype)
    if z is not None:
        _subtract(block, z, chain.up[1 - n % 2], n + 1)
    if n <= _latest(chain, n):
        kernels.only_existing(block, chain.lowest[n % 2], n)
    tier0_size = chain.tier0_size
    down = chain.down[1 - n % 2]  # into n - 1
    size = tier0_size if n == 1 else chain.sizes[1 - n % 2]
    below: np.ndarray = np.zeros((size, chain.sizes[n % 2]), dtype=dtype)
    if n == 1:
        down = BlockEntries(*(part[down.row < tier0_size] for part in down))
    kernels.scatter(below, *down, n - 1, 1.0)
    if block.size == 0:  # a charge that the emitters cannot hold
        return below, block.T, np.zeros(0, dtype=np.int32)
    if size == 0:  # LAPACK takes no system without a right-hand side
        factorise = linalg.lapack.zgetrf if dtype is complex else linalg.lapack.dgetrf
        factors, pivots, info = factorise(block.T, overwrite_a=1)
        if info > 0:
            raise np.linalg.LinAlgError(f"tier {n} is singular")
        return below, factors, pivots
    solver = linalg.lapack.zgesv if dtype is complex else linalg.lapack.dgesv
    # LAPACK reads columns: it solves S^T Z^T = C^T in place.
    factors, pivots, solved, info = solver(block.T, below.T, overwrite_a=1, overwrite_b=1)
    if info > 0:
        raise np.linalg.LinAlgError(f"tier {n} is singular")
    return solved.T, factors, pivots


def above(chain: Tiers, s: complex, z: np.ndarray | None) -> np.ndarray:
    """K = Z_0 B_1, (tier0_size, tier0_size)."""
    k: np.ndarray = np.zeros((chain.tier0_size, chain.sizes[0]), dtype=number_type(chain, s))
    if z is not None:
        _subtract(k, z, chain.up[1], 1)
    return -k[:, : chain.tier0_size]


def _diagonal(chain: Tiers, s: complex, n: int, dtype: type) -> np.ndarray:
    """S + lambda n - A_n."""
    from thermalent.continued_fraction.several_poles import kernels

    size = chain.sizes[n % 2]
    block: np.ndarray = np.zeros((size, size), dtype=dtype)
    kernels.scatter(block, *chain.within[n % 2], n, -1.0)
    block[np.diag_indices(size)] += s + chain.rate * n
    return block


def _subtract(block: np.ndarray, z: np.ndarray, up: BlockEntries, tier: int) -> None:
    from thermalent.continued_fraction.several_poles import kernels

    value = np.empty_like(up.value)
    kernels.values(up.value, up.shift, tier, value)
    kernels.subtract_product(block, z, up.row, up.col, value)


def _latest(chain: Tiers, n: int) -> int:
    """The last tier at which some unknowns of its parity do not exist yet."""
    return int(np.max(chain.lowest[n % 2], initial=0)) - 1
