"""Searches for the largest value over time, against a fine scan of the same function."""

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.optimize import minimize_scalar

from thermalent.excitations import delayed, peak, stack
from thermalent.excitations.delayed_steps import DelayedSteps

EPS = float(np.finfo(float).eps)


def random_problem(seed, n=3):
    """A generator that only loses, a start and two vectors, all complex."""
    rng = np.random.default_rng(seed)
    turning = rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n))
    losing = rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n))
    generator = -1j * (turning + turning.conj().T) - 0.1 * losing @ losing.conj().T
    start, *vectors = (rng.normal(size=(3, n)) + 1j * rng.normal(size=(3, n)))[:3]
    unit = [v / np.linalg.norm(v) for v in (start, *vectors)]
    return generator, unit[0], np.array(unit[1:])


def scanned(generator, start, vectors, end):
    """The largest |<u|psi>||<v|psi>| by a fine scan and a search about its best point."""

    def value(t):
        psi = expm(generator * t) @ start
        return abs(vectors[0].conj() @ psi) * abs(vectors[1].conj() @ psi)

    times = np.linspace(0, end, 200)
    step = expm(generator * times[1])
    states = [start]
    for _ in times[1:]:
        states.append(step @ states[-1])
    heights = np.prod(np.abs(np.array(states) @ vectors.conj().T), axis=1)
    best = int(np.argmax(heights))
    around = times[max(best - 1, 0)], times[min(best + 1, 199)]
    found = minimize_scalar(
        lambda t: -value(t), bounds=around, method="bounded", options={"xatol": 1e-10}
    )
    value_at = max((value(t), t) for t in (0.0, end, float(found.x)))
    return value_at


@pytest.mark.parametrize("seed", range(4))
def test_the_largest_value_of_random_generators(seed):
    generator, start, vectors = random_problem(seed)
    found = peak._largest(generator, start, vectors, 4.0, factor=2.0)
    value, time = scanned(generator, start, vectors, 4.0)
    assert found.value == pytest.approx(2 * value, abs=1e-12)
    assert found.time == pytest.approx(time, abs=1e-5)
    assert found.interior == (1e-4 < time < 4.0 - 1e-4)


@pytest.mark.parametrize("part", [7, 100_000])
def test_a_stack_finds_what_one_by_one_is_found(part, monkeypatch):
    monkeypatch.setattr(stack, "_STATES", part)
    problems = [random_problem(seed) for seed in range(12)]
    scales = (1, 0.01, 3) * 4  # these do not share a grid
    generators = np.array([s * p[0] for s, p in zip(scales, problems, strict=True)])
    _, start, vectors = problems[0]
    told = []
    found = stack.largest_of_stack(generators, start, vectors, 3.0, told.append)
    alone = [peak._largest(generator, start, vectors, 3.0) for generator in generators]
    assert found[0] == pytest.approx([one.value for one in alone], abs=1e-12)
    assert found[1] == pytest.approx([one.time for one in alone], abs=1e-5)
    assert found[2].tolist() == [one.interior for one in alone]
    assert told[-1] == "12 of 12"


@pytest.mark.parametrize("seed", range(4))
def test_the_series_about_a_state(seed):
    generator, start, vectors = random_problem(seed)
    series = stack._series(generator[None] * 0.1, start[None], vectors)
    for since in (-0.8, 0.5):
        psi = expm(0.1 * since * generator) @ start
        square = np.prod(np.abs(vectors.conj() @ psi) ** 2)
        at = stack._horner(series, np.array([since]))
        assert at == pytest.approx([square], rel=1e-12)


def test_powers_of_a_step_give_the_whole_grid():
    generator, start, _ = random_problem(9)
    step = 0.25 / np.linalg.norm(generator, 2)
    found = stack._grid(generator[None] * step, start, 11)[0]
    exact = np.array([expm(generator * step * k) @ start for k in range(11)])
    np.testing.assert_allclose(found, exact, rtol=0, atol=1e-14)
    small, large = (peak._grid(generator, start, step, 11), found)
    np.testing.assert_allclose(small, large, rtol=0, atol=1e-14)


