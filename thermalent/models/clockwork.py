r"""A qubit and a pumped four-level qudit: the quantum clockwork of COOPERATIVE.

The level scheme stands in a supplement that is not available. These are reconstructions: schemes
that fit the text (a four-level qudit in place of one qubit, its pump apart from the transition that
decays cooperatively) and the four rates of Fig. 3(e), and that do what the text says, hold
entanglement in the steady state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

import numpy as np

from thermalent.models.line import PerQubit, per_qubit
from thermalent.networks.geometry import CommonReservoir
from thermalent.networks.network import Network
from thermalent.networks.nodes import Qubit, Qudit
from thermalent.support import checks
from thermalent.support.calls import with_explained_calls

_LEVELS = 4


@dataclass(frozen=True, kw_only=True)
class _Scheme:
    """Transitions (upper, lower) of a qudit: the one to the common reservoir, the fast ones."""

    cooperative: tuple[int, int]
    fast: tuple[tuple[int, int], ...]


SCHEMES = {
    "lowest transition": _Scheme(cooperative=(1, 0), fast=((3, 2), (2, 1))),
    "laser": _Scheme(cooperative=(2, 1), fast=((3, 2), (1, 0))),
}
PUMPS = ("coherent", "incoherent")


@with_explained_calls
def clockwork(
    scheme: str = "lowest transition",
    *,
    pump: str = "coherent",
    decay: float = 2.0,
    individual_decay: PerQubit = 0.2,
    relaxation: float = 6.0,
    pumping: float | None = None,
    detuning: float = 0.0,
) -> Network:
    r"""A qubit that decays together with one transition of a pumped four-level qudit.

    $$\dot\rho = -i\big[\Delta\,\sigma_q^+\sigma_q^- + H_p,\ \rho\big]
      + \Gamma\,\mathcal{D}[\sigma_q^- + |l\rangle\langle u|]\rho
      + \gamma\,\big(\mathcal{D}[\sigma_q^-] + \mathcal{D}[|l\rangle\langle u|]\big)\rho
      + \Gamma_f \sum_\mathrm{fast} \mathcal{D}[|b\rangle\langle a|]\rho$$

    The pump lifts the qudit from |0> to |3>: \(H_p = \varepsilon (|0\rangle\langle 3| +
    |3\rangle\langle 0|)\) if coherent, the jump \(P\,\mathcal{D}[|3\rangle\langle 0|]\) if
    incoherent. The defaults are those of Fig. 3(e), kappa = 1, gamma = 3, beta = 0.1 and
    epsilon = 2 with \(\mathcal{L} = 2\mathcal{D}\): every dissipative rate counts double here.

    | scheme | to the common reservoir, u to l | fast |
    |---|---|---|
    | "lowest transition" | 1 to 0 | 3 to 2, 2 to 1 |
    | "laser" | 2 to 1, the transition of a four-level laser | 3 to 2, 1 to 0 |

    Both are reconstructions, because the paper's supplement is not available: what they give is a
    steady state as in the text, not the curve of Fig. 3(e). With incoherent pumping the lowest
    transition is a third one.

    Args:
        scheme: "lowest transition" or "laser".
        pump: "coherent" or "incoherent".
        decay: Decay rate Gamma into the common reservoir, 2 kappa, rate unit.
        individual_decay: Decay rate gamma of the qubit and of the qudit's transition u to l into
            reservoirs of their own, 2 beta; one number, or (qubit, qudit).
        relaxation: Rate of the fast transitions, 2 gamma of COOPERATIVE.
        pumping: Coherent: the amplitude epsilon, any real number; incoherent: the rate P >= 0. If
            not given 2, or 4, which is epsilon = 2 in both.
        detuning: Frequency of the qubit minus that of the transition u to l, rate unit.

    Returns:
        The network, nodes named "qubit" (two levels) and "qudit" (four).

    Raises:
        ValueError: an argument is out of range.

    Source: COOPERATIVE, Figs. 1(c) and 3(e); the level schemes are ours.
    """
    if not isinstance(scheme, str) or scheme not in SCHEMES:
        _not_one_of("scheme", tuple(SCHEMES), scheme)
    if not isinstance(pump, str) or pump not in PUMPS:
        _not_one_of("pump", PUMPS, pump)
    levels = SCHEMES[scheme]
    gamma_fast = checks.nonnegative("relaxation", relaxation)
    individual = per_qubit("individual_decay", individual_decay, 2, checks.nonnegative)
    hamiltonian, jumps = _pumped(pump, pumping)
    jumps += [np.sqrt(gamma_fast) * _transition(*fast) for fast in levels.fast]
    rate = checks.nonnegative("decay", decay)
    exchange, together = CommonReservoir(rates=(rate, rate)).coupling()
    return Network(
        nodes=(
            Qubit(name="qubit"),
            Qudit(
                name="qudit",
                lower=_transition(*levels.cooperative),
                local_hamiltonian=hamiltonian,
                local_jumps=jumps,
            ),
        ),
        exchange=exchange + np.diag((checks.real("detuning", detuning), 0.0)),
        decay=together + np.diag(individual),
        label=f"clockwork, {scheme}",
    )


def _pumped(pump: str, pumping: float | None) -> tuple[np.ndarray, list[np.ndarray]]:
    """Hamiltonian and jumps of the pump from level 0 to level 3."""
    lift = _transition(0, 3)
    if pump == "coherent":
        amplitude = checks.real("pumping", 2.0 if pumping is None else pumping)
        return amplitude * (lift + lift.T), []
    rate = checks.nonnegative("pumping", 4.0 if pumping is None else pumping)
    return np.zeros((_LEVELS, _LEVELS)), [np.sqrt(rate) * lift]


def _transition(start: int, end: int) -> np.ndarray:
    """|end><start| of the qudit, (4, 4)."""
    operator = np.zeros((_LEVELS, _LEVELS))
    operator[end, start] = 1.0
    return operator


def _not_one_of(name: str, allowed: tuple[str, ...], value: object) -> NoReturn:
    checks.fail(name, f"one of {', '.join(map(repr, allowed))}", value)
