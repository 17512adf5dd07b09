"""The Bourret (decorrelation) approximation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import expm_multiply

from thermalent.analytic.methods.null_vector import ChargeSpace, OneMode, one_mode_of, small_enough
from thermalent.analytic.methods.steady_state_plan import NullVectorPlan
from thermalent.networks.liouvillian import emitter_liouvillian
from thermalent.numerics.inverse_laplace import Contour, hyperbola
from thermalent.numerics.matrix_exponential import matrix_exponential
from thermalent.operators.superoperators import Superoperator, dense
from thermalent.solution.evolution import Evolution
from thermalent.solution.method import Claim, Method
from thermalent.solution.plan import NO_INITIAL, Cost, Plan, Refusal
from thermalent.solution.tasks import EvolutionTask, Task

# Emitter levels up to which the evolution takes dense exponentials (3 x 64 unknowns).
_DENSE_UP_TO = 8
# Nodes of the contours that must agree, this well, for the transform to count; times per contour;
# and what is left by then of a pole that a contour passes by.
_NODES = (24, 32)
_AGREEMENT = 1e-8
_WINDOW = 10.0
_FORGOTTEN = 1e-10
_TRACE_ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class Bourret(Method):
    r"""States to the second order in the source, its memory kept.

    $$0 = \Big[ L + L_-\, \frac{1}{\lambda - i\delta - L}\, (V L_+ + K_+)
      + L_+\, \frac{1}{\lambda + i\delta - L}\, (V L_- + K_-) \Big] \rho$$

    with lambda, delta and V the source's amplitude decay rate, detuning and variance. It is the
    hierarchy of the exact solution cut after its first tier, and interpolates between the Markov
    limit (large lambda) and weak driving (small V). There it is right at any bandwidth, but only
    without back-action: a photon that the emitters send back to the mode fills the next tier too.

    Over time the fraction's lambda becomes s + lambda, in the Laplace domain: a memory that lasts
    as long as the source's coherence. It is evolved as the two tiers that it comes from, which is
    the same equation without the integral.

    Source: THERMAL, Eq. (26) and Appendix A, with (A4) over time; with detuning,
    back-action and any emitters ours.
    """

    claim: ClassVar[Claim] = Claim.APPROXIMATE
    domain: ClassVar[str] = (
        "one mode, its bandwidth far above the emitters' rates; or at any bandwidth, if nothing "
        "acts back on the mode and the photon flux is far below the emitters' decay rates"
    )

    def plan(self, task: Task) -> Plan | Refusal:
        """The plan; refused unless there is one unpumped, stationary mode and few emitters."""
        if isinstance(task, EvolutionTask) and task.source != "stationary":
            return Refusal(
                "the decorrelation takes the average over the stationary source, which does not "
                f"start from {task.source!r}. Use te.Fock(...)."
            )
        problem = small_enough(one_mode_of(task.network))
        if isinstance(problem, Refusal):
            return problem
        if isinstance(task, EvolutionTask):
            return BourretEvolutionPlan(method=self, problem=problem, task=task)
        return NO_INITIAL if task.initial is not None else BourretPlan(method=self, problem=problem)


@dataclass(frozen=True, kw_only=True, eq=False)
class BourretPlan(NullVectorPlan):
    """The null vector of the emitters' effective generator at frequency zero."""

    order: ClassVar[str] = "it is of the second order in the flux if nothing acts back on the mode"

    def generator(self, space: ChargeSpace) -> np.ndarray:
        """That of `bourret_generator`, on the elements of charge zero, (m, m)."""
        return bourret_generator(self.problem, space)