def test_large_generators_take_taylor_steps(monkeypatch):
    monkeypatch.setattr(peak, "_DENSE_UP_TO", 2)
    generator, start, _ = random_problem(2)
    step = 0.25 / np.linalg.norm(generator, 2)
    found = peak._grid(generator, start, step, 4)
    np.testing.assert_allclose(found[3], expm(generator * 3 * step) @ start, rtol=0, atol=1e-13)


@pytest.mark.parametrize("unit", [2.0**-30, 1.0, 2.0**30])
def test_a_top_is_refined_to_a_part_of_the_step_in_any_unit_of_time(unit):
    """Of cos(t)^2 and of sin(t)^2, whose product is largest at pi/4."""
    turning = np.array([[0.0, -1.0], [1.0, 0.0]]) / unit
    top = 0.12
    state = np.array([np.cos(np.pi / 4 - top), np.sin(np.pi / 4 - top)])
    found = peak._refined(turning, state, np.eye(2), 0.0, (0.05 * unit, 0.2 * unit))
    assert (found.value, found.time) == pytest.approx((0.5, top * unit), rel=1e-11, abs=0)


def test_generators_share_a_grid_for_the_largest_of_them(monkeypatch):
    """Its size is the geometric mean of the largest sums of columns and of rows."""
    sizes, points = [], stack.grid_points

    def told(end, size):
        sizes.append(size)
        return points(end, size)

    monkeypatch.setattr(stack, "grid_points", told)
    generators = np.array([random_problem(seed)[0] for seed in range(3)])
    _, start, vectors = random_problem(0)
    stack.largest_of_stack(generators, start, vectors, 2.0, lambda words: None)
    norms = [np.sqrt(np.linalg.norm(a, 1) * np.linalg.norm(a, np.inf)) for a in generators]
    assert sizes[0] == pytest.approx(max(norms))


def test_of_a_polynomial_the_top_between_its_ends_is_taken():
    low, high = np.array([-1.0, -1.0, 0.0, -1.0]), np.ones(4)
    # 2 - (x - 0.3)^2; rises throughout; falls throughout; a hill at 0.5 that is no parabola.
    hill = np.polynomial.polynomial.polyfromroots([0.5] * 4)
    square = np.zeros((4, 5))
    square[0, :3] = 2 - 0.09, 0.6, -1.0
    square[1, :2] = 1.0, 0.2
    square[2, :2] = 1.0, -0.2
    square[3] = -hill
    square[3, 0] += 3.0
    shift, inside = stack._climb(square, low, high)
    assert shift == pytest.approx([0.3, 1.0, 0.0, 0.5], abs=1e-3)
    assert inside.tolist() == [True, False, False, True]


# --- with delays ---


def test_products_of_polynomials_row_by_row():
    rng = np.random.default_rng(4)
    one, other = rng.normal(size=(5, 4)), rng.normal(size=(5, 7)) * (1 + 1j)
    rows = [np.convolve(a, b) for a, b in zip(one, other, strict=True)]
    np.testing.assert_allclose(delayed._product(one, other), rows, rtol=1e-13, atol=1e-14)
    assert delayed._product(one, other).shape == (5, 10)
    series = rng.normal(size=(2, 3, 2)) + 1j * rng.normal(size=(2, 3, 2))
    squares = delayed._squares(series)
    at = [np.polynomial.polynomial.polyval(0.4, series[k]) for k in range(2)]
    exact = [np.prod(np.abs(values) ** 2) for values in at]
    assert np.polynomial.polynomial.polyval(0.4, squares.T) == pytest.approx(exact)


@pytest.mark.parametrize("until", [1.0, 0.35])
@pytest.mark.parametrize("seed", range(6))
def test_the_top_of_a_step_is_that_of_a_scan(seed, until):
    rng = np.random.default_rng(seed)
    polynomial = np.polynomial.Polynomial(rng.normal(size=7) * 2.0 ** np.arange(7))
    square = (polynomial**2 + 0.1).coef
    value, since, bend = delayed._top(square, until)
    x = np.linspace(0, until, 20_001)
    y = np.polynomial.polynomial.polyval(x, square)
    assert value == pytest.approx(np.sqrt(y.max()), rel=1e-7)
    assert since == pytest.approx(x[np.argmax(y)], abs=2e-4)
    curvature = np.polynomial.polynomial.polyval(since, np.polynomial.polynomial.polyder(square, 2))
    inside = 1e-9 < since < until - 1e-9
    assert bend == (pytest.approx(curvature) if inside else 0.0)


