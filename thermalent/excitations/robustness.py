"""Averages over parameters that fluctuate uniformly: by quadrature if few, else sampled."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import NamedTuple

import numpy as np

from thermalent.support import checks

QUADRATURE_UP_TO = 2  # dimensions; beyond, sampling usually needs fewer points


class Average(NamedTuple):
    """A mean over fluctuations.

    Args:
        mean: The mean.
        error: Its standard error (sampling) or the difference between two quadratures.
        spread: Standard deviation of the function's values.
        evaluations: Number of points.
        how: "quadrature" or "sampling".
    """

    mean: float
    error: float
    spread: float
    evaluations: int
    how: str


def average(
    function: Callable[[np.ndarray], float],
    *,
    dimension: int,
    width: float,
    samples: int = 400,
    order: int = 16,
    seed: int = 0,
    how: str = "auto",
) -> Average:
    r"""Mean of a function of independent, uniformly distributed numbers.

    $$\langle f \rangle = \frac{1}{(2\delta)^d} \int_{[-\delta, \delta]^d} f(x)\, d^d x$$

    Args:
        function: Of an array of `dimension` numbers: say, the largest fidelity of a network with
            these detunings.
        dimension: d, >= 1.
        width: delta, >= 0. GENERATION's fluctuations in [-delta/2, delta/2] have half of its delta.
        samples: Number of samples, >= 2.
        order: Points of the Gauss-Legendre quadrature per dimension, >= 2.
        seed: Of the samples.
        how: "quadrature" takes order^d points, which for small widths and a low order pays even in
            six dimensions; "sampling" any number; "auto" integrates one or two dimensions.

    Returns:
        The mean with its error: that of quadrature, the difference to 3/4 of the order, holds for
        smooth functions and overstates it.

    Raises:
        ValueError: an argument is out of range, or the function returns no finite number.

    Source: TRANSPORT, Fig. 3(c), (d); GENERATION, Fig. 5.
    """
    d = checks.integer("dimension", dimension, 1)
    delta = checks.nonnegative("width", width)

    def value(x: np.ndarray) -> float:
        return checks.real("function", function(delta * x))

    if how not in ("auto", "quadrature", "sampling"):
        checks.fail("how", "'auto', 'quadrature' or 'sampling'", how)
    if how == "quadrature" or (how == "auto" and d <= QUADRATURE_UP_TO):
        fine = checks.integer("order", order, 2)
        mean, square = _quadrature(value, d, fine)
        coarse = max(1, 3 * fine // 4)
        error = abs(_quadrature(value, d, coarse)[0] - mean)
        spread = float(np.sqrt(max(square - mean**2, 0.0)))
        return Average(mean, error, spread, fine**d + coarse**d, "quadrature")
    count = checks.integer("samples", samples, 2)
    rng = np.random.default_rng(checks.seed("seed", seed))
    values = np.array([value(x) for x in rng.uniform(-1, 1, (count, d))])
    spread = float(np.std(values, ddof=1))
    return Average(
        float(np.mean(values)), spread / float(np.sqrt(count)), spread, count, "sampling"
    )


def _quadrature(
    function: Callable[[np.ndarray], float], dimension: int, order: int
) -> tuple[float, float]:
    """Mean of the function and of its square over the cube [-1, 1]^d."""
    nodes, weights = np.polynomial.legendre.leggauss(order)
    mean = square = 0.0
    for places in product(range(order), repeat=dimension):
        axes = list(places)
        weight = float(np.prod(weights[axes] / 2))
        value = function(nodes[axes])
        mean += weight * value
        square += weight * value**2
    return mean, square
