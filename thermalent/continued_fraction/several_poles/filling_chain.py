r"""Chain coordinates that follow the covariance of a source that fills.

With the covariance V(t) of the chain's amplitudes u, and its triangular factor, the amplitudes

$$w = \Lambda(t)^{-1} u, \qquad \Lambda \Lambda^\dagger = V(t) = \int_0^t e^{-Hs} D\,
  e^{-H^\dagger s}\, ds, \qquad D = H C + C H^\dagger$$

are independent and of variance one at all times. As \(\Lambda\) is lower triangular, w_1 alone
drives the emitters, and the drift

$$H'(t) = \Lambda^{-1} (H \Lambda + \dot\Lambda)$$

is lower Hessenberg as H is: a chain at all times, whose orders K count what the field changes while
the emitters follow. In the coordinates of the stationary chain the drive raises every amplitude
with which y is correlated for the time being, so that some hundred times as much is left out by the
same K; and as the state of a field far weaker than in the end is represented by numbers that fall
steeply with the tier, what steps and rounding leave on high tiers is amplified on its way down.
Relative to w it is not. What it takes is that the emitters do not act back: as the source is empty
at first, w could not represent the vacuum's own fluctuations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy import linalg, sparse

from thermalent.continued_fraction.several_poles.coordinates import SourceChain
from thermalent.continued_fraction.several_poles.moving_source import (
    MovingSource,
    covariance_changes,
    sizes_of_changes,
)
from thermalent.continued_fraction.several_poles.tail_damping import tail_damping

# Up to this time in units of 1/|H| the covariance is an integral, which loses no digits where it
# is small, by so many points of Gauss; later what is lacking to the stationary one is subtracted.
_EARLY, _POINTS = 4.0, 20
_TAYLOR = 24  # terms of the exponential, up to the time 1/|H|: relatively exact for each element
_SINGULAR = 1e-10  # of the largest eigenvalue of a covariance, below which it has no such factor
_ROUNDING = 1e-12  # of the noise, below which a negative eigenvalue of it is rounding


class Frame(NamedTuple):
    """Coordinates of a source that starts empty, and the generator in them.

    Args:
        first: The chain whose terms are there with weight one.
        damping: The damping of its tails.
        changes: Chains of the terms that have other weights, for `tiers_with_changes`.
        weights: Of these at a time.
        from_below: Whether of the changes only the terms from the tier below count.
    """

    first: SourceChain
    damping: np.ndarray
    changes: list[tuple[SourceChain, np.ndarray]]
    weights: Callable[[float], list[float]]
    from_below: bool


def resting_frame(chain: SourceChain, source: MovingSource) -> Frame:
    """The coordinates of the stationary state, in which the drive depends on time."""
    return Frame(
        chain,
        tail_damping(chain.drift),
        covariance_changes(chain),
        lambda time: sizes_of_changes(chain, source.at(time)[0]),
        True,
    )


def following_frame(chain: SourceChain, begin: np.ndarray | None = None) -> Frame | None:
    """Coordinates that follow the source, where they can; the generator has none at time zero.

    Args:
        chain: Emitters and source.
        begin: A vector b(0) whose b b^+ is the covariance at the start, (m,); zero if not given.
    """
    filling = _Filling(chain, begin)
    if not filling.possible:
        return None
    m = chain.length
    nothing = replace(
        chain,
        liouvillian=0 * chain.liouvillian,
        drift=np.zeros((m, m), dtype=complex),
        covariance=np.eye(m, dtype=complex),
        scale=0.0,
    )
    undamped = np.zeros(m, dtype=complex)
    changes = [(replace(nothing, scale=1.0), undamped)]
    start = filling.begin @ filling.begin.conj().T
    turning = any(np.any(part.imag) for part in (chain.drift, chain.covariance, start))
    units = (1.0, 1j) if turning else (1.0,)
    places = [(i, j) for i in range(m) for j in range(min(i + 2, m))]
    for unit in units:
        for place in places:
            drift = np.zeros((m, m), dtype=complex)
            drift[place] = unit
            changes.append((replace(nothing, drift=drift), undamped))
        changes.extend((nothing, unit * one) for one in np.eye(m, dtype=complex)[: m - 1])
    rows, cols = np.transpose(places)

    def weights(time: float) -> list[float]:
        scale, drift = filling.at(time)
        numbers = np.concatenate([drift[rows, cols], tail_damping(drift)[: m - 1]])
        return [scale, *(x for unit in units for x in (numbers / unit).real.tolist())]

    first = replace(nothing, liouvillian=chain.liouvillian)
    return Frame(first, undamped, changes, weights, False)


class _Filling:
    """The covariance of an empty source, its factor, and the drift of the amplitudes w."""

    def __init__(self, chain: SourceChain, begin: np.ndarray | None = None) -> None:
        self.chain = chain
        self.begin = np.zeros((chain.length, 0)) if begin is None else begin[:, None]
        drift, covariance = chain.drift, chain.covariance
        noise = drift @ covariance + covariance @ drift.conj().T
        self.noise = 0.5 * (noise + noise.conj().T)
        values, vectors = np.linalg.eigh(self.noise)
        rounding = _ROUNDING * float(np.max(np.abs(values)))
        kept = values > rounding
        self.root = vectors[:, kept] * np.sqrt(values[kept])  # D = root root^+
        self.root[np.abs(self.root) < 1e-14 * np.max(np.abs(self.root), initial=0.0)] = 0.0
        self.norm = float(np.linalg.norm(drift, 2))
        backs = (*chain.backaction, *chain.backaction_conj)
        sizes = np.linalg.eigvalsh(covariance)
        self.possible = (
            not any(sparse.csr_array(back).count_nonzero() for back in backs)
            and bool(values[0] >= -rounding)
            and bool(sizes[0] > _SINGULAR * sizes[-1])
        )

    def at(self, time: float) -> tuple[float, np.ndarray]:
        """The driving amplitude in units of w_1, and H', at a time > 0."""
        drift, factor = self.chain.drift, self._factor(time)
        inverse = linalg.solve_triangular(factor, np.eye(len(drift)), lower=True)
        moved = inverse @ drift @ factor
        # Lambda^{-1} dV/dt Lambda^{-+}, the sum of Lambda^{-1} dLambda/dt and its adjoint
        growth = inverse @ self.noise @ inverse.conj().T - moved - moved.conj().T
        changing = np.tril(growth, -1) + np.diag(np.diag(growth).real / 2)
        return float(self.chain.scale * factor[0, 0].real), np.tril(moved + changing, 1)

    def _factor(self, time: float) -> np.ndarray:
        """The triangular factor of V(t), with a positive diagonal."""
        drift, covariance = self.chain.drift, self.chain.covariance
        if time * self.norm >= _EARLY:
            left = linalg.expm(-drift * time)
            begun = left @ self.begin
            return np.linalg.cholesky(
                covariance - left @ covariance @ left.conj().T + begun @ begun.conj().T
            )
        points, weights = np.polynomial.legendre.leggauss(_POINTS)
        roots = [
            np.sqrt(weight * time / 2) * self._evolved(self.root, time * (1 + x) / 2)
            for x, weight in zip(points.tolist(), weights.tolist(), strict=True)
        ]
        upper = np.linalg.qr(
            np.hstack([self._evolved(self.begin, time), *roots]).conj().T, mode="r"
        )
        phases = np.diag(upper) / np.abs(np.diag(upper))
        return np.asarray((upper / phases[:, None]).conj().T)

    def _evolved(self, columns: np.ndarray, time: float) -> np.ndarray:
        """exp(-H t) times some columns."""
        if time * self.norm > 1:
            return np.asarray(linalg.expm(-self.chain.drift * time) @ columns)
        term = found = columns
        for n in range(1, _TAYLOR):
            term = -time / n * (self.chain.drift @ term)
            found = found + term
        return np.asarray(found)
