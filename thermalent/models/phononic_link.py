"""Qubits along a waveguide with a mirror, driven by a hot cavity at the mirror."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from thermalent.filters.filter import Filter
from thermalent.models.line import (
    PerQubit,
    behind_a_filter,
    in_kelvin_and_hertz,
    per_qubit,
    rate_of_port,
)
from thermalent.models.line_arrays import phononic_links
from thermalent.networks.arrays import in_bulk
from thermalent.networks.geometry import SemiInfinite
from thermalent.networks.network import Network
from thermalent.support import checks
from thermalent.support.calls import arguments_elsewhere, with_explained_calls
from thermalent.support.deprecation import renamed_arguments


@in_bulk(phononic_links)
@renamed_arguments(other_decay="intrinsic_decay", base_occupation="waveguide_occupation")
@with_explained_calls
@arguments_elsewhere(**in_kelvin_and_hertz("colour_centre_link"))
def phononic_link(
    n_th: float,
    kappa: float | None = None,
    gamma: PerQubit = 1.0,
    *,
    positions: Sequence[float] | None = None,
    wavelengths: Sequence[float] | None = None,
    detuning: PerQubit = 0.0,
    dephasing: PerQubit = 0.0,
    loss: float | Sequence[float] = 0.0,
    intrinsic_decay: PerQubit = 0.0,
    waveguide_occupation: float = 0.0,
    backaction: bool = True,
    filter: Filter | None = None,
) -> Network:
    r"""Qubits in a bidirectional, semi-infinite waveguide with the hot cavity at its mirror.

    $$\dot\rho = -i\Big[\sum_{jl} J_{jl} c_j^\dagger c_l, \rho\Big]
      + \sum_{jl} \Gamma_{jl} \mathcal{D}[c_j, c_l]\rho
      + \kappa (n_\mathrm{th} + 1) \mathcal{D}[a]\rho
      + \kappa n_\mathrm{th} \mathcal{D}[a^\dagger]\rho$$

    with J and Gamma of `SemiInfinite`, the cavity at z = 0. At k z = 2 pi n the qubits decay into
    one reservoir in phase and share no exchange (Eq. (49)); opposite detunings of gamma/2 then take
    the place of the cascaded interaction.

    Args:
        n_th: Thermal occupation of the hot port, >= 0.
        kappa: Energy decay rate through each port of the cavity, rate unit, > 0, so that the energy
            of its mode decays at 2 kappa; left out if there is a `filter`.
        gamma: Decay rate of the qubits at an antinode, rate unit; one number, or one per qubit.
        positions: k0 z of each qubit, its distance from the mirror in radians, > 0.
        wavelengths: Instead of `positions`: the distances in wavelengths.
        detuning: Qubit frequency minus cavity frequency, rate unit; one number, or one per qubit.
        dephasing: Pure dephasing rate, rate unit; one number, or one per qubit.
        loss: Power loss, in [0, 1], of each stretch from the mirror outwards, that to the first
            qubit included; one number, or one per qubit.
        intrinsic_decay: Decay rate of the qubits into other, empty channels; one number, or one
            each.
        waveguide_occupation: Thermal occupation n_0 of the waveguide itself, >= 0; below 1e-80 it
            counts as none.
        backaction: False drops the action of the qubits on the cavity, as THERMAL does
            (Eqs. (51) to (53)); the default keeps it, exactly.
        filter: A filter of any shape instead of the cavity, its output port at the mirror. What
            comes back from the qubits is reflected by it, so that its reflection S22 must be known:
            te.Filter.cavities, butterworth or chebyshev.

    Returns:
        The network, nodes named "source", "q1", "q2", ... in the order given.

    Raises:
        ValueError: an argument is out of range or of the wrong length.

    Source: THERMAL, Eqs. (49) and (C2).
    """
    port = rate_of_port(filter, kappa, 1)
    if filter is not None and not filter.reflection_known:
        checks.fail(
            "filter",
            "one whose reflection S22 is known, because the field that comes back from the qubits "
            "is reflected by it (te.Filter.cavities, butterworth or chebyshev)",
            checks.Words(f"{filter!r}, made from its transmission alone"),
        )
    places = _places(positions, wavelengths)
    qubits = len(places)
    losses = checks.per_item("loss", loss, qubits, "stretch from the mirror outwards")
    geometry = SemiInfinite(
        rates=(port, *per_qubit("gamma", gamma, qubits, checks.rate)),
        positions=(0.0, *places),
        loss=(0.0, *losses),  # the cavity sits at the mirror
    )
    return behind_a_filter(
        geometry,
        n_th=n_th,
        kappa=port,
        qubits=qubits,
        detuning=detuning,
        dephasing=dephasing,
        intrinsic_decay=intrinsic_decay,
        waveguide_occupation=waveguide_occupation,
        backaction=backaction,
        chosen=filter,
        label="phononic link",
    )


def _places(positions: Sequence[float] | None, wavelengths: Sequence[float] | None) -> list[float]:
    """k0 z of each qubit, from one of the two ways to give it."""
    if (positions is None) == (wavelengths is None):
        checks.fail(
            "positions",
            "given either in radians (`positions`) or in wavelengths (`wavelengths`)",
            checks.Words("given in both" if positions is not None else "given in neither"),
        )
    name, given, unit = "positions", positions, 1.0
    if given is None:
        assert wavelengths is not None
        name, given, unit = "wavelengths", wavelengths, 2 * np.pi
    places = [unit * checks.positive(name, z) for z in given]
    checks.node_count(f"number of {name}", len(places))
    return places
