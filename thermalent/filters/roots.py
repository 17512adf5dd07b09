"""Checks of polynomials, poles and zeros, and the cancellation of equal pairs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from thermalent.support import checks


def finite(name: str, values: Sequence[complex]) -> np.ndarray:
    """Finite complex numbers as an array."""
    try:
        array = np.atleast_1d(np.array(values, dtype=complex))
    except (TypeError, ValueError, OverflowError):
        checks.fail(name, "a sequence of complex numbers", values)
    if array.size > checks.MOST_NODES:
        allowed = f"at most {checks.MOST_NODES} numbers"
        checks.fail(name, allowed, checks.Words(f"{array.size} of them"))
    if array.ndim != 1 or not np.all(np.isfinite(array)):
        checks.fail(name, "a sequence of finite complex numbers", values)
    return array


def polynomial_coefficients(name: str, values: Sequence[complex]) -> np.ndarray:
    """Coefficients of a polynomial, the first not zero."""
    coefficients = np.trim_zeros(finite(name, values), "f")
    if not len(coefficients):
        checks.fail(name, "a polynomial other than zero", list(values))
    return coefficients


def cancelled(poles: np.ndarray, zeros: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Poles and zeros without the pairs that are equal to rounding: they are no part of S21."""
    left = list(poles)
    kept = []
    for zero in zeros:
        distance = [abs(zero - pole) / abs(pole) for pole in left]
        if distance and min(distance) < 1e-12:
            left.pop(int(np.argmin(distance)))
        else:
            kept.append(zero)
    return np.array(left, dtype=complex), np.array(kept, dtype=complex)


def complex_in_words(value: complex) -> str:
    """A complex number for a message."""
    return f"{value.real:.6g}{value.imag + 0.0:+.6g}i"
