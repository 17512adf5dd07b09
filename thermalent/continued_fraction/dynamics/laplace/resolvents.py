"""The resolvent r (z - L)^-1 b of a chain at many z, side by side where there is room for it."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np

from thermalent.continued_fraction.chain.assembly import offsets
from thermalent.continued_fraction.chain.chain import Band, HierarchyChain
from thermalent.continued_fraction.memory import MOST_IN_LANES, RESOLVENTS, lanes_bytes

# Grids that mean to be symmetric are so to roundings of their ends: so far apart are frequencies
# that count as one, which the errors take in.
_SAME = 8 * float(np.finfo(float).eps)


class Resolvents(NamedTuple):
    """Numbers at every z, (w,) each.

    Args:
        values: r x with M x = b and M = z - L, improved by the residual b - M x.
        missed: |y| |b - M x| with M^T y = r, what the improvement was at most.
        terms: |y| |M| |x|, of which roundings are a part.
        begun: |y| times the sizes of the terms of b.
    """

    values: np.ndarray
    missed: np.ndarray
    terms: np.ndarray
    begun: np.ndarray


def resolvents(
    chain: HierarchyChain,
    nodes: np.ndarray,
    last: int,
    start: np.ndarray,
    size: np.ndarray,
    row: np.ndarray,
) -> Resolvents | None:
    """The resolvent at every z, or None if that takes too much memory or gains nothing.

    Args:
        chain: The tiers.
        nodes: Complex z, (w,).
        last: The highest tier.
        start: b on the lowest tiers.
        size: Sizes of the terms of b.
        row: r on the lowest tiers.
    """
    if not fit_in_lanes(chain, last):
        return None
    m = max(block.shape[0] for block in chain.a)
    from thermalent.continued_fraction.dynamics.laplace import frequency_kernels as kernels
    from thermalent.support.vectors import aligned

    lanes, at = len(kernels.SIDE), offsets(chain, last)
    complex_chain = (
        tuple(np.ascontiguousarray(block, dtype=complex) for block in chain.a),
        tuple(map(_as_complex, chain.up)),
        tuple(map(_as_complex, chain.down)),
        float(chain.rate),
    )
    found = aligned(2, -(-len(nodes) // lanes), 3, lanes)
    kernels.fill_resolvents(
        complex_chain,
        chain.tier0_size,
        _by_tier(start.astype(complex), at, m),
        _by_tier(size, at, m),
        _by_tier(row.astype(complex), at, m),
        nodes.astype(complex),
        kernels.lane_room(last + 1, m),
        found,
        kernels.SIDE,
    )
    (real, missed, terms), (imaginary, begun, _) = (
        part.transpose(1, 0, 2).reshape(3, -1)[:, : len(nodes)] for part in found
    )
    return Resolvents(real + 1j * imaginary, missed, terms, begun)


def fit_in_lanes(chain: HierarchyChain, last: int) -> bool:
    """Whether there is room to take the resolvent up to a tier at several z side by side."""
    m = max(block.shape[0] for block in chain.a)
    return m <= MOST_IN_LANES and last * lanes_bytes(m) <= RESOLVENTS


def mirror_images(omegas: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies of which all are one or the negative of one, to rounding.

    Args:
        omegas: All frequencies, (w,).

    Returns:
        Which of them each is, (w,), and those, in the order in which they come first.
    """
    order = np.argsort(np.abs(omegas), kind="stable")
    size = np.abs(omegas[order])
    place, first = np.zeros(len(omegas), dtype=int), 0
    for i in range(len(order)):
        if size[i] - size[first] > _SAME * size[i]:
            first = i
        place[order[i]] = order[first]
    chosen, which = np.unique(place, return_inverse=True)
    return which, omegas[chosen]


def _as_complex(band: Band) -> Band:
    return band._replace(value=band.value.astype(complex))


def _by_tier(vector: np.ndarray, at: np.ndarray, m: int) -> np.ndarray:
    """A vector on the lowest tiers with a row for each tier, (tiers, m), and zeros behind it."""
    rows = np.zeros((len(at) - 1, m), dtype=vector.dtype)
    for n, (begin, end) in enumerate(itertools.pairwise(at)):
        part = vector[begin:end]
        rows[n, : len(part)] = part
    return rows
