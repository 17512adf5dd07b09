"""Errors raised where there is no result, or no usable one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from thermalent.support import memory_limit
from thermalent.support.errors import ArgumentError, ThermalentError

if TYPE_CHECKING:
    from thermalent.solution.evolution import Evolution
    from thermalent.solution.result import SteadyState


class MethodError(ArgumentError):
    """The method does not apply to the network; the message says why and what does."""


class SolveError(ThermalentError, RuntimeError):
    """A solve failed; `result` holds the partial result, `status` the reason and the remedy."""

    def __init__(self, result: SteadyState | Evolution) -> None:
        super().__init__(result.status.message)
        self.result = result
        self.status = result.status


def require_memory(what: str, needed: float, remedy: str) -> None:
    """Check that a computation fits into the memory that is free, before it begins.

    Args:
        what: The computation, as the subject of a sentence.
        needed: Bytes that it needs at its peak.
        remedy: A sentence that says what would fit.

    Raises:
        MethodError: it does not fit.
    """
    reason = memory_limit.lacking(needed)
    if reason is not None:
        raise MethodError(f"{what} does not fit: {reason}. {remedy}")
