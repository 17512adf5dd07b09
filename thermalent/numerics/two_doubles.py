"""Numbers as sums of two doubles, of 32 digits: for arrays, and for kernels that compile them.

Source: T. J. Dekker, Numerische Mathematik 18, 224 (1971).
"""

from __future__ import annotations

from typing import Any

import numpy as np

_SPLITTER = 134217729.0  # 2^27 + 1: half of the digits of a double


def two_sum(a: Any, b: Any) -> Any:
    """The sum of two doubles, and its rounding, exactly."""
    total = a + b
    rounded = total - a
    return total, (a - (total - rounded)) + (b - rounded)


def two_product(a: Any, b: Any) -> Any:
    """The product of two doubles, and its rounding, exactly."""
    product = a * b
    scaled_a, scaled_b = _SPLITTER * a, _SPLITTER * b
    high_a, high_b = scaled_a - (scaled_a - a), scaled_b - (scaled_b - b)
    low_a, low_b = a - high_a, b - high_b
    return product, ((high_a * high_b - product) + high_a * low_b + low_a * high_b) + low_a * low_b


def product_of_pairs(a: Any, b: Any) -> Any:
    """The product of two pairs of doubles."""
    product, rest = two_product(a[0], b[0])
    return two_sum(product, rest + (a[0] * b[1] + a[1] * b[0]))


def square_root(n: np.ndarray) -> Any:
    """The square root of positive doubles as pairs."""
    first = np.sqrt(n)
    square, rest = two_product(first, first)
    return two_sum(first, ((n - square) - rest) / (2 * first))


def inverse(x: Any) -> Any:
    """One over a double as a pair."""
    first = 1.0 / x
    product, rest = two_product(first, x)
    return two_sum(first, ((1.0 - product) - rest) / x)
