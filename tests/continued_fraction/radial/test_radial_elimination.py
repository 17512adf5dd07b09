"""The equation of all elements, eliminated, against the whole matrix."""

import numpy as np
import pytest

from thermalent.continued_fraction.radial.elimination import factored

ENDS, INSIDE, COUNT = 3, 5, 6  # unknowns of an end and of an inside; elements


def drawn(seed=1):
    """Equations of the elements, and right-hand sides of two systems."""
    rng = np.random.default_rng(seed)
    n = 2 * ENDS + INSIDE
    return rng.normal(size=(COUNT, n, n)), rng.normal(size=(COUNT, n, 2))


def places(element):
    """Where the unknowns of an element stand among all: its two ends, shared, and its inside."""
    inside = (COUNT + 1) * ENDS + element * INSIDE
    return np.r_[element * ENDS : (element + 2) * ENDS, inside : inside + INSIDE]


def dense(elements, right):
    """The solution of the sum of all elements by one matrix, in the unknowns of each element."""
    size = (COUNT + 1) * ENDS + COUNT * INSIDE
    whole, given = np.zeros((size, size)), np.zeros((size, right.shape[2]))
    for element in range(COUNT):
        own = places(element)
        whole[np.ix_(own, own)] += elements[element]
        given[own] += right[element]
    solution = np.linalg.solve(whole, given)
    return np.stack([solution[places(element)] for element in range(COUNT)])


@pytest.mark.parametrize("meet", [0, 2, COUNT])
def test_it_solves_the_sum_of_the_elements_and_its_adjoint(meet):
    elements, right = drawn()
    factors = factored(elements, ENDS, meet)
    np.testing.assert_allclose(factors.solve(right), dense(elements, right), rtol=1e-9)
    turned = elements.transpose(0, 2, 1)
    np.testing.assert_allclose(factors.transposed.solve(right), dense(turned, right), rtol=1e-9)
    twice = factors.transposed.transposed
    np.testing.assert_allclose(twice.solve(right), factors.solve(right), rtol=1e-12)


def test_what_is_given_is_not_changed():
    elements, right = drawn()
    kept = elements.copy(), right.copy()
    factored(elements, ENDS, 2).solve(right)
    np.testing.assert_array_equal(elements, kept[0])
    np.testing.assert_array_equal(right, kept[1])


def test_an_inside_or_an_end_that_is_singular_is_told():
    elements, _ = drawn()
    elements[3, 2 * ENDS :, 2 * ENDS :] = 0.0
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        factored(elements, ENDS, 2)
    elements, _ = drawn()
    elements[0, :ENDS] = 0.0  # the first end has no equation
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        factored(elements, ENDS, 2)
