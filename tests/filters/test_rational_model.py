"""The ratio of polynomials that is fitted: its slopes by differences, and how many poles fit."""

import numpy as np
import pytest

from thermalent.filters import response
from thermalent.filters.measured import fitting, from_data, uncertainty
from thermalent.filters.measured.rational import Rational, refined


@pytest.fixture
def model(rng):
    numerator, denominator = (rng.normal(size=3) + 1j * rng.normal(size=3) for _ in range(2))
    denominator[0] = 1.0
    return Rational(numerator[1:], denominator, centre=3.0, width=0.5)


def test_slopes_are_differences_of_neighbouring_models(model):
    omega, parameters = np.linspace(2.0, 4.0, 7), model.parameters
    slopes = model.slopes(omega)
    assert slopes.shape == (7, len(parameters))
    for i, unit in enumerate(np.eye(len(parameters))):
        one, other = (model.moved(parameters + sign * 1e-6 * unit) for sign in (1, -1))
        found = (one(omega) - other(omega)) / 2e-6
        np.testing.assert_allclose(slopes[:, i], found, rtol=1e-7, atol=1e-8)


def test_a_fit_ends_at_the_model_that_made_the_data(model):
    omega = np.linspace(1.0, 5.0, 60)
    rng = np.random.default_rng(3)
    start = model.moved(model.parameters * (1 + 0.01 * rng.normal(size=len(model.parameters))))
    found = refined(start, omega, model(omega))
    np.testing.assert_allclose(found.parameters, model.parameters, rtol=1e-9)
    noisy = model(omega) + 0.01 * (rng.normal(size=60) + 1j * rng.normal(size=60))
    residual = refined(start, omega, noisy)(omega) - noisy
    assert np.linalg.norm(residual) < np.linalg.norm(model(omega) - noisy)  # closer than the truth
    slopes = refined(start, omega, noisy).slopes(omega)
    gradient = (slopes.conj().T @ residual).real
    assert np.max(np.abs(gradient)) < 1e-6 * np.linalg.norm(slopes)


@pytest.mark.parametrize("per_pole", [2, 4])
@pytest.mark.parametrize("others", [0, 1, 2])
def test_there_are_fewer_coefficients_than_measured_numbers(per_pole, others):
    for data in range(per_pole + others + 1, 60):
        most = from_data._most_poles(data, per_pole, others)
        assert most * per_pole + others < data
        assert most == fitting.MOST_POLES or (most + 1) * per_pole + others >= data


@pytest.mark.parametrize("peak", [0.95, 1.02])
def test_what_a_fit_has_above_one_is_one_more_deviation(model, peak, rng):
    """Of the power: three of peak^2 - 1."""
    omega = np.linspace(1.0, 5.0, 60)
    top, _ = response.peak(model.system(1.0))
    scaled = model._replace(numerator=model.numerator * peak / top)
    data = scaled(omega) + 1e-2 * (rng.normal(size=60) + 1j * rng.normal(size=60))
    fit = refined(scaled, omega, data)
    found = uncertainty.nearby_amplitudes(fit, omega, data)
    hertz = omega / (2 * np.pi)
    measured = from_data._fit(fit, found, hertz, np.abs(data) ** 2, 0.0, 1.0)
    completed = from_data._completed(measured, None, "path").fit
    top, _ = response.peak(fit.system(1.0))
    assert (top > 1) == (peak > 1)
    assert len(completed.nearby) == len(found) + (peak > 1)
    if peak > 1:
        height = response.peak(completed.nearby[-1].system(1.0))[0] ** 2
        assert height - top**2 == pytest.approx(3 * (top**2 - 1) * top**2, rel=1e-6)
