"""The operators of a step of given length, prepared for the kernels."""

from __future__ import annotations

import numpy as np

from thermalent.numerics.matrix_exponential import matrix_exponential
from thermalent.stochastic.driven import DrivenBySeveral, DrivenEmitters
from thermalent.stochastic.ornstein_uhlenbeck import transition
from thermalent.stochastic.step_kernels import Rows, StepOperators
from thermalent.stochastic.vector_step_kernels import VectorStepOperators

# |u|^2 beyond 40 V has the probability e^-40 per sample. A rotation by more is still a rotation;
# only its angle loses digits.
RARE = 40.0


def step_operators(
    emitters: DrivenEmitters, step: float, coarsening: int = 1, amplitude: float = 0.0
) -> StepOperators | VectorStepOperators:
    """Prepare a step of the field of length `step`, `coarsening` of which make one of the emitters.

    Args:
        emitters: What is driven.
        step: Inverse rate unit, > 0.
        coarsening: Steps of the field per step of the emitters.
        amplitude: Amplitude from which the field starts, if not from its stationary law.
    """
    if emitters.source is not None:
        return vector_step_operators(emitters, emitters.source, step, coarsening, amplitude)
    field = transition(
        step, rate=emitters.rate, variance=emitters.variance, detuning=emitters.detuning
    )
    # The kernels draw real normal numbers; a complex one has half its variance in each part.
    noise, follow, own = (np.sqrt(0.5) * c for c in (field.noise, field.follow, field.own))
    length = step * coarsening
    largest = (np.sqrt(RARE * emitters.variance) + abs(amplitude)) * length
    return given_field(emitters, length, largest)._replace(
        transition=np.array(
            [
                field.decay.real, field.decay.imag, field.weight.real, field.weight.imag,
                noise, follow.real, follow.imag, own,
            ]
        )
    )  # fmt: skip


def vector_step_operators(
    emitters: DrivenEmitters,
    source: DrivenBySeveral,
    step: float,
    coarsening: int,
    amplitude: float,
) -> VectorStepOperators:
    """A step of a field of several amplitudes; arguments as for `step_operators`."""
    field = source.field
    propagator, noise_factor = field.transition(step)
    length = step * coarsening
    # Largest integral over a step of any emitter's field.
    reach = np.sqrt(RARE * field.smooth_variance) * length
    reach += np.sqrt(RARE * field.white_power * length)
    reach += np.abs(field.mixing @ field.outputs).sum(axis=1) * abs(amplitude) * length
    drives = tuple(padded_rows(matrix) for matrix in source.drives)
    r = len(field.outputs)
    norms = [
        _largest_norm(source.drives[a], source.drives[r + a]) for a in range(r if drives else 0)
    ]
    return VectorStepOperators(
        propagator=_real(propagator),
        noise_factor=np.sqrt(0.5) * _real(noise_factor),
        mixing=np.array([_real(row[None, :]) for row in field.mixing]),
        emitters=given_field(emitters, length, float(np.max(reach))),
        drives=drives or (padded_rows(np.zeros((0, 0))),),
        norms=np.array(norms),
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
    if rotations is None:
        rotations = np.zeros((0, 3, 2))
        drive, drive_imag = padded_rows(emitters.drive), padded_rows(emitters.drive_imag)
        norm = drive_norm(emitters)
    else:
        drive = drive_imag = padded_rows(np.zeros((0, 0)))
        norm = 0.0
    angle = float(np.max(np.linalg.norm(rotations, axis=1), initial=0.0)) * np.sqrt(2) * largest
    half = _propagator(emitters.vacuum, step / 2)
    return StepOperators(
        transition=np.zeros(8),
        vacuum=padded_rows(_propagator(emitters.vacuum, step)),
        half=padded_rows(half),
        rotation=rotations,
        # The series of the kernel is exact to rounding for angles up to 1.5 before doubling.
        doublings=max(0, int(np.ceil(np.log2(max(angle, 1e-300) / 1.5)))),
        drive=drive,
        drive_imag=drive_imag,
        drive_norm=norm,
    )


def drive_norm(emitters: DrivenEmitters) -> float:
    """Largest rate, per amplitude, at which the field turns the emitters' state."""
    return _largest_norm(emitters.drive, emitters.drive_imag)


def _largest_norm(drive: np.ndarray, drive_imag: np.ndarray) -> float:
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
