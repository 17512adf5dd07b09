"""Trajectories against the exact methods, against brute force, and against themselves."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from scipy.linalg import expm
from scipy.sparse.linalg import expm_multiply
from scipy.spatial.transform import Rotation

import thermalent as te
from tests.support.links import random_link
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.ensembles.burn_in import BurnIn
from thermalent.networks.nodes import Mode, Qubit, Qudit
from thermalent.solution.validity import checked
from thermalent.stochastic import (
    FieldTrajectories,
    along,
    burn_in,
    ornstein_uhlenbeck,
    phase_diffusion,
)
from thermalent.stochastic.burn_in import ground_state
from thermalent.stochastic.driven import driven_emitters
from thermalent.stochastic.paths import PathSpec, Segment
from thermalent.stochastic.run import FieldRun
from thermalent.stochastic.step_bias import COARSENINGS
from thermalent.stochastic.step_kernels import LANES_OF_BLOCK, rotation_matrices

LIMIT = 5.0  # standard errors; seeds are fixed


def behind(network, emitters):
    """The same waveguide with other emitters."""
    return replace(network, nodes=(network.nodes[0], *emitters))


QUTRIT = Qudit(
    name="qutrit",
    lower=np.array([[0, 1, 0], [0, 0, 1.3], [0, 0, 0]]),
    local_hamiltonian=np.diag([0.0, 0.1, 0.4]),
    local_jumps=(np.diag([0.0, 0.2, 0.3]),),
)
PUMPED = Qudit(  # its Hamiltonian does not conserve the excitation number
    name="pumped", lower=np.array([[0, 1], [0, 0]]), local_hamiltonian=[[0.1, 0.4], [0.4, 0.0]]
)
TILTED = Qudit(name="tilted", lower=np.array([[0.3, 1.0], [0.1j, -0.2]]))


def networks():
    link = te.thermal_link(8.0, 0.4, gamma=(1.0, 0.7), detuning=(0.3, -0.2), dephasing=0.1)
    turned = np.array(link.exchange)
    turned[0, 0] = 0.6  # a detuned source
    three = te.thermal_link(5.0, 0.3, gamma=(1.0, 0.5, 0.8), loss=0.1, qubits=3)
    return {
        "two qubits": link,
        "one qubit": te.thermal_link(3.0, 0.2, qubits=1),
        "three qubits": three,
        "detuned source": replace(link, exchange=turned),
        "qutrit and qubit": behind(link, (QUTRIT, Qubit(name="q"))),
        "pumped and tilted": behind(link, (PUMPED, TILTED)),
    }


# --- One path: the scheme against dense exponentials, and what it conserves


@pytest.mark.parametrize("name", networks())
def test_steps_are_products_of_exponentials(name):
    """The kernels against scipy's exponentials of the superoperators themselves."""
    from thermalent.networks.gaussian_source import gaussian_modes
    from thermalent.networks.liouvillian import emitter_liouvillian
    from thermalent.operators.superoperators import dense

    net = networks()[name]
    mode = gaussian_modes(net)[0]
    rng = np.random.default_rng(3)
    # Integrals from tiny to several turns.
    size = 10.0 ** rng.uniform(-3, 1.2, (3, 6))
    integrals = size * np.exp(2j * np.pi * rng.random((3, 6)))
    h = 0.3
    states = along(net, integrals, step=h, initial="0" * len(net.dims))
    half = expm(dense(emitter_liouvillian(net)) * h / 2)
    for path, rhos in zip(integrals, states, strict=True):
        vector = rhos[0].ravel()
        for amplitude, rho in zip(path, rhos[1:], strict=True):
            generator = dense(amplitude * mode.drive + np.conj(amplitude) * mode.drive_conj)
            vector = half @ (expm(generator) @ (half @ vector))
            assert np.max(np.abs(rho.ravel() - vector)) < 1e-12  # six steps of rounding


def test_rotations_are_exact_to_rounding_up_to_the_largest_angle(rng):
    """An angle of 1.5 without doubling: the series leaves less than a rounding."""
    w = rng.normal(size=(3, 2))
    integral = rng.normal(size=(2, LANES_OF_BLOCK))
    integral *= 1.5 / np.linalg.norm(w @ integral, axis=0)
    matrix = np.empty((9, LANES_OF_BLOCK))
    rotation_matrices(w, integral, 0, matrix)
    expected = Rotation.from_rotvec((w @ integral).T).as_matrix()  # (lanes, 3, 3)
    assert np.max(np.abs(matrix.T.reshape(-1, 3, 3) - expected)) < 5e-15


