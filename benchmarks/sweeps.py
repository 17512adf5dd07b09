"""Sweeps: from one worker to two, what a cluster costs per point, and memory on a large grid."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import Row, at_least, at_most
from benchmarks.timing import ROOT

NAME = "sweeps"
OBSERVABLES = ("concurrence", "populations", "negativity", "entropy", "purity[q1]")
_ENOUGH = 1.8
_AGAINST_LOOP = 20.0  # the aim is 40
_MEGABYTES = 30.0  # what a million points may take more than ten thousand
# The least of several runs: on a shared machine noise only ever adds.
_REPEATS = 3
_FEW_QUANTA = {"n_th": np.geomspace(1, 100, 30), "kappa": np.geomspace(1e-2, 1, 30)}


def workers(quick: bool) -> list[Row]:
    """Wall time of a map on one and two workers, processes of ours and of Dask's."""
    import distributed

    side = 40 if quick else 100
    times: dict[str, float] = {"1": _least(side, 1), "2": _least(side, 2)}
    for count in (1, 2):
        with (
            distributed.LocalCluster(
                n_workers=count, threads_per_worker=1, dashboard_address=":0"
            ) as cluster,
            distributed.Client(cluster) as client,
        ):
            times[f"dask {count}"] = _least(side, client)
    points = side**2
    words = f"map of {points} points, five kinds of observables, workers started before: "
    overhead = 1e6 * (times["dask 1"] - times["1"]) / points
    return [
        at_least(
            NAME, words + "1 process against 2", times["1"] / times["2"], _ENOUGH,
            "{} times faster", one=times["1"], two=times["2"],
        ),
        at_least(
            NAME, words + "1 Dask worker against 2", times["dask 1"] / times["dask 2"], _ENOUGH,
            "{} times faster", one=times["dask 1"], two=times["dask 2"],
        ),
        Row(
            name=NAME,
            quantity=words + "one Dask worker beyond this process alone",
            measured=f"{overhead:.3g} microseconds per point, of {1e6 * times['1'] / points:.3g}",
            numbers={"overhead": overhead, **times},
        ),
    ]  # fmt: skip


