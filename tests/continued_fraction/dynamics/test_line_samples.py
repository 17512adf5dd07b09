"""Where a line takes its samples and when it ends, by transforms that are known."""

import numpy as np
import pytest

from thermalent.continued_fraction.dynamics.laplace.inversion import Response
from thermalent.continued_fraction.dynamics.laplace.line import _Line
from thermalent.numerics.rational_fit import PoleSum

LAST = 100.0
SIGMA = 1 / LAST


def line_of(transform, *, real=True, rate=10.0, start=(1.0,), tolerance=1e-6, **response):
    given = Response(transform=transform, **response)
    return _Line(given, LAST, np.array(start), rate, 7, 12, tolerance, real, lambda text: None)


def decaying(z, depth):
    """Of exp(-3 t)."""
    return np.array([1 / (z + 3.0)])


def frequencies(found):
    return np.array([z.imag for z in found.points])


def test_samples_begin_at_the_axis_and_end_where_the_transform_is_flat():
    """z F is within a hundredth of the start from 300 on: 3 / (z + 3)."""
    found = line_of(decaying)
    top = found._first_samples()
    # Three decades to the largest rate with 1.5 samples each, then a sample per 1.5th of a decade.
    step = 10 ** (1 / 1.5)
    upper = [10.0 * step**k for k in range(1, 4)]
    expected = [0.0, 10.0, *np.geomspace(0.01, 10.0, 5)[:-1], *upper]
    np.testing.assert_allclose(frequencies(found), expected, rtol=1e-12)
    assert top == pytest.approx(10.0 * step**3)
    assert all(z.real == SIGMA for z in found.points)
    assert found.one_sided


def test_a_line_of_few_decades_has_four_samples_and_reaches_four_widths():
    found = line_of(lambda z, depth: 1 / z[None] if np.ndim(z) else np.array([1 / z]), rate=1e-3)
    assert found._first_samples() == 4 * SIGMA
    np.testing.assert_allclose(
        frequencies(found), [0, 4 * SIGMA, *np.geomspace(SIGMA, 4 * SIGMA, 4)[:-1]], rtol=1e-12
    )


def test_a_line_ends_somewhere_whatever_the_transform_does():
    found = line_of(lambda z, depth: np.array([2.0 / z]), rate=10.0)
    top = found._first_samples()
    assert 1e9 <= top < 1e9 * 10 ** (1 / 1.5)


@pytest.mark.parametrize(("phase", "one_sided"), [(0.0, True), (1e-14, True), (1e-11, False)])
def test_functions_that_are_not_mirrored_are_sampled_on_both_sides(phase, one_sided):
    def transform(z, depth):
        return np.array([1 / (z + 3.0 + 3j * phase)])

    found = line_of(transform, real=False)
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


def test_candidates_lie_between_a_tenth_of_sigma_and_thirty_times_the_top():
    found = line_of(decaying)
    grid = found._candidates(100.0)
    assert grid[0] == pytest.approx(0.1 * SIGMA)
    assert grid[-1] == pytest.approx(3000.0)
    assert len(grid) == int(16 * np.log10(3000 / (0.1 * SIGMA)))
    np.testing.assert_allclose(np.diff(np.log(grid)), np.log(grid[1] / grid[0]))
    found.one_sided = False
    np.testing.assert_array_equal(found._candidates(100.0), [*-grid[::-1], *grid])


