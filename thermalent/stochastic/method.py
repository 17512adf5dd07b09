"""The statistical method: trajectories of emitters that a classical field drives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from thermalent.ensembles.blocks import threads_available
from thermalent.ensembles.burn_in import BurnIn, not_settled
from thermalent.ensembles.mean import BATCHES
from thermalent.solution.evolution import Evolution
from thermalent.solution.method import Claim, Method
from thermalent.solution.plan import NO_INITIAL, Cost, Plan, Refusal
from thermalent.solution.result import ErrorEstimate, SteadyState
from thermalent.solution.tasks import (
    EvolutionTask,
    SourceStart,
    SteadyStateTask,
    Task,
    mismatched_start,
    start_amplitudes,
)
from thermalent.stochastic import burn_in, driven
from thermalent.stochastic.driven import DrivenEmitters
from thermalent.stochastic.paths import (
    PathSpec,
    Segment,
    largest_step,
    safe_step,
    segments_to,
    total_rate,
    whole_steps,
)
from thermalent.stochastic.run import Blocks, FieldRun
from thermalent.stochastic.step_bias import COARSENINGS
from thermalent.stochastic.step_kernels import LANES_OF_BLOCK
from thermalent.support import checks

# Trajectories of which a standard error can be told: of two it is off by any factor.
FEWEST = 8
# Complex arrays of all times of the ensemble, of a thread and of a batch, measured.
_MEANS, _MEANS_OF_A_THREAD, _MEANS_OF_A_BATCH = 5, 7, 3
_MULTIPLE = COARSENINGS[-1]  # the number of steps of every segment is a multiple of it
_HOW = (
    "standard error over {n} independent trajectories, plus the bias of the step (from three "
    "step lengths on the same paths)"
)
_REMEDY = "Pass `burn_in`, ask for the evolution instead, or use te.ContinuedFraction()."


_WHITE_AT_TIMES = Refusal(
    "some of its networks pass white noise to the emitters and others do not, so that the steps "
    "have two orders. Use te.Fock()."
)


@dataclass(frozen=True, kw_only=True)
class FieldTrajectories(Method):
    r"""Averages over trajectories of the field and of the emitters that it drives.

    $$\rho = \langle\mu\rangle_u, \qquad
      \dot\mu = (\mathcal{L} + u(t)\mathcal{L}_+ + u^*(t)\mathcal{L}_-)\mu$$

    The field is sampled exactly. The emitters take Strang steps
    \(e^{\mathcal{L}h/2}\, e^{I\mathcal{L}_+ + I^*\mathcal{L}_-}\, e^{\mathcal{L}h/2}\) with the
    exact integral I of the field: a product of channels, so mu is a density matrix on every path,
    to rounding. Strong and weak order 2; means are extrapolated from two steps, to weak order 3.
    The field is a continuous coefficient, so that Ito and Stratonovich mean the same.

    The source may have any number of modes and outputs. Noise that passes a filter directly is
    white and correlated with its poles; the scheme then is of weak order 1 in the sense of
    Stratonovich, and means are extrapolated from three steps, to weak order 3.

    Args:
        n: Number of trajectories, at least 8; the most that are run if there is a target.
        seed: Gives the same numbers whatever the number of threads or the batch.
        step: Step of the field, inverse rate unit; chosen from the rates if not given.
        target: Stop as soon as the standard error of the largest element (of the worst time) is at
            most this.
        burn_in: Time after which a steady state is sampled; measured if not given, as the time
            in which two different starts become one.
        window: Time over which each trajectory is averaged then; as long as the burn-in if not
            given; a few steps at least.
        batch: Trajectories that a thread takes at a time; rounded up to whole blocks.
        threads: Number of threads; as many as numba may use if not given.

    Raises:
        ValueError: an argument is out of range.

    Source: THERMAL, Sec. II C.
    """

    n: int = 4000
    seed: int = 7
    step: float | None = None
    target: float | None = None
    burn_in: float | None = None
    window: float | None = None
    batch: int = LANES_OF_BLOCK
    threads: int | None = None

    claim: ClassVar[Claim] = Claim.STATISTICAL
    domain: ClassVar[str] = "classical fields: thermal modes that the emitters do not act back on"
    takes_schedules: ClassVar[bool] = True

    def __post_init__(self) -> None:
        checks.integer("n", self.n, FEWEST)
        checks.seed("seed", self.seed)
        checks.integer("batch", self.batch, 1)
        checks.if_given(checks.integer, "threads", self.threads, 1)
        checks.if_given(checks.positive, "step", self.step)
        checks.if_given(checks.positive, "target", self.target)
        checks.if_given(checks.nonnegative, "burn_in", self.burn_in)
        checks.if_given(checks.nonnegative, "window", self.window)

    def plan(self, task: Task) -> Plan | Refusal:
        """Refused: no mode, back-action, pairs of quanta, too many emitters.

        A coherent start of the source takes one amplitude for each mode.
        """
        networks = task.networks if isinstance(task, EvolutionTask) else (task.network,)
        reasons = (driven.field_refusal(network) for network in networks)
        reason = next(filter(None, reasons), None)
        if reason is None and isinstance(task, EvolutionTask):
            reason = mismatched_start(task.source, len(task.network.modes))
        if reason is not None:
            return Refusal(reason)
        if isinstance(task, EvolutionTask):
            plan = FieldTrajectoriesEvolutionPlan(task=task, method=self)
            if len({emitters.white for emitters in plan.pieces}) > 1:
                return _WHITE_AT_TIMES
            return plan
        return (
            NO_INITIAL
            if task.initial is not None
            else FieldTrajectoriesPlan(task=task, method=self)
        )

    def paths(
        self, emitters: DrivenEmitters, times: np.ndarray, initial: np.ndarray, source: SourceStart
    ) -> PathSpec:
        """The recipe of every block from a density matrix to the times."""
        times = checks.time_grid("times", times)
        initial = checks.square_matrix("initial", initial, emitters.dimension)
        modes = 1 if emitters.source is None else len(emitters.source.field.drift)
        amplitudes = start_amplitudes(source, modes)
        if len(amplitudes) != modes:
            checks.fail("source", f"one amplitude for each of {modes} boson modes", source)
        step = self._step(emitters, float(np.linalg.norm(amplitudes)))
        return PathSpec(
            emitters=emitters,
            segments=segments_to(np.asarray(times, dtype=float), step, _MULTIPLE),
            initial=emitters.components(initial),
            source="stationary" if source == "stationary" else tuple(amplitudes.tolist()),
            seed=self.seed,
            coarsenings=COARSENINGS,
        )

    def _schedule_paths(self, pieces: tuple[DrivenEmitters, ...], task: EvolutionTask) -> PathSpec:
        """The recipe of every block through the networks of a schedule."""
        paths = self.paths(pieces[0], task.times, task.start, task.source)
        if len(pieces) == 1:
            return paths
        amplitude = float(np.linalg.norm(start_amplitudes(task.source, len(task.network.modes))))
        segments: list[Segment] = []
        hottest = 0.0
        for stretch in task.stretches():
            emitters = pieces[stretch.piece]
            step = self._step(emitters, amplitude + float(np.sqrt(hottest)))
            segments += segments_to(stretch.times, step, _MULTIPLE, stretch.piece, stretch.length)
            hottest = max(hottest, emitters.variance)
        return replace(paths, pieces=pieces, segments=segments)

    def stationary_paths(self, emitters: DrivenEmitters) -> tuple[PathSpec, BurnIn]:
        """The recipe of every block for a steady state, and its burn-in in steps."""
        step = self._step(emitters)
        if self.burn_in is None:
            start = burn_in.field_burn_in(
                emitters,
                step=step,
                seed=self.seed,
                tolerance=self._burn_in_tolerance,
                multiple=_MULTIPLE,
            )
        else:
            steps = whole_steps(self.burn_in, step, _MULTIPLE)
            start = burn_in.after(emitters, step=step, seed=self.seed, steps=steps)
        steps = int(start.length)
        window = steps if self.window is None else whole_steps(self.window, step, _MULTIPLE)
        paths = PathSpec(
            emitters=emitters,
            segments=[Segment(step, steps, False), Segment(step, window, True, average=True)],
            initial=burn_in.ground_state(emitters),
            seed=self.seed,
            coarsenings=COARSENINGS,
        )
        return paths, start

    def _step(self, emitters: DrivenEmitters, amplitude: float = 0.0) -> float:
        rate = total_rate(emitters, amplitude)
        if self.step is None:
            return safe_step(rate)
        largest = largest_step(rate)
        if self.step > largest:
            checks.fail("step", f"at most {largest:.3g} for the rates of this network", self.step)
        return float(self.step)

    @property
    def _burn_in_tolerance(self) -> float:
        # A tenth of a standard error that is reached easily; an element fluctuates by up to 1/2.
        goal = 0.3 / np.sqrt(self.n) if self.target is None else self.target
        return float(min(1e-3, 0.1 * goal))


@dataclass(frozen=True, kw_only=True, eq=False)
class FieldTrajectoriesPlan(Plan):
    """A steady state: independent trajectories, each averaged over a window of time."""

    task: SteadyStateTask
    method: FieldTrajectories

    @cached_property
    def emitters(self) -> DrivenEmitters:
        """The emitters along a path of the field."""
        return driven.described(self.task.network)

    @property
    def cost(self) -> Cost:
        """Not known before the burn-in is measured, unless it is given."""
        method = self.method
        if method.burn_in is None:
            return Cost(bytes=_bytes(self.emitters, method, 1), operations=np.nan)
        length = method.burn_in + (method.burn_in if method.window is None else method.window)
        return _cost(self.emitters, method, length / method._step(self.emitters), 1)

    def compute(self) -> SteadyState:
        """The average over all trajectories.

        Raises:
            ValueError: the step is too large for the rates; the message says which would do.
            KeyboardInterrupt: interrupted; after the first block of trajectories its `partial` is
                the result of what was done, and the status and `stats["partial"]` of that say so.
        """
        return self.run_with(None)

    def run_with(self, blocks: Blocks | None) -> SteadyState:
        """The steady state, its blocks of trajectories computed by `blocks`, if given, elsewhere.

        The same numbers to the last bit: a block depends on the seed and on its number only, and
        blocks are added in their order.
        """
        method = self.method
        paths, start = method.stationary_paths(self.emitters)
        # One block, to show something, where more would be wasted.
        n = method.n if start.converged else min(method.n, LANES_OF_BLOCK)
        run = FieldRun(paths, n=n, target=method.target if start.converged else None)
        run.run(threads=method.threads, batch=method.batch, blocks=blocks)
        mean, step, window = run.mean, paths.segments[0].step, paths.segments[1].steps
        standard, bias = float(mean.standard_error[0]), float(mean.bias[0])
        # The starts that were compared are the ground state and a generic one, which overlaps with
        # what relaxes most slowly about d times less than the worst start does. That is no bound:
        # in narrow hot fields a singlet was found to be off by up to 1.7 d times as much.
        worst = start._replace(remaining=min(1.0, self.emitters.dimension * start.remaining))
        start_share = worst.averaged(window)
        time_left_out = step * start.length
        return SteadyState(
            network=self.task.network,
            method=method.record,
            state=mean.states[0],
            error=ErrorEstimate(
                standard + bias + start_share,
                _HOW.format(n=mean.count) + " and what the start still contributes",
                # Of small elements the start may be the largest part: it counts as it is when the
                # burn-in ends, because how it decays after that is not measured.
                mean.standard_errors[0] + bias + max(start_share, start.remaining),
            ),
            status=run.status
            if start.converged
            else not_settled(time_left_out, f"{start.remaining:.1e}", _REMEDY),
            stats={
                **run.stats,
                "burn_in": time_left_out,
                "window": step * window,
                "start": start_share,
                "standard_error": standard,
                "standard_errors": mean.standard_errors[0],
                "step_bias": bias,
                "step_correction": float(mean.correction[0]),
            },
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class FieldTrajectoriesEvolutionPlan(Plan):
    """The emitters' states at the times, each with its standard error."""

    task: EvolutionTask
    method: FieldTrajectories

    @cached_property
    def pieces(self) -> tuple[DrivenEmitters, ...]:
        """The emitters along a path of the field, under each of the networks."""
        known = {id(network): network for network in self.task.networks}
        made = {key: driven.described(network) for key, network in known.items()}
        return tuple(made[id(network)] for network in self.task.networks)

    @property
    def emitters(self) -> DrivenEmitters:
        """The emitters under the first network."""
        return self.pieces[0]

    @property
    def cost(self) -> Cost:
        """Steps to the last time on all paths."""
        amplitudes = start_amplitudes(self.task.source, len(self.task.network.modes))
        step = self.method._step(self.emitters, float(np.linalg.norm(amplitudes)))
        steps = float(self.task.times[-1]) / step
        return _cost(self.emitters, self.method, steps, len(self.task.times))

    def compute(self) -> Evolution:
        """The averages over all trajectories.

        Raises:
            ValueError: the step is too large for the rates; the message says which would do.
            KeyboardInterrupt: as for steady states.
        """
        task, method = self.task, self.method
        paths = method._schedule_paths(self.pieces, task)
        run = FieldRun(paths, n=method.n, target=method.target)
        run.run(threads=method.threads, batch=method.batch)
        mean = run.mean
        return Evolution(
            network=task.network,
            method=method.record,
            times=task.times,
            states=mean.states,
            error=mean.standard_error + mean.bias,
            how=_HOW.format(n=mean.count),
            status=run.status,
            stats={
                **run.stats,
                "standard_error": float(mean.standard_error.max()),
                "standard_errors": mean.standard_errors,
                "step_bias": float(mean.bias.max()),
                "step_correction": float(mean.correction.max()),
            },
        )


def _cost(emitters: DrivenEmitters, method: FieldTrajectories, steps: float, times: int) -> Cost:
    # Paths with steps of one, two and four times the length share the noise; a step multiplies by
    # the propagator of what is constant.
    return Cost(
        bytes=_bytes(emitters, method, times),
        operations=1.75 * method.n * steps * emitters.dimension**4,
    )


def _bytes(emitters: DrivenEmitters, method: FieldTrajectories, times: int) -> float:
    """Bytes of the dense superoperators (the basis is complex), of the lanes, and of the means.

    Means and squares for each length of the steps: of the ensemble, of the block of every thread
    and of the one that waits behind it; and the means of the batches, which the result keeps.
    """
    threads = threads_available() if method.threads is None else method.threads
    batches = min(BATCHES, -(-method.n // LANES_OF_BLOCK))
    elements = float(emitters.dimension) ** 2
    arrays = _MEANS + _MEANS_OF_A_THREAD * threads + _MEANS_OF_A_BATCH * batches
    means = 16.0 * arrays * times * elements
    return 80.0 * elements**2 + 1e3 * LANES_OF_BLOCK * elements + means
