r"""Filters between a hot source and the emitters, as physical networks of modes.

$$S_{21}(s) = \sqrt{\eta}\,\big[d + c\,(s - a)^{-1} b\big], \qquad s = i\omega$$

White thermal noise of occupation n_th enters through b, and drives the emitters through c.
Where the filter does not transmit, the noise of the cold waveguide is reflected; what it absorbs it
emits at the occupation of the absorber.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from thermalent.display import plots
from thermalent.filters import resonators, response, transmissions
from thermalent.filters.measured import from_data
from thermalent.filters.measured.fit import Fit
from thermalent.filters.parts import FilterParts, checked_absorber
from thermalent.filters.response import StateSpace
from thermalent.support import checks
from thermalent.support.by_value import ByValue
from thermalent.support.calls import ExplainedClass
from thermalent.support.errors import ArgumentError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROUNDING = 1e-12  # by which a peak of one may be found above it


@dataclass(frozen=True, kw_only=True, eq=False)
class Filter(ByValue, metaclass=ExplainedClass):
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

    Raises:
        ValueError: the absorption is no matrix of the modes, or the transmission no share.
    """

    system: StateSpace
    absorption: np.ndarray
    transmission: float = 1.0
    absorber_occupation: float | None = None
    reflection_known: bool = False
    label: str = "filter"
    fit: Fit | None = None
    _in_words: ClassVar[str] = "a te.Filter"  # for messages

    def __post_init__(self) -> None:
        checks.text("label", self.label)
        checks.square_matrix("absorption", self.absorption, len(self.system.b))
        share = checks.within("transmission", self.transmission, 0.0, 1.0)
        object.__setattr__(self, "transmission", share)
        occupation = checked_absorber(self.absorber_occupation)
        object.__setattr__(self, "absorber_occupation", occupation)

    @classmethod
    def _of(cls, parts: FilterParts) -> Filter:
        return cls(**parts._asdict())

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
        found = resonators.cavities(rates, detunings, internal_decay, absorber_occupation)
        return cls._of(found)

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
        return cls._of(resonators.butterworth(order, fwhm, internal_decay, absorber_occupation))

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
        found = resonators.chebyshev(order, fwhm, ripple, internal_decay, absorber_occupation)
        return cls._of(found)

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
        return cls._of(transmissions.from_roots(poles, zeros, gain, absorber_occupation))

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
        found = transmissions.from_polynomials(numerator, denominator, absorber_occupation)
        return cls._of(found)

    @classmethod
    def from_touchstone(
        cls,
        path: Any,
        *,
        order: int | None = None,
        carrier: float | None = None,
        unit: float = from_data.RADIAN,
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
            ValueError: it is no Touchstone file, has one port, or its S21 is that of no passive
                filter.
        """
        scale = from_data.Scale(carrier, unit, temperature)
        return cls._of(from_data.measured_transmission(path, order, delay, constant, scale))

    @classmethod
    def from_spectrum(
        cls,
        data: Any,
        *,
        order: int | None = None,
        zeros: int = 0,
        carrier: float | None = None,
        unit: float = from_data.RADIAN,
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
            peak: |S21|^2 at the peak, from 1e-290 to 1: one if n_th is the occupation that was
                measured.

        Raises:
            ValueError: the data are no such columns, or a number is out of range.
        """
        scale = from_data.Scale(carrier, unit, temperature)
        return cls._of(from_data.measured_spectrum(data, order, zeros, peak, scale))

    def alternatives(self) -> list[tuple[Filter, float]]:
        """What the data of a measured filter allow as well; see `from_data.neighbours`."""
        if self.fit is None:
            return []
        own = FilterParts(*(getattr(self, name) for name in FilterParts._fields))
        return [(self._of(parts), gain) for parts, gain in from_data.neighbours(self.fit, own)]

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
        top = self.transmission * response.peak(self.system)[0] ** 2
        return 1.0 if 1.0 < top < 1.0 + _ROUNDING else top

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
            raise ArgumentError(
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
        axes = plots.axes_or_new(axes)
        points = checks.integer("points", points, 2, checks.MOST_TIMES)
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
