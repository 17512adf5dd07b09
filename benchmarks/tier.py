"""What one tier of the fraction costs: side by side, alone, and as a share of the core's peak."""

from __future__ import annotations

import functools

import numba
import numpy as np

import thermalent as te
from benchmarks.report import Row, at_most
from benchmarks.timing import best_seconds
from thermalent.continued_fraction.batch.alone_kernels import fold_alone, row_for
from thermalent.continued_fraction.batch.arrangement import Arrangement, room_for, side_by_side_of
from thermalent.continued_fraction.batch.group_kernels import fold_groups
from thermalent.continued_fraction.batch.kernels import fold_points
from thermalent.continued_fraction.chain.one_structure.small import Chains, chains
from thermalent.continued_fraction.chain.one_structure.structure import structure
from thermalent.support.vectors import aligned, at, everywhere, minus_product, put

NAME = "tier"
KAPPA = 1e-3
MICROSECONDS = 1.5  # "about one": rounds to one or to less
_SHARE = 0.1  # the aim is 0.3
_TIERS = 400
_TOGETHER = 64
_REGISTERS = 12  # sums that wait for each other as little as the processor allows


def per_tier(quick: bool) -> list[Row]:
    """One pass over the tiers of two and three qubits, and the whole of a steady state."""
    budget = 0.1 if quick else 0.5
    peak = _peak(budget)
    rows = []
    for word, options, limit in (
        ("two qubits, resonant", {}, MICROSECONDS),
        ("two qubits, detuned", {"detuning": (0.1, -0.2)}, MICROSECONDS),
        ("three qubits, resonant", {"qubits": 3}, 4 * MICROSECONDS),
    ):
        networks = [
            te.thermal_link(n_th=n_th, kappa=KAPPA, **options)
            for n_th in np.geomspace(1e3, 1e6, _TOGETHER)
        ]
        group = chains(networks, np.arange(len(networks)), structure(networks[0]))[0]
        words = f"{word}, {group.counts[0]} and {group.counts[1]} unknowns: one pass"
        tier0_size = group.reached.tier0_size
        one = Arrangement(True, row_for(group.folded.counts, tier0_size))
        abreast, _ = side_by_side_of(group.folded.counts, tier0_size)
        alone = _seconds(group, 1, one, budget)
        together = _seconds(group, len(networks), abreast, budget)
        share = _operations(group) / together / peak
        rows += [
            at_most(NAME, f"{words}, alone", 1e6 * alone, limit, "{} us"),
            Row(
                name=NAME,
                quantity=f"{words}, {abreast.lanes} networks side by side: share of the peak of "
                f"one core in double precision ({peak / 1e9:.3g} GFLOP/s, measured)",
                required=f">= {_SHARE} (the aim is 0.3)",
                measured=f"{share:.2f} ({1e9 * together:.0f} ns per tier and network)",
                passed=bool(share >= _SHARE),
                numbers={"share": share, "peak": peak, "seconds": together, "alone": alone},
            ),
        ]
    rows.append(
        at_most(
            NAME, "a steady state of two qubits, per tier kept, with all passes",
            _per_tier_of_solve(te.thermal_link(n_th=1e6, kappa=KAPPA), quick),
            3 * MICROSECONDS, "{} us",
        )
    )  # fmt: skip
    return rows


def _seconds(group: Chains, count: int, how: Arrangement, budget: float) -> float:
    """Seconds per tier and network of one pass over so many networks."""
    tier0_size, values = group.reached.tier0_size, group.folded.values
    fold_some = fold_alone if how.alone else fold_groups if how.groups else fold_points
    room = room_for(how, group.folded.counts, values.shape[1], tier0_size)
    k = np.zeros((len(group.points), tier0_size, tier0_size))
    points, depths = np.arange(count), np.full(len(group.points), _TIERS)

    def fold() -> None:
        blocks = group.folded
        tiers = (blocks.a, blocks.bands, values, group.rate)
        fold_some(points, depths, False, *tiers, k, room, how.side)

    fold()  # compiles
    return best_seconds(fold, budget=budget) / count / _TIERS


def _operations(group: Chains) -> float:
    """Multiplications and additions of a tier, the mean of even and odd ones."""
    total, begin = 0.0, group.folded.bands.begin
    for parity in range(2):
        m, above = group.folded.counts[parity], group.folded.counts[1 - parity]
        eliminated = (m**3 - m) / 3 + m**2 * above  # products, of which each is added
        total += eliminated + (begin[3 + parity] - begin[2 + parity]) * m
    return total  # two operations each, over two tiers


@numba.njit(error_model="numpy")
def _multiply(x, count, side):
    """Sums of products that do not wait for each other, and nothing else."""
    a, b = at(side, x, (0,)), everywhere(side, 1e-9)
    x0, x1, x2, x3, x4, x5 = a, a, a, a, a, a
    x6, x7, x8, x9, x10, x11 = a, a, a, a, a, a
    for _ in range(count):
        x0, x1, x2 = minus_product(x0, a, b), minus_product(x1, a, b), minus_product(x2, a, b)
        x3, x4, x5 = minus_product(x3, a, b), minus_product(x4, a, b), minus_product(x5, a, b)
        x6, x7, x8 = minus_product(x6, a, b), minus_product(x7, a, b), minus_product(x8, a, b)
        x9, x10 = minus_product(x9, a, b), minus_product(x10, a, b)
        x11 = minus_product(x11, a, b)
    for y in (x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11):
        put(side, x, (1,), minus_product(at(side, x, (1,)), y, b))


def _peak(budget: float) -> float:
    """Operations of one core per second in vector registers, in double precision."""
    count, side = 100_000, (1.0,) * 8
    x = aligned(2, len(side))
    x[0] = np.arange(len(side))
    multiply = functools.partial(_multiply, x, count, side)
    multiply()  # compiles
    return 2 * _REGISTERS * len(side) * count / best_seconds(multiply, budget=budget)


def _per_tier_of_solve(network: te.Network, quick: bool) -> float:
    """Microseconds by which a steady state takes longer for each tier more that it keeps.

    Between two tolerances far above rounding.
    """
    times, counts = [], []
    for rtol in (1e-1, 1e-6):
        method = te.ContinuedFraction(rtol=rtol)
        counts.append(te.steady_state(network, method).stats["tiers"])
        call = functools.partial(te.steady_state, network, method)
        times.append(best_seconds(call, budget=0.2 if quick else 1.0))
    return (times[1] - times[0]) / (counts[1] - counts[0]) * 1e6
