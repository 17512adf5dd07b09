"""The master equation written by hand in QuTiP, against Fock and the continued fraction."""

import numpy as np
import pytest

import thermalent as te
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.fock.method import Fock

qutip = pytest.importorskip("qutip")

N_TH, KAPPA = 0.6, 0.4
GAMMA, DETUNING, DEPHASING = (1.0, 0.7), (0.3, -0.5), (0.08, 0.02)
CUTOFF = 20

# QuTiP calls (1, 0) the excited state of a spin; here it is the ground state, as in `thermalent`.
LOWER = qutip.Qobj(np.array([[0.0, 1.0], [0.0, 0.0]]))
EXCITED = LOWER.dag() * LOWER
SIGMA_Z = EXCITED - (1 - EXCITED)


def operators(cutoff):
    """a, sigma_1, sigma_2 on mode x qubit 1 x qubit 2."""
    one = qutip.qeye(2)
    return (
        qutip.tensor(qutip.destroy(cutoff), one, one),
        qutip.tensor(qutip.qeye(cutoff), LOWER, one),
        qutip.tensor(qutip.qeye(cutoff), one, LOWER),
    )


def commutators(x, y):
    """The map rho -> [x rho, y^+] + [y, rho x^+]: y is driven by what x emits."""
    left, right = qutip.spre, qutip.spost
    return (
        qutip.sprepost(x, y.dag())
        - left(y.dag() * x)
        + qutip.sprepost(y, x.dag())
        - right(x.dag() * y)
    )


def sources(a):
    """THERMAL, Eq. (2)."""
    dissipator = qutip.lindblad_dissipator
    return (
        KAPPA * (N_TH + 1) * dissipator(a)
        + KAPPA * N_TH * dissipator(a.dag())
        + KAPPA * dissipator(a)
    )


def qubits(a, sigmas):
    """THERMAL, Eq. (3), and pure dephasing."""
    total = 0 * qutip.lindblad_dissipator(a)
    for sigma, gamma, detuning, dephasing in zip(sigmas, GAMMA, DETUNING, DEPHASING, strict=True):
        excited = sigma.dag() * sigma
        sigma_z = 2 * excited - 1
        total += qutip.liouvillian(detuning / 2 * sigma_z)
        total += gamma * qutip.lindblad_dissipator(sigma)
        total += dephasing / 2 * qutip.lindblad_dissipator(sigma_z)
    return total


def cascade(a, sigmas):
    """THERMAL, Eq. (4)."""
    total = np.sqrt(GAMMA[0] * GAMMA[1]) * commutators(*sigmas)
    for sigma, gamma in zip(sigmas, GAMMA, strict=True):
        total += np.sqrt(gamma * KAPPA) * commutators(a, sigma)
    return total


def steady_qubits(generator):
    """Steady state of the two qubits, (4, 4)."""
    rho = qutip.steadystate(generator)
    return rho.ptrace([1, 2]).full()


@pytest.fixture(scope="module")
def by_hand():
    a, *sigmas = operators(CUTOFF)
    return steady_qubits(sources(a) + qubits(a, sigmas) + cascade(a, sigmas))


@pytest.fixture(scope="module")
def network():
    return te.thermal_link(
        n_th=N_TH, kappa=KAPPA, gamma=GAMMA, detuning=DETUNING, dephasing=DEPHASING
    )


def test_fock_is_the_same_truncated_equation(by_hand, network):
    found = Fock(cutoff=CUTOFF).steady_state(network)
    # Both are exact solutions of one linear system; QuTiP's is good to 1e-12 or so.
    np.testing.assert_allclose(found.state, by_hand, rtol=0, atol=1e-11)


def test_continued_fraction_agrees(by_hand, network):
    found = ContinuedFraction(rtol=1e-12).steady_state(network)
    # nbar = 0.3: the thermal tail beyond 20 levels is (0.3/1.3)^20 = 2e-13.
    np.testing.assert_allclose(found.state, by_hand, rtol=0, atol=1e-8)
    assert np.max(np.abs(found.state - by_hand)) <= Fock(cutoff=CUTOFF).steady_state(network).error


