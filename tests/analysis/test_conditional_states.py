"""States given the amplitude: a Fokker-Planck equation on a grid, limits, errors."""

from dataclasses import replace
from types import SimpleNamespace

import mpmath
import numpy as np
import pytest
from numpy.polynomial import legendre
from scipy import sparse
from scipy.special import eval_laguerre

import thermalent as te
from tests.support.conditional_states import operators, polar_grid
from thermalent.analysis.conditional import expansion as expansion_module
from thermalent.analysis.conditional import histories
from thermalent.analysis.conditional.averages import integrated
from thermalent.analysis.conditional.expansion import _errors, expansion
from thermalent.analysis.conditional.kernels import radial_sums
from thermalent.analytic.methods import amplitude_fluctuations
from thermalent.analytic.methods.classical_field import field
from thermalent.analytic.methods.null_vector import one_mode_of
from thermalent.analytic.quasistatic import dark_state
from thermalent.analytic.radial_elements import radial_elements
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.networks.symmetry import excitation_numbers
from thermalent.stochastic.driven import driven_emitters

HOT = te.thermal_link(1220, 1e-2)


@pytest.fixture(scope="module")
def hot():
    return te.conditional_states(HOT)


def test_an_observer_of_the_amplitude_has_more_entanglement(hot):
    """The average over the present amplitude, the same from a grid in the amplitude (below)."""
    average = hot.average("concurrence")
    assert average == pytest.approx(0.7243727816618, abs=1e-10)
    assert average.error < 1e-9
    assert hot.mean.concurrence() == pytest.approx(0.660591, abs=1e-6)


def test_states_are_those_of_a_fokker_planck_equation_on_a_grid(hot):
    """Finite elements in the radius, whose phase diffuses, in the frame of the phase."""
    f = field(one_mode_of(HOT))
    elements = radial_elements(24, 1e-4)
    size = len(f.liouvillian)
    generator = (
        sparse.kron(elements.overlap, f.liouvillian)
        + sparse.kron(np.sqrt(f.variance) * elements.radius, f.drive)
        - sparse.kron(f.rate / 2 * elements.slopes, sparse.eye_array(size))
        - sparse.kron(f.rate / 2 * elements.inverse_square, sparse.diags_array(f.charge**2.0))
    )
    row = int(np.argmax(elements.mean)) * size
    trace = np.kron(elements.mean, np.eye(4).ravel())
    pinned = amplitude_fluctuations._with_row(sparse.csr_array(generator), row, trace)
    nodal = amplitude_fluctuations._solve_row(pinned, row).reshape(-1, size)
    ends = np.concatenate([[0.0], np.geomspace(1e-4, 6.0, 24)])
    for place in (8, 12, 16, 19, 21):  # s from 0.005 to 2.5
        grid = f.space.matrix(nodal[6 * place])
        state = hot.state(ends[place] * np.sqrt(hot.variance))
        # The frame of the phase is that of a real amplitude; the elements are good to 1e-7.
        assert state.state == pytest.approx(grid / np.trace(grid), abs=3e-6)


def test_a_slow_source_leaves_a_dark_state_at_each_amplitude():
    """The distance to it falls with the bandwidth: by ten, but for the second order, 25 %."""
    far = []
    for kappa in (2e-3, 2e-4):
        states = te.conditional_states(te.thermal_link(2 / kappa, kappa), rtol=1e-6)
        off = []
        for alpha in (0.3, 1.0j, 2.0 - 1.0j):
            amplitude = alpha * np.sqrt(states.variance)
            ket = dark_state(amplitude, kappa)
            off.append(np.abs(states.state(amplitude).state - np.outer(ket, ket.conj())).max())
        far.append(np.array(off))
    assert np.all(far[1] < 6e-3)
    assert far[0] / far[1] == pytest.approx(10, rel=0.25)


def test_conditional_states_average_to_the_steady_state(hot):
    alpha, area = polar_grid(hot)
    whole = np.einsum("p,pij->ij", area, operators(hot, alpha))
    assert whole == pytest.approx(hot.mean.state, abs=1e-10)
    purity = hot.average("purity")
    assert purity > hot.mean.purity() + 0.05
    assert purity.error < 1e-9


def test_the_density_of_a_classical_field_is_a_gaussian_within_its_error(hot):
    alpha = np.sqrt(hot.variance) * np.array([0.0, 0.5j, 1.0, 2.0, 4.0, 5.5])
    density = hot.density(alpha)
    expected = np.exp(-(np.abs(alpha) ** 2) / hot.variance) / (np.pi * hot.variance)
    assert np.all(np.abs(density - expected) <= density.error)
    assert np.all(density.error[:4] < 1e-8 * expected[:4])


