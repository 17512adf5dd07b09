"""Networks behind two poles for tests of the chain, and their states from it."""

import numpy as np

import thermalent as te
from tests.support.several_poles_sources import behind
from thermalent.continued_fraction.several_poles.chain.coordinates import chain_of
from thermalent.continued_fraction.several_poles.converge import converge


def solved(network, rtol):
    """State and error from the chain, whatever would be chosen by cost."""
    found = converge(chain_of(network), rtol)
    assert found.fraction.outcome == "converged"
    return found.stationary.matrix(found.fraction.x), found.fraction.error


def detuned_row():
    """Two unequal cavities in a row, detuned against each other; the second has a hot port too."""
    return behind(
        (te.Mode(name="a", bath_rate=0.4, n_th=0.06), te.Mode(name="b", bath_rate=0.2, n_th=0.02)),
        np.array([[0.3, 0.25 - 0.1j], [0.25 + 0.1j, -0.2]]),
        (0.0, 0.1),
        (0.0, 0.7),
        detuning=(0.1, -0.3),
    )


def with_a_zero():
    """Both cavities leak into the waveguide: the transfer has a zero."""
    return behind(
        (te.Mode(name="a", bath_rate=0.5, n_th=0.05), te.Mode(name="b", bath_rate=0.1)),
        np.array([[0.0, 0.3], [0.3, 0.2]]),
        (0.0, 0.1),
        (0.3, 0.5j),
    )


def acting_back(hot=0.06, warm=0.01):
    """Two detuned modes, the second coupled to both qubits in both directions."""
    exchange = np.zeros((4, 4), dtype=complex)
    exchange[0, 1], exchange[1, 2], exchange[1, 3] = 0.3, 0.25, 0.2j
    exchange = exchange + exchange.conj().T + np.diag([0.2, -0.1, 0.1, 0.0])
    return te.Network(
        nodes=(
            te.Mode(name="a", bath_rate=0.5, n_th=hot),
            te.Mode(name="b", bath_rate=0.4, n_th=warm),
            te.Qubit(name="q1"),
            te.Qubit(name="q2", dephasing=0.1),
        ),
        exchange=exchange,
        decay=np.diag([0.1, 0.2, 0.5, 0.4]).astype(complex),
    )


def cold_and_acting_back():
    """As above, excited through the qubits alone: no amplitude of the source has a variance."""
    network = acting_back()
    pumped = np.diag([0.0, 0.0, 0.03, 0.0])
    modes = (te.Mode(name="a", bath_rate=0.5), te.Mode(name="b", bath_rate=0.4))
    return te.Network(
        nodes=(*modes, *network.emitters),
        exchange=network.exchange,
        decay=network.decay,
        absorption=pumped,
    )
