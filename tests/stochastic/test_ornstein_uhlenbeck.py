"""Exact sampling of the field: moments against closed forms, coherence, the polar form."""

import mpmath
import numpy as np
import pytest

from thermalent.stochastic import (
    g1,
    g2,
    integrate_polar,
    ornstein_uhlenbeck,
    phase_diffusion,
    polar,
)
from thermalent.stochastic.ornstein_uhlenbeck import transition
from thermalent.stochastic.polar import radial_path
from thermalent.support.errors import ArgumentError

RATE, VARIANCE, DETUNING = 0.7, 30.0, 0.4
LIMIT = 5.0  # standard errors; seeds are fixed


def z_scores(samples, expected):
    """How many standard errors the mean over the first axis is from what is expected."""
    samples = np.asarray(samples)
    error = samples.std(axis=0, ddof=1) / np.sqrt(len(samples))
    return np.abs(samples.mean(axis=0) - expected) / error


# --- One step: the moments


def exact_moments(h, rate, variance, detuning):
    """Closed forms of the covariances in 60 digits: no cancellation that matters."""
    with mpmath.workdps(60):
        h, rate, variance = mpmath.mpf(h), mpmath.mpf(rate), mpmath.mpf(variance)
        z = mpmath.mpc(rate, detuning)
        end = (1 - mpmath.exp(-z * h)) / z
        energy = (1 - mpmath.exp(-2 * rate * h)) / (2 * rate)
        power = 2 * rate * variance
        cross = power * (mpmath.conj(end) - energy) / z  # <noise of integral, conj(noise of u)>
        square = power * (h - 2 * mpmath.re(end) + energy) / abs(z) ** 2
        return [complex(v) for v in (mpmath.exp(-z * h), end, power * energy, cross, square)]


@pytest.mark.parametrize("detuning", [0.0, DETUNING, -20.0])
@pytest.mark.parametrize("h", [1e-9, 1e-6, 1e-3, 0.03, 0.9, 1.0, 1.5, 7.0, 60.0])
def test_moments_of_a_step_against_closed_forms_in_high_precision(h, detuning):
    step = transition(h, rate=RATE, variance=VARIANCE, detuning=detuning)
    own = (
        step.decay,
        step.weight,
        step.noise**2,
        step.follow * step.noise,
        abs(step.follow) ** 2 + step.own**2,
    )
    for mine, exact in zip(own, exact_moments(h, RATE, VARIANCE, detuning), strict=True):
        assert abs(mine - exact) <= 1e-13 * abs(exact)  # as the docstring claims


def test_a_step_is_two_half_steps():
    """Semigroup: the covariances of (u, integral) compose."""

    def matrices(h):
        s = transition(h, rate=RATE, variance=VARIANCE, detuning=DETUNING)
        propagator = np.array([[s.decay, 0], [s.weight, 1]])
        factor = np.array([[s.noise, 0], [s.follow, s.own]])
        return propagator, factor @ factor.conj().T

    half, noise = matrices(0.4)
    whole, expected = matrices(0.8)
    np.testing.assert_allclose(half @ half, whole, rtol=1e-14)
    np.testing.assert_allclose(half @ noise @ half.conj().T + noise, expected, rtol=1e-13)


# --- Paths


