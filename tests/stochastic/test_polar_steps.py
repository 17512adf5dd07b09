"""The implicit step of the radius solves its equation, from either side of the origin."""

import numpy as np
import pytest

from thermalent.stochastic.polar import integrate_polar, phase_diffusion, radial_path


@pytest.mark.parametrize("increment", [0.3, 0.0, -0.3, -40.0])
def test_the_radius_solves_the_implicit_equation(increment):
    r"""r' = r + sqrt(lambda V) dW + (lambda V / (2 r') - lambda r') h, with r' > 0."""
    rate, variance, step = 0.7, 3.0, 0.2
    start = np.array([1.3, 0.0, 1e-6])
    path = radial_path(
        start, np.full((3, 1), increment), np.array([step]), rate=rate, variance=variance
    )
    new = path[:, 1]
    assert np.all(new > 0)
    drift = rate * variance / (2 * new) - rate * new
    noise = np.sqrt(rate * variance) * increment
    # The terms of the equation cancel against each other.
    scale = np.abs(new) + np.abs(noise) + np.abs(drift) * step
    np.testing.assert_array_less(np.abs(new - start - noise - drift * step), 8e-16 * scale + 1e-300)


def test_the_phase_diffuses_at_the_rate_of_the_formula():
    """Variance lambda V t / r_0^2, and independent increments."""
    times, n = np.array([0.0, 0.4, 2.0]), 40_000
    theta = phase_diffusion(times, rate=0.7, variance=3.0, radius=1.5, phase=0.3, n=n, seed=4)
    steps = np.diff(theta, axis=1)
    expected = 0.7 * 3.0 / 1.5**2 * np.diff(times)
    assert np.all(theta[:, 0] == 0.3)
    # The variance of n normal numbers is known to sqrt(2/n) of itself: five of those.
    np.testing.assert_allclose(steps.var(axis=0), expected, rtol=5 * np.sqrt(2 / n))
    assert abs(np.corrcoef(steps.T)[0, 1]) < 5 / np.sqrt(n)


def test_the_phase_is_uniform_behind_the_origin():
    """A path that begins at the origin leaves it in any direction."""
    radius, phase = integrate_polar([0.0, 0.3], rate=0.7, variance=3.0, radius=0.0, n=4000, seed=2)
    assert np.all(radius[:, 0] == 0.0)
    assert np.all(np.abs(phase[:, 1]) <= np.pi)
    # Moments of a uniform angle: cos and sin average to zero with a variance of one half.
    for mean in (np.cos(phase[:, 1]).mean(), np.sin(2 * phase[:, 1]).mean()):
        assert abs(mean) < 5 * np.sqrt(0.5 / 4000)
    assert phase[:, 1].var() == pytest.approx(np.pi**2 / 3, rel=0.05)
