r"""How many quanta of two kinds stand on the elements of a chain beyond the first.

The hierarchy has integers \((k_j, l_j)\) for each element j of the chain. Kept are the placements
with

$$K = \sum_{j \geq 2} (k_j + l_j) \leq M$$

and the quanta on u_1 follow from the tier and the charge. Every quantum that has left u_1 can move
on to the damped end of the chain within this set. That is what makes the truncation stable: if a
quantum counts more the further it is from u_1, truncations at even M keep undamped combinations and
can be arbitrarily wrong (three poles at n_th = 1220, kappa/gamma = 1e-2: no entanglement at all
instead of C = 0.856).
"""

from __future__ import annotations

from functools import lru_cache
from math import comb

import numpy as np


class Placements:
    """Placements sorted by their number of quanta.

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
    """All placements of up to `most` quanta on this many elements beyond the first."""
    rows: list[tuple[int, ...]] = [()]
    for _ in range(2 * elements):
        rows = [(*row, quanta) for row in rows for quanta in range(most - sum(row) + 1)]
    both = np.array(rows, dtype=np.int64).reshape(len(rows), 2 * elements)
    both = both[np.argsort(both.sum(axis=1), kind="stable")]
    return Placements(both[:, :elements], both[:, elements:])


def count(elements: int, most: int) -> int:
    """How many placements there are, without listing them."""
    return comb(most + 2 * elements, most)