@pytest.mark.parametrize("top", [5e-7, 0.4 - 5e-7])
def test_a_top_next_to_the_edge_of_a_step_is_one(top):
    square = (1 - (np.polynomial.Polynomial([-top, 1.0])) ** 2).coef
    value, since, bend = delayed._top(square, 0.4)
    assert (value, since, bend) == pytest.approx((1.0, top, -2.0), rel=1e-9)


def test_the_top_of_a_step_does_not_depend_on_units_or_on_powers_that_are_rounding():
    hill = np.polynomial.Polynomial([0.7, 0.5, -1.0, 0.3])
    square = (hill**2).coef
    value, since, bend = delayed._top(square, 0.5)
    assert 0.1 < since < 0.4
    for unit in (2.0**-140, 2.0**140):
        found = delayed._top(unit * square, 0.5)
        assert found == pytest.approx((np.sqrt(unit) * value, since, unit * bend), rel=1e-12, abs=0)
    for more in ([1e-200], [0.0, 0.0, 1e-250]):
        assert delayed._top(np.append(square, more), 0.5) == (value, since, bend)


def test_a_zero_of_the_slope_is_polished_to_rounding():
    slope = np.polynomial.Polynomial([1.0, 0.0, -2.0])
    assert delayed._polished(slope, 0.7) == pytest.approx(np.sqrt(0.5), rel=1e-15)
    assert delayed._polished(np.polynomial.Polynomial([1.0]), 0.7) == 0.7


def steps_of(function, degree, length, count):
    """Series, step by step, of a polynomial in time of two equal amplitudes."""
    derivatives = [function]
    for _ in range(degree):
        derivatives.append(derivatives[-1].deriv())
    factorials = np.cumprod([1.0, *range(1, degree + 1)])
    rows = [
        [d(k * length) * length**q / factorials[q] for q, d in enumerate(derivatives)]
        for k in range(count)
    ]
    return np.repeat(np.array(rows, dtype=complex)[:, :, None], 2, axis=2)


def test_the_largest_value_of_steps_with_its_errors():
    # An amplitude 0.9 - (t - 2.2)^2 / 10: its product with itself is 0.81 at t = 2.2.
    hill = np.polynomial.Polynomial([0.9 - 0.484, 0.44, -0.1])
    series = steps_of(hill, 2, 0.5, 8)
    found = delayed._largest(series, 0.5, 4.0, 1e-9, 1e-10, 2.0)
    assert (found.value, found.time) == (pytest.approx(2 * 0.81), pytest.approx(2.2))
    assert found.interior
    assert found.value.error == pytest.approx(2 * (2e-10 + 1e-20))
    bend = 4 * 0.9**3 * 0.2  # of the fourth power of the amplitude
    assert found.time.error == pytest.approx(16 * 1e-9 / bend + 4 * EPS * 2.2, rel=1e-6)
    # Cut off in the middle of a step, before the top.
    early = delayed._largest(series[:4], 0.5, 1.8, 1e-9, 1e-10, 1.0)
    assert early.value == pytest.approx(hill(1.8) ** 2)
    assert (early.time, early.interior, early.time.error) == (1.8, False, 0.0)
    falling = delayed._largest(steps_of(hill, 2, 0.5, 12)[5:], 0.5, 3.0, 0.0, 0.0, 1.0)
    assert falling.value == pytest.approx(hill(2.5) ** 2)
    assert (falling.time, falling.interior) == (0.0, False)


