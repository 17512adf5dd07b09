"""A task that a method has checked and prepared, or the reason why it cannot do it."""

from __future__ import annotations

import abc
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from thermalent.solution.errors import LostDigitsError, MethodError, whole
from thermalent.support.progress import told_to

if TYPE_CHECKING:
    from thermalent.solution.evolution import Evolution
    from thermalent.solution.result import SteadyState


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The expected cost of a plan, known before anything runs.

    Args:
        bytes: Memory at the peak, an upper estimate.
        operations: Multiplications, to their order of magnitude; a core does about 1e9 per second
            in small matrices and 1e10 in large ones. NaN where it depends on what is found.
        least: Memory that it takes in any case, where it grows step by step and ends with what it
            has when memory does; None if that is all of `bytes`.
    """

    bytes: float
    operations: float
    least: float | None = None


@dataclass(frozen=True)
class Refusal:
    """The reason why a method cannot do a task.

    Args:
        reason: A sentence that says why, and what can.
    """

    reason: str


class Plan(abc.ABC):
    """A task prepared once: checked against the method, with everything found on the way."""

    @property
    @abc.abstractmethod
    def cost(self) -> Cost:
        """The expected cost of the plan."""

    @property
    def always_fits(self) -> bool:
        """Whether it is so small that nobody needs to look for memory; to look takes time."""
        return False

    @property
    def remedy(self) -> str:
        """What would fit where the plan does not fit into memory, in words."""
        return "Use fewer emitters."

    @abc.abstractmethod
    def compute(self) -> SteadyState | Evolution:
        """The result. Failures are in its status, not raised; `run` adds the time it took.

        Raises:
            MethodError: the method meets something that can be detected only while it runs.
        """

    def run(self, report: Callable[[str], None] | None = None) -> SteadyState | Evolution:
        """Run the plan. Failures are in the status of the result, not raised.

        Args:
            report: Is told how far the work is, a sentence at a time; if not given, long work
                shows it on the terminal.

        Raises:
            MethodError: the method meets something that can be detected only while it runs.
            KeyboardInterrupt: interrupted; where part of the work makes a result, that is its
                `partial`, whose status and `stats["partial"]` say so.
        """
        began = time.perf_counter()
        with told_to(report) if report is not None else nullcontext():
            try:
                result = self.compute()
            except MethodError:
                raise
            except (np.linalg.LinAlgError, OverflowError) as lost:
                raise LostDigitsError(lost) from lost
        if "seconds" not in result.stats:
            stats = {**result.stats, "seconds": time.perf_counter() - began}
            object.__setattr__(result, "stats", stats)  # its last entry, before anybody sees it
        return whole(result)


STEADY_STATES_ONLY = Refusal("it gives steady states only.")
NO_INITIAL = Refusal(
    "it finds the steady state only where it is unique and takes no `initial`; use te.Fock(), or "
    "te.ContinuedFraction() behind one mode."
)
ONE_NETWORK = Refusal(
    "it evolves one network, not a schedule of several; use te.ContinuedFraction(), te.Fock(), "
    "te.FewExcitations() or te.FieldTrajectories()."
)
