"""Costs, memory, step lengths and stated errors of the excitations, worked out by hand."""

import itertools
from importlib import import_module
from math import comb

import numpy as np
import pytest
from scipy import sparse
from scipy.linalg import expm

import thermalent as te
from thermalent.excitations import (
    delayed_equation,
    delayed_steps,
    peak,
    propagate,
    robustness,
    unknown,
)
from thermalent.excitations.basis import sector_sizes
from thermalent.excitations.delayed_equation import DelayEquation
from thermalent.solution.errors import MethodError
from thermalent.solution.tasks import EvolutionTask, Piece
from thermalent.support import memory_limit
from thermalent.support.errors import ArgumentError

# The package names functions like these modules.
amplitudes, transfer = (
    import_module(f"thermalent.excitations.{name}") for name in ("amplitudes", "transfer")
)
EPS = float(np.finfo(float).eps)
DECAY = np.array([[1.0, 0.3, 0.2j], [0.3, 1.5, 0.1], [-0.2j, 0.1, 0.8]])


def three(*nodes):
    """Three nodes that hop and decay."""
    exchange = np.array([[0.1, 0.5, 0], [0.5, -0.2, 0.4j], [0, -0.4j, 0.3]])
    return te.Network(nodes=nodes, exchange=exchange, decay=DECAY)


QUBITS = three(*(te.Qubit(name=name) for name in "abc"))


def task(network, times, initial):
    return EvolutionTask(
        pieces=(Piece(network),), times=np.array(times), initial=initial, source="empty"
    )


def test_the_cost_of_one_excitation():
    plan = te.SingleExcitation().plan(task(QUBITS, [0.5, 1.0], "100"))
    assert plan.cost.operations == 40 * 2 * 3**3
    assert plan.cost.bytes == 3 * 16 * 2 * 8**2 + 160 * 2 * 3**2


def test_the_cost_of_few_excitations():
    plan = te.FewExcitations().plan(task(QUBITS, [0.5, 4.0], "110"))
    hops = 0.1 + 0.2 + 0.3 + 2 * (0.5 + 0.4)
    rate = 2 * (1.0 + 1.5 + 0.8 + 2 * (0.3 + 0.2 + 0.1) + hops)
    assert plan.rate == pytest.approx(rate)
    # Coherences between equal numbers of 0, 1 and 2 excitations are the largest sector.
    elements = 1 + 3**2 + 3**2
    assert plan.elements == elements
    assert plan.cost.bytes == elements * (3 * 3 * 24 + 16 * 2) + 48 * 2 * 8**2
    assert plan.cost.operations == pytest.approx(10 * elements * 3 * 3 * rate * 4.0)


def test_the_error_of_an_exponential_grows_with_its_turns():
    matrix = np.array([[1.0, 2.0j], [-3.0, 0.5]])
    found = amplitudes.propagator_error(matrix, np.array([0.0, 2.0]))
    assert found == pytest.approx([8 * EPS, 8 * EPS * (1 + 4.0 * 2)], rel=1e-12, abs=0)


@pytest.mark.parametrize("dims", [(2, 2, 2), (2, 3, 2), (4, 2, 3)])
def test_levels_of_one_excitation_are_places_of_product_states(dims):
    def node(name, d):
        lower = np.diag(np.ones(d - 1), 1)
        return te.Qubit(name=name) if d == 2 else te.Qudit(name=name, lower=lower)

    network = three(*(node(name, d) for name, d in zip("abc", dims, strict=True)))
    places = [np.ravel_multi_index(tuple(row), dims) for row in [(0, 0, 0), *np.eye(3, dtype=int)]]
    assert amplitudes._levels(network).tolist() == places


@pytest.mark.parametrize("most", [0, 1, 3])
def test_configurations_are_counted_one_by_one(most):
    network = three(te.Mode(name="m"), te.Qubit(name="q"), te.Qubit(name="r"))
    rows = [row for row in itertools.product(range(most + 1), (0, 1), (0, 1)) if sum(row) <= most]
    counts = np.bincount([sum(row) for row in rows], minlength=most + 1)
    assert sector_sizes(network, most) == counts.tolist()


@pytest.fixture
def asked(monkeypatch):
    """The bytes that are asked for."""
    wanted = []
    for module in (transfer, delayed_steps):
        monkeypatch.setattr(module, "require_memory", lambda what, size, how: wanted.append(size))
    return wanted