@pytest.mark.parametrize("initial", ["stationary", 3.0 - 4.0j])
def test_sampled_moments_on_an_irregular_grid(initial):
    times = np.array([0.0, 0.01, 0.5, 0.6, 2.5])
    n = 40_000
    u, integral = ornstein_uhlenbeck(
        times, rate=RATE, variance=VARIANCE, detuning=DETUNING, n=n, seed=1, initial=initial,
        integral=True,
    )  # fmt: skip
    z = RATE + 1j * DETUNING
    start = 0.0 if initial == "stationary" else initial
    energy = VARIANCE if initial == "stationary" else abs(initial) ** 2
    lag = times[:, None] - times[None, :]
    now = VARIANCE + (energy - VARIANCE) * np.exp(-2 * RATE * np.minimum.outer(times, times))
    # <u(s) u*(t)> decays from its value at the earlier time and rotates with the later.
    expected = now * np.exp(-RATE * np.abs(lag) - 1j * DETUNING * lag)
    products = u[:, :, None] * u[:, None, :].conj()
    assert np.max(z_scores(products[:, 1:].real, expected[1:].real)) < LIMIT
    off = (lag[1:] != 0) | (DETUNING == 0)  # the imaginary part of |u|^2 is exactly zero
    imaginary = z_scores(products[:, 1:].imag[:, off], expected[1:].imag[off])
    assert np.max(imaginary) < LIMIT
    squares = (u * u)[:, 1:]
    mean_square = (start * np.exp(-z * times)) ** 2
    assert np.max(z_scores(squares.real, mean_square[1:].real)) < LIMIT
    assert np.max(z_scores(squares.imag, mean_square[1:].imag)) < LIMIT
    # The integral: its mean given the path's start of the step, and its covariance with the end.
    for i, h in enumerate(np.diff(times)):
        _, weight, _, cross, square = exact_moments(h, RATE, VARIANCE, DETUNING)
        rest = integral[:, i] - weight * u[:, i]
        step = u[:, i + 1] - np.exp(-z * h) * u[:, i]
        for sample, value in (
            (np.abs(rest) ** 2, square.real),
            ((rest * step.conj()).real, cross.real),
        ):
            assert z_scores(sample, value) < LIMIT


def test_wrong_noise_and_wrong_drift_are_noticed():
    """Negative controls: what the z-scores above would say of a wrong process."""
    times = np.array([0.0, 0.5])
    for variance, rate in ((1.05 * VARIANCE, RATE), (VARIANCE, 1.2 * RATE)):
        u = ornstein_uhlenbeck(times, rate=rate, variance=variance, n=40_000, seed=1)
        product = (u[:, 1] * u[:, 0].conj()).real
        assert z_scores(product, VARIANCE * np.exp(-RATE * 0.5)) > LIMIT


def test_integral_of_a_step_is_the_sum_over_its_parts():
    """Against the trapezoidal rule on a fine grid, whose error is h^(3/2) per step."""
    fine = np.linspace(0, 1, 2001)
    u, integral = ornstein_uhlenbeck(
        fine, rate=RATE, variance=VARIANCE, n=50, seed=2, integral=True
    )
    trapezoid = (u[:, 1:] + u[:, :-1]) / 2 * np.diff(fine)
    difference = (integral - trapezoid).sum(axis=1)
    # Brownian bridges: variance 2 rate V h^3 / 12 each, independent.
    expected = 2 * RATE * VARIANCE * (fine[1] - fine[0]) ** 3 / 12 * (len(fine) - 1)
    assert z_scores(np.abs(difference) ** 2, expected) < LIMIT


def test_path_depends_on_its_seed_and_number_alone():
    times = np.linspace(0, 3, 20)
    kwargs = {"rate": RATE, "variance": VARIANCE}
    u = ornstein_uhlenbeck(times, n=7, seed=3, **kwargs)
    more, _ = ornstein_uhlenbeck(times, n=11, seed=3, integral=True, **kwargs)
    assert np.array_equal(more[:7], u)
    assert not np.any(ornstein_uhlenbeck(times, n=7, seed=4, **kwargs) == u)


def test_no_variance_no_noise():
    times = np.linspace(0, 2, 5)
    u, integral = ornstein_uhlenbeck(
        times, rate=RATE, variance=0.0, initial=2j, integral=True, detuning=DETUNING
    )
    z = RATE + 1j * DETUNING
    np.testing.assert_allclose(u[0], 2j * np.exp(-z * times), rtol=1e-14)
    np.testing.assert_allclose(integral[0], -np.diff(u[0]) / z, rtol=1e-13)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"rate": 0.0}, "`rate` must be finite and positive"),
        ({"variance": -1.0}, "`variance` must be finite and non-negative"),
        ({"n": 0}, "`n` must be an integer of at least 1"),
        ({"seed": -1}, "`seed` must be an integer of at least 0"),
        ({"initial": "warm"}, '`initial` must be "stationary" or an amplitude'),
        ({"initial": complex(np.inf)}, "`initial` must be a finite amplitude"),
        ({"times": [0.0, 1.0, 1.0]}, "`times` must be increasing"),
        ({"times": [[0.0]]}, "`times` must be a sequence of at least one time"),
    ],
)
def test_arguments_are_checked(kwargs, message):
    arguments = {"times": [0.0, 1.0], "rate": 1.0, "variance": 1.0} | kwargs
    with pytest.raises(ValueError, match=message):
        ornstein_uhlenbeck(arguments.pop("times"), **arguments)


