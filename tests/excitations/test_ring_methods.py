"""Amplitudes, few excitations, no-jump evolution, against each other and the plain equation."""

import itertools

import numpy as np
import pytest
from scipy.sparse.linalg import expm_multiply

import thermalent as te
from thermalent.excitations import (
    FewExcitations,
    SingleExcitation,
    amplitudes,
    peak_concurrence,
    peak_transfer,
    transfer,
)
from thermalent.models.ring_resonators import ring_resonators
from thermalent.operators import superoperators

TIMES = np.array([0.0, 0.3, 1.0, 2.7, 8.0])
# The Krylov-free exponential of the reference is good to about 1e-13.
AGREE = 1e-11


def random_network(rng, *, modes=2, emitters=None, bath=True):
    """Random exchange and decay between cold modes and emitters: no ring, no line, no symmetry."""
    emitters = emitters or [te.Qubit(name="q1"), te.Qubit(name="q2")]
    n = modes + len(emitters)
    a, b = (rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n)) for _ in range(2))
    return te.Network(
        nodes=(
            *(
                te.Mode(name=f"m{j}", bath_rate=float(rng.uniform(0, 1)) if bath else 0.0)
                for j in range(modes)
            ),
            *emitters,
        ),
        exchange=(a + a.conj().T) / 2,
        decay=b @ b.conj().T / n,
    )


def random_state(rng, dims, most, rank=2):
    """A random mixed state of at most so many excitations."""
    numbers = np.array([sum(levels) for levels in itertools.product(*map(range, dims))])
    psi = rng.normal(size=(len(numbers), rank)) + 1j * rng.normal(size=(len(numbers), rank))
    psi[numbers > most] = 0
    rho = psi @ psi.conj().T
    return rho / np.trace(rho).real


