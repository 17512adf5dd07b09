r"""The superoperators of a network of one mode in balls, from its own doubles without any loss.

The network's J, G, U, P, M and its rates are taken as exact. Every superoperator that preserves
Hermiticity is held as

$$\rho \mapsto X\rho + \rho X^\dagger + \sum_k a_k\, \rho\, b_k^\dagger$$

All operators stand in the basis of bright and dark states (`hierarchy.bright_dark_basis`): there
tiers decouple from a dark state without cancellation, and the radii stay small. The basis is
orthonormalised in balls, so the rotation loses nothing, and nothing that is small is set to zero.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from flint import acb, acb_mat, arb

from thermalent.continued_fraction.chain.hierarchy import bright_dark_basis
from thermalent.continued_fraction.more_digits.balls import complex_ball, complex_matrix
from thermalent.networks.network import Network
from thermalent.networks.nodes import CollectiveSpin, Emitter, Qubit
from thermalent.networks.symmetry import excitation_numbers


class BallNetwork(NamedTuple):
    r"""One mode and the emitters that it drives.

    Args:
        numbers: Excitation number of each basis state of the emitters, (d,) integers.
        own: X of the emitters alone, the rotation of the mode not included.
        pairs: a_k and b_k of the emitters alone.
        drive: X of L_+ + L_-, what multiplies the amplitude and its conjugate.
        backaction: X of K_+ + K_-, the emitters' back-action on the mode.
        variance: V = <|u|^2> of the mode.
        rate: Its amplitude decay rate.
        detuning: Its rotation.
        bright_dark: The basis: states as columns, (d, d), unitary.
        classical: Whether nothing acts back on the mode: it is a classical field.
    """

    numbers: np.ndarray
    own: acb_mat
    pairs: list[tuple[acb_mat, acb_mat]]
    drive: acb_mat
    backaction: acb_mat
    variance: arb
    rate: arb
    detuning: arb
    bright_dark: acb_mat
    classical: bool


class BallCouplings(NamedTuple):
    """J, G, U, P and M in balls, (n, n) each."""

    exchange: acb_mat
    decay: acb_mat
    absorption: acb_mat
    pumping: acb_mat
    anomalous: acb_mat


def couplings_of(network: Network) -> BallCouplings:
    """The network's matrices, exactly as the doubles are."""
    return BallCouplings(*(complex_matrix(matrix) for matrix in network.couplings))


def ball_network(
    network: Network, couplings: BallCouplings | None = None, numbers: np.ndarray | None = None
) -> BallNetwork:
    """A network of one mode that conserves the excitation number, at the precision of the moment.

    Args:
        network: The network.
        couplings: Its matrices, if they are to be others than its own.
        numbers: Excitation numbers of its emitters' states, if they are known already.
    """
    given = couplings_of(network) if couplings is None else couplings
    source = network.mode_indices[0]
    numbers = excitation_numbers(network) if numbers is None else numbers
    lowering = [
        _embedded(_lowering(emitter), position, network.dims)
        for position, emitter in enumerate(network.emitters)
    ]
    own, pairs = _emitters(network, given, lowering)
    drive, backaction = _source_terms(given, source, network.emitter_indices, lowering)
    mode = network.modes[0]
    if not mode.backaction:
        backaction = backaction * 0
    bright_dark = orthonormal(complex_matrix(bright_dark_basis(network, numbers)))
    adjoint = _dagger(bright_dark)
    own, drive, backaction = (adjoint * x * bright_dark for x in (own, drive, backaction))
    pairs = [(adjoint * a * bright_dark, adjoint * b * bright_dark) for a, b in pairs]
    absorbed, bath = given.absorption[source, source].real, arb(mode.bath_rate)
    relaxation = given.decay[source, source].real - absorbed + bath
    return BallNetwork(
        numbers=numbers,
        own=own,
        pairs=pairs,
        drive=drive,
        backaction=backaction,
        variance=(absorbed + bath * arb(mode.n_th)) / relaxation,
        rate=relaxation / 2,
        detuning=given.exchange[source, source].real,
        bright_dark=bright_dark,
        classical=all(value.is_zero() for value in backaction.entries()),
    )


def _lowering(emitter: Emitter) -> acb_mat:
    """The lowering operator; the roots in that of a collective spin are roots, not doubles."""
    if not isinstance(emitter, CollectiveSpin):
        return complex_matrix(emitter.lowering)
    size = emitter.dimension
    lowering = acb_mat(size, size)
    for k in range(1, size):
        lowering[k - 1, k] = acb(arb(k * (emitter.qubits - k + 1)).sqrt())
    return lowering


