"""Errors raised where there is no result, no usable one, or only part of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

from thermalent.support import memory_limit
from thermalent.support.errors import ArgumentError, ThermalentError

if TYPE_CHECKING:
    from thermalent.solution.evolution import Evolution
    from thermalent.solution.result import SteadyState
    from thermalent.solution.several import SteadyStates

_Result = TypeVar("_Result", bound="SteadyState | Evolution")


class MethodError(ArgumentError):
    """The method does not apply to the network; the message says why and what does."""


class LostDigitsError(MethodError, np.linalg.LinAlgError):
    """Double precision leaves no digit of a network.

    Args:
        where: What became singular or too large.
    """

    def __init__(self, where: object) -> None:
        super().__init__(
            f"Double precision loses all digits of this network ({where}): its rates are too many "
            "decades apart. Take rates that differ less, or leave out what is so slow."
        )


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


class Interrupted(KeyboardInterrupt):
    """An interrupt (Ctrl-C) of an ensemble or a list of networks, after part of the work.

    Args:
        partial: The result of what was done. Of an ensemble its error is that of the smaller one;
            its status says so, and `stats["partial"]` is true. Of a list of networks it holds the
            states that were found.
        message: How much was done.
    """

    def __init__(self, partial: SteadyState | Evolution | SteadyStates, message: str) -> None:
        super().__init__(message)
        self.partial = partial


def whole(result: _Result) -> _Result:
    """The result, unless it is an average that was cut short.

    Raises:
        KeyboardInterrupt: it was.
    """
    if result.stats.get("partial", False):
        raise Interrupted(result, result.status.message)
    return result
