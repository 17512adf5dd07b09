"""Numba kernels of a block-tridiagonal matrix in sparse rows: plain arrays, no validation."""

from __future__ import annotations

import numpy as np

from thermalent.support.machine.compiled import compiled


@compiled(error_model="numpy")
def invert_tiers(data, indices, indptr, offset, inverses, places):
    """Fill in the inverse of each tier without what is above it, row by row."""
    last = len(offset) - 2
    for n in range(last, -1, -1):
        begin, end = offset[n], offset[n + 1]
        size = end - begin
        own = np.zeros((size, size), dtype=data.dtype)
        above = np.zeros((0, 0), dtype=data.dtype)
        if n < last:
            more = offset[n + 2] - end
            inverse = inverses[places[n + 1] : places[n + 2]].reshape((more, more))
            above = np.zeros((more, size), dtype=data.dtype)  # from this tier to the next one
            for i in range(more):
                for e in range(indptr[end + i], indptr[end + i + 1]):
                    if indices[e] < end:
                        for a in range(more):
                            above[a, indices[e] - begin] += inverse[a, i] * data[e]
        for i in range(size):
            for e in range(indptr[begin + i], indptr[begin + i + 1]):
                column = indices[e]
                if column >= end:
                    for a in range(size):
                        own[i, a] -= data[e] * above[column - end, a]
                elif column >= begin:
                    own[i, column - begin] += data[e]
        found = np.linalg.inv(own)
        for i in range(size):
            for a in range(size):
                inverses[places[n] + i * size + a] = found[i, a]


@compiled(error_model="numpy")
def solve_tiers(data, indices, indptr, offset, inverses, places, x):
    """Solve in place, from the highest tier down and up again; see `invert_tiers`."""
    last = len(offset) - 2
    for n in range(last, -1, -1):
        begin, end = offset[n], offset[n + 1]
        for i in range(begin, end):
            for e in range(indptr[i], indptr[i + 1]):
                if indices[e] >= end:
                    x[i] -= data[e] * x[indices[e]]
        inverse = inverses[places[n] : places[n + 1]].reshape((end - begin, end - begin))
        own = np.dot(inverse, x[begin:end])
        for i in range(begin, end):
            x[i] = own[i - begin]
    for n in range(1, last + 1):
        begin, end = offset[n], offset[n + 1]
        brought = np.zeros(end - begin, dtype=x.dtype)
        for i in range(begin, end):
            for e in range(indptr[i], indptr[i + 1]):
                if indices[e] < begin:
                    brought[i - begin] += data[e] * x[indices[e]]
        inverse = inverses[places[n] : places[n + 1]].reshape((end - begin, end - begin))
        own = np.dot(inverse, brought)
        for i in range(begin, end):
            x[i] -= own[i - begin]
