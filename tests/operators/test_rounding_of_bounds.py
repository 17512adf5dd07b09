"""What rounding alone adds to bounds of entanglement: a few units of it, and nothing to zero."""

import numpy as np
import pytest

from thermalent.operators.bounds import concurrence_bounds, distillation_bounds, gradients
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


@pytest.mark.parametrize("value", [-1.0, 0.5])
def test_a_coherent_information_has_four_roundings_and_its_own(value):
    """Of the mixed state, of which rounding moves the entropies by little more."""
    found = distillation_bounds.coherent_information_bound(
        np.eye(4)[None] / 4 + 0j, np.zeros(1), np.array([value])
    )
    assert found[0] / ROUNDING == pytest.approx(4 + abs(value), abs=0.01)


@pytest.mark.parametrize("least", [0.0, 1e-30, 1e-3])
def test_a_concurrence_has_no_gradient_where_the_state_lacks_a_population(least):
    rng = np.random.default_rng(0)
    vectors = np.linalg.qr(rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4)))[0]
    vectors[:, 0] = np.array([1, 0.2j, 0.1, 0.9]) / np.sqrt(1.86)
    vectors = np.linalg.qr(vectors)[0]
    rho = (vectors * np.array([0.96 - least, 0.03, 0.01, least])) @ vectors.conj().T
    found = gradients.concurrence_with_gradient(rho)
    assert found.value > 0.7
    assert np.isnan(found.gradient).all() == (least < 1e-20)
    assert ("full rank" in found.note) == (least < 1e-20)
