r"""A ratio of polynomials as the model of a measured transmission.

$$S_{21}(\omega) = \frac{N(x)}{D(x)}, \qquad x = i\,\frac{\omega - \omega_c}{w}$$

The coefficients of the polynomials are its coordinates: unlike poles and residues they stay smooth
where poles meet.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from thermalent.filters.response import StateSpace

_CLOSEST = 1e-15  # relative, of the least squares: as far as double precision goes
_MOST_TRIALS = 200


class Rational(NamedTuple):
    """N(x)/D(x), the highest power first; D begins with 1. Frequencies count from the carrier.

    Args:
        numerator: N, (n + 1,) complex, n at most the degree of D.
        denominator: D, (m + 1,) complex.
        centre: omega_c, angular.
        width: w, angular.
    """

    numerator: np.ndarray
    denominator: np.ndarray
    centre: float
    width: float

    def __call__(self, omega: np.ndarray) -> np.ndarray:
        """Its values at angular frequencies."""
        x = self.scaled(omega)
        return np.asarray(np.polyval(self.numerator, x) / np.polyval(self.denominator, x))

    def scaled(self, omega: np.ndarray) -> np.ndarray:
        """The variable x at angular frequencies."""
        return np.asarray(1j * (np.asarray(omega) - self.centre) / self.width)

    @property
    def order(self) -> int:
        """Number of poles."""
        return len(self.denominator) - 1

    @property
    def parameters(self) -> np.ndarray:
        """The coefficients as real numbers: real parts of D and N, then the imaginary parts."""
        both = np.concatenate([self.denominator[1:], self.numerator])
        return np.concatenate([both.real, both.imag])

    def moved(self, parameters: np.ndarray) -> Rational:
        """The function of other coefficients."""
        real, imaginary = np.split(parameters, 2)
        both = real + 1j * imaginary
        denominator = np.concatenate([[1.0], both[: self.order]])
        return self._replace(denominator=denominator, numerator=both[self.order :])

    def slopes(self, omega: np.ndarray) -> np.ndarray:
        """Derivatives of the values by the parameters, (f, parameters) complex."""
        x = self.scaled(omega)
        bottom = np.polyval(self.denominator, x)
        n = len(self.numerator)
        of_numerator = np.vander(x, n) / bottom[:, None]
        of_denominator = -np.vander(x, self.order) * (self(omega) / bottom)[:, None]
        both = np.hstack([of_denominator, of_numerator])
        return np.hstack([both, 1j * both])

    def system(self, unit: float) -> StateSpace:
        """The same |S21| as a stable system, its rates in units of one of `unit` rad/s.

        A pole that noise has moved across the imaginary axis is mirrored at it.
        """
        denominator = self.denominator
        roots = np.roots(denominator)
        if np.any(roots.real > 0):
            denominator = np.poly(-np.abs(roots.real) + 1j * roots.imag)
        m, w = self.order, self.width / unit
        a = np.diag(np.ones(m - 1, dtype=complex), -1)
        a[0] = -denominator[1:]
        top = np.concatenate([np.zeros(m + 1 - len(self.numerator)), self.numerator])
        b = np.zeros(m, dtype=complex)
        b[0] = np.sqrt(w)
        c = np.sqrt(w) * (top[1:] - top[0] * denominator[1:])
        shifted = w * a + 1j * (self.centre / unit) * np.eye(m)
        return StateSpace(shifted, b, c, complex(top[0]))


def refined(model: Rational, omega: np.ndarray, values: np.ndarray) -> Rational:
    """The function closest to complex values in the sense of least squares, near a first one."""
    from scipy import optimize

    def residual(parameters: np.ndarray) -> np.ndarray:
        return stacked(model.moved(parameters)(omega) - values)

    def slopes(parameters: np.ndarray) -> np.ndarray:
        return stacked(model.moved(parameters).slopes(omega))

    first = model.parameters
    found = optimize.least_squares(
        residual, first, jac=slopes, x_scale="jac", xtol=_CLOSEST, ftol=_CLOSEST, gtol=_CLOSEST,
        max_nfev=_MOST_TRIALS,
    )  # fmt: skip
    better = found.cost < 0.5 * float(np.sum(residual(first) ** 2))
    return model.moved(found.x) if better else model


def stacked(values: np.ndarray) -> np.ndarray:
    """Real and imaginary parts below each other."""
    return np.concatenate([values.real, values.imag])
