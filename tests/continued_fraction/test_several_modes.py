"""Plans and results behind several modes: what they cost and say, by numbers that are given."""

from types import SimpleNamespace

import numpy as np
import pytest

import thermalent as te
from thermalent.continued_fraction import several_modes
from thermalent.continued_fraction.lattice.solve import ENOUGH, Found
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.solution.plan import Cost
from thermalent.solution.result import Outcome


def settings(**given):
    return ContinuedFraction(**given).settings


def solved(outcome, relative=1e-6):
    return Found(np.diag([0.5, 0.2]), 0.5 * relative, outcome, 7, 100, 30, 5e9)


@pytest.mark.parametrize(
    ("outcome", "ends"),
    [
        ("converged", Outcome.CONVERGED),
        ("singular", Outcome.NOT_UNIQUE),
        ("memory", Outcome.NOT_CONVERGED),
        ("too many tiers", Outcome.NOT_CONVERGED),
        ("budget", Outcome.NOT_CONVERGED),
        ("krylov", Outcome.NOT_CONVERGED),
        ("grows", Outcome.INACCURATE),
        ("rounding", Outcome.INACCURATE),
    ],
)
def test_how_a_lattice_ends(outcome, ends):
    """Without an accuracy two digits are enough, however the search ended."""
    asked = settings(rtol=1e-9)
    assert several_modes._status_of_many(asked, solved(outcome)).outcome is ends
    enough = several_modes._status_of_many(settings(), solved(outcome, 0.99 * ENOUGH))
    assert enough.outcome is Outcome.CONVERGED
    assert several_modes._status_of_many(settings(), solved(outcome, 1.01 * ENOUGH)).outcome is ends


@pytest.mark.parametrize(
    ("source", "bytes_", "operations"),
    [
        ("stationary", 3e7 + 0.4 * 1e9, 60 * 3 * 1e8),
        ("empty", 3e7 + 0.4 * 1e9 + 7e6, 60 * 3 * 1e8),
        ((0.3, 0.1), 3e7 + 0.4 * 1e9 + 5e6, np.nan),
    ],
)
def test_an_evolution_takes_sixty_fractions_per_decade(monkeypatch, source, bytes_, operations):
    cost = Cost(bytes=1e9, operations=1e8, least=4e8)
    monkeypatch.setattr(several_modes.choice, "chain_cost", lambda chain, rtol: cost)
    monkeypatch.setattr(several_modes.choice, "empty_start_bytes", lambda chain, rtol: 7e6)
    monkeypatch.setattr(several_modes.choice, "coherent_start_bytes", lambda chain, rtol: 5e6)

    def plan(times):
        task = SimpleNamespace(times=np.array(times), source=source, pieces=(None,))
        plan = several_modes.SeveralModesEvolutionPlan
        return plan(task=task, settings=settings(), chains=[None])

    found = plan([0.0, 0.1, 3.0, 10.0]).cost
    assert found.bytes == pytest.approx(bytes_)
    assert found.operations == pytest.approx(operations, nan_ok=True)
    assert found.least == 4e8
    assert plan([0.0]).cost.operations == pytest.approx(operations / 3, nan_ok=True)


def test_digits_are_for_one_mode_alone():
    network = te.thermal_link(2.0, 0.5, filters=2)
    task = SimpleNamespace(network=network)
    refused = several_modes.plan_several_modes(task, settings(digits=20))
    assert "needs one boson mode, and the network has 2" in refused.reason
