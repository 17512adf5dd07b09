"""Filters: shapes against scipy's prototypes, passivity, and what is no filter."""

import numpy as np
import pytest
from scipy import signal

import thermalent as te
from thermalent.filters.passive import excess_loss

FREQUENCIES = np.linspace(-4.0, 4.0, 41)


def by_roots(poles, zeros, gain, omega):
    """The transfer function as a product, without any state space."""
    s = 1j * np.asarray(omega)[:, None]
    return gain * np.prod(s - np.asarray(zeros), axis=1) / np.prod(s - np.asarray(poles), axis=1)


@pytest.mark.parametrize("order", range(1, 9))
def test_butterworth_is_the_prototype_of_scipy(order):
    chosen = te.Filter.butterworth(order, 2.0)
    zeros, poles, gain = signal.buttap(order)
    expected = np.abs(by_roots(poles, zeros, gain, FREQUENCIES))
    # Some roundings per section.
    np.testing.assert_allclose(np.abs(chosen.response(FREQUENCIES)), expected, atol=1e-13)
    assert chosen.fwhm == pytest.approx(2.0, rel=1e-12)
    assert chosen.peak == pytest.approx(1.0, rel=1e-12)
    assert chosen.order == order


@pytest.mark.parametrize("ripple", [0.01, 0.5, 2.5])
@pytest.mark.parametrize("order", range(1, 8))
def test_chebyshev_is_the_prototype_of_scipy(order, ripple):
    chosen = te.Filter.chebyshev(order, 2.0, ripple)
    zeros, poles, gain = signal.cheb1ap(order, ripple)
    edge = np.max(np.abs(poles)) / np.max(np.abs(chosen.poles))  # the frequency scale of the two
    expected = np.abs(by_roots(poles, zeros, gain, edge * FREQUENCIES))
    np.testing.assert_allclose(np.abs(chosen.response(FREQUENCIES)), expected, atol=1e-12)
    assert chosen.fwhm == pytest.approx(2.0, rel=1e-12)
    assert chosen.peak == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize(
    "chosen",
    [te.Filter.butterworth(4, 0.3), te.Filter.chebyshev(4, 0.3, 1.0), te.Filter.butterworth(1, 1)],
    ids=repr,
)
def test_a_lossless_row_of_resonators_reflects_what_it_does_not_transmit(chosen):
    omega = 0.2 * FREQUENCIES
    total = np.abs(chosen.response(omega)) ** 2 + np.abs(chosen.reflection(omega)) ** 2
    np.testing.assert_allclose(total, 1.0, rtol=1e-12)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_cavities_follow_their_formula(count):
    """With the sign that the field has behind an even or odd number of them."""
    rates, detunings = (0.3, 0.1, 0.2, 0.4)[:count], (0.1, -0.05, 0.0, 0.2)[:count]
    internal = (0.02, 0.0, 0.05, 0.01)[:count]
    chosen = te.Filter.cavities(rates, detunings=detunings, internal_decay=internal)
    expected = np.ones(len(FREQUENCIES), dtype=complex)
    for kappa, delta, loss in zip(rates, detunings, internal, strict=True):
        expected *= kappa / (1j * (FREQUENCIES - delta) + kappa + loss / 2)
    np.testing.assert_allclose(chosen.response(FREQUENCIES), expected, atol=1e-14)
    assert te.Filter.cavities(0.3).fwhm == pytest.approx(0.6, rel=1e-12)
    wanted = sorted(-np.array(rates) - np.array(internal) / 2)
    np.testing.assert_allclose(sorted(chosen.poles.real), wanted, rtol=1e-12)


def test_transfer_takes_the_polynomials_of_scipy():
    b, a = signal.ellip(4, 0.5, 30, 1.0, analog=True)
    chosen = te.Filter.transfer(b, a)
    _, expected = signal.freqs(b, a, FREQUENCIES)
    np.testing.assert_allclose(chosen.response(FREQUENCIES), expected, atol=1e-12)
    assert chosen.peak == pytest.approx(1.0, rel=1e-9)


def test_random_filters_become_passive_modes():
    """S21 is unchanged, and the modes' losses cover the output and the hot port."""
    rng = np.random.default_rng(11)
    for _ in range(60):
        order = int(rng.integers(1, 7))
        poles = -np.exp(rng.uniform(-3, 1, order)) + 1j * rng.normal(size=order)
        count = int(rng.integers(0, order + 1))
        zeros = rng.normal(size=count) + 1j * rng.normal(size=count)
        chosen = te.Filter.poles_and_zeros(poles, zeros)
        expected = np.abs(by_roots(poles, zeros, 1.0, FREQUENCIES))
        # Its peak is one: found here on a fine grid, so good to its spacing squared.
        fine = np.unique(
            np.concatenate([p.imag + abs(p.real) * np.linspace(-6, 6, 4001) for p in poles])
        )
        shape = by_roots(poles, zeros, 1.0, np.concatenate([fine, [-1e9, 1e9]]))
        found = np.abs(chosen.response(FREQUENCIES))
        np.testing.assert_allclose(found, expected / np.abs(shape).max(), rtol=1e-5)
        ratio = found / expected
        assert np.ptp(ratio) < 1e-9 * ratio.mean()
        a, b, c, d = chosen.system
        side = b[:, None] + c.conj()[:, None] * d
        scale = np.abs(a).max()
        corner = np.array([[abs(d) ** 2 - 1.0]])
        lemma = np.block(
            [
                [-excess_loss(chosen.system) / scale, side / np.sqrt(scale)],
                [side.conj().T / np.sqrt(scale), corner],
            ]
        )
        # The margin with which filters that transmit everything at their peak are completed.
        assert np.linalg.eigvalsh(lemma)[-1] < 2e-9


