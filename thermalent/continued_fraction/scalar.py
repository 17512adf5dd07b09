r"""Continued fractions of numbers.

$$\mathcal{F} = \cfrac{b_0}{a_0 + \cfrac{b_1}{a_1 + \cfrac{b_2}{a_2 + \dots}}}
  = \lim_{n\to\infty} \frac{P_n}{Q_n}$$

Three independent ways to the value: forward products (modified Lentz), the continuants P_n and Q_n,
and backward evaluation in arbitrary precision.

Source: THERMAL, Eqs. (B30) and (B31). The printed start P_1 = 1 of the continuants holds for
b_0 = 1; here P_1 = b_0.
"""

from __future__ import annotations

import inspect
import itertools
import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np

from thermalent.support import checks
from thermalent.support.calls import with_explained_calls
from thermalent.support.errors import InfiniteValueError, ThermalentError

Number = float | complex
_Convergents = Iterator[tuple[Number, float]]  # value, size of its last change
Coefficients = Sequence[Number] | np.ndarray | Callable[[int], Any]

_EPSILON = float(np.finfo(float).eps)
_TINY = 1e-60  # stands for a vanishing denominator; far below rounding, its square still a double
_POLE = "The continued fraction ends with a vanishing denominator: its value is infinite."
_WINDOW = 8  # increments from which the rate of convergence is read


@dataclass(frozen=True, kw_only=True)
class FractionValue:
    """The value of a continued fraction and what supports it.

    Args:
        value: A float, a complex, or an mpmath number.
        error: Estimate of its absolute error, truncation and rounding together; infinite if the
            value is so close to a pole that rounding decides.
        terms: Number of terms b_n/a_n that were used.
    """

    value: Any
    error: Any
    terms: int


@dataclass(frozen=True, kw_only=True)
class Continuants:
    """P_n = numerator * 2**exponent and Q_n = denominator * 2**exponent."""

    numerator: Number
    denominator: Number
    exponent: int


class FractionNotConverged(ThermalentError, ArithmeticError):
    """The fraction did not converge within the allowed terms; `partial` holds the last value."""

    def __init__(self, partial: FractionValue, wanted: Any) -> None:
        self.partial = partial
        super().__init__(
            f"The continued fraction is not converged after {partial.terms} terms: its value is "
            f"{partial.value}, its error {float(partial.error):.3g}, wanted was "
            f"{float(wanted):.3g}. Allow more terms (`max_terms`) or a larger error."
        )


@with_explained_calls
def evaluate(
    a: Coefficients, b: Coefficients, *, rtol: float = 1e-15, max_terms: int = 100_000
) -> FractionValue:
    r"""Value of a continued fraction by the modified Lentz algorithm.

    $$\mathcal{F} = b_0/(a_0 + b_1/(a_1 + \dots)), \qquad
      f_n = f_{n-1} C_n D_n,\quad C_n = a_n + b_n/C_{n-1},\quad D_n = 1/(a_n + b_n D_{n-1})$$

    Real or complex. A sequence, or a vanishing b_n, ends the fraction there. The error has two
    parts: the remainder, estimated as twice that of a geometric series with the rate of the last
    increments (enough for every convergence faster than 1/n^2), and the rounding, estimated by the
    distance to a backward evaluation of the same terms. At least nine terms are used.

    Args:
        a: a_0, a_1, ...: a sequence, or a function of n.
        b: b_0, b_1, ...: a sequence, or a function of n.
        rtol: Truncation error allowed, relative to the value, > 0.
        max_terms: Terms after which to give up, >= 1.

    Returns:
        Value, error estimate and number of terms.

    Raises:
        FractionNotConverged: not converged within `max_terms`; its `partial` is the value so far.
        InfiniteValueError: the fraction is finite and its denominator vanishes.
        ValueError: an argument is outside its domain, or a coefficient is not finite.

    Source: THERMAL, Eq. (B30).
    """
    return _converge(_lentz, _Terms(a, b), rtol, max_terms)


@with_explained_calls
def evaluate_continuants(
    a: Coefficients, b: Coefficients, *, rtol: float = 1e-15, max_terms: int = 100_000
) -> FractionValue:
    r"""Value of a continued fraction as the limit of its continuants.

    $$\mathcal{F} = \lim_{n\to\infty} P_n/Q_n$$

    P_n and Q_n are its numerators and denominators; the error is estimated as by `evaluate`.

    Args:
        a: a_0, a_1, ...: a sequence, or a function of n.
        b: b_0, b_1, ...: a sequence, or a function of n.
        rtol: Truncation error allowed, relative to the value, > 0.
        max_terms: Terms after which to give up, >= 1.

    Returns:
        Value, error estimate and number of terms.

    Raises:
        FractionNotConverged: not converged within `max_terms`; its `partial` is the value so far.
        InfiniteValueError: the fraction is finite and its denominator vanishes.
        ValueError: an argument is outside its domain, or a coefficient is not finite.

    Source: THERMAL, Eqs. (B30) and (B31).
    """
    return _converge(_continuant_convergents, _Terms(a, b), rtol, max_terms)


