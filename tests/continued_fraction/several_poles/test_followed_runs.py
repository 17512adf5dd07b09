"""How a run follows a source through its stretches: its steps, its norm, and its last times."""

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse

import thermalent as te
from thermalent.continued_fraction.chain.assembly import assemble_tiers
from thermalent.continued_fraction.several_poles.chain.building import tiers_with_changes
from thermalent.continued_fraction.several_poles.chain.coordinates import chain_of
from thermalent.continued_fraction.several_poles.chain.tail_damping import tail_damping
from thermalent.continued_fraction.several_poles.moving import followed_run
from thermalent.continued_fraction.several_poles.moving.followed_run import (
    FollowedRun,
    FollowedStretch,
    _reach,
    followed_stretches,
)
from thermalent.continued_fraction.several_poles.moving.moving_generator import summed_tiers
from thermalent.continued_fraction.several_poles.moving.source.filling_chain import (
    DriftUnits,
    FollowedSource,
    drive_terms,
)
from thermalent.continued_fraction.several_poles.moving.source.gaussian import (
    MovingPiece,
    MovingSource,
)
from thermalent.operators.superoperators import dense

EPS = np.finfo(float).eps
HOT = chain_of(te.thermal_link(40.0, 0.3, filters=2))
COLD = replace(HOT, covariance=0 * HOT.covariance)
BEGIN = np.linalg.cholesky(HOT.covariance)


def stretches(chains, lengths, begin=BEGIN, tolerance=1e-6):
    pieces = [
        MovingPiece(MovingSource(chain, np.zeros(2)), length)
        for chain, length in zip(chains, lengths, strict=True)
    ]
    return followed_stretches(pieces, begin, tolerance)


def test_what_a_field_reaches_is_its_drive_over_its_slowest_rate():
    slowest = min(np.linalg.eigvals(HOT.drift).real)
    largest = np.max(np.abs(dense(HOT.drive)).sum(axis=0))
    assert _reach(HOT) == pytest.approx(HOT.scale * largest / slowest, rel=1e-12)


@pytest.mark.parametrize("length", [2.0, np.inf])
def test_a_decaying_field_is_followed_for_as_long_as_it_matters(length):
    """Until a tenth of the tolerance is left of what it does; looked at half as late again."""
    found = stretches([COLD], [length])
    source = FollowedSource(COLD, BEGIN)

    def left(time):
        return _reach(COLD) * np.linalg.norm(source.factor(time))

    first = found[0]
    if length == 2.0:  # it still matters at the end
        assert len(found) == 1
        assert (first.length, first.fresh) == (2.0, False)
        assert left(2.0) > 1e-7
        return
    time = first.length
    assert left(time) <= 1e-7 < left(time / 1.5)
    tries = np.log(time * source.norm) / np.log(1.5)
    assert tries == pytest.approx(round(tries), abs=1e-9)
    assert (found[1].length, found[1].source, found[1].fresh) == (np.inf, None, True)
    assert found[1].chain is COLD


def test_a_source_that_fills_is_followed_to_the_end_and_begins_the_next():
    found = stretches([HOT, COLD], [3.0, 0.5], begin=BEGIN[:, :0])
    assert [(one.length, one.fresh) for one in found] == [(3.0, True), (0.5, False)]
    np.testing.assert_allclose(found[1].source.begin, FollowedSource(HOT).factor(3.0))
    # What is too weak at the beginning is left out from the start.
    weak = 0.99e-7 / _reach(HOT) / np.linalg.norm(BEGIN) * BEGIN
    assert stretches([COLD], [3.0], weak)[0].source is None
    assert stretches([COLD], [3.0], 1.02 * weak)[0].source is not None


@dataclass(frozen=True)
class Given:
    """A stretch of a source that is given."""

    length: float
    moving: object
    source: object
    fresh: bool = False
    chain: object = None


def run(length=5.0, settled=3.0, source="source", **more):
    """A run in one of its stretches."""
    moving = SimpleNamespace(settled=lambda rest: settled * (1.0 if rest == EPS else 2.0))
    found = object.__new__(FollowedRun)
    found.stretch, found.begins = Given(length, moving, source, **more), True
    found.weights = lambda time: [time]
    found.generator = SimpleNamespace(
        sum=SimpleNamespace(norm=lambda weights: 10 * weights[0]), offset=np.array([0, 2, 5])
    )
    found.built = SimpleNamespace(tier0_size=2)
    return found


def test_the_norm_is_that_in_the_end_of_a_stretch():
    assert run(5.0, 3.0).norm == 30.0
    assert run(2.0, 3.0).norm == 20.0


