"""Steady states behind several modes: blocks too large for balls, so double precision is refined.

The levels are those of `levels.Sector`, the entries are rounded once to 64-bit mantissas, and a
sparse factorisation in double precision is refined with residuals in those. The levels are raised
until they change less than `_WANTED`.
"""

import numpy as np
from flint import ctx
from scipy import sparse
from scipy.sparse.linalg import splu

from tests.support.reference.data import data_of
from tests.support.reference.levels import Hierarchy, Sector
from tests.support.reference.system import ReferenceError

_BITS = 128
_WANTED = 1e-13
_MOST = 14000  # unknowns


def steady_state(network) -> tuple[np.ndarray, float]:
    """The emitters' state in double precision, and how far it may be off."""
    with ctx.workprec(_BITS):
        h = Hierarchy(data_of(network))
        zero = (0,) * h.count
        sector = h.sector([(zero, e) for e in h.trace_elements])
        before, change = None, np.inf
        for last in range(6, 40, 3):
            if sum(len(sector.unknowns(level)) for level in range(last + 1)) > _MOST:
                break
            now = _at(h, sector, last)
            if before is not None:
                change = float(np.max(np.abs(now - before)))
                if change < _WANTED:
                    break
            before = now
    if not change < 1e-9:
        raise ReferenceError(f"not converged: the last levels change {change:.1g}")
    # The changes fall by a factor from step to step; rounding of the refined solution is the rest.
    return now, change + 4e-16


def _at(h: Hierarchy, sector: Sector, last: int) -> np.ndarray:
    offsets = np.cumsum([0, *(len(sector.unknowns(level)) for level in range(last + 1))])
    weights = _weights(h, sector, last)
    rows, columns, values = [], [], []
    for level in range(last + 1):
        for row, at, column, value in sector.terms(level):
            if at <= last:
                rows.append(offsets[level] + row)
                columns.append(offsets[at] + column)
                values.append(_long(value))
    rows, columns = np.array(rows), np.array(columns)
    entries = np.array(values, dtype=np.clongdouble)
    entries *= np.exp(weights[rows] - weights[columns])
    zero = (0,) * h.count
    position = sector.position(0)
    first = position[zero, 0]
    keep = rows != first
    traced = np.array([position[zero, e] for e in h.trace_elements])
    rows = np.concatenate([rows[keep], np.full(len(traced), first)])
    columns = np.concatenate([columns[keep], traced])
    entries = np.concatenate([entries[keep], np.ones(len(traced))])
    order = np.argsort(rows, kind="stable")
    rows, columns, entries = rows[order], columns[order], entries[order]
    size = offsets[-1]
    matrix = sparse.csc_array((entries.astype(complex), (rows, columns)), shape=(size, size))
    factors = splu(matrix)
    right = np.zeros(size, dtype=np.clongdouble)
    right[first] = 1
    starts = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1]])
    x = np.zeros(size, dtype=np.clongdouble)
    for _ in range(6):
        residual = right.copy()
        residual[rows[starts]] -= np.add.reduceat(entries * x[columns], starts)
        step = factors.solve(residual.astype(complex))
        x += step
        if np.max(np.abs(step)) < 1e-18:
            break
    else:
        if np.max(np.abs(step)) > 1e-15:
            raise ReferenceError("the refinement does not converge")
    d = h.size
    rho = np.zeros((d, d), dtype=complex)
    for (n, e), i in position.items():
        assert n == zero
        rho[e // d, e % d] = x[i]
    return rho


def _weights(h: Hierarchy, sector: Sector, last: int) -> np.ndarray:
    """Logarithms of sqrt(n!) / s^|n|, by which the unknowns become of one size."""
    variance = [abs(complex(c.mid())) for row in h.covariance for c in row]
    s = max(max(variance, default=0.0), 1e-3)
    factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, last + 2)))])
    return np.array(
        [
            0.5 * sum(factorial[k] for k in n) - 0.5 * level * np.log(s)
            for level in range(last + 1)
            for n, _ in sector.unknowns(level)
        ],
        dtype=np.longdouble,
    )


def _long(value) -> np.clongdouble:
    """A ball's midpoint with the mantissa of a long double."""
    parts = []
    for part in (value.real.mid(), value.imag.mid()):
        high = float(part)
        parts.append(np.longdouble(high) + np.longdouble(float((part - high).mid())))
    return parts[0] + np.clongdouble(1j) * parts[1]
