"""Sums of poles against the fractions they follow, and the equations they solve."""

from types import SimpleNamespace

import numpy as np
import pytest

from thermalent.numerics.rational_fit import (
    Barycentric,
    PoleSum,
    _not_zero,
    _Search,
    _smallest,
    fractions_through,
    mirrored,
    with_residues,
)

POLES = np.array([-0.1, -0.3 + 2j, -0.3 - 2j, -4.0])
RESIDUES = np.array([[1.0, 0.2], [0.5 - 0.1j, 1j], [0.5 + 0.1j, -1j], [-0.3, 0.7]])


def values_at(points, poles=POLES, residues=RESIDUES):
    return np.array(
        [sum(c / (z - p) for p, c in zip(poles, residues, strict=True)) for z in points]
    )


def test_a_sum_of_poles_is_the_sum():
    points = np.array([0.3, 1j, 2 - 1j])
    np.testing.assert_allclose(PoleSum(POLES, RESIDUES).at(points), values_at(points), rtol=1e-13)


def test_samples_off_the_axis_get_their_mirror_images():
    points = np.array([0.5, 1 + 2j, 0.25, 3 - 1j])
    values = np.arange(8).reshape(4, 2) * (1 + 0.5j)
    z, f = mirrored(points, values)
    np.testing.assert_array_equal(z, [*points, 1 - 2j, 3 + 1j])
    np.testing.assert_array_equal(f, [*values, values[1].conj(), values[3].conj()])


def test_the_poles_of_a_sum_are_found_and_no_more_points_than_needed():
    points = 0.05 + 1j * np.geomspace(0.01, 30.0, 14)
    values = values_at(points)
    found = fractions_through(points, values, 1e-9, mirrored=True)
    # Four poles need a fraction of five points; points come in pairs, and so it has six.
    assert len(found.longer.support) == 3
    assert len(found.shorter.poles()) == 3
    poles = found.longer.poles()
    away = np.min(np.abs(np.subtract.outer(poles, POLES)), axis=0)
    assert np.max(away) < 1e-8
    assert np.array_equal(np.sort_complex(poles), np.sort_complex(poles.conj()))


def test_samples_of_one_half_plane_give_the_fraction_of_both():
    points = 0.05 + 1j * np.geomspace(0.01, 30.0, 14)
    half = fractions_through(points, values_at(points), 1e-9, mirrored=True).longer
    both = fractions_through(*mirrored(points, values_at(points)), 1e-9).longer
    places = 0.05 + 1j * np.array([-7.0, -0.02, 0.5, 3.0])
    for found in (half, both):
        np.testing.assert_allclose(found.at(places), values_at(places), rtol=1e-8)


def test_a_fraction_goes_on_from_the_points_that_it_had():
    """One more pole, which it did not know, takes more points and leaves the others."""
    points = 0.05 + 1j * np.geomspace(0.01, 30.0, 24)
    poles, residues = np.array([*POLES, -1.0]), np.array([*RESIDUES, [0.4, 0.4]])
    before = fractions_through(points, values_at(points), 1e-9, mirrored=True).longer
    given = {"mirrored": True, "begun": before.support}
    after = fractions_through(points, values_at(points, poles, residues), 1e-9, **given)
    assert np.all(np.isin(before.support, after.longer.support))
    away = np.min(np.abs(np.subtract.outer(after.longer.poles(), poles)), axis=0)
    assert np.max(away) < 1e-7
    same = fractions_through(points, values_at(points), 1e-9, **given)
    assert np.array_equal(np.sort_complex(same.longer.support), np.sort_complex(before.support))
    assert not len(same.shorter.support)


def test_the_first_point_is_the_one_that_is_furthest_off_the_mean():
    """In units of 1/|z|, as the tolerance is one of z F."""
    points = np.array([1.0, 2.0, 50.0, 4.0])
    values = np.array([[1.0], [2.0], [1.5], [6.5]])
    # |z (F - mean)| with the mean 2.75 is 1.75, 1.5, 62.5, 15.
    assert fractions_through(points, values, 1e-3).longer.support[0] == 50.0


def test_a_fraction_has_half_as_many_points_as_there_are_samples_at_most():
    points = np.linspace(1.0, 2.0, 9)
    noise = np.random.default_rng(2).normal(size=(9, 1))
    found = fractions_through(points, noise, 1e-9).longer
    assert len(found.support) == 4
    assert len(found.poles()) <= 3
    assert len(fractions_through(points[:8], noise[:8], 1e-9).longer.support) == 4


def test_points_are_taken_until_what_is_left_is_allowed():
    """The last sample is off by 0.3 in units of z F, which a fraction of one pole leaves there."""
    points = np.linspace(1.0, 9.0, 30)
    values = 1 / (points[:, None] + 0.5)
    values[-1] += 0.3 / points[-1]
    assert len(fractions_through(points, values, 0.4).longer.support) == 2
    assert len(fractions_through(points, values, 0.02).longer.support) > 2


def test_the_component_that_is_furthest_off_decides():
    """One is a constant, which every fraction follows; the other one has two poles."""
    points = np.linspace(1.0, 9.0, 30)
    values = np.stack([1 / (points + 1), 1 / (points + 1) + 1 / (points + 4)], axis=1)
    found = fractions_through(points, values, 1e-9).longer.poles()
    np.testing.assert_allclose(np.sort(found.real), [-4, -1], atol=1e-6)


