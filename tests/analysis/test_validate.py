"""The comparison of methods: its numbers by another route, its verdict, its table."""

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np
import pytest

import thermalent as te
from thermalent.analysis.cross_validation import MethodReport, Verdict, cross_validate
from thermalent.solution.method import Claim, Method
from thermalent.solution.plan import Cost, Plan, Refusal
from thermalent.solution.result import ErrorEstimate, Outcome, Status, SteadyState
from thermalent.solving.registry import METHODS

SMALL = te.thermal_link(n_th=0.5, kappa=0.5)
DEPHASED = te.thermal_link(n_th=0.5, kappa=0.5, dephasing=0.1)


@cache
def validated(network):
    """The comparison of all methods, made once: it takes a second or two."""
    return cross_validate(network)


@dataclass(frozen=True, kw_only=True)
class Shifted(Method):
    """A method off by a known shift of two populations, with a claimed error."""

    shift: float = 0.0
    claimed: float = 0.0
    fails: bool = False

    claim: ClassVar[Claim] = Claim.EXACT
    domain: ClassVar[str] = "tests"

    def plan(self, task):
        if len(task.network.emitters) != 2:
            return Refusal("it is for two emitters")
        return ShiftedPlan(self, task.network)


class ShiftedPlan(Plan):
    """The exact state, shifted."""

    cost = Cost(bytes=0.0, operations=0.0)

    def __init__(self, method, network):
        self.method, self.network = method, network

    def compute(self):
        exact = te.ContinuedFraction().steady_state(self.network)
        shift, status = self.method.shift, Status()
        if self.method.fails:
            status = Outcome.NOT_CONVERGED.because("It went nowhere. Try again.")
        return SteadyState(
            network=self.network,
            method=self.method.record,
            state=exact.state + np.diag([-shift, 0, 0, shift]),
            error=ErrorEstimate(self.method.claimed, "claimed"),
            status=status,
            stats={"seconds": 0.0},
        )


def test_exact_methods_agree_and_every_method_is_listed():
    validation = validated(SMALL)
    assert [row.method.name for row in validation.rows] == [entry.name for entry in METHODS]
    assert [item.method.name for item in te.methods(SMALL)] == [entry.name for entry in METHODS]
    assert validation.reference == "ContinuedFraction"
    assert validation.agree
    assert validation.verdict is Verdict.AGREE


def test_numbers_are_those_of_the_states():
    """Concurrence and distance again from the states: X state formula, singular values.

    All of them conserve the excitation number, the phase of the field averaged over.
    """
    validation = validated(SMALL)
    exact = te.steady_state(SMALL).state
    solved = [row for row in validation.rows if row.result is not None]
    assert len(solved) >= 3
    for row in solved:
        rho = row.result.state
        if row.method.claim == "statistical":
            continue  # the phase of the field is averaged over finitely many runs
        assert np.count_nonzero(rho) <= 6
        margin = abs(rho[1, 2]) - np.sqrt((rho[0, 0] * rho[3, 3]).real)
        # The square root of rho_11 carries its rounding, relative to it.
        assert row.measure == pytest.approx(max(0.0, 2 * margin), abs=1e-14)
        nuclear = np.linalg.svd(rho - exact, compute_uv=False).sum() / 2
        assert row.distance == pytest.approx(nuclear, abs=1e-14)
        assert row.seconds > 0


def test_methods_that_do_not_apply_say_why():
    network = DEPHASED
    rows = {row.method.name: row for row in validated(network).rows}
    refused = {
        item.method.name: item.refusal for item in te.methods(network) if item.refusal is not None
    }
    assert "StrongDriving" in refused
    # Methods that evolve only are listed too.
    assert {"FewExcitations", "SingleExcitation"} <= refused.keys() <= rows.keys()
    for name, reason in refused.items():
        assert rows[name].outcome == "does not apply"
        assert rows[name].note == reason
        assert rows[name].result is None
        assert rows[name].measure is None
        assert rows[name].error is None


@pytest.mark.parametrize(
    ("shift", "claimed", "verdict"),
    [
        (0.0, 0.0, Verdict.AGREE),
        (1e-4, 1.1e-4, Verdict.AGREE),
        (1e-4, 0.9e-4, Verdict.DISAGREE),
        (1e-6, 0.0, Verdict.DISAGREE),
    ],
)
def test_agreement_is_measured_against_the_claimed_errors(shift, claimed, verdict):
    """The continued fraction's own error is below 1e-9 here, the shift known."""
    methods = [te.ContinuedFraction(), Shifted(shift=shift, claimed=claimed)]
    validation = cross_validate(SMALL, methods)
    assert validation.verdict is verdict
    assert validation.agree is (verdict is Verdict.AGREE)
    assert validation.rows[1].distance == pytest.approx(shift, abs=1e-14)
    assert validation.rows[1].error == claimed
    assert f"verdict: {verdict}" in str(validation)


def test_any_two_exact_methods_can_disagree():
    """The first pair agrees; the second and third are apart by more than both claim."""
    methods = [
        Shifted(shift=0.0, claimed=1e-3),
        Shifted(shift=9e-4, claimed=1e-5),
        Shifted(shift=-9e-5, claimed=1e-5),
    ]
    assert cross_validate(SMALL, methods[:2]).agree
    assert cross_validate(SMALL, methods).verdict is Verdict.DISAGREE


def test_one_exact_method_alone_agrees_with_nothing():
    validation = cross_validate(SMALL, [te.ContinuedFraction(), te.Markov()])
    assert validation.verdict is Verdict.NOT_COMPARED
    assert not validation.agree
    assert "nothing to compare" in str(validation)


