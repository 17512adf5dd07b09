"""A truncation that was asked for and leaves more than the tolerance is not called converged."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

import thermalent as te
from thermalent.cli import main
from thermalent.solution.result import Outcome

HOT = te.thermal_link(1220, 1e-3)
COLD = te.thermal_link(0.1, 0.3)


@pytest.mark.parametrize(
    ("network", "method", "size"),
    [
        (HOT, te.ContinuedFraction(n_max=1), "n_max=1"),
        (COLD, te.ContinuedFraction(rtol=1e-10, n_max=2), "n_max=2"),
        (COLD, te.Fock(cutoff=4), "cutoff=4"),
        (COLD, te.Fock(cutoff=4, tolerance=1e-6), "cutoff=4"),
        (
            te.dual_rail(pairs=1, squeezing=1.0, bandwidth=3.0),
            te.ContinuedFraction(n_max=2),
            "n_max=2",
        ),
    ],
)
def test_a_truncation_that_leaves_too_much_says_so(network, method, size):
    found = te.steady_state(network, method)
    assert found.status.outcome is Outcome.LIMITED
    assert found.status.ok
    assert f"asked for, {size}, leaves an error of {float(found.error):.1e}" in found.status.message
    # It is the truth: the converged state is as far away as the error allows, and not a tenth of
    # what was aimed at.
    distance = np.max(np.abs(found.state - te.steady_state(network).state))
    aimed = getattr(method, "aimed_rtol", None) or method.aimed_tolerance
    assert aimed < distance <= found.error


@pytest.mark.parametrize(
    ("network", "method"),
    [
        (HOT, te.ContinuedFraction(n_max=400)),
        (HOT, te.ContinuedFraction(rtol=0.1, n_max=200)),
        (COLD, te.Fock(cutoff=20)),
        (COLD, te.Fock(cutoff=4, tolerance=0.1)),
        (COLD, te.Bourret()),
        (COLD, te.FieldTrajectories(n=64)),
    ],
)
def test_what_keeps_its_tolerance_or_has_none_is_converged(network, method):
    status = te.steady_state(network, method).status
    assert status.outcome is Outcome.CONVERGED
    assert not status.message


def test_states_side_by_side_say_the_same():
    networks = [HOT, te.thermal_link(40.0, 0.02)]
    found = te.continued_fraction.solve_side_by_side(networks, te.ContinuedFraction(n_max=3))
    assert [state.status.outcome for state in found] == [Outcome.LIMITED] * 2
    found = te.continued_fraction.solve_side_by_side(networks)
    assert [state.status.outcome for state in found] == [Outcome.CONVERGED] * 2


def test_evolutions_say_at_which_time():
    short = te.evolve(COLD, [0.1, 5.0], "00", te.Fock(cutoff=4))
    assert short.status.outcome is Outcome.LIMITED
    assert short.status.message.endswith("This is at t = 5.")
    with pytest.raises(te.SolveError, match=r"its numbers say nothing.*larger cutoff") as raised:
        te.evolve(te.thermal_link(10, 0.1), [1.0, 5.0], "00", te.Fock(cutoff=5))
    assert raised.value.result.status.outcome is Outcome.INACCURATE


def test_an_evolution_does_not_ignore_a_truncation():
    with pytest.raises(te.MethodError, match="`n_max` is for steady states"):
        te.evolve(HOT, [1.0], "00", te.ContinuedFraction(n_max=1))


def test_a_default_that_reaches_less_than_it_aims_at_says_so(monkeypatch):
    from thermalent.continued_fraction.lattice import solve

    monkeypatch.setattr(solve, "LATTICE_BUDGET", 2e7)
    found = te.steady_state(te.dual_rail(pairs=1, squeezing=1.5, bandwidth=2.0))
    assert found.stats["ended_by"] == "budget"
    assert found.error > 1e-9
    assert found.status.outcome is Outcome.LIMITED
    assert "Give `rtol` to have it kept or refused" in found.status.message


def test_the_command_line_says_it():
    options = ["steady", "--n-th", "1220", "--kappa", "1e-3", "--n-max", "1"]
    shown = CliRunner().invoke(main, options)
    assert shown.exit_code == 0
    assert "The truncation that was asked for, n_max=1, leaves an error" in shown.stdout
    written = json.loads(CliRunner().invoke(main, [*options, "--json"]).stdout)
    assert written["status"] == "limited"
    assert written["message"] in shown.stdout
