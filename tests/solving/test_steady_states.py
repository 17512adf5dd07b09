"""Many steady states in one call: those of single calls, and their numbers as arrays."""

import numpy as np
import pytest

import thermalent as te

NETWORKS = [te.thermal_link(n_th, 0.1, detuning=(0.1, -0.1)) for n_th in (0.5, 5.0, 50.0)]


@pytest.fixture(scope="module")
def found():
    return te.steady_states(NETWORKS)


def test_the_states_are_those_of_single_calls(found):
    for state, network in zip(found, NETWORKS, strict=True):
        alone = te.steady_state(network)
        assert state.network is network
        allowed = float(state.error) + float(alone.error)
        assert np.max(np.abs(state.state - alone.state)) <= allowed


def test_networks_that_share_nothing_are_solved_as_well():
    mixed = [NETWORKS[0], te.dual_rail(pairs=1, squeezing=0.5), te.thermal_link(0.2, 1.0, qubits=3)]
    states = te.steady_states(network for network in mixed)
    for state, network in zip(states, mixed, strict=True):
        alone = te.steady_state(network)
        assert state.method == alone.method
        assert np.max(np.abs(state.state - alone.state)) <= float(state.error + alone.error) + 1e-15


@pytest.mark.parametrize(
    "read",
    [
        lambda s: s.concurrence(), lambda s: s.negativity("q1", "q2"), lambda s: s.purity("q2"),
        lambda s: s.entropy(), lambda s: s.fidelity("S"), lambda s: s.populations()["T"],
        lambda s: s.populations("q1")["1"], lambda s: s.expectation(np.diag([0.0, 1.0]), "q2"),
    ],
)  # fmt: skip
def test_numbers_are_arrays_with_the_errors_of_each(found, read):
    numbers = read(found)
    assert isinstance(numbers, te.Estimates)
    for state, number in zip(found, numbers, strict=True):
        alone = read(state)
        assert number == pytest.approx(float(alone), abs=1e-15)
        assert number.error == pytest.approx(alone.error, rel=1e-6)
    assert numbers.how == read(found[0]).how


def test_slices_are_states_too(found):
    assert isinstance(found[1:], te.SteadyStates)
    assert [state.network for state in found[1:]] == NETWORKS[1:]
    assert found[-1].network is NETWORKS[-1]
    assert np.array_equal(found[1:].concurrence(), found.concurrence()[1:])
    assert repr(found).startswith("<SteadyStates: 3 of thermal link by ContinuedFraction, error")
    assert len(te.steady_states([])) == 0
    assert repr(te.steady_states([])) == "<SteadyStates: none>"


def test_they_are_saved_and_loaded_together(found, tmp_path):
    found.save(tmp_path / "states.npz")
    loaded = te.load(tmp_path / "states.npz")
    assert isinstance(loaded, te.SteadyStates)
    for before, after in zip(found, loaded, strict=True):
        assert before.state.tobytes() == after.state.tobytes()
        assert before.network == after.network


def test_the_network_that_fails_is_named():
    pumped = te.dual_rail(pairs=1, squeezing=0.5)
    with pytest.raises(te.MethodError) as caught:
        te.steady_states([NETWORKS[0], pumped], te.ContinuedFraction())
    assert caught.value.__notes__ == ["This is networks[1]."]
    with pytest.raises(te.ThermalentError, match=r"`networks\[1\]` must be a thermalent Network"):
        te.steady_states([NETWORKS[0], 3])
    with pytest.raises(te.SolveError, match="unique"):
        te.steady_states([te.cooperative(qubits=2)])
    reached = te.steady_states([te.cooperative(qubits=2)], initial="01")
    assert (
        reached.concurrence()[0]
        == te.steady_state(te.cooperative(qubits=2), initial="01").concurrence()
    )


def test_numbers_of_different_emitters_are_refused():
    mixed = te.steady_states([NETWORKS[0], te.thermal_link(0.2, 1.0, qubits=3)])
    for read in (lambda: mixed.purity(), lambda: mixed.populations(), te.steady_states([]).purity):
        with pytest.raises(te.ThermalentError, match="with the same emitters"):
            read()
    with pytest.raises(AttributeError, match="purty"):
        _ = mixed.purty
