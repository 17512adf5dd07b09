"""GENERATION, Fig. 3: the long-time approximation of the concurrence, Eq. (10)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import thermalent as te
from figures import common
from figures.common import Report, Track
from thermalent.analytic.ring_resonators import long_time_concurrence, node_concurrence
from thermalent.excitations import FewExcitations, peak_concurrence
from thermalent.models.ring_resonators import ring_resonators

COUPLINGS = (0.126, 0.277)
LATEST = 40.0
GOOD_FROM = 10.0  # gamma_R t from which the paper calls it good


def main(
    folder: Path = common.FOLDER, *, points: int = 201, track: Track = common.silent
) -> Report:
    """The concurrence from |eg>, exact and by Eq. (10), and how far the two are apart.

    Args:
        folder: Where generation_3.png and generation_3.csv go.
        points: Times.
        track: Wraps the loop over the two panels in a progress bar.
    """
    times = np.linspace(0.0, LATEST, points)
    network = ring_resonators(COUPLINGS)
    numerical = te.evolve(network, times, "10", FewExcitations()).concurrence()
    approximate = long_time_concurrence(times, *COUPLINGS)
    columns = {
        "gamma_t": times,
        "concurrence": numerical,
        "concurrence_eq8": node_concurrence(times, *COUPLINGS),
        "concurrence_eq10": approximate,
    }
    peak = peak_concurrence(network, "10", until=LATEST)
    ends = np.array([GOOD_FROM, peak.time])
    off = np.abs(long_time_concurrence(ends, *COUPLINGS) / node_concurrence(ends, *COUPLINGS) - 1)
    with common.style():
        figure, panels = common.canvas(7.2, 3.1, 1, 2)
        for axes, kind in zip(panels, track(["values", "error"]), strict=True):
            if kind == "values":
                axes.plot(times, numerical, color=common.COLOURS[0], label="master equation")
                axes.plot(times, approximate, "--", color=common.COLOURS[1], label="Eq. (10)")
                axes.set(ylabel=common.CONCURRENCE, ylim=(0, 1))
                axes.legend()
            else:
                late = times > 0  # both vanish at the start, the approximation does not
                error = np.abs(approximate - numerical)[late] / numerical[late]
                axes.semilogy(times[late], error, color=common.COLOURS[1])
                axes.axvline(GOOD_FROM, color="0.7", linewidth=0.8)
                axes.set(ylabel="relative error of Eq. (10)", ylim=(1e-4, 10))
            axes.set(xlabel=r"time $\gamma_R t$", xlim=(0, LATEST))
        common.save("generation_3", folder, figure, columns)
    difference = common.largest_difference(numerical, columns["concurrence_eq8"])
    return Report(
        columns=columns,
        agreement=f"full master equation and Eq. (8) agree to {difference:.0e}",
        values={
            "relative error at gamma t = 10": float(off[0]),
            "relative error at the peak": float(off[1]),
        },
    )
