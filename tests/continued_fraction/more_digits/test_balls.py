"""Bounds of balls as doubles: never below, and hardly above."""

import flint
import pytest
from flint import arb, arb_mat

from thermalent.continued_fraction.more_digits.balls import (
    at_most,
    complex_matrix,
    frobenius,
    is_zero,
    precision,
    row_norms,
)


@pytest.mark.parametrize("denominator", [3, 7, 10, 11, 13, 1e300])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_bound_passed_through_a_double_is_above_and_near(denominator, sign):
    """Some of these quotients are rounded down by the double, and others up."""
    with precision(200):
        exact = arb(sign) / arb(denominator)
        bound = at_most(exact)
        assert arb(bound) > abs(exact)
        assert arb(bound) < abs(exact) * (1 + arb("1.001e-9"))


def test_a_ball_is_bounded_with_its_radius():
    with precision(100):
        ball = arb(-2, 0.5)
        assert 2.5 <= at_most(ball) < 2.5 * (1 + 4e-9)  # a radius has 30 bits
        assert at_most(arb("inf")) == float("inf")
        assert is_zero(arb(0))
        assert not is_zero(arb(0, 1e-30))


def test_norms_are_those_of_all_entries():
    with precision(100):
        matrix = arb_mat([[3, -4, 12], [0, arb(-1, 1), 0]])
        rows = row_norms(matrix)
        assert rows == pytest.approx([13.0, 2.0], rel=2e-9)
        assert all(bound >= norm for bound, norm in zip(rows, (13.0, 2.0), strict=True))
        assert 173.0**0.5 <= frobenius(matrix) < 173.0**0.5 * (1 + 2e-9)


def test_doubles_become_balls_of_radius_zero():
    with precision(60):
        entry = complex_matrix([[0.1 - 0.7j]]).entries()[0]
        assert float(entry.real) == 0.1
        assert float(entry.imag) == -0.7
        assert is_zero(entry.real.rad())
        assert flint.ctx.prec == 60
