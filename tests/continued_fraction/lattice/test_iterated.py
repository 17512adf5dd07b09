"""Steady states that are iterated, against the fraction."""

import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest

import thermalent as te
from thermalent.continued_fraction import many_emitters
from thermalent.continued_fraction.lattice import iterated
from thermalent.continued_fraction.lattice.iterated import iterated_steady_state
from thermalent.continued_fraction.lattice.krylov import Ground, LatticeGenerator
from thermalent.continued_fraction.lattice.lattice import hierarchy_operators
from thermalent.continued_fraction.lattice.minimal_residual import Solution
from thermalent.support import memory_limit

NETWORKS = {
    "resonant": te.thermal_link(10.0, 0.1, qubits=3),
    "detuned": te.thermal_link(3.0, 0.3, qubits=3, detuning=(0.2, -0.1, 0.4), loss=0.1),
    "dephased": te.thermal_link(8.0, 0.05, dephasing=(1e-3, 0.02)),
    "both ways": te.phononic_link(5.0, 0.3, wavelengths=(1, 2), detuning=(0.3, -0.2)),
    "nearly dark": te.phononic_link(4.0, 1.0, wavelengths=(1, 2), detuning=(2e-3, 0.0)),
    "cold": te.thermal_link(0.01, 2.0),
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("rtol", [1e-3, 1e-7])
def test_iterated_states_are_those_of_the_fraction(name, rtol):
    if name == "nearly dark":
        rtol = max(rtol, 1e-6)  # rounding of its slowest rate is bounded by some 1e-7
    network = NETWORKS[name]
    exact = te.steady_state(network, te.ContinuedFraction(rtol=1e-11)).state
    found = iterated_steady_state(network, rtol)
    assert found.outcome == "converged"
    true = np.max(np.abs(found.state - exact))
    assert true <= found.error <= rtol * found.scale
    assert abs(np.trace(found.state) - 1) < 1e-9


def test_a_fixed_number_of_tiers_is_the_fraction_with_as_many():
    network = NETWORKS["detuned"]
    folded = te.steady_state(network, te.ContinuedFraction(n_max=3, rtol=1e-8))
    found = iterated_steady_state(network, 1e-8, last=6)
    assert found.tiers == 6
    assert np.max(np.abs(found.state - folded.state)) < 1e-8
    assert found.error == pytest.approx(folded.error, rel=0.1)


def test_the_method_iterates_where_blocks_are_large(monkeypatch):
    network = NETWORKS["detuned"]
    asked = te.ContinuedFraction(rtol=1e-6)
    folded = te.steady_state(network, asked)
    assert "iterations" not in folded.stats
    monkeypatch.setattr(many_emitters, "FOLDED", 4)
    result = te.steady_state(network, asked)
    assert result.stats["iterations"] > 10
    assert np.max(np.abs(result.state - folded.state)) <= result.error + folded.error


def test_a_state_that_is_not_unique_is_refused_or_reached(monkeypatch):
    network = te.phononic_link(3.0, 0.2, wavelengths=(1, 2))
    folded = te.steady_state(network, initial="01").populations()["S"]
    plan = _iterated_plan(network)
    assert plan.compute().status.outcome.name == "NOT_UNIQUE"
    reached = _iterated_plan(network, initial="01")
    assert reached.compute().populations()["S"] == pytest.approx(folded, abs=1e-9)
    monkeypatch.setattr(memory_limit, "lacking", lambda needed: "it would need too much")
    with pytest.raises(te.MethodError, match="not unique, and for the one"):
        reached.compute()


def test_without_an_accuracy_the_budget_ends_the_search(monkeypatch):
    monkeypatch.setattr(iterated, "LATTICE_BUDGET", 1.0)
    result = _iterated_plan(NETWORKS["resonant"], rtol=None).compute()
    assert result.status.ok
    assert result.stats["ended_by"] == "budget"
    assert 1e-9 < result.error <= 1e-3


def test_too_few_vectors_end_with_what_is_left(monkeypatch):
    monkeypatch.setattr(iterated, "MOST_VECTORS", 20)
    result = _iterated_plan(NETWORKS["resonant"], rtol=1e-6).compute()
    assert not result.status.ok
    assert "20 vectors that are kept do not reach the accuracy" in result.status.message


def _iterated_plan(network, rtol=1e-6, initial=None):
    from thermalent.networks.symmetry import excitation_numbers
    from thermalent.solution.tasks import SteadyStateTask

    numbers = excitation_numbers(network)
    task = SteadyStateTask(network=network, initial=initial)
    settings = te.ContinuedFraction(rtol=rtol).settings
    return many_emitters.ManyEmittersPlan(task=task, settings=settings, numbers=numbers)


@pytest.mark.long
def test_seven_qubits_reduce_to_six():
    """In a cascade the last qubit changes nothing upstream: six are folded, seven iterated."""
    asked = te.ContinuedFraction(rtol=1e-3)
    seven = te.steady_state(te.thermal_link(10.0, 0.1, qubits=7), asked)
    six = te.steady_state(te.thermal_link(10.0, 0.1, qubits=6), asked)
    assert "iterations" in seven.stats
    names = [f"q{i + 1}" for i in range(6)]
    difference = np.max(np.abs(seven.reduced(*names) - six.state))
    assert difference <= 2 * seven.error + six.error


@pytest.mark.parametrize("name", NETWORKS)
def test_the_slowest_rate_is_the_smallest_singular_value(name):
    """The inverse is not normal: its powers alone missed it by factors of up to four."""
    ground = Ground(LatticeGenerator(hierarchy_operators(NETWORKS[name])))
    vacuum = iterated._vacuum(ground)
    unit = np.eye(vacuum.shape[0], dtype=vacuum.dtype)
    inverse, adjoint = (
        np.column_stack([ground.solve(column, adjoint=kind) for column in unit])
        for kind in (False, True)
    )
    assert np.max(np.abs(adjoint - inverse.conj().T)) < 1e-13 * np.max(np.abs(inverse))
    exact = 1.0 / np.linalg.norm(inverse @ vacuum.toarray(), 2)
    assert exact * (1 - 1e-9) <= iterated._slowest(ground, vacuum) < 1.01 * exact


@pytest.mark.long
@pytest.mark.parametrize(("n_th", "kappa"), [(3.0, 0.3), (10.0, 0.1)])
def test_the_announced_memory_holds_the_peak_of_the_arrays(n_th, kappa):
    """Six qubits on resonance; of eight the estimate was 2.4 times the peak of the process."""
    operators = hierarchy_operators(te.thermal_link(n_th, kappa, qubits=6))
    tracemalloc.start()
    found = iterated_steady_state(te.thermal_link(n_th, kappa, qubits=6), 1e-3)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    announced = iterated.iterated_bytes(operators.sectors, found.tiers, real=operators.real)
    assert 1.0 < announced / peak < 4.0


@pytest.mark.parametrize(
    ("network", "rtol"),
    [
        (te.thermal_link(0.04, 1.0, qubits=3), 0.1),
        (te.thermal_link(0.04, 1.0, qubits=3), 1e-2),
        (te.thermal_link(0.04, 1.0, qubits=4), 1e-3),
        (te.thermal_link(0.2, 3.0, qubits=3, detuning=(0.5, -0.2, 0.1)), 1e-2),
        (te.phononic_link(0.1, 0.5, wavelengths=(1, 2.2)), 3e-2),
    ],
)
def test_changes_that_the_iteration_explains_end_the_search(network, rtol):
    """Behind a cold source the first tiers are enough, and what changes is what was left of it."""
    exact = te.steady_state(network, te.ContinuedFraction(rtol=1e-11)).state
    found = iterated_steady_state(network, rtol)
    assert found.outcome == "converged"
    assert found.tiers < 80
    assert np.max(np.abs(found.state - exact)) <= found.error <= rtol * found.scale


def test_changes_that_the_iteration_does_not_explain_say_nothing():
    left = np.array([1e-5, 2e-5, 1e-5, 3e-5])
    assert iterated._explained(np.array([3e-5, 3e-5, 4e-5]), left) == pytest.approx(1.6e-4)
    assert iterated._explained(np.array([3.1e-5, 3e-5, 4e-5]), left) == np.inf
    assert iterated._explained(np.array([3e-5, 3e-5, 4.1e-5]), left) == np.inf


def test_a_singular_equation_has_no_state(monkeypatch):
    monkeypatch.setattr(Ground, "singular", True)
    found = iterated.iterated_steady_state(te.thermal_link(2.0, 0.5), None)
    assert found.outcome == "singular"
    assert found.state.shape == (4, 4)
    assert np.all(np.isnan(found.state))
    assert found.error == np.inf


@pytest.mark.parametrize(("left", "outcome"), [(2.4e-4, "converged"), (2.6e-4, "krylov")])
def test_what_the_iteration_leaves_is_compared_with_the_largest_element(left, outcome):
    """States that do not change, of 0.25 at most, to a thousandth of that."""
    search = object.__new__(iterated._Search)
    search.of = SimpleNamespace(covariance=np.eye(1))
    search.report, search._scale = lambda text: None, 0.25
    search.iterations, search.operations = 7, 9.0
    solution = Solution(x=np.zeros(11), error=left, iterations=3, smallest=1.0)
    search.solved = lambda depth, rtol: (np.eye(4) / 4, solution)
    found = search.found(1e-3)
    assert found.outcome == outcome
    assert left < found.error < 1.01 * left
    assert (found.unknowns, found.iterations, found.operations) == (11, 7, 9.0)
