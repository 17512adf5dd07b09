"""Chains and folds of many networks: the same bits alone, in lanes, in groups, from arrays."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

import thermalent as te
from tests.support.batch_networks import general, random_network
from thermalent.continued_fraction.batch import (
    alone_kernels,
    arrangement,
    group_kernels,
    kernels,
)
from thermalent.continued_fraction.batch.arrangement import alone_and_together
from thermalent.continued_fraction.chain.fraction import evaluate_truncated
from thermalent.continued_fraction.chain.one_structure import small
from thermalent.continued_fraction.chain.one_structure.blocks import block_bands, lane_tiers
from thermalent.continued_fraction.chain.one_structure.small import chains
from thermalent.continued_fraction.chain.one_structure.structure import (
    structure,
    structure_of_arrays,
)
from thermalent.continued_fraction.chain.rounding import disturbed
from thermalent.models.line_arrays import thermal_links
from thermalent.networks.nodes import Qubit


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
