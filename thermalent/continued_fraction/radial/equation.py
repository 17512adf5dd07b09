r"""The hierarchy of one mode as an equation for the emitters' operators at every radius.

$$\rho(\alpha) = p(\alpha) \sum_{kl} \mu^{kl} \varphi_{kl}(\alpha)$$

sums the tiers up, with the orthonormal polynomials \(\varphi_{kl}\) of the thermal amplitude
\(\alpha = \sqrt V\, s\, e^{i\phi}\). By the conservation of excitations an element of charge q
turns as \(e^{iq\phi}\), so that the phase drops out. The coordinates of tier (k, l) with
\(\sqrt k\, \mu^{k-1,l} + \sqrt{l+1}\, \mu^{k,l+1}\) are those of the product of \(\rho\) with
\(\alpha/\sqrt V\), and the like, so that ordinary differential equations are left for the
coordinates \(f_j(s)\) of \(\rho/p\), of charge \(q_j \ge 0\):

$$0 = \sum_j \Big[ A_{ij} + \sqrt V s\, D_{ij} + \frac{K_{ij}}{\sqrt V} \Big(s - \frac12
  \frac{d}{ds} + \frac{(q_i - q_j)\, q_j}{2s}\Big) \Big] f_j
  + \frac\lambda2 \Big[ \frac{d^2}{ds^2} + \Big(\frac1s - 2s\Big) \frac{d}{ds}
  - \frac{q_i^2}{s^2} \Big] f_i$$

A, V D and K are what the tiers of the chain are made of: A acts within a tier, and B couples up by
(V D + K)/scale, C down by D scale. The emitters' state is the mean of f over the density of the
radius, \(\int ds\, p\, f\), of its charge zero.

The trace of f is one of the unknowns. It changes by the back-action and by the diffusion of the
radius alone, which is exact only if its equation is written down as that.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from thermalent.continued_fraction.chain.chain import HierarchyChain, Sizes
from thermalent.networks.gaussian_source import GaussianMode
from thermalent.operators.superoperators import Operator, Superoperator

_EPS = float(np.finfo(float).eps)
_ROUNDING = 4 * _EPS  # as in `kernels.basis`


class RadialEquation(NamedTuple):
    """The equation of one network; the trace stands in the place of one population.

    Args:
        a: A, (m, m), real.
        drive: sqrt(V) D, (m, m).
        backaction: K/sqrt(V), (m, m); None where nothing acts back on the mode.
        charge: q of the unknowns, (m,).
        rate: Amplitude decay rate lambda of the mode.
        size: What the elements of the three were summed from, with the population in its place.
        trace: In which place the trace stands.
        traced: Which unknowns are populations: one, else zero, (m,).
        tier0_size: How many of the unknowns, the first, have charge zero.
        basis: Hermitian matrices of the unknowns of charge zero as columns, (d^2, tier0).
    """

    a: np.ndarray
    drive: np.ndarray
    backaction: np.ndarray | None
    charge: np.ndarray
    rate: float
    size: tuple[np.ndarray, np.ndarray, np.ndarray]
    trace: int
    traced: np.ndarray
    tier0_size: int
    basis: np.ndarray

    @property
    def smallest(self) -> float:
        """The radius s below which diffusion is faster than all else, a power of two.

        Up to there the solution is smooth; from there on it changes with the logarithm of s.
        """
        inner = np.max(np.abs(self.a)), np.max(np.abs(self.drive))
        slow = np.sqrt(self.rate / max(inner[0], self.rate))
        driven = np.cbrt(self.rate / max(inner[1], self.rate))
        return float(2.0 ** np.floor(np.log2(min(slow, driven))))

    def disturbed(self, rng: np.random.Generator) -> RadialEquation:
        """The same, every element changed at random by as much as rounding may have changed it."""

        def moved(matrix: np.ndarray, size: np.ndarray, conserved: bool) -> np.ndarray:
            lost = _ROUNDING * size * rng.standard_normal(size.shape)
            return np.asarray(matrix + _with_trace(lost, self.traced, self.trace, conserved))

        given = self.backaction
        return self._replace(
            a=moved(self.a, self.size[0], True),
            drive=moved(self.drive, self.size[1], True),
            backaction=None if given is None else moved(given, self.size[2], False),
        )

    def populations(self, given: np.ndarray) -> np.ndarray:
        """Coordinates with the population where the trace stands, (..., m) or (..., tier0)."""
        result = np.array(given)
        others = self.traced[: given.shape[-1]].copy()
        others[self.trace] = 0.0
        result[..., self.trace] -= given @ others
        return result


def radial_equation(chain: HierarchyChain, size: Sizes, mode: GaussianMode) -> RadialEquation:
    """The equation of a chain of charge zero.

    Args:
        chain: The chain.
        size: What its elements were summed from.
        mode: The mode: its back-action, which B holds only beside the much larger drive.
    """
    root = float(np.sqrt(mode.variance))
    weight = root / max(chain.width, 1.0)  # C is D times the scale of the tiers
    a, size_a = _even_and_odd(chain.a), _even_and_odd(size.a)
    drive, size_drive = weight * _coupling(chain), weight * _between(size.down)
    backaction, size_backaction = _backaction(chain, mode)
    diagonal = np.eye(round(np.sqrt(chain.basis[0].shape[0])), dtype=bool).ravel()
    sums = np.asarray(chain.basis[0][diagonal].sum(axis=0)).real.ravel()
    traced = np.concatenate([np.round(sums), np.zeros(len(chain.charge[1]))])
    # The population that gains and loses fastest: its equation follows from the others.
    trace = int(np.argmax(np.where(traced > 0, size_a.sum(axis=1) + size_a.sum(axis=0), -1.0)))
    return RadialEquation(
        a=_with_trace(a, traced, trace, conserved=True),
        drive=_with_trace(drive, traced, trace, conserved=True),
        backaction=_with_trace(backaction / root, traced, trace) if np.any(backaction) else None,
        charge=np.abs(np.concatenate(chain.charge)).astype(float),
        rate=chain.rate,
        size=(size_a, size_drive, size_backaction / root),
        trace=trace,
        traced=traced,
        tier0_size=chain.tier0_size,
        basis=np.asarray(chain.basis[0][:, : chain.tier0_size]),
    )


def _backaction(chain: HierarchyChain, mode: GaussianMode) -> tuple[np.ndarray, np.ndarray]:
    """K in the basis of the chain, and what its elements were summed from, (m, m) each."""
    given = mode.backaction + mode.backaction_conj
    even, odd = chain.basis
    result = _between((_table(even, given, odd), _table(odd, given, even)))
    parts = abs(even), abs(given), abs(odd)
    size = _between((_table(*parts), _table(*parts[::-1])))
    result[np.abs(result) <= _ROUNDING * size] = 0.0
    return result, size


def _table(left: Operator, superoperator: Superoperator, right: Operator) -> np.ndarray:
    table = left.conj().T @ (superoperator @ right)
    return np.asarray(table if isinstance(table, np.ndarray) else table.toarray()).real


def _even_and_odd(pair: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    even, odd = (len(block) for block in pair)
    result = np.zeros((even + odd, even + odd))
    result[:even, :even], result[even:, even:] = pair
    return result


def _between(pair: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    even, odd = pair[0].shape
    result = np.zeros((even + odd, even + odd))
    result[:even, even:], result[even:, :even] = pair
    return result


def _coupling(chain: HierarchyChain) -> np.ndarray:
    """C in the basis of even and odd unknowns, without the roots of k and l."""
    even, odd = (len(charge) for charge in chain.charge)
    result = np.zeros((even + odd, even + odd))
    result[chain.down[0].row, even + chain.down[0].col] = chain.down[0].value
    result[even + chain.down[1].row, chain.down[1].col] = chain.down[1].value
    return result


def _with_trace(
    matrix: np.ndarray, traced: np.ndarray, trace: int, conserved: bool = False
) -> np.ndarray:
    """The matrix with the trace among the unknowns; where it is conserved, its row is zero."""
    others = traced.copy()
    others[trace] = 0.0
    result = matrix - np.outer(matrix[:, trace], others)
    result[trace] = 0.0 if conserved else traced @ result
    return result
