"""Time evolution in Fock space: any start of the source, against independent routes."""

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.special import gammaln

import thermalent as te
from tests.support.brute_force import BruteForce
from tests.support.long_ones import ordinary_and_long
from thermalent.fock import evolution
from thermalent.fock.evolution import _displaced_levels
from thermalent.fock.method import Fock
from thermalent.fock.mode_states import joint_state
from thermalent.fock.truncation import occupations
from thermalent.networks.mode_moments import bare_modes
from thermalent.networks.nodes import SIGMA_MINUS
from thermalent.numerics import exponential
from thermalent.solution.result import Outcome
from thermalent.solution.tasks import EvolutionTask, Piece
from thermalent.support import memory_limit

TIMES = np.array([0.0, 0.3, 2.0, 8.0, 25.0])


def random_state(seed, d):
    rng = np.random.default_rng(seed)
    psi = rng.normal(size=d) + 1j * rng.normal(size=d)
    return np.outer(psi, psi.conj()) / np.vdot(psi, psi).real


def distance(a, b):
    return np.max(np.abs(a - b), axis=(1, 2))


@pytest.mark.parametrize("source", ["stationary", "empty", 0.6 - 0.3j])
@pytest.mark.parametrize("seed", ordinary_and_long(range(2), [1]))
def test_any_start_evolves_as_in_the_full_product_space(source, seed):
    """Random pure states with every coherence; a coherent field breaks the symmetry of the start.

    The brute force keeps one sector of all elements, this one three of definite charge.
    """
    rng = np.random.default_rng(seed)
    n_th, kappa = rng.uniform(0.05, 0.1), rng.uniform(0.1, 1.0)
    gamma, detuning = rng.uniform(0.5, 1.5, 2), rng.uniform(-1, 1, 2)
    rho = random_state(seed, 4)
    brute = BruteForce(n_th, kappa, gamma, detuning, cutoff=12)
    expected = brute.over_time(brute.start(rho, source), TIMES, brute.emitters)
    net = te.thermal_link(n_th, kappa, gamma, detuning=detuning)
    found = te.evolve(net, TIMES, rho, Fock(), source=source)
    # Beyond 12 quanta the thermal state holds (n/(2+n))^12 < 2e-16, the coherent one 1e-13.
    assert np.all(distance(found.states, expected) <= found.error + 1e-11)
    assert np.all(found.error < 1e-10)
    assert found.stats["sectors"] == 3


@pytest.mark.parametrize(
    "network",
    [
        te.thermal_link(2.0, 0.1),
        te.thermal_link(1.0, 0.3, detuning=(0.2, -0.4), dephasing=0.05),
        te.phononic_link(0.4, 0.3, positions=(1.0, 2.3), detuning=(0.1, 0.0)),
    ],
    ids=["hot", "detuned", "back-action"],
)
def test_agrees_with_the_continued_fraction(network):
    rho = random_state(7, 4)
    found = te.evolve(network, TIMES, rho, Fock())
    expected = te.evolve(network, TIMES, rho, te.ContinuedFraction())
    assert np.all(distance(found.states, expected.states) <= 1e-8)
    assert np.all(distance(found.states, expected.states) <= found.error + expected.error)


@pytest.mark.parametrize(
    "source", ordinary_and_long(["stationary", "empty", 1.0 + 0.5j], [1.0 + 0.5j])
)
def test_long_times_forget_the_start(source):
    net = te.thermal_link(0.5, 0.4, detuning=(0.1, -0.2))
    late = te.evolve(net, [85.0], "10", Fock(), source=source)
    steady = te.steady_state(net)
    # What is left of the source's amplitude: exp(-kappa t) = 2e-15.
    assert np.max(np.abs(late.states[0] - steady.state)) <= late.error[0] + steady.error


def test_a_coherent_field_without_heat_drives_like_a_classical_one():
    """A cold filter in |alpha> drives a qubit by sqrt(kappa) alpha exp(-kappa t)."""
    kappa, alpha = 0.5, 1.3 * np.exp(0.4j)
    net = te.thermal_link(0.0, kappa, qubits=1)
    found = te.evolve(net, [0.7, 2.0], "0", Fock(), source=alpha)
    lower, identity = SIGMA_MINUS, np.eye(2)
    number = lower.conj().T @ lower
    decay = (
        np.kron(lower, lower.conj()) - (np.kron(number, identity) + np.kron(identity, number)) / 2
    )
    y, now, step = np.array([1, 0, 0, 0], dtype=complex), 0.0, 1e-3
    for time, state in zip(found.times, found.states, strict=True):
        while now < time - step / 2:
            # Cascade: H = -i sqrt(kappa) alpha sigma^+ + h.c.; midpoint rule, error ~ step^2.
            field = -1j * np.sqrt(kappa) * alpha * np.exp(-kappa * (now + step / 2))
            h = field * lower.conj().T
            h = h + h.conj().T
            generator = decay - 1j * (np.kron(h, identity) - np.kron(identity, h.T))
            y, now = expm(step * generator) @ y, now + step
        assert np.max(np.abs(state - y.reshape(2, 2))) < 1e-6
        assert abs(state[0, 1]) > 0.1  # the field has a phase, and the qubit feels it


