"""Distributions of networks by kind, for random tests.

* ordinary: qubits behind a filter, all rates within about two decades.
* nearly_dark: a state that decouples from everything but for one small rate, 1e-1 to 1e-14.
* many_decades: every rate anywhere in twelve decades.
* bidirectional: waveguides with a mirror or with light both ways, back-action on the source.
* several_modes: filters in a row and parametric amplifiers, cold enough for a lattice.
* cold_rings: ring resonators without thermal light, which only lose excitations.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from thermalent.models.dual_rail import dual_rail
from thermalent.models.phononic_link import phononic_link
from thermalent.models.ring_resonators import ring_resonators
from thermalent.models.thermal_link import thermal_link
from thermalent.networks.geometry import ChiralWaveguide, CommonReservoir
from thermalent.networks.network import Network
from thermalent.networks.nodes import Mode, Qubit
from thermalent.testing.draws import Draws


def ordinary(draws: Draws) -> Network:
    """One to three qubits behind a filter cavity, every imperfection of ordinary size."""
    qubits = draws.choice((2, 2, 2, 1, 3))
    return thermal_link(
        n_th=draws.log_uniform(1e-2, 30.0 if qubits < 3 else 2.0),
        kappa=draws.log_uniform(0.05, 5.0),
        gamma=_each(qubits, lambda: draws.log_uniform(0.3, 3.0)),
        detuning=_maybe(draws, 0.6, qubits, lambda: draws.uniform(-1.0, 1.0)),
        dephasing=_maybe(draws, 0.5, qubits, lambda: draws.log_uniform(0.01, 0.3)),
        intrinsic_decay=_maybe(draws, 0.3, qubits, lambda: draws.log_uniform(0.01, 0.3)),
        loss=draws.uniform(0.0, 0.4) if draws.chance(0.5) else 0.0,
        waveguide_occupation=draws.log_uniform(0.01, 0.5) if draws.chance(0.15) else 0.0,
        qubits=qubits,
    )


def nearly_dark(draws: Draws) -> Network:
    """A dark state that decays at one small rate only."""
    small = draws.log_uniform(1e-14, 1e-1)
    n_th, kappa = draws.log_uniform(1e-2, 30.0), draws.log_uniform(0.05, 3.0)
    form = draws.choice(("gamma", "detuning", "dephasing", "loss", "intrinsic_decay", "reservoir"))
    if form == "gamma":
        gamma = (1.0, small) if draws.chance(0.5) else (small, 1.0)
        return thermal_link(n_th=n_th, kappa=kappa, gamma=gamma)
    if form == "reservoir":
        rates = (kappa, *_each(2, lambda: draws.log_uniform(0.3, 3.0)))
        return _behind_one_mode(CommonReservoir(rates=rates), n_th, kappa, dephasing=(small, 0.0))
    pairs = {"detuning": (small, -small), "loss": (0.0, small)}
    broken: dict[str, Any] = {form: pairs.get(form, (small, 0.0))}
    # Whole wavelengths apart, the qubits decay into one reservoir in phase.
    places = (1.0, float(draws.choice((2, 3))))
    return phononic_link(n_th=n_th, kappa=kappa, wavelengths=places, **broken)


def many_decades(draws: Draws) -> Network:
    """Rates, detunings and losses anywhere between 1e-6 and 1e6 times each other."""

    def rate() -> float:
        return draws.log_uniform(1e-6, 1e6)

    def shift() -> float:
        return rate() * draws.choice((1.0, -1.0))

    common: dict[str, Any] = {
        "n_th": draws.log_uniform(1e-6, 50.0),
        "kappa": rate(),
        "gamma": _each(2, rate),
        "detuning": _maybe(draws, 0.5, 2, shift),
        "dephasing": _maybe(draws, 0.5, 2, rate),
        "intrinsic_decay": _maybe(draws, 0.5, 2, rate),
    }
    if draws.chance(0.6):
        return thermal_link(**common)
    return phononic_link(**common, positions=_each(2, lambda: draws.uniform(0.1, 12.0)))


def bidirectional(draws: Draws) -> Network:
    """A mirror, or a waveguide with light both ways; the emitters act back on the source."""
    n_th, kappa = draws.log_uniform(1e-2, 20.0), draws.log_uniform(0.05, 5.0)
    gamma = _each(2, lambda: draws.log_uniform(0.3, 3.0))
    detuning = _maybe(draws, 0.6, 2, lambda: draws.uniform(-1.0, 1.0))
    dephasing = _maybe(draws, 0.5, 2, lambda: draws.log_uniform(0.01, 0.3))
    if draws.chance(0.6):
        return phononic_link(
            n_th=n_th,
            kappa=kappa,
            gamma=gamma,
            positions=_each(2, lambda: draws.uniform(0.1, 12.0)),
            detuning=detuning,
            dephasing=dephasing,
            loss=draws.uniform(0.0, 0.4) if draws.chance(0.3) else 0.0,
            waveguide_occupation=draws.log_uniform(0.01, 0.5) if draws.chance(0.15) else 0.0,
        )
    geometry = ChiralWaveguide(
        right=(kappa, *gamma),
        left=tuple(rate * draws.uniform(0.0, 1.0) for rate in (kappa, *gamma)),
        positions=tuple(np.cumsum(_each(3, lambda: draws.uniform(0.1, 5.0))).tolist()),
    )
    return _behind_one_mode(geometry, n_th, kappa, detuning=detuning, dephasing=dephasing)


def several_modes(draws: Draws) -> Network:
    """Two filters in a row, or the amplifier of two rails: few quanta, wide bands."""
    if draws.chance(0.5):
        return thermal_link(
            n_th=draws.log_uniform(1e-3, 0.3),
            kappa=draws.log_uniform(0.5, 5.0),
            gamma=_each(2, lambda: draws.log_uniform(0.3, 2.0)),
            detuning=_maybe(draws, 0.5, 2, lambda: draws.uniform(-1.0, 1.0)),
            dephasing=_maybe(draws, 0.5, 2, lambda: draws.log_uniform(0.01, 0.3)),
            filters=2,
        )
    return dual_rail(
        pairs=1,
        squeezing=draws.uniform(0.02, 0.4),
        bandwidth=draws.log_uniform(3.0, 30.0),
        detuning=draws.uniform(-1.0, 1.0) if draws.chance(0.5) else 0.0,
        dephasing=draws.log_uniform(0.01, 0.3) if draws.chance(0.5) else 0.0,
    )


def cold_rings(draws: Draws) -> Network:
    """Two ring resonators on a chiral waveguide, one qubit each, no thermal light."""
    return ring_resonators(
        coupling=_each(2, lambda: draws.log_uniform(0.05, 2.0)),
        decay_right=_each(2, lambda: draws.log_uniform(0.3, 3.0)),
        decay_left=draws.uniform(0.0, 0.5) if draws.chance(0.5) else 0.0,
        distance=draws.uniform(0.1, 6.0),
        qubit_decay=draws.log_uniform(0.001, 0.1) if draws.chance(0.5) else 0.0,
        cavity_loss=draws.log_uniform(0.001, 0.3) if draws.chance(0.5) else 0.0,
        detuning=_maybe(draws, 0.5, 2, lambda: draws.uniform(-1.0, 1.0)),
        dephasing=draws.log_uniform(0.001, 0.1) if draws.chance(0.3) else 0.0,
        loss=draws.uniform(0.0, 0.3) if draws.chance(0.3) else 0.0,
    )


DISTRIBUTIONS: dict[str, Callable[[Draws], Network]] = {
    "ordinary": ordinary,
    "nearly_dark": nearly_dark,
    "many_decades": many_decades,
    "bidirectional": bidirectional,
    "several_modes": several_modes,
    "cold_rings": cold_rings,
}
KINDS = tuple(DISTRIBUTIONS)


def _each(count: int, draw: Callable[[], float]) -> tuple[float, ...]:
    return tuple(draw() for _ in range(count))


def _maybe(
    draws: Draws, probability: float, count: int, draw: Callable[[], float]
) -> tuple[float, ...] | float:
    """One value per qubit, or zero for all."""
    return _each(count, draw) if draws.chance(probability) else 0.0


def _behind_one_mode(
    geometry: ChiralWaveguide | CommonReservoir,
    n_th: float,
    kappa: float,
    *,
    dephasing: tuple[float, ...] | float,
    detuning: tuple[float, ...] | float = 0.0,
) -> Network:
    """Two qubits behind a hot mode in any geometry."""
    exchange, decay = geometry.coupling()
    shifts = (0.0, *np.broadcast_to(detuning, 2))
    rates = np.broadcast_to(dephasing, 2)
    return Network(
        nodes=(
            Mode(name="source", bath_rate=kappa, n_th=n_th),
            *(Qubit(name=f"q{i + 1}", dephasing=float(rate)) for i, rate in enumerate(rates)),
        ),
        exchange=exchange + np.diag(shifts),
        decay=decay,
    )
