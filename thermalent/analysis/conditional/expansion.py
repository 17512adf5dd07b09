r"""The emitters' operators at each amplitude of the source, from the tiers of the steady state.

With the quasi-distributions of the mode's amplitude, \(\mathrm{Tr}\,\mu(\alpha) = P(\alpha)\),

$$\mu(\alpha) = \frac{e^{-x}}{\pi W} \sum_{kl} \phi_{kl}^*(\alpha)\, \mu^{kl}, \qquad
  x = \frac{|\alpha|^2}{W}, \qquad W = V + \sigma$$

with the orthonormal eigenfunctions \(\phi_{kl}\) of the Ornstein-Uhlenbeck process of variance W,
which begin with \(\alpha^l (\alpha^*)^k\), and the tiers \(\mu^{kl}\) scaled by sqrt(W) against
each other. For sigma = 0 this is the Glauber-Sudarshan P function. Convolving it with a Gaussian of
variance sigma changes the variance of the eigenfunctions and not the moments that the tiers are, so
that sigma = 1/2 gives the Wigner function and sigma = 1 the Husimi function, back-action included.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from thermalent.analysis.conditional.kernels import radial_sums
from thermalent.continued_fraction.chain.chain import hierarchy_chain
from thermalent.continued_fraction.chain.hierarchy import Hierarchy
from thermalent.continued_fraction.chain.tier_operators import tier_matrices, vector_of_all_tiers
from thermalent.continued_fraction.dynamics.evolution import needed_depth
from thermalent.networks.symmetry import element_charges
from thermalent.solution.method import MethodError
from thermalent.support import checks

_EPS = float(np.finfo(float).eps)
_FEWEST = 16  # tiers to begin with, at least
_SMALLEST_RTOL = 1e-12  # of tier zero alone: what the fraction can reach in doubles
_GROWTH = 1.3  # tiers of one solution over those of the one before
_TAIL = 0.8  # the tiers above this part of all must be negligible
# Unknowns of a tier squared, times tiers: about a minute of banded factorisations.
_BUDGET = 3e8
_DRAWS = 3  # disturbed generators, each element changed by what its assembly may have lost
_DISTURBANCES = 3.0  # factor on the largest change by them: normal deviates of a few roundings each


@dataclass(frozen=True, kw_only=True, eq=False)
class Expansion:
    """The coefficients of the emitters' operators, and their errors.

    Args:
        variance: W, the variance of the eigenfunctions.
        tiers: mu^{kl} on each tier k + l, in the order of the elements' charges, (n, d, d).
        errors: Errors of their elements, (n, d, d).
        charge: k - l of each element, (d, d).
    """

    variance: float
    tiers: np.ndarray
    errors: np.ndarray
    charge: np.ndarray

    def sums(self, alpha: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        r"""The sums \(S = e^{-x/2} \sum \phi^* \mu\) and bounds of their errors, (p, d, d) each.

        mu(alpha) is exp(-x/2)/(pi W) times S, so that Tr S = exp(-x/2) for a classical field.

        Args:
            alpha: Amplitudes, complex, (p,).
        """
        x = np.abs(alpha) ** 2 / self.variance
        total = np.zeros((len(x), *self.charge.shape), dtype=complex)
        bound = np.full(total.shape, np.finfo(float).tiny)
        for m in range(int(np.max(self.charge)) + 1):
            row, col = np.nonzero(self.charge == m)
            part = np.zeros((len(x), len(row)), dtype=complex)
            lost = np.zeros((len(x), len(row)))
            weights = np.ascontiguousarray(self.tiers[m::2, row, col])
            errors = np.ascontiguousarray(self.errors[m::2, row, col])
            radial_sums(x, m, weights, errors, part, lost)
            # mu^{lk} is the adjoint of mu^{kl}.
            total[:, row, col], total[:, col, row] = part, part.conj()
            bound[:, row, col] += lost
            if m:
                bound[:, col, row] += lost
        turned = np.exp(1j * np.angle(alpha)[:, None, None] * self.charge)
        return total * turned, bound


def checked_amplitudes(alpha: Any) -> np.ndarray:
    """The amplitudes as a complex array (p,): one, or a sequence of them."""
    try:
        given = np.atleast_1d(np.asarray(alpha))
        plain = given.dtype.kind in "iufc"
    except (TypeError, ValueError):
        plain = False
    if not plain or given.ndim != 1 or not len(given) or not np.all(np.isfinite(given)):
        checks.fail("alpha", "a finite complex amplitude, or a sequence of them", alpha)
    return np.asarray(given, dtype=complex)


class TierState(NamedTuple):
    """The steady state of which all tiers are wanted.

    Args:
        h: The hierarchy, of one mode.
        scale: Of the tiers against each other.
        reached: The state of the emitters, (d, d), if it is one of several.
    """

    h: Hierarchy
    scale: float
    reached: np.ndarray | None

    def tiers(self, last: int, disturbance: np.random.Generator | None = None) -> np.ndarray:
        """The operators up to a tier, (last + 1, d, d), of a generator disturbed if wanted."""
        chain = hierarchy_chain(
            self.h,
            start=self.reached,
            scale=self.scale,
            disturbance=disturbance,
            keep_trace=disturbance is not None,
        )
        return tier_matrices(chain, vector_of_all_tiers(chain, last, self.reached)[0], last)


def expansion(
    h: Hierarchy,
    sigma: float,
    rtol: float,
    remedy: str,
    reached: np.ndarray | None = None,
    reached_error: float = 0.0,
) -> Expansion:
    """The expansion with as many tiers as it takes, its truncation and rounding measured.

    Args:
        h: The hierarchy, of one mode.
        sigma: Variance that is added to that of the normally ordered amplitude.
        rtol: The last fifth of the tiers together are below this part of tier zero.
        remedy: What to do where the tiers do not fall, a sentence.
        reached: The state of the emitters, (d, d), if it is one of several.
        reached_error: Its relative error.

    Raises:
        MethodError: they do not fall.
    """
    variance = h.modes[0].variance + sigma
    steady = TierState(h, float(np.sqrt(variance)), reached)
    most = int(_BUDGET / len(h.numbers) ** 4 * 4)  # a tier has half of all elements
    last, before = max(_FEWEST, needed_depth(h, max(rtol, _SMALLEST_RTOL))), None
    while True:
        tiers = steady.tiers(last)
        size = np.abs(tiers).max(axis=(1, 2))
        left_out = float(np.sum(size[int(_TAIL * last) :]))
        if before is not None and left_out <= rtol * size[0]:
            break
        if last > most or not np.isfinite(left_out):
            raise MethodError(
                f"The expansion in the amplitudes of the source does not converge: the last of "
                f"{last} tiers are still {left_out / size[0]:.1g} of the first. {remedy}"
            )
        before, last = tiers, int(np.ceil(_GROWTH * last))
    return Expansion(
        variance=variance,
        tiers=tiers,
        errors=_errors(steady, tiers, before) + reached_error * np.abs(tiers),
        charge=element_charges(h.numbers).reshape(tiers.shape[1:]),
    )


def _errors(steady: TierState, tiers: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Errors of the elements of all tiers: what fewer tiers change, and what rounding does.

    The change is the error of the solution with fewer tiers; the one with more has less.
    """
    errors = np.abs(tiers)
    errors[: len(before)] = np.abs(tiers[: len(before)] - before)
    rng, disturbed = np.random.default_rng(0), np.zeros(tiers.shape)
    for _ in range(_DRAWS):
        other = steady.tiers(len(tiers) - 1, rng)
        disturbed = np.maximum(disturbed, np.abs(other - tiers))
    return np.asarray(errors + _DISTURBANCES * disturbed + 8 * _EPS * np.abs(tiers))
