"""Estimates, thresholds and refusals of the Fock method, against the same worked out by hand."""

import itertools
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import thermalent as te
from thermalent.fock import evolution_plan, memory_check
from thermalent.fock.cost import (
    SolveCost,
    _group_sizes,
    _reach,
    _row_entries,
    _state_counts,
    solve_cost,
)
from thermalent.fock.krylov import DIMENSION
from thermalent.fock.lindbladian import truncated_operators
from thermalent.fock.plans import FockSettings
from thermalent.fock.problem import Problem, problem
from thermalent.fock.relax_unique import RelaxedState
from thermalent.fock.space import emitter_numbers
from thermalent.fock.splittings import with_enlarged_splittings
from thermalent.fock.truncation import Truncation, coarser, finer, first_cutoffs, truncation
from thermalent.solution.tasks import EvolutionTask, Piece
from thermalent.support import memory_limit

LINK = te.thermal_link(n_th=0.5, kappa=0.5)


def two_quanta():
    """A ladder of four levels that loses two quanta at a time."""
    double = np.zeros((4, 4))
    double[0, 2] = double[1, 3] = 1.0
    ladder = te.Qudit(name="ladder", lower=np.diag([1.0, 1.0, 1.0], 1), local_jumps=(double,))
    return te.Network(nodes=(ladder,), exchange=np.zeros((1, 1)), decay=np.eye(1))


# --- cost ---


@pytest.mark.parametrize("cutoffs", [(1,), (2,), (5,), (2, 4), (3, 2, 3)])
def test_states_by_excitation_number_are_counted_one_by_one(cutoffs):
    numbers = np.array([0, 1, 1, 2, 2, 2])
    levels = itertools.product(*(range(cutoff) for cutoff in cutoffs))
    sums = [sum(level) + n for level in levels for n in numbers]
    assert _state_counts(cutoffs, numbers).tolist() == np.bincount(sums).tolist()


def test_the_cost_is_that_of_the_blocks_one_by_one():
    numbers = emitter_numbers(LINK)
    cutoffs = (7,)
    cost = solve_cost(LINK, cutoffs, numbers)
    counts = np.bincount([n + m for n in numbers for m in range(7)])
    sizes = [int(count) ** 2 for count in counts]
    elements = sum(sizes)
    widths = [b + 2 * (sizes[g + 1] if g + 1 < len(sizes) else 0) for g, b in enumerate(sizes)]
    entries = sum(b * w for b, w in zip(sizes, widths, strict=True))
    hamiltonian, jumps = truncated_operators(LINK, (4,))
    drift = hamiltonian.toarray().astype(complex)
    for jump in jumps:
        drift = drift + jump.b.toarray().conj().T @ jump.a.toarray()
    states = len(drift)
    per_row = 2 * np.count_nonzero(drift) / states
    for jump in jumps:
        both = np.kron(jump.a.toarray(), jump.b.toarray())
        per_row += np.count_nonzero(both) / states**2
    build = 120 * elements * per_row
    assert cost.elements == elements
    assert cost.work == pytest.approx(sum(b * b * w for b, w in zip(sizes, widths, strict=True)))
    assert cost.direct == pytest.approx(build + 14 * entries)
    assert cost.iterative == pytest.approx(build + 8 * elements * 160 + 32 * elements)
    assert cost.matrix == cost.iterative
    assert cost.blocks == pytest.approx(16 * elements * (DIMENSION + 25))


def test_jumps_of_two_quanta_couple_to_the_block_after_the_next():
    network = two_quanta()
    assert _reach(network) == 2
    assert _reach(LINK) == 1
    cost = solve_cost(network, (), emitter_numbers(network))
    assert cost.elements == 4  # four levels, each a block of one element
    assert cost.work == (1 + 2 + 2) * 2 + (1 + 2) + 1


