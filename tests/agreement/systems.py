"""Systems whose states are known by a route that shares no code with the methods.

The master equations are written out with Kronecker products in truncated Fock spaces, solved in
arbitrary precision behind hot filters, or have a closed form.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

import thermalent as te
from tests.support.lindbladian import FockLindbladian
from tests.support.reference import Reference

TIMES = (0.5, 4.0)


@dataclass(frozen=True, kw_only=True)
class System:
    """A network and where its exact states come from.

    Args:
        name: For the test's name.
        build: Makes the network.
        cutoff: Fock states of each mode in the route by Kronecker products; 0 for another route.
        steady: The exact steady state, if not by Kronecker products; None if it is not compared.
        start: The emitters at the start of the evolution, as for `te.evolve`.
        unique: Whether there is one steady state.
    """

    name: str
    build: Callable[[], te.Network]
    start: str
    cutoff: int = 0
    steady: Callable[[], np.ndarray] | None = None
    unique: bool = True


def _two_ways():
    return te.phononic_link(
        0.08, 0.6, positions=(0.7, 1.9), detuning=(0.2, -0.4), intrinsic_decay=(0.1, 0.2)
    )


def _warm():
    return te.thermal_link(0.3, 0.4, (1.0, 0.6), detuning=(0.2, -0.1), waveguide_occupation=0.3)


def _thermal_qubits():
    p = 0.3 / 1.6  # n / (1 + 2 n), everything as warm as the waveguide
    return np.kron(np.diag([1 - p, p]), np.diag([1 - p, p])).astype(complex)


def _pair():
    return te.dual_rail(1, 0.6, detuning=0.4)


def _pure_pair():
    # (cosh r |00> + sinh r |11>) / sqrt(cosh 2r); the detunings of the two qubits cancel.
    ket = np.array([np.cosh(0.6), 0, 0, np.sinh(0.6)]) / np.sqrt(np.cosh(1.2))
    return np.outer(ket, ket).astype(complex)


def _hot():
    return te.thermal_link(20.0, 0.3, (1.0, 0.7), detuning=(0.3, -0.2), dephasing=0.1)


def _reference():
    found = Reference(_hot()).steady_state()
    return found.array


def _driven():
    """A qutrit with a coherent drive: nothing is conserved."""
    lower = np.diag([1.0, 1.4], 1)
    qutrit = te.Qudit(
        name="s",
        lower=lower,
        local_hamiltonian=0.3 * (lower + lower.T) + np.diag([0.0, 0.2, 0.1]),
        local_jumps=(0.3 * np.diag([0.0, 1.0, 2.0]),),
    )
    mode = te.Mode(bath_rate=0.5, n_th=0.1)
    cascade = te.Cascade(rates=(0.3, 1.0)).coupling()
    return te.Network(nodes=(mode, qutrit), exchange=cascade.exchange, decay=cascade.decay)


SYSTEMS = (
    System(
        name="filtered light in a cascade",
        build=lambda: te.thermal_link(
            0.08, 0.5, (1.0, 0.7), detuning=(0.3, -0.2), dephasing=(0.1, 0.0), loss=0.2
        ),
        cutoff=10,
        start="10",
    ),
    System(name="a mirror", build=_two_ways, cutoff=10, start="11"),
    System(name="everything equally warm", build=_warm, steady=_thermal_qubits, start="10"),
    System(name="a hot filter", build=_hot, steady=_reference, start="00"),
    System(
        name="two filters in a row",
        build=lambda: te.thermal_link(0.04, 1.0, (1.0, 0.8), detuning=(0.2, 0.0), filters=2),
        cutoff=5,
        start="01",
    ),
    System(name="squeezed light", build=_pair, steady=_pure_pair, start="00", cutoff=0),
    System(
        name="an amplifier",
        build=lambda: te.dual_rail(1, 0.15, bandwidth=4.0, detuning=0.3),
        cutoff=5,
        start="00",
    ),
    System(
        name="cold rings",
        build=lambda: te.ring_resonators((0.5, 0.6), 1.0, 0.2, distance=1.1, qubit_decay=0.1),
        cutoff=3,
        start="10",
    ),
    System(name="a driven qutrit", build=_driven, cutoff=9, start="1"),
    System(
        name="a common reservoir",
        build=lambda: te.cooperative(2),
        cutoff=1,
        start="10",
        unique=False,
    ),
)


def initial(system: System) -> np.ndarray:
    """The emitters at the start, (d, d)."""
    network = system.build()
    at = int(np.ravel_multi_index([int(level) for level in system.start], network.dims))
    rho = np.zeros((int(np.prod(network.dims)),) * 2, dtype=complex)
    rho[at, at] = 1.0
    return rho


@cache
def exact_steady(system: System) -> tuple[np.ndarray, float]:
    """The steady state, and how far the truncation of this route may be off."""
    if system.steady is not None:
        return system.steady(), 1e-14  # rounding of a closed form to double precision
    found = [_kronecker(system, c).steady_state() for c in (system.cutoff - 1, system.cutoff)]
    fewer, enough = (
        _kronecker(system, c).emitters(rho)
        for c, rho in zip((system.cutoff - 1, system.cutoff), found, strict=True)
    )
    # The error of the last cutoff is smaller than what it changes.
    return enough, float(np.max(np.abs(enough - fewer))) + 1e-12


@cache
def exact_evolution(system: System) -> tuple[np.ndarray, float] | None:
    """States at `TIMES` from empty modes, and the error of this route; None if it has none."""
    if not system.cutoff:
        return None
    states = []
    for cutoff in (system.cutoff - 1, system.cutoff) if system.cutoff > 1 else (1, 1):
        fock = _kronecker(system, cutoff)
        empty = np.zeros((cutoff ** len(fock.network.modes),) * 2)
        empty[0, 0] = 1.0
        start = np.kron(empty, initial(system))
        states.append([fock.emitters(fock.evolved(start, time)) for time in TIMES])
    fewer, enough = map(np.array, states)
    return enough, float(np.max(np.abs(enough - fewer))) + 1e-11


@cache
def _kronecker(system: System, cutoff: int) -> FockLindbladian:
    return FockLindbladian(system.build(), cutoff)
