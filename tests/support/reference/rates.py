"""Eigenvalues of the truncated generator, and each of them on more levels."""

from __future__ import annotations

import numpy as np
from flint import acb, acb_mat, ctx

from tests.support.reference.system import Elimination, Reference, ReferenceError, Vector

_MOST = 180  # unknowns of an eigenvalue problem in balls
_BITS = 256
_FILLED = 9  # levels of the start: the left vector of a mode of N quanta begins at level N
_ALONE = 1e-4  # eigenvalues this close together, relative to the largest rate, are not refined


def slowest(network, count: int, last: int) -> list[tuple[complex, float]]:
    """Eigenvalues of -L in the sector of the populations, slowest first, each with its error.

    All eigenvalues with levels up to `last` in 256 bits, so that none can be missed; each of the
    slowest then by inverse iteration with half as many levels again and with twice as many. Members
    of a cluster, which inverse iteration does not separate, keep the values of the full problem,
    with the change by three more levels as their error. The stationary one is left out.
    """
    reference = Reference(network, bits=_BITS)
    with ctx.workprec(_BITS):
        found, scale = _all(reference, last)
        more: list[acb] = []
        results = []
        for i, z in enumerate(found[: count + 4]):
            gap = min(_distance(z, w) for j, w in enumerate(found) if j != i)
            if gap < _ALONE * scale:
                more = more or _all(reference, last + 3)[0]
                results.append((-z, min(_distance(z, w) for w in more)))
                continue
            deeper = [_refined(reference, z, levels) for levels in (last + last // 2, 2 * last)]
            if _distance(deeper[1], z) > gap / 2:
                raise ReferenceError("an eigenvalue depends on the levels")
            results.append((-deeper[1], _distance(*deeper)))
        results.sort(key=lambda pair: float(pair[0].real.mid()))
    return results


def _distance(a: acb, b: acb) -> float:
    return float(abs(a - b).mid())


def _all(reference: Reference, last: int) -> tuple[list[acb], float]:
    """All eigenvalues of L but the stationary one, slowest first, and the largest element."""
    matrix, scale = _matrix(reference, last)
    found = sorted(matrix.eig(algorithm="approx"), key=lambda z: -float(z.real.mid()))
    # The trace is conserved exactly, also by the truncation: its zero is the smallest.
    zero = min(range(len(found)), key=lambda i: float(abs(found[i]).mid()))
    if float(abs(found[zero]).mid()) > 1e-40 * scale:
        raise ReferenceError("no eigenvalue is zero")
    del found[zero]
    return found, scale


def _matrix(reference: Reference, last: int):
    sector = reference.sector
    offsets = np.cumsum([0, *(len(sector.unknowns(level)) for level in range(last + 1))]).tolist()
    size = offsets[-1]
    if size > _MOST:
        raise ReferenceError(f"{size} unknowns")
    matrix, largest = acb_mat(size, size), 0.0
    for level in range(last + 1):
        for row, at, column, value in sector.terms(level):
            if at <= last:
                i, j = offsets[level] + row, offsets[at] + column
                matrix[i, j] = matrix[i, j] + value
                largest = max(largest, float(abs(value).mid()))
    return matrix, largest


def _refined(reference: Reference, z: acb, last: int) -> acb:
    """Inverse iteration with a shift that follows, on levels up to `last`."""
    sector = reference.sector
    rng = np.random.default_rng(0)
    columns = [
        acb_mat(len(sector.unknowns(level)), 1, [acb(float(v)) for v in rng.normal(size=n)])
        for level in range(_FILLED)
        for n in [len(sector.unknowns(level))]
    ]
    vector = Vector(sector, columns)
    reader = [rng.normal(size=c.nrows()) for c in columns]

    def read(v):
        return sum(
            (
                v.columns[level][i, 0] * float(w)
                for level, weights in enumerate(reader)
                for i, w in enumerate(weights)
            ),
            acb(0),
        )

    shift = acb(z.mid())
    for _ in range(8):
        try:
            solution = Elimination(sector, shift, last, vector).solution()
        except ZeroDivisionError:
            return shift  # as close as so many bits can tell
        new = Vector(sector, solution)
        step = read(vector) / read(new)
        factor = 1 / read(new)
        vector = Vector(sector, [(c * factor).mid() for c in new.columns])
        new_shift = acb((shift - step).mid())
        change = float(abs(new_shift - shift).mid())
        shift = new_shift
        if change <= float(abs(shift).mid()) * 1e-40:
            break
    return shift
