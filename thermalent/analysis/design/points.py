"""One filter of a design, and the imperfections that it tolerates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Budget(NamedTuple):
    """The size of each imperfection that alone uses up the margin; inf where none does.

    Args:
        loss: Power loss between the qubits.
        dephasing: Pure dephasing rate of each qubit, in units of gamma.
        dephasing_time: That dephasing as a time T_phi, s.
        detuning: Difference between the qubits' frequencies, placed evenly about the filter's, Hz.
        base_temperature: Of the waveguide, K.
    """

    loss: float
    dephasing: float
    dephasing_time: float
    detuning: float
    base_temperature: float


@dataclass(frozen=True, kw_only=True, repr=False)
class DesignPoint:
    """One choice of the filter, and of the attenuation in front of it.

    Args:
        name: What distinguishes it.
        concurrence: Of the steady state.
        kappa: Decay rate of the filter per port, so that its energy decays at 2 kappa; in units of
            gamma.
        quality: Q of the filter.
        n: Occupation that reaches the filter.
        attenuation: Attenuation of the source in front of the filter, dB; zero for the full source.
        budget: What may go wrong before the concurrence falls to the target; None without margin.
        sensitivities: Derivatives of the concurrence by ln(kappa), ln(n), loss, dephasing/gamma
            and n_0, by name ("kappa", "n", "loss", "dephasing", "waveguide_occupation"); nan where
            the concurrence has none, at the border of separable states.
    """

    name: str
    concurrence: float
    kappa: float
    quality: float
    n: float
    attenuation: float
    budget: Budget | None
    sensitivities: Mapping[str, float]

    def __repr__(self) -> str:
        place = f"C = {self.concurrence:.4f} at Q = {self.quality:.4g}"
        return (
            f"<DesignPoint: {self.name}, {place}, source attenuated by {self.attenuation:.1f} dB>"
        )
