"""What the rings of a laboratory are for: the largest concurrence, or fidelity of the transfer."""

from __future__ import annotations

from thermalent.excitations.peak import Peak, peak_concurrence, peak_transfer
from thermalent.hardware.laboratory import Laboratory

UNTIL = 100.0  # 1/gamma_R; the first peaks come at 2 to 13


def ring_peak(lab: Laboratory) -> Peak:
    """Largest concurrence over time, or largest fidelity of the transfer, of two nodes.

    Args:
        lab: Of `ring_resonator_link`.
    """
    if lab.initial is None:
        raise TypeError("the laboratory has no initial state")
    if lab.target is None:
        return peak_concurrence(lab.network, lab.initial, until=UNTIL)
    return peak_transfer(lab.network, lab.initial, lab.target, until=UNTIL)
