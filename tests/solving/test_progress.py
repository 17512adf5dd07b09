"""Long work says how far it is, off a terminal too."""

import numpy as np
import pytest

import thermalent as te
from thermalent.solution.tasks import SteadyStateTask
from thermalent.support import progress


@pytest.mark.parametrize(
    ("text", "elapsed", "left"),
    [
        ("64 of 128", 10.0, ", about 10 s left"),
        ("start 1 of 10, C = 0.3", 60.0, ", about 9 min left"),
        ("1 of 1000 trajectories", 30.0, ", about 8 h left"),
        ("0 of 10", 5.0, ""),
        ("10 of 10", 5.0, ""),
        ("18 levels", 5.0, ""),
    ],
)
def test_the_time_that_is_left(text, elapsed, left):
    assert progress.time_left(text, elapsed) == left


def test_lines_off_a_terminal_come_at_doubling_times(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with progress.working("trajectories") as report:
        for second in range(1, 100):
            now[0] = float(second)
            report(f"{second} of 100")
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        f"thermalent: trajectories after {at} s: {at} of 100, about {100 - at} s left"
        for at in (10, 20, 40, 80)
    ]


def test_short_and_quiet_work_says_nothing(monkeypatch, capsys):
    with progress.working("short") as report:
        report("1 of 2")
    monkeypatch.setattr(progress, "_FIRST_LINE", 0.0)
    with progress.quiet(), progress.working("quiet") as report:
        report("1 of 2")
    assert capsys.readouterr().err == ""


def test_work_within_work_is_shown_in_brackets(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with progress.working("comparison") as report:
        report("method 1 of 3")
        now[0] = 5.0
        with progress.working("evolution") as inner:
            now[0] = 15.0
            inner("1 of 3")
        now[0] = 35.0
        report("method 2 of 3")
    with progress.working("alone") as report:
        now[0] = 50.0
        report("on its own again")
    assert capsys.readouterr().err.splitlines() == [
        "thermalent: comparison after 15 s: method 1 of 3, about 30 s left "
        "(evolution: 1 of 3, about 20 s left)",
        "thermalent: comparison after 35 s: method 2 of 3, about 18 s left",
        "thermalent: alone after 15 s: on its own again",
    ]


@pytest.mark.parametrize("method", [te.ContinuedFraction(), te.FieldTrajectories(n=64)])
def test_a_plan_tells_how_far_it_is(method, capsys):
    """What a plan tells is what its methods would show; the terminal shows none of it."""
    link = te.thermal_link(n_th=1.0, kappa=0.5, qubits=2 if method.claim == "statistical" else 4)
    plan = method.accepted(SteadyStateTask(network=link))
    told = []
    state = plan.run(told.append)
    assert told
    assert all(": " in line and line[0] != " " for line in told)
    assert np.array_equal(state.state, plan.run().state)
    assert " after " not in capsys.readouterr().err  # it may say that it compiles
