"""Sums over the tiers of the eigenfunctions of a complex Ornstein-Uhlenbeck process."""

from __future__ import annotations

import numpy as np

from thermalent.support.machine.compiled import compiled

_EPS = np.finfo(np.float64).eps


@compiled(nogil=True, error_model="numpy")
def radial_sums(x, m, weights, errors, total, bound):
    r"""Add up \(\sum_n c_n f_n(x)\) for every element, and a bound of its error.

    $$f_n(x) = (-1)^n \sqrt{\frac{n!}{(n + m)!}}\; x^{m/2} L_n^m(x)\, e^{-x/2}, \qquad |f_n| \le 1$$

    The polynomials follow from the differences of neighbours,
    (n + 1)(L_{n+1} - L_n) = (n + m)(L_n - L_{n-1}) - x L_n, which loses nothing to cancellation
    where x is small and n is large.

    Args:
        x: |alpha|^2 over its variance, (p,).
        m: The charge, an integer >= 0.
        weights: c, (n, e), complex.
        errors: Their errors, (n, e).
        total: Where the sums go, (p, e), complex.
        bound: Where the bounds go, (p, e).
    """
    count, elements = weights.shape
    for p in range(len(x)):
        first = np.exp(-0.5 * x[p])
        for k in range(1, m + 1):
            first *= np.sqrt(x[p] / k)
        # Both carry the factor of f_n that does not depend on n; L_{-1} is zero.
        polynomial, difference, norm, sign, before = first, first, 1.0, 1.0, 0.0
        for n in range(count):
            value = norm * polynomial
            # Near a zero of f_n the rounding is that of its neighbour, and it grows with n at most.
            envelope = abs(value) + before
            before = abs(value)
            rounding = _EPS * (8.0 + n)
            for e in range(elements):
                total[p, e] += sign * value * weights[n, e]
                bound[p, e] += envelope * (errors[n, e] + rounding * abs(weights[n, e]))
            difference = ((n + m) * difference - x[p] * polynomial) / (n + 1)
            polynomial += difference
            norm *= np.sqrt((n + 1.0) / (n + 1.0 + m))
            sign = -sign
