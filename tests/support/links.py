"""Random thermal links with every imperfection."""

import numpy as np

import thermalent as te


def random_link(rng: np.random.Generator, *, n_th=(0.0, 5.0), kappa=(0.01, 10.0), qubits=2):
    """A thermal link with every imperfection: n_th uniform or log-uniform, kappa log-uniform."""
    low, high = n_th
    occupation = (
        rng.uniform(low, high) if high < 100 else float(np.exp(rng.uniform(0, np.log(high))))
    )
    return te.thermal_link(
        n_th=occupation,
        kappa=float(np.exp(rng.uniform(*np.log(kappa)))),
        gamma=tuple(rng.uniform(0.5, 1.5, qubits)),
        detuning=tuple(rng.uniform(-1, 1, qubits)) if rng.random() < 0.7 else 0.0,
        dephasing=tuple(rng.uniform(0, 0.2, qubits)) if rng.random() < 0.7 else 0.0,
        loss=float(rng.uniform(0, 0.3)) if rng.random() < 0.7 else 0.0,
        qubits=qubits,
    )
