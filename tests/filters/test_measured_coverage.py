"""Filters that are known, measured with noise at few frequencies: what is stated covers them."""

import numpy as np
import pytest

import thermalent as te
from thermalent.filters.measured import reading, uncertainty

CARRIER, UNIT = 1e6, 1.0
EQUAL_RIPPLES = te.Filter.chebyshev(3, 2.0, 0.3)
SHAPES = {
    "flat": te.Filter.butterworth(2, 2.0),
    "two detuned": te.Filter.cavities([0.6, 1.4], detunings=[0.3, -0.4]),
    "a zero": te.Filter.poles_and_zeros([-0.5 + 0.3j, -0.6 - 0.6j], [-0.05 + 1.2j]),
}


def from_power(chosen, points, noise, rng, **options):
    offset = np.linspace(-4, 4, points) + 0.1
    power = np.abs(chosen.response(offset)) ** 2 * (1 + noise * rng.normal(size=points))
    table = np.column_stack([CARRIER + offset, power])
    return te.Filter.from_spectrum(table, carrier=CARRIER, unit=UNIT, peak=chosen.peak, **options)


def from_amplitude(chosen, points, noise, rng, monkeypatch, **options):
    """As from a file, whose digits are all there."""
    offset = np.linspace(-4, 4, points) + 0.1
    noises = rng.normal(size=points) + 1j * rng.normal(size=points)
    measured = CARRIER + offset, chosen.response(offset) + noise * noises
    monkeypatch.setattr(reading, "read_touchstone", lambda path: measured)
    return te.Filter.from_touchstone("none.s2p", carrier=CARRIER, unit=UNIT, **options)


def shares_off(found, chosen):
    """Averages of |S21|^2 over Lorentzian windows: how far they are off over what is stated."""
    omega = np.linspace(-3, 3, 241)
    power = np.abs(found.response(omega)) ** 2
    others = [gain * np.abs(f.response(omega)) ** 2 - power for f, gain in found.alternatives()]
    off = power - np.abs(chosen.response(omega)) ** 2
    shares = []
    for centre in (-0.7, 0.0, 0.4):
        for width in (0.1, 0.5, 2.0):
            window = width / (width**2 + (omega - centre) ** 2)
            stated = np.sqrt(sum((other @ window) ** 2 for other in others))
            shares.append(abs(off @ window) / stated)
    return shares


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize(("points", "noise"), [(61, 1e-2), (25, 1e-3)])
def test_few_data_are_stated_to_leave_much_open(name, points, noise):
    """Six of 25 frequencies lie in the band, for five coefficients.

    One in a thousand is farther than three standard deviations; without the leverage of each datum
    a third were, and up to fourteen.
    """
    rng = np.random.default_rng(17)
    options = {"order": 2, "zeros": int(name == "a zero")}
    shares = [
        shares_off(from_power(SHAPES[name], points, noise, rng, **options), SHAPES[name])
        for _ in range(4)
    ]
    assert np.max(shares) < 1
    assert np.sqrt(np.mean(np.square(shares))) > 0.02  # by Student's distribution of few data


@pytest.mark.parametrize("seed", range(2))
def test_the_largest_of_equal_peaks_is_too_large(seed, monkeypatch):
    """Fits are scaled to their largest peak, which noise has raised: by 2 standard deviations."""
    pytest.importorskip("skrf")
    rng = np.random.default_rng(seed)
    by_power = from_power(EQUAL_RIPPLES, 201, 1e-2, rng, order=3)
    by_amplitude = from_amplitude(EQUAL_RIPPLES, 201, 1e-2, rng, monkeypatch, order=3)
    for found in (by_power, by_amplitude):
        assert found.peak <= 1.0 + 1e-9
        assert np.max(shares_off(found, EQUAL_RIPPLES)) < 1


def test_a_zero_on_the_axis_is_moved_no_farther_than_the_data_allow():
    """To first order its distance from the axis changes nothing, so that any step was allowed."""
    notched = te.Filter.poles_and_zeros([-0.5 + 0.3j, -0.6 - 0.6j], [1.2j])
    found = from_power(notched, 61, 1e-3, np.random.default_rng(2), order=2, zeros=1)
    omega = 2 * np.pi * UNIT * np.linspace(-4, 4, 201)
    here = np.abs(found.fit.model(omega)) ** 2
    for other in found.fit.nearby:
        assert np.max(np.abs(np.abs(other(omega)) ** 2 - here)) < 0.1
    assert np.max(shares_off(found, notched)) < 1


def test_what_data_leave_open_altogether_moves_half_of_the_spectrum():
    """Deviations a million times too large, as if a datum fixed a coefficient alone."""
    found = from_power(SHAPES["flat"], 61, 1e-3, np.random.default_rng(2), order=2)
    model = found.fit.model
    omega = 2 * np.pi * UNIT * np.linspace(-4, 4, 61)
    slopes = 2 * (model(omega).conj()[:, None] * model.slopes(omega)).real
    here = np.abs(model(omega)) ** 2
    others = uncertainty._moved(
        model, 1e6 * np.eye(slopes.shape[1]), slopes, lambda m: np.abs(m(omega)) ** 2
    )
    changes = [np.linalg.norm(np.abs(m(omega)) ** 2 - here) for m in others]
    assert len(changes) >= 5
    assert np.max(changes) <= 0.5 * np.linalg.norm(here)
    assert np.min(changes) > 0.01 * np.linalg.norm(here)


def test_the_level_of_a_spectrum_is_that_which_is_given():
    """Its unit is no part of the shape: alternatives have the same peak, but a louder one."""
    rng = np.random.default_rng(4)
    found = from_power(SHAPES["flat"], 201, 1e-2, rng, order=2)
    gains = [gain * other.peak for other, gain in found.alternatives()]
    np.testing.assert_allclose(gains[:-1], 1.0, rtol=1e-8)
    assert 1e-3 < gains[-1] - 1.0 < 3e-2
    assert uncertainty.SIGMAS == 3.0


def test_a_fit_may_peak_above_one_by_what_its_data_leave_open(monkeypatch):
    """15 frequencies, between which the fit overshoots by a twentieth: no amplifier."""
    pytest.importorskip("skrf")
    rng = np.random.default_rng(8)
    found = from_amplitude(te.Filter.butterworth(3, 1.6), 15, 1e-2, rng, monkeypatch, order=3)
    height = np.max(np.abs(found.fit.model(2 * np.pi * UNIT * np.linspace(-4, 4, 2001)))) ** 2
    assert height - 1.0 > 2 * found.fit.error
    assert found.peak == pytest.approx(1.0)
    assert np.max(shares_off(found, te.Filter.butterworth(3, 1.6))) < 1
