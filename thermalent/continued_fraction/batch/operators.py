"""Numba kernels from the numbers of many networks to the real matrices of their levels."""

from __future__ import annotations

import numpy as np

from thermalent.support.compiled import compiled

_ROUNDING = 4 * np.finfo(float).eps  # as in `levels`


@compiled(nogil=True, error_model="numpy")
def operators(c, up, lower, raised, own, exchange, decay, absorption, dephasing, z, x, y):
    r"""The emitters' operators, for each of the points.

    $$L\rho = X\rho + \rho X^\dagger + \sum_k x_k \rho\, y_k^\dagger, \qquad
      (L_+ + L_-)\rho = [D, \rho], \qquad (K_+ + K_-)\rho = Y\rho + \rho Y^\dagger$$

    with the x_k of all points alike: the lowering operators, the raising ones, then sigma^z.

    Args:
        c: Lowering operators, (e, d, d).
        up: Raising operators, (e, d, d).
        lower: c_j^+ c_l, (e, e, d, d).
        raised: c_j c_l^+, (e, e, d, d).
        own: What X holds of the emitters alone, (d, d).
        exchange: J, (p, n, n); the source is node 0, as in the next two.
        decay: G, (p, n, n).
        absorption: U, (p, n, n).
        dephasing: Rates of the emitters with sigma^z, (p, q).
        z: Their sigma^z, (q, d, d).
        x: Where X goes, (p, d, d), zeros, or with what else belongs to it.
        y: Where the y_k go, (p, k, d, d), zeros.

    Returns:
        D (p, d, d), Y (p, d, d), and O^+ of what the source drives, (p, d, d).
    """
    emitters = c.shape[0]
    drive, back, driven = np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
    for p in range(x.shape[0]):
        _add(x[p], 1.0, own)
        for j in range(emitters):
            for l in range(emitters):
                g, u = decay[p, 1 + j, 1 + l], absorption[p, 1 + j, 1 + l]
                _add(x[p], -1j * exchange[p, 1 + j, 1 + l], lower[j, l])
                _add(x[p], -0.5 * g, lower[l, j])
                _add(x[p], -0.5 * u, raised[l, j])
                _add(y[p, j], np.conj(g), c[l])
                _add(y[p, emitters + j], np.conj(u), up[l])
        for e in range(emitters):
            g, u = decay[p, 0, 1 + e], absorption[p, 1 + e, 0]
            swap = 1j * exchange[p, 1 + e, 0]
            _add(driven[p], 0.5 * np.conj(g) + swap, up[e])
            # D = W - W^+ with W = ((U - G)/2 - iJ) c^+.
            _add(drive[p], 0.5 * (u - g) - swap, up[e])
            _add(drive[p], -np.conj(0.5 * (u - g) - swap), c[e])
            # Y = A + B^+ with A = U c^+ and B = (-G/2 + iJ - U/2) c^+.
            _add(back[p], u, up[e])
            _add(back[p], np.conj(swap - 0.5 * (g + u)), c[e])
        for q in range(z.shape[0]):
            _add(y[p, 2 * emitters + q], 0.5 * dephasing[p, q] + 0j, z[q])
            for i in range(x.shape[1]):
                x[p, i, i] -= 0.25 * dephasing[p, q]  # the square of sigma^z is one
    return drive, back, driven


@compiled(nogil=True, error_model="numpy")
def _add(to, factor, operator):
    for i in range(to.shape[0]):
        for j in range(to.shape[1]):
            to[i, j] += factor * operator[i, j]


@compiled(nogil=True, error_model="numpy")
def _framed(operator, bright_dark, work_array, out):
    """Frame^+ operator frame, into out."""
    d = bright_dark.shape[0]
    for i in range(d):
        for j in range(d):
            total = 0j
            for l in range(d):
                total += operator[i, l] * bright_dark[l, j]
            work_array[i, j] = total
    for i in range(d):
        for j in range(d):
            total = 0j
            for l in range(d):
                total += np.conj(bright_dark[l, i]) * work_array[l, j]
            out[i, j] = total


