"""How time and memory grow with temperature."""

from __future__ import annotations

import functools
import tracemalloc
from collections.abc import Sequence

import numpy as np

import thermalent as te
from benchmarks.report import Row, at_least, at_most
from benchmarks.timing import best_seconds, peak_memory
from thermalent.continued_fraction.batch.lanes import solved_group
from thermalent.continued_fraction.chain.one_structure.small import chains
from thermalent.continued_fraction.chain.one_structure.structure import structure

KAPPA = 1e-3
EXPONENT = 0.55
TIERS_OVER_RADIAL = 17.0  # 0.34 s in tiers, and 20 ms were asked for
FLAT = 3.0


def with_temperature(quick: bool) -> list[Row]:
    """Time and memory of a steady state from n_th = 1e3 to 1e7, and their exponents."""
    occupations = np.logspace(3, 7, 5 if quick else 9)
    seconds, bytes_, last = [], [], []
    for n_th in occupations:
        network = te.thermal_link(n_th=float(n_th), kappa=KAPPA)
        last.append(te.steady_state(network).stats["tiers"])  # compiles, the first time
        call = functools.partial(te.steady_state, network)
        seconds.append(best_seconds(call, budget=0.2 if quick else 0.7))
        bytes_.append(_arrays(network))
    memory = peak_memory("thermalent", float(occupations[-1]), KAPPA, 1e-9)
    resident = memory["peak"] - memory["warm"]
    hot = occupations >= 0.99e5
    name = "growth"
    numbers: dict[str, float] = {}
    for n_th, s, b, l in zip(occupations, seconds, bytes_, last, strict=True):
        numbers |= {f"seconds at {n_th:.3g}": s, f"bytes at {n_th:.3g}": b, f"tiers {n_th:.3g}": l}
    return [
        at_most(
            name, "exponent of time in n_th, 1e3 to 1e7, kappa/gamma = 1e-3, rtol 1e-9",
            _exponent(occupations, seconds), EXPONENT, "{}", **numbers,
        ),
        at_most(
            name, "the same from 1e5 on, where the tiers outweigh the set-up",
            _exponent(occupations[hot], np.array(seconds)[hot]), EXPONENT, "{}",
        ),
        at_most(
            name, "exponent of memory (peak of all arrays)",
            _exponent(occupations, bytes_), EXPONENT, "{}",
        ),
        Row(
            name=name,
            quantity="from n_th = 1e3 to 1e7: time; arrays; tiers; resident memory added at 1e7",
            measured=f"{seconds[0] * 1e3:.1f} to {seconds[-1] * 1e3:.1f} ms; "
            f"{bytes_[0] / 1e3:.0f} to {bytes_[-1] / 1e3:.0f} kB; {last[0]} to {last[-1]}; "
            f"{resident / 1e3:.0f} kB",
            numbers={"resident bytes added at 1e7": resident},
        ),
    ]  # fmt: skip


def beyond_tiers(quick: bool) -> list[Row]:
    """A mode so hot that the hierarchy is solved in its radial form: against tiers, and growth."""
    method, kappa = te.ContinuedFraction(rtol=1e-6), 1e-4
    networks = [te.thermal_link(n_th=n_th, kappa=kappa) for n_th in (1e8, 1e10, 1e12)]
    assert {te.steady_state(network, method).stats["form"] for network in networks} == {"radial"}
    budget = 0.2 if quick else 1.0
    seconds = [
        best_seconds(functools.partial(te.steady_state, network, method), budget=budget)
        for network in networks
    ]

    def tiers() -> None:
        kind = structure(networks[1])
        assert kind is not None
        (chain,) = chains([networks[1]], np.zeros(1, dtype=np.int64), kind)
        assert solved_group([networks[1]], chain, method.settings)

    folded = best_seconds(tiers, budget=budget)
    times = ", ".join(f"{1e3 * s:.1f}" for s in seconds)
    return [
        at_least(
            "hot", "n_th = 1e10, kappa/gamma = 1e-4, rtol 1e-6: time of tiers over radial form",
            folded / seconds[1], TIERS_OVER_RADIAL, "{} times",
        ),
        at_most(
            "hot", f"n_th = 1e8, 1e10, 1e12: {times} ms; the longest over the shortest",
            max(seconds) / min(seconds), FLAT, "{} times",
        ),
    ]  # fmt: skip


def _arrays(network: te.Network) -> int:
    """Peak bytes of Python and numpy during a solve.

    The kernels' own work arrays do not show here: a few blocks, whatever the temperature. The
    resident memory, measured apart, holds them too.
    """
    tracemalloc.start()
    try:
        te.steady_state(network)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _exponent(x: np.ndarray, y: Sequence[float] | np.ndarray) -> float:
    """Slope of log y over log x, least squares."""
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])
