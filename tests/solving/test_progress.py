"""Long work says how far it is, off a terminal too."""

import re
import time

import numpy as np
import pytest

import thermalent as te
from thermalent.solution.tasks import SteadyStateTask
from thermalent.support import progress

COLD = te.thermal_link(0.1, 0.3)
TWO_POLES = te.thermal_link(30.0, 0.05, filters=2)


@pytest.mark.parametrize(
    ("text", "elapsed", "left"),
    [
        ("64 of 128", 10.0, ", about 10 s left"),
        ("start 1 of 10, C = 0.3", 60.0, ", about 9 min left"),
        ("1 of 1000 trajectories", 30.0, ", about 8 h left"),
        ("0 of 10", 5.0, ""),
        ("10 of 10", 5.0, ""),
        ("18 levels", 5.0, ""),
        ("stepping, t = 2.22 of 33", 5.0, ""),
        ("stepping, t = 2e-3 of 1.5", 5.0, ""),
        ("stepping, t = 2 of 1e+03", 5.0, ""),
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


def test_a_long_step_without_a_report_is_shown(monkeypatch, capsys):
    """A thread looks meanwhile, which does not show what has ended."""
    monkeypatch.setattr(progress, "_FIRST_LINE", 0.0)
    with progress.working("factorisation") as report:
        report("one step")
        capsys.readouterr()
        progress._shown.line.due = 0.0
        for _ in range(100):  # until the thread has looked, which takes up to a second
            time.sleep(0.1)
            shown = capsys.readouterr().err
            if shown:
                break
    assert shown.startswith("thermalent: factorisation after ")
    assert shown.endswith(": one step\n")
    assert not progress._watched


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: te.cross_validate(COLD, [te.Bourret(), te.Fock()]), "cross-validation.*1 of 2"),
        (lambda: te.optimise(lambda n_th: te.thermal_link(n_th, 0.1), {"n_th": (1.0, 50.0)},
                             "concurrence", starts=1), "optimum.*start 1 of 1"),
        (lambda: te.sensitivities(te.thermal_link, {"n_th": 0.1, "kappa": 0.3}), "sensitivities"),
        (lambda: te.preparation_time(COLD), "preparation time.*times up to"),
        (lambda: te.relaxation_rates(COLD, 1), "Relaxation rates"),
        (lambda: te.spectrum(COLD, [0.0, 1.0]), "spectrum.*2 of 2"),
        (lambda: te.coherence(COLD, [0.0, 1.0]), "coherence.* tiers"),
        (lambda: te.steady_state(COLD, te.Fock()), "steady state in Fock space.*solution"),
        (lambda: te.evolve(COLD, [1.0], "00", te.Fock()), "Evolving in Fock space"),
        (lambda: te.evolve(COLD, [1.0], "00"), "time evolution"),
        (lambda: te.steady_state(COLD, te.ContinuedFraction(digits=20)), "more digits"),
        (lambda: te.steady_state(TWO_POLES, te.ContinuedFraction(rtol=1e-4)), "of several poles"),
        (lambda: te.steady_state(COLD, te.FieldTrajectories(n=64)), "trajectories.*of 64"),
        (lambda: te.steady_state(COLD, te.QuantumJumps(n=64)), "quantum jumps.*of 64"),
        (lambda: te.design("293K", "5GHz", "10MHz", 0.3), "design"),
    ],
)  # fmt: skip
def test_long_kinds_of_work_report(monkeypatch, capsys, call, words):
    """Every line is printed, as if each were due."""
    monkeypatch.setattr(progress, "_FIRST_LINE", 0.0)
    due = property(lambda self: 0.0, lambda self, value: None)
    monkeypatch.setattr(progress._Lines, "due", due, raising=False)
    call()
    assert re.search(words, capsys.readouterr().err)


def test_steps_do_not_pass_the_end_that_they_tell():
    """They run past the time that is read first, to the last one of those that are expected."""
    told = []
    with progress.told_to(told.append):
        te.coherence(
            te.phononic_link(0.14, 1.96, wavelengths=(0.1, 0.3)), np.linspace(0, 20, 9), rtol=1e-12
        )
    found = [re.search(r"stepping, t = (\S+) of ([\d.e+-]+)", text) for text in told]
    times = [(float(one[1]), float(one[2])) for one in found if one]
    assert len(times) > 5
    assert all(now <= end for now, end in times)
