r"""Propagation exp(L t) of a vector by Chebyshev steps; tiers are added as they fill.

$$e^{hL} y = J_0(z)\,\varphi_0 + 2 \sum_{k \ge 1} J_k(z)\,\varphi_k, \qquad z = h\rho, \qquad
  \varphi_{k+1} = \tfrac{2}{\rho} L \varphi_k + \varphi_{k-1}$$

with phi_0 = y and phi_1 = L y / rho. The drive turns much faster than anything decays, so the
spectrum of L lies along the imaginary axis, where this takes the fewest products with L. What
decays makes the phi_k grow; where their terms exceed the vector by a thousand, which costs three
digits of sixteen, the step is halved.

At a time within the step the same phi_k have other coefficients, J_k of a smaller argument, which
vanish earlier. So a step need not end where some unknowns are wanted: these unknowns of every phi_k
are kept.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from scipy import sparse

from thermalent.continued_fraction.dynamics.bessel import bessel_series
from thermalent.continued_fraction.dynamics.stretches import Stretches, alternating_layout
from thermalent.support.machine.compiled import compiled

_REACH = (4.0, 32.0)  # z of a step, at least and at most
_LONGEST = 128.0  # the same where no tiers are added, for a repeated step would be lost
_GROWTH = 1e3  # allowed size of the terms over that of the vector
_BEYOND = 20  # approximate number of products of a step beyond z
_AT_ONCE = 2e8  # multiplications before Python looks for signals: a few tenths of a second
_UNSETTLED = 4  # steps that must not fill the top before they get longer
_KEPT = 2e6  # numbers of the phi_k that are kept at once
_EPS = float(np.finfo(float).eps)
_NONE = np.zeros(0)


class Propagator:
    """The propagator exp(L t) of one sparse L, real or complex.

    Args:
        matrix: L.
        factor: By which the bound of its norm is enlarged, for steps of another length.
        offsets: Position of each tier, and the size, if it is a matrix of tiers. Only unknowns of
            whole tiers can then be advanced.
        alike: Another one, whose matrix mostly has its elements in the same places.
    """

    def __init__(
        self,
        matrix: sparse.csr_array,
        factor: float = 1.0,
        offsets: np.ndarray | None = None,
        alike: Propagator | None = None,
    ) -> None:
        self.matrix = matrix = sparse.csr_array(matrix)
        count, size = matrix.shape[0], np.abs(matrix.data)
        # sqrt(|L|_1 |L|_inf) bounds the 2-norm; of the first so many unknowns, cumulatively.
        row_of = np.repeat(np.arange(count), np.diff(matrix.indptr))
        columns = np.maximum.accumulate(np.bincount(matrix.indices, size, count))
        rows = np.maximum.accumulate(np.bincount(row_of, size, count))
        self.norm = factor * np.sqrt(columns) * np.sqrt(rows)
        self.damping = np.maximum.accumulate(np.abs(self.matrix.diagonal()))
        self.rounding = 0.0  # rounding error of the last `advance`, a standard deviation
        self.between = np.zeros((0, 0))  # what the last `advance` read at its marks
        self._settled = 0  # unknowns with which the last one did not fill the top
        self.layout: Stretches | None = None
        if alike is not None and alike.layout is not None and _same_places(matrix, alike.matrix):
            self.layout = alike.layout.with_elements(matrix.data)
        elif offsets is not None:
            self.layout = alternating_layout(matrix, offsets)

    def cost(self, time: float, active: int) -> float:
        """Approximate number of multiplications to advance the first so many unknowns by a time."""
        products = time * products_per_time(self.norm[active - 1], self.damping[active - 1])
        return products * (int(self.matrix.indptr[active]) + 4 * active)

    def advance(
        self,
        y: np.ndarray,
        time: float,
        active: int,
        top: int,
        limit: float,
        marks: np.ndarray = _NONE,
        read: int = 0,
    ) -> tuple[float, bool]:
        """Advance y in place by up to `time`, holding y[active:] at zero.

        At most about half a second of work, so that the caller can handle signals in between.
        `between` holds what was read at those of the marks that were passed, (m, read).

        Args:
            y: The vector, (size,).
            time: The largest time of the advance.
            active: Unknowns in use.
            top: Number of unknowns below `active` that count as the top.
            limit: Stop before the step in which the norm of the top would exceed this.
            marks: Increasing times > 0 at which to read unknowns.
            read: How many of the first unknowns.

        Returns:
            The time that was advanced, and whether the top was full.
        """
        self.rounding, norm = 0.0, float(self.norm[active - 1])
        if norm == 0.0:
            self.between = np.tile(y[:read], (len(marks), 1))
            return time, False
        settled = active == self._settled
        reach = _reach(norm, float(self.damping[active - 1]), settled=settled)
        each = int(self.matrix.indptr[active]) + 4 * active
        take, place, x = self._steps(y, active)
        while True:
            steps = max(1, int(np.ceil(time * norm / reach)))
            coefficients = bessel_series(time / steps * norm)
            now = min(steps, max(1, int(_AT_ONCE / (each * coefficients.size))))
            if not settled:
                now = min(now, _UNSETTLED)
            if read:
                now = min(now, max(1, int(_KEPT / (read * coefficients.size))))
            kept = np.zeros((now, coefficients.size, read), dtype=y.dtype)
            done, full, rounding = take(
                norm, coefficients, now, place[active - top :], limit, _GROWTH, place[:read], kept
            )
            if done > 0 or full:
                self.rounding, self._settled = rounding, 0 if full else active
                self.between = _between(kept[:done], marks, time / steps, norm)
                y[:active] = x[place]
                return time * done / steps, full
            reach /= 2

    def _steps(
        self, y: np.ndarray, active: int
    ) -> tuple[Callable[..., tuple[int, bool, float]], np.ndarray, np.ndarray]:
        """A function that takes steps of the first so many unknowns.

        Also where they stand in the vector that it changes, and that vector.
        """
        matrix, layout = self.matrix, self.layout
        if layout is None:
            product = np.zeros((0, 4), dtype=np.int64), matrix.data[:0]
            # Long integers, as scipy mostly has: for short ones the kernel would be compiled again.
            places = (at.astype(np.int64, copy=False) for at in (matrix.indptr, matrix.indices))
            elements = *places, matrix.data
            x, place, spans = y.copy(), np.arange(active), np.array([[0, active]])
            x[active:] = 0
            return partial(take_steps, (*product, *elements), spans, x), place, x
        # As long as all tiers need: the elements of the highest one read zeros of the next.
        place = layout.place[:active]
        if y.dtype == layout.data.dtype == np.float64:
            rows = layout.rows(active)
            rows.x[place] = y[:active]
            return rows.take, place, rows.x
        x, spans = layout.vector(y.dtype), layout.spans(active)
        x[place] = y[:active]
        rest = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), matrix.data[:0]
        product = layout.runs(active), layout.data.ravel()
        return partial(take_steps, (*product, *rest), spans, x), place, x


def _same_places(one: sparse.csr_array, other: sparse.csr_array) -> bool:
    """Whether the elements of two matrices stand in the same places, in the same order."""
    rows = np.array_equal(one.indptr, other.indptr)
    return rows and np.array_equal(one.indices, other.indices)


def products_per_time(norm: float, damping: float) -> float:
    """Approximate number of products with L per time, from its norm and its largest decay rate."""
    return float(norm * (1 + _BEYOND / _reach(norm, damping, settled=True)))


def _reach(norm: float, damping: float, *, settled: bool) -> float:
    """The z of a step: the phi_k grow like exp(k damping / norm), up to k of about z + 15.

    By up to exp(7), a thousand, for the sake of steps that are not too short, and by up to exp(3)
    in those that are longer because no tiers are added.
    """
    rate = norm / max(damping, 1e-300)
    shorter = min(max(7 * rate - 15, _REACH[0]), _REACH[1])
    return max(shorter, min(3 * rate - 15, _LONGEST)) if settled else shorter


def _between(kept: np.ndarray, marks: np.ndarray, length: float, norm: float) -> np.ndarray:
    """The unknowns that were kept at the marks within the steps taken, (m, unknowns).

    Args:
        kept: Of the phi_k of each step, (steps, k, unknowns).
        marks: Increasing times since the first step began.
        length: Time of a step.
        norm: The bound of the norm of L.
    """
    found = []
    for mark in marks[marks <= len(kept) * length * (1 + 1e-12)].tolist():
        step = min(int(mark / length), len(kept) - 1)
        coefficients = bessel_series((mark - step * length) * norm)[: kept.shape[1]]
        found.append(coefficients @ kept[step, : len(coefficients)])
    return np.array(found).reshape(len(found), kept.shape[2])


@compiled(error_model="numpy", fastmath={"contract"})
def take_steps(product, spans, y, norm, coefficients, steps, top, limit, growth, read, kept):
    """Take up to `steps` steps.

    Returns how many were taken, whether the top was full, and the rounding: each step loses eps of
    its largest term, one independently of the other.

    Args:
        product: Runs of elements (where each adds, reads, finds its elements, and how many there
            are) and their data, or else the sparse matrix by rows; the other one is empty.
        spans: Where the unknowns in use stand, (s, 2).
        y: The vector, changed in place.
        norm: The bound of the norm of L.
        coefficients: See `bessel_series`.
        steps: How many steps at most.
        top: Places of the unknowns of the top.
        limit: Largest size of the top.
        growth: Largest size of the terms over that of the vector.
        read: Places of the unknowns of which the phi_k are kept.
        kept: Where, (steps, k, unknowns).
    """
    before, now, total = np.zeros_like(y), np.zeros_like(y), np.zeros_like(y)
    image, squares = np.zeros_like(y), np.zeros(y.size)
    used, rounding = spans[-1, 1], 0.0
    for n in range(steps):
        largest, term = 0.0, 0.0
        for i in range(used):
            before[i] = 0 * y[0]
            now[i] = y[i]
            total[i] = coefficients[0] * y[i]
            squares[i] = coefficients[0] ** 2 * _square(y[i])
            largest = max(largest, _square(y[i]))
        for i in range(read.size):
            kept[n, 0, i] = y[read[i]]
        for k in range(1, coefficients.size):
            _multiply(product, spans, now, image)
            factor = (1.0 if k == 1 else 2.0) / norm
            for s in range(spans.shape[0]):
                # Unsigned, so that the compiler knows that no index is negative.
                for i in range(np.uint64(spans[s, 0]), np.uint64(spans[s, 1])):
                    before[i] += factor * image[i]
                    total[i] += coefficients[k] * before[i]
                    square = coefficients[k] ** 2 * _square(before[i])
                    squares[i] = square if square > squares[i] else squares[i]
            before, now = now, before
            for i in range(read.size):
                kept[n, k, i] = now[read[i]]
        for i in range(used):
            term = max(term, squares[i])
        if not term <= growth**2 * largest:
            return n, False, np.sqrt(rounding)
        for i in top:
            if abs(total[i]) > limit:
                return n, True, np.sqrt(rounding)
        rounding += _EPS**2 * term
        for i in range(used):
            y[i] = total[i]
    return steps, False, np.sqrt(rounding)


@compiled(error_model="numpy", fastmath={"contract"})
def _multiply(product, spans, x, image):
    """Write L x into `image`."""
    runs, values, indptr, indices, data = product
    for s in range(spans.shape[0]):
        for i in range(spans[s, 0], spans[s, 1]):
            image[i] = 0 * x[0]
    for r in range(runs.shape[0]):
        # Unsigned, so that the compiler knows that no index is negative.
        target, source = np.uint64(runs[r, 0]), np.uint64(runs[r, 1])
        first, many = np.uint64(runs[r, 2]), np.uint64(runs[r, 3])
        for n in range(many):
            image[target + n] += values[first + n] * x[source + n]
    if indptr.size > 0:
        for i in range(spans[0, 0], spans[0, 1]):
            for p in range(indptr[i], indptr[i + 1]):
                image[i] += data[p] * x[indices[p]]  # zero beyond the active ones


@compiled(error_model="numpy", fastmath={"contract"})
def _square(value):
    """Squared absolute value."""
    return value.real * value.real + value.imag * value.imag
