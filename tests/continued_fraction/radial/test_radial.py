"""The radial form of hot modes against tiers, other elements and limits, and where it ends."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy import linalg

import thermalent as te
from thermalent.analytic.methods.amplitude_fluctuations import averaged_over_radius
from thermalent.analytic.methods.classical_field import classical, field
from thermalent.analytic.methods.null_vector import one_mode_of
from thermalent.analytic.radial_elements import radial_elements
from thermalent.continued_fraction.chain.one_structure.small import chains
from thermalent.continued_fraction.chain.one_structure.structure import structure
from thermalent.continued_fraction.radial.elimination import factored
from thermalent.continued_fraction.radial.equation import radial_equation
from thermalent.continued_fraction.radial.integrals import radial_integrals
from thermalent.continued_fraction.radial.plan import widest_folded
from thermalent.continued_fraction.radial.solution import radial_solution, rounding_deviations
from thermalent.continued_fraction.radial.solve import radial_state
from thermalent.networks.gaussian_source import gaussian_modes
from thermalent.support.machine.one_thread import one_thread

HOT = te.ContinuedFraction(rtol=1e-6)


@pytest.fixture(autouse=True)
def _alone():
    """Several threads would wait for each other in small matrices; `te.steady_state` has one."""
    with one_thread():
        yield


def parts(network):
    chain = chains([network], np.zeros(1, dtype=np.int64), structure(network))[0].single(0)
    return chain, chain.size, gaussian_modes(network)[0]


def radial(network, rtol=1e-8):
    return radial_state(*parts(network), rtol)


def networks(kind, count, coldest, hottest, seed=3):
    """Random networks of one or two qubits behind one mode with so many quanta."""
    rng = np.random.default_rng(seed)
    drawn = (te.testing.random_network(kind, rng) for _ in itertools.count())
    fitting = (one for one in drawn if len(one.modes) == 1 and np.prod(one.dims) <= 4)
    for network in itertools.islice(fitting, count):
        n_th = float(10 ** rng.uniform(np.log10(coldest), np.log10(hottest)))
        source, *emitters = network.nodes
        yield replace(network, nodes=(replace(source, n_th=n_th), *emitters))


@pytest.mark.parametrize("kind", ["ordinary", "many_decades"])
def test_hot_modes_against_the_tiers(kind):
    for network in networks(kind, 8, 1e3, 1e5):
        tiers, found = te.steady_state(network, te.ContinuedFraction(rtol=1e-8)), radial(network)
        assert found.outcome == "converged"
        assert np.max(np.abs(found.state - tiers.state)) <= found.error + tiers.error
        assert np.all(np.abs(found.state - tiers.state) <= found.errors + tiers.error)


def test_back_action_of_emitters_on_a_cold_mode():
    """Where the mode holds few quanta, the emitters change its field altogether."""
    for network in networks("bidirectional", 8, 1.0, 30.0):
        tiers, found = te.steady_state(network), radial(network)
        assert np.max(np.abs(found.state - tiers.state)) <= found.error + tiers.error < 2e-8
        source, *emitters = network.nodes
        alone = replace(network, nodes=(replace(source, backaction=False), *emitters))
        assert np.max(np.abs(radial(alone).state - found.state)) > 1e-5


@pytest.mark.parametrize(
    ("network", "largest"),
    [
        (te.thermal_link(1e9, 1e-4), 1e-10),
        (te.thermal_link(1e9, 1e-3, detuning=(0.3, -0.1), dephasing=0.01), 1e-10),
    ],
)
def test_elements_with_another_basis_and_another_order(network, largest):
    """The field's radius by the nodal polynomials of the amplitude-noise method."""
    problem = field(classical(one_mode_of(network)))
    state = averaged_over_radius(problem, radial_elements(24, 1e-3), phase_diffuses=True)
    frame = problem.space.frame
    turned = problem.phase_average(frame.conj().T @ state @ frame)
    found = te.steady_state(network, te.ContinuedFraction(rtol=1e-8))
    assert found.stats["form"] == "radial"
    assert np.max(np.abs(frame @ turned @ frame.conj().T - found.state)) < found.error + largest


