"""Laboratory numbers against the SI constants of scipy, mpmath and the numbers of THERMAL."""

import dataclasses
import math
import pickle
from fractions import Fraction

import mpmath
import numpy as np
import pint
import pytest
import xarray
from scipy import constants

import thermalent as te
from thermalent.hardware import (
    BOLTZMANN,
    PLANCK,
    phononic_link,
    superconducting_link,
    thermal_occupation,
)
from thermalent.hardware.units import with_prefix

EPS = np.finfo(float).eps


def test_constants_are_those_of_the_si():
    assert constants.h == PLANCK
    assert constants.k == BOLTZMANN


@pytest.mark.parametrize("kelvin", [1e-3, 0.02, 1.0, 293.0, 1e6, 1e15])
@pytest.mark.parametrize("hertz", [1e3, 5e9, 2e13])
def test_occupation_against_50_digits(kelvin, hertz):
    with mpmath.workdps(50):
        x = mpmath.mpf(PLANCK) * hertz / (mpmath.mpf(BOLTZMANN) * kelvin)
        expected = float(1 / mpmath.expm1(x))
    # x itself carries four roundings, which exp(-x) turns into x of them.
    bound = 4 * EPS * (2 + float(x))
    assert thermal_occupation(kelvin, hertz) == pytest.approx(expected, rel=bound, abs=1e-323)


def test_occupation_at_the_edges():
    assert thermal_occupation(0, "5GHz") == 0.0
    assert thermal_occupation(1e-300, "5GHz") == 0.0
    assert thermal_occupation(5e-324, 1e300) == 0.0
    # n_th -> k_B T/(h nu) - 1/2 at high temperature
    ratio = BOLTZMANN * 1e12 / (PLANCK * 1e3)
    assert thermal_occupation("1e12K", "1kHz") == pytest.approx(ratio - 0.5, rel=4 * EPS)


@pytest.mark.parametrize(
    "temperature", ["293K", "293 K", " 2.93e2 kelvin ", "293000mK", "19.85degC", "19.85 °C", 293]
)
@pytest.mark.parametrize(
    "frequency", ["5GHz", "5e9 Hz", "5000 MHz", 5e9, np.float64(5e9), "31.41592653589793e9 rad/s"]
)
def test_notations_of_one_occupation(temperature, frequency):
    """THERMAL, Sec. V A: n_th = 1220 at 293 K and 5 GHz."""
    n_th = thermal_occupation(temperature, frequency)
    assert round(n_th - 0.5) == 1220
    # 273.15 + 19.85 and the factor 2 pi add a few roundings.
    assert n_th == pytest.approx(thermal_occupation(293.0, 5e9), rel=16 * EPS)


def test_pint_quantities():
    pint = pytest.importorskip("pint")
    unit = pint.UnitRegistry()
    assert thermal_occupation(293 * unit.kelvin, 5 * unit.GHz) == thermal_occupation(293, 5e9)
    angular = thermal_occupation(293 * unit.kelvin, 1e10 * math.pi * unit.rad / unit.s)
    assert angular == pytest.approx(thermal_occupation(293, 5e9), rel=16 * EPS)
    with pytest.raises(ValueError, match=r"`temperature` must be a temperature .* is 5 gigahertz"):
        thermal_occupation(5 * unit.GHz, 5e9)
    with pytest.raises(ValueError, match="`temperature` must be a temperature such as '293K'"):
        thermal_occupation(np.array([1.0, 2.0]) * unit.K, 5e9)


def test_the_room_temperature_source_of_the_paper():
    """THERMAL, Sec. V A: kappa/gamma = 1e-3 and kappa/2pi = 10 kHz, by hand from its numbers."""
    lab = superconducting_link("293K", "5GHz", quality=2.5e5, gamma="10MHz")
    assert lab == dataclasses.replace(superconducting_link(), network=lab.network)
    assert lab.kappa == pytest.approx(1e-3, rel=2 * EPS)
    assert lab.kappa * lab.rate_unit == pytest.approx(2 * math.pi * 5e9 / 2.5e5 / 2, rel=4 * EPS)
    assert lab.rate_unit == pytest.approx(2 * math.pi * 10e6, rel=2 * EPS)
    assert lab.time_unit == pytest.approx(15.915494309189533e-9, rel=4 * EPS, abs=0)
    assert lab.flux == pytest.approx(2 * math.pi * 10e3 * lab.n_th / 2, rel=8 * EPS)
    assert lab.power == pytest.approx(constants.h * 5e9 * lab.flux, rel=4 * EPS, abs=0)
    (source,) = lab.network.modes
    assert (source.n_th, source.bath_rate) == (lab.n_th, lab.kappa)
    assert lab.network.decay[0, 0] == pytest.approx(lab.kappa, rel=4 * EPS)
    assert lab.network.decay[1, 1] == lab.network.decay[2, 2] == pytest.approx(1.0, rel=2 * EPS)