def test_without_excitation_numbers_the_levels_of_the_largest_mode_are_the_blocks():
    sizes, times = _group_sizes(LINK, (6,), None)
    assert (len(sizes), times) == (6, 1.0)
    assert sizes == pytest.approx((6 * 4) ** 2 / 6)
    cost = solve_cost(LINK, (6,), None)
    assert cost.elements == 24.0**2
    assert cost.work == pytest.approx(sizes[0] ** 3 * (5 * 3 + 1))


def test_more_blocks_than_are_listed_repeat():
    cutoff = 400_000
    sizes, times = _group_sizes(LINK, (cutoff,), emitter_numbers(LINK))
    assert len(sizes) == 100_000
    assert times == pytest.approx((cutoff + 2) / 1e5)
    assert times * sizes.sum() == pytest.approx((4.0 * cutoff) ** 2 / (cutoff + 2))


def test_blocks_are_used_for_many_entries_in_few_blocks():
    small = solve_cost(LINK, (8,), emitter_numbers(LINK))
    assert not small.large
    assert small.evolution == small.matrix
    # Without numbers one mode of 40 levels has 160^2 elements in 40 blocks: 640 in each.
    wide = solve_cost(LINK, (40,), None)
    assert wide.large
    assert wide.evolution == wide.blocks
    assert solve_cost(LINK, (3000,), emitter_numbers(LINK)).large is False  # 16 in each block


def known(cost_of, cutoffs, solver="auto", **cost):
    """A prepared link whose costs are given by a function of the number of levels."""
    prepared = problem(LINK, solver)
    for levels in range(cutoffs + 2):
        values = dict(elements=1.0, direct=0.0, iterative=0.0, work=0.0, matrix=0.0, blocks=0.0)
        values |= {name: cost_of(levels) for name in ("direct", "iterative", "matrix", "blocks")}
        prepared._costs[(levels,)] = SolveCost(**(values | cost), large=False)
    return prepared


@pytest.fixture
def thousand_bytes(monkeypatch):
    monkeypatch.setattr(memory_limit, "available", lambda: 1000.0)


@pytest.mark.usefixtures("thousand_bytes")
def test_what_needs_the_limit_itself_fits():
    assert known(lambda n: 100.0 * n, 12).too_large((10,)) is None
    assert memory_check.too_large(known(lambda n: 100.0 * n, 12), (10,)) is None
    said = "a cutoff of 10 would fit"
    assert said in known(lambda n: 100.0 * n, 12).too_large((11,))
    assert said in memory_check.too_large(known(lambda n: 100.0 * n, 12), (11,))


@pytest.mark.usefixtures("thousand_bytes")
@pytest.mark.parametrize("fits", range(2, 12))
def test_the_largest_cutoff_that_fits_is_named(fits):
    prepared = known(lambda n: 1000.0 if n <= fits else 1001.0, 12)
    refused = prepared.too_large((12,))
    assert f"a cutoff of {fits} would fit" in refused or f"that fits, {fits}, would" in refused
    assert f"a cutoff of {fits} would fit" in memory_check.too_large(prepared, (12,))
    assert "te.ContinuedFraction() needs no cutoff" in refused


@pytest.mark.usefixtures("thousand_bytes")
def test_where_no_cutoff_fits_none_is_named():
    none = known(lambda n: 2000.0, 12)
    assert "no cutoff would fit" in none.too_large((12,))
    assert "no cutoff would fit" in memory_check.too_large(none, (12,))
    one = known(lambda n: 1000.0 if n <= 1 else 2000.0, 12)
    assert "no cutoff would fit" in one.too_large((12,))
    assert "no cutoff would fit" in memory_check.too_large(one, (12,))


@pytest.mark.usefixtures("thousand_bytes")
def test_a_cutoff_that_fits_says_what_it_misses():
    hot = replace(known(lambda n: 1000.0 if n <= 3 else 2000.0, 12), ratios=(0.9,))
    hot._costs.update(known(lambda n: 1000.0 if n <= 3 else 2000.0, 12)._costs)
    assert f"that fits, 3, would leave {0.9**3:.2g} of" in hot.too_large((12,))


