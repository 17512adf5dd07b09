"""COOPERATIVE, Fig. 2: energy and fidelity of two qubits in a common reservoir."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import thermalent as te
from figures import common
from figures.common import Report, Track
from thermalent.analytic.cooperative import pair_energy, pair_populations

KAPPA = 1e-3  # in units of omega; L = 2 D makes the decay rate twice that
LATEST = 2000.0
# The paper's colours and lines, named as its states: |Psi-> is the singlet.
STARTS = {
    "11": (r"$|11\rangle$", "#E69F00", "-"),
    "T": (r"$|\Psi_+\rangle$", "#0072B2", "--"),
    "10": (r"$|10\rangle$", "#D55E00", "-."),
    "S": (r"$|\Psi_-\rangle$", "#009E73", ":"),
}
ENERGY = r"energy $E/\hbar\omega$"
TIME = r"time $\omega t$"


def main(
    folder: Path = common.FOLDER, *, points: int = 201, track: Track = common.silent
) -> Report:
    """Energy and overlap with the dark state from four initial states.

    Args:
        folder: Where cooperative_2.png and cooperative_2.csv go.
        points: Times.
        track: Wraps the loop over the initial states in a progress bar.
    """
    times = np.linspace(0.0, LATEST, points)
    network = te.cooperative(2, 2 * KAPPA)
    columns, difference = {"omega_t": times}, 0.0
    for start in track(list(STARTS)):
        found = te.evolve(network, times, start).populations()
        energy = found["S"] + found["T"] + 2 * found["11"]
        columns |= {f"E_{start}": energy, f"F_{start}": found["S"]}
        closed = pair_energy(times, start, 2 * KAPPA)
        fidelity = pair_populations(times, start, 2 * KAPPA).singlet
        difference = max(
            difference,
            common.largest_difference(energy, closed),
            common.largest_difference(found["S"], fidelity),
        )
    with common.style():
        figure, (left, right) = common.canvas(6.6, 3.0, columns=2)
        draw(left, columns, "E")
        draw(right, columns, "F")
        right.axhline(np.sqrt(0.5), color="0.6", lw=0.8)
        right.annotate(
            r"$\sqrt{F}$ of $|10\rangle$, as defined", (0.97 * LATEST, 0.72), ha="right", fontsize=7
        )
        left.set(xlabel=TIME, ylabel=ENERGY, xlim=(0, LATEST), ylim=(0, 2.05), title="(a)")
        right.set(xlabel=TIME, ylabel=r"$F = \langle\Psi_-|\rho|\Psi_-\rangle$", title="(b)")
        right.set(xlim=(0, LATEST), ylim=(-0.03, 1.05))
        figure.legend(*left.get_legend_handles_labels(), **common.BELOW)
        common.save("cooperative_2", folder, figure, columns)
    return Report(
        columns=columns,
        agreement=f"master equation and closed forms agree to {difference:.0e}",
        values={
            "E at the end from 10": float(columns["E_10"][-1]),
            "concurrence at the end from 10": te.steady_state(network, initial="10").concurrence(),
        },
    )


def draw(axes: Any, columns: dict[str, np.ndarray], quantity: str) -> None:
    """The curves of all initial states."""
    for start, (label, colour, line) in STARTS.items():
        axes.plot(
            columns["omega_t"], columns[f"{quantity}_{start}"], line, color=colour, label=label
        )
