r"""The rounding error of the assembled tiers, and its effect on the solution.

An element of A, B or C is a sum of products, off by a few eps times the sum of their absolute
values, however small it is itself. To first order the solution at tier 0 changes by

$$\delta x = (A_0 + K)^{-1}\, (\delta A_0 + \delta K)\, x$$

The elements are taken as independent, so that their contributions add up in squares. The effect of
rounding at the tiers above zero, \(\delta K\), is sampled by disturbing them at random.
"""

from __future__ import annotations

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
    full = generator(h)
    basis = tuple(abs(part) for part in chain.basis)
    a, up, down = summed(full.a), abs(full.up), abs(full.down)
    return Sizes(
        a=(_table(basis[0], a, basis[0]), _table(basis[1], a, basis[1])),
        up=(_table(basis[0], up, basis[1]), _table(basis[1], up, basis[0])),
        down=(_table(basis[0], down, basis[1]), _table(basis[1], down, basis[0])),
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