@dataclass(frozen=True, kw_only=True, eq=False)
class BourretEvolutionPlan(Plan):
    """States of the two tiers over time; at long times the Laplace transform as a check."""

    method: Bourret
    problem: OneMode
    task: EvolutionTask

    @property
    def cost(self) -> Cost:
        """Cost of the matrix exponential of both tiers, and of the contours."""
        size = 3 * float(np.prod(self.problem.network.dims)) ** 2
        small = size <= 3 * _DENSE_UP_TO**2
        dense = 60 * size**3 + 2 * sum(_NODES) * size**3
        sparse = (
            1e3 * size * float(np.max(np.abs(self.problem.network.decay))) * self.task.times[-1]
        )
        return Cost(
            bytes=16.0 * (8 * size**2 if small else 40 * size),
            operations=dense if small else float(sparse),
        )

    def compute(self) -> Evolution:
        """The states, of unknown error.

        `stats` holds the largest difference of the two routes ("contour_difference") over the times
        at which the inverse transform has converged ("contour_times" of them).
        """
        memory = _memory(self.problem)
        times, initial = self.task.times, self.task.start
        states = _over_time(memory, times, initial)
        inverse = _inverse_transforms(memory, times, initial)
        applies = np.all(np.isfinite(inverse), axis=(1, 2))
        differences = np.abs(inverse[applies] - states[applies])
        return Evolution(
            network=self.problem.network,
            method=self.method.record,
            times=times,
            states=states,
            error=np.full(len(times), np.nan),
            how="approximation: the error is not known, it is of the second order in the flux if "
            "nothing acts back on the mode",
            stats={
                "contour_difference": float(np.max(differences)) if differences.size else np.nan,
                "contour_times": int(np.sum(applies)),
            },
        )


def bourret_generator(problem: OneMode, space: ChargeSpace) -> np.ndarray:
    """The emitters' effective generator at frequency zero, on the elements of charge zero."""
    source = problem.source
    liouvillian = emitter_liouvillian(problem.network)
    zero, plus, minus = space.zero, space.plus, space.minus
    generator = space.block(liouvillian, zero, zero)
    rate = source.rate - 1j * source.detuning
    for pole, sector, up, down in (
        (rate, plus, source.variance * source.drive + source.backaction, source.drive_conj),
        (
            np.conj(rate),
            minus,
            source.variance * source.drive_conj + source.backaction_conj,
            source.drive,
        ),
    ):
        inner = pole * np.eye(len(sector)) - space.block(liouvillian, sector, sector)
        first = np.linalg.solve(inner, space.block(up, sector, zero))
        generator = generator + space.block(down, zero, sector) @ first
    return generator


class _Memory(NamedTuple):
    """The parts of Eq. (26): the emitters' Liouvillian, and the coupling to the first tier.

    Args:
        liouvillian: L of the emitters alone, (d^2, d^2).
        paths: (pole, up, down) through mu^{10} and mu^{01}: the tier's decay rate lambda -+ i
            delta, the superoperator into it, and the one out of it.
    """

    liouvillian: Superoperator
    paths: tuple[tuple[complex, Superoperator, Superoperator], ...]


def _memory(problem: OneMode) -> _Memory:
    source = problem.source
    pole = source.rate - 1j * source.detuning
    # The same in both directions, so that a hot source does not spoil the exponential's scaling.
    scale = np.sqrt(source.variance) if source.variance > 1 else 1.0
    up = (source.variance * source.drive + source.backaction) / scale
    up_conj = (source.variance * source.drive_conj + source.backaction_conj) / scale
    return _Memory(
        emitter_liouvillian(problem.network),
        ((pole, up, scale * source.drive_conj), (np.conj(pole), up_conj, scale * source.drive)),
    )


def _generator(memory: _Memory) -> sparse.csr_array:
    r"""The generator of the two tiers, sparse (3 d^2, 3 d^2).

    $$\dot\mu^{00} = L \mu^{00} + \sum_\pm D_\pm \mu^\pm, \qquad
      \dot\mu^\pm = (L - \lambda_\pm) \mu^\pm + U_\pm \mu^{00}$$
    """
    liouvillian = sparse.csr_array(memory.liouvillian)
    (plus, up, down), (minus, up_conj, down_conj) = memory.paths
    poles = (sparse.diags_array(np.full(liouvillian.shape[0], pole)) for pole in (plus, minus))
    first, conjugate = (liouvillian - pole for pole in poles)
    rows = [[liouvillian, down, down_conj], [up, first, None], [up_conj, None, conjugate]]
    blocks = [[None if x is None else sparse.csr_array(x) for x in row] for row in rows]
    return sparse.csr_array(sparse.block_array(blocks))


