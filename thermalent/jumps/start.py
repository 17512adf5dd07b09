r"""Initial kets of trajectories, drawn from the states of the emitters and of the source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import special

from thermalent.jumps.system import System, modes_alone
from thermalent.networks.mode_moments import BareModes, joined, tail_ratios
from thermalent.networks.network import Network
from thermalent.solution.tasks import SourceStart, start_amplitudes
from thermalent.support.machine.signals import deferring_signals

# Part of the vacuum that is left in a source that was started from it.
_FORGOTTEN = 1e-6


class Mixture(NamedTuple):
    """Kets as rows, (k, d), and their probabilities, (k,)."""

    kets: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Start:
    """The distribution of initial kets.

    Args:
        emitters: The emitters' kets and probabilities.
        modes: Kets of the modes and probabilities; None if the source's stationary state is reached
            by a trajectory of the modes alone.
        source: The modes alone, in that case.
        span: Length of that trajectory, inverse rate unit.
    """

    emitters: Mixture
    modes: Mixture | None
    source: System | None = None
    span: float = 0.0

    def draw(
        self, system: System, rng: np.random.Generator, tolerance: float
    ) -> tuple[np.ndarray, int]:
        """A normalised ket in the sorted basis, and its group (-1 if it has parts in several)."""
        if self.modes is not None:
            field = self.modes.kets[_choose(self.modes.weights, rng)]
        else:
            assert self.source is not None
            field = _run_in(self.source, self.span, rng, tolerance)
        emitters = self.emitters.kets[_choose(self.emitters.weights, rng)]
        ket = system.sorted(np.kron(field, emitters))
        ket = ket / np.linalg.norm(ket)
        return ket, system.group_of(ket)


def start_of(
    network: Network,
    cutoffs: Sequence[int],
    emitters: Mixture,
    source: SourceStart,
    modes: BareModes,
) -> Start:
    """The initial kets: the emitters in the given state, the modes as the source starts."""
    if source == "stationary" and joined(network):
        # Second moments decay at twice this rate or faster.
        span = np.log(1 / _FORGOTTEN) / (-2 * modes.growth)
        return Start(
            emitters=emitters, modes=None, source=modes_alone(network, cutoffs), span=float(span)
        )
    if source == "stationary":
        ratios = tail_ratios(modes) or ()
        weights = np.ones(1)
        for ratio, cutoff in zip(ratios, cutoffs, strict=True):
            weights = np.outer(weights, ratio ** np.arange(cutoff)).ravel()
        mixture = Mixture(np.eye(len(weights)), weights / weights.sum())
        return Start(emitters=emitters, modes=mixture)
    field = np.ones(1, dtype=complex)
    amplitudes = start_amplitudes(source, len(cutoffs)).tolist()
    for amplitude, cutoff in zip(amplitudes, cutoffs, strict=True):
        field = np.kron(field, _coherent(amplitude, cutoff))
    return Start(emitters=emitters, modes=Mixture(field[None, :], np.ones(1)))


def mixture_of(rho: np.ndarray, numbers: np.ndarray | None) -> Mixture:
    """The eigenvectors of a density matrix, of one excitation number each where it allows that."""
    size = len(rho)
    groups = [np.arange(size)]
    if numbers is not None and not np.any(rho[numbers[:, None] != numbers[None, :]]):
        groups = [np.flatnonzero(numbers == value) for value in np.unique(numbers)]
    kets, weights = [], []
    for members in groups:
        block = rho[np.ix_(members, members)]
        if not np.any(block - np.diag(np.diag(block))):
            values, vectors = np.diag(block).real, np.eye(len(members), dtype=complex)
        else:
            values, vectors = np.linalg.eigh(block)
        for value, vector in zip(values, vectors.T, strict=True):
            if value > 1e-14:
                ket = np.zeros(size, dtype=complex)
                ket[members] = vector
                kets.append(ket)
                weights.append(float(value))
    return Mixture(np.array(kets), np.array(weights) / sum(weights))


def _choose(weights: np.ndarray, rng: np.random.Generator) -> int:
    if len(weights) == 1:
        return 0
    return min(int(np.searchsorted(np.cumsum(weights), rng.random())), len(weights) - 1)


def _run_in(source: System, span: float, rng: np.random.Generator, tolerance: float) -> np.ndarray:
    """A ket of the modes' stationary state: a trajectory of their own, from the vacuum."""
    from thermalent.jumps.kernels import SERIES_TERMS, propagate_ket

    drift, jumps = source.arrays
    psi = np.zeros(source.dimension, dtype=complex)
    psi[np.flatnonzero(source.order == 0)] = 1.0
    buffer = np.zeros((SERIES_TERMS + 2, source.dimension), dtype=complex)
    deferring_signals(propagate_ket)(
        rng, drift, jumps, source.targets, source.starts, source.norms, psi,
        source.group_of(psi), rng.random(), span, tolerance, buffer, np.zeros(1, dtype=np.int64),
    )  # fmt: skip
    return source.unsorted(psi)


def _coherent(amplitude: complex, cutoff: int) -> np.ndarray:
    n = np.arange(cutoff)
    size = special.xlogy(n, abs(amplitude)) - 0.5 * special.gammaln(n + 1)
    ket: np.ndarray = np.exp(size - size.max() + 1j * n * np.angle(amplitude))
    return ket / np.linalg.norm(ket)
