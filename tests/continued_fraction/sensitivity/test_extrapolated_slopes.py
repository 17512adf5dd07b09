"""Extrapolation tables of derivatives against functions whose slopes are known."""

import numpy as np
import pytest
from scipy import sparse

from thermalent.continued_fraction.chain.chain import HierarchyTerms
from thermalent.continued_fraction.chain.convergence import stated_error
from thermalent.continued_fraction.sensitivity import border, generator_slopes, truncation
from thermalent.continued_fraction.sensitivity.truncation import truncation_errors
from thermalent.operators.estimates import Estimate
from thermalent.support.errors import ArgumentError

EPS = np.finfo(float).eps


def terms(a, up=1.0, down=0.0, rate=0.5, scale=2.0):
    return HierarchyTerms(np.atleast_2d(a), np.atleast_2d(up), np.atleast_2d(down), rate, scale)


def test_first_steps_are_a_part_of_the_value():
    steps = generator_slopes._steps
    np.testing.assert_allclose(list(steps(2.0, one_sided=False)), 0.06 / 16.0 ** np.arange(8))
    np.testing.assert_allclose(list(steps(-2.0, one_sided=True)), 0.06 / 16.0 ** np.arange(8))
    # To one side they may be long against a small value, and at zero they are.
    assert next(steps(1e-3, one_sided=True)) == 0.02
    assert next(steps(1e-3, one_sided=False)) == pytest.approx(3e-5)
    assert next(steps(0.0, one_sided=False)) == 0.02


@pytest.mark.parametrize(("sides", "power"), [((1.0, -1.0), 2), ((1.0, 0.0), 1), ((-1.0, 0.0), 1)])
def test_each_column_of_the_table_removes_a_power_of_the_step(sides, power):
    """Of a polynomial as high as the table is long the last entries are exact."""
    coefficients = [1.0, -2.0, 0.5, 3.0, 0.7, -0.2]
    value, h = 0.3, 0.2

    def at(p):
        return terms(np.polyval(coefficients[: 1 + 2 * (power + 1)], p), 3 * p, 1j * p, p, 2.0)

    exact = np.polyval(np.polyder(coefficients[: 1 + 2 * (power + 1)]), value)
    table = generator_slopes._table(at, value, h, sides)
    assert len(table) == 10  # a triangle of four
    found = table[-1].estimate
    assert found.a[0, 0] == pytest.approx(exact, rel=1e-10)
    assert found.up[0, 0] == pytest.approx(3.0, rel=1e-10)
    assert found.down[0, 0] == pytest.approx(1j, rel=1e-10)
    assert (found.rate, found.scale) == (pytest.approx(1.0, rel=1e-10), 2.0)
    # The first entry, of steps h and h/2, by its formula.
    far = [value + sides[1] * h / 2**i for i in range(2)]
    rows = [
        (at(value + sides[0] * h / 2**i).a - at(far[i]).a)[0, 0]
        / (value + sides[0] * h / 2**i - far[i])
        for i in range(2)
    ]
    weight = 1 / (2**power - 1)
    assert table[0].estimate.a[0, 0] == pytest.approx(rows[1] + (rows[1] - rows[0]) * weight)
    assert table[0].before.a[0, 0] == pytest.approx(rows[1])
    expected = abs(rows[1] - rows[0]) * weight / abs(table[0].estimate.a[0, 0])
    size = max(abs(table[0].estimate.a[0, 0]), 3.0, abs(rows[1]))
    assert table[0].change == pytest.approx(expected * abs(table[0].estimate.a[0, 0]) / size)


def test_steps_too_small_to_change_a_number_are_refused():
    with pytest.raises(ValueError, match="in between"):
        generator_slopes._table(terms, 1.0, 1e-17, (1.0, -1.0))


def test_noise_is_a_share_of_what_changes():
    a = np.array([[3.0, 0.1 - 4j], [0.0, 1.0]])
    up, down = sparse.csr_array(np.array([[2.0 - 1j, 5.0]])), np.array([[1j, 7.0]])
    here = HierarchyTerms(a, up, down, -6.0, 2.0)
    moved = HierarchyTerms(
        np.array([[1.0, 1j], [0.0, 0.0]]),
        sparse.csr_array(np.array([[1.0, 0.0]])),
        np.array([[1j, 1 + 1j]]),
        1e-3,
        2.0,
    )
    found = generator_slopes._noise(here, moved, 0.5)
    largest = 0.5 * abs(0.1 - 4j)  # terms as large as the largest may cancel in any
    np.testing.assert_allclose(found.a, largest * np.array([[1, 1j], [0, 0]]))
    np.testing.assert_allclose(found.up.toarray(), [[1.0, 0.0]])  # its imaginary part is constant
    np.testing.assert_allclose(found.down, [[0.5j, 3.5]])
    assert (found.rate, found.scale) == (3.0, 2.0)
    constant = moved._replace(rate=0.0)
    assert generator_slopes._noise(here, constant, 0.5).rate == 0.0


