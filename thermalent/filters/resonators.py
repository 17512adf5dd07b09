"""Filters made of resonators that are known one by one, from the arguments of their makers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from thermalent.filters import prototypes
from thermalent.filters.parts import FilterParts, checked_absorber
from thermalent.support import checks

MOST_RESONATORS = 100  # the peak of so many is found in some seconds
_HALF_POWER = 10 * np.log10(2.0)  # dB


def cavities(
    rates: float | Sequence[float],
    detunings: float | Sequence[float],
    internal_decay: float | Sequence[float],
    absorber_occupation: float | None,
) -> FilterParts:
    """See `Filter.cavities`."""
    one = checks.scalar(rates)
    given = one if isinstance(one, (Sequence, np.ndarray)) and np.ndim(one) else (one,)
    kappa = [checks.positive("rates", rate) for rate in given]
    m = len(kappa)
    if not 1 <= m <= MOST_RESONATORS:
        checks.fail("rates", f"from 1 to {MOST_RESONATORS} rates", checks.Words(f"{m} of them"))
    frequencies, internal = (
        [check(name, item) for item in checks.per_item(name, value, m, "cavity")]
        for name, value, check in (
            ("detunings", detunings, checks.real),
            ("internal_decay", internal_decay, checks.nonnegative),
        )
    )
    return FilterParts(
        system=prototypes.row_of_cavities(kappa, frequencies, internal),
        absorption=np.diag(internal),
        absorber_occupation=checked_absorber(absorber_occupation),
        reflection_known=True,
        label=f"{m} cavities" if m > 1 else "1 cavity",
    )


def butterworth(
    order: int, fwhm: float, internal_decay: float, absorber_occupation: float | None
) -> FilterParts:
    """See `Filter.butterworth`."""
    elements = prototypes.butterworth_elements(checks.integer("order", order, 1, MOST_RESONATORS))
    edge = checks.positive("fwhm", fwhm) / 2
    label = f"Butterworth of order {order}"
    return _ladder(elements, edge, internal_decay, absorber_occupation, label)


def chebyshev(
    order: int,
    fwhm: float,
    ripple: float,
    internal_decay: float,
    absorber_occupation: float | None,
) -> FilterParts:
    """See `Filter.chebyshev`."""
    order = checks.integer("order", order, 1, MOST_RESONATORS)
    depth = checks.positive("ripple", ripple)
    if not 1e-12 < depth < _HALF_POWER:
        checks.fail("ripple", f"above 1e-12 and below {_HALF_POWER:.4f} decibels", ripple)
    half = prototypes.chebyshev_half_width(order, depth)
    edge = checks.positive("fwhm", fwhm) / 2 / half
    elements = prototypes.chebyshev_elements(order, depth)
    label = f"Chebyshev of order {order}, {depth:g} dB"
    return _ladder(elements, edge, internal_decay, absorber_occupation, label)


def _ladder(
    elements: np.ndarray,
    edge: float,
    internal_decay: float,
    absorber_occupation: float | None,
    label: str,
) -> FilterParts:
    internal = checks.nonnegative("internal_decay", internal_decay)
    system = prototypes.lowpass_ladder(elements, edge, internal)
    return FilterParts(
        system=system,
        absorption=internal * np.eye(len(system.b)),
        absorber_occupation=checked_absorber(absorber_occupation),
        reflection_known=True,
        label=label,
    )
