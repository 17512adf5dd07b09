"""Finite differences against polynomials, whose differences are known by hand."""

import numpy as np
import pytest

from thermalent.numerics.finite_differences import Differences, slope_and_curvature

X = np.array([0.4, 0.5, 0.6])
ALL = np.ones(3, dtype=bool)


def found_at(function, noise, x=X, free=ALL):
    return slope_and_curvature(function, x, free, noise)


def along_first(value):
    """A function of the first coordinate's distance from X alone."""
    return lambda x: value(x[0] - X[0])


def test_slope_and_curvature_of_a_cubic_are_exact():
    """In two free coordinates of three: the third one is not differentiated by."""
    rng = np.random.default_rng(1)
    linear, square, cubic = rng.normal(size=3), rng.normal(size=(3, 3)), rng.normal(size=3)

    def function(x):
        y = x - X
        return 2.0 + linear @ y + y @ square @ y + cubic @ y**3

    free = np.array([True, False, True])
    found = found_at(function, 1e-12, free=free)
    np.testing.assert_allclose(found.slope, linear[free], rtol=1e-8)
    expected = (square + square.T)[np.ix_(free, free)]
    np.testing.assert_allclose(found.curvature, expected, rtol=1e-5)
    assert found.smooth
    assert np.all(found.truncation < 1e-8)
    assert found.free is free


@pytest.mark.parametrize(
    ("centre", "bend", "noise", "step"),
    [
        (3.0, 40.0, 1e-10, (1e-10 / 3) ** 0.2 * np.sqrt(3 / 40)),  # of the width and the noise
        (-3.0, -40.0, 1e-10, (1e-10 / 3) ** 0.2 * np.sqrt(3 / 40)),
        (1e-9, 1.0, 1e-7, np.sqrt(1e-7)),  # noise above the value: the noise is its size
        (2.0, 0.01, 1e-8, 0.02),  # nearly straight: the widest
        (1e-3, 2e9, 1e-12, 1e-6),  # bent most: the shortest
    ],
)
def test_steps_are_the_fifth_root_of_the_noise_in_widths(centre, bend, noise, step):
    found = found_at(along_first(lambda y: centre + bend * (y + y**2 / 2)), noise)
    assert found.steps[0] == pytest.approx(step, rel=1e-4, abs=0)
    assert found.steps[1] == 0.02  # does not bend


def test_steps_stay_in_the_cube():
    """Four steps to either side, at both ends."""
    points = []

    def function(x):
        points.append(np.array(x))
        return 1.0 + 1e-3 * x[0]

    found = found_at(function, 1e-9, x=np.array([0.002, 0.5, 0.99]))
    np.testing.assert_allclose(found.steps, [0.0005, 0.02, 0.0025], rtol=1e-12)
    assert np.min(points) == pytest.approx(0.0, abs=1e-15)
    assert np.max(points) == pytest.approx(1.0, abs=1e-15)


def test_the_first_step_is_a_thousandth():
    points = []

    def function(x):
        points.append(x[0])
        return 1.0

    found_at(function, 1e-9)
    np.testing.assert_allclose(np.abs(np.array(points[1:3]) - X[0]), 1e-3, rtol=1e-9)


def test_what_the_steps_leave_out_is_the_fifth_derivative():
    """Of y^5 the formula of h gives 4 h^4 for a slope of zero."""
    found = found_at(along_first(lambda y: 1.0 + 1e3 * y**5), 1e-9)
    expected = 4e3 * found.steps[0] ** 4
    assert abs(found.slope[0]) == pytest.approx(expected, rel=1e-6, abs=0)
    assert found.truncation[0] == pytest.approx(expected, rel=1e-6, abs=0)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize(("share", "smooth"), [(0.95, True), (1.05, False)])