def test_a_slow_field_is_followed_by_the_dark_state():
    """At a given flux the distance to the quasistatic limit falls in proportion to kappa."""
    distance = []
    for kappa in (1e-6, 1e-7):
        link = te.thermal_link(10 / kappa, kappa)
        found, limit = radial(link), te.steady_state(link, te.Quasistatic())
        distance.append(np.max(np.abs(found.state - limit.state)))
    assert distance[0] < 1e-3
    assert distance[1] == pytest.approx(distance[0] / 10, rel=0.1)


def test_errors_bound_what_more_elements_change():
    """At any accuracy; the errors are not above a thousand times the truth in the median."""
    ratios = []
    for network in networks("ordinary", 8, 1e5, 1e10):
        equation = radial_equation(*parts(network))
        finest = radial_integrals(44, 9, equation.smallest, 7.0)
        exact = equation.basis @ radial_solution(equation, finest).x
        for rtol in (1e-2, 1e-5, 1e-8, 1e-9, 1e-10):
            found = radial(network, rtol)
            true = np.abs(found.state - exact.reshape(found.state.shape))
            assert np.max(true) <= found.error <= rtol
            assert np.all(true <= found.errors + 1e-15)
            ratios.append(found.error / np.max(true))
    assert np.median(ratios) < 1000


def fed_by_an_emitter():
    """A qubit that decays fast and feeds the mode: its field is broader than the thermal one."""
    exchange = np.diag([0.0, 4.6e4, 0.0])
    exchange[0, 1] = exchange[1, 0] = -13.0
    exchange[1, 2] = exchange[2, 1] = 1.3
    decay = np.diag([1.2e-3, 1.5e4, 1.3e-5])
    decay[0, 1] = decay[1, 0] = -4.2
    decay[1, 2] = decay[2, 1] = 0.44
    return te.Network(
        nodes=(te.Mode(bath_rate=1.2e-3, n_th=8e4), te.Qubit(name="a"), te.Qubit(name="b")),
        exchange=exchange,
        decay=decay,
    )


def test_a_field_that_emitters_make_broader_is_followed_further_out():
    """Up to a radius of six times the thermal one 6e-11 of the state would be missing."""
    network = fed_by_an_emitter()
    tiers = te.steady_state(network, te.ContinuedFraction(rtol=1e-10))
    for rtol, allowed in ((1e-6, 2e-10), (1e-9, 1e-11)):
        found = radial(network, rtol)
        assert found.outcome == "converged"
        assert np.max(np.abs(found.state - tiers.state)) < min(found.error, allowed)


@pytest.mark.parametrize(
    ("network", "parts_changed"),
    [
        (te.thermal_link(1e9, 1.0, detuning=(0.3, 0.1)), (1, 1, 0)),
        (te.phononic_link(2.0, 0.5, positions=(1.0, 2.0), detuning=(0.3, 0.1)), (0, 0, 1)),
    ],
)
def test_rounding_of_the_equation_is_foreseen(network, parts_changed):
    """What random changes of A, of the drive and of the back-action do to the state.

    They are ten thousand last places, so that those of the elimination do not matter.
    """
    equation = radial_equation(*parts(network))
    size = tuple(1e4 * w * s for w, s in zip(parts_changed, equation.size, strict=True))
    equation = equation._replace(size=size)
    integrals = radial_integrals(14, 5, equation.smallest, 6.0)
    solution = radial_solution(equation, integrals)
    lost = rounding_deviations(equation, integrals, solution)
    but_the_trace = (np.arange(len(equation.a)) != equation.trace)[:, None]
    rng, moved = np.random.default_rng(1), []
    others = equation.traced - np.eye(len(equation.a))[equation.trace]

    def changed_by(size):
        change = 2.0**-52 * rng.standard_normal(size.shape) * size * but_the_trace
        return change - np.outer(change[:, equation.trace], others)  # the trace is an unknown

    for _ in range(40):
        changed = [
            table + changed_by(size)
            for table, size in zip(_tables(equation), equation.size, strict=True)
        ]
        other = equation._replace(
            a=changed[0],
            drive=changed[1],
            backaction=None if equation.backaction is None else changed[2],
        )
        moved.append(radial_solution(other, integrals).x - solution.x)
    # Forty draws give a root of the mean square to 11 %.
    spread = np.sqrt(np.mean(np.square(moved), axis=0))
    assert spread == pytest.approx(lost, rel=0.5, abs=0)


