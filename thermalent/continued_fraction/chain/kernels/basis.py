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
)

# An entry this much smaller than what it was summed from is the rounding of a sum that cancels.
_EPS = float(np.finfo(float).eps)
_ROUNDING = 4 * _EPS


_SIDE = (1.0,) * 8  # numbers of a row that are summed at a time


def row_length(n: int) -> int:
    """The length of rows with at least n numbers that vectors fill."""
    return -(-n // len(_SIDE)) * len(_SIDE)


@compiled(nogil=True, error_model="numpy")
def to_basis(superoperator, basis, span, missing, matrix, size, half, spans):
    r"""A superoperator in a basis, and what every element was summed from.

    $$M = U^\dagger S U, \qquad |U|^T (|S| + \mathrm{diag}(m)) |U|$$

    All rows but those of S are as long as `row_length` says, with zeros at their ends.

    Args:
        superoperator: S, (n, n) complex.
        basis: Real part, imaginary part and modulus of U, (3, n, row).
        span: For each row of U, the columns from which on and up to which it may have elements.
        missing: m, (n,): see `_missing_sums`.
        matrix: Where real and imaginary part of M go, (2, n, row), or the real part alone,
            (1, n, row).
        size: Where the sums of absolute values go, (1, n, row).
        half: Space for S U, and |S| |U|, (3, n, row).
        spans: Space for the columns from which on and up to which these have elements, (2, n).
    """
    n, row, (begin, end) = basis.shape[1], basis.shape[2], spans
    each, zero = len(_SIDE), everywhere(_SIDE, 0.0)
    for i in range(n):
        for j in range(0, row, each):
            for part in range(3):
                put_following(_SIDE, half, (part, i, j), zero)
            for part in range(matrix.shape[0]):
                put_following(_SIDE, matrix, (part, i, j), zero)
            put_following(_SIDE, size, (0, i, j), zero)
    for i in range(n):
        begin[i], end[i] = n, 0
        for l in range(n):
            real, imaginary = superoperator[i, l].real, superoperator[i, l].imag
            extra = missing[i] if i == l else 0.0
            if real != 0.0 or imaginary != 0.0 or extra != 0.0:
                most = _modulus(real, imaginary) + extra
                low, high = span[0, l] // each * each, span[1, l]
                begin[i], end[i] = min(begin[i], low), max(end[i], high)
                x, y, z = (
                    everywhere(_SIDE, real),
                    everywhere(_SIDE, imaginary),
                    everywhere(_SIDE, most),
                )
                for j in range(low, high, each):
                    u, v = following(_SIDE, basis, (0, l, j)), following(_SIDE, basis, (1, l, j))
                    total = plus_product(following(_SIDE, half, (0, i, j)), x, u)
                    put_following(_SIDE, half, (0, i, j), minus_product(total, y, v))
                    total = plus_product(following(_SIDE, half, (1, i, j)), x, v)
                    put_following(_SIDE, half, (1, i, j), plus_product(total, y, u))
                    u, total = following(_SIDE, basis, (2, l, j)), following(_SIDE, half, (2, i, j))
                    put_following(_SIDE, half, (2, i, j), plus_product(total, z, u))
    for l in range(n):
        for i in range(span[0, l], span[1, l]):
            if basis[2, l, i] != 0.0:
                x, y, z = (
                    everywhere(_SIDE, basis[0, l, i]),
                    everywhere(_SIDE, basis[1, l, i]),
                    everywhere(_SIDE, basis[2, l, i]),
                )
                for j in range(begin[l], end[l], each):
                    u, v = following(_SIDE, half, (0, l, j)), following(_SIDE, half, (1, l, j))
                    total = plus_product(following(_SIDE, matrix, (0, i, j)), x, u)
                    put_following(_SIDE, matrix, (0, i, j), plus_product(total, y, v))
                    if matrix.shape[0] == 2:
                        total = plus_product(following(_SIDE, matrix, (1, i, j)), x, v)
                        put_following(_SIDE, matrix, (1, i, j), minus_product(total, y, u))
                    u, total = following(_SIDE, half, (2, l, j)), following(_SIDE, size, (0, i, j))
                    put_following(_SIDE, size, (0, i, j), plus_product(total, z, u))


@compiled(error_model="numpy", forceinline=True)
def _modulus(real, imaginary):
    """|z|, mostly of real or imaginary numbers."""
    if real == 0.0 or imaginary == 0.0:
        return abs(real) + abs(imaginary)
    return np.hypot(real, imaginary)


@compiled(nogil=True, error_model="numpy")
def parts(basis, out):
    """Real part, imaginary part and modulus of a matrix, into out (3, n, row): see `to_basis`."""
    n = basis.shape[0]
    for i in range(n):
        for j in range(n):
            out[0, i, j], out[1, i, j] = basis[i, j].real, basis[i, j].imag
            out[2, i, j] = _modulus(out[0, i, j], out[1, i, j])
        for j in range(n, out.shape[2]):
            out[0, i, j], out[1, i, j], out[2, i, j] = 0.0, 0.0, 0.0


@compiled(nogil=True, error_model="numpy")
def drop_rounding(matrix, size):
    """Set to zero what is the rounding of a sum that cancels."""
    for i in range(matrix.shape[0]):
        for j in range(matrix.shape[1]):
            if abs(matrix[i, j]) < _ROUNDING * size[i, j]:
                size[i, j] += abs(matrix[i, j]) / _EPS  # it may have been more than rounding
                matrix[i, j] = 0.0


@compiled(nogil=True, error_model="numpy")
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


@compiled(error_model="numpy", inline="always")
def fill_hermitian_bases(frames, place, bases, part):
    """Hermitian basis operators as columns: |f_i><f_i|, then the sums and differences of pairs.

    Args:
        frames: Orthonormal states f of each network as columns, (p, d, d).
        place: In which column each of the operators stands, (d^2,).
        bases: Where they go, (p, d^2, d^2).
        part: Where their real parts, imaginary parts and moduli go, (p, 3, d^2, row).
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
                for column in range(part.shape[3]):
                    for which in range(3):
                        part[p, which, element, column] = part[p - 1, which, element, column]
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


@compiled(nogil=True, error_model="numpy")
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
        room: Space for the parts of the bases, (p, 3, d^2, row); superoperators, (3, d^2, d^2)
            complex; `missing` of each, (3, d^2), zero; and what `to_basis` needs.
    """
    basis, matrices, sizes, reached = found
    fill_hermitian_bases(frames, place, basis, room[0])
    _assemble(frames, weights, sums, span, variance, scale, matrices, sizes, reached, room)
    reach(matrices, frames.shape[1], reached)


@compiled(error_model="numpy", inline="always")
def _assemble(frames, weights, sums, span, variance, scale, matrices, sizes, reached, room):
    """Fill in A, B, C, what they were summed from, and who acts back: see `assemble_small`."""
    parts, operators, missing, half, spans = room
    n = parts.shape[2]
    for p in range(weights.shape[0]):
        # In most maps many networks have the same emitters, which alone make A.
        known = p > 0 and _same_emitters(frames, weights, sums, p)
        backaction = _sum(operators, sums, weights[p], known)
        reached[p, n] = backaction
        for i in range(n):
            for j in range(n):
                if backaction:
                    down = operators[2, i, j]
                    operators[1, i, j] = (variance[p] * down + operators[1, i, j]) / scale[p]
                operators[2, i, j] *= scale[p]
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
                to_basis(
                    operators[which], parts[p], span, missing[which], matrix, size, half, spans
                )
                drop_rounding(matrices[p, which], sizes[p, which])
        if not backaction:  # B is a multiple of C
            ratio = variance[p] / scale[p] ** 2
            for i in range(n):
                for j in range(matrices.shape[3]):
                    matrices[p, 1, i, j] = ratio * matrices[p, 2, i, j]
                    sizes[p, 1, i, j] = abs(ratio) * sizes[p, 2, i, j]


@compiled(error_model="numpy")
def _same_emitters(frames, weights, sums, p):
    """Whether what acts within a tier is, in the basis, that of the network before."""
    for t in range(sums[4][0], sums[4][1]):
        if weights[p, sums[0][t]] != weights[p - 1, sums[0][t]]:
            return False
    return _same_frame(frames, p)


@compiled(error_model="numpy")
def _same_frame(frames, p):
    """Whether the states of a network are those of the network before."""
    for i in range(frames.shape[1]):
        for j in range(frames.shape[1]):
            if frames[p, i, j] != frames[p - 1, i, j]:
                return False
    return True


@compiled(nogil=True, error_model="numpy")
def _sum(operators, sums, weights, known):
    """Write the weighted sums of superoperators; returns whether the middle one is not zero.

    The first one is left out where it is known.
    """
    weight, row, col, value, begin = sums
    for which in range(int(known), 3):
        for i in range(operators.shape[1]):
            for j in range(operators.shape[1]):
                operators[which, i, j] = 0.0
        for t in range(begin[which], begin[which + 1]):
            factor = weights[weight[t]]
            if factor != 0.0:
                operators[which, row[t], col[t]] += factor * value[t]
    changed = False
    for t in range(begin[1], begin[2]):
        changed |= operators[1, row[t], col[t]] != 0.0
    return changed


@compiled(error_model="numpy", inline="always")
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
                for column in range(total):
                    if reached[p, row]:
                        break
                    for which in range(0, 3, step):
                        if matrices[p, which, row, column] != 0.0 and reached[p, column]:
                            reached[p, row], grown = True, True
