r"""Poles and residues of a measured transmission.

$$S_{21}(\omega) \approx d + \sum_i \frac{r_i}{i\omega - p_i}$$

A complex S21 is fitted by vector fitting (scikit-rf) with poles that start around the carrier, and
alone: a common fit with reflections that are not rational moves the poles. A power spectrum has no
phase; it is the squared modulus of one stable transfer function without zeros in the right half
plane, whose poles and zeros are fitted in its place.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from thermalent.filters.measured.rational import Rational
from thermalent.support import checks

MOST_POLES = 8
# More poles are taken while each reduces the deviation to less than this part of it.
_WORTH_IT = 0.7
_GOOD_ENOUGH = 1e-5
_PATIENCE = 2


def vector_fit(
    frequencies: np.ndarray, values: np.ndarray, carrier: float, order: int, constant: bool
) -> Rational:
    """A stable rational function of `order` poles through complex values.

    Args:
        frequencies: Ordinary frequencies, increasing, (f,).
        values: S21 there, (f,).
        carrier: From which the result counts.
        order: Number of poles.
        constant: Whether a constant part is fitted too.
    """
    import warnings

    import skrf
    from skrf.vectorFitting import VectorFitting

    width = _half_power_width(frequencies, np.abs(values) ** 2)
    centre = frequencies[int(np.argmax(np.abs(values)))]
    starts = centre + width * (np.linspace(-0.5, 0.5, order) if order > 1 else np.zeros(1))
    network = skrf.Network(
        frequency=skrf.Frequency.from_f(frequencies, unit="hz"), s=values[:, None, None]
    )
    fitting = VectorFitting(network)
    fitting.poles = 2 * np.pi * (-0.3 * width + 1j * starts)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about poles that still move; the error of the fit counts
        fitting.vector_fit(
            init_pole_spacing="custom",
            fit_constant=constant,
            fit_proportional=False,
            enforce_dc=False,
        )
    poles = np.asarray(fitting.poles) - 2j * np.pi * carrier
    poles = poles[np.abs(poles.imag) < 2 * np.pi * (np.ptp(frequencies) + carrier / 2)]
    if not len(poles):
        allowed = "a file whose S21 has poles near the carrier"
        checks.fail("path", allowed, checks.Words("one whose S21 hardly depends on frequency"))
    poles = -np.abs(poles.real) + 1j * poles.imag
    return _with_numerator(
        2 * np.pi * (frequencies - carrier), values, poles, 2 * np.pi * width, constant
    )


def power_fit(
    frequencies: np.ndarray, power: np.ndarray, carrier: float, order: int, zeros: int
) -> Rational:
    """The minimum-phase function whose squared modulus is a measured power.

    Args:
        frequencies: Ordinary frequencies, increasing, (f,).
        power: |S21|^2 there, positive, (f,).
        carrier: From which the result counts.
        order: Number of poles.
        zeros: Number of zeros, fewer than poles.
    """
    from scipy import optimize, signal

    width = 2 * np.pi * _half_power_width(frequencies, power)
    s = 2j * np.pi * (frequencies - carrier) / width
    centre = s[int(np.argmax(power))].imag
    target = power / power.max()

    def unpacked(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        p = -np.exp(x[:order]) + 1j * x[order : 2 * order]
        left = x[2 * order : -1]
        z = -np.exp(left[:zeros]) + 1j * left[zeros:]
        return p, z, float(np.exp(x[-1]))

    def residual(x: np.ndarray) -> np.ndarray:
        return modelled(x) - target

    def modelled(x: np.ndarray) -> np.ndarray:
        p, z, gain = unpacked(x)
        top = np.prod(np.abs(s[:, None] - z) ** 2, axis=1)
        return np.asarray(gain * top / np.prod(np.abs(s[:, None] - p) ** 2, axis=1))

    best = None
    for prototype in (
        0.5 * signal.buttap(order)[1],
        0.5 * signal.cheb1ap(order, 0.5)[1],
        -0.3 * (1 + 0.1 * np.arange(order)) + 0j,
    ):
        outside = np.linspace(-1.5, 1.5, zeros) if zeros > 1 else np.full(zeros, 1.5)
        first = np.concatenate(
            [
                np.log(-prototype.real), prototype.imag + centre,
                np.full(zeros, -2.0), outside + centre, [0.0],
            ]
        )  # fmt: skip
        first[-1] = -np.log(np.max(modelled(first)))
        solution = optimize.least_squares(residual, first, max_nfev=400)
        if best is None or solution.cost < best.cost:
            best = solution
    assert best is not None
    p, z, gain = unpacked(best.x)
    size = np.sqrt(gain * power.max())
    shift = 1j * centre
    top = size * np.atleast_1d(np.poly(z - shift)).astype(complex)
    return Rational(top, np.poly(p - shift).astype(complex), centre * width, width)


def chosen(
    fitted: Callable[[int], Rational],
    order: int | None,
    omega: np.ndarray,
    power: np.ndarray,
    lowest: int,
    most: int,
) -> Rational:
    """The fit with a given number of poles, or with the fewest that more poles hardly improve.

    Args:
        fitted: The fit with a number of poles.
        order: The number; None to choose.
        omega: Angular frequencies of the data from the carrier, (f,).
        power: |S21|^2 there, (f,).
        lowest: The smallest number to try.
        most: The largest number that the data allow.

    Raises:
        ValueError: `order` is out of range.
    """
    if order is not None:
        if checks.integer("order", order, 1) > most:
            allowed = f"an integer from 1 to {most}"
            if most < MOST_POLES:
                allowed += f", for {len(omega)} frequencies"
            checks.fail("order", allowed, order)
        return fitted(order)
    best, least, at = None, np.inf, 0
    for count in range(lowest, most + 1):
        model = fitted(count)
        deviation = float(np.max(np.abs(np.abs(model(omega)) ** 2 - power)) / np.max(power))
        if best is None or deviation < _WORTH_IT ** (count - at) * least:
            best, least, at = model, deviation, count
        if least <= _GOOD_ENOUGH or count - at >= _PATIENCE:
            break
    assert best is not None
    return best


def _with_numerator(
    omega: np.ndarray, values: np.ndarray, poles: np.ndarray, width: float, constant: bool
) -> Rational:
    """The numerator by least squares for given poles; of their degree if there is a constant."""
    centre = float(np.mean(poles.imag))
    denominator = np.poly((poles - 1j * centre) / width).astype(complex)
    bare = Rational(np.ones(1, dtype=complex), denominator, centre, width)
    columns = np.vander(bare.scaled(omega), len(poles) + constant) * bare(omega)[:, None]
    sizes = np.linalg.norm(columns, axis=0)
    solution, *_ = np.linalg.lstsq(columns / sizes, values, rcond=None)
    return bare._replace(numerator=solution / sizes)


def _half_power_width(frequencies: np.ndarray, power: np.ndarray) -> float:
    above = np.flatnonzero(power >= power.max() / 2)
    spacing = float(np.min(np.diff(frequencies)))
    return max(float(frequencies[above[-1]] - frequencies[above[0]]), spacing)
