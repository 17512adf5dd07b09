"""Modes and qubits that decay into fewer channels than they are: dark states, also of the source.

What is conserved then may be shared by the source and the emitters, and more tiers do not end at
zero. Uniqueness is asked of Fock, the state that is reached of the evolution.
"""

import numpy as np
import pytest

import thermalent as te
from tests.support.long_ones import ordinary_and_long


def network(seed: int) -> te.Network:
    """A mode, hot, cold or without a bath of its own, and one or two qubits at shared channels."""
    rng = np.random.default_rng(seed)
    qubits = int(rng.integers(1, 3))
    nodes = 1 + qubits
    size = (int(rng.integers(1, nodes)), nodes)
    channels = rng.choice([1.0, 0.5, 1.5], size=size) + 0j
    if seed % 3 == 0:
        channels *= np.exp(1j * rng.choice([0.0, 0.5, 1.0], size=size) * np.pi)
    decay = channels.conj().T @ channels
    exchange = np.zeros((nodes, nodes))
    if seed % 4 == 0:
        exchange = np.triu(rng.choice([0.0, 0.0, 0.3], size=(nodes, nodes)), 1)
        exchange = exchange + exchange.T
    if qubits == 2 and seed % 2:  # the second like the first
        decay[2, :] = decay[1, :]
        decay[:, 2] = decay[:, 1]
        exchange[2, :] = exchange[1, :]
        exchange[:, 2] = exchange[:, 1]
        exchange[1, 2] = exchange[2, 1] = 0.0
    bath, n_th = [(0.0, 0.0), (0.0, 0.0), (0.5, 0.3)][int(rng.integers(3))]
    return te.Network(
        nodes=(
            te.Mode(name="a", bath_rate=bath, n_th=n_th),
            *(te.Qubit(name=f"q{k}") for k in range(qubits)),
        ),
        exchange=exchange,
        decay=decay,
    )


def state_or_none(net: te.Network, method: te.Method) -> te.SteadyState | None:
    """The steady state, or None where it is refused as one of several."""
    try:
        return te.steady_state(net, method)
    except te.SolveError as error:
        if "not unique" not in str(error):
            raise
        return None


@pytest.mark.parametrize("seed", ordinary_and_long(list(range(60)), list(range(12, 60))))
def test_what_is_not_unique_is_refused_and_what_is_reached_is_right(seed):
    net = network(seed)
    ours, fock = state_or_none(net, te.ContinuedFraction()), state_or_none(net, te.Fock())
    if ours is not None:
        assert fock is not None, "Fock finds several steady states, the continued fraction one"
        allowed = 3 * (ours.error + fock.error) + 1e-12
        assert np.max(np.abs(ours.state - fock.state)) <= allowed
    initial = "1" + "0" * (len(net.emitters) - 1)
    reached = te.steady_state(net, initial=initial)
    late = te.evolve(net, [3e6], initial)
    allowed = reached.error + late.error[-1] + 1e-13
    assert np.max(np.abs(reached.state - late.states[-1])) <= allowed


def test_a_mode_and_a_qubit_at_one_channel_share_an_excitation():
    """Half of it decays at once, and half of what is left is the qubit's: (1, 1) x 1/4."""
    net = te.Network(
        nodes=(te.Mode(name="a"), te.Qubit(name="q")),
        exchange=np.zeros((2, 2)),
        decay=np.ones((2, 2)),
    )
    with pytest.raises(te.SolveError, match="not unique"):
        te.steady_state(net)
    reached = te.steady_state(net, initial="1")
    assert np.max(np.abs(reached.state - np.diag([0.75, 0.25]))) <= reached.error
