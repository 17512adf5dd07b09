"""Qubits along a unidirectional waveguide behind a filtered thermal source."""

from __future__ import annotations

from collections.abc import Sequence

from thermalent.filters.filter import Filter
from thermalent.models.line import (
    PerQubit,
    behind_a_filter,
    in_kelvin_and_hertz,
    per_qubit,
    rate_of_port,
)
from thermalent.models.line_arrays import thermal_links
from thermalent.networks.arrays import in_bulk
from thermalent.networks.geometry import Cascade
from thermalent.networks.network import Network
from thermalent.support import checks
from thermalent.support.calls import arguments_elsewhere, with_explained_calls
from thermalent.support.deprecation import renamed_arguments


@in_bulk(thermal_links)
@renamed_arguments(other_decay="intrinsic_decay", base_occupation="waveguide_occupation")
@with_explained_calls
@arguments_elsewhere(**in_kelvin_and_hertz("superconducting_link"))
def thermal_link(
    n_th: float,
    kappa: float | None = None,
    gamma: PerQubit = 1.0,
    *,
    detuning: PerQubit = 0.0,
    dephasing: PerQubit = 0.0,
    loss: float | Sequence[float] = 0.0,
    intrinsic_decay: PerQubit = 0.0,
    waveguide_occupation: float = 0.0,
    qubits: int = 2,
    filters: int = 1,
    filter: Filter | None = None,
) -> Network:
    r"""Qubits on a unidirectional waveguide driven by a filtered thermal source.

    $$\dot\rho = (\mathcal{L}_\mathrm{th} + \mathcal{L}_1 + \mathcal{L}_2 +
      \mathcal{L}_\mathrm{casc})\rho$$

    The source is a symmetric filter cavity: energy decay kappa through the hot port (occupation
    n_th) and kappa into the waveguide, so it holds n_th/2 quanta and emits the flux
    Phi = kappa n_th / 2 with the correlation <a^+(t) a(0)> = (n_th/2) exp(-kappa |t|).

    With M filters in a row the spectrum is sharper, the M-th power of a Lorentzian; two of them
    leave half the flux. A `filter` of any shape takes the place of the cavities: the spectrum
    at the qubits is then n_th |S21|^2, beside what the waveguide itself holds.

    Args:
        n_th: Thermal occupation of the hot port, >= 0.
        kappa: Energy decay rate through each port of the filter, rate unit, > 0, so that the energy
            of its mode decays at 2 kappa; left out if there is a `filter`.
        gamma: Decay rate of the qubits into the waveguide, rate unit; one number, or one per qubit.
        detuning: Qubit frequency minus filter frequency, rate unit; one number, or one per qubit.
        dephasing: Pure dephasing rate 1/T_phi, rate unit; one number, or one per qubit.
        loss: Power loss, in [0, 1], of each stretch between successive qubits (none between the
            source and the first); one number, or one per stretch.
        intrinsic_decay: Decay rate of the qubits into other, empty channels; one number, or one
            each.
        waveguide_occupation: Thermal occupation n_0 of the waveguide itself, >= 0; below 1e-80 it
            counts as none.
        qubits: Number of qubits, >= 1.
        filters: Number M of equal filter cavities in a row, >= 1.
        filter: A filter of any shape instead, such as te.Filter.butterworth(3, 0.02).

    Returns:
        The network, nodes named "source" (then "filter2", ...), "q1", "q2", ...

    Raises:
        ValueError: an argument is out of range or of the wrong length.

    Source: THERMAL, Eqs. (1) to (4); loss as in `Cascade`, not as in its Eq. (48).
    """
    port = rate_of_port(filter, kappa, filters)
    qubits = checks.node_count("qubits", qubits)
    losses = checks.per_item("loss", loss, qubits - 1, "stretch between successive qubits")
    return behind_a_filter(
        Cascade(
            rates=(port, *per_qubit("gamma", gamma, qubits, checks.rate)),
            loss=(0.0, *losses),
        ),
        n_th=n_th,
        kappa=port,
        qubits=qubits,
        detuning=detuning,
        dephasing=dephasing,
        intrinsic_decay=intrinsic_decay,
        waveguide_occupation=waveguide_occupation,
        filters=filters,
        chosen=filter,
        label="thermal link",
    )
