r"""Filters between a hot source and the emitters, as physical networks of modes.

$$S_{21}(s) = \sqrt{\eta}\,\big[d + c\,(s - a)^{-1} b\big], \qquad s = i\omega$$

White thermal noise of occupation n_th enters through b, and drives the emitters through c.
Where the filter does not transmit, the noise of the cold waveguide is reflected; what it absorbs it
emits at the occupation of the absorber.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from thermalent.filters import measured, passive, prototypes, quanta, response, roots
from thermalent.filters.fit import Fit
from thermalent.filters.response import StateSpace
from thermalent.support import checks
from thermalent.support.errors import ArgumentError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# A peak above one by no more than this is rounding of the coefficients that were given.
_ROUNDING = 1e-9
_RADIAN = 1 / (2 * np.pi)  # Hz: the unit of rates in rad/s
_HALF_POWER = 10 * np.log10(2.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Filter:
    r"""A stable, passive filter of several poles.

    Frequencies are angular, in the rate unit of the network, and count from the carrier: positive
    ones lie above it. Signals are written as \(e^{+i\omega t}\), as in `scipy.signal` and in
    Touchstone files, so that a cavity of rate kappa at the detuning delta has the pole
    \(-\kappa + i\delta\). Use one of the constructors.

    Args:
        system: a, b, c, d in coordinates of modes, in which \(-(a + a^\dagger)\) covers what
            leaves through the ports.
        absorption: Energy decay rates of the modes inside the filter, (m, m) positive semidefinite.
        transmission: eta, the share of the hot noise that is not absorbed on its way in.
        absorber_occupation: Thermal occupation of what absorbs; None is that of the waveguide.
        reflection_known: Whether the modes stand for real resonators, so that the filter's
            reflection is known as well as its transmission.
        label: What it is, for tables and plots.
        fit: The data that the filter was fitted to, if it was measured.
    """

    system: StateSpace
    absorption: np.ndarray
    transmission: float = 1.0
    absorber_occupation: float | None = None
    reflection_known: bool = False
    label: str = "filter"
    fit: Fit | None = None

    @classmethod
    def cavities(
        cls,
        rates: float | Sequence[float],
        *,
        detunings: float | Sequence[float] = 0.0,
        internal_decay: float | Sequence[float] = 0.0,
        absorber_occupation: float | None = None,
    ) -> Filter:
        r"""Two-port cavities in a row, each passing its light on to the next and nothing back.

        $$S_{21}(s) = \prod_j \frac{\kappa_j}{s + \kappa_j + \ell_j/2 - i\delta_j}$$

        Args:
            rates: Energy decay rate kappa_j through each of the two ports of every cavity, > 0;
                alone and without loss it has a full width at half maximum of 2 kappa_j.
            detunings: Frequency of each cavity from the carrier; one for all, or one each.
            internal_decay: Energy decay rate l_j into each cavity's walls, >= 0; one, or one each.
            absorber_occupation: Thermal occupation of the walls; None is that of the waveguide.

        Raises:
            ValueError: a number is out of range, or there is not one per cavity.
        """
        given = rates if isinstance(rates, (Sequence, np.ndarray)) else (rates,)
        kappa = [checks.positive("rates", rate) for rate in given]
        m = checks.integer("number of rates", len(kappa), 1)
        each = [
            [check(name, item) for item in checks.per_item(name, value, m, "cavity")]
            for name, value, check in (
                ("detunings", detunings, checks.real),
                ("internal_decay", internal_decay, checks.nonnegative),
            )
        ]
        return cls(
            system=prototypes.row_of_cavities(kappa, *each),
            absorption=np.diag(each[1]),
            absorber_occupation=_occupation(absorber_occupation),
            reflection_known=True,
            label=f"{m} cavities" if m > 1 else "1 cavity",
        )

    @classmethod
    def butterworth(
        cls,
        order: int,
        fwhm: float,
        *,
        internal_decay: float = 0.0,
        absorber_occupation: float | None = None,
    ) -> Filter:
        r"""A row of coupled cavities with the flattest top.

        $$|S_{21}|^2 = \frac{1}{1 + (2\omega/\mathrm{fwhm})^{2n}}$$

        Args:
            order: Number n of cavities, >= 1.
            fwhm: Full width at half maximum of |S21|^2 without loss, angular, rate unit, > 0.
            internal_decay: Energy decay rate of every cavity into its walls, >= 0.
            absorber_occupation: Thermal occupation of the walls; None is that of the waveguide.

        Raises:
            ValueError: a number is out of range.
        """
        elements = prototypes.butterworth_elements(checks.integer("order", order, 1))
        edge = checks.positive("fwhm", fwhm) / 2
        label = f"Butterworth of order {order}"
        return cls._ladder(elements, edge, internal_decay, absorber_occupation, label)

    @classmethod
    def chebyshev(
        cls,
        order: int,
        fwhm: float,
        ripple: float,
        *,
        internal_decay: float = 0.0,
        absorber_occupation: float | None = None,
    ) -> Filter:
        r"""A row of coupled cavities with the steepest edges for a ripple.

        $$|S_{21}|^2 = \frac{1}{1 + \epsilon^2 T_n^2(\omega/\omega_c)}, \qquad
          1 + \epsilon^2 = 10^{r/10}$$

        Args:
            order: Number n of cavities, >= 1.
            fwhm: Full width at half maximum of |S21|^2 without loss, angular, rate unit, > 0.
            ripple: r, how far the transmission falls inside the band, in decibels, above 0 and
                below that of half power, 3.0103.
            internal_decay: Energy decay rate of every cavity into its walls, >= 0.
            absorber_occupation: Thermal occupation of the walls; None is that of the waveguide.

        Raises:
            ValueError: a number is out of range.
        """
        checks.integer("order", order, 1)
        depth = checks.positive("ripple", ripple)
        if not 1e-12 < depth < _HALF_POWER:
            checks.fail("ripple", f"above 1e-12 and below {_HALF_POWER:.4f} decibels", ripple)
        half = prototypes.chebyshev_half_width(order, depth)
        edge = checks.positive("fwhm", fwhm) / 2 / half
        elements = prototypes.chebyshev_elements(order, depth)
        label = f"Chebyshev of order {order}, {depth:g} dB"
        return cls._ladder(elements, edge, internal_decay, absorber_occupation, label)

    @classmethod
    def poles_and_zeros(
        cls,
        poles: Sequence[complex],
        zeros: Sequence[complex] = (),
        gain: complex | None = None,
        *,
        absorber_occupation: float | None = None,
    ) -> Filter:
        r"""A filter from the poles and zeros of its transfer function.

        $$S_{21}(s) = g\, \frac{\prod_i (s - z_i)}{\prod_i (s - p_i)}, \qquad s = i\omega$$

        Only what passes the filter is known, and that decides the state of emitters behind it on a
        one-way line. What is missing at the peak counts as absorbed before the filter: the hot
        noise is mixed with that of the absorber, and both pass the shape of the filter.

        Args:
            poles: p_i, complex, rate unit, left of the imaginary axis; at least one.
            zeros: z_i, complex, at most as many.
            gain: g; the one that makes the peak of |S21| one, if not given.
            absorber_occupation: Thermal occupation of what absorbs; None is that of the waveguide.

        Raises:
            ValueError: a pole is unstable, there are more zeros than poles, or |S21| exceeds one.
        """
        return cls._from_roots(poles, zeros, gain, "gain", absorber_occupation)

    @classmethod
    def _from_roots(
        cls,
        poles: Sequence[complex],
        zeros: Sequence[complex],
        gain: complex | None,
        name: str,
        absorber_occupation: float | None,
    ) -> Filter:
        """A filter from poles and zeros; `name` is the argument that sets the size of S21."""
        p, z = roots.finite("poles", poles), roots.finite("zeros", zeros)
        if not len(p):
            checks.fail("poles", "at least one pole", list(poles))
        for pole in p:
            if not pole.real < 0:
                checks.fail(
                    "poles",
                    "stable, each left of the imaginary axis",
                    checks.Words(f"unstable: there is a pole at {roots.complex_in_words(pole)}"),
                )
        p, z = roots.cancelled(p, z)
        if len(z) > len(p):
            checks.fail("zeros", f"at most {len(p)} zeros, one per pole", list(zeros))
        if not len(p):
            checks.fail("poles", "poles that no zeros cancel", checks.Words("all cancelled"))
        system = passive.from_poles_and_zeros(p, z, 1.0)
        top, _ = response.peak(system)
        size = 1.0 if gain is None else abs(complex(gain)) * top
        if not np.isfinite(size) or size == 0.0:
            checks.fail(name, "finite and not zero", gain)
        phase = 1.0 if gain is None else complex(gain) / abs(complex(gain))
        factor = phase / top
        system = system._replace(c=factor * system.c, d=factor * system.d)
        label = "1 pole" if len(p) == 1 else f"{len(p)} poles"
        return cls._transmitting(system, size, name, absorber_occupation, label)

    @classmethod
    def transfer(
        cls,
        numerator: Sequence[complex],
        denominator: Sequence[complex],
        *,
        absorber_occupation: float | None = None,
    ) -> Filter:
        r"""A filter from the polynomials of its transfer function, as in `scipy.signal`.

        $$S_{21}(s) = \frac{\sum_k n_k s^{N-k}}{\sum_k d_k s^{M-k}}, \qquad s = i\omega$$

        Args:
            numerator: Coefficients, complex, the highest power first.
            denominator: Coefficients, complex, the highest power first; of no lower degree.
            absorber_occupation: Thermal occupation of what absorbs; None is that of the waveguide.

        Raises:
            ValueError: a pole is unstable, the degree of the numerator is too high, or |S21|
                exceeds one; what is missing at the peak is treated as in `poles_and_zeros`.
        """
        top, bottom = (
            roots.polynomial_coefficients("numerator", numerator),
            roots.polynomial_coefficients("denominator", denominator),
        )
        if len(top) > len(bottom):
            checks.fail("numerator", f"of degree {len(bottom) - 1} at most", list(numerator))
        if len(bottom) < 2:
            checks.fail("denominator", "of degree one at least", list(denominator))
        return cls._from_roots(
            np.roots(bottom).tolist(),
            np.roots(top).tolist(),
            complex(top[0] / bottom[0]),
            "numerator",
            absorber_occupation,
        )

    @classmethod
    def from_touchstone(
        cls,
        path: Any,
        *,
        order: int | None = None,
        carrier: float | None = None,
        unit: float = _RADIAN,
        temperature: float | None = None,
        delay: float = 0.0,
        constant: bool = False,
    ) -> Filter:
        r"""A measured filter: S21 of a Touchstone file, fitted by poles near the carrier.

        $$S_{21} \approx e^{-i\omega\tau} \Big[ d + \sum_i \frac{r_i}{i\omega - p_i} \Big]$$

        S21 is fitted alone. `fit` holds data and model, its error, and a plot of both; the error
        of the fit enters that of every result of a network with this filter.

        Args:
            path: A Touchstone file of two ports (needs scikit-rf, the extra `touchstone`).
            order: Number of poles; as many as are worth it, up to eight, if not given.
            carrier: Frequency from which the filter counts, Hz; that of the peak if not given.
            unit: The rate unit as an ordinary frequency, Hz: gamma/2pi if rates are in units of
                gamma. Rates are in rad/s if not given.
            temperature: Of what absorbs in the filter, K; that of the waveguide if not given.
            delay: Delay tau of the cables, s, taken out before the fit; it changes no magnitude.
            constant: Whether to fit a constant part d, as a notch has.

        Raises:
            ImportError: scikit-rf is not installed.
            ValueError: the file has one port, or its S21 is that of no passive filter.
        """
        f, s21 = measured.checked_data(*measured.read_touchstone(path), "path")
        centre = _carrier(carrier, f, np.abs(s21))
        tau = checks.real("delay", delay)
        values = s21 * np.exp(2j * np.pi * (f - centre) * tau)

        def fitted(count: int) -> measured.Rational:
            return measured.vector_fit(f, values, centre, count, constant)

        model = measured.chosen(fitted, order, 2 * np.pi * (f - centre), np.abs(values) ** 2)
        return cls._measured(model, f, np.abs(s21) ** 2, centre, unit, temperature, "path")

    @classmethod
    def from_spectrum(
        cls,
        data: Any,
        *,
        order: int | None = None,
        zeros: int = 0,
        carrier: float | None = None,
        unit: float = _RADIAN,
        temperature: float | None = None,
        peak: float = 1.0,
    ) -> Filter:
        r"""A filter from a measured noise spectrum: frequency and power as two columns.

        The power has no phase, on which emitters on a one-way line do not depend either: it is
        fitted by the squared modulus of a stable function whose zeros lie in the left half plane.

        Args:
            data: A text file of two columns, or an array (f, 2): ordinary frequency in Hz, and the
                power, positive, in any unit.
            order: Number of poles; as many as are worth it, up to eight, if not given.
            zeros: Number of zeros of the transfer function, fewer than poles.
            carrier: Frequency from which the filter counts, Hz; that of the peak if not given.
            unit: As for `from_touchstone`.
            temperature: As for `from_touchstone`.
            peak: |S21|^2 at the peak, in (0, 1]: one if n_th is the occupation that was measured.

        Raises:
            ValueError: the data are no such columns, or a number is out of range.
        """
        table = np.atleast_2d(np.loadtxt(data) if isinstance(data, (str, Path)) else data)
        if table.ndim != 2 or table.shape[1] != 2:
            checks.fail("data", "two columns", checks.Words(f"an array of shape {table.shape}"))
        f, power = measured.checked_data(table[:, 0], table[:, 1].real, "data")
        if not np.all(power > 0):
            checks.fail("data", "a power that is positive everywhere", float(np.min(power)))
        size = checks.within("peak", peak, 0.0, 1.0)
        checks.positive("peak", size)
        lowest = checks.integer("zeros", zeros, 0) + 1
        if order is not None and order < lowest:
            checks.fail("zeros", f"at most {order - 1}, fewer than poles", zeros)
        centre = _carrier(carrier, f, power)
        shape = size * power / np.max(power)

        def fitted(count: int) -> measured.Rational:
            return measured.power_fit(f, shape, centre, count, zeros)

        model = measured.chosen(fitted, order, 2 * np.pi * (f - centre), shape, lowest)
        return cls._measured(model, f, shape, centre, unit, temperature, "data", np.sqrt(size))

    @property
    def order(self) -> int:
        """Number of poles."""
        return len(self.system.b)

    @property
    def poles(self) -> np.ndarray:
        """Poles of S21, (m,) complex, rate unit; the slowest first."""
        poles = np.linalg.eigvals(self.system.a)
        return poles[np.lexsort((poles.imag, -poles.real))]

    @property
    def peak(self) -> float:
        """Largest |S21|^2."""
        return self.transmission * response.peak(self.system)[0] ** 2

    @property
    def fwhm(self) -> float:
        """Full width of |S21|^2 at half of its peak, angular, rate unit; inf if it has none."""
        return response.width(self.system)

    @property
    def noise_bandwidth(self) -> float:
        r"""Hot flux behind the filter over n_th, \(\int |S_{21}|^2\,d\omega/2\pi\), rate unit.

        Half of kappa for one cavity; infinite for a filter with a constant part.
        """
        from scipy import linalg

        a, b, c, d = self.system
        if d != 0:
            return float("inf")
        filled = linalg.solve_continuous_lyapunov(a, -np.outer(b, b.conj()))
        return float(self.transmission * (c @ filled @ c.conj()).real)

    def response(self, frequencies: Any) -> np.ndarray:
        """S21, complex, at angular frequencies from the carrier, rate unit; any shape."""
        return np.asarray(
            np.sqrt(self.transmission) * response.transfer_function(self.system, frequencies)
        )

    def reflection(self, frequencies: Any) -> np.ndarray:
        r"""S22, what the output port reflects, complex, at angular frequencies from the carrier.

        $$S_{22}(s) = 1 - c\,(s - a)^{-1} c^\dagger$$

        Raises:
            ValueError: only the transmission of this filter is known.
        """
        if not self.reflection_known:
            raise ArgumentError(
                "The reflection S22 of this filter is not known: it was made from its "
                "transmission alone. It is known for te.Filter.cavities, butterworth, chebyshev."
            )
        back = self.system._replace(b=self.system.c.conj(), d=0j)
        return 1.0 - response.transfer_function(back, frequencies)

    def scaled(self, factor: float) -> Filter:
        """The same shape, all rates and frequencies multiplied by a factor > 0."""
        ratio = checks.positive("factor", factor)
        a, b, c, d = self.system
        system = StateSpace(ratio * a, np.sqrt(ratio) * b, np.sqrt(ratio) * c, d)
        fit = None if self.fit is None else replace(self.fit, unit=self.fit.unit / ratio)
        return replace(self, system=system, absorption=ratio * self.absorption, fit=fit)

    def detuned(self, detunings: Sequence[float]) -> Filter:
        """The same resonators at other frequencies.

        Args:
            detunings: What is added to the frequency of each, from the hot port on, rate unit.

        Raises:
            ValueError: the filter was made from its transmission alone, so that its resonators are
                not known; or there is not one number per resonator.
        """
        if not self.reflection_known:
            raise ValueError(
                "The resonators of this filter are not known: it was made from its transmission "
                "alone. They are known for te.Filter.cavities, butterworth, chebyshev."
            )
        shifts = checks.per_item("detunings", detunings, self.order, "resonator")
        moved = 1j * np.diag([checks.real("detunings", shift) for shift in shifts])
        return replace(self, system=self.system._replace(a=self.system.a + moved))

    def plot(self, axes: Axes | None = None, *, points: int = 801) -> Axes:
        """Draw |S21|^2 in decibels over the frequency from the carrier, four widths to each side.

        Args:
            axes: Where to draw; a new figure if not given.
            points: Number of frequencies.
        """
        import matplotlib.pyplot as plt

        if axes is None:
            _, axes = plt.subplots()
        poles = self.poles
        centre = float(np.mean(poles.imag))
        reach = 2 * (np.ptp(poles.imag) + 4 * float(np.max(-poles.real)))
        omega = np.linspace(centre - reach, centre + reach, points)
        with np.errstate(divide="ignore"):
            axes.plot(omega, 20 * np.log10(np.abs(self.response(omega))), label=self.label)
        axes.set(xlabel="frequency from the carrier", ylabel=r"$|S_{21}|^2$ (dB)")
        return axes

    def __repr__(self) -> str:
        return f"<Filter: {self.label}, peak {self.peak:.6g}, full width at half {self.fwhm:.6g}>"

    @classmethod
    def _ladder(
        cls,
        elements: np.ndarray,
        edge: float,
        internal_decay: float,
        absorber_occupation: float | None,
        label: str,
    ) -> Filter:
        internal = checks.nonnegative("internal_decay", internal_decay)
        system = prototypes.lowpass_ladder(elements, edge, internal)
        return cls(
            system=system,
            absorption=internal * np.eye(len(system.b)),
            absorber_occupation=_occupation(absorber_occupation),
            reflection_known=True,
            label=label,
        )

    @classmethod
    def _measured(
        cls,
        model: measured.Rational,
        frequencies: np.ndarray,
        power: np.ndarray,
        carrier: float,
        unit: float,
        temperature: float | None,
        name: str,
        size: float | None = None,
    ) -> Filter:
        """The filter of a fitted model, with its fit; its peak |S21| is `size` if given."""
        rate = 2 * np.pi * checks.positive("unit", unit)
        warm = None
        if temperature is not None:
            warm = quanta.occupation(checks.nonnegative("temperature", temperature), carrier)
        fitted = np.abs(model(2 * np.pi * (frequencies - carrier))) ** 2
        fit = Fit(
            frequencies=frequencies, measured=power, fitted=fitted, carrier=carrier, unit=unit
        )
        root = np.sqrt(np.abs(model.residues) / rate)
        phase = np.exp(1j * np.angle(model.residues))
        shape = StateSpace(np.diag(model.poles / rate), root * phase, root + 0j, model.constant)
        top, _ = response.peak(shape)
        shape = shape._replace(c=shape.c / top, d=shape.d / top)
        if size is None:
            # Measured with noise, a lossless filter may peak above one, by what the fit is off.
            size = 1.0 if 1.0 < top <= np.sqrt(1.0 + 2 * fit.error) else top
        label = f"measured, {len(model.poles)} poles"
        return replace(cls._transmitting(shape, size, name, warm, label), fit=fit)

    @classmethod
    def _transmitting(
        cls, shape: StateSpace, size: float, name: str, absorber: float | None, label: str
    ) -> Filter:
        """A filter of the given shape (its peak one) whose |S21| is at most `size`."""
        if size > 1.0 + _ROUNDING:
            _, where = response.peak(shape)
            checks.fail(
                name,
                "that of a passive filter, |S21| <= 1 at every frequency",
                checks.Words(f"not: |S21| = {size:.6g} at the frequency {where:.6g}"),
            )
        return cls(
            system=passive.hessenberg(passive.passive(shape)),
            absorption=np.zeros((len(shape.b), len(shape.b))),
            transmission=min(size, 1.0) ** 2,
            absorber_occupation=_occupation(absorber),
            label=label,
        )


def _carrier(carrier: float | None, frequencies: np.ndarray, size: np.ndarray) -> float:
    if carrier is None:
        return float(frequencies[int(np.argmax(size))])
    hertz = checks.positive("carrier", carrier)
    if not frequencies[0] <= hertz <= frequencies[-1]:
        low, high = frequencies[0], frequencies[-1]
        checks.fail("carrier", f"among the measured frequencies, {low:g} to {high:g} Hz", carrier)
    return hertz


def _occupation(value: float | None) -> float | None:
    return None if value is None else checks.nonnegative("absorber_occupation", value)
