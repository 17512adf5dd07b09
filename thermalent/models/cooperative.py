"""Qubits that decay together into one common reservoir."""

from __future__ import annotations

import numpy as np

from thermalent.models.line import PerQubit, per_qubit
from thermalent.networks.geometry import CommonReservoir
from thermalent.networks.network import Network
from thermalent.networks.nodes import Qubit
from thermalent.support import checks
from thermalent.support.calls import with_explained_calls


@with_explained_calls
def cooperative(
    qubits: int = 2,
    decay: PerQubit = 1.0,
    individual_decay: PerQubit = 0.0,
    *,
    detuning: PerQubit = 0.0,
    dephasing: PerQubit = 0.0,
    phase: PerQubit = 0.0,
) -> Network:
    r"""Qubits that decay into one common reservoir, and each into one of its own.

    $$\dot\rho = -i\Big[\sum_j \Delta_j \sigma_j^+ \sigma_j^-, \rho\Big] + \mathcal{D}[o]\rho
      + \sum_j \gamma_j \mathcal{D}[\sigma_j^-]\rho
      + \sum_j \tfrac{\gamma_{\phi j}}{2} \mathcal{D}[\sigma_j^z]\rho, \qquad
      o = \sum_j \sqrt{\Gamma_j}\, e^{-i\varphi_j} \sigma_j^-$$

    with \(\mathcal{D}[o]\rho = o\rho o^\dagger - \{o^\dagger o, \rho\}/2\). COOPERATIVE writes
    \(\kappa\mathcal{L}[o]\) and \(\alpha\mathcal{L}[\sigma_j^-]\) with
    \(\mathcal{L} = 2\mathcal{D}\), so its rates count double here:

    $$\Gamma = 2\kappa, \qquad \gamma = 2\alpha$$

    There is no exchange and the reservoir is cold. What the collective jump cannot reach is dark
    and stays, so the steady state depends on where one starts: give `te.steady_state` an
    `initial`.

    Args:
        qubits: Number of qubits, >= 1.
        decay: Decay rate Gamma into the common reservoir (2 kappa of COOPERATIVE), rate unit; one
            number, or one per qubit.
        individual_decay: Decay rate gamma into a reservoir of the qubit's own (2 alpha), rate unit;
            one number, or one per qubit.
        detuning: Qubit frequency minus the common reference, rate unit; one number, or one per
            qubit. The second qubit of COOPERATIVE has delta: (0, delta).
        dephasing: Pure dephasing rate 1/T_phi, rate unit; one number, or one per qubit.
        phase: Phase with which the qubit emits, k x along a waveguide, in radians; one number, or
            one per qubit. At x apart by half a wavelength |T> is dark and |S> is bright.

    Returns:
        The network, nodes named "q1", "q2", ...

    Raises:
        ValueError: an argument is out of range or of the wrong length.

    Source: COOPERATIVE, Eqs. (1), (2) and the text below Fig. 2.
    """
    count = checks.node_count("qubits", qubits)
    rates = per_qubit("decay", decay, count, checks.rate)
    individual = per_qubit("individual_decay", individual_decay, count, checks.rate)
    detunings = per_qubit("detuning", detuning, count, checks.frequency)
    dephasings = per_qubit("dephasing", dephasing, count, checks.rate)
    emitted = np.exp(-1j * np.array(per_qubit("phase", phase, count, checks.real)))
    exchange, together = CommonReservoir(rates=rates).coupling()
    return Network(
        nodes=tuple(Qubit(name=f"q{j + 1}", dephasing=rate) for j, rate in enumerate(dephasings)),
        exchange=exchange + np.diag(detunings),
        decay=together * np.outer(emitted, emitted.conj()) + np.diag(individual),
        label="cooperative decay",
    )
