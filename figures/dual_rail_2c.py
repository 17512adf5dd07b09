"""DUALRAIL, Fig. 2(c): concurrences of two pairs over the difference of their detunings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.optimize import brentq

import thermalent as te
from figures import common, curves
from figures.common import Report, Track

SQUEEZING = 1.0
LARGEST = 5.0


def main(
    folder: Path = common.FOLDER, *, points: int = 201, track: Track = common.silent
) -> Report:
    """C_ij over Delta at r = 1: who is entangled changes at Delta = gamma.

    Args:
        folder: Where dual_rail_2c.png and dual_rail_2c.csv go.
        points: Differences of the detunings.
        track: Wraps the loop over them in a progress bar.
    """
    differences = np.linspace(-LARGEST, LARGEST, points)
    parallel, crossed = te.analytic.dual_rail_two_pair_concurrences(SQUEEZING, differences)
    found = np.zeros((points, 2, 2))
    for i, delta in enumerate(track(differences.tolist())):
        state = te.analytic.dual_rail_state(2, SQUEEZING, (delta, 0.0), "reverse")
        found[i] = state.concurrences()[0::2, 1::2]
    columns = {"Delta_over_gamma": differences, "C11": parallel, "C12": crossed}
    columns |= {"C22": found[:, 1, 1], "C21": found[:, 1, 0]}
    # The parallel pairs end where the crossed ones begin by the symmetry Delta -> gamma^2/Delta.
    end = brentq(lambda delta: _margin(delta), 1.0, LARGEST)
    with common.style():
        figure, axes = common.canvas(4.8, 3.4)
        axes.plot(
            *curves.curve(differences, parallel, scale="linear"),
            color=common.COLOURS[0],
            label=r"$\mathcal{C}_{11} = \mathcal{C}_{22}$",
        )
        axes.plot(
            *curves.curve(differences, crossed, scale="linear"),
            "--",
            color=common.COLOURS[1],
            label=r"$\mathcal{C}_{12} = \mathcal{C}_{21}$",
        )
        for sign in (-1, 1):
            axes.axvline(sign, color="0.7", linewidth=0.8, zorder=0)
        axes.set(xlabel=r"difference of detunings $\Delta/\gamma$")
        axes.set(ylabel=r"concurrence $\mathcal{C}_{ij}$", xlim=(-LARGEST, LARGEST), ylim=(0, 1.02))
        axes.set_title(rf"(c) two pairs, rail B reversed, $r = {SQUEEZING:g}$", loc="left")
        axes.legend(loc=(0.71, 0.08))
        common.save("dual_rail_2c", folder, figure, columns)
    pairs = [(parallel, found[:, 0, 0]), (crossed, found[:, 0, 1])]
    pairs += [(parallel, found[:, 1, 1]), (crossed, found[:, 1, 0])]
    difference = max(common.largest_difference(one, other) for one, other in pairs)
    return Report(
        columns=columns,
        agreement=f"closed form and reduced states of Eq. (10) agree to {difference:.0e}",
        values={
            "C11 ends at Delta/gamma": float(end),
            "C12 begins at Delta/gamma": float(1 / end),
            "both at Delta = gamma": float(
                te.analytic.dual_rail_two_pair_concurrences(SQUEEZING, 1.0)[0]
            ),
        },
    )


def _margin(delta: float) -> float:
    """C_11 before it is cut off at zero."""
    tanh, cosh = np.tanh(2 * SQUEEZING), np.cosh(2 * SQUEEZING)
    cosine2, sine2 = 1 / (1 + delta**2), delta**2 / (1 + delta**2)
    return tanh * np.sqrt(cosine2 * (cosine2 + sine2 / cosh**2)) - tanh**2 / 2 * sine2