def continuants(a: Coefficients, b: Coefficients, n: int) -> Continuants:
    r"""The n-th continuants, rescaled by powers of two so that they neither over- nor underflow.

    $$P_{n+2} = a_{n+1} P_{n+1} + b_{n+1} P_n, \qquad P_0 = 0,\ P_1 = b_0$$

    and the same for Q with Q_0 = 1, Q_1 = a_0.

    Args:
        a: a_0, a_1, ...: a sequence of at least n numbers, or a function of n.
        b: The numbers b_0, b_1, ..., likewise.
        n: Index, >= 0.

    Returns:
        Mantissas of P_n and Q_n and their common exponent of two.

    Raises:
        ValueError: `n` is negative or beyond the sequences, or a coefficient is not finite.

    Source: THERMAL, Eq. (B31).
    """
    n = checks.integer("n", n, 0)
    terms = _Terms(a, b)
    if terms.length is not None and n > terms.length:
        checks.fail("n", f"at most {terms.length}, the number of coefficients", n)
    if n == 0:
        return Continuants(numerator=0.0, denominator=1.0, exponent=0)
    p, q, _, _, exponent = next(itertools.islice(_continuant_steps(terms.all()), n - 1, None))
    return Continuants(numerator=p, denominator=q, exponent=exponent)


