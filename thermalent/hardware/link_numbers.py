"""Laboratory numbers of thermally driven links, in SI and in units of the first qubit's decay."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi
from typing import Any, NamedTuple

from thermalent.filters.filter import Filter
from thermalent.filters.quanta import occupation
from thermalent.hardware.units import FREQUENCY, TEMPERATURE, TIME, quantity_in_si
from thermalent.support import checks

ONE_WAY = "stretch between successive qubits"  # whose losses are asked for
MIRROR = "stretch from the mirror outwards"


class Platform(NamedTuple):
    """The numbers of a kind of hardware where none are given."""

    temperature: str
    frequency: str
    quality: float
    gamma: str


MICROWAVE = Platform("293K", "5GHz", 2.5e5, "10MHz")
COLOUR_CENTRE = Platform("300K", "50GHz", 1e6, "1MHz")


class SourceInSI(NamedTuple):
    """A filtered source in SI, its decay kappa as an ordinary frequency."""

    temperature: float
    frequency: float
    quality: float
    base_temperature: float
    n_th: float
    waveguide_occupation: float
    kappa: float


def source_in_si(
    temperature: Any,
    frequency: Any,
    quality: float | None,
    base_temperature: Any,
    chosen: Filter | None,
    platform: Platform,
) -> SourceInSI:
    """The source of an argument list; what is not given is that of the platform."""
    kelvin = quantity_in_si("temperature", temperature, TEMPERATURE, checks.nonnegative)
    base = quantity_in_si("base_temperature", base_temperature, TEMPERATURE, checks.nonnegative)
    if chosen is not None and not isinstance(chosen, Filter):
        checks.fail("filter", "a te.Filter", chosen)
    if chosen is not None and chosen.fit is not None:
        for name, value in (("frequency", frequency), ("quality", quality)):
            if value is not None:
                checks.fail(name, "left out with a measured filter, which has its own", value)
        nu_c, width = chosen.fit.carrier, chosen.fwhm * chosen.fit.unit
        q = nu_c / width if width < float("inf") else 0.0
    else:
        given = platform.frequency if frequency is None else frequency
        nu_c = quantity_in_si("frequency", given, FREQUENCY, checks.positive_rate)
        q = checks.positive_rate("quality", platform.quality if quality is None else quality)
        width = nu_c / q
    return SourceInSI(
        temperature=kelvin,
        frequency=nu_c,
        quality=q,
        base_temperature=base,
        n_th=occupation(kelvin, nu_c),
        waveguide_occupation=occupation(base, nu_c),
        kappa=width / 2,
    )


def filter_in_units(source: SourceInSI, chosen: Filter | None, unit: float) -> Filter | None:
    """The filter in units of the qubits' rate, which is `unit` hertz; None for one cavity."""
    if chosen is None:
        return None
    if chosen.fit is not None:
        return chosen.scaled(chosen.fit.unit / unit)
    if not chosen.fwhm < float("inf"):
        checks.fail("filter", "one with a full width at half maximum", chosen)
    return chosen.scaled(2 * source.kappa / unit / chosen.fwhm)


class QubitsInUnits(NamedTuple):
    """The qubits in units of the first one's decay rate, which is gamma/2pi = `unit` hertz."""

    unit: float
    gamma: tuple[float, ...]
    detuning: tuple[float, ...]
    dephasing: tuple[float, ...]


def qubits_in_units(count: int, gamma: Any, detuning: Any, dephasing_time: Any) -> QubitsInUnits:
    """The qubits of an argument list."""
    decays = [
        quantity_in_si("gamma", item, FREQUENCY, checks.positive)
        for item in checks.per_item("gamma", gamma, count, "qubit")
    ]
    detunings = [
        quantity_in_si("detuning", item, FREQUENCY, checks.real)
        for item in checks.per_item("detuning", detuning, count, "qubit")
    ]
    times = [
        None if item is None else quantity_in_si("dephasing_time", item, TIME, checks.positive)
        for item in checks.per_item("dephasing_time", dephasing_time, count, "qubit")
    ]
    unit = decays[0]  # Hz; the factors 2 pi of ratios of frequencies cancel
    return QubitsInUnits(
        unit=unit,
        gamma=tuple(nu / unit for nu in decays),
        detuning=tuple(nu / unit for nu in detunings),
        dephasing=tuple(0.0 if time is None else 1 / (2 * pi * unit * time) for time in times),
    )


def qubits_at_a_mirror(count: int, gamma: Any, detuning: Any, dephasing_time: Any) -> QubitsInUnits:
    """Qubits in front of a mirror: without a detuning, +gamma/2 and -gamma/2 in turn."""
    line = qubits_in_units(count, gamma, 0.0 if detuning is None else detuning, dephasing_time)
    if detuning is not None:
        return line
    return line._replace(detuning=tuple(0.5 - i % 2 for i in range(count)))


def losses_of_stretches(
    loss: float | Sequence[float], count: int, stretch: str
) -> tuple[float, ...]:
    """One power loss for each of `count` stretches, called `stretch` in messages."""
    return tuple(
        checks.within("loss", p, 0.0, 1.0) for p in checks.per_item("loss", loss, count, stretch)
    )
