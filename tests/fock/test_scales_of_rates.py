"""Steps, errors and splittings are in proportion to the rates, in whatever unit these are."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse

import thermalent as te
from thermalent.fock import cost, evolution, plans
from thermalent.fock.problem import problem
from thermalent.fock.rates import _all
from thermalent.fock.splittings import with_enlarged_splittings
from thermalent.solution.tasks import EvolutionTask, Piece

EPS = float(np.finfo(float).eps)


@pytest.mark.parametrize("unit", [1.0, 1e3, 1e-3])
def test_small_splittings_become_a_ten_thousandth_of_the_largest_rate(unit):
    network = te.Network(
        nodes=tuple(te.Qubit(name=name) for name in "abc"),
        exchange=unit * np.diag([0.3, 0.3 + 2e-8, 0.3 + 6e-8]),
        decay=unit * np.ones((3, 3)),
    )
    found = with_enlarged_splittings(network)
    apart = np.diff(np.diag(found.exchange).real) / unit
    np.testing.assert_allclose(apart, [1e-4, 2e-4], rtol=1e-6)
    assert with_enlarged_splittings(te.cooperative(2, unit)) is None


@pytest.mark.parametrize("unit", [1.0, 1e3, 1e-3])
def test_errors_of_rates_are_roundings_of_the_generator_times_their_condition(unit):
    """Of an eigenvalue a, whose left and right vectors include an angle."""
    turned = np.array([[-1.0, 5.0, 0.0], [0.0, -2.0, 0.0], [0.0, 0.0, -3.0]])
    values, errors = _all(sparse.csr_array(unit * turned), 8.0 * unit)
    order = np.argsort(-values.real)
    np.testing.assert_allclose(values[order], unit * np.array([-1, -2, -3]), rtol=1e-14)
    condition = np.array([np.sqrt(26), np.sqrt(26), 1.0])
    ratio = errors[order] / (8 * EPS * unit * condition)
    assert np.all((ratio >= 1 - 1e-9) & (ratio < 2))


def test_steps_in_blocks_leave_a_tenth_of_the_tolerance_and_tell_where_they_end(monkeypatch):
    shares, told, ends = [], [], []

    def in_blocks(blocks, start, dimension, times, share, report, original=evolution._in_blocks):
        shares.append(share)
        return original(blocks, start, dimension, times, share, report)

    def steps(*given, original=evolution.krylov_steps, **how):
        for step in original(*given, **how):
            ends.append(step.end)
            yield step

    monkeypatch.setattr(evolution, "_in_blocks", in_blocks)
    monkeypatch.setattr(evolution, "krylov_steps", steps)
    monkeypatch.setattr(cost, "_LARGE", 0.0)
    monkeypatch.setattr(cost, "_PER_GROUP", 0.0)
    network = te.dual_rail(2, 1.0)
    for last in (0.5, 80.0):
        task = EvolutionTask(
            pieces=(Piece(network),), times=np.array([last]), initial="0000", source="empty"
        )
        evolution._run([problem(network, "auto")], (), task, 1e-6, told.append)
    assert shares == pytest.approx([1e-7 / 0.5, 1e-7 / 80.0])
    assert len(ends) > 2
    assert [words.rpartition(" = ")[2] for words in told] == [f"{end:g}" for end in ends]


def test_products_are_counted_by_the_fastest_network_and_its_highest_level():
    """The sum of all decay, and n kappa from and to the highest of n levels; at least one."""
    slow, fast = te.thermal_link(0.2, 0.3), te.thermal_link(0.2, 0.9)
    for pieces, kappa in (([slow], 0.3), ([slow, fast], 0.9), ([fast, slow], 0.9)):
        for last, least in ((50.0, 0.0), (1e-4, 1.0)):
            task = EvolutionTask(
                pieces=tuple(Piece(network, last / len(pieces)) for network in pieces),
                times=np.array([last]),
                initial="00",
                source="stationary",
            )
            plan = te.Fock(cutoff=9).plan(task)
            network = fast if kappa == 0.9 else slow
            rate = np.abs(network.decay).sum() + 2 * 9 * sum(network.mode_rates(0))
            assert plan.products == pytest.approx(max(least, rate * last))


@pytest.mark.parametrize(
    ("solver", "direct", "remedy"),
    [
        ("direct", 0.0, "iterations. The rates span too many orders of magnitude"),
        ("iterative", 0.0, "iterations. Use solver='direct' (about "),
        ("iterative", np.inf, "Use a smaller cutoff, or a larger tolerance, and solver='direct'."),
    ],
)
def test_a_solver_that_stops_early_names_the_one_that_may_not(solver, direct, remedy):
    cost = SimpleNamespace(direct=direct)
    relaxed = SimpleNamespace(solver=solver, residual=1e-3, iterations=7, cost=cost)
    message = plans._not_solved(SimpleNamespace(limit=8e9), relaxed)
    assert message.startswith(f"The {solver} solver stopped at a relative residual of 1.0e-03")
    assert remedy in message
