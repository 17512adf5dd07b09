"""The resolvent r (z - L)^-1 b of a chain at many z: side by side, or with large blocks."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np

from thermalent.continued_fraction.chain.assembly import offsets
from thermalent.continued_fraction.chain.chain import Band, HierarchyChain
from thermalent.continued_fraction.dynamics.laplace.large_blocks import LargeBlocks
from thermalent.continued_fraction.memory import MOST_IN_LANES, RESOLVENTS, lanes_bytes

# Grids that mean to be symmetric are so to roundings of their ends: so far apart are frequencies
# that count as one, which the errors take in.
_SAME = 8 * float(np.finfo(float).eps)
# Cubes of the unknowns of all tiers that a call of the kernel takes in about a second, in all
# lanes, and most groups of lanes in a call.
_AT_ONCE, _GROUPS = 4e8, 16
_LANES = 8  # of the kernel
_LARGE = 32  # unknowns of a tier from which on blocks are faster than a sparse factorisation


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
    """The resolvent at every z, or None if that takes too much memory.

    Args:
        chain: The tiers.
        nodes: Complex z, (w,).
        last: The highest tier.
        start: b on the lowest tiers.
        size: Sizes of the terms of b.
        row: r on the lowest tiers.
    """
    if _fit_in_lanes(chain, last):
        return _in_lanes(chain, nodes, last, start, size, row)
    if _largest(chain) < _LARGE:
        return None
    blocks = LargeBlocks(chain, last)
    each = np.array([blocks.resolvent(complex(z), start, size, row) for z in nodes])
    missed, terms, begun = each[:, 1:].real.T
    return Resolvents(each[:, 0], missed, terms, begun)


def are_taken(chain: HierarchyChain, last: int) -> bool:
    """Whether there are resolvents up to a tier."""
    return _largest(chain) >= _LARGE or _fit_in_lanes(chain, last)


def at_once(chain: HierarchyChain, last: int) -> int:
    """So many z at once that interrupts and the progress are looked at every few seconds."""
    return _LANES * min(max(1, int(_AT_ONCE / _cubes(chain, last))), _GROUPS)


def _fit_in_lanes(chain: HierarchyChain, last: int) -> bool:
    m = _largest(chain)
    room = m <= MOST_IN_LANES and last * lanes_bytes(m) <= RESOLVENTS
    return room and _cubes(chain, last) <= _AT_ONCE


def _cubes(chain: HierarchyChain, last: int) -> float:
    return (last + 1) * float(max(_largest(chain), 1)) ** 3


def _largest(chain: HierarchyChain) -> int:
    """Unknowns of the largest tier."""
    return max(block.shape[0] for block in chain.a)


def _in_lanes(
    chain: HierarchyChain,
    nodes: np.ndarray,
    last: int,
    start: np.ndarray,
    size: np.ndarray,
    row: np.ndarray,
) -> Resolvents:
    """The resolvent at every z, several z side by side."""
    from thermalent.continued_fraction.dynamics.laplace import frequency_kernels as kernels
    from thermalent.support.vectors import aligned

    m, at = _largest(chain), offsets(chain, last)
    complex_chain = (
        tuple(np.ascontiguousarray(block, dtype=complex) for block in chain.a),
        tuple(map(_as_complex, chain.up)),
        tuple(map(_as_complex, chain.down)),
        float(chain.rate),
    )
    rows = [_by_tier(part, at, m) for part in (start.astype(complex), size, row.astype(complex))]
    room, z = kernels.lane_room(last + 1, m), nodes.astype(complex)
    together, parts = at_once(chain, last), []
    for begin in range(0, max(len(z), 1), together):  # between two calls interrupts are noticed
        some = z[begin : begin + together]
        parts.append(aligned(2, -(-len(some) // _LANES), 3, _LANES))
        kernels.fill_resolvents(
            complex_chain, chain.tier0_size, *rows, some, room, parts[-1], kernels.SIDE
        )
    found = np.concatenate(parts, axis=1)
    (real, missed, terms), (imaginary, begun, _) = (
        part.transpose(1, 0, 2).reshape(3, -1)[:, : len(nodes)] for part in found
    )
    return Resolvents(real + 1j * imaginary, missed, terms, begun)


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
