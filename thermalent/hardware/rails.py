"""Qubits on two rails behind a parametric amplifier, in laboratory numbers."""

from __future__ import annotations

from math import log, pi
from typing import Any

from thermalent.hardware.description import QuantityRow
from thermalent.hardware.laboratory import Laboratory, rate_row
from thermalent.hardware.units import FREQUENCY, TIME, quantity_in_si, with_prefix
from thermalent.models.dual_rail import dual_rail
from thermalent.support import checks
from thermalent.support.calls import with_explained_calls

_DECIBELS = 20 / log(10)  # of the noise exp(-2 r), for r = 1


@with_explained_calls
def dual_rail_link(
    gamma: Any = "10MHz",
    bandwidth: Any = "200MHz",
    squeezing: float = 1.0,
    *,
    pairs: int = 2,
    elsewhere: Any = 0.0,
    dephasing_time: Any = None,
    loss: float = 0.0,
) -> Laboratory:
    r"""Pairs of qubits on two rails that start at one parametric amplifier.

    $$\beta = \frac{\kappa}{\gamma}, \qquad
      \frac{\gamma_\phi}{\gamma} = \frac{1}{2\pi\nu_\gamma T_\phi}$$

    Args:
        gamma: Decay of each qubit into its rail, nu_gamma = gamma/2pi, such as "10MHz", > 0. It is
            the network's unit of rate.
        bandwidth: Of the amplifier, kappa/2pi, the energy decay of each of its modes, > 0.
        squeezing: r >= 0; the noise of the squeezed light is exp(-2 r) at its centre.
        pairs: Number of pairs, >= 1.
        elsewhere: Decay of each qubit into other, empty channels, as an ordinary frequency, >= 0.
        dephasing_time: T_phi = 1/gamma_phi of each qubit, such as "20us"; None is no dephasing.
        loss: Power loss, in [0, 1], of each stretch between successive pairs.

    Returns:
        The network with the laboratory numbers that it stands for.

    Raises:
        ValueError: an argument has another unit, none, or is out of range.

    Source: DUALRAIL, Eq. (11).
    """
    unit = quantity_in_si("gamma", gamma, FREQUENCY, checks.positive)
    kappa = quantity_in_si("bandwidth", bandwidth, FREQUENCY, checks.positive)
    other = quantity_in_si("elsewhere", elsewhere, FREQUENCY, checks.nonnegative)
    r = checks.nonnegative("squeezing", squeezing)
    lost = checks.within("loss", loss, 0.0, 1.0)
    dephasing = 0.0
    rows = [
        rate_row("decay of a qubit into its rail", "gamma", unit, unit),
        rate_row("bandwidth of the amplifier", "kappa", kappa, unit),
        QuantityRow("squeezing", "r", f"{_DECIBELS * r:.4g} dB", f"{r:g}"),
    ]
    if other:
        rows.append(rate_row("decay of a qubit elsewhere", "gamma'", other, unit))
    if dephasing_time is not None:
        time = quantity_in_si("dephasing_time", dephasing_time, TIME, checks.positive)
        in_rates = 2 * pi * unit * time
        dephasing = 1 / in_rates
        network_time = f"{in_rates:.6g}"
        rows.append(QuantityRow("dephasing time", "T_phi", with_prefix(time, "s"), network_time))
    if lost:
        rows.append(QuantityRow("loss between pairs", "p", f"{100 * lost:g} %", f"{lost:g}"))
    network = dual_rail(
        pairs,
        r,
        bandwidth=kappa / unit,
        dephasing=dephasing,
        intrinsic_decay=other / unit,
        loss=lost,
    )
    return Laboratory(network=network, rate_unit=2 * pi * unit, numbers=tuple(rows))
