"""What double precision loses before the folds: the stated error holds it, and not much more."""

import numpy as np
import pytest

import thermalent as te
from tests.support.reference import Reference
from thermalent.continued_fraction.batch.fractions import Fractions
from thermalent.continued_fraction.chain import chain, rounding
from thermalent.continued_fraction.chain.chain import hierarchy_chain
from thermalent.continued_fraction.chain.fraction import evaluate_truncated
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.chain.kernels import rounding as rounding_kernels
from thermalent.continued_fraction.chain.one_structure.small import _runs, chains
from thermalent.continued_fraction.chain.one_structure.structure import structure
from thermalent.continued_fraction.chain.stationary import TierZeroEquation
from thermalent.testing import KINDS, random_network

EPS = np.finfo(float).eps


def network_of(seed, kind, index):
    return random_network(kind, np.random.default_rng([seed, KINDS.index(kind), index]))


def ratios(networks):
    """True and stated error of each, in units of the larger of truth and half a last place."""
    found = []
    for network in networks:
        state = te.steady_state(network)
        exact = Reference(network).steady_state()
        truth = exact.distance(state.state)
        least = EPS / 2 * np.max(np.abs(state.state))
        found.append((truth, float(state.error), max(truth, least)))
    return np.array(found)


def test_ordinary_errors_hold_and_are_less_than_a_hundred_times_too_large():
    networks = [network_of(31337, "ordinary", index) for index in range(30)]
    found = ratios([network for network in networks if network.dims == (2, 2)])
    assert np.all(found[:, 0] <= found[:, 1])
    # Of 825 networks it is 47 in the median.
    assert np.median(found[:, 1] / found[:, 2]) < 100


@pytest.mark.parametrize(("seed", "index"), [(424242, 46), (424242, 339), (31337, 546)])
def test_small_rates_beside_large_ones_are_not_taken_for_rounding(seed, index):
    """Rates 1e-16 of the largest: true ones, although below the last place of others."""
    network = network_of(seed, "many_decades", index)
    truth, stated, _ = ratios([network])[0]
    # Taken for zero, they moved the state by 4e-13 and 1e-12. Elimination without pivoting leaves
    # a few last places, 5e-15 in one of the three.
    assert truth <= stated
    assert truth < 1e-14


@pytest.mark.parametrize(("seed", "index"), [(31337, 535), (31337, 71)])
def test_what_the_inner_tiers_lose_is_in_the_error(seed, index):
    """A source 1e7 times narrower than the qubits: its decay is rounded beside theirs."""
    truth, stated, _ = ratios([network_of(seed, "many_decades", index)])[0]
    assert truth <= stated


@pytest.mark.parametrize("kind", ["ordinary", "bidirectional"])
def test_elimination_in_reverse_order_gives_the_same_k(kind):
    rng = np.random.default_rng(3)
    for _ in range(5):
        chain = hierarchy_chain(hierarchy(random_network(kind, rng)))
        k = evaluate_truncated(chain, 0.0, 12)
        backwards = evaluate_truncated(rounding._reversed(chain), 0.0, 12)[::-1, ::-1]
        # Ten tiers of blocks of a few unknowns: a hundred last places.
        assert np.max(np.abs(k - backwards)) < 100 * EPS * np.max(np.abs(k))


def test_disturbed_tiers_keep_the_trace():
    equations = hierarchy(te.thermal_link(2.0, 0.1, gamma=(1.0, 0.7), detuning=(0.3, -0.2)))
    chain = hierarchy_chain(equations)
    size = rounding.sizes(equations, chain)
    moved = rounding.disturbed_chain(chain, size)
    change = moved.a[0] - chain.a[0]
    assert 0.1 * EPS < np.max(np.abs(change)) < 10 * EPS * np.max(size.a[0])
    # Off by the rounding of adding a change to an element, no more.
    assert np.max(np.abs(change[:4].sum(axis=0))) < EPS * np.max(np.abs(chain.a[0]))


@pytest.mark.parametrize("kind", ["ordinary", "bidirectional", "many_decades"])
def test_what_elements_were_summed_from_is_known_alike_for_one_and_for_many(kind):
    rng = np.random.default_rng(8)
    for _ in range(5):
        network = random_network(kind, rng)
        equations = hierarchy(network)
        many = chains([network], np.arange(1), structure(network))[0].single(0)
        single = rounding.sizes(equations, hierarchy_chain(equations))
        for one, other in zip(many.size, single, strict=True):
            for part, expected in zip(one, other, strict=True):
                # The bases agree to rounding, and so do sums of positive numbers. What was set to
                # zero as rounding, up to four last places of the sum, is counted on top.
                allowed = 1e-6 * expected + 1e-14 * np.max(expected)
                assert np.all(part >= expected - allowed)
                assert np.all(part <= 5 * expected + allowed)
        for part, expected, block in zip(many.size.a, single.a, many.a, strict=True):
            kept = block != 0
            assert np.allclose(part[kept], expected[kept], rtol=1e-6, atol=1e-14 * np.max(expected))


