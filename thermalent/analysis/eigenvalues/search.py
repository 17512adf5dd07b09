r"""The slowest eigenvalues of the hierarchy of one total charge, none missing.

Candidates of a chain of tiers are refined at two numbers of tiers, whose difference is the error
of the truncation; then the eigenvalues to the right of a line behind the slowest `count` are
counted by the winding of the determinant. As long as some are missing, they are looked for where
the determinant dips.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from thermalent.analysis.eigenvalues.chain import ChargeChain
from thermalent.analysis.eigenvalues.generator import HierarchyGenerator
from thermalent.analysis.eigenvalues.listing import STATIONARY_BELOW, Slowest, collected
from thermalent.analysis.eigenvalues.refinement import Search
from thermalent.analysis.eigenvalues.subspace.balls import eigenvalues_of
from thermalent.solution.errors import MethodError

# Unknowns up to which all eigenvalues of emitters alone are found, in ball arithmetic.
ALL_EXACTLY = 80
_ROUNDS = 8


def slowest(
    generator: HierarchyGenerator,
    charge: int,
    count: int,
    rtol: float,
    report: Callable[[str], None],
    affordable: float = np.inf,
) -> Slowest:
    """The `count` slowest eigenvalues of total charge Q, fewer if the emitters alone have fewer.

    Args:
        generator: The superoperators.
        charge: Total charge Q.
        count: How many.
        rtol: Relative accuracy that sets the number of tiers.
        report: Called with the progress.
        affordable: Multiplications after which a count is given up for a second search.

    Raises:
        MethodError: they take too many tiers, or the count could not be confirmed.
    """
    scale = generator.largest
    if not generator.has_source:
        chain = ChargeChain(generator, charge, 0)
        group = eigenvalues_of(chain)
        return collected([(group, group, False)], scale, 0, real=charge == 0).cut(count)
    last = 12 + 2 * int(np.ceil(2 * np.sqrt(abs(generator.variance))))
    extra, more = np.zeros(0, dtype=complex), 0
    shorter: Search | None = None  # whose candidates changed with more tiers, and nothing else
    for effort in range(1, _ROUNDS + 1):
        search = Search(generator, charge, count + more, last, extra, effort, rtol, shorter)
        shorter = None
        report(f"round {effort}: {search.fine.last} tiers, {search.fine.size} unknowns")
        first = search.refined(scale, report).cut(count)
        wanted = rtol * np.abs(first.values) + STATIONARY_BELOW * scale
        own = first.error - first.rank_rounding
        rounding = own - first.change
        if np.any(rounding > np.maximum(wanted, 2 * first.change)):
            if search.exact and effort < _ROUNDS:
                if search.all_found:  # of so few tiers, that those of more are not near to them
                    last = search.fine.last
                else:
                    more += 2  # a group that was not complete does not converge
                continue
            raise MethodError(_not_known(first, rounding / wanted, exact=search.exact))
        if np.any(own > wanted) or len(first.values) < min(count, search.coarse.size - 1):
            last = search.fine.last + search.fine.last // 4 + 2
            shorter = search
            continue
        if not np.all(first.values.real < search.distance) or not np.isfinite(search.distance):
            more += 2
            continue
        winding = search.missing(report, affordable) if search.exact else None
        if winding is None or (winding.missing is None and np.isfinite(affordable)):
            fresh = search.second()
            if fresh.size == 0:
                return first._replace(certified=False, uncounted=search.count_operations)
            extra = np.concatenate([extra, fresh])
            continue
        if winding.missing == 0:
            return first
        if search.all_found:
            last = search.fine.last
        extra = np.concatenate([extra, search.closer(winding.places)])
    raise MethodError(
        f"The {count} slowest rates could not be made certain with {last} tiers: the determinant "
        "along a line behind them has not the winding number that they give. Ask for fewer rates, "
        "or for a larger rtol."
    )


def _not_known(first: Slowest, excess: np.ndarray, *, exact: bool) -> str:
    worst = int(np.argmax(excess))
    why = (
        "because it could not be separated from others close to it. Ask for another number of "
        "rates, or for a larger rtol."
        if exact
        else "because of rounding in double precision. Use a larger rtol, or fewer emitters."
    )
    return (
        f"The rate {first.values[worst]:.6g} is known with an error of {first.error[worst]:.1e} "
        f"only, {why}"
    )
