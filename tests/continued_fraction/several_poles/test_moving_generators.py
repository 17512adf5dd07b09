"""What is summed while a source moves, the mean that joins charges, and which steps are taken."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse
from scipy.linalg import expm

import thermalent as te
from tests.continued_fraction.several_poles.test_tier_elements import (
    Hierarchy,
    arbitrary,
    in_frame,
    rate_of_change,
)
from thermalent.continued_fraction.chain.assembly import assemble_tiers, tier_offsets
from thermalent.continued_fraction.several_poles.chain import building
from thermalent.continued_fraction.several_poles.chain.coordinates import chain_of
from thermalent.continued_fraction.several_poles.chain.fields import matrices_of
from thermalent.continued_fraction.several_poles.chain.tail_damping import tail_damping
from thermalent.continued_fraction.several_poles.moving import (
    displaced_source,
    moving_generator,
    poles_tiers,
    settled_source,
    wider_reference,
)
from thermalent.continued_fraction.several_poles.moving.displaced_source import (
    DisplacedRun,
    bytes_of_displaced,
)
from thermalent.continued_fraction.several_poles.moving.moving_generator import (
    CovarianceUnits,
    MovingGenerator,
    WeightedSum,
    assembled,
    explicit_work,
    steps_to,
    summed_tiers,
    up_alone,
)
from thermalent.continued_fraction.several_poles.moving.poles_tiers import (
    PolesMotion,
)
from thermalent.continued_fraction.several_poles.moving.source.gaussian import (
    MovingPiece,
    MovingSource,
)
from thermalent.continued_fraction.several_poles.moving.wider_reference import (
    PART,
    WiderRun,
    first_turn,
    reference_width,
)

LAST = 3


@pytest.mark.parametrize("kind", ["real", "complex"])
def test_units_of_the_covariance_sum_to_the_tiers_of_a_source(kind):
    """As tiers, as matrices and as their products; without imaginary parts half as many."""
    chain = arbitrary(3) if kind == "complex" else chain_of(te.thermal_link(3.0, 0.2, filters=3))
    units = CovarianceUnits([chain])
    assert units.units == ((1.0, 1j) if kind == "complex" else (1.0,))
    moved = units.with_changes(chain)
    assert len(moved) == 1 + chain.length * len(units.units)
    first, others = building.tiers_with_changes(moved[0][0], 2, moved[1:], whole=True)
    weights = units.weights(chain.covariance[0])
    exact, _ = building.tiers_with_changes(chain, 2, moved[1:], whole=True)
    expected = assemble_tiers(exact, LAST).toarray()
    parts = [first, *map(up_alone, others)]
    summed = summed_tiers(parts, [1.0, *weights])
    atol = 1e-13 * np.max(np.abs(expected))
    np.testing.assert_allclose(assemble_tiers(summed, LAST).toarray(), expected, atol=atol)
    assert summed.rate == pytest.approx(exact.rate, rel=1e-15)
    assert all(np.all(block.value != 0) for block in (*summed.within, *summed.up, *summed.down))
    whole = assembled(parts, LAST)
    np.testing.assert_allclose(whole.at(weights).toarray(), expected, atol=atol)
    assert whole.norm(weights) == pytest.approx(np.max(np.abs(expected).sum(axis=1)), rel=1e-12)
    assert whole.entries == sum(matrix.nnz for matrix in whole.matrices)
    assert len(whole.matrices) == len(parts)
    y = np.random.default_rng(1).normal(size=len(expected))
    np.testing.assert_allclose(whole.applied(weights, y), expected @ y, atol=10 * atol)
    np.testing.assert_allclose((whole.pattern.with_weights(np.array(weights)) @ y), expected @ y,
                               atol=10 * atol)  # fmt: skip


def test_only_what_rises_is_left_of_the_units():
    chain = arbitrary(2)
    built = building.tiers(chain, 2)
    alone = up_alone(built)
    for parity in (0, 1):
        assert not np.any(alone.within[parity].value)
        assert not np.any(alone.down[parity].value)
        np.testing.assert_array_equal(alone.up[parity].value, built.up[parity].value)


def test_imaginary_parts_of_a_beginning_count():
    chain = chain_of(te.thermal_link(3.0, 0.2, filters=2))
    assert CovarianceUnits([chain]).units == (1.0,)
    assert CovarianceUnits([chain], np.array([[1.0, 0.1j], [-0.1j, 1.0]])).units == (1.0, 1j)


def test_a_generator_is_asked_once_for_each_time():
    rng = np.random.default_rng(1)
    matrices = [sparse.csr_array(rng.normal(size=(3, 3))) for _ in range(3)]
    asked = []

    def weights(time):
        asked.append(time)
        return [time, -2.0 * time]

    generator = MovingGenerator(1, np.array([0, 1, 3]), WeightedSum(matrices), weights)
    y = rng.normal(size=3)
    a, b, c = (matrix.toarray() for matrix in matrices)
    for _ in range(2):
        np.testing.assert_allclose(generator.at(0.5)(y), (a + 0.5 * b - c) @ y, rtol=1e-12)
        np.testing.assert_allclose(generator.slope(2.0, y), (a + 2 * b - 4 * c) @ y, rtol=1e-12)
    assert asked == [0.5, 2.0]
    mean = generator.frozen(np.array([0.5, 2.0])).toarray()
    np.testing.assert_allclose(mean, a + 1.25 * b - 2.5 * c, rtol=1e-12)


def test_explicit_steps_follow_an_equation_and_their_work_its_norm():
    matrix = np.array([[-0.3, 1.0], [-1.0, -0.1]])
    start, told = np.array([1.0, 0.5]), []
    times = [0.0, 0.0, 1.5, 1.5, 4.0]
    found = list(steps_to(lambda t, y: matrix @ y, start, times, 1e-10, told.append))
    for time, value in zip(times, found, strict=True):
        np.testing.assert_allclose(value, expm(time * matrix) @ start, atol=1e-8)
    assert told == ["t = 1.5", "t = 4"]
    assert explicit_work(50, 2.0, 6.0) == 15.0 * 12.0 * 50 * (1 + 4.0)
    assert moving_generator.SPARSE == 15.0


@pytest.mark.parametrize("time", [0.0, 0.7])
def test_a_mean_joins_neighbouring_charges(time):
    """X_Q' = L_Q X_Q + y L_+ X_(Q-1) + y^* L_- X_(Q+1), and X_-Q is the adjoint of X_Q."""
    chain, quanta, most = arbitrary(2), 2, 3
    moving = MovingSource(chain, np.array([0.3 - 0.2j, 0.5j]), 0.4 * chain.covariance)
    rho = np.diag([0.4, 0.3, 0.2, 0.1]).astype(complex)
    run = DisplacedRun([MovingPiece(moving, np.inf)], quanta, LAST, most, rho)
    rng = np.random.default_rng(4)
    charges = {q: Hierarchy(chain, q, quanta, LAST) for q in range(-most, most + 1)}
    mu = {q: charges[q].random(rng) for q in range(most + 1)}
    swapped = charges[0].of.conjugate
    for q in range(1, most + 1):
        mu[-q] = mu[q][:, swapped].conj().transpose(0, 1, 3, 2)
    lacking, field = moving.at(time)
    now = source_with(chain, chain.covariance[0] + lacking)
    plus, minus = in_frame(chain, chain.drive), in_frame(chain, chain.drive_conj)

    def on(operator, matrices):
        return (matrices.reshape(-1, 16) @ operator.T).reshape(matrices.shape)

    y, expected = np.zeros(run.offset[-1], complex), np.zeros(run.offset[-1], complex)
    for q in range(most + 1):
        rate = rate_of_change(Hierarchy(now, q, quanta, LAST), mu[q], tail_damping(chain.drift))
        rate = rate + field * on(plus, mu[q - 1])
        if q < most:
            rate = rate + np.conj(field) * on(minus, mu[q + 1])
        rate = charges[q].existing(rate)
        kept = run.places[q] >= 0
        at = run.offset[q] + run.places[q][kept]
        y[at] = mu[q].reshape(kept.shape)[kept]
        expected[at] = rate.reshape(kept.shape)[kept]
        none = np.isnan([[charges[q].quanta(n, p)[0][0] for p in range(len(swapped))]
                         for n in range(LAST + 1)])  # fmt: skip
        np.testing.assert_array_equal(kept, ~none.reshape(kept.shape))
    found = run._slope(time, y)
    np.testing.assert_allclose(found, expected, atol=1e-12 * np.max(np.abs(expected)))
    np.testing.assert_allclose(run.read(run.start), rho, atol=1e-14)
    full = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    full = full + full.conj().T
    np.testing.assert_allclose(run.read(run._start(full)), full, atol=1e-13)
    held = np.zeros(run.offset[-1], dtype=bool)
    held[np.concatenate([run.offset[q] + run.places[q][0, 0] for q in range(3)])] = True
    assert not np.any(run._start(full)[~held])
    # What it is said to take: two operators of the field beside the generator.
    assert run.entries == run.sum.entries + run.raising.nnz + run.lowering.nnz
    largest = np.max(abs(run.raising).sum(axis=1))
    expected = run.sum.norm(run.units.weights(chain.covariance[0]))
    expected += 2 * chain.scale * np.linalg.norm(moving.mean) * largest
    assert run.norm == pytest.approx(expected, rel=1e-12)