def test_errors_of_a_product_have_their_squares_and_times_their_rounding():
    hill = np.polynomial.Polynomial([0.9 - 0.484, 0.44, -0.1])
    found = delayed._largest(steps_of(hill, 2, 0.5, 8), 0.5, 4.0, 0.0, 0.1, 2.0)
    assert found.value.error == pytest.approx(2 * (2 * 0.1 + 0.1**2))
    assert found.time.error == pytest.approx(4 * EPS * 2.2, rel=1e-9, abs=0)
    # A kink at t = 2, at the end but for a rounding, or well before it.
    rows = [[0.2 + 0.175 * k, 0.175] for k in range(4)] + [[0.9, -0.45]]
    kink = np.repeat(np.array(rows, dtype=complex)[:, :, None], 2, axis=2)
    for past, interior in ((6e-15, False), (1e-12, True)):
        found = delayed._largest(kink, 0.5, 2.0 * (1 + past), 0.0, 0.0, 1.0)
        assert (found.value, found.time) == pytest.approx((0.81, 2.0), rel=1e-14)
        assert found.interior is interior


def test_a_rise_by_rounding_alone_is_none():
    for rise, time in ((1e-16, 0.0), (1e-13, 4.0)):
        slow = np.polynomial.Polynomial([0.9, rise])
        found = delayed._largest(steps_of(slow, 1, 0.5, 8), 0.5, 4.0, 0.0, 0.0, 1.0)
        assert (found.time, found.interior) == (time, False)
        assert found.value == pytest.approx(0.81, rel=1e-12)


def two_hills(first, second):
    """An amplitude with tops at 1 and at 3.3, of these sizes, and its values at 0, 2 and 4."""
    at = np.array([0.0, 1.0, 2.0, 3.3, 4.0])
    rows = [[x**q for q in range(7)] for x in at]
    rows += [[q * x ** max(q - 1, 0) for q in range(7)] for x in (1.0, 3.3)]
    values = np.array([0.3, first, 0.3, second, 0.2, 0.0, 0.0])
    return np.polynomial.Polynomial(np.linalg.solve(np.array(rows), values))


@pytest.mark.parametrize(
    ("first", "second", "steps"),
    [(0.98, 1.0, 4), (0.98, 0.93, 3), (0.98, 0.7, 3), (0.7, 0.98, 2)],
)
def test_only_steps_beside_the_highest_edges_are_searched(monkeypatch, first, second, steps):
    """Two at each top that may be the largest, and the last one, which is one of the second."""
    searched, top = [], delayed._top
    monkeypatch.setattr(delayed, "_top", lambda *of: (searched.append(1), top(*of))[1])
    hills = two_hills(first, second)
    found = delayed._largest(steps_of(hills, 6, 0.5, 8), 0.5, 4.0, 0.0, 0.0, 1.0)
    fine = np.linspace(0, 4, 40_001)
    assert found.value == pytest.approx(np.max(np.abs(hills(fine))) ** 2, rel=1e-8)
    assert found.time == pytest.approx(fine[np.argmax(np.abs(hills(fine)))], abs=1e-4)
    assert len(searched) == steps


@pytest.mark.parametrize("top", [0.2, 3.8])
def test_the_largest_value_may_lie_in_the_first_step_or_in_the_last(top):
    """Of which the edge on the other side is lower than the outer one."""
    hill = np.polynomial.Polynomial([0.9 - top**2 / 10, top / 5, -0.1])
    found = delayed._largest(steps_of(hill, 2, 0.5, 8), 0.5, 4.0, 0.0, 0.0, 1.0)
    assert (found.value, found.time) == (pytest.approx(0.81), pytest.approx(top))
    assert found.interior


def test_each_node_is_read_by_its_own_clock():
    coefficients = np.arange(24.0).reshape(6, 2, 2)
    steps = DelayedSteps(coefficients, 0.5)
    own = delayed._on_its_clock(steps, np.array([0.0, 1.0]), 2.0)
    np.testing.assert_array_equal(own[:, :, 0], coefficients[:4, :, 0])
    np.testing.assert_array_equal(own[:, :, 1], coefficients[2:6, :, 1])
    assert len(delayed._on_its_clock(steps, np.array([0.0, 1.5]), 2.0)) == 3
    at = steps.at(np.array([0.0, 0.6, 3.0]))
    exact = [coefficients[0, 0], coefficients[1].T @ [1, 0.2], coefficients[5].T @ [1, 1]]
    np.testing.assert_allclose(at, exact)
