"""Numba kernels of invariant subspaces: tiers eliminated in doubles, products in two doubles."""

from __future__ import annotations

import numpy as np

from thermalent.numerics import two_doubles
from thermalent.support.machine.compiled import compiled

_two_sum = compiled(from_python=False)(two_doubles.two_sum)
_two_product = compiled(from_python=False)(two_doubles.two_product)


@compiled(error_model="numpy")
def eliminated(size, diagonal, rise, fall, shift):
    """The elimination of L - shift from the highest tier: inverse pivots, and these times `rise`.

    Both have the shape (tiers, m, m), of which tier n uses size[n] rows.
    """
    tiers, most = diagonal.shape[:2]
    inverse, carried = np.empty_like(diagonal), np.empty_like(diagonal)
    for n in range(tiers - 1, -1, -1):
        pivot = diagonal[n].copy()
        if n + 1 < tiers:
            pivot -= fall[n] @ carried[n + 1]
        for i in range(most):
            pivot[i, i] -= shift
            if i >= size[n]:
                pivot[i, i] = 1.0
        inverse[n] = np.linalg.inv(pivot)
        carried[n] = inverse[n] @ rise[n]
    return inverse, carried


@compiled(error_model="numpy")
def solved_from_right(inverse, carried, fall, b):
    """(L - shift)^{-1} b for columns (tiers, m, p)."""
    x = np.zeros_like(b)
    rest = np.zeros_like(b[0])
    for n in range(len(b) - 1, -1, -1):
        rest[:] = b[n]
        if n + 1 < len(b):
            _subtract(rest, fall[n], x[n + 1])
        _subtract(x[n], inverse[n], rest)
        x[n] *= -1.0
    for n in range(1, len(b)):
        _subtract(x[n], carried[n], x[n - 1])
    return x


@compiled(error_model="numpy")
def solved_from_left(inverse, carried, fall, b):
    """(L - shift)^{-T} b for columns (tiers, m, p)."""
    rest, x = b.copy(), np.zeros_like(b)
    for n in range(len(b) - 2, -1, -1):
        _subtract_left(rest[n], carried[n + 1], rest[n + 1])
    for n in range(len(b)):
        if n > 0:
            _subtract_left(rest[n], fall[n - 1], x[n - 1])
        _subtract_left(x[n], inverse[n], rest[n])
        x[n] *= -1.0
    return x


@compiled(error_model="numpy")
def iterated(inverse, carried, fall, x, w, rounds):
    """Right and left columns after so many rounds of inverse iteration, orthonormal."""
    for _ in range(rounds):
        x, w = (
            solved_from_right(inverse, carried, fall, x),
            solved_from_left(inverse, carried, fall, w),
        )
        _orthonormalise(x)
        _orthonormalise(w)
    return x, w


@compiled(error_model="numpy")
def images(first, col, high, low, x):
    """A sparse matrix of pairs of doubles times columns of doubles, as pairs; (n, p) each.

    The elements of row i are those from first[i] to first[i + 1].
    """
    rows, columns = first.size - 1, x.shape[1]
    image, rest = np.zeros((rows, columns)), np.zeros((rows, columns))
    for i in range(rows):
        for e in range(first[i], first[i + 1]):
            for p in range(columns):
                value = x[col[e], p]
                product, small = _two_product(high[e], value)
                total, rounding = _two_sum(image[i, p], product)
                image[i, p] = total
                rest[i, p] += rounding + (small + low[e] * value)
    return image, rest


@compiled(error_model="numpy")
def overlaps(w, high, low):
    """Sums of products of columns of doubles with columns of pairs, as pairs; (p, q) each."""
    total, rest = np.zeros((w.shape[1], high.shape[1])), np.zeros((w.shape[1], high.shape[1]))
    for p in range(w.shape[1]):
        for q in range(high.shape[1]):
            for i in range(len(w)):
                product, small = _two_product(w[i, p], high[i, q])
                total[p, q], rounding = _two_sum(total[p, q], product)
                rest[p, q] += rounding + (small + w[i, p] * low[i, q])
    return total, rest


@compiled(error_model="numpy")
def residuals(high, low, x, small_high, small_low):
    """Columns of pairs minus columns of doubles times a small matrix of pairs, in doubles."""
    found = np.zeros_like(high)
    for i in range(len(high)):
        for q in range(high.shape[1]):
            total, rest = high[i, q], low[i, q]
            for p in range(x.shape[1]):
                product, small = _two_product(x[i, p], small_high[p, q])
                total, rounding = _two_sum(total, -product)
                rest += rounding - (small + x[i, p] * small_low[p, q])
            found[i, q] = total + rest
    return found


@compiled(error_model="numpy")
def _subtract(target, matrix, x):
    for i in range(len(matrix)):
        for j in range(matrix.shape[1]):
            factor = matrix[i, j]
            if factor != 0:
                for p in range(x.shape[1]):
                    target[i, p] -= factor * x[j, p]


@compiled(error_model="numpy")
def _subtract_left(target, matrix, x):
    for i in range(len(matrix)):
        for j in range(matrix.shape[1]):
            factor = matrix[i, j]
            if factor != 0:
                for p in range(x.shape[1]):
                    target[j, p] -= factor * x[i, p]


@compiled(error_model="numpy")
def _orthonormalise(x):
    """Columns made orthonormal one after the other, twice against rounding."""
    tiers, most, columns = x.shape
    for p in range(columns):
        for _ in range(2):
            for q in range(p):
                overlap = 0.0 * x[0, 0, 0]
                for n in range(tiers):
                    for i in range(most):
                        overlap += np.conj(x[n, i, q]) * x[n, i, p]
                for n in range(tiers):
                    for i in range(most):
                        x[n, i, p] -= overlap * x[n, i, q]
            norm = 0.0
            for n in range(tiers):
                for i in range(most):
                    norm += abs(x[n, i, p]) ** 2
            scale = 1.0 / np.sqrt(norm)
            for n in range(tiers):
                for i in range(most):
                    x[n, i, p] *= scale
