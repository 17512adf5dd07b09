"""Derivatives by differences, for tests of those that are computed otherwise."""

import numpy as np


def extrapolated(function, value, h):
    """Central differences with Richardson's extrapolation, in long double."""
    table = []
    for i in range(4):
        step = np.longdouble(h) / 2**i
        near, far = float(value + step), float(value - step)
        row = [(function(near) - function(far)) / (np.longdouble(near) - np.longdouble(far))]
        for j in range(1, i + 1):
            row.append(row[-1] + (row[-1] - table[-1][j - 1]) / (4**j - 1))
        table.append(row)
    return float(table[-1][-1])
