"""DUALRAIL, Fig. 3(c): preparation time over the number of pairs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.optimize import brentq

import thermalent as te
from figures import colours, common
from figures.common import Report, Track

SQUEEZING = 1.0
SHARE = 1e-3  # impurity per pair at the preparation time
DIFFERENCES = (0.0, 0.1, 0.2, 0.5, 1.0)  # Delta over gamma
# Those that are followed to the largest number of pairs, which takes a minute each; the others
# stop one before.
LONGEST = (0.0, 0.2, 1.0)
# Second route: the crossing on the density matrices of te.evolve, for so many pairs.
CHECKED = 2


def main(folder: Path = common.FOLDER, *, points: int = 5, track: Track = common.silent) -> Report:
    """T_prep over N for several steps of the detunings, rail B opposite to rail A.

    Args:
        folder: Where dual_rail_3c.png and dual_rail_3c.csv go.
        points: Largest number of pairs.
        track: Wraps the loop over the steps in a progress bar.
    """
    pairs = np.arange(1, points + 1)
    columns: dict[str, np.ndarray] = {"pairs": pairs}
    largest = 0.0
    for delta in track(DIFFERENCES):
        last = points if delta in LONGEST else points - 1
        times = np.full(points, np.nan)
        times[:last] = [te.purity_time(_rails(n, delta), impurity=SHARE) for n in pairs[:last]]
        columns[f"T_Delta_{delta:g}"] = times
        largest = max(largest, abs(times[CHECKED - 1] - _crossing(CHECKED, delta, times)))
    columns["sequential"] = pairs * columns["T_Delta_0"][0]
    _draw(folder, columns)
    slopes = np.diff(columns["T_Delta_0"])
    return Report(
        columns=columns,
        agreement=(
            f"norms of Krylov steps and density matrices of {CHECKED} pairs agree on the time to "
            f"{largest:.0e}/gamma"
        ),
        values={
            **{
                f"T_prep, N = {n}, Delta = {delta:g}": float(columns[f"T_Delta_{delta:g}"][n - 1])
                for delta in LONGEST
                for n in pairs
            },
            "time of one more pair, Delta = 0": float(slopes[-1]),
            "distance": float(largest),
        },
    )


def _rails(pairs: int, delta: float) -> te.Network:
    return te.dual_rail(pairs, SQUEEZING, detuning=[delta * i for i in range(pairs)])


def _crossing(pairs: int, delta: float, times: np.ndarray) -> float:
    """The crossing next to the time found, on states."""
    network, near = _rails(pairs, delta), times[pairs - 1]

    def excess(time: float) -> float:
        evolved = te.evolve(network, [time], "00" * pairs, te.Fock())
        return float(1 - evolved.purity()[0]) / pairs - SHARE

    return float(brentq(excess, near - 1, near + 1, xtol=1e-9))


def _draw(folder: Path, columns: dict[str, np.ndarray]) -> None:
    with common.style():
        figure, axes = common.canvas(4.4, 4.2)
        axes.plot(
            columns["pairs"],
            columns["sequential"],
            "k:",
            lw=1,
            label=r"$N\,T_\mathrm{prep}(1)$",
        )
        for delta in DIFFERENCES:
            axes.plot(
                columns["pairs"],
                columns[f"T_Delta_{delta:g}"],
                "o-",
                color=colours.of_step(delta),
                markersize=4,
                label=common.step(delta),
            )
        axes.set(xlabel="number of pairs $N$", ylabel=r"preparation time $\gamma T_\mathrm{prep}$")
        axes.set(xticks=columns["pairs"], ylim=(30, 1.25 * np.nanmax(columns["T_Delta_0"])))
        axes.set_title(rf"(c) $r = {SQUEEZING:g}$", loc="left")
        figure.legend(**{**common.BELOW, "ncols": 3})
        common.save("dual_rail_3c", folder, figure, columns)
