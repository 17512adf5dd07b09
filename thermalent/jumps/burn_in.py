r"""How long the emitters remember where they started, measured on two ensembles.

One starts in the ground state, the other in random product states. Their difference D(t) is what
the start still contributes; once it is lost in the statistical noise of the two, at time b, it has
fallen to that noise \(\rho\), and if it goes on like that, to \(\rho^x\) at x b.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from thermalent.jumps.ensemble import Walk, run

_PILOTS = 256  # of each start
_STREAM = 100  # away from those of the trajectories
_LOOKS = 24
# Standard errors within which two means of many elements count as equal.
_EQUAL = 4.0
# Each attempt looks this much further; the last one after this much work of the drift.
_FURTHER = 8.0
_MOST = 1e5


class Memory(NamedTuple):
    """Burn-in time; whether two starts became equal; how far apart they were at the last look."""

    burn_in: float
    forgotten: bool
    remaining: float


def measure(
    walk_to: Callable[[np.ndarray, int, int], Walk],
    rate: float,
    goal: float,
    threads: int | None,
    report: Callable[[str], None],
) -> Memory:
    """The time after which the start contributes less than `goal` to any element.

    Args:
        walk_to: The walk to given times from start 0 or 1, with a stream.
        rate: 1-norm of the drift, rate unit.
        goal: Allowed contribution.
        threads: Number of threads.
        report: Shows progress.
    """
    end = _FURTHER / rate if rate > 0 else 1.0
    while True:
        times = np.geomspace(end / 1e3, end, _LOOKS)
        pair = [
            run(walk_to(times, which, _STREAM + which), _PILOTS, threads, report)
            for which in (0, 1)
        ]
        apart = np.abs(pair[0].mean - pair[1].mean)
        noise = np.hypot(pair[0].standard_errors, pair[1].standard_errors) + 1 / _PILOTS
        # Equal at a look and at all later ones: two ensembles may cross.
        together = np.all(apart <= _EQUAL * noise, axis=(1, 2))
        first = _LOOKS - int(np.argmin(together[::-1])) if not together.all() else 0
        # A few looks at the end have to agree, not just the last.
        if first <= _LOOKS - 3:
            level = min(0.5, _EQUAL * float(noise[first:].max()))
            longer = max(1.0, np.log(goal) / np.log(level))
            return Memory(float(times[first] * longer), True, level)
        if rate * end > _MOST:
            return Memory(float(end), False, float(apart[-1].max()))
        end *= _FURTHER
