"""Numba kernels for fields of several modes, several outputs, or with a white part.

As in `step_kernels`, a block is `LANES_OF_BLOCK` trajectories along the last axis of every array.
The modes are real rows: the real parts of all amplitudes, then their imaginary parts.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from thermalent.stochastic.step_kernels import (
    LANES_OF_BLOCK,
    Rows,
    StepOperators,
    multiply_lanes,
    rotate,
    rotation_matrices,
)
from thermalent.support.machine.compiled import compiled


class VectorStepOperators(NamedTuple):
    """A step of a field of several amplitudes and of the emitters; see `step_operators`."""

    propagator: np.ndarray  # (2 (m + r), 2 m): to amplitudes and integrals after the step
    noise_factor: np.ndarray  # (2 (m + r), 2 (m + r)): what normal numbers add to these
    mixing: np.ndarray  # (e, 2, 2 r): from the integrals of the outputs to each emitter's
    emitters: StepOperators
    drives: tuple[Rows, ...]  # for emitters of more than two levels: generators per output
    norms: np.ndarray  # (r,): their largest norms over all phases


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
def draw_vector(rng, u, integral, normal, fresh, operators):
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
    for k in range(LANES_OF_BLOCK):
        for i in range(m):
            u[i, k] = fresh[i, k]
            u[m + i, k] = fresh[m + r + i, k]
        for i in range(r):
            integral[i, k] += fresh[m + i, k]
            integral[r + i, k] += fresh[2 * m + r + i, k]


@compiled(nogil=True, error_model="numpy", fastmath={"contract"})
def taylor_outputs(operators, integral, x, y, z, w):
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
            w[:] = 0.0
            for a in range(2 * outputs):
                multiply_lanes(operators.drives[a], y, z)
                for r in range(x.shape[0]):
                    for k in range(LANES_OF_BLOCK):
                        w[r, k] += factor * integral[a, k] * z[r, k]
            for r in range(x.shape[0]):
                for k in range(LANES_OF_BLOCK):
                    y[r, k] = w[r, k]
                    x[r, k] += w[r, k]


@compiled(nogil=True, error_model="numpy", fastmath={"contract"})
def drive_vector(operators, integral, x, own, matrix, y, z, w):
    """The emitters' exact response to the integrated fields, in place; the rest is scratch."""
    rotation = operators.emitters.rotation
    if rotation.shape[0] == 0:
        taylor_outputs(operators, integral, x, y, z, w)
        return
    stride = x.shape[0]
    for e in range(rotation.shape[0]):
        stride //= 4
        own[:] = 0.0
        combine(operators.mixing[e], integral, own)
        rotation_matrices(rotation[e], own, operators.emitters.doublings, matrix)
        rotate(matrix, x, stride)


@compiled(nogil=True, error_model="numpy", fastmath={"contract"})
def advance_vector(rng, u, x, total, steps, coarsening, operators):
    """Fields and emitters of a block over `steps` steps of the field, in place; see `advance`."""
    m = x.shape[0]
    outputs = operators.mixing.shape[2] // 2
    now, propagated = np.empty((m, LANES_OF_BLOCK)), np.empty((m, LANES_OF_BLOCK))
    y, z = np.empty((m, LANES_OF_BLOCK)), np.empty((m, LANES_OF_BLOCK))
    matrix, own = np.empty((9, LANES_OF_BLOCK)), np.empty((2, LANES_OF_BLOCK))
    integral = np.empty((2 * outputs, LANES_OF_BLOCK))
    normal, fresh = (
        np.empty((operators.noise_factor.shape[1], LANES_OF_BLOCK)),
        np.empty((len(operators.propagator), LANES_OF_BLOCK)),
    )
    summed = np.zeros((total.shape[0], LANES_OF_BLOCK))
    count = steps // coarsening
    multiply_lanes(operators.emitters.half, x, now)
    for i in range(count):
        integral[:] = 0.0
        for _ in range(coarsening):
            draw_vector(rng, u, integral, normal, fresh, operators)
        drive_vector(operators, integral, now, own, matrix, y, z, propagated)
        for r in range(summed.shape[0]):
            for k in range(LANES_OF_BLOCK):
                summed[r, k] += now[r, k]
        if i < count - 1:
            multiply_lanes(operators.emitters.vacuum, now, propagated)
            now, propagated = propagated, now
    multiply_lanes(operators.emitters.half, now, x)
    if summed.shape[0] > 0:  # every term still lacks its half step, which is linear
        multiply_lanes(operators.emitters.half, summed, y)
        total += y
