"""GENERATION, Fig. 8: a symmetric waveguide, and why it has no best couplings."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import thermalent as te
from figures import common
from figures.common import Report, Track
from thermalent.analytic.ring_resonators import nonchiral_loss, nonchiral_peak_time
from thermalent.excitations import (
    FewExcitations,
    SingleExcitation,
    peak_concurrence,
    peak_concurrence_map,
)
from thermalent.models.ring_resonators import ring_resonators

COUPLINGS = (0.0041, 0.0017)
RATIO = np.sqrt(2) - 1  # g2/g1 of slow nodes
COUPLED = (0.0005, 0.008)  # range of the map
WINDOW = 1000.0  # gamma t up to which the map searches
LATEST = 2000.0
SLOWEST, FASTEST = 1e-3, 0.3


def main(folder: Path = common.FOLDER, *, points: int = 41, track: Track = common.silent) -> Report:
    """Over time, over the couplings, over the distance, and along g2 = (sqrt2 - 1) g1.

    Args:
        folder: Where generation_8.png, generation_8.csv (the map) and generation_8a.csv, 8c, 8d go.
        points: Couplings along each axis; five times as many times and distances.
        track: Wraps the loop over the four panels in a progress bar.
    """
    time, coupled, distant, slow = (
        panel(points) for panel in track([_over_time, _over_couplings, _over_distance, _slower])
    )
    with common.style():
        figure, panels = common.canvas(7.2, 6.4, 2, 2)
        _draw_time(panels[0, 0], time)
        grid = np.unique(coupled["g1"]) * 1e3
        values = coupled["concurrence"].reshape(len(grid), -1)
        mesh = panels[0, 1].pcolormesh(grid, grid, values.T, shading="gouraud", vmin=0, vmax=1)
        panels[0, 1].plot(*(1e3 * g for g in COUPLINGS), "w+")
        panels[0, 1].set(xlabel=r"$10^3\, g_1/\gamma$", ylabel=r"$10^3\, g_2/\gamma$")
        label = rf"largest {common.CONCURRENCE} up to $\gamma t = {WINDOW:g}$"
        figure.colorbar(mesh, ax=panels[0, 1], label=label)
        # Without a distance it is what it is a wavelength apart.
        distances = np.concatenate([[0.0], distant["wavelengths"]])
        largest = np.concatenate([distant["concurrence"][-1:], distant["concurrence"]])
        panels[1, 0].plot(distances, largest)
        panels[1, 0].set(xlabel=r"distance $D/\lambda$", ylabel=f"largest {common.CONCURRENCE}")
        panels[1, 0].set(xlim=(0, 1), ylim=(0, 1.03))
        panels[1, 1].loglog(slow["g1"], slow["missing"], "o", markersize=4, label="exact")
        panels[1, 1].loglog(slow["g1"], slow["closed_form"], color="0.6", label=r"$0.689\,g_1$")
        panels[1, 1].set(xlabel=r"$g_1/\gamma$, with $g_2 = (\sqrt{2}-1)\,g_1$")
        panels[1, 1].set(ylabel=r"$1 -$ largest $\mathcal{C}$")
        panels[1, 1].legend()
        for axes, letter in zip(panels.ravel(), "abcd", strict=True):
            axes.set_title(f"({letter})", loc="left")
        figure.legend(*panels[0, 0].get_legend_handles_labels(), **common.BELOW, title="panel (a)")
        common.save("generation_8", folder, figure, coupled)
    for panel, columns in (("a", time), ("c", distant), ("d", slow)):
        common.write_table(folder / f"generation_8{panel}.csv", columns)
    one, other = (
        peak_concurrence(_network(*pair), "10", until=LATEST).value
        for pair in (COUPLINGS, COUPLINGS[::-1])
    )
    difference = common.largest_difference(time["concurrence"], time["concurrence_few_excitations"])
    return Report(
        columns=coupled,
        agreement=f"amplitudes and full master equation agree to {difference:.0e}",
        values={
            "at the printed couplings": one,
            "the couplings exchanged": other,
            "largest of the map": float(np.max(coupled["concurrence"])),
            "1 - C over 0.689 g1, slowest": float(slow["missing"][0] / slow["closed_form"][0]),
            "without a wavelength between 0.49 and 0.51": float(
                np.max(distant["concurrence"][np.abs(distant["wavelengths"] % 0.5 - 0.25) < 0.24])
            ),
        },
    )


def _network(g1: float, g2: float, wavelengths: float = 0.5) -> te.Network:
    return ring_resonators((g1, g2), 1.0, 1.0, distance=2 * np.pi * wavelengths)


def _over_time(points: int) -> dict[str, np.ndarray]:
    times = np.linspace(0.0, LATEST, 5 * points)
    network = _network(*COUPLINGS)
    one = te.evolve(network, times, "10", SingleExcitation())
    few = te.evolve(network, times, "10", FewExcitations())
    populations = one.populations()
    return {
        "gamma_t": times,
        "concurrence": one.concurrence(),
        "F_psi_plus": populations["T"],
        "F_psi_minus": populations["S"],
        "F_ge": one.states[:, 1, 1].real,
        "concurrence_few_excitations": few.concurrence(),
    }


def _over_couplings(points: int) -> dict[str, np.ndarray]:
    grid = np.linspace(*COUPLED, points)
    found = peak_concurrence_map(_network, {"g1": grid, "g2": grid}, "10", until=WINDOW)
    return {
        "g1": np.repeat(grid, points),
        "g2": np.tile(grid, points),
        "concurrence": found.values.ravel(),
        "gamma_t": found.times.ravel(),
    }


def _over_distance(points: int) -> dict[str, np.ndarray]:
    # Close around the multiples of half a wavelength, where the maxima are sharp.
    near = np.concatenate([[0.0], np.geomspace(1e-4, 0.05, points)])
    even = np.linspace(0.0, 1.0, 5 * points // 2 * 2 + 1)
    distances = np.unique(np.concatenate([even, near, 0.5 - near, 0.5 + near, 1.0 - near]))[1:]
    found = peak_concurrence_map(
        lambda wavelengths: _network(*COUPLINGS, wavelengths),
        {"wavelengths": distances},
        "10",
        until=LATEST,
    )
    return {"wavelengths": distances, "concurrence": found.values}


def _slower(points: int) -> dict[str, np.ndarray]:
    couplings = np.geomspace(SLOWEST, FASTEST, max(points // 2, 3))
    peaks = [
        peak_concurrence(
            _network(g, RATIO * g), "10", until=1.5 * nonchiral_peak_time(g, RATIO * g)
        )
        for g in couplings
    ]
    return {
        "g1": couplings,
        "missing": np.array([1 - peak.value for peak in peaks]),
        "closed_form": nonchiral_loss(couplings),
        "gamma_t": np.array([peak.time for peak in peaks]),
    }


def _draw_time(axes, columns: dict[str, np.ndarray]) -> None:
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
        axes.plot(columns["gamma_t"], columns[name], color=colour, label=label)
    axes.set(xlabel=r"time $\gamma t$", ylabel=r"concurrence, fidelity $F$ (squared)")
    axes.set(xlim=(0, LATEST), ylim=(0, 1.02))
