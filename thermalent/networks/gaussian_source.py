r"""The sources of a network as Gaussian amplitudes, and their coupling to the emitters.

With the P-representation \(\rho = \int d^2\alpha\, |\alpha\rangle\langle\alpha| \otimes
\mu(\alpha)\) of a mode, every term of the master equation that couples it to the emitters becomes a
superoperator of the emitters times alpha, alpha^* or a derivative:

$$a\rho \to \alpha\mu, \quad \rho a^\dagger \to \alpha^*\mu, \quad
  a^\dagger\rho \to (\alpha^* - \partial_\alpha)\mu, \quad
  \rho a \to (\alpha - \partial_{\alpha^*})\mu$$

Any number of modes, coupled to each other and pumped or not, are one linear Gaussian source: their
amplitudes \(z = (\alpha_1, \alpha_1^*, \alpha_2, \alpha_2^*, \dots)\) drift with a matrix W and
have a covariance C of normally ordered moments, which can be that of no classical field.

Source: THERMAL, Eqs. (9) to (13) and (C3); DUALRAIL, Eq. (11).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from thermalent.networks.liouvillian import lowering_operators
from thermalent.networks.network import Couplings, Network
from thermalent.operators.superoperators import (
    Operator,
    Superoperator,
    dagger,
    left,
    right,
    zero,
)
from thermalent.support.errors import ArgumentError

_TERMS = "a_rho", "rho_ad", "ad_rho", "rho_a"


class UnstableSourceError(ArgumentError):
    """The modes together gain energy faster than they lose it: there is no stationary source."""


@dataclass(frozen=True, kw_only=True, eq=False)
class GaussianSource:
    r"""Complex amplitudes z of a linear source, and the coupling of each to the emitters.

    $$\dot z = -W z + \text{noise}, \qquad \langle z_i z_j \rangle = C_{ij}, \qquad
      W C + C W^T = Q$$

    Args:
        drift: W, (n, n), rate unit; every eigenvalue has a positive real part.
        covariance: C, (n, n) symmetric, normally ordered.
        drive: D_i, the superoperator of the emitters that multiplies z_i, (d^2, d^2) each.
        backaction: K_i, the one that multiplies -d/dz_i: back-action of the emitters on the source.
    """

    drift: np.ndarray
    covariance: np.ndarray
    drive: tuple[Superoperator, ...]
    backaction: tuple[Superoperator, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class GaussianMode:
    r"""One complex Gaussian amplitude u of a source, and its coupling to the emitters.

    Args:
        rate: Amplitude decay rate lambda, rate unit, > 0: <u^*(t) u(0)> = V exp(-lambda |t|).
        detuning: Rotation of u, rate unit: u' = -(lambda + i delta) u + noise.
        variance: V = <|u|^2>, of either sign (a normally ordered variance can be negative).
        drive: L_+, the superoperator that multiplies u, (d^2, d^2).
        drive_conj: L_-, the superoperator that multiplies u^*.
        backaction: K_+, back-action of the emitters on the source.
        backaction_conj: K_-, its conjugate.
    """

    rate: float
    detuning: float
    variance: float
    drive: Superoperator
    drive_conj: Superoperator
    backaction: Superoperator
    backaction_conj: Superoperator


def gaussian_source(network: Network) -> GaussianSource:
    """All modes of a network as one source, the amplitude of each followed by its conjugate.

    Raises:
        UnstableSourceError: the modes together have no stationary state.
    """
    drift, diffusion = _linear(network)
    terms = [_coupling_terms(network, index) for index in network.mode_indices]
    return GaussianSource(
        drift=drift,
        covariance=_covariance(drift, diffusion),
        drive=tuple(drive for term in terms for drive in term[:2]),
        backaction=tuple(backaction for term in terms for backaction in term[2:]),
    )


def gaussian_modes(network: Network) -> tuple[GaussianMode, ...]:
    """The network's modes as Gaussian amplitudes that are not coupled to each other.

    Raises:
        ValueError: they are coupled, or one squeezes itself.
        UnstableSourceError: they have no stationary state.
    """
    source = gaussian_source(network)
    count = len(network.modes)
    own, pair = np.eye(2 * count) > 0, np.kron(np.eye(count), [[0, 1], [1, 0]]) > 0
    if np.any(source.drift[~own]) or np.any(source.covariance[~pair]):
        raise ArgumentError(
            "A list of modes by themselves needs modes that are not coupled to each other, and of "
            "which none squeezes itself: `gaussian_source` describes the others."
        )
    return tuple(
        GaussianMode(
            rate=float(source.drift[i, i].real),
            detuning=float(source.drift[i, i].imag),
            variance=float(source.covariance[i, i + 1].real),
            drive=source.drive[i],
            drive_conj=source.drive[i + 1],
            backaction=source.backaction[i + 1],
            backaction_conj=source.backaction[i],
        )
        for i in range(0, 2 * count, 2)
    )


def _linear(network: Network) -> tuple[np.ndarray, np.ndarray]:
    r"""W and Q of the modes' amplitudes, from the equations of motion of a, a^+ and their products.

    $$\dot\alpha = -\big[i J + \tfrac12 (G^T - U)\big] \alpha - i P \alpha^*, \qquad
      \langle \alpha\alpha \rangle' = \dots - i P - M, \qquad
      \langle \alpha\alpha^\dagger \rangle' = \dots + U$$
    """
    index = np.ix_(network.mode_indices, network.mode_indices)
    exchange, decay, absorption, pumping, anomalous = (m[index] for m in network.couplings)
    relaxation, gain = np.diag(decay).astype(complex), np.diag(absorption).astype(complex)
    for j, node in enumerate(network.mode_indices):
        # Loss minus gain summed without the thermal parts, which cancel.
        relaxation[j], gain[j] = network.mode_rates(node)
    damping = 0.5 * (decay.T - absorption)
    np.fill_diagonal(damping, 0.5 * relaxation)
    noise = absorption.copy()
    np.fill_diagonal(noise, gain)
    own = 1j * exchange + damping
    pairs = -1j * pumping - anomalous
    drift = _interleaved(own, 1j * pumping, -1j * pumping.conj(), own.conj())
    diffusion = _interleaved(pairs, noise, noise.T, pairs.conj())
    return drift, diffusion


def _covariance(drift: np.ndarray, diffusion: np.ndarray) -> np.ndarray:
    """The covariance C that solves W C + C W^T = Q."""
    rates = np.diag(drift)
    if np.array_equal(drift, np.diag(rates)):
        return diffusion / np.add.outer(rates, rates)  # modes on their own, to the last digit
    lowest = float(np.min(np.linalg.eigvals(drift).real))
    if not lowest > 1e-14 * float(np.max(np.abs(drift))):
        raise UnstableSourceError(
            "the modes together gain energy as fast as they lose it or faster (the slowest "
            f"amplitude decays at the rate {lowest:.3g}), so they have no steady state. Pump less, "
            "or give every combination of modes a decay."
        )
    covariance = linalg.solve_sylvester(drift, drift.T, diffusion)
    return np.where(_correlated(drift, diffusion), 0.5 * (covariance + covariance.T), 0.0)


def _correlated(drift: np.ndarray, diffusion: np.ndarray) -> np.ndarray:
    """Which pairs of amplitudes have a covariance at all, (n, n).

    Amplitudes that W does not join, not even through others, are correlated by noise that both
    groups share, or not at all. A solver of all leaves rounding there, which a conserved number
    forbids: on a lattice it would stand for elements that are not there.
    """
    joined = (drift != 0) | (drift.T != 0) | np.eye(len(drift), dtype=bool)
    for _ in range(len(drift).bit_length()):
        joined = joined @ joined
    return np.asarray(joined @ (diffusion != 0) @ joined)


def _interleaved(aa: np.ndarray, ab: np.ndarray, ba: np.ndarray, bb: np.ndarray) -> np.ndarray:
    """The matrix over (alpha_1, alpha_1^*, alpha_2, ...) from its blocks over alpha and alpha^*."""
    n = aa.shape[0]
    return np.array([[aa, ab], [ba, bb]]).transpose(2, 0, 3, 1).reshape(2 * n, 2 * n)


def _coupling_terms(network: Network, index: int) -> tuple[Superoperator, ...]:
    """D of alpha and of alpha^*, and K of alpha and of alpha^*, for the mode at node `index`."""
    drive, drive_conj, backaction, back_conj = mode_terms(
        network.couplings, index, network.emitter_indices, lowering_operators(network)
    )
    if not network.modes[network.mode_indices.index(index)].backaction:
        backaction, back_conj = 0 * backaction, 0 * back_conj
    return drive, drive_conj, backaction, back_conj


def mode_terms(
    couplings: Couplings, index: int, emitters: Sequence[int], lowering: Sequence[Operator]
) -> tuple[Superoperator, ...]:
    """D of alpha and of alpha^*, and K of alpha and of alpha^*; linear in J, G and U.

    Collects the terms a rho, rho a^+, a^+ rho, rho a of the master equation. With
    rho = int |alpha><alpha| (x) mu(alpha), a rho -> alpha mu, rho a^+ -> alpha^* mu,
    a^+ rho -> (alpha^* - d/d alpha) mu, rho a -> (alpha - d/d alpha^*) mu.

    Args:
        couplings: J, G, U, P and M of all nodes, (n, n) each.
        index: Node of the mode.
        emitters: Nodes of the emitters.
        lowering: Their lowering operators, (d, d) each.
    """
    # One operator on either side for each term of the mode, with all emitters in it.
    sides: dict[str, list[list[tuple[complex, Operator]]]] = {name: [[], []] for name in _TERMS}
    for e, c in zip(emitters, lowering, strict=True):
        factors: dict[tuple[str, bool], list[complex]] = {}
        for target, weight, raises, of_left, of_right in _weights(couplings, index, e):
            both = factors.setdefault((target, raises), [0.0, 0.0])
            both[0] += weight * of_left
            both[1] += weight * of_right
        for (target, raises), both in factors.items():
            for side, factor in zip(sides[target], both, strict=True):
                side.append((factor, dagger(c) if raises else c))
    size = lowering[0].shape[0]
    a_rho, rho_ad, ad_rho, rho_a = (
        left(_sum(of_left, size)) + right(_sum(of_right, size))
        for of_left, of_right in sides.values()
    )
    return a_rho + rho_a, rho_ad + ad_rho, ad_rho, rho_a


def coupling_weights(
    network: Network, index: int, e: int
) -> list[tuple[str, complex, bool, float, float]]:
    """The terms that couple the mode at node `index` to the emitter at node `e`: without rounding.

    Returns:
        Rows (term of the mode, weight, whether the emitter's operator is c^+ instead of c, factor
        of it from the left, factor of it from the right), those of weight zero left out.
    """
    return _weights(network.couplings, index, e)


def _weights(
    couplings: Couplings, index: int, e: int
) -> list[tuple[str, complex, bool, float, float]]:
    exchange, decay, absorption, pumping, anomalous = couplings
    pump, pair = pumping[index, e], anomalous[index, e]
    rows: list[tuple[str, complex, bool, float, float]] = [
        ("a_rho", decay[index, e], True, -0.5, 1.0),
        ("rho_a", decay[index, e], True, 0.0, -0.5),
        ("rho_ad", decay[e, index], False, 1.0, -0.5),
        ("ad_rho", decay[e, index], False, -0.5, 0.0),
        ("ad_rho", -1j * exchange[index, e], False, 1.0, 0.0),
        ("rho_ad", 1j * exchange[index, e], False, 0.0, 1.0),
        ("a_rho", -1j * exchange[e, index], True, 1.0, 0.0),
        ("rho_a", 1j * exchange[e, index], True, 0.0, 1.0),
        ("ad_rho", absorption[index, e], False, -0.5, 1.0),
        ("rho_ad", absorption[index, e], False, 0.0, -0.5),
        ("rho_a", absorption[e, index], True, 1.0, -0.5),
        ("a_rho", absorption[e, index], True, -0.5, 0.0),
        ("ad_rho", -1j * pump, True, 1.0, 0.0),
        ("rho_ad", 1j * pump, True, 0.0, 1.0),
        ("a_rho", -1j * np.conj(pump), False, 1.0, 0.0),
        ("rho_a", 1j * np.conj(pump), False, 0.0, 1.0),
        ("ad_rho", pair, True, -1.0, 1.0),
        ("rho_ad", pair, True, 1.0, -1.0),
        ("a_rho", np.conj(pair), False, -1.0, 1.0),
        ("rho_a", np.conj(pair), False, 1.0, -1.0),
    ]
    return [row for row in rows if row[1] != 0]


def _sum(terms: list[tuple[complex, Operator]], size: int) -> Operator:
    """The sum of factors times operators, (d, d)."""
    result = zero(size)
    for factor, operator in terms:
        if factor != 0:
            result = result + factor * operator
    return result
