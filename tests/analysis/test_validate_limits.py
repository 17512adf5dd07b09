"""Which methods a comparison does not run because they would take long, and which it does."""

import re

import numpy as np
import pytest

import thermalent as te
from thermalent.analysis import cross_validation
from thermalent.analysis.cross_validation import MethodReport, _compared, _reference, _too_slow
from thermalent.solution.plan import Cost
from thermalent.solution.result import ErrorEstimate, SteadyState


class Planned:
    def __init__(self, operations):
        self.cost = Cost(bytes=0.0, operations=operations)


def slow(network, method, operations=0.0):
    return _too_slow(network, method, Planned(operations))


def limited(monkeypatch, **limits):
    for name, value in limits.items():
        monkeypatch.setattr(cross_validation, name, value)


def test_fock_is_weighed_by_its_unknowns_and_by_its_work(monkeypatch):
    """Thermal levels fall by n/(n + 2) each; a block of equal excitation number holds the rest."""
    network, fock = te.thermal_link(1.0, 0.5), te.Fock()
    levels = 1 + np.log(1e9) / np.log(3)
    unknowns, work = (4 * levels) ** 2 / levels, 3 * levels * 4.0**6
    assert slow(network, fock) is None
    for change, outcome in ((1.001, None), (0.999, f"{unknowns:.1g} unknowns")):
        limited(monkeypatch, FOCK_UNKNOWNS=change * unknowns, FOCK_WORK=np.inf)
        found = slow(network, fock)
        assert found is None if outcome is None else outcome in found
        limited(monkeypatch, FOCK_UNKNOWNS=np.inf, FOCK_WORK=change * work)
        assert (slow(network, fock) is None) is (outcome is None)


def test_fock_is_the_reference_where_the_continued_fraction_does_not_apply(monkeypatch):
    """A coherent drive: there is nothing to compare with but Fock, however long it takes."""
    driven = te.Network(
        nodes=(te.Qudit(name="q", lower=[[0, 1], [0, 0]], local_hamiltonian=[[0, 1], [1, 0]]),),
        exchange=[[0.0]],
        decay=[[1.0]],
    )
    limited(monkeypatch, FOCK_UNKNOWNS=0.0, FOCK_WORK=0.0)
    assert te.ContinuedFraction().refusal(driven) is not None
    assert slow(driven, te.Fock()) is None
    assert slow(te.thermal_link(1.0, 0.5), te.Fock()) is not None


def test_trajectories_are_weighed_by_steps_that_resolve_the_drive(monkeypatch):
    """Ten relaxation times, the slower of source and emitters, in ten steps per rate or drive."""
    network = te.thermal_link(100.0, 0.5)
    method = te.FieldTrajectories(n=1000)
    # Amplitudes relax with kappa, the field holds n/2 quanta and joins with sqrt(kappa gamma).
    rate = 1.0 + 0.5
    drive = np.sqrt(0.5) * np.sqrt(50.0)
    for change in (1.5, 0.02):
        limited(monkeypatch, TRAJECTORY_WORK=change * 1000 * 100 * (rate + drive) / 1.0)
        assert (slow(network, method) is None) is (change > 1)
    limited(monkeypatch, TRAJECTORY_WORK=1000 * 100 * rate)
    assert "1000 trajectories would take about" in slow(network, method)


def test_jumps_are_weighed_by_amplitudes_and_rates(monkeypatch):
    method = te.QuantumJumps(n=100)
    limited(monkeypatch, JUMP_WORK=1e8)
    assert slow(te.thermal_link(0.1, 0.5), method) is None
    assert "100 trajectories" in slow(te.thermal_link(50.0, 0.5), method)
    assert slow(te.thermal_link(0.1, 1e-4), method) is not None  # slow to relax
    assert "QuantumJumps" in slow(te.thermal_link(50.0, 0.5), method)


def test_the_work_of_jumps_grows_with_the_levels_that_quanta_take(monkeypatch):
    """Those above 1e-4 of the lowest, log(1e-4)/log(n/(n + 2)), and those of the emitters."""
    limited(monkeypatch, JUMP_WORK=0.0)
    method, work = te.QuantumJumps(n=10**6), []
    for n_th in (0.0, 0.01, 0.1, 1.0, 10.0, 100.0):
        said = slow(te.thermal_link(n_th, 0.5), method)
        work.append(float(re.search(r"about (\S+) multiplications", said)[1]))
    levels = [6, *(6 + np.log(1e-4) / np.log(n / (n + 2)) for n in (0.01, 0.1, 1.0, 10.0, 100.0))]
    # Amplitudes are as many as levels, and so is the largest rate, at least.
    for i in range(1, len(work)):
        assert work[i] / work[i - 1] > 0.7 * levels[i] / levels[i - 1]
        assert work[i] > work[i - 1]


def test_kets_are_weighed_by_their_plan_and_take_four_qubits(monkeypatch):
    limited(monkeypatch, JUMP_WORK=100.0)
    two, five = (te.thermal_link(1.0, 0.5, qubits=qubits) for qubits in (2, 5))
    method = te.FieldJumps(n=64)
    assert slow(two, method, 100.0) is None
    assert "64 trajectories would take about 1e+02" in slow(two, method, 101.0)
    assert "more than 4 qubits" in slow(five, method, 1.0)


def report(method, state, error):
    network = te.thermal_link(0.5, 0.5)
    result = SteadyState(
        network=network,
        method=method.record,
        state=np.asarray(state, dtype=complex),
        error=ErrorEstimate(error, "test"),
        stats={},
    )
    return MethodReport(method=method, result=result, seconds=1.0)


def test_the_continued_fraction_is_the_reference_wherever_it_stands():
    one, other = np.diag([0.7, 0.1, 0.1, 0.1]), np.diag([0.6, 0.2, 0.1, 0.1])
    rows = [report(te.Fock(), one, 1e-9), report(te.ContinuedFraction(), other, 1e-9)]
    assert _reference(rows) is rows[1].result
    assert _reference(rows[:1]) is rows[0].result
    assert _reference([report(te.Markov(), one, 0.0)]) is None  # no exact method
    assert _compared(rows[0], rows[1].result).distance == pytest.approx(0.1, abs=1e-15)
    assert _compared(rows[0], None).distance is None


def test_a_state_that_is_none_within_its_error_is_compared():
    """An eigenvalue of -1e-4 is one of zero with an error of 5e-5 per element, but not of 1e-9."""
    exact = report(te.ContinuedFraction(), np.diag([0.7, 0.1, 0.1, 0.1]), 1e-9).result
    off = np.diag([0.7, 0.2001, 0.1, -1e-4])
    assert _compared(report(te.Fock(), off, 5e-5), exact).distance == pytest.approx(0.1, rel=2e-3)
    with pytest.raises(ValueError, match="positive"):
        _compared(report(te.Fock(), off, 1e-9), exact)


def test_emitters_that_are_slow_beside_their_source_make_trajectories_long():
    """They relax with their own rates, while the source is followed in steps of its rate."""
    for method in (te.QuantumJumps(n=512), te.FieldTrajectories(n=1024)):
        assert slow(te.thermal_link(2.0, 1.0), method) is None
        for kappa in (1e4, 1e90):
            assert "would take about" in slow(te.thermal_link(2.0, kappa), method)
