"""What rounding alone adds to bounds of entanglement: a few units of it, and nothing to zero."""

import numpy as np
import pytest

from thermalent.operators.bounds import concurrence_bounds
from thermalent.operators.entanglement import formation

ROUNDING = 2 * float(np.finfo(float).eps)


def test_a_formation_that_cannot_change_is_off_by_rounding_unless_it_is_zero():
    found = concurrence_bounds.formation_bound(np.array([0.5, 0.0, 0.0]), np.array([0, 0, 0.1]))
    assert found[:2].tolist() == [ROUNDING, 0.0]
    assert found[2] == pytest.approx(formation(0.1))
    up, down = (abs(formation(0.5 + step) - formation(0.5)) for step in (0.2, -0.2))
    assert up > down
    changed = concurrence_bounds.formation_bound(np.array([0.5, 0.9]), np.array([0.2, 0.5]))
    assert changed[0] == pytest.approx(up)
    lowest = formation(0.9) - formation(0.4)
    assert changed[1] == pytest.approx(lowest)  # up to one is nearer


def test_elements_of_an_x_state_are_rounded_in_proportion():
    """Twice (e of the coherence + e of the populations under the root), e = R |element|."""
    rho = np.diag([0.125, 0.375, 0.375, 0.125]) + 0j
    rho[1, 2] = rho[2, 1] = 0.25
    zero = (np.eye(4) + np.fliplr(np.eye(4))) == 0
    value = np.array([2 * (0.25 - 0.125)])
    found = concurrence_bounds._concurrence_of_x(rho[None], np.zeros((1, 4, 4)), value, zero)
    assert found[0] / ROUNDING == pytest.approx(2 * (0.25 + 0.125), abs=0.3)
