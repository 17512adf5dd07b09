"""A network prepared for the Fock method: symmetry, occupations of its modes, cost of cutoffs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from thermalent.fock.cost import MEMORY_LIMIT, SolveCost, solve_cost
from thermalent.fock.space import emitter_numbers
from thermalent.networks.mode_moments import bare_modes, tail_ratios
from thermalent.networks.network import Network
from thermalent.networks.symmetry import node_signs
from thermalent.support import memory_limit
from thermalent.support.errors import ArgumentError

# Multiplications up to which "auto" factorises: about ten seconds.
_DIRECT_UP_TO = 2e10
# Product states of the emitters up to which they are listed; with more nothing fits.
_LISTED = 2**22
# Share of a mode's population above a cutoff from which that cutoff is no advice.
_MISSED = 1e-3


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """A network with its symmetry and occupations, computed once.

    Args:
        network: The network.
        numbers: Excitation number of each product state of the emitters; None without symmetry.
        ratios: q = p_{n+1} / p_n of each mode with the emitters left out; None if the modes have no
            steady state.
        growth: Largest growth rate of the modes' amplitudes, the emitters left out; rate unit.
        solver: The solver asked for: "auto", "direct" or "iterative".
    """

    network: Network
    numbers: np.ndarray | None
    ratios: tuple[float, ...] | None
    growth: float
    solver: str

    @property
    def unstable(self) -> str:
        """The reason why the modes have no steady state, and the remedy."""
        modes = np.ix_(self.network.mode_indices, self.network.mode_indices)
        if np.any(self.network.couplings.pumping[modes]):
            return (
                "the pumping of its modes is at or above threshold: they gain pairs as fast as "
                f"they lose them, or faster (their amplitudes grow at the rate {self.growth:.3g}), "
                "so they have no steady state. Pump less: two modes of equal decay kappa have "
                "their threshold at 2 g = kappa."
            )
        return (
            "the modes together do not lose energy faster than they gain it, so they have no "
            "steady state. Give every combination of modes a decay."
        )

    @property
    def not_classical(self) -> str | None:
        """The reason why a mode cannot be replaced by a classical field, if one is to be."""
        pairs = self.network.couplings.pumping + self.network.couplings.anomalous
        for index, mode in zip(self.network.mode_indices, self.network.modes, strict=True):
            if not mode.backaction and np.any(pairs[index]):
                return (
                    f"mode {mode.name!r} is pumped or squeezed, and its light is not a classical "
                    "field. Give it backaction=True."
                )
        return None

    @property
    def known_ratios(self) -> tuple[float, ...]:
        """The ratios of modes that have a steady state; a method refuses the others."""
        if self.ratios is None:
            raise ArgumentError("The modes have no steady state.")
        return self.ratios

    @property
    def limit(self) -> float:
        """Bytes that a solve may use: 8 GB, or the free memory if that is less."""
        return min(MEMORY_LIMIT, memory_limit.available())

    def cost(self, cutoffs: Sequence[int]) -> SolveCost:
        """Memory and work of a solve."""
        key = tuple(cutoffs)
        if key not in self._costs:
            self._costs[key] = solve_cost(self.network, key, self.numbers)
        return self._costs[key]

    @cached_property
    def _costs(self) -> dict[tuple[int, ...], SolveCost]:
        """Costs that were asked for, by cutoffs."""
        return {}

    def choose(self, cost: SolveCost) -> str:
        """The solver to use: the one asked for, else direct where it takes seconds."""
        if self.solver != "auto":
            return self.solver
        return "direct" if cost.work <= _DIRECT_UP_TO else "iterative"

    def too_large(self, cutoffs: Sequence[int]) -> str | None:
        """The reason why a solve is too large, and what would fit; None if it fits."""
        cost, limit = self.cost(cutoffs), self.limit
        solver = self.choose(cost)
        if cost.of(solver) <= limit:
            return None
        if not cutoffs:
            return (
                f"its {cost.elements:.3g} unknowns need about "
                f"{memory_limit.in_words(cost.of(solver))} with the {solver} solver, "
                f"above the limit of "
                f"{memory_limit.in_words(limit)}. Use fewer emitters."
            )
        remedies = [self._in_words(self._fitting(cutoffs))]
        if solver == "direct" and self.solver == "direct" and cost.iterative <= limit:
            remedies.append("so would solver='iterative'")
        remedies += self.without_cutoff()
        return (
            f"a cutoff of {words(cutoffs)} needs about {memory_limit.in_words(cost.of(solver))} "
            f"with the {solver} solver, above the limit of "
            f"{memory_limit.in_words(limit)}; {'; '.join(remedies)}."
        )

    def _in_words(self, fits: int | None) -> str:
        """What cutoff would fit, if any, and what it would miss of the heat if that is much."""
        if fits is None:
            return "no cutoff would fit"
        missed = max((float(ratio) ** fits for ratio in self.ratios or ()), default=0.0)
        if missed < _MISSED:
            return f"a cutoff of {fits} would fit"
        return (
            f"the largest cutoff that fits, {fits}, would leave {missed:.2g} of the mode's "
            "population above it"
        )

    def without_cutoff(self) -> list[str]:
        """The method that needs none, if it applies."""
        one = len(self.network.modes) == 1 and self.numbers is not None
        return ["te.ContinuedFraction() needs no cutoff"] if one else []

    def _fitting(self, cutoffs: Sequence[int]) -> int | None:
        """Largest cutoff, with no mode above it, that fits."""

        def fits(levels: int) -> bool:
            cost = self.cost([min(cutoff, levels) for cutoff in cutoffs])
            return cost.of(self.choose(cost)) <= self.limit

        low, high = 2, max(cutoffs, default=2)
        if not fits(low):
            return None
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if fits(middle) else (low, middle)
        return low


def problem(network: Network, solver: str) -> Problem:
    """The network's symmetry and the bare occupation of its modes."""
    modes = bare_modes(network)
    return Problem(
        network=network,
        numbers=emitter_numbers(network) if _states(network) <= _LISTED else None,
        ratios=tail_ratios(modes),
        growth=modes.growth,
        solver=solver,
    )


def problems(networks: Sequence[Network], solver: str) -> tuple[Problem, ...]:
    """Networks of one schedule, in the symmetry that all of them have."""
    known = {id(network): network for network in networks}
    made = {key: problem(network, solver) for key, network in known.items()}
    first = next(iter(made.values()))
    if len(made) > 1 and any(not _alike(first, other) for other in made.values()):
        made = {key: replace(one, numbers=None) for key, one in made.items()}
    return tuple(made[id(network)] for network in networks)


def _alike(first: Problem, other: Problem) -> bool:
    """Whether two networks conserve the same excitation number."""
    if first.numbers is None or other.numbers is None:
        return False
    signs, others = node_signs(first.network), node_signs(other.network)
    return np.array_equal(first.numbers, other.numbers) and np.array_equal(signs, others)


def _states(network: Network) -> float:
    return float(np.prod([float(d) for d in network.dims]))


def words(cutoffs: Sequence[int]) -> str:
    """Cutoffs in a message: one number if they are equal."""
    return str(cutoffs[0]) if len(set(cutoffs)) == 1 else str(tuple(cutoffs))
