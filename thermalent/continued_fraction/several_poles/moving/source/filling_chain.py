r"""Chain coordinates that follow the covariance of a source that fills or decays.

With the covariance V(t) of the chain's amplitudes u, and its triangular factor, the amplitudes

$$w = \Lambda(t)^{-1} u, \qquad \Lambda \Lambda^\dagger = V(t) = e^{-Ht} V(0)\, e^{-H^\dagger t}
  + \int_0^t e^{-Hs} D\, e^{-H^\dagger s}\, ds, \qquad D = H C + C H^\dagger$$

are independent and of variance one at all times. As \(\Lambda\) is lower triangular, w_1 alone
drives the emitters, and the drift

$$H'(t) = \Lambda^{-1} (H \Lambda + \dot\Lambda)$$

is lower Hessenberg as H is: a chain at all times, whose orders K count what the field changes while
the emitters follow. In the coordinates of the stationary chain the drive raises every amplitude
with which y is correlated for the time being, so that some hundred times as much is left out by the
same K; and as the state of a field far weaker than in the end is represented by numbers that fall
steeply with the tier, what steps and rounding leave on high tiers is amplified on its way down.
Relative to w it is not: a field that decays without noise only turns w, however weak it becomes,
as \(H' + H'^\dagger = \Lambda^{-1} D \Lambda^{-\dagger}\). What it takes is that the emitters do
not act back: where the source is empty, w could not represent the vacuum's own fluctuations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
from scipy import linalg, sparse

from thermalent.continued_fraction.several_poles.chain.coordinates import SourceChain
from thermalent.continued_fraction.several_poles.chain.tail_damping import tail_damping
from thermalent.numerics.matrix_exponential import matrix_exponential

# Up to this time in units of 1/|H| the covariance is an integral, which loses no digits where it
# is small, by so many points of Gauss; later what is lacking to the stationary one is subtracted.
_EARLY, _POINTS = 4.0, 20
_TAYLOR = 24  # terms of the exponential, up to the time 1/|H|: relatively exact for each element
_SINGULAR = 1e-10  # of the largest eigenvalue of a covariance, below which it has no such factor
# Variance of the field up to which nothing is followed: in the coordinates of the chain, what steps
# and rounding leave on the upper tiers while the source is nearly empty is amplified on its way
# down, the more so the more tiers there are; a cold source has few.
COLD = 0.3
_ROUNDING = 1e-12  # of the noise, below which a negative eigenvalue of it is rounding


def drive_terms(
    chain: SourceChain,
) -> tuple[tuple[SourceChain, np.ndarray], tuple[SourceChain, np.ndarray]]:
    """The chain without a source, and what the drive by a unit of w_1 adds to it."""
    alone = replace(
        chain,
        drift=np.zeros_like(chain.drift),
        covariance=np.eye(chain.length, dtype=complex),
        scale=0.0,
    )
    undamped = np.zeros(chain.length, dtype=complex)
    drive = replace(alone, liouvillian=0 * chain.liouvillian, scale=1.0)
    return (alone, undamped), (drive, undamped)


class DriftUnits:
    """Units of the drift H' and of the damping of tails, and the numbers of them at a time.

    Args:
        chain: A chain with the emitters.
        chains: All chains whose sources are followed, in common coordinates.
        turning: Whether H' is complex.

    Attributes: `changes` are the units, for `tiers_with_changes`.
    """

    def __init__(self, chain: SourceChain, chains: Sequence[SourceChain], *, turning: bool) -> None:
        m = chain.length
        beyond = any(np.any(np.triu(one.drift, 2)) for one in chains)
        self.places = [(i, j) for i in range(m) for j in range(m if beyond else min(i + 2, m))]
        self.units = (1.0, 1j) if turning else (1.0,)
        nothing = replace(drive_terms(chain)[1][0], scale=0.0)
        self.changes: list[tuple[SourceChain, np.ndarray]] = []
        for unit in self.units:
            for place in self.places:
                drift = np.zeros((m, m), dtype=complex)
                drift[place] = unit
                self.changes.append((replace(nothing, drift=drift), np.zeros(m, dtype=complex)))
            for one in np.eye(m, dtype=complex)[: m - 1]:
                self.changes.append((nothing, unit * one))

    def weights(self, scale: float, drift: np.ndarray, chain: SourceChain) -> list[float]:
        """The weights of the drive and of all units."""
        rows, cols = np.transpose(self.places)
        # A source that decays without noise does not damp w: its own rate then ends the chain.
        damping = tail_damping(drift, float(np.trace(chain.drift).real) / len(drift))
        numbers = np.concatenate([drift[rows, cols], damping[: len(drift) - 1]])
        return [scale, *(x for unit in self.units for x in (numbers / unit).real.tolist())]


class FollowedSource:
    """The covariance V(t) of a source, its factor, and the drift of the amplitudes w.

    Attributes: `still` says whether no noise enters, and `possible` whether there are such
    coordinates at all times > 0.

    Args:
        chain: Emitters and source.
        begin: B with V(0) = B B^+, (m, n); zero if not given.
    """

    def __init__(self, chain: SourceChain, begin: np.ndarray | None = None) -> None:
        self.chain, m = chain, chain.length
        self.begin = np.zeros((m, 0)) if begin is None else begin
        drift, covariance = chain.drift, chain.covariance
        noise = drift @ covariance + covariance @ drift.conj().T
        self.noise = 0.5 * (noise + noise.conj().T)
        values, vectors = np.linalg.eigh(self.noise)
        rounding = _ROUNDING * float(np.max(np.abs(values)))
        kept = values > rounding
        self.still = not np.any(kept)
        self.root = vectors[:, kept] * np.sqrt(values[kept])  # D = root root^+
        self.root[np.abs(self.root) < 1e-14 * np.max(np.abs(self.root), initial=0.0)] = 0.0
        self.norm = float(np.linalg.norm(drift, 2))
        backs = (*chain.backaction, *chain.backaction_conj)
        self.possible = (
            not any(sparse.csr_array(back).count_nonzero() for back in backs)
            and bool(values[0] >= -rounding)
            and (self.begin.shape[1] == m or _regular(covariance))
        )

    def at(self, time: float) -> tuple[float, np.ndarray]:
        """The driving amplitude in units of w_1, and H', at a time > 0."""
        drift, factor = self.chain.drift, self.factor(time)
        inverse = linalg.solve_triangular(factor, np.eye(len(drift)), lower=True)
        moved = inverse @ drift @ factor
        noise = inverse @ self.noise @ inverse.conj().T
        # Above the diagonal dLambda/dt adds nothing, and H' + H'^+ is the noise of w.
        above = np.triu(moved, 1) if np.any(np.triu(drift, 2)) else np.diag(np.diag(moved, 1), 1)
        own = np.diag(np.diag(noise).real / 2 + 1j * np.diag(moved).imag)
        return (
            float(self.chain.scale * factor[0, 0].real),
            above + own + np.tril(noise, -1) - above.conj().T,
        )

    def factor(self, time: float) -> np.ndarray:
        """The triangular factor Lambda of V(t), with a positive diagonal, (m, m)."""
        columns = list(self._evolved(self.begin, np.array([time])))
        if not self.still:
            columns += self._filled(time)
        upper = np.linalg.qr(np.hstack(columns).conj().T, mode="r")
        phases = np.diag(upper) / np.abs(np.diag(upper))
        return np.asarray((upper / phases[:, None]).conj().T)

    def _filled(self, time: float) -> list[np.ndarray]:
        """Columns whose squares are what noise has brought since the start."""
        if time * self.norm >= _EARLY:
            left, covariance = matrix_exponential(-self.chain.drift * time), self.chain.covariance
            return [_root(covariance - left @ covariance @ left.conj().T)]
        points, weights = _quadrature()
        evolved = self._evolved(self.root, time * (1 + points) / 2)
        return list(np.sqrt(weights * time / 2)[:, None, None] * evolved)

    def _evolved(self, columns: np.ndarray, times: np.ndarray) -> np.ndarray:
        """exp(-H t) times some columns (m, n) at some times (t,), (t, m, n)."""
        steps, late = -times[:, None, None] * self.chain.drift, times * self.norm > 1
        found: np.ndarray = np.zeros((len(times), *columns.shape), dtype=complex)
        found[late] = matrix_exponential(steps[late]) @ columns
        early = steps[~late]
        term = total = np.broadcast_to(columns, (len(early), *columns.shape))
        for n in range(1, _TAYLOR):
            term = early @ term / n
            total = total + term
        found[~late] = total
        return found


@cache
def _quadrature() -> tuple[np.ndarray, np.ndarray]:
    return np.polynomial.legendre.leggauss(_POINTS)


def _regular(covariance: np.ndarray) -> bool:
    """Whether a covariance has a triangular factor."""
    sizes = np.linalg.eigvalsh(covariance)
    return bool(sizes[0] > _SINGULAR * sizes[-1])


def _root(covariance: np.ndarray) -> np.ndarray:
    """Columns whose squares are a covariance, which is positive but for rounding."""
    values, vectors = np.linalg.eigh(0.5 * (covariance + covariance.conj().T))
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))
