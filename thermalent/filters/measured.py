r"""Poles and residues of a measured transmission.

$$S_{21}(\omega) \approx d + \sum_i \frac{r_i}{i\omega - p_i}$$

A complex S21 is fitted by vector fitting (scikit-rf) with poles that start around the carrier, and
alone: a common fit with reflections that are not rational moves the poles. A power spectrum has no
phase; it is the squared modulus of one stable transfer function without zeros in the right half
plane, whose poles and zeros are fitted in its place.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from thermalent.support import checks
from thermalent.support.errors import ArgumentError, MissingPackageError

MOST_POLES = 8
# More poles are taken while each reduces the deviation to less than this part of it.
_WORTH_IT = 0.7
_GOOD_ENOUGH = 1e-5
_PATIENCE = 2
_LONGEST_REASON = 120  # characters of another library's message
_TOUCHSTONE = (
    'Touchstone files are read by scikit-rf: pip install "thermalent[touchstone]" brings it.'
)


class Rational(NamedTuple):
    """A sum of poles; frequencies angular, from the carrier."""

    poles: np.ndarray  # (m,)
    residues: np.ndarray  # (m,)
    constant: complex

    def __call__(self, omega: np.ndarray) -> np.ndarray:
        """Its values at angular frequencies."""
        terms = self.residues / (1j * np.asarray(omega)[:, None] - self.poles)
        return np.asarray(self.constant + terms.sum(axis=1))


def read_touchstone(path: Any) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies in hertz, (f,), and S21, (f,) complex, of a Touchstone file.

    Raises:
        ImportError: scikit-rf is not installed.
        ValueError: it is no such file, or holds a single port.
    """
    try:
        import skrf
    except ImportError as error:
        raise MissingPackageError(_TOUCHSTONE) from error
    wanted = "a Touchstone file of two ports at least"
    try:
        network = skrf.Network(str(path))
    except Exception as error:  # scikit-rf raises whatever the text of another file leads to
        checks.fail("path", wanted, _unread(path, error))
    if network.nports < 2:
        checks.fail("path", wanted, checks.Words(f"{str(path)!r}, of one port"))
    return np.asarray(network.f, dtype=float), np.asarray(network.s[:, 1, 0])


def read_columns(data: Any) -> np.ndarray:
    """Two columns of real numbers, (f, 2), from a text file or an array.

    Raises:
        ValueError: `data` are no such columns.
    """
    wanted = "two columns of real numbers, or a text file of them"
    try:
        table = np.atleast_2d(np.loadtxt(data) if isinstance(data, (str, Path)) else data)
        if np.iscomplexobj(table):
            checks.fail("data", wanted, checks.Words("an array of complex numbers"))
        table = table.astype(float)
    except (OSError, UnicodeDecodeError, ValueError, TypeError, OverflowError) as error:
        if isinstance(error, ArgumentError):
            raise
        checks.fail("data", wanted, _unread(data, error))
    if table.ndim != 2 or table.shape[1] != 2:
        checks.fail("data", wanted, checks.Words(f"an array of shape {table.shape}"))
    return table


def _unread(source: Any, error: Exception) -> checks.Words:
    """What could not be read, and why, in one line."""
    reason = " ".join(str(error).split())
    if len(reason) > _LONGEST_REASON:
        reason = reason[:_LONGEST_REASON] + " ..."
    named = isinstance(source, (str, Path))
    name = checks.in_message(str(source)) if named else type(source).__name__
    return checks.Words(f"{name} ({reason})")


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
    poles = -np.abs(poles.real) + 1j * poles.imag
    return _residues(2 * np.pi * (frequencies - carrier), values, poles, constant)


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
    p, z = _apart(p) * width, z * width
    size = np.sqrt(gain * power.max()) * width ** (order - zeros)
    residues = np.array(
        [size * np.prod(pole - z) / np.prod(pole - np.delete(p, i)) for i, pole in enumerate(p)]
    )
    return Rational(p, residues, 0j)


def chosen(
    fitted: Callable[[int], Rational],
    order: int | None,
    omega: np.ndarray,
    power: np.ndarray,
    lowest: int = 1,
) -> Rational:
    """The fit with a given number of poles, or with the fewest that more poles hardly improve.

    Args:
        fitted: The fit with a number of poles.
        order: The number; None to choose.
        omega: Angular frequencies of the data from the carrier, (f,).
        power: |S21|^2 there, (f,).
        lowest: The smallest number to try.

    Raises:
        ValueError: `order` is out of range.
    """
    if order is not None:
        if checks.integer("order", order, 1) > MOST_POLES:
            checks.fail("order", f"an integer from 1 to {MOST_POLES}", order)
        return fitted(order)
    best, least, at = None, np.inf, 0
    for count in range(lowest, MOST_POLES + 1):
        model = fitted(count)
        deviation = float(np.max(np.abs(np.abs(model(omega)) ** 2 - power)) / np.max(power))
        if best is None or deviation < _WORTH_IT ** (count - at) * least:
            best, least, at = model, deviation, count
        if least <= _GOOD_ENOUGH or count - at >= _PATIENCE:
            break
    assert best is not None
    return best


def checked_data(frequencies: Any, values: Any, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Increasing frequencies and one finite value each, at least eight.

    Raises:
        ValueError: they are not.
    """
    f, v = np.atleast_1d(np.asarray(frequencies, dtype=float)), np.atleast_1d(np.asarray(values))
    if f.ndim != 1 or len(f) < 8 or not np.all(np.isfinite(f)) or np.any(np.diff(f) <= 0):
        checks.fail("frequencies", "at least eight finite numbers, increasing", checks.Words("not"))
    if v.shape != f.shape or not np.all(np.isfinite(v)):
        checks.fail(name, f"{len(f)} finite numbers, one per frequency", checks.Words("not"))
    return f, v


def _residues(omega: np.ndarray, values: np.ndarray, poles: np.ndarray, constant: bool) -> Rational:
    """Residues (and constant) by least squares for given poles."""
    scale = float(np.max(np.abs(poles.real)))
    columns = scale / (1j * omega[:, None] - poles)
    if constant:
        columns = np.hstack([columns, np.ones((len(omega), 1))])
    solution, *_ = np.linalg.lstsq(columns, values, rcond=None)
    m = len(poles)
    return Rational(poles, scale * solution[:m], complex(solution[m]) if constant else 0j)


def _half_power_width(frequencies: np.ndarray, power: np.ndarray) -> float:
    above = np.flatnonzero(power >= power.max() / 2)
    spacing = float(np.min(np.diff(frequencies)))
    return max(float(frequencies[above[-1]] - frequencies[above[0]]), spacing)


def _apart(poles: np.ndarray) -> np.ndarray:
    """Poles a millionth of their rates apart at least: residues of equal ones would diverge."""
    result = poles.copy()
    for i in range(1, len(result)):
        while np.min(np.abs(result[:i] - result[i])) < 1e-6 * abs(result[i].real):
            result[i] += 2e-6j * abs(result[i].real)
    return result
