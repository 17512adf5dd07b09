"""The numba kernels of the count: plain arrays, no validation."""

from __future__ import annotations

import numpy as np

from thermalent.support.machine.compiled import compiled

# Beyond this size a product is turned into its logarithm.
_FAR = 1e100


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
