"""Filters from measurements: the data read, fitted, and completed to a passive network of modes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from thermalent.filters import quanta, response
from thermalent.filters.measured import fitting, reading, uncertainty
from thermalent.filters.measured.fit import Fit
from thermalent.filters.measured.rational import Rational, refined
from thermalent.filters.parts import FilterParts
from thermalent.filters.response import StateSpace
from thermalent.filters.transmissions import transmitting
from thermalent.support import checks

RADIAN = 1 / (2 * np.pi)  # Hz: the unit of rates in rad/s

# Below, what the filter passes beside its peak loses digits.
_FAINTEST = 1e-290
_FLAT = 1e-9  # of the power: less has no filter's shape


class Scale(NamedTuple):
    """What relates a measurement to the network; see `Filter.from_touchstone`.

    Args:
        carrier: Frequency from which the filter counts, Hz; None is that of the peak.
        unit: The rate unit as an ordinary frequency, Hz.
        temperature: Of what absorbs, K; None is that of the waveguide.
    """

    carrier: float | None
    unit: float
    temperature: float | None


def measured_transmission(
    path: Any, order: int | None, delay: float, constant: bool, scale: Scale
) -> FilterParts:
    """See `Filter.from_touchstone`."""
    f, s21 = reading.checked_data(*reading.read_touchstone(path), "path")
    if not np.any(s21):
        checks.fail("path", "a file whose S21 is not zero everywhere", checks.Words("one of zeros"))
    centre = _carrier(scale.carrier, f, np.abs(s21))
    tau = checks.real("delay", delay)
    values = s21 * np.exp(2j * np.pi * (f - centre) * tau)

    def fitted(count: int) -> Rational:
        return fitting.vector_fit(f, values, centre, count, constant)

    omega = 2 * np.pi * (f - centre)
    most = _most_poles(2 * len(f), 4, 2 * constant)
    model = fitting.chosen(fitted, order, omega, np.abs(values) ** 2, 1, most)
    model = refined(model, omega, values)
    around = uncertainty.nearby_amplitudes(model, omega, values)
    fit = _fit(model, around, f, np.abs(s21) ** 2, centre, scale.unit)
    return _completed(fit, scale.temperature, "path")


def measured_spectrum(
    data: Any, order: int | None, zeros: int, peak: float, scale: Scale
) -> FilterParts:
    """See `Filter.from_spectrum`."""
    columns = reading.read_columns(data)
    f, power = reading.checked_data(columns[:, 0], columns[:, 1], "data")
    if not np.all(power > 0):
        checks.fail("data", "a power that is positive everywhere", float(np.min(power)))
    size = checks.within("peak", peak, _FAINTEST, 1.0)
    lowest = checks.integer("zeros", zeros, 0) + 1
    if order is not None and order < lowest:
        checks.fail("zeros", f"at most {order - 1}, fewer than poles", zeros)
    centre = _carrier(scale.carrier, f, power)
    if np.ptp(power) < _FLAT * np.max(power):
        checks.fail(
            "data", "a power that depends on frequency", checks.Words("the same everywhere")
        )
    shape = size * power / np.max(power)

    def fitted(count: int) -> Rational:
        return fitting.power_fit(f, shape, centre, count, zeros)

    omega = 2 * np.pi * (f - centre)
    most = _most_poles(len(f), 2, 2 * lowest)
    if lowest > most:
        checks.fail("zeros", f"at most {(len(f) - 1) // 4 - 1}, for {len(f)} data", zeros)
    model = fitting.chosen(fitted, order, omega, shape, lowest, most)
    around = uncertainty.nearby_powers(model, omega, shape)
    fit = _fit(model, around, f, shape, centre, scale.unit)
    return _completed(fit, scale.temperature, "data", np.sqrt(size))


class Neighbour(NamedTuple):
    """A filter that the data allow as well.

    Args:
        parts: The filter.
        gain: What the occupation of the hot port is multiplied with, 1 unless the noise of the
            data has moved the peak above one.
    """

    parts: FilterParts
    gain: float


def neighbours(fit: Fit, like: FilterParts) -> list[Neighbour]:
    """The filters of a fit's neighbouring functions, in the passive form that the fit has itself.

    Args:
        fit: The fit.
        like: The filter that was made of it.
    """
    rate = 2 * np.pi * fit.unit
    reference, _ = response.peak(fit.model.system(rate))
    found = []
    for model in fit.nearby:
        shape, top = _of_peak_one(model, rate)
        size = float(np.sqrt(like.transmission)) * top / reference
        parts = transmitting(shape, min(size, 1.0), "path", like.absorber_occupation, like.label)
        found.append(Neighbour(parts, max(size, 1.0) ** 2))
    return found


def _most_poles(data: int, per_pole: int, others: int) -> int:
    """The largest number of poles with fewer coefficients than real numbers measured."""
    return min(fitting.MOST_POLES, (data - others - 1) // per_pole)


def _of_peak_one(model: Rational, rate: float) -> tuple[StateSpace, float]:
    """A function as a system of peak one, and what its peak was."""
    shape = model.system(rate)
    top, _ = response.peak(shape)
    return shape._replace(c=shape.c / top, d=shape.d / top), top


def _fit(
    model: Rational,
    around: tuple[Rational, ...],
    frequencies: np.ndarray,
    power: np.ndarray,
    carrier: float,
    unit: float,
) -> Fit:
    return Fit(
        frequencies=frequencies,
        measured=power,
        fitted=np.abs(model(2 * np.pi * (frequencies - carrier))) ** 2,
        carrier=carrier,
        unit=checks.positive("unit", unit),
        model=model,
        nearby=around,
    )


def _completed(
    fit: Fit, temperature: float | None, name: str, size: float | None = None
) -> FilterParts:
    """The filter of a fit; its peak |S21| is `size` if given."""
    warm = None
    if temperature is not None:
        kelvin = checks.nonnegative("temperature", temperature)
        if not fit.carrier > 0:
            allowed = "left out where the filter counts from zero frequency"
            checks.fail("temperature", allowed, temperature)
        warm = quanta.occupation(kelvin, fit.carrier)
    shape, top = _of_peak_one(fit.model, 2 * np.pi * fit.unit)
    if size is None:
        size = top
        if top > 1.0 and top**2 - 1.0 <= _noise_of_peak(fit):
            # How much is taken away counts as one standard deviation.
            size, excess = 1.0, uncertainty.SIGMAS * (top**2 - 1.0)
            fit = replace(fit, nearby=(*fit.nearby, uncertainty.louder(fit.model, excess)))
    label = f"measured, {fit.model.order} poles"
    return transmitting(shape, size, name, warm, label)._replace(fit=fit)


def _noise_of_peak(fit: Fit) -> float:
    """By how much noise may have raised the peak |S21|^2 of a lossless filter above one.

    By what the fit is off at the data, or, between data that are too few to tell, by what it leaves
    open.
    """
    top, where = response.peak(fit.model.system(1.0))
    here = np.array([where])
    changes = [float(np.abs(other(here)[0]) ** 2) - top**2 for other in fit.nearby]
    return max(2 * fit.error, float(np.linalg.norm(changes)))


def _carrier(carrier: float | None, frequencies: np.ndarray, size: np.ndarray) -> float:
    if carrier is None:
        return float(frequencies[int(np.argmax(size))])
    hertz = checks.positive("carrier", carrier)
    if not frequencies[0] <= hertz <= frequencies[-1]:
        low, high = frequencies[0], frequencies[-1]
        checks.fail("carrier", f"among the measured frequencies, {low:g} to {high:g} Hz", carrier)
    return hertz
