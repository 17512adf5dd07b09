"""What rounding and the tiers leave of an element, summed term by term in plain loops."""

from types import SimpleNamespace

import numpy as np
import pytest

from thermalent.continued_fraction.batch.element_errors import _lost, element_errors
from thermalent.continued_fraction.chain.kernels.rounding import lost_by_rounding

EPS = np.finfo(float).eps
POINTS, SIZE, LARGER = 2, 4, 6


def drawn(rng, above):
    """Some points; what K may be off by is larger or smaller than what A is."""
    k = rng.normal(size=(POINTS, SIZE, SIZE))
    work = SimpleNamespace(
        k=k,
        x=rng.normal(size=(POINTS, SIZE)),
        x_before=rng.normal(size=(POINTS, SIZE)),
        inverse=rng.normal(size=(POINTS, SIZE, SIZE)),
        above=above * rng.normal(size=(POINTS, SIZE, SIZE)),
    )
    basis = rng.normal(size=(POINTS, 4, SIZE)) + 1j * rng.normal(size=(POINTS, 4, SIZE))
    size = np.abs(rng.normal(size=(POINTS, LARGER, LARGER)))
    return work, SimpleNamespace(basis=basis, size=size)


def squares(work, size, p):
    """Of each coordinate: by A and K as known, by the draw as it adds up, and without signs."""
    own, response, bound = np.zeros(SIZE), np.zeros(SIZE), np.zeros(SIZE)
    for i in range(SIZE):
        for j in range(1, SIZE):  # the first row is the trace
            weight = work.inverse[p, i, j]
            for n in range(SIZE):
                x = work.x[p, n]
                terms = size[p, j, n] ** 2 + work.k[p, j, n] ** 2
                own[i] += (weight * EPS * x) ** 2 * terms
                response[i] += weight * work.above[p, j, n] * x
                bound[i] += (weight * work.above[p, j, n] * x) ** 2
    return own, (10 * response) ** 2, bound


@pytest.mark.parametrize("above", [1e-14, 1e-16, 1e-18])
@pytest.mark.parametrize("left", [1.0, 1e-2])
def test_what_rounding_loses_is_the_sum_of_its_squares(above, left):
    """Also where what K is off by hardly changes the equation, because its terms cancel."""
    for seed in range(4):
        work, chains = drawn(np.random.default_rng(seed), above)
        along = np.einsum("pij,pj->pi", work.above, work.x) / np.sum(work.x**2, axis=1)[:, None]
        work.above -= (1 - left) * along[:, :, None] * work.x[:, None, :]
        hidden, coordinates = _lost(work, chains.size)
        for p in range(POINTS):
            own, response, bound = squares(work, chains.size, p)
            expected = 3 * np.sqrt(np.max(own + np.minimum(response, bound)))
            assert hidden[p] == pytest.approx(expected, rel=1e-9, abs=0)
            one = lost_by_rounding(
                work.inverse[p], 0, chains.size[p], work.k[p], work.above[p], work.x[p]
            )
            assert one == pytest.approx(expected, rel=1e-9, abs=0)
            # A draw that is small in one coordinate alone counts as in the others.
            part = np.abs(work.x[p]) / np.max(np.abs(work.x[p]))
            at_least = np.maximum(response, np.max(response) * part**2)
            each = 3 * np.sqrt(own + np.minimum(at_least, bound))
            np.testing.assert_allclose(coordinates[p], each, rtol=1e-9)


@pytest.mark.parametrize("error", [1e-9, 1e-3, 1e3])
def test_the_error_of_an_element_is_summed_from_four_parts(error):
    """Rounding of its coordinates, what the tiers left out, its last places, and a smallest."""
    work, chains = drawn(np.random.default_rng(5), 1e-14)
    scale = np.array([0.7, 2.0])
    errors = element_errors(work, chains, np.full(POINTS, error), scale)
    hidden, coordinates = _lost(work, chains.size)
    for p in range(POINTS):
        basis = chains.basis[p]
        change = np.abs(basis @ (work.x[p] - work.x_before[p]))
        size = np.abs(basis) @ np.abs(work.x[p])
        shape = np.maximum(change / np.max(change), size / scale[p])
        left = max(error - hidden[p] - 4 * EPS * scale[p], 0.0)
        total = np.abs(basis) @ coordinates[p] + left * shape + 4 * EPS * size
        total += (2 * EPS) ** 2 * scale[p]
        np.testing.assert_allclose(errors[p].ravel(), np.minimum(total, error), rtol=1e-9)


def test_elements_that_did_not_change_have_the_shape_of_their_terms():
    work, chains = drawn(np.random.default_rng(6), 0.0)
    work.x_before = work.x.copy()
    scale = np.full(POINTS, 1e3)
    errors = element_errors(work, chains, np.ones(POINTS), scale)
    for p in range(POINTS):
        size = np.abs(chains.basis[p]) @ np.abs(work.x[p])
        np.testing.assert_allclose(errors[p].ravel(), size / 1e3, rtol=1e-9)


def test_an_element_that_is_zero_has_the_smallest_error():
    work, chains = drawn(np.random.default_rng(7), 0.0)
    chains.basis[:, 2] = 0.0
    errors = element_errors(work, chains, np.ones(POINTS), np.array([1.0, 3.0]))
    np.testing.assert_allclose(
        errors.reshape(POINTS, 4)[:, 2], (2 * EPS) ** 2 * np.array([1.0, 3.0]), rtol=1e-12
    )


def test_what_was_put_in_is_rounded_in_its_last_places(rng):
    """Where nothing else is lost: four of an element's terms, and never above the whole error."""
    work, chains = drawn(rng, 0.0)
    work.inverse, work.x_before = 0 * work.inverse, work.x.copy()
    terms = np.einsum("pij,pj->pi", np.abs(chains.basis), np.abs(work.x)).reshape(POINTS, 2, 2)
    scale = np.full(POINTS, np.median(terms))
    found = element_errors(work, chains, 4 * EPS * scale, scale)
    np.testing.assert_allclose(found, 4 * EPS * np.minimum(terms, scale[0]), rtol=1e-9)
    # What is left of the error belongs to the elements as their terms do.
    found = element_errors(work, chains, np.full(POINTS, 1e-3), np.full(POINTS, 1e3))
    left = (1e-3 - 4 * EPS * 1e3) * terms / 1e3 + 4 * EPS * terms + (2 * EPS) ** 2 * 1e3
    np.testing.assert_allclose(found, left, rtol=1e-9)