def as_arrays(quick: bool) -> list[Row]:
    """CPU time per point of a map, beside a builder of one's own and a loop, in turns."""
    import thermalent as te

    side, method = 20 if quick else 60, te.ContinuedFraction(rtol=1e-6)
    n_th, kappa = np.geomspace(1, 1e5, side), np.geomspace(1e-4, 1, side)

    def swept(builder: Callable[..., Any]) -> None:
        grid = {"n_th": n_th, "kappa": kappa}
        te.sweep(builder, grid, "concurrence", method=method, executor=1, progress=False)

    def own(n_th: float, kappa: float) -> Any:
        return te.thermal_link(n_th, kappa)

    step = max(1, side // 20)

    def loop() -> None:
        for hot in n_th[::step]:
            for slow in kappa[::step]:
                number = te.steady_state(te.thermal_link(hot, slow), method).concurrence()
                assert number.error < 1

    calls = {"arrays": lambda: swept(te.thermal_link), "own": lambda: swept(own), "loop": loop}
    points = {"arrays": side**2, "own": side**2, "loop": len(n_th[::step]) ** 2}
    least = dict.fromkeys(calls, np.inf)
    for call in calls.values():
        call()
    for _ in range(_REPEATS):
        for name, call in calls.items():
            began = time.process_time()
            call()
            least[name] = min(least[name], (time.process_time() - began) / points[name])
    words = f"map of {side} x {side}, rtol 1e-6, concurrence with its error: CPU time per point "
    return [
        at_least(
            NAME,
            words + f"({1e6 * least['arrays']:.0f} us) against a loop of te.steady_state "
            f"({1e6 * least['loop']:.0f} us)",
            least["loop"] / least["arrays"], _AGAINST_LOOP, "{} times less", **least,
        ),
        Row(
            name=NAME,
            quantity=words + "against a builder of one's own, called point by point",
            measured=f"{least['own'] / least['arrays']:.3g} times less",
            numbers=least,
        ),
    ]  # fmt: skip


def other_models(quick: bool) -> list[Row]:
    """CPU time per point of maps of few quanta, as arrays and by a builder of one's own."""
    import thermalent as te

    side, method = 12 if quick else 30, te.ContinuedFraction(rtol=1e-6)
    mirror = {"wavelengths": (1.0, 2.0), "detuning": (0.5, -0.5)}
    maps = {
        "te.phononic_link": (
            te.phononic_link,
            {"n_th": np.geomspace(0.1, 10, side), "kappa": np.geomspace(0.1, 1, side)},
            mirror,
        ),
        "te.hardware.superconducting_link": (
            te.hardware.superconducting_link,
            {"temperature": np.linspace(1, 20, side), "quality": np.geomspace(1e3, 1e4, side)},
            {},
        ),
    }
    rows = []
    for name, (model, grid, fixed) in maps.items():
        arrays, single = _in_turns(
            partial(_swept, model, grid, fixed, method),
            partial(_swept, partial(_called, model), grid, fixed, method),
            points=side**2,
        )
        rows.append(
            at_least(
                NAME,
                f"map of {side} x {side} of {name}, few quanta, rtol 1e-6: CPU time per point of "
                f"a builder of one's own ({1e6 * single:.0f} us) over that of the model "
                f"({1e6 * arrays:.0f} us)",
                single / arrays, 1.5, "{} times", arrays=arrays, own=single,
            )
        )  # fmt: skip
    one, five = _in_turns(
        lambda: te.sweep(te.thermal_link, _FEW_QUANTA, "concurrence", executor=1, progress=False),
        lambda: te.sweep(te.thermal_link, _FEW_QUANTA, OBSERVABLES, executor=1, progress=False),
        points=900,
    )
    rows.append(
        at_most(
            NAME,
            "map of 30 x 30 of te.thermal_link, few quanta: CPU time with five kinds of "
            f"observables ({1e6 * five:.0f} us a point) over that with the concurrence alone "
            f"({1e6 * one:.0f} us)",
            # 2 until what all observables share took less; each by itself takes no longer.
            five / one, 2.5, "{} times", one=one, five=five,
        )
    )  # fmt: skip
    return rows


def _swept(
    builder: Callable[..., Any], grid: dict[str, Any], fixed: dict[str, Any], method: Any
) -> None:
    import thermalent as te

    te.sweep(builder, grid, "concurrence", fixed=fixed, method=method, executor=1, progress=False)


def _called(model: Callable[..., Any], **point: Any) -> Any:
    """A builder of one's own over a model."""
    return model(**point)


def _in_turns(*calls: Callable[[], object], points: int) -> list[float]:
    """Least CPU time of each call over the points, s; the calls are made in turns."""
    least = [np.inf] * len(calls)
    for repeat in range(_REPEATS + 1):
        for i, call in enumerate(calls):
            began = time.process_time()
            call()
            if repeat:  # the first one compiles
                least[i] = min(least[i], (time.process_time() - began) / points)
    return least


def on_disk(quick: bool) -> list[Row]:
    """What a store costs per block, and the memory of a large grid whose results go there."""
    small, large = (memory_of_a_sweep(side) for side in (100, 300 if quick else 1000))
    growth = (large["peak"] - small["peak"]) / 1e6
    return [
        at_most(
            NAME,
            f"grid of {large['points']:.0g} points into a store: peak memory beyond that of "
            f"{small['points']:.0g}",
            growth, _MEGABYTES, "{} MB", small=small["peak"], large=large["peak"],
        ),
        Row(
            name=NAME,
            quantity=f"the same: wall time of a block of {large['block']:.0f} points on the disk",
            measured=f"{1e3 * large['write']:.3g} ms",
            numbers=large,
        ),
    ]  # fmt: skip


def run(quick: bool) -> list[Row]:
    """All of them."""
    return [*as_arrays(quick), *other_models(quick), *workers(quick), *on_disk(quick)]


def _least(side: int, executor: Any) -> float:
    """Least wall time, s, of the map; the first run starts the workers and is not counted."""
    _map(6, executor)
    _map(side // 2, executor)
    return min(_seconds(lambda: _map(side, executor)) for _ in range(_REPEATS))


def _map(side: int, executor: Any) -> None:
    import thermalent as te

    grid = {"n_th": np.geomspace(1, 1e3, side), "kappa": np.geomspace(1e-3, 1, side)}
    te.sweep(te.thermal_link, grid, OBSERVABLES, executor=executor, progress=False)


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def memory_of_a_sweep(side: int) -> dict[str, float]:
    """Peak memory of a sweep in a process of its own, whose points cost nothing."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.sweeps", str(side)],
        check=True, capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    return json.loads(done.stdout)


def _cheap_sweep(side: int) -> dict[str, float]:
    """A sweep that stores made-up numbers: one network, one state, for all points."""
    import thermalent as te
    from benchmarks.memory import _peak
    from thermalent.solution.plan import Cost, Plan
    from thermalent.sweeping.storage import store

    network = te.thermal_link(n_th=1, kappa=1)
    solved = te.steady_state(network)

    class Ready(Plan):
        cost = Cost(bytes=0.0, operations=0.0)

        def compute(self) -> Any:
            return solved

    @dataclass(frozen=True)
    class Same(te.Method):
        claim, domain = te.ContinuedFraction.claim, "one network"

        def plan(self, task: Any) -> Plan:
            return Ready()

    def build(n_th: float, kappa: float) -> Any:
        return network

    spent, write = [], store.Store.write

    def timed(self: Any, number: int, columns: Any) -> None:
        spent.append(_seconds(lambda: write(self, number, columns)))

    store.Store.write = timed  # type: ignore[method-assign]
    axis = np.linspace(1, 2, side)
    with tempfile.TemporaryDirectory() as folder:
        data = te.sweep(
            build, {"n_th": axis, "kappa": axis}, {"number": lambda result: (1.0, 0.0)},
            method=Same(), store=Path(folder) / "study.zarr", executor=1,
        )  # fmt: skip
        block = float(np.prod(data.attrs["block"]))
    return {
        "points": float(side**2),
        "peak": float(_peak()),
        "block": block,
        "write": float(np.median(spent)),
    }


if __name__ == "__main__":
    from benchmarks import threads

    if "numpy" not in sys.modules:
        threads.use_one()
    print(json.dumps(_cheap_sweep(int(sys.argv[1]))))
