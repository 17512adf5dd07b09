r"""The burn-in time of quantum jumps, measured on two ensembles with different starts.

One ensemble starts in the ground state, the other in random product states. Their distance D(t) is
what the start still contributes. At the time b at which it is lost in the statistical noise
\(\rho\) of the two, it has fallen to \(\rho\); if it goes on like that, it falls to \(\rho^x\) at
the time x b.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from thermalent.ensembles.burn_in import BurnIn, TwoStarts
from thermalent.ensembles.run import run
from thermalent.jumps.paths import JumpPaths, blocks

_PILOTS = 256  # trajectories of each start
_STREAM = 100  # away from the streams of the trajectories themselves
_SAMPLES = 24
# Standard errors within which two means of many elements count as equal.
_EQUAL = 4.0
# Each attempt lasts longer by this factor; the last one ends beyond this multiple of 1/rate.
_LONGER = 8.0
_LONGEST = 1e5


def jump_burn_in(
    paths_to: Callable[[np.ndarray, int, int], JumpPaths],
    rate: float,
    goal: float,
    threads: int | None,
    report: Callable[[str], None],
) -> BurnIn:
    """The time after which the start contributes less than `goal` to any element.

    Args:
        paths_to: The trajectories from start 0 or 1 that are sampled at given times, with a stream.
        rate: 1-norm of the drift, rate unit.
        goal: Allowed contribution.
        threads: Number of threads; as many as numba may use if not given.
        report: Shows progress.

    Raises:
        KeyboardInterrupt: interrupted.
    """
    end = _LONGER / rate if rate > 0 else 1.0
    while True:
        times = np.geomspace(end / 1e3, end, _SAMPLES)
        pair = [paths_to(times, which, _STREAM + which) for which in (0, 1)]
        both = TwoStarts(batches=0)
        ended = run(both, blocks(pair, (_PILOTS, _PILOTS), threads), n=2 * _PILOTS, report=report)
        if ended.interrupted:
            raise KeyboardInterrupt
        distance = np.abs(both.parts[0].mean - both.parts[1].mean)
        noise = np.hypot(*(part.standard_errors for part in both.parts)) + 1 / _PILOTS
        # Equal at one sample and at all later ones: the means of two ensembles may cross.
        together = np.all(distance <= _EQUAL * noise, axis=(1, 2))
        first = _SAMPLES - int(np.argmin(together[::-1])) if not together.all() else 0
        # A few samples at the end have to agree, not just the last one.
        if first <= _SAMPLES - 3:
            level = min(0.5, _EQUAL * float(noise[first:].max()))
            longer = max(1.0, np.log(goal) / np.log(level))
            return BurnIn(float(times[first] * longer), True, level)
        if rate * end > _LONGEST:
            return BurnIn(float(end), False, float(distance[-1].max()))
        end *= _LONGER
