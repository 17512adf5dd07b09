r"""The truncation error of derivatives that were computed with more and more tiers.

One derivative can change little by chance, so all of them and the state show together how fast the
changes decay, and each is taken to change by no less than that decay makes of its change before.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from thermalent.continued_fraction.chain import convergence


def truncation_errors(
    tiers: Sequence[int], values: np.ndarray, states: np.ndarray, scales: np.ndarray
) -> np.ndarray:
    """Errors of the last of three sets of derivatives, (keys,); see `convergence.stated_error`.

    Args:
        tiers: Numbers of tiers, (3,), growing.
        values: The derivatives, (3, keys).
        states: The unknowns of tier 0, (3, ground).
        scales: Sizes of the parameters, by which the derivatives are multiplied to be compared.
    """
    change = np.abs(np.diff(values, axis=0))  # (2, keys)
    common = np.maximum(
        np.max(change * scales, axis=1, initial=0.0),
        np.max(np.abs(np.diff(states, axis=0)), axis=1),
    )
    if not common[1] > 0:
        return np.zeros(values.shape[1])
    ratio = common[1] / common[0] if common[0] > 0 else np.inf
    largest = max(float(np.max(np.abs(values[2]) * scales)), float(np.max(np.abs(states[2]))))
    stated = convergence.stated_error(
        np.array(tiers, dtype=np.int64), np.array([0.0, *common]), 2, largest
    )
    if not np.isfinite(stated):  # the changes do not fall, whatever the number of tiers
        return np.asarray(4 * np.max(change, axis=0))
    least = np.maximum(change[1], min(ratio, 1.0) * change[0])
    return np.asarray(stated / common[1] * least)
