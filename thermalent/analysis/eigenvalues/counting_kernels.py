"""The numba kernels of the count: plain arrays, no validation."""

from __future__ import annotations

import numpy as np

from thermalent.support.machine.compiled import compiled

# Beyond this size a product is turned into its logarithm.
_FAR = 1e100
# Points that are eliminated together: fewer leave the processor waiting, more do not stay near it.
_LANES = 32


@compiled(error_model="numpy")
def log_products(s, zeros):
    """Sum of log(s - zero) over the zeros at each s, up to multiples of 2 pi i; (points,)."""
    logarithms = np.zeros(s.size, dtype=np.complex128)
    for p in range(s.size):
        total, product = 0.0j, 1.0 + 0.0j
        for zero in zeros:
            product *= s[p] - zero
            size = abs(product.real) + abs(product.imag)
            if not (1.0 / _FAR < size < _FAR):
                total += np.log(product)
                product = 1.0 + 0.0j
        logarithms[p] = total + np.log(product)
    return logarithms


@compiled(error_model="numpy")
def log_determinants(s, size, diagonal, rise, fall):
    """Logarithm of det(s - L) at each s from the pivots of all tiers; (points,).

    The blocks have the shapes (tiers, m, m), of which tier n uses size[n] rows.
    """
    logarithms = np.zeros(s.size, dtype=np.complex128)
    most = diagonal.shape[1]
    work = np.zeros((most, 2 * most), dtype=np.complex128)  # pivot and rising block of a tier
    tail = np.zeros((most, most), dtype=np.complex128)
    for p in range(s.size):
        total, product = 0.0j, 1.0 + 0.0j
        for n in range(size.size - 1, -1, -1):
            width = size[n]
            width_below = size[n - 1] if n > 0 else 0
            above = size[n + 1] if n + 1 < size.size else 0
            for i in range(width):
                for j in range(width):
                    work[i, j] = -diagonal[n, i, j]
                work[i, i] += s[p]
                for j in range(above):
                    factor = fall[n, i, j]
                    if factor != 0:
                        for k in range(width):
                            work[i, k] -= factor * tail[j, k]
                for j in range(width_below):
                    work[i, width + j] = rise[n, i, j]
            for k in range(width):
                best = k
                for i in range(k + 1, width):
                    if abs(work[i, k]) > abs(work[best, k]):
                        best = i
                if best != k:
                    product = -product
                    for j in range(k, width + width_below):
                        work[k, j], work[best, j] = work[best, j], work[k, j]
                product *= work[k, k]
                if not (1.0 / _FAR < abs(product.real) + abs(product.imag) < _FAR):
                    total += np.log(product)
                    product = 1.0 + 0.0j
                inverse = 1.0 / work[k, k]
                for i in range(k + 1, width):
                    if work[i, k] != 0:
                        factor = work[i, k] * inverse
                        for j in range(k + 1, width + width_below):
                            work[i, j] -= factor * work[k, j]
            for i in range(width - 1, -1, -1):
                for j in range(width_below):
                    value = work[i, width + j]
                    for k in range(i + 1, width):
                        value -= work[i, k] * tail[k, j]
                    tail[i, j] = value / work[i, i]
        logarithms[p] = total + np.log(product)
    return logarithms


