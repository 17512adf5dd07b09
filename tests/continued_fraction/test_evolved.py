"""The status of an evolution says from when on it is not known, and from which error on."""

import numpy as np
import pytest

import thermalent as te
from thermalent.continued_fraction.evolved import evolved
from thermalent.solution.result import Outcome
from thermalent.solution.tasks import EvolutionTask, Piece

LINK = te.thermal_link(1.0, 1.0, qubits=1)


def status(error, rtol=None, **how):
    method = te.ContinuedFraction(rtol=rtol)
    task = EvolutionTask(pieces=(Piece(LINK, np.inf),), times=np.array([1.0, 2.0]), initial="0")
    states = np.zeros((2, 2, 2))
    return evolved(task, method.settings, states, np.array(error), how.pop("stats", {}), **how)


@pytest.mark.parametrize(("rtol", "allowed"), [(None, 1e-2), (1e-6, 1e-4), (1e-12, 1e-8)])
def test_an_error_is_allowed_up_to_a_hundred_times_the_tolerance(rtol, allowed):
    assert status([0.0, 0.99 * allowed], rtol).status.ok
    worse = status([0.0, 1.01 * allowed], rtol, remedy=" Or so.").status
    assert worse.outcome is Outcome.NOT_CONVERGED
    assert f"its error is {1.01 * allowed:.1e} at t = 2. Ask for" in worse.message
    assert worse.message.endswith(" Or so.")


def test_what_was_not_computed_says_why():
    found = status([0.0, np.inf], stats={"refused": 1e13}, cause="it", remedy=" Or so.").status
    assert found.outcome is Outcome.NOT_CONVERGED
    assert found.message.startswith("From t = 2 on the evolution was not computed: it would have")
    assert "1e+13 multiplications" in found.message
    assert found.message.endswith("te.steady_state(...). Or so.")