@pytest.mark.parametrize("name", networks())
def test_every_path_is_a_path_of_states(name):
    """Trace and positivity to 1e-12, even at steps far too long: each factor is a channel."""
    net = networks()[name]
    mode = driven_emitters(net)
    for h in (0.05, 2.0):
        times = h * np.arange(201)
        _, integrals = ornstein_uhlenbeck(
            times, rate=mode.rate, variance=mode.variance, n=70, seed=4, integral=True
        )
        start = np.eye(len(states_of(net))) / len(states_of(net))
        rho = along(net, integrals, step=h, initial=start, every=20)
        assert np.max(np.abs(np.trace(rho, axis1=2, axis2=3) - 1)) < 1e-12
        assert np.max(np.abs(rho - rho.conj().swapaxes(2, 3))) < 1e-12
        assert np.min(np.linalg.eigvalsh(rho)) > -1e-12


def states_of(net):
    return range(int(np.prod(net.dims)))


def test_a_constant_field_leads_to_the_dark_state():
    """THERMAL, Eq. (19): without noise both qubits end in a pure state, of known populations."""
    net = te.thermal_link(0.0, 0.01)
    u, h = 9.0, 0.02
    rho = along(net, np.full((1, 20_000), u * h), step=h, every=20_000)[0, -1]
    ratio = 8 * 0.01 * u**2  # rho_S / rho_00 = 8 kappa |u|^2 / gamma
    assert np.trace(rho @ rho).real == pytest.approx(1.0, abs=1e-3)  # the step is of second order
    singlet = (rho[1, 1] + rho[2, 2]).real / 2 - rho[1, 2].real
    assert singlet == pytest.approx(ratio / (1 + ratio), abs=1e-3)


# --- Averages against the exact methods


def test_steady_states_agree_with_the_continued_fraction():
    rng = np.random.default_rng(5)
    within, squares = 0, []
    for seed in range(22):
        net = random_link(rng, n_th=(1.0, 200.0), kappa=(0.05, 2.0))
        exact = ContinuedFraction().steady_state(net).state
        result = checked(FieldTrajectories(n=1024, seed=seed).steady_state(net))
        assert result.status.ok, result.status.message
        deviation = np.max(np.abs(result.state - exact))
        assert deviation < 4 * result.stats["standard_error"]
        within += deviation < float(result.error)
        z = np.diag(result.state - exact).real / np.diag(result.stats["standard_errors"])
        squares.append(np.mean(z**2))
    # The errors are not exaggerated either: the z of the populations scatter by about one. Their
    # mean square was 0.91, and is known to 0.17 from so few.
    assert np.mean(squares) == pytest.approx(1.0, abs=0.5)
    assert within >= 12  # 17 measured, and expected of 22


@pytest.mark.parametrize("change", ["variance", "rate", "amplitude of the drive"])
def test_a_wrong_equation_is_noticed(change):
    """Negative controls: noise 10 % too strong, drift 20 % too fast, drive 5 % too strong."""
    net = te.thermal_link(20.0, 0.3, detuning=(0.1, -0.2))
    exact = ContinuedFraction().steady_state(net).state
    right = driven_emitters(net)
    wrong = {
        "variance": replace(right, variance=1.1 * right.variance),
        "rate": replace(right, rate=1.2 * right.rate),
        "amplitude of the drive": replace(
            right, drive=1.05 * right.drive, drive_imag=1.05 * right.drive_imag
        ),
    }[change]
    if change == "variance":  # once for all of them
        assert stationary_z(right, exact) < LIMIT
    assert stationary_z(wrong, exact) > LIMIT


def stationary_z(emitters, exact, n=1024):
    h = 0.8 / 16
    segments = [Segment(h, 1200, False), Segment(h, 4000, True, average=True)]
    paths = PathSpec(
        emitters=emitters,
        segments=segments,
        initial=ground_state(emitters),
        seed=2,
        coarsenings=COARSENINGS,
    )
    run = FieldRun(paths, n=n, target=None)
    run.run(threads=None, batch=64)
    errors = run.mean.standard_errors[0]
    return float(np.max(np.diag(np.abs(run.mean.states[0] - exact)) / np.diag(errors)))


