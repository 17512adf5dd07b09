"""Each check at its edges: what is just allowed comes back, what is just not is refused by name."""

import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from thermalent.support import checks
from thermalent.support.errors import ArgumentError

UP, DOWN = (lambda x: math.nextafter(x, math.inf)), (lambda x: math.nextafter(x, 0.0))
# A matrix that is wrong by a little more, or a little less, than rounding of its largest element.
OFF, ROUNDED = (np.array([[1.0, size], [0.0, 50.0]]) for size in (52e-12, 48e-12))
BELOW, NEARLY = (np.diag([-size, 3.0, 1.0, 50.0]) for size in (52e-12, 48e-12))


def taken(*table):
    return pytest.mark.parametrize(("check", "given", "expected"), table)


@taken(
    (checks.real, (-2,), -2.0),
    (checks.real, (-1e308,), -1e308),
    (checks.real, (np.array(1.5),), 1.5),
    (checks.real, (Fraction(1, 4),), 0.25),
    (checks.nonnegative, (0,), 0.0),
    (checks.positive, (5e-324,), 5e-324),
    (checks.rate, (0,), 0.0),
    (checks.rate, (1e100,), 1e100),
    (checks.rate, (1 / 1e100,), 1e-100),
    (checks.positive_rate, (1e100,), 1e100),
    (checks.positive_rate, (1 / 1e100,), 1e-100),
    (checks.within, (2, 2.0, 3.0), 2.0),
    (checks.within, (3.0, 2.0, 3.0), 3.0),
    (checks.integer, (3, 3), 3),
    (checks.integer, (10**12, 3), 10**12),
    (checks.integer, (10**13, 3, 10**13), 10**13),
    (checks.integer, (np.int64(4), 4, 4), 4),
    (checks.node_count, (1,), 1),
    (checks.node_count, (1000,), 1000),
    (checks.seed, (2**200,), 2**200),
    (checks.per_item, (2, 3, "node"), (2, 2, 2)),
    (checks.per_item, (np.float32(2), 2, "node"), (2.0, 2.0)),
    (checks.per_item, ([2, 3], 2, "node"), (2, 3)),
    (checks.per_item, ("ab", 2, "node"), ("ab", "ab")),
    (checks.text, ("",), ""),
    (checks.path, ("a/" + "b" * 255,), Path("a") / ("b" * 255)),
    (checks.source_start, ("empty",), "empty"),
    (checks.source_start, ([2],), 2 + 0j),
    (checks.source_start, (np.array([2, 3j]),), (2 + 0j, 3j)),
    (checks.source_start, (1e6,), 1e6 + 0j),
    (checks.source_start, (Fraction(1, 2),), 0.5 + 0j),
)
def test_what_is_just_allowed_is_taken(check, given, expected):
    found = check("x", *given)
    assert found == expected
    assert type(found) is type(expected)


