"""The Markov limit: the source replaced by white noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from thermalent.analytic.methods.null_vector import ChargeSpace, OneMode, small_enough
from thermalent.analytic.methods.steady_state_plan import NullVectorPlan, planned
from thermalent.networks.liouvillian import emitter_liouvillian
from thermalent.networks.network import Network
from thermalent.solution.method import Claim, Method
from thermalent.solution.plan import Plan, Refusal
from thermalent.solution.tasks import Task


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
        return planned(task, small_enough, lambda problem: MarkovPlan(method=self, problem=problem))


@dataclass(frozen=True, kw_only=True, eq=False)
class MarkovPlan(NullVectorPlan):
    """The null vector of the emitters' Markovian generator."""

    order: ClassVar[str] = "it falls like the emitters' rates over the source's bandwidth"

    def generator(self, space: ChargeSpace) -> np.ndarray:
        """That under white noise, on the elements of charge zero, (m, m)."""
        return markov_generator(self.problem, space)


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
    coupling = 0.5 * network.decay[source, emitters] + 1j * network.exchange[emitters, source]
    weight = np.abs(coupling) ** 2
    if not np.any(weight):
        return 0.0
    return float(weight @ np.diag(network.exchange).real[emitters] / np.sum(weight))