# --- Coherence


def test_coherence_of_a_thermal_source():
    times = np.arange(0, 12, 0.05)
    lags = [0.0, 0.05, 0.5, 1.0, 2.0, 4.0]
    u = ornstein_uhlenbeck(times, rate=RATE, variance=VARIANCE, detuning=DETUNING, n=3200, seed=5)
    first, second = g1(times, u, lags), g2(times, u, lags)
    tau = np.array(lags)
    expected = np.exp((-RATE + 1j * DETUNING) * tau)
    assert np.all(np.abs(first.value - expected)[1:] < LIMIT * first.error[1:])
    assert first.value[0] == pytest.approx(1.0, abs=1e-14)
    deviation = np.abs(second.value - 1 - np.exp(-2 * RATE * tau)) / second.error
    assert np.all(deviation < LIMIT)
    assert np.max(first.error) < 0.02
    assert np.max(second.error) < 0.05
    # Negative controls: a wrong rate, and the coherence of a coherent field.
    assert np.max(np.abs(first.value - np.exp((-1.1 * RATE + 1j * DETUNING) * tau))[1:]
                  / first.error[1:]) > LIMIT  # fmt: skip
    assert np.max(np.abs(second.value - 1) / second.error) > LIMIT


def test_coherence_errors_are_neither_too_small_nor_too_large():
    """The scatter of 60 independent estimates against the error that each states."""
    times, lags = np.arange(0, 40, 0.2), [1.0]
    estimates = [
        (g1(times, u, lags), g2(times, u, lags))
        for u in (
            ornstein_uhlenbeck(times, rate=1.0, variance=1.0, n=64, seed=s) for s in range(60)
        )
    ]
    for k, exact in ((0, np.exp(-1.0)), (1, 1 + np.exp(-2.0))):
        values = np.array([e[k].value[0] for e in estimates])
        z = (values.real - exact) / np.array([e[k].error[0] for e in estimates])
        # g1 is complex: its error holds both parts. The rms of 60 has a relative error of 9 %.
        expected = np.sqrt(np.var(values.real) / np.mean(np.abs(values - exact) ** 2))
        assert 0.55 * expected < np.sqrt(np.mean(z**2)) < 1.45 * expected


def test_coherence_of_one_long_path():
    times = np.arange(0, 8000, 0.1)
    u = ornstein_uhlenbeck(times, rate=1.0, variance=2.0, seed=6)
    estimate = g2(times, u, [0.0, 0.5, 1.0])
    exact = 1 + np.exp(-2 * estimate.lags)
    assert np.all(np.abs(estimate.value - exact) < LIMIT * estimate.error)
    assert np.max(estimate.error) < 0.1


def test_phase_diffusion_has_first_order_coherence_alone():
    times = np.arange(0, 10, 0.1)
    theta = phase_diffusion(times, rate=RATE, variance=VARIANCE, radius=2.0, n=3200, seed=7)
    u = 2.0 * np.exp(1j * theta)
    lags = np.array([0.5, 1.0])
    first, second = g1(times, u, lags), g2(times, u, lags)
    expected = np.exp(-RATE * VARIANCE / 4.0 / 2 * lags)
    assert np.all(np.abs(first.value - expected) < LIMIT * first.error)
    np.testing.assert_allclose(second.value, 1.0, atol=1e-13)


@pytest.mark.parametrize(
    ("times", "lags", "message"),
    [
        ([0.0, 1.0, 3.0], [0.0], "`times` must be equally spaced"),
        ([0.0, 1.0, 2.0], [0.5], "`lags` must be multiples of the spacing 1"),
        ([0.0, 1.0, 2.0], [3.0], "`lags` must be shorter than the pieces"),
        ([0.0, 1.0], [0.0], "`paths` must be an array"),
    ],
)
def test_coherence_arguments_are_checked(times, lags, message):
    with pytest.raises(ValueError, match=message):
        g1(times, np.ones((40, 3), complex), lags)


# --- Polar form


