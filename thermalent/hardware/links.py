"""Thermally driven hardware: one-way lines, and lines of photons or phonons with a mirror."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi
from typing import Any, NamedTuple

from thermalent.filters.filter import Filter
from thermalent.hardware.description import Hardware
from thermalent.hardware.occupation import thermal_occupation
from thermalent.hardware.units import FREQUENCY, TEMPERATURE, TIME, quantity_in_si
from thermalent.models.phononic_link import phononic_link as phononic_network
from thermalent.models.thermal_link import thermal_link
from thermalent.support import checks
from thermalent.support.calls import with_explained_calls


@with_explained_calls
def superconducting_link(
    temperature: Any = "293K",
    frequency: Any = None,
    quality: float | None = None,
    gamma: Any = "10MHz",
    *,
    detuning: Any = 0.0,
    dephasing_time: Any = None,
    loss: float | Sequence[float] = 0.0,
    base_temperature: Any = 0.0,
    qubits: int = 2,
    filter: Filter | None = None,
) -> Hardware:
    r"""Superconducting qubits on a cold waveguide, driven by a resistor through a filter cavity.

    $$n_\mathrm{th} = \frac{1}{e^{\hbar\omega_c/k_B T} - 1}, \qquad
      \frac{\kappa}{\gamma} = \frac{\nu_c}{2 Q\,\nu_\gamma}, \qquad
      \frac{\gamma_\phi}{\gamma} = \frac{1}{2\pi\nu_\gamma T_\phi}$$

    Both ports of the filter are equal. The defaults are the room temperature source of the paper:
    n_th = 1220, kappa/gamma = 1e-3.

    Args:
        temperature: Of the resistor, such as "293K"; a plain number is in kelvin. >= 0.
        frequency: Of the filter, nu_c = omega_c/2pi, such as "5GHz", which is the default; a plain
            number is in hertz.
        quality: Q of the filter, 2 kappa = omega_c/Q, > 0; 2.5e5 if not given.
        gamma: Decay of the qubits into the waveguide, nu_gamma = gamma/2pi, such as "10MHz"; one
            for all, or one per qubit, > 0. That of the first qubit is the network's unit of rate.
        detuning: Qubit minus filter frequency, as an ordinary frequency; one, or one per qubit.
        dephasing_time: T_phi = 1/gamma_phi, such as "20us"; a plain number is in seconds. One, or
            one per qubit; None is no dephasing.
        loss: Power loss of each stretch between successive qubits, in [0, 1]; one number, or one
            per stretch.
        base_temperature: T_0 of the waveguide itself, such as "50mK"; a plain number is in kelvin.
        qubits: Number of qubits, >= 1.
        filter: A filter of any shape instead of the cavity. It is stretched so that its full width
            at half maximum is nu_c/Q; a measured one (te.Filter.from_touchstone, without `unit`)
            stays as it is, and brings its own frequency and width.

    Returns:
        The network with the laboratory numbers that it stands for.

    Raises:
        ValueError: an argument has another unit, none, is out of range or of the wrong length.

    Source: THERMAL, Sec. V A.
    """
    qubits = checks.node_count("qubits", qubits)
    source = _source(temperature, frequency, quality, base_temperature, filter, ("5GHz", 2.5e5))
    line = _qubits(qubits, gamma, detuning, dephasing_time)
    losses = _losses(loss, qubits - 1, "stretch between successive qubits")
    chosen = _in_units(source, filter, line.unit)
    network = thermal_link(
        source.n_th,
        source.kappa / line.unit if chosen is None else None,
        line.gamma,
        detuning=line.detuning,
        dephasing=line.dephasing,
        loss=losses,
        waveguide_occupation=source.waveguide_occupation,
        qubits=qubits,
        filter=chosen,
    )
    return _hardware(network, source, line, losses, chosen=chosen)


@with_explained_calls
def colour_centre_link(
    temperature: Any = "300K",
    frequency: Any = None,
    quality: float | None = None,
    gamma: Any = "1MHz",
    *,
    wavelengths: Sequence[float] = (1.0, 2.0),
    detuning: Any = None,
    dephasing_time: Any = None,
    loss: float | Sequence[float] = 0.0,
    base_temperature: Any = 0.0,
    backaction: bool = True,
    filter: Filter | None = None,
) -> Hardware:
    r"""Colour centres along a phonon waveguide that ends in a mirror, with a hot cavity there.

    The relations are those of `superconducting_link`. The cavity decays at kappa into the waveguide
    and at kappa into its hot bath.

    Args:
        temperature: Of the cavity's hot bath, such as "300K"; a plain number is in kelvin. >= 0.
        frequency: Of the cavity, nu_c = omega_c/2pi, such as "50GHz", which is the default; a plain
            number is in hertz.
        quality: Q of the cavity, 2 kappa = omega_c/Q, both of its decays together, > 0; 1e6 if not
            given.
        gamma: Decay of the qubits at an antinode, nu_gamma = gamma/2pi, such as "1MHz"; one for
            all, or one per qubit, > 0. That of the first qubit is the network's unit of rate.
        wavelengths: Distance of each qubit from the mirror, in wavelengths, > 0.
        detuning: Qubit minus cavity frequency, as an ordinary frequency; one, or one per qubit.
            None is +gamma/2 and -gamma/2 in turn, which a pair at whole wavelengths needs.
        dephasing_time: T_phi = 1/gamma_phi, such as "10us"; a plain number is in seconds. One, or
            one per qubit; None is no dephasing.
        loss: Power loss of each stretch from the mirror outwards, in [0, 1], that to the first
            qubit included; one number, or one per qubit.
        base_temperature: T_0 of the waveguide itself, such as "50mK"; a plain number is in kelvin.
        backaction: False drops the action of the qubits on the cavity, as the paper does.
        filter: A filter of any shape instead of the cavity. It is stretched so that its full width
            at half maximum is nu_c/Q; a measured one (te.Filter.from_touchstone, without `unit`)
            stays as it is, and brings its own frequency and width.

    Returns:
        The network with the laboratory numbers that it stands for.

    Raises:
        ValueError: an argument has another unit, none, is out of range or of the wrong length.

    Source: THERMAL, Sec. V B.
    """
    return _in_front_of_a_mirror(
        _source(temperature, frequency, quality, base_temperature, filter, ("50GHz", 1e6)),
        gamma,
        wavelengths=wavelengths,
        detuning=detuning,
        dephasing_time=dephasing_time,
        loss=loss,
        backaction=backaction,
        filter=filter,
        quanta="phonon",
    )


@with_explained_calls
def bidirectional_link(
    temperature: Any = "293K",
    frequency: Any = None,
    quality: float | None = None,
    gamma: Any = "10MHz",
    *,
    wavelengths: Sequence[float] = (1.0, 2.0),
    detuning: Any = None,
    dephasing_time: Any = None,
    loss: float | Sequence[float] = 0.0,
    base_temperature: Any = 0.0,
    backaction: bool = True,
    filter: Filter | None = None,
) -> Hardware:
    r"""Superconducting qubits along a microwave line that guides both ways and ends at the filter.

    The geometry is that of `colour_centre_link`, with the filter cavity at the end of the line, and
    the relations those of `superconducting_link`. No circulator is needed.

    Args:
        temperature: Of the resistor behind the filter, such as "293K".
        frequency: Of the filter, nu_c = omega_c/2pi; "5GHz" if not given.
        quality: Q of the filter, 2 kappa = omega_c/Q, > 0; 2.5e5 if not given.
        gamma: Decay of the qubits at an antinode, gamma/2pi; one, or one per qubit, > 0.
        wavelengths: As for `colour_centre_link`.
        detuning: As for `colour_centre_link`.
        dephasing_time: As for `colour_centre_link`.
        loss: As for `colour_centre_link`.
        base_temperature: As for `colour_centre_link`.
        backaction: As for `colour_centre_link`.
        filter: As for `colour_centre_link`.

    Returns:
        The network with the laboratory numbers that it stands for.

    Raises:
        ValueError: an argument has another unit, none, is out of range or of the wrong length.

    Source: THERMAL, end of Sec. V B 2.
    """
    return _in_front_of_a_mirror(
        _source(temperature, frequency, quality, base_temperature, filter, ("5GHz", 2.5e5)),
        gamma,
        wavelengths=wavelengths,
        detuning=detuning,
        dephasing_time=dephasing_time,
        loss=loss,
        backaction=backaction,
        filter=filter,
        quanta="photon",
    )


def _in_front_of_a_mirror(
    source: _Source,
    gamma: Any,
    *,
    wavelengths: Sequence[float],
    detuning: Any,
    dephasing_time: Any,
    loss: float | Sequence[float],
    backaction: bool,
    filter: Filter | None,
    quanta: str,
) -> Hardware:
    """Qubits along a line that ends in a mirror with the hot cavity."""
    places = tuple(checks.positive("wavelengths", z) for z in wavelengths)
    count = checks.node_count("number of wavelengths", len(places))
    line = _qubits(count, gamma, 0.0 if detuning is None else detuning, dephasing_time)
    if detuning is None:
        line = line._replace(detuning=tuple(0.5 - i % 2 for i in range(count)))
    losses = _losses(loss, count, "stretch from the mirror outwards")
    chosen = _in_units(source, filter, line.unit)
    network = phononic_network(
        source.n_th,
        source.kappa / line.unit if chosen is None else None,
        line.gamma,
        wavelengths=places,
        detuning=line.detuning,
        dephasing=line.dephasing,
        loss=losses,
        waveguide_occupation=source.waveguide_occupation,
        backaction=backaction,
        filter=chosen,
    )
    return _hardware(network, source, line, losses, places, chosen, quanta)


class _Source(NamedTuple):
    """A filtered source in SI, its decay kappa as an ordinary frequency."""

    temperature: float
    frequency: float
    quality: float
    base_temperature: float
    n_th: float
    waveguide_occupation: float
    kappa: float


def _source(
    temperature: Any,
    frequency: Any,
    quality: float | None,
    base_temperature: Any,
    chosen: Filter | None,
    defaults: tuple[str, float],
) -> _Source:
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
        given = defaults[0] if frequency is None else frequency
        nu_c = quantity_in_si("frequency", given, FREQUENCY, checks.positive)
        q = checks.positive("quality", defaults[1] if quality is None else quality)
        width = nu_c / q
    return _Source(
        temperature=kelvin,
        frequency=nu_c,
        quality=q,
        base_temperature=base,
        n_th=thermal_occupation(kelvin, nu_c),
        waveguide_occupation=thermal_occupation(base, nu_c),
        kappa=width / 2,
    )


def _in_units(source: _Source, chosen: Filter | None, unit: float) -> Filter | None:
    """The filter in units of the qubits' rate, which is `unit` hertz; None for one cavity."""
    if chosen is None:
        return None
    if chosen.fit is not None:
        return chosen.scaled(chosen.fit.unit / unit)
    if not chosen.fwhm < float("inf"):
        checks.fail("filter", "one with a full width at half maximum", chosen)
    return chosen.scaled(2 * source.kappa / unit / chosen.fwhm)


