"""Climbing to the best passive spectrum from many starts, along exact slopes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from thermalent.analysis.shapes.guarded_link import GuardedLink
from thermalent.analysis.shapes.passive_spectra import PassiveCoordinates, UnstableSpectrumError

_FLAT = 1e-6  # slope by the dimensionless coordinates at which a climb ends
_STEPS = 400
# A climb that ends on a slope begins again there, with nothing learnt of the curvature, as long as
# that gains something.
_ATTEMPTS, _GAINED = 4, 1e-6
# Of the starts: widths over that of the best Butterworth filter, damping of the zeros of F, and
# places of the zeros of P, both in half widths.
_WIDTHS, _DAMPING, _BEYOND = (0.3, 3.0), 0.3, (1.0, 4.0)
_IN_PAIRS = 0.8  # share of the zeros that come in pairs, if the spectrum is symmetric
# Zeros of P beyond so many half widths are at infinity: in symmetric spectra they change |S21|^2 by
# 1e-8, in others they tilt it by 1e-4, which a maximum does not notice.
_FAR = 1e4


class ClimbEnd(NamedTuple):
    """Where a climb ended.

    Args:
        place: PassiveCoordinates of the filter.
        value: The margin there.
        slope: Its derivatives by the coordinates.
        evaluations: Values with slopes that it took.
    """

    place: np.ndarray
    value: float
    slope: np.ndarray
    evaluations: int


def climbed(
    coordinates: PassiveCoordinates, link: GuardedLink, last: int, start: np.ndarray
) -> ClimbEnd:
    """The maximum above a start, by the method of Broyden, Fletcher, Goldfarb and Shanno."""
    from scipy import optimize

    def falling(place: np.ndarray) -> tuple[float, np.ndarray]:
        try:
            value, slope = with_slope(coordinates, link, last, place)
        except (UnstableSpectrumError, np.linalg.LinAlgError):
            return 1e3, np.zeros_like(place)  # a filter without damping: the step was too long
        return -value, -slope

    evaluations, before, place = 0, np.inf, start
    for _ in range(_ATTEMPTS):
        found = optimize.minimize(
            falling, place, jac=True, method="BFGS", options={"gtol": _FLAT, "maxiter": _STEPS}
        )
        evaluations, place = evaluations + int(found.nfev), found.x
        if np.max(np.abs(found.jac)) <= _FLAT or before - found.fun < _GAINED:
            break
        before = float(found.fun)
    return ClimbEnd(place, -float(found.fun), -found.jac, evaluations)


def with_slope(
    coordinates: PassiveCoordinates, link: GuardedLink, last: int, place: np.ndarray
) -> tuple[float, np.ndarray]:
    """The margin and its derivatives by the coordinates.

    Raises:
        UnstableSpectrumError: the filter has a pole without damping.
    """
    found = link.slopes(coordinates.numbers(place), last)
    drifts, fluxes = coordinates.slopes(place)
    by_drift = np.sum((np.conj(found.drift) * drifts).real, axis=(1, 2))
    return found.value, by_drift + found.flux * fluxes


def random_start(coordinates: PassiveCoordinates, rng: np.random.Generator) -> np.ndarray:
    """A random passive filter: zeros of F within the band, and of P outside of it."""
    p, symmetric = coordinates.order, coordinates.symmetric
    scale = float(np.exp(rng.uniform(*np.log(_WIDTHS))))
    inside = _zeros(p, (0.0, 1.0), symmetric, rng)
    reflection = np.poly(scale * inside)
    count = int(rng.integers(0, p)) if coordinates.zeros else 0
    outside = _zeros(count, _BEYOND, symmetric, rng)
    numerator = np.atleast_1d(np.poly(scale * outside))
    numerator = numerator * scale**p / abs(numerator[-1])
    if symmetric:
        reflection, numerator = reflection.real, numerator.real
    return coordinates.place(reflection, numerator)


def _zeros(
    count: int, between: tuple[float, float], symmetric: bool, rng: np.random.Generator
) -> np.ndarray:
    found: list[complex] = []
    while len(found) < count:
        zero = complex(_DAMPING * rng.normal(), rng.choice((-1, 1)) * rng.uniform(*between))
        if not symmetric:
            found.append(zero)
        elif len(found) + 2 <= count and rng.random() < _IN_PAIRS:
            found += [zero, zero.conjugate()]
        else:
            found.append(complex(abs(zero), 0.0))
    return np.array(found, dtype=complex)


def without_far_zeros(coordinates: PassiveCoordinates, place: np.ndarray) -> np.ndarray:
    """The same filter but for zeros so far out that they do not matter: these are at infinity."""
    reflection, numerator = coordinates.polynomials(place)
    zeros = np.roots(numerator)
    near = zeros[np.abs(zeros) < _FAR]
    if len(near) == len(numerator) - 1:
        return place
    kept = np.atleast_1d(np.poly(near))
    kept = kept * (numerator[-1] / kept[-1])
    return coordinates.place(reflection, kept.real if coordinates.symmetric else kept)
