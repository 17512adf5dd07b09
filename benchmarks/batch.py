"""Many steady states side by side against a loop over single ones, and two whole maps."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

import thermalent as te
from benchmarks.report import Row, at_least, at_most
from thermalent.continued_fraction import solve_side_by_side
from thermalent.continued_fraction.batch.fractions import Fractions
from thermalent.continued_fraction.chain.one_structure.small import chains
from thermalent.continued_fraction.chain.one_structure.structure import structure
from thermalent.continued_fraction.lattice.solve import DEFAULT_RTOL

_METHOD = te.ContinuedFraction(rtol=1e-6)
_BANDWIDTHS = (1e-1, 3e-2, 1e-2, 3e-3, 1e-3)
_THREADS = 2


def side_by_side(quick: bool) -> list[Row]:
    """THERMAL, Fig. 3(a), a map of bandwidth and occupation, and the throughput on it."""
    solve_side_by_side([te.thermal_link(1.0, 0.1)], _METHOD)  # compiles
    points = 40 if quick else 200
    curves = [(float(n), kappa) for kappa in _BANDWIDTHS for n in np.geomspace(1.0, 1e6, points)]
    side = 20 if quick else 100
    whole = [
        (float(n), float(kappa))
        for kappa in np.geomspace(1e-4, 1.0, side)
        for n in np.geomspace(1.0, 1e5, side)
    ]
    return [
        _whole(
            "5 curves of 200 points, n_th to 1e6 (THERMAL, Fig. 3a)", curves, 2.0 * points / 200
        ),
        _whole(
            "map of 100 x 100, kappa/gamma 1e-4..1, n_th 1..1e5", whole, 20.0 * (side / 100) ** 2
        ),
        *_throughput(whole),
        *_single_call(),
    ]


def _single_call() -> list[Row]:
    """One call of te.steady_state: CPU time, best of twenty rounds."""
    network = te.thermal_link(1000.0, 1e-2)
    solve = min(_cpu(lambda: te.steady_state(network)) for _ in range(20))
    whole = min(_cpu(lambda: te.steady_state(te.thermal_link(1000.0, 1e-2))) for _ in range(20))
    quantity = "te.steady_state of the ideal link, n_th = 1000, kappa/gamma = 0.01: CPU time"
    folds = min(_cpu(_folds(network)) for _ in range(20))
    return [
        at_most("batch", f"{quantity} of a call", solve * 1e3, 1.0, "{} ms", seconds=solve),
        at_most("batch", f"{quantity}, network included", whole * 1e3, 1.0, "{} ms"),
        at_most(
            "batch", f"{quantity}, network included, over that of its folds alone",
            whole / folds, 3.5, "{} times", folds=folds,
        ),
    ]  # fmt: skip


def _folds(network: te.Network) -> Callable[[], object]:
    """The search for the number of tiers alone, from arrays that are there."""
    kind = structure(network)
    assert kind is not None
    (group,) = chains([network], np.zeros(1, dtype=np.int64), kind)
    return lambda: Fractions(group, 1).converge(DEFAULT_RTOL)


def _cpu(call: Callable[[], object], times: int = 20) -> float:
    """Mean CPU time of a call."""
    call()
    began = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - began) / times


def _links(points: Sequence[tuple[float, float]]) -> list[te.Network]:
    return [te.thermal_link(n, kappa) for n, kappa in points]


def _whole(quantity: str, points: Sequence[tuple[float, float]], limit: float) -> Row:
    """Networks built and solved, from nothing to all states; limits scale with the points."""
    began, spent = time.perf_counter(), time.process_time()
    networks = _links(points)
    built = time.process_time() - spent
    found = solve_side_by_side(networks, _METHOD, threads=_THREADS)
    wall, cpu = time.perf_counter() - began, time.process_time() - spent
    alone = sum(not state.stats["batch"] for state in found)
    good = all(state.status.ok for state in found)
    return Row(
        name="batch",
        quantity=f"{quantity}, rtol 1e-6: {len(points)} points on {_THREADS} threads",
        required=f"< {limit:g} s of CPU a thread",
        measured=(
            f"{wall:.2f} s, CPU {cpu:.2f} s of which {built:.2f} s build networks; "
            f"{alone} points handed over"
        ),
        # Other work on the machine lengthens the wall time, so the CPU time counts.
        passed=good and (cpu + built) / _THREADS < limit,
        numbers={"wall": wall, "cpu": cpu, "build": built, "handed over": alone},
    )


def _throughput(points: Sequence[tuple[float, float]]) -> list[Row]:
    """CPU time per point beside that of a loop, over a sample of the same points."""
    networks = _links(points)
    sample = networks[:: max(1, len(networks) // 200)]
    began = time.process_time()
    singles = [te.steady_state(network, _METHOD) for network in sample]
    single = (time.process_time() - began) / len(sample)
    began = time.process_time()
    found = solve_side_by_side(networks, _METHOD, threads=1)
    batch = (time.process_time() - began) / len(networks)
    by_network = {id(state.network): state for state in found}
    worst = max(
        float(np.max(np.abs(one.state - by_network[id(one.network)].state)))
        / (one.error + by_network[id(one.network)].error)
        for one in singles
    )
    again = solve_side_by_side(networks[: len(networks) // 3], _METHOD, threads=_THREADS)
    same = all(
        np.array_equal(one.state, other.state) for one, other in zip(again, found, strict=False)
    )
    return [
        at_least(
            "batch",
            "points per CPU second on one thread over a loop of te.steady_state, map above "
            f"({batch * 1e6:.0f} us against {single * 1e6:.0f} us)",
            single / batch,
            5.0,
            "{}x",
            batch=batch,
            single=single,
        ),
        Row(
            name="batch",
            quantity="the same within the stated errors; same bits on 1 and 2 threads, in parts",
            required="yes",
            measured=f"at most {worst:.2g} of the errors; {'yes' if same else 'no'}",
            passed=worst <= 1 and same,
            numbers={"worst": worst},
        ),
    ]
