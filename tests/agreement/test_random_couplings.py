"""Networks of random complex couplings against the master equation with Kronecker products.

Every node couples to every other, in no geometry that the package knows.
"""

from functools import cache

import numpy as np
import pytest
from scipy.sparse import eye_array
from scipy.sparse.linalg import spsolve

import thermalent as te
from tests.support.lindbladian import FockLindbladian

CUTOFF = 9
SEEDS = (3, 8)
NEAR = 1e-11  # what nine levels leave out of a mode of some hundredths of a quantum: at most 1e-12
FIELD = {"m": 0.6 + 0.3j, "a": -0.2 + 0.8j, "b": 1.1j}


@cache
def drawn(seed, shift=0.0, hotter=0.0):
    """A mode and two qubits; the exchange moves along a random matrix with the shift."""
    rng = np.random.default_rng(seed)
    columns = rng.normal(size=(3, 2)) + 1j * rng.normal(size=(3, 2))
    first, second = (rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3)) for _ in range(2))
    return te.Network(
        nodes=(
            te.Mode(name="m", bath_rate=0.8, n_th=0.1 + hotter),
            te.Qubit(name="a", dephasing=0.1),
            te.Qubit(name="b"),
        ),
        exchange=0.3 * (first + first.conj().T) + shift * (second + second.conj().T),
        decay=0.3 * columns @ columns.conj().T,
    )


@cache
def by_hand(seed, shift=0.0, hotter=0.0):
    fock = FockLindbladian(drawn(seed, shift, hotter), CUTOFF)
    return fock, fock.steady_state()


def field(fock):
    return sum(weight * c for weight, c in zip(FIELD.values(), fock.lowering, strict=True))


@pytest.mark.parametrize("seed", SEEDS)
def test_states_spectra_and_currents(seed):
    network, (fock, rho) = drawn(seed), by_hand(seed)
    steady = te.steady_state(network)
    assert np.max(np.abs(steady.state - fock.emitters(rho))) <= steady.error + NEAR
    out = field(fock)
    number = (out.conj().T @ out).toarray()
    found = te.spectrum(network, [-0.7, 0.4], FIELD)
    one = eye_array(fock.size**2, format="csc")
    for omega, value, error in zip(found.frequencies, found.values, found.error, strict=True):
        regressed = spsolve(1j * omega * one - fock.generator, (out @ rho).ravel())
        exact = np.trace(out.conj().T @ regressed.reshape(rho.shape)).real / np.pi
        assert abs(value - exact) <= error + NEAR
    pairs = te.coherence(network, [0.9], FIELD, order=2)
    after = fock.evolved(out @ rho @ out.conj().T.toarray(), 0.9)
    exact = np.trace(number @ after).real / np.trace(number @ rho).real ** 2
    assert abs(pairs.values[0] - exact) <= pairs.error[0] + 100 * NEAR  # four operators more
    heat = te.heat_currents(network)
    (mode,) = network.modes
    held = np.trace((fock.lowering[0].conj().T @ fock.lowering[0]) @ rho).real
    assert abs(heat.hot - mode.bath_rate * (mode.n_th - held)) <= heat.hot.error + NEAR


@pytest.mark.parametrize("seed", SEEDS)
def test_sensitivities_are_the_slopes_of_the_master_equation(seed):
    rng = np.random.default_rng(seed)
    operator = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    operator = operator + operator.conj().T

    def build(shift, hotter):
        return drawn(seed, float(shift), float(hotter))

    found = te.sensitivities(build, {"shift": 0.05, "hotter": 0.02}, operator)
    step = 1e-3
    for name, sides in (
        ("shift", [(0.05 + k * step, 0.02) for k in (-2, -1, 1, 2)]),
        ("hotter", [(0.05, 0.02 + k * step) for k in (-2, -1, 1, 2)]),
    ):
        values = [
            np.trace(operator @ fock.emitters(rho)).real
            for fock, rho in (by_hand(seed, *side) for side in sides)
        ]
        slope = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * step)
        assert abs(found[name] - slope) <= found[name].error + 1e-8  # of the difference
