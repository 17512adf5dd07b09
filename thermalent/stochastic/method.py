"""The statistical method: trajectories of emitters that a classical field drives."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from thermalent.solution.evolution import Evolution
from thermalent.solution.interruption import Interrupted
from thermalent.solution.method import Claim, Method
from thermalent.solution.plan import NO_INITIAL, Cost, Plan, Refusal
from thermalent.solution.result import ErrorEstimate, Outcome, Status, SteadyState
from thermalent.solution.tasks import EvolutionTask, SourceStart, SteadyStateTask, Task
from thermalent.stochastic import driven, memory
from thermalent.stochastic.driven import DrivenEmitters
from thermalent.stochastic.kernels import LANES
from thermalent.stochastic.memory import Memory
from thermalent.stochastic.paths import (
    Leg,
    Walk,
    largest_step,
    legs_to,
    safe_step,
    total_rate,
    whole_steps,
)
from thermalent.stochastic.run import Blocks, Run
from thermalent.stochastic.tally import MERGES
from thermalent.support import checks
from thermalent.support.compile_notice import announced

_MULTIPLE = MERGES[-1]  # the steps of every leg
_HOW = (
    "standard error over {n} independent trajectories, plus the bias of the step (from three "
    "step lengths on the same paths)"
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
        n: Number of trajectories, at least 2; the most that are run if there is a target.
        seed: Gives the same numbers whatever the number of threads or the batch.
        step: Step of the field, inverse rate unit; chosen from the rates if not given.
        target: Stop as soon as the standard error of the largest element (of the worst time) is at
            most this.
        burn_in: Time after which a steady state is looked at; measured if not given, as the time
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
    batch: int = LANES
    threads: int | None = None

    claim: ClassVar[Claim] = Claim.STATISTICAL
    domain: ClassVar[str] = "classical fields: thermal modes that the emitters do not act back on"

    def __post_init__(self) -> None:
        checks.integer("n", self.n, 2)
        checks.integer("seed", self.seed, 0)
        checks.integer("batch", self.batch, 1)
        if self.threads is not None:
            checks.integer("threads", self.threads, 1)
        for name, check in (
            ("step", checks.positive),
            ("target", checks.positive),
            ("burn_in", checks.nonnegative),
            ("window", checks.nonnegative),
        ):
            if getattr(self, name) is not None:
                check(name, getattr(self, name))

    def plan(self, task: Task) -> Plan | Refusal:
        """Refused: no mode, back-action, pairs of quanta, too many emitters.

        A coherent start of the source needs exactly one mode.
        """
        modes = len(task.network.modes)
        if isinstance(task, EvolutionTask) and not isinstance(task.source, str) and modes > 1:
            return Refusal(
                "a coherent amplitude needs exactly one boson mode to start in, but the network "
                f"has {modes}. Use source='empty' or 'stationary'."
            )
        reason = driven.refusal(task.network)
        if reason is not None:
            return Refusal(reason)
        if isinstance(task, EvolutionTask):
            return EvolutionPlan(task=task, method=self)
        return NO_INITIAL if task.initial is not None else SteadyStatePlan(task=task, method=self)

    def walk(
        self, emitters: DrivenEmitters, times: np.ndarray, initial: np.ndarray, source: SourceStart
    ) -> Walk:
        """What every block does to reach the times from a density matrix."""
        amplitude = 0j if source == "empty" else source
        step = self._step(emitters, 0.0 if isinstance(amplitude, str) else abs(amplitude))
        return Walk(
            emitters=emitters,
            legs=legs_to(np.asarray(times, dtype=float), step, _MULTIPLE),
            initial=emitters.components(initial),
            source=amplitude,
            seed=self.seed,
            merges=MERGES,
        )

    def stationary_walk(self, emitters: DrivenEmitters) -> tuple[Walk, Memory]:
        """What every block does for a steady state, and what it remembers after the first leg."""
        step = self._step(emitters)
        with announced():
            if self.burn_in is None:
                start = memory.measure(
                    emitters,
                    step=step,
                    seed=self.seed,
                    tolerance=self._memory_tolerance,
                    multiple=_MULTIPLE,
                )
            else:
                steps = whole_steps(self.burn_in, step, _MULTIPLE)
                start = memory.after(emitters, step=step, seed=self.seed, steps=steps)
        window = start.steps if self.window is None else whole_steps(self.window, step, _MULTIPLE)
        walk = Walk(
            emitters=emitters,
            legs=[Leg(step, start.steps, False), Leg(step, window, True, average=True)],
            initial=memory.ground_state(emitters),
            seed=self.seed,
            merges=MERGES,
        )
        return walk, start

    def _step(self, emitters: DrivenEmitters, amplitude: float = 0.0) -> float:
        rate = total_rate(emitters, amplitude)
        if self.step is None:
            return safe_step(rate)
        largest = largest_step(rate)
        if self.step > largest:
            checks.fail("step", f"at most {largest:.3g} for the rates of this network", self.step)
        return float(self.step)

    @property
    def _memory_tolerance(self) -> float:
        # A tenth of a standard error that is reached easily; an element fluctuates by up to 1/2.
        goal = 0.3 / np.sqrt(self.n) if self.target is None else self.target
        return float(min(1e-3, 0.1 * goal))


@dataclass(frozen=True, kw_only=True, eq=False)
class SteadyStatePlan(Plan):
    """A steady state: independent trajectories, each averaged over a window of time."""

    task: SteadyStateTask
    method: FieldTrajectories

    @cached_property
    def emitters(self) -> DrivenEmitters:
        """The emitters along a path of the field."""
        return driven.described(self.task.network)

    @property
    def cost(self) -> Cost:
        """The time until the start is forgotten is measured while it runs, unless it is given."""
        method = self.method
        if method.burn_in is None:
            return Cost(bytes=_bytes(self.emitters), operations=np.nan)
        length = method.burn_in + (method.burn_in if method.window is None else method.window)
        return _cost(self.emitters, method.n, length / method._step(self.emitters))

    def run(self) -> SteadyState:
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
        method, began = self.method, time.perf_counter()
        walk, start = method.stationary_walk(self.emitters)
        forgets = method.burn_in is not None or start.remaining <= method._memory_tolerance
        # One block, to show something, where more would be wasted.
        n = method.n if forgets else min(method.n, LANES)
        run = Run(walk, n=n, target=method.target if forgets else None)
        run.run(threads=method.threads, batch=method.batch, blocks=blocks)
        tally, step = run.tally, walk.legs[0].step
        window = walk.legs[1].steps
        standard, bias = float(tally.standard_error[0]), float(tally.bias[0])
        remembered = start.averaged(window)
        result = SteadyState(
            network=self.task.network,
            method=method.record,
            state=tally.states[0],
            error=ErrorEstimate(
                standard + bias + remembered,
                _HOW.format(n=tally.count) + " and what the start still contributes",
            ),
            status=run.status if forgets else _forgets_too_slowly(start, step),
            stats={
                **run.stats,
                "burn_in": step * start.steps,
                "window": step * window,
                "memory": remembered,
                "standard_error": standard,
                "standard_errors": tally.standard_errors[0],
                "step_bias": bias,
                "step_correction": float(tally.correction[0]),
                "seconds": time.perf_counter() - began,
            },
        )
        if run.interrupted:
            raise Interrupted(result)
        return result


@dataclass(frozen=True, kw_only=True, eq=False)
class EvolutionPlan(Plan):
    """The emitters' states at the times, each with its standard error."""

    task: EvolutionTask
    method: FieldTrajectories

    @cached_property
    def emitters(self) -> DrivenEmitters:
        """The emitters along a path of the field."""
        return driven.described(self.task.network)

    @property
    def cost(self) -> Cost:
        """Steps to the last time on all paths."""
        source = self.task.source
        step = self.method._step(self.emitters, 0.0 if isinstance(source, str) else abs(source))
        return _cost(self.emitters, self.method.n, float(self.task.times[-1]) / step)

    def run(self) -> Evolution:
        """The averages over all trajectories.

        Raises:
            ValueError: the step is too large for the rates; the message says which would do.
            KeyboardInterrupt: as for steady states.
        """
        task, method, began = self.task, self.method, time.perf_counter()
        walk = method.walk(self.emitters, task.times, task.start, task.source)
        run = Run(walk, n=method.n, target=method.target)
        run.run(threads=method.threads, batch=method.batch)
        tally = run.tally
        result = Evolution(
            network=task.network,
            method=method.record,
            times=task.times,
            states=tally.states,
            error=tally.standard_error + tally.bias,
            how=_HOW.format(n=tally.count),
            status=run.status,
            stats={
                **run.stats,
                "standard_error": float(tally.standard_error.max()),
                "standard_errors": tally.standard_errors,
                "step_bias": float(tally.bias.max()),
                "step_correction": float(tally.correction.max()),
                "seconds": time.perf_counter() - began,
            },
        )
        if run.interrupted:
            raise Interrupted(result)
        return result


def _cost(emitters: DrivenEmitters, n: int, steps: float) -> Cost:
    # Paths with steps of one, two and four times the length share the noise; a step multiplies by
    # the propagator of what is constant.
    return Cost(bytes=_bytes(emitters), operations=1.75 * n * steps * emitters.dimension**4)


def _bytes(emitters: DrivenEmitters) -> float:
    # Dense superoperators (the basis is complex), and the lanes of every thread.
    return 80.0 * emitters.dimension**4 + 1e3 * LANES * emitters.dimension**2


def _forgets_too_slowly(start: Memory, step: float) -> Status:
    return Status(
        outcome=Outcome.NOT_CONVERGED,
        message=(
            f"After the time {start.steps * step:.3g} two different starts still differ by "
            f"{start.remaining:.1e}: the steady state is not unique, or is reached too slowly. "
            "Pass `burn_in`, ask for the evolution instead, or use te.ContinuedFraction()."
        ),
    )
