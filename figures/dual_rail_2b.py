"""DUALRAIL, Fig. 2(b): concurrences of two pairs over the squeezing."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import thermalent as te
from figures import colours, common, curves
from figures.common import Report, Track

# Delta over gamma. From Delta to gamma^2/Delta, C_11 and C_12 change places.
DIFFERENCES = (0.0, 0.5, 1.0)
LARGEST = 2.5


def main(
    folder: Path = common.FOLDER, *, points: int = 101, track: Track = common.silent
) -> Report:
    """C_11 = C_22 and C_12 = C_21 for reversed detunings of two pairs.

    Args:
        folder: Where dual_rail_2b.png and dual_rail_2b.csv go.
        points: Squeezing parameters.
        track: Wraps the loop over squeezing parameters in a progress bar.
    """
    squeezings = np.linspace(0, LARGEST, points)
    columns = {"r": squeezings}
    for delta in DIFFERENCES:
        parallel, crossed = te.analytic.dual_rail_two_pair_concurrences(squeezings, delta)
        columns |= {f"C11_Delta_{delta:g}": parallel, f"C12_Delta_{delta:g}": crossed}
    difference = 0.0
    for i, r in enumerate(track(squeezings.tolist())):
        for delta in DIFFERENCES:
            state = te.analytic.dual_rail_state(2, r, (delta, 0.0), "reverse")
            closed = [columns[f"{name}_Delta_{delta:g}"][i] for name in ("C11", "C12")]
            found = [state.concurrence("A1", "B1"), state.concurrence("A1", "B2")]
            difference = max(difference, float(np.max(np.abs(np.subtract(closed, found)))))
    with common.style():
        figure, axes = common.canvas(4.8, 3.6)
        for delta in DIFFERENCES:
            colour = colours.of_step(delta)
            parallel, crossed = (
                curves.curve(squeezings, columns[f"{name}_Delta_{delta:g}"], scale="linear")
                for name in ("C11", "C12")
            )
            axes.plot(*parallel, color=colour, label=common.step(delta))
            # Where both are equal, the dashes lie on the line.
            axes.plot(*crossed, "--", color="black" if delta == 1 else colour)
        axes.plot([], [], "k-", label=r"$\mathcal{C}_{11} = \mathcal{C}_{22}$")
        axes.plot([], [], "k--", label=r"$\mathcal{C}_{12} = \mathcal{C}_{21}$")
        axes.set(xlabel=r"squeezing parameter $r$", ylabel=r"concurrence $\mathcal{C}_{ij}$")
        axes.set(xlim=(0, LARGEST), ylim=(0, 1.02))
        axes.set_title(r"(b) two pairs, rail B reversed", loc="left")
        axes.legend(loc=(0.62, 0.33))
        common.save("dual_rail_2b", folder, figure, columns)
    equal = columns["C11_Delta_1"]
    return Report(
        columns=columns,
        agreement=f"closed form and reduced states of Eq. (10) agree to {difference:.0e}",
        values={
            "C11 at Delta = 0, r = 1": float(te.analytic.dual_rail_pair_concurrence(1.0)),
            "largest C11 = C12 at Delta = gamma": float(np.max(equal)),
            "at r": float(squeezings[np.argmax(equal)]),
        },
    )
