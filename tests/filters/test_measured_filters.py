"""Filters from measurements: Touchstone files of a circuit simulation, and noise spectra."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import linalg

import thermalent as te
from tests.support.touchstone_files import CARRIER, written
from thermalent.filters.quanta import occupation

skrf = pytest.importorskip("skrf")


@pytest.fixture(scope="module")
def circuit(tmp_path_factory):
    """Two unequal, lossy resonators between capacitors, simulated as a circuit; path and S21."""
    frequency = skrf.Frequency(4.985, 5.015, 601, "ghz")
    media = skrf.media.DefinedGammaZ0(frequency, z0_port=50, gamma=2j * np.pi * frequency.f / 3e8)

    def resonator(hertz, ohms):
        inductance = 1e-9
        capacitance = 1 / ((2 * np.pi * hertz) ** 2 * inductance)
        parts = (media.inductor(inductance), media.capacitor(capacitance), media.resistor(ohms))
        together = media.shunt(parts[0] ** media.short())
        for part in parts[1:]:
            together = together ** media.shunt(part ** media.short())
        return together

    chain = media.capacitor(20e-15) ** resonator(5.060e9, 5e5) ** media.capacitor(1e-15)
    network = chain ** resonator(5.058e9, 3e5) ** media.capacitor(24e-15)
    path = tmp_path_factory.mktemp("touchstone") / "filter.s2p"
    network.write_touchstone(str(path))
    return path, frequency.f, network.s[:, 1, 0]


def test_a_circuit_is_fitted(circuit):
    """Loss and unequal cavities; beyond two poles the circuit is rational to about 1e-6."""
    path, frequencies, s21 = circuit
    chosen = te.Filter.from_touchstone(path, unit=1e6, temperature=4.0)
    assert chosen.order == 2
    omega = (frequencies - chosen.fit.carrier) / 1e6
    assert np.max(np.abs(np.abs(chosen.response(omega)) ** 2 - np.abs(s21) ** 2)) < 1e-5
    assert chosen.peak == pytest.approx(np.max(np.abs(s21)) ** 2, rel=1e-3)  # between samples
    assert chosen.peak < 0.2  # loss
    assert chosen.absorber_occupation == pytest.approx(occupation(4.0, chosen.fit.carrier))
    assert chosen.fit.error < 1e-4
    # The absorber's noise joins the hot one.
    network = te.thermal_link(0.3, filter=chosen)
    hot = np.max(np.abs(network.couplings.absorption))
    cold = te.thermal_link(0.3, filter=te.Filter.from_touchstone(path, unit=1e6))
    assert hot > 2 * np.max(np.abs(cold.couplings.absorption))


@pytest.mark.parametrize(
    "chosen",
    [
        te.Filter.cavities(1.0),
        te.Filter.butterworth(3, 2.0),
        te.Filter.chebyshev(4, 2.0, 0.5, internal_decay=0.05),
        te.Filter.poles_and_zeros([-0.5 + 0.3j, -0.4 - 0.6j, -0.5], [0.7j, -1.2j]),
    ],
    ids=repr,
)
def test_the_poles_come_back(tmp_path, chosen):
    path = written(tmp_path, chosen)
    found = te.Filter.from_touchstone(path, carrier=CARRIER, unit=20e3)
    assert found.order == chosen.order
    distances = np.abs(found.poles[:, None] - chosen.poles[None, :])
    # Files hold ten or so digits.
    assert np.max(np.min(distances, axis=0)) < 1e-4
    omega = np.linspace(-3, 3, 31)
    np.testing.assert_allclose(
        np.abs(found.response(omega)), np.abs(chosen.response(omega)), atol=1e-5
    )


def test_a_constant_part_has_the_size_that_was_measured(tmp_path):
    """A notch with loss, of which the pole alone would say nothing; its peak is not one."""
    notch = te.Filter.transfer([0.6, 0.1j + 0.06], [1, 0.5])
    path = written(tmp_path, notch, noise=1e-4)
    found = te.Filter.from_touchstone(path, order=1, carrier=CARRIER, unit=20e3, constant=True)
    omega = np.linspace(-30, 30, 61)  # far outside of what was measured, too
    close = {"rtol": 0, "atol": 2e-3}
    np.testing.assert_allclose(
        np.abs(found.response(omega)), np.abs(notch.response(omega)), **close
    )
    network = te.thermal_link(0.5, filter=found)
    exact = te.steady_state(te.thermal_link(0.5, filter=notch))
    result = te.steady_state(network)
    assert np.max(np.abs(result.state - exact.state)) < result.error < 1e-2
    # Functions that the noise allows as well are filters close to this one.
    here = te.steady_state(replace(network, alternatives=()))
    for other in network.alternatives:
        assert 0 < np.max(np.abs(te.steady_state(other).state - here.state)) < 1e-3


def test_rates_are_in_radians_per_second_if_no_unit_is_given(tmp_path):
    path = written(tmp_path, te.Filter.cavities(1.0))
    found = te.Filter.from_touchstone(path)
    assert found.fwhm == pytest.approx(2 * 2 * np.pi * 20e3, rel=1e-4)
    scaled = found.scaled(1 / (2 * np.pi * 1e6))
    assert scaled.fit.unit == pytest.approx(1e6)
    assert scaled.fwhm == pytest.approx(0.04, rel=1e-4)


def test_a_delay_is_taken_out(tmp_path):
    chosen, width = te.Filter.butterworth(2, 2.0), 2e6
    path = written(tmp_path, chosen, delay=60e-9, width=width)
    plain, straight = (
        te.Filter.from_touchstone(path, order=2, carrier=CARRIER, unit=width, delay=delay)
        for delay in (0.0, 60e-9)
    )
    assert straight.fit.error < 1e-6 < 1e-3 < plain.fit.error


def test_the_error_of_a_noisy_fit_enters_the_result(tmp_path):
    """Measured with noise, the state is off by less than its error says, and not by far less."""
    chosen = te.Filter.butterworth(2, 0.4)
    path = written(tmp_path, chosen, noise=3e-3, width=0.2 * 1e6)
    found = te.Filter.from_touchstone(path, order=2, carrier=CARRIER, unit=0.2 * 1e6)
    exact, measured = (
        te.steady_state(te.thermal_link(1.0, filter=f), te.ContinuedFraction(rtol=1e-5))
        for f in (chosen, found)
    )
    off = np.max(np.abs(exact.state - measured.state))
    assert off < measured.error
    assert measured.error < 0.05
    assert measured.stats["source_error"] > 100 * exact.error
    assert "measured source" in measured.error.how
    evolved = te.evolve(
        te.thermal_link(1.0, filter=found), [1.0], "00", te.FieldTrajectories(n=256)
    )
    assert evolved.error[0] > evolved.stats["source_error"] > 0


def hot_state(chosen):
    return te.steady_state(te.thermal_link(60.0, filter=chosen), te.ContinuedFraction(rtol=1e-4))


def test_redrawn_noise_moves_the_state_as_far_as_the_error_says(tmp_path):
    """Three standard deviations are stated, so that eight files are off by 1/3 of it on average."""
    shape = te.Filter.butterworth(2, 2.0)
    exact = te.steady_state(
        te.thermal_link(60.0, filter=shape.scaled(0.02)), te.ContinuedFraction(rtol=1e-7)
    )
    off, stated = [], []
    for seed in range(8):
        path = written(tmp_path, shape, noise=1e-2, seed=seed)
        found = te.Filter.from_touchstone(path, order=2, carrier=CARRIER, unit=20e3)
        result = hot_state(found.scaled(0.02))
        off.append(np.max(np.abs(result.state - exact.state)))
        stated.append(result.stats["source_error"])
    # The largest element is off by somewhat more or less than one of its standard deviations; its
    # square has a relative error of 1/2 by eight draws.
    ratio = 3 * np.sqrt(np.mean(np.square(off))) / np.mean(stated)
    assert 0.4 < ratio < 1.5
    assert np.max(np.array(off) / stated) < 1


def test_the_adjoint_gives_what_solving_every_alternative_gives(tmp_path):
    shape = te.Filter.chebyshev(2, 2.0, 0.5)
    path = written(tmp_path, shape, noise=1e-2)
    found = te.Filter.from_touchstone(path, order=2, carrier=CARRIER, unit=20e3).scaled(0.02)
    network = te.thermal_link(60.0, filter=found)
    assert 6 <= len(network.alternatives) <= 7  # 4 poles - 1, in which |S21|^2 may differ
    fine = te.ContinuedFraction(rtol=1e-6)
    state = te.steady_state(replace(network, alternatives=()), fine).state
    others = [te.steady_state(other, fine).state - state for other in network.alternatives]
    direct = np.sqrt(np.sum(np.abs(others) ** 2, axis=0)).max()
    # What is left of second order is added, and half of the quanta are known to a few percent.
    assert 0.95 * direct < hot_state(found).stats["source_error"] < 1.3 * direct


def test_a_model_that_is_not_quite_right_is_noticed(tmp_path):
    """Two poles for three: no noise, but the state is off, and by less than the error says."""
    shape = te.Filter.cavities([1.0, 1.3, 9.0])
    path = written(tmp_path, shape)
    found = te.Filter.from_touchstone(path, order=2, carrier=CARRIER, unit=20e3)
    exact, measured = hot_state(shape.scaled(0.02)), hot_state(found.scaled(0.02))
    off = np.max(np.abs(exact.state - measured.state))
    assert off > 10 * float(exact.error)
    assert off < measured.stats["source_error"] < 0.1


def test_a_noisy_spectrum_has_its_error_too():
    """Noise in proportion to the power, one percent, in six draws."""
    shape = te.Filter.butterworth(2, 2.0)
    exact = hot_state(shape.scaled(0.02))
    offset = np.linspace(-4, 4, 401)
    for seed in range(6):
        noise = 1 + 0.01 * np.random.default_rng(seed).normal(size=401)
        table = np.column_stack([1e3 + offset, np.abs(shape.response(offset)) ** 2 * noise])
        found = te.Filter.from_spectrum(table, order=2, carrier=1e3, unit=1.0)
        result = hot_state(found.scaled(0.02))
        assert np.max(np.abs(result.state - exact.state)) < result.error < 2e-3


def test_a_peak_above_one_within_the_noise_is_one(tmp_path):
    path = written(tmp_path, te.Filter.cavities(1.0), noise=3e-3)
    assert te.Filter.from_touchstone(path, order=1).peak <= 1.0


def test_a_spectrum_gives_the_same_filter(tmp_path):
    chosen = te.Filter.chebyshev(3, 2.0, 0.5)
    offset = np.linspace(-4, 4, 201) * 20e3
    table = np.column_stack([CARRIER + offset, 7.0 * np.abs(chosen.response(offset / 20e3)) ** 2])
    np.savetxt(tmp_path / "noise.txt", table)
    for data in (table, tmp_path / "noise.txt"):
        found = te.Filter.from_spectrum(data, carrier=CARRIER, unit=20e3)
        assert found.order == 3
        omega = np.linspace(-3, 3, 31)
        power = np.abs(chosen.response(omega)) ** 2
        np.testing.assert_allclose(np.abs(found.response(omega)) ** 2, power, atol=1e-4)
    half = te.Filter.from_spectrum(table, order=3, peak=0.5)
    assert half.peak == pytest.approx(0.5, rel=1e-9)


def test_a_spectrum_with_zeros_gets_them_in_the_left_half_plane():
    """Minimum phase: the same |S21|^2, every pole and zero left of the imaginary axis."""
    chosen = te.Filter.poles_and_zeros([-0.5, -0.8 + 0.9j, -0.6 - 0.8j], [0.3 + 1.8j])
    offset = np.linspace(-5, 5, 301)
    table = np.column_stack([1e3 + offset, np.abs(chosen.response(offset)) ** 2])
    found = te.Filter.from_spectrum(table, order=3, zeros=1, carrier=1e3, unit=1.0)
    np.testing.assert_allclose(np.abs(found.response(offset)) ** 2, table[:, 1], atol=1e-6)
    assert np.all(found.poles.real < 0)
    a, b, c, _ = found.system
    pencil = np.block([[a, b[:, None]], [c[None, :], np.zeros((1, 1))]])
    zeros = linalg.eigvals(pencil, np.diag([1.0, 1.0, 1.0, 0.0]))
    zeros = zeros[np.abs(zeros) < 1e3]  # the others are infinite
    np.testing.assert_allclose(zeros, [-0.3 + 1.8j], atol=1e-4)


def test_a_fit_is_drawn(tmp_path):
    pytest.importorskip("matplotlib").use("Agg")
    found = te.Filter.from_touchstone(written(tmp_path, te.Filter.cavities(1.0)), order=1)
    above, below = found.fit.plot()
    assert len(above.get_lines()) == 2
    assert np.max(np.abs(below.get_lines()[0].get_ydata())) == pytest.approx(found.fit.error)


def test_a_fit_is_printed_in_a_line(tmp_path):
    found = te.Filter.from_touchstone(written(tmp_path, te.Filter.cavities(1.0)), order=1)
    said = repr(found.fit)
    assert said.startswith(f"<Fit: 1 poles to {len(found.fit.frequencies)} frequencies")
    assert f"largest deviation {found.fit.error:.1e}" in said
    assert len(said) < 400


@pytest.mark.parametrize("method", [te.Fock(), te.ContinuedFraction(rtol=1e-6)])
@pytest.mark.parametrize("initial", [None, "01"])
def test_the_largest_element_that_an_alternative_moves_is_the_error(method, initial):
    """By every method, of a unique steady state and of that which a start reaches."""
    one, other = (te.thermal_link(n, 0.5) for n in (0.1, 0.12))
    alone, moved = (te.steady_state(each, method, initial=initial) for each in (one, other))
    found = te.steady_state(replace(one, alternatives=(other,)), method, initial=initial)
    apart = np.max(np.abs(alone.state - moved.state))
    assert apart > 1e-3
    assert found.error - alone.error == pytest.approx(apart, rel=1e-2)


def test_an_approximation_says_what_the_measured_source_alone_moves():
    """Its own error is not known, and so is the sum of both, but the change by the source is."""
    one, other = (te.thermal_link(n, 0.5) for n in (0.1, 0.12))
    found = te.steady_state(replace(one, alternatives=(other,)), te.Bourret())
    apart = np.max(np.abs(found.state - te.steady_state(other, te.Bourret()).state))
    assert np.isnan(found.error)
    assert found.stats["source_error"] == pytest.approx(apart, rel=1e-9)
    assert f"the measured source move an element by {apart:.1e}" in found.error.how
    assert "plus three" not in found.error.how


def test_what_the_data_allow_as_well_is_the_same_in_every_rate_unit(tmp_path):
    quarter = te.Filter.poles_and_zeros([-0.35 + 0.35j, -0.35 - 0.35j], gain=0.2)
    path = written(tmp_path, quarter, noise=1e-3)
    one, other = (te.Filter.from_touchstone(path, order=2, unit=unit) for unit in (20e3, 5e3))
    np.testing.assert_allclose(other.fwhm, 4 * one.fwhm, rtol=1e-9)
    pairs = list(zip(one.alternatives(), other.alternatives(), strict=True))
    assert len(pairs) >= 4
    for (near, gain), (same, like) in pairs:
        assert gain == like == 1.0
        assert near.peak == pytest.approx(one.peak, rel=0.02)
        poles = [np.sort_complex(1j * f.poles) for f in (one, near, same)]  # by their frequency
        np.testing.assert_allclose(poles[2], 4 * poles[1], rtol=1e-8)
        np.testing.assert_allclose(poles[1], poles[0], atol=0.1)
        omega = np.linspace(-1.0, 1.0, 5)
        powers = [np.abs(f.response(x)) ** 2 for f, x in ((near, omega), (same, 4 * omega))]
        np.testing.assert_allclose(*powers, rtol=1e-7)