def reference(network, initial, times, levels):
    """The master equation with all modes kept to so many levels, from its definition."""
    dims = (*[levels] * len(network.modes), *network.dims)
    locals_ = [np.diag(np.sqrt(np.arange(1.0, levels)), 1) + 0j for _ in network.modes]
    locals_ += [emitter.lowering for emitter in network.emitters]
    c = [superoperators.embed(local, j, dims) for j, local in enumerate(locals_)]
    n, size = len(c), int(np.prod(dims))
    hamiltonian, jumps = superoperators.zero(size), []
    for j, l in itertools.product(range(n), repeat=2):
        hamiltonian = hamiltonian + network.exchange[j, l] * (c[j].conj().T @ c[l])
        jumps.append((network.decay[j, l] * c[j], c[l]))
    for j, mode in enumerate(network.modes):
        jumps.append((mode.bath_rate * c[j], c[j]))
    for p, emitter in enumerate(network.emitters, start=len(network.modes)):
        hamiltonian = hamiltonian + superoperators.embed(emitter.hamiltonian, p, dims)
        for jump in emitter.collapse_operators:
            local = superoperators.embed(jump, p, dims)
            jumps.append((local, local))
    generator = superoperators.lindblad(hamiltonian, jumps)
    empty = np.zeros((size // len(initial),) * 2)
    empty[0, 0] = 1
    start = np.kron(empty, initial).ravel()
    states = []
    for t in times:
        rho = expm_multiply(generator * t, start).reshape(size, size)
        states.append(te.partial_trace(rho, dims, list(range(len(network.modes), len(dims)))))
    return np.array(states)


@pytest.mark.parametrize("seed", range(4))
def test_one_excitation_by_three_routes(seed):
    rng = np.random.default_rng(seed)
    network = random_network(rng)
    initial = random_state(rng, network.dims, 1)
    exact = reference(network, initial, TIMES, 2)
    one = te.evolve(network, TIMES, initial, SingleExcitation(), source="empty")
    few = te.evolve(network, TIMES, initial, FewExcitations())
    for evolved in (one, few):
        assert np.max(np.abs(evolved.states - exact)) < AGREE
        np.testing.assert_array_less(
            np.max(np.abs(evolved.states - one.states), axis=(1, 2)), one.error + few.error
        )
    assert np.max(np.abs(exact[-1] - exact[0])) > 0.1  # something happened


@pytest.mark.parametrize("seed", range(3))
def test_two_excitations_with_every_imperfection(seed):
    rng = np.random.default_rng(100 + seed)
    emitters = [
        te.Qubit(name="q1", dephasing=0.3),
        te.Qudit(
            name="d",
            lower=np.diag(rng.normal(size=2) + 1j, 1),
            local_hamiltonian=np.diag([0.1, 0.4, -0.3]),
            local_jumps=(0.4 * np.diag([1.0, 0.5], 1), 0.2 * np.diag([0.0, 1.0, 2.0])),
        ),
    ]
    network = random_network(rng, modes=1, emitters=emitters)
    initial = random_state(rng, network.dims, 2)
    few = te.evolve(network, TIMES, initial, FewExcitations())
    assert np.max(np.abs(few.states - reference(network, initial, TIMES, 3))) < AGREE


def test_collective_spins_are_the_symmetric_qubits():
    def networks(**options):
        return ring_resonators(
            (0.3, 0.4j), 1.0, 0.3, distance=2.0, qubits=2, detuning=(0.2, -0.1), **options
        )

    symmetric = np.zeros((4, 3))  # |k> of the spin as states of two qubits
    symmetric[0, 0] = symmetric[3, 2] = 1
    symmetric[1:3, 1] = np.sqrt(0.5)
    both = np.kron(symmetric, symmetric)
    ket = np.kron([0.6, 0.0, 0.8j], [1, 0, 0])
    spins = te.evolve(networks(collective=True), TIMES, ket, FewExcitations())
    qubits = te.evolve(networks(), TIMES, both @ ket, FewExcitations())
    assert np.max(np.abs(both @ spins.states @ both.T - qubits.states)) < AGREE


@pytest.mark.parametrize("seed", range(3))
def test_what_every_evolution_keeps(seed):
    rng = np.random.default_rng(200 + seed)
    network = random_network(rng, emitters=[te.Qubit(name=f"q{i}") for i in range(3)])
    initial = random_state(rng, network.dims, 2)
    times = np.linspace(0, 10, 41)
    few = te.evolve(network, times, initial, FewExcitations())
    numbers = np.array([sum(levels) for levels in itertools.product(range(2), repeat=3)])
    for state, error in zip(few.states, few.error, strict=True):
        assert abs(np.trace(state) - 1) < 8 * error
        assert np.max(np.abs(state - state.conj().T)) <= 2 * error
        assert np.linalg.eigvalsh(state)[0] > -8 * error
        assert np.all(state[numbers > 2] == 0)  # never more than at the start
    with_modes = [sum(abs(psi) ** 2) for psi in amplitudes(network, times, {"q0": 0.6, "q2": 0.8})]
    assert np.all(np.diff(with_modes) < 1e-14)  # the excitation only decays


def test_the_error_bounds_hold_against_many_digits():
    network = ring_resonators((0.3, 0.3), 1.0, 0.2, distance=1.0)
    for t in (1.0, 30.0, 1000.0):
        block = of_many_digits(network, t)
        for method in (SingleExcitation(), FewExcitations()):
            found = te.evolve(network, [t], "10", method)
            assert np.max(np.abs(found.states[0] - block)) <= found.error[0] < 1e-9


def of_many_digits(network, t):
    """The state of two qubits, the first excited, by an exponential in 40 digits."""
    mp = pytest.importorskip("mpmath")
    from thermalent.excitations.losses import amplitude_matrix

    matrix = amplitude_matrix(network)
    with mp.workdps(40):
        exact = mp.expm(mp.matrix((-1j * matrix).tolist()) * mp.mpf(t))
        two = np.array([complex(exact[i, 2]) for i in (2, 3)])
    block = np.outer([0, two[1], two[0], 0], np.conj([0, two[1], two[0], 0]))
    block[0, 0] = 1 - np.trace(block).real
    return block


def test_errors_of_a_thousand_turns_are_those_of_roundings():
    """From below, too: a coupling that is rounded once moves the amplitudes by some g t eps."""
    t = 30.0
    one, other = (
        ring_resonators((g, g), 1e-3, 0.0, distance=np.pi) for g in (30.0, 30.0 * (1 + 1e-8))
    )
    exact, moved = of_many_digits(one, t), of_many_digits(other, t)
    rounded = np.max(np.abs(moved - exact)) * np.finfo(float).eps / 1e-8
    single, few = (
        te.evolve(one, [t], "10", method) for method in (SingleExcitation(), FewExcitations())
    )
    assert rounded <= single.error[0] <= 1e3 * rounded
    true = np.max(np.abs(few.states[0] - exact))
    # What hardly decays repeats its roundings in every step, with the same sign.
    assert true <= few.error[0] <= 50 * true


def test_distance_drops_out_of_a_one_way_waveguide():
    one = peak_concurrence(ring_resonators((0.2, 0.3), distance=1.0), "10", until=40)
    other = peak_concurrence(ring_resonators((0.2, 0.3), distance=2.5), "10", until=40)
    assert one.value == pytest.approx(other.value, abs=1e-13)
    # and does not without: the negative control
    both = [
        peak_concurrence(ring_resonators((0.2, 0.3), 1.0, 0.5, distance=d), "10", until=40).value
        for d in (1.0, 2.5)
    ]
    assert abs(both[0] - both[1]) > 0.01


@pytest.mark.parametrize("seed", range(3))
def test_no_jump_evolution_is_the_fidelity_of_the_full_one(seed):
    rng = np.random.default_rng(300 + seed)
    network = ring_resonators(
        tuple(map(tuple, rng.uniform(0.2, 0.6, (2, 2)))),
        1.0,
        0.4,
        distance=1.3,
        qubits=2,
        qubit_decay=tuple(map(tuple, rng.uniform(0, 0.2, (2, 2)))),
        cavity_loss=0.1,
        detuning=tuple(map(tuple, rng.uniform(-0.5, 0.5, (2, 2)))),
    )
    few = te.evolve(network, TIMES, "1100", FewExcitations())
    full = [state[0b0011, 0b0011].real for state in few.states]
    found = transfer(network, TIMES, "1100", "0011")
    np.testing.assert_allclose(found.fidelity, full, rtol=0, atol=AGREE)
    np.testing.assert_allclose(found.root_fidelity**2, found.fidelity, rtol=1e-14)
    peak = peak_transfer(network, "1100", "0011", until=20)
    at_peak = te.evolve(network, [peak.time], "1100", FewExcitations()).states[0]
    assert peak.value == pytest.approx(at_peak[0b0011, 0b0011].real, abs=AGREE)
    fine = transfer(network, np.linspace(0, 20, 2001), "1100", "0011").fidelity
    assert peak.value >= fine.max() > peak.value - 1e-4


def test_peak_is_the_largest_of_the_evolution():
    network = ring_resonators((0.8, 1.1), 1.0, 0.3, distance=2.0)  # many Rabi oscillations
    peak = peak_concurrence(network, "10", until=30)
    series = te.evolve(network, np.linspace(0, 30, 3001), "10", SingleExcitation()).concurrence()
    assert peak.value >= series.max() > peak.value - 1e-4
    at = te.evolve(network, [peak.time], "10", SingleExcitation()).concurrence()[0]
    assert at == pytest.approx(peak.value, abs=1e-13)
    early = peak_concurrence(network, "10", until=0.2)
    assert not early.interior
    assert early.time == 0.2


@pytest.mark.parametrize("seed", range(12))
def test_no_peak_is_missed(seed):
    """Weakly damped oscillations have many peaks of nearly the same height."""
    rng = np.random.default_rng(400 + seed)
    network = ring_resonators(
        tuple(rng.uniform(0.05, 2.0, 2)),
        float(rng.uniform(0.01, 0.5)),
        float(rng.uniform(0, 0.5)),
        distance=float(rng.uniform(0.1, 6)),
        detuning=tuple(rng.uniform(-1, 1, 2)),
        cavity_detuning=tuple(rng.uniform(-1, 1, 2)),
    )
    times = np.linspace(0, 50, 4001)
    psi = amplitudes(network, times, "10")
    found = peak_concurrence(network, "10", until=50)
    assert found.value >= np.max(2 * np.abs(psi[:, 2] * psi[:, 3])) - 1e-13
    found = peak_transfer(network, "10", "01", until=50)
    assert found.value >= np.max(np.abs(psi[:, 3]) ** 2) - 1e-13


def test_superpositions_with_the_vacuum_keep_their_coherence():
    network = ring_resonators((0.3, 0.5))
    ket = np.array([0.6, 0, 0.8j, 0])
    one = te.evolve(network, TIMES, ket, SingleExcitation()).states
    few = te.evolve(network, TIMES, ket, FewExcitations()).states
    assert np.max(np.abs(one - few)) < AGREE
    assert abs(few[3, 0, 1]) > 0.05


def test_the_fidelity_that_is_meant():
    """Against a ket F is <psi|rho|psi>, and root_fidelity the other convention."""
    network = ring_resonators(0.3, qubits=2)
    bell, ground = te.states.bell("Psi+"), te.states.ket("00")
    found = transfer(network, [6.7], np.kron(bell, ground), np.kron(ground, bell))
    state = te.evolve(network, [6.7], np.kron(bell, ground), SingleExcitation()).at(0)
    rho = state.reduced("q2a", "q2b")
    assert te.fidelity(rho, bell, squared=True) == pytest.approx(found.fidelity[0], abs=1e-12)
    assert te.fidelity(rho, bell, squared=False) == pytest.approx(found.root_fidelity[0], abs=1e-12)


def test_dicke_states_of_single_qubits_and_of_spins():
    """|6D_3>: twenty by twenty configurations of qubits, or one amplitude of a spin."""
    times = [5.0, 7.0, 9.0]
    qubits = ring_resonators((0.17, 0.2), 1.0, 0.1, qubits=6)
    chosen = [
        "".join("01"[i in three] for i in range(6)) for three in itertools.combinations(range(6), 3)
    ]
    initial = {label + "000000": 20**-0.5 for label in chosen}
    target = {"000000" + label: 20**-0.5 for label in chosen}
    spins = ring_resonators((0.17, 0.2), 1.0, 0.1, qubits=6, collective=True)
    np.testing.assert_allclose(
        transfer(qubits, times, initial, target).amplitude,
        transfer(spins, times, "3,0", "0,3").amplitude,
        atol=AGREE,
    )


def test_a_spin_of_qubits_that_decay_by_themselves():
    r"""What no-jump evolution needs of them is \(-\Gamma k/2\), which keeps the spin symmetric."""
    rate, couplings = 0.15, (0.3, 0.25)
    spins = ring_resonators(couplings, qubits=3, collective=True)
    losing = np.diag(np.sqrt(rate * np.arange(1.0, 4)), 1)
    network = te.Network(
        nodes=(
            *spins.modes,
            *(
                te.Qudit(name=spin.name, lower=spin.lowering, local_jumps=(losing,))
                for spin in spins.emitters
            ),
        ),
        exchange=spins.exchange,
        decay=spins.decay,
    )
    qubits = ring_resonators(couplings, qubits=3, qubit_decay=rate)
    two = ["110", "101", "011"]
    initial = {label + "000": 3**-0.5 for label in two}
    target = {"000" + label: 3**-0.5 for label in two}
    times = [3.0, 6.0, 9.0]
    found = transfer(network, times, "2,0", "0,2").amplitude
    np.testing.assert_allclose(
        found, transfer(qubits, times, initial, target).amplitude, atol=AGREE
    )
    assert np.max(np.abs(found - transfer(spins, times, "2,0", "0,2").amplitude)) > 0.1


def test_a_cold_thermal_link_by_the_continued_fraction():
    """A single mode, so the phase-space hierarchy solves it too, by quite another route."""
    network = te.thermal_link(
        n_th=0.0, kappa=0.7, gamma=(1.0, 0.8), detuning=(0.2, -0.3), dephasing=0.1, loss=0.2
    )
    few = te.evolve(network, TIMES, "11", FewExcitations(), source="empty")
    fraction = te.evolve(network, TIMES, "11", te.ContinuedFraction())  # stationary: empty, too
    difference = np.max(np.abs(few.states - fraction.states), axis=(1, 2))
    assert np.all(difference <= few.error + fraction.error)
    assert np.max(fraction.error) < 1e-8


def test_a_peak_within_the_last_step_of_the_interval():
    network = ring_resonators((0.2, 0.3))
    whole = peak_concurrence(network, "10", until=40)
    for beyond in (1e-3, 1e-6):
        cut = peak_concurrence(network, "10", until=whole.time + beyond)
        assert cut.interior
        assert cut == pytest.approx(whole, abs=1e-9)
    before = peak_concurrence(network, "10", until=whole.time - 1e-3)
    assert not before.interior
    assert before.time == whole.time - 1e-3
    assert before.value < whole.value


def test_an_emitter_whose_ground_state_is_its_second_level():
    """Against the master equation: the excitation is on the first level, and moves on."""
    network = te.Network(
        nodes=(te.Qudit(name="u", lower=[[0, 0], [1, 0]]), te.Qubit(name="q")),
        exchange=[[0.0, 0.7], [0.7, 0.3]],
        decay=[[0.5, 0.0], [0.0, 0.1]],
    )
    start = np.zeros((4, 4))
    start[0, 0] = 1.0
    few, fock = (te.evolve(network, [0.4, 2.0], start, m) for m in (SingleExcitation(), te.Fock()))
    assert np.max(np.abs(few.states - fock.states)) <= np.max(few.error + fock.error) < 1e-8
    assert few.states[0, 3, 3].real > 0.05
