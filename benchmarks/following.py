"""Sweeps along times and frequencies, beside loops of single calls and solves one by one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import numpy as np

from benchmarks.report import Row, at_least, at_most

NAME = "following"
# What a sweep may take over a loop that makes the same calls, and what a loop of evolutions takes,
# which aim at more digits each, over a sweep.
_OVER_LOOP, _LOOP_OVER = 1.3, 3.0
_PER_TIME, _PER_FREQUENCY = 5.0, 8.0
# What an evolution takes where nothing stands side by side, over what it takes.
_ONE_BY_ONE = 1.5
_REPEATS = 3


def run(quick: bool) -> list[Row]:
    """All of them."""
    return [*_over_times(4 if quick else 10), *_over_frequencies(2 if quick else 4)]


def _points(count: int) -> dict[str, np.ndarray]:
    """Random ideal links: 1 to 1e4 quanta, bandwidths of 1e-3 to 1."""
    rng = np.random.default_rng(1)
    return {"n_th": 10 ** rng.uniform(0, 4, count), "kappa": 10 ** rng.uniform(-3, 0, count)}


def _over_times(count: int) -> list[Row]:
    """CPU time per point of a map over 60 times, and of an evolution for each time."""
    import thermalent as te

    points, times = _points(count), np.geomspace(1e-2, 1e3, 60)
    networks = [te.thermal_link(*each) for each in zip(*points.values(), strict=True)]

    def swept() -> None:
        _sweep(points, "concurrence", times=times, initial="00")

    def loop() -> None:
        for network in networks:
            te.evolve(network, times, "00").concurrence()

    def each() -> None:
        for when in times[::6]:
            te.evolve(networks[0], [when], "00").concurrence()

    def alone() -> None:
        te.evolve(networks[0], times, "00").concurrence()

    def one_by_one() -> None:
        with _one_by_one():
            loop()

    calls = {"sweep": swept, "loop": loop, "one by one": one_by_one}
    sweep, single, former = _in_turns(calls, count).values()
    pieces, whole = _in_turns({"each": each, "alone": alone}, 1).values()
    words = f"{count} ideal links over 60 times in five decades, concurrence: CPU time per point "
    return [
        at_least(
            NAME,
            f"{words}({1e3 * sweep:.0f} ms) against a loop of te.evolve ({1e3 * single:.0f} ms)",
            single / sweep, _LOOP_OVER, "{} times less", sweep=sweep, loop=single,
        ),
        at_least(
            NAME,
            f"{words}of the loop with steps number by number and nodes one by one "
            f"({1e3 * former:.0f} ms) over that of the loop",
            former / single, _ONE_BY_ONE, "{} times", loop=single, former=former,
        ),
        at_least(
            NAME,
            "one of them: CPU time of an evolution for each time over that of one for all",
            6 * pieces / whole, _PER_TIME, "{} times less", each=pieces, alone=whole,
        ),
    ]  # fmt: skip


@contextmanager
def _one_by_one() -> Iterator[None]:
    """Evolutions without vector registers: steps, nodes of contours, samples on lines."""
    from thermalent.continued_fraction.chain import fraction
    from thermalent.continued_fraction.dynamics import chebyshev, stretches

    def by_number(layout: Any, active: int) -> Any:
        x, none = layout.vector(np.dtype(float)), np.zeros(0, dtype=np.int32)
        product = layout.runs(active), layout.data.ravel(), none, none, np.zeros(0)
        take = partial(chebyshev.take_steps, product, layout.spans(active), x)
        return stretches.RealSteps(take, x)

    with ExitStack() as stack:
        for owner, name, other in (
            (stretches.Stretches, "rows", by_number),
            (fraction, "_MOST_IN_LANES", 0),
        ):
            stack.callback(setattr, owner, name, getattr(owner, name))
            setattr(owner, name, other)
        yield


def _over_frequencies(count: int) -> list[Row]:
    """CPU time per point of a map over 200 frequencies, and of a sparse solve for each."""
    import thermalent as te
    from thermalent.continued_fraction.dynamics import correlations

    points, omega = _points(count), np.linspace(-5, 5, 200)
    networks = [te.thermal_link(*each) for each in zip(*points.values(), strict=True)]

    def swept() -> None:
        _sweep(points, "spectrum", frequencies=omega)

    def loop() -> None:
        for network in networks:
            te.spectrum(network, omega)

    def one_by_one() -> None:
        together = correlations.resolvents
        correlations.resolvents = lambda *given: None  # type: ignore[assignment]
        try:
            loop()
        finally:
            correlations.resolvents = together

    calls = {"sweep": swept, "loop": loop, "one by one": one_by_one}
    sweep, single, sparse = _in_turns(calls, count).values()
    words = f"{count} ideal links over 200 frequencies: CPU time per point "
    return [
        at_least(
            NAME,
            f"{words}({1e3 * sweep:.0f} ms) against sparse solves ({1e3 * sparse:.0f} ms)",
            sparse / sweep, _PER_FREQUENCY, "{} times less", sweep=sweep, sparse=sparse,
        ),
        at_most(
            NAME,
            f"{words}over that of a loop of te.spectrum",
            sweep / single, _OVER_LOOP, "{} times", sweep=sweep, loop=single,
        ),
    ]  # fmt: skip


def _sweep(points: dict[str, np.ndarray], observable: str, **along: Any) -> None:
    import thermalent as te

    te.sweep(te.thermal_link, te.zipped(**points), observable, executor=1, progress=False, **along)


def _in_turns(calls: dict[str, Callable[[], None]], count: int) -> dict[str, float]:
    """Least CPU time of each call over the points, s; the calls are made in turns."""
    least = dict.fromkeys(calls, np.inf)
    for repeat in range(_REPEATS):
        for name, call in calls.items():
            began = time.process_time()
            call()
            if repeat:  # the first one compiles
                least[name] = min(least[name], (time.process_time() - began) / count)
    return least
