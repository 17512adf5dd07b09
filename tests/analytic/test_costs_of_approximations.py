"""What approximations say they cost: matrices of the emitters' elements, and their cubes."""

from types import SimpleNamespace

import numpy as np
import pytest

import thermalent as te
from thermalent.analytic.methods.classical_field import dense_cost
from thermalent.analytic.methods.null_vector import one_mode_of


def test_dense_superoperators_cost_twelve_matrices_and_twenty_cubes_at_each_amplitude():
    elements = (2 * 3) ** 2
    cost = dense_cost(SimpleNamespace(network=SimpleNamespace(dims=(2, 3))), 7)
    assert cost.bytes == 12 * np.zeros((elements, elements), dtype=complex).nbytes
    assert cost.operations == 20 * 7 * elements**3


def test_null_vectors_cost_matrices_of_the_elements_that_are_there():
    problem = one_mode_of(te.thermal_link(0.3, 0.2))
    assert problem.elements == 1 + 4 + 1  # of equal excitation number
    assert problem.cost.bytes == pytest.approx(16 * 8 * 6**2 + 500 * 4**2 + 1e6)
    assert problem.cost.operations == 20 * 6**3