def test_draws_of_the_noise_are_normal_with_its_sizes():
    many = np.full((1, 4000), 2.0 + 0.5j)
    noise = HierarchyTerms(many, sparse.csr_array(many), many, 3.0, 2.0)
    rng = np.random.default_rng(1)
    found = generator_slopes.randomised(noise, rng)
    for part in (found.a, found.up.toarray(), found.down):
        # Within five standard errors of a standard deviation.
        assert np.std(part.real) == pytest.approx(2.0, rel=5 / np.sqrt(8000))
        assert np.std(part.imag) == pytest.approx(0.5, rel=5 / np.sqrt(8000))
    rates = [generator_slopes.randomised(noise, rng).rate for _ in range(500)]
    assert np.std(rates) == pytest.approx(3.0, rel=5 / np.sqrt(1000))
    assert found.scale == 2.0


def judged(estimate, before, noise, sensible=True):
    nothing = terms(0.0, 0.0, 0.0, 0.0)
    return generator_slopes._judged(
        nothing._replace(a=np.array([[estimate]])),
        nothing._replace(a=np.array([[before]])),
        nothing._replace(up=np.array([[noise]])),
        sensible,
    )


def test_entries_are_judged_relative_to_the_larger_one():
    found = judged(2.0, 4.0, 0.1)
    assert (found.change, found.rounding, found.converged) == (0.5, 0.025, False)
    found = judged(2.0, 2.0, 0.1)
    assert (found.change, found.rounding, found.converged) == (0.05, 0.05, True)
    assert judged(2.0, 2.0 - 1.9e-6, 0.0).converged
    assert not judged(2.0, 2.0 - 2.1e-6, 0.0).converged
    # What changes by eight roundings has converged, if the steps are long enough to see any.
    assert judged(1.0, 1.0 - 0.79, 0.1).converged
    assert not judged(1.0, 1.0 - 0.81, 0.1).converged
    assert not judged(1.0, 1.0 - 0.79, 0.1, sensible=False).converged
    zero = judged(0.0, 0.0, 0.1)
    assert (zero.change, zero.rounding, zero.converged) == (0.0, 0.0, True)
    short = judged(0.0, 0.0, 0.1, sensible=False)
    assert (short.change, short.rounding, short.converged) == (np.inf, np.inf, False)


def test_the_rate_counts_as_an_element():
    several = terms([[1.0, -7.0], [0.5, 2.0]], [[1.0, 0.2]], [[0.1]], 3.0)
    assert generator_slopes._size(several) == 7.0
    assert generator_slopes._size(terms(1.0, -2.0, 3j, -4.0)) == 4.0
    assert generator_slopes._size(terms(1.0, -5.0, 3j, -4.0)) == 5.0
    assert generator_slopes._size(terms(1.0, -2.0, 6j, -4.0)) == 6.0


@pytest.mark.parametrize(
    ("value", "allowed"), [(0.4, (-1, 1)), (1.0, (-1, 1.0)), (-1.0, (-1.0, 1))]
)
def test_slopes_are_taken_where_the_network_exists(value, allowed):
    def at(p):
        if not allowed[0] <= p <= allowed[1]:
            raise ValueError("outside")
        return terms(np.exp(p), 0.0, 0.0, 0.0)

    found = generator_slopes.slopes(at, value, "p")
    assert found.converged
    error = abs(found.estimate.a[0, 0] - np.exp(value)) / np.exp(value)
    assert error <= 10 * found.change
    assert found.change < 1e-9
    with pytest.raises(ArgumentError, match=r"not, at p = 0\.4: nowhere"):
        generator_slopes.slopes(lambda p: (_ for _ in ()).throw(ValueError("nowhere")), 0.4, "p")


@pytest.mark.parametrize(("side", "inside"), [(1.0, "3.000003"), (-1.0, "2.999997")])
def test_a_root_at_its_end_names_a_value_inside(side, inside):
    def at(p):
        if side * (p - 3.0) < 0:
            raise ValueError("outside")
        return terms(np.sqrt(abs(p - 3.0)), 0.0, 0.0, 0.0)

    with pytest.raises(ArgumentError, match=f"p = {inside}"):
        generator_slopes.slopes(at, 3.0, "p")


def estimate(value, error=0.0):
    return Estimate(value, error, "")