def _tables(equation):
    none = np.zeros_like(equation.a)
    return equation.a, equation.drive, none if equation.backaction is None else equation.backaction


def test_eigenfunctions_of_the_radius():
    """Without emitters a charge q decays at the rates (2 n + q) lambda."""
    integrals = radial_integrals(8, 6, 0.1, 6.0)
    for charge in (0, 1, 2):
        inside = np.eye(8 * 6 + 1)
        if charge:
            inside = inside[:, 1:]  # it vanishes at s = 0
        overlap, slopes, turning = (
            inside.T @ _whole(table) @ inside
            for table in (integrals.overlap, integrals.slopes, integrals.inverse_square)
        )
        # Polynomials of degree 6 miss the fourth rate by up to 3e-6.
        rates = linalg.eigh(slopes + charge**2 * turning, overlap, eigvals_only=True) / 2
        assert rates[:4] == pytest.approx(charge + 2 * np.arange(4.0), abs=1e-5)
    assert np.sum(_whole(integrals.overlap)[:9, :9]) > 0  # ends are shared
    assert integrals.mean[:, :2].sum() == pytest.approx(1.0, rel=1e-14)


def _whole(tables):
    """The sum over the elements, the ends in the order of s, then the insides."""
    count, n = tables.shape[:2]
    total = np.zeros((count * (n - 1) + 1,) * 2)
    for e in range(count):
        inner = count + 1 + e * (n - 2) + np.arange(n - 2)
        place = np.concatenate([[e, e + 1], inner])
        total[np.ix_(place, place)] += tables[e]
    return total


@pytest.mark.parametrize("meet", [1, 3])
def test_elimination_against_a_dense_solve(meet):
    rng, m, count, n = np.random.default_rng(meet), 3, 4, 4
    elements = rng.normal(size=(count, n * m, n * m)) + 6 * np.eye(n * m)
    given = rng.normal(size=(count, n * m, 2))
    places = []
    for e in range(count):
        inner = (count + 1) * m + e * (n - 2) * m + np.arange((n - 2) * m)
        places.append(np.concatenate([np.arange(e * m, (e + 2) * m), inner]))
    size = 1 + max(place.max() for place in places)
    whole, right = np.zeros((size, size)), np.zeros((size, 2))
    for element, place, some in zip(elements, places, given, strict=True):
        whole[np.ix_(place, place)] += element
        right[place] += some
    factors = factored(elements, m, meet)
    for found, matrix in ((factors, whole), (factors.transposed, whole.T)):
        exact = np.linalg.solve(matrix, right)
        for solved, place in zip(found.solve(given), places, strict=True):
            assert np.max(np.abs(solved - exact[place])) < 1e-12 * np.max(np.abs(exact))


def test_the_radial_form_is_chosen_by_its_cost():
    warm, hot = (te.steady_state(te.thermal_link(n, 1e-2), HOT) for n in (1e5, 1e8))
    assert "tiers" in warm.stats
    assert hot.stats["form"] == "radial"
    assert "amplitude" in hot.error.how
    # Digits and a number of tiers are those of the hierarchy.
    for method in (te.ContinuedFraction(n_max=8), te.ContinuedFraction(digits=6)):
        assert widest_folded(method.settings) == np.inf
    assert widest_folded(te.ContinuedFraction(rtol=1e-12).settings) < widest_folded(HOT.settings)