@pytest.mark.parametrize(("initial", "number"), [("100", 1), ("110", 2)])
def test_the_memory_of_a_transfer(asked, initial, number):
    te.transfer(QUBITS, [0.1, 0.2, 0.3, 0.4], initial, initial)
    size = comb(3, number) + comb(3, number - 1)
    assert asked == [size * (24 * number * 3 + 64 * 3 + 500), 16 * 4 * comb(3, number)]


@pytest.mark.parametrize(("end", "delay"), [(3.0, 0.7), (9.0, 0.01), (2.0, 0.0)])
def test_the_memory_and_the_steps_of_a_delayed_evolution(asked, end, delay):
    matrix = np.array([[-1.0, 0.0], [-0.9, -1.2]])
    later = ((1, np.array([[0.0, 0.0], [-0.9, 0.0]])),) if delay else ()
    equation = DelayEquation(matrix, later, delay, np.array([0, 1]))
    rate = np.linalg.norm(matrix, 2) + (0.9 if delay else 0.0)
    assert equation.rate == pytest.approx(rate)
    steps = delayed_steps.steps_until(equation, np.array([1.0, 0.0]), end)
    length = delay / np.ceil(delay * rate / 0.25) if delay else 0.25 / rate
    count = int(np.ceil(end / length))
    assert steps.length == pytest.approx(length)
    assert steps.coefficients.shape[::2] == (count, 2)
    assert asked == [2 * 16 * count * steps.coefficients.shape[1] * 2]
    times = np.array([0.0, 1.0])
    stated = EPS * np.sqrt(2) * (4 + 2 * times / length)
    assert steps.error(times) == pytest.approx(stated, rel=1e-12, abs=0)


def test_nothing_that_moves_takes_one_step():
    still = DelayEquation(np.zeros((1, 1)), (), 0.0, np.array([0]))
    assert delayed_steps.steps_until(still, np.ones(1), 7.0).length == 7.0
    assert delayed_steps.steps_until(still, np.ones(1), 0.5).length == 1.0


def test_too_many_delayed_steps_are_refused_at_the_stated_number(monkeypatch):
    monkeypatch.setattr(delayed_steps, "_MOST_STEPS", 40)
    equation = DelayEquation(np.array([[-1.0]]), (), 0.0, np.array([0]))
    assert len(delayed_steps.steps_until(equation, np.ones(1), 10.0).coefficients) == 40
    with pytest.raises(MethodError, match=r"takes 41 steps up to t = 10\.2"):
        delayed_steps.steps_until(equation, np.ones(1), 10.25)


@pytest.mark.parametrize("turn", [0.01, 0.1, 0.25])
def test_the_series_of_a_step_ends_below_a_rounding(turn):
    degree = delayed_steps._degree(turn)
    terms = np.cumprod([1.0, *(turn / k for k in range(1, 30))])
    assert terms[degree] <= EPS / 8 < terms[degree - 1]


@pytest.mark.parametrize(
    ("delays", "unit", "whole"),
    [
        ([0.5, 0.75], 0.25, [2, 3]),
        ([2.0, 2.0], 2.0, [1, 1]),
        ([0.0, 0.3], 0.3, [0, 1]),
        ([1.0, 1 / 64], 1 / 64, [64, 1]),
        ([1.0, 1 / 63, 1 / 64], 1 / 4032, [4032, 64, 63]),
        ([0.0, 0.0], 0.0, [0, 0]),
    ],
)
def test_delays_are_multiples_of_their_common_one(delays, unit, whole):
    found, multiples = delayed_equation._multiples(delays, len(delays))
    assert found == pytest.approx(unit, rel=1e-14)
    assert multiples == whole


@pytest.mark.parametrize(
    "delays", [[1.0, 1 / 65], [1.0, 1 / 61, 1 / 63, 1 / 64], [1.0, 0.5 + 1e-14]]
)
def test_delays_of_no_small_ratios_are_refused(delays):
    with pytest.raises(ArgumentError, match="in ratios of whole numbers up to 64"):
        delayed_equation._multiples(delays, len(delays))