def test_what_rounding_loses_is_judged_alike_by_one_and_by_many():
    network = te.thermal_link(3.0, 0.2, gamma=(1.0, 0.6), detuning=(0.2, -0.1), dephasing=0.02)
    group = chains([network], np.arange(1), structure(network))[0]
    fractions = Fractions(group, 1)
    fractions.converge(1e-9)
    equations = hierarchy(network)
    stationary = TierZeroEquation(hierarchy_chain(equations), equations)
    k, x = fractions.work.k[0], fractions.work.x[0]
    stationary.solve(k)
    lost = rounding_kernels.lost_by_rounding(
        fractions.work.inverse[0], 0, fractions.tier0.size[0], k, fractions.work.above[0], x
    )
    # One draw of rounding each; the elimination with pivots and without rounds differently.
    assert lost == pytest.approx(stationary.lost(k, x), rel=0.5)


def test_what_is_lost_is_that_of_the_equation_that_is_asked_whatever_was_solved_before():
    """And the state of any coordinates, of a basis with imaginary parts, has these coordinates."""
    equations = hierarchy(te.thermal_link(3.0, 0.2, detuning=(0.2, -0.1)))
    chain = hierarchy_chain(equations)
    one, other = (0.1 * t * np.diag(np.arange(1.0, 1 + chain.tier0_size)) for t in (1, 3))
    used = TierZeroEquation(chain, equations)
    used.solve(one)
    for k in (other, one):
        fresh = TierZeroEquation(chain, equations)
        x = fresh.solve(k)
        assert used.lost(k, x) == fresh.lost(k, x) > 0
    assert np.any(used.basis.imag)
    x = np.linspace(1.0, 2.0, chain.tier0_size)
    np.testing.assert_allclose(used.coordinates(used.matrix(x)), x, rtol=1e-14)


def test_draws_that_cancel_count_less_than_those_that_add_up():
    """The kernel against two lines by hand: K off by 1e-3 and 4e-3 in the second equation."""
    above, nothing = np.array([[0.0, 0.0], [1e-3, 4e-3]]), np.zeros((2, 2))
    for x, expected in (([1.0, 0.25], np.sqrt(2) * 1e-3), ([1.0, -0.25], 0.0)):
        lost = rounding_kernels.lost_by_rounding(np.eye(2), 0, nothing, nothing, above, np.array(x))
        assert lost == pytest.approx(rounding_kernels.SAFETY * expected, rel=1e-12)


def test_the_size_of_a_real_part_is_that_of_its_terms():
    """Re(conj(b) s c) is four products, of which each has its rounding."""
    rng = np.random.default_rng(6)
    basis, superoperator = rng.normal(size=(2, 4, 4)) + 1j * rng.normal(size=(2, 4, 4))
    np.fill_diagonal(superoperator, 0.0)  # what those are summed from counts in another way
    expected = np.zeros((4, 4))
    for a, b, i, j in np.ndindex(4, 4, 4, 4):
        left, middle, right = basis[i, a], superoperator[i, j], basis[j, b]
        expected[a, b] += abs(left.real * middle.real * right.real)
        expected[a, b] += abs(left.real * middle.imag * right.imag)
        expected[a, b] += abs(left.imag * middle.real * right.imag)
        expected[a, b] += abs(left.imag * middle.imag * right.real)
    found = chain._size_of_sums(basis, superoperator, real=True)
    np.testing.assert_allclose(found, expected, rtol=1e-13)
    whole = np.abs(basis).T @ np.abs(superoperator) @ np.abs(basis)
    np.testing.assert_allclose(chain._size_of_sums(basis, superoperator, real=False), whole)


def test_a_run_ends_where_a_table_is_another_one():
    tables = np.array([3.0, 3.0, 5.0, 5.0, 5.0, 3.0, 4.0])[:, None, None] * np.ones((1, 2, 2))
    assert _runs(tables).tolist() == [0, 0, 2, 2, 2, 5, 6]
    tables[4, 1, 0] += 1.0
    assert _runs(tables).tolist() == [0, 0, 2, 2, 4, 5, 6]
