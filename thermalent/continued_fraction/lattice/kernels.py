"""The costly operations on a lattice: its couplings, its diagonal, and the diagonal's inverse.

Plain arrays, no checks; `lattice` and `krylov` say what they hold. Threads work on different boson
numbers, so the numbers that come out do not depend on how many there are. Small lattices are not
worth the threads' start.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from thermalent.support.machine.compiled import compiled


@compiled(error_model="numpy", fastmath={"contract"})
def _row(
    p, x, out, scratch, offset, first, numbers, more, fewer, moved, own, lowering, raising,
    decay, pairs, mixing, down, up, l_ptr, l_col, l_val, d_ptr, d_col, d_val, k_ptr, k_col, k_val,
):  # fmt: skip
    """Add the rates of change of the operators at number p to `out`."""
    n = numbers.shape[1]
    elements = l_ptr.size - 1
    begin, size, place = offset[p], offset[p + 1] - offset[p], first[p]
    if own:
        for r in range(size):
            total = out[begin + r] - decay[p] * x[begin + r]
            for e in range(l_ptr[place + r], l_ptr[place + r + 1]):
                total += l_val[e] * x[begin + l_col[e] - place]
            out[begin + r] = total
        for k in range(pairs.shape[0]):
            q = moved[p, k]
            if q >= 0:
                factor = -mixing[k] * np.sqrt(
                    numbers[p, pairs[k, 0]] * (numbers[p, pairs[k, 1]] + 1.0)
                )
                for r in range(size):
                    out[begin + r] += factor * x[offset[q] + r]
    for i in range(n):
        # The field that the drive i acts on: all its parts have one charge, so one width.
        width, source = 0, 0
        q = more[p, i]
        if lowering and q >= 0:
            width, source = offset[q + 1] - offset[q], first[q]
            factor = down[i] * np.sqrt(numbers[p, i] + 1.0)
            for r in range(width):
                scratch[r] = factor * x[offset[q] + r]
        if raising:
            for j in range(n):
                f = fewer[p, j]
                if up[i, j] != 0 and f >= 0:
                    rise = up[i, j] * np.sqrt(float(numbers[p, j]))
                    if width == 0:
                        width, source = offset[f + 1] - offset[f], first[f]
                        for r in range(width):
                            scratch[r] = 0.0
                    for r in range(width):
                        scratch[r] += rise * x[offset[f] + r]
        if width > 0:
            base = i * elements + place
            for r in range(size):
                total = out[begin + r]
                for e in range(d_ptr[base + r], d_ptr[base + r + 1]):
                    total += d_val[e] * scratch[d_col[e] - source]
                out[begin + r] = total
        f = fewer[p, i]
        if raising and f >= 0 and k_val.size > 0:
            factor = np.sqrt(float(numbers[p, i])) / down[i]
            base = i * elements + place
            for r in range(size):
                total = out[begin + r]
                for e in range(k_ptr[base + r], k_ptr[base + r + 1]):
                    total += factor * k_val[e] * x[offset[f] + k_col[e] - first[f]]
                out[begin + r] = total


@compiled(from_python=True, error_model="numpy", fastmath={"contract"})
def _rows(
    start, stop, widest, x, out, offset, first, numbers, more, fewer, moved, own, lowering, raising,
    decay, pairs, mixing, down, up, l_ptr, l_col, l_val, d_ptr, d_col, d_val, k_ptr, k_col, k_val,
):  # fmt: skip
    scratch = np.empty(widest, dtype=x.dtype)
    for p in range(start, stop):
        _row(
            p, x, out, scratch, offset, first, numbers, more, fewer, moved, own, lowering, raising,
            decay, pairs, mixing, down, up,
            l_ptr, l_col, l_val, d_ptr, d_col, d_val, k_ptr, k_col, k_val,
        )  # fmt: skip


@compiled(from_python=True, parallel=True, error_model="numpy", fastmath={"contract"})
def _rows_in_threads(
    start, stop, widest, x, out, offset, first, numbers, more, fewer, moved, own, lowering, raising,
    decay, pairs, mixing, down, up, l_ptr, l_col, l_val, d_ptr, d_col, d_val, k_ptr, k_col, k_val,
):  # fmt: skip
    for p in numba.prange(start, stop):
        scratch = np.empty(widest, dtype=x.dtype)
        _row(
            p, x, out, scratch, offset, first, numbers, more, fewer, moved, own, lowering, raising,
            decay, pairs, mixing, down, up,
            l_ptr, l_col, l_val, d_ptr, d_col, d_val, k_ptr, k_col, k_val,
        )  # fmt: skip


@compiled(error_model="numpy", fastmath={"contract"})
def _substitute(p, x, offset, first, decay, l_ptr, l_col, l_val):
    begin, size, place = offset[p], offset[p + 1] - offset[p], first[p]
    for r in range(size - 1, -1, -1):
        total = x[begin + r]
        diagonal = -decay[p]
        for e in range(l_ptr[place + r], l_ptr[place + r + 1]):
            col = l_col[e] - place
            if col > r:
                total -= l_val[e] * x[begin + col]
            elif col == r:
                diagonal += l_val[e]
        x[begin + r] = total / diagonal


@compiled(from_python=True, error_model="numpy", fastmath={"contract"})
def _solves(start, stop, x, offset, first, decay, l_ptr, l_col, l_val):
    for p in range(start, stop):
        _substitute(p, x, offset, first, decay, l_ptr, l_col, l_val)


@compiled(from_python=True, parallel=True, error_model="numpy", fastmath={"contract"})
def _solves_in_threads(start, stop, x, offset, first, decay, l_ptr, l_col, l_val):
    for p in numba.prange(start, stop):
        _substitute(p, x, offset, first, decay, l_ptr, l_col, l_val)


_WORTH_THREADS = 100_000  # unknowns


def rows(start: int, stop: int, *arguments: Any) -> None:
    """Add the chosen couplings into the numbers from start to stop to `out`."""
    chosen = _rows_in_threads if _unknowns(start, stop, arguments[3]) else _rows
    chosen(start, stop, *arguments)


def solve_upper(start: int, stop: int, x: np.ndarray, offset: np.ndarray, *arguments: Any) -> None:
    """Solve (upper triangle of L - decay) y = x in place, for the numbers from start to stop."""
    chosen = _solves_in_threads if _unknowns(start, stop, offset) else _solves
    chosen(start, stop, x, offset, *arguments)


def _unknowns(start: int, stop: int, offset: np.ndarray) -> bool:
    return offset[stop] - offset[start] > _WORTH_THREADS
