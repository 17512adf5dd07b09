"""Numba kernels that take the blocks of tiers from the matrices of small emitters in a basis."""

from __future__ import annotations

from thermalent.support.machine.compiled import compiled


@compiled(allocates=False, nogil=True, error_model="numpy")
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


@compiled(allocates=False, nogil=True, error_model="numpy")
def gather(tables, members, unknowns, begin, taken):
    """A, B and C of some networks at even and odd tiers, and what they were summed from.

    Args:
        tables: Both of all networks, (p, 3, n, row) each.
        members: Networks, (q,).
        unknowns: Basis operators of the even tiers and of the odd ones.
        begin: Where the first network goes.
        taken: Where they go, six blocks (p, rows, columns) each.
    """
    even, odd = unknowns
    for which in range(2):
        table = tables[which]
        for group in range(6):
            block = taken[which][group]
            rows, columns = (even, odd) if group % 2 == 0 else (odd, even)
            if group < 2:
                columns = rows
            for q in range(members.size):
                p, to = members[q], begin + q
                for i in range(rows.size):
                    row = rows[i]
                    for j in range(columns.size):
                        block[to, i, j] = table[p, group // 2, row, columns[j]]
