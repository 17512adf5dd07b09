"""The search along slopes behind several poles, where every further digit costs.

A climb starts on slopes good to a hundredth of the value. Where it ends, the truncation that gives
four digits is found once and held from then on: the value is then a smooth function of the
parameters, on which the maximum is as sharp as behind one mode. What the truncation leaves in the
slopes is part of the error of the maximum's place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from thermalent.analysis.objective import Sloped, SlopeSearch

if TYPE_CHECKING:
    from thermalent.continued_fraction.sensitivity.several_poles.tier_slopes import HeldTruncation

# Errors of slopes relative to the value, and multiplications of a point: about a second on the way
# up, where a point far from the maximum may be as inaccurate as that leaves it, and some seconds.
_CLIMBING, _CLIMBING_WORK = 1e-2, 1e10
_ARRIVED, _ARRIVED_WORK = 1e-4, 1.5e10
_SAME_BASIN = 0.03  # distance in the cube of ends of climbs that lead to the same maximum
_SLOPE = 1e-7  # at which a climb at a held truncation ends
_VALUE_RTOL = 1e-4  # of the state at the maximum, against which its value is checked


def slope_search(
    builder: Callable[..., Any], ranges: Mapping[str, tuple[float, float]], observable: str
) -> SlopeSearch:
    """The search along slopes for the source that the network has in the middle of the ranges."""
    search = SlopeSearch(builder, ranges, observable)
    network = builder(**search.parameters(np.full(len(search.names), 0.5)))
    if len(getattr(network, "modes", ())) <= 1:
        return search
    from thermalent.continued_fraction.method import ContinuedFraction

    if ContinuedFraction().chain_refusal(network) is not None:
        return search  # which tells why there are no slopes
    return SeveralPolesSearch(builder, ranges, observable)


class _Maximum(NamedTuple):
    """Where a coarse climb ended, where the fine one did, and the truncation of the fine one."""

    near: np.ndarray
    end: np.ndarray
    value: float
    truncation: HeldTruncation
    errors: np.ndarray  # of the slopes, (d,)


class SeveralPolesSearch(SlopeSearch):
    """The search for the maximum of an observable behind several poles."""

    def __init__(
        self,
        builder: Callable[..., Any],
        ranges: Mapping[str, tuple[float, float]],
        observable: str,
    ) -> None:
        super().__init__(builder, ranges, observable)
        self.maxima: list[_Maximum] = []
        self.at_truncation: dict[Any, dict[bytes, Sloped]] = {}
        self._use(None, np.zeros(len(self.names)))

    def local(self, start: np.ndarray, reach: float = 0.1) -> tuple[np.ndarray, float]:
        """Climb on coarse slopes, and, where none arrived before, to the maximum on finer ones."""
        self._use(None, np.zeros(len(self.names)))
        near, _ = self.climbed(start, _CLIMBING)
        found = next((m for m in self.maxima if _distance(near, m.near) <= _SAME_BASIN), None)
        if found is None:
            found = self._arrived(near)
            self.maxima.append(found)
        best = max(self.maxima, key=lambda maximum: maximum.value)
        self._use(best.truncation, best.errors)
        return found.end, found.value

    def error(self, x: np.ndarray) -> float:
        """The distance of the value to that of a state whose error is known, and its error."""
        from thermalent.continued_fraction.method import ContinuedFraction
        from thermalent.operators.reading.observables import of_state

        network = self.builder(**self.parameters(x))
        state = ContinuedFraction(rtol=_VALUE_RTOL).steady_state(network)
        known = of_state(state, self.observable, ())
        return abs(float(known) - self(x)) + float(known.error)

    def _arrived(self, near: np.ndarray) -> _Maximum:
        """The maximum next to the end of a coarse climb."""
        from thermalent.continued_fraction.sensitivity.several_poles.tier_slopes import tier_slopes

        self.evaluations += 1
        fine = tier_slopes(
            self.builder, self.parameters(near), self.observable, _ARRIVED, _ARRIVED_WORK
        )
        errors = self.stretch(near) * fine.errors
        self._use(fine.truncation, errors)
        end, value = self.climbed(near, _SLOPE)
        return _Maximum(near, end, value, fine.truncation, errors)

    def _use(self, truncation: HeldTruncation | None, errors: np.ndarray) -> None:
        """Solve points at a truncation from now on, whose slopes have these errors, or coarsely."""
        self.truncation, self.errors_held = truncation, errors
        self.known = self.at_truncation.setdefault(truncation, {})

    def solved(self, x: np.ndarray) -> Sloped:
        """Value, slope and the slope's error at a new point."""
        from thermalent.continued_fraction.sensitivity.several_poles.tier_slopes import (
            held_tier_slopes,
            tier_slopes,
        )

        parameters, stretch = self.parameters(x), self.stretch(x)
        try:
            if self.truncation is not None:
                value, slopes = held_tier_slopes(
                    self.builder, parameters, self.observable, self.truncation
                )
                return value, stretch * slopes, self.errors_held
            coarse = tier_slopes(
                self.builder, parameters, self.observable, _CLIMBING, _CLIMBING_WORK
            )
        except np.linalg.LinAlgError:
            return super().solved(x)  # which tells what is not unique, or solves it
        return coarse.value, stretch * coarse.slopes, stretch * coarse.errors


def _distance(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.max(np.abs(one - other)))
