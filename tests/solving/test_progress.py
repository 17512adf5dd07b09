"""Long work says how far it is, off a terminal too."""

import pytest

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