def test_a_function_is_smooth_if_twice_the_step_gives_a_tenth_of_another_curvature(
    share, smooth, sign
):
    """Of y^6 the curvatures of h and 2 h are -8 h^4 and -128 h^4."""
    h = 0.02
    sixth = share * 0.1 * 2.0 / (120 * h**4)
    found = found_at(along_first(lambda y: 1e4 + sign * (y**2 - sixth * y**6)), 1e-9)
    assert found.steps[0] == h
    # The sixth power itself is 8 h^4 of the curvature that counts, less than a hundredth of it.
    assert found.curvature[0, 0] == pytest.approx(sign * (2 + 8 * sixth * h**4), rel=1e-3)
    assert found.smooth is smooth


@pytest.mark.parametrize(("share", "smooth"), [(0.98, True), (1.02, False)])
def test_noise_excuses_another_curvature(share, smooth):
    h, noise = 0.02, 1e-4
    sixth = share * 6 * noise / h**2 / (120 * h**4 - 0.8 * h**4)
    found = found_at(along_first(lambda y: 1e4 + sixth * y**6), noise)
    assert found.steps[0] == h
    assert found.smooth is smooth


def test_one_kink_among_smooth_coordinates_counts():
    assert not found_at(along_first(lambda y: 2 - abs(y)), 1e-9).smooth


def differences(slope, curvature, *, steps=(0.01, 0.02), truncation=(0.0, 0.0)):
    return Differences(
        free=np.array([True, False, True]),
        slope=np.array(slope),
        curvature=np.array(curvature),
        steps=np.array(steps),
        truncation=np.array(truncation),
        smooth=True,
    )


def test_newton_ends_at_the_maximum():
    curvature = np.array([[-200.0, 1.0], [1.0, -0.5]])
    slope = np.array([3.0, -0.2])
    step = differences(slope, curvature).newton()
    assert step[1] == 0.0
    np.testing.assert_allclose(curvature @ step[[0, 2]], -slope, rtol=1e-12)


@pytest.mark.parametrize(
    "curvature",
    [
        [[-1.0, 0.0], [0.0, 0.0]],  # straight in one direction
        [[-1.0, 2.0], [2.0, -1.0]],  # a saddle
        [[1.0, 0.0], [0.0, 2.0]],  # a minimum
        [[-1.0, 1 - 0.5e-6], [1 - 0.5e-6, -1.0]],  # as good as straight
    ],
)
def test_newton_refuses_what_does_not_fall_all_around(curvature):
    assert differences([1.0, 1.0], curvature).newton() is None


def test_newton_refuses_a_saddle_of_three_directions():
    found = Differences(
        free=np.ones(3, dtype=bool),
        slope=np.ones(3),
        curvature=np.diag([-1.0, 2.0, -3.0]),
        steps=np.ones(3),
        truncation=np.zeros(3),
        smooth=True,
    )
    assert found.newton() is None


def test_newton_takes_what_falls_a_little_in_its_own_units():
    coupling = 1 - 3e-6
    found = differences([1.0, 0.0], [[-1.0, coupling], [coupling, -1.0]]).newton()
    np.testing.assert_allclose(found[[0, 2]] * (1 - coupling**2), [1, coupling], rtol=1e-9)
    # The units of the coordinates do not matter.
    scaled = differences([1e-5, 0.0], [[-1e-10, 1e-5 * coupling], [1e-5 * coupling, -1.0]])
    np.testing.assert_allclose(scaled.newton()[[0, 2]], found[[0, 2]] * [1e5, 1], rtol=1e-9)


def test_the_shift_is_that_of_the_noise_and_of_what_is_left_out():
    """Errors of the slopes are 1.5 noise / h and the truncation, which never help each other."""
    curvature = np.array([[-4.0, 1.0], [1.0, -2.0]])
    found = differences([0.0, 0.0], curvature, truncation=(0.001, 0.0)).shift(1e-4)
    errors = np.array([1.5e-4 / 0.01 + 0.001, 1.5e-4 / 0.02])
    expected = np.array([[2.0, 1.0], [1.0, 4.0]]) / 7 @ errors
    np.testing.assert_allclose(found[[0, 2]], expected, rtol=1e-12)
    assert found[1] == 0.0
    flat = differences([0.0, 0.0], np.zeros((2, 2))).shift(1e-4)
    assert np.array_equal(flat, [np.inf, 0.0, np.inf])
