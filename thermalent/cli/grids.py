"""Grids of numbers on the command line: START:STOP:COUNT, or numbers and commas."""

from __future__ import annotations

import math
from typing import Any

import click

_SCALES = ("linear", "log")


class GridType(click.ParamType):
    """START:STOP:COUNT with an optional :linear or :log, or numbers separated by commas.

    Args:
        nouns: What the numbers are, in the plural, such as "times".
        scale: Spacing where none is given, "linear" or "log".
    """

    name = "START:STOP:COUNT[:linear|:log] | NUMBER[,...]"

    def __init__(self, nouns: str, scale: str) -> None:
        self.nouns, self.scale = nouns, scale

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[float, ...]:
        """The numbers; whether they increase is checked by the library."""
        parts = value.split(":")
        try:
            if len(parts) == 1:
                return tuple(float(item) for item in value.split(","))
            first, last, count = float(parts[0]), float(parts[1]), int(parts[2])
        except (ValueError, IndexError):
            self.fail(
                f"{value!r} is neither START:STOP:COUNT nor {self.nouns} and commas.", param, ctx
            )
        scale = parts[3] if len(parts) == 4 else self.scale
        if len(parts) > 4 or scale not in _SCALES:
            self.fail(f"{value!r} must end in the count, :linear or :log.", param, ctx)
        self._check(value, first, last, count, scale, param, ctx)
        import numpy as np

        spaced = np.linspace if scale == "linear" else np.geomspace
        return tuple(spaced(first, last, count).tolist())

    def _check(
        self, text: str, first: float, last: float, count: int, scale: str, param: Any, ctx: Any
    ) -> None:
        """Refuse ends and counts of which no grid can be made, before it takes any memory."""
        lowest = 0.0 if scale == "log" else -math.inf
        if not (lowest < first < last < math.inf and count >= 2):
            order = "0 < START < STOP" if scale == "log" else "START < STOP"
            other = "; write START:STOP:COUNT:linear for equal steps" if scale == "log" else ""
            self.fail(
                f"{text!r} needs {order} and a COUNT of at least 2 "
                f"(its {self.nouns} are equally spaced"
                f"{' in the logarithm' if scale == 'log' else ''}{other}).",
                param,
                ctx,
            )
        from thermalent.support.checks import MOST_TIMES

        if count > MOST_TIMES:
            self.fail(f"{text!r} has more than {MOST_TIMES} {self.nouns}.", param, ctx)
