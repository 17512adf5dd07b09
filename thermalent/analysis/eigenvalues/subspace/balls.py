r"""Invariant subspaces of the hierarchy by two-sided inverse iteration in ball arithmetic.

A group of eigenvalues near a shift has the right subspace X and the left subspace W, and they are
those of the small matrix

$$M = (W^T X)^{-1}\, W^T L X$$

The two sides' errors multiply in M. Where several slow rates lie many decades apart, or where an
eigenvalue is defective, M has them in 77 digits.
"""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
from flint import acb, acb_mat, arb, ctx

from thermalent.analysis.eigenvalues.chain import ChargeChain
from thermalent.analysis.eigenvalues.generator import BITS
from thermalent.numerics.natural_unit import natural_unit

# The subspaces' relative accuracy at which the iteration ends; that of M is its square.
_ALIGNED = 1e-30
_MOST_ITERATIONS = 200
# So many iterations have to gain a factor of e, else eigenvalues of the group and others are as
# close to the shift, and the iteration ends with what it has.
_PATIENCE = 10
# Higher orders in the subspaces' errors.
_SECOND_ORDER = 10.0
# Rounding relative to the largest number that occurs.
_UNIT = 2.0 ** (8 - BITS)

BlockVector = list[acb_mat]  # (m_n, p) of each tier n


class Group(NamedTuple):
    """Eigenvalues that were refined together.

    Args:
        values: Eigenvalues of L, (p,) complex.
        error: Bound of the arithmetic error of each, (p,).
        rank_rounding: What the decay matrix as it is given, instead of with the rank that it stands
            for, may change.
        rough: Whether more tiers, or more digits, make the error smaller; it says nothing of others
            that belong to the group.
    """

    values: np.ndarray
    error: np.ndarray
    rank_rounding: float = 0.0
    rough: bool = False


class Shifted:
    """L - sigma of a chain, factorised tier by tier from the highest."""

    def __init__(self, chain: ChargeChain, shift: complex) -> None:
        self.blocks = chain.exact_blocks
        self.inverses: list[acb_mat] = []
        self.pivots: list[acb_mat] = []
        sigma = acb(shift.real, shift.imag)
        inverse: acb_mat | None = None
        for n in range(chain.last, -1, -1):
            diagonal, _, fall = self.blocks[n]
            pivot = diagonal - _identity(diagonal.nrows()) * sigma
            if inverse is not None and fall is not None:
                pivot -= fall * (inverse * self.blocks[n + 1][1])
            self.pivots.append(pivot.mid())
            inverse = pivot.mid().solve(_identity(pivot.nrows()), algorithm="approx")
            self.inverses.append(inverse)
        self.inverses.reverse()
        self.left_inverses = [inverse.transpose() for inverse in self.inverses]

    def log_det(self) -> complex:
        """Logarithm of det(sigma - L), up to multiples of 2 pi i."""
        total = acb(0)
        for pivot in self.pivots:
            total += (-pivot).det().mid().log()
        return complex(total.real.mid(), total.imag.mid())

    def solve(self, b: BlockVector) -> BlockVector:
        """(L - sigma)^{-1} b."""
        rises = [rise for _, rise, _ in self.blocks]
        falls = [fall for _, _, fall in self.blocks]
        return _sweep(self.inverses, rises, falls, b)

    def solve_left(self, b: BlockVector) -> BlockVector:
        """(L - sigma)^{-T} b."""
        rises = [None, *(fall.transpose() for _, _, fall in self.blocks[:-1])]
        falls = [*(rise.transpose() for _, rise, _ in self.blocks[1:]), None]
        return _sweep(self.left_inverses, rises, falls, b)

    def apply_left(self, x: BlockVector) -> BlockVector:
        """The product L^T x, without the shift."""
        image = []
        for n, (diagonal, _, _) in enumerate(self.blocks):
            total = diagonal.transpose() * x[n]
            if n > 0:
                total += self.blocks[n - 1][2].transpose() * x[n - 1]
            if n + 1 < len(self.blocks):
                total += self.blocks[n + 1][1].transpose() * x[n + 1]
            image.append(total.mid())
        return image

    def apply(self, x: BlockVector) -> BlockVector:
        """The product L x, without the shift."""
        image = []
        for n, (diagonal, rise, fall) in enumerate(self.blocks):
            total = diagonal * x[n]
            if rise is not None:
                total += rise * x[n - 1]
            if fall is not None:
                total += fall * x[n + 1]
            image.append(total.mid())
        return image


