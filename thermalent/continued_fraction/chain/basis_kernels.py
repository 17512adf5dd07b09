"""Numba kernels from superoperators of small emitters to the matrices of their tiers."""

from __future__ import annotations

import numpy as np

from thermalent.support.machine.compiled import compiled

# An entry this much smaller than what it was summed from is the rounding of a sum that cancels.
_EPS = float(np.finfo(float).eps)
_ROUNDING = 4 * _EPS


@compiled(nogil=True, error_model="numpy", fastmath={"contract"})
def to_basis(superoperator, basis, span, missing, matrix, size, half, spans):
    r"""A superoperator in a basis, and what every element was summed from.

    $$M = U^\dagger S U, \qquad |U|^T (|S| + \mathrm{diag}(m)) |U|$$

    Args:
        superoperator: S, (n, n) complex.
        basis: Real part, imaginary part and modulus of U, (3, n, n).
        span: For each row of U, the columns from which on and up to which it may have elements.
        missing: m, (n,): see `_missing_sums`.
        matrix: Where real and imaginary part of M go, (2, n, n), or the real part alone, (1, n, n).
        size: Where the sums of absolute values go, (n, n).
        half: Space for S U, and |S| |U|, (3, n, n).
        spans: Space for the columns from which on and up to which these have elements, (2, n).
    """
    n, (begin, end) = basis.shape[1], spans
    for i in range(n):
        for j in range(n):
            half[0, i, j], half[1, i, j], half[2, i, j] = 0.0, 0.0, 0.0
            size[i, j] = 0.0
            for part in range(matrix.shape[0]):
                matrix[part, i, j] = 0.0
    for i in range(n):
        begin[i], end[i] = n, 0
        for l in range(n):
            real, imaginary = superoperator[i, l].real, superoperator[i, l].imag
            extra = missing[i] if i == l else 0.0
            if real != 0.0 or imaginary != 0.0 or extra != 0.0:
                one_part = real == 0.0 or imaginary == 0.0
                most = abs(real) + abs(imaginary) if one_part else np.hypot(real, imaginary)
                most += extra
                begin[i], end[i] = min(begin[i], span[0, l]), max(end[i], span[1, l])
                low, high = span[0, l], span[1, l]
                if real != 0.0:  # elements are often real or imaginary
                    for j in range(low, high):
                        half[0, i, j] += real * basis[0, l, j]
                        half[1, i, j] += real * basis[1, l, j]
                if imaginary != 0.0:
                    for j in range(low, high):
                        half[0, i, j] -= imaginary * basis[1, l, j]
                        half[1, i, j] += imaginary * basis[0, l, j]
                for j in range(low, high):
                    half[2, i, j] += most * basis[2, l, j]
    for l in range(n):
        for i in range(span[0, l], span[1, l]):
            real, imaginary, most = basis[0, l, i], basis[1, l, i], basis[2, l, i]
            if most != 0.0:
                low, high = begin[l], end[l]
                for j in range(low, high):
                    size[i, j] += most * half[2, l, j]
                if real != 0.0:  # as above
                    for j in range(low, high):
                        matrix[0, i, j] += real * half[0, l, j]
                if imaginary != 0.0:
                    for j in range(low, high):
                        matrix[0, i, j] += imaginary * half[1, l, j]
                if matrix.shape[0] == 2:
                    for j in range(low, high):
                        matrix[1, i, j] += real * half[1, l, j]
                        matrix[1, i, j] -= imaginary * half[0, l, j]


