"""GENERATION, Fig. 2(b), (c): largest concurrence and transfer over the two couplings."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from figures import common
from figures.common import Report, Track
from thermalent.analysis.optimise import optimise
from thermalent.analytic.ring_resonators import node_amplitudes, node_concurrence
from thermalent.excitations import peak_concurrence, peak_concurrence_map, peak_transfer_map
from thermalent.models.ring_resonators import ring_resonators

COUPLINGS = (0.02, 0.8)
# Slow nodes, at the lower left, need as long for their peak.
LATEST = 800.0
COMPARED = 20  # points of the map at most, per axis, that a second route computes


def main(
    folder: Path = common.FOLDER, *, points: int = 160, track: Track = common.silent
) -> Report:
    """Maps of the largest concurrence and the largest |eg> to |ge>, and their maxima.

    Args:
        folder: Where generation_2b.png and generation_2b.csv go.
        points: Couplings along each axis.
        track: Wraps the loop over the first coupling of the second route in a progress bar.
    """
    couplings = np.linspace(*COUPLINGS, points)
    over = {"g1": couplings, "g2": couplings}
    concurrence = peak_concurrence_map(_network, over, "10", until=LATEST)
    transfer = peak_transfer_map(_network, over, "10", "01", until=LATEST)
    best = optimise(
        _network,
        {"g1": COUPLINGS, "g2": COUPLINGS},
        lambda network: peak_concurrence(network, "10", until=LATEST),
        starts=3,
    )
    columns = {
        "g1": np.repeat(couplings, points),
        "g2": np.tile(couplings, points),
        "concurrence": concurrence.values.ravel(),
        "transfer": transfer.values.ravel(),
    }
    with common.style():
        figure, panels = common.canvas(7.2, 3.2, 1, 2)
        for axes, values, label in zip(
            panels,
            (concurrence.values, transfer.values),
            (common.CONCURRENCE, r"$F$ (squared) of $|eg\rangle \to |ge\rangle$"),
            strict=True,
        ):
            mesh = axes.pcolormesh(
                couplings, couplings, values.T, shading="gouraud", vmin=0, vmax=1
            )
            axes.set(xlabel=r"$g_1/\gamma_R$", ylabel=r"$g_2/\gamma_R$")
            figure.colorbar(mesh, ax=axes, label=f"largest {label}")
        panels[0].plot(best.parameters["g1"], best.parameters["g2"], "r+")
        for axes, letter in zip(panels, "bc", strict=True):
            axes.set_title(f"({letter})", loc="left")
        common.save("generation_2b", folder, figure, columns)
    peaks = np.array([concurrence.values, transfer.values])
    return Report(
        columns=columns,
        agreement="peaks from amplitudes and on a grid of Eq. (8) agree to "
        f"{_second_route(couplings, peaks, track):.0e}",
        values={"largest concurrence": best.value, **best.parameters},
    )


def _network(g1: float, g2: float):
    return ring_resonators((g1, g2))


def _second_route(couplings: np.ndarray, peaks: np.ndarray, track: Track) -> float:
    """How far the closed form on a grid of times is from the peaks, (2, n, n) by (g1, g2)."""
    # Peaks that come late are flat.
    times = np.concatenate([np.linspace(0, 60, 6001), np.linspace(60, LATEST, 3701)[1:]])
    every = max(1, len(couplings) // COMPARED)
    differences = []
    for i in track(range(0, len(couplings), every)):
        for j in range(0, len(couplings), every):
            g1, g2 = couplings[i], couplings[j]
            concurrence = np.max(node_concurrence(times, g1, g2))
            transfer = np.max(np.abs(node_amplitudes(times, g1, g2).ge) ** 2)
            differences.append(np.abs(peaks[:, i, j] - (concurrence, transfer)).max())
    return float(max(differences))
