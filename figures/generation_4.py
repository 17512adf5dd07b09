"""GENERATION, Fig. 4: what the distance and imperfect chirality do."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import thermalent as te
from figures import colours, common
from figures.common import Report, Track
from thermalent.analysis.optimise import optimise
from thermalent.excitations import FewExcitations, peak_concurrence, peak_concurrence_map
from thermalent.models.ring_resonators import ring_resonators

COUPLINGS = (0.126, 0.277)
CHIRALITIES = (1.0, 0.9, 0.5, 0.0)
LATEST = 120.0
LOWEST = 0.2  # chirality down to which the couplings are chosen anew; below, the best go to zero


def main(
    folder: Path = common.FOLDER, *, points: int = 101, track: Track = common.silent
) -> Report:
    """Largest concurrence over the distance, over the chirality at half a wavelength, and both.

    Args:
        folder: Where generation_4.png, generation_4.csv, generation_4_chirality.csv and
            generation_4_map.csv go.
        points: Points per curve.
        track: Wraps the loop over chiralities in a progress bar.
    """
    distances = np.linspace(0.002, 1.0, points)  # in wavelengths
    largest = _largest(distances, np.array(CHIRALITIES))
    chirality = np.linspace(LOWEST, 1.0, max(points // 6, 3))
    at_half = {
        "chirality": chirality,
        "fixed_couplings": _largest(np.array([0.5]), chirality)[0],
        "best_couplings": np.array([_best(chi) for chi in track(chirality.tolist())]),
        "best_couplings_leak": np.array([_best(chi, leak=True) for chi in chirality]),
    }
    all_chiralities = np.linspace(0.0, 1.0, points)
    both = _largest(distances, all_chiralities)
    columns = {
        "chirality": np.tile(CHIRALITIES, points),
        "wavelengths": np.repeat(distances, len(CHIRALITIES)),
        "concurrence": largest.ravel(),
    }
    _draw(folder, columns, largest, distances, at_half, both)
    common.write_table(folder / "generation_4_chirality.csv", at_half)
    over_both = {
        "wavelengths": np.repeat(distances, points),
        "chirality": np.tile(all_chiralities, points),
        "concurrence": both.ravel(),
    }
    common.write_table(folder / "generation_4_map.csv", over_both)
    return Report(
        columns=columns,
        agreement=f"amplitudes and full master equation agree to {_second_route():.0e} at peaks",
        values={
            "one-way, spread over the distance": float(np.ptp(largest[:, 0])),
            "best couplings, lowest chirality": float(at_half["best_couplings"][0]),
            "best couplings, one-way": float(at_half["best_couplings"][-1]),
        },
    )


def _network(
    chi: float, wavelengths: float, couplings: tuple[float, float] = COUPLINGS
) -> te.Network:
    return ring_resonators(couplings, 1.0, (1 - chi) / (1 + chi), distance=2 * np.pi * wavelengths)


def _largest(wavelengths: np.ndarray, chirality: np.ndarray) -> np.ndarray:
    """At the couplings of the chiral optimum, (distances, chiralities)."""
    over = {"wavelengths": wavelengths, "chi": chirality}
    return peak_concurrence_map(_network, over, "10", until=LATEST).values


def _best(chi: float, *, leak: bool = False) -> float:
    """At half a wavelength, or with the left-moving decay as a loss, as behind a long delay."""

    def network(g1: float, g2: float) -> te.Network:
        if leak:
            return ring_resonators((g1, g2), cavity_loss=(1 - chi) / (1 + chi))
        return _network(chi, 0.5, (g1, g2))

    return optimise(
        network,
        {"g1": (0.02, 0.2), "g2": (0.05, 0.4)},
        lambda network: peak_concurrence(network, "10", until=400),
        starts=2,
        widen=2,
    ).value


def _second_route() -> float:
    differences = []
    for chi in CHIRALITIES:
        network = _network(chi, 0.3)
        peak = peak_concurrence(network, "10", until=LATEST)
        evolved = te.evolve(network, [peak.time], "10", FewExcitations())
        differences.append(abs(float(evolved.concurrence()[0]) - peak.value))
    return max(differences)


def _draw(
    folder: Path,
    columns: dict[str, np.ndarray],
    largest: np.ndarray,
    distances: np.ndarray,
    at_half: dict[str, np.ndarray],
    both: np.ndarray,
) -> None:
    with common.style():
        figure, (left, right, last) = common.canvas(10.0, 3.1, 1, 3)
        for chi, values in zip(CHIRALITIES, largest.T, strict=True):
            colour = colours.of_chirality(chi)
            left.plot(distances, values, color=colour, label=rf"$\chi = {chi:g}$")
        left.set(xlabel=r"distance $D/\lambda$", ylabel=f"largest {common.CONCURRENCE}")
        left.set(xlim=(0, 1), ylim=(0, 1))
        left.legend()
        for name, line, words in (
            ("fixed_couplings", "-", "fixed couplings"),
            ("best_couplings", "--", "best couplings"),
            ("best_couplings_leak", ":", r"best couplings, $\gamma_L$ lost (long delay)"),
        ):
            right.plot(at_half["chirality"], at_half[name], line, label=words)
        right.set(xlabel=r"chirality $\chi$")
        right.set(ylabel=f"largest {common.CONCURRENCE}", xlim=(LOWEST, 1))
        right.set_ylim(0, 1)
        right.legend(loc="lower right")
        mesh = last.pcolormesh(
            distances,
            np.linspace(0.0, 1.0, both.shape[1]),
            both.T,
            shading="gouraud",
            vmin=0,
            vmax=1,
        )
        titles = ("over the distance", r"at $D = \lambda/2$", "over both")
        for axes, letter, title in zip((left, right, last), "abc", titles, strict=True):
            axes.set_title(f"({letter}) {title}", loc="left")
        last.set(xlabel=r"distance $D/\lambda$", ylabel=r"chirality $\chi$")
        figure.colorbar(mesh, ax=last, label=f"largest {common.CONCURRENCE}")
        common.save("generation_4", folder, figure, columns)
