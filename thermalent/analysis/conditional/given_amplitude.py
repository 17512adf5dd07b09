"""Conditional states of a network: which expansion, and of which steady state."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from thermalent.analysis.conditional.expansion import expansion
from thermalent.analysis.conditional.states import ConditionalStates
from thermalent.analysis.radiation.field import require_one_mode, usable_steady_state
from thermalent.continued_fraction import memory
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.networks.network import Network
from thermalent.networks.symmetry import excitation_numbers
from thermalent.solution.errors import require_memory
from thermalent.solution.method import MethodError
from thermalent.support import checks
from thermalent.support.calls import with_explained_calls

QuasiDistribution = Literal["P", "Wigner", "Husimi"]

# Variance that is added to the normally ordered one.
_ADDED = {"P": 0.0, "Wigner": 0.5, "Husimi": 1.0}
_DEFAULT_RTOL = 1e-11


@with_explained_calls
def conditional_states(
    network: Network,
    *,
    distribution: QuasiDistribution = "P",
    rtol: float | None = None,
    initial: Any = None,
) -> ConditionalStates:
    r"""The emitters' steady state given the present amplitude of the source.

    $$\rho_\mathrm{total} = \int d^2\alpha\, |\alpha\rangle\langle\alpha| \otimes \mu(\alpha)$$

    The tiers of the hierarchy are the coefficients of mu(alpha) in the eigenfunctions of the
    source's Ornstein-Uhlenbeck process, so that mu is exact, at every temperature and with
    back-action.

    Args:
        network: Emitters behind one mode; excitation number conserved up to decay.
        distribution: Which knowledge of the amplitude. "P": that of a classical field, which can be
            copied (monitored) without disturbance; it exists for every source on which nothing acts
            back. "Husimi": the result of an ideal heterodyne measurement of the mode, which always
            exists. "Wigner": the distribution between the two.
        rtol: Size of the tiers left out, relative to the first, from 1e-14 to 1e-3; 1e-11 if not
            given. Larger values hide the states at improbable amplitudes.
        initial: Where the steady state is not unique: the state from which it is reached, as for
            `te.steady_state`.

    Returns:
        The conditional states, their density, and averages over it.

    Raises:
        ValueError: an argument is out of range.
        MethodError: the network is not one for the continued fraction, or the P function is too
            singular for an expansion, as back-action or an empty source can make it.
        SolveError: the steady state is not unique and no `initial` is given, or it did not
            converge.

    Source: THERMAL, Eqs. (12) to (14) and Appendix B; the conditional states are ours.
    """
    if distribution not in _ADDED:
        checks.fail("distribution", "'P', 'Wigner' or 'Husimi'", distribution)
    aimed = _DEFAULT_RTOL if rtol is None else checks.within("rtol", rtol, 1e-14, 1e-3)
    method = ContinuedFraction()
    require_one_mode(method, network, "Conditional states")
    numbers = excitation_numbers(network)
    require_memory(
        "This expansion in amplitudes",
        memory.regression_bytes(network, numbers, aimed),
        "Use fewer emitters, or a larger rtol.",
    )
    mean, reached = usable_steady_state(method, network, initial)
    h = hierarchy(network, numbers)
    remedy = "Ask for distribution='Husimi', which is the smoothest."
    if distribution == "P" and not h.modes[0].variance > 0:
        raise MethodError(
            "The source is empty, so that its P function is a point or more singular. " + remedy
        )
    if distribution == "Husimi":
        remedy = "Use te.Fock(...)."
    coefficients = expansion(
        h,
        _ADDED[distribution],
        aimed,
        remedy,
        mean.state if reached else None,
        float(mean.error) / float(np.max(np.abs(mean.state))) if reached else 0.0,
    )
    return ConditionalStates(
        network=network, distribution=distribution, mean=mean, coefficients=coefficients
    )
