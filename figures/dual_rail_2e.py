"""DUALRAIL, Fig. 2(e): entropy of the first n pairs when the detunings of rail B are reversed."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import thermalent as te
from figures import colours, common
from figures.common import Report, Track

PAIRS = 10
SQUEEZING = 1.0
DIFFERENCES = (0.05, 0.2, 0.5, 1.0, 5.0)  # Delta over gamma
# Second route: the master equation itself, at so many pairs.
SOLVED = 3


def main(
    folder: Path = common.FOLDER, *, points: int = PAIRS, track: Track = common.silent
) -> Report:
    """S_n over n for several steps of the detunings, at r = 1.

    Args:
        folder: Where dual_rail_2e.png and dual_rail_2e.csv go.
        points: Number of pairs.
        track: Wraps the loop over the steps in a progress bar.
    """
    n = np.arange(points + 1)
    columns: dict[str, np.ndarray] = {"n": n}
    largest = 0.0
    for delta in track(DIFFERENCES):
        state = _state(points, delta)
        columns[f"S_Delta_{delta:g}"] = np.array([0.0, *state.entropies(), 0.0])
        largest = max(largest, _difference(delta))
    single = float(te.analytic.dual_rail_pair_entropy(SQUEEZING))
    columns["limit"] = 2 * single * np.minimum(n, points - n)
    with common.style():
        figure, axes = common.canvas(4.8, 3.6)
        axes.plot(n, columns["limit"], "k:", zorder=3, label=r"$\Delta \to \infty$")
        for delta in reversed(DIFFERENCES):
            axes.plot(
                n,
                columns[f"S_Delta_{delta:g}"],
                "o-",
                color=colours.of_step(delta),
                markersize=3.5,
                label=common.step(delta),
            )
        axes.set(xlabel="pairs $n$ on one side", ylabel=r"entropy $\mathcal{S}_n$ (nats)")
        axes.set(xlim=(0, points), ylim=(0, None))
        axes.set_title(rf"(e) $N = {points}$, $r = {SQUEEZING:g}$", loc="left")
        axes.legend(loc="upper left")
        common.save("dual_rail_2e", folder, figure, columns)
    half = points // 2
    return Report(
        columns=columns,
        agreement=f"kets and the master equation of {SOLVED} pairs agree to {largest:.0e}",
        values={
            f"S_{half} at Delta = {delta:g}": float(columns[f"S_Delta_{delta:g}"][half])
            for delta in DIFFERENCES
        },
    )


def _state(pairs: int, delta: float) -> te.analytic.DualRailState:
    ladder = delta * np.arange(pairs)
    return te.analytic.dual_rail_state(pairs, SQUEEZING, ladder, "reverse")


def _difference(delta: float) -> float:
    """Largest difference in S_1 and S_2 between the ket and the null vector of Eq. (1)."""
    ladder = delta * np.arange(SOLVED)
    network = te.dual_rail(SOLVED, SQUEEZING, detuning=ladder, permutation="reverse")
    solved = te.steady_state(network)
    names = network.emitter_names
    found = [te.von_neumann_entropy(solved.reduced(*names[: 2 * n]), np.e) for n in (1, 2)]
    return common.largest_difference(np.array(found), _state(SOLVED, delta).entropies())
