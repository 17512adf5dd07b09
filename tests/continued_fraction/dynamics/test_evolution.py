"""Time evolution by the hierarchy: against Fock space, the steady state, and known values."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from scipy import sparse
from scipy.linalg import expm

import thermalent as te
from tests.support.brute_force import BruteForce
from tests.support.links import random_link
from thermalent.continued_fraction.chain.assembly import assemble, offsets
from thermalent.continued_fraction.chain.chain import hierarchy_chain
from thermalent.continued_fraction.chain.fraction import evaluate_chain, evaluate_truncated
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.chain.stationary import TierZeroEquation, resolvent
from thermalent.continued_fraction.dynamics import evolution, relaxation
from thermalent.continued_fraction.dynamics.chebyshev import Propagator, take_steps
from thermalent.continued_fraction.dynamics.steps import Steps
from thermalent.continued_fraction.dynamics.stretches import alternating_layout
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.networks.symmetry import element_charges
from thermalent.numerics.inverse_laplace import hyperbola
from thermalent.operators import states

TIMES = np.array([0.0, 0.3, 2.0, 8.0, 25.0, 90.0])


@pytest.mark.parametrize("seed", range(4))
def test_any_initial_state_evolves_as_in_fock_space(seed):
    """Random pure states: every total charge from -2 to 2 takes part."""
    rng = np.random.default_rng(seed)
    n_th, kappa = rng.uniform(0.05, 0.1), rng.uniform(0.1, 1.0)
    gamma, detuning = rng.uniform(0.5, 1.5, 2), rng.uniform(-1, 1, 2)
    psi = rng.normal(size=4) + 1j * rng.normal(size=4)
    rho = np.outer(psi, psi.conj()) / np.vdot(psi, psi).real
    brute = BruteForce(n_th, kappa, gamma, detuning, cutoff=9)
    expected = brute.over_time(brute.start(rho, "stationary"), TIMES, brute.emitters)
    found = te.evolve(te.thermal_link(n_th, kappa, gamma, detuning=detuning), TIMES, rho)
    difference = np.max(np.abs(found.states - expected), axis=(1, 2))
    # The thermal tail beyond 9 quanta holds (n/(2+n))^9 < 2e-12.
    assert np.all(difference < 1e-10)
    assert np.all(difference <= found.error + 1e-11)


@pytest.mark.parametrize(("time", "concurrence"), [(10.0, 0.1186), (30.0, 0.5077), (100.0, 0.6577)])
def test_entanglement_of_the_room_temperature_link_builds_up_slowly(time, concurrence):
    """Not within a time of order 1/gamma, as THERMAL Sec. V A has it."""
    evolution = te.evolve(te.thermal_link(1220.0, 1e-3), [time], "00")
    assert evolution.concurrence()[0] == pytest.approx(concurrence, abs=1e-4)


@pytest.mark.parametrize(
    ("n_th", "kappa"),
    [(3.0, 0.5), pytest.param(1220.0, 1e-3, marks=pytest.mark.long), (200.0, 1e-2)],
)
def test_long_times_reach_the_steady_state(n_th, kappa):
    net = te.thermal_link(n_th, kappa, detuning=(0.1, -0.2), dephasing=0.01)
    late = te.evolve(net, [60 / kappa], "10")
    steady = ContinuedFraction(rtol=1e-10).steady_state(net)
    assert np.max(np.abs(late.states[0] - steady.state)) < late.error[0] + 1e-9


def test_errors_bound_the_difference_to_a_finer_run():
    net = te.thermal_link(200.0, 0.02, detuning=(0.1, 0.0))
    times = np.geomspace(0.1, 1e3, 9)
    coarse = te.evolve(net, times, "00", ContinuedFraction(rtol=1e-5))
    fine = te.evolve(net, times, "00", ContinuedFraction(rtol=1e-9))
    difference = np.max(np.abs(coarse.states - fine.states), axis=(1, 2))
    assert np.all(difference <= coarse.error + fine.error)
    assert np.all(coarse.error <= 1e-3)


@pytest.mark.parametrize("charge", [0, 1])
@pytest.mark.parametrize("tiers", [3, 4, 11, 30])
def test_products_in_stretches_are_those_of_the_sparse_matrix(charge, tiers):
    """Both kinds of product, with tiers left out at the top, against a dense exponential."""
    h = hierarchy(te.thermal_link(3.0, 0.2, detuning=(0.2, 0.1)))
    start = np.ones((4, 4)) * (element_charges(h.numbers).reshape(4, 4) == charge)
    chain = hierarchy_chain(h, start=start, charge=charge)
    at, matrix = offsets(chain, 30), assemble(chain, 30)
    active = int(at[tiers])
    rng = np.random.default_rng(tiers)
    y = np.zeros(matrix.shape[0], dtype=matrix.dtype)
    y[:active] = rng.standard_normal(active)
    exact = expm(0.3 * matrix[:active, :active].toarray()) @ y[:active]
    found = []
    for propagator in (Propagator(matrix, offsets=at), Propagator(matrix)):
        found.append(y.copy())
        done = propagator.advance(found[-1], 0.3, active, active, np.inf)
        assert done == (0.3, False)
        assert np.max(np.abs(found[-1][:active] - exact)) < 1e-12 * np.max(np.abs(exact))
        assert not np.any(found[-1][active:])
    assert alternating_layout(matrix, at) is not None
    before = np.array([0.0, *y[:active]])[1:]
    again = y.copy()
    assert Propagator(matrix, offsets=at).advance(again, 0.3, active, 2, 0.0) == (0.0, True)
    assert np.array_equal(again[:active], before)  # nothing is advanced where the top is full


@pytest.mark.parametrize(("tiers", "used"), [(40, 3), (40, 38), (90, 81)])
def test_steps_in_vector_registers_have_the_bits_of_those_number_by_number(tiers, used):
    """Whole vectors, vectors that are not full, and several side by side."""
    chain = hierarchy_chain(hierarchy(te.thermal_link(300.0, 0.1, detuning=(0.2, 0.1))))
    at, matrix = offsets(chain, tiers), assemble(chain, tiers)
    layout, active = alternating_layout(matrix, at), at[used]
    place, spans = layout.place[:active], layout.spans(active)
    none = matrix.indptr[:0], matrix.indices[:0], matrix.data[:0]
    product = (layout.runs(active), layout.data.ravel(), *none)
    x, y = layout.vector(np.dtype(float)), layout.vector(np.dtype(float))
    x[place] = y[place] = np.random.default_rng(3).standard_normal(active)
    numbers = 700.0, np.array([0.7, 0.5, -0.3, 0.1]), 3
    for limit in (np.inf, 0.0):  # all steps are taken, then none
        kept = np.zeros((2, 3, 4, 9))
        rest = place[-9:], limit, 1e3, place[:9]
        one = take_steps(product, spans, x, *numbers, *rest, kept[0])
        two = layout.steps_in_rows(spans, y)(*numbers, *rest, kept[1])
        assert one == two
        assert one[:2] == ((3, False) if limit == np.inf else (0, True))
        assert np.array_equal(x, y)
        assert np.array_equal(*kept)


def test_a_step_is_taken_as_long_as_its_terms_are_no_larger_than_the_growth_that_is_allowed():
    """To the last digits, by both kernels: the largest term over the largest number."""
    chain = hierarchy_chain(hierarchy(te.thermal_link(300.0, 0.1, detuning=(0.2, 0.1))))
    at, matrix = offsets(chain, 40), assemble(chain, 40)
    layout, active = alternating_layout(matrix, at), at[30]
    place, spans = layout.place[:active], layout.spans(active)
    none = matrix.indptr[:0], matrix.indices[:0], matrix.data[:0]
    product = (layout.runs(active), layout.data.ravel(), *none)
    start = 3.0 * np.random.default_rng(3).standard_normal(active)
    largest = np.max(np.abs(start))
    numbers, eps = (2.0, np.array([0.7, 0.5, -0.3, 0.1]), 1), np.finfo(float).eps
    for take in (
        lambda x: partial(take_steps, product, spans, x),
        lambda x: layout.steps_in_rows(spans, x),
    ):
        growth, found = np.inf, []
        for factor in (1.0, 1 + 1e-9, 1 - 1e-9):
            x = layout.vector(np.dtype(float))
            x[place] = start
            rest = place[-9:], np.inf, factor * growth, place[:9], np.zeros((1, 4, 9))
            found.append(take(x)(*numbers, *rest))
            if growth == np.inf:  # what a step loses is a rounding of its largest term
                growth = found[0][2] / eps / largest
                assert growth > 2.0
        assert found == [(1, False, found[0][2]), found[0], (0, False, 0.0)]


@pytest.mark.parametrize("kappa", [0.1, 200.0])
def test_unknowns_within_steps_are_those_of_steps_that_end_there(kappa):
    """By a dense exponential, in long steps and in short ones behind a source that decays fast."""
    chain = hierarchy_chain(hierarchy(te.thermal_link(1220.0, kappa, detuning=(0.2, 0.1))))
    at, matrix = offsets(chain, 10), assemble(chain, 10)
    active, read = matrix.shape[0], chain.tier0_size
    propagator, y = Propagator(matrix, offsets=at), np.zeros(active)
    y[0] = 1.0
    end = 400 / float(propagator.norm[-1])
    marks, now, found = end * np.array([1e-9, 0.01, 0.3, 0.7, 0.98, 1.0]), 0.0, []
    exact = [expm(t * matrix.toarray())[:read, 0] for t in marks]
    while len(found) < len(marks):
        left = marks[len(found) :] - now
        now += propagator.advance(y, left[-1], active, read, np.inf, left, read)[0]
        found.extend(propagator.between)
    assert np.max(np.abs(np.array(found) - exact)) < 1e-13
    assert propagator.advance(y, end, active, read, 0.0, marks, read) == (0.0, True)
    assert propagator.between.shape == (0, read)  # no mark is passed where the top is full


def test_values_do_not_depend_on_the_times_that_are_expected():
    """Steps go beyond times that are known and read within; they end at those that are not."""
    chain = hierarchy_chain(hierarchy(te.thermal_link(30.0, 0.05, detuning=(0.2, 0.1))))
    start, times = np.eye(chain.tier0_size)[0], np.geomspace(0.05, 8.0, 12)
    steps = Steps(chain, start, 30, lambda y: y[: chain.tier0_size])
    knowing, asked = steps.two_runs(1e-9), steps.two_runs(1e-9)
    for run in knowing:
        run.expect(times)
    for time in times.tolist():
        found = [run.to(time, print) for run in (*knowing, *asked)]
        assert np.max(np.abs(found[0] - found[2])) < 1e-12
        assert np.max(np.abs(found[1] - found[3])) < 1e-10
    with pytest.raises(ValueError, match=r"cannot go back to t = 0\.01"):
        knowing[0].to(0.01, print)


def test_tiers_that_differ_have_no_stretches():
    """Sizes that do not alternate are multiplied by rows."""
    matrix = sparse.csr_array(np.eye(9))
    assert alternating_layout(matrix, np.array([0, 1, 3, 6, 9])) is None
    assert alternating_layout(matrix, np.array([0, 3, 5, 7, 9])) is None
    assert alternating_layout(matrix, np.array([0, 1, 3, 5, 7, 9])) is not None


def test_short_and_long_routes_agree_where_both_work():
    """Chebyshev steps and contour at one time, on the same tiers."""
    chain = hierarchy_chain(hierarchy(te.thermal_link(30.0, 0.05, detuning=(0.2, 0.1))))
    last, time = 120, 60.0
    matrix = assemble(chain, last)
    y = np.zeros(matrix.shape[0])
    y[0] = 1.0
    propagator, now = Propagator(matrix), 0.0
    while now < time * (1 - 1e-12):
        now += propagator.advance(y, time - now, len(y), 1, np.inf)[0]
    contour = hyperbola(time, time * 1.001, 24)
    a = chain.a[0][: chain.tier0_size, : chain.tier0_size]
    b = np.eye(chain.tier0_size)[0]
    transforms = [
        np.linalg.solve(
            z * np.eye(chain.tier0_size) - a - evaluate_truncated(chain, complex(z), last), b
        )
        for z in contour.nodes
    ]
    found = ((np.exp(contour.nodes * time) * contour.weights) @ np.array(transforms)).imag
    assert np.max(np.abs(found - y[: chain.tier0_size])) < 1e-10


def test_contour_inverts_known_transforms():
    times = np.geomspace(1.0, 10.0, 7)
    contour = hyperbola(1.0, 10.0, 24)
    factors = np.exp(np.multiply.outer(times, contour.nodes)) * contour.weights
    for transform, expected in (
        (1 / (contour.nodes + 0.3), np.exp(-0.3 * times)),
        (1 / contour.nodes, np.ones(7)),
        (contour.nodes**-0.5, 1 / np.sqrt(np.pi * times)),
    ):
        assert (factors @ transform).imag == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ([1.0, 0.5], r"`times` must be increasing, but is 1 followed by 0\.5"),
        ([1.0, 1.0], r"`times` must be increasing"),
        ([-1.0, 0.5], r"`times` must be non-negative, but is"),
        ([0.0, np.nan], r"`times` must be finite, but is"),
        ([], r"`times` must be a sequence of at least one time"),
        ("now", r"`times` must be a sequence of real numbers"),
    ],
)
def test_bad_times(times, message):
    with pytest.raises(ValueError, match=message):
        te.evolve(te.thermal_link(1.0, 0.1), times, "00")


def test_bad_starts():
    net = te.thermal_link(1.0, 0.1)
    with pytest.raises(ValueError, match=r"`initial`"):
        te.evolve(net, [1.0], np.eye(4))
    with pytest.raises(ValueError, match=r"`initial`"):
        te.evolve(net, [1.0], "012")
    with pytest.raises(ValueError, match=r"`source` must be 'stationary', 'empty' or a finite"):
        te.evolve(net, [1.0], "00", source="warm")
    with pytest.raises(te.MethodError, match=r"steady states only"):
        te.evolve(net, [1.0], "00", te.Markov())


def test_evolution_carries_its_observables():
    net = te.thermal_link(5.0, 0.1)
    evolution = te.evolve(net, [0.0, 5.0], "10")
    assert len(evolution) == 2
    assert evolution.concurrence().shape == (2,)
    assert evolution.populations()["T"][0] == pytest.approx(0.5)
    assert evolution.purity("q1")[0] == pytest.approx(1.0)
    assert np.max(np.abs(evolution.states[0] - states.initial_state("10", (2, 2)))) < 1e-12


@pytest.mark.parametrize(
    "seed", [0, 2, 3, *(pytest.param(n, marks=pytest.mark.long) for n in (1, 4, 5))]
)
def test_errors_hold_on_random_networks(seed):
    """Every imperfection, any initial state, n_th to 60: nothing that a contour could miss."""
    rng = np.random.default_rng(seed)
    net = random_link(rng, n_th=(0, 60.0) if seed % 2 else (0, 5.0), kappa=(1e-2, 3))
    psi = rng.normal(size=4) + 1j * rng.normal(size=4)
    rho = np.outer(psi, psi.conj()) / np.vdot(psi, psi).real
    times = np.geomspace(0.05, rng.uniform(50, 1000), 10)
    coarse = te.evolve(net, times, rho, ContinuedFraction(rtol=1e-5))
    fine = te.evolve(net, times, rho, ContinuedFraction(rtol=1e-8))
    difference = np.max(np.abs(coarse.states - fine.states), axis=(1, 2))
    assert np.all(difference <= coarse.error + fine.error)


@pytest.mark.parametrize("paired", [1, 2])
@pytest.mark.parametrize("source", ["stationary", "empty", 0.4 + 0.3j])
def test_emitters_that_count_negative_keep_the_sign_of_their_coherences(paired, source):
    """One emitter exchanges excitations with the mode, the other one is created in pairs with it.

    Its excitations count negative, so that its coherences carry the charge of the other sign.
    """
    exchange, pumping = np.diag([0.0, 0.3, -0.4]).astype(complex), np.zeros((3, 3), complex)
    exchanging = 3 - paired
    exchange[0, exchanging], exchange[exchanging, 0] = 0.2 + 0.1j, 0.2 - 0.1j
    pumping[0, paired] = pumping[paired, 0] = 0.15 - 0.2j
    pumping[1, 2] = pumping[2, 1] = 0.1 + 0.05j
    network = te.Network(
        nodes=(te.Mode(n_th=0.5, bath_rate=0.4), te.Qubit(name="a"), te.Qubit(name="b")),
        exchange=exchange,
        decay=np.diag([0.5, 1.0, 0.7]),
        pumping=pumping,
    )
    rng = np.random.default_rng(1)
    start = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    start = start @ start.conj().T / np.sum(np.abs(start) ** 2)
    times = [0.3, 1.0, 3.0]
    found = te.evolve(network, times, start, te.ContinuedFraction(), source=source)
    other = te.evolve(network, times, start, te.Fock(tolerance=1e-8), source=source)
    distance = np.max(np.abs(found.states - other.states), axis=(1, 2))
    assert np.all(distance <= found.error + other.error)


@pytest.mark.parametrize("time", [1.0, 20.0])
def test_the_rounding_of_long_steps_is_that_of_their_largest_terms(time):
    """A sum of m terms is at most m times the largest, of which each step loses a rounding."""
    turn = sparse.csr_array(np.array([[0.0, 1.0], [-1.0, 0.0]]))
    propagator, y = Propagator(turn), np.array([1.0, 0.0])
    done, full = propagator.advance(y, time, 2, 0, np.inf)
    assert (done, full) == (time, False)
    eps = np.finfo(float).eps
    terms = time + 60  # those beyond are below rounding
    assert propagator.rounding >= eps * np.max(np.abs(y)) / terms
    assert propagator.rounding <= 2 * eps * np.sqrt(1 + time)
    assert y == pytest.approx([np.cos(time), -np.sin(time)], abs=10 * propagator.rounding)


def test_the_coarser_run_does_not_pass_the_finer_one():
    """Steps reach beyond the time that is asked for; with too few tiers what follows was lost."""
    network = te.thermal_link(2e4, 1e-4, qubits=1)
    times = np.linspace(0.1, 3, 16)
    found = te.evolve(network, times, "0", te.ContinuedFraction(rtol=1e-7))
    one_by_one = [
        te.evolve(network, [t], "0", te.ContinuedFraction(rtol=1e-7)).states[0] for t in times[::5]
    ]
    assert np.max(found.error) < 1e-9  # 1e-4 with four tiers less, behind the finer run
    np.testing.assert_allclose(found.states[::5], one_by_one, rtol=0, atol=2e-9)


def test_long_steps_stop_at_the_limit_and_give_what_all_of_them_give(monkeypatch):
    """Also where the state turns for long, and from coherences that vanish."""
    monkeypatch.setattr(relaxation, "_STEPPED", 1e12)
    monkeypatch.setattr(relaxation, "_LONG_STEPS", 1e5)
    times = np.array([0.0, 1.0, 20.0, 150.0, 500.0])
    for network, initial in (
        (te.thermal_link(1.0, 0.2), "00"),
        (te.thermal_link(0.7, 0.2, detuning=(0.3, 0.2), dephasing=0.05), "11"),
        (te.thermal_link(0.2, 0.5), np.full((4, 4), 0.25)),
    ):
        found = te.evolve(network, times, initial)
        with monkeypatch.context() as patched:
            patched.setattr(relaxation, "_LONG_STEPS", np.inf)
            whole = te.evolve(network, times, initial)
        assert found.stats["stepped_times"] < whole.stats["stepped_times"] == 5
        difference = np.max(np.abs(found.states - whole.states), axis=(1, 2))
        assert np.all(difference <= found.error + whole.error)
        assert np.max(found.error) < 1e-12
        np.testing.assert_array_equal(found.states[:2], whole.states[:2])


def test_a_layout_serves_other_elements_in_the_same_places():
    chain = hierarchy_chain(hierarchy(te.thermal_link(3.0, 0.2, detuning=(0.2, 0.1))))
    at, matrix = offsets(chain, 12), assemble(chain, 12)
    other = matrix.copy()
    other.data = np.random.default_rng(1).standard_normal(len(other.data))
    one = Propagator(other, offsets=at)
    two = Propagator(other, 1.0, at, alike=Propagator(matrix, offsets=at))
    assert one.layout is not None
    assert two.layout is not None
    np.testing.assert_array_equal(one.layout.data, two.layout.data)
    other.data[3] = 0.0
    other.eliminate_zeros()  # then it has a layout of its own
    fewer = Propagator(other, 1.0, at, one)
    assert fewer.layout is not None
    np.testing.assert_array_equal(fewer.layout.data, alternating_layout(other, at).data)


def test_the_tiers_of_the_steady_state_are_found_without_asking_what_the_source_needs(monkeypatch):
    for network in (te.thermal_link(30.0, 0.02), te.thermal_link(3.0, 0.5, detuning=(1e-3, 0))):
        h = hierarchy(network)
        chain = hierarchy_chain(h)
        stationary = TierZeroEquation(chain)
        expected = evaluate_chain(chain, stationary.solve, rtol=1e-9).tiers
        with monkeypatch.context() as patched:
            patched.setattr(evolution, "resolvent", None)
            assert evolution.needed_depth(h, 1e-9) == expected


def test_without_a_steady_state_the_source_says_how_many_tiers_there_are():
    h = hierarchy(te.thermal_link(3.0, 0.5, gamma=1.0, qubits=2, detuning=0.0))
    dark = replace(h, liouvillian=0 * h.liouvillian)
    chain = hierarchy_chain(dark)
    solve = resolvent(chain, np.ones(chain.tier0_size), chain.rate)
    regular = evaluate_chain(chain, solve, s=chain.rate, rtol=1e-9).tiers
    assert evolution.needed_depth(dark, 1e-9) == 2 * regular
