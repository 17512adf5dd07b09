"""How many levels a mode gets, what that costs, and what a cutoff is said to leave out."""

import re
import tracemalloc

import numpy as np
import pytest

import thermalent as te
from tests.support.long_ones import ordinary_and_long
from thermalent.fock.cost import MEMORY_LIMIT, solve_cost
from thermalent.fock.lindbladian import lindbladian
from thermalent.fock.problem import problem
from thermalent.fock.solvers import Direct
from thermalent.fock.space import emitter_numbers, space
from thermalent.fock.stationary import stationary
from thermalent.fock.truncation import (
    Truncation,
    _measured_ratio,
    coarser,
    finer,
    first_cutoffs,
    occupations,
    truncation,
)
from thermalent.networks.nodes import SIGMA_MINUS
from thermalent.support import memory_limit


def coupled_modes(absorption=0.0):
    """Two modes that exchange quanta and share a decay, one of them hot; a qubit of its own."""
    collective = np.array([[1.0, 0.6j, 0], [-0.6j, 1.2, 0], [0, 0, 1]])
    return te.Network(
        nodes=(
            te.Mode(name="hot", bath_rate=0.5, n_th=0.6),
            te.Mode(name="cold"),
            te.Qubit(name="q"),
        ),
        exchange=np.array([[0.2, 0.5 - 0.1j, 0], [0.5 + 0.1j, -0.1, 0], [0, 0, 0]]),
        decay=collective,
        absorption=absorption * np.array([[1, 0.8j, 0], [-0.8j, 1, 0], [0, 0, 0]]),
    )


def test_occupation_of_one_mode():
    net = te.thermal_link(n_th=7.0, kappa=0.3)
    assert occupations(net) == pytest.approx([3.5], rel=1e-14)


@pytest.mark.parametrize("absorption", ordinary_and_long([0.0, 0.1], [0.0]))
def test_occupations_of_coupled_modes_are_those_of_their_master_equation(absorption):
    net = coupled_modes(absorption)
    kept = space(net, (18, 16), emitter_numbers(net))
    generator = lindbladian(net, kept)
    x = stationary(generator, Direct(generator), kept.product([0.2, 0.1], np.eye(2)[0])).x
    found = [p @ np.arange(len(p)) for p in kept.mode_populations(x)]
    left_out = max(18 * p[-1] for p in kept.mode_populations(x))
    assert left_out < 1e-7
    np.testing.assert_allclose(found, occupations(net), rtol=0, atol=20 * left_out)


def test_modes_without_a_steady_state_have_no_occupation():
    net = coupled_modes()
    unstable = te.Network(
        nodes=net.nodes,
        exchange=net.exchange,
        decay=np.eye(3),
        absorption=0.9 * np.array([[1, 1, 0], [1, 1, 0], [0, 0, 0]]),
    )
    assert occupations(unstable) is None
    undamped = te.Network(
        nodes=(te.Mode(name="a"), te.Mode(name="b"), te.Qubit(name="q")),
        exchange=np.zeros((3, 3)),
        decay=np.ones((3, 3)),
    )
    assert occupations(undamped) is None


def test_first_cutoffs_leave_less_than_the_tolerance():
    ratios, tolerance = (0.0, 0.3, 0.99), 1e-7
    cutoffs = first_cutoffs(ratios, tolerance)
    assert sum(q**n for q, n in zip(ratios, cutoffs, strict=True)) < tolerance
    assert all(q ** (n - 2) > tolerance / 200 for q, n in zip(ratios[1:], cutoffs[1:], strict=True))
    assert first_cutoffs((), tolerance) == ()


def test_coarser_cutoffs_err_more():
    assert coarser((100, 5), (0.9, 0.0)) == (100 - 33, 4)  # 0.9^33 = 1/32
    assert coarser((2,), (0.99,)) == (1,)


