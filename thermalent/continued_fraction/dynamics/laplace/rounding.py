r"""Copies of a chain with other roundings of its entries.

Every entry of A, B and C is a sum that was rounded when it was assembled. An entry of
\(U^\dagger S U\) is known to a few eps times that of \(|U|^\dagger |S| |U|\). What a solution
loses by that (a slow rate that is the difference of fast ones) shows in a chain whose entries are
moved by as much, each in a random direction from a fixed seed.
"""

from __future__ import annotations

import numpy as np

from thermalent.continued_fraction.chain.chain import Band, HierarchyChain, generator
from thermalent.continued_fraction.chain.hierarchy import Hierarchy

# The bound of a sum of few terms, rather than what is typical: the difference is an error.
_PER_ENTRY = 4 * float(np.finfo(float).eps)
_SEED = 20260


def redrawn(chain: HierarchyChain, h: Hierarchy | None = None, charge: int = 0) -> HierarchyChain:
    """The chain with every entry changed within its rounding error.

    Args:
        chain: The tiers.
        h: Their hierarchy, if the rounding of the rotation into its frame is to be covered.
        charge: Total charge of the chain.
    """
    rng = np.random.default_rng(_SEED)
    sizes = None
    if h is not None and isinstance(h.liouvillian, np.ndarray):
        terms = generator(h, charge)
        sizes = [np.abs(np.asarray(part)) for part in (terms.a, terms.up, terms.down)]
    modulus = [np.abs(basis) for basis in chain.basis]

    def bound(which: int, target: int, origin: int) -> np.ndarray | None:
        """Sums of absolute values behind the entries from parity `origin` to `target`, (m, m')."""
        return None if sizes is None else modulus[target].T @ sizes[which] @ modulus[origin]

    def moved(values: np.ndarray, size: np.ndarray | None) -> np.ndarray:
        known = np.abs(values) if size is None else np.maximum(np.abs(values), size)
        sign = rng.choice((-1.0, 1.0), size=values.shape)
        return np.where(values != 0, values + sign * _PER_ENTRY * known, values)

    def band(part: Band, which: int, parity: int) -> Band:
        size = bound(which, parity, 1 - parity)
        return part._replace(
            value=moved(part.value, None if size is None else size[part.row, part.col])
        )

    return chain._replace(
        a=(moved(chain.a[0], bound(0, 0, 0)), moved(chain.a[1], bound(0, 1, 1))),
        up=(band(chain.up[0], 1, 0), band(chain.up[1], 1, 1)),
        down=(band(chain.down[0], 2, 0), band(chain.down[1], 2, 1)),
    )
