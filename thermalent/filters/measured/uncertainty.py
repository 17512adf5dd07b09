r"""What a fit leaves open: independent directions in which its coefficients may be off.

For residuals r and slopes J of the model by its coefficients,

$$\Sigma = \tau\; J^+ \mathrm{diag}\Big(\frac{r_i}{1 - h_i}\Big)^2 J^{+\dagger}, \qquad
  h = \mathrm{diag}(J J^+)$$

is the covariance of the coefficients, whatever the size of the noise at each frequency. A datum
that nearly fixes a coefficient alone pulls the model towards itself: r_i is too small by 1 - h_i,
and r_i/(1 - h_i) is how far the model without it misses it (MacKinnon and White, J. Econometrics
29, 305, 1985). Coarsely measured filters have few data in their band, all of them such.
Three standard deviations are those of a normal distribution if many data count, and more by the
ratio to Student's distribution if few do: as many as have the same variance of the variance.
Neighbouring residuals of a model that is not quite right are alike: \(\tau = 1 + 2\sum_l \rho_l\),
the sum of their correlations, counts such a group as one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from thermalent.filters import response
from thermalent.filters.measured.rational import Rational, stacked

SIGMAS = 3.0
_UNFELT = 1e-9
_LEAST_FREE = 1e-6  # 1 - h of a datum that the fit passes through: residuals have no more digits
_BEYOND_LINEAR = 2.0
_MOST = 0.5
_NO_EFFECT = 1e-4  # of the largest change of |S21|^2 at the data: the common phase, above all


def nearby_amplitudes(model: Rational, omega: np.ndarray, data: np.ndarray) -> tuple[Rational, ...]:
    """Models three standard deviations away, one for each independent direction.

    The root of the sum of squares of what they change is three standard deviations of any number
    that depends on the fit, to first order.

    Args:
        model: The fit, a minimum of the sum of squares.
        omega: Angular frequencies of the data from the carrier, (f,).
        data: S21, (f,) complex.
    """
    values, slopes = model(omega), model.slopes(omega)
    residual = values - data
    of_power = _slopes_of_power(values, slopes)
    influences = _influences(stacked(slopes), stacked(residual))
    stated = _stated_deviations(influences, _alike(residual), of_power)
    return _moved(model, stated, of_power, lambda m: np.abs(m(omega)) ** 2)


def nearby_powers(model: Rational, omega: np.ndarray, data: np.ndarray) -> tuple[Rational, ...]:
    """As `nearby_amplitudes`, for |S21|^2 in a unit of its own, whose peak stands for a given size.

    All models have the peak of the fit, therefore. Of several peaks of the same height the fit's
    largest is the one that noise has raised most, so that the error of its height is one more
    direction.

    Args:
        model: The fit, a minimum of the sum of squares.
        omega: Angular frequencies of the data from the carrier, (f,).
        data: |S21|^2, (f,).
    """
    values, slopes = model(omega), model.slopes(omega)
    of_power, power = _slopes_of_power(values, slopes), np.abs(values) ** 2
    residual = power - data
    stated = _stated_deviations(_influences(of_power, residual), _alike(residual), of_power)
    top, where = response.peak(model.system(1.0))
    highest = np.array([where])
    of_peak = _slopes_of_power(model(highest), model.slopes(highest))[0] / top**2
    of_shape = of_power - np.outer(power, of_peak)
    found = _moved(model, stated, of_shape, lambda m: np.abs(_as_high(m, top)(omega)) ** 2)
    highest_of_all = louder(model, float(np.linalg.norm(of_peak @ stated)))
    return (*(_as_high(m, top) for m in found), highest_of_all)


def _stated_deviations(influences: np.ndarray, alike: float, of_power: np.ndarray) -> np.ndarray:
    """A matrix whose columns are independent deviations of the coefficients, (p, p).

    Args:
        influences: What each datum moves the coefficients by, (p, n).
        alike: How many neighbouring data count as one.
        of_power: Slopes of the spectrum by the coefficients, (f, p).
    """
    from scipy import special

    sizes, vectors = np.linalg.eigh(alike * (influences @ influences.T))
    metric = of_power.T @ of_power
    parts = np.einsum("in,ij,jn->n", influences, metric, influences)
    # Squares of normal numbers have the variance 2, and their squares the mean 3.
    freedom = 3 * np.sum(parts) ** 2 / max(float(np.sum(parts**2)), 1e-300) / alike
    sigmas = -special.stdtrit(max(freedom, 1.0), special.ndtr(-SIGMAS))
    return np.asarray(sigmas * vectors * np.sqrt(np.maximum(sizes, 0.0)))


def _moved(
    model: Rational,
    stated: np.ndarray,
    of_power: np.ndarray,
    spectrum: Callable[[Rational], np.ndarray],
) -> tuple[Rational, ...]:
    """The models, those that change the measured spectrum most first.

    A coefficient whose first-order effect nearly vanishes, as that of a zero's distance from the
    imaginary axis does close to it, would be moved far beyond what the data allow: a step is
    halved until the spectrum changes by no more than a few times its first order. What data that
    are too few leave open altogether, moves it by half of its size.

    Args:
        model: The fit.
        stated: Independent deviations of its coefficients, (p, p).
        of_power: Slopes of the spectrum at the data by the coefficients, (f, p).
        spectrum: |S21|^2 at the data of a model, (f,).
    """
    here = spectrum(model)
    whole = _MOST * float(np.linalg.norm(here))
    _, effects, rotation = np.linalg.svd(of_power @ stated, full_matrices=False)
    found = []
    for effect, direction in zip(effects, rotation, strict=True):
        if not effect > _NO_EFFECT * effects[0]:
            break
        step, allowed = stated @ direction, min(_BEYOND_LINEAR * effect, whole)
        other = model.moved(model.parameters + step)
        while not float(np.linalg.norm(spectrum(other) - here)) <= allowed:
            step = step / 2
            other = model.moved(model.parameters + step)
        found.append(other)
    return tuple(found)


def _as_high(model: Rational, top: float) -> Rational:
    """A multiple of a model with a peak |S21| of a given height."""
    height, _ = response.peak(model.system(1.0))
    return model._replace(numerator=model.numerator * (top / height))


def louder(model: Rational, share: float) -> Rational:
    """A model with |S21|^2 larger by a share of it everywhere."""
    return model._replace(numerator=model.numerator * np.sqrt(1.0 + share))


def _slopes_of_power(values: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """Derivatives of |S21|^2 by the parameters, (f, p)."""
    return np.asarray(2 * (values.conj()[:, None] * slopes).real)


def _influences(slopes: np.ndarray, residual: np.ndarray) -> np.ndarray:
    """How far each datum may have moved the coefficients, (p, n), from slopes (n, p) and residuals.

    Their squares add up to the covariance of the coefficients.
    """
    sizes = np.linalg.norm(slopes, axis=0)
    # A power does not feel the common phase, but for rounding.
    weights = np.where(sizes > _UNFELT * sizes.max(), 1 / np.maximum(sizes, 1e-300), 0.0)
    scaled = slopes * weights
    back = np.linalg.pinv(scaled, rcond=1e-10)
    free = np.maximum(1.0 - np.sum(scaled * back.T, axis=1), _LEAST_FREE)
    return np.asarray(weights[:, None] * back * (residual / free))


def _alike(residual: np.ndarray) -> float:
    """How many neighbouring residuals count as one."""
    n, total = len(residual), float(np.sum(np.abs(residual) ** 2))
    count = 1.0
    for lag in range(1, n // 2):
        product = residual[:-lag] @ residual[lag:].conj()
        if not product.real > 2 / np.sqrt(n) * total:  # what independent ones may have by chance
            break
        count += 2 * product.real / total
    return count