def test_truncation_of_a_geometric_error():
    """|error_N| = q^N with a thermal tail: the bound is ten times the error."""
    q, fine, coarse = 0.8, 40, 30
    p = (1 - q) * q ** np.arange(fine)
    found = truncation(
        difference=q**coarse - q**fine, populations=[p], coarse=(coarse,), ratios=(q,)
    )
    assert found.bound == pytest.approx(10 * q**fine, rel=1e-12)
    assert found.tails[0] == pytest.approx(q**fine, rel=1e-12)
    # Where both cutoffs happen to agree, the tail remains.
    found = truncation(difference=0.0, populations=[p], coarse=(coarse,), ratios=(q,))
    assert found.bound == pytest.approx(5 * q**fine, rel=1e-12)


def test_truncation_knows_populations_that_do_not_fall():
    p = np.full(10, 0.1)
    found = truncation(difference=1e-6, populations=[p], coarse=(8,), ratios=(0.1,))
    assert found.bound == 1.0
    assert found.ratios[0] >= 1
    assert finer((10,), found, 1e-9) == (20,)


def test_a_mode_that_keeps_its_levels_has_no_part_in_the_difference():
    q = (0.5, 0.03)
    p = [(1 - r) * r ** np.arange(n) for r, n in zip(q, (20, 6), strict=True)]
    found = truncation(difference=1e-4, populations=p, coarse=(15, 6), ratios=q)
    assert found.ratios == pytest.approx(q, rel=1e-12)
    assert found.bound == pytest.approx(10 * 1e-4 * 2**-5 / (1 - 2**-5), rel=1e-12)


@pytest.mark.parametrize("levels", [19, 20])
def test_even_and_odd_levels_that_fall_by_pairs(levels):
    """p = 0.6^n on even levels, a thousandth on odd ones: either may be the last."""
    p = 0.6 ** np.arange(levels) * np.where(np.arange(levels) % 2, 1e-3, 1.0)
    found = truncation(
        difference=0.0, populations=[p], coarse=(levels - 3,), ratios=(0.1,), pairs=True
    )
    assert found.ratios[0] == pytest.approx(0.6, rel=1e-12)
    beyond = 0.6 ** np.arange(levels, 200) * np.where(np.arange(levels, 200) % 2, 1e-3, 1.0)
    assert beyond.sum() < found.tails[0] < 10 * beyond.sum()


def test_finer_raises_the_mode_that_limits():
    found = Truncation(bound=1e-6, ratios=(0.5, 0.5), tails=(1e-7, 1e-12))
    assert finer((20, 20), found, 1e-9) == (20 + 11, 20)  # 2^10 = 1024
    found = Truncation(bound=1e-6, ratios=(0.5, 0.0), tails=(0.0, 0.0))
    assert finer((20, 6), found, 1e-9) == (31, 7)


