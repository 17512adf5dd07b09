r"""The number of levels that a mode needs, and the truncation error of leaving out the others.

A mode alone holds populations \(p_n \propto q^n\), \(q = \bar n/(\bar n + 1)\) whether it is warm
or pumped together with another, so N levels miss \(q^N\). With emitters the error of the state is
measured instead: two cutoffs N' < N differ by the error at N' (that at N is smaller by about
\(f = q^{N - N'}\)), hence

$$\epsilon_N = \max\Big(10\,|\rho_N - \rho_{N'}| \frac{f}{1 - f},\ 5 \sum_\mathrm{modes}
  p_{N-1} \frac{q}{1 - q}\Big)$$

with q the larger of the bare ratio and the one found in the solution between the levels N' and N.
The second part is the population beyond the cutoff; it covers accidents in which both cutoffs err
alike. Where quanta come in pairs, even and odd levels fall apart and what the last level would
have been given errs by as much as it holds: q is taken over an even number of levels, \(p_{N-1}\)
is at least \(q\,p_{N-2}\), \(300/(1 - q)\) replaces \(5 q/(1 - q)\), and 200 replaces 10.

The factors are measured: over 300 random cascades, mirrored waveguides and Jaynes-Cummings pairs
(n_th up to 5, kappa/gamma from 0.01 to 10, cutoffs from 2) the true error was between 1/600 and 0.8
of this; over 113 modes pumped by themselves and with a qubit, the worst that searches have found
among them (cutoffs from 3 to 11, 990 cases), at most 0.61.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from thermalent.networks.mode_moments import bare_modes
from thermalent.networks.network import Network

# Factors of the difference and of the tail in the bound; then those where quanta come in pairs.
_FACTORS = (10.0, 5.0)
_PAIRS_FACTORS = (200.0, 300.0)
# The first cutoff leaves the bare tail this much below the tolerance; with fewer levels a second
# attempt is needed.
_MARGIN = 30.0
# Error at the coarser cutoff over that at the finer one: enough to distinguish them, while the
# coarser one costs little less.
_CONTRAST = 30.0
_FEWEST = 4
# Populations below this are rounding and have no ratio.
_ROUNDING = 1e-14


def occupations(network: Network) -> np.ndarray | None:
    """Mean quanta of each mode without the emitters; None if the modes have no steady state."""
    number = bare_modes(network).number
    return None if number is None else np.maximum(np.diag(number).real, 0.0)


def first_cutoffs(ratios: Sequence[float], tolerance: float) -> tuple[int, ...]:
    """Levels per mode after which the thermal populations sum to less than the tolerance."""
    return tuple(
        max(_FEWEST, 1 + _levels(q, _MARGIN * max(1, len(ratios)) / tolerance)) for q in ratios
    )


def coarser(cutoffs: Sequence[int], ratios: Sequence[float]) -> tuple[int, ...]:
    """Cutoffs at which the truncation error is larger by a factor of about thirty."""
    return tuple(
        max(1, cutoff - max(1, _levels(q, _CONTRAST)))
        for cutoff, q in zip(cutoffs, ratios, strict=True)
    )


@dataclass(frozen=True, kw_only=True)
class Truncation:
    """The truncation error of a cutoff.

    Args:
        bound: Bound of the largest element of the emitters' error.
        ratios: q of each mode at the cutoff; 1 or more if its populations do not fall there.
        tails: Population beyond the cutoff, per mode.
    """

    bound: float
    ratios: tuple[float, ...]
    tails: tuple[float, ...]


def truncation(
    *,
    difference: float,
    populations: Sequence[np.ndarray],
    coarse: Sequence[int],
    ratios: Sequence[float],
    pairs: bool = False,
) -> Truncation:
    """The bound of the module's equation.

    Args:
        difference: Largest element of the difference of the emitters' two states.
        populations: Populations of each mode at the finer cutoffs N.
        coarse: The coarser cutoffs N'.
        ratios: Bare q of each mode.
        pairs: Whether quanta come in pairs anywhere in the network.
    """
    falls, ratios_measured, tails = [], [], []
    for p, start, bare in zip(populations, coarse, ratios, strict=True):
        steps = len(p) - start
        q = max(bare, _measured_ratio(np.abs(p), steps))
        ratios_measured.append(q)
        # A mode with the same levels at both cutoffs has no part in the difference.
        if steps > 0:
            falls.append(q**steps)
        last = max(abs(float(p[-1])), q * abs(float(p[-2])) if len(p) > 1 else 0.0)
        tails.append(last * (1.0 if pairs else q) / (1 - q) if q < 1 else 1.0)
    fall = max(falls, default=0.0)
    extrapolated = difference * fall / (1 - fall) if fall < 1 else 1.0
    of_difference, of_tails = _PAIRS_FACTORS if pairs else _FACTORS
    bound = min(1.0, max(of_difference * extrapolated, of_tails * sum(tails)))
    return Truncation(bound=bound, ratios=tuple(ratios_measured), tails=tuple(tails))


def _measured_ratio(p: np.ndarray, steps: int) -> float:
    """Ratio p_{n+1}/p_n at the last two levels, each against one of equal parity; 0 at rounding."""
    distance = max(2, steps - steps % 2)
    ends = [n for n in (len(p) - 1, len(p) - 2) if n >= distance]
    if not ends:
        ends, distance = [len(p) - 1], len(p) - 1
    ratio = 0.0
    for end in ends:
        last, before = float(p[end]), float(p[end - distance])
        if last > _ROUNDING:
            ratio = max(
                ratio, (last / before) ** (1 / distance) if before > 0 and distance else np.inf
            )
    return ratio


def finer(cutoffs: Sequence[int], measured: Truncation, tolerance: float) -> tuple[int, ...]:
    """Cutoffs that should meet the tolerance, at most twice the present ones."""
    excess = measured.bound / tolerance
    largest = max(measured.tails)
    grown = []
    for cutoff, q, tail in zip(cutoffs, measured.ratios, measured.tails, strict=True):
        # A mode whose tail is far below the largest one does not limit the accuracy.
        needed = excess * tail / largest if largest > 0 else excess
        more = 0 if needed <= 1 else 1 + (_levels(q, needed) if q < 1 else cutoff)
        grown.append(cutoff + min(more, cutoff))
    if tuple(grown) == tuple(cutoffs):
        return tuple(cutoff + 1 for cutoff in cutoffs)
    return tuple(grown)


def _levels(q: float, factor: float) -> int:
    """Number of levels over which q^n falls by the factor."""
    if q <= 0:
        return 0
    return int(np.ceil(np.log(factor) / -np.log(q)))
