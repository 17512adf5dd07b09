from __future__ import annotations

import functools
import itertools
import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest

from thermalent.continued_fraction.scalar import (
    FractionNotConverged,
    continuants,
    evaluate,
    evaluate_continuants,
    evaluate_mp,
)

DOUBLES = [evaluate, evaluate_continuants]


def golden():
    return (lambda n: 1.0), (lambda n: 1.0)


def tangent(x):
    return (lambda n: 2.0 * n + 1), (lambda n: x if n == 0 else -x * x)


def exponential_integral(x):
    """e^x E1(x) as a J-fraction: subtractions, remainder exp(-4 sqrt(n x))."""
    return (lambda n: x + 2 * n + 1), (lambda n: 1.0 if n == 0 else -(float(n) ** 2))


def exponential_integral_stieltjes(x):
    """The same number with positive coefficients."""
    return (lambda n: x if n % 2 == 0 else 1.0), (lambda n: 1.0 if n == 0 else (n + 1) // 2)


def bessel_ratio(x):
    """J_1(x) / J_0(x): the increments grow until n exceeds x."""
    return (lambda n: 2 * (n + 1) / x), (lambda n: 1.0 if n == 0 else -1.0)


# Coefficients that doubles hold exactly, so that the function is what the fraction stands for.
KNOWN = {
    "golden ratio": (golden(), lambda: (mpmath.sqrt(5) - 1) / 2),
    "tan 1": (tangent(1.0), lambda: mpmath.tan(1)),
    "tan 50": (tangent(50.0), lambda: mpmath.tan(50)),
    "tan of a complex number": (tangent(1 + 0.5j), lambda: mpmath.tan(mpmath.mpc(1, 0.5))),
    "E1(10)": (exponential_integral(10.0), lambda: mpmath.exp(10) * mpmath.e1(10)),
    "E1(1/2)": (exponential_integral(0.5), lambda: mpmath.exp(0.5) * mpmath.e1(0.5)),
    "E1(1), positive": (exponential_integral_stieltjes(1.0), lambda: mpmath.e * mpmath.e1(1)),
    "E1(1 + 2i)": (
        exponential_integral(1 + 2j),
        lambda: mpmath.exp(mpmath.mpc(1, 2)) * mpmath.e1(mpmath.mpc(1, 2)),
    ),
    "Bessel, x = 1": (bessel_ratio(1.0), lambda: mpmath.besselj(1, 1) / mpmath.besselj(0, 1)),
    "Bessel, x = 64": (bessel_ratio(64.0), lambda: mpmath.besselj(1, 64) / mpmath.besselj(0, 64)),
}


@pytest.mark.parametrize("name", KNOWN)
def test_known_values_lie_within_the_error_estimate(name):
    (a, b), exact = KNOWN[name]
    with mpmath.workdps(150):
        reference = exact()
        many_digits = evaluate_mp(a, b, dps=40)
        assert abs(many_digits.value - reference) <= many_digits.error
        assert many_digits.error <= abs(reference) * mpmath.mpf(10) ** -40
        for method in DOUBLES:
            result = method(a, b)
            assert abs(result.value - reference) <= result.error
            # the estimate itself stays useful: rounding grows with the terms, not faster
            assert result.error <= 1e-15 * max(10, result.terms) * abs(reference)


@pytest.mark.parametrize("method", DOUBLES)
@pytest.mark.parametrize("x", [pytest.param(0.03, marks=pytest.mark.long), 0.1, 0.3, 3.0, 30.0])
@pytest.mark.parametrize("fraction", [exponential_integral, exponential_integral_stieltjes])
@pytest.mark.parametrize("rtol", [1e-3, 1e-8, 1e-12])
def test_the_error_estimate_bounds_the_error_at_every_tolerance(method, x, fraction, rtol):
    a, b = fraction(x)
    result = method(a, b, rtol=rtol)
    reference = precise(fraction, x)
    assert abs(result.value - reference) <= result.error
    assert result.error <= 2 * rtol * abs(reference) + 1e-15 * result.terms * abs(reference)


@functools.cache
def precise(fraction, x):
    """The value for the same coefficients, which doubles may have rounded."""
    return evaluate_mp(*fraction(x), dps=20).value


def test_lentz_and_continuants_follow_the_same_convergents():
    a, b = exponential_integral(0.5)
    for terms in (1, 2, 5, 30):
        coefficients = [a(n) for n in range(terms)], [b(n) for n in range(terms)]
        values = [method(*coefficients).value for method in DOUBLES]
        exact = finite(*coefficients)
        assert values == pytest.approx([float(exact)] * 2, rel=1e-13)


def finite(a, b):
    """The finite fraction, in exact rational arithmetic."""
    value = Fraction(0)
    for upper, lower in zip(reversed(b), reversed(a), strict=True):
        value = Fraction(upper) / (Fraction(lower) + value)
    return value


def test_finite_fractions_are_exact():
    rng = np.random.default_rng(3)
    for size in (1, 2, 7, 40):
        a = rng.integers(1, 9, size).tolist()
        b = rng.integers(1, 9, size).tolist()
        exact = finite(a, b)
        for method in DOUBLES:
            result = method(a, b)
            assert result.terms <= size
            assert abs(Fraction(result.value) - exact) <= result.error
            assert result.error <= 1e-14 * float(exact)
        with mpmath.workdps(60):
            many_digits = evaluate_mp(a, b, dps=50)
            wanted = mpmath.mpf(exact.numerator) / exact.denominator
            assert abs(many_digits.value - wanted) <= mpmath.mpf(10) ** -50


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([0, 2, 3], [1, 1, 1]),  # the first denominator vanishes
        ([1, 1, 5], [1, -1, 2]),  # Q_2 = 0
        ([0, 1, 2, 0, 3], [1, 1, 1, 1, 2]),  # P_1/Q_1 infinite, later C_n passes zero
        ([1, 2, -3, 4], [1, 1, 6, 1]),  # a_1 + b_2/a_2 = 0: the numerator P_3 vanishes
    ],
)
def test_vanishing_denominators_on_the_way_do_no_harm(a, b):
    value = 0.0  # from the other end; inf is a number here, b/inf = 0
    for upper, lower in zip(reversed(b), reversed(a), strict=True):
        inner = lower + value
        value = upper / inner if inner else math.inf
    for method in DOUBLES:
        assert method(a, b).value == pytest.approx(value, rel=1e-15)
    assert float(evaluate_mp(a, b).value) == pytest.approx(value, rel=1e-15)


