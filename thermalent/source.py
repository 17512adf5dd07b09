r"""The sources of a network as Gaussian amplitudes, and how the emitters feel them.

With the P-representation \(\rho = \int d^2\alpha\, |\alpha\rangle\langle\alpha| \otimes
\mu(\alpha)\) of a mode, every term of the master equation that couples it to the emitters becomes a
superoperator of the emitters times alpha, alpha^* or a derivative:

$$a\rho \to \alpha\mu, \quad \rho a^\dagger \to \alpha^*\mu, \quad
  a^\dagger\rho \to (\alpha^* - \partial_\alpha)\mu, \quad
  \rho a \to (\alpha - \partial_{\alpha^*})\mu$$

Source: THERMAL, Eqs. (9) to (13) and (C3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from thermalent.liouville import (
    Superoperator,
    dagger,
    left,
    lowering_operators,
    right,
    sandwich,
    zero,
)
from thermalent.network import Network


@dataclass(frozen=True, kw_only=True, eq=False)
class GaussianMode:
    r"""One complex Gaussian amplitude u of a source, and how the emitters feel it.

    Args:
        rate: Amplitude decay rate lambda, rate unit, > 0: <u^*(t) u(0)> = V exp(-lambda |t|).
        detuning: Rotation of u, rate unit: u' = -(lambda + i delta) u + noise.
        variance: V = <|u|^2>, of either sign (a normally ordered variance can be negative).
        drive: L_+, the superoperator that multiplies u, (d^2, d^2).
        drive_conj: L_-, the superoperator that multiplies u^*.
        back: K_+, back-action of the emitters on the source.
        back_conj: K_-, its conjugate.
    """

    rate: float
    detuning: float
    variance: float
    drive: Superoperator
    drive_conj: Superoperator
    back: Superoperator
    back_conj: Superoperator


def gaussian_modes(network: Network) -> tuple[GaussianMode, ...]:
    """The network's modes as Gaussian amplitudes that are not coupled to each other."""
    return tuple(_gaussian_mode(network, index) for index in network.mode_indices)


def _gaussian_mode(network: Network, index: int) -> GaussianMode:
    """Collect the terms a rho, rho a^+, a^+ rho, rho a of the master equation.

    With rho = int |alpha><alpha| (x) mu(alpha), a rho -> alpha mu, rho a^+ -> alpha^* mu,
    a^+ rho -> (alpha^* - d/d alpha) mu, rho a -> (alpha - d/d alpha^*) mu.
    """
    relaxation, gain = network.mode_rates(index)
    exchange, decay, absorption = network.exchange, network.decay, network.absorption
    assert absorption is not None  # set when the network validates itself
    a_rho: list[Superoperator] = []
    rho_ad: list[Superoperator] = []
    ad_rho: list[Superoperator] = []
    rho_a: list[Superoperator] = []
    for c, e in zip(lowering_operators(network), network.emitter_indices, strict=False):
        cd = dagger(c)
        for to, weight, superoperator in (
            (a_rho, decay[index, e], right(cd) - 0.5 * left(cd)),
            (rho_a, decay[index, e], -0.5 * right(cd)),
            (rho_ad, decay[e, index], left(c) - 0.5 * right(c)),
            (ad_rho, decay[e, index], -0.5 * left(c)),
            (ad_rho, -1j * exchange[index, e], left(c)),
            (rho_ad, 1j * exchange[index, e], right(c)),
            (a_rho, -1j * exchange[e, index], left(cd)),
            (rho_a, 1j * exchange[e, index], right(cd)),
            (ad_rho, absorption[index, e], right(c) - 0.5 * left(c)),
            (rho_ad, absorption[index, e], -0.5 * right(c)),
            (rho_a, absorption[e, index], left(cd) - 0.5 * right(cd)),
            (a_rho, absorption[e, index], -0.5 * left(cd)),
        ):
            if weight != 0:
                to.append(weight * superoperator)
    size = int(np.prod(network.dims))
    back, back_conj = _sum(rho_a, size), _sum(ad_rho, size)
    drive, drive_conj = _sum(a_rho, size) + back, _sum(rho_ad, size) + back_conj
    if not network.modes[network.mode_indices.index(index)].backaction:
        back, back_conj = 0 * back, 0 * back_conj
    return GaussianMode(
        rate=relaxation / 2,
        detuning=float(exchange[index, index].real),
        variance=gain / relaxation,
        drive=drive,
        drive_conj=drive_conj,
        back=back,
        back_conj=back_conj,
    )


def _sum(superoperators: list[Superoperator], size: int) -> Superoperator:
    identity = zero(size)
    result = sandwich(identity, identity)  # zero, dense or sparse as the others
    for superoperator in superoperators:
        result = result + superoperator
    return result
