"""The numba kernel of Chebyshev steps with a real matrix of stretches, several tiers per vector.

Of every stretch a few vectors are worked out at a time and stay in registers: the product with L,
the next phi and its term of the sum. The operations of every unknown, and their order, are those of
`chebyshev.take_steps`: the results are the same to the bit.
"""

from __future__ import annotations

import numpy as np

from thermalent.support.machine.compiled import compiled
from thermalent.support.vectors import (
    everywhere,
    following,
    larger,
    multiplied,
    plus_product,
    put_following,
)

# As many items as a vector has numbers. Stretches have whole vectors of numbers, and one is left
# free before the first and behind the last of them, for what is read next to a stretch.
ROW = (1.0,) * 8
_AT_ONCE = 4  # vectors that are worked out side by side, so that sums do not wait for each other
_EPS = float(np.finfo(float).eps)


@compiled(error_model="numpy", inline="always")
def _finish(place, image, arrays, largest, numbers, side):
    """The next phi of some unknowns and its term; returns the largest squares of the terms."""
    (_, before, total), (factor, coefficient, square) = arrays, numbers
    phi = plus_product(following(side, before, (place,)), factor, image)
    put_following(side, before, (place,), phi)
    term = plus_product(following(side, total, (place,)), coefficient, phi)
    put_following(side, total, (place,), term)
    return larger(multiplied(square, multiplied(phi, phi)), largest)


@compiled(error_model="numpy", inline="always")
def _next_phi(layout, spans, arrays, largest, numbers, side):
    """Write the next phi over the last but one, for all unknowns in use, and add its term.

    Returns the largest squares of the terms so far.
    """
    (runs, ends, data, masks), (now, _, _) = layout, arrays
    zero, vector = everywhere(side, 0.0), len(side)
    for s in range(spans.shape[0]):
        place, end, offset = spans[s, 0], spans[s, 1], 0
        while place + _AT_ONCE * vector < end:
            x0, x1, x2, x3 = zero, zero, zero, zero
            for r in range(ends[s], ends[s + 1]):
                source, element = place + runs[r, 0], runs[r, 1] + offset
                y0 = following(side, now, (source,))
                y1 = following(side, now, (source + vector,))
                y2 = following(side, now, (source + 2 * vector,))
                y3 = following(side, now, (source + 3 * vector,))
                x0 = plus_product(x0, following(side, data, (element,)), y0)
                x1 = plus_product(x1, following(side, data, (element + vector,)), y1)
                x2 = plus_product(x2, following(side, data, (element + 2 * vector,)), y2)
                x3 = plus_product(x3, following(side, data, (element + 3 * vector,)), y3)
            largest = _finish(place, x0, arrays, largest, numbers, side)
            largest = _finish(place + vector, x1, arrays, largest, numbers, side)
            largest = _finish(place + 2 * vector, x2, arrays, largest, numbers, side)
            largest = _finish(place + 3 * vector, x3, arrays, largest, numbers, side)
            place, offset = place + _AT_ONCE * vector, offset + _AT_ONCE * vector
        while place < end:
            x0 = zero
            for r in range(ends[s], ends[s + 1]):
                y0 = following(side, now, (place + runs[r, 0],))
                x0 = plus_product(x0, following(side, data, (runs[r, 1] + offset,)), y0)
            if place + vector > end:  # what is beyond the tiers in use stays zero
                x0 = multiplied(x0, following(side, masks, (s, 0)))
            largest = _finish(place, x0, arrays, largest, numbers, side)
            place, offset = place + vector, offset + vector
    return largest


@compiled(nogil=True, error_model="numpy")
def take_steps_in_rows(
    layout, spans, y, norm, coefficients, steps, top, limit, growth, read, kept, room, side
):
    """Take up to `steps` steps: see `chebyshev.take_steps`.

    Args:
        layout: Where each run reads, relative to where it adds, and where its elements begin,
            (t, 2); the runs of each stretch, (s + 1,); all elements; ones for the unknowns in use
            of the last vector of each stretch, (s, row).
        spans: Where the unknowns in use stand, (s, 2).
        y: The vector, changed in place; zero where no unknown in use stands.
        norm: The bound of the norm of L.
        coefficients: See `bessel_series`.
        steps: How many steps at most.
        top: Places of the unknowns of the top.
        limit: Largest size of the top.
        growth: Largest size of the terms over that of the vector.
        read: Places of the unknowns of which the phi_k are kept.
        kept: Where, (steps, k, unknowns).
        room: Zeros for three more vectors, (3, size), and one for a row, (row,).
        side: `ROW`.
    """
    before, now, total, row = room
    vector, rounding = len(side), 0.0
    for n in range(steps):
        first, largest = everywhere(side, coefficients[0]), everywhere(side, 0.0)
        size = everywhere(side, 0.0)
        square = everywhere(side, coefficients[0] ** 2)
        for s in range(spans.shape[0]):
            for place in range(spans[s, 0], spans[s, 1], vector):
                x = following(side, y, (place,))
                put_following(side, before, (place,), everywhere(side, 0.0))
                put_following(side, now, (place,), x)
                put_following(side, total, (place,), multiplied(first, x))
                size = larger(multiplied(x, x), size)
                largest = larger(multiplied(square, multiplied(x, x)), largest)
        for i in range(read.size):
            kept[n, 0, i] = y[read[i]]
        for k in range(1, coefficients.size):
            numbers = (
                everywhere(side, (1.0 if k == 1 else 2.0) / norm),
                everywhere(side, coefficients[k]),
                everywhere(side, coefficients[k] ** 2),
            )
            arrays = now, before, total
            largest = _next_phi(layout, spans, arrays, largest, numbers, side)
            before, now = now, before
            for i in range(read.size):
                kept[n, k, i] = now[read[i]]
        term, whole = 0.0, 0.0
        put_following(side, row, (0,), largest)
        for i in range(vector):
            term = max(term, row[i])
        put_following(side, row, (0,), size)
        for i in range(vector):
            whole = max(whole, row[i])
        if not term <= growth**2 * whole:
            return n, False, np.sqrt(rounding)
        for i in top:
            if abs(total[i]) > limit:
                return n, True, np.sqrt(rounding)
        rounding += _EPS**2 * term
        for s in range(spans.shape[0]):
            for place in range(spans[s, 0], spans[s, 1], vector):
                put_following(side, y, (place,), following(side, total, (place,)))
    return steps, False, np.sqrt(rounding)
