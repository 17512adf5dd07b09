"""Tier zero inverted by iteration: against its factors, exact states, and what it must refuse."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import thermalent as te
from tests.support.long_ones import ordinary_and_long
from thermalent.continued_fraction.lattice import broadband_iteration, solve
from thermalent.continued_fraction.lattice.broadband_iteration import UnsolvedError
from thermalent.continued_fraction.lattice.krylov import Ground, LatticeGenerator
from thermalent.continued_fraction.lattice.lattice import hierarchy_operators, sectors
from thermalent.solution.result import Outcome
from thermalent.support import memory_limit

LADDER = (0.0, 0.3, 0.6)
NETWORKS = {
    "two pairs": te.dual_rail(2, 1.0, bandwidth=5.0),
    "detuned, dephased": te.dual_rail(
        2, 0.8, bandwidth=5.0, detuning=(0.0, 0.4), permutation="reverse", dephasing=0.05
    ),
    "lossy, strong": te.dual_rail(2, 1.4, bandwidths=(20.0, 30.0), loss=0.2),
    "two filters": te.thermal_link(0.3, 0.7, filters=2, qubits=3),
}


@pytest.fixture
def iterated(monkeypatch):
    """Every tier zero is iterated, and no lattice is eliminated instead."""
    monkeypatch.setattr(solve, "MOST_FACTORISED", 0)
    monkeypatch.setattr(solve, "_ALWAYS_ELIMINATED", 0.0)


@pytest.mark.parametrize("name", NETWORKS)
def test_it_is_the_inverse_that_the_factors_give(name, rng):
    generator = LatticeGenerator(hierarchy_operators(NETWORKS[name]))
    factorised, iterates = Ground(generator), Ground(generator, iterates=True)
    # A Hermitian right-hand side of whatever trace, symmetric where everything is real.
    x = factorised.solve(factorised.target)
    b = x * rng.uniform(0.5, 1.5) + 0.3 * factorised.solve(x)
    exact, found = factorised.solve(b), iterates.solve(b)
    # Two digits are asked for, relative to the first guess.
    guess = iterates.iteration._triangle.solve(b)
    assert np.linalg.norm(found - exact) <= broadband_iteration._ENOUGH * np.linalg.norm(guess)
    assert np.linalg.norm(iterates.start - x) < 1e-4 * np.linalg.norm(x)
    assert not iterates.singular
    assert np.array_equal(iterates.solve(0 * b), 0 * b)
    assert iterates.factorising == 0.0 < factorised.factorising


@pytest.mark.parametrize("name", NETWORKS)
def test_states_and_their_errors_do_not_depend_on_it(name, iterated):
    network = NETWORKS[name]
    exact = te.steady_state(network, te.ContinuedFraction(rtol=1e-5))
    for rtol in (1e-2, 1e-3):
        found = solve.lattice_steady_state(network, rtol)
        assert found.outcome == "converged"
        true = np.max(np.abs(found.state - exact.state))
        assert true <= found.error <= rtol * np.max(np.abs(found.state))


def test_one_pair_is_that_of_number_states(iterated):
    network = te.dual_rail(1, 0.3, bandwidth=3.0, detuning=0.2)
    found = te.steady_state(network, te.ContinuedFraction(rtol=1e-6))
    fock = te.steady_state(network, te.Fock(cutoff=6))
    assert np.max(np.abs(found.state - fock.state)) <= found.error + fock.error < 1e-5


@pytest.mark.parametrize("pairs", ordinary_and_long((3, 4), (4,)))
def test_many_pairs_are_those_of_the_factors(pairs, monkeypatch):
    network = te.dual_rail(pairs, 1.0, bandwidth=20.0, dephasing=0.01)
    exact = te.steady_state(network, te.ContinuedFraction(rtol=1e-2 if pairs == 4 else 1e-3))
    monkeypatch.setattr(solve, "MOST_FACTORISED", 0)
    found = te.steady_state(network, te.ContinuedFraction(rtol=1e-2))
    # The same tiers where both ask for the same; what is left is what the iterations leave.
    assert np.max(np.abs(found.state - exact.state)) <= found.error
    assert found.error <= 1e-2 * np.max(np.abs(found.state))


def test_a_second_stationary_state_is_noticed(iterated):
    network = te.dual_rail(2, 1.0, bandwidth=5.0)
    exchange, decay = network.exchange.copy(), network.decay.copy()
    for matrix in (exchange, decay):
        matrix[4:, :] = 0
        matrix[:, 4:] = 0
    idle = te.Network(nodes=network.nodes, exchange=exchange, decay=decay, pumping=network.pumping)
    with pytest.raises(te.SolveError, match="not unique"):
        te.steady_state(idle, te.ContinuedFraction(rtol=1e-3))
    # What relaxes slowly is still one state.
    slow = te.dual_rail(2, 1.0, bandwidth=5.0, detuning=(0.0, 0.0), intrinsic_decay=1e-4)
    assert not Ground(LatticeGenerator(hierarchy_operators(slow)), iterates=True).singular


def test_too_few_vectors_end_in_an_error_and_not_in_a_state(iterated, monkeypatch):
    monkeypatch.setattr(broadband_iteration, "VECTORS_OF_TIER_ZERO", 6)
    network = NETWORKS["two pairs"]
    tier0 = Ground(LatticeGenerator(hierarchy_operators(network)), iterates=True)
    with pytest.raises(UnsolvedError):
        tier0.solve(tier0.target)
    monkeypatch.setattr(solve, "_MOST_WORK", 0.0)  # too large to be eliminated
    with pytest.raises(te.SolveError, match="did not converge") as caught:
        te.steady_state(network, te.ContinuedFraction(rtol=1e-3))
    assert caught.value.result.status.outcome is Outcome.NOT_CONVERGED


def test_the_memory_of_many_emitters_is_that_of_vectors(monkeypatch):
    """Five pairs, whose factors would take 549 GB."""
    elements = sectors(te.dual_rail(5, 1.0, bandwidth=20.0))
    zero = elements.sector(0).stop - elements.sector(0).start
    assert zero == 184_756
    assert 16.0 * zero**2 > 5e11
    assert solve.lattice_memory(elements, solve.FIRST_TIER) < 1.2e10
    # Operators that are made already take no more memory.
    made = solve.lattice_memory(elements, 4, real=True, operators=False)
    assert made < solve.lattice_memory(elements, 4, real=True) - 4e9
    # Smaller ones are factorised as before.
    four = sectors(te.dual_rail(4, 1.0, bandwidth=20.0))
    assert solve.lattice_memory(four, 2) == solve.lattice_memory(four, 2, operators=False) > 2.6e9
    monkeypatch.setattr(memory_limit, "available", lambda: int(1e9))
    assert "hierarchy would need" in solve.lattice_refusal(te.dual_rail(4, 1.0, bandwidth=20.0))


@pytest.mark.parametrize("unit", [1.0, 1e-3, 1e3])
def test_two_starts_are_compared_to_six_digits_in_any_unit_of_rates(monkeypatch, unit):
    """Of a state of trace one, for which the ground state is the first guess."""
    asked, exact = [], broadband_iteration.minimal_residual

    def noted(act, divide, b, start, error, **given):
        asked.append((error, np.linalg.norm(divide(b)), np.any(start), given["slowest"]))
        return exact(act, divide, b, start, error, **given)

    generator = LatticeGenerator(hierarchy_operators(NETWORKS["two pairs"]))
    plain = Ground(generator, iterates=True).iteration
    iteration = replace(plain, matrix=unit * plain.matrix, vacuum=unit * plain.vacuum)
    monkeypatch.setattr(broadband_iteration, "minimal_residual", noted)
    assert not iteration.singular
    assert asked == [(1e-6, 1.0, False, np.inf), (1e-6, 1.0, True, np.inf)]


def test_an_iterated_tier_zero_is_singular_where_its_iteration_says_so():
    tier0 = Ground(LatticeGenerator(hierarchy_operators(NETWORKS["two pairs"])), iterates=True)
    tier0.__dict__["factors"] = []
    for singular in (True, False):
        tier0.__dict__["iteration"] = SimpleNamespace(singular=singular)
        assert tier0.singular is singular
