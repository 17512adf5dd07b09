"""The Liouvillian and the source couplings against the master equation written out by hand."""

import numpy as np
import pytest

import thermalent as te
from thermalent.networks.gaussian_source import gaussian_modes
from thermalent.networks.liouvillian import emitter_liouvillian
from thermalent.networks.symmetry import SymmetryError, excitation_numbers, level_charges
from thermalent.operators.superoperators import dense

LOWER = np.array([[0, 1], [0, 0]], dtype=complex)
S1, S2 = np.kron(LOWER, np.eye(2)), np.kron(np.eye(2), LOWER)
Z1 = np.kron(np.diag([-1.0, 1.0]), np.eye(2))
Z2 = np.kron(np.eye(2), np.diag([-1.0, 1.0]))


def commutator(a, b):
    return a @ b - b @ a


def dissipator(o, rho):
    product = o.conj().T @ o
    return o @ rho @ o.conj().T - 0.5 * (product @ rho + rho @ product)


@pytest.mark.parametrize("seed", range(5))
def test_emitter_liouvillian_is_the_cascaded_master_equation(seed):
    """THERMAL Eqs. (3), (4) without the source, with dephasing, term by term."""
    rng = np.random.default_rng(seed)
    g1, g2 = rng.uniform(0.5, 1.5, 2)
    d1, d2 = rng.normal(size=2)
    f1, f2 = rng.uniform(0, 1, 2)
    net = te.thermal_link(3.0, 0.1, gamma=(g1, g2), detuning=(d1, d2), dephasing=(f1, f2))
    rho = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    expected = (
        -1j * commutator(d1 * Z1 / 2 + d2 * Z2 / 2, rho)
        + g1 * dissipator(S1, rho)
        + g2 * dissipator(S2, rho)
        + np.sqrt(g1 * g2) * (commutator(S1 @ rho, S2.conj().T) + commutator(S2, rho @ S1.conj().T))
        + f1 / 2 * dissipator(Z1, rho)
        + f2 / 2 * dissipator(Z2, rho)
    )
    found = (dense(emitter_liouvillian(net)) @ rho.ravel()).reshape(4, 4)
    # 16 products of numbers of order one.
    assert np.max(np.abs(found - expected)) < 1e-13


@pytest.mark.parametrize("seed", range(3))
def test_source_of_a_cascade_drives_and_feels_nothing(seed):
    """THERMAL Eq. (12): L_+- rho = +-sqrt(gamma kappa) [rho, S^+-]; no back-action."""
    rng = np.random.default_rng(seed)
    kappa, g1, g2 = rng.uniform(0.1, 1.0, 3)
    (mode,) = gaussian_modes(te.thermal_link(4.0, kappa, gamma=(g1, g2)))
    rho = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    drive = np.sqrt(kappa) * (np.sqrt(g1) * S1 + np.sqrt(g2) * S2)
    plus = (dense(mode.drive) @ rho.ravel()).reshape(4, 4)
    minus = (dense(mode.drive_conj) @ rho.ravel()).reshape(4, 4)
    assert np.max(np.abs(plus - commutator(rho, drive.conj().T))) < 1e-13
    assert np.max(np.abs(minus + commutator(rho, drive))) < 1e-13
    assert np.max(np.abs(dense(mode.backaction))) < 1e-15
    assert np.max(np.abs(dense(mode.backaction_conj))) < 1e-15
    assert mode.rate == pytest.approx(kappa)
    assert mode.variance == pytest.approx(2.0)


