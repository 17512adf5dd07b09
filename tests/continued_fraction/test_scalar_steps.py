"""The parts of scalar fractions: convergents, their changes, remainders and the backward sum."""

import math
from collections import deque
from fractions import Fraction

import numpy as np
import pytest

from thermalent.continued_fraction import scalar

TERMS = [(3, 1), (2, -5), (7, 2), (-4, 3), (5, 1), (6, -2), (9, 4), (8, 3)]


def convergent(pairs):
    """b_0 / (a_0 + b_1 / (a_1 + ...)), exactly."""
    value = Fraction(0)
    for a, b in reversed(pairs):
        value = Fraction(b) / (a + value)
    return value


def test_convergents_and_their_changes_are_exact():
    exact = [convergent(TERMS[: n + 1]) for n in range(len(TERMS))]
    for found in (list(scalar._lentz(TERMS)), list(scalar._continuant_convergents(TERMS))):
        np.testing.assert_allclose([value for value, _ in found], [float(x) for x in exact])
        changes = [float(abs(exact[n] - exact[n - 1])) for n in range(1, len(exact))]
        np.testing.assert_allclose([change for _, change in found][1:], changes, rtol=1e-9)


def test_continuants_are_those_of_the_recurrence():
    p, q = [Fraction(1), Fraction(0)], [Fraction(0), Fraction(1)]
    for (a, b), found in zip(TERMS, scalar._continuant_steps(TERMS), strict=True):
        p.append(a * p[-1] + b * p[-2])
        q.append(a * q[-1] + b * q[-2])
        determinant = p[-1] * q[-2] - p[-2] * q[-1]
        assert found == (float(p[-1]), float(q[-1]), float(q[-2]), float(determinant), 0)


def test_continuants_are_rescaled_before_they_overflow():
    """By powers of two, told in the exponent; values and changes stay the same."""
    large = [(1e50 * a, 1e100 * b) for a, b in 8 * TERMS]
    *_, (p, q, q_before, determinant, exponent) = scalar._continuant_steps(large)
    assert exponent > 200
    assert max(abs(p), abs(q), abs(q_before)) < 2.0**201
    exact = float(convergent(8 * TERMS))
    assert p / q == pytest.approx(1e50 * exact, rel=1e-12)
    assert abs(math.frexp(determinant)[1]) < 1000
    small = [(1e-50 * a, 1e-100 * b) for a, b in 8 * TERMS]
    *_, (p, q, *_, exponent) = scalar._continuant_steps(small)
    assert exponent < -200
    assert p / q == pytest.approx(1e-50 * exact, rel=1e-12)


def test_continuants_that_vanish_have_no_value_or_no_change():
    # 1/(0 + 1/(1 + ...)): Q_1 = 0.
    found = list(scalar._continuant_convergents([(0, 1), (2, 1), (3, 1)]))
    assert found[0] == (math.inf, math.inf)
    assert found[1] == (pytest.approx(2.0), math.inf)
    assert found[2][1] == pytest.approx(abs(float(convergent([(0, 1), (2, 1), (3, 1)])) - 2.0))


def test_the_backward_sum_is_the_fraction():
    assert scalar._backward(TERMS) == pytest.approx(float(convergent(TERMS)), rel=1e-14)
    assert scalar._backward([(Fraction(a), Fraction(b)) for a, b in TERMS]) == convergent(TERMS)
    assert scalar._backward([]) == 0
    assert scalar._backward([(0, 2)]) == math.inf
    assert scalar._backward([(3, 2), (0, 5)]) == 0
    # 2/(3 + 5/(-1 + 1/1)): infinite within, zero outside.
    assert scalar._backward([(3, 2), (-1, 5), (1, 1)]) == 0


def test_the_remainder_is_twice_that_of_the_mean_rate():
    falling = [0.7**n for n in range(9)]
    assert scalar._remainder(deque(falling)) == pytest.approx(2 * falling[-2] / 0.3, rel=1e-9)
    # Of two neighbours the larger counts, at both ends.
    zigzag = [1e-9, 1.0, 0, 0, 0, 0, 0, 0.5**7, 1e-9]
    assert scalar._remainder(deque(zigzag)) == pytest.approx(2 * 0.5**7 / 0.5, rel=1e-9)
    zigzag = [1.0, 1e-9, 0, 0, 0, 0, 0, 1e-9, 0.5**7]
    assert scalar._remainder(deque(zigzag)) == pytest.approx(2 * 0.5**7 / 0.5, rel=1e-9)
    assert scalar._remainder(deque(falling[:8])) == math.inf
    assert scalar._remainder(deque([math.inf, *falling[:8]])) == math.inf
    assert scalar._remainder(deque([1.0] * 9)) == math.inf
    assert scalar._remainder(deque([0.0] * 9)) == 0.0
    assert scalar._remainder(deque([0.0, 0.0, *falling[:7]])) == math.inf


def converged(values, length=None, rtol=1e-6, most=100):
    """The value of a sequence of convergents with given changes."""

    class Terms:
        def __init__(self):
            self.length = length

        def __iter__(self):
            return iter(8 * TERMS)

    return scalar._converge(lambda terms: iter(values), Terms(), rtol, most)


def test_a_fraction_converges_where_its_remainder_is_allowed():
    values = [(2.0 + 0.5**n, 0.5**n) for n in range(60)]
    found = converged(values)
    # 4 * 0.5^(n - 2) <= 1e-6 * value, after 23 terms.
    assert found.terms == 23
    remainder = 4 * 0.5 ** (found.terms - 2)
    reference = scalar._backward((8 * TERMS)[: found.terms])
    value = values[found.terms - 1][0]
    rounding = 2 * abs(value - reference) + 4 * np.finfo(float).eps * value
    assert found.error == pytest.approx(remainder + rounding, rel=1e-9)


def test_a_fraction_that_needs_more_terms_says_how_far_it_is():
    values = [(2.0, 0.5**n) for n in range(60)]
    with pytest.raises(scalar.FractionNotConverged) as caught:
        converged(values, most=12)
    assert caught.value.partial.terms == 12
    assert caught.value.partial.error == pytest.approx(4 * 0.5**10)
    # One that ends has no remainder.
    found = converged(values[:12], length=12, most=12)
    assert found.terms == 12
    reference = scalar._backward((8 * TERMS)[:12])
    expected = 2 * abs(2.0 - reference) + 8 * np.finfo(float).eps
    assert found.error == pytest.approx(expected, rel=1e-9)
