r"""Recognition of the kind of a network, for formulas that hold for one kind only.

Three questions, from the narrowest to the widest: is it the ideal link, for which the closed forms
were derived; are the emitters driven by a classical Gaussian field, which nothing they do
changes; is there one source at all. Each answer is the thing asked for, or a `Mismatch` that names
the parameter in the way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from thermalent.networks.gaussian_source import GaussianMode, gaussian_modes
from thermalent.networks.geometry import Cascade
from thermalent.networks.network import Network
from thermalent.networks.nodes import SIGMA_MINUS, Emitter
from thermalent.networks.symmetry import SymmetryError, excitation_numbers
from thermalent.support.calls import ExplainedClass, with_explained_calls

# Square roots of rates, squared again, differ from the rates by some ulp.
RATE_TOLERANCE = 1e-12


@dataclass(frozen=True, kw_only=True)
class Mismatch(metaclass=ExplainedClass):
    """The reason why a network is not of the kind asked for.

    Args:
        reason: A clause that names the parameter: "the `detuning` of 'q1' ... is 0.1, not 0".
    """

    reason: str


@dataclass(frozen=True, kw_only=True)
class IdealLink(metaclass=ExplainedClass):
    r"""The parameters of two equal resonant qubits behind a symmetric filter, nothing lost.

    Args:
        n_th: Occupation of the hot port.
        kappa: Energy decay rate through each port of the filter, rate unit.
        gamma: Decay rate of each qubit, rate unit.
    """

    n_th: float
    kappa: float
    gamma: float

    @property
    def flux(self) -> float:
        r"""Photon flux \(\Phi = \kappa n_\mathrm{th} / 2\), rate unit."""
        return self.kappa * self.n_th / 2


@with_explained_calls
def ideal_link(network: Network) -> IdealLink | Mismatch:
    """The parameters of the ideal link, if the network is one.

    The order of propagation is that of the nodes. A common rotation of all nodes (equal detunings
    of source and qubits) makes no difference; a phase of the couplings, which a redefinition of the
    qubits' states would remove, does.

    Args:
        network: Any network.

    Returns:
        n_th, kappa and gamma of the link, or the parameter that is not that of an ideal one.

    Source: THERMAL, Eqs. (1) to (8).
    """
    several = not_one_mode(network)
    if several is not None:
        return several
    # The order matters: each check relies on the ones before it.
    for check in (
        _not_two_qubits,
        _not_symmetric_filter,
        _not_equal_rates,
        _not_resonant,
        _not_cascaded,
    ):
        reason = check(network)
        if reason is not None:
            return Mismatch(reason=reason)
    (mode,) = network.modes
    return IdealLink(
        n_th=mode.n_th, kappa=float(mode.bath_rate), gamma=float(network.decay[1, 1].real)
    )


def not_one_mode(network: Network) -> Mismatch | None:
    """The mismatch with a single mode without pumping; None if there is none."""
    count = len(network.modes)
    if count != 1:
        return Mismatch(reason=f"the number of boson modes is {count}, not 1")
    if network.pumped:
        return Mismatch(reason=network.PUMPED.rstrip("."))
    return None


@with_explained_calls
def one_mode(network: Network) -> GaussianMode | Mismatch:
    """The network's only mode as a Gaussian amplitude.

    Args:
        network: Any network.

    Returns:
        The amplitude, or why there is no such mode: none, several, or one that is pumped.
    """
    several = not_one_mode(network)
    return gaussian_modes(network)[0] if several is None else several


@with_explained_calls
def classical_field(network: Network) -> GaussianMode | Mismatch:
    """The network's only mode, if it drives the emitters as a classical field of random phase.

    That is: nothing that the emitters emit travels back to it, and the phase of the field can be
    absorbed in the emitters' states (the excitation number is conserved up to decay).

    Args:
        network: Any network.

    Returns:
        The mode's amplitude, or the coupling that is in the way.
    """
    mode = one_mode(network)
    if isinstance(mode, Mismatch):
        return mode
    reason = back_action(network)
    if reason is not None:
        return Mismatch(reason=reason)
    try:
        excitation_numbers(network)
    except SymmetryError as error:
        return Mismatch(reason=str(error))
    return mode


def back_action(network: Network) -> str | None:
    """An emitter that acts back on the mode: K_+ of `GaussianMode`, from the matrices."""
    (source,) = network.mode_indices
    (mode,) = network.modes
    assert network.absorption is not None  # set when the network validates itself
    if not mode.backaction:
        return None
    for e in network.emitter_indices:
        pair = f"{network.nodes[e].name!r} and {mode.name!r}"
        if network.absorption[e, source] != 0:
            return (
                f"a warm channel joins {pair} (their `absorption` is "
                f"{abs(network.absorption[e, source]):g}, not 0), so the field is correlated with "
                "other noise of the emitter"
            )
        rate = abs(0.5 * network.decay[source, e] - 1j * network.exchange[e, source])
        if rate > RATE_TOLERANCE * abs(network.decay[source, e]):
            return (
                f"emitter {network.nodes[e].name!r} acts back on {mode.name!r} (amplitude rate "
                f"{rate:g}, not 0), so the field is not independent of the emitters"
            )
    return None


def _not_two_qubits(network: Network) -> str | None:
    if len(network.emitters) != 2:
        return f"the number of emitters is {len(network.emitters)}, not 2"
    for emitter in network.emitters:
        reason = _not_bare_qubit(emitter)
        if reason is not None:
            return reason
    assert network.absorption is not None  # set when the network validates itself
    for i, node in enumerate(network.nodes):
        if np.any(network.absorption[i] != 0):
            rate = float(np.max(np.abs(network.absorption[i])))
            return f"the `absorption` of {node.name!r} is {rate:g}, not 0"
    return None


def _not_bare_qubit(emitter: Emitter) -> str | None:
    if emitter.dimension != 2 or not np.array_equal(emitter.lowering, SIGMA_MINUS):
        return f"emitter {emitter.name!r} is not a qubit with the lowering operator |0><1|"
    dephasing = getattr(emitter, "dephasing", 0.0)
    if dephasing != 0:
        return f"the `dephasing` of {emitter.name!r} is {dephasing:g}, not 0"
    if np.any(emitter.hamiltonian != 0):
        return f"emitter {emitter.name!r} has a Hamiltonian of its own (`local_hamiltonian`)"
    if any(np.any(jump != 0) for jump in emitter.collapse_operators):
        return f"emitter {emitter.name!r} has jumps of its own (`local_jumps`)"
    return None


def _not_symmetric_filter(network: Network) -> str | None:
    (mode,) = network.modes
    kappa = float(network.decay[0, 0].real)
    if abs(mode.bath_rate - kappa) > RATE_TOLERANCE * kappa:
        return (
            f"the `bath_rate` of {mode.name!r} is {mode.bath_rate:g}, not equal to its decay rate "
            f"{kappa:g} into the waveguide (a symmetric filter)"
        )
    return None


def _not_equal_rates(network: Network) -> str | None:
    first, second = (float(network.decay[i, i].real) for i in (1, 2))
    names = network.emitter_names
    if first == 0:
        return f"the decay rate `gamma` of {names[0]!r} is 0"
    if abs(first - second) > RATE_TOLERANCE * first:
        return (
            f"the decay rates `gamma` differ: {first:g} of {names[0]!r}, {second:g} of {names[1]!r}"
        )
    return None


def _not_resonant(network: Network) -> str | None:
    frequency = np.diag(network.exchange).real
    for i in (1, 2):
        detuning = float(frequency[i] - frequency[0])
        if abs(detuning) > RATE_TOLERANCE * max(network.decay[i, i].real, abs(frequency[0])):
            return (
                f"the `detuning` of {network.nodes[i].name!r} from {network.nodes[0].name!r} is "
                f"{detuning:g}, not 0"
            )
    return None


def _not_cascaded(network: Network) -> str | None:
    ideal = Cascade(rates=np.diag(network.decay).real.tolist()).coupling()
    for l, j in ((0, 1), (1, 2), (0, 2)):
        names = f"between {network.nodes[l].name!r} and {network.nodes[j].name!r}"
        expected, rate = ideal.decay[j, l].real, network.decay[j, l]
        transmission = rate / expected
        if abs(transmission - 1) > RATE_TOLERANCE:
            if abs(transmission.imag) <= RATE_TOLERANCE and 0 <= transmission.real < 1:
                return f"the `loss` {names} is {1 - transmission.real**2:g}, not 0"
            return f"the `decay` {names} is {rate:g}, not {expected:g} as in a cascade"
        exchange = network.exchange[j, l]
        if abs(exchange - ideal.exchange[j, l]) > RATE_TOLERANCE * expected:
            return (
                f"the `exchange` {names} is {exchange:g}, not {ideal.exchange[j, l]:g} as in a "
                "cascade: the waveguide is not unidirectional"
            )
    return None
