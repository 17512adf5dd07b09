"""Where a line takes its samples and when it ends, by transforms that are known."""

import itertools

import numpy as np
import pytest

from thermalent.continued_fraction.dynamics.laplace.inversion import Response
from thermalent.continued_fraction.dynamics.laplace.line import _Line
from thermalent.numerics.rational_fit import Barycentric, LastTwo, PoleSum

LAST = 100.0
SIGMA = 1 / LAST
DEAR = 1.0  # multiplications of a transform, where samples are taken one by one


def line_of(transform, *, real=True, rate=10.0, start=(1.0,), tolerance=1e-6, **response):
    given = Response(transform=transform, **response)
    return _Line(given, LAST, np.array(start), rate, 7, 12, tolerance, real, lambda text: None)


def decaying(z, depth):
    """Of exp(-3 t)."""
    return np.array([1 / (z + 3.0)])


def frequencies(found):
    return np.array([z.imag for z in found.points])


def one_pole(pole=-3.0, residue=1.0):
    """The fraction of a residue over z - pole: any two points give it."""
    points = np.array([1.0, 2.0])
    values = (residue / (points - pole))[:, None]
    return Barycentric(
        points, values, np.array([points[0] - pole, pole - points[1]]), mirrored=True
    )


def test_samples_begin_at_the_axis_and_end_where_the_transform_is_flat():
    """z F is within a hundredth of the start from 300 on: 3 / (z + 3)."""
    found = line_of(decaying, work=DEAR)
    top = found._first_samples()
    # Three decades to the largest rate with 1.5 samples each, then a sample per 1.5th of a decade.
    step = 10 ** (1 / 1.5)
    upper = [10.0 * step**k for k in range(4)]
    expected = [0.0, *upper, *np.geomspace(0.01, 10.0, 5)[:-1]]
    np.testing.assert_allclose(frequencies(found), expected, rtol=1e-12)
    assert top == pytest.approx(10.0 * step**3)
    assert all(z.real == SIGMA for z in found.points)
    assert found.one_sided


def test_cheap_samples_are_a_whole_vector_upwards_and_denser_up_to_where_it_is_flat():
    """What couples to faster rates may turn above where z F is flat first."""
    found = line_of(decaying)
    step = 10 ** (1 / 1.5)
    upper = [10.0 * step**k for k in range(8)]
    assert found._first_samples() == pytest.approx(upper[-1])
    # The last one that is not flat is 215; six samples in each decade from sigma on.
    count = int(np.ceil(6 * np.log10(upper[2] / SIGMA)))
    below = np.geomspace(SIGMA, upper[2], count)[:-1]
    np.testing.assert_allclose(frequencies(found), [0.0, *upper, *below], rtol=1e-12)


def test_a_line_of_few_decades_has_four_samples_and_reaches_four_widths():
    found = line_of(lambda z, depth: np.array([1 / z]), rate=1e-3, work=DEAR)
    assert found._first_samples() == 4 * SIGMA
    np.testing.assert_allclose(
        frequencies(found), [0, 4 * SIGMA, *np.geomspace(SIGMA, 4 * SIGMA, 4)[:-1]], rtol=1e-12
    )


def test_a_line_ends_somewhere_whatever_the_transform_does():
    found = line_of(lambda z, depth: np.array([2.0 / z]), rate=10.0, work=DEAR)
    top = found._first_samples()
    assert 1e9 <= top < 1e9 * 10 ** (1 / 1.5)


@pytest.mark.parametrize(("phase", "one_sided"), [(0.0, True), (1e-14, True), (1e-11, False)])
def test_functions_that_are_not_mirrored_are_sampled_on_both_sides(phase, one_sided):
    def transform(z, depth):
        return np.array([1 / (z + 3.0 + 3j * phase)])

    found = line_of(transform, real=False, work=DEAR)
    found._first_samples()
    assert found.one_sided is one_sided
    taken = frequencies(found)
    if one_sided:
        assert np.min(taken) == 0
    else:
        np.testing.assert_allclose(np.sort(-taken), np.sort(taken))


@pytest.mark.parametrize(("seeds", "one_sided"), [([3.0, 20.0], True), ([-30.0, 2.0], False)])
def test_seeds_take_the_place_of_the_first_samples(seeds, one_sided):
    found = line_of(decaying, seeds=np.array(seeds))
    assert found._first_samples() == max(np.abs(seeds))
    assert frequencies(found).tolist() == seeds
    assert found.one_sided is one_sided
    assert line_of(decaying, seeds=np.array([1.0, 2.0]))._first_samples() == 10.0  # the rate


