"""What the audit notes down of one number, and how a stated error is judged."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import thermalent as te
from tests.support.reference import ReferenceError

# A stated error is not asked to be smaller than a rounding of the largest element.
ROUNDING = 2.0**-52

HELD, VIOLATED, REFUSED = "held", "violated", "refused"
CRASHED, UNKNOWN, HUNG = "crashed", "no reference", "did not end"
BAD = (VIOLATED, CRASHED, HUNG)


@dataclass(frozen=True)
class Finding:
    """One number of one network."""

    kind: str
    index: int
    quantity: str
    outcome: str
    distance: float = np.nan  # from the truth
    stated: float = np.nan
    scale: float = 1.0  # the largest element of the truth
    seconds: float = 0.0  # that the package took
    note: str = ""

    @property
    def overestimate(self) -> float:
        """Stated over true error, the latter at least a rounding."""
        return self.stated / max(self.distance, ROUNDING * self.scale, 1e-300)


class Notes:
    """The findings of one network.

    Args:
        kind: Kind of the network.
        index: Its number.
    """

    def __init__(self, kind: str, index: int) -> None:
        self.kind, self.index = kind, index
        self.findings: list[Finding] = []

    def add(self, quantity: str, outcome: str, **more: Any) -> None:
        """One more finding."""
        self.findings.append(Finding(self.kind, self.index, quantity, outcome, **more))

    def judge(
        self,
        quantity: str,
        distance: float,
        stated: float,
        *,
        scale: float = 1.0,
        reference_error: float = 0.0,
        seconds: float = 0.0,
        note: str = "",
    ) -> None:
        """A number that was returned: its error holds, or it does not."""
        # Not a number is not within any error.
        holds = distance <= stated + reference_error
        self.add(
            quantity,
            HELD if holds else VIOLATED,
            distance=float(distance),
            stated=float(stated),
            scale=float(scale),
            seconds=seconds,
            note=note,
        )

    def call(self, quantity: str, function: Callable[[], Any]) -> tuple[Any, float]:
        """What the package returns and its seconds; None if it refuses or crashes."""
        began = time.perf_counter()
        try:
            return function(), time.perf_counter() - began
        except (te.SolveError, te.MethodError) as refusal:
            seconds = time.perf_counter() - began
            self.add(quantity, REFUSED, seconds=seconds, note=str(refusal))
        except Exception as error:
            seconds = time.perf_counter() - began
            note = f"{type(error).__name__}: {error}"
            self.add(quantity, CRASHED, seconds=seconds, note=note)
        return None, seconds

    def truth(self, quantity: str, function: Callable[[], Any]) -> Any:
        """What the reference has, or None."""
        try:
            return function()
        except (ReferenceError, ArithmeticError, MemoryError) as error:
            self.add(quantity, UNKNOWN, note=f"{type(error).__name__}: {error}")
            return None
