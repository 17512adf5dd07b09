r"""The rounding error of the assembled tiers, and its effect on the solution.

An element of A, B or C is a sum of products, off by a few eps times the sum of their absolute
values, however small it is itself. To first order the solution at tier 0 changes by

$$\delta x = (A_0 + K)^{-1}\, (\delta A_0 + \delta K)\, x$$

The elements are taken as independent, so that their contributions add up in squares. The effect of
rounding at the tiers above zero, \(\delta K\), is sampled by disturbing them at random.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from thermalent.continued_fraction.chain import convergence
from thermalent.continued_fraction.chain.chain import (
    Band,
    HierarchyChain,
    Sizes,
    generator,
    summed,
)
from thermalent.continued_fraction.chain.fraction import SMALL, evaluate_truncated
from thermalent.continued_fraction.chain.hierarchy import Hierarchy
from thermalent.continued_fraction.chain.one_structure.blocks import block_bands, blocks_of_one
from thermalent.operators.superoperators import Operator, Superoperator


def sizes(h: Hierarchy, chain: HierarchyChain) -> Sizes:
    """Sums of the absolute values of the terms of each element of a hierarchy's tiers."""
    full, bases = generator(h), [abs(basis) for basis in chain.basis]

    def block(part: Superoperator, rows: int, columns: int) -> np.ndarray:
        return _table(bases[rows], part, bases[columns])

    return _by_parity(block, summed(full.a), abs(full.up), abs(full.down))


def real_sizes(h: Hierarchy, chain: HierarchyChain) -> Sizes:
    """The same for a chain of charge zero, whose elements are sums of real parts alone.

    Args:
        h: The hierarchy.
        chain: Its chain, of the scale that balances the tiers.
    """
    full, bases = generator(h), chain.basis

    def block(part: Superoperator, rows: int, columns: int) -> np.ndarray:
        left, right = (
            (abs(basis.real), abs(basis.imag)) for basis in (bases[rows], bases[columns])
        )
        of = summed(part.real), summed(part.imag)
        tables = [_table(left[i], of[(i + j) % 2], right[j]) for i in range(2) for j in range(2)]
        return np.asarray(np.sum(tables, axis=0))

    return _by_parity(block, full.a, full.up, full.down)


def _by_parity(
    block: Callable[[Superoperator, int, int], np.ndarray],
    a: Superoperator,
    up: Superoperator,
    down: Superoperator,
) -> Sizes:
    """The blocks of A, B and C between even and odd tiers."""
    return Sizes(
        a=(block(a, 0, 0), block(a, 1, 1)),
        up=(block(up, 0, 1), block(up, 1, 0)),
        down=(block(down, 0, 1), block(down, 1, 0)),
    )


def _table(left: Operator, superoperator: Superoperator, right: Operator) -> np.ndarray:
    table = left.T @ (superoperator @ right)
    return table if isinstance(table, np.ndarray) else table.toarray()


def lost_above(chain: HierarchyChain, size: Sizes) -> np.ndarray:
    """One random draw of the change of K by rounding of the tiers above zero, (tier0, tier0).

    The difference of two folds, the second one with its blocks disturbed at random and eliminated
    in reverse order. A few tiers show it: as many as a fraction is begun with.
    """
    from thermalent.continued_fraction.chain.kernels import rounding as rounding_kernels

    depth = convergence.first_depth(chain.width)
    backward = _reversed(disturbed_chain(chain, size))
    change = (
        evaluate_truncated(chain, 0.0, depth) - evaluate_truncated(backward, 0.0, depth)[::-1, ::-1]
    )
    return rounding_kernels.SECOND_DRAW * change


def disturbed_chain(chain: HierarchyChain, size: Sizes) -> HierarchyChain:
    """The chain of one network, every element off by a last place of the sum that it is."""
    populations = round(np.sqrt(chain.basis[0].shape[-2]))
    moved = disturbed(*blocks_of_one(chain, size), chain.charge, populations)
    up, down = block_bands(moved, chain.charge, 0)
    return chain._replace(a=(moved[0][0], moved[1][0]), up=up, down=down)


def disturbed(
    blocks: tuple[np.ndarray, ...],
    sizes: tuple[np.ndarray, ...],
    charge: tuple[np.ndarray, np.ndarray],
    populations: int,
) -> tuple[np.ndarray, ...]:
    """The six blocks of some networks, every element off by a last place of the sum that it is.

    The random numbers are the same for every network.

    Args:
        blocks: A, B and C of even and odd tiers, six blocks (p, rows, columns).
        sizes: What their elements were summed from, as the blocks.
        charge: Of the even and of the odd unknowns.
        populations: How many of the even unknowns, the first, are populations.
    """
    from thermalent.continued_fraction.chain.kernels import rounding as rounding_kernels

    counts = (len(charge[0]), len(charge[1]))
    draws = (_draws if max(counts) <= SMALL else _draws.__wrapped__)(*counts)
    moved: tuple[np.ndarray, ...] = rounding_kernels.disturbed_chains(
        blocks, sizes, draws, (populations, 0)
    )
    return moved


@lru_cache(maxsize=32)
def _draws(even: int, odd: int) -> tuple[np.ndarray, ...]:
    """Random numbers for A of even and odd tiers, B into them, and C into them."""
    rng = np.random.default_rng(1)
    shapes = [(even, even), (odd, odd), *2 * [(even, odd), (odd, even)]]
    return tuple(rng.standard_normal(shape) for shape in shapes)


def _reversed(chain: HierarchyChain) -> HierarchyChain:
    """The chain with the unknowns of every tier in reverse order."""
    even, odd = (np.arange(block.shape[0]) for block in chain.a)
    places = (
        np.concatenate([even[: chain.tier0_size][::-1], even[chain.tier0_size :][::-1]]),
        odd[::-1],
    )

    def block(parity: int) -> np.ndarray:
        place = places[parity]
        return np.ascontiguousarray(chain.a[parity][np.ix_(place, place)])

    def band(given: Band, parity: int) -> Band:
        # A reversal is its own inverse, so the places are the new positions as well.
        return given._replace(row=places[parity][given.row], col=places[1 - parity][given.col])

    return chain._replace(
        a=(block(0), block(1)),
        up=(band(chain.up[0], 0), band(chain.up[1], 1)),
        down=(band(chain.down[0], 0), band(chain.down[1], 1)),
    )
