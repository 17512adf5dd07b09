"""Evolution under a schedule of networks behind one mode, exact, with its error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from thermalent.continued_fraction import memory
from thermalent.continued_fraction.chain.hierarchy import Hierarchy, hierarchy
from thermalent.continued_fraction.dynamics.amplitude_cost import amplitude_refusal, announce
from thermalent.continued_fraction.dynamics.evolution import needed_depth
from thermalent.continued_fraction.dynamics.relaxation import ANNOUNCED
from thermalent.continued_fraction.evolved import evolved
from thermalent.continued_fraction.lattice.solve import DEFAULT_RTOL
from thermalent.continued_fraction.moving_frame.evolution import (
    FRAME_AIMS,
    HOW_MOVED,
    FrameEvolution,
    affordable_frame,
)
from thermalent.continued_fraction.moving_frame.field import MovingField
from thermalent.continued_fraction.settings import Settings
from thermalent.continued_fraction.switching.generators import InitialSource, ScheduleTiers
from thermalent.continued_fraction.switching.reference import SourceStretch
from thermalent.continued_fraction.switching.run import ContourStart, ScheduleRun, TierReading
from thermalent.continued_fraction.total_charge import sum_of_charges, tier0_matrices
from thermalent.networks.symmetry import element_charges
from thermalent.solution.errors import MethodError
from thermalent.solution.evolution import Evolution
from thermalent.solution.plan import Cost, Plan
from thermalent.solution.tasks import EvolutionTask, start_amplitudes
from thermalent.support.once import once
from thermalent.support.progress import working

_HOW = "difference of two runs with other depths, steps, contours and roundings"
_FEWER, _MORE = 0.85, 1.5  # tiers of the first run over those of the second; then of each further
_ROUNDS = 5
_MOST_WORK = 1e13  # multiplications of a run, some hours: rates are beyond what steps can follow
_FOLDS = 60.0  # multiplications of a piece, in those of a fraction
# Tiers of a source that cools: what is remembered of its amplitude does not diffuse.
_COOLING = 1.5
_MISSED = 0.1  # what the contours of all pieces may miss, in tolerances
_LEAST_MISSED = 1e-13
_MORE_NODES = 1.25  # nodes of the contours of each run over those of the one before
_MOST_NODES = 54  # more would lose digits to exp(Re z t)
_OTHER_STEPS = 1.07  # norm of the steps of every second run over that of the others
_PROBED = 8  # networks whose steady states are looked at for the number of tiers
_DEVIATIONS = 8.0  # standard deviations of the rounding of many steps
_ROUNDING = 1e-13
# |beta|^2 over the largest variance, from which on the frame moves with the field, if that is
# affordable, and from which on nothing else converges. Where the source is slow, an expansion about
# zero is lost before: for n_th = 100, kappa/gamma = 0.1 at |beta|^2 = 8 V.
_FOLLOWED, _STRONG = 1.0, 24.0
_EPS = 4 * float(np.finfo(float).eps)


def evolve_pieces(
    pieces: list[Hierarchy],
    task: EvolutionTask,
    tolerance: float,
    report: Callable[[str], None],
) -> tuple[np.ndarray, np.ndarray, int]:
    """States (t, d, d), errors (t,), and the highest tier.

    Args:
        pieces: The hierarchies of the networks, one after the other.
        task: Times, start and source.
        tolerance: Error aimed at, in the largest element.
        report: Is told how far the work is.
    """
    problem = _problem(pieces, task, tolerance)
    highest = 0

    def evolved_part(q: int) -> tuple[np.ndarray, np.ndarray] | None:
        nonlocal highest
        tiers = problem.tiers(q)
        if not tiers.parts:
            return None
        values, change, last = _converged(tiers, task.times, problem.depth, tolerance, report)
        highest = max(highest, last)
        return tier0_matrices(tiers.first, values) * np.exp(1j * problem.angle * q), change

    return *sum_of_charges(problem.pieces[0].numbers, task.times, evolved_part), highest


def read_pieces(
    pieces: list[Hierarchy],
    task: EvolutionTask,
    tolerance: float,
    report: Callable[[str], None],
    reading: Callable[[ScheduleTiers, SourceStretch], np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """Real numbers read from the lowest tiers of total charge zero: values (t, n), errors (t,).

    Args:
        pieces: The hierarchies of the networks, one after the other.
        task: Times, start and source.
        tolerance: Error aimed at, in the largest of the numbers.
        report: Is told how far the work is.
        reading: Rows that give the numbers when they multiply the lowest tiers of a stretch.
    """
    problem = _problem(pieces, task, tolerance)
    tiers = problem.tiers(0)
    values, error, _ = _converged(
        tiers, task.times, problem.depth, tolerance, report, lambda s, _: reading(tiers, s)
    )
    return values, error


@dataclass(frozen=True, eq=False)
class _Problem:
    """Networks in common coordinates, and where they start.

    Args:
        pieces: Their hierarchies up to the last time.
        lengths: How long each of them lasts.
        source: The source at time zero.
        turned: The emitters at time zero in the frame of a real amplitude, (d, d).
        angle: The phase that is left out of it.
        depth: Tiers that steady states need.
    """

    pieces: list[Hierarchy]
    lengths: list[float]
    source: InitialSource
    turned: np.ndarray
    angle: float
    depth: int

    def tiers(self, charge: int) -> ScheduleTiers:
        """The tiers of one total charge."""
        return ScheduleTiers(
            self.pieces, self.lengths, self.source, self.turned, charge, self.depth
        )


def in_one_basis(pieces: list[Hierarchy]) -> list[Hierarchy]:
    """Hierarchies in the same bright and dark states, those of a piece that the source drives."""
    driven = next((h for h in pieces if abs(h.modes[0].drive).max() > 0), pieces[0])
    common = {id(h): replace(h, bright_dark=driven.bright_dark) for h in pieces}
    return [common[id(h)] for h in pieces]


def _problem(pieces: list[Hierarchy], task: EvolutionTask, tolerance: float) -> _Problem:
    first = pieces[0]
    stationary = task.source == "stationary"
    amplitude = start_amplitude(task)
    source = InitialSource(first.modes[0].variance if stationary else 0.0, abs(amplitude))
    angle = float(np.angle(amplitude))  # which a rotation of all phases removes
    d = len(first.numbers)
    turned = task.start * np.exp(-1j * angle * element_charges(first.numbers).reshape(d, d))
    lengths = [stretch.length for stretch in task.stretches()]
    used = in_one_basis(pieces)[: len(lengths)]
    return _Problem(used, lengths, source, turned, angle, _depth(used, source, tolerance))


def _depth(pieces: list[Hierarchy], source: InitialSource, tolerance: float) -> int:
    """Tiers that the steady states of the networks need behind the hottest source of all."""
    hottest = max([source.variance, source.amplitude**2, *(h.modes[0].variance for h in pieces)])
    probed = pieces[:: max(1, len(pieces) // _PROBED)]
    return max(
        needed_depth(replace(h, modes=(replace(h.modes[0], variance=hottest),)), tolerance)
        for h in probed
    )


def _converged(
    tiers: ScheduleTiers,
    times: np.ndarray,
    depth: int,
    tolerance: float,
    report: Callable[[str], None],
    reading: TierReading | None = None,
) -> tuple[np.ndarray, np.ndarray, int]:
    """Tier 0 or what is read at the times, (t, n), its errors, (t,), and the highest tier."""
    missed = max(_MISSED * tolerance / len(tiers.pieces), _LEAST_MISSED)
    nodes = int(np.ceil(-np.log(missed / 3)))  # about one digit in 2.3 of them

    rounded = tiers.redrawn()

    def run_with(last: int, number: int, starts: dict[int, ContourStart] | None) -> ScheduleRun:
        own = tiers.up_to(last)
        return ScheduleRun(
            own,
            last,
            1.0 if number % 2 else _OTHER_STEPS,
            folded=own if number % 2 else rounded.up_to(last),
            missed=missed,
            nodes=min(int(np.ceil(nodes * _MORE_NODES**number)), _MOST_NODES),
            starts=starts,
            report=report,
            reading=reading,
            granted=_MOST_WORK,
        )

    if tiers.cooling:
        depth = int(_COOLING * depth)
    first = run_with(2 * int(np.ceil(_FEWER * depth / 2)) + 2, 0, None)
    before = first.values(times)
    if first.refused:
        raise MethodError(
            f"Steps to t = {times[-1]:g} would take {first.refused:.0e} multiplications (1e9 take "
            "about a second), because the rates are so large. Ask for earlier times, or check them."
        )
    last = 2 * int(np.ceil(depth / 2)) + 4
    for round_ in range(_ROUNDS):
        run = run_with(last, round_ + 1, first.starts)
        values = run.values(times)
        error = np.maximum.accumulate(np.max(np.abs(values - before), axis=1, initial=0.0))
        rounding = _ROUNDING + _DEVIATIONS * run.rounding
        if error[-1] <= max(tolerance, rounding):
            break
        before, last = values, 2 * int(np.ceil(_MORE * last / 2))
    rounding += first.missed
    return values, error + np.where(times > 0, rounding, _EPS), run.last


@dataclass(frozen=True, kw_only=True, eq=False)
class ScheduleEvolutionPlan(Plan):
    """An evolution under several networks, charge sector by charge sector."""

    task: EvolutionTask
    settings: Settings
    numbers: np.ndarray

    @once
    def hierarchies(self) -> list[Hierarchy]:
        """Those of the networks, one after the other."""
        networks = {id(network): network for network in self.task.networks}
        known = {key: hierarchy(network, self.numbers) for key, network in networks.items()}
        return [known[id(network)] for network in self.task.networks]

    @once
    def frame(self) -> FrameEvolution | None:
        """The evolution in the frame that moves with the field, where that is a strong one."""
        amplitude = start_amplitude(self.task)
        if not amplitude or strength(self.hierarchies, amplitude) <= _FOLLOWED:
            return None
        task, settings = self.task, self.settings
        lengths = [stretch.length for stretch in task.stretches()]
        used = in_one_basis(self.hierarchies)[: len(lengths)]
        networks = {id(network): network for network in task.networks[: len(lengths)]}.values()

        def depth(tolerance: float) -> float:
            return max(memory.expected_tiers(network, tolerance) for network in networks)

        aims = FRAME_AIMS if settings.rtol is None else (settings.evolution_tolerance,)
        field = MovingField(used, lengths[:-1], amplitude)
        found = affordable_frame(field, task.times, task.start, aims, depth)
        dear = found.operations > ANNOUNCED and not too_strong(self.hierarchies, amplitude)
        return None if dear else found

    @property
    def refusal(self) -> str | None:
        """Reason why a strong coherent field cannot be followed for so long, or None."""
        amplitude, end = start_amplitude(self.task), float(self.task.times[-1])
        needed = 0.0 if self.frame is None else self.frame.operations
        return amplitude_refusal(needed, amplitude, end)

    @property
    def cost(self) -> Cost:
        """Cost of the steps through every piece, in some sixty fractions of the chain each."""
        needed = memory.evolution_bytes(self.numbers, len(self.task.times))
        if self.frame is not None:
            return Cost(bytes=needed + self.frame.bytes, operations=self.frame.operations)
        networks = {id(network): network for network in self.task.networks}.values()
        fold = max(memory.fold_operations(one, self.numbers, DEFAULT_RTOL) for one in networks)
        return Cost(bytes=needed, operations=_FOLDS * len(self.task.pieces) * fold)

    def compute(self) -> Evolution:
        """Exact states at the times, each with its error."""
        task, settings, pieces = self.task, self.settings, {"pieces": len(self.task.pieces)}
        if self.frame is not None:
            announce(self.frame.operations, start_amplitude(task), float(task.times[-1]))
            states, error, stats = self.frame.states()
            return evolved(task, settings, states, error, {**stats, **pieces}, how=HOW_MOVED)
        with working("evolution under a schedule") as report:
            states, error, highest = evolve_pieces(
                self.hierarchies, task, settings.evolution_tolerance, report
            )
        stats = {"tiers": highest, **pieces}
        return evolved(task, settings, states, error, stats, how=_HOW, remedy=self._remedy)

    @property
    def _remedy(self) -> str:
        amplitude = abs(start_amplitude(self.task))
        if amplitude == 0:
            return ""
        return (
            f" The coherent field of amplitude {amplitude:.3g} is expanded about zero here, "
            "because to move with it for so long takes more than half a minute."
        )


def strength(pieces: list[Hierarchy], amplitude: complex) -> float:
    """|beta|^2 over the largest thermal variance, or over one quantum."""
    return abs(amplitude) ** 2 / max(1.0, *(h.modes[0].variance for h in pieces))


def too_strong(pieces: list[Hierarchy], amplitude: complex) -> bool:
    """Whether a coherent field cannot be expanded about zero."""
    return strength(pieces, amplitude) > _STRONG


def start_amplitude(task: EvolutionTask) -> complex:
    """The amplitude of the one mode at time zero; zero if it is not coherent."""
    return complex(start_amplitudes(task.source, 1)[0])
