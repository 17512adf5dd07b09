"""Gradients of observables against differences of the observables, on states with all elements."""

import numpy as np
import pytest

from thermalent.operators.bounds import gradients
from thermalent.operators.reading.observables import MEASURES, TABLE

DIFFERENTIABLE = [measure for measure in MEASURES if measure.gradient is not None]


def state(rng, size, weight):
    """A pure state that is mostly entangled, mixed with a random one of full rank."""
    root = rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size))
    ket = np.zeros(size)
    ket[[0, -1]] = np.sqrt(0.5)
    mixed = root @ root.conj().T
    return weight * np.outer(ket, ket) + (1 - weight) * mixed / np.trace(mixed).real


def test_the_measures_of_entanglement_and_of_mixedness_have_gradients():
    entangled = {measure.name for measure in MEASURES if measure.pair}
    assert entangled | {"purity", "entropy"} <= {measure.name for measure in DIFFERENTIABLE}


@pytest.mark.parametrize("measure", DIFFERENTIABLE, ids=lambda measure: measure.name)
@pytest.mark.parametrize("dims", [(2, 2), (2, 3)], ids=str)
def test_gradients_are_those_of_the_functions(measure, dims):
    if measure.qubits and dims != (2, 2):
        pytest.skip("two qubits")
    rng = np.random.default_rng(11)
    size = int(np.prod(dims))
    for weight in (0.5, 0.9):
        rho = state(rng, size, weight)
        direction = rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size))
        direction = direction + direction.conj().T
        direction -= np.eye(size) * np.trace(direction) / size
        found = measure.gradient(rho, dims)
        assert found.note == ""
        assert found.value == pytest.approx(measure.function(rho, dims, 1e-9), rel=1e-12)
        np.testing.assert_allclose(found.gradient, found.gradient.conj().T, atol=1e-12)

        def along(t, rho=rho, direction=direction):
            return measure.function(rho + t * direction, dims, 1e-9)

        h = 2e-5  # a fifth of the smallest eigenvalue at most
        differences = [(along(k * h) - along(-k * h)) / (2 * k * h) for k in (1, 2)]
        expected = (4 * differences[0] - differences[1]) / 3
        slope = np.trace(found.gradient @ direction).real
        assert slope == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", ["negativity", "logarithmic_negativity"])
def test_a_separable_state_is_as_far_from_the_border_as_its_partial_transpose(name):
    rho = 0.25 * np.eye(4) + 0.1 * (np.fliplr(np.eye(4)))
    lowest = np.linalg.eigvalsh(rho.reshape(2, 2, 2, 2).swapaxes(1, 3).reshape(4, 4))[0]
    found = TABLE[name].gradient(rho, (2, 2))
    assert lowest > 0
    assert found.value == 0.0
    assert not np.any(found.gradient)
    assert found.note == "separable: all derivatives vanish"
    factor = 1.0 if name == "negativity" else 2 / np.log(2)
    assert found.below == pytest.approx(factor * lowest, rel=1e-12)


def test_kinks_are_named():
    pure = np.diag([1.0, 0, 0, 0]).astype(complex)
    assert np.all(np.isnan(gradients.entropy_with_gradient(pure, (2, 2)).gradient))
    # A Bell state beside an empty level: the partial transpose has eigenvalues that are zero.
    bell = np.zeros((6, 6), dtype=complex)
    bell[np.ix_([0, 4], [0, 4])] = 0.5
    found = gradients.negativity_with_gradient(bell, (2, 3))
    assert found.value == pytest.approx(0.5)
    assert "singular" in found.note
    assert np.all(np.isnan(found.gradient))


def test_the_formation_of_a_bell_state_has_the_limiting_slope():
    """dE/dC = 1/ln 2 at C = 1, where the formula is 0/0."""
    c = 1 - 1e-6
    rho = np.zeros((4, 4), dtype=complex)
    rho[np.ix_([1, 2], [1, 2])] = [[0.5, c / 2], [c / 2, 0.5]]
    rho = (1 - 4e-9) * rho + 1e-9 * np.eye(4)
    ratio = (
        gradients.formation_with_gradient(rho, (2, 2)).gradient[1, 2]
        / gradients.concurrence_with_gradient(rho).gradient[1, 2]
    )
    assert ratio == pytest.approx(1 / np.log(2), rel=1e-5)
