"""Evolutions under random schedules and from random starts: the fraction against Fock space."""

import numpy as np
import pytest

import thermalent as te
from tests.support.long_ones import ordinary_and_long


def between(rng, low, high):
    return float(10 ** rng.uniform(np.log10(low), np.log10(high)))


def random_evolution(rng):
    """A schedule or a network behind one or two poles, times, a ket, and how the source starts."""
    qubits, kappa, n_th = int(rng.integers(1, 3)), between(rng, 0.02, 3.0), between(rng, 1e-3, 0.4)
    rates = [kappa, kappa * between(rng, 0.3, 3.0)]
    filters = (None, te.Filter.butterworth(2, kappa), te.Filter.cavities(rates))
    two = int(rng.integers(4))  # of which 3 stands for two equal cavities
    given = {"filters": 2} if two == 3 else {} if two == 0 else {"filter": filters[two]}
    coupled = {
        "gamma": tuple(between(rng, 0.3, 3.0) for _ in range(qubits)),
        "detuning": tuple(rng.normal(size=qubits) * rng.choice([0.0, 0.3, 2.0])),
        "dephasing": float(rng.choice([0.0, 0.1])),
        "qubits": qubits,
        **given,
    }
    if "filter" not in given:
        coupled["kappa"] = kappa

    def link(heat):
        return te.thermal_link(n_th * heat, **coupled)

    pieces = [(link(float(rng.choice([1.0, 0.0, 1.7]))), between(rng, 0.05, 30.0)) for _ in "123"]
    evolved = te.Schedule(pieces) if rng.random() < 0.7 else link(1.0)
    times = np.sort(rng.uniform(0.0, sum(length for _, length in pieces), 4))
    ket = rng.normal(size=2**qubits) + 1j * rng.normal(size=2**qubits)
    source = str(rng.choice(["stationary", "empty"]))
    return evolved, times, ket / np.linalg.norm(ket), source


ORDINARY = {1, 2, 3, 5, 7, 8}


@pytest.mark.parametrize("seed", ordinary_and_long(range(80), set(range(80)) - ORDINARY))
def test_the_errors_of_random_evolutions_hold(seed):
    rng = np.random.default_rng([seed, 71])
    evolved, times, ket, source = random_evolution(rng)
    method = te.ContinuedFraction(rtol=float(rng.choice([1e-3, 1e-5, 1e-7])))
    fock = te.evolve(evolved, times, ket, te.Fock(tolerance=1e-9), source=source)
    found = te.evolve(evolved, times, ket, method, source=source)
    off = np.max(np.abs(found.states - fock.states), axis=(1, 2))
    assert np.all(off <= found.error + fock.error)
    assert np.max(found.error) <= 100 * method.rtol
