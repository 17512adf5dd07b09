"""Filters from measurements: the data read, fitted, and completed to a passive network of modes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from thermalent.filters import measured, quanta, response
from thermalent.filters.fit import Fit
from thermalent.filters.parts import FilterParts
from thermalent.filters.response import StateSpace
from thermalent.filters.transmissions import transmitting
from thermalent.support import checks

RADIAN = 1 / (2 * np.pi)  # Hz: the unit of rates in rad/s


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
    f, s21 = measured.checked_data(*measured.read_touchstone(path), "path")
    centre = _carrier(scale.carrier, f, np.abs(s21))
    tau = checks.real("delay", delay)
    values = s21 * np.exp(2j * np.pi * (f - centre) * tau)

    def fitted(count: int) -> measured.Rational:
        return measured.vector_fit(f, values, centre, count, constant)

    model = measured.chosen(fitted, order, 2 * np.pi * (f - centre), np.abs(values) ** 2)
    return _completed(model, f, np.abs(s21) ** 2, scale._replace(carrier=centre), "path")


def measured_spectrum(
    data: Any, order: int | None, zeros: int, peak: float, scale: Scale
) -> FilterParts:
    """See `Filter.from_spectrum`."""
    columns = measured.read_columns(data)
    f, power = measured.checked_data(columns[:, 0], columns[:, 1], "data")
    if not np.all(power > 0):
        checks.fail("data", "a power that is positive everywhere", float(np.min(power)))
    size = checks.within("peak", peak, 0.0, 1.0)
    checks.positive("peak", size)
    lowest = checks.integer("zeros", zeros, 0) + 1
    if order is not None and order < lowest:
        checks.fail("zeros", f"at most {order - 1}, fewer than poles", zeros)
    centre = _carrier(scale.carrier, f, power)
    shape = size * power / np.max(power)

    def fitted(count: int) -> measured.Rational:
        return measured.power_fit(f, shape, centre, count, zeros)

    model = measured.chosen(fitted, order, 2 * np.pi * (f - centre), shape, lowest)
    return _completed(model, f, shape, scale._replace(carrier=centre), "data", np.sqrt(size))


def _completed(
    model: measured.Rational,
    frequencies: np.ndarray,
    power: np.ndarray,
    scale: Scale,
    name: str,
    size: float | None = None,
) -> FilterParts:
    """The filter of a fitted model, with its fit; its peak |S21| is `size` if given."""
    assert scale.carrier is not None
    rate = 2 * np.pi * checks.positive("unit", scale.unit)
    warm = None
    if scale.temperature is not None:
        kelvin = checks.nonnegative("temperature", scale.temperature)
        if not scale.carrier > 0:
            allowed = "left out where the filter counts from zero frequency"
            checks.fail("temperature", allowed, scale.temperature)
        warm = quanta.occupation(kelvin, scale.carrier)
    fitted = np.abs(model(2 * np.pi * (frequencies - scale.carrier))) ** 2
    fit = Fit(
        frequencies=frequencies,
        measured=power,
        fitted=fitted,
        carrier=scale.carrier,
        unit=scale.unit,
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
    return transmitting(shape, size, name, warm, label)._replace(fit=fit)


def _carrier(carrier: float | None, frequencies: np.ndarray, size: np.ndarray) -> float:
    if carrier is None:
        return float(frequencies[int(np.argmax(size))])
    hertz = checks.positive("carrier", carrier)
    if not frequencies[0] <= hertz <= frequencies[-1]:
        low, high = frequencies[0], frequencies[-1]
        checks.fail("carrier", f"among the measured frequencies, {low:g} to {high:g} Hz", carrier)
    return hertz
