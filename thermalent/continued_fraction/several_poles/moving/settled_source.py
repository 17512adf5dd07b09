r"""Evolution from a state on all tiers, once the source behind it no longer changes.

A source that started empty or in a coherent state is stationary after a few of its own times. The
generator is constant from then on, and contours reach any later time,

$$(s - A_0 - K(s))\, x_0(s) = t_0(s), \qquad t_N = b_N + Z_N\, t_{N+1}$$

with b_N the state at that moment on tier N (see `sweep`).
"""

from __future__ import annotations

import numpy as np

from thermalent.continued_fraction.chain.tiers import Tiers
from thermalent.continued_fraction.dynamics.laplace.conserved import reading_with_trace
from thermalent.continued_fraction.dynamics.laplace.inversion import Inverter
from thermalent.continued_fraction.dynamics.laplace.reduced import Reduced, response
from thermalent.continued_fraction.dynamics.relaxation import relax
from thermalent.continued_fraction.dynamics.steps import Steps
from thermalent.continued_fraction.several_poles.chain.fields import joined_tiers
from thermalent.continued_fraction.several_poles.elimination.evaluation import fold_work
from thermalent.continued_fraction.several_poles.elimination.sweep import TierSweep
from thermalent.continued_fraction.total_charge import tier0_matrices

_STAGGER = float(np.sqrt(1.7))  # of odd tiers against even ones: another rounding


def evolve_settled(
    built: Tiers, begun: list[np.ndarray], times: np.ndarray, tolerance: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """Contribution of one charge to the emitters' state, (t, d, d), and its error, (t,).

    Beside them the multiplications that what is not finite would have taken, or zero.

    Args:
        built: The tiers of this charge.
        begun: The state at time zero, tier by tier.
        times: Increasing, > 0, (t,).
        tolerance: Error allowed in the largest element.
    """
    last = len(begun) - 1
    other = built.staggered(_STAGGER)
    moved = [values * _STAGGER if n % 2 else values for n, values in enumerate(begun)]
    start = joined_tiers(built, begun)
    over_time = response(
        built,
        _reduced(built, begun),
        _reduced(other, moved),
        chained=False,
        work=fold_work(last, max(built.sizes)),
    )
    relaxed = relax(
        times,
        tolerance,
        Steps(built, start, last, reading_with_trace(built, start)),
        Inverter(over_time, last, tolerance, real=not np.iscomplexobj(start)),
    )
    return tier0_matrices(built, relaxed.values), relaxed.error, relaxed.refused


def _reduced(built: Tiers, begun: list[np.ndarray]) -> Reduced:
    """The equation at tier 0 for a start on all tiers."""
    size = built.tier0_size
    own = built.a[0][:size, :size]

    def reduced(z: complex, depth: int) -> tuple[np.ndarray, np.ndarray]:
        sweep = TierSweep(built, z, max(depth, len(begun) - 1), begun, lowest=0)
        return z * np.eye(size) - own - sweep.k, sweep.t0

    return reduced
