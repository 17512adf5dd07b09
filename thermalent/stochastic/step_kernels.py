"""Numba kernels of the trajectories: plain arrays, no validation.

A block is `LANES_OF_BLOCK` trajectories side by side: every array holds the trajectories along its
last, contiguous axis, so that each operation on a state is a SIMD operation over trajectories. The
state of the emitters is a real vector of m = d^2 components in an orthonormal Hermitian basis whose
first element is the identity: its component is the trace, and no kernel ever changes it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from thermalent.support.machine.compiled import compiled

# Trajectories of a block, which share one stream of random numbers. Part of what a seed means:
# another number gives other trajectories. 64 is where the time per trajectory stops falling.
LANES_OF_BLOCK = 64


class Rows(NamedTuple):
    """A sparse matrix by rows, every row padded with zeros to a multiple of four entries."""

    start: np.ndarray  # (m + 1,)
    column: np.ndarray  # (nonzeros,)
    value: np.ndarray  # (nonzeros,)


class StepOperators(NamedTuple):
    """Everything that a step of given length needs; see `step_operators`."""

    transition: np.ndarray  # (8,) of the field: see `draw`
    vacuum: Rows  # exp(L h)
    half: Rows  # exp(L h / 2)
    rotation: np.ndarray  # (emitters, 3, 2); empty if an emitter has more than two levels
    doublings: int
    drive: Rows  # generator per Re(integral of u); empty if there are rotations
    drive_imag: Rows  # generator per Im(integral of u)
    drive_norm: float  # largest norm of both, over all phases


@compiled(nogil=True, error_model="numpy", fastmath={"contract"})
def multiply_lanes(matrix, x, y):
    """Y = M x for all lanes."""
    for r in range(matrix.start.size - 1):
        for k in range(LANES_OF_BLOCK):
            y[r, k] = 0.0
        for t in range(matrix.start[r], matrix.start[r + 1], 4):
            c0, c1 = matrix.column[t], matrix.column[t + 1]
            c2, c3 = matrix.column[t + 2], matrix.column[t + 3]
            v0, v1 = matrix.value[t], matrix.value[t + 1]
            v2, v3 = matrix.value[t + 2], matrix.value[t + 3]
            for k in range(LANES_OF_BLOCK):
                y[r, k] += v0 * x[c0, k] + v1 * x[c1, k] + v2 * x[c2, k] + v3 * x[c3, k]


@compiled(nogil=True, error_model="numpy", fastmath={"contract"})
def draw(rng, u, integral, transition):
    """One exact step of the field u, (2, LANES); its time integral is added to `integral`.

    With z_1, z_2 complex standard normal, u' = decay u + noise z_1 and
    int u dt = weight u + follow z_1 + own z_2; `transition` holds their parts in this order.
    """
    decay_re, decay_im, weight_re, weight_im = transition[:4]
    noise, follow_re, follow_im, own = transition[4:]
    for k in range(LANES_OF_BLOCK):
        a = rng.standard_normal()
        b = rng.standard_normal()
        c = rng.standard_normal()
        d = rng.standard_normal()
        re, im = u[0, k], u[1, k]
        integral[0, k] += weight_re * re - weight_im * im + follow_re * a - follow_im * b + own * c
        integral[1, k] += weight_re * im + weight_im * re + follow_re * b + follow_im * a + own * d
        u[0, k] = decay_re * re - decay_im * im + noise * a
        u[1, k] = decay_re * im + decay_im * re + noise * b


@compiled(nogil=True, error_model="numpy", fastmath={"contract"})
def rotation_matrices(w, integral, doublings, matrix):
    """The rotation of one two-level emitter by the vector w I, per lane, (9, LANES).

    A unit quaternion of the angle over 2^(doublings + 1), from its Taylor series; then squared
    `doublings` times. Normalised in the end, so that the matrix is a rotation to rounding whatever
    the angle.
    """
    scale = 0.5 ** (doublings + 1)
    for k in range(LANES_OF_BLOCK):
        p = scale * (w[0, 0] * integral[0, k] + w[0, 1] * integral[1, k])
        q = scale * (w[1, 0] * integral[0, k] + w[1, 1] * integral[1, k])
        r = scale * (w[2, 0] * integral[0, k] + w[2, 1] * integral[1, k])
        z = p * p + q * q + r * r
        s = 1 / 6227020800 - z / 1307674368000
        s = 1 - z * (
            1 / 6 - z * (1 / 120 - z * (1 / 5040 - z * (1 / 362880 - z * (1 / 39916800 - z * s))))
        )
        c = 1 / 479001600 - z / 87178291200
        c = 1 - z * (
            1 / 2 - z * (1 / 24 - z * (1 / 720 - z * (1 / 40320 - z * (1 / 3628800 - z * c))))
        )
        matrix[0, k], matrix[1, k], matrix[2, k], matrix[3, k] = p * s, q * s, r * s, c
    for _ in range(doublings):  # one loop over the lanes each, or they would not be vectorised
        for k in range(LANES_OF_BLOCK):
            p, q, r, c = matrix[0, k], matrix[1, k], matrix[2, k], matrix[3, k]
            matrix[0, k], matrix[1, k], matrix[2, k] = 2 * c * p, 2 * c * q, 2 * c * r
            matrix[3, k] = c * c - (p * p + q * q + r * r)
    for k in range(LANES_OF_BLOCK):
        p, q, r, c = matrix[0, k], matrix[1, k], matrix[2, k], matrix[3, k]
        norm = 2 / (c * c + p * p + q * q + r * r)
        matrix[0, k] = 1 - norm * (q * q + r * r)
        matrix[1, k] = norm * (p * q - c * r)
        matrix[2, k] = norm * (p * r + c * q)
        matrix[3, k] = norm * (p * q + c * r)
        matrix[4, k] = 1 - norm * (p * p + r * r)
        matrix[5, k] = norm * (q * r - c * p)
        matrix[6, k] = norm * (p * r - c * q)
        matrix[7, k] = norm * (q * r + c * p)
        matrix[8, k] = 1 - norm * (p * p + q * q)


@compiled(nogil=True, error_model="numpy", fastmath={"contract"})
def rotate(matrix, x, stride):
    """Rotate the Pauli index of stride `stride` of every lane, in place."""
    for base in range(0, x.shape[0], 4 * stride):
        for i in range(base + stride, base + 2 * stride):
            j, l = i + stride, i + 2 * stride
            for k in range(LANES_OF_BLOCK):
                p, q, r = x[i, k], x[j, k], x[l, k]
                x[i, k] = matrix[0, k] * p + matrix[1, k] * q + matrix[2, k] * r
                x[j, k] = matrix[3, k] * p + matrix[4, k] * q + matrix[5, k] * r
                x[l, k] = matrix[6, k] * p + matrix[7, k] * q + matrix[8, k] * r


@compiled(nogil=True, error_model="numpy", fastmath={"contract"})
def taylor(operators, integral, x, y, z, w):
    """Apply exp(Re(I) X + Im(I) Y) to x by its Taylor series; y, z and w are scratch."""
    largest = 0.0
    for k in range(LANES_OF_BLOCK):
        largest = max(largest, integral[0, k] ** 2 + integral[1, k] ** 2)
    norm = operators.drive_norm * np.sqrt(largest)
    parts = max(1, int(np.ceil(norm)))
    for _ in range(parts):
        for r in range(x.shape[0]):
            for k in range(LANES_OF_BLOCK):
                y[r, k] = x[r, k]
        order, bound = 0, 1.0
        while bound > 1e-17:
            order += 1
            factor = 1.0 / (order * parts)
            bound *= norm * factor
            multiply_lanes(operators.drive, y, z)
            multiply_lanes(operators.drive_imag, y, w)
            for r in range(x.shape[0]):
                for k in range(LANES_OF_BLOCK):
                    term = factor * (integral[0, k] * z[r, k] + integral[1, k] * w[r, k])
                    y[r, k] = term
                    x[r, k] += term


@compiled(nogil=True, error_model="numpy", fastmath={"contract"})
def drive(operators, integral, x, matrix, y, z, w):
    """The emitters' exact response to the integrated field alone, in place; the rest is scratch."""
    emitters = operators.rotation.shape[0]
    if emitters == 0:
        taylor(operators, integral, x, y, z, w)
        return
    stride = x.shape[0]
    for e in range(emitters):
        stride //= 4
        rotation_matrices(operators.rotation[e], integral, operators.doublings, matrix)
        rotate(matrix, x, stride)


