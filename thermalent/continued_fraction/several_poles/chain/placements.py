r"""How many quanta of two kinds stand on the elements of a chain beyond the first.

The hierarchy has integers \((k_j, l_j)\) for each element j of the chain. Kept are the placements
with

$$K = \sum_{j \geq 2} (j - 1)(k_j + l_j) \leq M$$

and the quanta on u_1 follow from the tier and the charge. A quantum on u_j took j - 1 hops to get
there, and each hop is a factor of (rate of change of the field)/(rate of the emitters): K is the
order in this ratio. So eight poles have not many more placements than three.

A quantum whose next hop would leave the set needs the damping that the rest of the chain exerts on
it (`tail_damping` in `coordinates`). Without it some combinations are undamped, and truncations at
even M can be arbitrarily wrong (three poles at n_th = 1220, kappa/gamma = 1e-2: no solution at
M = 2).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np


class Placements:
    """Placements sorted by their order K.

    Args:
        k: Quanta k_j of the elements j = 2, 3, ..., (count, m - 1) integers.
        l: Quanta l_j likewise.
    """

    def __init__(self, k: np.ndarray, l: np.ndarray) -> None:
        self.k, self.l = k, l
        both = np.concatenate([k, l], axis=1)
        self._at = {tuple(row): i for i, row in enumerate(both.tolist())}
        self._both = both

    def __len__(self) -> int:
        return len(self.k)

    @property
    def conjugate(self) -> np.ndarray:
        """Position of the placement with k and l exchanged, (count,)."""
        m = self.k.shape[1]
        swapped = np.concatenate([self._both[:, m:], self._both[:, :m]], axis=1)
        return self._positions(swapped)

    def shifted(self, *changes: tuple[int, int], kind: int) -> np.ndarray:
        """Position of each placement with elements changed, -1 where it is not among them.

        Args:
            changes: Pairs of an element j (0 for u_2) and the quanta added to it.
            kind: 0 for the quanta k, 1 for l.
        """
        moved = self._both.copy()
        for element, added in changes:
            moved[:, kind * self.k.shape[1] + element] += added
        return self._positions(moved)

    def _positions(self, rows: np.ndarray) -> np.ndarray:
        return np.array([self._at.get(tuple(row), -1) for row in rows.tolist()], dtype=np.int64)


@lru_cache(maxsize=64)
def placements(elements: int, most: int) -> Placements:
    """All placements up to the order `most` on this many elements beyond the first."""
    hops = np.tile(np.arange(1, elements + 1), 2)  # to each element, for k and for l
    rows: list[tuple[tuple[int, ...], int]] = [((), most)]  # and the order that is left
    for size in hops.tolist():
        rows = [
            ((*row, quanta), left - quanta * size)
            for row, left in rows
            for quanta in range(left // size + 1)
        ]
    both = np.array([row for row, _ in rows], dtype=np.int64).reshape(len(rows), 2 * elements)
    both = both[np.argsort(both @ hops, kind="stable")]
    return Placements(both[:, :elements], both[:, elements:])


@lru_cache(maxsize=256)
def count(elements: int, most: int) -> int:
    """How many placements there are, without listing them: partitions into hops of two kinds."""
    ways = [1] + [0] * most
    for size in (*range(1, elements + 1), *range(1, elements + 1)):
        for order in range(size, most + 1):
            ways[order] += ways[order - size]
    return sum(ways)
