"""Numba kernels from the numbers of many networks to the real matrices of their levels."""

from __future__ import annotations

import numba
import numpy as np

_ROUNDING = 4 * np.finfo(float).eps  # as in `levels`


@numba.njit(cache=True, nogil=True, error_model="numpy")
def operators(c, local, jumps, exchange, decay, absorption, detuning, dephasing, z, numbers):
    r"""The emitters' operators, for each of the points.

    $$L\rho = X\rho + \rho X^\dagger + \sum_k x_k \rho\, y_k^\dagger, \qquad
      (L_+ + L_-)\rho = [D, \rho], \qquad (K_+ + K_-)\rho = Y\rho + \rho Y^\dagger$$

    with the x_k of all points alike: lowering and raising operators, sigma^z, local jumps.

    Args:
        c: Lowering operators, (e, d, d).
        local: Their own Hamiltonians together, (d, d).
        jumps: Local jump operators, (j, d, d).
        exchange: J, (p, n, n); the source is node 0, as in the next two.
        decay: G, (p, n, n).
        absorption: U, (p, n, n).
        detuning: Of the source, (p,).
        dephasing: Rates of the emitters with sigma^z, (p, q).
        z: Their sigma^z, (q, d, d).
        numbers: Excitation number of each basis state, (d,).

    Returns:
        X (p, d, d), x (k, d, d), y (p, k, d, d), D (p, d, d), Y (p, d, d), and O^+ O of what the
        source drives, (p, d, d).
    """
    count, size = exchange.shape[0], c.shape[1]
    emitters, own, noisy = c.shape[0], jumps.shape[0], z.shape[0]
    up = np.zeros_like(c)
    for e in range(emitters):
        up[e] = c[e].conj().T
    lower, upper = np.zeros((emitters, emitters, size, size), c.dtype), np.zeros_like(c[0])
    raised = np.zeros_like(lower)
    for j in range(emitters):
        for l in range(emitters):
            lower[j, l] = up[j] @ c[l]
            raised[j, l] = c[j] @ up[l]
    quiet = np.zeros_like(c[0])
    for j in range(own):
        quiet += np.ascontiguousarray(jumps[j].conj().T) @ jumps[j]
    terms = 2 * emitters + noisy + own
    sides = np.zeros((terms, size, size), c.dtype)
    sides[:emitters], sides[emitters : 2 * emitters] = c, up
    sides[2 * emitters : 2 * emitters + noisy], sides[2 * emitters + noisy :] = z, jumps
    x, y = np.zeros((count, size, size), c.dtype), np.zeros((count, terms, size, size), c.dtype)
    drive, back, gram = np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
    for p in range(count):
        x[p] = -1j * local - 0.5 * quiet
        upper[:] = 0.0
        for j in range(emitters):
            for l in range(emitters):
                g, u = decay[p, 1 + j, 1 + l], absorption[p, 1 + j, 1 + l]
                x[p] -= 1j * exchange[p, 1 + j, 1 + l] * lower[j, l] + 0.5 * g * lower[l, j]
                x[p] -= 0.5 * u * raised[l, j]
                y[p, j] += np.conj(g) * c[l]
                y[p, emitters + j] += np.conj(u) * up[l]
        for e in range(emitters):
            g, u = decay[p, 0, 1 + e], absorption[p, 1 + e, 0]
            swap = 1j * exchange[p, 1 + e, 0]
            drive[p] += (0.5 * (u - g) - swap) * up[e]
            upper += (0.5 * np.conj(g) + swap) * up[e]
            # Y = A + B^+ with A = U c^+ and B = (-G/2 + iJ - U/2) c^+.
            back[p] += u * up[e] + np.conj(swap - 0.5 * (g + u)) * c[e]
        gram[p] = upper @ np.ascontiguousarray(upper.conj().T)
        drive[p] -= np.ascontiguousarray(drive[p].conj().T)
        for q in range(noisy):
            y[p, 2 * emitters + q] = 0.5 * dephasing[p, q] * z[q]
            for i in range(size):
                x[p, i, i] -= 0.25 * dephasing[p, q] * (z[q, i, i] * np.conj(z[q, i, i])).real
        y[p, 2 * emitters + noisy :] = jumps
        for i in range(size):
            x[p, i, i] += 1j * detuning[p] * numbers[i]
    return x, sides, y, drive, back, gram


@numba.njit(cache=True, nogil=True, error_model="numpy")
def matrices(x, sides, y, drive, back, frame, variance):
    r"""A, B and C of each point in the Hermitian basis of `levels`, and what can be reached.

    Args:
        x: X, (p, d, d), and so on as from `operators`.
        sides: (k, d, d).
        y: (p, k, d, d).
        drive: D, (p, d, d).
        back: Y, (p, d, d).
        frame: States of the bright frame as columns, (p, d, d).
        variance: V of the source, (p,).

    Returns:
        A, B and C, (p, 3, d^2, d^2), and whether each unknown is reached, (p, d^2).
    """
    count, size = x.shape[0], x.shape[1]
    terms = sides.shape[0]
    found = np.zeros((count, 3, size * size, size * size))
    reached = np.zeros((count, size * size), dtype=np.bool_)
    one = np.zeros((3, size, size), x.dtype)
    a, b = np.zeros((terms, size, size), x.dtype), np.zeros((terms, size, size), x.dtype)
    none = a[:0]
    for p in range(count):
        f = np.ascontiguousarray(frame[p])
        g = np.ascontiguousarray(f.conj().T)
        scale = np.sqrt(abs(variance[p])) if abs(variance[p]) > 1 else 1.0
        one[0] = g @ x[p] @ f
        one[1] = g @ ((variance[p] / scale) * drive[p] + back[p] / scale) @ f
        one[2] = g @ (scale * drive[p]) @ f
        for k in range(terms):
            a[k], b[k] = g @ sides[k] @ f, g @ y[p, k] @ f
        _represent(one[0], a, b, found[p, 0])
        _represent(one[1], none, none, found[p, 1])
        _represent(one[2], none, none, found[p, 2])
        _spread(found[p], size, reached[p])
    return found, reached


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _represent(x, a, b, out):
    """X rho + rho X^+ + sum a rho b^+ in the basis E_ii, symmetric and antisymmetric pairs."""
    size, terms = x.shape[0], a.shape[0]
    pairs = size * (size - 1) // 2
    image = np.zeros((size, size), x.dtype)
    pair = 0
    for i in range(size):
        for j in range(i, size):
            image[:] = 0.0  # of |i><j|
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
    largest = np.max(np.abs(out))
    for row in range(size * size):
        for column in range(size * size):
            if abs(out[row, column]) < _ROUNDING * largest:
                out[row, column] = 0.0


@numba.njit(cache=True, nogil=True, error_model="numpy")
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


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _spread(found, size, reached):
    """What the populations reach through A, B and C."""
    total = size * size
    reached[:size] = True
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
