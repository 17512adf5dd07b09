"""Thermal occupation from temperature and frequency, and the temperature of an occupation."""

from __future__ import annotations

from math import log1p
from typing import Any

from thermalent.filters.quanta import BOLTZMANN as BOLTZMANN
from thermalent.filters.quanta import PLANCK as PLANCK
from thermalent.filters.quanta import occupation
from thermalent.hardware.units import FREQUENCY, TEMPERATURE, quantity_in_si
from thermalent.support import checks
from thermalent.support.calls import with_explained_calls


@with_explained_calls
def thermal_occupation(temperature: Any, frequency: Any) -> float:
    r"""Mean number of quanta of a mode in thermal equilibrium.

    $$n_\mathrm{th} = \frac{1}{e^{h\nu/k_B T} - 1}$$

    Args:
        temperature: T, such as "293K"; a plain number is in kelvin. >= 0.
        frequency: Ordinary frequency nu = omega/2pi, such as "5GHz"; a plain number is in hertz.
            > 0.

    Returns:
        n_th >= 0, dimensionless, to a few roundings; 0 at T = 0 and where it underflows.

    Raises:
        ValueError: an argument has another unit, none, or is out of range.

    Source: THERMAL, Sec. V A.
    """
    kelvin = quantity_in_si("temperature", temperature, TEMPERATURE, checks.nonnegative)
    hertz = quantity_in_si("frequency", frequency, FREQUENCY, checks.positive)
    return occupation(kelvin, hertz)


@with_explained_calls
def source_temperature(n_th: float, frequency: Any) -> float:
    r"""Temperature at which a mode holds n_th quanta: the inverse of `thermal_occupation`.

    $$T = \frac{h\nu}{k_B \ln(1 + 1/n_\mathrm{th})}$$

    Args:
        n_th: Thermal occupation, >= 0.
        frequency: Ordinary frequency nu = omega/2pi, such as "3GHz"; a plain number is in hertz.
            > 0.

    Returns:
        T in kelvin, 0 for n_th = 0.

    Raises:
        ValueError: an argument has another unit, none, or is out of range.
    """
    n_th = checks.nonnegative("n_th", n_th)
    hertz = quantity_in_si("frequency", frequency, FREQUENCY, checks.positive)
    kelvin = PLANCK / BOLTZMANN * hertz / log1p(1 / n_th) if n_th > 0 else 0.0
    if not kelvin <= checks.LARGEST_RATE:
        checks.fail("n_th", f"of a temperature of at most {checks.LARGEST_RATE:g} K", n_th)
    return kelvin
