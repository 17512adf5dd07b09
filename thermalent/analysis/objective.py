"""Objectives on a unit cube, which stands for the ranges of parameters: values and slopes."""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from thermalent.numerics.finite_differences import Differences, slope_and_curvature
from thermalent.support import checks

# A range this wide is searched by orders of magnitude.
_LOGARITHMIC_FROM = 10.0
_SLOPE_RTOL = 1e-9
_CURVATURE_STEP = 2e-3


class Objective(abc.ABC):
    """The objective on the unit cube, one coordinate per parameter."""

    looks = 0  # points to evaluate, per start, before the searches begin

    def __init__(
        self, builder: Callable[..., Any], ranges: Mapping[str, tuple[float, float]]
    ) -> None:
        self.builder = builder
        if not isinstance(ranges, Mapping) or not ranges:
            checks.fail("ranges", "pairs (low, high) of one parameter or more, by name", ranges)
        # Imported here because it loads the solver, which takes a while.
        from thermalent.networks.builder import check_names

        self.names = tuple(ranges)
        check_names("ranges", builder, self.names)
        for name, ends in ranges.items():
            if not isinstance(ends, Sequence) or isinstance(ends, str) or len(ends) != 2:
                checks.fail("ranges", f"(low, high) with low < high for {name!r}", ends)
        self.low = np.array([checks.real("ranges", low) for low, _ in ranges.values()])
        self.high = np.array([checks.real("ranges", high) for _, high in ranges.values()])
        for name, low, high in zip(self.names, self.low, self.high, strict=True):
            if not low < high:
                checks.fail("ranges", f"(low, high) with low < high for {name!r}", ranges[name])
        self.log = (self.low > 0) & (self.high >= _LOGARITHMIC_FROM * self.low)
        self.evaluations = 0

    @abc.abstractmethod
    def __call__(self, x: np.ndarray) -> float:
        """The value at a point of the cube."""

    @abc.abstractmethod
    def error(self, x: np.ndarray) -> float:
        """The error of the value at a point, as far as it is known by itself."""

    @abc.abstractmethod
    def local(self, start: np.ndarray, reach: float = 0.1) -> tuple[np.ndarray, float]:
        """Climb from a point with first steps of this size; the final point and its value."""

    @abc.abstractmethod
    def slopes(self, x: np.ndarray, free: np.ndarray, noise: float) -> Differences:
        """Slope and curvature at a point, in the coordinates that are free."""

    def interior(self, x: np.ndarray) -> bool:
        """Whether the value at a point does not depend on an interval that the objective chose.

        A maximum over time that lies at an end of its time interval does.
        """
        return True

    def parameters(self, x: np.ndarray) -> dict[str, float]:
        """The parameters at a point of the cube."""
        low = np.where(self.log, self.low, 1.0)
        by_magnitude = low * (np.where(self.log, self.high, 1.0) / low) ** x
        values = np.where(self.log, by_magnitude, self.low + (self.high - self.low) * x)
        values = np.clip(values, self.low, self.high)
        return dict(zip(self.names, values.tolist(), strict=True))

    def errors(self, x: np.ndarray, shift: np.ndarray) -> dict[str, float]:
        """Shifts in the cube as shifts of the parameters."""
        scale = self.stretch(x)
        return dict(zip(self.names, (scale * shift).tolist(), strict=True))

    def stretch(self, x: np.ndarray) -> np.ndarray:
        """Derivative of each parameter with respect to its coordinate."""
        values = np.array(list(self.parameters(x).values()))
        ratio = np.where(self.log, self.high / np.where(self.log, self.low, 1.0), 1.0)
        return np.where(self.log, np.abs(values) * np.log(ratio), self.high - self.low)


