"""Thermally driven hardware: one-way lines, and lines of photons or phonons with a mirror."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import pi
from typing import Any

from thermalent.filters.filter import Filter
from thermalent.hardware.description import Hardware
from thermalent.hardware.link_arrays import (
    bidirectional_links,
    colour_centre_links,
    superconducting_links,
)
from thermalent.hardware.link_numbers import (
    COLOUR_CENTRE,
    MICROWAVE,
    MIRROR,
    ONE_WAY,
    QubitsInUnits,
    SourceInSI,
    filter_in_units,
    losses_of_stretches,
    qubits_at_a_mirror,
    qubits_in_units,
    source_in_si,
)
from thermalent.models.phononic_link import phononic_link as phononic_network
from thermalent.models.thermal_link import thermal_link
from thermalent.networks.arrays import in_bulk
from thermalent.networks.network import Network
from thermalent.support import checks
from thermalent.support.calls import with_explained_calls


@in_bulk(superconducting_links)
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
    source = source_in_si(temperature, frequency, quality, base_temperature, filter, MICROWAVE)
    line = qubits_in_units(qubits, gamma, detuning, dephasing_time)
    losses = losses_of_stretches(loss, qubits - 1, ONE_WAY)
    return _link(thermal_link, source, line, losses, filter, "photon", qubits=qubits)


@in_bulk(colour_centre_links)
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
        source_in_si(temperature, frequency, quality, base_temperature, filter, COLOUR_CENTRE),
        gamma,
        wavelengths=wavelengths,
        detuning=detuning,
        dephasing_time=dephasing_time,
        loss=loss,
        backaction=backaction,
        filter=filter,
        quanta="phonon",
    )


@in_bulk(bidirectional_links)
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
        source_in_si(temperature, frequency, quality, base_temperature, filter, MICROWAVE),
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
    source: SourceInSI,
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
    line = qubits_at_a_mirror(count, gamma, detuning, dephasing_time)
    losses = losses_of_stretches(loss, count, MIRROR)
    geometry = {"wavelengths": places, "backaction": backaction}
    return _link(phononic_network, source, line, losses, filter, quanta, **geometry)


def _link(
    model: Callable[..., Network],
    source: SourceInSI,
    line: QubitsInUnits,
    loss: tuple[float, ...],
    filter: Filter | None,
    quanta: str,
    **geometry: Any,
) -> Hardware:
    """The network of a model with the laboratory numbers that it stands for."""
    chosen, kappa = filter_in_units(source, filter, line.unit), source.kappa / line.unit
    qubits: dict[str, Any] = line._asdict()
    unit = qubits.pop("unit")
    return Hardware(
        network=model(
            source.n_th,
            kappa if chosen is None else None,
            loss=loss,
            waveguide_occupation=source.waveguide_occupation,
            filter=chosen,
            **qubits,
            **geometry,
        ),
        rate_unit=2 * pi * unit,
        **{**source._asdict(), "kappa": kappa},
        **qubits,
        loss=loss,
        wavelengths=geometry.get("wavelengths"),
        filter=chosen,
        quanta=quanta,
    )