def refine(chain: ChargeChain, centre: complex, count: int, gap: float, seed: int = 1) -> Group:
    """The `count` eigenvalues of L nearest to `centre`; the next one is about `gap` away."""
    with ctx.workprec(BITS):
        # Off the centre, which may be an eigenvalue to the last bit.
        shifted = Shifted(chain, centre + 1e-6 * gap * (0.8 + 0.6j))
        rng = np.random.default_rng(seed)
        probe = _random(chain, count, rng)
        right = _iterate(chain, shifted.solve, probe)
        left = _iterate(chain, shifted.solve_left, probe, dual=True)
        image = shifted.apply(right)
        overlap = _pair(left, right)
        small = overlap.solve(_pair(left, image), algorithm="approx").mid()
        # The residual L X - X M, and that of the transpose; the error of M is their product.
        residual = [y - x * small for x, y in zip(right, image, strict=True)]
        left_small = overlap.transpose().solve(
            _pair(right, shifted.apply_left(left)), algorithm="approx"
        )
        left_residual = [
            y - w * left_small for w, y in zip(left, shifted.apply_left(left), strict=True)
        ]
        inverse = _size(overlap.inv())
        product = _norm(chain, residual) * _norm(chain, left_residual, dual=True)
        sizes = _norm(chain, right) * _norm(chain, left, dual=True)
        scale = abs(centre) + gap + _norm(chain, image) / _norm(chain, right)
        noise = inverse * (_SECOND_ORDER * product / gap + _UNIT * scale * sizes)
        group = eigenvalues_of_small(small, centre, noise)
        floats = _balanced(chain, right), _balanced(chain, left, dual=True)
        return with_rank_rounding(chain, group, small, centre, noise, overlap.inv(), *floats)


def with_rank_rounding(
    chain: ChargeChain,
    group: Group,
    small: acb_mat,
    centre: complex,
    noise: float,
    inverse: acb_mat,
    x: np.ndarray,
    w: np.ndarray,
) -> Group:
    """The group with the change by rounding of the decay matrix, to first order.

    Args:
        chain: The hierarchy.
        group: The eigenvalues of M.
        small: M.
        centre: Middle of the group.
        noise: The error of M.
        inverse: Inverse of W^T X.
        x: Right vectors in balanced tiers, (n, p) complex.
        w: Left vectors, (n, p) complex.
    """
    if chain.rank_rounding.nnz == 0:
        return group
    product = w.T @ (chain.rank_rounding @ x)
    floats = np.array([[complex(value) for value in row] for row in inverse.tolist()])
    change = 1.1 * float(np.linalg.norm(floats @ product))
    error = eigenvalues_of_small(small, centre, noise + change).error
    return group._replace(rank_rounding=float(np.max(error)))


def _balanced(chain: ChargeChain, x: BlockVector, *, dual: bool = False) -> np.ndarray:
    """Columns in balanced tiers in double precision, (n, p)."""
    rows = [
        [complex(value / w if dual else value * w) for value in row]
        for part, weight in zip(x, chain.weights, strict=True)
        for row, w in zip(part.tolist(), weight, strict=True)
    ]
    return np.array(rows)


def eigenvalues_of(chain: ChargeChain) -> Group:
    """All eigenvalues of a chain of one tier."""
    with ctx.workprec(BITS):
        return eigenvalues_of_small(chain.exact_blocks[0][0], 0j, 0.0)


