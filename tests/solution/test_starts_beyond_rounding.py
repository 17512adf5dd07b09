"""A start that is no state: where an evolution may have left it, the message says what to do."""

import numpy as np
import pytest

import thermalent as te

NETWORK = te.thermal_link(0.3, 0.2, qubits=1)


@pytest.mark.parametrize(
    ("start", "hinted"),
    [
        (np.diag([1.0 + 5e-7, 5e-7]), True),
        (np.diag([1.001, -0.001]), True),
        (np.diag([2.0, 0.0]), False),
        (np.ones((2, 3)), False),
        ("00", False),
    ],
)
def test_the_hint_is_given_for_what_is_nearly_a_state(start, hinted):
    with pytest.raises(te.ThermalentError, match="`initial`") as raised:
        te.evolve(NETWORK, [1.0], start)
    assert ("`evolution.at(-1)`" in str(raised.value)) == hinted


@pytest.mark.parametrize("method", [te.FieldJumps(), te.FieldTrajectories()])
def test_averages_over_long_times_take_no_start(method):
    network = te.thermal_link(0.3, 0.2)
    assert method.refusal(network) is None
    with pytest.raises(te.MethodError, match="takes no `initial`"):
        te.steady_state(network, method, initial="00")
