"""Hierarchies of several modes: what a budget of work and the memory afford."""

import numpy as np
import pytest

import thermalent as te
from thermalent.continued_fraction.lattice import lattice as lattice_module
from thermalent.continued_fraction.lattice import solve
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.support import memory_limit


def test_too_many_levels_are_refused_with_the_memory_they_would_take(monkeypatch):
    monkeypatch.setattr(memory_limit, "available", lambda: int(1e9))
    with pytest.raises(te.MethodError, match=r"GB of memory for its 256 emitter levels"):
        te.steady_state(te.dual_rail(4, 1.0, bandwidth=5.0), ContinuedFraction())


TWO_PAIRS = {"pairs": 2, "squeezing": 1.0, "bandwidth": 3.0}


def test_the_default_returns_what_a_budget_affords(monkeypatch):
    """Whatever the budget, the stated error holds; the same budget gives the same bits."""
    network = te.dual_rail(**TWO_PAIRS)
    exact = te.steady_state(network, ContinuedFraction(rtol=1e-6))
    errors = []
    for budget in (3e7, 1e8, 3e8):
        monkeypatch.setattr(solve, "LATTICE_BUDGET", budget)
        found = te.steady_state(network)
        if budget == 3e7:
            np.testing.assert_array_equal(found.state, te.steady_state(network).state)
        assert found.stats["ended_by"] == "budget"
        # Iterations are foreseen from those of the lattice before; the first two digits may take
        # ten times the budget, which is what the smallest one here needs.
        assert found.stats["operations"] <= (10 if budget == 3e7 else 2) * budget
        distance = np.max(np.abs(found.state - exact.state))
        # The error of the lattice before the last: too large by what one more step gains.
        assert distance <= found.error + exact.error <= 30 * distance
        errors.append(float(found.error))
    assert errors == sorted(errors, reverse=True)
    assert errors[0] < 1e-2


def test_the_default_refuses_only_what_gives_no_two_digits(monkeypatch):
    monkeypatch.setattr(solve, "LATTICE_BUDGET", 1e5)
    with pytest.raises(te.SolveError, match=r"Not even two digits are affordable.*operations"):
        te.steady_state(te.dual_rail(**TWO_PAIRS))


def test_an_rtol_that_is_asked_for_knows_no_budget(monkeypatch):
    monkeypatch.setattr(solve, "LATTICE_BUDGET", 1.0)
    found = te.steady_state(te.dual_rail(**TWO_PAIRS), ContinuedFraction(rtol=1e-4))
    assert found.stats["ended_by"] == "converged"
    assert found.error <= 1e-4 * np.max(np.abs(found.state))


def test_the_default_is_nine_digits_where_they_are_cheap():
    found = te.steady_state(te.dual_rail(pairs=1, squeezing=1.0, bandwidth=3.0))
    assert found.stats["ended_by"] == "converged"
    assert found.error <= 1e-9 * np.max(np.abs(found.state))


def test_errors_have_a_floor_of_rounding():
    """Two lattices share their rounding: their difference alone can be far below it."""
    network = te.dual_rail(pairs=1, squeezing=1e-4, bandwidth=3.0)
    assert te.steady_state(network).error >= np.finfo(float).eps


def test_memory_of_many_emitters_is_told_without_their_elements(monkeypatch):
    def sorted_elements(numbers):
        raise AssertionError("the elements of 4096 levels were sorted")

    monkeypatch.setattr(lattice_module, "element_charges", sorted_elements)
    with pytest.raises(te.MethodError, match="for the tiers of its 4096 emitter levels"):
        te.steady_state(te.thermal_link(1.0, 0.5, qubits=12), te.ContinuedFraction())
