"""Coordinates that follow a source which fills, and the long steps in them."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import linalg, sparse

import thermalent as te
from tests.continued_fraction.several_poles.test_growing_source import cold
from thermalent.continued_fraction.several_poles.chain.common_coordinates import common_chains
from thermalent.continued_fraction.several_poles.chain.coordinates import chain_of
from thermalent.continued_fraction.several_poles.elimination.sum_of_matrices import SumOfMatrices
from thermalent.continued_fraction.several_poles.moving import poles_tiers
from thermalent.continued_fraction.several_poles.moving.followed_run import (
    FollowedRun,
    followed_stretches,
)
from thermalent.continued_fraction.several_poles.moving.poles_tiers import PolesTiers
from thermalent.continued_fraction.several_poles.moving.source.filling_chain import (
    DriftUnits,
    FollowedSource,
)
from thermalent.continued_fraction.several_poles.moving.source.gaussian import (
    MovingPiece,
    MovingSource,
)
from thermalent.continued_fraction.several_poles.moving.source_schedule import PolesStretch


def detuned():
    filters = te.Filter.cavities([0.05, 0.1, 0.08], detunings=(0.0, 0.03, -0.02))
    return te.thermal_link(30.0, filter=filters)


def empty(chain):
    return MovingSource(chain, np.zeros(chain.length))


def drift_at(chain, time):
    """The drive and H' that the weights of the units stand for."""
    units = DriftUnits(chain, [chain], turning=True)
    scale, *weights = units.weights(*FollowedSource(chain).at(time), chain)
    drift = sum(
        weight * change.drift for weight, (change, _) in zip(weights, units.changes, strict=True)
    )
    return scale, drift


def followed(chain, quanta, part, charge, last, end):
    """A run in the coordinates that follow an empty source."""
    pieces = [MovingPiece(empty(chain), end)]
    stretches = followed_stretches(pieces, np.zeros((chain.length, 0)), 1e-5)
    return FollowedRun(stretches, quanta, part, charge, last)


def resting(chain, quanta, part, charge, end):
    """The tiers in the coordinates of the chain."""
    stretch = PolesStretch(0, end, empty(chain))
    return PolesTiers([chain], [stretch], part, charge, quanta, 1e-5), stretch


@pytest.mark.parametrize("time", [0.1, 3.0, 15.0, 15.84, 16.0, 30.0, 200.0])
def test_a_double_pole_fills_as_its_formula_says(time):
    """Two equal cavities, whose rates may differ by rounding: exp(-Ht) = e^{-kt} (1 - (H - k)t)."""
    links = [te.thermal_link(n_th, 0.2044149859884658, filters=2) for n_th in (0.0, 0.034)]
    chain = common_chains(links)[1]  # with a triangular drift
    chain = replace(chain, drift=chain.drift * (1 + np.diag([0.0, 1e-15])))
    rate = float(np.trace(chain.drift).real) / 2
    over = np.exp(-rate * time) * (np.eye(2) - time * (chain.drift - rate * np.eye(2)))
    filled = chain.covariance - over @ chain.covariance @ over.conj().T
    size = np.max(np.abs(filled))
    factor = FollowedSource(chain).factor(time)
    np.testing.assert_allclose(factor @ factor.conj().T, filled, atol=1e-13 * size)
    np.testing.assert_allclose(empty(chain).covariance(time), filled, atol=1e-13)


@pytest.mark.parametrize("time", [2.0, 10.0, 40.0])
def test_amplitudes_that_follow_the_source_stay_independent(time):
    """Stepped on with H' and the noise of the source, their covariance stays one."""
    chain = chain_of(detuned())
    source = empty(chain)
    scale, drift = drift_at(chain, time)
    assert np.any(drift.imag)
    left = linalg.expm(-chain.drift * time)
    covariance = chain.covariance - left @ chain.covariance @ left.conj().T
    assert scale**2 == pytest.approx(chain.scale**2 * covariance[0, 0].real, rel=1e-6)
    assert scale**2 == pytest.approx(
        chain.variance + chain.scale**2 * source.at(time)[0][0].real, rel=1e-6
    )
    # All that the emitters feel is <y(t + s) y(t)^*>: that of w and of the modes agree.
    h = 1e-4 * time
    middle = drift_at(chain, time + h / 2)[1]
    by_w = scale * drift_at(chain, time + h)[0] * linalg.expm(-middle * h)[0, 0]
    by_modes = chain.scale**2 * (linalg.expm(-chain.drift * h) @ covariance)[0, 0]
    assert abs(by_w - by_modes) <= 1e-7 * abs(by_modes)
    # What w_1 loses it gains as noise: H' + H'^+ is positive.
    assert np.min(np.linalg.eigvalsh(drift + drift.conj().T)) > -1e-6 * np.max(np.abs(drift))


def test_in_the_end_the_coordinates_are_those_of_the_stationary_source():
    chain = chain_of(detuned())
    scale, drift = drift_at(chain, 1e4)
    assert scale == pytest.approx(np.sqrt(chain.variance), rel=1e-9)
    assert np.linalg.eigvals(drift) == pytest.approx(np.linalg.eigvals(chain.drift), rel=1e-6)
    assert np.allclose(np.diag(drift), np.diag(chain.drift), atol=1e-9)


