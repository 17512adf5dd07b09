r"""Balls: real numbers with a proven radius, from python-flint (Arb).

A double is a dyadic number, so a ball holds it exactly. Every operation returns a ball that
contains the exact result for all elements of its arguments.

Source: F. Johansson, IEEE Trans. Comput. 66, 1281 (2017).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import flint
import numpy as np
from flint import acb, acb_mat, arb, arb_mat

_OUTWARD = 1 + 1e-9  # a bound that passed through a double is rounded up by this


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Work with mantissas of so many bits inside the block; then restore the precision."""
    before = flint.ctx.prec
    flint.ctx.prec = bits
    try:
        yield
    finally:
        flint.ctx.prec = before


def complex_ball(value: complex) -> acb:
    """The ball of radius zero that holds a double, or a complex of two."""
    value = complex(value)
    return acb(arb(value.real), arb(value.imag))


def complex_matrix(matrix: np.ndarray) -> acb_mat:
    """A matrix of doubles, exactly."""
    return acb_mat([[complex_ball(value) for value in row] for row in np.asarray(matrix)])


def is_zero(value: arb) -> bool:
    """Whether a ball is exactly zero, not merely compatible with it."""
    return bool(value.is_zero())


def at_most(value: arb) -> float:
    """A double that is not below |value|."""
    bound = float(abs(value).upper())
    return bound * _OUTWARD if bound < math.inf else math.inf


def frobenius(matrix: arb_mat) -> float:
    """An upper bound of the Frobenius norm, and so of the spectral norm."""
    total = arb(0)
    for value in matrix.entries():
        total += abs(value).upper() ** 2
    return at_most(total.sqrt())


def row_norms(matrix: arb_mat) -> list[float]:
    """Upper bounds of the Euclidean norms of the rows."""
    norms = []
    for row in matrix.tolist():
        total = arb(0)
        for value in row:
            total += abs(value).upper() ** 2
        norms.append(at_most(total.sqrt()))
    return norms