def test_new_samples_are_where_two_functions_differ_and_in_the_widest_gap():
    found = line_of(decaying)
    found._sample_all([1.0, 10.0, 1000.0])
    common, weak = [-1.0 + 20j, -3.0], [[5.0, 0.0], [0.0, 2.0]]
    one = PoleSum(np.array(common), np.array(weak, dtype=complex))
    other = PoleSum(np.array([*common, -2.0 + 500j]), np.array([*weak, [0, 0.5]], dtype=complex))
    first, gap = found._wanted(1000.0, one, other, 1, 1)
    # A quarter, a half and three quarters of the way between samples: next to the pole at 500.
    assert first == pytest.approx(10.0 + 0.5 * 990.0)
    # Relative to the frequency, and not in the same gap.
    assert gap == pytest.approx(5.5)
    # Two of them are never in one gap.
    two = found._wanted(1000.0, one, other, 2, 0)
    assert two[0] == first
    assert not 10.0 < two[1] < 1000.0


def test_where_two_functions_are_large_but_agree_no_sample_is_taken():
    found = line_of(decaying)
    found._sample_all([1.0, 10.0, 1000.0])
    one = PoleSum(np.array([-0.1 + 4j]), np.array([[50.0, 0.0]], dtype=complex))
    other = PoleSum(np.array([-0.1 + 4j, -2.0 + 500j]), np.array([[50.0, 0], [0.5, 0]], complex))
    assert found._wanted(1000.0, one, other, 1, 0) == [pytest.approx(10.0 + 0.5 * 990.0)]
    assert found._wanted(1000.0, other, one, 1, 0) == [pytest.approx(10.0 + 0.5 * 990.0)]


def test_new_samples_may_be_beyond_all_others_on_both_sides():
    found = line_of(decaying)
    found._sample_all([-10.0, 10.0])
    none = PoleSum(np.zeros(0, dtype=complex), np.zeros((0, 1), dtype=complex))
    for place, sides in ((200.0, (True, False)), (-200.0, (False,))):
        peak = PoleSum(np.array([-2.0 + 1j * place]), np.array([[0.5 + 0j]]))
        for found.one_sided in sides:
            assert found._wanted(10.0, none, peak, 1, 0)[0] == pytest.approx(place, rel=0.08)
    far = PoleSum(np.array([-2.0 + 500j]), np.array([[0.5 + 0j]]))
    assert found._wanted(10.0, none, far, 1, 0)[0] == pytest.approx(300.0, rel=0.15)


def test_no_sample_is_taken_twice():
    found = line_of(decaying)
    assert found._sample_all([1.0, 1.0 + 1e-7, 2.0, 1e-9, 0.0]) == [0, 1, 2]
    assert found._sample_all([2.0, 1.0 - 1e-8]) == []
    assert frequencies(found).tolist() == [1.0, 2.0, 1e-9]


def test_narrow_lines_of_a_sum_are_sampled():
    """Poles without a sample within half their width, whose lines are as high as is allowed."""
    found = line_of(decaying)
    found._sample_all([1.0, 20.0, 50.0])
    poles = np.array([-0.5 + 7j, -0.5 - 7j, -40.0 + 30j, -0.5 + 20.1j, -1.0 + 35j, -1.0 + 35.2j])
    residues = np.array([[1e-3], [1e-3], [1.0], [1.0], [1e-12], [1.0]])
    sums = PoleSum(poles, residues.astype(complex))
    assert found._narrow(sums, 1e-6) == [7.0, 35.2]
    assert found._narrow(sums, 0.02) == [35.2]  # 7 * 1e-3 / 0.51 is 0.014
    found.one_sided = False
    assert found._narrow(sums, 1e-6) == [-7.0, 7.0, 35.2]


