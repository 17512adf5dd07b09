"""When a relaxation takes contours, and how it judges what they give."""

import warnings

import numpy as np
import pytest

from tests.support.relaxation_runs import (
    FIRST,
    TOLERANCE,
    Contours,
    Run,
    Runs,
    relaxation_of,
    window,
)
from thermalent.continued_fraction.dynamics.relaxation import first_contour


def test_a_contour_is_tried_once_three_quarters_of_the_rate_have_brought_the_tolerance():
    assert np.exp(-0.75 * 2.0 * first_contour(1e-8, 2.0)) == pytest.approx(1e-8, rel=1e-12)
    assert first_contour(1e-8, 0.0) == np.inf


FIRST_TIME = first_contour(TOLERANCE, Runs.rate)


@pytest.mark.parametrize(
    ("last", "filled", "per_time", "first"),
    [
        (1e3, 0.49e5, 1.0, 1e3),  # all steps are cheap, and contours never tried
        (1e-3, 0.49e11, 1.0, FIRST_TIME),
        (1e3, 0.51e5, 1.4e9 / (1.9 * FIRST_TIME), FIRST_TIME),  # those to the contour are
        # They are not: as far as a tenth of a second gets.
        (1e3, 0.51e5, 1.6e9 / (1.9 * FIRST_TIME), FIRST_TIME * 1e8 / 3.2e9),
        (FIRST_TIME, 1e12, 1.6e9 / FIRST_TIME, FIRST_TIME / 1.9 * 1e8 / 3.2e9),
    ],
)
def test_the_first_contour_is_where_steps_get_quickly(last, filled, per_time, first):
    """Of two runs of the same cost."""
    runs = Run(per_time, filled), Run(per_time, filled)
    assert relaxation_of([1e-5, 1e-4, last], runs)._first_try() == pytest.approx(first, rel=1e-12)


@pytest.mark.parametrize(("filled", "stepped"), [(3.74e5, True), (3.76e5, False)])
def test_all_times_are_stepped_where_a_contour_would_take_longer(filled, stepped):
    """Of transforms that take 1e8 multiplications each, and of two runs."""
    found = relaxation_of([1e3], (Run(1.0, filled), Run(1.0, filled)), Contours(work=1e8))
    assert bool(found._first_try() == 1e3) is stepped