@taken(
    (checks.real, (math.inf,), "a finite real number, but is inf"),
    (checks.real, (True,), "a finite real number, but is True"),
    (checks.real, ("1",), "but is '1', which is text"),
    (checks.real, ([1],), r"but is \[1\], which is not one number"),
    (checks.real, (1j,), "but is 1j, which is complex"),
    (checks.real, (np.ma.masked,), "but is masked"),
    (checks.real, (10**400,), r"but is an integer of about 10\^400"),
    (checks.nonnegative, (-(10**30),), r"but is an integer of about -10\^30"),
    (checks.nonnegative, (-5e-324,), "finite and non-negative, but is -5e-324"),
    (checks.positive, (0.0,), "finite and positive, but is 0.0"),
    (checks.rate, (UP(1e100),), r"zero, or at least 1e-100 and at most 1e\+100, but is"),
    (checks.rate, (DOWN(1e-100),), r"zero, or at least 1e-100 and at most 1e\+100, but is"),
    (checks.positive_rate, (UP(1e100),), r"at least 1e-100 and at most 1e\+100, but is 1.0"),
    (checks.positive_rate, (DOWN(1e-100),), r"at least 1e-100 and at most 1e\+100, but is 9.9"),
    (checks.within, (UP(3.0), 2.0, 3.0), r"a number in \[2, 3\], but is 3.0000"),
    (checks.within, (DOWN(2.0), 2.0, 3.0), r"a number in \[2, 3\], but is 1.9"),
    (checks.integer, (2, 3), "an integer of at least 3, but is 2"),
    (checks.integer, (10**12 + 1, 3), "an integer from 3 to 1000000000000, but is"),
    (checks.integer, (10**13 + 1, 3, 10**13), "an integer from 3 to 10000000000000, but is"),
    (checks.integer, (3.0, 3), "an integer of at least 3, but is 3.0"),
    (checks.integer, (True, 0), "an integer of at least 0, but is True"),
    (checks.node_count, (0,), "an integer of at least 1, but is 0"),
    (checks.node_count, (1001,), "at most 1000, but is 1001"),
    (checks.seed, (-1,), "an integer of at least 0, but is -1"),
    (checks.per_item, ([2], 2, "node"), r"one number or 2 numbers \(one per node\)"),
    (checks.square_matrix, ([[1, "a"]],), "a square matrix of numbers"),
    (checks.square_matrix, ([1.0],), r"a square matrix, but is an array of shape \(1,\)"),
    (checks.square_matrix, ([[1, 2]],), r"a square matrix, but is an array of shape \(1, 2\)"),
    (checks.square_matrix, ([[1]], 2), r"a 2 x 2 matrix, but is an array of shape \(1, 1\)"),
    (checks.square_matrix, ([[math.nan]],), "finite in every element, but is not"),
    (checks.rates, (np.array([[1, UP(1e100)], [1, 1]]),), r"at most 1e\+100 in every element"),
    (checks.rates, (np.diag([1, 0, DOWN(1e-100)]),), "zero or at least 1e-100 on its diagonal"),
    (checks.hermitian, (OFF,), "Hermitian, but is not: its largest .* adjoint is 5.2e-11"),
    (checks.hermitian, (1j * OFF,), "Hermitian, but is not"),
    (checks.hermitian, (OFF.T - np.diag([1, 50]),), "Hermitian, but is not: .* is 5.2e-11"),
    (checks.symmetric, (OFF,), "symmetric, but is not: its largest .* transpose is 5.2e-11"),
    (checks.positive_semidefinite, (BELOW,), "semidefinite, but is not: .* is -5.2e-11"),
    (checks.text, (b"a",), "text, but is b'a'"),
    (checks.of_one, (3, "t"), "a function of one argument, t, but is 3"),
    (checks.of_one, (lambda a, b: a, "t"), "a function of one argument, t, but is"),
    (checks.path, (3,), "a path, but is 3"),
    (checks.path, ("a\0b",), "a path, but is"),
    (checks.path, (b"ab",), "a path, but is b'ab'"),
    (checks.path, ("a/" + "b" * 256,), "of at most 4096 characters, its names 255 each"),
    (checks.path, ("a/" * 2049,), "of at most 4096 characters, its names 255 each"),
    (checks.real_array, ([1, math.inf],), "finite real numbers, but is"),
    (checks.real_array, ([[1], [1, 2]],), "finite real numbers, but is"),
    (checks.real_array, (["a"],), r"finite real numbers, but is \['a'\]"),
    (checks.numbers, (range(1_000_001),), "at most 1000000 numbers, but is one of 1000001"),
    (checks.numbers, ([True],), r"a sequence of real numbers, but is \[True\]\."),
    (checks.numbers, (["1"] * 30,), r"real numbers, but is .{60}\.\.\.\.$"),
    (checks.numbers, ([],), r"a sequence of at least one number, but is an array of shape \(0,\)"),
    (checks.numbers, ([[1]],), r"at least one number, but is an array of shape \(1, 1\)"),
    (checks.numbers, ([1, math.inf],), "finite, but is inf"),
    (checks.time_grid, ([-1e-9, 1],), "non-negative, but is -1e-09"),
    (checks.time_grid, ([0, 2, 2, 1],), "increasing, but is 2 followed by 2"),
    (checks.time_grid, ([0, 3, 2],), "increasing, but is 3 followed by 2"),
    (checks.source_start, ("full",), "'stationary', 'empty' or a finite coherent amplitude"),
    (checks.source_start, ([],), r"'stationary', 'empty' or .*, but is \[\]"),
    (checks.source_start, ([1, True],), r"'stationary', 'empty' or .*, but is \[1, True\]"),
    (checks.source_start, ([1, math.nan],), r"'stationary', 'empty' or .*, but is \[1, nan\]"),
    (checks.source_start, (10**400,), r"'stationary', .* but is an integer of about 10\^400"),
    (checks.source_start, (UP(1e6),), r"an amplitude of at most 1e\+06, but is 1000000.0000"),
)  # fmt: skip
def test_what_is_just_not_allowed_is_refused_by_name(check, given, expected):
    with pytest.raises(ArgumentError, match=f"^Argument `x` must be .*{expected}"):
        check("x", *given)