@compiled(nogil=True, error_model="numpy", fastmath={"contract"})
def advance(rng, u, x, total, steps, coarsening, operators):
    """Field and emitters of a block over `steps` steps of the field, in place.

    Strang splitting: half a step of the emitters alone, the drive by the exact time integral of the
    field over the whole step, half a step of the emitters alone. The emitters take one step for
    every `coarsening` steps of the field (`operators` is made for that), so that the same random
    numbers give the same path of the field at any step of the emitters.

    Args:
        rng: numpy Generator of the block; four normal numbers per lane and step, in fixed order.
        u: Field, real and imaginary part, (2, LANES).
        x: Emitters, (m, LANES).
        total: The sum of x over the steps of the emitters is added to it, (m, LANES); or (0, LANES)
            for no sum.
        steps: Number of steps of the field, a multiple of `coarsening`.
        coarsening: Steps of the field per step of the emitters.
        operators: For this step and coarsening.
    """
    m = x.shape[0]
    now, propagated = np.empty((m, LANES_OF_BLOCK)), np.empty((m, LANES_OF_BLOCK))
    y, z = np.empty((m, LANES_OF_BLOCK)), np.empty((m, LANES_OF_BLOCK))
    matrix, integral = np.empty((9, LANES_OF_BLOCK)), np.empty((2, LANES_OF_BLOCK))
    summed = np.zeros((total.shape[0], LANES_OF_BLOCK))
    count = steps // coarsening
    multiply_lanes(operators.half, x, now)
    for i in range(count):
        integral[:] = 0.0
        for _ in range(coarsening):
            draw(rng, u, integral, operators.transition)
        drive(operators, integral, now, matrix, y, z, propagated)
        for r in range(summed.shape[0]):
            for k in range(LANES_OF_BLOCK):
                summed[r, k] += now[r, k]
        if i < count - 1:
            multiply_lanes(operators.vacuum, now, propagated)
            now, propagated = propagated, now
    multiply_lanes(operators.half, now, x)
    if summed.shape[0] > 0:  # every term still lacks its half step, which is linear
        multiply_lanes(operators.half, summed, y)
        total += y


@compiled(nogil=True, error_model="numpy", fastmath={"contract"})
def follow_field(integrals, x, operators):
    """Emitters of a block along a given field, in place: integrals (steps, 2, LANES)."""
    shape = (x.shape[0], LANES_OF_BLOCK)
    now, y, z, w = np.empty(shape), np.empty(shape), np.empty(shape), np.empty(shape)
    matrix = np.empty((9, LANES_OF_BLOCK))
    for i in range(integrals.shape[0]):
        multiply_lanes(operators.half, x, now)
        drive(operators, integrals[i], now, matrix, y, z, w)
        multiply_lanes(operators.half, now, x)


@compiled(error_model="numpy")
def autoregression(decay, noise, path):
    """path[p, i + 1] = decay[i] path[p, i] + noise[p, i]; path[:, 0] is given."""
    for p in range(path.shape[0]):
        for i in range(decay.size):
            path[p, i + 1] = decay[i] * path[p, i] + noise[p, i]