def _over_time(memory: _Memory, times: np.ndarray, initial: np.ndarray) -> np.ndarray:
    """States (t, d, d) of the two tiers, the first one empty at the start."""
    generator, d = _generator(memory), len(initial)
    y = np.concatenate([initial.ravel().astype(complex), np.zeros(2 * d * d)])
    states, now, step, propagator = np.empty((len(times), d, d), dtype=complex), 0.0, 0.0, None
    for i, moment in enumerate(times):
        if d > _DENSE_UP_TO:
            y = expm_multiply((moment - now) * generator, y) if moment > now else y
        elif moment > now:
            if propagator is None or abs(moment - now - step) > 1e-12 * step:  # a new spacing
                step = moment - now
                propagator = matrix_exponential(step * generator.toarray())
            y = propagator @ y
        now = moment
        state = y[: d * d].reshape(d, d)
        states[i] = (state + state.conj().T) / 2
        # Squaring over a long step adds up rounding; the equation keeps the trace. Deviations by
        # more than rounding are kept, so that the check of the state detects them.
        trace = float(np.trace(states[i]).real)
        if abs(trace - 1) < _TRACE_ROUNDING:
            states[i] /= trace
    return states


def _inverse_transforms(memory: _Memory, times: np.ndarray, initial: np.ndarray) -> np.ndarray:
    """States from the Laplace domain, (t, d, d); nan where the inversion does not converge."""
    inverse = np.full((len(times), *initial.shape), np.nan + 0j)
    if len(initial) > _DENSE_UP_TO:
        return inverse
    poles = np.linalg.eigvals(_generator(memory).toarray())
    left = np.flatnonzero(times > 0)
    while left.size:
        window = left[times[left] <= _WINDOW * times[left[0]]]
        coarse, fine = (_inverted(memory, times[window], initial, n) for n in _NODES)
        agree = np.max(np.abs(fine.states - coarse.states), axis=(1, 2)) <= _AGREEMENT
        # Two contours may agree although both exclude one pole.
        for contour in (fine.contour, coarse.contour):
            agree &= _passed_by(contour, poles, times[window]) <= _FORGOTTEN
        inverse[window[agree]] = fine.states[agree]
        left = left[window.size :]
    return inverse


class _Inverted(NamedTuple):
    """Inverse transforms, (t, d, d), and the contour that they come from."""

    states: np.ndarray
    contour: Contour


def _inverted(memory: _Memory, times: np.ndarray, initial: np.ndarray, count: int) -> _Inverted:
    """The inverse transforms on one contour for all the times."""
    # A window of one time would have no width.
    contour = hyperbola(times[0], max(times[-1], 1.001 * times[0]), count)
    transforms = np.array([_transform(memory, complex(z), initial) for z in contour.nodes])
    factors = np.exp(np.multiply.outer(times, contour.nodes)) * contour.weights
    half = np.einsum("tz,zij->tij", factors, transforms)
    # rho is Hermitian: its transform at the conjugate node is the adjoint.
    return _Inverted((half - half.conj().transpose(0, 2, 1)) / 2j, contour)


def _passed_by(contour: Contour, poles: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Size e^{Re(z) t} of the poles to the right of the contour, or beyond its end."""
    nodes = contour.nodes
    # -inf beyond the last node: the sum over the nodes ends there.
    edge = np.interp(np.abs(poles.imag), nodes.imag, nodes.real, right=-np.inf)
    missed = poles.real[poles.real >= edge]
    return np.asarray(np.exp(np.max(missed, initial=-np.inf) * times))


def _transform(memory: _Memory, s: complex, initial: np.ndarray) -> np.ndarray:
    r"""The Laplace transform of the state, (d, d).

    $$\Big[s - L - \sum_\pm D_\pm \frac{1}{s + \lambda_\pm - L} U_\pm\Big] \rho(s)
      = \rho(0)$$

    Source: THERMAL, Eqs. (26) and (A4).
    """
    liouvillian = dense(memory.liouvillian)
    identity = np.eye(len(liouvillian))
    resolvent = s * identity - liouvillian
    for pole, up, down in memory.paths:
        inner = (s + pole) * identity - liouvillian
        resolvent = resolvent - dense(down) @ np.linalg.solve(inner, dense(up))
    return np.linalg.solve(resolvent, initial.ravel()).reshape(initial.shape)
