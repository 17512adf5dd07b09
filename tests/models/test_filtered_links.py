"""Qubits behind filters: the spectrum that they see, by a weak qubit as a spectrometer."""

import numpy as np
import pytest

import thermalent as te

TIGHT = te.ContinuedFraction(rtol=1e-11)


def seen(chosen, frequency, *, n_th, base=0.0, **options):
    """Spectrum of the field at a frequency, from the excitation of ever weaker qubits.

    A weak qubit takes the occupation n of the field at its own frequency: p_1 = n/(1 + 2n). Its
    width adds terms of order gamma and gamma^2, which three widths remove.
    """
    found = []
    for gamma in (4e-4, 2e-4, 1e-4):
        network = te.thermal_link(
            n_th,
            filter=chosen,
            gamma=gamma,
            detuning=frequency,
            qubits=1,
            waveguide_occupation=base,
        )
        p = te.steady_state(network, TIGHT).state[1, 1].real
        found.append(p / (1 - 2 * p))
    first = [2 * found[1] - found[0], 2 * found[2] - found[1]]
    return (4 * first[1] - first[0]) / 3


FILTERS = {
    "butterworth": te.Filter.butterworth(2, 1.0),
    "chebyshev": te.Filter.chebyshev(3, 1.0, 0.5),
    "one zero": te.Filter.poles_and_zeros([-0.5 + 0.3j, -0.4 - 0.6j], [0.7j]),
    "notch": te.Filter.transfer([1, 0], [1, 1]),
    "all pass": te.Filter.transfer([1, -1], [1, 1]),
    "constant and poles": te.Filter.transfer([0.8, 0.16j, 0.08], [1, 1.5, 0.8]),
    "one quarter": te.Filter.poles_and_zeros([-0.5 + 0.3j], gain=0.25),
}


@pytest.mark.parametrize("frequency", [0.0, 0.35, -0.8])
@pytest.mark.parametrize("name", FILTERS)
def test_the_field_has_the_spectrum_of_the_filter(name, frequency):
    chosen = FILTERS[name]
    transmitted = abs(chosen.response(frequency)) ** 2
    # What is left of the width gamma is of order gamma^3, beside the solver's own rtol.
    assert seen(chosen, frequency, n_th=0.3) == pytest.approx(0.3 * transmitted, abs=1e-8)


def test_a_warm_waveguide_fills_what_the_filter_does_not():
    chosen = FILTERS["butterworth"]
    transmitted = abs(chosen.response(0.6)) ** 2
    expected = 0.3 * transmitted + 0.05 * (1 - transmitted)
    assert seen(chosen, 0.6, n_th=0.3, base=0.05) == pytest.approx(expected, abs=1e-8)


def test_walls_emit_at_their_own_temperature():
    """Each cavity's wall sends its noise through that cavity and the later ones."""
    kappa, delta, loss, warm = (1.0, 0.5), (0.3, -0.2), (0.3, 0.1), 0.4
    chosen = te.Filter.cavities(
        kappa, detunings=delta, internal_decay=loss, absorber_occupation=warm
    )
    frequency, base, n_th = 0.4, 0.05, 0.3
    inner = [1j * (frequency - d) + k + l / 2 for k, d, l in zip(kappa, delta, loss, strict=True)]
    through = [k / i for k, i in zip(kappa, inner, strict=True)]
    walls = [k * l / abs(i) ** 2 for k, l, i in zip(kappa, loss, inner, strict=True)]
    from_walls = walls[1] + walls[0] * abs(through[1]) ** 2
    hot = abs(through[0] * through[1]) ** 2
    expected = hot * n_th + from_walls * warm + (1 - hot - from_walls) * base
    assert seen(chosen, frequency, n_th=n_th, base=base) == pytest.approx(expected, abs=1e-8)


