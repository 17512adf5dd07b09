"""Interruption (Ctrl-C) of ensembles and lists of networks: the exception keeps what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from thermalent.solution.evolution import Evolution
    from thermalent.solution.result import SteadyState
    from thermalent.solution.several import SteadyStates

_Result = TypeVar("_Result", bound="SteadyState | Evolution")


class Interrupted(KeyboardInterrupt):
    """An interrupt after part of the work.

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