def test_other_tiers_are_looked_at_evenly_along_the_line():
    """With the tiers of the end, and another rounding; the furthest is what counts, and where."""
    asked = []

    def redrawn(z, depth):
        asked.append((z, depth))
        return (
            decaying(z, depth) * (1 + 1e-3 * abs(z.imag - 1.0) / 10)
            if z.imag < 5
            else (decaying(z, depth))
        )

    found = line_of(decaying, redrawn=redrawn, work=DEAR)
    found._sample_all([0.01, 100.0])
    sums = PoleSum(np.array([-3.0 + 0j]), np.array([[1.0 + 0j]]))
    off, omega = found._checked(sums)
    # From a tenth of sigma up to the last sample: five decades.
    expected = 1e-3 * 10 ** (5 * np.array([0.125, 0.375, 0.625, 0.875]))
    np.testing.assert_allclose([z.imag for z, _ in asked], expected)
    assert {depth for _, depth in asked} == {7}
    distances = [abs(z) * abs(redrawn(z, 7)[0] - decaying(z, 7)[0]) for z, _ in asked[:4]]
    assert off == pytest.approx(max(distances), rel=1e-9)
    assert omega == pytest.approx(expected[int(np.argmax(distances))])
    asked.clear()
    cheap = line_of(decaying, redrawn=redrawn)
    cheap._sample_all([0.01, 100.0])
    cheap._checked(sums)
    assert len(asked) == 16
    asked.clear()
    cheap.one_sided = False
    cheap._checked(sums)
    assert sum(z.imag < 0 for z, _ in asked) == 8


def test_the_bound_is_the_integral_along_the_line():
    """(e / pi) times the integral of domega / |z| up to the last sample, and a tail: ln + 2."""
    found = line_of(decaying)
    for omega in (-50.0, 20.0):
        found._sample(omega)
    assert found._bound(1e-5) == pytest.approx(np.e / np.pi * 1e-5 * (np.log(5000.0) + 2))


def test_fractions_foretell_four_samples_and_their_misses_count(monkeypatch):
    """What is off by more than twice the allowed begins anew."""
    found = line_of(decaying, work=DEAR)
    found._first_samples()
    before, places = len(found.points), itertools.count(1)
    distances = iter([0.1, 1.9, 0.3, 2.1, 0.2, 0.4, 1.2, 0.1])
    fits, both = [], LastTwo(one_pole(), one_pole())
    monkeypatch.setattr(found, "_fitted", lambda allowed: fits.append(1) or both)
    monkeypatch.setattr(
        found, "_wanted", lambda *given: [1.5 + next(places) / 7, 2.5 + next(places) / 7]
    )
    monkeypatch.setattr(found, "_distance", lambda sums, sample: next(distances))
    best, missed = found._foretelling(1.0, 1.0)
    assert best is both.longer
    assert missed == 1.2
    assert len(fits) == 2
    assert len(found.points) == before + 8
    monkeypatch.setattr(found, "_distance", lambda sums, sample: 0.5)
    assert found._foretelling(1.0, 1.0) == (both.longer, 1.0)


@pytest.mark.parametrize(("work", "many"), [(0.0, (5, 3)), (DEAR, (1, 1))])
def test_cheap_samples_are_taken_a_vector_at_a_time(monkeypatch, work, many):
    found, asked = line_of(decaying, work=work), []
    monkeypatch.setattr(found, "_fitted", lambda allowed: LastTwo(one_pole(), one_pole()))
    monkeypatch.setattr(
        found, "_wanted", lambda top, one, other, *given: asked.append(given) or [1.5, 2.5]
    )
    monkeypatch.setattr(found, "_distance", lambda sums, sample: 0.1)
    found._foretelling(1.0, 1.0)
    assert asked == [many, many]
    assert len(found.points) == 2


def test_new_weights_of_the_same_points_are_compared_with_the_last_ones():
    found = line_of(decaying)
    found._sample_all(np.geomspace(0.1, 50.0, 12).tolist())
    first = found._fitted(1e-9)
    found._sample_all([0.3, 4.0])
    second = found._fitted(1e-9)
    assert np.array_equal(np.sort(second.longer.support), np.sort(first.longer.support))
    assert second.shorter is first.longer


@pytest.mark.parametrize(("work", "most", "checked"), [(DEAR, 90, 4), (0.0, 200, 16)])
def test_the_number_of_samples_is_limited(monkeypatch, work, most, checked):
    """Of noise, which no fraction foretells."""
    rng = np.random.default_rng(1)
    noise = LastTwo(one_pole(), one_pole(residue=2.0))
    monkeypatch.setattr(_Line, "_fitted", lambda self, allowed: noise)
    found = line_of(lambda z, depth: np.array([rng.normal() / z]), work=work).found()
    assert not found.foretold
    assert most + checked <= found.samples <= most + checked + 12
    monkeypatch.undo()
    found = line_of(decaying, work=work).found()
    assert found.foretold
    assert found.samples < 52 + checked


