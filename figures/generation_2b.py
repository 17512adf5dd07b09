"""GENERATION, Fig. 2(b), (c): largest concurrence and transfer over the two couplings."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from figures import common
from figures.common import Report, Track
from thermalent.analytic.ring_resonators import node_amplitudes, node_concurrence
from thermalent.excitations import peak_concurrence, peak_transfer
from thermalent.models.ring_resonators import ring_resonators
from thermalent.optimise import optimise

COUPLINGS = (0.02, 0.8)
LATEST = 60.0


def main(folder: Path = common.FOLDER, *, points: int = 40, track: Track = common.silent) -> Report:
    """Maps of the largest concurrence and the largest |eg> to |ge>, and their maxima.

    Args:
        folder: Where generation_2b.png and generation_2b.csv go.
        points: Couplings along each axis.
        track: Wraps the loop over the first coupling in a progress bar.
    """
    couplings = np.linspace(*COUPLINGS, points)
    grid = np.linspace(0, LATEST, 6001)
    peaks = np.zeros((2, points, points))  # concurrence and transfer by (g1, g2)
    closed = np.zeros((2, points, points))
    for i, g1 in enumerate(track(couplings.tolist())):
        for j, g2 in enumerate(couplings.tolist()):
            network = ring_resonators((g1, g2))
            peaks[0, i, j] = peak_concurrence(network, "10", until=LATEST).value
            peaks[1, i, j] = peak_transfer(network, "10", "01", until=LATEST).value
            closed[0, i, j] = np.max(node_concurrence(grid, g1, g2))
            closed[1, i, j] = np.max(np.abs(node_amplitudes(grid, g1, g2).ge) ** 2)
    best = optimise(
        lambda g1, g2: ring_resonators((g1, g2)),
        {"g1": COUPLINGS, "g2": COUPLINGS},
        lambda network: peak_concurrence(network, "10", until=LATEST),
        starts=3,
    )
    columns = {
        "g1": np.repeat(couplings, points),
        "g2": np.tile(couplings, points),
        "concurrence": peaks[0].ravel(),
        "transfer": peaks[1].ravel(),
    }
    with common.style():
        figure, panels = common.canvas(7.2, 3.2, 1, 2)
        for axes, values, label in zip(
            panels,
            peaks,
            (common.CONCURRENCE, r"transfer $|eg\rangle \to |ge\rangle$"),
            strict=True,
        ):
            mesh = axes.pcolormesh(
                couplings, couplings, values.T, shading="gouraud", vmin=0, vmax=1
            )
            axes.set(xlabel=r"$g_1/\gamma_R$", ylabel=r"$g_2/\gamma_R$")
            figure.colorbar(mesh, ax=axes, label=f"largest {label}")
        panels[0].plot(best.parameters["g1"], best.parameters["g2"], "w+")
        common.save("generation_2b", folder, figure, columns)
    return Report(
        columns=columns,
        agreement=(
            "peaks from amplitudes and on a grid of Eq. (8) agree to "
            f"{common.largest_difference(peaks, closed):.0e}"
        ),
        values={"largest concurrence": best.value, **best.parameters},
    )
