"""Approximate eigenvalues found beside several shifts, as one list without doubles.

Slow rates gather beside zero and beside the frequencies of the emitters. From a shift far away they
are seen without the digits of their decay: what a shift does not resolve is left to another one.
"""

from __future__ import annotations

import numpy as np

from thermalent.analysis.eigenvalues import candidates
from thermalent.analysis.eigenvalues.candidates import Near
from thermalent.analysis.eigenvalues.chain import ChargeChain

# A value is kept if it is known to this part of its decay rate.
_RESOLVED = 0.05
# Residuals are taken so many times: the eigenvalues' condition is not known here.
_CONDITION = 10.0


def beside(
    chain: ChargeChain,
    frequencies: np.ndarray,
    count: int,
    rate: float,
    resolution: float,
    *,
    exact: bool,
) -> np.ndarray:
    """About `count` eigenvalues of L beside each frequency.

    Args:
        chain: The hierarchy; of charge zero its eigenvalues come in conjugate pairs.
        frequencies: Imaginary parts of the shifts, zero first.
        count: How many are looked for beside each.
        rate: The shifts' distance from the imaginary axis is a tenth of it.
        resolution: Decay rates below it count as zero.
        exact: Whether to solve in ball arithmetic.
    """
    parts = []
    for frequency in frequencies:
        shift = 0.1 * rate + 1j * frequency
        near = candidates.near(chain, shift, count, exact=exact)
        parts.append(_resolved(near, resolution))
    if chain.charge == 0:
        parts = [
            _paired(part, resolution, around_zero=frequency == 0)
            for part, frequency in zip(parts, frequencies, strict=True)
        ]
    return _together(parts, resolution)


def _resolved(near: Near, resolution: float) -> Near:
    """The candidates that are known to a part of their own decay rate."""
    known = _CONDITION * near.uncertainty
    kept: np.ndarray = known <= np.maximum(resolution, _RESOLVED * np.abs(near.values.real))
    return _some(near, kept)


def _paired(near: Near, resolution: float, *, around_zero: bool) -> Near:
    """Conjugates made exact; real values only from the shift at zero, which has their digits."""
    separation = resolution + np.maximum(near.split, _CONDITION * near.uncertainty)
    imaginary = near.values.imag
    upper = _some(near, imaginary > separation)
    lower = upper._replace(values=upper.values.conj())
    if not around_zero:
        return _joined([upper, lower])
    real = _some(near, np.abs(imaginary) <= separation)
    return _joined([real._replace(values=real.values.real.astype(complex)), upper, lower])


def _together(parts: list[Near], resolution: float) -> np.ndarray:
    """The union of several searches, the best-known values first: copies only where one has them.

    A value joins the list if its own search has more values within its reach than the list has.
    """
    joined = _joined(parts)
    source = np.repeat(np.arange(len(parts)), [len(part.values) for part in parts])
    reach = resolution + joined.split + _CONDITION * joined.uncertainty
    kept: list[int] = []
    for i in np.argsort(reach, kind="stable").tolist():
        listed = np.abs(joined.values[kept] - joined.values[i]) <= reach[i]
        own = (np.abs(joined.values - joined.values[i]) <= reach[i]) & (source == source[i])
        if np.count_nonzero(listed) < np.count_nonzero(own):
            kept.append(i)
    return joined.values[kept]


def _some(near: Near, which: np.ndarray) -> Near:
    return Near(*(part[which] for part in near))


def _joined(parts: list[Near]) -> Near:
    return Near(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
