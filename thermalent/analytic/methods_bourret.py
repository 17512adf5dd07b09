"""The Bourret (decorrelation) approximation."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from thermalent.analytic.methods_stationary import (
    Space,
    charge_space,
    one_mode_refusal,
    result,
    stationary,
)
from thermalent.liouville import emitter_liouvillian
from thermalent.method import Claim, Method
from thermalent.network import Network
from thermalent.result import SteadyState
from thermalent.source import gaussian_modes


@dataclass(frozen=True, kw_only=True)
class Bourret(Method):
    r"""The steady state to the second order in the source, its memory kept.

    $$0 = \Big[ L + L_-\, \frac{1}{\lambda - i\delta - L}\, (V L_+ + K_+)
      + L_+\, \frac{1}{\lambda + i\delta - L}\, (V L_- + K_-) \Big] \rho$$

    with lambda, delta and V the source's amplitude decay rate, detuning and variance. It is the
    hierarchy of the exact solution cut after its first level, and interpolates between the Markov
    limit (large lambda) and weak driving (small V). There it is right at any bandwidth, but only
    without back-action: a photon that the emitters send back to the mode fills the next level too.

    Source: THERMAL, Eq. (26) and Appendix A; with detuning, back-action and any emitters ours.
    """

    claim: ClassVar[Claim] = Claim.APPROXIMATE
    domain: ClassVar[str] = (
        "one mode, its bandwidth far above the emitters' rates; or at any bandwidth, if nothing "
        "acts back on the mode and the photon flux is far below the emitters' decay rates"
    )

    def refusal(self, network: Network) -> str | None:
        """Why not: no mode, or several; or too many emitters."""
        return one_mode_refusal(network)

    def steady_state(self, network: Network) -> SteadyState:
        """The null vector of the emitters' effective generator at frequency zero."""
        began = time.perf_counter()
        space = charge_space(network)
        solved = stationary(bourret_generator(network, space), space)
        return result(
            self,
            network,
            solved.state,
            order="it is of the second order in the flux if nothing acts back on the mode",
            unique=solved.unique,
            stats={"condition": solved.condition, "seconds": time.perf_counter() - began},
        )


def bourret_generator(network: Network, space: Space) -> np.ndarray:
    """The emitters' effective generator at frequency zero, on the elements of charge zero."""
    (source,) = gaussian_modes(network)
    liouvillian = emitter_liouvillian(network)
    zero, plus, minus = space.zero, space.plus, space.minus
    generator = space.block(liouvillian, zero, zero)
    rate = source.rate - 1j * source.detuning
    for pole, sector, up, down in (
        (rate, plus, source.variance * source.drive + source.back, source.drive_conj),
        (
            np.conj(rate),
            minus,
            source.variance * source.drive_conj + source.back_conj,
            source.drive,
        ),
    ):
        inner = pole * np.eye(len(sector)) - space.block(liouvillian, sector, sector)
        first = np.linalg.solve(inner, space.block(up, sector, zero))
        generator = generator + space.block(down, zero, sector) @ first
    return generator