def source_with(chain, row):
    """The chain with another first row of its covariance."""
    covariance = chain.covariance.copy()
    covariance[0] = row
    return replace(chain, covariance=covariance)


def test_bytes_of_coupled_charges_are_those_of_half_of_the_elements():
    """Per element 40 bytes, and three and a half elements of a row per state."""
    chain = chain_of(te.thermal_link(3.0, 0.2, filters=2))
    from thermalent.continued_fraction.several_poles.chain.placements import count

    unknowns = 3 * 21.0 * count(1, 2) * 16 / 2
    assert bytes_of_displaced(chain, 2, 21.0, 3) == pytest.approx(40 * 3.5 * 4 * unknowns)


@pytest.mark.parametrize(("explicit", "long", "chosen"), [(3.0, 3.0, "steps"), (3.1, 3.0, "long")])
def test_steps_are_short_or_long_as_costs_less(monkeypatch, explicit, long, chosen):
    asked = []
    monkeypatch.setattr(
        poles_tiers, "explicit_work", lambda *given: asked.append(given) or explicit
    )
    monkeypatch.setattr(
        poles_tiers, "long_work", lambda *given, **more: asked.append((given, more)) or long
    )
    monkeypatch.setattr(poles_tiers, "steps_to", lambda *given: ("steps", given))
    monkeypatch.setattr(poles_tiers, "long_steps_to", lambda *given: ("long", given))
    generator = SimpleNamespace(offset=np.arange(8), slope="slope", sum=SimpleNamespace(entries=50))
    motion = PolesMotion(generator, 0.25, 12, 1e-6)
    y = np.zeros(3)
    kind, given = motion.stepped(y, [0.5, 2.0, 9.0], print)
    assert kind == chosen
    assert asked == [(50, 0.25, 9.0), ((7, 12, 1e-6), {"real": True})]
    if kind == "long":
        assert given == (generator, y, [0.5, 2.0, 9.0], 4.0, 1e-6, print)
        assert motion.stepped(y, [0.5, 1.0, 3.0], print)[1][3] == 3.0
    else:
        assert given == ("slope", y, [0.5, 2.0, 9.0], 1e-6, print)
    assert motion.cost(9.0, y + 0j) == pytest.approx(3.0 / 15.0)
    assert asked[-1] == ((7, 12, 1e-6), {"real": False})


