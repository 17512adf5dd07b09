"""A sparse matrix of tiers as runs of elements, for loops over consecutive numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

_ROW = 8  # numbers of a vector: see `stretch_kernels.ROW`


class RealSteps(NamedTuple):
    """A real vector and a function that takes steps of it: see `take_steps_in_rows`."""

    take: Callable[..., tuple[int, bool, float]]
    x: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Stretches:
    """A sparse matrix as runs of elements, for which one loop over consecutive numbers suffices.

    The same unknown of all even, or of all odd, tiers stands in one stretch, and an element that
    repeats from tier to tier is a run.

    Args:
        offsets: Position of each tier, and the size, (n + 1,).
        place: Where each unknown stands, (size,).
        parity: Of the tiers of each stretch, (s,).
        length: Of every stretch, whole rows.
        target: Stretch that each run adds to, (t,).
        shift: Where a run reads, relative to where it adds, (t,).
        limits: The first and the last place in the stretch that a run adds to, (t, 2).
        data: Elements of the runs by their place in the stretch, (t, length).
        places: The run of each element of the matrix, and its place in the stretch.
    """

    offsets: np.ndarray
    place: np.ndarray
    parity: np.ndarray
    length: int
    target: np.ndarray
    shift: np.ndarray
    limits: np.ndarray
    data: np.ndarray
    places: tuple[np.ndarray, np.ndarray]

    def with_elements(self, elements: np.ndarray) -> Stretches:
        """The layout of a matrix with elements in the same places, in the same order."""
        data = np.zeros(self.data.shape, dtype=elements.dtype)
        data[self.places] = elements
        return replace(self, data=data)

    def vector(self, dtype: np.dtype[Any]) -> np.ndarray:
        """Zeros for all stretches, with a row before the first and one behind the last of them."""
        from thermalent.support.vectors import aligned

        size = len(self.parity) * self.length + 2 * _ROW
        return aligned(size) if dtype == np.float64 else np.zeros(size, dtype=dtype)

    def counts(self, active: int) -> np.ndarray:
        """How much of each stretch the tiers with the first so many unknowns take, (s,)."""
        tiers = int(np.searchsorted(self.offsets, active))
        return np.where(self.parity, tiers // 2, (tiers + 1) // 2)

    def spans(self, active: int) -> np.ndarray:
        """Begin and end of the part of each stretch that they take, (s, 2)."""
        begin = _ROW + np.arange(len(self.parity)) * self.length
        return np.column_stack([begin, begin + self.counts(active)])

    def runs(self, active: int) -> np.ndarray:
        """The runs of these tiers: where each adds, reads, finds its elements, how many, (t, 4)."""
        first = self.limits[:, 0]
        many = np.minimum(self.limits[:, 1] + 1, self.counts(active)[self.target]) - first
        at = _ROW + self.target * self.length + first
        where = np.arange(len(first)) * self.length + first
        runs = np.column_stack([at, at + self.shift, where, many])
        return runs[many > 0]

    @cached_property
    def in_rows(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Where each run reads and finds its elements, the runs of each stretch, and all elements.

        See `take_steps_in_rows`: the first two relative to where a row begins in its stretch.
        """
        from thermalent.support.vectors import aligned

        data = aligned(self.data.size)
        data[:] = self.data.ravel()
        runs = np.column_stack([self.shift, np.arange(len(self.shift)) * self.length])
        return runs, np.searchsorted(self.target, np.arange(len(self.parity) + 1)), data

    def rows(self, active: int) -> RealSteps:
        """A vector and steps of it for these tiers; the same as long as these are asked for."""
        if active not in self._last_rows:
            self._last_rows.clear()
            x = self.vector(np.dtype(float))
            self._last_rows[active] = RealSteps(self.steps_in_rows(self.spans(active), x), x)
        return self._last_rows[active]

    @cached_property
    def _last_rows(self) -> dict[int, RealSteps]:
        return {}

    def steps_in_rows(
        self, spans: np.ndarray, x: np.ndarray
    ) -> Callable[..., tuple[int, bool, float]]:
        """A function that takes steps of a real vector: see `take_steps_in_rows`."""
        from thermalent.continued_fraction.dynamics import stretch_kernels as kernels
        from thermalent.support.vectors import aligned

        masks = np.arange(_ROW) < ((spans[:, 1] - spans[:, 0] - 1) % _ROW + 1)[:, None]
        layout = (*self.in_rows, masks.astype(float))
        take = partial(kernels.take_steps_in_rows, layout, spans, x)
        room = self.vector(x.dtype), self.vector(x.dtype), self.vector(x.dtype), aligned(_ROW)
        return partial(take, room=room, side=kernels.ROW)


def alternating_layout(matrix: sparse.csr_array, offsets: np.ndarray) -> Stretches | None:
    """The layout of a matrix of tiers, or None if not every second tier has the same unknowns.

    Args:
        matrix: L, (size, size).
        offsets: Position of each tier, and the size, (n + 1,). Tier zero may lack the last unknowns
            of the even ones.
    """
    sizes = np.diff(offsets)
    if len(sizes) < 3 or sizes[0] > sizes[2] or np.any(sizes[3:] != sizes[1:-2]):
        return None
    tier = np.repeat(np.arange(len(sizes)), sizes)
    length, parity, size = -(-((len(sizes) + 1) // 2) // _ROW) * _ROW, tier % 2, len(tier)
    stretch = np.arange(size) - np.asarray(offsets)[tier] + np.where(parity, sizes[2], 0)
    place = _ROW + stretch * length + tier // 2
    elements = sparse.coo_array(matrix)
    row, col = elements.coords
    # One number for the stretch that an element adds to and the distance at which it reads.
    reach = place.max()  # more than any distance, as a row of zeros is first
    keys, run = np.unique(
        stretch[row] * (2 * reach) + place[col] - place[row] + reach, return_inverse=True
    )
    data = np.zeros((len(keys), length), dtype=matrix.dtype)
    data[run, tier[row] // 2] = elements.data
    limits = np.tile([length, -1], (len(keys), 1))
    np.minimum.at(limits[:, 0], run, tier[row] // 2)
    np.maximum.at(limits[:, 1], run, tier[row] // 2)
    return Stretches(
        offsets=np.asarray(offsets),
        place=place,
        parity=np.repeat([0, 1], [sizes[2], sizes[1]]),
        length=length,
        target=keys // (2 * reach),
        shift=keys % (2 * reach) - reach,
        limits=limits,
        data=data,
        places=(run, tier[row] // 2),
    )
