"""When a relaxation takes a line of samples instead of steps, and how it judges it."""

import numpy as np
import pytest

from tests.support.relaxation_runs import (
    FIRST,
    TOLERANCE,
    Constant,
    Contours,
    Run,
    Runs,
    relaxation_of,
    window,
)
from thermalent.continued_fraction.dynamics import relaxation
from thermalent.continued_fraction.dynamics.laplace.line import LineSum
from thermalent.continued_fraction.dynamics.relaxation import _Relaxation


@pytest.mark.parametrize(
    ("last", "filled", "work", "line"),
    [
        (1e3, 0.49e9 / 19, 0.0, False),
        (1e3, 0.51e9 / 19, 0.0, True),
        (10.0, 0.51e9 / 19, 0.0, False),
        (19.5, 0.0, 1.1e6, True),  # transforms are dear, and contours would begin before the end
        (18.5, 0.0, 1.1e6, False),
        (19.5, 0.0, 0.9e6, False),
        (18.5, 1.49e9 / 18.5, 1e9, False),  # steps take less than a line of such transforms
        (18.5, 1.51e9 / 18.5, 1e9, True),
    ],
)
def test_a_line_is_wanted_where_steps_or_transforms_are_dear(last, filled, work, line):
    found = relaxation_of([0.1, 0.2, last], (Run(0, filled), Run(0, filled)), Contours(work=work))
    assert found._wants_line(FIRST) is line


@pytest.mark.parametrize(
    ("last", "filled", "now", "marks"),
    [
        (1e3, 0.5e7, 0.0, 19 * np.array([0.3, 0.55, 0.8, 1.0])),  # 1.9e8 to the last mark
        (1e3, 0.5e8, 0.0, 2.0 * np.array([0.3, 0.55, 0.8, 1.0])),  # a tenth of 1.9e9 is 2e8
        (10.0, 0.5e7, 0.0, 10 * np.array([0.3, 0.55, 0.8, 1.0])),
        (1e3, 0.5e8, 1.5, 2.0 * np.array([0.8, 1.0])),
        (1e3, 0.5e8, 5.0, 5.0 * np.array([1.0])),
    ],
)
def test_a_line_is_compared_with_steps_that_are_cheap(monkeypatch, last, filled, now, marks):
    """Not with those that lie behind the later of the two runs."""
    compared = []
    monkeypatch.setattr(_Relaxation, "_step", lambda self, at: compared.append(at) or {})
    monkeypatch.setattr(_Relaxation, "_line", lambda self: None)
    runs = Run(0, filled, now=now / 2), Run(0, filled, now=now)
    relaxation_of([1e-3, 2e-3, last], runs)._by_line(FIRST)
    np.testing.assert_allclose(compared[0], marks, rtol=1e-12)


@pytest.mark.parametrize(
    ("filled", "work", "error", "taken"),
    [
        (1.49e9, 0.0, 0.99, True),
        (1.49e9, 0.0, 1.01, False),
        (1.51e9, 0.0, 29.9, True),  # in tolerances: steps take seconds, or their error is larger
        (1.51e9, 0.0, 30.1, False),
        (1e3, 1.26e8, 0.14 / TOLERANCE, True),  # contours would take a minute: what says something
        (1e3, 1.26e8, 0.16 / TOLERANCE, False),
        (1e3, 1.24e8, 2.0, False),
        (2.51e10, 0.0, 0.14 / TOLERANCE, True),
        (2.49e10, 0.0, 0.14 / TOLERANCE, False),
    ],
)
def test_a_line_is_taken_where_its_error_serves(monkeypatch, filled, work, error, taken):
    """400 transforms and the steps cost more than 5e10, and the largest value at zero is 1.5."""
    poles = LineSum(Constant(0.5), error * TOLERANCE, 9, np.array([3.0]), True)
    monkeypatch.setattr(_Relaxation, "_line", lambda self: poles)
    runs = Run(0, filled / 19), Run(0, filled / 19)
    found = relaxation_of([1e3, 1e4], runs, Contours(work=work))
    found._by_line(FIRST)
    assert (found.on_line == 2) is taken
    assert len(found.values) == 2 * taken
    assert np.array_equal(found.support, [3.0] if taken else [])


def test_the_error_of_a_line_holds_its_distance_from_the_steps_and_their_own(monkeypatch):
    poles = LineSum(Constant(0.5 + 3e-7), 2e-7, 9, np.zeros(0), True)
    monkeypatch.setattr(_Relaxation, "_line", lambda self: poles)
    found = relaxation_of([1e3], (Run(value=0.5), Run(value=0.5 + 1e-8)))
    found._by_line(FIRST)
    assert found.errors == [pytest.approx(2e-7 + 3e-7 + 4e-8, rel=1e-6)]