def test_the_table_of_one_sided_slopes_removes_powers_of_the_step():
    """Of a cubic that vanishes at zero the second column is exact, with the noise of its terms."""
    points = [(h, estimate(3 * h - 2 * h**2 + 5 * h**3, 1e-9)) for h in (0.2, 0.1, 0.05)]
    found = border._extrapolated(points)
    assert float(found) == pytest.approx(3.0, rel=1e-12)
    slopes = [float(c) / h for h, c in points]
    first = [2 * slopes[1] - slopes[0], 2 * slopes[2] - slopes[1]]
    noise = [1e-9 * (2 / 0.1 + 1 / 0.2), 1e-9 * (2 / 0.05 + 1 / 0.1)]
    expected = abs((first[1] - first[0]) / 3) + noise[1] * 4 / 3 + noise[0] / 3
    assert found.error == pytest.approx(expected, rel=1e-9)
    left = border._extrapolated([(-h, c) for h, c in points])
    assert float(left) == pytest.approx(-3.0, rel=1e-12)
    assert left.error == pytest.approx(expected, rel=1e-9)


def test_the_entry_with_the_least_change_and_noise_is_the_best():
    """Noise of late rows makes early ones the better."""
    points = [(h, estimate(h, 1e-6 if h > 0.1 else 1.0)) for h in (0.4, 0.2, 0.1, 0.05)]
    found = border._extrapolated(points)
    assert float(found) == pytest.approx(1.0)
    assert found.error == pytest.approx(1e-6 * (2 / 0.2 + 1 / 0.4), rel=1e-9)


def sided(function, value=0.5, side=1.0):
    asked = []

    def at(p):
        asked.append(p)
        return function(p - value)

    return border._one_sided(at, value, side), np.array(asked) - value


def test_steps_begin_at_a_fiftieth_and_halve():
    found, asked = sided(lambda y: estimate(2 * y))
    np.testing.assert_allclose(asked, 0.01 / 2.0 ** np.arange(6), rtol=1e-9)
    assert float(found) == pytest.approx(2.0)
    _, asked = sided(lambda y: estimate(-2 * y), value=0.0, side=-1.0)
    np.testing.assert_allclose(asked, -0.02 / 2.0 ** np.arange(6), rtol=1e-9)


