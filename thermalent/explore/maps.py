"""The neighbourhood of a point in two of its controls: what the map shows."""

from __future__ import annotations

import numpy as np

from thermalent.explore.controls import CONTROL_BY_NAME
from thermalent.explore.point import Point
from thermalent.support import checks

_FACTOR = 30.0  # from the middle of a logarithmic axis to its ends: one and a half decades
_FACTOR_OF_POLES = 3.0  # where states far away take seconds
MOST_POINTS = 41  # in each direction


def axis_values(point: Point, name: str, points: int) -> np.ndarray:
    """Values in SI of a control around the point, which lies in the middle if it can.

    A logarithmic control spans three decades, one behind several poles; another one the range of
    its slider, widened where the point lies outside.

    Args:
        point: Whose neighbourhood it is.
        name: Of the control.
        points: How many values, an odd number, so that the point is one of them if it lies in the
            middle.

    Raises:
        ValueError: there is no such control, or its number is empty or zero where only a factor
            would change it.
    """
    if name not in point.texts:
        checks.fail("axis", f"one of {sorted(point.texts)}", name[:40])
    control, value = CONTROL_BY_NAME[name], point.values[name]
    if control.scale == "log":
        if not value:
            checks.fail("axis", "a control with a number above zero", name)
        exponents = np.linspace(-1.0, 1.0, points)
        factor = _FACTOR if point.filter == "cavity" else _FACTOR_OF_POLES
        return np.asarray(value * factor**exponents)
    unit = (point.values[control.times] or 1.0) if control.times else 1.0
    here = 0.0 if value is None else value
    low, high = min(control.low * unit, here), max(control.high * unit, here)
    if control.scale == "square":
        return np.asarray(low + (high - low) * np.linspace(0.0, 1.0, points) ** 2)
    return np.linspace(low, high, points)