def test_an_absorber_mixes_its_noise_into_the_hot_one():
    chosen = te.Filter.poles_and_zeros([-0.5 + 0.3j], gain=0.25, absorber_occupation=0.2)
    shape = abs(chosen.response(0.1)) ** 2 / chosen.peak
    expected = shape * (0.25 * 0.3 + 0.75 * 0.2)
    assert seen(chosen, 0.1, n_th=0.3) == pytest.approx(expected, abs=1e-8)


def test_a_detuned_qubit_on_the_notch_stays_cold():
    """Noise that passes directly and noise that the pole emits are the same, and cancel."""
    centre, rate = 0.7, 0.5
    chosen = te.Filter.transfer([1, -1j * centre], [1, rate - 1j * centre])
    for detuning, hot in ((centre, False), (0.0, True)):
        network = te.thermal_link(0.5, filter=chosen, gamma=1e-3, detuning=detuning, qubits=1)
        excited = te.steady_state(network, TIGHT).state[1, 1].real
        # Beside the notch it sees |S21|^2 = 0.662; on it only the part of its own width.
        assert excited == pytest.approx(0.1994, abs=1e-3) if hot else excited < 1e-3


@pytest.mark.parametrize(
    "options", [{}, {"waveguide_occupation": 0.1, "loss": 0.2, "detuning": (0.1, -0.2)}]
)
def test_one_cavity_is_the_link_of_one_rate(options):
    expected = te.thermal_link(0.5, 0.3, **options)
    for chosen in (te.Filter.cavities(0.3), te.Filter.butterworth(1, 0.6)):
        found = te.thermal_link(0.5, filter=chosen, **options)
        for ours, theirs in zip(found.couplings, expected.couplings, strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-15)
        assert found.modes[0].bath_rate == pytest.approx(0.3, rel=1e-15)
    fitted = te.thermal_link(0.5, filter=te.Filter.transfer([0.3], [1, 0.3]), **options)
    distance = np.abs(te.steady_state(fitted).state - te.steady_state(expected).state)
    assert distance.max() < 1e-10


def test_equal_cavities_are_the_shorthand():
    expected = te.thermal_link(0.5, 0.6, filters=3)
    found = te.thermal_link(0.5, filter=te.Filter.cavities((0.6, 0.6, 0.6)))
    for ours, theirs in zip(found.couplings, expected.couplings, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-15)
    assert [node.name for node in found.nodes] == [node.name for node in expected.nodes]


def test_only_the_magnitude_of_the_transfer_counts():
    """The same |S21| with other zeros, hence another phase: the same state of the emitters."""
    poles, zero = [-0.6 + 0.1j, -0.9], -0.4 + 0.3j
    one = te.Filter.poles_and_zeros(poles, [zero])
    other = te.Filter.poles_and_zeros(poles, [-zero.conjugate()])
    assert abs(one.response(0.3) - other.response(0.3)) > 0.1
    first, second = (
        te.steady_state(te.thermal_link(0.4, filter=f), te.ContinuedFraction(rtol=1e-9)).state
        for f in (one, other)
    )
    assert np.abs(first - second).max() < 1e-8


@pytest.mark.parametrize("direct", [0.0, 0.3])
def test_other_modes_of_the_same_filter_are_the_same_filter(direct):
    """A rotation of its modes, after which the hot port leads into both, changes no emitter."""
    plain = te.Filter.cavities(
        (0.3, 0.2), detunings=(0.1, -0.1), internal_decay=(0.5, 0.9), absorber_occupation=0.05
    )
    if direct:
        system = plain.system._replace(d=direct)
        plain = te.Filter(system=system, absorption=plain.absorption, absorber_occupation=0.05)
    turn = np.linalg.qr(np.array([[1.0, 0.4], [0.3j, -0.7]]))[0]
    a, b, c, _ = plain.system
    rotated = te.Filter(
        system=plain.system._replace(a=turn @ a @ turn.conj().T, b=turn @ b, c=c @ turn.conj().T),
        absorption=turn @ plain.absorption @ turn.conj().T,
        absorber_occupation=0.05,
    )
    found, expected = (
        te.thermal_link(0.5, filter=chosen, waveguide_occupation=0.1, loss=0.1)
        for chosen in (rotated, plain)
    )
    assert found.modes[0].bath_rate == 0.0
    assert (expected.modes[0].bath_rate == 0.0) is (direct > 0)
    states = [te.steady_state(net, TIGHT).state for net in (found, expected)]
    np.testing.assert_allclose(*states, rtol=0, atol=1e-9)