@compiled(nogil=True, error_model="numpy")
def parts(basis, out):
    """Real part, imaginary part and modulus of a matrix, into out (3, n, n)."""
    for i in range(basis.shape[0]):
        for j in range(basis.shape[1]):
            out[0, i, j], out[1, i, j] = basis[i, j].real, basis[i, j].imag
            out[2, i, j] = abs(basis[i, j]) if basis[i, j] != 0.0 else 0.0


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
    for i in range(d):
        for j in range(d):
            decay, most_i, most_j = abs(operators[0, i * d + j, i * d + j]), 0.0, 0.0
            for l in range(d):
                most_i = max(most_i, abs(operators[0, i * d + l, i * d + l]))
                most_j = max(most_j, abs(operators[0, j * d + l, j * d + l]))
            missing[0, i * d + j] = max(most_i + most_j - decay, 0.0)


@compiled(error_model="numpy", inline="always")
def fill_hermitian_bases(frames, place, bases, part):
    """Hermitian basis operators as columns: |f_i><f_i|, then the sums and differences of pairs.

    Args:
        frames: Orthonormal states f of each network as columns, (p, d, d).
        place: In which column each of the operators stands, (d^2,).
        bases: Where they go, (p, d^2, d^2).
        part: Where their real parts, imaginary parts and moduli go, (p, 3, d^2, d^2).
    """
    d = frames.shape[1]
    pairs = d * (d - 1) // 2
    root = np.sqrt(0.5)
    for p in range(frames.shape[0]):
        frame, basis = frames[p], bases[p]
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
        found: Where the bases go as columns, (p, d^2, d^2); A, B and C, (p, 3, d^2, d^2), real;
            what their elements were summed from, (p, 3, d^2, d^2); which of the operators the
            populations reach, and whether the emitters act back on the source, (p, d^2 + 1), false
            to begin with.
        room: Space for the parts of the bases, (p, 3, d^2, d^2); superoperators, (3, d^2, d^2)
            complex; `missing` of each, (3, d^2), zero; and what `to_basis` needs.
    """
    basis, matrices, sizes, reached = found
    fill_hermitian_bases(frames, place, basis, room[0])
    _assemble(weights, sums, span, variance, scale, matrices, sizes, reached, room)
    reach(matrices, frames.shape[1], reached)


@compiled(error_model="numpy", inline="always")
def _assemble(weights, sums, span, variance, scale, matrices, sizes, reached, room):
    """Fill in A, B, C, what they were summed from, and who acts back: see `assemble_small`."""
    parts, operators, missing, half, spans = room
    n = parts.shape[2]
    for p in range(weights.shape[0]):
        backaction = _sum(operators, sums, weights[p])
        reached[p, n] = backaction
        _missing_sums(operators, missing)
        for i in range(n):
            for j in range(n):
                up, down = operators[1, i, j], operators[2, i, j]
                if down != 0.0 or up != 0.0:
                    operators[1, i, j] = (variance[p] * down + up) / scale[p]
                    operators[2, i, j] = down * scale[p]
        for which in range(3):
            if which != 1 or backaction:
                matrix = matrices[p, which : which + 1]
                size = sizes[p, which]
                to_basis(
                    operators[which], parts[p], span, missing[which], matrix, size, half, spans
                )
        if not backaction:  # B is a multiple of C
            ratio = variance[p] / scale[p] ** 2
            for i in range(n):
                for j in range(n):
                    matrices[p, 1, i, j] = ratio * matrices[p, 2, i, j]
                    sizes[p, 1, i, j] = abs(ratio) * sizes[p, 2, i, j]
        for which in range(3):
            drop_rounding(matrices[p, which], sizes[p, which])


@compiled(nogil=True, error_model="numpy")
def _sum(operators, sums, weights):
    """Write the weighted sums of superoperators; returns whether the middle one is not zero."""
    weight, row, col, value, begin = sums
    for which in range(3):
        for i in range(operators.shape[1]):
            for j in range(operators.shape[1]):
                operators[which, i, j] = 0.0
        for t in range(begin[which], begin[which + 1]):
            if weights[weight[t]] != 0.0:
                operators[which, row[t], col[t]] += weights[weight[t]] * value[t]
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
        reached: Whether each basis operator is reached, (p, n + 1); false to begin with.
    """
    total = matrices.shape[2]
    for p in range(reached.shape[0]):
        for population in range(populations):
            reached[p, population] = True
        grown = True
        while grown:
            grown = False
            for row in range(total):
                for column in range(total):
                    if reached[p, row]:
                        break
                    for which in range(3):
                        if matrices[p, which, row, column] != 0.0 and reached[p, column]:
                            reached[p, row], grown = True, True