@with_explained_calls
def evaluate_mp(
    a: Coefficients, b: Coefficients, *, dps: int = 50, max_terms: int = 1 << 20
) -> FractionValue:
    r"""Value of a continued fraction to `dps` digits, in mpmath.

    $$\mathcal{F} = b_0/(a_0 + b_1/(a_1 + \dots))$$

    Evaluated backward from N and from 2N terms, the second time with 15 digits more: what the two
    agree on holds against truncation (for every convergence at least as fast as 1/n) and against
    rounding. N doubles until they agree to `dps` digits.

    Args:
        a: A sequence, or a function of n. A function is called at the working precision of the
            moment, so it may compute with mpmath; a float stands for its exact binary value.
        b: The numbers b_0, b_1, ..., likewise.
        dps: Correct decimal digits wanted, >= 1.
        max_terms: Terms after which to give up, >= 2.

    Returns:
        mpmath value, twice its change by the last doubling of the terms, which bounds the error of
        whatever converges like 1/n or faster, number of terms.

    Raises: as in `evaluate`.

    Source: THERMAL, Eq. (B30).
    """
    terms = _Terms(a, b, convert=mpmath.mpmathify)
    dps = checks.integer("dps", dps, 1)
    max_terms = checks.integer("max_terms", max_terms, 2)
    depth, digits, previous = min(8, max_terms // 2), dps + 15, mpmath.inf
    ended = False
    while True:
        with mpmath.workdps(digits):
            pairs = list(itertools.islice(terms, depth))
            value = _backward(pairs)
            before, ended = ended, len(pairs) < depth or len(pairs) == terms.length
            if ended and value == mpmath.inf:
                raise InfiniteValueError(_POLE)
            error = 2 * abs(value - previous)
            wanted = abs(value) * mpmath.mpf(10) ** (-dps)
            result = FractionValue(value=value, error=error, terms=len(pairs))
            if mpmath.isfinite(error) and error <= wanted:
                return result
            if 2 * depth > max_terms and (before or not ended):
                raise FractionNotConverged(result, wanted)
        previous, depth, digits = value, 2 * depth, digits + 15


class _Terms:
    """The pairs (a_n, b_n): sequences or functions, checked as they are read."""

    def __init__(
        self, a: Coefficients, b: Coefficients, convert: Callable[[Any], Any] | None = None
    ) -> None:
        self._convert = convert or _as_double
        self._a, length_a = _getter("a", a)
        self._b, length_b = _getter("b", b)
        if length_a is not None and length_b is not None and length_a != length_b:
            checks.fail("b", f"as long as `a` ({length_a})", checks.Words(f"of length {length_b}"))
        self.length = length_b if length_a is None else length_a

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        """All pairs up to the first vanishing b_n with n > 0, which ends the fraction."""
        for n, pair in enumerate(self.all()):
            if n and pair[1] == 0:
                return
            yield pair

    def all(self) -> Iterator[tuple[Any, Any]]:
        """All pairs."""
        for n in itertools.count() if self.length is None else range(self.length):
            yield self._read("a", self._a, n), self._read("b", self._b, n)

    def _read(self, name: str, get: Callable[[int], Any], n: int) -> Any:
        given = get(n)
        try:
            value = self._convert(given)
        except (TypeError, ValueError, OverflowError):
            shown = checks.Words(f"{checks.in_message(given)} at n = {n}")
            checks.fail(name, "a number in every coefficient", shown)
        if value - value != 0:  # an infinity or a nan, of whatever number type
            checks.fail(name, "finite in every coefficient", checks.Words(f"{value} at n = {n}"))
        return value


def _getter(name: str, source: Coefficients) -> tuple[Callable[[int], Any], int | None]:
    if callable(source):
        _check_one_argument(name, source)
        return source, None
    if isinstance(source, (str, bytes)) or np.ndim(np.asarray(source, dtype=object)) != 1:
        checks.fail(name, "a function of n or a sequence of numbers", source)
    if len(source) == 0:
        checks.fail(name, "a sequence of at least one number", source)
    return source.__getitem__, len(source)


def _check_one_argument(name: str, function: Callable[..., Any]) -> None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return  # a builtin without a signature: an error shows at the first call
    try:
        signature.bind(0)
    except TypeError:
        checks.fail(name, "a function of n alone", function)


def _as_double(value: Any) -> Number:
    return complex(value) if isinstance(value, (complex, np.complexfloating)) else float(value)


def _converge(
    convergents: Callable[[_Terms], _Convergents], terms: _Terms, rtol: float, max_terms: int
) -> FractionValue:
    rtol = checks.positive("rtol", rtol)
    max_terms = checks.integer("max_terms", max_terms, 1)
    increments: deque[float] = deque(maxlen=_WINDOW + 1)
    used, remainder, ended = 0, math.inf, False
    value: Number = 0.0
    for value, increment in itertools.islice(convergents(terms), max_terms):
        used += 1
        increments.append(increment)
        remainder = _remainder(increments)
        if remainder < math.inf and remainder <= rtol * abs(value):
            break
    else:
        ended = used < max_terms or used == terms.length
    if ended:
        remainder = 0.0
    elif not (remainder < math.inf and remainder <= rtol * abs(value)):
        partial = FractionValue(value=value, error=remainder, terms=used)
        raise FractionNotConverged(partial, rtol * abs(value))
    reference = _backward(list(itertools.islice(terms, used)))
    if ended and reference == math.inf:
        raise InfiniteValueError(_POLE)
    rounding = 2 * abs(value - reference) + 4 * _EPSILON * abs(value)
    return FractionValue(value=value, error=remainder + rounding, terms=used)


def _remainder(increments: deque[float]) -> float:
    """Twice the geometric remainder at the mean rate of the window; infinite if there is none."""
    if len(increments) <= _WINDOW or not math.isfinite(sum(increments)):
        return math.inf
    first, last = max(increments[0], increments[1]), max(increments[-1], increments[-2])
    if last >= first:
        return 0.0 if last == 0.0 else math.inf
    rate = (last / first) ** (1 / (_WINDOW - 1))
    return 2 * last / (1 - rate)


def _lentz(terms: _Terms) -> _Convergents:
    """Convergents f_n and |f_n - f_(n-1)|; tiny numbers stand for vanishing denominators."""
    scale: Number | None = None  # b_0, kept out of the products so that it may vanish
    value: Number = _TINY
    numerator: Number = _TINY
    inverse: Number = 0.0
    factor: Number = 1.0
    change: Number = math.inf
    for a, b in terms:
        if scale is None:
            scale, b = b, 1.0
        tiny = _TINY * (abs(a) or 1.0)
        numerator = (a + b / numerator) or tiny
        previous, inverse = inverse, 1 / ((a + b * inverse) or tiny)
        # The change of the product by its own recurrence: factor - 1 would drown in rounding,
        # and with it the rate of convergence.
        if abs(change) < 0.1:
            change = -b * inverse * previous * change / factor
        else:
            change = numerator * inverse - 1
        factor = numerator * inverse
        old = value
        value = value + value * change if abs(change) < 0.1 else value * factor
        yield scale * value, abs(scale * old * change)


def _continuant_steps(
    terms: Iterable[tuple[Any, Any]],
) -> Iterator[tuple[Number, Number, Number, Number, int]]:
    """P_n, Q_n, Q_(n-1) and P_n Q_(n-1) - P_(n-1) Q_n in rescaled units, and the exponent."""
    p, q, p_before, q_before = 0.0, 1.0, 1.0, 0.0
    determinant, exponent = -1.0, 0
    for a, b in terms:
        p, p_before = a * p + b * p_before, p
        q, q_before = a * q + b * q_before, q
        determinant = -b * determinant
        shift = math.frexp(max(abs(p), abs(q), abs(p_before), abs(q_before)))[1]
        if abs(shift) > 200:
            scale = 2.0**-shift
            p, q, p_before, q_before = p * scale, q * scale, p_before * scale, q_before * scale
            determinant = determinant * scale * scale
            exponent += shift
        yield p, q, q_before, determinant, exponent


def _continuant_convergents(terms: _Terms) -> _Convergents:
    for p, q, q_before, determinant, _ in _continuant_steps(terms):
        if q == 0 or q_before == 0:
            yield (math.inf if q == 0 else p / q), math.inf
        else:
            yield p / q, abs(determinant / q / q_before)


def _backward(pairs: list[tuple[Any, Any]]) -> Any:
    """The finite fraction from its innermost term outward; infinities are carried exactly."""
    denominator: Any = None  # None: infinite
    numerator: Any = 0
    for a, b in reversed(pairs):
        if denominator is None:
            denominator, numerator = a, b
        elif denominator == 0:
            denominator, numerator = None, b
        else:
            denominator, numerator = a + numerator / denominator, b
    if denominator is None or numerator == 0:
        return 0 * numerator
    return numerator / denominator if denominator != 0 else math.inf
