r"""Exact time evolution of the emitters, charge sector by charge sector.

An initial state of the emitters is a sum of operators of definite charge, and these do not mix (see
`total_charge`): each comes from the hierarchy of its own total charge.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from thermalent.continued_fraction.chain.chain import HierarchyChain, hierarchy_chain
from thermalent.continued_fraction.chain.fraction import evaluate_chain
from thermalent.continued_fraction.chain.hierarchy import Hierarchy
from thermalent.continued_fraction.chain.stationary import TierZeroEquation, resolvent
from thermalent.continued_fraction.dynamics.all_tiers import (
    AllTierSteps,
    all_tiers_equation,
    on_all_tiers_wide,
    transform_depth,
)
from thermalent.continued_fraction.dynamics.coherent_source import SharpStart, referred
from thermalent.continued_fraction.dynamics.laplace.conserved import reading_with_trace
from thermalent.continued_fraction.dynamics.laplace.inversion import Inverter
from thermalent.continued_fraction.dynamics.laplace.reduced import (
    Folded,
    response,
    work_of_transform,
)
from thermalent.continued_fraction.dynamics.laplace.rounding import redrawn
from thermalent.continued_fraction.dynamics.relaxation import (
    LAST_MARK,
    RelaxationResult,
    first_contour,
    relax,
)
from thermalent.continued_fraction.dynamics.steps import Steps, largest_rate
from thermalent.continued_fraction.total_charge import (
    part_of_charge,
    sum_of_charges,
    tier0_matrices,
    tier0_vector,
)
from thermalent.networks.symmetry import element_charges

# Tiers that a steady state may need over those that the source's own resolvent needs: for a nearly
# dark one, more and more would be looked at that change nothing.
_MOST_TIERS = 8


def needed_depth(h: Hierarchy, rtol: float) -> int:
    """Highest tier that the steady state needs, or without a unique one, the source's resolvent."""
    return _depth_of(hierarchy_chain(h), rtol)


def _depth_of(chain: HierarchyChain, rtol: float) -> int:
    from thermalent.continued_fraction.chain.convergence import first_depth

    stationary = TierZeroEquation(chain)
    searched = partial(
        evaluate_chain, chain, stationary.solve, degenerate=stationary.degenerate, rtol=rtol
    )
    # So many are allowed whatever the resolvent needs; mostly they do, and it is not asked.
    few = _MOST_TIERS * (int(first_depth(chain.width)) + 8)
    fraction = searched(most=few)
    if fraction.outcome == "converged" and fraction.tiers < few:
        return fraction.tiers
    b = np.ones(chain.tier0_size)
    regular = evaluate_chain(chain, resolvent(chain, b, chain.rate), s=chain.rate, rtol=rtol).tiers
    fraction = searched(most=_MOST_TIERS * (regular + 8))
    return fraction.tiers if fraction.outcome == "converged" else 2 * regular


def evolve_one_mode(
    h: Hierarchy,
    times: np.ndarray,
    rho: np.ndarray,
    tolerance: float,
    amplitude: complex | None = None,
    *,
    line_first: bool = False,
) -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
    """States (t, d, d), errors (t,), and statistics of the solution.

    Args:
        h: The hierarchy.
        times: Increasing, >= 0, (t,).
        rho: Initial density matrix, (d, d).
        tolerance: Error allowed in the largest element.
        amplitude: Of a source that starts in a coherent state (zero: empty); None if stationary.
        line_first: Whether the tolerance is enough: see `relax`.
    """
    variance = h.modes[0].variance
    if amplitude is not None:
        h = referred(h, abs(amplitude))
    stationary = hierarchy_chain(h)
    depth = _depth_of(stationary, tolerance)
    # A phase of the source's amplitude is removed by a rotation of all phases.
    turn = 0.0 if amplitude is None else float(np.angle(amplitude))
    turned = rho * np.exp(-1j * turn * element_charges(h.numbers).reshape(rho.shape))
    stats = {"tiers": depth, "stepped_times": 0, "refused": 0}

    def evolved(q: int) -> tuple[np.ndarray, np.ndarray] | None:
        found = (
            _from_stationary(h, stationary, times, rho, tolerance, q, depth, line_first)
            if amplitude is None
            else _from_sharp(
                SharpStart(h, variance, turned, abs(amplitude), q), times, tolerance, depth
            )
        )
        if found is None:
            return None
        chain, relaxed = found
        stats["tiers"] = max(stats["tiers"], relaxed.depth)
        stats["stepped_times"] = max(stats["stepped_times"], relaxed.stepped)
        stats["refused"] = max(stats["refused"], int(relaxed.refused))
        return tier0_matrices(chain, relaxed.values) * np.exp(1j * turn * q), relaxed.error

    return *sum_of_charges(h.numbers, times, evolved), stats


def _from_stationary(
    h: Hierarchy,
    stationary: HierarchyChain,
    times: np.ndarray,
    rho: np.ndarray,
    tolerance: float,
    q: int,
    depth: int,
    line_first: bool,
) -> tuple[HierarchyChain, RelaxationResult] | None:
    """Contribution of total charge q when the source starts in its stationary state.

    The initial vector is then nonzero on tier zero only. Where the chain of the steady state holds
    it, that one is taken.
    """
    part = part_of_charge(h.numbers, rho, q)
    if part is None:
        return None
    within = q == 0 and _lies_within(stationary, part)
    chain = stationary if within else hierarchy_chain(h, start=part, charge=q)
    b = tier0_vector(chain, part, q)
    other = redrawn(chain, h, q)
    relaxed = relax(
        times,
        tolerance,
        Steps(chain, b, depth, reading_with_trace(chain, b), other),
        Inverter(
            response(
                chain, Folded(chain, b), Folded(other, b), work=work_of_transform(chain, depth)
            ),
            depth,
            tolerance,
            real=q == 0,
        ),
        line_first=line_first,
    )
    return chain, relaxed


def _lies_within(chain: HierarchyChain, part: np.ndarray) -> bool:
    """Whether tier zero of a chain holds a matrix to the last digit."""
    basis, vector = chain.basis[0][:, : chain.tier0_size], part.ravel()
    return np.array_equal(basis @ (basis.conj().T @ vector), vector)


def _from_sharp(
    start: SharpStart, times: np.ndarray, tolerance: float, depth: int
) -> tuple[HierarchyChain, RelaxationResult] | None:
    """Contribution of one total charge when the source starts in the vacuum or a coherent state.

    Unlike a stationary source, such a state has nonzero components on every tier, so the
    propagation starts from all of them.
    """
    chain = start.chain()
    if chain is None:
        return None
    chain = start.real(chain)
    other = redrawn(chain, start.h, start.charge)
    vector, generator = partial(start.vector, chain), partial(start.generator, chain)
    chained = start.h.modes[0].variance == start.variance
    if chained:
        equations = all_tiers_equation(chain, vector), all_tiers_equation(other, vector)
    else:
        others = partial(start.generator, other)
        equations = (
            on_all_tiers_wide(chain, vector, generator),
            on_all_tiers_wide(other, vector, others),
        )
    work = work_of_transform(chain, depth)
    over_time = response(chain, *equations, chained=chained, work=work)
    first = first_contour(tolerance, largest_rate(chain))
    steps = AllTierSteps(chain, vector, generator, depth)
    if times[-1] > LAST_MARK * first:
        depth = transform_depth(over_time.transform, first, depth, tolerance / 10)
    real = not np.iscomplexobj(chain.a[0])
    relaxed = relax(times, tolerance, steps, Inverter(over_time, depth, tolerance, real=real))
    return chain, relaxed
