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
from thermalent.operators.superoperators import Operator, Superoperator

# The rounding that both folds share is as large as what is drawn for one of them.
SECOND_DRAW = float(np.sqrt(2.0))


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
    depth = convergence.first_depth(chain.width)
    backward = _reversed(_first(disturbed(_as_list(chain, size))))
    change = (
        evaluate_truncated(chain, 0.0, depth) - evaluate_truncated(backward, 0.0, depth)[::-1, ::-1]
    )
    return SECOND_DRAW * change


def disturbed(chain: HierarchyChain) -> HierarchyChain:
    """The chains of some networks, as in `small.Chains`, every element off by a last place.

    Of the sum that it is; the random numbers are the same for every network.
    """
    from thermalent.continued_fraction.chain import basis_kernels, rounding_kernels

    size, charge = chain.size, chain.charge
    assert size is not None
    counts = (chain.a[0].shape[1], chain.a[1].shape[1])
    draw = (_draws if max(counts) <= SMALL else _draws.__wrapped__)(*counts)
    populations = round(np.sqrt(chain.basis[0].shape[-2]))  # the first of the even unknowns

    def blocks(parity: int) -> np.ndarray:
        rows = populations if parity == 0 else 0
        return rounding_kernels.disturbed_blocks(
            chain.a[parity], size.a[parity], draw[parity], rows
        )

    def band(given: Band, size: np.ndarray, parity: int, draw: np.ndarray) -> Band:
        rows = populations if parity == 0 else 0
        disturbed_values = rounding_kernels.disturbed_bands(
            given.row, given.col, given.value, size, draw, rows
        )
        return Band(*basis_kernels.elements(disturbed_values, charge[parity], charge[1 - parity]))

    return chain._replace(
        a=(blocks(0), blocks(1)),
        up=(
            band(chain.up[0], size.up[0], 0, draw[2]),
            band(chain.up[1], size.up[1], 1, draw[3]),
        ),
        down=(
            band(chain.down[0], size.down[0], 0, draw[4]),
            band(chain.down[1], size.down[1], 1, draw[5]),
        ),
    )


@lru_cache(maxsize=32)
def _draws(even: int, odd: int) -> tuple[np.ndarray, ...]:
    """Random numbers for A of even and odd tiers, B into them, and C into them."""
    rng = np.random.default_rng(1)
    shapes = [(even, even), (odd, odd), *2 * [(even, odd), (odd, even)]]
    return tuple(rng.standard_normal(shape) for shape in shapes)


def _as_list(chain: HierarchyChain, size: Sizes) -> HierarchyChain:
    """The chain of one network as those of a list of one."""

    def band(given: Band) -> Band:
        return given._replace(value=given.value[None])

    def pair(blocks: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        return blocks[0][None], blocks[1][None]

    return chain._replace(
        a=pair(chain.a),
        up=(band(chain.up[0]), band(chain.up[1])),
        down=(band(chain.down[0]), band(chain.down[1])),
        size=Sizes(*map(pair, size)),
    )


def _first(chain: HierarchyChain) -> HierarchyChain:
    """The chain of the only network of a list."""

    def band(given: Band) -> Band:
        return given._replace(value=given.value[0])

    return chain._replace(
        a=(chain.a[0][0], chain.a[1][0]),
        up=(band(chain.up[0]), band(chain.up[1])),
        down=(band(chain.down[0]), band(chain.down[1])),
    )


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
