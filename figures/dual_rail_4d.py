"""DUALRAIL, Fig. 4(d): detuned pairs are prepared in parallel, until the source is too narrow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.interpolate import PchipInterpolator

import thermalent as te
from figures import common, curves
from figures.common import Report, Track

PAIRS = 4
BANDWIDTH, DEPHASING, SQUEEZING = 20.0, 0.01, 1.0  # kappa/gamma, gamma_phi/gamma, r
LARGEST = 20.0  # Delta over gamma
# Each takes half a minute to a minute, so there are few; the shorter rail has a fine grid.
DETUNINGS = (0.0, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0)
# Of the longer and the shorter rail. The shorter one, at 1e-2, is off by 7e-4: bends of its curves.
RTOL, RTOL_COMPARED = 1e-2, 1e-3


def main(folder: Path = common.FOLDER, *, points: int = 25, track: Track = common.silent) -> Report:
    """Concurrence of the last of four pairs over the step of the detunings.

    Args:
        folder: Where dual_rail_4d.png and dual_rail_4d.csv go.
        points: Detunings for the rail that is one pair shorter.
        track: Wraps the loop over detunings in a progress bar.
    """
    # Denser where the detunings are small.
    fine = LARGEST * np.linspace(0, 1, points) ** 2
    deltas = np.union1d(fine, DETUNINGS)
    found = np.full((PAIRS, len(deltas)), np.nan)
    distance = error = 0.0
    for i, delta in enumerate(track(deltas.tolist())):
        compared = delta in DETUNINGS
        found[:-1, i], bound = _concurrences(PAIRS - 1, delta, RTOL_COMPARED)
        error = max(error, bound)
        if compared:
            longer, bound = _concurrences(PAIRS, delta, RTOL)
            found[-1, i] = longer[-1]
            distance = max(distance, common.largest_difference(longer[:-1], found[:-1, i]))
            error = max(error, bound)
    columns = {"Delta_over_gamma": deltas}
    columns |= {f"C_{i}{i}": row for i, row in enumerate(found, 1)}
    best = int(np.nanargmax(found[-1]))
    _draw(folder, columns)
    values = {
        "largest concurrence of the last pair": float(found[-1, best]),
        "at Delta/gamma": float(deltas[best]),
        "without detuning": float(found[-1, 0]),
        "at Delta = kappa": float(found[-1, deltas == BANDWIDTH][0]),
        "error of a state": error,
        "distance": distance,
    }
    return Report(
        columns=columns,
        agreement=(
            f"{PAIRS} pairs and {PAIRS - 1} with a tenth of the tolerance agree on the first "
            f"concurrences to {distance:.0e}"
        ),
        values=values,
    )


def _concurrences(pairs: int, delta: float, rtol: float) -> tuple[np.ndarray, float]:
    """C_11, C_22, ... for delta_A,i = (i - 1) Delta = -delta_B,i, and the error of the state."""
    network = te.dual_rail(
        pairs,
        SQUEEZING,
        bandwidth=BANDWIDTH,
        dephasing=DEPHASING,
        detuning=tuple(delta * np.arange(pairs)),
    )
    solved = te.steady_state(network, te.ContinuedFraction(rtol=rtol))
    found = [solved.concurrence(f"A{i}", f"B{i}") for i in range(1, pairs + 1)]
    return np.array(found), solved.error


def _draw(folder: Path, columns: dict[str, np.ndarray]) -> None:
    deltas = columns["Delta_over_gamma"]
    with common.style():
        figure, axes = common.canvas(4.8, 3.6)
        for i in range(1, PAIRS):
            shade = (i - 1) / (PAIRS - 2)
            axes.plot(
                *curves.curve(deltas, columns[f"C_{i}{i}"], scale="root", corners=False),
                color=(0.65 * shade, 0.2 + 0.55 * shade, 0.55 + 0.3 * shade),
                lw=1.2,
                label=rf"$\mathcal{{C}}_{{{i}{i}}}$",
            )
        last = columns[f"C_{PAIRS}{PAIRS}"]
        solved = ~np.isnan(last)
        label = rf"$\mathcal{{C}}_{{{PAIRS}{PAIRS}}}$"
        # Markers at the edges are drawn whole.
        options = {"color": "#D55E00", "ms": 4, "label": label, "clip_on": False}
        axes.plot(deltas[solved], last[solved], "o", **options)
        # To guide the eye: monotone between the points, and in no place beyond them.
        guide = PchipInterpolator(_axis(deltas[solved]), last[solved])
        fine = np.linspace(0, LARGEST, 801)
        axes.plot(fine, guide(_axis(fine)), ":", lw=1, color="#D55E00")
        edge = BANDWIDTH / (PAIRS - 1)
        axes.axvline(edge, color="black", lw=0.8, ls=":", label=r"$\delta_\mathrm{max} = \kappa$")
        # Smooth where it goes over from linear to logarithmic, unlike "symlog".
        axes.set_xscale("asinh", linear_width=1.0)
        axes.set_xticks([0, 0.5, 1, 2, 5, 10, 20], ["0", "0.5", "1", "2", "5", "10", "20"])
        axes.minorticks_off()
        axes.set(xlabel=r"detuning step $\Delta/\gamma$", ylabel=r"concurrence $\mathcal{C}_{ii}$")
        axes.set(xlim=(0, LARGEST), ylim=(0, 1))
        axes.set_title(
            rf"(d) $N = {PAIRS}$, $\kappa = {BANDWIDTH:g}\,\gamma$, "
            rf"$\gamma_\phi = {DEPHASING:g}\,\gamma$, $r = {SQUEEZING:g}$",
            loc="left",
        )
        figure.legend(**{**common.BELOW, "ncols": 5})
        common.save("dual_rail_4d", folder, figure, columns)


def _axis(delta: np.ndarray) -> np.ndarray:
    """Where the axis of the figure has a detuning."""
    return np.arcsinh(delta)