def test_contours_begin_where_the_source_is_settled_or_steps_lose_what_is_conserved():
    tolerance = 1e-6
    assert run().limit(1.0, tolerance) == pytest.approx(tolerance / (EPS * 30.0))
    assert run(5.0, 3.0).limit(1.0, 1e-14) == pytest.approx(6.0)
    assert run(source=None).limit(1.0, tolerance) == np.inf


@pytest.mark.parametrize(
    ("begins", "fresh", "given", "kept"),
    [
        (True, False, 5, 5),
        (True, True, 5, 2),  # without a field before, tier zero alone is carried over
        (False, True, 5, 5),
        (True, False, 3, 3),  # of a stretch with fewer tiers
    ],
)
def test_steps_begin_with_the_tiers_that_are_carried_over(monkeypatch, begins, fresh, given, kept):
    asked = []
    monkeypatch.setattr(followed_run, "long_steps_to", lambda *of: asked.append(of) or "steps")
    one = run(fresh=fresh)
    one.begins = begins
    y = np.arange(1.0, given + 1)
    assert one.steps(y, [0.01, 2.0], 1e-6, print) == "steps"
    generator, start, times, first, tolerance, report = asked[0]
    expected = np.zeros(5)
    expected[:kept] = y[:kept]
    np.testing.assert_array_equal(start, expected)
    assert (generator, times, tolerance, report) == (one.generator, [0.01, 2.0], 1e-6, print)
    assert first == pytest.approx(1 / 30.0)
    one.steps(y, [0.01], 1e-6, print)
    assert asked[1][3] == 0.01
    one.steps(y, [], 1e-6, print)
    assert asked[2][3] == 1e-300


def test_last_times_are_those_of_the_settled_source(monkeypatch):
    part = np.diag([0.4, 0.3, 0.2, 0.1]).astype(complex)
    source = FollowedSource(HOT, BEGIN[:, :0])
    one = FollowedRun(
        [FollowedStretch(MovingSource(HOT, np.zeros(2)), np.inf, source, True)], 1, part, 0, 4
    )
    one.enter(0)
    asked = []
    monkeypatch.setattr(followed_run, "evolve_settled", lambda *of: asked.append(of) or "late")
    y = np.zeros(one.generator.offset[-1])
    y[: len(one.start)] = one.start
    assert one.late(y, np.array([2.0]), 1e-5) == "late"
    settled, begun, times, tolerance = asked[0]
    assert (times.tolist(), tolerance, len(begun)) == ([2.0], 1e-5, 5)
    assert settled.width == pytest.approx(np.sqrt(HOT.variance))
    assert settled.source_rate == pytest.approx(min(np.linalg.eigvals(HOT.drift).real))
    np.testing.assert_allclose(one.read(one.start), part, atol=1e-14)
    assert (one.last, one.lengths) == (4, [np.inf])


def test_units_of_the_drift_are_the_tiers_of_any_drift():
    """The drive of w_1, the elements of H' and the damping of its tails, each with its weight."""
    chain = chain_of(te.thermal_link(40.0, 0.3, filters=3))
    rng = np.random.default_rng(1)
    for turning in (False, True):
        drift = np.tril(rng.normal(size=(3, 3)) + 1j * turning * rng.normal(size=(3, 3)), 1)
        units = DriftUnits(chain, [chain], turning=turning)
        (alone, undamped), first = drive_terms(chain)
        built, moved = tiers_with_changes(
            alone, 2, [first, *units.changes], whole=True, damping=undamped
        )
        found = summed_tiers([built, *moved], [1.0, *units.weights(0.7, drift, chain)])
        rate = np.trace(chain.drift).real / 3
        given = replace(alone, drift=drift, scale=0.7)
        exact, _ = tiers_with_changes(
            given, 2, [first, *units.changes], whole=True, damping=tail_damping(drift, rate)
        )
        expected = assemble_tiers(exact, 3).toarray()
        np.testing.assert_allclose(assemble_tiers(found, 3).toarray(), expected, atol=1e-12)
        assert len(units.changes) == len(units.units) * (8 + 2)
    assert DriftUnits(chain, [replace(chain, drift=np.ones((3, 3)))], turning=False).places == [
        (i, j) for i in range(3) for j in range(3)
    ]


def test_a_source_on_which_the_emitters_act_back_is_not_followed():
    """Nor one whose covariance is singular, from a start that does not fill all amplitudes."""
    network = te.phononic_link(3.0, positions=(1.3,), filter=te.Filter.cavities([0.8, 1.1]))
    acted_on = chain_of(network)
    assert any(sparse.csr_array(part).count_nonzero() for part in acted_on.backaction)
    assert stretches([acted_on], [1.0]) is None
    assert stretches([HOT, acted_on], [1.0, 1.0]) is None
    one = np.array([[1.0], [0.0]])
    assert stretches([replace(HOT, covariance=np.diag([40.0, 0.0]))], [1.0], one) is None
    assert stretches([HOT], [1.0], one) is not None