def test_the_wrong_calculus_is_noticed():
    """The drive read as Ito's, 1 + I L_+ + I^* L_-, and by the chain rule, as its exponential."""
    net = te.thermal_link(3.0, 2.0)
    exact = np.diag(ContinuedFraction().steady_state(net).state).real
    emitters, h = driven_emitters(net), 0.05
    _, integrals = ornstein_uhlenbeck(
        h * np.arange(2001), rate=emitters.rate, variance=emitters.variance, n=256, seed=3,
        integral=True,
    )  # fmt: skip
    rho = along(net, integrals, step=h, every=20)[:, 40:].mean(axis=1)
    assert population_z(rho, exact) < LIMIT
    half = expm(emitters.vacuum * h / 2)
    x = np.repeat(ground_state(emitters)[:, None], 256, axis=1)
    total = np.zeros_like(x)
    for i, amplitude in enumerate(integrals.T):
        x = half @ x
        x = x + amplitude.real * (emitters.drive @ x) + amplitude.imag * (emitters.drive_imag @ x)
        x = half @ x
        x /= x[0] * np.sqrt(4)  # the trace is kept, the rest is what the calculus makes of it
        total += x * (i >= 800)
    assert population_z(emitters.matrices(total / 1200), exact) > LIMIT


def population_z(rho, exact):
    p = np.diagonal(rho, axis1=1, axis2=2).real
    return np.max(np.abs(p.mean(axis=0) - exact) / (p.std(axis=0) / np.sqrt(len(p))))


# --- Evolution, against the master equation with the mode in Fock space


def brute_force(net, cutoff, times, initial, mode_state):
    """Emitters' states from the full master equation, written down here once more."""
    a = sparse.diags_array(np.sqrt(np.arange(1, cutoff)), offsets=1).tocsr()
    spaces = [sparse.eye_array(cutoff), *(sparse.eye_array(d) for d in net.dims)]
    local = [a, *(sparse.csr_array(e.lowering) for e in net.emitters)]

    def put(operator, i):
        product = sparse.eye_array(1)
        for k, identity in enumerate(spaces):
            product = sparse.kron(product, operator if k == i else identity)
        return sparse.csr_array(product)

    c = [put(operator, i) for i, operator in enumerate(local)]
    size = c[0].shape[0]
    one = sparse.eye_array(size)
    hamiltonian = sparse.csr_array((size, size), dtype=complex)
    pairs = []
    for j, l in np.ndindex(len(c), len(c)):
        hamiltonian = hamiltonian + net.exchange[j, l] * (c[j].conj().T @ c[l])
        pairs.append((net.decay[j, l], c[j], c[l]))
    mode = net.modes[0]
    pairs.append((mode.bath_rate * (mode.n_th + 1), c[0], c[0]))
    pairs.append((mode.bath_rate * mode.n_th, c[0].conj().T, c[0].conj().T))
    for i, emitter in enumerate(net.emitters):
        hamiltonian = hamiltonian + put(sparse.csr_array(emitter.hamiltonian), i + 1)
        jumps = [put(sparse.csr_array(jump), i + 1) for jump in emitter.collapse_operators]
        pairs += [(1.0, jump, jump) for jump in jumps]
    generator = -1j * (sparse.kron(hamiltonian, one) - sparse.kron(one, hamiltonian.T))
    for weight, x, y in pairs:
        loss = y.conj().T @ x
        generator = generator + weight * (
            sparse.kron(x, y.conj()) - (sparse.kron(loss, one) + sparse.kron(one, loss.T)) / 2
        )
    rho = np.kron(mode_state, initial).ravel().astype(complex)
    emitters = initial.shape[0]
    result = []
    for t in times:
        now = expm_multiply(sparse.csr_array(generator) * t, rho).reshape(
            cutoff, emitters, cutoff, emitters
        )
        result.append(np.einsum("ninj->ij", now))
    return np.array(result)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("two qubits", "stationary"),
        ("two qubits", "empty"),
        ("two qubits", 0.7 - 0.5j),
        ("qutrit and qubit", "stationary"),
        ("pumped and tilted", "stationary"),
    ],
)
def test_evolution_agrees_with_the_master_equation(name, source):
    net = networks()[name]
    net = replace(net, nodes=(Mode(bath_rate=0.4, n_th=0.6), *net.nodes[1:]))
    cutoff, times = 14, np.array([0.3, 1.5, 5.0])
    numbers = np.arange(cutoff)
    if isinstance(source, complex):
        from scipy.special import gammaln

        ket = np.exp(-(abs(source) ** 2) / 2 - gammaln(numbers + 1) / 2) * source**numbers
        mode_state = np.outer(ket, ket.conj())
    else:
        occupation = 0.3 if source == "stationary" else 0.0
        weights = (occupation / (1 + occupation)) ** numbers / (1 + occupation)
        mode_state = np.diag(weights)
    rng = np.random.default_rng(6)
    d = int(np.prod(net.dims))
    m = rng.standard_normal((d, d)) + 1j * rng.standard_normal((d, d))
    initial = m @ m.conj().T / np.trace(m @ m.conj().T).real
    exact = brute_force(net, cutoff, times, initial, mode_state)
    method = FieldTrajectories(n=4096, seed=8)
    ev = method.evolve(net, times, initial, source)
    errors = (
        ev.stats["standard_errors"]
        + (ev.error - ev.stats["standard_errors"].max((1, 2)))[:, None, None]
    )
    # A cutoff of 18 instead of 14 changes elements by less than 1e-8.
    assert np.max(np.abs(ev.states - exact) / (errors + 1e-8)) < LIMIT
    assert np.max(ev.error) < 0.01