def test_no_heat_is_too_much_for_steady_states_alone():
    link = te.thermal_link(1e13, 1e-4)
    found = te.steady_state(link, HOT)
    assert found.error < 1e-6
    # Its field is so strong that it mixes the qubits' states, but slow.
    assert found.populations()["00"] == pytest.approx(0.25, abs=0.03)
    with pytest.raises(te.MethodError, match="so hot that the continued fraction would need"):
        te.spectrum(link, [0.1], "q1")
    with pytest.raises(te.MethodError, match="so hot that the continued fraction would need"):
        te.evolve(link, [1.0], "00", method=HOT)
    with pytest.raises(te.MethodError, match="so hot that the continued fraction would need"):
        te.steady_state(link, te.ContinuedFraction(n_max=8))
    with pytest.raises(te.SolveError, match="below what double precision can give for so hot"):
        te.steady_state(te.thermal_link(1e13, 1.0), te.ContinuedFraction(rtol=1e-9))


def test_a_conserved_dark_state_has_no_radial_form():
    """Equal qubits at a common reservoir conserve the singlet."""
    amplitudes = np.array([0.03, 1.0, 1.0])
    network = te.Network(
        nodes=(te.Mode(bath_rate=1e-3, n_th=1e13), te.Qubit(name="a"), te.Qubit(name="b")),
        exchange=np.zeros((3, 3)),
        decay=np.outer(amplitudes, amplitudes),
    )
    found = radial(network)
    assert found is None or found.outcome != "converged"
    with pytest.raises(te.SolveError, match="there may be several steady states"):
        te.steady_state(network, HOT)


def test_hot_points_of_lists_and_sweeps_have_the_bits_of_single_calls():
    kappa = [1e-4, 1e-2]
    links = [te.thermal_link(n, k) for n in (1e3, 1e9) for k in kappa]
    together = te.steady_states(links, HOT)
    for link, state in zip(links, together, strict=True):
        assert np.array_equal(state.state, te.steady_state(link, HOT).state)
    grid = {"n_th": [1e3, 1e9], "kappa": kappa}
    data = te.sweep(te.thermal_link, grid, "concurrence", method=HOT, executor=1)
    assert np.array_equal(
        data["concurrence"].values.ravel(), [state.concurrence() for state in together]
    )
    assert np.all(data["n_max"].values[1] == -1)


def test_slopes_behind_a_mode_whose_state_has_no_tiers(monkeypatch):
    """A state of the radial form does not say how many tiers its derivatives take."""
    parameters = {"n_th": 1e3, "kappa": 1e-2}
    known = te.sensitivities(te.thermal_link, parameters, "purity", rtol=1e-6)
    monkeypatch.setattr("thermalent.continued_fraction.radial.plan._AS_LONG_AS", 1.0)
    assert "tiers" not in te.steady_state(te.thermal_link(1e3, 1e-2), HOT).stats
    found = te.sensitivities(te.thermal_link, parameters, "purity", rtol=1e-6)
    for name in parameters:
        assert abs(found[name] - known[name]) <= found.errors[name] + known.errors[name]


def test_where_rounding_ends_the_tiers_the_radial_form_goes_on():
    network = te.thermal_link(1e7, 1e-3, detuning=(0.1, -0.2))
    tiers = te.steady_state(network, te.ContinuedFraction(rtol=1e-9))
    further = te.steady_state(network, te.ContinuedFraction(rtol=3e-11))
    assert "form" not in tiers.stats
    assert further.stats["form"] == "radial"
    assert further.error < float(tiers.error)
    assert np.max(np.abs(further.state - tiers.state)) < tiers.error + further.error


def test_digits_stand_in_where_a_waveguide_hotter_than_the_mode_leaves_few_tiers():
    """The radial equation is singular in doubles there, and two tiers in more digits are enough."""
    found = te.steady_state(te.thermal_link(10, 0.1, waveguide_occupation=1e8))
    assert found.stats["bits"] >= 128
    assert found.status.ok