def test_steps_that_take_long_are_announced_again_where_they_take_four_times_as_long():
    found = relaxation_of([1e3], (Run(1.0), Run(1.0)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert found._cost(1.49e10) == pytest.approx(2.98e10)
    with pytest.warns(RuntimeWarning, match=r"takes about 3e\+10 multiplications"):
        found._cost(1.51e10)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found._cost(6.03e10)
    with pytest.warns(RuntimeWarning, match=r"t = 6.1e\+10 takes about 1e\+11"):
        found._cost(6.1e10)
    assert found._cost(2.1e12) == pytest.approx(4.2e12)  # to be refused, and not announced
    with pytest.warns(RuntimeWarning, match=r"takes about 4e\+12"):
        found._cost(1.99e12)


def test_steps_of_more_than_an_hour_are_refused():
    per_time = 2.1e12 / 19
    runs = Run(per_time, 1e12), Run(per_time, 1e12)
    contours = Contours()
    found = relaxation_of([0.1, 0.2, 1e3], runs, contours)
    found._first_try = lambda: FIRST
    found._wants_line = lambda first: False
    refused = found.relaxed()
    assert refused.refused == pytest.approx(4.2e12)
    assert np.all(np.isnan(refused.values))
    assert refused.values.shape == (3, 2)
    assert np.all(refused.error == np.inf)
    assert (refused.stepped, refused.depth) == (0, 5)


MARKS = FIRST * np.array([1.0, 1.37, 1.9])


def tried(found, *, value=0.5, error=0.0):
    stepped = {
        t: (np.array([0.1, value]), part * error)
        for t, part in zip(MARKS.tolist(), (0.3, 1.0, 0.5), strict=True)
    }
    return found._tried(FIRST, MARKS, stepped)


@pytest.mark.parametrize(
    ("error", "rounding", "own", "per_time", "taken"),
    [
        (0.99e-6, 0.0, 0.0, 0.0, True),
        (1.01e-6, 0.0, 0.0, 0.0, False),
        (3.8e-6, 1e-6, 0.0, 0.0, True),  # four times what the contour itself rounds
        (4.1e-6, 1e-6, 0.0, 0.0, False),
        (2.8e-6, 0.0, 1e-6, 0.0, True),  # or the steps, whose error is in the sum
        (3.1e-6, 0.0, 1e-6, 0.0, False),
        (2.9e-5, 0.0, 0.0, 1.51e9 / 38, True),  # steps to twice the time would take seconds
        (2.9e-5, 0.0, 0.0, 1.49e9 / 38, False),
        (3.1e-5, 0.0, 0.0, 1.51e9 / 38, False),
    ],
)
def test_a_contour_is_taken_where_its_error_serves(error, rounding, own, per_time, taken):
    contours = Contours(window(0.5, error, rounding))
    found = relaxation_of([1e3], (Run(per_time), Run(per_time)), contours)
    window_taken, total = tried(found, error=own)
    assert (window_taken is not None) is taken
    assert total == pytest.approx(error + own if taken else np.inf, rel=1e-9)


def test_a_contour_that_differs_from_the_steps_is_taken_again_with_poles():
    contours = Contours(window(0.5 + 2e-6, 1e-9), window(0.5 + 2e-7, 1e-9), poles=True)
    found = relaxation_of([1e3], (Run(), Run()), contours)
    window_taken, total = tried(found)
    assert total == pytest.approx(2.01e-7, rel=1e-6)
    assert contours.firsts == [FIRST, FIRST]
    np.testing.assert_allclose(window_taken.sum.asked[0], MARKS)


def test_the_next_contour_is_compared_where_both_serve():
    """From its first time on to the last of the one before, or its own if that is earlier."""
    shift = 10.0**0.6
    for span, end in ((10.0, 10.0), (2.0, 2.0 * shift)):
        following = window(0.5, 1e-9, span=span)
        contours = Contours(following)
        found = relaxation_of([1e9], (Run(), Run()), contours)
        taken, mismatch = found._next(FIRST, window(0.5 + 1e-7, 1e-9))
        assert taken is following
        assert contours.firsts == [pytest.approx(FIRST * shift)]
        assert mismatch == pytest.approx(1e-7, rel=1e-6)
        expected = FIRST * np.geomspace(shift, end, 4)
        np.testing.assert_allclose(following.sum.asked[0], expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("error", "off", "again"),
    [(1.9e-6, 0.0, False), (2.1e-6, 0.0, True), (9e-7, 1e-6, False), (9e-7, 1.2e-6, True)],
)
def test_the_next_contour_gets_poles_where_it_is_off_by_two_tolerances(error, off, again):
    contours = Contours(window(0.5 + off, error), window(0.5, 1e-9), poles=True)
    found = relaxation_of([1e9], (Run(), Run()), contours)
    taken, _ = found._next(FIRST, window(0.5, 1e-9))
    assert (taken.error == 1e-9) is again


@pytest.mark.parametrize(
    ("rounding", "error", "on"),
    [(0.0, 1.9e-6, True), (0.0, 2.1e-6, False), (5e-7, 7.9e-6, True), (5e-7, 8.1e-6, False)],
)
def test_the_chain_goes_on_while_neighbours_agree(rounding, error, on):
    """To two tolerances, or four times what both of them round: 2 (5e-7 + 1.5e-6)."""
    follow = window(0.5, error, 3 * rounding), window(0.5, 1e-9)
    found = relaxation_of([11.0, 150.0, 1e9], (Run(), Run()), Contours(*follow, window(0.5, 1.0)))
    first = found._chain(FIRST, window(0.5, 1e-9, rounding), 3e-7)
    # 11 is before the second contour begins, at 40; 150 before the third one does, at 158.
    assert len(found.values) == 1 + on
    assert found.errors[0] == 3e-7
    if on:
        assert found.errors[1] == pytest.approx(error + 3e-7, rel=1e-9)
    # The one that broke the chain, or the last one.
    assert first == pytest.approx(FIRST * 10.0 ** (1.8 if on else 0.6), rel=1e-9)


@pytest.mark.parametrize(
    ("per_time", "error", "help_"),
    [(1.49e9 / 19, 1.0, True), (1.51e9 / 19, 1.0, False), (1.51e9 / 19, np.inf, True)],
)
def test_steps_help_where_they_take_seconds_or_there_is_no_contour(per_time, error, help_):
    found = relaxation_of([1e9], (Run(per_time), Run(per_time)))
    assert found._steps_help(FIRST, window(0.5, error)) is help_


@pytest.mark.parametrize(
    ("off", "error", "of_limit", "settled"),
    [
        (2.4e-7, 0.0, 0.0, True),
        (2.6e-7, 0.0, 0.0, False),
        (9e-7, 4e-7, 6e-7, True),  # within what is known of both
        (1.1e-6, 4e-7, 6e-7, False),
    ],
)
def test_what_stays_at_its_limit_has_settled(off, error, of_limit, settled):
    found = relaxation_of([99.0, 101.0, 1e9], (Run(), Run()))
    here = window(0.5 + off, error)
    assert found._settled(FIRST, here, 7e-7, (np.array([0.1, 0.5]), of_limit)) is settled
    np.testing.assert_allclose(here.sum.asked[0], FIRST * np.geomspace(1, 10, 5))
    if settled:
        np.testing.assert_allclose(np.array(found.values)[:, 1], [0.5 + off, 0.5, 0.5], rtol=1e-15)
        assert found.errors == pytest.approx([7e-7, *2 * [off + error + of_limit]], rel=1e-6)
    else:
        assert not found.values


def test_where_no_contour_agrees_it_is_tried_at_twice_the_time():
    contours = Contours(window(0.5, 1.0), window(0.5, 1e-9), limit=(np.array([0.1, 0.5]), 0.0))
    found = relaxation_of([1.0, 5.0, 45.0, 1e5], (Run(), Run()), contours)
    found._first_try = lambda: FIRST
    result = found.relaxed()
    assert contours.firsts == [FIRST, 2 * FIRST]
    # Stepped up to the last mark of both, 1.9 times their first time.
    assert result.stepped == 2
    assert result.depth == 9
    assert np.max(result.error) < 1e-8


def test_the_error_of_a_step_holds_its_last_places():
    """Four times what two runs differ by, eight deviations, and four roundings of the largest."""
    fine, coarse = Run(value=1e3, rounding=1e-14), Run(value=1e3 + 1e-12)
    value, error = relaxation_of([1.0], (fine, coarse))._stepped(1.0)
    differ = abs(fine.value - coarse.value)
    expected = 4 * differ + 8e-14 + 4 * np.finfo(float).eps * 1e3
    assert value[1] == 1e3
    assert error == pytest.approx(expected, rel=1e-12, abs=0)


def test_contours_that_differ_by_their_rounding_are_chained(monkeypatch):
    """Four times 1e-13 where neither knows of any."""
    for error, count in ((3.9e-13, 2), (4.1e-13, 1)):
        windows = window(0.5, error), window(0.5, 1.0)
        found = relaxation_of([11.0, 150.0, 1e9], (Run(), Run()), Contours(*windows))
        found.tolerance = 1e-14
        found._chain(FIRST, window(0.5, 1e-14), 0.0)
        assert len(found.values) == count


@pytest.mark.parametrize(
    ("values", "taken"),
    [
        # At a time and at half of it, beside a limit 0.5 that is known to 1e-13.
        ((0.5 + 1e-13, 0.5), 1.0),
        ((0.5 + 3e-13, 0.5), 0.0),  # it comes from elsewhere
        ((0.5, 0.5 + 3e-13), 0.0),  # it goes elsewhere
    ],
)
def test_steps_end_where_they_stay_at_the_limit_for_half_the_time(values, taken):
    contours = Contours(limit=(np.array([0.5, 0.5]), 1e-13))
    found = relaxation_of([1.0, 8.0], (Run(), Run()), contours)
    stepped = {
        time: (np.array([value, 0.5]), 1e-13)
        for time, value in zip((1.0, 4.0, 8.0), (0.7, *values), strict=True)
    }
    settled = found._at_limit(stepped, 8.0)
    assert (settled is not None) == bool(taken)
    if settled is not None:
        assert np.array_equal(settled[0], [0.5, 0.5])
        assert settled[1] == pytest.approx(2e-13, rel=1e-3)  # how far they are, and its own


def test_only_long_steps_look_for_the_limit():
    runs = Run(0.99e4, 1.0), Run(0.0, 1.0)
    assert relaxation_of([1e3], runs)._probes(1e3) == []
    runs = Run(1.01e4, 1.0), Run(0.0, 1.0)
    probes = relaxation_of([1e3], runs)._probes(1e3)
    assert probes[0] == pytest.approx(FIRST_TIME)
    np.testing.assert_allclose(np.diff(np.log2(probes)), 1.0)
    assert 500 <= probes[-1] < 1e3


def test_no_limit_ends_nothing():
    found = relaxation_of([1.0, 8.0], (Run(), Run()))
    assert found._at_limit({8.0: (np.array([0.5, 0.5]), 0.0)}, 8.0) is None