def test_new_samples_are_where_two_sums_differ_and_in_the_widest_gap():
    found = line_of(decaying)
    for omega in (1.0, 10.0, 1000.0):
        found._sample(omega)
    grid = np.geomspace(0.5, 2000.0, 400)
    common, weak = [-1.0 + 20j, -3.0], [[5.0, 0.0], [0.0, 2.0]]
    longer = PoleSum(np.array(common), np.array(weak, dtype=complex))
    peak = PoleSum(np.array([*common, -2.0 + 300j]), np.array([*weak, [0.0, 0.5]], dtype=complex))
    first, gap = found._wanted(grid, longer, peak, 0)
    z = SIGMA + 1j * grid
    assert first == grid[np.argmax(np.abs(z / (z + 2 - 300j)))]  # of z F, not of F
    assert first == pytest.approx(300.0, rel=0.03)
    # Relative to the frequency, the sample at 300 included.
    taken = np.array([1.0, 10.0, 1000.0, first])
    apart = np.min(np.abs(grid[:, None] - taken) / grid[:, None], axis=1)
    assert gap == grid[np.argmax(np.where(grid <= 1000.0, apart, 0))]


def test_new_samples_are_away_from_all_others():
    found = line_of(decaying)
    found._sample(300.0)
    grid = np.array([10.0, 285.0, 300.0, 317.0, 325.0, 1000.0])
    none = PoleSum(np.zeros(0, dtype=complex), np.zeros((0, 1), dtype=complex))
    peak = PoleSum(np.array([-2.0 + 300j]), np.array([[0.5 + 0j]]))
    assert found._wanted(grid, none, peak, 0)[0] == 325.0  # by more than a sixteenth of itself
    # Several at a time are away from each other as well.
    assert found._wanted(grid, none, peak, 1)[:2] == [325.0, 1000.0]


def test_the_distance_is_that_of_z_f_in_the_largest_component():
    found = line_of(lambda z, depth: np.array([1 / z, 2 / z]))
    sample = found._sample(3.0)
    z = complex(SIGMA, 3.0)
    sums = PoleSum(np.array([0.0 + 0j]), np.array([[1.2 + 0j, 2.5j]]))
    assert found._distance(sums, sample) == pytest.approx(abs(2.5j - 2), rel=1e-12)
    assert found.points == [z]


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

    found = line_of(decaying, redrawn=redrawn)
    for omega in (0.01, 100.0):
        found._sample(omega)
    grid = np.geomspace(0.01, 1000.0, 101)
    sums = PoleSum(np.array([-3.0 + 0j]), np.array([[1.0 + 0j]]))
    off, omega = found._checked(grid, sums)
    inside = grid[grid <= 100.0]
    expected = np.quantile(inside, [0.125, 0.375, 0.625, 0.875], method="nearest")
    np.testing.assert_allclose([z.imag for z, _ in asked], expected)
    assert {depth for _, depth in asked} == {7}
    distances = [abs(z) * abs(redrawn(z, 7)[0] - decaying(z, 7)[0]) for z, _ in asked[:4]]
    assert off == pytest.approx(max(distances), rel=1e-9)
    assert omega == expected[int(np.argmax(distances))]


def test_the_bound_is_the_integral_along_the_line():
    """(e / pi) times the integral of domega / |z| up to the last sample, and a tail: ln + 2."""
    found = line_of(decaying)
    for omega in (-50.0, 20.0):
        found._sample(omega)
    assert found._bound(1e-5) == pytest.approx(np.e / np.pi * 1e-5 * (np.log(5000.0) + 2))


def test_sums_foretell_four_samples_and_their_misses_count(monkeypatch):
    """What is off by more than twice the allowed begins anew."""
    found = line_of(decaying)
    found._first_samples()
    before = len(found.points)
    distances = iter([0.1, 1.9, 0.3, 2.1, 0.2, 0.4, 1.2, 0.1])
    fits = []
    monkeypatch.setattr(found, "_fitted", lambda allowed: fits.append(1) or ("short", "long"))
    monkeypatch.setattr(found, "_wanted", lambda grid, *both: [1.5, 2.5])
    monkeypatch.setattr(found, "_distance", lambda sums, sample: next(distances))
    best, missed = found._foretelling(np.ones(3), 1.0)
    assert (best, missed) == ("long", 1.2)
    assert len(fits) == 2
    assert len(found.points) == before + 8
    monkeypatch.setattr(found, "_distance", lambda sums, sample: 0.5)
    assert found._foretelling(np.ones(3), 1.0) == ("long", 1.0)


