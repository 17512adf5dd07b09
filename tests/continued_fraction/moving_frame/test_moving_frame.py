"""Strong coherent fields, in the frame that moves with them: against independent routes."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import thermalent as te
from tests.support.long_ones import ordinary_and_long
from thermalent.continued_fraction import memory
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.dynamics import amplitude_cost
from thermalent.continued_fraction.moving_frame.evolution import HOW_MOVED, FrameEvolution
from thermalent.continued_fraction.moving_frame.field import MovingField
from thermalent.continued_fraction.moving_frame.generator import FrameGenerator, real_coordinates
from thermalent.continued_fraction.moving_frame.steps import FrameSteps
from thermalent.operators.states import initial_state

TIMES = np.array([0.0, 0.3, 1.0, 2.5])
PLUS = np.ones(4) / 2
COLD = te.thermal_link(0.2, 0.5, detuning=(0.3, -0.2))
HOT = te.thermal_link(10.0, 0.1)
LOOP = te.phononic_link(0.4, 1.0, positions=(2 * np.pi, 4.3 * np.pi), detuning=(0.5, -0.5))
TURNING = te.Network(
    nodes=(te.Mode(name="source", bath_rate=0.4, n_th=0.5), te.Qubit(name="q")),
    exchange=[[0.7, 0.2], [0.2, 0.1]],
    decay=[[0.4, 0.0], [0.0, 0.3]],
)


def frame(network, times, initial, amplitude, tolerance=1e-9):
    rho = initial_state(initial, network.dims)
    depth = memory.expected_tiers(network, tolerance)
    field = MovingField([hierarchy(network)], [], amplitude)
    return FrameEvolution(field, times, rho, tolerance, depth)


def distance(a, b):
    return np.max(np.abs(a - b), axis=(1, 2))


STARTS = {
    "cold": (COLD, "01", 0.8 - 0.5j),
    "turning": (TURNING, "1", 1.5j),
    "loop": (LOOP, "01", 0.7),
    "cold, coherences": (COLD, PLUS, 4.0 - 2.0j),
    "loop, coherences": (LOOP, PLUS, -3.0j),
    "turning, coherences": (TURNING, np.array([0.6, 0.8j]), 4.0),
}


@pytest.mark.parametrize("name", ordinary_and_long(STARTS, list(STARTS)[3:]))
def test_against_fock_space(name):
    """Detuned emitters, a mode that turns, back-action, coherences at the start."""
    network, initial, amplitude = STARTS[name]
    states, error, _ = frame(network, TIMES, initial, amplitude).states()
    other = te.evolve(network, TIMES, initial, te.Fock(), source=amplitude)
    assert np.all(distance(states, other.states) <= error + other.error)
    assert np.max(error) < 1e-9


@pytest.mark.parametrize(
    "case",
    ordinary_and_long(
        [(1.0, 0.5, 7.0), (10.0, 0.1, 30.0), (300.0, 1.0, 60.0)],
        [(10.0, 0.1, 30.0), (300.0, 1.0, 60.0)],
    ),
)
def test_against_the_wide_reference(case):
    """The other route keeps charges apart and expands the field as a whole."""
    *link, amplitude = case
    network, times = te.thermal_link(*link), np.array([0.5, 2.0, 5.0])
    plan = te.ContinuedFraction().plan(task(network, times, amplitude))
    plan.__dict__["frame"] = None
    other, found = plan.run(), frame(network, times, "00", amplitude)
    states, error, _ = found.states()
    assert np.all(distance(states, other.states) <= error + other.error)
    assert np.max(error + other.error) < 2e-9


def task(network, times, amplitude, initial="00"):
    from thermalent.solution.tasks import EvolutionTask, Piece

    return EvolutionTask(
        pieces=(Piece(network),),
        times=np.asarray(times),
        initial=initial,
        source=complex(amplitude),
    )


def test_a_field_without_noise_is_a_classical_drive():
    """At n_th = 0 nothing fluctuates: the master equation of driven qubits, written out."""
    kappa, amplitude = 0.3, 300.0
    network = te.thermal_link(0.0, kappa, detuning=(0.4, -0.1))
    lower = np.array([[0, 1], [0, 0]], dtype=complex)
    first, second = np.kron(lower, np.eye(2)), np.kron(np.eye(2), lower)
    both = first + second
    own = 0.4 * first.T @ first - 0.1 * second.T @ second
    cascade = -0.5j * (second.T @ first - first.T @ second)

    def slope(time, y):
        rho, field = y.reshape(4, 4), np.sqrt(kappa) * amplitude * np.exp(-kappa * time)
        h = own + cascade - 1j * field * (both.T - both)
        damped = both @ rho @ both.T - 0.5 * (both.T @ both @ rho + rho @ both.T @ both)
        return (-1j * (h @ rho - rho @ h) + damped).ravel()

    times = np.array([0.05, 0.2])
    start = np.zeros(16, dtype=complex)
    start[0] = 1.0
    exact = solve_ivp(slope, (0, 0.2), start, "DOP853", times, rtol=1e-11, atol=1e-12)
    states, error, _ = frame(network, times, "00", amplitude).states()
    away = distance(states, exact.y.T.reshape(-1, 4, 4))
    assert np.all(away <= error + 1e-9)
    assert np.max(error) < 1e-9


@pytest.mark.long
def test_a_thousand_against_trajectories_and_the_steady_state():
    times = np.array([1.0, 20.0, 60.0, 400.0])
    found = te.evolve(HOT, times, "00", te.ContinuedFraction(rtol=1e-6), source=1000.0)
    assert found.how == HOW_MOVED
    assert np.max(found.error) < 1e-6
    sampled = te.evolve(HOT, times[:3], "00", te.FieldTrajectories(n=2000, seed=5), source=1000.0)
    assert np.all(distance(found.states[:3], sampled.states) <= 5 * sampled.error)
    assert np.max(np.abs(found.states[-1] - te.steady_state(HOT).state)) < found.error[-1] + 1e-9


@pytest.mark.parametrize("tolerance", [1e-4, 1e-8])
def test_the_stated_error_holds_the_true_one(tolerance):
    exact, _, _ = frame(COLD, TIMES[:3], "01", 15.0, 1e-11).states()
    states, error, _ = frame(COLD, TIMES[:3], "01", 15.0, tolerance).states()
    away = distance(states, exact)
    assert np.all(away <= error)
    assert np.max(error) <= 2 * tolerance


def test_too_few_tiers_are_noticed():
    """The run begins with a part of the tiers that are expected, and takes more until they do."""
    found = frame(COLD, np.array([12.0]), "00", 3.0, 1e-7)
    found.depth = 6.0
    states, error, stats = found.states()
    assert stats["tiers"] > 6  # two runs would end there
    assert error[0] <= 1.1e-7
    exact, _, _ = frame(COLD, np.array([12.0]), "00", 3.0, 1e-10).states()
    assert np.max(np.abs(states - exact)) <= error[0]


@pytest.mark.long
def test_the_scale_that_follows_the_noise_amplifies_nothing(monkeypatch):
    """With the stationary scale from the start errors of the steps grow on their way down."""
    h, rho = hierarchy(te.thermal_link(1000.0, 0.1)), initial_state("00", (2, 2))
    field = MovingField([h], [], 60.0)

    def state(last):
        generator = FrameGenerator(field, last, rho)
        ((x, time),) = FrameSteps(generator, 1e-13).to(np.array([3.0]), lambda _: None)
        return generator.read(x, time)

    followed = state(80)
    assert np.max(np.abs(followed - state(70))) < 1e-11
    monkeypatch.setattr(FrameSteps, "_narrowest", lambda self: h.modes[0].variance)
    assert np.max(np.abs(followed - state(80))) > 1e-7


@pytest.mark.parametrize(("network", "amplitude", "end"), [(COLD, 100.0, 1.0), (COLD, 20.0, 0.3)])
def test_the_announced_work_is_what_it_takes(network, amplitude, end):
    found = frame(network, np.array([end]), "00", amplitude)
    runs = [found._products(found._last(run)) for run in (0, 1)]
    _, _, stats = found.states()
    assert sum(runs) / 4 < stats["products"] < 4 * sum(runs)
    last = found._last(1)
    entries = FrameGenerator(found.field, last, found.rho).entries(found.field.pieces[0].hierarchy)
    assert found._entries(last) == pytest.approx(entries, rel=0.2)


def test_the_frame_is_taken_where_it_is_faster():
    def how(amplitude, end):
        return te.ContinuedFraction().plan(task(HOT, [end], amplitude)).frame

    assert how(8.0, 10.0) is None
    assert how(30.0, 10.0) is not None
    assert how(1000.0, 60.0).operations < 6e10


def test_long_evolutions_are_announced(monkeypatch):
    monkeypatch.setattr(amplitude_cost, "ANNOUNCED", 1e3)
    with pytest.warns(RuntimeWarning, match="From a .* amplitude 100 the evolution to t = 1 wo"):
        te.evolve(te.thermal_link(0.0, 0.1), [1.0], "00", source=100.0)


def test_matrices_of_the_basis_are_hermitian_and_orthonormal():
    rng = np.random.default_rng(3)
    states = np.linalg.qr(rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3)))[0]
    basis = real_coordinates(states).toarray()
    assert np.max(np.abs(basis.conj().T @ basis - np.eye(9))) < 1e-14
    matrices = basis.T.reshape(9, 3, 3)
    assert np.max(np.abs(matrices - matrices.conj().transpose(0, 2, 1))) < 1e-14


def test_without_a_given_accuracy_the_one_that_is_affordable_is_aimed_at():
    """At n_th = 1000 nine digits of a field of 300 would take minutes; three take seconds."""
    network = te.thermal_link(1000.0, 1.0)
    aimed = te.ContinuedFraction().plan(task(network, [1.0], 300.0)).frame
    given = te.ContinuedFraction(rtol=1e-9).plan(task(network, [1.0], 300.0)).frame
    assert (aimed.tolerance, given.tolerance) == (1e-3, 1e-9)
    assert aimed.operations < 3e10 < given.operations
    weak = te.ContinuedFraction().plan(task(COLD, [1.0], 100.0)).frame
    assert weak.tolerance == 1e-9


@pytest.mark.long
def test_a_hot_source_with_a_strong_field_against_sampled_fields():
    network, times = te.thermal_link(1000.0, 1.0), np.array([0.3, 1.0])
    found = te.evolve(network, times, "00", source=300.0)
    assert found.how == HOW_MOVED
    assert np.max(found.error) < 1e-3
    sampled = te.evolve(network, times, "00", te.FieldTrajectories(n=1000, seed=4), source=300.0)
    assert np.all(distance(found.states, sampled.states) <= 4.5 * sampled.error + found.error)
