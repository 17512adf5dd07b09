"""The largest value of a smooth function of one number."""

from __future__ import annotations

from collections.abc import Callable


def largest_between(
    function: Callable[[float], float], low: float, high: float, accuracy: float
) -> tuple[float, float]:
    """The largest value between two places that enclose one maximum, and its place.

    Args:
        function: What is searched, smooth.
        low: The lower place.
        high: The upper place.
        accuracy: Of the place, absolute. The value is far more accurate, as a maximum is flat.

    Returns:
        The value and the place, by Brent's method.
    """
    # Imported here: it takes a tenth of a second to load.
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(
        lambda x: -function(float(x)),
        bounds=(low, high),
        method="bounded",
        options={"xatol": accuracy},
    )
    return -float(found.fun), float(found.x)
