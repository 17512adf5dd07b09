"""The exact method: the matrix continued fraction of the phase-space hierarchy."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from thermalent.continued_fraction import more_digits
from thermalent.continued_fraction.chain.chain import levels
from thermalent.continued_fraction.chain.fraction import MOST_LEVELS, Fraction, evaluate
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.chain.stationary import Stationary
from thermalent.continued_fraction.dynamics.evolution import evolve
from thermalent.continued_fraction.lattice import solve
from thermalent.continued_fraction.lattice.solve import DEFAULT_RTOL, ENOUGH
from thermalent.continued_fraction.several_poles import choice, results
from thermalent.continued_fraction.several_poles import evolution as several_poles
from thermalent.continued_fraction.several_poles.converge import BUDGET, MOST_WORK
from thermalent.continued_fraction.several_poles.coordinates import Chain
from thermalent.networks.network import Network
from thermalent.networks.symmetry import SymmetryError, excitation_numbers, excitation_numbers_of
from thermalent.solution.evolution import Evolution
from thermalent.solution.method import Claim, Method, MethodError, SourceStart
from thermalent.solution.result import ErrorEstimate, Outcome, Status, SteadyState
from thermalent.support import checks, memory_limit

SMALLEST_RTOL = 1e-13
# Levels times cubed unknowns of a level that are folded where no rtol was asked for: half a minute.
_BUDGET = 1.5e11
_LEAST_LEVELS = 60  # that are granted in any case
_ALWAYS_FITS = 32  # emitter levels
# Why doubles are not enough, by the outcome of the fraction; empty where more digits do not help.
_DOUBLES_FAIL = {
    "converged": "",
    "levels": "",
    "overflow": "the numbers leave the range of doubles",
    "singular": "singular in double precision",
    "rounding": "double precision cannot give the rtol",
    "unsettled": "in double precision nothing settles, however many levels there are",
}
_CHEAP = 3e7  # multiplications in more digits, a few seconds
_CHEAP_LEVELS = 5000
_LEVELS_PER_WIDTH = 6  # levels per sqrt(V) for two or three digits


def memory_needed(numbers: np.ndarray) -> float:
    """Bytes that the fraction of emitters with these excitation numbers needs at most.

    Measured: the dense blocks of a level stand about 14 times at the peak (LAPACK's copies
    included), and the sparse superoperators take 500 bytes per element of the density matrix.
    """
    count = np.bincount(numbers).astype(float)
    pairs = np.convolve(count, count[::-1])  # elements by charge, q = 0 in the middle
    even = pairs[(len(count) - 1) % 2 :: 2].sum()
    block = max(even, pairs.sum() - even)
    return 14 * 8 * block**2 + 500 * len(numbers) ** 2


@dataclass(frozen=True, kw_only=True)
class ContinuedFraction(Method):
    """Exact steady states at any temperature, back-action included.

    Args:
        rtol: Allowed error of the state relative to its largest element, from 1e-13 to 0.1; the
            number of levels follows from it. What is asked for is kept or refused. If not given,
            1e-9 where that is cheap, else what a budget of operations affords (about half a minute
            of one core; the same call gives the same bits), and 1e-2 at least: `error` says what
            was reached, `stats["ended_by"]` what ended the search.
        n_max: Instead, keep the levels k + l <= 2 n_max; the error that this leaves is measured.
        digits: Instead, give so many decimal digits of the steady state, from 1 to 250, by ball
            arithmetic: `stats["precise"]` holds them as strings ("real" and "imag", (d, d) each,
            and their "error"), `state` what doubles hold of them.

    Where doubles cannot give `rtol`, the steady state is solved in more digits by itself, and
    `stats["bits"]` and `stats["reason"]` say so.

    Raises:
        ValueError: rtol is below 1e-13 (ask for digits instead), n_max is below 1, or both n_max
            and digits are given.

    Source: THERMAL, Sec. IV C and Appendix B; back-action and charge sectors are ours.
    """

    rtol: float | None = None
    n_max: int | None = None
    digits: int | None = None

    claim: ClassVar[Claim] = Claim.EXACT
    domain: ClassVar[str] = (
        "one thermal mode with excitations conserved up to decay, or several modes of any Gaussian "
        "statistics"
    )

    def __post_init__(self) -> None:
        if self.rtol is not None:
            checks.within("rtol", self.rtol, SMALLEST_RTOL, 0.1)
        if self.n_max is not None:
            checks.integer("n_max", self.n_max, 1, MOST_LEVELS // 2)
        if self.digits is not None:
            checks.integer("digits", self.digits, 1)
            if self.digits > more_digits.MOST_DIGITS:
                checks.fail("digits", f"at most {more_digits.MOST_DIGITS}", self.digits)
            if self.n_max is not None:
                checks.fail("digits", "given without `n_max`", self.digits)

    @property
    def aimed_rtol(self) -> float:
        """The relative error that is aimed at: the one asked for, or that of the default."""
        return DEFAULT_RTOL if self.rtol is None else self.rtol

    def refusal(self, network: Network) -> str | None:
        """Why not: no mode, no U(1) symmetry, a source too hot or unstable, too little memory."""
        if not network.modes:
            return "the hierarchy needs a boson mode, and the network has none. Use te.Fock(...)."
        if len(network.modes) > 1:
            if self.digits is not None:
                return (
                    f"`digits` needs one boson mode, and the network has {len(network.modes)}. Ask "
                    "for an rtol instead."
                )
            return choice.refusal(network, self.aimed_rtol)
        try:
            numbers = excitation_numbers(network)
        except SymmetryError as error:
            return str(error)
        if self.digits is not None and len(numbers) > more_digits.LARGEST_DIMENSION:
            return (
                f"`digits` takes up to {more_digits.LARGEST_DIMENSION} emitter levels, and there "
                f"are {len(numbers)}. Ask for an rtol instead."
            )
        relaxation, gain = network.mode_rates(network.mode_indices[0])
        levels_needed = _LEVELS_PER_WIDTH * np.sqrt(gain / relaxation)
        if levels_needed > MOST_LEVELS:
            return (
                f"the mode is so hot that the continued fraction would need about "
                f"{levels_needed:.1g} levels; it takes up to {MOST_LEVELS}."
            )
        if len(numbers) <= _ALWAYS_FITS or memory_needed(numbers) <= memory_limit.available():
            return None
        dims, fitting = network.dims, 0
        for count in range(1, len(dims)):
            first = excitation_numbers_of(network.emitters[:count])
            if memory_needed(first) <= memory_limit.available():
                fitting = count
        return (
            f"the continued fraction would need {memory_limit.in_words(memory_needed(numbers))} of "
            f"memory for its {len(numbers)} emitter levels, and "
            f"{memory_limit.in_words(memory_limit.available())} are free. The first "
            f"{fitting} of the "
            f"{len(dims)} emitters would fit."
        )

    def one_mode_refusal(self, network: Network) -> str | None:
        """As `refusal`, for what needs the chain of one mode: spectra, sensitivities."""
        if len(network.modes) > 1:
            return (
                f"it needs one boson mode, and the network has {len(network.modes)}; of several "
                "the hierarchy gives the steady state. Use te.Fock(...) for the dynamics."
            )
        return self.refusal(network)

    def chain_refusal(self, network: Network) -> str | None:
        """As `refusal`, for what needs a chain of levels or tiers: dynamics and rates."""
        if len(network.modes) > 1:
            return choice.chain_refusal(network)
        return self.refusal(network)

    def steady_state(self, network: Network) -> SteadyState:
        """The steady state, its truncation and rounding errors measured."""
        if len(network.modes) > 1:
            return self._steady_state_of_many(network)
        if self.digits is not None:
            return more_digits.steady_state(network, self, "asked for", self.digits)
        began = time.perf_counter()
        chain = levels(hierarchy(network))
        stationary = Stationary(chain)
        try:
            fraction = evaluate(
                chain,
                stationary.solve,
                degenerate=stationary.degenerate,
                lost=stationary.lost,
                rtol=self.aimed_rtol,
                last=None if self.n_max is None else 2 * self.n_max,
                most=self._most_levels(max(block.shape[0] for block in chain.a)),
            )
        except np.linalg.LinAlgError:
            fraction = None  # numbers overflowed
        fits = stationary.d <= more_digits.LARGEST_DIMENSION
        reason = _DOUBLES_FAIL["overflow" if fraction is None else fraction.outcome]
        if fits and reason and (self.n_max is None or fraction is None):
            tried = self._in_more_digits(network, fraction, reason)
            if tried is not None:
                return tried
        if fraction is None:
            raise MethodError(
                f"{self.name} does not apply to this network: its rates are too many decades apart "
                "for double precision, and it has too many emitter levels for more digits."
            )
        return SteadyState(
            network=network,
            method=self,
            state=stationary.matrix(fraction.x),
            error=ErrorEstimate(
                fraction.error,
                "change of the state with more levels and another scaling of them"
                if self.n_max is None
                else "distance to the state with as many levels as it takes",
            ),
            status=self._status(fraction, network),
            stats={
                "n_max": (fraction.levels + 1) // 2,
                "levels": fraction.levels,
                "ended_by": fraction.outcome,
                "unknowns_per_level": tuple(block.shape[0] for block in chain.a),
                "residual": fraction.residual,
                "seconds": time.perf_counter() - began,
            },
        )

    def _in_more_digits(
        self, network: Network, fraction: Fraction | None, reason: str
    ) -> SteadyState | None:
        """The steady state by ball arithmetic, or None where doubles say more for their cost."""
        if fraction is None or not np.isfinite(fraction.error):
            return more_digits.steady_state(network, self, reason)
        # What doubles have is nearly good enough: only if it is cheap.
        if fraction.levels > _CHEAP_LEVELS:
            return None
        tried = more_digits.steady_state(network, self, reason, budget=_CHEAP)
        return tried if tried.status.ok else None

    def steady_state_from(self, network: Network, initial: np.ndarray) -> SteadyState:
        """The steady state reached from an initial state, where there are several."""
        unique = self.steady_state(network)
        if unique.status.outcome is not Outcome.NOT_UNIQUE:
            return unique
        if len(network.modes) > 1:
            chain = choice.chain_or_reason(network)
            if isinstance(chain, str):
                raise MethodError(
                    f"{self.name} takes `initial` behind one mode or a chain of poles: {chain} Use "
                    "te.Fock()."
                )
            return results.steady_state_from(network, self, chain, initial, self.rtol)
        began = time.perf_counter()
        numbers = excitation_numbers(network)
        if np.any(np.abs(initial[numbers[:, None] != numbers[None, :]]) > 0):
            checks.fail(
                "initial",
                "without coherences between different excitation numbers",
                checks.Words("not: use te.evolve, which follows them"),
            )
        state, error, level = Stationary(levels(hierarchy(network), start=initial)).reached(
            initial, self.aimed_rtol
        )
        return SteadyState(
            network=network,
            method=self,
            state=state,
            error=ErrorEstimate(error, "truncation from twice as many levels"),
            stats={"levels": level, "seconds": time.perf_counter() - began},
        )

    def evolution_refusal(self, network: Network, source: SourceStart) -> str | None:
        """Why not: as for steady states, several modes, or digits. The source may start any way."""
        if self.digits is not None:
            return "`digits` is for steady states. Ask for an rtol instead."
        if len(network.modes) > 1:
            return choice.evolution_refusal(network, source)
        return self.refusal(network)

    def evolve(
        self, network: Network, times: np.ndarray, initial: np.ndarray, source: SourceStart
    ) -> Evolution:
        """Exact states at the times, each with its error."""
        began = time.perf_counter()
        # Below 1e-10 the contour meets its own rounding.
        tolerance = max(self.aimed_rtol, 1e-10)
        amplitude = 0j if source == "empty" else source
        chain = choice.chain_or_reason(network) if len(network.modes) > 1 else None
        if isinstance(chain, Chain):
            granted = BUDGET if self.rtol is None else MOST_WORK
            found, error, stats = several_poles.evolve(chain, times, initial, tolerance, granted)
        else:
            found, error, stats = evolve(
                hierarchy(network),
                times,
                initial,
                tolerance,
                None if isinstance(amplitude, str) else amplitude,
            )
        status = self._evolution_status(times, error, tolerance, stats["refused"])
        return Evolution(
            network=network,
            method=self,
            times=times,
            states=found,
            error=error,
            how=(
                "difference of two contours with other depths and roundings, or of two runs of "
                "steps with other depths and roundings"
            ),
            status=status,
            stats={**stats, "seconds": time.perf_counter() - began},
        )

    def _evolution_status(
        self, times: np.ndarray, error: np.ndarray, tolerance: float, refused: float
    ) -> Status:
        if refused:
            first = times[int(np.argmax(~np.isfinite(error)))]
            return Status(
                outcome=Outcome.NOT_CONVERGED,
                message=(
                    f"From t = {first:g} on the evolution was not computed: weakly damped "
                    f"oscillations would have to be followed step by step, in {refused:.0e} "
                    "multiplications (1e9 take about a second). Ask for earlier times, or for "
                    "te.steady_state(...)."
                ),
            )
        worst = float(np.max(error))
        if not worst > (100 * tolerance if self.rtol is not None else ENOUGH):
            return Status()
        return Status(
            outcome=Outcome.NOT_CONVERGED,
            message=(
                f"The evolution did not converge: its error is {worst:.1e} at t = "
                f"{times[int(np.argmax(error))]:g}. Ask for a larger rtol, or for earlier times: "
                "in double precision a phase or a very slow rate is only known for so long."
            ),
        )

    def _steady_state_of_many(self, network: Network) -> SteadyState:
        began = time.perf_counter()
        last = None if self.n_max is None else 2 * self.n_max
        chain = choice.preferred_chain(network, self.aimed_rtol)
        if chain is not None:
            return results.steady_state(network, self, chain, self.rtol, last)
        found = solve.steady_state(network, self.rtol, last)
        return SteadyState(
            network=network,
            method=self,
            state=found.state,
            error=ErrorEstimate(found.error, "change of the state with more levels"),
            status=self._status_of_many(found),
            stats={
                "n_max": (found.level + 1) // 2,
                "levels": found.level,
                "coordinates": "modes",
                "ended_by": found.outcome,
                "operations": found.operations,
                "unknowns": found.size,
                "iterations": found.iterations,
                "seconds": time.perf_counter() - began,
            },
        )

    def _status_of_many(self, found: solve.Found) -> Status:
        reached = f"at level {found.level} its error is still about {found.error:.1e}"
        if self.rtol is None and found.enough:
            return Status()
        failures = {
            "singular": (
                Outcome.NOT_UNIQUE,
                "The steady state is not unique: under a broadband source the emitters have "
                "several. Break the symmetry (detuning, position, dephasing, decay).",
            ),
            "memory": (
                Outcome.NOT_CONVERGED,
                f"The hierarchy did not converge in memory: {reached}, and the next level would "
                f"need {memory_limit.in_words(found.needed)}. Ask for a larger rtol.",
            ),
            "levels": (
                Outcome.NOT_CONVERGED,
                f"The hierarchy did not converge: {reached}. Ask for a larger rtol, or weaken the "
                "source.",
            ),
            "budget": (
                Outcome.NOT_CONVERGED,
                f"Not even two digits are affordable: {reached}, and the next level would bring "
                f"the work to {found.needed:.0e} operations. Ask for rtol=0.1, or take a weaker "
                "source or a broader one.",
            ),
            "krylov": (
                Outcome.NOT_CONVERGED,
                f"The hierarchy did not converge: {reached}, the next one is too large to "
                f"eliminate, and the Krylov method gave up on it ({found.iterations} iterations in "
                "all). Ask for a larger rtol, or take a weaker source or a broader one.",
            ),
            "grows": (
                Outcome.INACCURATE,
                f"The hierarchy loses its digits: {reached}, and more levels make it larger. Use "
                "te.Fock(...), or a weaker source.",
            ),
            "rounding": (
                Outcome.INACCURATE,
                f"Argument `rtol` = {self.aimed_rtol:.1e} is below what double precision can give "
                f"for this network: more levels leave an error of about {found.error:.1e}. Ask for "
                "a larger one.",
            ),
        }
        if found.outcome not in failures:
            return Status()
        outcome, message = failures[found.outcome]
        return Status(outcome=outcome, message=message)

    def _most_levels(self, unknowns: int) -> int:
        """Levels at which to give up; of an accuracy nobody asked for, what the budget affords."""
        if self.rtol is not None or self.n_max is not None:
            return MOST_LEVELS
        return int(np.clip(_BUDGET / unknowns**3, _LEAST_LEVELS, MOST_LEVELS))

    def _status(self, fraction: Fraction, network: Network) -> Status:
        if fraction.outcome == "singular":
            return more_digits.not_unique(network)
        if self.rtol is None and fraction.error <= ENOUGH * fraction.scale:
            return Status()
        if fraction.outcome in ("levels", "unsettled"):
            return Status(
                outcome=Outcome.NOT_CONVERGED,
                message=(
                    f"The continued fraction did not converge in {fraction.levels} levels: its "
                    f"error is still {fraction.error:.1e}. Ask for a larger rtol, or check the "
                    "rates: n_th may be beyond what a single mode can hold."
                ),
            )
        if fraction.outcome == "rounding" and self.n_max is None:
            return Status(
                outcome=Outcome.INACCURATE,
                message=(
                    f"Argument `rtol` = {self.aimed_rtol:.1e} is below what double precision can "
                    "give for this network: more levels leave an error of about "
                    f"{fraction.error:.1e}. Ask for rtol >= "
                    f"{10 * fraction.error / fraction.scale:.1e}."
                ),
            )
        return Status()