@pytest.mark.parametrize(
    ("off", "work", "more"), [(1e4, 0.0, 6), (50.0, 0.0, 3), (2.5, 0.0, 0), (1e4, 1.0, 0)]
)
def test_cheap_samples_are_taken_several_at_a_time(monkeypatch, off, work, more):
    """Two for each factor of ten that the last sum was off, six at the most."""
    found, asked, distances = line_of(decaying, work=work), [], iter([off, 0.1])
    monkeypatch.setattr(found, "_fitted", lambda allowed: ("short", "long"))
    monkeypatch.setattr(
        found, "_wanted", lambda grid, shorter, longer, more: asked.append(more) or [1.5, 2.5]
    )
    monkeypatch.setattr(found, "_distance", lambda sums, sample: next(distances, 0.1))
    found._foretelling(np.ones(3), 1.0)
    assert asked == [0, more, more]


def test_no_more_than_ninety_samples(monkeypatch):
    rng = np.random.default_rng(1)
    found = line_of(lambda z, depth: np.array([rng.normal() / z])).found()
    assert not found.foretold
    assert 90 + 4 <= found.samples <= 98 + 4
    found = line_of(decaying).found()
    assert found.foretold
    assert found.samples < 40


@pytest.mark.parametrize(("tolerance", "largest"), [(1e-3, 1.0), (1e-9, 1e4)])
def test_what_is_allowed_follows_the_tolerance_and_the_size(monkeypatch, tolerance, largest):
    allowed = []

    def foretelling(self, grid, given):
        allowed.append(given)
        return PoleSum(np.array([-3.0 + 0j]), np.array([[largest + 0j]])), 2e-4

    monkeypatch.setattr(_Line, "_foretelling", foretelling)
    found = line_of(
        lambda z, depth: largest * decaying(z, depth), start=(largest,), tolerance=tolerance
    )
    found.found()
    assert allowed[0] == pytest.approx(max(0.03 * tolerance, 1e-13 * largest), rel=1e-2)


@pytest.mark.parametrize(("off", "rounds"), [(1.9, 1), (2.1, 2)])
def test_where_other_tiers_are_off_no_further_sum_is_tried(monkeypatch, off, rounds):
    """Twice what is allowed ends the line; more than that is sampled, and tried again once."""
    told = []
    sums = PoleSum(np.array([-3.0 + 0j]), np.array([[1.0 + 0j]]))
    monkeypatch.setattr(_Line, "_foretelling", lambda self, grid, allowed: (sums, 0.5 * allowed))

    def checked(self, grid, sums):
        told.append(1)
        return (off if len(told) == 1 else 0.7) * 0.03e-6, 0.5

    monkeypatch.setattr(_Line, "_checked", checked)
    monkeypatch.setattr(_Line, "_distance", lambda self, sums, sample: 2.1 * 0.03e-6)
    found = line_of(decaying)
    result = found.found()
    assert len(told) == rounds
    last = off if rounds == 1 else 0.7
    rounding = result.sum.rounding(np.array([LAST]))
    assert result.error == pytest.approx(found._bound(last * 0.03e-6) + rounding, rel=1e-9)
    if rounds == 2:
        told.clear()
        monkeypatch.setattr(_Line, "_distance", lambda self, sums, sample: 1.9 * 0.03e-6)
        line_of(decaying).found()
        assert len(told) == 1


def test_poles_right_of_half_of_sigma_are_left_out():
    def transform(z, depth):
        return np.array([1 / (z + 3.0) + 1 / (z - 0.45 * SIGMA) + 1 / (z - 0.55 * SIGMA)])

    found = line_of(transform, start=(3.0,))
    for omega in np.geomspace(1e-3, 100.0, 20):
        found._sample(omega)
    assert np.max(found._fitted(1e-12)[1].poles.real) < 0.5 * SIGMA
