"""How time and memory grow with temperature, and what one tier of the fraction costs."""

from __future__ import annotations

import functools
import tracemalloc
from collections.abc import Sequence

import numpy as np

import thermalent as te
from benchmarks.report import Row, at_most
from benchmarks.timing import best_seconds, peak_memory
from thermalent.continued_fraction.chain import kernels
from thermalent.continued_fraction.chain.chain import hierarchy_chain
from thermalent.continued_fraction.chain.hierarchy import hierarchy

KAPPA = 1e-3
EXPONENT = 0.55
MICROSECONDS = 1.5  # "about one": rounds to one or to less


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


def per_tier(quick: bool) -> list[Row]:
    """The fraction at two qubits, per tier: one pass, and the whole of a steady state."""
    count = 20_000
    rows = []
    for word, detuning in (("resonant", 0.0), ("detuned", (0.1, -0.2))):
        network = te.thermal_link(n_th=1e6, kappa=KAPPA, detuning=detuning)
        chain = hierarchy_chain(hierarchy(network))
        zero = np.zeros((chain.tier0_size, chain.tier0_size))
        sizes = " and ".join(str(block.shape[0]) for block in chain.a)

        def fold(c=chain, zero=zero):
            kernels.fold(c.a, c.up, c.down, c.rate, 0.0, count, zero)

        fold()  # compiles
        folding = best_seconds(fold, budget=0.1 if quick else 0.5) / count * 1e6
        whole = _per_tier_of_solve(network, quick)
        rows += [
            at_most(
                "tier", f"two qubits {word}, {sizes} unknowns: one pass",
                folding, MICROSECONDS, "{} us",
            ),
            at_most(
                "tier", "a steady state, per tier kept, with all passes that find the error",
                whole, 3 * MICROSECONDS, "{} us",
            ),
        ]  # fmt: skip
    return rows


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
