r"""Concurrence of two qubits behind any chain, with slopes, at fixed truncations.

With L x = 0 the hierarchy of `continued_fraction.several_poles` up to a tier and a number K of
quanta along the chain, and m the margin whose positive part is the concurrence,

$$dm = -\sum_n y_n \cdot (dL\, x)_n, \qquad L^T y = \nabla_{\rho}\, m$$

one more sweep through the tiers, however many parameters. L is linear in the chain's drift H, in
the damping of its tails and in the strength of the drive, so that its derivatives are found once
per truncation, exactly. Fixed truncations make it a smooth function: what a search can climb on.
The value that is reported of what was found comes from `te.steady_state`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from thermalent.analysis.design.margins import margin
from thermalent.analysis.shapes.passive_spectra import ChainNumbers
from thermalent.continued_fraction.chain.stationary import TierZeroEquation
from thermalent.continued_fraction.chain.tiers import BlockEntries, Tiers
from thermalent.continued_fraction.several_poles.chain.building import tiers
from thermalent.continued_fraction.several_poles.chain.coordinates import SourceChain, chain_of
from thermalent.continued_fraction.several_poles.chain.tail_damping import (
    tail_damping,
    tail_damping_slopes,
)
from thermalent.continued_fraction.several_poles.elimination.evaluation import (
    evaluate_truncated_tiers,
)
from thermalent.continued_fraction.several_poles.elimination.sweep import TierSweep
from thermalent.networks.network import Network
from thermalent.solution.errors import MethodError

_SMALLEST = 1e-300
_FEWEST, _MOST, _LONGER = 32, 6000, 1.3  # tiers that are tried, each so many times the last
_PART = 0.3  # of what the tiers may leave out, in the last change: they converge geometrically


class MarginSlopes(NamedTuple):
    """The margin and its derivatives.

    Args:
        value: m.
        drift: By Re H_ij + i by Im H_ij, (p, p).
        flux: By the flux of the source at occupation one, see `ChainNumbers`.
    """

    value: float
    drift: np.ndarray
    flux: float


class TruncatedLink:
    """The margin of a link as a function of its source's chain.

    Args:
        network: The link behind any source of one mode: its emitters, losses and temperature.
        poles: Length p of the chain.
        quanta: Largest number K of quanta beyond the first amplitude.
        symmetric: Whether H is real.
    """

    def __init__(
        self, network: Network, poles: int, *, quanta: int, symmetric: bool = True
    ) -> None:
        self.network, self.poles, self.symmetric = network, poles, symmetric
        self.quanta = quanta if poles > 1 else 0
        reference = chain_of(network)
        own = float(np.real(reference.drift[0, 0]))
        # One cavity of rate kappa, half of what its amplitude decays at, has the flux kappa/2.
        self.per_flux = reference.variance / (own / 2)
        rng = np.random.default_rng(0)
        self.places = [(i, j) for i in range(poles) for j in range(min(i + 2, poles))]
        self.tails = list(range(1, poles - 1))  # where Gamma_j matters
        generic = np.tril(0.5 + rng.random((poles, poles)), 1).astype(complex)
        if not symmetric:
            generic += 1j * np.tril(0.5 + rng.random((poles, poles)), 1)
        self._prepare(reference, generic)

    def _prepare(self, reference: SourceChain, generic: np.ndarray) -> None:
        """The blocks as a linear function: their values at one chain, and slopes of the values."""

        def at(drift: np.ndarray, damping: np.ndarray, scale: float) -> Tiers:
            zero = 0 * reference.backaction[0]
            chain = replace(
                reference,
                drift=drift,
                covariance=np.eye(self.poles, dtype=complex),
                scale=scale,
                backaction=(zero,) * self.poles,
                backaction_conj=(zero,) * self.poles,
            )
            return tiers(chain, self.quanta, damping=damping)

        tails = tail_damping(generic)
        self.base = at(generic, tails, 1.0)
        self.stationary = TierZeroEquation(self.base)
        units = [1.0] if self.symmetric else [1.0, 1j]
        probes = []
        for unit in units:
            for i, j in self.places:
                moved = generic.copy()
                moved[i, j] += unit
                probes.append(at(moved, tails, 1.0))
        for unit in units:
            for j in self.tails:
                probes.append(at(generic, tails + unit * np.eye(self.poles)[j], 1.0))
        probes.append(at(generic, tails, 2.0))
        self.parts = [(name, parity) for name in ("within", "up", "down") for parity in (0, 1)]
        self.slope = {
            (name, parity): np.array([getattr(probe, name)[parity].value for probe in probes])
            - getattr(self.base, name)[parity].value
            for name, parity in self.parts
        }
        start = self._numbers(generic, 1.0)
        self.constant = {
            key: getattr(self.base, key[0])[key[1]].value - start @ self.slope[key]
            for key in self.parts
        }

    def _numbers(self, drift: np.ndarray, scale: float) -> np.ndarray:
        """What the blocks are linear in: the elements of H, the damping of tails, the scale."""
        rows, cols = np.array(self.places).T
        drift = np.asarray(drift, dtype=complex)
        elements, tails = drift[rows, cols], tail_damping(drift)[self.tails]
        parts = [elements.real, elements.imag, tails.real, tails.imag]
        parts = parts[::2] if self.symmetric else parts
        return np.concatenate([*parts, [scale]])

    def _chain(self, drift: np.ndarray, scale: float) -> Tiers:
        numbers = self._numbers(drift, scale)

        def blocks(name: str) -> tuple[BlockEntries, BlockEntries]:
            even, odd = (
                getattr(self.base, name)[parity]._replace(
                    value=self.constant[name, parity] + numbers @ self.slope[name, parity]
                )
                for parity in (0, 1)
            )
            return even, odd

        return replace(
            self.base,
            rate=float(np.real(drift[0, 0])),
            within=blocks("within"),
            up=blocks("up"),
            down=blocks("down"),
        )

    def reordered(self, quanta: int) -> TruncatedLink:
        """The same link at another order K."""
        return TruncatedLink(self.network, self.poles, quanta=quanta, symmetric=self.symmetric)

    def work(self, last: int) -> float:
        """Multiplications that a value with slopes takes, about."""
        return 4.0 * last * max(self.base.sizes) ** 3

    def tiers_for(self, numbers: ChainNumbers, tolerance: float) -> int:
        """A highest tier that changes the margin by no more than a tolerance, even."""
        last, before = _FEWEST, self.value(numbers, _FEWEST)
        while last < _MOST:
            last = 2 * int(_LONGER * last / 2)
            value = self.value(numbers, last)
            if abs(value - before) < _PART * tolerance:
                break
            before = value
        return last

    def value(self, numbers: ChainNumbers, last: int) -> float:
        """The margin with the tiers up to `last`."""
        chain = self._chain(numbers.drift, np.sqrt(numbers.flux * self.per_flux))
        k = evaluate_truncated_tiers(chain, 0.0, last)
        return margin(self.stationary.matrix(self._solved(k)))

    def _solved(self, k: np.ndarray) -> np.ndarray:
        try:
            return self.stationary.solve(k)
        except np.linalg.LinAlgError:
            raise MethodError(
                "The rates of this link are too many decades apart for double precision: filters "
                "cannot be compared. Check dephasing, loss and gamma."
            ) from None

    def slopes(self, numbers: ChainNumbers, last: int) -> MarginSlopes:
        """The margin with the tiers up to `last`, and its derivatives."""
        drift, flux = numbers
        scale = np.sqrt(flux * self.per_flux)
        chain = self._chain(drift, scale)
        sweep = TierSweep(chain, 0.0, last)
        x0 = self._solved(sweep.k)
        rho = self.stationary.matrix(x0)
        pinned = self.stationary.pinned(sweep.k)
        y0 = np.linalg.solve(pinned.T, _gradient(rho, self.stationary.basis))
        y0[self.stationary.row] = 0.0
        x, y = (  # the even tiers of each as one matrix, and the odd ones
            [np.array(tiers[parity::2]) for parity in (0, 1)]
            for tiers in (sweep.up(x0), sweep.up_transposed(y0))
        )
        slope = -self._contracted(chain, x, y, last)
        by_drift = self._by_drift(drift, slope)
        for parity in (0, 1):  # the decay of the first amplitude grows with the tier
            tier = np.arange(parity, last + 1, 2)
            by_drift[0, 0] += float(np.sum(tier * np.sum(x[parity] * y[parity], axis=1)))
        return MarginSlopes(margin(rho), by_drift, float(slope[-1]) * scale / (2 * flux))

    def _by_drift(self, drift: np.ndarray, slope: np.ndarray) -> np.ndarray:
        """Slopes by the elements of H (real part, and imaginary part times i) with the tails'."""
        count, tails = len(self.places), len(self.tails)
        first = count * (1 if self.symmetric else 2)
        by_element = slope[:count].astype(complex)
        by_tail = slope[first : first + tails].astype(complex)
        if not self.symmetric:
            by_element += 1j * slope[count : 2 * count]
            by_tail += 1j * slope[first + tails : first + 2 * tails]
        by_drift = np.zeros((self.poles, self.poles), dtype=complex)
        for n, (i, j) in enumerate(self.places):
            by_drift[i, j] = by_element[n]
        # With g the slope by Re Gamma + i that by Im Gamma: conj(dGamma/dH) g by H.
        of_drift, of_rate = tail_damping_slopes(np.asarray(drift, dtype=complex))
        by_drift += np.einsum("t,tij->ij", by_tail, of_drift[self.tails].conj())
        rate = float(np.sum(by_tail * of_rate[self.tails].conj()).real)
        by_drift += rate / self.poles * np.eye(self.poles)
        kept = np.tril(np.ones((self.poles, self.poles)), 1)
        return by_drift * kept

    def _contracted(
        self, chain: Tiers, x: list[np.ndarray], y: list[np.ndarray], last: int
    ) -> np.ndarray:
        """sum_n y_n . (dL x)_n for each of the numbers that the blocks are linear in."""
        total = np.zeros(len(self.slope["within", 0]))
        for name, parity in self.parts:
            entries: BlockEntries = getattr(chain, name)[parity]
            first = 2 if name == "up" and parity == 0 else parity
            tier = np.arange(first, last + (name != "down"), 2)
            other = tier + {"within": 0, "up": -1, "down": 1}[name]
            right = x[parity if name == "within" else 1 - parity][other // 2]
            weights = entries._replace(value=np.ones(len(entries.value))).at(tier)
            left = y[parity][tier // 2]
            sums = np.einsum("ne,ne,ne->e", left[:, entries.row], right[:, entries.col], weights)
            total += self.slope[name, parity] @ sums
        return total


def truncated_state(network: Network, quanta: int, last: int) -> np.ndarray:
    """The emitters' steady state at held truncations, (d, d).

    Args:
        network: Its source has several poles, or one.
        quanta: K.
        last: The highest tier.
    """
    built = tiers(chain_of(network), quanta)
    tier0 = TierZeroEquation(built)
    return tier0.matrix(tier0.solve(evaluate_truncated_tiers(built, 0.0, last)))


def _gradient(rho: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Derivatives of the margin by the coordinates of the state, rho = sum_i x_i basis_i."""
    d = len(rho)
    steps = np.asarray(basis).T.reshape(-1, d, d)
    coherence = np.real(steps[:, 1, 2] * np.conj(rho[1, 2])) / max(abs(rho[1, 2]), _SMALLEST)
    low, high = rho[0, 0].real, rho[3, 3].real
    if low * high <= 0:  # truncations may leave a population negative; the margin counts it as zero
        return 2 * coherence
    diagonal = (steps[:, 0, 0].real * high + steps[:, 3, 3].real * low) / np.sqrt(low * high)
    return 2 * coherence - diagonal
