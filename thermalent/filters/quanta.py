"""Thermal occupation of a mode, on bare SI numbers."""

from __future__ import annotations

from math import exp, expm1

from thermalent.support import checks

# Exact by definition of the SI units (2019).
PLANCK = 6.62607015e-34  # J s
BOLTZMANN = 1.380649e-23  # J / K


def occupation(kelvin: float, hertz: float) -> float:
    r"""Mean number of quanta \(1/(e^{h\nu/k_B T} - 1)\); 0 at T = 0 and where it underflows."""
    # Divided in this order neither product can underflow, and x may be infinite.
    x = hertz / (BOLTZMANN / PLANCK * kelvin) if kelvin > 0 else float("inf")
    if x < 1e-300:
        checks.fail("temperature", "such that the quanta are fewer than 1e300", kelvin)
    return exp(-x) / -expm1(-x)
