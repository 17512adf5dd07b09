"""What a filter consists of, as the constructors find it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from thermalent.filters.measured.fit import Fit
from thermalent.filters.response import StateSpace
from thermalent.support import checks


class FilterParts(NamedTuple):
    """The attributes of a `Filter`, which describes them."""

    system: StateSpace
    absorption: np.ndarray
    transmission: float = 1.0
    absorber_occupation: float | None = None
    reflection_known: bool = False
    label: str = "filter"
    fit: Fit | None = None


def checked_absorber(occupation: float | None) -> float | None:
    """The thermal occupation of what absorbs; None is that of the waveguide."""
    return None if occupation is None else checks.nonnegative("absorber_occupation", occupation)