@compiled(nogil=True, error_model="numpy")
def take(matrices, members, rows, columns):
    """A block of the matrices of some networks, (q, rows, columns).

    Args:
        matrices: Of all networks, (p, n, n).
        members: Networks, (q,).
        rows: Basis operators, (rows,).
        columns: The same, (columns,).
    """
    taken = np.empty((members.size, rows.size, columns.size))
    for q in range(members.size):
        for i in range(rows.size):
            for j in range(columns.size):
                taken[q, i, j] = matrices[members[q], rows[i], columns[j]]
    return taken


@compiled(nogil=True, error_model="numpy")
def tiers_above_zero(blocks, charges, tier0_size, populations, a, place, e, elements, begin):
    """A of the even tiers above zero, and the elements of B and C that are not zero in all chains.

    Where nothing acts back on the source, the trace is zero in all tiers above zero: the population
    of the first state is minus the sum of the others there, and is no unknown.

    Args:
        blocks: A, B and C of even and odd tiers, six blocks (p, rows, columns).
        charges: Of the even and of the odd unknowns.
        tier0_size: How many of the even ones, the first, tier 0 has.
        populations: How many of the even unknowns, the first, are populations; zero if the trace
            need not be zero.
        a: Where A goes, (p, rows, columns).
        place: Where rows and columns go, and the same in reverse order, (4, t): see `blocks.Bands`.
        e: See `blocks.Bands`, (t,).
        elements: Where the elements of every network go, (t, p).
        begin: See `blocks.Bands`.

    Returns:
        How many elements there are.
    """
    first, even, count = min(populations, 1), blocks[0].shape[1], blocks[0].shape[0]
    row, col, back_row, back_col = place
    for p in range(count):
        for i in range(first, even):
            for j in range(first, even):
                lost = blocks[0][p, i, 0] if j < populations else 0.0
                a[p, i - first, j - first] = blocks[0][p, i, j] - lost
    found = 0
    for group in range(6):
        which = group if group < 4 else group - 3
        block, to, of = blocks[2 + which], charges[which % 2], charges[1 - which % 2]
        rows = tier0_size if group == 5 else to.size
        columns = tier0_size if group == 4 else of.size
        top = first if group in (0, 2) else 0
        left = first if group in (1, 3) else 0
        for i in range(top, rows):
            for j in range(left, columns):
                used = False
                for p in range(count):
                    lost = block[p, i, 0] if left == 1 and j < populations else 0.0
                    elements[found, p] = block[p, i, j] - lost
                    used |= elements[found, p] != 0.0
                if used:
                    row[found], col[found], e[found] = i - top, j - left, (to[i] - of[j]) * to[i]
                    back_row[found], back_col[found] = rows - 1 - i, columns - 1 - j
                    found += 1
        begin[group + 1] = found
    return found


@compiled(nogil=True, error_model="numpy")
def gather(tables, members, even, odd):
    """A, B and C of some networks at even and odd tiers, six blocks (q, rows, columns).

    Args:
        tables: A, B and C of all networks, or their sizes, (p, 3, n, n).
        members: Networks, (q,).
        even: Basis operators of the even tiers.
        odd: Those of the odd tiers.
    """
    return (
        take(tables[:, 0], members, even, even),
        take(tables[:, 0], members, odd, odd),
        take(tables[:, 1], members, even, odd),
        take(tables[:, 1], members, odd, even),
        take(tables[:, 2], members, even, odd),
        take(tables[:, 2], members, odd, even),
    )
