"""Gradients of the concurrence with respect to the state."""

import numpy as np
import pytest

import thermalent as te
from tests.support.extrapolation import extrapolated
from thermalent.operators.bounds.gradients import concurrence_with_gradient


def along(rho, direction, h):
    """The derivative of Wootters' concurrence along a direction, by differences."""
    return extrapolated(lambda t: te.concurrence(rho + t * direction), 0.0, h)


def test_gradient_of_a_general_concurrence(rng):
    """States with all elements, against differences of Wootters' formula."""
    checked = 0
    for _ in range(60):
        root = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
        bell = np.zeros((4, 4), dtype=complex)
        bell[np.ix_([1, 2], [1, 2])] = [[0.5, -0.5], [-0.5, 0.5]]
        mixed = root @ root.conj().T
        rho = 0.7 * bell + 0.3 * mixed / np.trace(mixed).real
        found = concurrence_with_gradient(rho)
        if found.value < 0.01:
            continue
        values, vectors = np.linalg.eigh(rho)
        half = vectors * np.sqrt(values)  # keeps rho + t direction positive
        direction = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
        direction = half @ (direction + direction.conj().T) @ half.conj().T
        direction -= rho * np.trace(direction).real
        expected = along(rho, direction, 1e-3)
        slope = np.trace(found.gradient @ direction).real
        assert slope == pytest.approx(expected, rel=1e-7, abs=1e-9)
        checked += 1
    assert checked > 20


def test_gradient_of_the_equal_lower_values(rng):
    """Werner states: the last three singular values are equal, their sum is smooth."""
    bell = np.zeros((4, 4), dtype=complex)
    bell[np.ix_([1, 2], [1, 2])] = [[0.5, -0.5], [-0.5, 0.5]]
    kick = rng.normal(size=(4, 4)) * 1e-9
    rho = 0.8 * bell + 0.2 * np.eye(4) / 4 + kick + kick.T
    rho /= np.trace(rho).real
    direction = rng.normal(size=(4, 4))
    direction = direction + direction.T
    direction -= np.eye(4) * np.trace(direction) / 4
    slope = np.trace(concurrence_with_gradient(rho).gradient @ direction).real
    expected = along(rho, direction, 1e-4)
    assert slope == pytest.approx(expected, rel=1e-5)