def test_approximations_do_not_count_as_exact():
    network = te.thermal_link(n_th=5, kappa=0.01)
    validation = cross_validate(network, [te.ContinuedFraction(), te.Bourret()])
    assert validation.rows[1].distance > 1e-3
    assert validation.verdict is Verdict.NOT_COMPARED


def test_the_reference_is_the_continued_fraction_wherever_it_stands():
    validation = cross_validate(SMALL, [Shifted(shift=1e-5), te.ContinuedFraction()])
    assert validation.reference == "ContinuedFraction"
    assert validation.rows[0].distance == pytest.approx(1e-5, abs=1e-14)
    assert validation.rows[1].distance == 0.0


def test_the_next_exact_method_is_the_reference_if_the_first_fails():
    validation = cross_validate(SMALL, [Shifted(fails=True), te.Fock(cutoff=30)])
    failed = validation.rows[0]
    assert (failed.outcome, failed.note) == ("failed", "It went nowhere. Try again.")
    assert (failed.result, failed.distance, failed.measure) == (None, None, None)
    assert failed.seconds > 0
    assert validation.reference == "Fock"
    assert "Shifted failed: It went nowhere. Try again." in str(validation)


def test_without_any_success_there_is_no_reference():
    validation = cross_validate(SMALL, [Shifted(fails=True)])
    assert validation.reference is None
    assert validation.verdict is Verdict.NOT_COMPARED
    assert "distance:" not in str(validation)


def test_approximations_alone_are_compared_with_the_default_exact_method():
    validation = cross_validate(SMALL, [te.Bourret()])
    assert [row.method.name for row in validation.rows] == ["ContinuedFraction", "Bourret"]
    assert validation.rows[1].distance > 0


def test_other_emitters_are_compared_by_purity():
    network = te.thermal_link(n_th=0.5, kappa=0.5, qubits=1)
    validation = cross_validate(network)
    assert validation.measure == "purity"
    exact = te.steady_state(network).state
    assert validation.rows[0].measure == pytest.approx(np.trace(exact @ exact).real, abs=1e-14)
    assert validation.agree
    assert "purity" in str(validation)


def test_loose_results_are_measured_within_their_error():
    """A state negative by its claimed error is compared, not refused."""
    shift = 2 * te.steady_state(SMALL).populations()["11"]
    loose = Shifted(shift=-shift, claimed=shift)
    validation = cross_validate(SMALL, [te.ContinuedFraction(), loose])
    lowest = np.linalg.eigvalsh(validation.rows[1].result.state)[0]
    assert lowest < -1e-6
    assert validation.agree
    assert 0 < validation.rows[1].distance <= shift


def test_the_table_is_aligned_and_within_its_width():
    text = str(validated(DEPHASED))
    lines = text.splitlines()
    assert max(len(line) for line in lines) <= 100
    assert text.isascii()
    heading = lines[0]
    rows = [line for line in lines if line.startswith(("ContinuedFraction ", "Bourret "))]
    assert len(rows) == 2
    for line in rows:
        assert len(line) == len(heading)
        assert line.index("exact" if "exact" in line else "approximate") == heading.index("claim")
    assert heading.split() == [*("method", "claim", "concurrence", "distance", "error", "seconds")]


@pytest.mark.parametrize(
    ("n_th", "qubits", "outcome"),
    [(1e6, 2, "does not apply"), (1e4, 2, "not run"), (100, 4, "not run"), (2, 4, "solved")],
)
def test_fock_is_not_run_for_minutes(n_th, qubits, outcome, monkeypatch):
    """Beyond memory it is refused; where it would merely take long it is not run, and says so."""
    monkeypatch.setattr("thermalent.solving.registry.METHODS", METHODS[:2])
    network = te.thermal_link(n_th=n_th, kappa=0.1, qubits=qubits)
    _, fock = cross_validate(network).rows
    assert fock.outcome == outcome
    remedy = {
        "does not apply": "a cutoff of",
        "not run": "by name: te.cross_validate",
        "solved": "",
    }
    assert remedy[outcome] in fock.note
    assert (fock.seconds is not None) == (outcome == "solved")


def test_what_is_asked_for_by_name_is_run(monkeypatch):
    network = te.thermal_link(n_th=0.5, kappa=0.5, qubits=1)
    monkeypatch.setattr("thermalent.analysis.cross_validation.FOCK_UNKNOWNS", 10)
    assert {row.method.name: row.outcome for row in cross_validate(network).rows}[
        "Fock"
    ] == "not run"
    assert cross_validate(network, [te.ContinuedFraction(), te.Fock()]).agree


def test_the_room_temperature_link_is_cross_checked():
    """n_th = 1220, kappa/gamma = 1e-3: a Fock space of 13,000 levels agrees to 1e-9."""
    validation = cross_validate(te.thermal_link(n_th=1220, kappa=1e-3))
    assert validation.agree
    assert validation.rows[0].measure == pytest.approx(0.67108, abs=5e-6)
    assert validation.rows[1].measure == pytest.approx(validation.rows[0].measure, abs=1e-8)


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match="Argument `network` must be a thermalent Network"):
        cross_validate(None, [te.Fock()])
    with pytest.raises(TypeError, match=r"Argument `methods` must be methods such as .* 'fock'"):
        cross_validate(SMALL, ["fock"])


def test_rows_are_frozen():
    row = MethodReport(method=te.Markov())
    with pytest.raises(AttributeError):
        row.note = "changed"