def test_infinite_fraction_with_a_vanishing_first_denominator():
    # 1/(0 + 1/(1 + 1/(1 + ...))) = (1 + sqrt 5)/2
    for method in DOUBLES:
        result = method(lambda n: 0.0 if n == 0 else 1.0, lambda n: 1.0)
        assert abs(result.value - (1 + math.sqrt(5)) / 2) <= result.error < 1e-14


def test_a_vanishing_b_ends_the_fraction():
    a, b = (lambda n: 1.0 + n), (lambda n: float(4 - n) if n < 4 else 0.0)
    exact = finite([1, 2, 3, 4], [4, 3, 2, 1])
    for method in (*DOUBLES, evaluate_mp):
        result = method(a, b)
        assert result.terms == 4
        assert float(result.value) == pytest.approx(float(exact), rel=1e-15)
    assert evaluate([2.0], [0.0]).value == 0.0
    assert evaluate_continuants([2.0], [0.0]).value == 0.0


@pytest.mark.parametrize("method", [*DOUBLES, evaluate_mp])
def test_an_infinite_value_is_an_error(method):
    with pytest.raises(ZeroDivisionError, match="ends with a vanishing denominator"):
        method([1, 1], [1, -1])


def test_beside_a_pole_the_error_covers_the_value():
    # The zero of J_0 is not a double, so J_1/J_0 there is about 1e16 and lost to rounding.
    a, b = bessel_ratio(2.404825557695773)
    exact = evaluate_mp(a, b, dps=20).value
    for method in DOUBLES:
        result = method(a, b)
        assert abs(result.value - exact) <= result.error


@pytest.mark.parametrize("method", DOUBLES)
def test_slow_convergence_raises_with_the_partial_value(method):
    # 4/(1 + 1/(2 + 9/(2 + 25/(2 + ...)))) = pi converges like 1/n
    with pytest.raises(FractionNotConverged, match=r"not converged after 500 terms") as caught:
        method(
            lambda n: 1.0 if n == 0 else 2.0,
            lambda n: 4.0 if n == 0 else (2.0 * n - 1) ** 2,
            max_terms=500,
        )
    partial = caught.value.partial
    assert partial.terms == 500
    assert 1e-4 < abs(partial.value - math.pi) <= partial.error


def parabolic():
    """1/(1 - (1/4)/(1 - (1/4)/(1 - ...))) = 2, whose convergents are 2n/(n + 1)."""
    return (lambda n: 1.0), (lambda n: 1.0 if n == 0 else -0.25)


@pytest.mark.parametrize("method", DOUBLES)
def test_the_error_of_a_partial_value_is_what_is_left(method):
    with pytest.raises(FractionNotConverged, match="after 500 terms") as caught:
        method(*parabolic(), max_terms=500)
    partial = caught.value.partial
    assert partial.value == pytest.approx(2 * 500 / 501, abs=1e-12)
    # Twice the geometric remainder at the rate of the last terms: all of a tail like 1/n, to 1/n.
    assert partial.error == pytest.approx(2 - partial.value, rel=0.01)


