"""Parts of the approximations that whole results hardly show, each against its equation."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.linalg import expm, null_space

import thermalent as te
from thermalent.analytic.cooperative.detuned_pair import detuned_amplitudes, mean_decay
from thermalent.analytic.cooperative.spin_weights import spin_weights
from thermalent.analytic.methods import bourret, null_vector, quasistatic
from thermalent.analytic.methods.bourret import BourretEvolutionPlan, _generator, _memory
from thermalent.analytic.methods.null_vector import (
    ChargeSpace,
    NullState,
    null_state,
    one_mode_of,
    small_enough,
)
from thermalent.solution.tasks import EvolutionTask, Piece, SteadyStateTask


def link(detuning=0.0, qubits=2, n_th=0.8):
    """A link whose source is detuned from everything else."""
    network = te.thermal_link(n_th, 0.5, qubits=qubits)
    exchange = network.exchange.copy()
    exchange[0, 0] += detuning
    return replace(network, exchange=exchange)


@pytest.mark.parametrize("detuning", [0.0, 0.7])
def test_the_steady_state_of_two_tiers_is_the_null_vector_of_their_evolution(detuning):
    network = link(detuning)
    found = te.steady_state(network, te.Bourret()).state
    whole = null_space(_generator(_memory(one_mode_of(network))).toarray(), rcond=1e-12)
    assert whole.shape == (3 * 16, 1)
    state = whole[:16, 0].reshape(4, 4)
    np.testing.assert_allclose(found, state / np.trace(state), atol=1e-12)
    if detuning:
        other = te.steady_state(link(-detuning), te.Bourret()).state
        assert np.max(np.abs(found - other)) > 1e-3


def evolution_plan(network, times):
    d = int(np.prod(network.dims))
    initial = np.zeros((d, d), dtype=complex)
    initial[0, 0] = 1.0
    task = EvolutionTask(pieces=(Piece(network),), times=np.array(times), initial=initial)
    return BourretEvolutionPlan(method=te.Bourret(), problem=one_mode_of(network), task=task)


def test_the_cost_of_an_evolution_of_two_tiers(monkeypatch):
    small = evolution_plan(link(), [1.0, 7.0]).cost
    size = 3 * 4**2
    assert small.bytes == 16 * 8 * size**2
    assert small.operations == (60 + 2 * sum(bourret._NODES)) * size**3
    monkeypatch.setattr(bourret, "_DENSE_UP_TO", 3)
    large = evolution_plan(link(), [1.0, 7.0]).cost
    assert large.bytes == 16 * 40 * size
    assert large.operations == pytest.approx(1e3 * size * np.max(np.abs(link().decay)) * 7.0)
    monkeypatch.setattr(bourret, "_DENSE_UP_TO", 4)
    assert evolution_plan(link(), [1.0, 7.0]).cost == small


@pytest.mark.parametrize("qubits", [1, 2, 3])
def test_the_cost_of_a_null_vector(qubits):
    problem = one_mode_of(link(qubits=qubits))
    numbers = np.array([int(i).bit_count() for i in range(2**qubits)])
    elements = int(np.sum(numbers[:, None] == numbers))
    assert problem.elements == elements
    assert problem.cost.bytes == 128 * elements**2 + 500 * 4**qubits + 1e6
    assert problem.cost.operations == 20 * elements**3


def test_states_are_refused_above_their_largest_number_of_elements(monkeypatch):
    problem = one_mode_of(link())
    assert problem.elements == 6
    for largest, refused in ((6, False), (5, True), (16, False)):
        monkeypatch.setattr(null_vector, "LARGEST_STATE", largest)
        assert (small_enough(problem) is not problem) == refused
    # Without charges all elements count.
    whole = replace(problem, numbers=None)
    monkeypatch.setattr(null_vector, "LARGEST_STATE", 15)
    assert "16 elements" in small_enough(whole).reason


def birth_and_death(rates):
    """Populations that move by one up or down, and their exact distribution."""
    up, down = rates
    n = len(up) + 1
    generator = np.zeros((n, n))
    for k in range(n - 1):
        generator[k + 1, k] += up[k]
        generator[k, k] -= up[k]
        generator[k, k + 1] += down[k]
        generator[k + 1, k + 1] -= down[k]
    exact = np.cumprod(np.concatenate([[1.0], np.array(up) / np.array(down)]))
    return generator, exact / exact.sum()


def diagonal_space(n):
    places = np.arange(n) * (n + 1)
    return ChargeSpace(frame=np.eye(n), zero=places, plus=places, minus=places)


def test_a_null_vector_is_refined(monkeypatch):
    generator, exact = birth_and_death(([0.3, 2.0, 0.1], [1.0, 0.5, 4.0]))
    inverse = np.linalg.inv

    def rough(matrix):
        noise = np.random.default_rng(1).normal(size=matrix.shape)
        return inverse(matrix) + 1e-5 * noise

    monkeypatch.setattr(np.linalg, "inv", rough)
    found = null_state(generator, diagonal_space(4))
    np.testing.assert_allclose(np.diag(found.state), exact, rtol=0, atol=1e-13)
    assert found.unique


def test_two_null_vectors_are_not_unique():
    apart = np.zeros((4, 4))
    apart[:2, :2] = apart[2:, 2:] = [[-1.0, 2.0], [1.0, -2.0]]
    assert not null_state(apart, diagonal_space(4)).unique
    assert not null_state(np.zeros((4, 4)), diagonal_space(4)).unique
    assert np.isnan(null_state(np.zeros((4, 4)), diagonal_space(4)).state).all()


@pytest.mark.parametrize(("g", "d", "own"), [(1.0, 0.4, 0.0), (0.5, 2.0, 0.3), (0.7, 0.7, 0.1)])
def test_a_detuned_pair_evolves_by_its_two_by_two_matrix(g, d, own):
    matrix = np.array([[-g / 2 - own / 2, -g / 2], [-g / 2, -g / 2 - own / 2 - 1j * d]])
    times = np.array([0.0, 0.3, 2.0, 9.0])
    start = np.array([0.6, 0.8j])
    exact = np.array([expm(matrix * t) @ start for t in times])
    found = detuned_amplitudes(times, g, d, individual_decay=own, start=start)
    np.testing.assert_allclose(found, exact, rtol=0, atol=1e-13)


def test_the_mean_of_a_decay():
    x = np.array([0.0, 1e-9, 0.5, 40.0])
    exact = [1.0, 1 - 5e-10, 2 * (1 - np.exp(-0.5)), (1 - np.exp(-40.0)) / 40]
    assert mean_decay(x) == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("qubits", [1, 2, 3, 4])
def test_there_are_as_many_weights_as_spins(qubits):
    weights = spin_weights(np.eye(2**qubits) / 2**qubits).weights
    assert len(weights) == qubits // 2 + 1
    assert weights.sum() == pytest.approx(1.0)
    spins = qubits / 2 - np.arange(len(weights))
    # Casimir: S(S + 1) of the mixed state is 3/4 for each qubit.
    assert weights @ (spins * (spins + 1)) == pytest.approx(0.75 * qubits)


def test_what_is_no_truth_value_is_named():
    with pytest.raises(ValueError, match="averaged"):
        te.AmplitudeFluctuations(averaged=1)


def test_a_start_is_refused_where_there_is_none():
    refused = te.Bourret().plan(SteadyStateTask(network=link(), initial="00"))
    assert not hasattr(refused, "compute")


class Interrupted:
    """A field of variance one; weaker than 0.03 of it the emitters have no unique state."""

    variance = 1.0

    def stationary(self, u):
        excited = 1 / (1 + u**2)
        unique = u**2 > self.lowest
        return NullState(np.diag([excited, 1 - excited]), 1.0 if unique else np.inf)

    def phase_average(self, state):
        return state

    def __init__(self, lowest):
        self.lowest = lowest


def test_amplitudes_without_a_unique_state_are_left_out_and_counted_as_an_error():
    lost = 1 - np.exp(-0.03)
    found = quasistatic._average(Interrupted(0.03), 0.1)
    assert found.unique
    assert np.trace(found.state) == pytest.approx(1.0, rel=1e-14)
    excited = quad(lambda x: np.exp(-x) / (1 + x), 0.03, np.inf)[0] / (1 - lost)
    assert abs(found.state[0, 0] - excited) < found.error
    assert 0.5 * lost < found.error < 0.1
    # Where little else is allowed, what is left out is nearly all of the error.
    assert 0.9 * lost < quasistatic._average(Interrupted(0.03), 1.05 * lost).error <= 1.05 * lost
    missing = quasistatic._average(Interrupted(0.2), 0.1)
    assert not missing.unique
    assert missing.error == np.inf
    assert np.isnan(missing.state).all()
