r"""\(e^{tA} y\) at several times from one series in Faber polynomials of a sparse generator.

$$e^{tA} y = \sum_k a_k(t)\, F_k(A)\, y, \qquad
  \psi(w) = -a + \tfrac{a + b}{2} w + \tfrac{a - b}{2} w^{-1}, \qquad
  a_k(t) = \frac{1}{2\pi i} \oint_{|w| = 1} \frac{e^{t \psi(w)}}{w^{k+1}}\, dw$$

with psi on the unit circle an ellipse of half axes a along and b across the real axis that ends
at zero, because what is generated decays. The polynomials serve all times and follow from three
terms, \(F_{k+1} = 2(A + a)/(a+b)\, F_k - q F_{k-1}\) with \(q = (a - b)/(a + b)\).
A generator that decays much faster than it turns has a flat ellipse, where far fewer products are
needed than its norm times the time: about \(tb + \sqrt{70\, ta}\) with errors of rounding.

A vector that grows under the polynomials shows that the ellipse is too flat; it is made rounder
and at last upright, for what turns and hardly decays. After that the time is made shorter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from scipy import sparse

# Norm of the generator times the time of one series, at most, which is about the number of products
# at the worst, and at least: so short a series changes a vector by little.
_REACH, _SHORTEST = 5e3, 0.1
# Times that are summed up at once, and the numbers of their vectors; vectors that are collected
# before they are added.
_TIMES, _NUMBERS, _COLLECTED = 32, 2_000_000, 16
# Allowed size of a polynomial of the vector over that of the vector, which rounding grows with.
_GROWTH = 100.0
# What the rest of a series may leave.
_REST = 1e-16
# The ellipse ends a little beyond the largest rate of decay; its smallest ratio of the axes.
_BEYOND, _FLATTEST = 1.1, 0.01
_EPSILON = float(np.finfo(float).eps)


def exponential_path(
    matrix: sparse.csr_array,
    start: np.ndarray,
    times: np.ndarray,
    report: Callable[[float], None] = lambda time: None,
) -> Iterator[tuple[np.ndarray, float]]:
    """The vectors exp(t A) y at all times.

    Args:
        matrix: A, whose exponential hardly increases the norm of any vector, (n, n).
        start: y, (n,).
        times: Ascending, from zero on, (t,).
        report: Is told each time up to which a series has been summed.

    Yields:
        The vectors, (n,), and a bound of their error by rounding, relative to the start: between 2
        and 60 times what was measured.

    Raises:
        FloatingPointError: a rate is not finite, or no series is short enough.
    """
    rate = float(np.max(abs(matrix).sum(axis=0), initial=0.0))
    if not np.isfinite(rate):
        raise FloatingPointError(f"the largest rate is {rate}")
    if rate == 0.0:
        yield from ((start, 0.0) for _ in times)
        return
    along = _BEYOND * rate / 2
    turning = float(np.max(abs(matrix - matrix.conj().T).sum(axis=0), initial=0.0)) / 2
    across = np.clip(2 * turning, _FLATTEST * along, along)
    now, lost, left = 0.0, 0.0, list(times)
    reach = _REACH / (2 * along)
    at_once = min(_TIMES, max(1, _NUMBERS // len(start)))
    while left:
        if left[0] <= now:
            yield start, lost
            left.pop(0)
            continue
        within = [time for time in left[:at_once] if time <= now + reach]
        ends = np.array(within or [now + reach])
        summed = _series(matrix, start, ends - now, along, across)
        if summed is None and across < 2 * along:
            across *= 2
            continue
        if summed is None:
            reach = (ends[-1] - now) / 2
            if not reach * rate > _SHORTEST:
                raise FloatingPointError("no series is short enough")
            continue
        vectors, growth = summed
        report(float(ends[-1]))
        for time, vector in zip(ends, vectors, strict=True):
            bound = lost + _EPSILON * growth * (8 + rate * (time - now))
            if within:
                yield vector, bound
        left = left[len(within) :]
        now, start, lost = float(ends[-1]), vectors[-1], bound


def _series(
    matrix: sparse.csr_array, start: np.ndarray, times: np.ndarray, along: float, across: float
) -> tuple[np.ndarray, float] | None:
    """The sums at all times, (t, n), and the growth of the vectors, unless that is too large."""
    coefficients = _coefficients(times, along, across)
    terms, size = coefficients.shape[1], float(np.linalg.norm(start)) or 1.0
    flat = (along - across) / (along + across)
    shifted = sparse.csr_array(matrix + sparse.diags_array(np.full(len(start), along)))
    doubled = shifted * (2 / (along + across))
    sums = np.zeros((len(times), len(start)), dtype=start.dtype)
    block = np.empty((_COLLECTED, len(start)), dtype=start.dtype)
    before, now, growth = np.zeros_like(start), start, 1.0
    for k in range(terms):
        block[k % _COLLECTED] = now
        if (k + 1) % _COLLECTED == 0 or k + 1 == terms:
            first = k - k % _COLLECTED
            used = block[: k + 1 - first]
            growth = max(growth, float(np.max(np.linalg.norm(used, axis=1))) / size)
            if not growth <= _GROWTH:
                return None
            sums += coefficients[:, first : k + 1] @ used
        # The second polynomial takes twice the first one, which is two for the recurrence.
        before, now = now, doubled @ now - (2 * flat if k == 1 else flat) * before
    return sums, growth


def _coefficients(times: np.ndarray, along: float, across: float) -> np.ndarray:
    """The coefficients a_k at all times, as far as the last one needs them, (t, k)."""
    terms = _terms(float(times[-1]), along, across)
    points = 1 << int(2 * terms).bit_length()
    # The coefficients are real: half of the circle suffices.
    w = np.exp(2j * np.pi * np.arange(points // 2 + 1) / points)
    ellipse = along * (w.real - 1) + 1j * across * w.imag
    values = np.exp(np.outer(times, ellipse))
    return np.fft.irfft(values.conj(), points, axis=1)[:, :terms]


def _terms(time: float, along: float, across: float) -> int:
    r"""Terms after which the rest of the series is below rounding.

    On the ellipse that is the image of the circle of radius r the exponential is largest where that
    meets the real axis, so that \(|a_k| \le r^{-k} \exp(t \psi(r))\) for every r > 1; here for the
    r with the smallest bound.
    """
    k = np.arange(1.0, 2 * (along + across) * time + 64)
    plus, minus = time * (along + across), time * (along - across)
    radius = np.maximum((k + np.sqrt(np.maximum(k * k + plus * minus, 0.0))) / plus, 1 + 1e-9)
    exponent = -time * along + (plus * radius + minus / radius) / 2 - k * np.log(radius)
    rest = exponent - np.log1p(-1 / radius)
    return int(np.argmax(rest < np.log(_REST))) + 1