def _embedded(local: acb_mat, position: int, dims: tuple[int, ...]) -> acb_mat:
    """The operator of one emitter on the product space of all."""
    before, after = int(np.prod(dims[:position])), int(np.prod(dims[position + 1 :]))
    size = dims[position]
    embedded = acb_mat(before * size * after, before * size * after)
    for i in range(size):
        for j in range(size):
            if local[i, j] == 0:
                continue
            for b in range(before):
                for a in range(after):
                    embedded[(b * size + i) * after + a, (b * size + j) * after + a] = local[i, j]
    return embedded


def orthonormal(states: acb_mat) -> acb_mat:
    """Gram and Schmidt in balls, on linearly independent columns."""
    columns: list[list[acb]] = []
    for column in states.transpose().tolist():
        for other in columns:
            overlap = _inner(other, column)
            column = [b - a * overlap for a, b in zip(other, column, strict=True)]
        norm = _inner(column, column).real.sqrt()
        columns.append([value / norm for value in column])
    return acb_mat([[column[i] for column in columns] for i in range(states.nrows())])


def _inner(a: list[acb], b: list[acb]) -> acb:
    return sum((x.conjugate() * y for x, y in zip(a, b, strict=True)), acb(0))


def _dagger(operator: acb_mat) -> acb_mat:
    return operator.conjugate().transpose()


def _emitters(
    network: Network, given: BallCouplings, lowering: list[acb_mat]
) -> tuple[acb_mat, list[tuple[acb_mat, acb_mat]]]:
    """X and the pairs (a, b) of the emitters' Liouvillian; see the master equation of `network`."""
    size = lowering[0].nrows()
    raising = [_dagger(c) for c in lowering]
    nodes = network.emitter_indices
    hamiltonian, pairs = acb_mat(size, size), []
    half = acb(arb(0.5))
    for p, j in enumerate(nodes):
        for q, k in enumerate(nodes):
            exchange, decay, absorption, pumping, anomalous = (m[j, k] for m in given)
            if exchange != 0:
                hamiltonian += raising[p] * lowering[q] * exchange
            if pumping != 0:
                pair = raising[p] * raising[q] * (pumping * half)
                hamiltonian += pair + _dagger(pair)
            # D[x, y] with a rate g is x rho (g^* y)^+ and its loss.
            if decay != 0:
                pairs.append((lowering[p], lowering[q] * decay.conjugate()))
            if absorption != 0:
                pairs.append((raising[p], raising[q] * absorption.conjugate()))
            if anomalous != 0:
                pairs.append((raising[p], lowering[q] * anomalous.conjugate()))
                pairs.append((lowering[p], raising[q] * anomalous))
        emitter = network.emitters[p]
        if isinstance(emitter, Qubit):
            if emitter.dephasing:
                z = _embedded(complex_matrix(np.diag([-1.0, 1.0])), p, network.dims)
                pairs.append((z, z * complex_ball(emitter.dephasing / 2)))
            continue
        if np.any(emitter.hamiltonian):
            hamiltonian += _embedded(complex_matrix(emitter.hamiltonian), p, network.dims)
        for jump in emitter.collapse_operators:
            operator = _embedded(complex_matrix(jump), p, network.dims)
            pairs.append((operator, operator))
    own = hamiltonian * acb(0, -1)
    for x, y in pairs:
        own -= _dagger(y) * x * half
    return own, pairs


def _source_terms(
    given: BallCouplings, source: int, nodes: tuple[int, ...], lowering: list[acb_mat]
) -> tuple[acb_mat, acb_mat]:
    """X of the drive and of the back-action: the terms with a rho, rho a^+, a^+ rho and rho a.

    Written for what stands left of rho; what stands right is the adjoint, because the generator
    preserves Hermiticity.
    """
    size = lowering[0].nrows()
    a_rho, ad_rho, rho_a, rho_ad = (acb_mat(size, size) for _ in range(4))
    half, i = acb(arb(0.5)), acb(0, 1)
    for c, e in zip(lowering, nodes, strict=True):
        cd = _dagger(c)
        decay, absorption = given.decay, given.absorption
        pump, pair = given.pumping[source, e], given.anomalous[source, e]
        a_rho -= cd * (half * decay[source, e] + i * given.exchange[e, source])
        a_rho -= cd * (half * absorption[e, source])
        a_rho -= c * (i * pump.conjugate() + pair.conjugate())
        rho_ad += c * decay[e, source] + cd * pair
        ad_rho -= c * (half * decay[e, source] + i * given.exchange[source, e])
        ad_rho -= c * (half * absorption[source, e])
        ad_rho -= cd * (i * pump + pair)
        rho_a += cd * absorption[e, source] + c * pair.conjugate()
    return a_rho + ad_rho + rho_ad + rho_a, ad_rho + rho_a
