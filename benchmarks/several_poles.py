"""Hot sources of several poles: stated limits of time, and what the lattice of modes takes."""

from __future__ import annotations

import time

import thermalent as te
from benchmarks.report import Row
from benchmarks.timing import best_seconds
from thermalent.continued_fraction.lattice import solve


def against_limits(quick: bool) -> list[Row]:
    """Cavities in a row and a Butterworth filter at room temperature; the lattice where it fits."""
    cases = [
        ("two cavities", te.thermal_link(1220, 1e-3, filters=2), 1e-9, 0.1),
        ("two cavities, kappa/gamma = 0.01", te.thermal_link(1000, 0.01, filters=2), 1e-6, 0.5),
        ("three cavities, kappa/gamma = 0.01", te.thermal_link(1220, 0.01, filters=3), 1e-5, 3.0),
    ]
    if not quick:
        filtered = te.thermal_link(1220, filter=te.Filter.butterworth(order=5, fwhm=0.02))
        cases.append(("Butterworth filter of order five, fwhm 0.02", filtered, 1e-4, 20.0))
    return [*(_limit(*case) for case in cases), _against_the_lattice()]


def _limit(name: str, network: te.Network, rtol: float, limit: float) -> Row:
    method = te.ContinuedFraction(rtol=rtol)
    result = te.steady_state(network, method)
    seconds = best_seconds(lambda: te.steady_state(network, method), most=20)
    return Row(
        name="several poles",
        quantity=f"{name}, n_th about 1e3, rtol {rtol:.0e}",
        required=f"< {limit:g} s",
        measured=f"{seconds:.3g} s, C = {result.concurrence():.6f}",
        passed=seconds < limit,
        numbers={
            "seconds": seconds,
            "quanta": result.stats["quanta"],
            "levels": result.stats["levels"],
        },
    )


def _against_the_lattice() -> Row:
    """The peer: every amplitude alike, as it is used for cold sources. n_th = 4 is hot for it."""
    network, rtol = te.thermal_link(4.0, 0.3, filters=2), 1e-5
    chain = best_seconds(lambda: te.steady_state(network, te.ContinuedFraction(rtol=rtol)))
    began = time.process_time()
    solve.lattice_steady_state(network, rtol)
    lattice = time.process_time() - began
    return Row(
        name="several poles",
        quantity="two cavities at n_th = 4, kappa/gamma = 0.3, beside the lattice",
        required="faster",
        measured=f"{chain:.3g} s, the lattice {lattice:.3g} s: {lattice / chain:.0f} times as long",
        passed=chain < lattice,
        numbers={"chain": chain, "lattice": lattice},
    )
