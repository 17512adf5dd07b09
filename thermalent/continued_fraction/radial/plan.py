"""When the radial form is taken in the place of the tiers, and the result that it gives."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from thermalent.continued_fraction.chain.fraction import MOST_TIERS
from thermalent.continued_fraction.chain.one_structure.small import Chains
from thermalent.continued_fraction.lattice.solve import ENOUGH
from thermalent.continued_fraction.memory import expected_tiers, width_for_tiers
from thermalent.continued_fraction.settings import Settings
from thermalent.networks.gaussian_source import gaussian_modes
from thermalent.networks.network import Network
from thermalent.solution.result import ErrorEstimate, Outcome, Status, SteadyState

if TYPE_CHECKING:
    from thermalent.continued_fraction.radial.solve import Radial

# Expected tiers that one network takes as long to fold as the radial form takes, with one qubit to
# three: 1.5e4 on one core; folded side by side with others, some 1e5. The same network has to give
# the same bits either way.
_AS_LONG_AS = 5e4
# Multiplications of the tiers that are tried where the radial form does not reach the accuracy
# that is asked for, and where none is: five seconds and one. Without one, an error of so much of
# the largest element is good enough.
_MOST_WORK, _WORK_UNASKED = 2e10, 4e9
_GOOD = 1e-6
_SMALLEST_BLOCK = 8  # unknowns of a tier, of which fewer hardly take less
_FOLDS = 4.0  # of growing length until the state settles, in units of the last one


def widest_folded(settings: Settings) -> float:
    """Root of the quanta of a mode above which the radial form takes less time than tiers.

    Only where an accuracy is wanted: digits and a number of tiers are those of the hierarchy.
    """
    if settings.digits is not None or settings.n_max is not None:
        return math.inf
    return width_for_tiers(_AS_LONG_AS, settings.aimed_rtol)


def radial_steady_state(network: Network, chain: Chains, settings: Settings) -> SteadyState:
    """The steady state of a network of few emitters by the radial form, as far as it reaches.

    Args:
        network: The network.
        chain: Its chain, as a list of one.
        settings: Accuracy.
    """
    # Few calls need it, and every first call would wait for it.
    from thermalent.continued_fraction.radial.solve import HOW_RADIAL, nothing_found, radial_state

    single = chain.single(0)
    assert single.size is not None
    (mode,) = gaussian_modes(network)
    found = radial_state(single, single.size, mode, settings.aimed_rtol)
    if found is None:
        d = round(np.sqrt(chain.tier0.shape[1]))
        found = nothing_found(d)
    return SteadyState(
        network=network,
        method=settings.record,
        state=found.state,
        error=ErrorEstimate(found.error, HOW_RADIAL, found.errors),
        status=_status(settings, found),
        stats={
            "form": "radial",
            "elements": found.elements,
            "degree": found.degree,
            "ended_by": found.outcome,
            "unknowns_per_tier": chain.counts,
        },
    )


def tiers_may_help(found: SteadyState, settings: Settings) -> bool:
    """Whether tiers may give a state that the radial form has not, in a time that is bearable."""
    if found.stats["ended_by"] == "converged":
        return False
    network, sizes = found.network, found.stats["unknowns_per_tier"]
    tiers = expected_tiers(network, settings.aimed_rtol)
    work = _FOLDS * tiers * max(_SMALLEST_BLOCK, *sizes) ** 3
    if settings.rtol is not None and not settings.doubles:
        return work <= _MOST_WORK and tiers <= MOST_TIERS
    scale = float(np.max(np.abs(found.state)))
    return work <= _WORK_UNASKED and not found.error <= _GOOD * scale


def _status(settings: Settings, found: Radial) -> Status:
    if found.outcome == "converged" or (
        settings.rtol is None and found.error <= ENOUGH * found.scale
    ):
        return Status()
    if found.outcome == "singular" or not found.error < found.scale:
        return Outcome.NOT_CONVERGED.because(
            "The equation of the emitters at all amplitudes of the field is singular in double "
            "precision: there may be several steady states, or a rate that is too small beside "
            "the others. For fewer quanta in the mode the continued fraction tells which."
        )
    return Outcome.INACCURATE.because(
        f"Argument `rtol` = {settings.aimed_rtol:.1e} is below what double precision can give "
        f"for so hot a mode: the error is about {found.error:.1e}. Ask for rtol >= "
        f"{2 * found.error / found.scale:.1e}."
    )