def test_polar_form_is_the_cartesian_process():
    times = np.linspace(0, 5, 301)
    r, theta = polar(times, rate=RATE, variance=VARIANCE, n=20, seed=8)
    u = ornstein_uhlenbeck(times, rate=RATE, variance=VARIANCE, n=20, seed=8)
    np.testing.assert_allclose(r * np.exp(1j * theta), u, atol=1e-12)
    assert np.max(np.abs(np.diff(theta, axis=1))) <= np.pi


@pytest.mark.parametrize("radius", [0.0, 0.5, 4.0])
def test_polar_equations_agree_with_the_exact_law(radius):
    """Means of r, r^2 and of the phasor after a relaxation time, from below to above typical r."""
    times = np.linspace(0, 1.5, 601)
    variance, n = 2.0, 4000
    r, theta = integrate_polar(times, rate=1.0, variance=variance, radius=radius, n=n, seed=9)
    assert np.all(r[:, 1:] > 0)
    exact_r, _ = polar(
        times[[0, -1]], rate=1.0, variance=variance, n=4 * n, seed=10, initial=radius
    )
    decay = np.exp(-times[-1])
    second_moment = variance * (1 - decay**2) + (radius * decay) ** 2
    assert z_scores(r[:, -1] ** 2, second_moment) < LIMIT
    assert z_scores(exact_r[:, -1] ** 2, second_moment) < LIMIT
    phasor = r[:, -1] * np.exp(1j * theta[:, -1])
    assert z_scores(phasor.real, radius * decay) < LIMIT
    assert z_scores(phasor.imag, 0.0) < LIMIT
    mean, error = exact_r[:, -1].mean(), exact_r[:, -1].std() / np.sqrt(4 * n)
    assert z_scores(r[:, -1], mean) < LIMIT * np.hypot(1, error / (r[:, -1].std() / np.sqrt(n)))


def test_wrong_polar_drift_is_noticed():
    """Without the drift that Ito's formula adds, the radius of the same noise is another."""
    times = np.linspace(0, 1.5, 601)
    h = np.diff(times)
    dw = np.random.default_rng(9).standard_normal((20_000, len(h))) * np.sqrt(h)
    r = np.full(20_000, 1.0)
    for i, step in enumerate(h):
        r = np.abs(r - r * step + np.sqrt(2.0) * dw[:, i])
    expected = 2.0 * (1 - np.exp(-3.0)) + np.exp(-3.0)
    assert z_scores(r**2, expected) > LIMIT


def test_strong_order_of_the_radius():
    """Declared: at least 1/2. Same Wiener path, coarser and coarser, against the finest."""
    finest, n, rate, variance = 2**13, 600, 1.0, 2.0
    dw = np.random.default_rng(11).standard_normal((n, finest)) / np.sqrt(finest)
    ends, steps = [], []
    for level in range(9):
        count = finest // 2**level
        increments = dw.reshape(n, count, -1).sum(axis=2)
        path = radial_path(
            np.full(n, 1.0), increments, np.full(count, 1 / count), rate=rate, variance=variance
        )
        ends.append(path[:, -1])
        steps.append(1 / count)
    errors = [np.sqrt(np.mean((end - ends[0]) ** 2)) for end in ends[3:]]
    slope = np.polyfit(np.log(steps[3:]), np.log(errors), 1)[0]
    assert 0.5 <= slope < 1.05


def test_phase_diffusion_is_exact_on_any_grid():
    times = np.array([0.0, 0.1, 3.0])
    theta = phase_diffusion(
        times, rate=RATE, variance=VARIANCE, radius=3.0, phase=1.0, n=40_000, seed=12
    )
    assert np.all(theta[:, 0] == 1.0)
    for i in (1, 2):
        assert z_scores(theta[:, i], 1.0) < LIMIT
        expected = RATE * VARIANCE / 9.0 * times[i]
        assert z_scores((theta[:, i] - 1.0) ** 2, expected) < LIMIT


def test_a_rate_whose_square_is_no_number_is_refused():
    with pytest.raises(ValueError, match=r"`rate` must be at least 1e-100 and at most 1e\+100"):
        ornstein_uhlenbeck([0.0, 1.0], rate=1e308, variance=1.0)


def test_lags_that_no_spacing_reaches_are_refused_by_name():
    times = np.arange(8) * 0.1
    with pytest.raises(ArgumentError, match=r"`lags` must be below 1e\+15 spacings"):
        g1(times, np.ones((4, 8), dtype=complex), [1e308], batches=2)