def test_emitters_that_act_back_need_coordinates_with_the_vacuum():
    filters = te.Filter.cavities([0.2, 0.3])
    network = te.phononic_link(0.5, filter=filters, wavelengths=(0.9, 1.1))
    assert not FollowedSource(chain_of(network)).possible
    assert FollowedSource(chain_of(cold())).possible


@pytest.mark.parametrize("n_th", [1e-12, 1e-6, 1.0, 1e6, 1e12])
def test_whether_a_source_can_be_followed_does_not_depend_on_its_quanta(n_th):
    filters = te.Filter.cavities([0.2, 0.3, 0.2])
    chain = chain_of(te.thermal_link(1.0, filter=filters))
    turn = linalg.qr(np.vander([1.0, 2.0, 3.0]))[0]
    lost = turn @ np.diag([1.0, 1e-6, 1e-12]) @ turn.T  # a factor that most digits are lost in
    for covariance, possible in ((chain.covariance, True), (lost, False)):
        one = replace(chain, covariance=n_th * covariance, drift=0.2 * np.eye(3))
        assert FollowedSource(one).possible == possible


@pytest.mark.parametrize("charge", [0, 1])
def test_both_coordinates_and_both_kinds_of_steps_agree(charge, monkeypatch):
    """Short steps and long ones beside the stationary chain, and long ones beside the moving."""
    network = te.thermal_link(0.2, 0.2, (1.0, 0.8), detuning=(0.1, -0.2), filters=2)
    chain, times = chain_of(network), np.array([0.3, 3.0])
    part = np.diag([0.4, 0.0, 0.6, 0.0]) if charge == 0 else np.outer([0, 0, 1, 0], [1, 0, 0, 0])
    part, found = part.astype(complex), []
    for work in (np.inf, 0.0):
        monkeypatch.setattr(poles_tiers, "long_work", lambda *given, work=work, **real: work)
        tiers, stretch = resting(chain, 2, part, charge, 3.0)
        steps = tiers.motion(stretch, 6).stepped(tiers.start(6), times.tolist(), print)
        basis = tiers.first.basis[0][:, : tiers.tier0_size]
        found.append([(basis @ y[: tiers.tier0_size]).reshape(4, 4) for y in steps])
    run = followed(chain, 2, part, charge, 6, 3.0)
    found.append(run.states(times, 1e-5)[0])
    assert np.max(np.abs(found[0][1] - part)) > 0.05
    assert 0 < np.max(np.abs(np.array(found[1]) - found[0])) < 3e-5
    assert 0 < np.max(np.abs(found[2] - found[0])) < 3e-5


def test_what_is_left_on_high_tiers_is_not_amplified():
    """Within 3/gamma it would be relative to the stationary amplitudes, and steps with it."""
    chain = chain_of(te.thermal_link(100.0, 0.05, filters=2))
    part, amplified = np.diag([1.0, 0.0, 0.0, 0.0]).astype(complex), []
    tiers, stretch = resting(chain, 1, part, 0, 5.0)
    run = followed(chain, 1, part, 0, 24, 5.0)
    run.enter(0)
    for equation in (tiers.motion(stretch, 24).generator, run.generator):
        matrix = equation.frozen(np.array([3.0])).toarray()
        amplified.append(float(np.max(np.abs(linalg.expm(3 * matrix)[: equation.own]))))
    assert amplified[0] > 1e3
    assert amplified[1] < 2


def test_sums_of_matrices_are_those_of_their_elements():
    rng = np.random.default_rng(2)
    dense = [np.where(rng.random((7, 7)) < 0.3, rng.normal(size=(7, 7)), 0) for _ in range(3)]
    summed = SumOfMatrices([sparse.csr_array(matrix) for matrix in dense])
    expected = dense[0] + 0.3 * dense[1] - 2 * dense[2]
    assert np.allclose(summed.with_weights(np.array([0.3, -2.0])).toarray(), expected, atol=1e-15)
    assert summed.entries == np.count_nonzero(sum(map(np.abs, dense)))


@pytest.mark.parametrize("time", [0.7, 9.0])
def test_the_drift_of_the_amplitudes_that_follow_is_that_of_their_factor(time, rng):
    """With u = Lambda w, w decays with Lambda^-1 (H Lambda + dLambda/dt), whatever H is."""
    filters = te.Filter.cavities([0.3, 0.4, 0.2], detunings=(0.0, 0.13, -0.2))
    chain = chain_of(te.thermal_link(3.0, filter=filters))
    turn = np.linalg.qr(rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3)))[0]
    mixed = replace(
        chain,
        drift=turn @ chain.drift @ turn.conj().T,
        covariance=turn @ chain.covariance @ turn.conj().T,
    )
    assert np.all(np.triu(mixed.drift, 1)[np.triu_indices(3, 1)].imag)
    for one in (chain, mixed):
        source, h = FollowedSource(one), 1e-4 * time
        factor = source.factor(time)
        change = (source.factor(time + h) - source.factor(time - h)) / (2 * h)
        expected = np.linalg.solve(factor, one.drift @ factor + change)
        found = source.at(time)[1]
        np.testing.assert_allclose(found, expected, atol=1e-5 * np.max(np.abs(expected)))
