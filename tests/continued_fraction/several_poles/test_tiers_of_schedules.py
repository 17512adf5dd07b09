"""Schedules behind several poles: stretches, tiers of each network, and what is followed."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import thermalent as te
from tests.continued_fraction.several_poles.test_moving_generators import source_with
from tests.continued_fraction.several_poles.test_tier_elements import (
    arbitrary,
)
from thermalent.continued_fraction.chain.assembly import assemble_tiers
from thermalent.continued_fraction.several_poles.chain import building
from thermalent.continued_fraction.several_poles.chain.coordinates import NoChainError, chain_of
from thermalent.continued_fraction.several_poles.chain.tail_damping import tail_damping
from thermalent.continued_fraction.several_poles.elimination.evaluation import fold_work
from thermalent.continued_fraction.several_poles.moving import (
    source_schedule,
)
from thermalent.continued_fraction.several_poles.moving.poles_tiers import (
    PolesTiers,
)
from thermalent.continued_fraction.several_poles.moving.source.gaussian import (
    MovingPiece,
    MovingSource,
)
from thermalent.continued_fraction.several_poles.moving.source_schedule import (
    PolesSchedule,
    PolesStretch,
    poles_stretches,
)
from thermalent.continued_fraction.several_poles.moving.wider_reference import (
    PART,
)
from thermalent.solution.tasks import EvolutionTask, Piece

LAST = 3


def test_stretches_are_at_rest_where_nothing_is_left_of_a_motion():
    """A motion is broken off where the time is twice what it takes to settle."""

    def piece(begin, length, settled):
        stationary = np.diag([2.0, 1.0])
        source = SimpleNamespace(
            chain=SimpleNamespace(covariance=stationary), settled=lambda rest: settled * rest,
            covariance=lambda time: stationary + begin * np.diag([1.0, -1.0]),
        )  # fmt: skip
        return MovingPiece(source, length)

    pieces = [
        piece(0.9e-13 * 2, 7.0, 1.0), piece(1.1e-13 * 2, 7.0, 4.0), piece(0.1, 7.0, 3.4),
        piece(1.0, np.inf, 3.0),
    ]  # fmt: skip
    found = poles_stretches(pieces, 1.0)
    assert [(one.piece, one.length) for one in found] == [
        (0, 7.0), (1, 7.0), (2, 3.4), (2, pytest.approx(3.6)), (3, 3.0), (3, np.inf),
    ]  # fmt: skip
    moving = [source for source, _ in pieces]
    assert [one.source for one in found] == [
        None, moving[1], moving[2], None, moving[3], None,
    ]  # fmt: skip
    assert [one.tiers(17) for one in found] == [17] * 6
    assert source_schedule._WORTH_A_BREAK == 2.0
    # What counts is the largest covariance of all, the first beginning included.
    large = [piece(1e3, 7.0, 4.0), piece(1.5e-10, 7.0, 4.0), piece(2e-10, np.inf, 4.0)]
    found = poles_stretches(large, 1.0)
    assert [one.source is None for one in found] == [False, False, False, True]
    assert poles_stretches([large[0], piece(1e-10, 5.0, 4.0)], 1.0)[-1].source is None


def schedule_tiers(charge, *, staggered=False):
    """Two networks, of which the source of the second one moves."""
    chain = arbitrary(2)
    other = replace(chain, drift=2 * chain.drift, covariance=0.5 * chain.covariance)
    moving = MovingSource(other, np.zeros(2), chain.covariance)
    stretches = [PolesStretch(0, 1.0, None), PolesStretch(1, 1.0, moving)]
    rng = np.random.default_rng(3)
    rho = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    rho = rho + rho.conj().T
    part = np.where(np.subtract.outer(chain.numbers, chain.numbers) == charge, rho, 0)
    frame = chain.bright_dark
    part = frame @ part @ frame.conj().T
    found = PolesTiers([chain, other], stretches, part, charge, 2, 1e-6, staggered=staggered)
    return found, part, stretches


@pytest.mark.parametrize("charge", [0, 1])
def test_tiers_of_a_schedule_are_those_of_each_network(charge):
    tiers, part, stretches = schedule_tiers(charge)
    start = tiers.start(LAST)
    assert len(start) == tiers.offset(LAST)[-1]
    assert np.iscomplexobj(start) is (charge == 1)
    assert not np.any(start[tiers.tier0_size :])
    basis = tiers.first.basis[0][:, : tiers.tier0_size]
    np.testing.assert_allclose(basis @ start[: tiers.tier0_size], part.ravel(), atol=1e-13)
    assert tiers.motion(stretches[0], LAST) is None
    assert (tiers.at_rest(stretches[0]), tiers.at_rest(stretches[1])) == (True, False)
    motion = tiers.motion(stretches[1], LAST)
    source = stretches[1].source
    y = np.random.default_rng(4).normal(size=len(start)) + (0j if charge == 0 else 1j)
    y = y.real if charge == 0 else y
    for chain, generator in (
        (tiers.pieces[0], lambda: tiers.generator(stretches[0], LAST) @ y),
        (source_with(source.chain, source.chain.covariance[0] + source.at(0.3)[0]),
         lambda: motion.generator.slope(0.3, y)),
    ):  # fmt: skip
        _, (built,) = building.tiers_with_changes(
            tiers.pieces[0], 2, [(chain, tail_damping(chain.drift))], part, charge
        )
        expected = assemble_tiers(built, LAST) @ y
        np.testing.assert_allclose(generator(), expected, atol=1e-12 * np.max(np.abs(expected)))
    assert (motion.size, motion.tolerance) == (max(tiers.first.sizes), 1e-6)
    still = assemble_tiers(
        building.tiers_with_changes(
            tiers.pieces[0], 2, [(source.chain, tail_damping(source.chain.drift))], part, charge
        )[1][0], LAST,
    )  # fmt: skip
    assert motion.norm == pytest.approx(np.max(abs(still).sum(axis=1)), rel=1e-9)
    own = max(np.max(np.abs(tiers._own(stretches[1])[0].a[p])) for p in (0, 1))
    assert tiers.largest_rate(stretches[1]) == pytest.approx(own)
    assert tiers.leaped(y, *stretches, LAST) is y


@pytest.mark.parametrize("charge", [0, 1])
@pytest.mark.parametrize("staggered", [False, True])
def test_resolvents_of_a_schedule_are_those_of_its_generators(charge, staggered):
    tiers, _, stretches = schedule_tiers(charge, staggered=staggered)
    resolvent = tiers.resolvent(stretches[0], LAST)
    matrix = tiers.generator(stretches[0], LAST).toarray()
    y, z = np.random.default_rng(4).normal(size=len(matrix)), 0.4 + 0.9j
    expected = np.linalg.solve(z * np.eye(len(matrix)) - matrix, y)
    np.testing.assert_allclose(resolvent.solve(z, y), expected, rtol=1e-9, atol=1e-12)
    assert resolvent.cost == pytest.approx(0.2 * fold_work(LAST, max(tiers.first.sizes)))
    assert resolvent.factor == (np.sqrt(1.7) if staggered else 1.0)
    again = tiers.resolvent(stretches[0], LAST)
    assert again.conserved is resolvent.conserved


def schedule(*, hottest=9.0, amplitudes=(0.0, 0.0), begin=None, moves=True):
    chain = chain_of(te.thermal_link(3.0, 0.2, filters=2))
    unit = hottest / chain.variance
    chain = replace(chain, covariance=unit * chain.covariance)
    first = chain.covariance if not moves else 0.3 * chain.covariance
    return PolesSchedule(
        chains=[chain], lengths=[5.0], begin=first if begin is None else begin,
        amplitudes=np.array(amplitudes),
    )  # fmt: skip


def test_hot_sources_that_move_are_followed_from_what_they_begin_with(monkeypatch):
    asked = []
    monkeypatch.setattr(
        source_schedule, "followed_stretches", lambda *given: asked.append(given) or "followed"
    )
    for given, follows in (
        ({}, True), ({"moves": False}, False), ({"hottest": 0.29}, False),
        ({"hottest": 0.31}, True), ({"moves": False, "amplitudes": (1.0, 2j)}, True),
        ({"hottest": 0.29, "amplitudes": (1.0, 2j)}, False),
    ):  # fmt: skip
        assert schedule(**given).followed(1e-3) == ("followed" if follows else None)
    one = schedule()
    one.followed(1e-3)
    pieces, begin, tolerance = asked[-1]
    assert (pieces, tolerance) == (one.pieces, 1e-3)
    np.testing.assert_allclose(begin @ begin.conj().T, one.begin, atol=1e-12)
    empty = schedule(begin=np.zeros((2, 2)))
    empty.followed(1e-3)
    assert asked[-1][1].shape == (2, 0)
    turned = schedule(amplitudes=(1.0, 2j))
    turned.followed(1e-3)
    mean = turned.pieces[0].source.mean
    np.testing.assert_allclose(asked[-1][1], np.sqrt(PART) * mean[:, None])
    assert np.min(np.abs(mean)) > 0.1


@pytest.mark.parametrize("source", ["stationary", "empty", (0.5, 1j)])
def test_a_schedule_begins_as_its_task_says(source):
    networks = [te.thermal_link(n_th, 0.2, filters=2) for n_th in (3.0, 5.0, 7.0)]
    chains = [chain_of(network) for network in networks]
    task = EvolutionTask(
        pieces=tuple(Piece(network, 2.0) for network in networks), times=np.array([1.0, 3.0]),
        initial="00", source=source,
    )  # fmt: skip
    found = source_schedule.schedule_of(chains, task)
    assert found.chains == chains[:2]  # up to the last time
    assert found.lengths == [2.0, 1.0]
    own = chains[0].covariance if source == "stationary" else np.zeros((2, 2))
    np.testing.assert_array_equal(found.begin, own)
    expected = source if isinstance(source, tuple) else (0, 0)
    np.testing.assert_array_equal(found.amplitudes, expected)


def test_chains_of_all_amplitudes_are_refused_where_they_take_too_much(monkeypatch):
    networks = [te.thermal_link(n_th, 0.2, filters=2) for n_th in (3.0, 5.0)]
    found = source_schedule.whole_chains(networks)
    assert [chain.length for chain in found] == [2, 2]
    asked = []
    monkeypatch.setattr(
        source_schedule.choice, "chain_too_large",
        lambda chain: asked.append(id(chain)) or ("too hot." if len(asked) == 2 else None),
    )  # fmt: skip
    with pytest.raises(NoChainError, match=r"too hot\."):
        source_schedule.whole_chains([networks[0], networks[0], networks[1]])
    assert len(set(asked)) == 2


@pytest.mark.parametrize("length", [1, 3])
def test_the_depth_of_a_schedule_is_asked_for_with_one_quantum_at_most(monkeypatch, length):
    asked = []
    monkeypatch.setattr(
        source_schedule, "tiers_depth", lambda chain, k, tolerance: asked.append(k) or 5
    )
    chain = chain_of(te.thermal_link(3.0, 0.2, filters=length))
    made = PolesSchedule(
        chains=[chain], lengths=[1.0], begin=chain.covariance, amplitudes=np.zeros(length)
    )
    assert made.depth(1e-3) == 5
    assert asked == [min(1, chain.length - 1)]