class _Qubits(NamedTuple):
    """The qubits in units of the first one's decay rate, which is gamma/2pi = `unit` hertz."""

    unit: float
    gamma: tuple[float, ...]
    detuning: tuple[float, ...]
    dephasing: tuple[float, ...]


def _qubits(count: int, gamma: Any, detuning: Any, dephasing_time: Any) -> _Qubits:
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
    return _Qubits(
        unit=unit,
        gamma=tuple(nu / unit for nu in decays),
        detuning=tuple(nu / unit for nu in detunings),
        dephasing=tuple(0.0 if time is None else 1 / (2 * pi * unit * time) for time in times),
    )


def _losses(loss: float | Sequence[float], count: int, stretch: str) -> tuple[float, ...]:
    return tuple(
        checks.within("loss", p, 0.0, 1.0) for p in checks.per_item("loss", loss, count, stretch)
    )


def _hardware(
    network: Any,
    source: _Source,
    line: _Qubits,
    loss: tuple[float, ...],
    wavelengths: tuple[float, ...] | None = None,
    chosen: Filter | None = None,
    quanta: str = "photon",
) -> Hardware:
    return Hardware(
        network=network,
        rate_unit=2 * pi * line.unit,
        temperature=source.temperature,
        frequency=source.frequency,
        quality=source.quality,
        n_th=source.n_th,
        kappa=source.kappa / line.unit,
        gamma=line.gamma,
        detuning=line.detuning,
        dephasing=line.dephasing,
        loss=loss,
        base_temperature=source.base_temperature,
        waveguide_occupation=source.waveguide_occupation,
        wavelengths=wavelengths,
        filter=chosen,
        quanta=quanta,
    )
