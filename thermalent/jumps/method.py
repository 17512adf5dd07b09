"""The method of quantum jumps: statistical, without a density matrix of the whole network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from thermalent.ensembles.blocks import threads_available
from thermalent.ensembles.burn_in import BurnIn, TwoStarts, not_settled
from thermalent.ensembles.mean import EnsembleMean
from thermalent.ensembles.run import interrupted, run
from thermalent.jumps.burn_in import jump_burn_in
from thermalent.jumps.paths import JumpPaths, blocks
from thermalent.jumps.start import Mixture, Start, mixture_of, start_of
from thermalent.jumps.system import System, system, unphysical
from thermalent.networks.mode_moments import BareModes, bare_modes, tail_ratios
from thermalent.networks.network import Network
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
    start_amplitudes,
)
from thermalent.support import checks, memory_limit
from thermalent.support.deprecation import renamed_arguments, renamed_attribute
from thermalent.support.progress import working

_HOW = "standard error over {n} independent trajectories, plus 1/n for what so few cannot have seen"
# Of the population beyond the last level; the second of that of the last one where quanta come in
# pairs, whose partners are cut off. Both were measured for the Fock method, see its truncation.
_TAIL_FACTOR, _PAIRS_FACTOR = 5.0, 300.0
_FEWEST_LEVELS = 4
_REMEDY = "Pass a longer `burn_in`, ask for the evolution instead, or use te.Fock()."
# Amplitudes of a ket, and bytes of all states at all times.
_LARGEST = 2_000_000
_MEMORY = 8e9


@dataclass(frozen=True, kw_only=True)
class QuantumJumps(Method):
    r"""Averages over pure states that decay and jump at random times.

    $$\rho = \langle |\psi\rangle\langle\psi| \rangle, \qquad
      |\psi(t + s)\rangle \propto e^{Ks} |\psi(t)\rangle, \qquad
      K = -iH - \tfrac12 \sum_k O_k^\dagger O_k$$

    The state jumps to \(O_k|\psi\rangle\) when the squared norm of the decaying state falls to a
    number drawn from [0, 1]: exact waiting times, so that no step leaves a bias (beyond
    `tolerance`). A ket has the square root of a density matrix's elements, and of a definite
    excitation number where the network conserves it.

    Args:
        n: Number of trajectories, at least 8.
        seed: Gives the same numbers whatever the number of threads.
        tolerance: Relative error of a step between jumps and of the norm at a jump.
        cutoff: Levels kept of each mode; chosen from `tail` if not given.
        tail: Population of a mode that may be cut off, from 1e-9 to 0.1.
        burn_in: Time after which a steady state is sampled; measured if not given, as the time in
            which two different starts become one.
        window: Time over which each trajectory is averaged then; as long as the burn-in if not
            given.
        samples: Times in the window at which each trajectory is sampled.
        threads: Number of threads; one per processor if not given.

    Raises:
        ValueError: an argument is out of range.
    """

    n: int = 1000
    seed: int = 7
    tolerance: float = 1e-10
    cutoff: int | None = None
    tail: float = 1e-4
    burn_in: float | None = None
    window: float | None = None
    samples: int = 32
    threads: int | None = None

    claim: ClassVar[Claim] = Claim.STATISTICAL
    domain: ClassVar[str] = "emitters, and modes cold enough to be cut off"

    def __post_init__(self) -> None:
        checks.integer("n", self.n, 8)
        checks.seed("seed", self.seed)
        checks.within("tolerance", self.tolerance, 1e-13, 1e-4)
        checks.within("tail", self.tail, 1e-9, 0.1)
        checks.integer("samples", self.samples, 1)
        checks.if_given(checks.integer, "cutoff", self.cutoff, 2)
        checks.if_given(checks.integer, "threads", self.threads, 1)
        checks.if_given(checks.nonnegative, "burn_in", self.burn_in)
        checks.if_given(checks.nonnegative, "window", self.window)

    def plan(self, task: Task) -> Plan | Refusal:
        """Refused: channels that are no jumps, modes without a steady state, too many levels.

        A coherent start of the source takes one amplitude for each mode.
        """
        network = task.network
        source = task.source if isinstance(task, EvolutionTask) else "stationary"
        problem = unphysical(network)
        if problem is not None:
            return Refusal(problem)
        reason = mismatched_start(source, len(network.modes))
        if reason is not None:
            return Refusal(reason)
        modes = bare_modes(network)
        if not modes.stable and (source == "stationary" or self.cutoff is None):
            return Refusal(
                "its modes gain energy (or pairs) as fast as they lose it, or faster, so they have "
                "no steady state. Lower the gain; or evolve from source='empty' with a `cutoff`."
            )
        cutoffs = self._cutoffs(network, source, modes)
        size = _size(network, cutoffs)
        if size > _LARGEST:
            return Refusal(
                f"a ket of {size:.3g} amplitudes is above the limit of {_LARGEST:.3g}. Use fewer "
                "emitters or a smaller cutoff."
            )
        times = len(task.times) if isinstance(task, EvolutionTask) else 1
        crowded = _too_many(network, times)
        if crowded is not None:
            return Refusal(crowded)
        if isinstance(task, EvolutionTask):
            return QuantumJumpsEvolutionPlan(task=task, method=self, cutoffs=cutoffs, modes=modes)
        if task.initial is not None:
            return NO_INITIAL
        return QuantumJumpsPlan(task=task, method=self, cutoffs=cutoffs, modes=modes)

    def _burn_in(self, operators: System, starts: Sequence[Start], report: Any) -> BurnIn:
        if self.burn_in is not None:
            return BurnIn(float(self.burn_in), True, 0.0)

        def paths_to(times: np.ndarray, which: int, stream: int) -> JumpPaths:
            return replace(self._paths(operators, starts[which], times), stream=stream)

        rate = float(operators.norms.max())
        # A twentieth of the standard error of an element that fluctuates by one.
        return jump_burn_in(paths_to, rate, 0.05 / np.sqrt(self.n), self.threads, report)

    def _paths(self, operators: System, start: Start, times: np.ndarray) -> JumpPaths:
        return JumpPaths(
            system=operators,
            start=start,
            times=np.asarray(times, dtype=float),
            average=False,
            tolerance=self.tolerance,
            seed=self.seed,
            stream=0,
        )

    def _cutoffs(self, network: Network, source: SourceStart, modes: BareModes) -> tuple[int, ...]:
        """Levels beyond which less than `tail` is populated, plus as many as the emitters emit."""
        if self.cutoff is not None or not network.modes:
            return (self.cutoff or 0,) * len(network.modes)
        ratios = tail_ratios(modes) or ()
        emitted = sum(d - 1 for d in network.dims)
        # Modes that are joined exchange what they hold: each may come to hold all of it.
        amplitude = float(np.linalg.norm(start_amplitudes(source, len(network.modes))))
        # A Poisson number beyond six deviations.
        displaced = int(np.ceil(amplitude**2 + 6 * amplitude)) if amplitude else 0
        wanted = np.log(self.tail / len(network.modes))
        levels = [1 + int(np.ceil(wanted / np.log(q))) if q > 0 else 1 for q in ratios]
        return tuple(max(_FEWEST_LEVELS, level) + emitted + displaced for level in levels)


QuantumJumps.__init__ = renamed_arguments(looks="samples")(QuantumJumps.__init__)  # type: ignore[method-assign]
QuantumJumps.looks = renamed_attribute("looks", "samples")  # type: ignore[attr-defined]


@dataclass(frozen=True, kw_only=True, eq=False)
class QuantumJumpsEvolutionPlan(Plan):
    """An evolution: trajectories up to the last time."""

    task: EvolutionTask
    method: QuantumJumps
    cutoffs: tuple[int, ...]
    modes: BareModes

    @property
    def cost(self) -> Cost:
        """Cost of steps that resolve the highest level kept."""
        last, times = float(self.task.times[-1]), len(self.task.times)
        return _cost(self.task.network, self.cutoffs, self.method, last, times)

    def compute(self) -> Evolution:
        """The emitters' states at the times, each with its standard error."""
        task, method, cutoffs = self.task, self.method, self.cutoffs
        network, times = task.network, task.times
        operators = system(network, cutoffs)
        mixture = mixture_of(task.start, operators.numbers)
        start = start_of(network, cutoffs, mixture, task.source, self.modes)
        paths = method._paths(operators, start, times)
        ensemble = EnsembleMean(batches=0)
        with working("quantum jumps") as report:
            parts = blocks([paths], [method.n], method.threads)
            ended = run(
                ensemble,
                lambda stop: (block for _, block in parts(stop)),
                n=method.n,
                report=report,
            )
        left_out = _left_out(
            self.modes, cutoffs, ensemble.beside[0], pairs=self.task.network.pumped
        )
        standard = ensemble.standard_errors.max(axis=(1, 2))
        return Evolution(
            network=network,
            method=method.record,
            times=times,
            states=ensemble.mean,
            error=standard + 1 / ensemble.count + left_out,
            how=_HOW.format(n=ensemble.count) + _cut(cutoffs),
            status=interrupted(ensemble.count, method.n) if ended.interrupted else Status(),
            stats={
                "trajectories": ensemble.count,
                "partial": ended.interrupted,
                "jumps": ensemble.events,
                "cutoff": cutoffs,
                "amplitudes": int(np.max(np.diff(operators.starts))),
                "standard_error": float(standard.max()),
                "standard_errors": ensemble.standard_errors,
                "truncation": float(left_out.max()),
            },
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class QuantumJumpsPlan(Plan):
    """A steady state: each trajectory is averaged over a window of time after the burn-in."""

    task: SteadyStateTask
    method: QuantumJumps
    cutoffs: tuple[int, ...]
    modes: BareModes

    @property
    def cost(self) -> Cost:
        """Cost of burn-in and window; not known if the burn-in is not given but measured."""
        method = self.method
        if method.burn_in is None:
            return _cost(self.task.network, self.cutoffs, method, np.nan)
        length = method.burn_in + (method.burn_in if method.window is None else method.window)
        return _cost(self.task.network, self.cutoffs, method, length)

    def compute(self) -> SteadyState:
        """The average of all trajectories.

        Half of the trajectories start in the ground state, half in random product states. Half of
        the distance of the two means is part of the error; it stays large if there is a second
        steady state.
        """
        method, network, cutoffs = self.method, self.task.network, self.cutoffs
        operators = system(network, cutoffs)
        starts = [
            start_of(network, cutoffs, emitters, "stationary", self.modes)
            for emitters in _two_mixtures(network)
        ]
        with working("quantum jumps") as report:
            start_lost = method._burn_in(operators, starts, report)
            window = start_lost.length if method.window is None else method.window
            samples = method.samples if window > 0 else 1
            times = start_lost.length + window * np.arange(1, samples + 1) / samples
            halves = [
                replace(method._paths(operators, start, times), average=True, stream=stream)
                for stream, start in enumerate(starts)
            ]
            ensemble, sizes = TwoStarts(batches=0), ((method.n + 1) // 2, method.n // 2)
            ended = run(ensemble, blocks(halves, sizes, method.threads), n=method.n, report=report)
        return self._result(ensemble, start_lost, window, ended.interrupted)

    def _result(
        self, ensemble: TwoStarts, start_lost: BurnIn, window: float, partial: bool
    ) -> SteadyState:
        method, cutoffs, n = self.method, self.cutoffs, ensemble.count
        top, pairs = ensemble.beside[0], self.task.network.pumped
        left_out = float(_left_out(self.modes, cutoffs, top, pairs=pairs)[0])
        errors, distance = ensemble.standard_errors[0], ensemble.distance
        if partial:
            status = interrupted(n, method.n)
        elif start_lost.converged and ensemble.converged:
            status = Status()
        else:
            status = not_settled(start_lost.length, f"{distance:.2g}", _REMEDY)
        standard = float(errors.max())
        return SteadyState(
            network=self.task.network,
            method=method.record,
            state=ensemble.mean[0],
            error=ErrorEstimate(
                standard + distance / 2 + 1 / n + left_out,
                _HOW.format(n=n) + ", half the distance of two starts" + _cut(cutoffs),
            ),
            status=status,
            stats={
                "partial": partial,
                "trajectories": n,
                "jumps": ensemble.events,
                "cutoff": cutoffs,
                "burn_in": start_lost.length,
                "window": window,
                "distance": distance,
                "standard_error": standard,
                "standard_errors": errors,
                "truncation": left_out,
            },
        )


def _cost(
    network: Network, cutoffs: Sequence[int], method: QuantumJumps, length: float, times: int = 1
) -> Cost:
    """Cost of kets over some time: a few multiplications per step, amplitude and node."""
    n, threads = method.n, threads_available() if method.threads is None else method.threads
    size, nodes = _size(network, cutoffs), len(network.nodes)
    rate = float(np.abs(network.decay).sum() + np.abs(network.exchange).sum())
    rates = [sum(network.mode_rates(index)) for index in network.mode_indices]
    rate += sum(2 * levels * own for levels, own in zip(cutoffs, rates, strict=True))
    emitters = float(np.prod([float(d) for d in network.dims]))
    return Cost(
        # Means and squares: of the ensemble, and of the blocks of every thread (measured with one).
        bytes=200.0 * nodes**2 * size + 16.0 * (5 + 7 * threads) * times * emitters**2,
        operations=10.0 * n * size * nodes * max(1.0, rate * length) if length >= 0 else np.nan,
    )


def _two_mixtures(network: Network) -> tuple[Mixture, Mixture]:
    """The ground state, and product states with unequal weights."""
    d = int(np.prod(network.dims))
    kets = np.eye(d, dtype=complex)
    weights = np.random.default_rng(1).uniform(0.5, 1.5, d)
    return Mixture(kets[:1], np.ones(1)), Mixture(kets, weights / weights.sum())


def _size(network: Network, cutoffs: Sequence[int]) -> float:
    return float(np.prod([float(n) for n in (*cutoffs, *network.dims)]))


def _too_many(network: Network, times: int) -> str | None:
    """Reason why the sums of so many times do not fit into memory, or None if they do."""
    # Means and squares of a few blocks, of the ensemble, and of a trajectory.
    needed = 16.0 * 10 * times * _size(network, ()) ** 2
    limit = min(_MEMORY, memory_limit.available())
    if needed <= limit:
        return None
    return (
        f"the emitters' states at {times} time{'s' if times > 1 else ''} need about "
        f"{memory_limit.in_words(needed)}, above the limit of "
        f"{memory_limit.in_words(limit)}. Use fewer "
        f"{'times' if times > 1 else 'emitters'}."
    )


def _left_out(
    modes: BareModes, cutoffs: Sequence[int], top: np.ndarray, *, pairs: bool
) -> np.ndarray:
    r"""Bound of the truncation error, (r,): 5 p_{N-1} q/(1 - q) per mode, 300 p_{N-1}/(1 - q) with
    `pairs` of quanta.
    """
    if not cutoffs:
        return np.zeros(len(top))
    ratio = np.array(tail_ratios(modes) or (0.5,) * len(cutoffs))
    weights = _PAIRS_FACTOR / (1 - ratio) if pairs else _TAIL_FACTOR * ratio / (1 - ratio)
    return np.asarray(np.minimum(1.0, top @ weights))


def _cut(cutoffs: Sequence[int]) -> str:
    return ", and the population beyond the last level" if cutoffs else ""