@pytest.mark.usefixtures("thousand_bytes")
def test_the_iterative_solver_is_offered_where_it_fits_and_was_not_asked_for():
    offer = "so would solver='iterative'"
    assert offer in known(lambda n: 2000.0, 12, "direct", iterative=1000.0).too_large((12,))
    assert offer not in known(lambda n: 2000.0, 12, "direct", iterative=1001.0).too_large((12,))
    assert offer not in known(lambda n: 2000.0, 12, "auto", iterative=1000.0).too_large((12,))
    assert offer not in known(lambda n: 2000.0, 12, "iterative", direct=0.0).too_large((12,))


def test_states_at_as_many_times_as_fit(monkeypatch):
    each = 16 * 4**2
    prepared = problem(LINK, "auto")
    # Half of the memory is for the evolution of a mode.
    monkeypatch.setattr(memory_limit, "available", lambda: 2.0 * 7 * each)
    assert memory_check.too_many(prepared, 7) is None
    assert "those at 7 times would fit" in memory_check.too_many(prepared, 8)
    alone = problem(detuned(0.0, 0.0), "auto")
    assert memory_check.too_many(alone, 14) is None
    assert "those at 14 times would fit" in memory_check.too_many(alone, 15)


@pytest.mark.parametrize("fitting", [0, 1, 2, 3])
def test_the_number_of_emitters_that_fit_is_named(fitting, monkeypatch):
    def chain(count):
        decay = 0.1 * np.ones((count, count)) + np.eye(count)
        nodes = tuple(te.Qubit(name=str(i)) for i in range(count))
        return te.Network(nodes=nodes, exchange=0 * decay, decay=decay)

    needs = [problem(chain(count), "auto").cost(()).evolution for count in range(1, 5)]
    assert needs == sorted(needs)
    monkeypatch.setattr(memory_limit, "available", lambda: needs[fitting - 1] if fitting else 1.0)
    refused = memory_check.too_large(problem(chain(4), "auto"), ())
    said = (
        f"its first {fitting} emitters would fit" if fitting else "not even one emitter would fit"
    )
    assert said in refused


# --- truncation ---


