"""The stationary state that a start reaches: what Fock projects, and when there is none."""

import numpy as np
import pytest
from scipy.linalg import expm

import thermalent as te
from thermalent.analytic.cooperative import basis_spin_weights
from thermalent.fock.problem import problem
from thermalent.fock.projection import asymptotic_state
from thermalent.networks.liouvillian import emitter_liouvillian
from thermalent.operators import states
from thermalent.operators.superoperators import dense
from thermalent.solution.result import Outcome

PAIRS = (0.1, 0.1, -0.1, -0.1)  # two dark states, of energies 0.1 and -0.1


def long_time_state(network, rho):
    """exp(L t) by squaring, 40 times longer than the slowest rate."""
    generator = dense(emitter_liouvillian(network))
    rates = -np.linalg.eigvals(generator).real
    slowest = np.min(rates[rates > 1e-9])
    squarings = int(np.ceil(np.log2(40 / slowest)))
    propagator = expm(generator * (40 / slowest) / 2**squarings)
    for _ in range(squarings):
        propagator = propagator @ propagator
    return (propagator @ rho.ravel()).reshape(rho.shape)


def random_ket(rng, size):
    ket = rng.normal(size=size) + 1j * rng.normal(size=size)
    return ket / np.linalg.norm(ket)


@pytest.mark.parametrize("seed", range(12))
def test_random_starts_of_random_networks(seed):
    """Unequal rates, some qubits alike and some not, coherences between excitation numbers."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 5))
    network = te.cooperative(
        n,
        tuple(10 ** rng.uniform(-1.5, 0, n)),
        tuple(rng.choice([0, 0, 0.1], n)),
        dephasing=tuple(rng.choice([0, 0, 0, 0.1], n)),
        phase=tuple(rng.uniform(0, 2 * np.pi, n)),
    )
    rho = states.density(random_ket(rng, 2**n))
    found = te.Fock().steady_state_from(network, rho)
    assert found.status.ok, found.status.message
    # The reference itself is squared about ten times: a thousand roundings.
    distance = np.max(np.abs(found.state - long_time_state(network, rho)))
    assert distance <= found.error + 1e-12


def test_error_bounds_the_truth_where_the_network_is_slow():
    """Qubits 2 and 3 share a dark state; the first, slightly detuned, leaks out of all others."""
    for detuning in (1e-1, 1e-2, 1e-3, 1e-4):
        network = te.cooperative(3, detuning=(detuning, 0, 0))
        for start, ground in (("100", 1.0), ("010", 0.5)):
            rho = states.initial_state(start, network.dims)
            found = te.Fock(tolerance=1e-3).steady_state_from(network, rho)
            assert found.status.ok
            assert abs(found.state[0, 0].real - ground) <= found.error
            assert abs(np.trace(found.state) - 1) < 1e-15  # though applications change it by 1e-8
            assert found.error < 1e-12 / detuning**2 + 1e-10  # rounding over the slowest rate


def test_agrees_with_the_continued_fraction_behind_a_hot_mode():
    network = te.phononic_link(0.4, 0.2, wavelengths=(1, 2))
    for initial in ("01", "00", "S"):
        one = te.steady_state(network, te.Fock(), initial=initial)
        other = te.steady_state(network, te.ContinuedFraction(rtol=1e-11), initial=initial)
        assert np.max(np.abs(one.state - other.state)) <= one.error + other.error < 2e-9


def two_modes(n_th):
    modes = (te.Mode(name="a", bath_rate=0.5, n_th=n_th), te.Mode(name="b", bath_rate=0.8))
    exchange = np.zeros((4, 4))
    exchange[0, 2:] = exchange[2:, 0] = 0.3
    exchange[1, 2:] = exchange[2:, 1] = 0.2
    qubits = (te.Qubit(name="q1"), te.Qubit(name="q2"))
    return te.Network(nodes=(*modes, *qubits), exchange=exchange, decay=np.zeros((4, 4)))


def test_two_modes():
    """What the continued fraction refuses: several modes; |S> is dark to both, hot or not."""
    network = two_modes(0.05)
    found = te.steady_state(network, te.Fock(tolerance=1e-5), initial="10")
    late = te.evolve(network, [300.0], "10", te.Fock(tolerance=1e-5))
    # What relaxes to the warm modes does so at a rate of about 0.1.
    assert np.max(np.abs(found.state - late.states[0])) <= found.error + late.error[0] + 1e-8
    assert found.populations()["S"] == pytest.approx(0.5, abs=found.error)


def test_coherences_with_the_vacuum_are_kept():
    network = two_modes(0.0)
    start = np.array([0.6, 0.0, 0.8, 0.0])
    found = te.steady_state(network, te.Fock(), initial=start)
    late = te.evolve(network, [300.0], start, te.FewExcitations())
    assert np.max(np.abs(found.state - late.states[0])) <= found.error + late.error[0] + 1e-10
    assert found.state[0, 2] == pytest.approx(0.6 * 0.8 / 2, abs=1e-10)


def test_a_chosen_cutoff_is_kept_and_its_error_said():
    network = te.phononic_link(0.4, 0.2, wavelengths=(1, 2))
    rho = states.initial_state("01", network.dims)
    found = te.Fock(cutoff=6).steady_state_from(network, rho)
    best = te.Fock().steady_state_from(network, rho)
    assert found.status.ok
    assert found.stats["cutoff"] == 6
    assert 1e-6 < np.max(np.abs(found.state - best.state)) <= found.error


def test_without_a_start_the_remedy_is_named():
    with pytest.raises(te.SolveError, match=r"not unique .* or give `initial=`"):
        te.steady_state(te.cooperative())


def test_what_turns_forever_is_no_steady_state():
    turning = (states.ket("1000") + states.ket("0010")) / np.sqrt(2)
    network = te.cooperative(4, detuning=PAIRS)
    with pytest.raises(te.SolveError, match="never relaxes") as raised:
        te.steady_state(network, initial=turning)
    assert raised.value.status.outcome is Outcome.NOT_CONVERGED
    # `result` is the average over time: over periods of the difference 0.2, long after the rest
    times = 5000 + np.arange(16) * (2 * np.pi / 0.2) / 16
    average = te.evolve(network, times, turning).states.mean(axis=0)
    np.testing.assert_allclose(raised.value.result.state, average, atol=1e-10)
    # the control: without coherence between the two dark states the same network settles
    settled = te.steady_state(network, initial="1000")
    assert 1 - settled.state[0, 0].real == pytest.approx(0.5, abs=1e-10)


def test_a_weakly_damped_turn_settles():
    turning = (states.ket("1000") + states.ket("0010")) / np.sqrt(2)
    network = te.cooperative(4, (1, 1, 1, 1), (1e-4, 1e-4, 0, 0), detuning=PAIRS)
    settled = te.steady_state(network, initial=turning)
    assert 1 - settled.state[0, 0].real == pytest.approx(0.25, abs=1e-9)


def test_rates_below_double_precision_are_not_guessed():
    with pytest.raises(te.SolveError, match="has not relaxed"):
        te.steady_state(te.cooperative(3, detuning=(1e-5, 0, 0)), initial="010")


@pytest.mark.parametrize("detuning", [1e-12, 1e-9, 1e-7, 1e-6])
def test_a_leak_below_double_precision_is_no_dark_state(detuning):
    """The leak is about detuning^2: the state looks conserved, but |00> alone is stationary."""
    with pytest.raises(te.SolveError, match="has not relaxed"):
        te.steady_state(te.cooperative(2, detuning=(0, detuning)), initial="10")
    with pytest.raises(te.SolveError, match="has not relaxed"):
        te.steady_state(te.cooperative(2, detuning=(0.3, 0.3 + detuning)), initial="10")


def test_small_splittings_that_leak_nothing_do_not_matter():
    """The same detuning of both, and one of a qubit that shares no dark state."""
    for detuning in (0.0, 1e-7):
        found = te.steady_state(te.cooperative(2, detuning=(detuning, detuning)), initial="10")
        assert found.state[0, 0].real == pytest.approx(0.5, abs=1e-12)
    two = te.cooperative(2)
    decay, exchange = np.eye(3), np.diag([0, 0, 1e-7])
    decay[:2, :2] = two.decay.real
    apart = te.Network(nodes=(*two.nodes, te.Qubit(name="alone")), exchange=exchange, decay=decay)
    found = te.steady_state(apart, initial="101")
    assert found.state[0, 0].real == pytest.approx(0.5, abs=1e-12)


def test_with_no_rate_the_start_stays():
    pair = (states.ket("00") + 1j * states.ket("11")) / np.sqrt(2)  # coherences of two quanta
    for start in ("10", "T", pair):
        network = te.cooperative(2, 0.0)
        found = te.steady_state(network, initial=start)
        distance = np.max(np.abs(found.state - states.initial_state(start, network.dims)))
        assert distance <= found.error < 1e-15


def test_a_dark_start_stays():
    found = te.steady_state(te.cooperative(), initial="S")
    np.testing.assert_allclose(found.state, states.density(states.bell("S")), atol=1e-15)
    assert found.stats["iterations"] == 0


def test_a_start_too_large_is_refused_before_it_is_tried(monkeypatch):
    monkeypatch.setattr("thermalent.fock.problem.MEMORY_LIMIT", 4e3)
    network = te.cooperative(3)
    rho = states.initial_state("100", network.dims)
    with pytest.raises(te.MethodError, match=r"needs about .* Use te.evolve"):
        asymptotic_state(problem(network, "auto"), (), rho)


def test_coherences_need_factors_and_their_memory(monkeypatch):
    network = te.cooperative(6)
    needed = problem(network, "iterative").cost(())
    assert needed.iterative < needed.direct
    monkeypatch.setattr("thermalent.fock.problem.MEMORY_LIMIT", needed.iterative)
    for start, allowed in ((states.ket("100000"), True), (np.full(64, 1 / 8), False)):
        rho = states.density(start)
        if allowed:
            assert asymptotic_state(problem(network, "iterative"), (), rho).converged
            continue
        with pytest.raises(te.MethodError, match="Start without coherences between excitation"):
            asymptotic_state(problem(network, "iterative"), (), rho)


def test_weak_damping_is_squared_by_sweeps_too():
    """Thousands of transforms: the dense matrix of R is solved for column by column."""
    network = te.cooperative(3, detuning=(0.01, 0, 0))
    rho = states.initial_state("010", network.dims)
    found = te.Fock(solver="iterative", tolerance=1e-7).steady_state_from(network, rho)
    assert found.status.ok
    assert abs(found.state[0, 0].real - 0.5) <= found.error


def test_sweeps_and_factors_agree():
    """Heat, dephasing and individual decay on some: what one sweep leaves out is iterated."""
    network = te.cooperative(4, 1.0, (0, 0, 0.01, 0), dephasing=(0, 0, 0.1, 0.1))
    rho = states.initial_state("1010", network.dims)
    one, other = (
        te.Fock(solver=solver).steady_state_from(network, rho) for solver in ("direct", "iterative")
    )
    assert np.max(np.abs(one.state - other.state)) <= one.error + other.error < 1e-9
    hot = te.phononic_link(0.4, 0.2, wavelengths=(1, 2))
    one, other = (
        te.steady_state(hot, te.Fock(solver=solver, tolerance=1e-4), initial="01")
        for solver in ("direct", "iterative")
    )
    assert one.stats["cutoff"] == other.stats["cutoff"]
    assert np.max(np.abs(one.state - other.state)) < 1e-10  # the same truncation


@pytest.mark.long
def test_eight_qubits():
    """12870 elements, which no factorisation would hold in seconds."""
    found = te.steady_state(te.cooperative(8), initial="11110000")
    excited = np.array([i.bit_count() for i in range(256)])
    closed = basis_spin_weights(8, 4)
    assert np.diag(found.state).real @ excited == pytest.approx(closed.trapped_energy, abs=1e-10)
    assert found.error < 1e-10


@pytest.mark.parametrize("seed", range(3))
def test_a_reached_state_stays(seed):
    """Projecting twice changes nothing, and the generator leaves it alone."""
    rng = np.random.default_rng(100 + seed)
    network = te.cooperative(3, tuple(rng.uniform(0.2, 1, 3)), phase=(0, 0.4, 1.1))
    once = te.steady_state(network, initial=random_ket(rng, 8))
    twice = te.Fock().steady_state_from(network, once.state)
    assert np.max(np.abs(twice.state - once.state)) <= 2 * (once.error + twice.error)
    slope = dense(emitter_liouvillian(network)) @ once.state.ravel()
    assert np.max(np.abs(slope)) < 1e-13
