"""Parts of filters that whole responses hardly show, each against a plain scan or formula."""

import numpy as np
import pytest
from scipy import stats

import thermalent as te
from thermalent.filters import passive, response
from thermalent.filters.measured import fitting, uncertainty
from thermalent.filters.measured.rational import Rational
from thermalent.filters.response import StateSpace
from thermalent.support import checks
from thermalent.support.errors import ArgumentError


def random_system(seed, n=3):
    """A stable system with complex poles."""
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n)) - 3 * np.eye(n)
    b, c = rng.normal(size=(2, n)) + 1j * rng.normal(size=(2, n))
    return StateSpace(a, b, c, 0.1 * (1 + 1j))


@pytest.mark.parametrize("seed", range(6))
def test_the_peak_and_the_width_of_a_response_are_those_of_a_scan(seed):
    system = random_system(seed)
    omega = np.linspace(-25, 25, 40_001)
    resolvent = np.linalg.inv(1j * omega[:, None, None] * np.eye(3) - system.a)
    size = np.abs(system.d + resolvent @ system.b @ system.c)
    value, where = response.peak(system)
    # Between two points of the scan the peak is higher by some 1e-5 of it.
    assert size.max() <= value < size.max() * (1 + 2e-5)
    assert where == pytest.approx(omega[np.argmax(size)], abs=3e-3)
    exact = system.d + np.array([system.c @ np.linalg.solve(1j * w * np.eye(3) - system.a, system.b)
                                 for w in (0.3, 2.0)])  # fmt: skip
    np.testing.assert_allclose(response.transfer_function(system, np.array([0.3, 2.0])), exact)


def test_the_grid_surrounds_every_pole_far_out():
    poles = np.array([-0.5 + 2.0j, -0.01 - 7.0j])
    system = StateSpace(np.diag(poles), np.ones(2), np.ones(2), 0.0)
    grid = response._grid(system)
    assert np.all(np.diff(grid) > 0)
    assert grid[0] == pytest.approx(-1e6 * abs(poles[1]))
    assert grid[-1] == pytest.approx(1e6 * abs(poles[1]))
    for pole in poles:
        width = abs(pole.real)
        for sign in (-1, 1):
            for far in (0.5, 1.0, *np.geomspace(2, 1e3, 10)):
                # A point beside each distance, to a factor of three of it.
                apart = np.abs(grid - (pole.imag + sign * far * width))
                assert apart.min() < 0.7 * far * width


@pytest.mark.parametrize("seed", range(4))
def test_a_balanced_system_has_equal_gramians_and_the_same_response(seed):
    system = random_system(seed)
    balanced = passive._balanced(system)
    omega = np.array([-2.0, 0.1, 3.0])
    np.testing.assert_allclose(
        response.transfer_function(balanced, omega),
        response.transfer_function(system, omega),
        rtol=1e-10,
    )
    modes, vectors = np.linalg.eig(balanced.a)
    inverse = np.linalg.inv(vectors)
    b, c = inverse @ balanced.b, balanced.c @ vectors
    sums = modes[:, None] + modes.conj()[None, :]
    controllable = vectors @ (-np.outer(b, b.conj()) / sums) @ vectors.conj().T
    observable = inverse.conj().T @ (-np.outer(c.conj(), c) / sums.conj()) @ inverse
    np.testing.assert_allclose(controllable, np.diag(np.diag(controllable)), atol=1e-9)
    np.testing.assert_allclose(controllable, observable, atol=1e-9)


# --- measured filters ---


def test_what_a_datum_moves_a_straight_line_by_is_what_leaving_it_out_does():
    rng = np.random.default_rng(3)
    x = np.append(np.linspace(-1, 2, 9), 8.0)  # the last nearly fixes the slope alone
    slopes, data = np.stack([np.ones(10), x], axis=1), rng.normal(size=10)
    whole = np.linalg.lstsq(slopes, data)[0]
    left_out = [
        np.linalg.lstsq(np.delete(slopes, i, axis=0), np.delete(data, i))[0] for i in range(10)
    ]
    found = uncertainty._influences(slopes, slopes @ whole - data)
    np.testing.assert_allclose(found, (np.array(left_out) - whole).T, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("count", "alike", "freedom"), [(4, 1.0, 12.0), (9, 3.0, 9.0), (2000, 1.0, 6000)]
)
def test_few_data_have_wider_three_standard_deviations(count, alike, freedom):
    """Equal influences on one coefficient: Student's distribution, normal for many data."""
    influences, slope = np.full((1, count), 0.2), np.array([[3.0]])
    (found,) = uncertainty._stated_deviations(influences, alike, slope)[0]
    wanted = stats.t.isf(stats.norm.sf(3.0), freedom) * 0.2 * np.sqrt(count * alike)
    assert abs(found) == pytest.approx(wanted, rel=1e-9)


