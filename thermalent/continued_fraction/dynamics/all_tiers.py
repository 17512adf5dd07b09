r"""Functions of time from the hierarchy for a start that is spread over all tiers.

Only some of them affect tier 0. Within a time t, the amplitude at tier N reaches tier 0 with a
weight that falls faster than any exponential beyond some N(t), which is found by propagating the
transposed generator from tier 0. At the time t, a run that ends at T therefore holds the tiers up
to N(T - t) only, ever fewer. In the Laplace domain the weight falls with N as the fraction
converges.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from thermalent.continued_fraction.chain.assembly import offsets
from thermalent.continued_fraction.chain.chain import HierarchyChain
from thermalent.continued_fraction.chain.dense_blocks import diagonal_block, down_block, up_block
from thermalent.continued_fraction.dynamics.chebyshev import Propagator
from thermalent.continued_fraction.dynamics.laplace.conserved import reading_with_trace
from thermalent.continued_fraction.dynamics.laplace.inversion import SPAN, Transform
from thermalent.continued_fraction.dynamics.laplace.reduced import Reduced
from thermalent.continued_fraction.dynamics.steps import OTHER_STEPS, Report, largest_rate
from thermalent.numerics.inverse_laplace import hyperbola
from thermalent.support.errors import ArgumentError

_MARGIN = 1.15  # tiers of the finer of two runs over those of the coarser
_GROWTH = 0.1  # tiers by which the region of influence grows at a time, as a part of those before
_LIMIT = 1e-2  # amplitude that belongs to the region of influence, in tolerances
_SMALL = 96  # block size up to which the numba kernel beats LAPACK calls tier by tier
_FEWEST = 8  # tiers of the first region, and nodes by which a depth is chosen
_MOST_TRIES = 6  # depths, each half as many tiers more
_MOST_EXTENSION = 32  # largest number of tiers over that of the first vectors

# The initial vector on all tiers up to the given one.
InitialTiers = Callable[[int], np.ndarray]
# The generator on all tiers up to the given one.
TruncatedGenerator = Callable[[int], sparse.csr_array]


class AllTierSteps:
    """Propagation exp(L t) of an initial vector on all tiers, read out at tier zero.

    Args:
        chain: The chain of tiers.
        start: The initial vector up to any tier.
        generator: L up to any tier.
        depth: Highest tier that the steady state needs; many times as many are allowed.
    """

    def __init__(
        self,
        chain: HierarchyChain,
        start: InitialTiers,
        generator: TruncatedGenerator,
        depth: int,
    ) -> None:
        self.chain, self.start, self.generator = chain, start, generator
        self.depth = depth
        self.rate = largest_rate(chain)
        self.extend(4 * depth + 64)
        self.read = reading_with_trace(chain, start(0))
        self.cap = _MOST_EXTENSION * self.most

    def at_zero(self) -> np.ndarray:
        """The values at time zero."""
        return np.array(self.read(self.start(0)))

    def extend(self, most: int) -> None:
        """Allow more tiers."""
        self.most = most
        self.at = offsets(self.chain, most)
        matrix = self.generator(most)
        self.propagators = (
            Propagator(matrix, offsets=self.at),
            Propagator(matrix, OTHER_STEPS, self.at),
        )
        self.transposed = Propagator(sparse.csr_array(matrix.T), offsets=self.at)

    def extended(self, y: np.ndarray) -> np.ndarray:
        """The vector with zeros on the tiers that it lacks."""
        return np.concatenate([y, np.zeros(self.at[-1] - len(y), dtype=y.dtype)])

    def two_runs(self, tolerance: float) -> tuple[AllTierRun, AllTierRun]:
        """A run with more tiers than the region of influence, and one with those alone."""
        largest = max(1.0, float(np.max(np.abs(self.start(self.most)))))
        region = InfluenceRegion(self, _LIMIT * tolerance / largest)
        finer = AllTierRun(self, region, _MARGIN, 0)
        return finer, AllTierRun(self, region, 1.0, 1)


class InfluenceRegion:
    """Smallest tier N(t) such that amplitudes above N do not affect tier 0 within time t.

    It is found by propagating the adjoint generator from tier 0.
    """

    def __init__(self, steps: AllTierSteps, limit: float) -> None:
        self.steps, self.limit = steps, limit
        tier0_size = steps.chain.tier0_size
        self.view = np.zeros(steps.at[-1], dtype=steps.propagators[0].matrix.dtype)
        self.view[:tier0_size] = 1 / np.sqrt(
            1.0 + np.arange(tier0_size)
        )  # a generic vector: every element enters
        self.times, self.tiers = [0.0], [_FEWEST]  # tiers[i] matter up to times[i]

    def extend_to(self, time: float) -> None:
        """Extend `times` and `tiers` to a time."""
        steps, now, tier = self.steps, self.times[-1], self.tiers[-1]
        while now < time and tier < steps.cap:
            if tier == steps.most:
                steps.extend(min(2 * steps.most, steps.cap))
                self.view = steps.extended(self.view)
            left, offset = time - now, steps.at
            top = int(offset[tier + 1] - offset[tier - 1])
            passed, full = steps.transposed.advance(
                self.view, left, int(offset[tier + 1]), top, self.limit
            )
            now = time if passed >= left * (1 - 1e-12) else now + passed
            if passed > 0:
                self.times.append(now)
                self.tiers.append(tier)
            if full:
                tier = min(tier + max(4, int(_GROWTH * tier)), steps.most)
        if now < time:
            self.times.append(time)
            self.tiers.append(steps.cap)


class AllTierRun:
    """One run of `AllTierSteps`; it begins anew where a later end needs more tiers."""

    def __init__(
        self, steps: AllTierSteps, region: InfluenceRegion, margin: float, which: int
    ) -> None:
        self.steps, self.region, self.margin, self.which = steps, region, margin, which
        self.rounding = 0.0
        self.now, self.end, self.tier, self.expected = 0.0, -1.0, 0, 0.0
        self.y = np.zeros(0)

    def cost(self, time: float) -> float:
        """Approximate number of multiplications up to a time, with as many tiers as now."""
        steps, propagator = self.steps, self.steps.propagators[self.which]
        since = time - self.now if time <= self.end else max(time, 2 * self.end)
        return propagator.cost(since, int(steps.at[max(self.tier, _FEWEST) + 1]))

    def cost_when_filled(self, time: float) -> float:
        """The same with at least as many tiers as a steady state needs."""
        steps, propagator = self.steps, self.steps.propagators[self.which]
        tier = max(self.tier, min(steps.depth, steps.most - 1))
        return propagator.cost(time - self.now, int(steps.at[tier + 1]))

    def expect(self, times: np.ndarray) -> None:
        """Begin with the tiers that the last of these times needs."""
        self.expected = float(times[-1])

    def to(self, time: float, report: Report) -> np.ndarray:
        """The values at a time not before the last."""
        if time < self.now:
            raise ArgumentError(f"A run at t = {self.now:g} cannot go back to t = {time:g}.")
        if time > self.end:
            self._begin(max(time, self.expected, 2 * self.end))
        self.y = self.steps.extended(self.y)
        offset, region = self.steps.at, self.region
        while self.now < time:
            # Up to `until`, the tiers of region.tiers[i] affect the values at the end.
            i = int(np.searchsorted(region.times, (self.end - self.now) * (1 - 1e-12)))
            until = min(time, self.end - (region.times[i - 1] if i > 0 else 0.0))
            active = int(offset[self._wanted(i) + 1])
            self.y[active:] = 0.0
            while self.now < until:
                left = until - self.now
                propagator = self.steps.propagators[self.which]
                passed, _ = propagator.advance(self.y, left, active, 1, np.inf)
                self.rounding = float(np.hypot(self.rounding, propagator.rounding))
                self.now = until if passed >= left * (1 - 1e-12) else self.now + passed
                report(f"stepping, t = {self.now:.3g} of {self.end:.3g}")
        return self.steps.read(self.y)

    def _begin(self, end: float) -> None:
        """Begin anew, with the tiers that affect the values at a later end."""
        self.region.extend_to(end)
        self.now, self.end, self.rounding = 0.0, end, 0.0
        self.tier = self._wanted(int(np.searchsorted(self.region.times, end * (1 - 1e-12))))
        start = self.steps.start(self.tier)
        dtype = np.result_type(start, self.steps.propagators[0].matrix.dtype)
        self.y = np.zeros(self.steps.at[-1], dtype=dtype)
        self.y[: len(start)] = start

    def _wanted(self, index: int) -> int:
        # Two runs differ even where all tiers matter, so that their difference shows the error.
        relevant = int(self.margin * self.region.tiers[index])
        return min(relevant, int(self.steps.most * self.margin / _MARGIN))


def all_tiers_equation(chain: HierarchyChain, start: InitialTiers) -> Reduced:
    r"""The equation at tier zero of (z - L)^{-1} on an initial vector on all tiers.

    With b_N the start at tier N and D_N the folded blocks of the fraction,

    $$g_N = D_N^{-1} (b_N + C_N g_{N+1}), \qquad (z - A_0 - K)\, x_0 = b_0 + C_0 g_1$$
    """
    known: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def reduced(z: complex, depth: int) -> tuple[np.ndarray, np.ndarray]:
        if depth not in known:
            known[depth] = start(depth).astype(complex), offsets(chain, depth)
        b, offset = known[depth]
        if max(block.shape[0] for block in chain.a) > _SMALL:
            return _reduce_lapack(chain, complex(z), depth, b, offset)
        from thermalent.continued_fraction.dynamics import all_tiers_kernels

        return all_tiers_kernels.reduce(
            chain.a, chain.up, chain.down, chain.rate, complex(z), depth, b, offset
        )

    return reduced


def on_all_tiers_wide(
    chain: HierarchyChain, start: InitialTiers, generator: TruncatedGenerator
) -> Reduced:
    """The equation at tier zero where tiers couple two down, by a sparse factorisation."""
    known: dict[int, tuple[Any, Any, np.ndarray]] = {}
    tier0_size = chain.tier0_size

    def reduced(z: complex, depth: int) -> tuple[np.ndarray, np.ndarray]:
        if depth not in known:
            matrix = sparse.csr_array(generator(depth)).astype(complex)
            identity = sparse.csc_array(
                sparse.eye_array(matrix.shape[0] - tier0_size, dtype=complex)
            )
            known[depth] = matrix, identity, start(depth).astype(complex)
        matrix, identity, b = known[depth]
        above = sparse.csc_array(matrix[tier0_size:, tier0_size:])
        right = np.column_stack([matrix[tier0_size:, :tier0_size].toarray(), b[tier0_size:]])
        # Tier by tier the matrix is banded: no ordering fills it less.
        tail = splu(identity * z - above, permc_spec="NATURAL").solve(right)
        feedback = matrix[:tier0_size, tier0_size:] @ tail
        own = z * np.eye(tier0_size) - matrix[:tier0_size, :tier0_size].toarray()
        return own - feedback[:, :-1], b[:tier0_size] + feedback[:, -1]

    return reduced


def _reduce_lapack(
    chain: HierarchyChain, z: complex, last: int, b: np.ndarray, offset: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The equation at tier zero by LAPACK, for large blocks."""
    tail: np.ndarray | None = None
    for n in range(last, 0, -1):
        d, own = diagonal_block(chain, z, n), b[offset[n] : offset[n + 1]]
        if tail is not None:
            c = down_block(chain, n)
            d -= c @ tail[:, :-1]
            own = own + c @ tail[:, -1]
        right = np.column_stack([up_block(chain, n).toarray(), own])
        tail = np.linalg.solve(d, right)  # without a warning beside a pole
    tier0_size = chain.tier0_size
    d = diagonal_block(chain, z, 0)[:tier0_size, :tier0_size]
    own = b[:tier0_size]
    if tail is not None:
        feedback = (down_block(chain, 0) @ tail)[:tier0_size]
        d, own = d - feedback[:, :tier0_size], own + feedback[:, -1]
    return d, own


def transform_depth(transform: Transform, first: float, depth: int, tolerance: float) -> int:
    """Number of tiers from which on the transform no longer changes on a contour.

    Args:
        transform: The transform.
        first: First time of the contour.
        depth: The first number of tiers to try.
        tolerance: Error allowed in the function of time, of each of a few nodes.
    """
    contour = hyperbola(first, SPAN * first, _FEWEST)
    nodes = contour.nodes[:: _FEWEST // 4]
    weights = np.abs(contour.weights * np.exp(contour.nodes * first))[:: _FEWEST // 4]
    before = np.array([transform(complex(z), depth) for z in nodes])
    for _ in range(_MOST_TRIES):
        deeper = depth + depth // 2 + 2
        now = np.array([transform(complex(z), deeper) for z in nodes])
        if np.max(weights[:, None] * np.abs(now - before)) <= tolerance:
            break
        depth, before = deeper, now
    return depth
