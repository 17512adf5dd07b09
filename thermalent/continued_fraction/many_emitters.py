"""The plan of a steady state of many emitters behind one mode, which is iterated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from thermalent.continued_fraction import memory
from thermalent.continued_fraction.lattice import iterated
from thermalent.continued_fraction.lattice.lattice import sectors_of, unknowns
from thermalent.continued_fraction.lattice.solve import ENOUGH
from thermalent.continued_fraction.one_mode import OneModePlan
from thermalent.continued_fraction.settings import Settings, n_max_of
from thermalent.networks.network import Network
from thermalent.solution.errors import MethodError
from thermalent.solution.plan import Cost, Plan
from thermalent.solution.result import ErrorEstimate, Outcome, Status, SteadyState
from thermalent.solution.tasks import SteadyStateTask
from thermalent.support import memory_limit

FOLDED = 64  # emitter levels; from there on the blocks of the fraction take minutes
_ITERATIONS = 600  # for three digits, all depths together; measured
_PER_UNKNOWN = 200.0  # operations of one of them


def iterates(network: Network, numbers: np.ndarray, settings: Settings) -> bool:
    """Whether a steady state is iterated: the emitters are many, and the source is not too hot.

    Args:
        network: The network.
        numbers: Excitation numbers of the emitters' states, (d,).
        settings: The method's parameters.
    """
    if len(numbers) <= FOLDED or settings.digits is not None:
        return False
    return _tiers(network, settings) <= iterated.MOST_ITERATED


def needed_bytes(network: Network, numbers: np.ndarray, settings: Settings) -> float:
    """Bytes of memory for the iteration, of the first digits where no accuracy is given."""
    elements = sectors_of(numbers, np.ones(1, dtype=np.int64))
    return iterated.iterated_bytes(elements, round(_tiers(network, settings)))


def _tiers(network: Network, settings: Settings) -> float:
    if settings.last is not None:
        return float(settings.last)
    aimed = iterated.STAGES[0] if settings.rtol is None else settings.rtol
    return memory.expected_tiers(network, aimed)


@dataclass(frozen=True, kw_only=True, eq=False)
class ManyEmittersPlan(Plan):
    """A steady state of many emitters, by minimal residuals over all tiers."""

    task: SteadyStateTask
    settings: Settings
    numbers: np.ndarray

    @property
    def cost(self) -> Cost:
        """The cost of the accuracy that is asked for."""
        tiers = round(_tiers(self.task.network, self.settings))
        size = unknowns(sectors_of(self.numbers, np.ones(1, dtype=np.int64)), tiers)
        return Cost(
            bytes=needed_bytes(self.task.network, self.numbers, self.settings),
            operations=_ITERATIONS * _PER_UNKNOWN * size,
        )

    def compute(self) -> SteadyState:
        """The steady state, its error measured; an initial state matters if it is not unique."""
        settings, network = self.settings, self.task.network
        found = iterated.iterated_steady_state(network, settings.rtol, settings.last)
        if found.outcome == "singular" and self.task.start is not None:
            return self._reached(self.task.start)
        return SteadyState(
            network=network,
            method=settings.record,
            state=found.state,
            error=ErrorEstimate(
                found.error, "change of the state with more tiers, and what the iteration left"
            ),
            status=_status(settings, found),
            stats={
                "n_max": n_max_of(found.tiers),
                "tiers": found.tiers,
                "ended_by": found.outcome,
                "operations": found.operations,
                "unknowns": found.unknowns,
                "iterations": found.iterations,
            },
        )

    def _reached(self, initial: np.ndarray) -> SteadyState:
        reason = memory_limit.lacking(memory.steady_state_bytes(self.numbers))
        if reason is not None:
            raise MethodError(
                "the steady state is not unique, and for the one that is reached from `initial` "
                f"{reason}. Break the symmetry (detuning, position, dephasing, decay)."
            )
        folded = OneModePlan(task=self.task, settings=self.settings, numbers=self.numbers)
        return folded.reached(initial)


def _status(settings: Settings, found: iterated.Iterated) -> Status:
    if found.outcome == "singular":
        return Outcome.NOT_UNIQUE.because(
            "The steady state is not unique: under a broadband source the emitters have "
            "several. Break the symmetry (detuning, position, dephasing, decay)."
        )
    relative = found.error / found.scale
    if found.outcome in ("converged", "budget") or (settings.rtol is None and relative <= ENOUGH):
        return Status()
    if settings.n_max is not None:
        return Status()
    reached = f"at {found.tiers} tiers its error is still about {found.error:.1e}"
    if not np.isfinite(found.error):
        reached = f"at {found.tiers} tiers nothing is known of its error"
    why = {
        "krylov": f"the {iterated.MOST_VECTORS} vectors that are kept do not reach the accuracy",
        "rounding": "double precision does not give more digits",
        "too many tiers": f"more than {iterated.MOST_ITERATED} tiers are not iterated",
        "unsettled": "more tiers keep changing it",
    }[found.outcome]
    return (Outcome.INACCURATE if found.outcome == "rounding" else Outcome.NOT_CONVERGED).because(
        f"The steady state of {len(found.state)} emitter levels did not converge: {reached}, "
        f"and {why}. Ask for rtol >= {min(10 * relative, 0.1):.1e}, or take fewer emitters: in "
        "a cascade the first ones do not depend on the later."
    )
