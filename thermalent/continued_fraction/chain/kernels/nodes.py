"""The numba kernel of the block-tridiagonal fraction at several complex s, each in a lane.

Elimination is without pivoting, so that all lanes perform the same operations. How large the
elements below a pivot were, compared with it, shows where that loses digits.
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
    larger,
    minus_product,
    multiplied,
    plus_product,
    put,
)

LANES = (1.0,) * 8  # as many items as there are lanes


class NodeRoom(NamedTuple):
    """Arrays of the elimination: real and imaginary parts of each element, the lanes last.

    Args:
        both: [D | R] of this tier and of the one above, whose right part is D^{-1} B there,
            (2, m, 2 m, 2, lanes).
        k: K, (1, tier0, tier0, 2, lanes).
        nodes: The s, (2, lanes).
        worst: Largest square of an element below a pivot over that of the pivot, (1, lanes).
    """

    both: np.ndarray
    k: np.ndarray
    nodes: np.ndarray
    worst: np.ndarray


def node_room(most: int, tier0_size: int) -> NodeRoom:
    """Space for tiers of at most so many unknowns."""
    lanes = len(LANES)
    return NodeRoom(
        both=aligned(2, most, 2 * most, 2, lanes),
        k=aligned(1, tier0_size, tier0_size, 2, lanes),
        nodes=aligned(2, lanes),
        worst=aligned(1, lanes),
    )


@compiled(error_model="numpy", inline="always")
def _subtract(both, parity, i, j, begin, end, side):
    """The element i, j less the products of i, p and p, j for p from begin to before end."""
    re, im = at(side, both, (parity, i, j, 0)), at(side, both, (parity, i, j, 1))
    for p in range(begin, end):
        a_re, a_im = at(side, both, (parity, i, p, 0)), at(side, both, (parity, i, p, 1))
        b_re, b_im = at(side, both, (parity, p, j, 0)), at(side, both, (parity, p, j, 1))
        re = plus_product(minus_product(re, a_re, b_re), a_im, b_im)
        im = minus_product(minus_product(im, a_re, b_im), a_im, b_re)
    return re, im


@compiled(error_model="numpy", inline="always")
def _solve(both, parity, m, width, worst, side):
    """Replace R by D^{-1} R in [D | R], both[parity], in every lane; returns the worst ratio."""
    one, zero = everywhere(side, 1.0), everywhere(side, 0.0)
    for k in range(m):
        inverse_re, inverse_im, size, below = one, zero, one, zero
        for i in range(k, m):
            re, im = _subtract(both, parity, i, k, 0, k, side)
            put(side, both, (parity, i, k, 0), re)
            put(side, both, (parity, i, k, 1), im)
            square = plus_product(multiplied(re, re), im, im)
            if i == k:  # now, for the other rows need not wait for it
                size = divided(one, square)
                inverse_re = multiplied(re, size)
                inverse_im = minus_product(zero, im, size)
            else:
                below = larger(square, below)
        worst = larger(multiplied(below, size), worst)
        for j in range(k + 1, width):
            re, im = _subtract(both, parity, k, j, 0, k, side)
            turned = plus_product(multiplied(re, inverse_im), im, inverse_re)
            re = minus_product(multiplied(re, inverse_re), im, inverse_im)
            put(side, both, (parity, k, j, 0), re)
            put(side, both, (parity, k, j, 1), turned)
    for k in range(m - 2, -1, -1):
        for j in range(m, width):
            re, im = _subtract(both, parity, k, j, k + 1, m, side)
            put(side, both, (parity, k, j, 0), re)
            put(side, both, (parity, k, j, 1), im)
    return worst


@compiled(error_model="numpy", inline="always")
def _add(target, index, factor, element, side):
    """Add a number times an element, of which real and imaginary part are given, to another."""
    (t, i, j), (e_re, e_im) = index, element
    re, im = everywhere(side, factor.real), everywhere(side, factor.imag)
    total = plus_product(at(side, target, (t, i, j, 0)), re, e_re)
    put(side, target, (t, i, j, 0), minus_product(total, im, e_im))
    total = plus_product(at(side, target, (t, i, j, 1)), re, e_im)
    put(side, target, (t, i, j, 1), plus_product(total, im, e_re))


@compiled(error_model="numpy", inline="always")
def _write(both, parity, block, width, decay, nodes, side):
    """Write s + n rate - A of a tier, and zeros beside it."""
    one, zero = everywhere(side, 1.0), everywhere(side, 0.0)
    for i in range(block.shape[0]):
        for j in range(block.shape[0]):
            put(side, both, (parity, i, j, 0), everywhere(side, -block[i, j].real))
            put(side, both, (parity, i, j, 1), everywhere(side, -block[i, j].imag))
        own = everywhere(side, decay - block[i, i].real)
        put(side, both, (parity, i, i, 0), plus_product(own, at(side, nodes, (0,)), one))
        turned = everywhere(side, -block[i, i].imag)
        put(side, both, (parity, i, i, 1), plus_product(turned, at(side, nodes, (1,)), one))
        for j in range(block.shape[0], width):
            put(side, both, (parity, i, j, 0), zero)
            put(side, both, (parity, i, j, 1), zero)


@compiled(error_model="numpy")
def _fold(a, up, down, rate, last, room, side):
    """Compute K at the nodes of the room, of a chain truncated at tier `last`, from the tail."""
    both, k, nodes, worst = room
    tier0_size, zero, one = k.shape[1], everywhere(side, 0.0), everywhere(side, 1.0)
    ratio = zero
    for n in range(last, 0, -1):
        parity = n % 2
        size, other = a[parity].shape[0], a[1 - parity].shape[0]
        b, c = up[parity], down[parity]
        _write(both, parity, a[parity], size + other, rate * n, nodes, side)
        for t in range(c.row.size if n < last else 0):
            factor = -c.value[t] * np.sqrt(max(0.5 * (n - c.e[t]) + 1.0, 0.0))
            i, q = c.row[t], c.col[t]
            for j in range(size):
                re = at(side, both, (1 - parity, q, other + j, 0))
                im = at(side, both, (1 - parity, q, other + j, 1))
                _add(both, (parity, i, j), factor, (re, im), side)
        for t in range(b.row.size):
            factor = b.value[t] * np.sqrt(0.5 * max(n + b.e[t], 0.0))
            _add(both, (parity, b.row[t], size + b.col[t]), factor, (one, zero), side)
        ratio = _solve(both, parity, size, size + other, ratio, side)
    put(side, worst, (0,), ratio)
    for i in range(tier0_size):
        for j in range(tier0_size):
            put(side, k, (0, i, j, 0), zero)
            put(side, k, (0, i, j, 1), zero)
    c, size = down[0], a[1].shape[0]
    for t in range(c.row.size):
        factor = c.value[t] * np.sqrt(max(1.0 - 0.5 * c.e[t], 0.0))
        for j in range(tier0_size if c.row[t] < tier0_size else 0):
            re = at(side, both, (1, c.col[t], size + j, 0))
            im = at(side, both, (1, c.col[t], size + j, 1))
            _add(k, (0, c.row[t], j), factor, (re, im), side)


@compiled(nogil=True, error_model="numpy")
def evaluate_in_lanes_kernel(a, up, down, rate, nodes, last, sums, worst, room, side):
    """The sum K at each of some nodes s, (n,), into `sums`, (n, tier0, tier0).

    Args:
        a: A of even and odd tiers, complex.
        up: B into even and odd tiers, complex.
        down: C into even and odd tiers, complex.
        rate: Decay of each tier.
        nodes: Complex s, (n,).
        last: The highest tier, at least one.
        sums: Where the sums go.
        worst: Largest square of an element below a pivot over that of the pivot, at each node.
        room: See `NodeRoom`.
        side: `LANES`.
    """
    lanes, size = len(side), sums.shape[1]
    for begin in range(0, nodes.size, lanes):
        for w in range(lanes):
            z = nodes[min(begin + w, nodes.size - 1)]  # the last one fills what is left
            room.nodes[0, w], room.nodes[1, w] = z.real, z.imag
        _fold(a, up, down, rate, last, room, side)
        for w in range(min(lanes, nodes.size - begin)):
            worst[begin + w] = room.worst[0, w]
            for i in range(size):
                for j in range(size):
                    sums[begin + w, i, j] = complex(room.k[0, i, j, 0, w], room.k[0, i, j, 1, w])