NETWORKS = {
    "link": (te.thermal_link(n_th=5, kappa=0.1, detuning=0.1), (60,)),
    "three qubits": (te.thermal_link(n_th=5, kappa=0.1, detuning=0.1, qubits=3), (30,)),
    "two modes": (coupled_modes(), (9, 7)),
    "no mode": (
        te.Network(
            nodes=tuple(te.Qubit(name=f"q{i}") for i in range(3)),
            exchange=np.zeros((3, 3)),
            decay=np.ones((3, 3)) + np.eye(3),
        ),
        (),
    ),
    "coherent drive": (
        te.Network(
            nodes=(
                te.Mode(name="s", bath_rate=1.0, n_th=1.0),
                te.Qudit(name="q", lower=SIGMA_MINUS, local_hamiltonian=np.ones((2, 2))),
            ),
            exchange=np.array([[0, 1], [1, 0]]),
            decay=np.eye(2),
        ),
        (20,),
    ),
    "jump by three": (
        te.Network(
            nodes=(
                te.Mode(name="s", bath_rate=1.0, n_th=1.0),
                te.Qudit(name="q", lower=np.eye(4, k=1), local_jumps=(np.eye(4, k=-3) * 0.5,)),
            ),
            exchange=np.array([[0, 1], [1, 0]]),
            decay=np.eye(2),
        ),
        (30,),
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_cost_bounds_the_factors_and_counts_the_elements(name):
    net, cutoffs = NETWORKS[name]
    numbers = emitter_numbers(net)
    kept = space(net, cutoffs, numbers)
    expected = solve_cost(net, cutoffs, numbers)
    assert expected.elements == pytest.approx(kept.elements, rel=1e-12)
    generator = lindbladian(net, kept)
    entries = Direct(generator).entries
    # A value of 8 bytes and an index of 4 are the least that an entry takes.
    assert 12 * (entries + generator.matrix.nnz) < expected.direct
    # 2.4 to 7.5 times as much was measured: the fill of the factors is estimated from above.
    assert expected.direct < 10 * 12 * (entries + generator.matrix.nnz)


@pytest.mark.parametrize("name", ["link", "three qubits", "two modes", "coherent drive"])
def test_cost_bounds_the_memory_of_the_build(name):
    net, cutoffs = NETWORKS[name]
    numbers = emitter_numbers(net)
    tracemalloc.start()
    lindbladian(net, space(net, cutoffs, numbers))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    expected = solve_cost(net, cutoffs, numbers).iterative
    assert peak < expected < 3 * peak  # 1.9 to 2.3 measured


def test_two_levels_show_their_own_ratio():
    """Where no level of equal parity is below the last one, it is compared with the first."""
    assert _measured_ratio(np.array([0.8, 0.2]), 1) == 0.25
    assert _measured_ratio(np.array([1.0]), 1) == np.inf  # one level says nothing
    assert _measured_ratio(np.array([0.5, 0.3, 0.02, 0.012]), 2) == pytest.approx(0.2, rel=1e-12)


def test_equal_groups_are_assumed_only_where_they_are_many():
    net = te.thermal_link(n_th=5, kappa=0.1)
    numbers = emitter_numbers(net)
    below, above = solve_cost(net, (99_000,), numbers), solve_cost(net, (101_000,), numbers)
    assert above.elements / below.elements == pytest.approx(101 / 99, rel=1e-3)
    assert above.direct / below.direct == pytest.approx(101 / 99, rel=1e-3)


@pytest.mark.parametrize("solver", ["direct", "iterative", "auto"])
def test_refusal_names_what_would_fit(solver):
    net = te.thermal_link(n_th=1e5, kappa=1e-3)
    method = te.Fock(solver=solver)
    message = method.refusal(net)
    fits = int(re.search(r"; the largest cutoff that fits, (\d+), would leave", message)[1])
    asked = problem(net, solver)
    assert asked.too_large((fits,)) is None
    assert asked.too_large((int(1.01 * fits),)) is not None
    assert "te.ContinuedFraction() needs no cutoff" in message
    with pytest.raises(te.MethodError, match=r"Fock does not apply .* GB with the .* solver"):
        method.steady_state(net)


def test_refusal_is_quick_at_any_temperature():
    """A cutoff of 1e8 must not be tried out: its list of groups alone would take a gigabyte."""
    assert "TB" in te.Fock().refusal(te.thermal_link(n_th=1e7, kappa=1e-3))


def test_refusal_offers_the_iterative_solver_where_only_that_fits():
    net = te.thermal_link(n_th=2.0, kappa=0.1, qubits=6)
    asked = te.Fock(solver="direct", cutoff=60)
    assert "so would solver='iterative'" in asked.refusal(net)
    assert te.Fock(solver="iterative", cutoff=60).refusal(net) is None
    assert te.Fock(cutoff=60).refusal(net) is None


def test_limit_is_what_is_free_if_that_is_less(monkeypatch):
    asked = problem(te.thermal_link(n_th=1.0, kappa=0.1), "auto")
    assert asked.limit <= MEMORY_LIMIT
    monkeypatch.setattr("thermalent.support.memory_limit.available", lambda: 1000)
    assert asked.limit == 1000
    assert "no cutoff would fit" in asked.too_large((30,))


def test_modes_without_a_steady_state_are_refused():
    net = te.Network(
        nodes=(te.Mode(name="a"), te.Mode(name="b"), te.Qubit(name="q")),
        exchange=np.zeros((3, 3)),
        decay=np.ones((3, 3)),
    )
    assert "do not lose energy faster" in te.Fock().refusal(net)
    with pytest.raises(te.MethodError, match=r"Fock does not apply .* every combination of modes"):
        te.Fock().steady_state(net)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cutoff": 1}, r"Argument `cutoff` must be an integer of at least 2, but is 1\."),
        ({"cutoff": 2.5}, r"Argument `cutoff` must be an integer"),
        ({"tolerance": 0.0}, r"Argument `tolerance` must be a number in \[1e-13, 0\.1\]"),
        ({"solver": "fast"}, r"Argument `solver` must be one of \['auto', 'direct', 'iterative'\]"),
    ],
)
def test_arguments_are_checked(arguments, message):
    with pytest.raises(ValueError, match=message):
        te.Fock(**arguments)


