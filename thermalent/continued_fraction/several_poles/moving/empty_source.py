r"""The hierarchy behind a source that starts empty, in steps through time (`stepped_run`).

Relative to a Gaussian with the covariance of the source total charges stay apart. The generator
is a sum of constant ones with weights that depend on time, those of the drive and of the drift in
coordinates that follow the source (`filling_chain`), or of

$$\dot X = \Big[ L + \sum_j \mathrm{Re}\,\delta_j(t)\, P_j + \mathrm{Im}\,\delta_j(t)\, Q_j \Big] X,
  \qquad \delta_j = V_{1j}(t) - V_{1j}$$

in those of its stationary state. A hot source makes the largest rates of this equation thousands of
times those at which the state changes, so that the steps are long ones (`collocation`).
"""

from __future__ import annotations

import numpy as np

from thermalent.continued_fraction.several_poles.chain.building import tiers_with_changes
from thermalent.continued_fraction.several_poles.chain.coordinates import SourceChain
from thermalent.continued_fraction.several_poles.moving.filling_chain import (
    Frame,
    following_frame,
    resting_frame,
)
from thermalent.continued_fraction.several_poles.moving.moving_source import MovingSource, up_alone
from thermalent.continued_fraction.several_poles.moving.stepped_run import (
    SteppedRun,
    SteppedStretch,
)

# Variance of the field up to which explicit steps are safe. In the coordinates of the stationary
# chain, what steps and rounding leave on the upper tiers while the source is nearly empty is
# amplified on its way down, the more so the more tiers there are; a cold source has few.
COLD = 0.3


class EmptyRun(SteppedRun):
    """One evolution of one charge with K quanta and the tiers up to `last`.

    Args:
        chain: Emitters and source.
        source: Its covariance over time.
        quanta: K.
        part: The part of the initial density matrix that has this charge, (d, d).
        charge: Total charge Q.
        last: The highest tier.
        end: The last time.
        tolerance: Error allowed at a step, about.
    """

    def __init__(
        self,
        chain: SourceChain,
        source: MovingSource,
        quanta: int,
        part: np.ndarray,
        charge: int,
        last: int,
        end: float,
        tolerance: float,
    ) -> None:
        def take(frame: Frame, *, long: bool) -> None:
            stretch = stretch_of(frame, source, quanta, charge, start=part)
            built = stretch.parts[0]
            first = built.basis[0][:, : built.tier0_size].conj().T @ part.ravel()
            first = first.real if charge == 0 else first
            super(EmptyRun, self).__init__([stretch], first, last, long=long)

        take(resting_frame(chain, source), long=False)
        # Small and cold ones are stepped faster as they are.
        self.long = chain.variance > COLD or self.explicit_work(end) > self.long_work(tolerance)
        following = following_frame(chain) if self.long else None
        if following is not None:
            take(following, long=True)


def stretch_of(
    frame: Frame,
    source: MovingSource,
    quanta: int,
    charge: int,
    start: np.ndarray | None = None,
    held: np.ndarray | None = None,
) -> SteppedStretch:
    """The only stretch of an evolution in some coordinates; for `start` and `held` see `tiers`."""
    built, moved = tiers_with_changes(
        frame.first, quanta, frame.changes, start, charge, damping=frame.damping, held=held
    )
    parts = [built, *(map(up_alone, moved) if frame.from_below else moved)]
    return SteppedStretch(parts, frame.weights, source.settled, source.chain)
