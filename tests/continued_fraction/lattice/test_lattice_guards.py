"""Ends of the search over lattices, single precision, and what a solver leaves: each by itself."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import linalg, sparse

import thermalent as te
from thermalent.continued_fraction.lattice import kernels, krylov, solve
from thermalent.continued_fraction.lattice.krylov import Ground, LatticeGenerator
from thermalent.continued_fraction.lattice.lattice import hierarchy_operators, unknowns
from thermalent.continued_fraction.method import ContinuedFraction

PAIR = te.dual_rail(1, 0.5, bandwidth=3.0)


def test_what_the_solver_leaves_is_part_of_the_error(monkeypatch):
    """An iteration that ends early, and says so."""
    left = 2e-7

    def early(*arguments, original=solve.steady_vector):
        return replace(original(*arguments), error=left)

    monkeypatch.setattr(solve, "_ALWAYS_ELIMINATED", 0.0)
    monkeypatch.setattr(solve, "steady_vector", early)
    found = solve.lattice_steady_state(PAIR, 1e-6)
    plain = te.steady_state(PAIR, ContinuedFraction(rtol=1e-11)).state
    assert found.outcome == "converged"
    assert np.max(np.abs(found.state - plain)) + left <= found.error


def test_rounding_that_grows_and_rounding_that_stays_end_a_search():
    grows = [1e-9, 2e-9, 3e-9, 4e-9, 5e-9]
    assert solve._outcome(grows[1:], 1e-12, 20, None) == ""
    assert solve._outcome([1e-3, *grows[1:]], 1e-12, 20, None) == ""
    assert solve._outcome([1e-8 * x for x in (1e9, 2e9, 3e9, 4e9, 5e9)], 1e-12, 20, None) == "grows"
    assert solve._outcome([5e-10, 4e-10, 3e-10], 1e-12, 20, None) == "rounding"
    assert solve._outcome([5e-10, 4e-10, 2e-10], 1e-12, 20, None) == ""
    assert solve._outcome([5e-10, 4e-10], 1e-12, 20, None) == ""
    assert solve._outcome([1e-3, 1e-13], 1e-12, 20, None) == "converged"
    assert solve._outcome([1e-13], 1e-12, 20, None) == ""  # one change alone may be small by chance
    assert solve._outcome([1.0], 1e-12, 7, 7) == "converged"
    assert solve._outcome([1.0], 1e-12, 6, 7) == ""


def test_a_preconditioner_in_single_precision_is_one(monkeypatch):
    """Large blocks are factorised in single precision, but for those that lose all its digits."""
    network = te.dual_rail(2, 0.8, bandwidth=3.0, dephasing=0.1)
    expected = solve.lattice_steady_state(network, 1e-6)
    monkeypatch.setattr(krylov, "_SINGLE_FROM", 0)
    monkeypatch.setattr(solve, "_ALWAYS_ELIMINATED", 0.0)
    tier0 = Ground(LatticeGenerator(hierarchy_operators(network)))
    assert {factors[0].dtype for _, factors, _ in tier0.factors} == {np.dtype(np.float32)}
    found = solve.lattice_steady_state(network, 1e-6)
    assert np.max(np.abs(found.state - expected.state)) < found.error + expected.error
    # Rates over many decades leave no digit of it.
    monkeypatch.setattr(krylov, "_SINGLE_ENOUGH", 1.0)
    again = Ground(LatticeGenerator(hierarchy_operators(network)))
    assert {factors[0].dtype for _, factors, _ in again.factors} == {np.dtype(np.float64)}


def test_blocks_without_a_digit_are_singular():
    """Reciprocal condition numbers of 1e-14 leave a digit, and of 1e-16 none."""
    tier0 = Ground(LatticeGenerator(hierarchy_operators(PAIR)))
    assert not tier0.singular
    for rcond, lost in ((1e-14, False), (1e-16, True)):
        tier0.__dict__["factors"] = [(np.arange(1), None, 0.5), (np.arange(1), None, rcond)]
        assert tier0.singular is lost


def test_small_couplings_are_no_rounding():
    """A detuning of 1e-8 turns coherences by as much; twice as large, by twice as much."""
    tier0 = [
        Ground(LatticeGenerator(hierarchy_operators(te.thermal_link(2.0, 0.5, detuning=(d, -d)))))
        for d in (1e-8, 2e-8, 3e-8)
    ]
    rng = np.random.default_rng(3)
    x = [1, 1j] @ rng.normal(size=(2, len(tier0[0].target)))
    x[tier0[0].populations] = 0.0
    found = [one.solve(x) for one in tier0]
    first, second = found[1] - found[0], found[2] - found[1]
    assert np.max(np.abs(first)) > 1e-9
    assert np.max(np.abs(second - first)) < 1e-6 * np.max(np.abs(first))


def test_rounding_is_part_of_the_error():
    """Without squeezing no tier changes anything; two lattices may still share some roundings."""
    found = solve.lattice_steady_state(te.dual_rail(1, 0.0, bandwidth=3.0), 1e-11)
    assert found.outcome == "converged"
    assert np.max(np.abs(found.state)) == 1.0
    assert 10 * np.finfo(float).eps < found.error < 100 * np.finfo(float).eps


def test_the_triangular_part_is_divided_by_within_each_boson_number(rng):
    """Two numbers with blocks of two and three operators; the others are not touched."""
    blocks = [rng.normal(size=(size, size)) for size in (2, 3)]
    whole = sparse.csr_array(sparse.block_diag([*blocks, np.eye(1)]))
    offset, first = np.array([0, 2, 5, 6]), np.array([0, 2, 5])
    decay, start = np.array([4.0, 5.0, 6.0]), rng.normal(size=6)
    x = start.copy()
    kernels.solve_upper(0, 2, x, offset, first, decay, whole.indptr, whole.indices, whole.data)
    for at, block, rate in zip((slice(0, 2), slice(2, 5)), blocks, decay, strict=False):
        upper = np.triu(block) - rate * np.eye(len(block))
        assert x[at] == pytest.approx(linalg.solve_triangular(upper, start[at]), rel=1e-12)
    assert x[5] == start[5]


def test_the_work_of_an_elimination_is_that_of_all_its_tiers():
    """It decides where a default ends: each tier more costs the cube of its own unknowns."""
    operators = hierarchy_operators(PAIR)
    growth = solve._Growth(operators, Ground(LatticeGenerator(operators)), None, None)
    growth.krylov_failed = True
    for tier in (1, 4, 7):
        own = unknowns(operators.sectors, tier) - unknowns(operators.sectors, tier - 1)
        more = growth._expected(tier) - growth._expected(tier - 1)
        assert more == pytest.approx(4.0 * float(own) ** 3 / solve.DENSE)


def test_the_blocks_of_tier_zero_do_not_depend_on_the_unit_of_rates():
    """What counts as the rounding of a change of basis is relative to the largest element."""
    unit = 2.0**-30
    slow = replace(
        PAIR,
        nodes=tuple(
            replace(node, bath_rate=unit * node.bath_rate) if isinstance(node, te.Mode) else node
            for node in PAIR.nodes
        ),
        **{name: unit * getattr(PAIR, name) for name in ("exchange", "decay", "pumping")},
    )
    fast, slow = (
        Ground(LatticeGenerator(hierarchy_operators(net))).factors for net in (PAIR, slow)
    )
    assert len(fast) == len(slow)
    for (one, *_), (other, *_) in zip(fast, slow, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("unit", [1.0, 2.0**40, 2.0**-40])
@pytest.mark.parametrize(("joined", "sizes"), [(0.9e-14, [2, 1]), (1.1e-14, [3])])
def test_parts_of_tier_zero_joined_by_a_rounding_are_solved_alone(unit, joined, sizes):
    """What a change of basis leaves is compared with the largest element, in any unit of rates."""
    matrix = np.array([[-4.0, 1.0, 0.0], [1.0, -2.0, 4.0 * joined], [0.0, 0.0, -3.0]])
    operators = SimpleNamespace(real=False)
    ground = krylov.Ground(SimpleNamespace(operators=operators, dtype=np.dtype(float)))
    ground.__dict__.update(
        basis=sparse.eye_array(3),
        broadband=lambda: sparse.csr_array(unit * matrix),
        populations=np.array([0]),
    )
    assert [len(index) for index, _, _ in ground.factors] == sizes
