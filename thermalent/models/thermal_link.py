"""Qubits along a unidirectional waveguide behind a filtered thermal source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from thermalent import checks
from thermalent.geometry import Cascade
from thermalent.network import Mode, Network, Qubit

PerQubit = float | Sequence[float]


def thermal_link(
    n_th: float,
    kappa: float,
    gamma: PerQubit = 1.0,
    *,
    detuning: PerQubit = 0.0,
    dephasing: PerQubit = 0.0,
    loss: float | Sequence[float] = 0.0,
    qubits: int = 2,
) -> Network:
    r"""Qubits on a unidirectional waveguide driven by a filtered thermal source.

    $$\dot\rho = (\mathcal{L}_\mathrm{th} + \mathcal{L}_1 + \mathcal{L}_2 +
      \mathcal{L}_\mathrm{casc})\rho$$

    The source is a symmetric filter cavity: energy decay kappa through the hot port (occupation
    n_th) and kappa into the waveguide, so it holds n_th/2 quanta and emits the flux
    Phi = kappa n_th / 2 with the correlation <a^+(t) a(0)> = (n_th/2) exp(-kappa |t|).

    Args:
        n_th: Thermal occupation of the hot port, >= 0.
        kappa: Energy decay rate through each port of the filter, rate unit, > 0.
        gamma: Decay rate of the qubits into the waveguide, rate unit; one number, or one per qubit.
        detuning: Qubit frequency minus filter frequency, rate unit; one number, or one per qubit.
        dephasing: Pure dephasing rate 1/T_phi, rate unit; one number, or one per qubit.
        loss: Power loss, in [0, 1], of each stretch between successive qubits (none between the
            source and the first); one number, or one per stretch.
        qubits: Number of qubits, >= 1.

    Returns:
        The network, nodes named "source", "q1", "q2", ...

    Raises:
        ValueError: an argument is out of range or of the wrong length.

    Source: THERMAL, Eqs. (1) to (4); loss as in `Cascade`, not as in its Eq. (48).
    """
    checks.nonnegative("n_th", n_th)
    checks.positive("kappa", kappa)
    checks.integer("qubits", qubits, 1)
    gammas = _per_qubit("gamma", gamma, qubits, checks.nonnegative)
    detunings = _per_qubit("detuning", detuning, qubits, checks.real)
    dephasings = _per_qubit("dephasing", dephasing, qubits, checks.nonnegative)
    losses = [
        checks.within("loss", p, 0.0, 1.0)
        for p in checks.per_item("loss", loss, qubits - 1, "stretch between successive qubits")
    ]

    cascade = Cascade(rates=(kappa, *gammas), loss=(0.0, *losses)).coupling()
    return Network(
        nodes=(
            Mode(name="source", bath_rate=kappa, n_th=n_th),
            *(Qubit(name=f"q{i + 1}", dephasing=rate) for i, rate in enumerate(dephasings)),
        ),
        exchange=cascade.exchange + np.diag((0.0, *detunings)),
        decay=cascade.decay,
        label="thermal link",
    )


def _per_qubit(
    name: str, value: Any, qubits: int, check: Callable[[str, Any], float]
) -> list[float]:
    return [check(name, item) for item in checks.per_item(name, value, qubits, "qubit")]