def test_every_number_reaches_the_network():
    lab = superconducting_link(
        gamma=("10MHz", "5MHz", 2e6),
        detuning=("1MHz", "-2MHz", 0.0),
        dephasing_time=("20us", None, 1e-6),
        loss=(0.05, 0.19),
        qubits=3,
    )
    network = lab.network
    np.testing.assert_allclose(np.diag(network.decay)[1:].real, [1, 0.5, 0.2], rtol=4 * EPS)
    np.testing.assert_allclose(np.diag(network.exchange).real, [0, 0.1, -0.2, 0], rtol=4 * EPS)
    unit = 2 * math.pi * 10e6
    expected = [1 / (unit * 20e-6), 0.0, 1 / (unit * 1e-6)]
    np.testing.assert_allclose([q.dephasing for q in network.emitters], expected, rtol=8 * EPS)
    transmission = network.decay[2, 3].real / math.sqrt(0.5 * 0.2)
    assert transmission == pytest.approx(math.sqrt(1 - 0.19), rel=4 * EPS)
    assert (lab.gamma, lab.loss) == (pytest.approx((1, 0.5, 0.2), rel=4 * EPS), (0.05, 0.19))


def test_ratios_do_not_depend_on_the_unit_of_rate():
    """All frequencies twice as large at twice the temperature: the same dimensionless network."""
    one = superconducting_link(293, 5e9, 1e5, 1e7, detuning=1e6, dephasing_time=2e-6)
    two = superconducting_link(586, 1e10, 1e5, 2e7, detuning=2e6, dephasing_time=1e-6)
    for name in ("n_th", "kappa", "gamma", "detuning", "dephasing"):
        assert getattr(one, name) == pytest.approx(getattr(two, name), rel=4 * EPS)
    assert two.rate_unit == pytest.approx(2 * one.rate_unit, rel=2 * EPS)


def test_rows_hold_what_is_not_zero():
    rows = {row.quantity: row for row in superconducting_link().rows()}
    assert rows["thermal occupation"].network == "1220.53"
    assert rows["filter decay per port"][1:] == ("kappa/2pi", "10 kHz", "0.001")
    assert rows["unit of time"].laboratory == "15.9155 ns"
    assert rows["power into the waveguide"].laboratory == "0.127035 fW"
    # kappa n_th / 2: half of the quanta of a two-sided filter leave towards the qubits.
    assert rows["photon flux"].network == f"{0.001 * superconducting_link().n_th / 2:.6g}"
    # 0.127035 fW over h times 5 GHz.
    assert rows["photon flux"].laboratory == "3.834e+07 / s"
    assert not any(name.startswith(("loss", "detuning", "dephasing")) for name in rows)
    rows = {
        row.quantity: row
        for row in superconducting_link(
            temperature=0, loss=0.05, detuning=(0, "-1MHz"), dephasing_time="20us"
        ).rows()
    }
    assert rows["source temperature"].laboratory == "0 K"
    assert rows["loss q1 to q2"].laboratory == "5 %"
    assert rows["detuning of q2"].laboratory == "-1 MHz"
    assert "detuning of q1" not in rows
    assert rows["dephasing time of q1"].laboratory == "20 us"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (999.9999999, "1 kHz"),  # rounds to the next prefix
        (999.9, "999.9 Hz"),
        (1000.0, "1 kHz"),
        (-2.5e6, "-2.5 MHz"),
        (1e-9, "1 nHz"),
        (0.0, "0 Hz"),
        (2e16, "20000 THz"),  # beyond the last prefix
        (3e-20, "3e-05 fHz"),
    ],
)
def test_prefixes(value, text):
    assert with_prefix(value, "Hz") == text


def test_hardware_is_frozen_and_pickles():
    lab = superconducting_link()
    with pytest.raises(dataclasses.FrozenInstanceError):
        lab.n_th = 0.0
    assert pickle.loads(pickle.dumps(lab)).n_th == lab.n_th


