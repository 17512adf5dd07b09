"""Errors raised where there is no result, or no usable one."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