@pytest.mark.parametrize("rtol", [1e-3, 1e-5])
def test_tiers_left_out_are_in_the_errors(hot, rtol):
    few = te.conditional_states(HOT, rtol=rtol)
    assert len(few.coefficients.tiers) < len(hot.coefficients.tiers)
    for x in (0.0, 0.3, 1.0, 2.0, 4.0):
        alpha = np.sqrt(x * hot.variance)
        one, other = few.state(alpha), hot.state(alpha)
        off = np.abs(one.state - other.state)
        assert np.all(off <= one.error.elements + other.error.elements)
        assert abs(one.concurrence() - other.concurrence()) <= one.concurrence().error
    average = few.average()
    assert abs(average - hot.average()) <= average.error


def test_rounding_at_improbable_amplitudes_is_in_the_errors(hot):
    """Digits are lost as exp(x/2): another number of tiers shows them."""
    other = te.conditional_states(HOT, rtol=1e-13)
    for x in (20.0, 30.0, 40.0):
        alpha = np.sqrt(x * hot.variance)
        one, two = hot.state(alpha), other.state(alpha)
        assert np.all(np.abs(one.state - two.state) <= one.error.elements)
        assert one.error > 1e-15 * np.exp(x / 2)


def test_functions_are_laguerre_functions_in_more_digits():
    x, count = np.array([0.0, 1e-3, 0.7, 12.0, 60.0]), 800
    for m in (0, 1, 3):
        for n in (0, 1, 2, 57, count - 1):
            weights, total = np.zeros((count, 1), dtype=complex), np.zeros((5, 1), dtype=complex)
            bound, errors = np.zeros((5, 1)), np.zeros((count, 1))
            weights[n] = 1.0
            radial_sums(x, m, weights, errors, total, bound)
            with mpmath.workdps(60):
                exact = [
                    (-1) ** n
                    * mpmath.sqrt(mpmath.factorial(n) / mpmath.factorial(n + m))
                    * mpmath.mpf(value) ** (mpmath.mpf(m) / 2)
                    * mpmath.laguerre(n, m, mpmath.mpf(value))
                    * mpmath.exp(-mpmath.mpf(value) / 2)
                    for value in x
                ]
            off = np.abs(total[:, 0] - np.array(exact, dtype=float))
            assert np.all(off <= bound[:, 0] + 1e-300)
            assert np.all(off < 1e-12)
    assert eval_laguerre(1, 0.7) == pytest.approx(0.3)  # the sign of L_1 that (-1)^n goes with


def test_a_kink_is_integrated_within_the_error():
    def integrand(r):
        return np.stack([np.maximum(r - 1 / 3, 0.0), np.ones(len(r))], axis=1)

    found = integrated(integrand, 2.0)
    exact = (5 / 3) ** 2 / 2
    assert abs(found.values[0] - exact) <= found.error + 1e-15
    assert found.error < 1e-9
    assert found.values[1] == pytest.approx(2.0, abs=1e-13)


def test_the_whole_past_is_worth_more_than_the_present():
    """Trajectories: the concurrence is convex, so that who knows more has more."""
    states = te.conditional_states(te.thermal_link(10, 0.1))
    past = states.average_over_histories(n=256)
    assert states.average() > states.mean.concurrence() + 0.1
    assert past > states.average() + 3 * past.error
    # 0.4227(41) with 2000 histories of another seed.
    assert past == pytest.approx(0.4227, abs=3 * past.error)
    assert past.error < 0.02


def test_strong_fields_are_given_the_time_that_they_take(monkeypatch):
    """At |alpha|^2 = 4 V the pair settles ten times as slowly: too short a start lacks 0.012."""
    states = te.conditional_states(te.thermal_link(1220, 3e-4))
    past = states.average_over_histories(n=256)
    assert past.error < 6e-3
    assert past > states.average() - 2 * past.error
    monkeypatch.setattr(histories, "_MOST_STEPS", 10)
    with pytest.raises(te.MethodError, match="have not forgotten their start"):
        states.average_over_histories(n=256)