def test_many_digits_state_the_error_of_a_slow_fraction():
    found = evaluate_mp(*parabolic(), dps=2)
    assert 2 - found.value <= found.error <= 3 * (2 - found.value)
    assert found.error <= 2e-2


@pytest.mark.parametrize("method", [*DOUBLES, evaluate_mp])
def test_divergence_raises(method):
    # Convergents 1, infinity, 0, 1, ...
    with pytest.raises(FractionNotConverged, match=r"after .* terms"):
        method(lambda n: 1.0, lambda n: 1.0 if n == 0 else -1.0, max_terms=1000)


def test_arbitrary_precision_meets_the_digits_asked_for():
    x = Fraction(1, 3)
    for dps in (5, 30, 80):
        result = evaluate_mp(
            lambda n: mpmath.mpf(1) / 3 + 2 * n + 1, lambda n: 1 if n == 0 else -(n**2), dps=dps
        )
        with mpmath.workdps(dps + 40):
            third = mpmath.mpf(x.numerator) / x.denominator
            exact = mpmath.exp(third) * mpmath.e1(third)
            assert abs(result.value - exact) <= result.error <= exact * mpmath.mpf(10) ** -dps


def test_continuants_of_ones_are_fibonacci_numbers_beyond_the_range_of_doubles():
    fibonacci = [0, 1]
    while len(fibonacci) < 5002:
        fibonacci.append(fibonacci[-1] + fibonacci[-2])
    for n in (0, 1, 2, 10, 5000):
        result = continuants(*golden(), n)
        for mantissa, exact in ((result.numerator, n), (result.denominator, n + 1)):
            value = Fraction(mantissa) * Fraction(2) ** result.exponent
            rounding = Fraction(n + 1, 10**16)  # one half ulp at each addition
            assert abs(value - fibonacci[exact]) <= rounding * fibonacci[exact]
    assert result.exponent > 1100


def test_continuants_obey_the_printed_recurrence_and_the_determinant_identity():
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=30) + 1j * rng.normal(size=30), rng.normal(size=30)
    p, q = [0, b[0]], [1, a[0]]
    for n in range(28):
        p.append(a[n + 1] * p[n + 1] + b[n + 1] * p[n])
        q.append(a[n + 1] * q[n + 1] + b[n + 1] * q[n])
    for n, (numerator, denominator) in enumerate(zip(p, q, strict=True)):
        result = continuants(a, b, n)
        assert result.numerator * 2.0**result.exponent == pytest.approx(numerator, rel=1e-13)
        assert result.denominator * 2.0**result.exponent == pytest.approx(denominator, rel=1e-13)
    left, right = continuants(a, b, 5), continuants(a, b, 6)
    determinant = right.numerator * left.denominator - left.numerator * right.denominator
    assert determinant == pytest.approx(-np.prod(b[:6]), rel=1e-12)


def test_continuants_shrink_without_underflow():
    result = continuants(lambda n: 1e-30, lambda n: 1e-60, 50)  # golden ratio, all scaled
    assert result.numerator / result.denominator == pytest.approx(1e-30 * 0.6180339887498949)
    assert result.exponent < -4000


def test_sequences_functions_and_number_types_are_alike():
    a, b = [1, 2, 3], [4, 5, 6]
    wanted = float(finite(a, b))
    for form_a, form_b in itertools.product(
        (a, tuple(a), np.array(a), lambda n: a[n]), (b, np.array(b, float))
    ):
        assert evaluate(form_a, form_b).value == pytest.approx(wanted, rel=1e-15)
    assert isinstance(evaluate(a, b).value, float)
    assert isinstance(evaluate(a, [4j, 5, 6]).value, complex)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: evaluate([1, 2], [1]), r"Argument `b` must be as long as `a` \(2\)"),
        (lambda: evaluate([], []), "Argument `a` must be a sequence of at least one number"),
        (lambda: evaluate(3.0, [1]), "Argument `a` must be a function of n or a sequence"),
        (lambda: evaluate("12", [1, 2]), "Argument `a` must be a function of n or a sequence"),
        (lambda: evaluate([1, math.nan], [1, 1]), r"Argument `a` must be finite .* nan at n = 1"),
        (lambda: evaluate_mp([1], [math.inf]), r"Argument `b` must be finite .* \+?inf at n = 0"),
        (lambda: evaluate([1], [1], rtol=0.0), "Argument `rtol` must be finite and positive"),
        (lambda: evaluate([1], [1], max_terms=0), "Argument `max_terms` must be an integer of at"),
        (lambda: evaluate_mp([1], [1], dps=0), "Argument `dps` must be an integer of at least 1"),
        (lambda: continuants([1], [1], 2), "Argument `n` must be at most 1"),
        (lambda: continuants([1], [1], -1), "Argument `n` must be an integer of at least 0"),
    ],
)
def test_wrong_arguments_are_named(call, match):
    with pytest.raises(ValueError, match=match):
        call()
