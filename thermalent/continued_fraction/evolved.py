"""The result of an evolution by continued fractions: its states, their errors and its status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from thermalent.continued_fraction.lattice.solve import ENOUGH
from thermalent.continued_fraction.settings import Settings
from thermalent.solution.evolution import Evolution
from thermalent.solution.result import Outcome, Status
from thermalent.solution.tasks import EvolutionTask

HOW_EVOLVED = (
    "difference of two contours with other depths and roundings, or of two runs of steps with "
    "other depths and roundings, or distance of a sum of poles from such transforms"
)


def evolved(
    task: EvolutionTask,
    settings: Settings,
    states: np.ndarray,
    error: np.ndarray,
    stats: Mapping[str, Any],
    *,
    how: str = HOW_EVOLVED,
    cause: str = "weakly damped oscillations",
    remedy: str = "",
) -> Evolution:
    """The result of an evolution.

    Args:
        task: The task.
        settings: The method's parameters.
        states: States at the times, (t, d, d).
        error: Their errors, (t,); infinite where nothing was computed.
        stats: What the solver did; `refused` are the multiplications that were too many, or zero.
        how: How the errors were obtained, in words.
        cause: What would have taken these multiplications.
        remedy: A sentence on what else there is.
    """
    return Evolution(
        network=task.network,
        method=settings.record,
        times=task.times,
        states=states,
        error=error,
        how=how,
        status=_status(settings, task.times, error, stats.get("refused", 0.0), cause, remedy),
        stats=stats,
    )


def _status(
    settings: Settings,
    times: np.ndarray,
    error: np.ndarray,
    refused: float,
    cause: str,
    remedy: str,
) -> Status:
    if refused:
        first = times[int(np.argmax(~np.isfinite(error)))]
        return Outcome.NOT_CONVERGED.because(
            f"From t = {first:g} on the evolution was not computed: {cause} would have to be "
            f"followed step by step, in {refused:.0e} "
            "multiplications (1e9 take about a second). Ask for earlier times, or for "
            f"te.steady_state(...).{remedy}"
        )
    worst = float(np.max(error))
    if not worst > (100 * settings.evolution_tolerance if settings.rtol is not None else ENOUGH):
        return Status()
    return Outcome.NOT_CONVERGED.because(
        f"The evolution did not converge: its error is {worst:.1e} at t = "
        f"{times[int(np.argmax(error))]:g}. Ask for a larger rtol, or for earlier times: "
        f"in double precision a phase or a very slow rate is only known for so long.{remedy}"
    )
