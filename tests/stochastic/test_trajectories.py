"""Trajectories against the exact methods, against brute force, and against themselves."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from scipy.linalg import expm
from scipy.sparse.linalg import expm_multiply

import thermalent as te
from tests.support.interrupts import interruption_after
from tests.support.links import random_link
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.networks.network import Network
from thermalent.networks.nodes import Mode, Qubit, Qudit
from thermalent.solution.result import checked
from thermalent.stochastic import (
    FieldTrajectories,
    along,
    distribution,
    ornstein_uhlenbeck,
    phase_diffusion,
    trajectory,
)
from thermalent.stochastic.burn_in import ground_state
from thermalent.stochastic.driven import driven_emitters
from thermalent.stochastic.paths import PathSpec, Segment
from thermalent.stochastic.run import FieldRun
from thermalent.stochastic.step_bias import COARSENINGS

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
    # The errors are not exaggerated either: the z of the populations scatter by about one.
    assert 0.4 < np.mean(squares) < 2.0
    assert within >= 8


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


# --- Single runs and their distribution


def test_a_trajectory_belongs_to_its_ensemble():
    net = te.thermal_link(50.0, 0.1)
    times = np.linspace(0, 20, 41)
    run = trajectory(net, times, seed=7)
    again = trajectory(net, times, seed=7, step=0.02)
    assert run.field.shape == (41,)
    assert run.states.shape == (41, 4, 4)
    assert np.all(run.concurrence() >= 0)
    assert set(run.populations()) == {"00", "S", "T", "11"}
    assert np.max(np.abs(again.states - run.states)) > 0  # another grid, another path
    # The error of a path is that of its step: its own field, followed in finer steps.
    mode = driven_emitters(net)
    h = FieldTrajectories(n=2, seed=7)._step(mode)
    paths = PathSpec(
        emitters=mode, segments=[Segment(h / 8, 512, True)], initial=ground_state(mode), seed=7,
        coarsenings=(1, 4, 8, 16),
    )  # fmt: skip
    (blocks,) = paths.coarsened_paths(0)
    best, _, coarse, coarser = (mode.matrices(b.x) for b in blocks)
    true = np.abs(coarse - best).max(axis=(1, 2))
    estimated = np.abs(coarse - coarser).max(axis=(1, 2)) / 3
    assert np.median(true / estimated) == pytest.approx(1.0, abs=0.2)
    # What the run says of itself is of that size: its own steps end at its times and are shorter.
    stated = np.median(run.evolution.error[1:])
    assert 0.1 * np.median(estimated) < stated < 2 * np.median(estimated)


def test_distribution_of_an_observable():
    net = te.thermal_link(50.0, 0.1)
    method = FieldTrajectories(n=500, seed=7)
    found = distribution(net, te.concurrence, method=method, bins=20)
    assert found.counts.shape == (20,)
    # Every run alone is more entangled than their mixture.
    assert found.mean - LIMIT * found.standard_error > te.steady_state(net).concurrence()
    population = distribution(net, lambda rho: rho[0, 0].real, method=method)
    exact = te.steady_state(net).state[0, 0].real
    assert abs(population.mean - exact) < LIMIT * population.standard_error
    early = distribution(net, lambda rho: rho[0, 0].real, method=method, time=1e-3, initial="11")
    assert early.counts[0] == 500


def test_a_distribution_counts_and_averages_what_the_observable_returned():
    """The runs' values are written down by the observable itself."""
    values = []

    def noted(rho):
        values.append(te.concurrence(rho))
        return values[-1]

    found = distribution(
        te.thermal_link(50.0, 0.1),
        noted,
        method=FieldTrajectories(n=500, seed=7),
        limits=(0.1, 0.6),
    )
    assert len(values) == 500
    values = np.array(values)
    assert found.outside == np.sum((values < 0.1) | (values > 0.6)) > 0
    np.testing.assert_array_equal(found.counts, np.histogram(values, np.linspace(0.1, 0.6, 51))[0])
    # Sums in blocks round differently.
    assert found.mean == pytest.approx(values.mean(), rel=1e-12)
    assert found.standard_error == pytest.approx(values.std(ddof=1) / np.sqrt(500), rel=1e-10)


