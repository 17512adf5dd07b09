"""The audit finds what is wrong: wrong numbers, crashes, calls that do not end."""

from dataclasses import replace

import numpy as np
import pytest

import thermalent as te
from tests.audit import networks, quantities
from tests.audit.findings import CRASHED, HELD, HUNG, REFUSED, VIOLATED, Finding, Notes
from tests.audit.report import expression_of, page
from tests.audit.run import run
from tests.support.long_ones import ordinary_and_long
from tests.support.reference import Reference

NETWORK = te.thermal_link(0.05, 1.0, detuning=(0.3, 0.1), dephasing=0.1)
# Of which the reference knows the evolution in a second instead of half a minute.
ONE_QUBIT = te.thermal_link(0.05, 1.0, detuning=0.3, dephasing=0.1, qubits=1)


def outcomes(notes, quantity):
    return {finding.outcome for finding in notes.findings if finding.quantity == quantity}


def test_a_state_outside_its_error_is_a_violation(monkeypatch):
    right = te.steady_state(NETWORK)
    moved = right.state + 1e-6 * np.diag([1, -1, 0, 0])
    for state, expected in ((right.state, HELD), (moved, VIOLATED)):
        notes = Notes("ordinary", 0)
        wrong = replace(right, state=state)
        monkeypatch.setattr(te, "steady_state", lambda network, result=wrong: result)
        quantities.steady(notes, NETWORK)
        assert outcomes(notes, "steady state") == {expected}
        assert outcomes(notes, "purity") == {expected}
        finding = notes.findings[0]
        if expected == VIOLATED:
            assert finding.distance == pytest.approx(1e-6, rel=1e-3)
        else:
            assert finding.overestimate >= 1 or finding.distance < 1e-15


def test_refusals_crashes_and_false_states_are_told_apart(monkeypatch):
    def refuse(network):
        raise te.MethodError("no")

    def crash(network):
        raise ZeroDivisionError("oh")

    for function, expected in ((refuse, REFUSED), (crash, CRASHED)):
        monkeypatch.setattr(te, "steady_state", function)
        notes = Notes("ordinary", 0)
        quantities.steady(notes, NETWORK)
        assert outcomes(notes, "steady state") == {expected}
    monkeypatch.undo()
    right = te.steady_state(NETWORK)
    common = te.Network(
        nodes=(te.Mode(bath_rate=0.5, n_th=0.5), te.Qubit(name="a"), te.Qubit(name="b")),
        **te.CommonReservoir(rates=(0.5, 1.0, 1.0)).coupling()._asdict(),
    )
    monkeypatch.setattr(te, "steady_state", lambda network: right)
    notes = Notes("ordinary", 0)
    quantities.steady(notes, common)
    assert outcomes(notes, "steady state") == {VIOLATED}


WRONG = {
    "rates": ("relaxation_rates", "values", lambda v: v + 1e-5),
    "spectrum": ("spectrum", "values", lambda v: v * (1 + 1e-5)),
    "coherence": ("coherence", "values", lambda v: v + 1e-5),
    "evolution": ("evolve", "states", lambda v: v + 1e-5 * np.diag([1, 0])),
}


@pytest.mark.parametrize("quantity", ordinary_and_long(WRONG, ["evolution"]))
def test_other_quantities_outside_their_errors_are_violations(quantity, monkeypatch):
    name, field, change = WRONG[quantity]
    right = getattr(te, name)
    reference = Reference(ONE_QUBIT)
    reference.steady_levels()

    def look():
        notes = Notes("ordinary", 0)
        rng = np.random.default_rng(4)
        function = getattr(quantities, quantity)
        function(*((notes, ONE_QUBIT, reference) + (() if quantity == "rates" else (rng,))))
        return outcomes(notes, quantity)

    # Whether the errors hold is for the audit itself; here they are wide, and then passed.
    def wide(*args, **options):
        found = right(*args, **options)
        return replace(found, error=1e-8 + np.asarray(found.error))

    def wrong(*args, **options):
        found = wide(*args, **options)
        return replace(found, **{field: change(np.array(getattr(found, field)))})

    monkeypatch.setattr(te, name, wide)
    assert look() == {HELD}
    monkeypatch.setattr(te, name, wrong)
    assert look() == {VIOLATED}


def test_sensitivities_outside_their_errors_are_violations(monkeypatch):
    right = te.sensitivities
    reference = Reference(NETWORK)
    reference.steady_levels()

    def look():
        notes = Notes("ordinary", 0)
        quantities.sensitivities(notes, NETWORK, reference)
        assert len(notes.findings) == 6
        return {f.outcome for f in notes.findings if "purity" in f.note}

    def wide(*args):
        found = right(*args)
        return replace(found, errors={k: 1e-8 + v for k, v in found.errors.items()})

    def wrong(*args):
        found = wide(*args)
        return replace(found, derivatives={k: v + 1e-5 for k, v in found.derivatives.items()})

    monkeypatch.setattr(te, "sensitivities", wide)
    assert look() == {HELD}
    monkeypatch.setattr(te, "sensitivities", wrong)
    assert look() == {VIOLATED}


def test_the_same_seed_looks_at_the_same(monkeypatch):
    first, second = (networks.audit(3, "ordinary", 5, {"batch": 1.0}) for _ in range(2))
    assert [(f.quantity, f.outcome, f.distance, f.stated) for f in first] == [
        (f.quantity, f.outcome, f.distance, f.stated) for f in second
    ]
    assert "batch" in {f.quantity for f in first}


def test_what_does_not_end_is_stopped_and_noted():
    tasks = [(1, "ordinary", 0)]
    ((task, found),) = run("tests.audit.endless", tasks, processes=1, limit=0.1)
    assert task == (1, "ordinary", 0)
    assert [finding.outcome for finding in networks.noted(task, found)] == [HUNG]


def test_compilation_does_not_count_as_time_of_a_task():
    ((_, found),) = run("tests.audit.slow_to_compile", [1], processes=1, limit=0.1)
    assert found > 0.5


def test_the_page_has_every_violation_with_its_network():
    findings = [
        Finding("ordinary", 0, "steady state", HELD, 1e-12, 1e-11),
        Finding("ordinary", 1, "steady state", HELD, 0.0, 2.0**-51),
        Finding("ordinary", 2, "steady state", VIOLATED, 1e-3, 1e-11, seconds=40.0),
        Finding("cold_rings", 0, "evolution", REFUSED, note="too large"),
    ]
    text = page(findings, seed=9, counts={"ordinary": 3, "cold_rings": 1}, minutes=1.0)
    assert "seed 9: 4 networks, 3 numbers, **1 violations**" in text
    assert "| ordinary | 3 | 3 | 1 | 0 % | 0 % | 6 | 9.9 |" in text
    assert expression_of(findings[2], 9) in text
    assert "ordinary 2, steady state: 40 s (violated)" in text
    assert "cold_rings, 1 times" in text