def test_fock_agrees_behind_a_butterworth_filter():
    network = te.thermal_link(0.05, filter=te.Filter.butterworth(2, 1.0), detuning=(0.1, -0.1))
    exact = te.steady_state(network, te.ContinuedFraction(rtol=1e-8))
    fock = te.steady_state(network, te.Fock(cutoff=6))
    assert np.abs(exact.state - fock.state).max() < exact.error + fock.error
    assert fock.error < 1e-5


def test_a_phononic_link_feels_the_reflection():
    """One cavity is the link of one rate; two coupled cavities are those built by hand."""
    places = {"wavelengths": (1.0, 2.0), "detuning": (0.4, -0.4)}
    expected = te.phononic_link(0.1, 0.3, **places)
    found = te.phononic_link(0.1, filter=te.Filter.cavities(0.3), **places)
    for ours, theirs in zip(found.couplings, expected.couplings, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-15)
    # A Butterworth filter of order two: equal rates and a hop of half of them.
    width = 0.6
    rate, hop = width / np.sqrt(2), width / np.sqrt(8)
    one = te.phononic_link(0.1, rate, **places)
    n = len(one.nodes) + 1
    exchange, decay = np.zeros((n, n), dtype=complex), np.zeros((n, n), dtype=complex)
    exchange[1:, 1:], decay[1:, 1:] = one.exchange, one.decay
    exchange[0, 1], exchange[1, 0] = -1j * hop, 1j * hop
    modes = (te.Mode(name="a", bath_rate=rate, n_th=0.1), te.Mode(name="b"))
    by_hand = te.Network(nodes=(*modes, *one.emitters), exchange=exchange, decay=decay)
    ours = te.phononic_link(0.1, filter=te.Filter.butterworth(2, width), **places)
    states = [te.steady_state(net, te.ContinuedFraction(rtol=1e-4)) for net in (ours, by_hand)]
    # The same equations but for a basis of the modes: both truncate alike, within their rtol.
    assert np.abs(states[0].state - states[1].state).max() < 1e-4
    with pytest.raises(ValueError, match="`filter` must be one whose reflection S22 is known"):
        te.phononic_link(0.1, filter=te.Filter.transfer([1], [1, 1]), **places)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "`kappa` must be given if there is no `filter`"),
        ({"kappa": 0.1, "filter": te.Filter.cavities(0.1)}, "`kappa` must be left out"),
        ({"filters": 2, "filter": te.Filter.cavities(0.1)}, "`filters` must be left out"),
        ({"filter": 0.1}, "`filter` must be a te.Filter"),
    ],
)
def test_a_link_has_one_filter(options, message):
    with pytest.raises(ValueError, match=message):
        te.thermal_link(1.0, **options)


@pytest.mark.parametrize("unit", [1e-7, 1e7])
def test_the_hot_port_has_its_own_mode_in_any_unit(unit):
    """What a mode must lose at least is known to rounding of the rates, whatever their unit."""
    for width in (0.3, 0.7, 1.1, 1.3):
        network = te.thermal_link(1.0, filter=te.Filter.butterworth(3, width * unit))
        plain = te.thermal_link(1.0, filter=te.Filter.butterworth(3, width))
        rates = [mode.bath_rate for mode in plain.modes]
        assert rates[0] > 0
        assert [mode.bath_rate / unit for mode in network.modes] == pytest.approx(rates, rel=1e-9)
