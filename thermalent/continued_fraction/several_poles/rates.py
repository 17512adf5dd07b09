r"""The slowest relaxation rates of emitters behind a source of several poles.

Eigenvalues of \(-L X = r X\) on the chain of tiers, by shift and invert, with more and more quanta
K along the chain.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import eigs

from thermalent.continued_fraction.chain.assembly import assemble, offsets
from thermalent.continued_fraction.several_poles.coordinates import SourceChain
from thermalent.continued_fraction.several_poles.evolution import tiers_depth
from thermalent.continued_fraction.several_poles.tiers import tiers

# A shift to the right of zero, where L has no eigenvalue, and the largest modulus that counts as
# zero; both in units of the source's slowest rate.
_SHIFT, _ZERO = 0.1, 1e-7
_MOST_UNKNOWNS = 60_000  # in one factorisation, which takes some ten seconds
_CLUSTER = 1e-3  # rates closer than this part of them are one, spread
_SPARE = 3  # additional eigenvalues, so that close ones are not lost


def slowest_on_tiers(
    chain: SourceChain, count: int, rtol: float, charge: int = 0
) -> tuple[np.ndarray, np.ndarray, int]:
    """Rates (complex, slowest first), their changes with tiers and quanta, and how many are zero.

    Args:
        chain: Emitters and source.
        count: How many rates.
        charge: Total charge Q of the operators.
        rtol: Relative accuracy at which K is enough; more of it may be too much to factorise, which
            the errors then show.
    """
    if chain.length == 1:
        depth = tiers_depth(chain, 0, rtol)
        before, _ = _rates(chain, 0, depth, count, charge)
        now, zeros = _rates(chain, 0, depth + depth // 4 + 2, count, charge)
        return now, _changes(before, now), zeros
    depth = tiers_depth(chain, 1, rtol)
    before, _ = _rates(chain, 1, depth, count, charge)
    quanta, largest = 1, np.inf
    while True:
        quanta += 1
        # More tiers every other time, so that the changes show the truncation error.
        last = depth + depth // 4 + 2 if quanta % 2 == 0 else depth
        now, zeros = _rates(chain, quanta, last, count, charge)
        change = _changes(before, now)
        enough = np.all(change <= rtol * np.abs(now))
        # Equal rates of the source are defective: their digits end at a root of the rounding.
        stagnant = quanta > 3 and np.max(change, initial=0.0) > 0.5 * largest
        following = offsets(tiers(chain, quanta + 1), last)[-1]
        if enough or stagnant or following > _MOST_UNKNOWNS:
            return now, np.maximum(change, largest) if stagnant else change, zeros
        before, largest = now, float(np.max(change))


def _changes(before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """The distance of each rate to the nearest of those before, and its cluster's width.

    Equal rates without as many eigenvectors spread by a root of the rounding.
    """
    change = np.min(np.abs(now[:, None] - before[None, :]), axis=1)
    apart = np.abs(now[:, None] - now[None, :])
    spread = np.max(np.where(apart < _CLUSTER * np.abs(now), apart, 0.0), axis=1)
    return np.asarray(change + spread)


def _rates(
    chain: SourceChain, quanta: int, last: int, count: int, charge: int
) -> tuple[np.ndarray, int]:
    """The slowest eigenvalues, zeros left out, and how many of these there are."""
    d = len(chain.numbers)
    start = np.ones((d, d)) if charge else None
    matrix = sparse.csc_array(assemble(tiers(chain, quanta, start, charge), last))
    rate = float(np.min(np.linalg.eigvals(chain.drift).real))
    values = -eigs(
        matrix,
        k=count + _SPARE,
        sigma=_SHIFT * rate,
        v0=np.ones(matrix.shape[0]),
        return_eigenvectors=False,
    )
    values = values[np.argsort(values.real, kind="stable")]
    zero = np.abs(values) <= _ZERO * rate
    return values[~zero][:count], int(np.count_nonzero(zero))
