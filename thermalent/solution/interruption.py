"""Interruption (Ctrl-C) of an ensemble: the exception keeps the finished part."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from thermalent.solution.evolution import Evolution
    from thermalent.solution.result import SteadyState


class Interrupted(KeyboardInterrupt):
    """An interrupt after part of the work.

    Args:
        partial: The result of what was done, its error that of the smaller ensemble; its status
            says so, and `stats["partial"]` is true.
    """

    def __init__(self, partial: SteadyState | Evolution) -> None:
        super().__init__(partial.status.message)
        self.partial = partial
