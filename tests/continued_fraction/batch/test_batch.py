"""Many networks side by side against the solver of one, and against Fock states."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

import thermalent as te
from tests.support.reference import Reference
from thermalent.continued_fraction.batch import (
    alone_kernels,
    arrangement,
    fractions,
    group_kernels,
    kernels,
)
from thermalent.continued_fraction.batch.arrangement import alone_and_together
from thermalent.continued_fraction.batch.fractions import Fractions
from thermalent.continued_fraction.batch.side_by_side import solve_side_by_side
from thermalent.continued_fraction.chain import convergence
from thermalent.continued_fraction.chain.chain import hierarchy_chain
from thermalent.continued_fraction.chain.fraction import evaluate_truncated
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.chain.kernels.rounding import lost_by_rounding
from thermalent.continued_fraction.chain.one_structure import small
from thermalent.continued_fraction.chain.one_structure.blocks import block_bands, lane_tiers
from thermalent.continued_fraction.chain.one_structure.small import chains
from thermalent.continued_fraction.chain.one_structure.structure import (
    structure,
    structure_of_arrays,
)
from thermalent.continued_fraction.chain.rounding import disturbed
from thermalent.models.line_arrays import thermal_links
from thermalent.networks.network import Network
from thermalent.networks.nodes import CollectiveSpin, Mode, Qubit, Qudit
from thermalent.solution.result import Outcome

KINDS = ("ideal", "imperfect", "mirror", "three", "general", "spin", "cold", "warm")
LADDER = np.diag([1.0, np.sqrt(2.0)], 1)


def random_network(rng, kind, n_th=None):
    kappa = 10 ** rng.uniform(-2, 0.5)
    n_th = 10 ** rng.uniform(-1, 2.5) if n_th is None else n_th
    gamma = tuple(rng.uniform(0.3, 2, 2))
    if kind == "ideal":
        return te.thermal_link(n_th=n_th, kappa=kappa)
    if kind == "imperfect":
        return te.thermal_link(
            n_th=n_th,
            kappa=kappa,
            gamma=gamma,
            detuning=tuple(rng.normal(size=2)),
            dephasing=tuple(rng.uniform(0, 0.3, 2)),
            loss=rng.uniform(0, 0.3),
        )
    if kind == "warm":
        return te.thermal_link(
            n_th=n_th, kappa=kappa, gamma=gamma, waveguide_occupation=rng.uniform(0, 0.2)
        )
    if kind == "mirror":
        return te.phononic_link(
            n_th, kappa, gamma, positions=rng.uniform(1, 9, 2), detuning=tuple(rng.normal(size=2))
        )
    if kind == "three":
        return te.thermal_link(n_th=n_th, kappa=kappa, qubits=3, detuning=tuple(rng.normal(size=3)))
    if kind == "cold":
        return te.thermal_link(n_th=0.0, kappa=kappa, gamma=gamma)
    second = (
        CollectiveSpin(name="b", qubits=2)
        if kind == "spin"
        else Qudit(
            name="b",
            lower=LADDER,
            local_hamiltonian=np.diag([0.0, 0.3, 1.1]),
            local_jumps=(0.4 * np.diag([0.0, 1.0, 2.0]),),
        )
    )
    return general(rng, n_th, kappa, (Qubit(name="a", dephasing=rng.uniform(0, 0.3)), second))


def general(rng, n_th, kappa, emitters, **mode):
    """Complex couplings of every kind, back-action and absorption included."""
    n = 1 + len(emitters)

    def positive(scale):
        root = rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n))
        return scale * root @ root.conj().T

    exchange = rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n))
    return Network(
        nodes=(Mode(name="m", bath_rate=kappa, n_th=n_th, **mode), *emitters),
        exchange=0.3 * (exchange + exchange.conj().T),
        decay=positive(0.2),
        absorption=positive(0.01),
    )


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


@pytest.mark.parametrize(
    ("depths", "alone", "together"),
    [
        ([], [], []),
        ([40], [0], []),  # all lanes would take longer than one fold
        (5 * [40], [], [0, 1, 2, 3, 4]),  # but less than five
        (16 * [40], [], list(range(16))),
        (17 * [40], [16], list(range(16))),  # the one that is left
        ([900, *16 * [40]], [0], list(range(1, 17))),  # the others do not wait for the deepest
    ],
)
def test_points_are_folded_alone_where_lanes_would_take_longer(depths, alone, together):
    found = alone_and_together(np.array(depths, dtype=int), 16, 4.6)
    assert [part.tolist() for part in found] == [alone, together]


def test_every_point_is_folded_once_and_never_slower_than_in_one_way(rng):
    for count in range(1, 60):
        depths = sorted(rng.integers(8, 5000, count).tolist(), reverse=True)
        found = alone_and_together(np.array(depths), 16, 4.6)
        alone, together = (part.tolist() for part in found)
        assert sorted(alone + together) == list(range(count))

        def lanes(points, depths=depths):
            return 4.6 * sum(depths[point] for point in points[::16])

        work = sum(depths[point] for point in alone) + lanes(together)
        assert work <= lanes(list(range(count)))
        assert work <= sum(depths)


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


@pytest.mark.parametrize("kind", ["imperfect", "one-sided", "mirror"])
@pytest.mark.parametrize("reverse", [False, True])
def test_tiers_fold_to_the_same_matrix_with_and_without_a_trace_alone_and_side_by_side(
    rng, kind, reverse
):
    """One unknown less where nothing acts back on the source; all of them in a fold of one chain.

    Also in lanes of different depths, with A, B and C as they are and as rounding may disturb them.
    """
    networks = [
        general(rng, 3.0, 0.2, (Qubit(name="a"), Qubit(name="b")), backaction=False)
        if kind == "one-sided"
        else random_network(rng, kind)
        for _ in range(3)
    ]
    (group,) = chains(networks, np.arange(3), structure(networks[0]))
    reached, depths = group.reached, np.array([10, 13, 9])
    assert (reached.traceless == 0) == (kind == "mirror")
    assert group.counts[0] - group.folded.counts[0] == (kind != "mirror")
    charge, sizes = reached.charge, sum(group.size, ())
    for six in (group.six, disturbed(group.six, sizes, charge, reached.populations)):
        folded = lane_tiers(six, charge, reached.tier0_size, reached.traceless)
        bands = folded.reversed_bands if reverse else folded.bands
        lanes = kernels.lanes_for(folded.counts)
        row_of_one = alone_kernels.row_for(folded.counts, reached.tier0_size)
        sizes = (folded.counts, folded.values.shape[1], reached.tier0_size)
        room, room_of_one = (
            kernels.lane_arrays(*sizes, len(lanes)),
            alone_kernels.alone_arrays(*sizes, len(row_of_one)),
        )
        k, k_alone = np.empty((2, 3, reached.tier0_size, reached.tier0_size))
        tiers = (folded.a, bands, folded.values, group.rate)
        kernels.fold_points(np.arange(3), depths, reverse, *tiers, k, room, lanes)
        alone_kernels.fold_alone(
            np.arange(3), depths, reverse, *tiers, k_alone, room_of_one, row_of_one
        )
        assert np.array_equal(k, k_alone)
        for row, depth in enumerate(depths):
            up, down = block_bands(six, charge, row)
            chain = group.single(row)._replace(a=(six[0][row], six[1][row]), up=up, down=down)
            expected = evaluate_truncated(chain, 0.0, depth)
            assert np.max(np.abs(k[row] - expected)) < 1e-13 * np.max(np.abs(expected))


@pytest.mark.parametrize(
    "model", [te.thermal_link, partial(te.phononic_link, wavelengths=(0.5, 0.5), gamma=(1, 2))]
)
def test_groups_of_lanes_fold_to_the_same_bits_as_one_network_alone(rng, model):
    """More points than stand side by side, each of its own depth, with and without back-action."""
    networks = [model(n_th, 0.3) for n_th in np.geomspace(0.1, 10, 43)]
    groups = chains(networks, np.arange(43), structure(networks[0]))
    group = max(groups, key=lambda group: len(group.points))
    count = len(group.points)
    assert count > 35
    folded, tier0_size = group.folded, group.reached.tier0_size
    abreast, _ = arrangement.side_by_side_of(folded.counts, tier0_size)
    one = arrangement.Arrangement(True, alone_kernels.row_for(folded.counts, tier0_size))
    assert abreast.groups
    depths = rng.integers(1, 60, count)
    for reverse, bands in ((False, folded.bands), (True, folded.reversed_bands)):
        k, k_alone = np.full((2, count, tier0_size, tier0_size), np.nan)
        for how, fold, result in (
            (abreast, group_kernels.fold_groups, k),
            (one, alone_kernels.fold_alone, k_alone),
        ):
            room = arrangement.room_for(how, folded.counts, folded.values.shape[1], tier0_size)
            tiers = (folded.a, bands, folded.values, group.rate)
            fold(np.arange(1, count), depths, reverse, *tiers, result, room, how.side)
        assert np.array_equal(k[1:], k_alone[1:])
        assert np.isnan(k[0]).all()


def test_chains_do_not_depend_on_how_many_networks_are_assembled_at_once(monkeypatch):
    """Some with detuning, which reach more unknowns, in between."""
    networks = [te.thermal_link(1.0 + i, 0.3, detuning=0.1 * (i % 3 == 1)) for i in range(11)]
    kind = structure(networks[0])
    whole = small.chains(networks, np.arange(11), kind)
    monkeypatch.setattr(small, "_AT_ONCE", 3)
    parts = small.chains(networks, np.arange(11), kind)
    assert [group.points.tolist() for group in parts] == [[0, 2, 3, 5, 6, 8, 9], [1, 4, 7, 10]]
    for one, other in zip(whole, parts, strict=True):
        assert np.array_equal(one.points, other.points)
        for name in ("rate", "width", "tier0"):
            assert np.array_equal(getattr(one, name), getattr(other, name)), name
        for row in range(len(one.points)):
            first, second = one.single(row), other.single(row)
            for a, b in zip((*first.a, *first.basis), (*second.a, *second.basis), strict=True):
                assert np.array_equal(a, b)
            alone = small.chains(networks, one.points[row : row + 1], kind)[0].single(0)
            assert all(np.array_equal(a, b) for a, b in zip(first.basis, alone.basis, strict=True))


def test_networks_with_the_same_emitters_keep_the_bases_of_their_own_drives():
    """What acts within a tier is then the same, but not in the basis that each drive gives."""
    networks = thermal_links({"n_th": np.array([3.0, 3.0]), "kappa": np.array([0.2, 0.2])}, {})
    decay = networks.decay.copy()
    decay[1, 0, 2] *= 0.5
    decay[1, 2, 0] *= 0.5
    networks = replace(networks, decay=decay)
    kind = structure_of_arrays(networks)
    both = small.chains(networks, np.arange(2), kind)
    for position in range(2):
        (alone,) = small.chains(networks, np.array([position]), kind)
        (group,) = (group for group in both if position in group.points)
        row = group.points.tolist().index(position)
        for block, single in zip(group.six, alone.six, strict=True):
            assert np.array_equal(block[row], single[0])
    first, second = (small.chains(networks, np.array([i]), kind)[0] for i in range(2))
    assert not np.array_equal(first.six[0], second.six[0])


def test_networks_as_arrays_have_the_numbers_of_networks():
    """States, errors, those of each element, and tiers, in the order of the points."""
    varied = {"n_th": np.array([3.0, 0.2, 40.0]), "kappa": np.array([0.5, 2.0, 0.05])}
    solved = te.ContinuedFraction().steady_state_arrays(thermal_links(varied, {"loss": 0.1}))
    assert solved.network.rows.tolist() == [0, 1, 2]
    networks = [te.thermal_link(n, k, loss=0.1) for n, k in zip(*varied.values(), strict=True)]
    for i, one in enumerate(te.steady_states(networks, te.ContinuedFraction())):
        np.testing.assert_allclose(solved.state[i], one.state, atol=1e-14)
        assert solved.error[i] == pytest.approx(float(one.error), rel=1e-6, abs=0)
        assert solved.order[i] == one.stats["n_max"]
        np.testing.assert_allclose(solved.elements[i], one.error.elements, rtol=1e-6)


@pytest.mark.parametrize(
    ("method", "qubits", "points"),
    [
        (te.ContinuedFraction(digits=20), 2, 3),  # balls, which are solved one by one
        (te.ContinuedFraction(), 4, 3),  # more states than a structure of arrays has
        (te.ContinuedFraction(), 2, 0),
    ],
)
def test_networks_as_arrays_that_are_solved_otherwise_are_left(method, qubits, points):
    given = thermal_links({"n_th": np.ones(3)}, {"kappa": 1.0, "qubits": qubits})
    assert method.steady_state_arrays(given.part(np.arange(points))) is None