def test_dense_and_sparse_superoperators_agree():
    """Four qubits are sparse, two are dense: the first two of four decouple downstream."""
    four = te.thermal_link(1.0, 0.2, detuning=(0.1, 0.2, 0.3, 0.4), qubits=4)
    two = te.thermal_link(1.0, 0.2, detuning=(0.1, 0.2))
    rng = np.random.default_rng(1)
    small = rng.normal(size=(4, 4))
    big = np.kron(small, np.diag([1.0, 0, 0, 0]))
    evolved = (emitter_liouvillian(four) @ big.ravel()).reshape(4, 4, 4, 4)
    found = np.einsum("aibi->ab", evolved)
    expected = (emitter_liouvillian(two) @ small.ravel()).reshape(4, 4)
    assert np.max(np.abs(found - expected)) < 1e-13


def test_charges_come_from_the_operators():
    assert level_charges(te.Qubit(name="q")).tolist() == [0, 1]
    spin_one = te.Qudit(name="s", lower=np.sqrt(2) * np.eye(3, k=1))
    assert level_charges(spin_one).tolist() == [0, 1, 2]
    v_system = te.Qudit(name="v", lower=np.array([[0, 1, 1], [0, 0, 0], [0, 0, 0]]))
    assert level_charges(v_system).tolist() == [0, 1, 1]
    upside_down = te.Qudit(name="u", lower=np.eye(2, k=-1))
    assert level_charges(upside_down).tolist() == [1, 0]
    assert excitation_numbers(te.thermal_link(1.0, 0.1)).tolist() == [0, 1, 1, 2]


def _driven(**kwargs):
    qudit = te.Qudit(name="q1", lower=LOWER, **kwargs)
    return te.Network(
        nodes=(te.Mode(bath_rate=0.1, n_th=1.0), qudit),
        exchange=np.zeros((2, 2)),
        decay=np.array([[0.1, 0.3], [0.3, 1.0]]),
    )


def test_broken_symmetry_is_found_and_named():
    with pytest.raises(SymmetryError, match=r"the Hamiltonian of q1 would change it"):
        excitation_numbers(_driven(local_hamiltonian=np.array([[0, 0.1], [0.1, 0]])))
    with pytest.raises(SymmetryError, match=r"the jumps of q1 would change it"):
        excitation_numbers(_driven(local_jumps=[np.array([[0, 1], [1, 0]])]))
    with pytest.raises(SymmetryError, match=r"the lowering operator of q1 would change it"):
        excitation_numbers(
            te.Network(
                nodes=(te.Qudit(name="q1", lower=np.array([[0, 1], [1, 0]])),),
                exchange=np.zeros((1, 1)),
                decay=np.eye(1),
            )
        )
    # Two jumps that break the symmetry alone and keep it together: loss and gain at equal rates.
    x, y = LOWER + LOWER.T, 1j * (LOWER - LOWER.T)
    excitation_numbers(_driven(local_jumps=[x, y]))
    # A thermal jump changes the charge of both sides of rho alike and is no offence.
    excitation_numbers(_driven(local_jumps=[LOWER.T]))


def test_the_fraction_refuses_what_it_cannot_do():
    fraction = te.ContinuedFraction()
    driven = _driven(local_hamiltonian=np.array([[0, 0.1], [0.1, 0]]))
    assert "Hamiltonian of q1" in fraction.refusal(driven)
    assert "te.Fock" in fraction.refusal(driven)
    assert "a boson mode, and the network has none" in fraction.refusal(te.cooperative())
    assert fraction.refusal(te.thermal_link(1.0, 0.1)) is None


def test_detuning_the_source_is_detuning_the_emitters_the_other_way():
    """Only the difference of frequencies matters (a change of frame)."""
    net = te.thermal_link(3.0, 0.3, (1.0, 0.8), loss=0.1)
    shift = np.diag([-0.5, 0.0, 0.0])
    source = te.Network(nodes=net.nodes, exchange=net.exchange + shift, decay=net.decay)
    emitters = te.thermal_link(3.0, 0.3, (1.0, 0.8), loss=0.1, detuning=0.5)
    states = [te.ContinuedFraction(rtol=1e-12).steady_state(n).state for n in (source, emitters)]
    assert np.max(np.abs(states[0] - states[1])) < 1e-12
