"""Random networks of several kinds, for solves of many side by side."""

import numpy as np

import thermalent as te
from thermalent.networks.network import Network
from thermalent.networks.nodes import CollectiveSpin, Mode, Qubit, Qudit

LADDER = np.diag([1.0, np.sqrt(2.0)], 1)


def random_network(rng, kind, n_th=None):
    kappa = 10 ** rng.uniform(-2, 0.5)
    n_th = 10 ** rng.uniform(-1, 2.5) if n_th is None else n_th
    gamma = tuple(rng.uniform(0.3, 2, 2))
    if kind == "ideal":
        return te.thermal_link(n_th=n_th, kappa=kappa)
    if kind == "imperfect":
        return te.thermal_link(
            n_th=n_th,
            kappa=kappa,
            gamma=gamma,
            detuning=tuple(rng.normal(size=2)),
            dephasing=tuple(rng.uniform(0, 0.3, 2)),
            loss=rng.uniform(0, 0.3),
        )
    if kind == "warm":
        return te.thermal_link(
            n_th=n_th, kappa=kappa, gamma=gamma, waveguide_occupation=rng.uniform(0, 0.2)
        )
    if kind == "mirror":
        return te.phononic_link(
            n_th, kappa, gamma, positions=rng.uniform(1, 9, 2), detuning=tuple(rng.normal(size=2))
        )
    if kind == "three":
        return te.thermal_link(n_th=n_th, kappa=kappa, qubits=3, detuning=tuple(rng.normal(size=3)))
    if kind == "cold":
        return te.thermal_link(n_th=0.0, kappa=kappa, gamma=gamma)
    second = (
        CollectiveSpin(name="b", qubits=2)
        if kind == "spin"
        else Qudit(
            name="b",
            lower=LADDER,
            local_hamiltonian=np.diag([0.0, 0.3, 1.1]),
            local_jumps=(0.4 * np.diag([0.0, 1.0, 2.0]),),
        )
    )
    return general(rng, n_th, kappa, (Qubit(name="a", dephasing=rng.uniform(0, 0.3)), second))


def general(rng, n_th, kappa, emitters, **mode):
    """Complex couplings of every kind, back-action and absorption included."""
    n = 1 + len(emitters)

    def positive(scale):
        root = rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n))
        return scale * root @ root.conj().T

    exchange = rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n))
    return Network(
        nodes=(Mode(name="m", bath_rate=kappa, n_th=n_th, **mode), *emitters),
        exchange=0.3 * (exchange + exchange.conj().T),
        decay=positive(0.2),
        absorption=positive(0.01),
    )
