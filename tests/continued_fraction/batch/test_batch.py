"""Many networks side by side against the solver of one, and against Fock states."""

from dataclasses import replace

import numpy as np
import pytest

import thermalent as te
from tests.support.batch_networks import general, random_network
from tests.support.reference import Reference
from thermalent.continued_fraction.batch import (
    fractions,
)
from thermalent.continued_fraction.batch.fractions import Fractions
from thermalent.continued_fraction.batch.side_by_side import solve_side_by_side
from thermalent.continued_fraction.chain import convergence
from thermalent.continued_fraction.chain.chain import hierarchy_chain
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.chain.kernels.rounding import lost_by_rounding
from thermalent.continued_fraction.chain.one_structure.small import chains
from thermalent.continued_fraction.chain.one_structure.structure import (
    structure,
)
from thermalent.networks.network import Network
from thermalent.networks.nodes import Mode, Qubit, Qudit
from thermalent.solution.result import Outcome

KINDS = ("ideal", "imperfect", "mirror", "three", "general", "spin", "cold", "warm")


def distance(one, other):
    return float(np.max(np.abs(one.state - other.state)))


@pytest.mark.parametrize("kind", KINDS)
def test_chains_are_those_of_the_hierarchy(kind):
    """From numbers of many networks as from the superoperators of one: up to a few roundings."""
    rng = np.random.default_rng([3, KINDS.index(kind)])
    networks = [random_network(rng, kind) for _ in range(4)]
    for group in chains(networks, np.arange(4), structure(networks[0])):
        for row, position in enumerate(group.points):
            many, single = group.single(row), hierarchy_chain(hierarchy(networks[position]))
            assert many.rate == pytest.approx(single.rate, rel=1e-14)
            assert many.width == pytest.approx(single.width, rel=1e-14)
            assert many.tier0_size == single.tier0_size
            for parity in (0, 1):
                assert np.array_equal(many.charge[parity], single.charge[parity])
                assert np.max(np.abs(many.basis[parity] - single.basis[parity])) < 1e-14
                # A unit is the last place of what an element was summed from, or of a hundredth
                # of the largest where that is itself rounding.
                size = many.size.a[parity] + 0.01 * np.max(many.size.a[parity])
                assert np.max(np.abs(many.a[parity] - single.a[parity]) / size) < 1e-13
                for given, other in ((many.up, single.up), (many.down, single.down)):
                    shape = (len(many.charge[parity]), len(many.charge[1 - parity]))
                    difference = table(given[parity], shape) - table(other[parity], shape)
                    # What is left of a sum that cancels may differ: it is as large as rounding.
                    largest = np.max(np.abs(single.down[parity].value))
                    assert np.max(np.abs(difference), initial=0.0) < 1e-14 * largest


def table(band, shape):
    found = np.zeros(shape)
    found[band.row, band.col] = band.value
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_a_single_steady_state_is_a_batch_of_one(kind):
    rng = np.random.default_rng([4, KINDS.index(kind)])
    networks = [random_network(rng, kind) for _ in range(6)]
    for many in solve_side_by_side(networks):
        single = te.ContinuedFraction().steady_state(many.network)
        assert np.array_equal(single.state, many.state)
        assert single.error == many.error
        assert single.stats["tiers"] == many.stats["tiers"]


def test_a_small_rate_beside_large_ones_is_kept_in_a_batch():
    """A dephasing 1e-13 of the decay decides alone what becomes of a dark state."""
    networks = [
        te.phononic_link(n_th=1.0, kappa=0.5, wavelengths=(1.0, 2.0), dephasing=(rate, 0.0))
        for rate in (1e-13, 2e-13, 1e-3)
    ]
    for many in solve_side_by_side(networks, te.ContinuedFraction(rtol=1e-3)):
        exact = Reference(many.network).steady_state()
        assert exact.distance(many.state) <= many.error


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rtol", [1e-4, 1e-9, pytest.param(1e-12, marks=pytest.mark.long)])
def test_agrees_with_the_single_solver_to_the_stated_errors(kind, rtol):
    rng = np.random.default_rng([5, KINDS.index(kind)])
    networks = [random_network(rng, kind) for _ in range(20)]
    method = te.ContinuedFraction(rtol=rtol)
    found = solve_side_by_side(networks, method)
    handed_over = 0
    for network, many in zip(networks, found, strict=True):
        single = method.steady_state(network)
        handed_over += not many.stats["batch"]
        assert many.network is network
        assert many.method == method
        assert many.status.outcome == single.status.outcome
        assert distance(single, many) <= single.error + many.error
        if many.status.ok:
            assert many.error <= 1.1 * rtol * np.max(np.abs(many.state))
    assert handed_over == 0 or rtol < 1e-9


@pytest.mark.parametrize("kind", ["imperfect", "mirror", "general"])
def test_error_bounds_the_distance_to_fock_states(kind):
    rng = np.random.default_rng([7, KINDS.index(kind)])
    networks = [random_network(rng, kind, n_th=rng.choice([0.05, 0.5, 2.0])) for _ in range(5)]
    for many in solve_side_by_side(networks, te.ContinuedFraction(rtol=1e-5)):
        exact = te.steady_state(many.network, te.Fock(tolerance=1e-10))
        assert many.stats["batch"]
        assert distance(many, exact) <= many.error + exact.error


def test_errors_bound_what_more_accuracy_changes(rng):
    networks = [random_network(rng, "imperfect", n_th=10 ** rng.uniform(0, 5)) for _ in range(60)]
    exact = solve_side_by_side(networks, te.ContinuedFraction(rtol=1e-10))
    for rtol in (1e-2, 1e-6):
        for many, reference in zip(
            solve_side_by_side(networks, te.ContinuedFraction(rtol=rtol)), exact, strict=True
        ):
            assert distance(many, reference) <= many.error + reference.error