@pytest.mark.parametrize(("tolerance", "largest"), [(1e-3, 1.0), (1e-9, 1e4)])
def test_what_is_allowed_follows_the_tolerance_and_the_size(monkeypatch, tolerance, largest):
    allowed = []

    def foretelling(self, top, given):
        allowed.append(given)
        return one_pole(residue=largest), 2e-4

    monkeypatch.setattr(_Line, "_foretelling", foretelling)
    found = line_of(
        lambda z, depth: largest * decaying(z, depth), start=(largest,), tolerance=tolerance
    )
    found.found()
    assert allowed[0] == pytest.approx(max(0.02 * tolerance, 1e-13 * largest), rel=1e-2)


@pytest.mark.parametrize(("off", "rounds"), [(1.9, 1), (2.1, 2)])
def test_where_other_tiers_are_off_no_further_sum_is_tried(monkeypatch, off, rounds):
    """Twice what is allowed ends the line; more than that is sampled, and tried again once."""
    told = []
    allowed = 0.02e-6
    monkeypatch.setattr(_Line, "_foretelling", lambda self, top, given: (one_pole(), 0.5 * given))

    def checked(self, sums):
        told.append(1)
        return (off if len(told) == 1 else 0.7) * allowed, 0.5

    monkeypatch.setattr(_Line, "_checked", checked)
    monkeypatch.setattr(_Line, "_distance", lambda self, sums, sample: 2.1 * allowed)
    found = line_of(decaying)
    result = found.found()
    assert len(told) == rounds
    last = off if rounds == 1 else 0.7
    rounding = result.sum.rounding(np.array([0.0, LAST]))
    assert result.error == pytest.approx(found._bound(last * allowed) + rounding, rel=1e-9)
    if rounds == 2:
        told.clear()
        monkeypatch.setattr(_Line, "_distance", lambda self, sums, sample: 1.9 * allowed)
        line_of(decaying).found()
        assert len(told) == 1


def test_sums_that_are_off_where_fractions_are_not_are_tried_four_times(monkeypatch):
    """Rounding has moved the poles of such a fraction; the error says so."""
    rounds, fraction = [], one_pole(pole=-3.1)
    monkeypatch.setattr(
        _Line, "_foretelling", lambda self, top, given: rounds.append(1) or (fraction, given)
    )
    found = line_of(decaying)
    result = found.found()
    assert len(rounds) == 4
    times = np.linspace(0.0, 2.0, 9)
    off = np.abs(result.sum.at(times)[:, 0] - np.exp(-3 * times))
    assert 1e-3 < np.max(off) <= result.error


def test_poles_right_of_half_of_sigma_are_left_out():
    def transform(z, depth):
        return np.array([1 / (z + 3.0) + 1 / (z - 0.45 * SIGMA) + 1 / (z - 0.55 * SIGMA)])

    found = line_of(transform, start=(3.0,))
    found._sample_all(np.geomspace(1e-3, 100.0, 20).tolist())
    poles = found._sum(found._fitted(1e-12).longer).poles
    assert np.max(poles.real) < 0.5 * SIGMA
    assert np.max(poles.real) == pytest.approx(0.45 * SIGMA)


def test_what_is_zero_at_first_has_the_size_of_what_it_becomes():
    """Of 1 - exp(-3 t): z F falls to a hundredth of its size at 300, but never to one of zero."""
    found = line_of(lambda z, depth: np.array([3 / (z * (z + 3))]), start=(0.0,), work=DEAR)
    assert found._first_samples() == pytest.approx(10.0 * 10 ** (3 / 1.5))


def test_a_sample_that_is_there_is_not_taken_again():
    """Where other tiers are furthest off may be the same place twice."""
    found = line_of(decaying)
    first = found._sample(2.0)
    assert (found._sample(3.0), found._sample(2.0), len(found.points)) == (first + 1, first, 2)


def test_a_line_that_begins_at_zero_is_flat_relative_to_what_it_becomes():
    """The size of a function that vanishes at first is the largest of z F at any sample."""
    found = line_of(decaying, start=(0.0,))
    found.points, found.values = [1.0 + 0j, 2j], [np.array([0.25]), np.array([3.0])]
    assert found._largest() == 6.0
