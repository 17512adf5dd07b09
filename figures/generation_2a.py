"""GENERATION, Fig. 2(a): concurrence and fidelities over time at the best couplings."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import thermalent as te
from figures import common
from figures.common import Report, Track
from thermalent.analytic.ring_resonators import node_amplitudes
from thermalent.excitations import FewExcitations, SingleExcitation, peak_concurrence
from thermalent.models.ring_resonators import ring_resonators

COUPLINGS = (0.126, 0.277)
LATEST = 40.0


def main(
    folder: Path = common.FOLDER, *, points: int = 201, track: Track = common.silent
) -> Report:
    """Concurrence and populations of |Psi+>, |Psi-> and |ge>, from |eg>.

    Args:
        folder: Where generation_2a.png and generation_2a.csv go.
        points: Times.
        track: Wraps the loop over the methods in a progress bar.
    """
    times = np.linspace(0.0, LATEST, points)
    network = ring_resonators(COUPLINGS)
    one, few = (
        te.evolve(network, times, "10", method)
        for method in track([SingleExcitation(), FewExcitations()])
    )
    closed = node_amplitudes(times, *COUPLINGS, phase=np.pi)
    populations = one.populations()
    columns = {
        "gamma_t": times,
        "concurrence": one.concurrence(),
        "F_psi_plus": populations["T"],
        "F_psi_minus": populations["S"],
        "F_ge": one.states[:, 1, 1].real,
        "concurrence_few_excitations": few.concurrence(),
        "concurrence_eq8": 2 * np.abs(closed.eg * closed.ge),
    }
    peak = peak_concurrence(network, "10", until=LATEST)
    with common.style():
        figure, axes = common.canvas(4.6, 3.4)
        for name, label, colour in zip(
            ("concurrence", "F_psi_plus", "F_psi_minus", "F_ge"),
            (
                common.CONCURRENCE,
                r"$F$ with $|\Psi_+\rangle$",
                r"$F$ with $|\Psi_-\rangle$",
                r"$F$ with $|ge\rangle$",
            ),
            common.COLOURS,
            strict=False,
        ):
            axes.plot(times, columns[name], color=colour, label=label)
        axes.set(
            xlabel=r"time $\gamma_R t$",
            ylabel=r"concurrence, fidelity $F$ (squared)",
            xlim=(0, LATEST),
            ylim=(0, 1),
        )
        axes.set_title(
            rf"(a) $g_1 = {COUPLINGS[0]}\,\gamma_R$, $g_2 = {COUPLINGS[1]}\,\gamma_R$", loc="left"
        )
        figure.legend(**common.BELOW | {"ncols": 2})
        common.save("generation_2a", folder, figure, columns)
    difference = max(
        common.largest_difference(columns["concurrence"], columns[other])
        for other in ("concurrence_few_excitations", "concurrence_eq8")
    )
    return Report(
        columns=columns,
        agreement=f"amplitudes, full master equation and Eq. (8) agree to {difference:.0e}",
        values={"largest concurrence": peak.value, "at gamma t": peak.time},
    )
