"""DUALRAIL, Fig. 3(a): five pairs without detuning, prepared one after the other."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import thermalent as te
from figures import common, curves
from figures.common import Report, Track

PAIRS = 5
SQUEEZING = 1.0
SPAN = 90.0  # gamma t
# The purity falls at once, and finds its lowest value in the first moments.
FIRST = 3.0 * np.linspace(0, 1, 41) ** 2
SHARE = 1e-3  # impurity per pair at the preparation time
# Second route: the first pairs do not feel the later ones, so shorter rails have their concurrence.
SHORTER = 2


def main(folder: Path = common.FOLDER, *, points: int = 49, track: Track = common.silent) -> Report:
    """Concurrence of each pair and purity of all of them over time, from the ground state.

    Args:
        folder: Where dual_rail_3a.png and dual_rail_3a.csv go.
        points: Times, from zero on.
        track: Wraps the loop over what is solved in a progress bar.
    """
    times = SPAN * np.linspace(0, 1, points) ** 2  # closer where the states change faster
    time = 0.0
    for step in track(("first moments", "evolution", "preparation time")):
        if step == "first moments":
            first = _found(te.evolve(_rails(PAIRS), FIRST, "00" * PAIRS, te.Fock()))
        elif step == "evolution":
            evolved = te.evolve(_rails(PAIRS), times, "00" * PAIRS, te.Fock())
            columns = common.continued(first, _found(evolved))
            last = evolved.states[-1]
        else:
            time = common.purity_return(_rails(PAIRS), times, evolved.states, PAIRS * SHARE)
    shorter = te.evolve(_rails(SHORTER), columns["gamma_t"], "00" * SHORTER, te.Fock())
    distance = max(
        common.largest_difference(columns[f"C_{i}{i}"], shorter.concurrence(f"A{i}", f"B{i}"))
        for i in range(1, SHORTER + 1)
    )
    target = te.analytic.dual_rail_state(PAIRS, SQUEEZING, 0.0).ket
    fidelity = float(np.vdot(target, last @ target).real)
    _draw(folder, columns, time)
    return Report(
        columns=columns,
        agreement=(
            f"{PAIRS} pairs and {SHORTER} agree on the first concurrences to {distance:.0e}; "
            f"fidelity with the closed form at the end {fidelity:.5f}"
        ),
        values={
            "preparation time": time,
            "largest concurrence of the last pair": float(columns[f"C_{PAIRS}{PAIRS}"].max()),
            "fidelity at the end": fidelity,
            "distance": distance,
        },
    )


def _found(evolved: te.Evolution) -> dict[str, np.ndarray]:
    """The concurrence of each pair and the purity of all, over time."""
    # Copies, because an estimate keeps the states for its error: a gigabyte each.
    pairs = {i: np.array(evolved.concurrence(f"A{i}", f"B{i}")) for i in range(1, PAIRS + 1)}
    columns = {"gamma_t": evolved.times, **{f"C_{i}{i}": row for i, row in pairs.items()}}
    return columns | {"purity": common.purities(evolved.states)}


def _rails(pairs: int) -> te.Network:
    return te.dual_rail(pairs, SQUEEZING)


def _draw(folder: Path, columns: dict[str, np.ndarray], time: float) -> None:
    with common.style():
        figure, axes = common.canvas(4.8, 3.6)
        for i, colour in zip(range(1, PAIRS + 1), common.COLOURS, strict=False):
            axes.plot(
                *curves.curve(columns["gamma_t"], columns[f"C_{i}{i}"], scale="root"),
                color=colour,
                label=rf"$\mathcal{{C}}_{{{i}{i}}}$",
            )
        purity = curves.curve(columns["gamma_t"], columns["purity"], scale="root")
        axes.plot(*purity, "k--", lw=1.2, label=r"purity $\mu$")
        axes.axvline(time, color="#555555", lw=1, ls=":", label=r"$T_\mathrm{prep}$")
        axes.set(xlabel=r"time $\gamma t$", ylabel=r"concurrence $\mathcal{C}_{ii}$, purity $\mu$")
        axes.set(xlim=(0, SPAN), ylim=(0, 1.02))
        axes.set_title(rf"(a) $N = {PAIRS}$, $\Delta = 0$, $r = {SQUEEZING:g}$", loc="left")
        figure.legend(**{**common.BELOW, "ncols": 4})
        common.save("dual_rail_3a", folder, figure, columns)
