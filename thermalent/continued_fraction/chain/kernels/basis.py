"""Numba kernels from superoperators of small emitters to the matrices of their tiers."""

from __future__ import annotations

import numpy as np

from thermalent.support.machine.compiled import compiled
from thermalent.support.vectors import (
    everywhere,
    following,
    minus_product,
    plus_product,
    put_following,
    spread,
)

# An entry this much smaller than what it was summed from is the rounding of a sum that cancels.
_EPS = float(np.finfo(float).eps)
_ROUNDING = 4 * _EPS


_SIDE = (1.0,) * 8  # numbers of a row that are summed at a time


def row_length(n: int) -> int:
    """The length of rows with at least n numbers that vectors fill."""
    return -(-n // len(_SIDE)) * len(_SIDE)


@compiled(allocates=False, nogil=True, error_model="numpy")
def to_basis(superoperator, places, basis, span, missing, matrix, size, room):
    r"""A superoperator in a basis, and what every element was summed from.

    $$M = U^\dagger S U, \qquad |U|^T (|S| + \mathrm{diag}(m)) |U|$$

    All rows but those of S are as long as `row_length` says, with zeros at their ends.

    Args:
        superoperator: S, (n, n) complex.
        places: Rows and columns of its elements that may not be zero, and of those where m may not
            be, row by row, (2, t).
        basis: Real part, imaginary part and modulus of U, (3, n, row).
        span: For each row of U, the columns from which on and up to which it may have elements.
        missing: m, (n,): see `_missing_sums`.
        matrix: Where real and imaginary part of M go, (2, n, row), or the real part alone,
            (1, n, row).
        size: Where the sums of absolute values go, (1, n, row).
        room: Space for real and imaginary part of S U, and |S| |U|, (3, n, row); for real part,
            imaginary part and size of the elements of S, row by row, (3, n^2); for their columns,
            where those of each row begin, and where those of the last one end, from which column
            on the rows of S U have elements, and up to which, (4, n^2 + 1).
    """
    n, row, each, zero = basis.shape[1], basis.shape[2], len(_SIDE), everywhere(_SIDE, 0.0)
    half, terms, lists = room
    column, first, begin, end = lists[0], lists[1], lists[2], lists[3]
    _list_terms(superoperator, places, span, missing, room)
    for i in range(n):
        for j in range(0, row, each):
            x, y, z = zero, zero, zero
            if begin[i] <= j < end[i]:
                for t in range(first[i], first[i + 1]):
                    l, real = column[t], spread(_SIDE, terms, (0, t))
                    imaginary = spread(_SIDE, terms, (1, t))
                    u, v = following(_SIDE, basis, (0, l, j)), following(_SIDE, basis, (1, l, j))
                    x = minus_product(plus_product(x, real, u), imaginary, v)
                    y = plus_product(plus_product(y, real, v), imaginary, u)
                    most = spread(_SIDE, terms, (2, t))
                    z = plus_product(z, most, following(_SIDE, basis, (2, l, j)))
            put_following(_SIDE, half, (0, i, j), x)
            put_following(_SIDE, half, (1, i, j), y)
            put_following(_SIDE, half, (2, i, j), z)
    for i in range(n):
        used, low, high = 0, row, 0
        for l in range(n):  # without a branch, which would be guessed wrongly again and again
            column[used] = l
            used += int((basis[2, l, i] != 0.0) & (begin[l] < end[l]))
        for t in range(used):
            low, high = min(low, begin[column[t]]), max(high, end[column[t]])
        for j in range(0, row, each):
            x, y, z = zero, zero, zero
            if low <= j < high:
                for t in range(used):
                    l = column[t]
                    real = spread(_SIDE, basis, (0, l, i))
                    imaginary = spread(_SIDE, basis, (1, l, i))
                    u, v = following(_SIDE, half, (0, l, j)), following(_SIDE, half, (1, l, j))
                    x = plus_product(plus_product(x, real, u), imaginary, v)
                    if matrix.shape[0] == 2:
                        y = minus_product(plus_product(y, real, v), imaginary, u)
                    most = spread(_SIDE, basis, (2, l, i))
                    z = plus_product(z, most, following(_SIDE, half, (2, l, j)))
            put_following(_SIDE, matrix, (0, i, j), x)
            if matrix.shape[0] == 2:
                put_following(_SIDE, matrix, (1, i, j), y)
            put_following(_SIDE, size, (0, i, j), z)


@compiled(allocates=False, error_model="numpy", forceinline=True)
def _list_terms(superoperator, places, span, missing, room):
    """List the elements of a superoperator row by row: see `to_basis`."""
    _, terms, lists = room
    column, first, begin, end = lists[0], lists[1], lists[2], lists[3]
    n, each, found, t = superoperator.shape[0], len(_SIDE), 0, 0
    for i in range(n):
        first[i], begin[i], end[i] = found, n, 0
        while t < places.shape[1] and places[0, t] == i:
            l = places[1, t]
            real, imaginary = superoperator[i, l].real, superoperator[i, l].imag
            extra = missing[i] if i == l else 0.0
            if real != 0.0 or imaginary != 0.0 or extra != 0.0:
                terms[0, found], terms[1, found] = real, imaginary
                terms[2, found] = _modulus(real, imaginary) + extra
                column[found] = l
                begin[i] = min(begin[i], span[0, l] // each * each)
                end[i] = max(end[i], span[1, l])
                found += 1
            t += 1
    first[n] = found


@compiled(allocates=False, error_model="numpy", forceinline=True)
def _modulus(real, imaginary):
    """|z|, mostly of real or imaginary numbers."""
    if real == 0.0 or imaginary == 0.0:
        return abs(real) + abs(imaginary)
    return np.hypot(real, imaginary)


@compiled(allocates=False, nogil=True, error_model="numpy")
def parts(basis, out):
    """Real part, imaginary part and modulus of a matrix, into out (3, n, row): see `to_basis`."""
    n = basis.shape[0]
    for i in range(n):
        for j in range(n):
            out[0, i, j], out[1, i, j] = basis[i, j].real, basis[i, j].imag
            out[2, i, j] = _modulus(out[0, i, j], out[1, i, j])
        for j in range(n, out.shape[2]):
            out[0, i, j], out[1, i, j], out[2, i, j] = 0.0, 0.0, 0.0


@compiled(allocates=False, nogil=True, error_model="numpy")
def drop_rounding(matrix, size):
    """Set to zero what is the rounding of a sum that cancels."""
    for i in range(matrix.shape[0]):
        for j in range(matrix.shape[1]):
            lost = abs(matrix[i, j]) < _ROUNDING * size[i, j]
            # It may have been more than rounding.
            size[i, j] += abs(matrix[i, j]) / _EPS if lost else 0.0
            matrix[i, j] = 0.0 if lost else matrix[i, j]


@compiled(allocates=False, nogil=True, error_model="numpy")
def _missing_sums(operators, missing):
    """Sums behind the diagonal elements of a Liouvillian, beyond their absolute values.

    What stands at |i><j| came from both sides: a large dephasing cancels in the populations, but
    not in the coherences with the same i or j.

    Args:
        operators: The Liouvillian is the first of them, (3, n, n).
        missing: The sums go into its first row, (3, n).
    """
    n = operators.shape[1]
    d = int(np.sqrt(n) + 0.5)
    for place in range(n):
        element = operators[0, place, place]
        missing[0, place] = _modulus(element.real, element.imag)
    for i in range(d):
        missing[1, i] = 0.0  # space for the largest of a row
        for l in range(d):
            missing[1, i] = max(missing[1, i], missing[0, i * d + l])
    for i in range(d):
        for j in range(d):
            most = missing[1, i] + missing[1, j]
            missing[0, i * d + j] = most - missing[0, i * d + j]
    for i in range(d):
        missing[1, i] = 0.0


@compiled(allocates=False, error_model="numpy", forceinline=True)
def fill_hermitian_bases(frames, place, bases, part):
    """Hermitian basis operators as columns: |f_i><f_i|, then the sums and differences of pairs.

    Args:
        frames: Orthonormal states f of each network as columns, (p, d, d).
        place: In which column each of the operators stands, (d^2,).
        bases: Where they go, (p, d^2, d^2).
        part: Where their real parts, imaginary parts and moduli go, (p, 3, d^2, row), unless the
            network has the states of the one before.
    """
    d = frames.shape[1]
    pairs = d * (d - 1) // 2
    root = np.sqrt(0.5)
    for p in range(frames.shape[0]):
        frame, basis = frames[p], bases[p]
        if p > 0 and _same_frame(frames, p):
            for element in range(d * d):
                for column in range(d * d):
                    basis[element, column] = bases[p - 1, element, column]
            continue
        for row in range(d):
            for col in range(d):
                element, column = row * d + col, d
                for i in range(d):
                    basis[element, place[i]] = frame[row, i] * np.conj(frame[col, i])
                    for j in range(i + 1, d):
                        upper = frame[row, i] * np.conj(frame[col, j])
                        lower = frame[row, j] * np.conj(frame[col, i])
                        basis[element, place[column]] = root * (upper + lower)
                        basis[element, place[column + pairs]] = 1j * (root * (upper - lower))
                        column += 1
        parts(basis, part[p])


@compiled(allocates=False, nogil=True, error_model="numpy")
def assemble_small(frames, place, weights, sums, span, variance, scale, found, room):
    """A, B and C of many networks in Hermitian bases, and the unknowns that matter.

    Arrays are handed in, for every one that a kernel makes takes a tenth of a second to compile.

    Args:
        frames: Orthonormal states of each network as columns, (p, d, d).
        place: In which column each Hermitian operator stands, (d^2,).
        weights: Of the networks, (p, w): see `structure.NetworkNumbers`.
        sums: See `structure.Terms`.
        span: See `to_basis`.
        variance: V of the sources, (p,).
        scale: Of the tiers against each other, (p,).
        found: Where the bases go as columns, (p, d^2, d^2); A, B and C, (p, 3, d^2, row), real;
            what their elements were summed from, (p, 3, d^2, row); which of the operators the
            populations reach, and whether the emitters act back on the source, (p, d^2 + 1), false
            to begin with. Rows are as long as `row_length` says.
        room: Space for the parts of the bases, (p, 3, d^2, row); superoperators, (5, d^2, d^2)
            complex: A, B, C, what the emitters do to the source, and what it does to them;
            `missing` of each of the first three, (3, d^2), zero; and what `to_basis` needs.
    """
    basis, matrices, sizes, reached = found
    fill_hermitian_bases(frames, place, basis, room[0])
    _assemble(frames, weights, sums, span, variance, scale, matrices, sizes, reached, room)
    reach(matrices, frames.shape[1], reached)


@compiled(allocates=False, error_model="numpy", forceinline=True)
def _assemble(frames, weights, sums, span, variance, scale, matrices, sizes, reached, room):
    """Fill in A, B, C, what they were summed from, and who acts back: see `assemble_small`."""
    parts, operators, missing, space = room
    n, own, backaction, both, driven = parts.shape[2], 0, False, sums[1].place, sums[2].place
    for p in range(weights.shape[0]):
        same = p > 0 and _same_frame(frames, p)
        own = own if same else p  # whose basis it is
        # In most maps many networks have the same emitters, which alone make A.
        known = same and _same_weights(weights, sums[0].used, p)
        if not known:
            _sum(operators[0], sums[0], weights[p])
        if not (known and _same_weights(weights, sums[2].used, p)):  # the source's
            backaction = _sum(operators[3], sums[1], weights[p])
            _sum(operators[4], sums[2], weights[p])
        reached[p, n] = backaction
        if backaction:
            for t in range(both.shape[1]):
                i, j = both[0, t], both[1, t]
                down, up = operators[4, i, j], operators[3, i, j]
                operators[1, i, j] = (variance[p] * down + up) / scale[p]
        for t in range(driven.shape[1]):
            i, j = driven[0, t], driven[1, t]
            operators[2, i, j] = operators[4, i, j] * scale[p]
        if known:
            for i in range(n):
                for j in range(matrices.shape[3]):
                    matrices[p, 0, i, j] = matrices[p - 1, 0, i, j]
                    sizes[p, 0, i, j] = sizes[p - 1, 0, i, j]
        else:
            _missing_sums(operators, missing)
        for which in range(3):
            if not (which == 0 and known) and (which != 1 or backaction):
                matrix = matrices[p, which : which + 1]
                size = sizes[p, which : which + 1]
                operator, place = operators[which], sums[which].place
                to_basis(operator, place, parts[own], span, missing[which], matrix, size, space)
                drop_rounding(matrices[p, which], sizes[p, which])
        if not backaction:  # B is a multiple of C
            ratio = variance[p] / scale[p] ** 2
            for i in range(n):
                for j in range(matrices.shape[3]):
                    matrices[p, 1, i, j] = ratio * matrices[p, 2, i, j]
                    sizes[p, 1, i, j] = abs(ratio) * sizes[p, 2, i, j]


@compiled(allocates=False, error_model="numpy")
def _same_weights(weights, used, p):
    """Whether some weights are those of the network before."""
    changed = False
    for t in used:
        changed |= weights[p, t] != weights[p - 1, t]
    return not changed


@compiled(allocates=False, error_model="numpy")
def _same_frame(frames, p):
    """Whether the states of a network are those of the network before."""
    for i in range(frames.shape[1]):
        for j in range(frames.shape[1]):
            if frames[p, i, j] != frames[p - 1, i, j]:
                return False
    return True


@compiled(allocates=False, error_model="numpy")
def _sum(operator, of, weights):
    """Write a weighted sum of superoperators: see `structure.Sum`. Whether it is not zero."""
    changed = False
    for place in range(of.place.shape[1]):
        total = 0j
        for t in range(of.first[place], of.first[place + 1]):
            total += weights[of.weight[t]] * of.value[t]
        operator[of.place[0, place], of.place[1, place]] = total
        changed |= total != 0.0
    return changed


@compiled(allocates=False, error_model="numpy", forceinline=True)
def reach(matrices, populations, reached):
    """The unknowns that the populations, which stand first, reach through A, B and C.

    Args:
        matrices: A, B and C, (p, 3, n, n).
        populations: How many there are.
        reached: Whether each basis operator is reached, false to begin with, and whether the
            emitters act back on the source, (p, n + 1).
    """
    total = matrices.shape[2]
    for p in range(reached.shape[0]):
        for population in range(populations):
            reached[p, population] = True
        # Without back-action B is a multiple of C, and reaches nothing else.
        grown, step = True, 1 if reached[p, total] else 2
        while grown:
            grown = False
            for row in range(total):
                if reached[p, row]:
                    continue
                for column in range(total):
                    if reached[p, column]:
                        for which in range(0, 3, step):
                            if matrices[p, which, row, column] != 0.0:
                                reached[p, row], grown = True, True