def test_matrices_that_are_right_to_rounding_become_exactly_so():
    for check, matrix, found in (
        (checks.hermitian, ROUNDED, ROUNDED.T),
        (checks.hermitian, ROUNDED + 3j * np.eye(2) * 1e-12, ROUNDED.T),
        (checks.symmetric, ROUNDED, ROUNDED.T),
    ):
        np.testing.assert_array_equal(check("x", matrix), (ROUNDED + found) / 2)
    turned = np.array([[1, 2j], [-2j, 1]])
    np.testing.assert_array_equal(checks.hermitian("x", turned), turned)
    np.testing.assert_array_equal(checks.symmetric("x", np.abs(turned)), np.abs(turned))
    np.testing.assert_array_equal(checks.positive_semidefinite("x", NEARLY), NEARLY)
    for check in (checks.hermitian, checks.symmetric, checks.positive_semidefinite, checks.rates):
        assert not check("x", np.zeros((2, 2))).any()
    edges = np.array([[1e100, -1e100], [1e-200, 1e-100]])
    assert checks.rates("x", edges) is edges


def test_many_rows_round_more():
    """A part of the largest element per row, from 100 rows on."""
    assert checks.eigenvalue_rounding(3) == checks.eigenvalue_rounding(100) == 1e-12
    assert checks.eigenvalue_rounding(500) == pytest.approx(5e-12)


def test_what_may_be_left_out_is_checked_if_it_is_there():
    checks.if_given(checks.integer, "x", None, 3)
    with pytest.raises(ArgumentError, match="at least 3, but is 2"):
        checks.if_given(checks.integer, "x", 2, 3)


def test_long_values_are_cut_in_messages():
    for count, shown in ((198, repr("a" * 198)), (199, "'" + "a" * 199 + "...")):
        assert checks.in_message("a" * count) == shown
    assert checks.in_message(checks.Words("a" * 300)) == "a" * 300
    assert checks.in_message(10**30 - 1) == "9" * 30
    assert checks.in_message([10**5000]) == "a list"


def test_functions_of_one_argument_and_builtins_are_taken():
    for function in (lambda t: t, max, np.sin, lambda t, more=1: t):
        checks.of_one("x", function, "t")


def test_as_many_numbers_as_may_be():
    assert len(checks.numbers("x", np.arange(1_000_000))) == 1_000_000
    assert checks.numbers("x", 3).tolist() == [3.0]
    assert checks.numbers("x", [Fraction(1, 2), 1]).tolist() == [0.5, 1.0]
    assert checks.time_grid("x", [0, 1e-300]).tolist() == [0, 1e-300]
    assert checks.real_array("x", [[1, 2]]).dtype == float