def test_a_steady_state_that_is_not_unique_is_that_of_the_start():
    """Bidirectional and resonant, the singlet is dark: from |S> it stays at every amplitude."""
    network = te.phononic_link(0.5, 0.3, positions=(2 * np.pi, 4 * np.pi))
    with pytest.raises(te.SolveError, match="not unique"):
        te.conditional_states(network, distribution="Husimi")
    singlet = te.states.bell("S")
    held = np.outer(singlet, singlet)
    dark = te.conditional_states(network, distribution="Husimi", initial=held)
    assert dark.populations([0.0, 0.7j])["S"] == pytest.approx([1, 1], abs=1e-9)
    assert dark.average() == pytest.approx(1, abs=1e-6)
    half = te.conditional_states(network, distribution="Husimi", initial="01")
    alpha, area = polar_grid(half)
    whole = np.einsum("p,pij->ij", area, operators(half, alpha))
    reached = te.steady_state(network, initial="01")
    assert whole == pytest.approx(reached.state, abs=1e-9)


def test_mean_states_of_trajectories_by_their_amplitude():
    """Those that end at |alpha|^2 below V/2, and their part: standard errors of 320 histories."""
    network = te.thermal_link(10, 0.1)
    states = te.conditional_states(network)
    driven = driven_emitters(network)
    paths, _ = te.FieldTrajectories().stationary_paths(driven)
    paths = replace(paths, segments=[paths.segments[0]._replace(record=True)])
    singlet = te.states.bell("S")
    values, where = [], []
    for number in range(5):
        (end,) = next(paths.coarsened_paths(number, (1,)))
        matrices = driven.matrices(end.x)
        values += list(np.einsum("i,pij,j->p", singlet.conj(), matrices, singlet).real)
        where += list(end.u[0] ** 2 + end.u[1] ** 2)
    values, where = np.array(values), np.array(where) / states.variance
    x, weight = legendre.leggauss(24)

    def expected(limit):
        r = np.sqrt(limit) * (1 + x) / 2
        s = np.asarray(states.populations(np.sqrt(states.variance) * r)["S"])
        return float(np.sum(np.sqrt(limit) * weight * r * np.exp(-(r**2)) * s))

    sample = np.where(where < 0.5, values, 0.0)
    error = np.std(sample, ddof=1) / np.sqrt(len(sample))
    assert abs(np.mean(sample) - expected(0.5)) < 4 * error
    # The same part of the plane with another variance, 2 V: the comparison notices.
    assert abs(np.mean(sample) - expected(1.0)) > 4 * error


def test_a_broad_source_has_entanglement_for_its_observer_alone():
    states = te.conditional_states(te.thermal_link(0.5, 0.3))
    assert states.mean.concurrence() == 0
    assert states.average() == pytest.approx(0.126607, abs=1e-6)


def test_one_qubit_and_several():
    """Numbers of some emitters, and of other kinds of emitters."""
    one = te.conditional_states(te.thermal_link(2.0, 0.1, 1.0, qubits=1))
    assert set(one.populations(0.3)) == {"0", "1"}
    assert one.average("entropy") < one.mean.entropy()
    three = te.conditional_states(te.thermal_link(1.0, 0.2, qubits=3), rtol=1e-4)
    pair = three.measure("concurrence", [0.5, 1.0], "q1", "q2")
    two = te.conditional_states(te.thermal_link(1.0, 0.2))
    assert pair == pytest.approx(np.asarray(two.concurrence([0.5, 1.0])), abs=1e-4)


def test_amplitudes_and_arguments_that_are_refused(hot):
    with pytest.raises(ValueError, match=r"`alpha` must be of modulus up to about 1\d\d.*rounding"):
        hot.state(200.0)
    with pytest.raises(ValueError, match=r"`alpha` must be a finite complex amplitude"):
        hot.density(np.nan)
    with pytest.raises(ValueError, match=r"`alpha` must be a finite complex amplitude"):
        hot.to_xarray("strong")
    with pytest.raises(ValueError, match=r"`alpha` must be one amplitude, but is 2 of them"):
        hot.state([1.0, 2.0])
    with pytest.raises(ValueError, match=r"`name` must be one of concurrence, .*'beauty'"):
        hot.average("beauty")
    with pytest.raises(ValueError, match=r"`distribution` must be 'P', 'Wigner' or 'Husimi'"):
        te.conditional_states(HOT, distribution="Q")
    with pytest.raises(ValueError, match=r"`rtol` must be"):
        te.conditional_states(HOT, rtol=0.1)


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [(-1.1e-3, te.MethodError, "no probability here"), (-0.9e-3, ValueError, "so improbable")],
)
def test_only_what_is_negative_beyond_its_error_is_no_probability(
    monkeypatch, hot, value, kind, words
):
    negative = te.Estimates([value], lambda: np.array([1e-3]), "as given")
    monkeypatch.setattr(type(hot), "density", lambda self, alpha: negative)
    with pytest.raises(kind, match=words):
        hot._refuse(0.5)


