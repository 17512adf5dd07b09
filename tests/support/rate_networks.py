"""Random networks by kind, cold enough that their rates are known from Fock space."""

import numpy as np

import thermalent as te


def random_network(kind, rng):
    """A network of a kind, cold enough for Fock space."""
    n_th = float(rng.uniform(0.0, 0.15))
    kappa = float(np.exp(rng.uniform(np.log(0.1), np.log(5))))
    gamma = rng.uniform(0.3, 1.5, 2)
    detuning = rng.uniform(-1, 1, 2)
    if kind == "one qubit":
        return te.thermal_link(
            n_th, kappa, gamma=float(gamma[0]), detuning=float(detuning[0]), qubits=1
        )
    if kind == "ordinary":
        return te.thermal_link(
            n_th, kappa, gamma=tuple(gamma), detuning=tuple(detuning), dephasing=0.1, loss=0.2
        )
    if kind == "equal":
        return te.thermal_link(n_th, kappa, gamma=float(gamma[0]))
    if kind == "detuned":
        return te.thermal_link(n_th, kappa, gamma=tuple(gamma), detuning=tuple(30 * detuning))
    if kind == "bidirectional":
        places = tuple(rng.uniform(0.1, 2, 2))
        return te.phononic_link(n_th, kappa, wavelengths=places, detuning=tuple(detuning))
    if kind == "nearly dark":
        return te.phononic_link(n_th, kappa, wavelengths=(1, 2), detuning=tuple(1e-2 * detuning))
    if kind == "not unique":
        return te.phononic_link(n_th, kappa, wavelengths=(1, 2))
    raise ValueError(kind)


KINDS = (
    "one qubit", "ordinary", "equal", "detuned", "bidirectional", "nearly dark", "not unique"
)  # fmt: skip
