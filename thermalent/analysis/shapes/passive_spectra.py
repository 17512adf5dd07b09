r"""Every passive filter of p poles from two polynomials, without a constraint.

$$|S_{21}(i\omega)|^2 = \frac{|P(i\omega)|^2}{|P(i\omega)|^2 + |F(i\omega)|^2} \le 1$$

for any polynomials F of degree p (monic) and P of lower degree: the zeros of P are frequencies that
do not pass, those of F frequencies that pass without reflection. The denominator E of
\(S_{21} = P/E\) has the roots of \(|P|^2 + |F|^2\) in the left half plane. Conversely every passive
S21 of p poles that falls off has such a pair, so that the coefficients are free coordinates of all
of them. Real coefficients are spectra that are symmetric about the carrier.

Source: R. Feldtkeller's equation, as in R. J. Cameron, C. M. Kudsia, R. R. Mansour, Microwave
Filters for Communication Systems (2018), Sec. 6.1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import linalg

from thermalent.continued_fraction.several_poles.chain.orthonormal_rows import orthonormal_rows
from thermalent.support.errors import ArgumentError

# Roots closer to the imaginary axis than this part of the largest one are no stable poles: a pair
# on the axis is found beside it by the root of the rounding.
_MARGINAL = 1e-6
# Step of the differences; with four points they are off by its fourth power.
_STEP = 1e-3


class UnstableSpectrumError(ArgumentError):
    """The polynomials have a common zero on the imaginary axis: a pole without damping."""


class ChainNumbers(NamedTuple):
    """What a source of occupation one is in chain coordinates.

    Args:
        drift: H, (p, p) lower Hessenberg, in units of the frequencies; real for real a, b, c.
        flux: Variance of the driving amplitude, the integral of |S21|^2 over omega/2pi.
    """

    drift: np.ndarray
    flux: float


def denominator(reflection: np.ndarray, numerator: np.ndarray) -> np.ndarray:
    """E, monic of degree p, highest power first.

    Args:
        reflection: F, (p + 1,), highest power first.
        numerator: P, at most (p,), highest power first.

    Raises:
        UnstableSpectrumError: a root lies on the imaginary axis.
    """
    real = not (np.iscomplexobj(reflection) or np.iscomplexobj(numerator))
    whole = np.polyadd(_squared(reflection), _squared(numerator))
    roots = np.roots(whole)
    p = len(reflection) - 1
    stable = roots[np.argsort(roots.real)][:p]
    if not np.all(stable.real < -_MARGINAL * np.max(np.abs(roots))):
        raise UnstableSpectrumError("The filter has a pole without damping.")
    found = np.poly(stable)
    return found.real if real else found


def _squared(polynomial: np.ndarray) -> np.ndarray:
    """Q(s) conj(Q)(-s), which is |Q|^2 on the imaginary axis; highest power first."""
    signs = (-1.0) ** np.arange(len(polynomial) - 1, -1, -1)
    return np.polymul(polynomial, signs * np.conj(polynomial))


def chain_numbers(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> ChainNumbers:
    """The chain of white noise behind S21 = c (s - a)^-1 b, in the unit of a.

    Args:
        a: (p, p), stable.
        b: (p,).
        c: (p,).
    """
    # The network's amplitudes rotate the other way round than those of a transfer function.
    drift, output = -np.conj(a), np.conj(c)
    covariance = linalg.solve_continuous_lyapunov(drift, np.outer(np.conj(b), b))
    transform, size = orthonormal_rows(output, drift, covariance)
    if len(transform) < len(b):
        raise UnstableSpectrumError("A zero of the filter cancels one of its poles.")
    chain = np.tril(transform @ drift @ covariance @ transform.conj().T, 1)
    return ChainNumbers(chain, float(size**2))


def companion(
    bottom: np.ndarray, numerator: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """a, b, c of S21 = P/E.

    Args:
        bottom: E, (p + 1,) monic, highest power first.
        numerator: P, at most (p,).
    """
    p = len(bottom) - 1
    a = np.diag(np.ones(p - 1, dtype=bottom.dtype), 1)
    a[-1] = -bottom[:0:-1]
    b, c = np.zeros(p), np.zeros(p, dtype=np.result_type(bottom, numerator))
    b[-1] = 1.0
    c[: len(numerator)] = numerator[::-1]
    return a, b, c


class PassiveCoordinates:
    """Free coordinates of the passive filters of some order.

    Args:
        order: Number p of poles.
        zeros: Whether P may have zeros; a row of coupled cavities has none.
        symmetric: Whether the spectra are symmetric about the carrier.
        unit: The frequency in units of which the coefficients are.
    """

    def __init__(self, order: int, *, zeros: bool, symmetric: bool, unit: float) -> None:
        self.order, self.zeros, self.symmetric, self.unit = order, zeros, symmetric, unit
        self.count = (order + (order if zeros else 1)) * (1 if symmetric else 2)

    def polynomials(self, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """F and P, highest powers first, of a place (count,)."""
        numbers = np.asarray(place, dtype=float)
        if not self.symmetric:
            half = self.count // 2
            numbers = numbers[:half] + 1j * numbers[half:]
        return np.concatenate([[1.0], numbers[: self.order]]), numbers[self.order :]

    def place(self, reflection: np.ndarray, numerator: np.ndarray) -> np.ndarray:
        """The coordinates of F (monic) and P."""
        full = np.zeros(self.order if self.zeros else 1, dtype=complex)
        full[len(full) - len(numerator) :] = numerator
        numbers = np.concatenate([np.asarray(reflection, dtype=complex)[1:], full])
        if self.symmetric:
            return np.asarray(numbers.real)
        return np.concatenate([numbers.real, numbers.imag])

    def numbers(self, place: np.ndarray) -> ChainNumbers:
        """The chain of a place, in the rate unit."""
        reflection, numerator = self.polynomials(place)
        bottom = denominator(reflection, numerator)
        found = chain_numbers(*companion(bottom, numerator))
        return ChainNumbers(self.unit * found.drift, self.unit * found.flux)

    def slopes(self, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Derivatives of drift and flux by every coordinate: (count, p, p) and (count,)."""
        drifts, fluxes = [], []
        for i in range(self.count):
            step = np.zeros(self.count)
            step[i] = _STEP * max(1.0, abs(place[i]))
            near, far = (
                [self.numbers(place + sign * k * step) for sign in (1, -1)] for k in (1, 2)
            )
            drifts.append(
                (8 * (near[0].drift - near[1].drift) - (far[0].drift - far[1].drift))
                / (12 * step[i])
            )
            fluxes.append(
                (8 * (near[0].flux - near[1].flux) - (far[0].flux - far[1].flux)) / (12 * step[i])
            )
        return np.array(drifts), np.array(fluxes)