def test_sources_that_have_no_p_function():
    empty = te.phononic_link(0.0, 0.3, positions=(2 * np.pi, 4 * np.pi), detuning=(0.5, -0.5))
    with pytest.raises(te.MethodError, match="P function is a point"):
        te.conditional_states(empty)
    vacuum = te.conditional_states(empty, distribution="Husimi")
    assert vacuum.density(0.5)[0] == pytest.approx(np.exp(-0.25) / np.pi, abs=1e-12)
    with pytest.raises(ValueError, match="'P' for averages over histories"):
        vacuum.average_over_histories()
    acting = te.phononic_link(0.1, 0.3, positions=(2 * np.pi, 4 * np.pi), detuning=(0.5, -0.5))
    singular = te.conditional_states(acting)
    with pytest.raises(te.MethodError, match=r"no probability here.*distribution='Husimi'"):
        singular.average()
    with pytest.raises(te.MethodError, match="Conditional states come from the continued fraction"):
        te.conditional_states(te.dual_rail(1, 1.0, bandwidth=2.0))


def test_how_they_show_themselves(hot):
    assert repr(hot).startswith("<ConditionalStates: thermal link (source, q1, q2) given the ampl")
    assert "concurrence of the mean state" in hot._repr_html_()
    import matplotlib

    matplotlib.use("Agg")
    for of, label in (("S", "population of |S⟩"), ("density", "density"), ("purity", "purity")):
        axes = hot.plot(of, points=15)
        mesh = axes.collections[0]
        assert mesh.get_array().shape == (15, 15)
        assert axes.figure.axes[1].get_ylabel() == label
    middle = hot.plot(points=15).collections[0].get_array()[7, 7]
    assert middle == pytest.approx(hot.concurrence(0.0)[0], abs=1e-12)
    xarray = pytest.importorskip("xarray")
    table = hot.to_xarray([0.0, 10j])
    assert isinstance(table, xarray.Dataset)
    assert table.state.values[1] == pytest.approx(hot.state(10j).state)


def test_the_error_of_the_state_that_is_reached_enters_every_tier():
    """As the relative error of all that is computed from it."""
    network = te.phononic_link(0.5, 0.3, positions=(2 * np.pi, 4 * np.pi))
    mean = te.steady_state(network, initial="01")
    h = hierarchy(network, excitation_numbers(network))
    exact, rough = (expansion(h, 0.5, 1e-6, "", mean.state, error) for error in (0.0, 0.01))
    np.testing.assert_array_equal(exact.tiers, rough.tiers)
    more = rough.errors - exact.errors
    np.testing.assert_allclose(more, 0.01 * np.abs(exact.tiers), rtol=1e-9, atol=1e-18)
    assert more.max() > 1e-4


def test_an_error_is_a_change_three_disturbances_and_a_rounding():
    """Of tiers that their disturbance changes by 2^-40, and fewer of them by 2^-33."""
    tiers = np.array([[[1.0, -2.0]], [[0.5, 0.25]], [[0.1, 0.2]]])
    steady = SimpleNamespace(tiers=lambda last, rng: tiers * (1 + 2.0**-40))
    found = _errors(steady, tiers, tiers[:2] * (1 + 2.0**-33))
    exact = np.abs(tiers) * (np.array([2.0**-33, 2.0**-33, 1.0])[:, None, None] + 3 * 2.0**-40)
    np.testing.assert_allclose(found, exact, rtol=1e-4)
    calm = SimpleNamespace(tiers=lambda last, rng: tiers)
    rounding = 8 * np.finfo(float).eps * np.abs(tiers)
    np.testing.assert_allclose(_errors(calm, tiers, tiers), rounding, rtol=1e-12)


@pytest.mark.parametrize(("budget", "last"), [(25.0, 28), (33.0, 37), (45.0, 49)])
def test_tiers_end_beyond_their_budget_which_falls_with_the_unknowns_squared(
    monkeypatch, budget, last
):
    """From 16 on by three tenths: 21, 28, 37, 49. A tier of one qubit has two unknowns."""
    monkeypatch.setattr(expansion_module, "_BUDGET", 4 * budget)
    monkeypatch.setattr(expansion_module, "needed_depth", lambda h, rtol: 16)
    h = hierarchy(te.thermal_link(300.0, 0.01, qubits=1))
    with pytest.raises(te.MethodError, match=f"the last of {last} tiers are still .* Take fewer.$"):
        expansion(h, 0.0, 1e-12, "Take fewer.")
