"""The statistical method for many qubits: pure states that jump, in a sampled classical field."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar, TypeVar

import numpy as np

from thermalent.ensembles.blocks import Stop, in_order, threads_available
from thermalent.ensembles.burn_in import TwoStarts, not_settled
from thermalent.ensembles.mean import BATCHES, BlockMean, EnsembleMean
from thermalent.ensembles.run import Ended, Ensemble, interrupted, run
from thermalent.networks.network import Network
from thermalent.operators import states
from thermalent.solution.evolution import Evolution
from thermalent.solution.method import Claim, Method
from thermalent.solution.plan import NO_INITIAL, Cost, Plan, Refusal
from thermalent.solution.result import ErrorEstimate, Status, SteadyState
from thermalent.solution.tasks import (
    EvolutionTask,
    SourceStart,
    SteadyStateTask,
    Task,
    mismatched_start,
)
from thermalent.stochastic import kets
from thermalent.stochastic.ket_paths import KetPaths, KetSegment, drawn_from, ground, product_state
from thermalent.stochastic.kets import DrivenKets, driven_kets, part_of
from thermalent.stochastic.method import FEWEST, FieldTrajectories
from thermalent.support import checks
from thermalent.support.progress import working

_B = TypeVar("_B")

# Emitters whose state is returned if none is named: all up to so many, else the last two.
_ALL = 4
# Complex arrays of all times of the ensemble, of a thread and of a batch, measured.
_MEANS, _MEANS_OF_A_THREAD, _MEANS_OF_A_BATCH = 6, 5, 2
_HOW = (
    "standard error over {n} independent trajectories, the bias of the step as measured for the "
    "first qubits, and 1/n for what so few cannot have seen"
)


@dataclass(frozen=True, kw_only=True)
class FieldJumps(Method):
    r"""Averages over pure states of many qubits that a sampled classical field drives.

    $$|\psi\rangle \to e^{K h/2} \prod_e e^{I_e c_e^\dagger - I_e^* c_e}\, e^{K h/2}
      |\psi\rangle, \qquad K = -iH - \tfrac12 \sum_k O_k^\dagger O_k$$

    The field is sampled exactly, I_e is the exact integral of the field of qubit e over the step,
    and within e^{Ks} the state jumps to \(O_k|\psi\rangle\) at exact waiting times. The splitting
    is of second order in h. Where `FieldTrajectories` hold the density matrix of a few qubits for
    any temperature and `QuantumJumps` a ket that includes cold modes, this takes a dozen qubits
    behind a source of any temperature.

    Args:
        n: Number of trajectories, at least 8.
        keep: Names of the emitters whose joint state is returned, in this order; all of up to four,
            else the last two, if not given.
        seed: Gives the same numbers whatever the number of threads.
        step: h, inverse rate unit; chosen from the rates if not given.
        burn_in: Time after which a steady state is sampled; ten times the slowest of the source
            and of the qubits one after the other if not given. Half of the trajectories start in
            the ground state, half in random product states; half of the distance of the two means
            is part of the error.
        window: Time over which each trajectory is averaged then; four times the burn-in if not
            given.
        threads: Number of threads; as many as numba may use if not given.

    Raises:
        ValueError: an argument is out of range.
    """

    n: int = 128
    keep: tuple[str, ...] | None = None
    seed: int = 7
    step: float | None = None
    burn_in: float | None = None
    window: float | None = None
    threads: int | None = None

    claim: ClassVar[Claim] = Claim.STATISTICAL
    domain: ClassVar[str] = "up to 16 qubits in a classical field"

    def __post_init__(self) -> None:
        checks.integer("n", self.n, FEWEST)
        checks.seed("seed", self.seed)
        keep = ("",) if self.keep is None else self.keep
        if type(keep) is not tuple or not 1 <= len(set(keep)) == len(keep):
            checks.fail("keep", "a tuple of different names of emitters", self.keep)
        checks.if_given(checks.integer, "threads", self.threads, 1)
        checks.if_given(checks.positive, "step", self.step)
        checks.if_given(checks.nonnegative, "burn_in", self.burn_in)
        checks.if_given(checks.positive, "window", self.window)

    def plan(self, task: Task) -> Plan | Refusal:
        """Refused: emitters that are no qubits, too many, back-action, or white noise.

        A coherent start of the source takes one amplitude for each mode.

        Raises:
            ValueError: `keep` names no emitter, or the step is too large.
        """
        network = task.network
        source = task.source if isinstance(task, EvolutionTask) else "stationary"
        reason = kets.kets_refusal(network) or mismatched_start(source, len(network.modes))
        if reason is not None:
            return Refusal(reason)
        if isinstance(task, SteadyStateTask) and task.initial is not None:
            return NO_INITIAL
        names = network.emitter_names
        wanted = self.keep or (names if len(names) <= _ALL else names[-2:])
        kept = [network.position(name) for name in wanted]
        driven = driven_kets(network)
        safe = driven.safe_step(source)
        step = safe if self.step is None else float(self.step)
        if step > 4 * safe:
            largest = 4 * safe
            checks.fail("step", f"at most {largest:.3g} for the rates of this network", step)
        if isinstance(task, EvolutionTask):
            return FieldJumpsEvolutionPlan(
                method=self, task=task, driven=driven, kept=kept, step=step
            )
        return FieldJumpsPlan(method=self, task=task, driven=driven, kept=kept, step=step)

    def _burn_in(self, network: Network, driven: DrivenKets) -> float:
        if self.burn_in is not None:
            return float(self.burn_in)
        slowest = float(np.min(np.linalg.eigvals(driven.field.drift).real))
        decays = np.diag(network.decay)[list(network.emitter_indices)].real
        return 10 * (1 / slowest + float(np.sum(1 / decays[decays > 0])))

    def _run(
        self,
        ensemble: Ensemble[_B],
        belonging: Callable[[int, BlockMean], _B],
        paths: KetPaths,
    ) -> Ended:
        """Add every trajectory to the ensemble, as the block that `belonging` makes of it."""

        def blocks(stop: Stop) -> Iterator[_B]:
            def block(number: int) -> _B:
                return belonging(number, paths.trajectory(number, self.seed, stop))

            return in_order(block, self.n, threads=self.threads, stop=stop)

        with working("quantum jumps in a field") as report:
            return run(ensemble, blocks, n=self.n, report=report)

    def _bias(self, network: Network, step: float, source: SourceStart = "stationary") -> float:
        """Bias of the step: of the first two qubits by extrapolation, times the number of pairs."""
        first = list(network.mode_indices) + list(network.emitter_indices[:2])
        index = np.ix_(first, first)
        exchange, decay, absorption, _, _ = network.couplings
        begin = Network(
            nodes=tuple(network.nodes[i] for i in first),
            exchange=exchange[index],
            decay=decay[index],
            absorption=absorption[index],
        )
        # All paths have about the same bias: a few are enough, up to a time of five decays.
        decays = np.diag(begin.decay)[list(begin.emitter_indices)].real
        times = np.array([5 / float(np.max(decays))])
        rho = states.initial_state("0" * len(begin.dims), begin.dims, name="initial")
        extrapolated = FieldTrajectories(n=256, seed=self.seed, step=step).evolve(
            begin, times, rho, source
        )
        pairs = max(1.0, len(network.dims) / 2)
        return pairs * float(extrapolated.stats["step_correction"])


@dataclass(frozen=True, kw_only=True, eq=False)
class FieldJumpsPlan(Plan):
    """Every path is averaged over a window of time after the burn-in."""

    method: FieldJumps
    task: SteadyStateTask
    driven: DrivenKets
    kept: list[int]
    step: float

    @property
    def cost(self) -> Cost:
        """Cost of the burn-in and of the window on every path."""
        burn_in = self.method._burn_in(self.task.network, self.driven)
        window = 4 * burn_in if self.method.window is None else self.method.window
        return _cost(self.driven, self.kept, self.method, (burn_in + window) / self.step, 1)

    def compute(self) -> SteadyState:
        """The steady state of the kept emitters, as a network of their own.

        Raises:
            KeyboardInterrupt: interrupted before eight trajectories were done; later, what is done
                is returned, and the status says so.
        """
        method, network = self.method, self.task.network
        driven, kept, step = self.driven, self.kept, self.step
        burn_in = method._burn_in(network, driven)
        window = 4 * burn_in if method.window is None else method.window
        spacing = max(1, int(1 / (step * driven.rate) + 0.5))
        samples = max(1, int(np.ceil(window / (spacing * step))))
        first = np.array([int(np.ceil(burn_in / step))], dtype=np.int64)
        segments = [
            KetSegment(step, first, False),
            KetSegment(step, np.full(samples, spacing, dtype=np.int64), True),
        ]

        def start(number: int, rng: np.random.Generator) -> np.ndarray:
            return product_state(driven.count, rng) if number % 2 else ground(driven.count)

        paths = KetPaths(
            driven=driven, kept=kept, segments=segments, start=start, source="stationary"
        )
        ensemble = TwoStarts()
        ended = method._run(ensemble, lambda number, block: (number % 2, block), paths)
        bias = method._bias(network, step)
        return self._result(ensemble, bias, burn_in, window, ended.interrupted)

    def _result(
        self,
        ensemble: TwoStarts,
        bias: float,
        burn_in: float,
        window: float,
        partial: bool,
    ) -> SteadyState:
        method, n, errors = self.method, ensemble.count, ensemble.standard_errors[0]
        distance, standard = ensemble.distance, float(errors.max())
        if partial:
            status = interrupted(n, method.n)
        elif ensemble.converged:
            status = Status()
        else:
            status = not_settled(burn_in, f"{distance:.2g}", "Pass a longer `burn_in`.")
        return SteadyState(
            network=part_of(self.task.network, self.kept),
            method=method.record,
            state=ensemble.mean[0],
            error=ErrorEstimate(
                standard + bias + distance / 2 + 1 / n,
                _HOW.format(n=n) + ", and half the distance of two starts",
            ),
            status=status,
            stats={
                "partial": partial,
                "trajectories": n,
                "jumps": ensemble.events,
                "step": self.step,
                "burn_in": burn_in,
                "window": window,
                "step_bias": bias,
                "distance": distance,
                "standard_error": standard,
                "standard_errors": errors,
                "batches": ensemble.batches(),
            },
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class FieldJumpsEvolutionPlan(Plan):
    """The states of the kept emitters at the times, each with its error."""

    method: FieldJumps
    task: EvolutionTask
    driven: DrivenKets
    kept: list[int]
    step: float

    @property
    def cost(self) -> Cost:
        """Cost of the steps to the last time on every path."""
        times = self.task.times
        return _cost(self.driven, self.kept, self.method, times[-1] / self.step, len(times))

    def compute(self) -> Evolution:
        """The averages over all paths."""
        method, network = self.method, self.task.network
        driven, kept, step = self.driven, self.kept, self.step
        times, source = self.task.times, self.task.source
        segments = []
        for length in np.diff(np.asarray(times, dtype=float), prepend=0.0):
            count = int(np.ceil(length / step * (1 - 1e-12)))
            own = float(f"{length / count:.12e}") if count else step
            segments.append(KetSegment(own, np.array([count], dtype=np.int64), True))
        start = drawn_from(self.task.start)
        paths = KetPaths(driven=driven, kept=kept, segments=segments, start=start, source=source)
        ensemble = EnsembleMean()
        ended = method._run(ensemble, lambda number, block: block, paths)
        n, standard = ensemble.count, ensemble.standard_errors
        bias = method._bias(network, step, source)
        return Evolution(
            network=part_of(network, kept),
            method=method.record,
            times=times,
            states=ensemble.mean,
            error=standard.max(axis=(1, 2)) + bias + 1 / n,
            how=_HOW.format(n=n),
            status=interrupted(n, method.n) if ended.interrupted else Status(),
            stats={
                "partial": ended.interrupted,
                "trajectories": n,
                "jumps": ensemble.events,
                "step": step,
                "step_bias": bias,
                "standard_errors": standard,
                "batches": ensemble.batches(),
            },
        )


def _cost(
    driven: DrivenKets, kept: list[int], method: FieldJumps, steps: float, samples: int
) -> Cost:
    """Cost of all kets, and of the density matrices at all times: of batches and of threads."""
    n, size = method.n, 2.0**driven.count
    threads = threads_available() if method.threads is None else method.threads
    arrays = _MEANS + _MEANS_OF_A_THREAD * threads + _MEANS_OF_A_BATCH * min(BATCHES, n)
    return Cost(
        bytes=16.0 * arrays * samples * 4.0 ** len(kept) + 200.0 * size * driven.count,
        operations=float(20.0 * n * max(1.0, steps) * size * driven.count),
    )