# --- The claims of the method


def test_same_bits_whatever_the_threads_and_batches():
    net = te.thermal_link(30.0, 0.3, detuning=(0.2, 0.0))
    method = FieldTrajectories(n=700, seed=11, threads=1)
    reference = method.steady_state(net)
    evolution = method.evolve(net, np.array([0.5, 2.0]), np.diag([1.0, 0, 0, 0]), "stationary")
    for other in (replace(method, threads=2), replace(method, threads=3, batch=200)):
        result = other.steady_state(net)
        assert np.array_equal(result.state, reference.state)
        assert float(result.error) == float(reference.error)
        again = other.evolve(net, np.array([0.5, 2.0]), np.diag([1.0, 0, 0, 0]), "stationary")
        assert np.array_equal(again.states, evolution.states)
        assert np.array_equal(again.error, evolution.error)
    assert not np.array_equal(replace(method, seed=12).steady_state(net).state, reference.state)


def test_interruption_keeps_what_is_done():
    net = te.thermal_link(30.0, 0.3)
    method = FieldTrajectories(n=10**7, seed=3, burn_in=20.0, window=20.0)
    replace(method, n=64).steady_state(net)  # compiles

    with pytest.raises(KeyboardInterrupt) as caught, interruption_after(3.0):
        te.steady_state(net, method)
    partial = caught.value.partial
    assert not partial.status.ok
    done = partial.stats["trajectories"]
    assert partial.stats["partial"]
    assert 0 < done < 10**7
    assert f"Interrupted: {done} of 10000000" in partial.status.message
    whole = replace(method, n=done).steady_state(net)
    assert np.array_equal(whole.state, partial.state)
    assert not whole.stats["partial"]


def test_interruption_before_the_first_trajectory_is_an_error():
    net = te.thermal_link(30.0, 0.3)
    for call in (
        lambda: te.evolve(net, [1e5], "00", FieldTrajectories(n=64)),
        lambda: te.steady_state(net, FieldTrajectories(n=64, burn_in=1e5)),
    ):
        with pytest.raises(KeyboardInterrupt), interruption_after(0.3):
            call()


def test_a_target_is_reached_or_missed_and_said():
    net = te.thermal_link(10.0, 0.3)
    result = te.steady_state(
        net, FieldTrajectories(n=10**6, target=3e-3, burn_in=30.0, window=30.0)
    )
    assert result.stats["standard_error"] <= 3e-3
    assert result.stats["trajectories"] % 1024 == 0
    assert result.stats["trajectories"] < 10**5
    with pytest.raises(te.SolveError, match=r"target is 1e-06. Ask for n >= \d+") as caught:
        te.steady_state(net, FieldTrajectories(n=128, target=1e-6, burn_in=10.0))
    assert caught.value.result.stats["trajectories"] == 128


def test_error_bounds_the_bias_when_there_is_no_noise():
    """A coherent start and no bath: the standard error is zero, and the step decides."""
    net = te.thermal_link(0.0, 0.3, detuning=(0.3, 0.1))
    times = np.linspace(0.2, 6.0, 8)
    fine = FieldTrajectories(n=64, step=0.01).evolve(net, times, np.diag([1.0, 0, 0, 0]), 2.0 + 1j)
    for step in (0.15, 0.08):
        rough = FieldTrajectories(n=64, step=step).evolve(
            net, times, np.diag([1.0, 0, 0, 0]), 2.0 + 1j
        )
        assert rough.stats["standard_error"] < 1e-15
        true = np.abs(rough.states - fine.states).max(axis=(1, 2))
        assert np.all(true <= rough.error + fine.error)
        assert np.max(rough.error) < 30 * np.max(true)