@compiled(nogil=True, error_model="numpy")
def matrices(x, sides, y, drive, back, bright_dark, variance):
    r"""A, B and C of each point in the Hermitian basis of `levels`, and what can be reached.

    Args:
        x: X, (p, d, d), and so on as from `operators`.
        sides: (k, d, d).
        y: (p, k, d, d).
        drive: D, (p, d, d).
        back: Y, (p, d, d).
        bright_dark: States of the bright frame as columns, (p, d, d).
        variance: V of the source, (p,).

    Returns:
        A, B and C, (p, 3, d^2, d^2), and whether each unknown is reached, (p, d^2).
    """
    count, size = x.shape[0], x.shape[1]
    terms = sides.shape[0]
    found = np.zeros((count, 3, size * size, size * size))
    reached = np.zeros((count, size * size), dtype=np.bool_)
    whole, part, work_array = np.zeros_like(x[0]), np.zeros_like(x[0]), np.zeros_like(x[0])
    a, b = np.zeros((terms, size, size), x.dtype), np.zeros((terms, size, size), x.dtype)
    for p in range(count):
        scale = np.sqrt(abs(variance[p])) if abs(variance[p]) > 1 else 1.0
        for k in range(terms):
            _framed(sides[k], bright_dark[p], work_array, a[k])
            _framed(y[p, k], bright_dark[p], work_array, b[k])
        _framed(x[p], bright_dark[p], work_array, whole)
        _represent(whole, a, b, terms, found[p, 0])
        _framed(drive[p], bright_dark[p], work_array, part)
        _framed(back[p], bright_dark[p], work_array, whole)
        for i in range(size):
            for j in range(size):
                whole[i, j] = (variance[p] / scale) * part[i, j] + whole[i, j] / scale
                part[i, j] *= scale
        _represent(whole, a, b, 0, found[p, 1])
        _represent(part, a, b, 0, found[p, 2])
        _spread(found[p], size, reached[p])
    return found, reached


@compiled(nogil=True, error_model="numpy")
def _represent(x, a, b, terms, out):
    """X rho + rho X^+ + sum a rho b^+ in the basis E_ii, symmetric and antisymmetric pairs."""
    size = x.shape[0]
    pairs = size * (size - 1) // 2
    image = np.zeros((size, size), x.dtype)
    pair = 0
    for i in range(size):
        for j in range(i, size):
            for m in range(size):  # image of |i><j|
                for n in range(size):
                    image[m, n] = 0.0
            for m in range(size):
                image[m, j] += x[m, i]
                image[i, m] += np.conj(x[m, j])
            for k in range(terms):
                for m in range(size):
                    if a[k, m, i] != 0:
                        for n in range(size):
                            image[m, n] += a[k, m, i] * np.conj(b[k, n, j])
            if i == j:
                _coordinates(image, 0.5, 1.0 + 0j, out, i)
            else:
                root = np.sqrt(0.5)
                _coordinates(image, root, 1.0 + 0j, out, size + pair)
                _coordinates(image, root, 1j, out, size + pairs + pair)
                pair += 1
    largest = 0.0
    for row in range(size * size):
        for column in range(size * size):
            largest = max(largest, abs(out[row, column]))
    for row in range(size * size):
        for column in range(size * size):
            if abs(out[row, column]) < _ROUNDING * largest:
                out[row, column] = 0.0


@compiled(nogil=True, error_model="numpy")
def _coordinates(image, factor, phase, out, column):
    """Column of the matrix: factor (phase image + h.c.) in the basis."""
    size = image.shape[0]
    pairs = size * (size - 1) // 2
    pair = 0
    for m in range(size):
        out[m, column] = 2 * factor * (phase * image[m, m]).real
        for n in range(m + 1, size):
            value = factor * (phase * image[m, n] + np.conj(phase * image[n, m]))
            out[size + pair, column] = np.sqrt(2.0) * value.real
            out[size + pairs + pair, column] = np.sqrt(2.0) * value.imag
            pair += 1


@compiled(nogil=True, error_model="numpy")
def _spread(found, size, reached):
    """What the populations reach through A, B and C."""
    total = size * size
    for i in range(size):
        reached[i] = True
    grown = True
    while grown:
        grown = False
        for column in range(total):
            if reached[column]:
                for row in range(total):
                    if not reached[row] and (
                        found[0, row, column] != 0
                        or found[1, row, column] != 0
                        or found[2, row, column] != 0
                    ):
                        reached[row] = True
                        grown = True
