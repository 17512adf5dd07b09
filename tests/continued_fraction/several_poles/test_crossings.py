"""The way of a run through its stretches, and what that takes, by steps that are given."""

from types import SimpleNamespace

import numpy as np
import pytest

import thermalent as te
from thermalent.continued_fraction import several_modes
from thermalent.continued_fraction.several_poles.moving import displaced_source, followed_run
from thermalent.continued_fraction.several_poles.moving.crossing import across
from thermalent.continued_fraction.several_poles.moving.displaced_source import DisplacedRun
from thermalent.continued_fraction.several_poles.moving.followed_run import FollowedRun

RATES = (1.0, -2.0, 0.5)


class Given:
    """A number that grows by the rate of each stretch, by steps up to a limit of the last one."""

    def __init__(self, lengths, limit):
        self.lengths, self.start, self.most = lengths, np.array([4.0]), limit
        self.entered, self.asked, self.ends = [], [], []

    def enter(self, number):
        self.entered.append(number)
        self.rate = RATES[number]

    def limit(self, end, tolerance):
        self.ends.append((end, tolerance))
        return self.most

    def steps(self, y, times, tolerance, report):
        self.asked.append(list(times))
        for time in times:
            yield y + self.rate * time

    def read(self, y):
        return np.array([[y[0], 2 * y[0]]])

    def late(self, y, times, tolerance):
        self.contours = times.tolist()
        values = np.array([self.read(y + self.rate * t) for t in times])
        return values, 1e-3 * (1 + np.arange(len(times))), 7.0


def exact(lengths, times):
    ends = np.cumsum(lengths)
    begins = np.concatenate([[0.0], ends[:-1]])
    parts = [
        np.clip(times - begin, 0, length) for begin, length in zip(begins, lengths, strict=True)
    ]
    return 4.0 + sum(rate * part for rate, part in zip(RATES, parts, strict=False))


def test_a_run_goes_through_all_stretches_and_ends_by_contours():
    """A time at which two meet belongs to the first of them."""
    run = Given([1.0, 2.0, np.inf], 2.5)
    times = np.array([0.0, 0.5, 1.0, 1.2, 3.0, 3.5, 5.5, 6.0, 10.0])
    found, error, refused = across(run, times, 1e-6)
    expected = exact(run.lengths, times)
    np.testing.assert_allclose(found[:, 0], np.column_stack([expected, 2 * expected]), rtol=1e-14)
    assert run.asked[0] == [0.0, 0.5, 1.0, 1.0]  # and to the end of the stretch
    assert run.asked[1] == pytest.approx([0.2, 2.0, 2.0])
    assert run.asked[2] == pytest.approx([0.5, 2.5, 2.5])
    assert run.contours == pytest.approx([0.5, 4.5])  # since the steps ended
    assert run.ends == [(7.0, 1e-6)]
    assert error.tolist() == [0.0] * 7 + [1e-3, 2e-3]
    assert refused == 7.0


def test_a_run_ends_with_the_last_time():
    """No stretch behind it is entered, and no contour taken where steps go to the end."""
    run = Given([1.0, 2.0, np.inf], 2.5)
    found, error, refused = across(run, np.array([0.5, 2.0]), 1e-6)
    np.testing.assert_allclose(found[:, 0, 0], [4.5, 3.0])
    assert set(run.entered) == {0, 1}
    assert run.ends == []
    run = Given([np.inf], 2.5)
    found, error, refused = across(run, np.array([0.5, 2.0]), 1e-6)
    np.testing.assert_allclose(found[:, 0, 0], [4.5, 6.0])
    assert run.asked == [[0.5, 2.0]]
    assert (error.tolist(), refused) == ([0.0, 0.0], 0.0)


@pytest.mark.parametrize(
    ("time", "spent"), [(0.5, [0.5]), (2.0, [1.0, 1.0]), (9.0, [1.0, 2.0, 2.5])]
)
def test_the_work_of_a_displaced_run_is_that_of_its_steps(monkeypatch, time, spent):
    """Whole stretches but for what is left at the time, and of the last one the steps alone."""
    asked = []
    monkeypatch.setattr(
        displaced_source,
        "explicit_work",
        lambda entries, norm, time: asked.append((entries, norm, time)) or 10 * time,
    )
    run = SimpleNamespace(lengths=[1.0, 2.0, np.inf], entries=0, norm=0.0, limits=[])

    def enter(number):
        run.entries, run.norm = 100 + number, 0.1 * number

    def limit(end, tolerance):
        run.limits.append((end, tolerance))
        return 2.5

    run.enter, run.limit = enter, limit
    found = DisplacedRun.work(run, time, 1e-5)
    assert found == pytest.approx(10 * sum(spent))
    assert asked == [(100 + n, 0.1 * n, now) for n, now in enumerate(spent)]
    assert run.limits == ([(6.0, 1e-5)] if time == 9.0 else [])


def test_contours_take_over_where_steps_to_the_end_take_much_longer():
    run = SimpleNamespace(source=SimpleNamespace(settled=lambda tolerance: 3e4 * tolerance))
    worth = displaced_source._WORTH_CONTOURS
    assert DisplacedRun.limit(run, 1.01 * worth * 3.0, 1e-4) == pytest.approx(3.0)
    assert DisplacedRun.limit(run, 0.99 * worth * 3.0, 1e-4) == np.inf


@pytest.mark.parametrize(("time", "later"), [(0.5, 0), (1.0, 0), (1.5, 1), (3.0, 1), (3.5, 2)])
@pytest.mark.parametrize("dtype", [float, complex])
def test_the_work_of_a_followed_run_counts_the_stretches_that_begin_later(
    monkeypatch, time, later, dtype
):
    monkeypatch.setattr(followed_run, "long_work", lambda *given, **more: (given, more))
    run = SimpleNamespace(
        lengths=[1.0, 2.0, np.inf], last=12, built=SimpleNamespace(sizes=(3, 5)),
        start=np.zeros(2, dtype=dtype),
    )  # fmt: skip
    found = FollowedRun.work(run, time, 1e-5)
    assert found == ((12, 5, 1e-5), {"real": dtype is float, "later": later})


def test_a_schedule_whose_chains_take_too_much_is_refused_with_the_reason(monkeypatch):
    """The second of its chains; without a reason it is computed."""
    first, second = (te.thermal_link(n_th, 0.4, filters=2, qubits=1) for n_th in (0.05, 0.07))
    pieces = te.Schedule([(first, 1.0), (second, np.inf)])
    asked = []

    def too_large(chain):
        asked.append(id(chain))
        return "it would take a year." if len(asked) == 2 else None

    monkeypatch.setattr(several_modes.choice, "chain_too_large", too_large)
    with pytest.raises(te.MethodError, match="it would take a year"):
        te.evolve(pieces, [2.0], "1", te.ContinuedFraction())
    assert len(set(asked)) == 2
