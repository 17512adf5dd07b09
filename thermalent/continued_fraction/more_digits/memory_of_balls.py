r"""Memory that ball arithmetic takes, estimated before it runs and while it grows.

Every tier n keeps \(D_n^{-1}\), \(B_n D_{n-1}^{-1}\) and rows of tier 0 until the residuals of all
are known. The numbers are measured: `python -m benchmarks.memory_estimates`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from thermalent.continued_fraction.memory import width_of
from thermalent.networks.network import Network

BALL_BUDGET = 1.5e8  # multiplications of 128 bits, about half a minute on one core
_GUARD = 64  # bits beyond the digits that are wanted, to begin with
# Bytes of a ball of up to 128 bits, and what longer mantissas take beside their own length.
_PER_BALL, _LONG_FROM, _ON_THE_HEAP = 48.0, 128, 16.0
_ROWS_OF_TIER_0 = 3  # those of the fold, those on the way back, and their residuals
# Tiers for nine digits, in any case and per sqrt(V); they grow with a power of the digits.
_DIGITS, _FEWEST_TIERS, _TIERS_PER_WIDTH, _POWER = 9.0, 19.0, 20.0, 0.75
# Strength of the field from which on fewer are enough, and the power that says how many.
_STRONG, _SMEARED = 100.0, 1 / 6
_BASE = 2e6  # of the smallest problem


def first_bits(digits: float) -> int:
    """Precision with which a search for so many digits begins."""
    return 64 * math.ceil((digits * math.log2(10) + _GUARD) / 64)


def cost_of_a_tier(sizes: Sequence[int], bits: int) -> float:
    """Multiplications of 128 bits per tier, for blocks of these sizes of even and odd tiers."""
    return sum(size**3 for size in sizes) / 2 * (bits / 128) ** 1.2


def bytes_of_a_tier(sizes: Sequence[int], tier0: int, bits: int) -> float:
    """Bytes that a tier keeps, for blocks of these sizes of even and odd tiers, and of tier 0."""
    long = bits / 8 + _ON_THE_HEAP if bits > _LONG_FROM else 0.0
    balls = sum(sizes) ** 2 / 2 + _ROWS_OF_TIER_0 * tier0 * sum(sizes) / 2
    return balls * (_PER_BALL + long)


def expected_ball_tiers(network: Network, sizes: Sequence[int], digits: float) -> float:
    """Tiers that so many digits take behind one mode, about, or as many as the budget affords."""
    width, strength = width_of(network), _strength(network)
    # Strong fields smear out what the tiers have to resolve.
    smeared = min(1.0, (strength / _STRONG) ** -_SMEARED) if strength > 0 else 1.0
    nine = _FEWEST_TIERS + _TIERS_PER_WIDTH * width * smeared
    afforded = BALL_BUDGET / (1.6 * cost_of_a_tier(sizes, first_bits(digits)))
    return min(nine * (digits / _DIGITS) ** _POWER, afforded)


def _strength(network: Network) -> float:
    """Square of the rate at which the field turns the emitters, over their decay rate's."""
    source, emitters = network.mode_indices[0], list(network.emitter_indices)
    drive = max(
        abs(network.decay[source, emitters]).max(), abs(network.exchange[source, emitters]).max()
    )
    decay = float(network.decay[emitters, emitters].real.max())
    return (width_of(network) * float(drive) / decay) ** 2 if decay > 0 else 0.0


def ball_bytes(network: Network, sizes: Sequence[int], tier0: int, digits: float) -> float:
    """Bytes for a steady state to so many digits."""
    each = bytes_of_a_tier(sizes, tier0, first_bits(digits))
    return expected_ball_tiers(network, sizes, digits) * each + _BASE