@compiled(error_model="numpy")
def log_determinants_in_lanes(s, size, diagonal, rise, fall):
    """Logarithm of det(s - L) as of `log_determinants`, and its largest multiplier; (points,) each.

    Points side by side, real and imaginary parts apart, pivots in the order in which they stand. A
    large multiplier says that one was small beside what is below it: digits are lost there.
    """
    logarithms, multiplier = np.zeros(s.size, dtype=np.complex128), np.zeros(s.size)
    most = diagonal.shape[1]
    # Pivot and rising block of a tier, and what the tier above adds to that below.
    re, im = np.zeros((most, 2 * most, _LANES)), np.zeros((most, 2 * most, _LANES))
    tail_re, tail_im = np.zeros((most, most, _LANES)), np.zeros((most, most, _LANES))
    inverse_re, inverse_im = np.zeros((most, _LANES)), np.zeros((most, _LANES))
    s_re, s_im, a_re, a_im, largest, size_of = np.zeros((6, _LANES))
    product_re, product_im = np.zeros(_LANES), np.zeros(_LANES)
    for first in range(0, s.size, _LANES):
        for p in range(_LANES):
            point = s[min(first + p, s.size - 1)]
            s_re[p], s_im[p] = point.real, point.imag
        product_re[:], product_im[:], largest[:] = 1.0, 0.0, 0.0
        for n in range(size.size - 1, -1, -1):
            width = size[n]
            below = size[n - 1] if n > 0 else 0
            above = size[n + 1] if n + 1 < size.size else 0
            for i in range(width):
                for j in range(width):
                    re[i, j], im[i, j] = -diagonal[n, i, j].real, -diagonal[n, i, j].imag
                for p in range(_LANES):
                    re[i, i, p] += s_re[p]
                    im[i, i, p] += s_im[p]
                for k in range(above):
                    factor = fall[n, i, k]
                    if factor != 0:
                        for j in range(width):
                            for p in range(_LANES):
                                x, y = tail_re[k, j, p], tail_im[k, j, p]
                                re[i, j, p] -= factor.real * x - factor.imag * y
                                im[i, j, p] -= factor.real * y + factor.imag * x
                for j in range(below):
                    re[i, width + j], im[i, width + j] = rise[n, i, j].real, rise[n, i, j].imag
            for k in range(width):
                for p in range(_LANES):
                    x, y = re[k, k, p], im[k, k, p]
                    square = 1.0 / (x * x + y * y)
                    inverse_re[k, p], inverse_im[k, p] = x * square, -y * square
                    product = product_re[p] * x - product_im[p] * y
                    product_im[p] = product_re[p] * y + product_im[p] * x
                    product_re[p] = product
                    size_of[p] = abs(product_re[p]) + abs(product_im[p])
                if not (np.min(size_of) > 1.0 / _FAR and np.max(size_of) < _FAR):
                    for p in range(min(_LANES, s.size - first)):
                        logarithms[first + p] += np.log(complex(product_re[p], product_im[p]))
                    product_re[:], product_im[:] = 1.0, 0.0
                for i in range(k + 1, width):
                    for p in range(_LANES):
                        x, y = re[i, k, p], im[i, k, p]
                        a_re[p] = x * inverse_re[k, p] - y * inverse_im[k, p]
                        a_im[p] = x * inverse_im[k, p] + y * inverse_re[k, p]
                        largest[p] = max(largest[p], a_re[p] * a_re[p] + a_im[p] * a_im[p])
                    for j in range(k + 1, width + below):
                        for p in range(_LANES):
                            x, y = re[k, j, p], im[k, j, p]
                            re[i, j, p] -= a_re[p] * x - a_im[p] * y
                            im[i, j, p] -= a_re[p] * y + a_im[p] * x
            for i in range(width - 1, -1, -1):
                for j in range(below):
                    for p in range(_LANES):
                        a_re[p], a_im[p] = re[i, width + j, p], im[i, width + j, p]
                    for k in range(i + 1, width):
                        for p in range(_LANES):
                            x, y = tail_re[k, j, p], tail_im[k, j, p]
                            a_re[p] -= re[i, k, p] * x - im[i, k, p] * y
                            a_im[p] -= re[i, k, p] * y + im[i, k, p] * x
                    for p in range(_LANES):
                        x, y = inverse_re[i, p], inverse_im[i, p]
                        tail_re[i, j, p] = a_re[p] * x - a_im[p] * y
                        tail_im[i, j, p] = a_re[p] * y + a_im[p] * x
        for p in range(min(_LANES, s.size - first)):
            logarithms[first + p] += np.log(complex(product_re[p], product_im[p]))
            multiplier[first + p] = np.sqrt(largest[p])
    return logarithms, multiplier