def test_neighbouring_residuals_that_are_alike_count_as_one():
    rng = np.random.default_rng(5)
    independent = rng.normal(size=400)
    assert uncertainty._alike(independent) == pytest.approx(1.0, abs=0.3)
    repeated = np.repeat(independent[:100], 4)
    total = np.sum(repeated**2)
    lags = [2 * repeated[:-k] @ repeated[k:] / total for k in (1, 2, 3)]
    assert all(lag > 4 / np.sqrt(400) for lag in lags[:2])
    found = uncertainty._alike(repeated)
    expected = 1.0
    for lag in range(1, 200):
        product = repeated[:-lag] @ repeated[lag:]
        if product <= 2 / 20 * total:
            break
        expected += 2 * product / total
    assert found == pytest.approx(expected)
    assert found > 3


def test_the_half_power_width():
    frequencies = np.linspace(0.0, 10.0, 101)
    power = 3 / (1 + (frequencies - 4.0) ** 2)
    assert fitting._half_power_width(frequencies, power) == pytest.approx(2.0, abs=0.21)
    narrow = np.where(np.arange(101) == 40, 1.0, 1e-3)
    assert fitting._half_power_width(frequencies, narrow) == pytest.approx(0.1)
    uneven = np.concatenate([frequencies, [13.0, 20.0]])  # the smallest distance counts
    narrow = np.where(np.arange(103) == 40, 1.0, 1e-3)
    assert fitting._half_power_width(uneven, narrow) == pytest.approx(0.1)


@pytest.mark.parametrize("constant", [False, True])
def test_a_numerator_for_given_poles_is_exact(constant):
    omega = np.linspace(-4, 5, 60)
    poles = np.array([-0.5 + 1.0j, -1.0 - 2.0j])
    values = (0.3 + 1j) / (1j * omega - poles[0]) + 2.0 / (1j * omega - poles[1]) + 0.2 * constant
    model = fitting._with_numerator(omega, values, poles, 1.7, constant)
    np.testing.assert_allclose(model(omega), values, atol=1e-12)


def deviating(deviations):
    """Fits whose deviation from a flat power of one is given by their number of poles."""
    asked = []

    def fitted(count):
        asked.append(count)
        return lambda omega: np.sqrt(1 + deviations[count] * (omega == 0))

    return fitted, asked


@pytest.mark.parametrize(
    ("deviations", "best", "tried"),
    [
        ({1: 0.5, 2: 0.1, 3: 0.09, 4: 0.08, 5: 1e-9}, 2, [1, 2, 3, 4]),
        ({1: 0.5, 2: 0.1, 3: 0.09, 4: 0.04, 5: 0.035, 6: 0.03}, 4, [1, 2, 3, 4, 5, 6]),
        ({1: 0.5, 2: 0.9e-5, 3: 0.0}, 2, [1, 2]),
        ({1: 0.5, 2: 1.1e-5, 3: 0.0}, 3, [1, 2, 3]),
    ],
)
def test_poles_are_added_while_they_are_worth_it(deviations, best, tried):
    fitted, asked = deviating(deviations)
    omega = np.linspace(-1, 1, 3)
    model = fitting.chosen(fitted, None, omega, np.ones(3), 1, max(deviations))
    assert model(omega)[1] ** 2 == pytest.approx(1 + deviations[best])
    assert asked == tried


def test_more_poles_than_the_data_allow_are_refused():
    fitted, asked = deviating({3: 0.0})
    fitting.chosen(fitted, 3, np.zeros(9), np.ones(9), 1, 3)
    assert asked == [3]
    with pytest.raises(ArgumentError, match="from 1 to 3, for 9 frequencies"):
        fitting.chosen(fitted, 4, np.zeros(9), np.ones(9), 1, 3)
    with pytest.raises(ArgumentError) as refused:
        fitting.chosen(fitted, 9, np.zeros(9), np.ones(9), 1, 8)
    assert "frequencies" not in str(refused.value)


def test_arguments_of_filters_are_named():
    with pytest.raises(ValueError, match="rates"):
        te.Filter.cavities([])
    with pytest.raises(ValueError, match="rates"):
        te.Filter.cavities([1.0] * (checks.MOST_NODES + 1))
    with pytest.raises(ValueError, match="axes"):
        te.Filter.cavities([1.0, 2.0]).plot("here")


@pytest.mark.parametrize("roots", [[0.7 + 0.2j], [-0.7 + 0.2j, 0.4 - 0.1j], [-0.5, -0.2 + 1j]])
def test_poles_on_the_wrong_side_are_mirrored(roots):
    """Which changes no transmission: each factor keeps its modulus on the axis."""
    fitted = Rational(np.array([0.3 + 0.1j]), np.poly(roots).astype(complex), 5.0, 2.0)
    system = fitted.system(1.0)
    assert np.all(np.linalg.eigvals(system.a).real < 0)
    omega = np.linspace(-3.0, 12.0, 40)
    through = [
        system.c @ np.linalg.solve(1j * w * np.eye(len(roots)) - system.a, system.b) + system.d
        for w in omega
    ]
    np.testing.assert_allclose(np.abs(through), np.abs(fitted(omega)), rtol=1e-10)