def by_hand(difference, populations, coarse, ratios, pairs):
    """The bound of the module's equation, mode by mode."""
    falls, tails = [0.0], []
    for p, start, bare in zip(populations, coarse, ratios, strict=True):
        steps, q = len(p) - start, bare
        apart = max(2, 2 * (steps // 2))
        places = [n for n in (len(p) - 1, len(p) - 2) if n - apart >= 0]
        if not places:
            apart, places = len(p) - 1, [len(p) - 1]
        for n in places:
            if p[n] > 1e-14:
                q = max(q, (p[n] / p[n - apart]) ** (1 / apart))
        if steps > 0:
            falls.append(q**steps)
        last = max(p[-1], q * p[-2])
        tails.append(1.0 if q >= 1 else last / (1 - q) if pairs else last * q / (1 - q))
    first, second = (200.0, 300.0) if pairs else (10.0, 5.0)
    fall = max(falls)
    grown = difference * fall / (1 - fall) if fall < 1 else 1.0
    return min(1.0, max(first * grown, second * sum(tails)))


@pytest.mark.parametrize("seed", range(40))
def test_the_bound_of_random_populations_is_the_equation(seed):
    rng = np.random.default_rng(seed)
    modes = int(rng.integers(1, 4))
    lengths = rng.integers(4, 12, modes)
    populations = [np.sort(rng.uniform(0, 1, n))[::-1] * 10.0 ** -np.arange(n) for n in lengths]
    arguments = dict(
        difference=float(10 ** rng.uniform(-8, -3)),
        populations=populations,
        coarse=[int(rng.integers(1, n + 1)) for n in lengths],
        ratios=rng.uniform(0, 0.5, modes).tolist(),
        pairs=bool(seed % 2),
    )
    found = truncation(**arguments)
    assert found.bound == pytest.approx(by_hand(**arguments), rel=1e-12, abs=0)
    assert all(q >= bare for q, bare in zip(found.ratios, arguments["ratios"], strict=True))


@pytest.mark.parametrize("q", [0.1, 0.5, 0.8])
def test_levels_are_those_at_which_the_populations_have_fallen(q):
    def levels(factor):
        return next(n for n in range(10_000) if q**n <= 1 / factor)

    tolerance = 1e-7
    assert first_cutoffs([q], tolerance) == (max(4, 1 + levels(30 / tolerance)),)
    assert first_cutoffs([q, q], tolerance) == (max(4, 1 + levels(60 / tolerance)),) * 2
    assert coarser([200], [q]) == (200 - max(1, levels(30)),)
    assert coarser([2], [q]) == (1,)
    measured = Truncation(bound=500 * tolerance, ratios=(q, q), tails=(0.5, 0.1))
    grown = finer([90, 90], measured, tolerance)
    assert grown == (91 + levels(500), 91 + levels(100))


def test_where_no_mode_needs_more_levels_each_gets_one():
    below = Truncation(bound=1e-9, ratios=(0.5, 0.5), tails=(1e-3, 1e-4))
    assert finer([5, 8], below, 1e-8) == (6, 9)


def test_a_mode_that_does_not_fall_doubles_its_levels():
    rising = Truncation(bound=1e-3, ratios=(1.0, 0.5), tails=(1.0, 1e-9))
    assert finer([5, 8], rising, 1e-8) == (10, 8)


# --- plans ---


@pytest.mark.parametrize("levels", [3, 9])
def test_the_announced_cost_of_an_evolution(levels):
    task = EvolutionTask(
        pieces=(Piece(LINK),), initial="00",
        times=np.array([0.5, 2.0, 3.0]), source="empty",
    )  # fmt: skip
    prepared = (problem(LINK, "auto"),)
    plan = evolution_plan.FockEvolutionPlan(
        task=task,
        problems=prepared,
        settings=FockSettings(None, levels, 1e-8, 1e-8),
        cutoffs=(levels,),
    )
    relaxation, gain = LINK.mode_rates(LINK.mode_indices[0])
    rate = np.abs(LINK.decay).sum() + 2 * levels * (relaxation + gain)
    assert plan.products == pytest.approx(3.0 * rate)
    needed = prepared[0].cost((levels,))
    assert plan.cost.operations == pytest.approx(15 * needed.elements * 3 * rate)
    assert plan.cost.bytes == pytest.approx(
        needed.evolution + 3 * 2 * (2 * 16 * 16 + 300 + 8 * levels)
    )
    # Block by block each product with the generator is counted.
    prepared[0]._costs[(levels,)] = replace(needed, large=True)
    assert plan.cost.operations == pytest.approx(100 * needed.elements * 3 * rate)


# --- other thresholds ---


def relaxed(distance, residual, response=1e-9):
    none = Truncation(bound=0.0, ratios=(), tails=())
    cost = solve_cost(LINK, (4,), emitter_numbers(LINK))
    return RelaxedState(
        cutoffs=(4,), state=np.eye(4) / 4, truncation=none, distance=distance, residual=residual,
        response=response, elements=1, nonzeros=1, solver="direct", iterations=2, cost=cost,
    )  # fmt: skip


def test_two_starts_that_differ_are_two_states_unless_the_residual_says_why():
    assert relaxed(1e-3, 1e-13).unique
    assert not relaxed(1.01e-3, 1e-13).unique
    assert not relaxed(0.5, 1e-10).unique
    assert relaxed(0.5, 1.01e-10).unique
    assert relaxed(0.5, 1e-13).converged
    assert not relaxed(0.5, 1.01e-13).converged
    assert relaxed(2e-7, 0.0).solver_error == pytest.approx(2e-6 + 1e-9)


def detuned(*levels, exchange=0.0):
    count = len(levels)
    matrix = np.diag(np.array(levels, dtype=complex))
    matrix[0, 1] = matrix[1, 0] = exchange
    return te.Network(
        nodes=tuple(te.Qubit(name=str(i)) for i in range(count)),
        exchange=matrix,
        decay=np.eye(count),
    )


def test_small_splittings_are_enlarged_by_one_factor():
    grown = with_enlarged_splittings(detuned(0.0, 1e-8, 0.5, exchange=4e-8)).exchange
    factor = 1e-4 / 1e-8
    np.testing.assert_allclose(np.diag(grown), [0.0, 1e-4, 0.5], atol=1e-15)
    assert grown[0, 1] == pytest.approx(4e-8 * factor)
    assert with_enlarged_splittings(detuned(0.0, 0.5, exchange=0.1)) is None
    assert with_enlarged_splittings(detuned(0.2, 0.2)) is None
    assert with_enlarged_splittings(detuned(0.0, 2e-6)) is None
    assert with_enlarged_splittings(detuned(0.0, 0.9e-14)) is None
    assert with_enlarged_splittings(detuned(0.0, 1.1e-14)) is not None


def test_no_operators_are_built_for_more_than_eleven_qubits():
    """Instead each pair of nodes counts twice on either side: an upper bound."""

    def entries(count):
        cost = solve_cost(detuned(*np.zeros(count)), (), np.arange(3))
        return (cost.iterative / cost.elements - 8 * 160 - 32) / 120

    assert entries(12) == pytest.approx(4 * 12**2)
    assert entries(11) < 4 * 11**2


def test_blocks_that_repeat_count_as_often_in_the_cost():
    cutoff = 4_000_000
    numbers = emitter_numbers(LINK)
    cost, rows = solve_cost(LINK, (cutoff,), numbers), solve_cost(LINK, (7,), numbers)
    per_row = (rows.iterative / rows.elements - 8 * 160 - 32) / 120
    each = (4.0 * cutoff) ** 2 / (cutoff + 2) ** 2
    listed, times = 100_000, (cutoff + 2) / 1e5
    entries = times * each**2 * (3 * listed - 2)
    assert cost.direct == pytest.approx(120 * per_row * cost.elements + 14 * entries, rel=1e-9)
    assert cost.work == pytest.approx(each * entries, rel=1e-9)
    assert not cost.large


def test_the_mode_of_most_levels_counts_the_blocks():
    link = te.Network(
        nodes=(te.Mode(name="a"), te.Mode(name="b"), te.Qubit(name="q")),
        exchange=np.zeros((3, 3)),
        decay=np.eye(3),
    )
    sizes, _ = _group_sizes(link, (3, 5), None)
    assert len(sizes) == 5
    assert sizes.sum() == pytest.approx((3 * 5 * 2) ** 2)


def test_the_entries_of_a_row_are_bounded_where_counting_them_would_take_too_long():
    """Twelve qubits have 4096 product states: every pair of nodes, from both sides, twice."""
    few, many = (te.thermal_link(0.5, 0.5, qubits=n) for n in (3, 12))
    assert _row_entries(many) == 4 * 13**2
    assert _row_entries(few) < 4 * 4**2


@pytest.mark.parametrize("cutoffs", [(9,), (3, 9), (9, 3), (4, 5, 7)])
@pytest.mark.parametrize("limit", [1, 6, 7, 8, 20, 26, 27, 60, 100])
def test_the_largest_cutoff_that_fits_is_that_of_all_that_are_tried(cutoffs, limit):
    def cost(of):
        return SimpleNamespace(of=lambda solver: float(np.prod(of)))

    problem = SimpleNamespace(cost=cost, choose=lambda cost: "direct", limit=limit)
    every = range(2, max(cutoffs))
    fitting = [n for n in every if np.prod(np.minimum(cutoffs, n)) <= limit]
    assert Problem._fitting(problem, cutoffs) == max(fitting, default=None)