def test_the_bound_takes_the_mode_that_falls_most_slowly():
    """Two modes with geometric populations, one of which falls twenty times faster per level."""
    slow, fast = 0.5 ** np.arange(9), 0.025 ** np.arange(5)
    found = truncation(
        difference=1e-3, populations=(slow, fast), coarse=(6, 3), ratios=(0.5, 0.025)
    )
    assert found.ratios == pytest.approx((0.5, 0.025), rel=1e-12)
    # What is left out of a geometric series after three more levels, with its safety factor.
    fall = 0.5**3
    of_difference = 10 * 1e-3 * fall / (1 - fall)
    tails = 5 * (0.5**9 / 0.5 + 0.025**5 / 0.975)
    assert found.tails == pytest.approx((0.5**9 / 0.5, 0.025**5 / 0.975), rel=1e-12)
    assert found.bound == pytest.approx(max(of_difference, tails), rel=1e-12)
    # The difference decides where it is large, and the tails where it is small.
    large = truncation(
        difference=0.03, populations=(slow, fast), coarse=(6, 3), ratios=(0.5, 0.025)
    )
    assert large.bound == pytest.approx(10 * 0.03 * fall / (1 - fall), rel=1e-12)
    assert large.bound > tails > of_difference


def test_what_a_cutoff_left_out_early_stays_in_the_error():
    """A coherent start that few levels cannot hold; later the modes are empty again."""
    found = te.evolve(
        te.thermal_link(0.0, 0.3), [0.5, 3.0, 30.0], "00", te.Fock(cutoff=5), source=1.2
    )
    exact = te.evolve(
        te.thermal_link(0.0, 0.3), [0.5, 3.0, 30.0], "00", te.Fock(tolerance=1e-10), source=1.2
    )
    true = np.max(np.abs(found.states - exact.states), axis=(1, 2))
    assert np.all(true <= found.error)
    assert true[1] > 1e-4
    assert np.all(np.diff(found.error) >= 0)


def test_the_error_of_a_long_evolution_grows_by_rounding():
    """Where nothing is truncated, rounding is left: a unit in the last place per step at least."""
    found = te.evolve(te.thermal_link(1e-6, 0.5), [0.1, 300.0], "11", te.Fock(cutoff=8))
    assert found.error[1] - found.error[0] > 1e2 * np.finfo(float).eps
    assert found.error[1] < 1e-6


def test_a_cutoff_that_would_miss_the_source_is_no_advice(monkeypatch):
    """A cutoff that fits is advised where it holds the mode, else what needs none."""
    monkeypatch.setattr(memory_limit, "available", lambda: 2e7)
    hot = te.thermal_link(1e5, 0.1)
    with pytest.raises(te.MethodError) as refused:
        te.steady_state(hot, te.Fock())
    said = str(refused.value)
    fits, missed = re.search(r"that fits, (\d+), would leave (\S+) of the mode's", said).groups()
    # The mode is in equilibrium with two ports, one of which is cold: n_th/2 quanta.
    assert float(missed) == pytest.approx((5e4 / (5e4 + 1)) ** int(fits), rel=0.05)
    assert "te.ContinuedFraction() needs no cutoff" in said
    with pytest.raises(te.MethodError, match=r"; te\.ContinuedFraction\(\) needs no cutoff"):
        te.evolve(hot, [1.0], "00", te.Fock(), source="stationary")