def test_nodes_stand_where_they_are_coupled():
    matrix = np.zeros((6, 6))
    matrix[0, 1] = matrix[3, 0] = matrix[4, 3] = matrix[1, 2] = 1.0
    # Node 2 hangs on place 1, 3 on 0 and 4 on 3; 5 is coupled to nothing.
    assert delayed_equation._places_of_all(matrix, [0, 1]).tolist() == [0, 1, 1, 0, 0, 0]
    matrix[2, 0] = 1.0
    with pytest.raises(MethodError, match="couples to two of them"):
        delayed_equation._places_of_all(matrix, [0, 1])


def test_couplings_that_give_energy_at_some_frequency_are_no_waveguide():
    def check(forth, back, hops=3):
        matrix = np.array([[-0.5j, back], [forth, -0.5j]])
        delayed_equation._require_passive(matrix, np.array([[0, hops], [hops, 0]]))

    check(-1j, 0.0)
    check(-0.5j, -0.5j)
    with pytest.raises(MethodError, match=r"at a rate of 0\.02"):
        check(-1.02j, 0.0)
    # Only at one frequency: a lossless exchange that is delayed.
    with pytest.raises(MethodError, match=r"at a rate of 0\.2"):
        check(0.6, 0.6)


# --- grids, errors and steps in time ---


@pytest.mark.parametrize(("end", "size"), [(1e-3, 1.0), (1.0, 1.0), (10.0, 3.3)])
def test_a_grid_turns_by_a_quarter_from_point_to_point(end, size):
    assert peak.grid_points(end, size) == 1 + max(2, int(np.ceil(4 * end * size)))


def test_a_grid_that_does_not_fit_says_until_when_it_would(monkeypatch):
    needed = 1000 * (16 * 5 + 80)
    monkeypatch.setattr(memory_limit, "_ALWAYS_FITS", 0.0)
    monkeypatch.setattr(memory_limit, "available", lambda: needed)
    peak.require_grid(1000, 5, 8.0)
    monkeypatch.setattr(memory_limit, "available", lambda: needed / 4)
    with pytest.raises(MethodError, match=r"until <= 2, which"):
        peak.require_grid(1000, 5, 8.0)


def test_the_errors_of_a_peak():
    top = peak._Top(0.4, 7.0, True, -0.3)
    found = peak._with_errors(top, size=2.0, step=0.1, scale=3.0, factor=2.0)
    amplitude = 2 * EPS * 15
    assert (found.value, found.interior) == (pytest.approx(0.8), True)
    assert found.value.error == pytest.approx(2 * amplitude * 3, abs=0)
    slope = 8 * amplitude * 2 * 1.5**2
    assert found.time.error == pytest.approx(slope / 0.3 + 2e-13 + 7 * EPS, abs=0)
    end = peak._with_errors(top._replace(interior=False), 2.0, 0.1, 3.0, 2.0)
    assert (end.time.error, end.interior) == (0.0, False)
    lost = peak._with_errors(top._replace(time=1e20), 2.0, 0.1, 3.0, 2.0)
    assert lost.value.error == 3.0


def test_steps_in_time_are_refused_above_their_number():
    assert propagate.too_late(2.0, 2e7) is None
    refused = propagate.too_late(2.0, 2.1e7)
    assert "Ask for times up to 2e+07" in refused
    assert "followed in 1e+07 Taylor steps" in refused


@pytest.mark.parametrize("size", [5, 20])
def test_states_at_times_on_and_between_the_steps(size):
    rng = np.random.default_rng(size)
    matrix = rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size))
    matrix -= 2 * np.sqrt(size) * np.eye(size)
    generator = sparse.csr_array(matrix)
    assert propagate.norm(generator) == pytest.approx(np.linalg.norm(matrix, 1))
    steps = int(np.ceil(np.linalg.norm(matrix, 1) * 3.0 / 4))
    times = np.array([0.0, 3.0 / steps, 1.0, 1.1, 6.0 / steps, 3.0])
    times.sort()
    start = rng.normal(size=size)
    found = propagate.propagate(generator, start, times)
    exact = np.array([expm(matrix * t) @ start for t in times])
    np.testing.assert_allclose(found, exact, rtol=0, atol=1e-12)
    assert propagate.propagate(generator, start, np.array([0.0])).tolist() == [start.tolist()]
    turns = np.linalg.norm(matrix, 1) * times
    stated = EPS * (2 + 2 * np.sqrt(turns) + turns)
    assert propagate.rounding(generator, times) == pytest.approx(stated, abs=0)