def test_components_that_are_multiples_are_followed_whatever_the_phase():
    """A function and i times it span one direction, in which it must not vanish."""
    points = np.linspace(1.0, 9.0, 12)
    values = np.multiply.outer(1 / (points + 2), [1.0, 1j])
    found = fractions_through(points, values, 1e-9).longer.poles()
    np.testing.assert_allclose(found, [-2], atol=1e-9)


def test_what_is_far_below_the_tolerance_has_no_poles():
    points = np.linspace(1.0, 2.0, 6)
    values = (np.arange(6) / points)[:, None]
    size = np.linalg.norm(np.arange(6.0))
    for share, none in ((0.99e-2, True), (1.01e-2, False)):
        found = fractions_through(points, share * values / size, 1.0)
        assert (len(found.longer.support) == 0) is none
        assert len(found.shorter.poles()) == 0


def test_residues_follow_the_samples_and_the_known_limit():
    """Normal equations of the least squares, with 10 as the weight of the sum of the residues."""
    rng = np.random.default_rng(3)
    points = rng.normal(size=12) + 2 + 1j * rng.normal(size=12)
    values = rng.normal(size=(12, 2)) + 1j * rng.normal(size=(12, 2))
    limit = np.array([0.7, -0.2])
    found = with_residues(POLES, points, values, limit)
    off = np.abs(points[:, None]) * (values_at(points, POLES, found.residues) - values)
    rows = np.abs(points[:, None]) / (points[:, None] - POLES[None, :])
    total = 10 * (found.residues.sum(axis=0) - limit)
    left = rows.conj().T @ off + 10 * total[None, :]
    np.testing.assert_allclose(left, 0, atol=1e-11)
    assert np.min(np.max(np.abs(off), axis=0)) > 1e-3


def poles_of(support, weights, *, mirrored=False):
    return Barycentric(support, np.ones((len(support), 1)), weights, mirrored).poles()


def test_poles_are_the_zeros_of_the_denominator():
    support = np.array([1.0, 2.0, 3.5 + 1j])
    weights = np.array([1.0, -2.0 + 0.3j, 0.4])
    zeros = poles_of(support, weights)
    assert len(zeros) == 2
    sums = (weights / (zeros[:, None] - support)).sum(axis=1)
    np.testing.assert_allclose(sums, 0, atol=1e-13)
    # With real weights at real points, and mirror images of all others, in real arithmetic.
    weights[1] = -2.0
    half = poles_of(support, weights.astype(complex), mirrored=True)
    both = poles_of(*(np.append(given, given[2].conj()) for given in (support, weights)))
    np.testing.assert_allclose(np.sort_complex(half), np.sort_complex(both), atol=1e-12)


@pytest.mark.parametrize(("far", "count"), [(0.9e6, 1), (1.1e6, 0)])
@pytest.mark.parametrize("size", [1.0, 7.0])
def test_poles_near_infinity_are_none(far, count, size):
    """Of 1/(z - s) - (1 - e)/(z + s/2): z = s (3/2 - e)/e, compared with the largest, s."""
    e = 1.5 / (far + 1)
    found = poles_of(np.array([size, -size / 2]), np.array([1.0, -(1 - e)]))
    assert len(found) == count


def test_weights_that_cancel_have_a_pole_at_infinity():
    assert len(poles_of(np.array([1.0, -0.5]), np.array([1.0, -1.0]))) == 0


@pytest.mark.parametrize("unit", [1.0, 1e100, 1e-100])
@pytest.mark.parametrize("phase", [1.0, 1j])
def test_the_smallest_direction_of_a_triangle_is_found_though_it_is_singular(unit, phase):
    """A zero on the diagonal is replaced by the square of a rounding of the largest."""
    triangle = unit * np.array([[2.0, 1.0, 0.5], [0.0, 1.5, phase.real], [0.0, 0.0, 0.0]])
    triangle = triangle.astype(type(phase)) if phase == 1j else triangle
    vector = _smallest(triangle.copy())
    assert np.linalg.norm(vector) == pytest.approx(1.0, rel=1e-14)
    assert np.max(np.abs(triangle @ vector)) <= 1e-15 * unit


def test_weights_that_cancel_count_as_a_rounding_of_the_largest():
    weights = np.array([0.3, -4.0, 3.7])
    least = 4 * float(np.finfo(float).eps)
    assert _not_zero(0.0, weights) == least
    assert _not_zero(-0.9 * least, weights) == least
    assert _not_zero(-1.1 * least, weights) == -1.1 * least


@pytest.mark.parametrize("side", [1, -1])
def test_no_neighbour_of_a_new_point_is_taken_with_it_but_the_next_one_is(side, rng):
    """In the order of the frequencies, whatever that of the samples is."""
    off = np.full(48, 1.0)
    off[[20, 20 + side, 20 + 2 * side, 20 + 4 * side]] = 5.0, 4.0, 3.0, 2.0
    order = rng.permutation(48)
    search = SimpleNamespace(
        points=1j * order, size=np.ones(48), values=off[order, None] + 0j, tolerance=0.1
    )
    found = _Search.furthest(search, [], np.zeros((48, 1)))
    assert order[found].tolist() == [20, 20 + 2 * side, 20 + 4 * side]