def test_shorter_steps_are_taken_until_the_slope_is_good():
    found, asked = sided(lambda y: estimate(2 * y + 1e2 * y**2 / (1 + 4e3 * y)))
    assert float(found) == pytest.approx(2.0, rel=1e-6)
    assert len(asked) > 6
    np.testing.assert_allclose(asked[::6], 0.01 / 16.0 ** np.arange(len(asked) // 6), rtol=1e-6)


def test_what_has_no_side_says_why():
    def refuse(y):
        raise ValueError("beyond the end")

    assert sided(refuse)[0] == "beyond the end"
    found, _ = sided(lambda y: refuse(y) if y > 1e-3 else estimate(2 * y))
    assert float(found) == pytest.approx(2.0)  # shorter steps stay inside


def test_what_is_separable_at_once_has_slope_zero_with_the_noise_of_its_steps():
    found, asked = sided(lambda y: estimate(0.0, 1e-12))
    assert float(found) == 0.0
    assert len(asked) == 12  # the second steps tell whether that begins at once
    assert found.error == pytest.approx(1e-12 / 0.01, rel=1e-6)
    # Entangled close by alone: the slope of the shorter steps, whatever zeros the others give.
    found, _ = sided(lambda y: estimate(max(0.0, 2 * y * (1 - y / 3e-4))))
    assert float(found) == pytest.approx(2.0, rel=1e-6)


@pytest.mark.parametrize(("noise", "known"), [(0.8e-3, True), (1.2e-3, False)])
def test_a_slope_that_is_not_known_to_a_thousandth_is_none(noise, known):
    """The first row alone would be the best: of steps h and h/2, twice and once the noise."""
    found, _ = sided(lambda y: estimate(2 * y, 2 * noise * abs(y) / 3 if y > 4e-3 else 1.0))
    assert np.isfinite(found) == known


def test_a_root_has_an_infinite_slope():
    assert sided(lambda y: estimate(np.sqrt(y)))[0] == np.inf


def test_both_sides_have_to_agree():
    kink = border.slope(lambda p: estimate(2 * p if p > 0 else -3 * p), 0.0, "p")
    assert kink == "its slope in 'p' is -3 to the left and 2 to the right"
    root = border.slope(lambda p: estimate(np.sqrt(abs(p))), 0.0, "p")
    assert root == "in 'p' it grows faster than linearly, as a root does"
    # Separable to both sides: the slope that is known better.
    found = border.slope(lambda p: estimate(0.0, 1e-12 if p > 0.5 else 1e-13), 0.5, "p")
    assert float(found) == 0.0
    assert found.error == pytest.approx(1e-11, rel=1e-6)


def test_truncation_errors_follow_the_common_decay():
    """One derivative that changes little by chance is taken to change as the others do."""
    tiers = [16, 22, 30]
    values = np.array([[1.0, 5.0], [1.1, 5.5], [1.12, 5.5001]])
    states = np.array([[0.3, 0.5], [0.31, 0.52], [0.311, 0.521]])
    scales = np.array([0.2, 0.1])
    found = truncation_errors(tiers, values, states, scales)
    # Changes in common units: 0.05 and 0.004 by the derivatives, 0.02 and 0.001 by the state.
    common = np.array([0.05, 0.004])
    stated = stated_error(np.array(tiers), np.array([0.0, *common]), 2, 0.55001)
    least = np.maximum([0.02, 1e-4], common[1] / common[0] * np.array([0.1, 0.5]))
    np.testing.assert_allclose(found, stated / common[1] * least, rtol=1e-9)


def test_truncation_errors_fall_no_faster_than_those_of_the_state():
    """Each element of the state may show the slowest decay."""
    tiers, scales = [16, 22, 30], np.array([1.0, 1.0])
    values = np.array([[1.0, 5.0], [1.001, 5.001], [1.00101, 5.00101]])
    states = np.array([[0.3, 0.5], [0.31, 0.52], [0.3105, 0.5201]])
    found = truncation_errors(tiers, values, states, scales)
    # The state changes by 0.02 in one element and then by 0.0005 in the other one.
    stated = stated_error(np.array(tiers), np.array([0.0, 0.02, 0.0005]), 2, 5.00101)
    least = 0.0005 / 0.02 * np.array([1e-3, 1e-3])
    np.testing.assert_allclose(found, stated / 0.0005 * least, rtol=1e-9)


def test_changes_that_no_longer_fall_are_rounding_of_the_largest_number():
    """Of a derivative of 4e6 in its parameter's size, 2, or of the state."""
    tiers = [16, 20, 24]
    for large, known in (((4e6, 1.0), True), ((1.0, 4e6), False)):
        values = np.array(large) + np.array([[0.0, 0.0], [1.0, 0.0], [2.1, 0.0]])
        found = truncation_errors(tiers, values, np.zeros((3, 2)), np.array([2.0, 0.25]))
        stated = stated_error(np.array(tiers), np.array([0.0, 2.0, 2.2]), 2, 8e6 if known else 1e6)
        assert np.isfinite(stated) == known
        expected = stated / 2.2 * 1.1 if known else 4 * 1.1
        np.testing.assert_allclose(found, [expected, 0.0], rtol=1e-9)


def test_truncation_errors_where_nothing_or_everything_changes():
    same = np.ones((3, 2))
    assert np.array_equal(truncation_errors([8, 12, 16], same, same, np.ones(2)), [0.0, 0.0])
    grow = np.array([[1.0, 5.0], [1.1, 5.2], [1.3, 5.9]])
    found = truncation_errors([8, 12, 16], grow, np.zeros((3, 2)), np.ones(2))
    np.testing.assert_allclose(found, [4 * 0.2, 4 * 0.7])


@pytest.mark.parametrize("count", [2, 3, 5])
def test_as_many_powers_are_removed_as_there_are_steps(count):
    """A polynomial through zero of as high a degree as there are points is known exactly."""
    of = np.polynomial.Polynomial([0.0, 2.0, 0.7, -0.4, 0.3, -0.2][: count + 1])
    points = [(0.3 / 2**i, estimate(of(0.3 / 2**i))) for i in range(count)]
    assert float(border._extrapolated(points)) == pytest.approx(2.0, rel=1e-12)


@pytest.mark.parametrize(("state", "largest"), [(0.5, 3.0), (7.0, 7.0)])
def test_truncation_errors_know_the_largest_number_whose_changes_they_are_told(
    monkeypatch, state, largest
):
    """Of the derivatives in units of their parameters, and of the state."""
    given = []
    monkeypatch.setattr(truncation.convergence, "stated_error", lambda *all: given.append(all) or 1)
    values = np.array([[1.0, 5.0], [1.1, 5.5], [1.2, -6.0]])
    states = np.array([[0.3, state], [0.31, state], [0.311, state]])
    truncation_errors([16, 22, 30], values, states, np.array([0.2, 0.5]))
    assert given[0][-1] == largest