def test_the_series_of_a_step_is_neither_short_nor_long():
    matrix, state = np.array([[0.0, 4.0], [-4.0, 0.0]]), np.array([1.0, 0.0])
    terms = propagate._taylor_terms(matrix, state, 1.0)
    sizes = np.linalg.norm(terms, axis=1)
    assert sizes[-1] <= 0.25 * EPS < sizes[-2]
    assert terms.sum(axis=0) == pytest.approx([np.cos(4), -np.sin(4)], abs=1e-14)
    step = propagate.taylor_step(matrix, state, 0.2)
    assert step == pytest.approx([np.cos(0.8), -np.sin(0.8)], abs=1e-15)
    assert propagate._taylor_terms(0 * matrix, state, 1.0).shape == (9, 2)


# --- means ---


@pytest.mark.parametrize(("dimension", "order"), [(1, 8), (2, 6), (3, 3)])
def test_a_mean_by_quadrature_is_that_of_gauss_and_its_error_the_change_of_order(dimension, order):
    def value(x):
        return float(np.exp(np.sum(x)) * (1 + x[0] ** 2))

    def gauss(n):
        nodes, weights = np.polynomial.legendre.leggauss(n)
        grid = [np.array(x) for x in itertools.product(nodes, repeat=dimension)]
        shares = [np.prod(w) / 2**dimension for w in itertools.product(weights, repeat=dimension)]
        at = np.array([value(0.7 * x) for x in grid])
        return at @ shares, np.sqrt(at**2 @ shares - (at @ shares) ** 2)

    found = robustness.average(value, dimension=dimension, width=0.7, order=order, how="quadrature")
    mean, spread = gauss(order)
    coarse = 3 * order // 4
    assert found.mean == pytest.approx(mean, rel=1e-13)
    assert found.spread == pytest.approx(spread, rel=1e-9)
    assert found.error == pytest.approx(abs(mean - gauss(coarse)[0]), rel=1e-6, abs=1e-15)
    assert found.evaluations == order**dimension + coarse**dimension


def test_the_spread_and_the_error_of_samples():
    values = []

    def value(x):
        values.append(float(x[0] - 2 * x[2]))
        return values[-1]

    found = robustness.average(value, dimension=3, width=0.5, samples=50, seed=3)
    assert (found.how, found.evaluations, len(values)) == ("sampling", 50, 50)
    assert found.mean == pytest.approx(np.mean(values))
    assert found.spread == pytest.approx(np.std(values, ddof=1))
    assert found.error == pytest.approx(np.std(values, ddof=1) / np.sqrt(50))
    assert np.max(np.abs(values)) <= 1.5
    exact = robustness.average(lambda x: x[0], dimension=2, width=0.5)
    assert exact.how == "quadrature"


def test_the_mean_fidelity_of_three_levels_and_its_error(monkeypatch):
    sizes = {"100": 0.9j, "110": -0.7}

    def known(network, times, initial, target):
        amplitude = np.full(len(times), sizes[initial])
        return transfer.Transfer(times, amplitude, np.full(len(times), 0.01))

    monkeypatch.setattr(unknown, "transfer", known)
    found = te.unknown_state_fidelity(QUBITS, [1.0], [("100", "100"), ("110", "110")])
    assert found[0] == pytest.approx((1 + (1 + 0.9 + 0.7) ** 2 / 3) / 4)
    change = (1 + ((1 + 0.9 + 0.7) + 0.02) ** 2 / 3) / 4 - found[0]
    assert found.error[0] == pytest.approx(change, rel=1e-9)


def test_the_rounding_of_the_pieces_of_a_schedule_adds_up():
    """Of one network in two pieces: until the switch as without it, and then from there on."""
    pieces = te.Schedule(((QUBITS, 3.0), (QUBITS, np.inf)))
    times = [0.0, 1.0, 3.0, 3.5, 7.0]
    found, whole = (te.evolve(of, times, "100", te.FewExcitations()) for of in (pieces, QUBITS))
    np.testing.assert_allclose(found.states, whole.states, atol=1e-13)
    np.testing.assert_allclose(found.error[:3], whole.error[:3], rtol=1e-12)
    since = te.evolve(QUBITS, [0.0, 0.5, 4.0], "100", te.FewExcitations()).error
    np.testing.assert_allclose(found.error[3:], whole.error[2] + since[1:], rtol=1e-12)