def test_repeated_poles_are_no_special_case():
    chosen = te.Filter.poles_and_zeros([-0.3, -0.3, -0.3])
    expected = te.Filter.cavities((0.3, 0.3, 0.3))
    np.testing.assert_allclose(
        np.abs(chosen.response(FREQUENCIES)), np.abs(expected.response(FREQUENCIES)), atol=1e-13
    )


def test_scaling_stretches_the_frequencies():
    chosen = te.Filter.chebyshev(3, 1.0, 0.5, internal_decay=0.01)
    np.testing.assert_allclose(
        chosen.scaled(0.1).response(0.1 * FREQUENCIES), chosen.response(FREQUENCIES), atol=1e-13
    )


def test_a_constant_that_dominates_leaves_no_width():
    assert te.Filter.transfer([1, 0], [1, 0.5]).fwhm == np.inf
    assert te.Filter.transfer([1, 0], [1, 0.5]).response(0.0) == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: te.Filter.transfer([1], [1, -1]), "`poles` must be stable.*a pole at 1"),
        (lambda: te.Filter.poles_and_zeros([0.0]), "`poles` must be stable"),
        (lambda: te.Filter.transfer([2], [1, 1]), r"\|S21\| = 2 at the frequency"),
        (lambda: te.Filter.poles_and_zeros([-1], gain=1.5), r"`gain` must be.*\|S21\| = 1.5"),
        (lambda: te.Filter.transfer([1, 2, 3], [1, 1]), "`numerator` must be of degree 1"),
        (lambda: te.Filter.transfer([1], [3]), "`denominator` must be of degree one"),
        (lambda: te.Filter.transfer([0, 0], [1, 1]), "`numerator` must be a polynomial other"),
        (lambda: te.Filter.transfer([np.nan], [1, 1]), "`numerator` must be a sequence of finite"),
        (lambda: te.Filter.poles_and_zeros([-1], [-2, -3]), "`zeros` must be at most 1"),
        (lambda: te.Filter.poles_and_zeros([-1], [-1]), "`poles` must be poles that no zeros"),
        (lambda: te.Filter.poles_and_zeros([]), "`poles` must be at least one pole"),
        (lambda: te.Filter.butterworth(0, 1.0), "`order` must be an integer from 1 to 100"),
        (lambda: te.Filter.butterworth(2, -1.0), "`fwhm` must be finite and positive"),
        (lambda: te.Filter.chebyshev(2, 1.0, 3.1), "`ripple` must be above .* below 3.0103"),
        (lambda: te.Filter.cavities((1.0, 0.0)), "`rates` must be finite and positive"),
        (lambda: te.Filter.cavities((1, 1), detunings=(1,)), "`detunings` must be .*2 numbers"),
        (
            lambda: te.Filter.butterworth(2, 1.0, absorber_occupation=-1),
            "`absorber_occupation` must be finite and non-negative",
        ),
    ],
)
def test_what_is_no_filter_is_refused_by_name(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_one_rate_may_be_an_array_without_dimensions():
    assert te.Filter.cavities(np.array(0.3)).poles == te.Filter.cavities(0.3).poles


@pytest.mark.parametrize("occupation", ["warm", -1.0, np.nan, np.full((2, 2), np.nan)])
def test_what_absorbs_has_an_occupation(occupation):
    system = te.Filter.butterworth(2, 1.0).system
    with pytest.raises(ValueError, match="`absorber_occupation` must be finite and non-negative"):
        te.Filter(system=system, absorption=np.zeros((2, 2)), absorber_occupation=occupation)


def test_the_reflection_of_a_measured_transmission_is_not_known():
    with pytest.raises(ValueError, match="reflection S22 of this filter is not known"):
        te.Filter.transfer([1], [1, 1]).reflection(0.0)


def test_a_plot_shows_the_response():
    pytest.importorskip("matplotlib").use("Agg")
    axes = te.Filter.butterworth(2, 1.0).plot(points=11)
    (line,) = axes.get_lines()
    assert line.get_ydata().max() == pytest.approx(0.0, abs=1e-9)