@pytest.mark.parametrize(
    ("errors", "foretold", "depths"),
    [
        ((0.9e-6,), True, [(9, 13)]),  # enough
        ((1.1e-6, 0.9e-6), True, [(9, 13), (13, 26)]),
        ((1e-3,), False, [(9, 13)]),  # too many samples: more tiers would not help
        ((1e-3, 0.49e-3, 0.26e-3), True, [(9, 13), (13, 26), (26, 52)]),  # gains too little
        (
            (5e-2, 1e-2, 3e-3, 1e-3, 4e-4),
            True,
            [(9, 13), (13, 26), (26, 52), (52, 104), (104, 208)],
        ),
        ((1e-3, None), True, [(9, 13), (13, 26)]),  # singular: what there is
    ],
)
def test_lines_get_more_tiers_as_long_as_each_gains_a_factor_of_two(
    monkeypatch, errors, foretold, depths
):
    taken, left, seeds = [], list(errors), []

    def line(response, last, start, *, rate, depth, deeper, tolerance, real, report):
        taken.append((depth, deeper))
        seeds.append(response.seeds)
        assert (last, rate, tolerance, real) == (1e3, 2.0, TOLERANCE, True)
        error = left.pop(0)
        if error is None:
            raise np.linalg.LinAlgError("singular")
        return LineSum(Constant(0.0), error, 5, np.array([float(len(taken))]), foretold)

    monkeypatch.setattr(relaxation, "along_a_line", line)
    found = relaxation_of([1e3], (Run(), Run()))._line()
    assert taken == depths
    last = [error for error in errors if error is not None][-1]
    assert found.error == last
    # Each line begins at the frequencies that the one before needed.
    assert [seed.tolist() for seed in seeds] == [[], *([float(i)] for i in range(1, len(seeds)))]


def test_values_by_a_line_are_none_that_were_stepped(monkeypatch):
    """And where steps reach the last time, none is left for a line."""
    poles = LineSum(Constant(0.5), 1e-9, 9, np.zeros(0), True)
    lines = []
    monkeypatch.setattr(_Relaxation, "_line", lambda self: lines.append(1) or poles)
    monkeypatch.setattr(_Relaxation, "_wants_line", lambda self, first: True)
    found = relaxation_of([1.0, 1e3, 1e4], (Run(), Run()))
    found._first_try = lambda: FIRST
    result = found.relaxed()
    assert (result.stepped, len(result.values), result.depth) == (1, 3, 9)
    short = relaxation_of([1.0, 2.0], (Run(), Run()))
    short._by_line(FIRST)
    assert len(lines) == 1
    assert len(short.values) == 2


@pytest.mark.parametrize(("error", "taken"), [(1e-6, True), (1.1e-6, False)])
def test_a_line_comes_first_where_its_tolerance_is_enough(monkeypatch, error, taken):
    """And nothing makes steps then; at time zero the value is known."""
    poles = LineSum(Constant(0.5), error, 9, np.array([7.0]), True)
    monkeypatch.setattr(_Relaxation, "_line", lambda self: poles)
    monkeypatch.setattr(_Relaxation, "_wants_line", lambda self, first: False)
    runs = []

    class Asked(Runs):
        def two_runs(self, tolerance):
            runs.append(tolerance)
            return self.runs

    times = np.array([0.0, 1.0, 3.0])
    given = times, TOLERANCE, Asked(Run(), Run(value=0.5 + 1e-9)), Contours()
    found = relaxation.relax(*given, line_first=True)
    assert bool(runs) is not taken
    assert (found.stepped, found.depth) == ((1, 9) if taken else (3, 5))
    assert found.values[1:].tolist() == [[0.1, 0.5]] * 2
    if taken:
        assert found.values[0].tolist() == [0.2, -1.5]
        assert found.error[0] < 1e-14
        assert found.error[1:].tolist() == [error] * 2
        assert found.support.tolist() == [7.0]
    runs.clear()
    relaxation.relax(*given)
    relaxation.relax(times[:1], *given[1:], line_first=True)
    assert len(runs) == 2


def test_where_a_line_fails_contours_begin_after_the_later_run(monkeypatch):
    monkeypatch.setattr(_Relaxation, "_wants_line", lambda self, first: True)
    monkeypatch.setattr(_Relaxation, "_by_line", lambda self, first: None)
    contours = Contours(window(0.5, 1e-9), limit=(np.array([0.1, 0.5]), 0.0))
    found = relaxation_of([1.0, 1e5], (Run(now=3.0), Run(now=40.0)), contours)
    found._first_try = lambda: FIRST
    found.relaxed()
    assert contours.firsts == [40.0]


@pytest.mark.parametrize(("error", "taken"), [(1.0, True), (1.01, False), (None, False)])
@pytest.mark.parametrize("first", [0.0, 0.5])
def test_a_line_that_is_tried_first_gives_all_values_or_none(monkeypatch, error, taken, first):
    """At time zero the start itself, but for four roundings of its largest value."""
    sum_ = LineSum(Constant(0.5), 1.0, 9, np.array([3.0]), True)
    line = None if error is None else sum_._replace(error=error * TOLERANCE)
    monkeypatch.setattr(_Relaxation, "_line", lambda self: line)
    found = relaxation_of([first, 2.0, 3.0], (Run(), Run()))
    found.take_line()
    if not taken:
        assert (found.values, found.on_line) == ([], 0)
        return
    rounding = 4 * np.finfo(float).eps * 1.5
    starts = first == 0.0
    assert found.errors == [rounding if starts else TOLERANCE, TOLERANCE, TOLERANCE]
    assert found.on_line == (2 if starts else 3)
    assert found.support.tolist() == [3.0]
    values = [[0.2, -1.5] if starts else [0.1, 0.5], [0.1, 0.5], [0.1, 0.5]]
    np.testing.assert_array_equal(found.values, values)