def eigenvalues_of_small(small: acb_mat, centre: complex, noise: float) -> Group:
    """The eigenvalues of M, and bounds of their change by a perturbation of norm `noise`."""
    p = small.nrows()
    if p == 1:
        return Group(np.array([complex(small[0, 0])]), np.array([noise]))
    unit = natural_unit(_size(small))  # the search of eigenvalues compares with fixed numbers
    values, vectors = (small / acb(unit)).eig(right=True, algorithm="approx")
    spread = _size(small - _identity(p) * acb(centre.real, centre.imag))
    noise = noise + _UNIT * spread
    # Elsner: |difference| <= (|M| + |M + E|)^(1 - 1/p) |E|^(1/p); M may be shifted.
    error = (2 * spread + noise) ** (1 - 1 / p) * noise ** (1 / p)
    with suppress(ZeroDivisionError):
        # Bauer and Fike: discs of radius cond(V) |E|, of which p may overlap.
        condition = _size(vectors) * _size(vectors.mid().inv())
        error = float(np.fmin(error, 2 * p * condition * noise))
    return Group(np.array([complex(value * unit) for value in values]), np.full(p, error))


def _iterate(chain: ChargeChain, solve, probe: BlockVector, *, dual: bool = False) -> BlockVector:  # type: ignore[no-untyped-def]
    """Inverse iteration of a block, normalised to P^T x = 1 with the probe P."""
    x = _normalised(probe, probe)
    changes: list[float] = []
    for _ in range(_MOST_ITERATIONS):
        following = _normalised(probe, solve(x))
        change = [a - b for a, b in zip(following, x, strict=True)]
        x = following
        changes.append(_norm(chain, change, dual=dual) / _norm(chain, x, dual=dual))
        stagnant = len(changes) > _PATIENCE and changes[-1] > changes[-1 - _PATIENCE] / math.e
        if changes[-1] <= _ALIGNED or stagnant:
            break
    return x


def _normalised(probe: BlockVector, x: BlockVector) -> BlockVector:
    inverse = _pair(probe, x).inv().mid()
    return [(part * inverse).mid() for part in x]


def _sweep(
    inverses: list[acb_mat],
    rises: list[Any],
    falls: list[Any],
    b: BlockVector,
) -> BlockVector:
    b = list(b)
    for n in range(len(b) - 1, 0, -1):
        b[n - 1] = (b[n - 1] - falls[n - 1] * (inverses[n] * b[n])).mid()
    x = [(inverses[0] * b[0]).mid()]
    for n in range(1, len(b)):
        x.append((inverses[n] * (b[n] - rises[n] * x[-1])).mid())
    return x


def _pair(left: BlockVector, right: BlockVector) -> acb_mat:
    """W^T X, (p, p)."""
    total = left[0].transpose() * right[0]
    for w, x in zip(left[1:], right[1:], strict=True):
        total += w.transpose() * x
    return total.mid()


def _random(chain: ChargeChain, count: int, rng: np.random.Generator) -> BlockVector:
    """Random columns in balanced tiers; complex, so that they break every symmetry."""
    columns = []
    for part, weight in zip(chain.elements, chain.weights, strict=True):
        values = rng.normal(size=(2, len(part), count))
        rows = [
            [acb(re, im) / w for re, im in zip(*pair, strict=True)]
            for *pair, w in zip(values[0].tolist(), values[1].tolist(), weight, strict=True)
        ]
        columns.append(acb_mat(rows) if rows else acb_mat(0, count))
    return columns


def _norm(chain: ChargeChain, x: BlockVector, *, dual: bool = False) -> float:
    """Euclidean norm with the tiers balanced; of a left vector in the dual weights."""
    total = arb(0)
    for part, weight in zip(x, chain.weights, strict=True):
        for row, w in zip(part.tolist(), weight, strict=True):
            for value in row:
                size = value.abs_upper()
                total += (size / w) ** 2 if dual else (size * w) ** 2
    return float(total.sqrt())


def _size(matrix: acb_mat) -> float:
    """Frobenius norm."""
    return float(sum((value.abs_upper() ** 2 for value in matrix.entries()), arb(0)).sqrt())


def _identity(n: int) -> acb_mat:
    identity = acb_mat(n, n)
    for i in range(n):
        identity[i, i] = 1
    return identity
