"""Emitters at ring resonators along a waveguide of chiral coupling, in laboratory numbers."""

from __future__ import annotations

from math import pi, sqrt
from typing import Any

from thermalent.hardware.description import QuantityRow
from thermalent.hardware.laboratory import Laboratory, rate_row
from thermalent.hardware.units import FREQUENCY, quantity_in_si, with_prefix
from thermalent.models.ring_resonators import ring_resonators
from thermalent.support import checks
from thermalent.support.calls import with_explained_calls

# Best couplings g/gamma_R of one qubit per node without any loss, and sqrt(N) g of N per node.
_GENERATION = (0.125792, 0.276635)
_TRANSPORT = 0.4268575144


@with_explained_calls
def ring_resonator_link(
    frequency: Any = "352THz",
    quality: float = 1e7,
    linewidth: Any = 0.0,
    *,
    coupling: Any = None,
    chirality: float = 1.0,
    long: bool = False,
    wavelengths: float = 0.5,
    intrinsic_quality: float | None = None,
    detuning: Any = 0.0,
    qubits: int = 1,
) -> Laboratory:
    r"""Two nodes on a chiral waveguide, each a ring resonator with one or more optical emitters.

    $$\gamma_R = \frac{\omega}{Q}, \qquad \gamma_L = \gamma_R\,\frac{1 - \chi}{1 + \chi}, \qquad
      \frac{\kappa_i}{\gamma_R} = \frac{Q}{Q_i}$$

    One excitation starts at the first node: in its only emitter, whose entanglement with that of
    the second node is then wanted, or spread evenly over several, whose state is to be transferred.

    Args:
        frequency: Of resonators and emitters, nu = omega/2pi, such as "352THz", > 0.
        quality: Q of each resonator by its decay into the right-moving channel, > 0.
        linewidth: Decay of each emitter elsewhere than into its resonator, Gamma/2pi, >= 0.
        coupling: g/2pi of the emitters with their resonator, one or one per node; None for the best
            ones without losses.
        chirality: chi = (gamma_R - gamma_L)/(gamma_R + gamma_L), in [0, 1].
        long: Whether the delay between the nodes is so long that left-moving light comes too late
            and is only lost; else there is none.
        wavelengths: Distance of the nodes in wavelengths, > 0; half of one is the best.
        intrinsic_quality: Q_i of each resonator by all other losses, > 0; None without any.
        detuning: Emitter minus resonator frequency, one or one per node.
        qubits: Emitters per node, >= 1.

    Returns:
        The network, in units of gamma_R, with the laboratory numbers that it stands for.

    Raises:
        ValueError: an argument has another unit, none, or is out of range.

    Source: GENERATION, Secs. II, IV and VII; TRANSPORT, Secs. V and VI.
    """
    nu = quantity_in_si("frequency", frequency, FREQUENCY, checks.positive_rate)
    unit = nu / checks.positive_rate("quality", quality)
    gamma = quantity_in_si("linewidth", linewidth, FREQUENCY, checks.nonnegative)
    chi = checks.within("chirality", chirality, 0.0, 1.0)
    count = checks.node_count("qubits", qubits)
    left = (1 - chi) / (1 + chi)
    inner = 0.0
    if intrinsic_quality is not None:
        inner = float(quality) / checks.positive_rate("intrinsic_quality", intrinsic_quality)
    offsets = _per_node("detuning", detuning)
    g = _couplings(coupling, count, unit)
    network = ring_resonators(
        [[value] * count for value in g],
        1.0,
        0.0 if long else left,
        distance=2 * pi * checks.positive("wavelengths", wavelengths),
        qubits=count,
        qubit_decay=gamma / unit,
        cavity_loss=inner + (left if long else 0.0),
        detuning=[nu_d / unit for nu_d in offsets],
    )
    rows = [
        QuantityRow("frequency", "omega/2pi", with_prefix(nu, "Hz"), ""),
        QuantityRow("quality factor", "Q", "", f"{quality:.6g}"),
        rate_row("right-moving decay of a resonator", "gamma_R", unit, unit),
    ]
    if left:
        how = "left-moving decay, lost" if long else "left-moving decay of a resonator"
        rows.append(rate_row(how, "gamma_L", left * unit, unit))
    if inner:
        rows.append(rate_row("other decay of a resonator", "kappa_i", inner * unit, unit))
    if gamma:
        rows.append(rate_row("decay of an emitter elsewhere", "Gamma", gamma, unit))
    for node, (value, offset) in enumerate(zip(g, offsets, strict=True), 1):
        rows.append(rate_row(f"coupling at node {node}", "g", value * unit, unit))
        if offset:
            rows.append(rate_row(f"detuning at node {node}", "Delta", offset, unit))
    names = network.emitter_names
    share = 1 / sqrt(count)
    return Laboratory(
        network=network,
        rate_unit=2 * pi * unit,
        numbers=tuple(rows),
        initial={name: share for name in names[:count]},
        target={name: share for name in names[count:]} if count > 1 else None,
    )


def _per_node(name: str, value: Any) -> list[float]:
    return [
        quantity_in_si(name, item, FREQUENCY, checks.real)
        for item in checks.per_item(name, value, 2, "node")
    ]


def _couplings(coupling: Any, count: int, unit: float) -> list[float]:
    """G of both nodes in units of gamma_R."""
    if coupling is not None:
        return [value / unit for value in _per_node("coupling", coupling)]
    return list(_GENERATION) if count == 1 else [_TRANSPORT / sqrt(count)] * 2
