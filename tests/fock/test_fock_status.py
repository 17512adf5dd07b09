"""What the Fock method says when it fails, and what it did when it did not."""

import numpy as np
import pytest

import thermalent as te
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.fock.method import Fock
from thermalent.networks.nodes import SIGMA_MINUS
from thermalent.solution.result import Outcome

PUMP = SIGMA_MINUS.T.copy()
COMMON = te.Network(
    nodes=(te.Mode(bath_rate=1.0, n_th=0.5), te.Qubit(name="a"), te.Qubit(name="b")),
    exchange=np.zeros((3, 3)),
    decay=np.ones((3, 3)),
)
ISOLATED = te.thermal_link(n_th=1.0, kappa=0.2, gamma=(1.0, 0.0))
UNTOUCHED = te.Network(
    nodes=(te.Qubit(name="a"), te.Qubit(name="b")),
    exchange=np.array([[0.1, 0.2j], [-0.2j, 0.0]]),
    decay=np.zeros((2, 2)),
)


def distance(a, b):
    return float(np.max(np.abs(a.state - b.state)))


@pytest.mark.parametrize("solver", ["direct", "iterative"])
@pytest.mark.parametrize("network", [COMMON, ISOLATED, UNTOUCHED], ids=["dark", "cut", "closed"])
def test_several_steady_states_are_noticed(network, solver):
    result = Fock(solver=solver).steady_state(network)
    assert result.status.outcome is Outcome.NOT_UNIQUE
    assert "Break the symmetry" in result.status.message
    assert ("te.ContinuedFraction()" in result.status.message) == bool(network.modes)
    assert result.error > 0.1


@pytest.mark.parametrize("solver", ["direct", "iterative"])
def test_a_small_detuning_makes_the_steady_state_unique(solver):
    """Detuned by delta, the dark state of the common reservoir leaks out at a rate ~ delta^2."""
    network = te.Network(nodes=COMMON.nodes, exchange=np.diag([0, 0.01, -0.01]), decay=COMMON.decay)
    found = Fock(solver=solver, tolerance=1e-7).steady_state(network)
    expected = ContinuedFraction(rtol=1e-12).steady_state(network)
    assert found.status.ok
    assert distance(found, expected) <= found.error + expected.error


@pytest.mark.parametrize("gamma", [1e-6, 1e-9])
@pytest.mark.parametrize("solver", ["direct", "iterative"])
def test_solver_error_bounds_that_of_an_ill_conditioned_network(gamma, solver):
    """A qubit that relaxes in 1/gamma: residuals at rounding still leave rounding/gamma."""
    network = te.thermal_link(n_th=1.0, kappa=0.1, gamma=(1.0, gamma))
    found = Fock(solver=solver, tolerance=1e-9).steady_state(network)
    expected = ContinuedFraction(rtol=1e-12).steady_state(network)
    assert distance(found, expected) <= found.error + expected.error
    if gamma == 1e-9:
        assert found.status.outcome is Outcome.INACCURATE
        assert "is below what double precision can give" in found.status.message
        assert ("Use solver='direct'" in found.status.message) == (solver == "iterative")


@pytest.mark.parametrize(
    "network",
    [
        te.thermal_link(1.05e-5, 1.0, dephasing=(0.5, 0.0)),
        te.thermal_link(2e-5, 0.15, dephasing=0.3),
        te.thermal_link(1e-8, 0.02, dephasing=(0.3, 0.5), loss=0.1),
    ],
)
@pytest.mark.parametrize("solver", ["direct", "iterative"])
def test_cold_sources_beside_fast_dephasing_are_solved(network, solver):
    result = te.steady_state(network, Fock(solver=solver))
    reference = ContinuedFraction().steady_state(network)
    assert distance(result, reference) <= result.error + reference.error
    assert result.error < 1e-12


def test_iteration_that_stops_short_says_so(monkeypatch):
    monkeypatch.setattr("thermalent.fock.solvers._RESTARTS", 1)
    monkeypatch.setattr("thermalent.fock.stationary._PASSES", 1)
    network = te.thermal_link(n_th=5.0, kappa=0.5, detuning=0.1)
    result = Fock(cutoff=40, solver="iterative").steady_state(network)
    assert result.status.outcome is Outcome.NOT_CONVERGED
    assert "Use solver='direct' (about" in result.status.message
    assert result.stats["residual"] > 1e-13


def test_cutoff_that_would_not_fit_says_so(monkeypatch):
    """The cavity of an inverted qubit needs more than the first cutoff, and memory is short."""
    monkeypatch.setattr("thermalent.support.memory_limit.available", lambda: 20_000)
    network = te.Network(
        nodes=(
            te.Mode(name="cavity"),
            te.Qudit(name="q", lower=SIGMA_MINUS, local_jumps=(np.sqrt(5.0) * PUMP,)),
        ),
        exchange=np.array([[0, 1.0], [1.0, 0]]),
        decay=np.diag([0.1, 0.2]),
    )
    result = Fock().steady_state(network)
    assert result.status.outcome is Outcome.NOT_CONVERGED
    assert "above the limit of 20 kB" in result.status.message
    assert "Ask for a larger tolerance" in result.status.message


def test_stats_say_what_was_done():
    stats = Fock(cutoff=10).steady_state(te.thermal_link(n_th=1.0, kappa=0.2)).stats
    assert stats["cutoff"] == 10
    assert stats["solver"] == "direct"
    assert stats["dimension"] < stats["nonzeros"] < stats["dimension"] ** 2
    assert 0 <= stats["residual"] < 1e-13
    assert stats["iterations"] >= 2
    assert stats["memory"] > 12 * stats["nonzeros"]
    assert 0 < stats["seconds"] < 60
