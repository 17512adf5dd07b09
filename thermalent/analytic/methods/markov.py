"""The Markov limit: the source replaced by white noise."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from thermalent.analytic.methods.null_vector import (
    ChargeSpace,
    OneMode,
    null_state,
    one_mode_of,
    result,
    small_enough,
)
from thermalent.networks.liouvillian import emitter_liouvillian
from thermalent.networks.network import Network
from thermalent.solution.method import Claim, Method
from thermalent.solution.plan import NO_INITIAL, STEADY_STATES_ONLY, Cost, Plan, Refusal
from thermalent.solution.result import SteadyState
from thermalent.solution.tasks import EvolutionTask, Task


@dataclass(frozen=True, kw_only=True)
class Markov(Method):
    r"""The steady state under a source of infinite bandwidth and the same flux per frequency.

    $$0 = \Big[ L + \frac{1}{\lambda - i(\delta - \omega)}\, L_-\, (V L_+ + K_+)
      + \frac{1}{\lambda + i(\delta - \omega)}\, L_+\, (V L_- + K_-) \Big] \rho$$

    The mode, with amplitude decay rate lambda, frequency delta and variance V, is eliminated to the
    second order in its coupling; omega is the emitters' mean frequency, weighted by how strongly
    each is driven by the mode. This is the exact limit lambda -> infinity with V and the ratio of
    squared coupling to lambda fixed, so it is a Lindblad generator whatever the network: for a
    cascade that with the jumps \(\sqrt{n}\,O\) and \(\sqrt{n}\,O^\dagger\), for the ideal link
    \(\gamma n_\mathrm{th}\,(\mathcal{D}[S^-] + \mathcal{D}[S^+])\).

    Source: THERMAL, Eq. (17); with detuning, back-action and any emitters ours.
    """

    claim: ClassVar[Claim] = Claim.APPROXIMATE
    domain: ClassVar[str] = (
        "one mode, its bandwidth far above the rates of the emitters, driven ones (gamma n_th) "
        "included, and above their detunings from each other"
    )

    def plan(self, task: Task) -> Plan | Refusal:
        """The plan; refused unless there is one unpumped mode and few emitters."""
        if isinstance(task, EvolutionTask):
            return STEADY_STATES_ONLY
        problem = small_enough(one_mode_of(task.network))
        if isinstance(problem, Refusal):
            return problem
        if task.initial is not None:
            return NO_INITIAL
        return MarkovPlan(method=self, problem=problem)


@dataclass(frozen=True, kw_only=True, eq=False)
class MarkovPlan(Plan):
    """The null vector of the emitters' Markovian generator."""

    method: Markov
    problem: OneMode

    @property
    def cost(self) -> Cost:
        """Cost of one null vector."""
        return self.problem.cost

    def compute(self) -> SteadyState:
        """The state, of unknown error."""
        began = time.perf_counter()
        space = self.problem.space
        solved = null_state(markov_generator(self.problem, space), space)
        return result(
            self.method.record,
            self.problem.network,
            solved.state,
            order="it falls like the emitters' rates over the source's bandwidth",
            unique=solved.unique,
            stats={"condition": solved.condition, "seconds": time.perf_counter() - began},
        )


def markov_generator(problem: OneMode, space: ChargeSpace) -> np.ndarray:
    """The emitters' generator under white noise, on the elements of charge zero, (m, m)."""
    source, network = problem.source, problem.network
    rate = source.rate - 1j * (source.detuning - _mean_frequency(network))
    variance = source.variance
    up = variance * source.drive + source.backaction
    up_conj = variance * source.drive_conj + source.backaction_conj
    zero, plus, minus = space.zero, space.plus, space.minus
    return np.asarray(
        space.block(emitter_liouvillian(network), zero, zero)
        + space.block(source.drive_conj, zero, plus) @ space.block(up, plus, zero) / rate
        + space.block(source.drive, zero, minus) @ space.block(up_conj, minus, zero) / np.conj(rate)
    )


def _mean_frequency(network: Network) -> float:
    """The frequency at which the emitters sample the source's spectrum."""
    (source,) = network.mode_indices
    emitters = list(network.emitter_indices)
    coupling = 0.5 * network.decay[emitters, source] + 1j * network.exchange[emitters, source]
    weight = np.abs(coupling) ** 2
    if not np.any(weight):
        return 0.0
    return float(weight @ np.diag(network.exchange).real[emitters] / np.sum(weight))
