"""Memory and work that the continued fraction behind one mode takes, estimated before it runs.

The factors are measured (`python -m benchmarks.memory_estimates`): estimate and peak lie within a
factor of three of each other.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from thermalent.networks.network import Network

# Work space of the smallest problem, and bytes per element of the emitters' state for its sparse
# superoperators.
_BASE, _PER_ELEMENT = 1e7, 500.0
# Dense blocks of a tier that stand at the peak, LAPACK's copies included: of a steady state, and of
# a contour, which folds two chains in complex numbers.
_BLOCKS, _BLOCKS_OF_CONTOUR = 20, 70
# States, contributions of the charges and their adjoints, per time.
_STATES_PER_TIME = 3.5
# Tiers per sqrt(V) for nine digits, and those that are taken in any case; measured.
_DIGITS, _TIERS_PER_WIDTH, _FEWEST_TIERS = 9, 17.0, 16.0
# Of derivatives: arrays of all inverted pivots that stand at the peak.
_PIVOTS = 1.0
# Of regressions: blocks per tier in the factors of a banded matrix and bytes of each entry; how
# many generators are held, and bytes per nonzero element and per unknown of each.
_FILL, _PER_FACTOR_ENTRY = 6, 20.0
_GENERATORS, _PER_NONZERO, _PER_UNKNOWN = 6, 20.0, 60.0
_MORE_TIERS = 1.6  # two times a quarter more
# Of their resolvents side by side: bytes that all may take at once and unknowns of a tier, beyond
# which each is solved alone; bytes per element of a block and per unknown of a tier.
RESOLVENTS, MOST_IN_LANES = 3e9, 128
_PER_LANE_ELEMENT, _PER_LANE_UNKNOWN = 128.0, 680.0
# Of relaxation rates: bytes per exact number, and per element of the blocks of a tier.
_PER_EXACT, _PER_BLOCK_ELEMENT = 450.0, 150.0


def expected_tiers(network: Network, rtol: float) -> float:
    """Tiers that a relative accuracy takes behind one mode, about."""
    return (_FEWEST_TIERS + _TIERS_PER_WIDTH * width_of(network)) * -math.log10(rtol) / _DIGITS


def fold_operations(network: Network, numbers: np.ndarray, rtol: float) -> float:
    """Multiplications of a fraction folded at the depth of a relative accuracy."""
    block = len(numbers) ** 2 / 2  # unknowns per tier, the real ones
    return float(expected_tiers(network, rtol) * block**3)


def width_for_tiers(tiers: float, rtol: float) -> float:
    """The root of the quanta with which a relative accuracy takes so many tiers, about."""
    return (tiers * _DIGITS / -math.log10(rtol) - _FEWEST_TIERS) / _TIERS_PER_WIDTH


def width_of(network: Network) -> float:
    """Root of the quanta that the one mode holds, sqrt(V)."""
    relaxation, gain = network.mode_rates(network.mode_indices[0])
    return math.sqrt(abs(gain / relaxation))


def steady_state_bytes(numbers: np.ndarray) -> float:
    """Bytes for the steady state of emitters with these excitation numbers, (d,)."""
    return _BLOCKS * 8 * _largest_block(numbers) ** 2 + _PER_ELEMENT * len(numbers) ** 2 + _BASE


def evolution_bytes(numbers: np.ndarray, times: int) -> float:
    """Bytes for the states at some times of emitters with these excitation numbers, (d,)."""
    blocks = (_BLOCKS_OF_CONTOUR - _BLOCKS) * 8 * _largest_block(numbers) ** 2
    states = 16 * _STATES_PER_TIME * times * len(numbers) ** 2
    return steady_state_bytes(numbers) + blocks + states


def derivatives_bytes(numbers: np.ndarray, tiers: float) -> float:
    """Bytes for derivatives of a steady state: the inverted pivots of so many tiers at once."""
    pivots = _PIVOTS * 8 * (tiers + 1) * _largest_block(numbers) ** 2
    return steady_state_bytes(numbers) + pivots


def regression_bytes(network: Network, numbers: np.ndarray, rtol: float) -> float:
    """Bytes for spectra and coherence functions: all tiers at once, in several generators."""
    unknowns = len(numbers) ** 2 / 2  # per tier
    nonzeros = 4 * len(network.nodes) + 2  # per row
    held = _GENERATORS * unknowns * (nonzeros * _PER_NONZERO + _PER_UNKNOWN)
    factors = _FILL * _PER_FACTOR_ENTRY * unknowns**2
    depth = _MORE_TIERS * expected_tiers(network, rtol)
    lanes = min(RESOLVENTS, depth * lanes_bytes(unknowns)) if unknowns <= MOST_IN_LANES else 0.0
    return steady_state_bytes(numbers) + depth * (held + factors) + lanes


def lanes_bytes(unknowns: float) -> float:
    """Bytes for each tier of so many unknowns whose resolvents are taken side by side."""
    return _PER_LANE_ELEMENT * unknowns**2 + _PER_LANE_UNKNOWN * unknowns


def rates_bytes(network: Network, numbers: np.ndarray) -> float:
    """Bytes for relaxation rates, with a mode or without: exact numbers, and blocks of tiers."""
    elements = len(numbers) ** 2
    exact = _PER_EXACT * elements * len(network.emitters) ** 2
    if not network.modes:
        return exact + _BASE
    depth = expected_tiers(network, 10.0**-_DIGITS)
    return exact + _PER_BLOCK_ELEMENT * depth * (elements / 2) ** 2 + _BASE


def _largest_block(numbers: np.ndarray) -> float:
    """Unknowns of the larger ones of the tiers: elements of even or of odd charge."""
    return _larger_half(tuple(np.bincount(numbers).tolist()))


@lru_cache(maxsize=64)
def _larger_half(count: tuple[int, ...]) -> float:
    """Elements of even or of odd charge, from the numbers of states by their excitations."""
    states = np.array(count, dtype=float)
    pairs = np.convolve(states, states[::-1])  # elements by charge
    return float(max(pairs[::2].sum(), pairs[1::2].sum()))
