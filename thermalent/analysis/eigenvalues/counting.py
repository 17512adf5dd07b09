r"""The number of eigenvalues to the right of a vertical line: a winding number.

The determinant of s - L is the product of the determinants of the pivots of its block elimination,
so that eigenvalues without an amplitude in tier zero are counted too. Divided by the same function
of s + c, with c > r, and by what both have of the eigenvalues known already,

$$F(s) = \frac{\det(s - L)}{\det(s + c - L)}
  \prod_{\mathrm{known}} \frac{s + c - \lambda_j}{s - \lambda_j}$$

goes to one at infinity, and its phase along the line Re s = -r falls by \(2\pi\) for every
eigenvalue with Re lambda > -r that is missing from the list: the zeros of the denominator lie to
the left of the line, because no eigenvalue has a positive real part. The many eigenvalues that are
far from the line have their zero and their pole side by side and leave F smooth. Close to an
eigenvalue on either side F has a dip: the line is divided until log F is smooth between its points.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from flint import ctx

from thermalent.analysis.eigenvalues import counting_kernels as kernels
from thermalent.analysis.eigenvalues.chain import ChargeChain
from thermalent.analysis.eigenvalues.generator import BITS
from thermalent.analysis.eigenvalues.subspace.balls import Shifted

# Between a point and the next log F may change by this much, by its slope in the middle and by its
# values, and the two halves by half of it differently. A phase that turns several times from one
# point to the next shows in the slope. One zero between them turns the phase by pi; of two in the
# same place the phase says nothing, but the magnitude does.
_SMOOTH = 0.8
# The slope is that over this part of the way to the next point.
_STEP = 1e-4
# c is at least this many times r, and at least this part of the highest frequency.
_BACK, _BANDS = 1.5, 50.0
_MOST_POINTS = 40_000
# Blocks up to this width are eliminated by a compiled loop, in parts that take below a second each.
_NARROW = 40
_LOOP = 2e8
_CHUNK = 2_000_000  # elements of a batch of blocks

LogDet = Callable[[np.ndarray], np.ndarray]


class Winding(NamedTuple):
    """The result of following the phase along the line.

    Args:
        missing: Eigenvalues to the right of the line that the list lacks; None if the phase could
            not be followed.
        places: Imaginary parts near which F changes fastest.
    """

    missing: int | None
    places: np.ndarray


def count_missing(
    chain: ChargeChain,
    known: np.ndarray,
    distance: float,
    log_det: LogDet,
    report: Callable[[str], None] = lambda text: None,
    most: int = _MOST_POINTS,
) -> Winding:
    """The number of eigenvalues with Re lambda > -`distance` that are missing from the list.

    Args:
        chain: The hierarchy.
        known: Eigenvalues of L on both sides of the line, with conjugates and multiplicities.
        distance: r > 0; the line must pass between the eigenvalues that are known.
        log_det: log det(s - L) at many s, up to multiples of 2 pi i.
        report: Called with the progress of the count.
        most: Points of the line after which the count ends without a result.
    """
    largest = float(np.max(abs(chain.matrix).sum(axis=0)))
    # No eigenvalue has a larger imaginary part than the anti-Hermitian part of L allows.
    turning = 0.5 * (chain.complex_matrix - chain.complex_matrix.conj().T)
    highest = float(np.max(abs(turning).sum(axis=0)))
    behind = max(_BACK * distance, highest / _BANDS)

    def log_f(t: np.ndarray) -> np.ndarray:
        s = -distance + 1j * t
        ratio = log_det(s) - log_det(s + behind)
        return ratio - kernels.log_products(s, known) + kernels.log_products(s + behind, known)

    if not np.all(np.abs(known.real + distance) > 1e-12 * distance):
        return Winding(None, np.zeros(0))  # the line passes through one of them
    far = 2 * largest + 100 * chain.size * behind
    t = _first_points(known, distance, far, 0.5 * behind, highest)
    symmetric = chain.charge == 0
    if symmetric:
        t = np.concatenate([[0.0], t[t > 0]])
    return _follow(log_f, t, report, most, symmetric=symmetric)


def _first_points(
    known: np.ndarray, distance: float, far: float, step: float, highest: float
) -> np.ndarray:
    """Points whose distances decrease towards zero to that of the line from known eigenvalues.

    Up to the highest frequency none are further apart than `step`, half the distance between a zero
    of F and its pole, so that a zero beside the line is noticed however close it is.
    """
    nearest = float(np.min(np.abs(known.real + distance), initial=distance))
    near = 0.5 * nearest * 2.0 ** np.arange(np.ceil(np.log2(2 * far / nearest)) + 1)
    steps = np.unique(np.concatenate([near, np.arange(step, highest + step, step)]))
    return np.concatenate([-steps[::-1], [0.0], steps])


def _follow(
    log_f: LogDet, t: np.ndarray, report: Callable[[str], None], most: int, *, symmetric: bool
) -> Winding:
    """The change of the phase along the points, which are made closer where log F is not smooth."""
    value = log_f(t)
    ends = -value[-1].imag if symmetric else value[0].imag - value[-1].imag
    phase = float(_turn(np.array(1j * ends)).imag)
    low, high = np.stack([t[:-1], value[:-1]]), np.stack([t[1:], value[1:]])
    points = len(t)
    places = np.zeros(0)
    while low.shape[1]:
        middle = 0.5 * (low[0] + high[0]).real
        points += len(middle)
        if points > most or np.any(middle <= low[0].real) or np.any(middle >= high[0].real):
            return Winding(None, places)
        report(f"counted at {points} points, {len(middle)} intervals left")
        half = middle - low[0].real
        both = log_f(np.concatenate([middle, middle + _STEP * half]))
        between = np.stack([middle, both[: len(middle)]])
        slope = _turn(both[len(middle) :] - between[1]) / _STEP
        first, second = _turn(between[1] - low[1]), _turn(high[1] - between[1])
        rough = ~(
            (np.abs(first) <= _SMOOTH)
            & (np.abs(second) <= _SMOOTH)
            & (np.abs(first - second) <= 0.5 * _SMOOTH)
            & (np.abs(2 * slope - first - second) <= _SMOOTH)
        )
        phase += float(np.sum((first + second).imag[~rough]))
        if rough.any():
            places = middle[rough]
        low, high, between = low[:, rough], high[:, rough], between[:, rough]
        low, high = np.hstack([low, between]), np.hstack([between, high])
    turns = phase / np.pi if symmetric else phase / (2 * np.pi)
    missing = round(-turns)
    return Winding(missing if abs(turns + missing) < 0.1 else None, places)


def _turn(change: np.ndarray) -> np.ndarray:
    """A change of log F with its phase brought between -pi and pi."""
    return np.real(change) + 1j * ((np.imag(change) + np.pi) % (2 * np.pi) - np.pi)


def log_det_double(chain: ChargeChain) -> LogDet:
    """Logarithm of det(s - L) from the pivots in double precision."""
    blocks = chain.dense_blocks()
    width = max(len(block[0]) for block in blocks)
    if width <= _NARROW:
        return _log_det_narrow(blocks, width)

    def some(s: np.ndarray) -> np.ndarray:
        total = np.zeros(len(s), dtype=complex)
        tail = None  # (points, m_{n+1}, m_n)
        for n in range(chain.last, -1, -1):
            diagonal, rise, fall = blocks[n]
            pivot = s[:, None, None] * np.eye(len(diagonal)) - diagonal
            if tail is not None:
                pivot = pivot - fall @ tail
            sign, size = np.linalg.slogdet(pivot)
            total += size + np.log(sign)
            if n > 0:
                tail = np.linalg.solve(pivot, np.broadcast_to(rise, (len(s), *rise.shape)))
        return total

    def log_det(s: np.ndarray) -> np.ndarray:
        parts = max(1, len(s) * width**2 // _CHUNK)
        return np.concatenate([some(part) for part in np.array_split(s, parts)])

    return log_det


def _log_det_narrow(blocks: Sequence[tuple[np.ndarray, ...]], width: int) -> LogDet:
    """Logarithm of det(s - L) by a compiled loop, which is faster for small blocks."""
    size = np.array([len(own) for own, _, _ in blocks])
    padded = np.zeros((3, len(blocks), width, width), dtype=np.result_type(*blocks[0]))
    for n, tier in enumerate(blocks):
        for part, block in zip(padded, tier, strict=True):
            part[n, : block.shape[0], : block.shape[1]] = block

    def log_det(s: np.ndarray) -> np.ndarray:
        parts = np.array_split(s, max(1, int(len(s) * len(size) * width**3 // _LOOP)))
        return np.concatenate([kernels.log_determinants(p, size, *padded) for p in parts])

    return log_det


def log_det_exact(chain: ChargeChain) -> LogDet:
    """Logarithm of det(s - L) in ball arithmetic, for rates over many decades."""

    def log_det(s: np.ndarray) -> np.ndarray:
        with ctx.workprec(BITS):
            return np.array([Shifted(chain, complex(point)).log_det() for point in s])

    return log_det
