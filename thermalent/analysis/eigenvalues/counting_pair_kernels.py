"""The numba kernel of the count in pairs of doubles: plain arrays, no validation."""

from __future__ import annotations

import numpy as np

from thermalent.numerics import two_doubles
from thermalent.support.machine.compiled import compiled

_two_sum = compiled(from_python=False)(two_doubles.two_sum)
_two_product = compiled(from_python=False)(two_doubles.two_product)
# Beyond this size a product is turned into its logarithm.
_FAR = 1e100
# A complex number of pairs: high and low of its real part, then of its imaginary part.
_PARTS = 4


@compiled(error_model="numpy")
def log_determinants_of_pairs(s, size, diagonal, rise, fall):
    """Logarithm of det(s - L) at each s from pivots in pairs of doubles; (points,).

    The blocks have the shapes (tiers, m, m, 4), of which tier n uses size[n] rows: high and low of
    the real part, then of the imaginary part.
    """
    logarithms = np.zeros(s.size, dtype=np.complex128)
    most = diagonal.shape[1]
    work = np.zeros((most, 2 * most, _PARTS))  # pivot and rising block of a tier
    tail = np.zeros((most, most, _PARTS))
    inverse, factor, value = np.zeros(_PARTS), np.zeros(_PARTS), np.zeros(_PARTS)
    for p in range(s.size):
        total, product = 0.0j, 1.0 + 0.0j
        for n in range(size.size - 1, -1, -1):
            width = size[n]
            below = size[n - 1] if n > 0 else 0
            above = size[n + 1] if n + 1 < size.size else 0
            for i in range(width):
                for j in range(width):
                    work[i, j] = -diagonal[n, i, j]
                value[:] = 0.0
                value[0], value[2] = s[p].real, s[p].imag
                _add(work[i, i], value)
                for j in range(above):
                    if fall[n, i, j, 0] != 0 or fall[n, i, j, 2] != 0:
                        for k in range(width):
                            _subtract_product(work[i, k], fall[n, i, j], tail[j, k])
                for j in range(below):
                    work[i, width + j] = rise[n, i, j]
            for k in range(width):
                best = k
                for i in range(k + 1, width):
                    if _size(work[i, k]) > _size(work[best, k]):
                        best = i
                if best != k:
                    product = -product
                    for j in range(k, width + below):
                        for part in range(_PARTS):
                            other = work[k, j, part]
                            work[k, j, part] = work[best, j, part]
                            work[best, j, part] = other
                product *= complex(work[k, k, 0], work[k, k, 2])
                if not (1.0 / _FAR < abs(product.real) + abs(product.imag) < _FAR):
                    total += np.log(product)
                    product = 1.0 + 0.0j
                _invert(inverse, work[k, k])
                work[k, k] = inverse
                for i in range(k + 1, width):
                    if work[i, k, 0] != 0 or work[i, k, 2] != 0:
                        factor[:] = 0.0
                        _subtract_product(factor, work[i, k], inverse)
                        factor *= -1.0
                        for j in range(k + 1, width + below):
                            _subtract_product(work[i, j], factor, work[k, j])
            for i in range(width - 1, -1, -1):
                for j in range(below):
                    value[:] = work[i, width + j]
                    for k in range(i + 1, width):
                        _subtract_product(value, work[i, k], tail[k, j])
                    tail[i, j] = 0.0
                    _subtract_product(tail[i, j], value, work[i, i])
                    tail[i, j] *= -1.0
        logarithms[p] = total + np.log(product)
    return logarithms


@compiled(error_model="numpy")
def _size(a):
    return abs(a[0]) + abs(a[2])


@compiled(error_model="numpy")
def _plus(a, a_low, b, b_low):
    total, rest = _two_sum(a, b)
    return _two_sum(total, rest + (a_low + b_low))


@compiled(error_model="numpy")
def _times(a, a_low, b, b_low):
    product, rest = _two_product(a, b)
    return product, rest + (a * b_low + a_low * b)


@compiled(error_model="numpy")
def _add(target, a):
    target[0], target[1] = _plus(target[0], target[1], a[0], a[1])
    target[2], target[3] = _plus(target[2], target[3], a[2], a[3])


@compiled(error_model="numpy")
def _subtract_product(target, a, b):
    """Subtract a b."""
    if a[2] == 0:  # as of a sector that is real
        x, x_low = _times(a[0], a[1], b[0], b[1])
        y, y_low = _times(a[0], a[1], b[2], b[3])
    else:
        x, x_low = _times(a[0], a[1], b[0], b[1])
        z, z_low = _times(a[2], a[3], b[2], b[3])
        x, x_low = _plus(x, x_low, -z, -z_low)
        y, y_low = _times(a[0], a[1], b[2], b[3])
        z, z_low = _times(a[2], a[3], b[0], b[1])
        y, y_low = _plus(y, y_low, z, z_low)
    target[0], target[1] = _plus(target[0], target[1], -x, -x_low)
    target[2], target[3] = _plus(target[2], target[3], -y, -y_low)


@compiled(error_model="numpy")
def _invert(target, a):
    """One over a, by a step of Newton's method from that of its high parts."""
    first = 1.0 / complex(a[0], a[2])
    scratch = np.zeros(_PARTS)
    scratch[0] = 1.0
    guess = np.zeros(_PARTS)
    guess[0], guess[2] = first.real, first.imag
    _subtract_product(scratch, a, guess)  # 1 - a g
    target[:] = guess
    scratch *= -1.0
    _subtract_product(target, guess, scratch)  # g + g (1 - a g)