def test_mirrored_waveguide_with_back_action():
    """THERMAL, Eq. (C2), as one Hamiltonian and one sum of dissipators."""
    z, rates = np.array([0.0, 1.0, 2.2]), np.array([KAPPA, *GAMMA])
    a, *sigmas = operators(CUTOFF)
    c = [a, *sigmas]
    hamiltonian = sum(d * s.dag() * s for d, s in zip(DETUNING, sigmas, strict=True))
    generator = sources(a) - KAPPA * qutip.lindblad_dissipator(a)
    exchange, decay = np.zeros((3, 3)), np.zeros((3, 3))
    for j in range(3):
        for l in range(3):
            root = np.sqrt(rates[j] * rates[l])
            total, apart = z[j] + z[l], abs(z[j] - z[l])
            exchange[j, l] = root * (np.sin(total) + np.sin(apart)) / 4
            decay[j, l] = root * (np.cos(total) + np.cos(apart)) / 2
            hamiltonian += exchange[j, l] * c[j].dag() * c[l]
            generator += decay[j, l] * qutip.lindblad_dissipator(c[j], c[l])
    expected = steady_qubits(generator + qutip.liouvillian(hamiltonian))

    network = te.Network(
        nodes=(te.Mode(bath_rate=KAPPA, n_th=N_TH), te.Qubit(name="q1"), te.Qubit(name="q2")),
        exchange=exchange + np.diag([0.0, *DETUNING]),
        decay=decay,
    )
    found = Fock(cutoff=CUTOFF).steady_state(network)
    np.testing.assert_allclose(found.state, expected, rtol=0, atol=1e-11)
    fraction = ContinuedFraction(rtol=1e-12).steady_state(network)
    np.testing.assert_allclose(fraction.state, expected, rtol=0, atol=1e-8)


def test_coherent_drive_breaks_the_symmetry_and_fock_keeps_every_element(network):
    a, *sigmas = operators(8)
    rabi = 0.6
    drive = rabi / 2 * (sigmas[0] + sigmas[0].dag())
    generator = sources(a) + qubits(a, sigmas) + cascade(a, sigmas) + qutip.liouvillian(drive)
    driven = te.Network(
        nodes=(
            network.modes[0],
            te.Qudit(
                name="q1",
                lower=LOWER.full(),
                local_hamiltonian=rabi / 2 * (LOWER + LOWER.dag()).full(),
                local_jumps=(np.sqrt(DEPHASING[0] / 2) * SIGMA_Z.full(),),
            ),
            network.emitters[1],
        ),
        exchange=network.exchange,
        decay=network.decay,
    )
    expected = steady_qubits(generator)
    assert abs(expected[0, 2]) > 1e-3  # a coherence that U(1) symmetry would forbid
    for solver in ("direct", "iterative"):
        found = Fock(cutoff=8, solver=solver).steady_state(driven)
        assert found.status.ok
        np.testing.assert_allclose(found.state, expected, rtol=0, atol=1e-11)


def test_to_qutip_keeps_state_and_order(network):
    result = Fock(cutoff=CUTOFF).steady_state(network)
    rho = result.to_qutip()
    assert rho.dims == [[2, 2], [2, 2]]
    np.testing.assert_array_equal(rho.full(), result.state)
    np.testing.assert_allclose(rho.ptrace(1).full(), result.reduced("q2"), rtol=0, atol=1e-15)
    assert qutip.concurrence(rho) == pytest.approx(result.concurrence(), abs=1e-9)
    excited = qutip.expect(qutip.tensor(EXCITED, qutip.qeye(2)), rho)
    assert excited == pytest.approx(result.state[2, 2].real + result.state[3, 3].real, abs=1e-15)
