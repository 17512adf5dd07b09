"""The operators of a step of given length, prepared for the kernels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from thermalent.numerics.matrix_exponential import matrix_exponential
from thermalent.stochastic.driven import DrivenEmitters
from thermalent.stochastic.linear_field import LinearField
from thermalent.stochastic.ornstein_uhlenbeck import transition
from thermalent.stochastic.step_kernels import Rows, StepOperators

# |u|^2 beyond 40 V has the probability e^-40 per sample. A rotation by more is still a rotation;
# only its angle loses digits.
RARE = 40.0
# The kernels draw real normal numbers; a complex one has half its variance in each part.
_PART = np.sqrt(0.5)


def step_operators(
    emitters: DrivenEmitters, step: float, coarsening: int = 1, amplitude: float = 0.0
) -> StepOperators:
    """Prepare a step of the field of length `step`, `coarsening` of which make one of the emitters.

    Args:
        emitters: What is driven.
        step: Inverse rate unit, > 0.
        coarsening: Steps of the field per step of the emitters.
        amplitude: Amplitude from which the field starts, if not from its stationary law.
    """
    length = step * coarsening
    if emitters.source is not None:
        return _several_fields(emitters, emitters.source.field, step, length, amplitude)
    field = transition(
        step, rate=emitters.rate, variance=emitters.variance, detuning=emitters.detuning
    )
    largest = (np.sqrt(RARE * emitters.variance) + abs(amplitude)) * length
    noise_factor = _real(np.array([[field.noise, 0.0], [field.follow, field.own]]))
    return given_field(emitters, length, largest)._replace(
        propagator=_real(np.array([[field.decay], [field.weight]])),
        # Both parts of the first normal number are drawn before those of the second.
        noise_factor=np.ascontiguousarray(_PART * noise_factor[:, [0, 2, 1, 3]]),
    )


def _several_fields(
    emitters: DrivenEmitters, field: LinearField, step: float, length: float, amplitude: float
) -> StepOperators:
    """A step of a field of several amplitudes, of which emitters take one step of this length."""
    propagator, noise_factor = field.transition(step)
    # Largest integral over a step of any emitter's field.
    reach = np.sqrt(RARE * field.smooth_variance) * length
    reach += np.sqrt(RARE * field.white_power * length)
    reach += np.abs(field.mixing @ field.outputs).sum(axis=1) * abs(amplitude) * length
    made = given_field(emitters, length, float(np.max(reach)))
    mixing = np.array([_real(row[None, :]) for row in field.mixing])  # (e, 2, 2 r)
    return made._replace(
        propagator=_real(propagator),
        noise_factor=_PART * _real(noise_factor),
        rotation=made.rotation @ mixing if len(made.rotation) else made.rotation,
    )


def _real(matrix: np.ndarray) -> np.ndarray:
    """The real matrix by which a complex one acts on real parts, followed by imaginary parts."""
    return np.ascontiguousarray(np.block([[matrix.real, -matrix.imag], [matrix.imag, matrix.real]]))


def given_field(emitters: DrivenEmitters, step: float, largest: float) -> StepOperators:
    """Prepare a step of the emitters along a given field.

    Args:
        emitters: What is driven.
        step: Inverse rate unit, > 0.
        largest: Largest modulus of the field's integral over a step.
    """
    rotations = emitters.rotations()
    drives: Sequence[np.ndarray] = [np.zeros((0, 0))]
    if rotations is None:
        rotations, drives = np.zeros((0, 3, 2)), emitters.drives
    angle = float(np.max(np.linalg.norm(rotations, axis=1), initial=0.0)) * np.sqrt(2) * largest
    outputs = len(drives) // 2
    return StepOperators(
        propagator=np.zeros((0, 0)),
        noise_factor=np.zeros((0, 0)),
        vacuum=padded_rows(_propagator(emitters.vacuum, step)),
        half=padded_rows(_propagator(emitters.vacuum, step / 2)),
        rotation=rotations,
        # The series of the kernel is exact to rounding for angles up to 1.5 before doubling.
        doublings=max(0, int(np.ceil(np.log2(max(angle, 1e-300) / 1.5)))),
        drives=tuple(padded_rows(drive) for drive in drives),
        norms=np.array([drive_norm(drives[a], drives[outputs + a]) for a in range(outputs)]),
    )


def drive_norm(drive: np.ndarray, drive_imag: np.ndarray) -> float:
    """Largest rate, per amplitude, at which a field turns the emitters' state, over all phases."""
    phases = np.linspace(0, np.pi, 16, endpoint=False)
    norms = [np.linalg.norm(np.cos(p) * drive + np.sin(p) * drive_imag, 2) for p in phases]
    # Between two of these phases the norm is at most 1/cos of half their distance larger.
    return float(max(norms) / np.cos(np.pi / 32))


def _propagator(vacuum: np.ndarray, step: float) -> np.ndarray:
    matrix = matrix_exponential(vacuum * step)
    # The generator has no first row: the trace is conserved, exactly.
    matrix[0] = 0.0
    matrix[0, 0] = 1.0
    # Elements between charge sectors are zero; expm leaves rounding errors of theirs.
    matrix[np.abs(matrix) < np.finfo(float).eps * 1e-2] = 0.0
    return matrix


def padded_rows(matrix: np.ndarray) -> Rows:
    """The matrix by rows, each padded with zeros to a multiple of four entries."""
    start, columns, values = [0], [np.zeros(0, dtype=np.int64)], [np.zeros(0)]
    for row in matrix:
        column = np.flatnonzero(row)
        padding = np.zeros(-len(column) % 4, dtype=np.int64)
        columns += [column, padding]
        values += [row[column], padding.astype(float)]
        start.append(start[-1] + len(column) + len(padding))
    return Rows(np.array(start, dtype=np.int64), np.concatenate(columns), np.concatenate(values))
