"""Plans behind one mode: steady states, prepared, run, and their status."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from thermalent.continued_fraction import memory
from thermalent.continued_fraction.batch.lanes import HOW_FIXED, solved_group
from thermalent.continued_fraction.chain.chain import HierarchyChain, hierarchy_chain
from thermalent.continued_fraction.chain.fraction import MOST_TIERS, Fraction, evaluate_chain
from thermalent.continued_fraction.chain.hierarchy import Hierarchy, hierarchy
from thermalent.continued_fraction.chain.one_structure.small import Chains, chains
from thermalent.continued_fraction.chain.one_structure.structure import structure
from thermalent.continued_fraction.chain.pole_at_zero import PoleAtZero
from thermalent.continued_fraction.chain.stationary import TierZeroEquation
from thermalent.continued_fraction.dynamics.amplitude_cost import amplitude_refusal
from thermalent.continued_fraction.lattice.solve import DEFAULT_RTOL, ENOUGH
from thermalent.continued_fraction.more_digits import memory_of_balls as balls
from thermalent.continued_fraction.more_digits import solve
from thermalent.continued_fraction.one_mode_evolution import OneModeEvolutionPlan
from thermalent.continued_fraction.radial.plan import (
    radial_steady_state,
    tiers_may_help,
    widest_folded,
)
from thermalent.continued_fraction.settings import Settings, n_max_of
from thermalent.networks.network import Network
from thermalent.networks.symmetry import excitation_numbers, require_no_coherences
from thermalent.solution.errors import MethodError
from thermalent.solution.plan import Cost, Plan, Refusal
from thermalent.solution.result import ErrorEstimate, Outcome, Status, SteadyState
from thermalent.solution.tasks import EvolutionTask, SteadyStateTask, Task
from thermalent.support import memory_limit
from thermalent.support.once import once

_HOW = "change of the state with more tiers and another scaling of them"
# Tiers times cubed unknowns of a tier that are folded where no rtol is given: half a minute.
_BUDGET = 1.5e11
ALWAYS_FITS = 32  # emitter levels, for which 50 MB do
_LEAST_TIERS = 60  # allowed in any case
# Why doubles are not enough, by the outcome of the fraction; empty where more digits do not help.
_DOUBLES_FAIL = {
    "converged": "",
    "too many tiers": "",
    "overflow": "the numbers leave the range of doubles",
    "singular": "singular in double precision",
    "rounding": "double precision cannot give the rtol",
    "unsettled": "in double precision nothing settles, however many tiers there are",
}
_TIERS_PER_WIDTH = 6  # tiers per sqrt(V) for two or three digits
_CHEAP = 3e7  # multiplications in more digits, a few seconds
_CHEAP_TIERS = 5000
# The same where no accuracy is asked for and an error is at most so many times what is aimed at:
# beyond, more digits take a hundred times as long, a quarter of a second.
_FEW_TIERS, _NEARLY = 1000, 10.0
_WIDE = 300.0  # root of the quanta with which tiers take as long as the radial form, or half
# Of a core in doubles that take as long as one of 128 bits, and the way back.
_OPERATIONS_OF_BALLS = 300.0
_FOLDS = 4.0  # of growing length until the state settles, in units of the last one


def tiers_needed(network: Network) -> float:
    """Tiers that two or three digits take behind one mode, about."""
    return _TIERS_PER_WIDTH * memory.width_of(network)


def plan_one_mode(task: Task, settings: Settings, numbers: np.ndarray) -> Plan | Refusal:
    """The plan of a task behind one mode that the method has accepted, or why it takes too long.

    Args:
        task: The task.
        settings: The method's parameters.
        numbers: Excitation numbers of the emitters' states, (d,).
    """
    if isinstance(task, EvolutionTask):
        plan = OneModeEvolutionPlan(task=task, settings=settings, numbers=numbers)
        reason = amplitude_refusal(plan.of_amplitude, plan.amplitude or 0.0, plan.end)
        return plan if reason is None else Refusal(reason)
    return OneModePlan(task=task, settings=settings, numbers=numbers)


@dataclass(frozen=True, kw_only=True, eq=False)
class OneModePlan(Plan):
    """A steady state; the hierarchy and its chain are built once, when they are needed."""

    task: SteadyStateTask
    settings: Settings
    numbers: np.ndarray

    @once
    def hierarchy(self) -> Hierarchy:
        """The hierarchy of the network."""
        return hierarchy(self.task.network, self.numbers)

    @once
    def small(self) -> Chains | None:
        """The chain of few emitters, as a list of one; None for many."""
        kind = structure(self.task.network)
        if kind is None:
            return None
        return chains([self.task.network], np.zeros(1, dtype=np.int64), kind)[0]

    @once
    def chain(self) -> HierarchyChain:
        """The chain of its tiers."""
        return hierarchy_chain(self.hierarchy) if self.small is None else self.small.single(0)

    @once
    def radial(self) -> SteadyState:
        """The steady state by the radial form, for few emitters."""
        assert self.small is not None
        return radial_steady_state(self.task.network, self.small, self.settings)

    @property
    def always_fits(self) -> bool:
        """Whether the emitters are few: in doubles the number of tiers takes no memory."""
        return len(self.numbers) <= ALWAYS_FITS and self.settings.digits is None

    @property
    def cost(self) -> Cost:
        """Cost in double precision, or of the digits that are asked for."""
        if self.settings.digits is not None:
            return self._cost_of_digits(self.settings.digits)
        fold = memory.fold_operations(self.task.network, self.numbers, DEFAULT_RTOL)
        return Cost(bytes=memory.steady_state_bytes(self.numbers), operations=_FOLDS * fold)

    def _cost_of_digits(self, digits: int) -> Cost:
        network, (even, odd) = self.task.network, (block.shape[0] for block in self.chain.a)
        tiers = balls.expected_ball_tiers(network, (even, odd), digits)
        each = balls.cost_of_a_tier((even, odd), balls.first_bits(digits))
        return Cost(
            bytes=balls.ball_bytes(network, (even, odd), self.chain.tier0_size, digits),
            operations=_OPERATIONS_OF_BALLS * tiers * each,
        )

    @property
    def remedy(self) -> str:
        """What would fit into memory: digits, or emitters."""
        digits = self.settings.digits or 0
        while digits > 0 and not memory_limit.fits(self._cost_of_digits(digits).bytes):
            digits -= 1
        return f"{digits} digits would fit." if digits else super().remedy

    def compute(self) -> SteadyState:
        """The steady state, its truncation and rounding errors measured.

        An initial state matters only where the steady state is not unique.
        """
        initial = self.task.start
        if self.settings.digits is not None:
            unique = self._in_balls("asked for", self.settings.digits)
        else:
            unique = self._unique()
        if initial is None or unique.status.outcome is not Outcome.NOT_UNIQUE:
            return unique
        return self.reached(initial)

    def _unique(self) -> SteadyState:
        settings = self.settings
        radial: SteadyState | None = None
        if self.small is not None:
            if self.small.width[0] > widest_folded(settings):
                radial = self.radial
                if not tiers_may_help(radial, settings):
                    return radial
            most = _most_tiers(settings, max(self.small.counts))
            settled = solved_group([self.task.network], self.small, settings, most=most)
            if settled:
                return settled[0]
            quicker = radial is None and self._radial_is_quicker
            if quicker and self.radial.stats["ended_by"] == "converged":
                return self.radial
        chain = self.chain
        stationary = TierZeroEquation(chain, None if self.small else self.hierarchy)
        try:
            fraction = evaluate_chain(
                chain,
                stationary.solve,
                degenerate=stationary.degenerate,
                lost=stationary.lost,
                rtol=settings.aimed_rtol,
                last=settings.last,
                most=_most_tiers(settings, max(block.shape[0] for block in chain.a)),
            )
        except np.linalg.LinAlgError:
            fraction = None  # numbers overflowed
        fits = stationary.d <= solve.LARGEST_BALL_DIMENSION and not settings.doubles
        reason = _DOUBLES_FAIL["overflow" if fraction is None else fraction.outcome]
        if self.small and radial is None and reason and self._radial_goes_on(fraction):
            radial = self.radial
        if radial is not None and (fraction is None or not fraction.error < float(radial.error)):
            # Digits beyond doubles take a hundred times as long: behind a mode as hot as that only
            # where nothing is found, and few tiers may be enough beside a waveguide hotter still.
            lost = radial.status.outcome is Outcome.NOT_CONVERGED
            tried = self._in_balls(reason, budget=_CHEAP) if fits and reason and lost else None
            return tried if tried is not None and tried.status.ok else radial
        if fits and radial is None and reason and (settings.n_max is None or fraction is None):
            tried = self._in_more_digits(fraction, reason)
            if tried is not None:
                return tried
        if fraction is None:
            raise MethodError(
                f"{settings.record.name} does not apply to this network: its rates are too many "
                "decades apart for double precision, and it has too many emitter levels for more "
                "digits."
            )
        return SteadyState(
            network=self.task.network,
            method=settings.record,
            state=stationary.matrix(fraction.x),
            error=ErrorEstimate(fraction.error, _HOW if settings.n_max is None else HOW_FIXED),
            status=_status(settings, fraction, chain),
            stats={
                "n_max": n_max_of(fraction.tiers),
                "tiers": fraction.tiers,
                "ended_by": fraction.outcome,
                "unknowns_per_tier": tuple(block.shape[0] for block in chain.a),
                "residual": fraction.residual,
            },
        )

    @property
    def _radial_is_quicker(self) -> bool:
        """Whether the radial form takes less than what follows where rounding hides the state."""
        allowed = np.isfinite(widest_folded(self.settings))
        return bool(allowed and self.small is not None and self.small.width[0] > _WIDE)

    def _radial_goes_on(self, fraction: Fraction | None) -> bool:
        """Whether doubles fail after so many tiers that digits beyond them would not be cheap."""
        allowed = np.isfinite(widest_folded(self.settings))
        return bool(allowed and fraction is not None and fraction.tiers > _CHEAP_TIERS)

    def _in_balls(
        self, reason: str, digits: int | None = None, budget: float | None = None
    ) -> SteadyState:
        settings = self.settings
        return solve.ball_steady_state(
            self.task.network,
            self.hierarchy,
            settings.record,
            settings.aimed_rtol,
            reason,
            digits,
            budget,
        )

    def _in_more_digits(self, fraction: Fraction | None, reason: str) -> SteadyState | None:
        """The steady state by ball arithmetic, or None where double precision is preferred."""
        if fraction is None or not np.isfinite(fraction.error):
            return self._in_balls(reason)
        # The accuracy of doubles nearly suffices: more digits only if they are cheap.
        nearly = fraction.error <= _NEARLY * self.settings.aimed_rtol * fraction.scale
        asked = self.settings.rtol is not None or not nearly
        if fraction.tiers > (_CHEAP_TIERS if asked else _FEW_TIERS):
            return None
        tried = self._in_balls(reason, budget=_CHEAP)
        return tried if tried.status.ok else None

    def reached(self, initial: np.ndarray) -> SteadyState:
        """The asymptotic state of an initial state, where there are several steady states.

        Args:
            initial: The initial state, (d, d).

        Raises:
            ValueError: it has coherences between different excitation numbers.
        """
        require_no_coherences(initial, self.numbers)
        chain = hierarchy_chain(self.hierarchy, start=initial)
        state, error, tier = PoleAtZero(chain, initial).found(self.settings.aimed_rtol)
        return SteadyState(
            network=self.task.network,
            method=self.settings.record,
            state=state,
            error=ErrorEstimate(error, "truncation from twice as many tiers"),
            stats={"tiers": tier},
        )


def steady_state_in_doubles(network: Network, settings: Settings) -> SteadyState:
    """The steady state behind one mode as far as doubles give it, for searches.

    Args:
        network: The network.
        settings: Accuracy that is aimed at.
    """
    return OneModePlan(
        task=SteadyStateTask(network=network),
        settings=settings._replace(doubles=True),
        numbers=excitation_numbers(network),
    ).compute()


def _most_tiers(settings: Settings, unknowns: int) -> int:
    """Largest number of tiers; where no accuracy is given, as many as the budget affords."""
    if settings.rtol is not None or settings.n_max is not None:
        return MOST_TIERS
    return int(min(max(_BUDGET / unknowns**3, _LEAST_TIERS), MOST_TIERS))


def _status(settings: Settings, fraction: Fraction, chain: HierarchyChain) -> Status:
    if fraction.outcome == "singular":
        return solve.not_unique(chain)
    if settings.rtol is None and fraction.error <= ENOUGH * fraction.scale:
        return Status()
    if fraction.outcome in ("too many tiers", "unsettled"):
        return Outcome.NOT_CONVERGED.because(
            f"The continued fraction did not converge in {fraction.tiers} tiers: its "
            f"error is still {fraction.error:.1e}. Ask for a larger rtol, or check the "
            "rates: n_th may be beyond what a single mode can hold."
        )
    if fraction.outcome == "rounding" and settings.n_max is None:
        return Outcome.INACCURATE.because(
            f"Argument `rtol` = {settings.aimed_rtol:.1e} is below what double precision can "
            "give for this network: more tiers leave an error of about "
            f"{fraction.error:.1e}. Ask for rtol >= "
            f"{10 * fraction.error / fraction.scale:.1e}."
        )
    return Status()
