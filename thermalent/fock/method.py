"""The reference method: the master equation itself, every mode cut off at a number state."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from thermalent.fock.evolution import Evolved, evolve, too_large
from thermalent.fock.problem import Problem, problem, words
from thermalent.fock.projection import Reached, reach, reach_until
from thermalent.fock.relax_unique import Relaxed, relax, relax_until
from thermalent.fock.truncation import finer, first_cutoffs
from thermalent.networks.network import Network
from thermalent.solution.evolution import Evolution
from thermalent.solution.method import Claim, Method, MethodError, SourceStart
from thermalent.solution.result import ErrorEstimate, Outcome, Status, SteadyState, informative
from thermalent.support import checks, memory_limit

_DIRECT_REMEDY = "Use solver='direct', which is more accurate, if it fits. "
# The truncation error meets the tolerance where it can. Rounding grows with time, and up to this
# factor it is no reason to withhold states that say how far they are off.
_TOLERATED = 100.0
_DEFAULT = 1e-9  # aimed at where no tolerance was asked for
_ENOUGH = 1e-2  # good enough where none was asked for
SOLVERS = ("auto", "direct", "iterative")


@dataclass(frozen=True, kw_only=True)
class Fock(Method):
    """Exact steady states and dynamics of any network whose modes are cold enough to be cut off.

    The work of an evolution grows like (levels) x (rate of the highest level) x (last time).

    Args:
        cutoff: Levels kept of each mode (number states 0 to cutoff - 1), at least 2; the error that
            this leaves is measured. If not given, chosen per mode from `tolerance`.
        tolerance: Allowed truncation error of the state's largest element, from 1e-13 to 0.1. What
            is asked for is kept or refused. If not given, 1e-9 is aimed at, and what rounding or
            memory leaves instead is returned with its error, up to 1e-2.
        solver: "direct" (sparse LU), "iterative" (preconditioned Krylov), or "auto": direct where
            it takes seconds, else iterative. For steady states.

    Raises:
        ValueError: an argument is out of range.

    Source: THERMAL, Eqs. (1) to (4) and (C2), as in `thermalent.networks.network`.
    """

    cutoff: int | None = None
    tolerance: float | None = None
    solver: str = "auto"

    claim: ClassVar[Claim] = Claim.EXACT
    domain: ClassVar[str] = "modes cold enough to be cut off: n_th to about 1e4 for two qubits"

    def __post_init__(self) -> None:
        if self.cutoff is not None:
            checks.integer("cutoff", self.cutoff, 2)
        if self.tolerance is not None:
            checks.within("tolerance", self.tolerance, 1e-13, 0.1)
        if self.solver not in SOLVERS:
            checks.fail("solver", f"one of {list(SOLVERS)}", self.solver)

    @property
    def aimed_tolerance(self) -> float:
        """The error that is aimed at: the one asked for, or that of the default."""
        return _DEFAULT if self.tolerance is None else self.tolerance

    @property
    def _allowed(self) -> float:
        """The error with which a state is still returned."""
        return _ENOUGH if self.tolerance is None else self.tolerance

    def refusal(self, network: Network) -> str | None:
        """Why not: the modes have no steady state, or the problem does not fit into memory."""
        return self._refusal(problem(network, self.solver))

    def steady_state(self, network: Network) -> SteadyState:
        """The steady state, its truncation and solver errors measured.

        Raises:
            MethodError: the method refuses the network.
        """
        began = time.perf_counter()
        asked = problem(network, self.solver)
        refusal = self._refusal(asked)
        if refusal is not None:
            raise MethodError(f"{self.name} does not apply to this network: {refusal}")
        cutoffs = self._cutoffs(asked)
        if self.cutoff is not None:
            found = relax(asked, cutoffs)
        else:
            found = relax_until(asked, cutoffs, self.aimed_tolerance)
        return informative(
            SteadyState(
                network=network,
                method=self,
                state=found.state,
                error=ErrorEstimate(
                    min(1.0, found.truncation.bound + found.solver_error),
                    "truncation from two cutoffs and the population beyond the last level, plus "
                    "the distance between two starts and what the residual may do",
                ),
                status=self._status(asked, found),
                stats=_stats(found) | {"seconds": time.perf_counter() - began},
            )
        )

    def steady_state_from(self, network: Network, initial: np.ndarray) -> SteadyState:
        """The steady state reached from an initial state, where there are several.

        The emitters start in `initial` with any coherences, uncorrelated with the modes, which
        start in their stationary state.

        Raises:
            MethodError: the method refuses the network.
        """
        unique = self.steady_state(network)
        if unique.status.outcome is not Outcome.NOT_UNIQUE:
            return unique
        began = time.perf_counter()
        asked = problem(network, self.solver)
        cutoffs = self._cutoffs(asked)
        if self.cutoff is not None:
            found = reach(asked, cutoffs, initial)
        else:
            found = reach_until(asked, cutoffs, initial, self.aimed_tolerance)
        return informative(
            SteadyState(
                network=network,
                method=self,
                state=found.state,
                error=ErrorEstimate(
                    min(1.0, found.truncation.bound + found.solver_error),
                    "truncation from two cutoffs and the population beyond the last level, plus "
                    "what rounding adds to the projection",
                ),
                status=self._reached_status(asked, found),
                stats={
                    "cutoff": found.cutoffs[0] if len(found.cutoffs) == 1 else found.cutoffs,
                    "dimension": found.elements,
                    "truncation": found.truncation.bound,
                    "solver_error": found.solver_error,
                    "iterations": found.solves,
                    "seconds": time.perf_counter() - began,
                },
            )
        )

    def evolution_refusal(self, network: Network, source: SourceStart) -> str | None:
        """Why not: the source cannot start like this, or the problem does not fit into memory.

        What is chosen only with the times (the cutoff of a source that is not stationary) is
        checked in `evolve`.
        """
        asked = problem(network, self.solver)
        if asked.not_classical is not None:
            return asked.not_classical
        if not isinstance(source, str) and len(network.modes) != 1:
            return (
                "a coherent amplitude needs exactly one boson mode to start in, but the network "
                f"has {len(network.modes)}. Use source='empty' or 'stationary'."
            )
        if source == "stationary":
            if asked.ratios is None:
                return f"{asked.unstable} For an evolution, use source='empty'."
            return too_large(asked, self._cutoffs(asked))
        if self.cutoff is not None:
            return too_large(asked, self._cutoffs(asked))
        return None

    def evolve(
        self, network: Network, times: np.ndarray, initial: np.ndarray, source: SourceStart
    ) -> Evolution:
        r"""States at the times, their truncation and rounding errors measured.

        $$\rho(t) = \mathrm{Tr}_\mathrm{modes}\, e^{\mathcal{L} t}
          \big(\rho_\mathrm{modes} \otimes \rho(0)\big)$$

        Args:
            network: What to evolve.
            times: Increasing, >= 0, inverse rate unit, (t,).
            initial: Density matrix of the emitters, (d, d), with any coherences.
            source: "stationary" (the modes in the joint state that they have without the emitters),
                "empty" (vacuum), or the amplitude <a> of a coherent state (one mode).

        Raises:
            MethodError: the method refuses the network, this start or these times.
        """
        began = time.perf_counter()
        refusal = self.evolution_refusal(network, source)
        if refusal is not None:
            raise MethodError(f"{self.name} does not evolve this network: {refusal}")
        found = evolve(
            problem(network, self.solver),
            times,
            initial,
            source,
            cutoff=self.cutoff,
            tolerance=self.aimed_tolerance,
        )
        return Evolution(
            network=network,
            method=self,
            times=times,
            states=found.states,
            error=found.error,
            how="truncation from two cutoffs and the population beyond the last level so far, plus "
            "rounding",
            status=self._evolved_status(found, times),
            stats={
                "cutoff": found.cutoffs[0] if len(found.cutoffs) == 1 else found.cutoffs,
                "dimension": found.elements,
                "sectors": found.sectors,
                "truncation": found.truncation.bound,
                "rounding": found.rounding,
                "seconds": time.perf_counter() - began,
            },
        )

    def _evolved_status(self, found: Evolved, times: np.ndarray) -> Status:
        worst = float(np.max(found.error))
        # With a cutoff of the user's the error is what they asked to see.
        if self.cutoff is not None or worst <= max(
            _TOLERATED * self.aimed_tolerance, self._allowed
        ):
            return Status()
        return Status(
            outcome=Outcome.NOT_CONVERGED,
            message=(
                f"The error of the evolution is {worst:.1e} at t = "
                f"{times[int(np.argmax(found.error))]:g} with a cutoff of {words(found.cutoffs)} "
                f"({found.rounding:.1e} of it from rounding): "
                f"{found.obstacle or 'it hardly falls with the cutoff.'} Ask for a larger "
                "tolerance, or for earlier times."
            ),
        )

    def _cutoffs(self, asked: Problem) -> tuple[int, ...]:
        if self.cutoff is not None:
            return (self.cutoff,) * len(asked.network.modes)
        return first_cutoffs(asked.known_ratios, self.aimed_tolerance)

    def _refusal(self, asked: Problem) -> str | None:
        if asked.not_classical is not None:
            return asked.not_classical
        if asked.ratios is None:
            return asked.unstable
        return asked.too_large(self._cutoffs(asked))

    def _status(self, asked: Problem, found: Relaxed) -> Status:
        if not found.unique:
            return Status(outcome=Outcome.NOT_UNIQUE, message=_not_unique(asked, found))
        if not found.converged:
            return Status(outcome=Outcome.NOT_CONVERGED, message=_not_solved(asked, found))
        if self.cutoff is not None:
            return Status()
        if found.truncation.bound > self._allowed:
            return self._truncated(asked, found)
        if found.solver_error > self._allowed:
            direct = found.solver == "direct"
            return Status(
                outcome=Outcome.INACCURATE,
                message=(
                    f"Argument `tolerance` = {self._allowed:.1e} is below what double precision "
                    f"can give for this network: the {found.solver} solver's error is "
                    f"about {found.solver_error:.1e}. {'' if direct else _DIRECT_REMEDY}Ask for "
                    f"tolerance >= {2 * found.solver_error:.1e}."
                ),
            )
        return Status()

    def _reached_status(self, asked: Problem, found: Reached) -> Status:
        if not found.settled or found.persists > 0:
            return Status(outcome=Outcome.NOT_CONVERGED, message=_not_settled(found))
        if self.cutoff is not None:
            return Status()
        if found.truncation.bound > self._allowed:
            return self._truncated(asked, found)
        if found.solver_error > self._allowed:
            return Status(
                outcome=Outcome.INACCURATE,
                message=(
                    f"Argument `tolerance` = {self._allowed:.1e} is below what double precision "
                    "can give for the state that is reached: its slowest rate leaves an error of "
                    f"about {found.solver_error:.1e}. Ask for tolerance >= "
                    f"{2 * found.solver_error:.1e}."
                ),
            )
        return Status()

    def _truncated(self, asked: Problem, found: Relaxed | Reached) -> Status:
        obstacle = asked.too_large(finer(found.cutoffs, found.truncation, self.aimed_tolerance))
        return Status(
            outcome=Outcome.NOT_CONVERGED,
            message=(
                f"The truncation error is still {found.truncation.bound:.1e} at a cutoff of "
                f"{words(found.cutoffs)}: {obstacle or 'it hardly falls with the cutoff.'} Ask for "
                "a larger tolerance, or check the rates: a mode may be driven without bound."
            ),
        )


def _not_unique(asked: Problem, found: Relaxed) -> str:
    also = ""
    if len(asked.network.modes) == 1 and asked.numbers is not None:
        also = ", with this method or te.ContinuedFraction()"
    return (
        "The steady state is not unique to double precision: two initial states of the emitters "
        f"relax to states that differ by {found.distance:.2g} (a dark state, or an emitter that "
        "nothing damps). Break the symmetry (detuning, position, dephasing, decay), or give "
        f"`initial=` for the one that is reached from a state{also}."
    )


def _not_settled(found: Reached) -> str:
    if not found.settled:
        return (
            "From this initial state the network has not settled at rates of 1e-12 of its largest "
            "one, below which double precision holds no digits. Use te.evolve, up to a time of "
            "interest."
        )
    return (
        "From this initial state the network never settles: coherences of up to "
        f"{found.persists:.2g} between states that nothing damps keep turning (or decay more "
        "slowly than can be told). `result` holds the average over time; use te.evolve for the "
        "state at a time."
    )


def _not_solved(asked: Problem, found: Relaxed) -> str:
    failure = (
        f"The {found.solver} solver stopped at a relative residual of {found.residual:.1e} after "
        f"{found.iterations} iterations. "
    )
    if found.solver == "direct":
        return failure + "The rates span too many orders of magnitude for double precision."
    if found.cost.direct <= asked.limit:
        return failure + f"Use solver='direct' (about {memory_limit.in_words(found.cost.direct)})."
    return failure + "Use a smaller cutoff, or a larger tolerance, and solver='direct'."


def _stats(found: Relaxed) -> dict[str, object]:
    return {
        "cutoff": found.cutoffs[0] if len(found.cutoffs) == 1 else found.cutoffs,
        "dimension": found.elements,
        "nonzeros": found.nonzeros,
        "truncation": found.truncation.bound,
        "solver_error": found.solver_error,
        "residual": found.residual,
        "solver": found.solver,
        "iterations": found.iterations,
        "memory": found.cost.of(found.solver),
    }