TEMPERATURE = "a temperature such as '293K'"
FREQUENCY = r"a frequency such as '5GHz' \(or an angular one in rad/s\)"
TIME = "a time such as '20us'"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"temperature": "5GHz"}, f"`temperature` must be {TEMPERATURE}, but is '5GHz'"),
        ({"temperature": "293"}, f"`temperature` must be {TEMPERATURE}, but is '293'"),
        ({"temperature": ""}, f"`temperature` must be {TEMPERATURE}, but is ''"),
        ({"temperature": "293 Kelvins!"}, f"`temperature` must be {TEMPERATURE}"),
        ({"temperature": "293 bananas"}, f"`temperature` must be {TEMPERATURE}"),
        ({"temperature": None}, f"`temperature` must be {TEMPERATURE}, but is None"),
        ({"temperature": "1e999K"}, f"`temperature` must be {TEMPERATURE}, but is '1e999K'"),
        ({"temperature": "10**10**10 K"}, f"`temperature` must be {TEMPERATURE}"),
        ({"temperature": "-5K"}, "`temperature` must be finite and non-negative, but is '-5K'"),
        ({"temperature": "-300degC"}, "`temperature` must be finite and non-negative"),
        ({"temperature": float("nan")}, "`temperature` must be finite and non-negative"),
        ({"temperature": True}, "`temperature` must be finite and non-negative, but is True"),
        ({"frequency": "293K"}, f"`frequency` must be {FREQUENCY}, but is '293K'"),
        ({"frequency": "5 1/s"}, f"`frequency` must be {FREQUENCY}"),
        ({"frequency": "0Hz"}, "`frequency` must be finite and positive, but is '0Hz'"),
        ({"quality": 0}, "`quality` must be finite and positive, but is 0"),
        ({"quality": "1e5"}, "`quality` must be finite and positive, but is '1e5'"),
        ({"gamma": "20us"}, f"`gamma` must be {FREQUENCY}, but is '20us'"),
        ({"gamma": ("10MHz", "0MHz")}, "`gamma` must be finite and positive, but is '0MHz'"),
        ({"gamma": ("10MHz",)}, r"`gamma` must be one number or 2 numbers \(one per qubit\)"),
        ({"detuning": "1us"}, f"`detuning` must be {FREQUENCY}, but is '1us'"),
        ({"detuning": float("inf")}, "`detuning` must be a finite real number, but is inf"),
        ({"dephasing_time": "10kHz"}, f"`dephasing_time` must be {TIME}, but is '10kHz'"),
        ({"dephasing_time": "0s"}, "`dephasing_time` must be finite and positive, but is '0s'"),
        ({"loss": 1.5}, r"`loss` must be a number in \[0, 1\], but is 1.5"),
        ({"loss": (0.1, 0.1)}, r"`loss` must be one number or 1 numbers \(one per stretch"),
        ({"qubits": 0}, "`qubits` must be an integer of at least 1, but is 0"),
    ],
)
def test_wrong_arguments_are_named(given, message):
    with pytest.raises(ValueError, match=f"^Argument {message}"):
        superconducting_link(**given)


def test_a_few_hertz_without_a_unit_are_read_as_such_with_a_warning(recwarn):
    with pytest.warns(UserWarning, match=r"`frequency` = 5 is read as 5 Hz.*'5GHz'"):
        te.hardware.preset("superconducting", frequency=5)
    recwarn.clear()
    te.hardware.preset("superconducting", frequency="5Hz")
    te.hardware.preset("superconducting", frequency=5e9, detuning=0.0)
    assert not [each for each in recwarn if each.category is UserWarning]


@pytest.mark.parametrize("few", [Fraction(1, 2), np.float32(0.5), np.array(0.5)])
def test_a_few_hertz_are_warned_of_in_every_form_of_a_number(few):
    with pytest.warns(UserWarning, match=r"`frequency` = 0.5 is read as 0.5 Hz"):
        assert thermal_occupation("1K", few) == thermal_occupation("1K", "0.5Hz")


def test_per_second_could_be_hertz_or_radians():
    """Two pi is not guessed: 1/s of a pint quantity is refused."""
    pint = pytest.importorskip("pint")
    unit = pint.UnitRegistry()
    with pytest.raises(ValueError, match=f"`frequency` must be {FREQUENCY}"):
        thermal_occupation(293, 5e9 / unit.second)


