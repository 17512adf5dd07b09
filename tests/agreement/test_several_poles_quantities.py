"""Every quantity behind several poles against master equations written out with Kronecker products.

Steady states are in `test_matrix` already; here evolutions from every start of the source, spectra,
coherence of both orders, relaxation rates and derivatives. Occupations are small, so that a few
Fock states of each mode hold everything; what these lack is measured by one state more.
"""

from functools import cache

import numpy as np
import pytest
from scipy.sparse.linalg import expm_multiply

import thermalent as te
from tests.support.charge_sectors import Sectors
from tests.support.several_poles_sources import behind
from thermalent.analysis.radiation.field import field_of

TIMES = (0.7, 5.0)
OMEGA = (-0.6, 0.25)
SOURCE = (0.15, 0.1j)


def cavities(n_th=0.01):
    return te.thermal_link(n_th, 0.5, 0.8, detuning=0.2, filters=2, qubits=1)


def unequal_with_a_zero(n_th=0.01):
    """Detuned against each other, both with hot ports, both leaking into the waveguide."""
    return behind(
        (
            te.Mode(name="a", bath_rate=0.5, n_th=n_th),
            te.Mode(name="b", bath_rate=0.2, n_th=0.4 * n_th),
        ),
        np.array([[0.1, 0.3 - 0.1j], [0.3 + 0.1j, -0.2]]),
        (0.0, 0.1),
        (0.3, 0.5j),
        (1.0,),
        (0.1,),
    )


def chebyshev(n_th=0.01):
    shape = te.Filter.chebyshev(2, 0.6, 0.5)
    return te.thermal_link(n_th, filter=shape, detuning=-0.1, dephasing=0.05, qubits=1)


SYSTEMS = (cavities, unequal_with_a_zero, chebyshev)


@cache
def sectors(build, cutoff):
    return Sectors(build(), cutoff)


def started(full, source):
    """The modes and an excited qubit at time zero."""
    cutoff = round(np.sqrt(full.size / 2))
    qubit = np.array([[0.36, 0.0], [0.0, 0.64]])
    if source == "stationary":
        # The qubit is downstream and does not act back: its trace leaves the stationary source.
        rho = full.steady_state().reshape(cutoff**2, 2, cutoff**2, 2)
        return np.kron(np.einsum("aibi->ab", rho), qubit)
    kets = []
    for amplitude in (0.0, 0.0) if source == "empty" else source:
        n = np.arange(cutoff)
        factorial = np.cumprod(np.maximum(n, 1)).astype(float)
        ket = complex(amplitude) ** n / np.sqrt(factorial)
        kets.append(ket / np.linalg.norm(ket))
    ket = np.kron(*kets)
    return np.kron(np.outer(ket, ket.conj()), qubit)


def evolution(full, source):
    """Populations of the qubit, and its coherence where the source's amplitude makes one."""
    start, found = started(full, source).ravel(), np.zeros((len(TIMES), 2, 2), dtype=complex)
    for charge in (-1, 0, 1):
        inside, generator = full.part(charge)
        for i, time in enumerate(TIMES):
            rho = full.whole(inside, expm_multiply(generator * time, start[inside]))
            found[i] += np.einsum("aiaj->ij", rho.reshape(full.size // 2, 2, full.size // 2, 2))
    return found


def correlation(full, order, weight):
    """Coherence at TIMES and spectrum at OMEGA of the qubit's own field, weight times c."""
    rho, o = full.steady_state(), weight * full.lowering[-1].toarray()
    od = o.conj().T
    flux = np.trace(od @ o @ rho).real
    start = o @ rho if order == 1 else o @ rho @ od
    read = od if order == 1 else od @ o
    inside, generator = full.part(-1 if order == 1 else 0)
    start, read = start.ravel()[inside], read.T.ravel()[inside]
    values = [read @ expm_multiply(generator * time, start) / flux**order for time in TIMES]
    for omega in OMEGA if order == 1 else ():
        whole = 1j * omega * np.eye(len(inside)) - generator.toarray()
        values.append((read @ np.linalg.solve(whole, start)).real / np.pi)
    return np.array(values)


def slowest(full):
    """The six slowest rates of charge one: three, and what they may change places with."""
    values = -np.linalg.eigvals(full.part(1)[1].toarray())
    return values[np.argsort(values.real)][:6]


def slope(build, cutoff):
    """d<excited>/d n_th by a central difference with an error of 1e-7 or so."""
    step, found = 1e-3, []
    for n_th in (0.01 - step, 0.01 + step):
        rho = Sectors(build(n_th), cutoff).steady_state()
        found.append(np.einsum("aiai->i", rho.reshape(-1, 2, len(rho) // 2, 2))[1].real)
    return np.array([(found[1] - found[0]) / (2 * step)])


def agree(found, error, fewer, enough, floor=1e-9):
    """Within the stated error and what the last Fock state changed."""
    truncation = np.max(np.abs(enough - fewer))
    assert np.all(np.abs(found - enough) <= np.asarray(error) + truncation + floor)
    assert truncation < 1e-3 * np.max(np.abs(enough))  # or the comparison would say little


@pytest.mark.parametrize("source", ["stationary", "empty", SOURCE], ids=str)
@pytest.mark.parametrize("build", SYSTEMS, ids=lambda build: build.__name__)
def test_evolution(build, source):
    rho = np.diag([0.36, 0.64])
    found = te.evolve(build(), TIMES, rho, te.ContinuedFraction(rtol=1e-6), source=source)
    fewer, enough = (evolution(sectors(build, cutoff), source) for cutoff in (4, 5))
    agree(found.states, np.max(found.error), fewer, enough)
    assert np.max(found.error) < 1e-5


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("build", SYSTEMS, ids=lambda build: build.__name__)
def test_coherence_and_spectra(build, order):
    network = build()
    emitter = network.emitters[-1].name
    weight = field_of(network, emitter)[0][-1]
    light = te.coherence(network, TIMES, emitter, order=order, rtol=1e-6)
    values, error = list(light.values), list(light.error)
    if order == 1:
        lines = te.spectrum(network, OMEGA, emitter, rtol=1e-6)
        values, error = [*values, *lines.values], [*error, *lines.error]
    fewer, enough = (correlation(sectors(build, cutoff), order, weight) for cutoff in (4, 5))
    agree(np.array(values), error, fewer, enough)
    assert np.max(error) < 1e-4 * np.max(np.abs(enough))


@pytest.mark.parametrize("build", SYSTEMS, ids=lambda build: build.__name__)
def test_relaxation_rates(build):
    found = te.relaxation_rates(build(), 3, charge=1, rtol=1e-7)
    fewer, enough = (slowest(sectors(build, cutoff)) for cutoff in (4, 5))
    # Of a conjugate or nearly equal pair, at the end of the list, either may be the one in it.
    nearest = np.array([enough[np.argmin(np.abs(enough - value))] for value in found.values])
    truncation = np.max(np.abs(fewer.real - enough.real)[:3])
    assert np.all(np.abs(found.values - nearest) <= found.error + truncation + 1e-8)
    assert np.sort(found.values.real) == pytest.approx(enough.real[:3], abs=1e-4)


@pytest.mark.parametrize("build", SYSTEMS, ids=lambda build: build.__name__)
def test_derivatives(build):
    excited = np.diag([0.0, 1.0])
    found = te.sensitivities(lambda n_th: build(n_th), {"n_th": 0.01}, excited, rtol=1e-5)
    fewer, enough = (slope(build, cutoff) for cutoff in (4, 5))
    agree(found["n_th"], found["n_th"].error, fewer, enough, floor=1e-6)
