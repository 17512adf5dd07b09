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
    """A step of the fields and of what they drive; see `step_operators`.

    Args:
        propagator: To m amplitudes and r integrals after the step, (2 (m + r), 2 m).
        noise_factor: What normal numbers add to these, (2 (m + r), n).
        vacuum: exp(L h).
        half: exp(L h / 2).
        rotation: From the integrals of the outputs to the vector by which each emitter turns,
            (e, 3, 2 r); empty if an emitter has more than two levels.
        doublings: See `rotation_matrices`.
        drives: Of more than two levels: generators per real part of the integral of every output,
            then per imaginary part; else an empty one.
        norms: Their largest norms over all phases, (r,); else empty.
    """

    propagator: np.ndarray
    noise_factor: np.ndarray
    vacuum: Rows
    half: Rows
    rotation: np.ndarray
    doublings: int
    drives: tuple[Rows, ...]
    norms: np.ndarray


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
def combine(matrix, x, y):
    """Y += M x for all lanes; M is a small dense matrix."""
    for i in range(matrix.shape[0]):
        for j in range(matrix.shape[1]):
            value = matrix[i, j]
            if value != 0.0:
                for k in range(LANES_OF_BLOCK):
                    y[i, k] += value * x[j, k]


@compiled(nogil=True, error_model="numpy", fastmath={"contract"})
def draw(rng, u, integral, normal, fresh, operators):
    """One exact step of all amplitudes; the integrals of the outputs are added to `integral`.

    The rows of u are the real parts of m amplitudes, then their imaginary parts; those of
    `integral` are real and imaginary parts of r outputs; `fresh` has amplitudes and outputs
    together, all real parts first.
    """
    for k in range(LANES_OF_BLOCK):
        for i in range(normal.shape[0]):
            normal[i, k] = rng.standard_normal()
    fresh[:] = 0.0
    combine(operators.propagator, u, fresh)
    combine(operators.noise_factor, normal, fresh)
    m, r = u.shape[0] // 2, integral.shape[0] // 2
    for i in range(m):
        for k in range(LANES_OF_BLOCK):
            u[i, k] = fresh[i, k]
            u[m + i, k] = fresh[m + r + i, k]
    for i in range(r):
        for k in range(LANES_OF_BLOCK):
            integral[i, k] += fresh[m + i, k]
            integral[r + i, k] += fresh[2 * m + r + i, k]


@compiled(nogil=True, error_model="numpy", fastmath={"contract"})
def rotation_matrices(w, integral, doublings, matrix):
    """The rotation of one two-level emitter by the vector w I, (3,), per lane, (9, LANES).

    A unit quaternion of the angle over 2^(doublings + 1), from its Taylor series; then squared
    `doublings` times. Normalised in the end, so that the matrix is a rotation to rounding whatever
    the angle.
    """
    scale = 0.5 ** (doublings + 1)
    matrix[:3] = 0.0
    combine(w, integral, matrix)
    for k in range(LANES_OF_BLOCK):
        p, q, r = scale * matrix[0, k], scale * matrix[1, k], scale * matrix[2, k]
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
    """Apply exp of the sum over outputs of Re(I) X + Im(I) Y to x; y, z and w are scratch."""
    outputs = integral.shape[0] // 2
    norm = 0.0
    for k in range(LANES_OF_BLOCK):
        rate = 0.0
        for a in range(outputs):
            rate += operators.norms[a] * np.sqrt(
                integral[a, k] ** 2 + integral[outputs + a, k] ** 2
            )
        norm = max(norm, rate)
    parts, term = max(1, int(np.ceil(norm))), np.empty_like(x)
    for _ in range(parts):
        for r in range(x.shape[0]):
            for k in range(LANES_OF_BLOCK):
                y[r, k] = x[r, k]
        order, bound = 0, 1.0
        while bound > 1e-17:
            order += 1
            factor = 1.0 / (order * parts)
            bound *= norm * factor
            term[:] = 0.0
            for a in range(outputs):
                multiply_lanes(operators.drives[a], y, z)
                multiply_lanes(operators.drives[outputs + a], y, w)
                for r in range(x.shape[0]):
                    for k in range(LANES_OF_BLOCK):
                        own = integral[a, k] * z[r, k] + integral[outputs + a, k] * w[r, k]
                        term[r, k] += factor * own
                        x[r, k] += factor * own
            y, term = term, y


@compiled(nogil=True, error_model="numpy", fastmath={"contract"})
def drive(operators, integral, x, matrix, y, z, w):
    """The emitters' exact response to the integrated fields, in place; the rest is scratch."""
    rotation = operators.rotation
    if rotation.shape[0] == 0:
        taylor(operators, integral, x, y, z, w)
        return
    stride = x.shape[0]
    for e in range(rotation.shape[0]):
        stride //= 4
        rotation_matrices(rotation[e], integral, operators.doublings, matrix)
        rotate(matrix, x, stride)


@compiled(nogil=True, error_model="numpy", fastmath={"contract"})
def advance(rng, u, x, total, steps, coarsening, operators):
    """Fields and emitters of a block over `steps` steps of the field, in place.

    Strang splitting: half a step of the emitters alone, the drive by the exact time integral of the
    field over the whole step, half a step of the emitters alone. The emitters take one step for
    every `coarsening` steps of the field (`operators` is made for that), so that the same random
    numbers give the same path of the field at any step of the emitters.

    Args:
        rng: numpy Generator of the block; as many normal numbers per lane and step, in fixed order,
            as the noise factor has columns.
        u: Amplitudes, the real parts before the imaginary ones, (2 m, LANES).
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
    matrix = np.empty((9, LANES_OF_BLOCK))
    integral = np.empty((operators.propagator.shape[0] - u.shape[0], LANES_OF_BLOCK))
    normal = np.empty((operators.noise_factor.shape[1], LANES_OF_BLOCK))
    fresh = np.empty((operators.propagator.shape[0], LANES_OF_BLOCK))
    summed = np.zeros((total.shape[0], LANES_OF_BLOCK))
    count = steps // coarsening
    multiply_lanes(operators.half, x, now)
    for i in range(count):
        integral[:] = 0.0
        for _ in range(coarsening):
            draw(rng, u, integral, normal, fresh, operators)
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
