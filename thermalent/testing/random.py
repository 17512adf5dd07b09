"""Random networks, states and times from a numpy generator: the same draws as the strategies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

import numpy as np

from thermalent.networks.network import Network
from thermalent.support import checks
from thermalent.support.calls import with_explained_calls
from thermalent.testing.draws import Draws, SeededDraws
from thermalent.testing.kinds import DISTRIBUTIONS, KINDS

_LARGEST_STATE = 256  # of eight qubits: drawing the kets of a larger one takes minutes


@with_explained_calls
def random_network(kind: str, rng: np.random.Generator) -> Network:
    """A random network of a kind.

    Args:
        kind: One of `KINDS`: "ordinary", "nearly_dark", "many_decades", "bidirectional",
            "several_modes", "cold_rings".
        rng: Where the numbers come from; the same seed gives the same network.

    Returns:
        The network.

    Raises:
        ValueError: there is no such kind.
    """
    return distribution_of(kind)(SeededDraws(rng))


@with_explained_calls
def random_state(dims: Sequence[int], rng: np.random.Generator) -> np.ndarray:
    """A random density matrix of emitters with these dimensions, (d, d), of any rank.

    Args:
        dims: Dimensions of the emitters, as `Network.dims`; their product is at most 256.
        rng: Where the numbers come from.

    Returns:
        The density matrix.

    Raises:
        ValueError: a dimension is no positive integer, or their product is too large.
    """
    return drawn_state(SeededDraws(rng), dims)


@with_explained_calls
def random_times(
    rng: np.random.Generator, *, count: int = 3, shortest: float = 1e-2, longest: float = 1e2
) -> np.ndarray:
    """Increasing times, (count,), uniform in their logarithm.

    Args:
        rng: Where the numbers come from.
        count: How many, >= 1.
        shortest: Smallest time, inverse rate unit, > 0.
        longest: Largest time, inverse rate unit.

    Returns:
        The times.
    """
    return drawn_times(SeededDraws(rng), count, shortest, longest)


def distribution_of(kind: str) -> Callable[[Draws], Network]:
    """The distribution of a kind."""
    if kind not in DISTRIBUTIONS:
        checks.fail("kind", f"one of {list(KINDS)}", kind)
    return DISTRIBUTIONS[kind]


def drawn_state(draws: Draws, dims: Sequence[int]) -> np.ndarray:
    """A mixture of one to d kets, its weights spread over decades."""
    d = prod(checks.integer("dims", size, 1) for size in dims)
    if d > _LARGEST_STATE:
        checks.fail("dims", f"sizes whose product is at most {_LARGEST_STATE}", dims)
    rank = draws.choice(tuple(range(1, d + 1)))
    rho = np.zeros((d, d), dtype=complex)
    for _ in range(rank):
        ket = np.array([complex(draws.uniform(-1, 1), draws.uniform(-1, 1)) for _ in range(d)])
        if not np.linalg.norm(ket) > 1e-3:
            ket = np.eye(d)[0].astype(complex)
        ket /= np.linalg.norm(ket)
        rho += draws.log_uniform(1e-4, 1.0) * np.outer(ket, ket.conj())
    return rho / np.trace(rho).real


def drawn_times(draws: Draws, count: int, shortest: float, longest: float) -> np.ndarray:
    """Increasing times; equal draws are moved apart."""
    checks.integer("count", count, 1)
    low, high = checks.positive("shortest", shortest), checks.positive("longest", longest)
    if not low < high:
        checks.fail("longest", f"above `shortest` = {low:g}", longest)
    drawn = np.sort([draws.log_uniform(low, high) for _ in range(count)])
    for i in range(1, count):
        drawn[i] = max(drawn[i], np.nextafter(drawn[i - 1], np.inf))
    return drawn