@pytest.mark.parametrize("length", [0.5, np.inf])
def test_the_width_of_the_reference_is_the_largest_on_the_way(length):
    chain = chain_of(te.thermal_link(3.0, 0.2, filters=2))
    source = MovingSource(chain, np.array([60.0, 0.0]))
    until = min(length, source.settled(1e-2))
    times = np.linspace(0.0, until, 60)
    widths = []
    for time in times:
        field = source.at(time)[1]
        variance = chain.scale**2 * source.covariance(time)[0, 0].real
        widths.append(variance + PART * abs(field) ** 2)
    pieces = [MovingPiece(source, length)]
    for variance in (1e-3, 1e3):
        largest = max(variance, *widths)
        found = reference_width(pieces, variance)
        assert found == pytest.approx(np.sqrt(largest / variance), rel=1e-9)
    assert max(widths) > widths[0] + 1e-3


def test_the_first_turn_is_the_phase_of_the_first_derivative_that_does_not_vanish():
    def source(drift, mean):
        chain = SimpleNamespace(drift=np.array(drift, dtype=complex), length=len(drift))
        return SimpleNamespace(chain=chain, mean=np.array(mean, dtype=complex))

    drift = [[0.3, 1j, 0.0], [0.2, 0.1, -2.0], [0.0, 0.4, 0.5]]
    assert first_turn(source(drift, [3j, 1.0, 0.0])) == pytest.approx(1j)
    # db_1/dt = -H_12 b_2, and d^2b_1/dt^2 = H_12 H_23 b_3.
    assert first_turn(source(drift, [0.0, 5.0, 1.0])) == pytest.approx(-1j)
    assert first_turn(source(drift, [0.0, 0.0, 2.0])) == pytest.approx(-1j)
    assert first_turn(source(drift, [0.0, 0.0, -2.0])) == pytest.approx(1j)
    assert first_turn(source(drift, [0.0, 0.0, 0.0])) == 1.0
    # What cancels to its rounding is zero.
    assert first_turn(source(drift, [1e-14, 1.0, 0.0])) == pytest.approx(1.0)
    cancels = [[1.0, -1.0], [0.5, 2.0]]
    left = source(cancels, [0.0, 0.0])
    left.mean = np.array([0.0, -1.0 + 0j])
    assert first_turn(left) == pytest.approx(-1.0)
    assert wider_reference._NEGLIGIBLE == 1e-12