def test_memory_does_not_grow_with_the_number_of_steps():
    net = te.thermal_link(10.0, 0.3)
    peaks = []
    for window in (10.0, 1000.0):
        method = FieldTrajectories(n=64, burn_in=1.0, window=window, threads=1)
        method.steady_state(net)
        tracemalloc.start()
        method.steady_state(net)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # A hundred times as many steps.
    assert peaks[1] < 1.1 * peaks[0]


def test_two_starts_that_never_meet_are_not_a_steady_state():
    """Two qubits at one place conserve their singlet; the source drives both from afar."""
    link = te.thermal_link(2.0, 0.5)
    exchange = np.array(link.exchange)
    exchange[1:, 1:] = 0.0
    net = replace(link, exchange=exchange)
    assert FieldTrajectories().refusal(net) is None
    with pytest.raises(te.SolveError, match="two different starts still differ"):
        te.steady_state(net, FieldTrajectories(n=64))
    forced = FieldTrajectories(n=64, burn_in=50.0).steady_state(net)
    assert forced.error > 0.01  # what the start contributes is part of the error


def test_a_field_without_back_action_by_decree():
    net = te.phononic_link(5.0, 0.5, positions=(1.0, 2.3), detuning=(0.2, 0.1), backaction=False)
    exact = ContinuedFraction().steady_state(net)
    result = te.steady_state(net, FieldTrajectories(n=512))
    assert np.max(np.abs(result.state - exact.state)) < 4 * float(result.error)


def test_refusals():
    link = te.thermal_link(2.0, 0.5)
    none = Network(nodes=(Qubit(name="q"),), exchange=[[0.0]], decay=[[1.0]])
    cases = [
        (te.phononic_link(5.0, 0.5, positions=(1.0, 2.3)), "act back on the source"),
        (none, "need a boson mode, but the network has none"),
        (te.thermal_link(2.0, 0.5, qubits=6), "64 states"),
    ]
    for net, words in cases:
        with pytest.raises(te.MethodError, match=words):
            te.steady_state(net, FieldTrajectories())
        with pytest.raises(te.MethodError, match=words):
            te.evolve(net, [1.0], "0" * len(net.dims), FieldTrajectories())
        with pytest.raises(ValueError, match=words):
            trajectory(net, [1.0], initial="0" * len(net.dims))
    with pytest.raises(ValueError, match=r"`step` must be at most 0\.\d+ for the rates"):
        te.steady_state(link, FieldTrajectories(step=5.0))


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"n": 0}, "`n` must be an integer of at least 2"),
        ({"seed": -1}, "`seed` must be an integer of at least 0"),
        ({"step": 0.0}, "`step` must be finite and positive"),
        ({"target": -1.0}, "`target` must be finite and non-negative|finite and positive"),
        ({"burn_in": -1.0}, "`burn_in` must be finite and non-negative"),
        ({"window": np.inf}, "`window` must be finite and non-negative"),
        ({"batch": 0}, "`batch` must be an integer of at least 1"),
        ({"threads": 0}, "`threads` must be an integer of at least 1"),
    ],
)
def test_parameters_are_checked(kwargs, message):
    with pytest.raises(ValueError, match=message):
        FieldTrajectories(**kwargs)


@pytest.mark.long
def test_errors_hold_what_they_promise_on_many_networks():
    """60 networks up to n_th = 200 with 4000 trajectories each: elementwise z-scores."""
    rng = np.random.default_rng(15)
    z = []
    for seed in range(60):
        net = random_link(rng, n_th=(1.0, 200.0), kappa=(0.05, 2.0))
        exact = ContinuedFraction().steady_state(net).state
        result = FieldTrajectories(seed=seed).steady_state(net)
        assert np.max(np.abs(result.state - exact)) < 4 * float(result.error)
        z.append(np.diag(result.state - exact).real / np.diag(result.stats["standard_errors"]))
    z = np.concatenate(z)
    assert np.max(np.abs(z)) < LIMIT
    assert np.mean(z**2) == pytest.approx(1.0, abs=0.5)