def test_an_empty_source_of_room_temperature_needs_few_levels_at_early_times():
    """The cutoff follows what can be in the mode by then: 12 quanta, not 610."""
    found = te.evolve(
        te.thermal_link(1220.0, 1e-3), [1.0, 10.0], "00", Fock(tolerance=1e-6), source="empty"
    )
    assert found.stats["cutoff"] < 500
    assert np.max(found.error) < 1e-6
    # From the stationary source at the same time the concurrence is 0.1186.
    assert found.concurrence()[1] < 0.05


def test_without_symmetry_the_whole_space_evolves():
    """A coherently driven qubit in a warm cavity, against a dense exponential of the same terms."""
    drive, n_th, g, bath, cutoff = 0.3, 0.3, 0.7, 0.5, 12
    qubit = te.Qudit(
        name="q", lower=SIGMA_MINUS, local_hamiltonian=drive * (SIGMA_MINUS + SIGMA_MINUS.T)
    )
    net = te.Network(
        nodes=(te.Mode(bath_rate=bath, n_th=n_th), qubit),
        exchange=np.array([[0.0, g], [g, 0.2]]),
        decay=np.diag([0.3, 0.4]),
    )
    rho, alpha = random_state(3, 2), 0.4j
    a = np.kron(np.diag(np.sqrt(np.arange(1, cutoff)), 1), np.eye(2)).astype(complex)
    s = np.kron(np.eye(cutoff), SIGMA_MINUS)
    ad, sd, one = a.conj().T, s.conj().T, np.eye(2 * cutoff)
    h = g * (ad @ s + sd @ a) + 0.2 * sd @ s + drive * (s + sd)
    generator = -1j * (np.kron(h, one) - np.kron(one, h.T))
    for rate, o in ((0.3 + bath * (n_th + 1), a), (bath * n_th, ad), (0.4, s)):
        m = o.conj().T @ o
        generator += rate * (np.kron(o, o.conj()) - (np.kron(m, one) + np.kron(one, m.T)) / 2)
    n = np.arange(cutoff)
    amplitude = np.cumprod(np.concatenate([[1.0], alpha / np.sqrt(n[1:])]))
    amplitude /= np.linalg.norm(amplitude)
    start = np.kron(np.outer(amplitude, amplitude.conj()), rho)
    end = (expm(1.5 * generator) @ start.ravel()).reshape(cutoff, 2, cutoff, 2)
    found = te.evolve(net, [1.5], rho, Fock(cutoff=cutoff), source=alpha)
    # The same truncated equation: rounding only.
    assert np.max(np.abs(found.states[0] - np.einsum("iaib->ab", end))) < 1e-12
    assert found.stats["sectors"] == 1


def test_two_cavities_without_heat_as_in_the_space_of_few_excitations():
    net = te.ring_resonators(coupling=(0.126, 0.277))
    times = np.array([5.0, 15.0])
    found = te.evolve(net, times, "10", Fock(cutoff=3))
    expected = te.evolve(net, times, "10", te.FewExcitations(), source="empty")
    assert np.all(distance(found.states, expected.states) < 1e-11)
    assert found.concurrence()[1] > 0.1


def evolved(*args, **options):
    """The evolution, also where its error is so large that it is refused."""
    try:
        return te.evolve(*args, **options)
    except te.SolveError as refused:
        return refused.result


@pytest.mark.parametrize("source", ordinary_and_long(["stationary", "empty", 1.5], [1.5]))
def test_the_error_bounds_that_of_a_small_cutoff(source):
    net = te.phononic_link(1.5, 0.4, positions=(1.0, 2.3))
    times, rho = np.array([0.3, 2.0, 8.0]), random_state(5, 4)
    fine = te.evolve(net, times, rho, Fock(cutoff=36), source=source)
    for cutoff in (3, 6, 10):
        coarse = evolved(net, times, rho, Fock(cutoff=cutoff), source=source)
        off = distance(coarse.states, fine.states)
        assert np.all(off <= coarse.error + fine.error)
        # Negative control: the truncation is what there is to see.
        assert np.max(off) > 100 * np.max(fine.error)