def test_a_filter_has_the_width_that_the_quality_factor_gives():
    plain = superconducting_link(quality=1e5)
    lab = superconducting_link(quality=1e5, filter=te.Filter.butterworth(1, 7.0))
    assert lab.kappa == plain.kappa
    assert lab.flux == pytest.approx(plain.flux, rel=1e-12)
    assert lab.filter.fwhm == pytest.approx(2 * plain.kappa, rel=1e-12)
    third = superconducting_link(quality=1e5, filter=te.Filter.butterworth(3, 7.0))
    # The noise bandwidth of a Butterworth filter is (pi/2n)/sin(pi/2n) of its width, over 2 pi.
    expected = np.pi / 6 / np.sin(np.pi / 6) * 2 * third.kappa / (2 * np.pi)
    assert third.filter.noise_bandwidth == pytest.approx(expected, rel=1e-12)
    assert third.flux == pytest.approx(third.rate_unit * expected * third.n_th, rel=1e-12)
    rows = {row.quantity: row for row in third.rows()}
    assert rows["filter"].laboratory == "Butterworth of order 3"
    assert rows["filter width at half maximum"].laboratory == "50 kHz"


def test_a_measured_filter_brings_its_frequency_and_width():
    frequency = 6e9 + np.linspace(-1, 1, 201) * 1e6
    power = 1 / (1 + ((frequency - 6e9) / 1e5) ** 2)
    chosen = te.Filter.from_spectrum(np.column_stack([frequency, power]), order=1)
    lab = superconducting_link(filter=chosen, gamma="10MHz")
    expected = superconducting_link(frequency="6GHz", quality=3e4, gamma="10MHz")
    assert lab.frequency == pytest.approx(6e9)
    assert lab.quality == pytest.approx(3e4, rel=1e-6)
    assert lab.network.modes[0].name == "source"
    assert lab.filter.poles[0] == pytest.approx(-expected.kappa, rel=1e-6)
    for name, value in (("frequency", "6GHz"), ("quality", 1e5)):
        with pytest.raises(ValueError, match=f"`{name}` must be left out with a measured filter"):
            superconducting_link(filter=chosen, **{name: value})


def test_a_phononic_link_takes_a_filter_with_a_reflection():
    lab = phononic_link(filter=te.Filter.butterworth(2, 1.0))
    assert len(lab.network.modes) == 2
    with pytest.raises(ValueError, match="reflection S22 is known"):
        phononic_link(filter=te.Filter.transfer([1], [1, 1]))
    with pytest.raises(ValueError, match="`filter` must be one with a full width"):
        superconducting_link(filter=te.Filter.transfer([1, 0], [1, 1]))
    with pytest.raises(ValueError, match=r"`filter` must be a te.Filter"):
        superconducting_link(filter="butterworth")


def test_numbers_without_dimensions_are_numbers_and_quantities_keep_their_unit():
    expected = te.hardware.thermal_occupation(4.0, 5e9)
    for temperature in (np.array(4.0), xarray.DataArray(4.0), pint.Quantity(4.0, "K")):
        assert te.hardware.thermal_occupation(temperature, "5GHz") == expected


@pytest.mark.parametrize("link", [te.hardware.ring_resonator_link, superconducting_link])
@pytest.mark.parametrize("wrong", [{"quality": 5e-324}, {"frequency": 1e300}])
def test_rates_that_would_overflow_are_refused(link, wrong):
    (name,) = wrong
    with pytest.raises(te.ThermalentError, match=f"Argument `{name}` must be at least 1e-100"):
        link(**wrong)


@pytest.mark.parametrize("kelvin", [1e-3, 5e-3, 1.5e-2])
@pytest.mark.parametrize("link", [superconducting_link, te.hardware.bidirectional_link])
def test_a_waveguide_that_is_all_but_empty_is_empty(link, kelvin):
    """At 50 GHz and 5 mK it holds 1e-209 quanta, which no rate of a network can tell from none."""
    given = {"frequency": "50GHz", "quality": 1e5}
    cold, empty = (link(base_temperature=t, **given) for t in (kelvin, 0.0))
    assert 0.0 <= cold.waveguide_occupation < 1e-60
    found, exact = (te.steady_state(each.network) for each in (cold, empty))
    np.testing.assert_allclose(found.state, exact.state, rtol=0, atol=exact.error)
    table = te.sweep(link, {"base_temperature": [kelvin]}, "concurrence", fixed=given)
    assert abs(float(table["concurrence"][0]) - exact.concurrence()) <= exact.concurrence().error
