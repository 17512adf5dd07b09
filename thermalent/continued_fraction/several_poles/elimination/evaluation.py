r"""The matrix continued fraction of a chain of tiers, folded from the last one down.

$$S_N = s + \lambda N - A_N - Z_N B_{N+1}, \qquad Z_{N-1} = C_{N-1} S_N^{-1}, \qquad
  K(s) = Z_0 B_1$$

Blocks are dense, their couplings sparse. Small blocks are eliminated by a compiled loop, large ones
by LAPACK, tier by tier.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import linalg

from thermalent.continued_fraction.chain.tiers import Tiers
from thermalent.solution.errors import LostDigitsError
from thermalent.support.progress import still_working

# Largest block that the compiled loop eliminates faster than LAPACK with its calls, measured.
_SMALL = {float: 80, complex: 36}


class Factors(NamedTuple):
    """Triangular factors of S_n^T of the tiers `first`, `first` + 1, ... with their pivots."""

    first: int
    lu: np.ndarray
    pivots: np.ndarray


_COMPLEX = 4.0  # multiplications of a product of complex numbers


def fold_work(tiers: int, size: float) -> float:
    """Multiplications of a fold of so many tiers of complex blocks, about."""
    return _COMPLEX * (4 / 3) * tiers * size**3


def evaluate_truncated_tiers(chain: Tiers, s: complex, last: int) -> np.ndarray:
    """K(s) of the chain truncated at tier `last`, (tier0_size, tier0_size)."""
    z = eliminate_tiers(chain, s, last, 1)[0] if last > 0 else None
    return above(chain, s, z)


def number_type(chain: Tiers, s: complex) -> type:
    """Real where the chain and s are."""
    return complex if np.imag(s) != 0 or np.iscomplexobj(chain.within[0].value) else float


def eliminate_tiers(
    chain: Tiers,
    s: complex,
    top: int,
    bottom: int,
    z: np.ndarray | None = None,
    t: np.ndarray | None = None,
    keep: int = 0,
) -> tuple[np.ndarray, Factors]:
    """Z_{bottom-1}, and the factors of the lowest tiers.

    Args:
        chain: The tiers.
        s: Laplace variable.
        top: The first tier to eliminate.
        bottom: The last one, at least 1.
        z: Z_top; None at the last tier of all.
        t: A start on all tiers, (tiers, largest size); b_N becomes t_N = b_N + Z_N t_{N+1}.
        keep: The highest tier whose factors are returned.

    Raises:
        LostDigitsError: a tier is singular.
    """
    # Late, because it takes numba.
    from thermalent.continued_fraction.several_poles.elimination import sweep_kernels

    dtype = number_type(chain, s)
    sizes, largest = chain.sizes, max(chain.sizes)
    count = max(0, min(keep, top) - bottom + 1)
    lu: np.ndarray = np.zeros((count, largest, largest), dtype=dtype)
    pivots = np.zeros((count, largest), dtype=np.int64)
    if t is None:
        t = np.zeros((0, 0), dtype=dtype)
    blocks: tuple[np.ndarray, ...] = tuple(np.empty((size, size), dtype=dtype) for size in sizes)
    right: tuple[np.ndarray, ...] = tuple(
        np.empty((sizes[p], sizes[1 - p]), dtype=dtype) for p in (0, 1)
    )
    if z is not None:
        right[(top + 1) % 2][:] = z.T
    number = complex(s) if dtype is complex else float(np.real(s))
    parts = (chain.within, chain.up, chain.down, chain.lowest, chain.rate, number)
    # LAPACK takes no empty systems: of a charge that the emitters cannot hold at one parity.
    if largest <= _SMALL[dtype] or min(sizes) == 0:
        singular = sweep_kernels.eliminate_stretch(
            blocks, right, *parts, top, bottom, z is not None, t, lu, pivots
        )
        if singular:
            raise LostDigitsError(f"tier {singular} is singular")
    else:
        solver = linalg.lapack.zgesv if dtype is complex else linalg.lapack.dgesv
        for n in range(top, bottom - 1, -1):
            still_working()
            p, begun = n % 2, z is not None or n < top
            sweep_kernels.prepare(blocks, right, *parts, n, begun, t)
            factors, at, solved, info = solver(blocks[p], right[p])
            if info > 0:
                raise LostDigitsError(f"tier {n} is singular")
            right[p][:] = solved
            if n - bottom < count:
                lu[n - bottom, : sizes[p], : sizes[p]] = factors
                pivots[n - bottom, : sizes[p]] = at
    return right[bottom % 2].T, Factors(bottom, lu, pivots)


def above(chain: Tiers, s: complex, z: np.ndarray | None) -> np.ndarray:
    """K = Z_0 B_1, (tier0_size, tier0_size)."""
    size = chain.tier0_size
    k: np.ndarray = np.zeros((size, chain.sizes[0]), dtype=number_type(chain, s))
    if z is not None:
        up = chain.up[1]
        for row, col, value in zip(up.row.tolist(), up.col.tolist(), up.at(1), strict=True):
            k[:, col] += z[:size, row] * value
    return k[:, :size]