def test_a_tolerance_is_met_and_a_looser_one_is_cheaper():
    net = te.phononic_link(1.0, 0.3, positions=(1.0, 2.3))
    fine = te.evolve(net, [3.0], "00", Fock(tolerance=1e-10), source="empty")
    loose = te.evolve(net, [3.0], "00", Fock(tolerance=1e-3), source="empty")
    assert loose.stats["cutoff"] < fine.stats["cutoff"]
    assert loose.error[0] <= 1e-3
    assert fine.error[0] <= 1e-10 + fine.stats["rounding"]
    assert distance(loose.states, fine.states)[0] <= loose.error[0] + fine.error[0]


def test_the_start_is_given_back_at_time_zero():
    rho = random_state(1, 4)
    for source in ("stationary", "empty", 0.3j):
        found = te.evolve(te.thermal_link(0.5, 0.2), [0.0], rho, Fock(), source=source)
        assert np.max(np.abs(found.states[0] - rho)) < 1e-14


def test_a_large_amplitude_does_not_overflow():
    """|alpha|^2 = 2500: alpha^n / sqrt(n!) alone would exceed 1e308."""
    net = te.thermal_link(0.0, 1e-4, qubits=1)
    found = te.evolve(net, [0.05], "0", Fock(tolerance=1e-6), source=50.0)
    # Rabi angle of a constant field, 2 sqrt(kappa) alpha t = 0.05; decay changes it by 1e-3 of it.
    assert found.states[0][1, 1].real == pytest.approx(np.sin(0.025) ** 2, rel=0.05)


def test_what_does_not_fit_is_refused_with_what_would(monkeypatch):
    monkeypatch.setattr(memory_limit, "available", lambda: 2e7)
    net = te.thermal_link(1220.0, 1e-3)
    with pytest.raises(te.MethodError, match=r"a cutoff of \d+ needs about .*; a cutoff of \d+ wo"):
        te.evolve(net, [1.0], "00", Fock(), source="stationary")
    with pytest.raises(te.MethodError, match=r"above the limit of 20 MB"):
        te.evolve(net, [1.0], "00", Fock(cutoff=5000), source="empty")
    with pytest.raises(te.MethodError, match=r"a cutoff of \d+ would fit"):
        te.evolve(net, [1000.0], "00", Fock(), source="empty")
    monkeypatch.setattr(memory_limit, "available", lambda: 10)
    with pytest.raises(te.MethodError, match=r"no cutoff would fit"):
        te.evolve(net, [1.0], "00", Fock(cutoff=4), source="empty")


@pytest.mark.parametrize(
    ("network", "source", "initial"),
    [
        (te.thermal_link(10.0, 0.1), 300.0, "00"),
        (te.thermal_link(10.0, 0.1), 130.0, "00"),
        (te.ring_resonators((0.2, 0.3), decay_right=1.0, qubits=1), (60.0, 60.0), "00"),
        (te.dual_rail(pairs=2, squeezing=4.0, bandwidth=1.0), "empty", "0000"),
    ],
)
def test_hours_are_refused_before_the_first_product(network, source, initial):
    with pytest.raises(te.MethodError, match=r"multiplications .*te.FieldTra|a cutoff of .* would"):
        te.evolve(network, [10.0], initial, Fock(), source=source)


@pytest.mark.parametrize("source", ["stationary", 3.0])
def test_the_announced_work_is_what_it_takes(source, monkeypatch):
    """Products of all series times the elements of the generator, as counted while it runs."""
    counted = 0
    coefficients = exponential._coefficients

    def path(matrix, *given):
        def counting(*ellipse):
            nonlocal counted
            found = coefficients(*ellipse)
            counted += found.shape[1] * matrix.nnz
            return found

        monkeypatch.setattr(exponential, "_coefficients", counting)
        return exponential.exponential_path(matrix, *given)

    monkeypatch.setattr(evolution, "exponential_path", path)
    net = te.thermal_link(1.0, 1.0)
    task = EvolutionTask(pieces=(Piece(net),), times=np.array([2.0]), initial="00", source=source)
    plan = Fock().plan(task)
    plan.run()
    assert counted / 5 < plan.cost.operations < 5 * counted


