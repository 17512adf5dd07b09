"""The Markov limit: the source replaced by white noise."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from thermalent.analytic.methods.null_vector import (
    Space,
    charge_space,
    one_mode_refusal,
    result,
    stationary,
)
from thermalent.networks.gaussian_source import gaussian_modes
from thermalent.networks.liouvillian import emitter_liouvillian
from thermalent.networks.network import Network
from thermalent.solution.method import Claim, Method
from thermalent.solution.result import SteadyState


@dataclass(frozen=True, kw_only=True)
class Markov(Method):
    r"""The steady state under a source of infinite bandwidth and the same flux per frequency.

    $$0 = \Big[ L + \frac{1}{\lambda - i(\delta - \omega)}\, L_-\, (V L_+ + K_+)
      + \frac{1}{\lambda + i(\delta - \omega)}\, L_+\, (V L_- + K_-) \Big] \rho$$

    The mode, with amplitude decay rate lambda, frequency delta and variance V, is eliminated to the
    second order in its coupling; omega is the emitters' mean frequency, weighted by how strongly
    each feels the mode. This is the exact limit lambda -> infinity with V and the ratio of squared
    coupling to lambda fixed, so it is a Lindblad generator whatever the network: for a cascade that
    with the jumps \(\sqrt{n}\,O\) and \(\sqrt{n}\,O^\dagger\), for the ideal link
    \(\gamma n_\mathrm{th}\,(\mathcal{D}[S^-] + \mathcal{D}[S^+])\).

    Source: THERMAL, Eq. (17); with detuning, back-action and any emitters ours.
    """

    claim: ClassVar[Claim] = Claim.APPROXIMATE
    domain: ClassVar[str] = (
        "one mode, its bandwidth far above the rates of the emitters, driven ones (gamma n_th) "
        "included, and above their detunings from each other"
    )

    def refusal(self, network: Network) -> str | None:
        """Why not: no mode, or several; or too many emitters."""
        return one_mode_refusal(network)

    def steady_state(self, network: Network) -> SteadyState:
        """The null vector of the emitters' Markovian generator."""
        began = time.perf_counter()
        space = charge_space(network)
        solved = stationary(markov_generator(network, space), space)
        return result(
            self,
            network,
            solved.state,
            order="it falls like the emitters' rates over the source's bandwidth",
            unique=solved.unique,
            stats={"condition": solved.condition, "seconds": time.perf_counter() - began},
        )


def markov_generator(network: Network, space: Space) -> np.ndarray:
    """The emitters' generator under white noise, on the elements of charge zero, (m, m)."""
    (source,) = gaussian_modes(network)
    rate = source.rate - 1j * (source.detuning - _mean_frequency(network))
    variance = source.variance
    up = variance * source.drive + source.back
    up_conj = variance * source.drive_conj + source.back_conj
    zero, plus, minus = space.zero, space.plus, space.minus
    return (
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
