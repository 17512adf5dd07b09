r"""What a fit leaves open: independent directions in which its coefficients may be off.

For residuals r, slopes J of the model by its coefficients and n data of p coefficients,

$$\Sigma = \tau\,\frac{n}{n - p}\; J^+ \mathrm{diag}(r^2)\, J^{+\dagger}$$

is the covariance of the coefficients, whatever the size of the noise at each frequency.
Neighbouring residuals of a model that is not quite right are alike: \(\tau = 1 + 2\sum_l \rho_l\),
the sum of their correlations, counts such a group as one.
"""

from __future__ import annotations

import numpy as np

from thermalent.filters.measured.rational import Rational, stacked

SIGMAS = 3.0
_UNFELT = 1e-9
_NO_EFFECT = 1e-4  # of the largest change of |S21|^2 at the data: the common phase, above all


def nearby(
    model: Rational, omega: np.ndarray, data: np.ndarray, *, powers: bool
) -> tuple[Rational, ...]:
    """Models three standard deviations away, one for each independent direction.

    The root of the sum of squares of what they change is three standard deviations of any number
    that depends on the fit, to first order.

    Args:
        model: The fit, a minimum of the sum of squares.
        omega: Angular frequencies of the data from the carrier, (f,).
        data: What was fitted, (f,): S21, or |S21|^2 where only that is known.
        powers: Whether the data are |S21|^2.
    """
    values, slopes = model(omega), model.slopes(omega)
    of_power = 2 * (values.conj()[:, None] * slopes).real  # (f, p)
    if powers:
        residual = np.abs(values) ** 2 - data
        covariance = _covariance(of_power, residual, _alike(residual))
    else:
        residual = values - data
        covariance = _covariance(stacked(slopes), stacked(residual), _alike(residual))
    sizes, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(sizes, 0.0))
    # Rotated such that the first directions change the measured spectrum most.
    _, effects, rotation = np.linalg.svd(of_power @ root, full_matrices=False)
    felt = effects > _NO_EFFECT * effects[0]
    steps = SIGMAS * (root @ rotation.T)[:, felt]
    return tuple(model.moved(model.parameters + step) for step in steps.T)


def _covariance(slopes: np.ndarray, residual: np.ndarray, alike: float) -> np.ndarray:
    """Of the coefficients, (p, p), from slopes (n, p) and residuals (n,)."""
    sizes = np.linalg.norm(slopes, axis=0)
    # A power does not feel the common phase, but for rounding.
    weights = np.where(sizes > _UNFELT * sizes.max(), 1 / np.maximum(sizes, 1e-300), 0.0)
    back = weights[:, None] * np.linalg.pinv(slopes * weights, rcond=1e-10)
    n, p = slopes.shape
    weighted = back * residual
    return np.asarray(alike * n / (n - p) * (weighted @ weighted.T))


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