def test_runs_of_all_charges_are_joined_with_their_adjoints():
    def sector(scale, lost):
        states = scale * np.array([[[1.0, 2j], [3.0, 4.0]]])
        return SimpleNamespace(
            states=lambda times, tolerance: (states, scale * np.array([tolerance]), lost),
            work=lambda time, tolerance: scale * time, bytes=10 * scale,
        )  # fmt: skip

    run = object.__new__(WiderRun)
    run.sectors = [sector(1.0, 5.0), sector(10.0, 7.0), sector(100.0, 6.0)]
    states, error, refused = run.states(np.array([1.0]), 1e-3)
    both = np.array([[2.0, 2j + 3], [3 - 2j, 8.0]])
    np.testing.assert_allclose(states[0], np.array([[1.0, 2j], [3.0, 4.0]]) + 110 * both)
    assert (error[0], refused) == (pytest.approx(1e-3 * (1 + 2 * 110)), 7.0)
    assert (run.work(2.0, 1e-3), run.bytes) == (222.0, 1000.0)


def test_what_begins_on_many_tiers_is_folded_from_the_highest_of_them(monkeypatch):
    asked = []

    class Sweep:
        def __init__(self, built, z, last, begun, lowest):
            asked.append((z, last, len(begun), lowest))
            size = built.tier0_size
            self.k, self.t0 = 0.5 * np.eye(size), np.arange(size)

    chain = chain_of(te.thermal_link(3.0, 0.2, filters=2))
    built = building.tiers(chain, 1)
    size = built.tier0_size
    monkeypatch.setattr(settled_source, "TierSweep", Sweep)
    reduced = settled_source._reduced(built, [np.zeros(n) for n in np.diff(tier_offsets(built, 6))])
    for depth, last in ((4, 6), (6, 6), (9, 9)):
        matrix, right = reduced(0.3 + 1j, depth)
        assert asked[-1] == (0.3 + 1j, last, 7, 0)
        expected = (0.3 + 1j - 0.5) * np.eye(size) - built.a[0][:size, :size]
        np.testing.assert_allclose(matrix, expected, rtol=1e-14)
        np.testing.assert_array_equal(right, np.arange(size))


def test_late_times_are_evolved_charge_by_charge(monkeypatch):
    """Each with the vector of its own tiers; those above zero count with their adjoints."""
    chain, quanta, most = arbitrary(2), 2, 3
    moving = MovingSource(chain, np.array([0.3 - 0.2j, 0.5j]), 0.4 * chain.covariance)
    run = DisplacedRun([MovingPiece(moving, np.inf)], quanta, LAST, most, np.eye(4) / 4)
    mu = {q: Hierarchy(chain, q, quanta, LAST).random(np.random.default_rng(q)) for q in range(4)}
    y = np.zeros(run.offset[-1], complex)
    for q in range(most + 1):
        kept = run.places[q] >= 0
        y[run.offset[q] + run.places[q][kept]] = mu[q].reshape(kept.shape)[kept]
    asked = []

    def settled(built, begun, times, tolerance):
        q = built.charge
        found = matrices_of(chain, built, begun, chain.covariance)
        np.testing.assert_allclose(found.matrices, mu[q], atol=1e-13)
        asked.append((q, times.tolist(), tolerance))
        states = (1 + q) * np.array([[[1, 2j, 0, 0], *[[0] * 4] * 3]])
        return states, np.array([1e-3 * 10.0**q]), [3.0, 7.0, 5.0][q]

    monkeypatch.setattr(displaced_source, "evolve_settled", settled)
    states, error, refused = run.late(y, np.array([2.0]), 1e-4)
    assert asked == [(q, [2.0], 1e-4) for q in range(3)]  # as far as the emitters have charges
    expected = np.zeros((4, 4), complex)
    expected[0, :2] = 1 + 5 * 2, 2j + 5 * 2j
    expected[1, 0] = 5 * -2j
    np.testing.assert_allclose(states[0], expected)
    assert (error.tolist(), refused) == ([pytest.approx(1e-3 + 2e-2 + 2e-1)], 7.0)


def test_a_wider_run_has_a_run_for_every_charge_of_the_emitters(monkeypatch):
    made = []
    monkeypatch.setattr(wider_reference, "FollowedRun", lambda *given: made.append(given))
    chain = chain_of(te.thermal_link(3.0, 0.2, filters=2))
    rho = np.eye(4) / 4
    WiderRun([SimpleNamespace(chain=chain)], 1j, 2, 7, rho)
    assert [(given[1], given[3], given[4], given[5].charge) for given in made] == [
        (2, charge, 7, charge) for charge in range(3)
    ]
