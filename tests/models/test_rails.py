"""Names, detunings and permutations of two rails."""

import numpy as np
import pytest

from thermalent.models.rails import permutation_of, rail_detunings, rail_names


def test_names_alternate_along_the_rails():
    assert rail_names(2) == ("A1", "B1", "A2", "B2")


@pytest.mark.parametrize(
    ("given", "order"),
    [
        (None, (0, 1, 2)),
        ("reverse", (2, 1, 0)),
        ((1, 2, 0), (1, 2, 0)),
        (np.array([1, 2, 0]), (1, 2, 0)),
    ],
)
def test_permutations(given, order):
    found = permutation_of(given, 3)
    assert found == order
    assert all(type(number) is int for number in found)


@pytest.mark.parametrize(
    "given",
    [(0, 1), (0, 1, 1), (1, 2, 3), (0, 1, 2.0), (False, True, 2), "backwards", 2, (0, 1, -1), ()],
)
def test_what_is_no_permutation(given):
    with pytest.raises(ValueError, match=r"`permutation` must be a permutation of 0\.\.2"):
        permutation_of(given, 3)


def test_detunings_of_rail_b_are_permuted_and_negative():
    delta_a, delta_b = rail_detunings((0.1, 0.2, 0.4), (1, 2, 0), 3)
    np.testing.assert_array_equal(delta_a, [0.1, 0.2, 0.4])
    np.testing.assert_array_equal(delta_b, [-0.2, -0.4, -0.1])
    np.testing.assert_array_equal(rail_detunings(0.3, None, 2), [[0.3, 0.3], [-0.3, -0.3]])


def test_bad_detunings():
    with pytest.raises(
        ValueError, match=r"`detuning` must be one number or 3 numbers \(one per pair\)"
    ):
        rail_detunings((0.1, 0.2), None, 3)
    with pytest.raises(ValueError, match="`detuning` must be a finite real number, but is nan"):
        rail_detunings((0.1, float("nan"), 0.2), None, 3)
