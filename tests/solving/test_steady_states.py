"""Many steady states in one call: those of single calls, and their numbers as arrays."""

import numpy as np
import pytest

import thermalent as te
from thermalent.solving import many
from thermalent.solving.solve import prepared

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


def test_failures_are_named_and_lose_no_other_state():
    pumped = te.dual_rail(pairs=1, squeezing=0.5)  # has no mode: not for the fraction
    mixed = [NETWORKS[0], pumped, NETWORKS[1], pumped, te.thermal_link(0.2, 1.0, qubits=3)]
    with pytest.raises(te.MethodError, match="does not apply") as caught:
        te.steady_states(mixed, te.ContinuedFraction())
    problem = caught.value
    assert problem.__notes__ == [
        "This is networks[1], and 1 more failed. The states of the 3 that were solved are "
        "`partial` of this error."
    ]
    assert list(problem.failures) == [1, 3]
    assert problem.failures[1] is problem
    assert isinstance(problem.partial, te.SteadyStates)
    assert [state.network for state in problem.partial] == [mixed[0], mixed[2], mixed[4]]
    alone = te.steady_states([mixed[0], mixed[2], mixed[4]])
    for state, other in zip(problem.partial, alone, strict=True):
        assert np.array_equal(state.state, other.state)
    with pytest.raises(te.MethodError) as single:
        te.steady_state(pumped, te.ContinuedFraction())
    assert single.value.partial is None
    assert not single.value.failures


def test_arguments_that_are_no_networks_are_named_before_anything_is_solved():
    with pytest.raises(te.ThermalentError, match=r"`networks\[1\]` must be a thermalent Network"):
        te.steady_states([NETWORKS[0], 3])


def test_states_that_are_not_unique_are_reached_from_an_initial_one():
    with pytest.raises(te.SolveError, match="unique") as caught:
        te.steady_states([te.cooperative(qubits=2)])
    assert len(caught.value.partial) == 0
    reached = te.steady_states([te.cooperative(qubits=2)], initial="01")
    alone = te.steady_state(te.cooperative(qubits=2), initial="01")
    assert reached.concurrence()[0] == alone.concurrence()


@pytest.mark.parametrize("done", [0, 1])
def test_an_interrupt_keeps_the_states_found_before(monkeypatch, done):
    ran = []

    def interrupt():
        raise KeyboardInterrupt

    def runs(tasks, method):
        return [*prepared(tasks, method)[:done], interrupt, lambda: ran.append(True)]

    monkeypatch.setattr(many, "prepared", runs)
    with pytest.raises(KeyboardInterrupt) as caught:
        te.steady_states(NETWORKS)
    assert not ran
    if done:
        assert str(caught.value) == "Interrupted: 1 of 3 networks were solved."
        assert [state.network for state in caught.value.partial] == NETWORKS[:1]
    else:
        assert not hasattr(caught.value, "partial")


def test_numbers_of_different_emitters_are_refused():
    mixed = te.steady_states([NETWORKS[0], te.thermal_link(0.2, 1.0, qubits=3)])
    for read in (lambda: mixed.purity(), lambda: mixed.populations(), te.steady_states([]).purity):
        with pytest.raises(te.ThermalentError, match="with the same emitters"):
            read()
    with pytest.raises(AttributeError, match="purty"):
        _ = mixed.purty
