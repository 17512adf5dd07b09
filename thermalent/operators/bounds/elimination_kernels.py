"""The numba kernel that eliminates many small Hermitian matrices, see `state_checks`."""

from __future__ import annotations

from thermalent.support.machine.compiled import compiled


@compiled(allocates=False, nogil=True, error_model="numpy")
def positive_pivots(matrices, least, rounding, left, good):
    """Whether Hermitian matrices less a number, each its own, have positive pivots alone.

    Args:
        matrices: (t, d, d) complex; what stands on and above the diagonal is read.
        least: The numbers, (t,).
        rounding: What is subtracted as well, relative to the largest diagonal element left.
        left: Space, (d, d) complex.
        good: Where the answers go, (t,).
    """
    d = left.shape[0]
    for t in range(good.size):
        largest = 0.0
        for i in range(d):
            for j in range(i, d):
                left[i, j] = matrices[t, i, j]
            left[i, i] = left[i, i].real - least[t]
            largest = max(largest, abs(left[i, i].real))
        good[t] = True
        for i in range(d):
            pivot = left[i, i].real - rounding * largest
            if not pivot > 0.0:
                good[t] = False
                break
            for k in range(i + 1, d):
                factor = left[i, k].conjugate() / pivot
                for j in range(k, d):
                    left[k, j] -= factor * left[i, j]