@pytest.mark.parametrize("kind", KINDS)
def test_the_error_is_that_of_tiers_of_rounding_and_of_the_last_places(rng, kind):
    networks = [random_network(rng, kind) for _ in range(2)]
    (group, *_) = chains(networks, np.arange(2), structure(networks[0]))
    folded_fractions = Fractions(group, 1)
    found = folded_fractions.converge(1e-9)
    work, size = folded_fractions.work, folded_fractions.tier0.size
    for p in range(len(group.points)):
        search = (found.depths[p], found.changes[p], found.changed[p], found.scale[p])
        left_out = convergence.stated_error(*search)
        lost = lost_by_rounding(work.inverse[p], 0, size[p], work.k[p], work.above[p], work.x[p])
        last_places = 4 * np.finfo(float).eps * found.scale[p]
        assert lost > 0 or kind == "cold"
        expected = left_out + lost + last_places
        assert found.error[p] == pytest.approx(expected, rel=1e-9, abs=0)


def test_bits_depend_on_neither_threads_nor_neighbours(rng, monkeypatch):
    networks = [random_network(rng, KINDS[i % 5]) for i in range(60)]
    expected = solve_side_by_side(networks, threads=1)
    monkeypatch.setattr(fractions, "_SHARE", 7)
    order = rng.permutation(len(networks))
    shuffled = solve_side_by_side([networks[i] for i in order], threads=2)
    alone = [solve_side_by_side([network], threads=1)[0] for network in networks]
    for place, position in enumerate(order):
        for other in (shuffled[place], alone[position]):
            assert np.array_equal(expected[position].state, other.state)
            assert expected[position].error == other.error
            assert expected[position].stats["tiers"] == other.stats["tiers"]
            assert expected[position].stats["residual"] == other.stats["residual"]


def test_what_lanes_cannot_settle_is_handed_over(monkeypatch):
    searches, converge = [], Fractions.converge

    def watched(self, *given):
        searches.append(converge(self, *given))
        return searches[-1]

    monkeypatch.setattr(Fractions, "converge", watched)
    reservoir = np.ones((3, 3))
    not_unique = Network(
        nodes=(Mode(bath_rate=1.0, n_th=2.0), Qubit(name="a"), Qubit(name="b")),
        exchange=np.zeros((3, 3)),
        decay=reservoir,
    )
    good = replace(not_unique, exchange=np.diag([0.0, 0.3, -0.3]))
    first, second = solve_side_by_side([not_unique, good])
    assert first.status.outcome is Outcome.NOT_UNIQUE
    assert searches[0].folds[0] == convergence.PATIENCE  # no more than that in vain
    assert not first.stats["batch"]
    assert second.status.ok
    assert second.stats["batch"]


def test_larger_systems_and_empty_lists():
    four = te.thermal_link(n_th=0.5, kappa=0.5, qubits=4)
    method = te.ContinuedFraction(rtol=1e-4)
    found = solve_side_by_side([four], method)[0]
    assert not found.stats["batch"]
    assert np.array_equal(found.state, method.steady_state(four).state)
    assert solve_side_by_side([]) == []


def test_several_modes_are_solved_alone():
    one, two = (te.thermal_link(n_th=0.5, kappa=0.5, filters=filters) for filters in (1, 2))
    method = te.ContinuedFraction(rtol=1e-6)
    found = solve_side_by_side([two, one], method)
    assert [state.stats["batch"] for state in found] == [False, True]
    for state, network in zip(found, (two, one), strict=True):
        single = method.steady_state(network)
        assert distance(state, single) <= state.error + single.error


def test_no_backaction_and_with_it_are_told_apart(rng):
    emitters = (Qubit(name="a"), Qubit(name="b"))
    seed = int(rng.integers(1 << 30))
    networks = [
        general(np.random.default_rng(seed), 1.5, 0.3, emitters, backaction=backaction)
        for backaction in (True, False)
    ]
    for many, network in zip(solve_side_by_side(networks), networks, strict=True):
        single = te.steady_state(network)
        assert distance(many, single) <= many.error + single.error
    states = [many.state for many in solve_side_by_side(networks)]
    assert np.max(np.abs(states[0] - states[1])) > 1e-3


@pytest.mark.parametrize("n_max", [1, 4, 30])
def test_fixed_tier_gives_the_truncated_state_and_its_error(n_max):
    networks = [te.thermal_link(n_th=n_th, kappa=0.05) for n_th in (0.5, 20.0, 100.0)]
    method = te.ContinuedFraction(n_max=n_max)
    for many, network in zip(solve_side_by_side(networks, method), networks, strict=True):
        single = method.steady_state(network)
        assert many.stats["tiers"] == 2 * n_max
        assert distance(many, single) < 1e-12
        # Beside the truncation the errors hold that of the converged state, rtol = 1e-9.
        assert many.error == pytest.approx(single.error, rel=1e-3, abs=1e-9)


def test_refusals_name_the_position():
    flipping = Qudit(
        name="a", lower=np.diag([1.0], 1), local_hamiltonian=np.array([[0.0, 1.0], [1.0, 0.0]])
    )
    driven = general(np.random.default_rng(1), 1.0, 0.3, (flipping,))
    with pytest.raises(te.MethodError, match=r"position 1: .* excitation number"):
        solve_side_by_side([te.thermal_link(n_th=1.0, kappa=0.1), driven])
    with pytest.raises(ValueError, match="`networks` must be a sequence of thermalent Networks"):
        solve_side_by_side([3])
    with pytest.raises(ValueError, match="`threads` must be an integer of at least 1"):
        solve_side_by_side([], threads=0)
