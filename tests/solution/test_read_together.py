"""Numbers of evolutions and of several steady states are those of each state by itself."""

import numpy as np
import pytest

import thermalent as te

PSI = np.array([0.6, 0.8j, 0.0, 0.0])
OPERATOR = np.array([[0, 1, 2j, 0], [0, 0.5, 0, 1], [0, 0, 0, 3], [1j, 0, 0, 1]])
NUMBERS = {
    "populations": lambda state: list(state.populations().values()),
    "populations of one": lambda state: list(state.populations("q2").values()),
    "singlet": lambda state: [state.fidelity("S")],
    "ket": lambda state: [state.fidelity(PSI)],
    "one qubit": lambda state: [state.fidelity("1", "q1")],
    "expectation": lambda state: [state.expectation(OPERATOR)],
    "Hermitian": lambda state: [state.expectation(OPERATOR + OPERATOR.conj().T)],
    "in the other order": lambda state: [state.expectation(OPERATOR, "q2", "q1")],
    "purity of one": lambda state: [state.purity("q1")],
}
TIMES = [0.0, 0.3, 2.0, 30.0]


@pytest.fixture(scope="module")
def several():
    network = te.thermal_link(2.0, 0.4, detuning=(0.2, -0.1))
    return {
        "evolution": te.evolve(network, TIMES, "10", te.ContinuedFraction(rtol=1e-6)),
        "coherent start": te.evolve(network, TIMES, np.full(4, 0.5)),
        "steady states": te.steady_states([te.thermal_link(n, 0.3) for n in (0.0, 0.1, 3.0)]),
    }


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("kind", ["evolution", "coherent start", "steady states"])
def test_they_are_those_of_each_state(several, kind, name):
    result, read = several[kind], NUMBERS[name]
    single = [result.at(i) if hasattr(result, "at") else result[i] for i in range(len(result))]
    for label, together in enumerate(read(result)):
        alone = [read(state)[label] for state in single]
        assert np.array_equal(np.asarray(together), np.asarray(alone))
        # Sums of a few terms, added in another order.
        np.testing.assert_allclose(together.error, [one.error for one in alone], rtol=1e-13)
        assert np.all(together.error > 0)


def test_the_bloch_vector_over_time_is_that_of_each_time(several):
    result = several["coherent start"]
    found = result.bloch("q2")
    for i in range(len(result)):
        assert found[i].tolist() == result.at(i).bloch("q2").tolist()


def test_weights_in_sweeps_have_the_errors_of_single_states():
    """Of the elements that they depend on, not of the largest one."""
    grid = {"n_th": [0.01, 5.0]}
    names = ("populations", "fidelity[T]")
    method, fixed = te.ContinuedFraction(rtol=1e-3), {"kappa": 0.3}
    swept = te.sweep(te.thermal_link, grid, names, fixed=fixed, method=method, executor=1)
    for i, n_th in enumerate(grid["n_th"]):
        state = te.steady_state(te.thermal_link(n_th, 0.3), method)
        numbers = {f"populations[{k}]": v for k, v in state.populations().items()}
        numbers["fidelity[T]"] = state.fidelity("T")
        for name, number in numbers.items():
            assert float(swept[f"{name}_error"][i]) == pytest.approx(number.error, rel=1e-12)
        assert numbers["populations[11]"].error < 0.9 * state.error


def test_states_that_are_none_are_refused_at_their_time(several):
    from dataclasses import replace

    result = several["evolution"]
    states = result.states.copy()
    states[2] *= 1.5
    with pytest.raises(ValueError, match="unit trace"):
        replace(result, states=states).populations()
