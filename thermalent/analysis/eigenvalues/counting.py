r"""The number of eigenvalues to the right of a vertical line: a winding number.

The determinant of s - L is the product of the determinants of the pivots of its block elimination,
so that eigenvalues without an amplitude in tier zero are counted too. Divided by what is known of
it,

$$F(s) = \frac{\det(s - L)}{(s - \mu)^{N - K}} \prod_{j=1}^{K} \frac{1}{s - \lambda_j}$$

with N unknowns, K known eigenvalues \(\lambda_j\) on both sides of the line and the mean \(\mu\) of
all others, it goes to one at infinity, as fast as the square of their spread over that of |s|. Its
phase along the line Re s = -r falls by \(2\pi\) for every eigenvalue with Re lambda > -r that is
missing from the list: \(\mu\) lies to the left of the line.

Between two points the phase is the integral of its slope, which is taken at both, up to what the
values say modulo \(2\pi\). An eigenvalue that is close to the line at a height between them makes
slopes of opposite sign at the two, however close it is and however far they are apart; the interval
is then divided.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from thermalent.analysis.eigenvalues import counting_kernels as kernels
from thermalent.analysis.eigenvalues.chain import ChargeChain
from thermalent.analysis.eigenvalues.determinants import LogDet

# By how much the slopes at both ends may differ, times their distance: one zero at the distance d
# from the middle of an interval of length h adds 4 / (1 + 4 d^2 / h^2).
_BENT = 1.5
# By how much the change of log F may differ from the mean slope times the distance: twice in the
# same place, a zero shows in the slopes alone, once it adds pi.
_APART = 0.4
# Where the phase turns by this much between two points, what is missing may be close.
_TURNING = 0.5
# The slope is that over this part of the way to the next point, or of its distance from zero, where
# that is more: of the digits of log F five are left at the first, and below the second none is.
_STEP, _LEAST_STEP = 1e-5, 1e-9
# Points at the heights of known eigenvalues this close to the line, in distances of the line itself
# from zero; not closer to other points than this part of their own distance from the line.
_BESIDE, _CLOSER = 1.0, 0.25
_MOST_POINTS = 40_000


class Winding(NamedTuple):
    """The result of following the phase along the line.

    Args:
        missing: Eigenvalues to the right of the line that the list lacks; None if the phase could
            not be followed.
        places: Imaginary parts near which F changes fastest, or its phase by much.
    """

    missing: int | None
    places: np.ndarray


class _Points(NamedTuple):
    """Points of the line: their heights t, log F and its slope over t, (n,) each."""

    t: np.ndarray
    value: np.ndarray
    slope: np.ndarray

    def some(self, which: np.ndarray | slice) -> _Points:
        return _Points(*(part[which] for part in self))

    def joined(self, other: _Points) -> _Points:
        return _Points(*(np.concatenate(pair) for pair in zip(self, other, strict=True)))


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
        most: Determinants after which the count ends without a result.
    """
    if not np.all(np.abs(known.real + distance) > 1e-12 * distance):
        return Winding(None, np.zeros(0))  # the line passes through one of them
    others = chain.size - len(known)
    mean = (np.sum(chain.matrix.diagonal()) - np.sum(known)) / max(others, 1)
    aside = max(0.0, float(mean.real) + 2 * distance)
    mean = mean - aside
    largest = float(np.max(abs(chain.matrix).sum(axis=0))) + abs(mean)
    # There log F is below 0.2, even if all others are as far from their mean as they can be.
    far = max(4 * largest, largest * np.sqrt(2.5 * chain.size), 10 * chain.size * aside)

    def log_f(t: np.ndarray) -> np.ndarray:
        s = -distance + 1j * t
        of_others = others * np.log(s - mean)
        logarithms: np.ndarray = log_det(s) - kernels.log_products(s, known) - of_others
        return logarithms

    def points(t: np.ndarray, reach: np.ndarray) -> _Points:
        step = np.maximum(_STEP * reach, _LEAST_STEP * (distance + np.abs(t)))
        value, beside = np.split(log_f(np.concatenate([t, t + step])), 2)
        return _Points(t, value, _turn(beside - value) / step)

    symmetric = chain.charge == 0
    return _follow(
        points, _first_points(known, distance, far, symmetric), report, most, symmetric=symmetric
    )


def _first_points(known: np.ndarray, distance: float, far: float, symmetric: bool) -> np.ndarray:
    """Points whose distances grow from that of the line to known eigenvalues, and those beside it.

    A known eigenvalue and one that is missing, on both sides of the line and close to each other,
    are told apart only from as close as they are.
    """
    away = np.abs(known.real + distance)
    nearest = float(np.min(away, initial=distance))
    steps = 0.5 * nearest * 2.0 ** np.arange(np.ceil(np.log2(2 * far / nearest)) + 1)
    t = np.concatenate([-steps[::-1], [0.0], steps])
    close = away <= _BESIDE * distance
    for height, room in zip(known.imag[close], _CLOSER * away[close], strict=True):
        if np.min(np.abs(t - height)) > room:
            t = np.append(t, height)
    t = np.sort(t)
    return t[t >= 0] if symmetric else t


def _follow(
    points: Callable[[np.ndarray, np.ndarray], _Points],
    t: np.ndarray,
    report: Callable[[str], None],
    most: int,
    *,
    symmetric: bool,
) -> Winding:
    """The change of the phase along the line, which is divided where log F is not smooth."""
    taken = 2 * len(t)
    if taken > most:
        return Winding(None, np.zeros(0))
    width = np.diff(t)
    first = points(t, np.append(width, width[-1]))
    ends = -first.value[-1].imag if symmetric else first.value[0].imag - first.value[-1].imag
    phase = float(_turn(np.array(1j * ends)).imag)
    low, high = first.some(slice(None, -1)), first.some(slice(1, None))
    all_of_it, places = float(t[-1] - t[0]), np.zeros(0)
    while len(low.t):
        width = high.t - low.t
        expected = 0.5 * width * (low.slope + high.slope)
        apart = _turn(high.value - low.value - expected)
        bent = np.abs(width * (high.slope - low.slope))
        rough = ~((bent <= _BENT) & (np.abs(apart) <= _APART))
        middle = 0.5 * (low.t + high.t)
        turning = np.abs((expected + apart).imag) > _TURNING
        if rough.any() or turning.any():
            places = middle[rough if rough.any() else turning]
        phase += float(np.sum((expected + apart).imag[~rough]))
        if not rough.any():
            break
        low, high = low.some(rough), high.some(rough)
        middle, half = middle[rough], 0.5 * width[rough]
        taken += 2 * len(middle)
        if taken > most or np.any(middle <= low.t) or np.any(middle >= high.t):
            return Winding(None, places)
        left = 100 * float(np.sum(width[rough])) / all_of_it
        report(f"counted with {taken} determinants, {left:.1f} % of the line left")
        between = points(middle, half)
        low, high = low.joined(between), between.joined(high)
    turns = phase / np.pi if symmetric else phase / (2 * np.pi)
    missing = round(-turns)
    return Winding(missing if abs(turns + missing) < 0.1 else None, places)


def _turn(change: np.ndarray) -> np.ndarray:
    """A change of log F with its phase brought between -pi and pi."""
    return np.real(change) + 1j * ((np.imag(change) + np.pi) % (2 * np.pi) - np.pi)
