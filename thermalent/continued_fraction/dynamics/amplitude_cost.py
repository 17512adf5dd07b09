r"""What an evolution from a coherent source costs, estimated before any tier is made.

A field far stronger than the thermal one is expanded relative to a wide Gaussian
(`coherent_source`), and is stepped; where that takes longer, the frame moves with the field instead
(`moving_frame`). Within a time t the emitters see the tiers up to about

$$N = c_2 \xi^2 + c_1 \xi, \qquad \xi = |\beta| g\, \frac{|1 - e^{-(\lambda + i\delta) t}|}
  {|\lambda + i\delta|}$$

with \(\beta\) the amplitude, g the coupling, and lambda the decay rate of the source: xi is the
angle by which the field turns them. The norm of the generator grows with the tiers as well, so that
the steps grow with the fourth power of the amplitude.
"""

from __future__ import annotations

import warnings

import numpy as np

from thermalent.continued_fraction.chain.hierarchy import Hierarchy
from thermalent.continued_fraction.dynamics.coherent_source import referred
from thermalent.continued_fraction.dynamics.relaxation import (
    ANNOUNCED,
    LAST_MARK,
    REFUSED,
    first_contour,
)
from thermalent.networks.network import Network

# Measured behind one link for |beta| = 10 to 1000, kappa = 0.25 to 4 and times of 0.02 to 10: the
# tiers are right within a factor of three.
_SQUARE, _LINEAR = 0.25, 4.0
_NORM = 9.0  # of the generator, in decay rates of the source per tier
_NONZEROS = 14.0  # products of a step per unknown, the recurrence included
_RUNS = 2.0


def steps_from_amplitude(
    network: Network, h: Hierarchy, amplitude: complex, end: float, tolerance: float
) -> float:
    """Multiplications of the steps that an evolution takes because its source starts coherent.

    Zero where the field is weak: the tiers are then those of the thermal one.

    Args:
        network: The network.
        h: Its hierarchy, of one mode.
        amplitude: Beta.
        end: The last time.
        tolerance: Error allowed in the largest element.
    """
    if referred(h, abs(amplitude)) is h:
        return 0.0
    (mode,), emitters = h.modes, list(network.emitter_indices)
    rate = complex(mode.rate, mode.detuning)
    # Contours take over where the emitters have relaxed.
    time = min(end, LAST_MARK * first_contour(tolerance, float(abs(h.liouvillian).max())))
    column = (0.5 * network.decay + 1j * network.exchange)[emitters, network.mode_indices[0]]
    turned = abs(amplitude) * float(np.linalg.norm(column)) * abs(np.expm1(-rate * time) / rate)
    tiers = _SQUARE * turned**2 + _LINEAR * turned
    unknowns = tiers * len(h.numbers) ** 2 / 2
    return _RUNS * _NONZEROS * unknowns * _NORM * mode.rate * tiers * time


def amplitude_refusal(operations: float, amplitude: complex, end: float) -> str | None:
    """Reason why a coherent source is too strong to be followed for so long, or None."""
    if operations <= REFUSED:
        return None
    return (
        f"{_announcement(operations, amplitude, end)}; it takes up to {REFUSED:.0e}. Ask for a "
        "weaker field, or for earlier times. te.FieldTrajectories() takes stronger ones where "
        "nothing acts back on the source."
    )


def announce(operations: float, amplitude: complex, end: float) -> None:
    """Warn of an evolution from a coherent source that takes more than half a minute."""
    if operations > ANNOUNCED:
        found = _announcement(operations, amplitude, end)
        warnings.warn(f"{found[0].upper()}{found[1:]}.", RuntimeWarning, stacklevel=2)


def _announcement(operations: float, amplitude: complex, end: float) -> str:
    return (
        f"from a coherent field with the amplitude {abs(amplitude):.3g} the evolution to t = "
        f"{end:.3g} would take about {operations:.0e} multiplications (1e9 take about a second)"
    )