def test_evolution_from_the_initial_state_onwards():
    net = te.thermal_link(1220.0, 1e-3)
    times = np.array([0.0, 1e-4, 1e-2, 0.1, 1.0, 10.0, 30.0])
    ev = te.evolve(net, times, "00", FieldTrajectories(n=1024, seed=2))
    np.testing.assert_allclose(ev.states[0], np.diag([1, 0, 0, 0]), atol=1e-15)
    assert ev.error[0] < 1e-15
    exact = te.evolve(net, times, "00", ContinuedFraction())
    deviation = np.max(np.abs(ev.states - exact.states), axis=(1, 2))
    assert np.all(deviation <= 4 * ev.error + exact.error)
    # C(10) and C(30), as exact calculations give them.
    errors = ev.stats["batches"].standard_error(
        lambda rho: np.array([te.concurrence(r, tolerance=1e-3) for r in rho])
    )
    expected = np.array([0.1186, 0.5077])
    assert np.all(np.abs(ev.concurrence()[-2:] - expected) < LIMIT * errors[-2:])


def test_a_field_of_fixed_radius_gives_the_phase_diffusion_model():
    """THERMAL, Eq. (38) at r_0^2 = n_th/2, kappa/gamma = 0.01, n_th = 100: C = 0.785411."""
    net, h = te.thermal_link(100.0, 0.01), 0.05
    steps, n = 8000, 128
    theta = phase_diffusion(
        h * np.arange(steps + 1), rate=0.01, variance=50.0, radius=np.sqrt(50.0), n=n, seed=9
    )
    u = np.sqrt(50.0) * np.exp(1j * theta)
    # The phase moves by 0.02 per step: the trapezoidal rule is good to 1e-4 of the integral.
    rho = along(net, (u[:, 1:] + u[:, :-1]) * h / 2, step=h, every=40)[:, 50:]
    # In the frame that rotates with the phase, which leaves the concurrence as it is.
    q = np.array([0, 1, 1, 2])
    phases = np.exp(-1j * theta[:, ::40][:, 50:, None] * q)
    rho = (phases[..., :, None] * rho * phases.conj()[..., None, :]).mean(axis=1)
    values = [te.concurrence(np.delete(rho, slice(i, i + 8), 0).mean(0)) for i in range(0, n, 8)]
    error = np.sqrt((len(values) - 1) * np.var(values))
    # The step's own bias: 1e-3 at h = 0.05, from the same at h = 0.1.
    assert abs(te.concurrence(rho.mean(axis=0)) - 0.785411) < LIMIT * error + 1e-3
    assert error < 2e-3


@pytest.mark.parametrize("limits", [(0.2, 0.1), (0.5, 0.5), 0.2])
def test_the_limits_of_a_histogram_increase(limits):
    with pytest.raises(te.ThermalentError, match="`limits` must be two numbers, low < high"):
        te.stochastic.distribution(te.thermal_link(5, 0.1), te.concurrence, time=1.0, limits=limits)


@pytest.mark.parametrize(("share", "hopeless"), [(0.9, False), (1.1, True)])
def test_a_burn_in_is_given_up_if_its_decay_takes_more_steps_than_are_tried(share, hopeless):
    """It fell by e in the last half; what is left takes as many times that as steps remain."""
    length = burn_in._PATIENCE
    steps_left = burn_in._MOST_STEPS - length
    history = [BurnIn(length / 2, False, 1.0), BurnIn(length, False, np.exp(-1.0))]
    tolerance = np.exp(-1.0 - share * steps_left / (length / 2))
    assert burn_in._hopeless(history, tolerance) == hopeless
    early = [one._replace(length=one.length / 2) for one in history]
    assert not burn_in._hopeless(early, tolerance)
