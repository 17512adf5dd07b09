r"""Numba kernels for the resolvent of a chain at several complex frequencies, a lane each.

$$M x = b, \quad M^T y = r, \qquad M = z - L$$

are solved by elimination of the highest tier first, without pivoting, so that all lanes perform the
same operations. What that loses is measured: the residual b - M x, which y turns into its share of
r x. Numbers are pairs of real and imaginary parts, the first axis of every array in `LaneRoom`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from thermalent.support.machine.compiled import compiled
from thermalent.support.vectors import (
    aligned,
    at,
    divided,
    everywhere,
    minus_product,
    multiplied,
    plus_product,
    put,
)

SIDE = (1.0,) * 8  # as many items as there are lanes


class LaneRoom(NamedTuple):
    """Arrays of the elimination, the lanes last.

    Args:
        inverse: Of the block that is left of each tier, (2, tiers, m, m, lanes).
        right: b, (2, tiers, m, lanes), with what the tiers above add to it.
        left: r, likewise.
        x: The solution, (2, tiers, m, lanes).
        y: That of the transposed equation, likewise.
        work: One tier, (2, 1, m, lanes).
        sizes: Absolute values of x and y, (2, tiers, m, lanes).
        left_sizes: Absolute values of a residual, (1, 1, m, lanes).
        terms: The sizes of its terms, (m, lanes).
        node: Real and imaginary part of z, and its absolute value, (3, lanes).
    """

    inverse: np.ndarray
    right: np.ndarray
    left: np.ndarray
    x: np.ndarray
    y: np.ndarray
    work: np.ndarray
    sizes: np.ndarray
    left_sizes: np.ndarray
    terms: np.ndarray
    node: np.ndarray


def lane_room(tiers: int, m: int) -> LaneRoom:
    """Space for so many tiers of at most m unknowns."""
    lanes = len(SIDE)
    right, left, x, y, sizes = (aligned(2, tiers, m, lanes) for _ in range(5))
    return LaneRoom(
        inverse=aligned(2, tiers, m, m, lanes),
        right=right,
        left=left,
        x=x,
        y=y,
        work=aligned(2, 1, m, lanes),
        sizes=sizes,
        left_sizes=aligned(1, 1, m, lanes),
        terms=aligned(m, lanes),
        node=aligned(3, lanes),
    )


@compiled(error_model="numpy")
def _add(target, n, i, weight, source, k, j, side):
    """Add weight * source[k, j] to target[n, i]."""
    re, im = everywhere(side, weight.real), everywhere(side, weight.imag)
    s_re, s_im = at(side, source, (0, k, j)), at(side, source, (1, k, j))
    total = plus_product(at(side, target, (0, n, i)), re, s_re)
    put(side, target, (0, n, i), minus_product(total, im, s_im))
    total = plus_product(at(side, target, (1, n, i)), re, s_im)
    put(side, target, (1, n, i), plus_product(total, im, s_re))


@compiled(error_model="numpy")
def _invert(block, n, m, side):
    """Invert block[:, n], (m, m) in every lane, in place."""
    one, zero = everywhere(side, 1.0), everywhere(side, 0.0)
    for k in range(m):
        re, im = at(side, block, (0, n, k, k)), at(side, block, (1, n, k, k))
        size = plus_product(multiplied(re, re), im, im)
        re, im = divided(re, size), minus_product(zero, divided(im, size), one)
        put(side, block, (0, n, k, k), one)
        put(side, block, (1, n, k, k), zero)
        for j in range(m):
            b_re, b_im = at(side, block, (0, n, k, j)), at(side, block, (1, n, k, j))
            put(side, block, (0, n, k, j), minus_product(multiplied(b_re, re), b_im, im))
            put(side, block, (1, n, k, j), plus_product(multiplied(b_re, im), b_im, re))
        for i in range(m):
            if i == k:
                continue
            re, im = at(side, block, (0, n, i, k)), at(side, block, (1, n, i, k))
            put(side, block, (0, n, i, k), zero)
            put(side, block, (1, n, i, k), zero)
            for j in range(m):
                b_re, b_im = at(side, block, (0, n, k, j)), at(side, block, (1, n, k, j))
                total = minus_product(at(side, block, (0, n, i, j)), re, b_re)
                put(side, block, (0, n, i, j), plus_product(total, im, b_im))
                total = minus_product(at(side, block, (1, n, i, j)), re, b_im)
                put(side, block, (1, n, i, j), minus_product(total, im, b_re))


@compiled(error_model="numpy")
def _apply(target, inverse, source, n, k, m, transposed, side):
    """Add inverse[n] times source[k], or its transpose times that, to target[n]."""
    for i in range(m):
        t_re, t_im = at(side, target, (0, n, i)), at(side, target, (1, n, i))
        for j in range(m):
            p, q = (j, i) if transposed else (i, j)
            re, im = at(side, inverse, (0, n, p, q)), at(side, inverse, (1, n, p, q))
            s_re, s_im = at(side, source, (0, k, j)), at(side, source, (1, k, j))
            t_re = minus_product(plus_product(t_re, re, s_re), im, s_im)
            t_im = plus_product(plus_product(t_im, re, s_im), im, s_re)
        put(side, target, (0, n, i), t_re)
        put(side, target, (1, n, i), t_im)


@compiled(error_model="numpy")
def _raised(up, t, n):
    """The element t of B into tier n."""
    return up.value[t] * np.sqrt(0.5 * max(n + up.e[t], 0.0))


@compiled(error_model="numpy")
def _lowered(down, t, n):
    """The element t of C into tier n."""
    return down.value[t] * np.sqrt(max(0.5 * (n - down.e[t]) + 1.0, 0.0))


@compiled(error_model="numpy")
def _begin(a, rate, n, m, room, start, row, side):
    """Write the block of tier n, and its parts of b and r; zeros where the solutions go."""
    zero = everywhere(side, 0.0)
    for i in range(m):
        for j in range(m):
            put(side, room.inverse, (0, n, i, j), everywhere(side, -a[i, j].real))
            put(side, room.inverse, (1, n, i, j), everywhere(side, -a[i, j].imag))
        one = everywhere(side, 1.0)
        damped = everywhere(side, rate * n - a[i, i].real)
        damped = plus_product(damped, at(side, room.node, (0,)), one)
        turned = plus_product(everywhere(side, -a[i, i].imag), at(side, room.node, (1,)), one)
        put(side, room.inverse, (0, n, i, i), damped)
        put(side, room.inverse, (1, n, i, i), turned)
        put(side, room.right, (0, n, i), everywhere(side, start[n, i].real))
        put(side, room.right, (1, n, i), everywhere(side, start[n, i].imag))
        put(side, room.left, (0, n, i), everywhere(side, row[n, i].real))
        put(side, room.left, (1, n, i), everywhere(side, row[n, i].imag))
        for part in range(2):
            put(side, room.x, (part, n, i), zero)
            put(side, room.y, (part, n, i), zero)


@compiled(error_model="numpy")
def _eliminate(chain, tier0_size, start, row, room, side):
    """Eliminate all tiers from the highest down; x and y are then those without the tiers below."""
    a, up, down, rate = chain
    last = start.shape[0] - 1
    for n in range(last, -1, -1):
        m = a[n % 2].shape[0] if n > 0 else tier0_size
        _begin(a[n % 2], rate, n, m, room, start, row, side)
        if n < last:
            c, b = down[n % 2], up[1 - n % 2]
            raised = np.zeros(b.row.size, dtype=np.complex128)
            for t in range(b.row.size):
                raised[t] = _raised(b, t, n + 1)
            for s in range(c.row.size):
                i, q = c.row[s], c.col[s]
                if i >= m:
                    continue
                lowered = _lowered(c, s, n)
                _add(room.right, n, i, lowered, room.x, n + 1, q, side)
                for t in range(b.row.size):
                    k, j = b.row[t], b.col[t]
                    if j < m:
                        weight = lowered * raised[t]
                        re, im = everywhere(side, weight.real), everywhere(side, weight.imag)
                        s_re = at(side, room.inverse, (0, n + 1, q, k))
                        s_im = at(side, room.inverse, (1, n + 1, q, k))
                        total = minus_product(at(side, room.inverse, (0, n, i, j)), re, s_re)
                        put(side, room.inverse, (0, n, i, j), plus_product(total, im, s_im))
                        total = minus_product(at(side, room.inverse, (1, n, i, j)), re, s_im)
                        put(side, room.inverse, (1, n, i, j), minus_product(total, im, s_re))
            for t in range(b.row.size):
                if b.col[t] < m:
                    _add(room.left, n, b.col[t], raised[t], room.y, n + 1, b.row[t], side)
        _invert(room.inverse, n, m, side)
        _apply(room.x, room.inverse, room.right, n, n, m, False, side)
        _apply(room.y, room.inverse, room.left, n, n, m, True, side)


@compiled(error_model="numpy")
def _climb(chain, tier0_size, last, room, side):
    """Add to x and y of each tier what the tier below sends up."""
    a, up, down, _ = chain
    zero = everywhere(side, 0.0)
    for n in range(1, last + 1):
        m, m_below = a[n % 2].shape[0], tier0_size if n == 1 else a[1 - n % 2].shape[0]
        b, c = up[n % 2], down[1 - n % 2]
        for i in range(m):
            put(side, room.work, (0, 0, i), zero)
            put(side, room.work, (1, 0, i), zero)
        for t in range(b.row.size):
            if b.col[t] < m_below:
                _add(room.work, 0, b.row[t], _raised(b, t, n), room.x, n - 1, b.col[t], side)
        _apply(room.x, room.inverse, room.work, n, 0, m, False, side)
        for i in range(m):
            put(side, room.work, (0, 0, i), zero)
            put(side, room.work, (1, 0, i), zero)
        for t in range(c.row.size):
            if c.row[t] < m_below:
                lowered = _lowered(c, t, n - 1)
                _add(room.work, 0, c.col[t], lowered, room.y, n - 1, c.row[t], side)
        _apply(room.y, room.inverse, room.work, n, 0, m, True, side)


@compiled(error_model="numpy")
def _measure(numbers, sizes, part, n, m):
    """Write the absolute values of numbers[:, n]."""
    for i in range(m):
        for w in range(sizes.shape[3]):
            re, im = numbers[0, n, i, w], numbers[1, n, i, w]
            sizes[part, n, i, w] = np.sqrt(re * re + im * im)


@compiled(error_model="numpy")
def _residual(chain, n, m, m_below, last, start, room, side):
    """Write b - M x of tier n into `work`, and |M| |x| into the second part of its sizes."""
    a, up, down, rate = chain
    b, c, block = up[n % 2], down[n % 2], a[n % 2]
    one, decay, omega = everywhere(side, 1.0), everywhere(side, rate * n), at(side, room.node, (1,))
    damped = plus_product(decay, at(side, room.node, (0,)), one)
    own = plus_product(decay, at(side, room.node, (2,)), one)
    for i in range(m):
        re, im = at(side, room.x, (0, n, i)), at(side, room.x, (1, n, i))
        total = minus_product(everywhere(side, start[n, i].real), damped, re)
        put(side, room.work, (0, 0, i), plus_product(total, omega, im))
        total = minus_product(everywhere(side, start[n, i].imag), damped, im)
        put(side, room.work, (1, 0, i), minus_product(total, omega, re))
        weight = multiplied(own, at(side, room.sizes, (0, n, i)))
        for j in range(m):
            _add(room.work, 0, i, block[i, j], room.x, n, j, side)
            size = everywhere(side, np.sqrt(_square(block[i, j])))
            weight = plus_product(weight, size, at(side, room.sizes, (0, n, j)))
        put(side, room.terms, (i,), weight)
    for t in range(b.row.size):
        if n > 0 and b.col[t] < m_below:
            _couple(room, b.row[t], _raised(b, t, n), n - 1, b.col[t], side)
    for t in range(c.row.size):
        if n < last and c.row[t] < m:
            _couple(room, c.row[t], _lowered(c, t, n), n + 1, c.col[t], side)


@compiled(error_model="numpy")
def _couple(room, i, element, n, j, side):
    """Add what an element of L makes of x[n, j] to a residual, and its size to the terms."""
    _add(room.work, 0, i, element, room.x, n, j, side)
    size, total = everywhere(side, np.sqrt(_square(element))), at(side, room.terms, (i,))
    put(side, room.terms, (i,), plus_product(total, size, at(side, room.sizes, (0, n, j))))


@compiled(error_model="numpy")
def _square(value):
    """Squared absolute value."""
    return value.real * value.real + value.imag * value.imag


@compiled(error_model="numpy")
def _judge(chain, tier0_size, start, size, row, room, found, place, side):
    """Sum up r x + y (b - M x), and the sizes of what may be wrong with it, into found[place]."""
    a, last = chain[0], start.shape[0] - 1
    for n in range(last + 1):
        m = a[n % 2].shape[0] if n > 0 else tier0_size
        _measure(room.x, room.sizes, 0, n, m)
        _measure(room.y, room.sizes, 1, n, m)
    for n in range(last + 1):
        m = a[n % 2].shape[0] if n > 0 else tier0_size
        m_below = tier0_size if n == 1 else a[1 - n % 2].shape[0]
        _residual(chain, n, m, m_below, last, start, room, side)
        _measure(room.work, room.left_sizes, 0, 0, m)
        for i in range(m):
            _add(found, place, 0, row[n, i], room.x, n, i, side)
            re, im = at(side, room.y, (0, n, i)), at(side, room.y, (1, n, i))
            r_re, r_im = at(side, room.work, (0, 0, i)), at(side, room.work, (1, 0, i))
            total = plus_product(at(side, found, (0, place, 0)), re, r_re)
            put(side, found, (0, place, 0), minus_product(total, im, r_im))
            total = plus_product(at(side, found, (1, place, 0)), re, r_im)
            put(side, found, (1, place, 0), plus_product(total, im, r_re))
            weight = at(side, room.sizes, (1, n, i))
            missed, terms = at(side, room.left_sizes, (0, 0, i)), at(side, room.terms, (i,))
            begun = everywhere(side, size[n, i])
            total = at(side, found, (0, place, 1))
            put(side, found, (0, place, 1), plus_product(total, weight, missed))
            total = at(side, found, (1, place, 1))
            put(side, found, (1, place, 1), plus_product(total, weight, begun))
            total = at(side, found, (0, place, 2))
            put(side, found, (0, place, 2), plus_product(total, weight, terms))


@compiled(nogil=True, error_model="numpy")
def fill_resolvents(chain, tier0_size, start, size, row, nodes, room, found, side):
    """The numbers of `found` at every z.

    Args:
        chain: A of even and odd tiers, the bands of B and C into them, and the rate per tier.
        tier0_size: Unknowns of tier 0.
        start: b, (tiers, m).
        size: Sizes of the terms of b, (tiers, m).
        row: r, (tiers, m).
        nodes: The z, (w,).
        room: See `LaneRoom`.
        found: Zeros, (2, groups of lanes, 3, lanes). Of r x, improved by its residual, real and
            imaginary part; then |y| |b - M x| and |y| size; then |y| |M| |x|.
        side: `SIDE`.
    """
    lanes, last = len(side), start.shape[0] - 1
    for place in range(found.shape[1]):
        for w in range(lanes):
            z = nodes[min(place * lanes + w, nodes.size - 1)]
            room.node[0, w], room.node[1, w], room.node[2, w] = z.real, z.imag, abs(z)
        _eliminate(chain, tier0_size, start, row, room, side)
        _climb(chain, tier0_size, last, room, side)
        _judge(chain, tier0_size, start, size, row, room, found, place, side)
