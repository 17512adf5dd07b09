r"""Invariant subspaces from solves in double precision and products in pairs of doubles.

The right subspace X and the left subspace W are orthonormal columns in double precision, taken as
exact. The errors of both multiply in

$$M = (W^T X)^{-1}\, W^T L X$$

so that M has more digits than double precision, if they are not lost in the sums: elements of L,
products and sums are pairs of doubles, of 32 digits. What is left of \(L X - X M\) on one side,
and what it takes to correct the other, say how many digits M has.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from flint import acb, acb_mat, ctx

from thermalent.analysis.eigenvalues.chain import ChargeChain
from thermalent.analysis.eigenvalues.generator import BITS
from thermalent.analysis.eigenvalues.matrix.charge_elements import ChargeElements
from thermalent.analysis.eigenvalues.matrix.tier_blocks import whole_blocks
from thermalent.analysis.eigenvalues.subspace import pair_kernels as kernels
from thermalent.analysis.eigenvalues.subspace.balls import Group, eigenvalues_of_small
from thermalent.analysis.eigenvalues.subspace.mixed import (
    NEGLIGIBLE,
    SECOND_ORDER,
    needs_more_tiers,
)

_EPS = float(np.finfo(float).eps)
# Rounding of sums of pairs of doubles, relative to the largest that occurs: 2^-106 each.
_UNIT = 2.0**-98
# How far the shift lies off the centre, in distances of the next eigenvalue, and iterations, each
# of which gains as many digits. Vectors of a defective group become parallel to as many: there it
# stands off.
_SINGLE, _GROUP = (1e-5, 4), (1e-2, 10)
# What only has to be told from others is known to this part of it.
_ROUGHLY = 1e-4
Pair = tuple[np.ndarray, np.ndarray]


class PairedChain:
    """A chain whose eigenvalues are refined in pairs of doubles.

    Args:
        chain: The hierarchy; with blocks that are not wide.
        fewer: Highest tier of the shorter hierarchy that it is compared with.
        rtol: If the tiers left out change eigenvalues by much more than this part of them, they are
            not improved.
    """

    def __init__(self, chain: ChargeChain, fewer: int, rtol: float) -> None:
        self.chain, self.fewer, self.rtol = chain, fewer, rtol
        self.blocks = whole_blocks(chain)
        self.largest = float(np.max(abs(chain.matrix).sum(axis=0)))
        tier = chain.places.tier
        self.at = tier, np.arange(chain.size) - chain.start[tier]

    def refined(
        self, centre: complex, count: int, gap: float, *, roughly: bool = False
    ) -> tuple[Group, Group] | None:
        """The `count` eigenvalues nearest to `centre`; the next one is about `gap` away.

        Args:
            centre: Middle of the group.
            count: Its number of eigenvalues.
            gap: Distance of the next eigenvalue.
            roughly: Whether a few digits are enough, as of what only has to be told from others.

        Returns:
            The eigenvalues with fewer tiers, to first order in what these leave out, and with all;
            None, if 32 digits do not suffice.
        """
        real = self.chain.charge == 0 and centre.imag == 0
        off, iterations = _GROUP if count > 1 else _SINGLE
        away = off * gap
        shift = centre.real + away if real else centre + away * (0.8 + 0.6j)
        blocks = [part.astype(type(shift)) for part in self.blocks[1:]]
        rng = np.random.default_rng(1)
        start = rng.normal(size=(2, *blocks[0].shape[:2], count)).astype(type(shift))
        start[:, np.arange(blocks[0].shape[1]) >= self.blocks.size[:, None]] = 0
        try:
            solver = kernels.eliminated(self.blocks.size, *blocks, shift)
        except np.linalg.LinAlgError:
            return None
        right, left = kernels.iterated(*solver, blocks[2], *start, iterations)
        x, w = right[self.at], left[self.at]
        if not (np.all(np.isfinite(x)) and np.all(np.isfinite(w))):
            return None
        # What the first tier left out adds to the last that is kept.
        of_tiers = -left[self.fewer].T @ blocks[2][self.fewer] @ right[self.fewer + 1]
        of_tiers = np.linalg.solve(_bilinear(w, x, self.chain.start[self.fewer + 1]), of_tiers)
        with ctx.workprec(BITS):
            return self._improved(x, w, of_tiers, centre, (*solver, blocks[2]), roughly)

    def _improved(
        self,
        x: np.ndarray,
        w: np.ndarray,
        of_tiers: np.ndarray,
        centre: complex,
        solver: tuple[np.ndarray, ...],
        roughly: bool,
    ) -> tuple[Group, Group] | None:
        image = self._image(x, 0)
        overlap, product = _overlap(w, (_columns(x), 0 * _columns(x))), _overlap(w, image)
        try:
            inverse = overlap.inv().mid()
        except ZeroDivisionError:
            return None
        small = (inverse * product).mid()
        values = np.linalg.eigvals(_floats(small))
        coarse = np.linalg.eigvals(_floats(small) + of_tiers)
        rough = needs_more_tiers(coarse, values, self.chain.generator.largest, self.rtol)
        if rough is not None:
            return rough
        residual = _residual(image, x, small)
        left_small = (inverse.transpose() * product.transpose()).mid()
        left_residual = _residual(self._image(w, 1), w, left_small)
        step = np.zeros((*solver[0].shape[:2], x.shape[1]), dtype=solver[0].dtype)
        step[self.at] = left_residual
        step = kernels.solved_from_left(*solver, step)[self.at]
        floats = _floats(inverse)
        step = step - w @ (floats.T @ (x.T @ step))
        sizes = float(np.linalg.norm(x) * np.linalg.norm(w))
        noise = SECOND_ORDER * float(np.linalg.norm(residual) * np.linalg.norm(step))
        noise = float(np.linalg.norm(floats)) * (noise + _UNIT * self.largest * sizes)
        group = eigenvalues_of_small(small, centre, noise)
        smallest = float(np.min(np.abs(group.values)))
        least = NEGLIGIBLE * self.chain.generator.largest
        if not group.error[0] <= max(0.1 * _EPS * smallest, least):
            if not (roughly and group.error[0] <= _ROUGHLY * smallest):
                return None
            group = group._replace(rough=True)
        if self.chain.generator.rank_rounding.value:
            change = np.linalg.norm(floats @ (w.T @ (self.chain.rank_rounding_of_matrix @ x)))
            error = eigenvalues_of_small(small, centre, noise + 1.1 * float(change)).error
            group = group._replace(rank_rounding=float(np.max(error)))
        fewer = eigenvalues_of_small(small + _balls(of_tiers), centre, 0.0)
        return fewer, group

    @cached_property
    def _rows(self) -> tuple[list[tuple[np.ndarray, ...]], list[tuple[np.ndarray, ...]]]:
        """Real and imaginary parts of L row by row, and of its transpose."""
        all_of_it = self.chain.matrix_elements
        parts = [all_of_it._replace(high=all_of_it.high.real, low=all_of_it.low.real)]
        if np.iscomplexobj(all_of_it.high):
            parts.append(all_of_it._replace(high=all_of_it.high.imag, low=all_of_it.low.imag))
        turned = [part._replace(row=part.col, col=part.row) for part in parts]
        size = self.chain.size
        return [_by_row(part, size) for part in parts], [_by_row(part, size) for part in turned]

    def _image(self, x: np.ndarray, side: int) -> Pair:
        """L x, or L^T x, real and imaginary columns side by side."""
        columns, parts = _columns(x), self._rows[side]
        image = kernels.images(*parts[0], columns)
        if len(parts) == 1:
            return image
        p = x.shape[1]
        turned = np.hstack([-columns[:, p:], columns[:, :p]])  # i x
        other = kernels.images(*parts[1], turned)
        total = image[0] + other[0]
        rounded = total - image[0]
        rest = (image[0] - (total - rounded)) + (other[0] - rounded)
        return total, rest + image[1] + other[1]


def _by_row(part: ChargeElements, size: int) -> tuple[np.ndarray, ...]:
    order = np.argsort(part.row, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(part.row, minlength=size))])
    high, low = (np.ascontiguousarray(values[order]) for values in (part.high, part.low))
    return first, part.col[order], high, low


def _columns(x: np.ndarray) -> np.ndarray:
    """Real columns, and behind them imaginary ones if there are any."""
    if not np.iscomplexobj(x):
        return np.ascontiguousarray(x)
    return np.hstack([x.real, x.imag])


def _bilinear(w: np.ndarray, x: np.ndarray, until: int) -> np.ndarray:
    return np.asarray(w[:until].T @ x[:until])


def _overlap(w: np.ndarray, image: Pair) -> acb_mat:
    """W^T times an image, (p, p)."""
    high, low = kernels.overlaps(_columns(w), *image)
    p = w.shape[1]

    def ball(i: int, j: int) -> Any:
        return acb(float(high[i, j])) + acb(float(low[i, j]))

    if not np.iscomplexobj(w):
        return acb_mat([[ball(i, j) for j in range(p)] for i in range(p)])
    unit = acb(0, 1)
    return acb_mat(
        [
            [
                ball(i, j) - ball(p + i, p + j) + unit * (ball(i, p + j) + ball(p + i, j))
                for j in range(p)
            ]
            for i in range(p)
        ]
    )


def _residual(image: Pair, x: np.ndarray, small: acb_mat) -> np.ndarray:
    """L X - X M in double precision."""
    high = _floats(small)
    low = _floats(small - _balls(high))
    if np.iscomplexobj(x):
        high, low = (np.block([[m.real, m.imag], [-m.imag, m.real]]) for m in (high, low))
        left = kernels.residuals(*image, _columns(x), high, low)
        p = x.shape[1]
        return np.asarray(left[:, :p] + 1j * left[:, p:])
    return np.asarray(
        kernels.residuals(*image, _columns(x), *(np.ascontiguousarray(m.real) for m in (high, low)))
    )


def _floats(matrix: acb_mat) -> np.ndarray:
    return np.array([[complex(value) for value in row] for row in matrix.tolist()])


def _balls(matrix: np.ndarray) -> acb_mat:
    return acb_mat([[acb(complex(v).real, complex(v).imag) for v in row] for row in matrix])
