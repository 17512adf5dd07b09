"""A schedule as data: what it accepts, and the constant steps that solvers take."""

import pickle

import numpy as np
import pytest

import thermalent as te

WARM = te.thermal_link(0.8, 0.3)
APART = te.thermal_link(0.8, 0.3, gamma=0.0)


def ramp(time: float) -> te.Network:
    return te.thermal_link(0.8, 0.3, gamma=1 - time / 4)


def test_constant_pieces_are_taken_as_they_are_up_to_the_last_time():
    schedule = te.Schedule([(WARM, 2.0), (APART, 3.0), (WARM, np.inf)])
    assert schedule.duration == np.inf
    assert not schedule.smooth
    assert schedule.first is WARM
    assert [p.duration for p in schedule.in_steps(np.array([4.0]))] == [2.0, 3.0]
    assert [p.network for p in schedule.in_steps(np.array([9.0]))] == [WARM, APART, WARM]
    assert pickle.loads(pickle.dumps(schedule)) == schedule


def test_steps_of_a_smooth_piece_end_at_the_times_and_are_as_many_as_asked_for():
    schedule = te.Schedule([(WARM, 1.0), (ramp, 4.0)], steps=8)
    times = np.array([0.5, 2.3, 5.0])
    for factor in (1, 2):
        pieces = schedule.in_steps(times, factor)
        ends = np.cumsum([piece.duration for piece in pieces])
        assert np.min(np.abs(ends - 2.3)) < 1e-12
        assert ends[-1] == pytest.approx(5.0, abs=1e-12)
        # 1.3 of 4 take three steps of eight, the rest six.
        assert len(pieces) == 1 + 9 * factor
    first = schedule.in_steps(times)[1]
    assert first.network == ramp(1.3 / 6)  # the middle of the first of three steps


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        ([], "one or more pairs"),
        (WARM, "pairs of a network"),
        ([(WARM, 1.0, 2.0)], "one or more pairs"),
        ([("link", 1.0)], "pairs of a network"),
        ([(WARM, -1.0)], "`duration`"),
        ([(WARM, np.inf), (APART, 1.0)], "`duration`"),
        ([(ramp, np.inf)], "`duration`"),
        ([(lambda t: t, 1.0)], "functions that return"),
        ([(WARM, 1.0), (te.thermal_link(0.8, 0.3, qubits=3), 1.0)], "'q3'"),
        ([(WARM, 1.0), (te.thermal_link(0.8, 0.3, filters=2), 1.0)], "'filter2'"),
        (
            [
                (te.phononic_link(0.8, 0.3, positions=(1.0, 2.0)), 1.0),
                (te.phononic_link(0.8, 0.3, positions=(1.0, 2.0), backaction=False), 1.0),
            ],
            "backaction=True at first and False in piece 1",
        ),
    ],
)
def test_what_is_no_schedule_is_refused_by_name(pieces, words):
    with pytest.raises(te.ThermalentError, match=words):
        te.Schedule(pieces)


@pytest.mark.parametrize("steps", [0, 1.5, 10_001])
def test_steps_are_a_number_of_them(steps):
    with pytest.raises(te.ThermalentError, match="`steps`"):
        te.Schedule([(WARM, 1.0)], steps=steps)
