r"""What assembling the levels in double precision may have lost, and what that changes.

An element of A, B or C is a sum of products, off by a few eps times the sum of their absolute
values, however small it is itself. To first order the solution at level 0 changes by

$$\delta x = (A_0 + K)^{-1}\, (\delta A_0 + \delta K)\, x$$

The elements are taken as independent, so that their contributions add up in squares. What the
levels above zero make of their own rounding, \(\delta K\), is seen by disturbing them at random.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from thermalent.continued_fraction.chain import convergence
from thermalent.continued_fraction.chain.chain import Band, HierarchyChain, generator, summed
from thermalent.continued_fraction.chain.fraction import evaluate_truncated
from thermalent.continued_fraction.chain.hierarchy import Hierarchy
from thermalent.operators.superoperators import Operator, Superoperator

_EPS = float(np.finfo(float).eps)


class Sizes(NamedTuple):
    """Sums of the absolute values that the elements were summed from.

    Args:
        a: Of A of even and odd levels, (m_0, m_0) and (m_1, m_1).
        up: Of B into even and odd levels, (m_0, m_1) and (m_1, m_0).
        down: The same of C.
    """

    a: tuple[np.ndarray, np.ndarray]
    up: tuple[np.ndarray, np.ndarray]
    down: tuple[np.ndarray, np.ndarray]


def sizes(h: Hierarchy, chain: HierarchyChain) -> Sizes:
    """What the elements of a hierarchy's levels were summed from."""
    whole = generator(h)
    basis = tuple(abs(part) for part in chain.basis)
    a, up, down = summed(whole.a), abs(whole.up), abs(whole.down)
    return Sizes(
        a=(_table(basis[0], a, basis[0]), _table(basis[1], a, basis[1])),
        up=(_table(basis[0], up, basis[1]), _table(basis[1], up, basis[0])),
        down=(_table(basis[0], down, basis[1]), _table(basis[1], down, basis[0])),
    )


def _table(left: Operator, superoperator: Superoperator, right: Operator) -> np.ndarray:
    table = left.T @ (superoperator @ right)
    return table if isinstance(table, np.ndarray) else table.toarray()


def lost_above(chain: HierarchyChain, size: Sizes) -> np.ndarray:
    """How the rounding of the levels above zero may change K, one random draw, (ground, ground).

    The difference of two folds whose blocks are disturbed at random, the second one eliminated in
    reverse order. A few levels show it: as many as a fraction is begun with.
    """
    rng = np.random.default_rng(1)
    depth = convergence.first_depth(chain.width)
    forward = evaluate_truncated(_disturbed(chain, size, rng), 0.0, depth)
    backward = evaluate_truncated(_reversed(_disturbed(chain, size, rng)), 0.0, depth)
    return forward - backward[::-1, ::-1]


def _disturbed(chain: HierarchyChain, size: Sizes, rng: np.random.Generator) -> HierarchyChain:
    """Every element off by a last place of its sum, those that were set to zero as well."""
    populations = round(np.sqrt(chain.basis[0].shape[0]))  # the first of the even unknowns

    def noise(by: np.ndarray, parity: int) -> np.ndarray:
        drawn = _EPS * by * rng.standard_normal(by.shape)
        if parity == 0:
            # The trace is kept to far better than that: what one population gains, others lose.
            part = by[:populations]
            largest = np.argmax(part, axis=0)
            drawn[largest, np.arange(by.shape[1])] -= drawn[:populations].sum(axis=0)
        return drawn

    def band(given: Band, by: np.ndarray, parity: int) -> Band:
        change = noise(by, parity)
        change[given.row, given.col] += given.value
        row, col = np.nonzero(change)
        to, of = chain.charge[parity][row], chain.charge[1 - parity][col]
        return Band(row, col, change[row, col], ((to - of) * to).astype(float))

    return chain._replace(
        a=(chain.a[0] + noise(size.a[0], 0), chain.a[1] + noise(size.a[1], 1)),
        up=(band(chain.up[0], size.up[0], 0), band(chain.up[1], size.up[1], 1)),
        down=(band(chain.down[0], size.down[0], 0), band(chain.down[1], size.down[1], 1)),
    )


def _reversed(chain: HierarchyChain) -> HierarchyChain:
    """The same chain with the unknowns of level 0, and all others, in reverse order each."""
    even, odd = (np.arange(block.shape[0]) for block in chain.a)
    places = (
        np.concatenate([even[: chain.tier0_size][::-1], even[chain.tier0_size :][::-1]]),
        odd[::-1],
    )

    def block(parity: int) -> np.ndarray:
        place = places[parity]
        return np.ascontiguousarray(chain.a[parity][np.ix_(place, place)])

    def band(given: Band, parity: int) -> Band:
        # Reversing is its own inverse, so the places are the new positions as well.
        return given._replace(row=places[parity][given.row], col=places[1 - parity][given.col])

    return chain._replace(
        a=(block(0), block(1)),
        up=(band(chain.up[0], 0), band(chain.up[1], 1)),
        down=(band(chain.down[0], 0), band(chain.down[1], 1)),
    )
