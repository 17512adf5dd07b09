"""A state whose error is as large as itself is no result, whichever way that was asked for."""

import numpy as np
import pytest
from click.testing import CliRunner

import thermalent as te
from thermalent.cli import main
from thermalent.solution.result import Outcome

HOT = te.thermal_link(n_th=1220.0, kappa=1e-3)


@pytest.mark.parametrize(
    ("network", "method", "remedy"),
    [
        (HOT, te.Fock(cutoff=5), "larger cutoff"),
        (te.dual_rail(1, 2.5, bandwidth=1.0), te.Fock(cutoff=2), "larger cutoff"),
    ],
    ids=["hot", "pumped"],
)
def test_too_little_of_a_method_is_inaccurate(network, method, remedy):
    with pytest.raises(te.SolveError, match=f"its numbers say nothing.*{remedy}") as caught:
        te.steady_state(network, method)
    result = caught.value.result
    assert result.status.outcome is Outcome.INACCURATE
    assert result.error >= np.max(np.abs(result.state))


def test_fock_itself_says_so():
    assert te.Fock(cutoff=5).steady_state(HOT).status.outcome is Outcome.INACCURATE
    assert te.Fock(cutoff=8).steady_state(te.thermal_link(0.1, 0.5)).status.ok


def test_the_command_fails():
    options = ["--n-th", "1220", "--kappa", "1e-3", "--method", "fock", "--cutoff", "5"]
    result = CliRunner().invoke(main, ["steady", *options])
    assert result.exit_code == 1
    assert "say nothing" in result.stderr
    assert "--cutoff" in result.stderr or "cutoff" in result.stderr


def test_fock_without_a_tolerance_returns_what_rounding_leaves():
    """Near n_th = 1e3 double precision does not give 1e-9 in number states."""
    exact = te.steady_state(te.thermal_link(1e3, 0.01), te.ContinuedFraction(rtol=1e-11))
    found = te.steady_state(te.thermal_link(1e3, 0.01), te.Fock())
    distance = np.max(np.abs(found.state - exact.state))
    assert distance <= found.error + exact.error
    assert found.error <= 1e-2


@pytest.mark.long
def test_fock_refuses_a_tolerance_below_what_rounding_leaves():
    with pytest.raises(te.SolveError, match="is below what double precision"):
        te.steady_state(te.thermal_link(1e3, 0.01), te.Fock(tolerance=1e-9))