class ValueSearch(Objective):
    """The search for the maximum of any number by its values alone."""

    looks = 20  # a quarter of the evaluations of a search

    def __init__(
        self,
        builder: Callable[..., Any],
        ranges: Mapping[str, tuple[float, float]],
        objective: Callable[[Any], Any],
    ) -> None:
        super().__init__(builder, ranges)
        checks.of_one("objective", objective, "what `builder` returned")
        self.objective = objective

    def __call__(self, x: np.ndarray) -> float:
        """The number at a point of the cube."""
        measured = self._measured(x)
        return checks.real("objective", getattr(measured, "value", measured))

    def interior(self, x: np.ndarray) -> bool:
        """The `interior` of the objective's own result at a point; true if it has none."""
        return bool(getattr(self._measured(x), "interior", True))

    def error(self, x: np.ndarray) -> float:
        """The error of the objective's own number at a point; zero if it knows none."""
        measured = self._measured(x)
        return _known(getattr(measured, "value", measured))

    def _measured(self, x: np.ndarray) -> Any:
        self.evaluations += 1
        return self.objective(self.builder(**self.parameters(x)))

    def local(self, start: np.ndarray, reach: float = 0.1) -> tuple[np.ndarray, float]:
        """Climb from a point by comparing values, with first steps of this size."""
        from scipy.optimize import minimize  # imported here: it takes a tenth of a second to load

        d = len(start)
        corners = start + reach * np.where(start > 0.5, -1.0, 1.0) * np.eye(d)
        minimum: Any = minimize(  # type: ignore[call-overload]  # scipy-stubs lacks initial_simplex
            lambda x: -self(x),
            start,
            method="Nelder-Mead",
            bounds=[(0.0, 1.0)] * d,
            options={
                "initial_simplex": np.vstack([start, corners]),
                "xatol": 1e-5,
                "fatol": 1e-9,
                "maxfev": 400 * d,
            },
        )
        return np.asarray(minimum.x, dtype=float), -float(minimum.fun)

    def slopes(self, x: np.ndarray, free: np.ndarray, noise: float) -> Differences:
        """Slope and curvature by finite differences."""
        return slope_and_curvature(self, x, free, noise)


# A value, its slope (d,) in the cube, and the slope's error (d,).
Sloped = tuple[float, np.ndarray, np.ndarray]


class SlopeSearch(Objective):
    """The search for the maximum of an observable of the steady state by its slopes."""

    def __init__(
        self,
        builder: Callable[..., Any],
        ranges: Mapping[str, tuple[float, float]],
        observable: str,
    ) -> None:
        super().__init__(builder, ranges)
        self.observable = observable
        self.known: dict[bytes, Sloped] = {}

    def __call__(self, x: np.ndarray) -> float:
        """The observable at a point of the cube."""
        return self.with_slope(x)[0]

    def error(self, x: np.ndarray) -> float:
        """The error of the observable at a point."""
        return _known(self.with_slope(x)[0])

    def with_slope(self, x: np.ndarray) -> Sloped:
        """Value, slope (d,) and the slope's error (d,); every point is solved once."""
        key = np.asarray(x, dtype=float).tobytes()
        if key not in self.known:
            self.evaluations += 1
            self.known[key] = self.solved(x)
        return self.known[key]

    def solved(self, x: np.ndarray) -> Sloped:
        """Value, slope and the slope's error at a new point."""
        from thermalent.continued_fraction.sensitivity.sensitivities import sensitivities

        slopes = sensitivities(self.builder, self.parameters(x), self.observable, rtol=_SLOPE_RTOL)
        stretch = self.stretch(x)
        return (
            slopes.value,
            stretch * np.array(list(slopes.derivatives.values())),
            stretch * np.array(list(slopes.errors.values())),
        )

    def local(self, start: np.ndarray, reach: float = 0.1) -> tuple[np.ndarray, float]:
        """Climb from a point along the slopes, which set the steps."""
        return self.climbed(start, 1e-7)

    def climbed(self, start: np.ndarray, smallest: float) -> tuple[np.ndarray, float]:
        """The end of a climb, where slopes are smaller than this."""
        from scipy.optimize import minimize

        def falling(x: np.ndarray) -> tuple[float, np.ndarray]:
            value, slope, _ = self.with_slope(x)
            return -value, -slope

        minimum = minimize(
            falling,
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=[(0.0, 1.0)] * len(start),
            options={"ftol": 1e-3 * smallest, "gtol": smallest},
        )
        return np.asarray(minimum.x, dtype=float), -float(minimum.fun)

    def slopes(self, x: np.ndarray, free: np.ndarray, noise: float) -> Differences:
        """The slope itself, and the curvature from differences of slopes, at two steps."""
        _, slope, error = self.with_slope(x)
        axes = np.eye(len(x))[free]
        steps = np.minimum(_CURVATURE_STEP, np.minimum(x, 1 - x)[free] / 2)
        near, wide = (
            np.array(
                [
                    (self.with_slope(x + k * h * a)[1] - self.with_slope(x - k * h * a)[1])[free]
                    / (2 * k * h)
                    for a, h in zip(axes, steps, strict=True)
                ]
            )
            for k in (1, 2)
        )
        curvature = (4 * near - wide) / 3
        change = np.abs(np.diag(near) - np.diag(wide))
        return Differences(
            free=free,
            slope=slope[free],
            curvature=(curvature + curvature.T) / 2,
            steps=np.ones(len(axes)),
            truncation=error[free],
            smooth=bool(np.all(change <= 0.1 * np.abs(np.diag(near)))),
        )


def _known(number: Any) -> float:
    error = float(getattr(number, "error", 0.0))
    return error if np.isfinite(error) else 0.0
