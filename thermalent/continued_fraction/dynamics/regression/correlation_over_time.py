"""Correlation functions over time, from two regressions whose difference is part of the error."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from functools import partial

import numpy as np

from thermalent.continued_fraction.chain.chain import HierarchyChain
from thermalent.continued_fraction.dynamics.chebyshev import products_per_time
from thermalent.continued_fraction.dynamics.coherent_source import in_real_numbers
from thermalent.continued_fraction.dynamics.laplace.inversion import Inverter, Response
from thermalent.continued_fraction.dynamics.laplace.oscillations import weakly_damped
from thermalent.continued_fraction.dynamics.regression.regression import Regression
from thermalent.continued_fraction.dynamics.relaxation import (
    LAST_MARK,
    RelaxationResult,
    first_contour,
    relax,
)
from thermalent.continued_fraction.dynamics.steps import Steps, StepsOfTwo, largest_rate

# Sums of poles reach this part of the largest term: rounding of their samples times the length of
# the line. Fewer digits are enough for one, more take steps and contours.
_ON_A_LINE = 1e-12
# Work of a line: of any, and for each tier, of as many samples as most lines take, per cube of its
# unknowns; of steps besides their products, per unknown, and of complex ones in real ones. All in
# multiplications of the first run of real steps; measured.
_LINE, _PER_SAMPLE, _PER_UNKNOWN, _COMPLEX = 3e6, 40.0, 3e3, 3.0
# Of steps beyond the first contour, which then are contours: these take many times as long.
_STEPPED = 3e7


def correlation_over_time(
    fine: Regression, other: Regression, times: np.ndarray, tolerance: float
) -> RelaxationResult:
    """Values at increasing times >= 0.

    Args:
        fine: The regression whose values are given.
        other: One of fewer tiers and another rounding: the error counts what it changes.
        times: The times, (t,).
        tolerance: Error that is small enough.
    """
    # Roundings count for values, and for what they are read with, of order one.
    largest = float(np.max(np.abs(fine.row))) or 1.0
    # Pairs may be much rarer at first than later.
    unit = max(fine.at_zero_size(), abs(fine.flux) ** fine.order) or 1.0
    fine, other = (_scaled(one, unit, largest) for one in (fine, other))
    relative = tolerance / unit
    response = Response(
        transform=fine,
        redrawn=other,
        poles=partial(weakly_damped, fine.chain),
        more_with_tiers=False,
    )
    real = _is_real(fine)
    found = relax(
        times,
        relative,
        StepsOfTwo(_steps(fine, real), _steps(other, real)),
        Inverter(response, other.last, relative, real=False),
        line_first=relative >= _ON_A_LINE
        and _line_is_faster(fine, float(times[-1]), relative, real=real),
    )
    return replace(found, values=unit * found.values, error=unit * found.error)


def _line_is_faster(regression: Regression, last: float, tolerance: float, *, real: bool) -> bool:
    """Whether a line takes less work than steps and contours."""
    if not regression.many_are_cheap:
        return False
    chain, tiers = regression.chain, regression.last
    m, products = max(len(block) for block in chain.a), work_of_steps(chain, tiers, last)
    on_contours = last > LAST_MARK * first_contour(tolerance, largest_rate(chain))
    if on_contours and products > _STEPPED:
        return True
    line = _LINE + _PER_SAMPLE * tiers * float(m) ** 3
    return line < (1.0 if real else _COMPLEX) * products + _PER_UNKNOWN * m * tiers


def work_of_steps(chain: HierarchyChain, last: int, time: float) -> float:
    """Approximate multiplications of steps to a time with the tiers up to one."""
    norm = damping = elements = 0.0
    for n in (last - 1, last):
        own, bands = np.abs(chain.a[n % 2]), (chain.up[n % 2], chain.down[n % 2])
        rows = own.sum(axis=1) + chain.rate * n
        for band, values in zip(bands, (bands[0].rising(n), bands[1].falling(n)), strict=True):
            rows = rows + np.bincount(band.row, np.abs(values), minlength=len(own))
        norm = max(norm, float(np.max(rows, initial=0.0)))
        damped = np.abs(np.diag(chain.a[n % 2]) - chain.rate * n)
        damping = max(damping, float(np.max(damped, initial=0.0)))
        elements += np.count_nonzero(own) + sum(len(band.row) for band in bands) + 4 * len(own)
    return time * products_per_time(norm, damping) * elements / 2 * last


def _scaled(regression: Regression, unit: float, largest: float) -> Regression:
    """The regression with its values in a unit, and with what they are read with of order one."""
    scaled = copy(regression)
    scaled.row, scaled.start = regression.row / largest, regression.start * (largest / unit)
    scaled.start_size = regression.start_size * (largest / unit)
    return scaled


def _is_real(regression: Regression) -> bool:
    """Whether its vector stays real, exactly."""
    turned = np.any(np.imag(regression.start)) or np.any(np.imag(regression.row))
    return not turned and in_real_numbers(regression.chain) is not None


def _steps(regression: Regression, real: bool) -> Steps:
    """Its steps, in real numbers if the exact values are: complex ones take three times as long.

    An imaginary part that roundings bring says nothing of the real one.
    """
    chain, start, row = regression.chain, regression.start, regression.row
    found = in_real_numbers(chain) if real else None
    if found is not None:
        chain, start, row = found, np.ascontiguousarray(start.real), row.real
    return Steps(chain, start, regression.last, partial(_read, row))


def _read(row: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.array([row @ y[: len(row)]])
