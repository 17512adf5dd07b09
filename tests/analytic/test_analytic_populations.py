from __future__ import annotations

import numpy as np
import pytest

from thermalent import analytic
from thermalent.analytic.populations import (
    Populations,
    nonnegative_arrays,
    positive_arrays,
    real_arrays,
)

FLIP = np.array([[0, 0, 0, -1], [0, 0, 1, 0], [0, 1, 0, 0], [-1, 0, 0, 0]])


def wootters(rho):
    """The concurrence of any two-qubit state, from its definition."""
    values = np.linalg.eigvals(rho @ FLIP @ rho.conj() @ FLIP).real
    roots = np.sort(np.sqrt(np.maximum(values, 0.0)))[::-1]
    return max(0.0, roots[0] - roots[1:].sum())


def random_populations(count):
    weights = np.random.default_rng(11).dirichlet([0.5, 2.0, 0.5, 0.2], count)
    weights[:, 1:3] = np.sort(weights[:, 1:3], axis=1)[:, ::-1]  # more singlet than triplet
    ground, singlet, triplet, excited = weights.T
    return Populations(ground=ground, singlet=singlet, triplet=triplet, excited=excited)


def test_concurrence_is_that_of_the_matrix():
    state = random_populations(200)
    direct = [wootters(rho) for rho in state.matrix()]
    # square roots of eigenvalues near zero: half the digits
    np.testing.assert_allclose(state.concurrence, direct, atol=1e-7)
    assert np.sum(state.concurrence > 0) > 50
    assert np.sum(state.concurrence == 0) > 20


def test_matrix_has_the_populations_in_the_triplet_singlet_basis():
    state = random_populations(3)
    rho = state.matrix()
    kets = {
        "00": np.array([1, 0, 0, 0]),
        "S": np.array([0, 1, -1, 0]) / np.sqrt(2),
        "T": np.array([0, 1, 1, 0]) / np.sqrt(2),
        "11": np.array([0, 0, 0, 1]),
    }
    assert rho.shape == (3, 4, 4)
    for name, value in state.as_dict().items():
        np.testing.assert_allclose(
            np.einsum("nij,j->ni", rho, kets[name]), np.outer(value, kets[name]), atol=2e-16
        )
    np.testing.assert_allclose(np.trace(rho, axis1=1, axis2=2), state.trace, rtol=1e-15)


def test_numbers_and_arrays_mix():
    state = Populations(ground=[0.5, 0.2], singlet=[0.5, 0.8], triplet=0, excited=0.0)
    np.testing.assert_array_equal(state.triplet, [0.0, 0.0])
    np.testing.assert_array_equal(state.concurrence, [0.5, 0.8])
    single = Populations(ground=0.0, singlet=1, triplet=0, excited=0)
    assert isinstance(single.singlet, float)
    assert single.concurrence == 1.0
    assert single.matrix().shape == (4, 4)


@pytest.mark.parametrize(
    ("check", "value", "match"),
    [
        (nonnegative_arrays, -1e-9, "`rate` must be finite and non-negative, but is -1e-09"),
        (nonnegative_arrays, [1.0, np.inf], "`rate` must be finite and non-negative, but is inf"),
        (nonnegative_arrays, [[1.0], [1.0, 2.0]], "`rate` must be finite and non-negative"),
        (nonnegative_arrays, True, "`rate` must be finite and non-negative, but is True"),
        (nonnegative_arrays, 1j, "`rate` must be finite and non-negative, but is 1j"),
        (nonnegative_arrays, None, "`rate` must be finite and non-negative, but is None"),
        (positive_arrays, 0, r"`rate` must be finite and positive, but is 0\.0"),
        (real_arrays, np.nan, "`rate` must be finite and real, but is nan"),
    ],
)
def test_wrong_arguments_are_named(check, value, match):
    with pytest.raises(ValueError, match="Argument " + match):
        check(rate=value)
    assert check(rate=2)[0] == 2.0


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: Populations(ground=[1, 2], singlet=[1, 2, 3], triplet=0, excited=0), "singlet"),
        (lambda: analytic.phi_eff([1, 2], [1, 2, 3]), "kappa"),
        (lambda: analytic.phi_eff([1, 2], 1, [1, 2, 3]), "gamma"),
        (lambda: analytic.bourret_concurrence([1, 2], 1, [1, 2, 3]), "gamma"),
        (lambda: analytic.n_star([1, 2], [1, 2, 3]), "gamma"),
        (lambda: analytic.phase_diffusion_populations([1, 2], 1, [1, 2, 3]), "gamma"),
        (lambda: analytic.quasistatic_populations([1, 2], detuning=[1, 2, 3]), "detuning"),
    ],
)
def test_shapes_that_do_not_fit_are_named(call, name):
    shapes = r"of a shape that broadcasts with \(2,\), but is of shape \(3,\)"
    with pytest.raises(ValueError, match=f"Argument `{name}` must be {shapes}"):
        call()