def test_too_little_memory_for_the_tolerance_is_a_failure_that_keeps_the_states(monkeypatch):
    """The back-action fills the mode beyond its first cutoff; no more than that one is allowed."""
    fits = evolution.too_large
    monkeypatch.setattr(
        evolution,
        "too_large",
        lambda problem, cutoffs: (
            "no more is allowed." if cutoffs[0] > 6 else fits(problem, cutoffs)
        ),
    )
    monkeypatch.setattr(evolution, "starting_cutoffs", lambda *_: (6,))
    with pytest.raises(te.SolveError, match=r"with a cutoff of 6 .*no more is allowed\.") as caught:
        te.evolve(te.thermal_link(2.0, 0.3), [5.0], "00", Fock())
    assert caught.value.result.status.outcome is Outcome.NOT_CONVERGED
    assert caught.value.result.error[0] > 1e-7


def test_starts_that_have_no_meaning():
    two = te.ring_resonators(coupling=(0.1, 0.2))
    with pytest.raises(
        te.MethodError, match=r"one amplitude for each boson mode, but there are 1 for 2"
    ):
        te.evolve(two, [1.0], "10", Fock(), source=1.0)


def test_warm_modes_that_are_coupled_start_in_their_joint_state():
    warm = te.Network(
        nodes=(te.Mode(name="a", bath_rate=1.0, n_th=0.3), te.Mode(name="b"), te.Qubit(name="q")),
        exchange=np.array([[0, 0.4, 0], [0.4, 0, 0], [0, 0, 0]]),
        decay=np.diag([0.1, 0.5, 0.2]) + np.array([[0, 0, 0], [0, 0, 0.3], [0, 0.3, 0]]),
    )
    joint = joint_state(warm, (12, 12))
    n = np.arange(12)
    weights = np.diag(joint).real.reshape(12, 12)
    occupation = [weights.sum(axis=1) @ n, weights.sum(axis=0) @ n]
    np.testing.assert_allclose(occupation, occupations(warm), rtol=1e-5)
    # A lowered level 12 is what the truncation leaves of 1; the coherence is that of the moments.
    lower = np.diag(np.sqrt(n[1:]), 1)
    a, b = np.kron(lower, np.eye(12)), np.kron(np.eye(12), lower)
    expected = bare_modes(warm).number[0, 1]
    assert abs(expected) > 0.03
    assert np.trace(a.conj().T @ b @ joint) == pytest.approx(expected, rel=1e-5)


def test_it_is_the_default_where_the_hierarchy_does_not_apply():
    """Two modes that are not cold, each of which drives a qubit of its own."""
    warm = te.Network(
        nodes=(
            te.Mode(name="a", bath_rate=1.0, n_th=0.1),
            te.Mode(name="b"),
            te.Qubit(name="q1"),
            te.Qubit(name="q2"),
        ),
        exchange=np.array([[0, 0.3, 0.2, 0], [0.3, 0, 0, 0.1], [0.2, 0, 0, 0], [0, 0.1, 0, 0]]),
        decay=np.diag([0.1, 0.5, 0.2, 0.3]),
    )
    found = te.evolve(warm, [0.5], "00", source="empty")
    assert found.method.name == "Fock"
    assert "truncation from two cutoffs" in found.how


@pytest.mark.parametrize(("coherent", "thermal"), [(0.0, 2.0), (4.0, 0.0)])
def test_levels_for_a_displaced_thermal_state_leave_less_than_the_tail(coherent, thermal):
    """A geometric and a Poisson distribution, of which the bound takes not much more levels."""
    levels = _displaced_levels(coherent, thermal, 1e-6)
    n = np.arange(400)
    ratio = thermal / (1 + thermal)
    poisson = np.exp(n * np.log(max(coherent, 1e-300)) - coherent - gammaln(n + 1))
    weights = ratio**n * (1 - ratio) if thermal else poisson
    exact = int(np.argmax(np.cumsum(weights[::-1])[::-1] < 1e-6))
    assert exact <= levels <= 1.4 * exact


@pytest.mark.parametrize(("detuning", "dephasing"), [(0.0, 0.3), (3.0, 0.0), (3.0, 0.3)])
def test_coherences_change_where_no_population_does(detuning, dephasing):
    """Of a qubit without decay the populations have no generator, but its coherence has one."""
    qubit = te.Qubit(name="q", dephasing=dephasing)
    exchange = np.array([[detuning]])
    network = te.Network(nodes=(qubit,), exchange=exchange, decay=np.zeros((1, 1)))
    found = te.evolve(network, [0.5, 2.0], np.array([1.0, 1.0]) / np.sqrt(2), te.Fock())
    for time, state, error in zip(found.times, found.states, found.error, strict=True):
        exact = np.exp(-(1j * detuning + dephasing) * time) / 2
        assert abs(state[1, 0] - exact) <= max(error, 1e-15)
