"""Generation and transport between rings over the time that light takes from node to node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import thermalent as te
from figures import colours, common
from figures.common import Report, Track

CHIRALITIES = (1.0, 0.95, 0.8, 0.5, 0.0)
COUPLINGS = (0.126, 0.277)  # the best of one-way generation
COUPLING = 0.30183  # of one-way transport
SHORTEST, LONGEST = 0.01, 20.0  # gamma_R tau
LATEST = 60.0
ROOT = float(np.sqrt(0.5))
BELL = ({"q1a": ROOT, "q1b": ROOT}, {"q2a": ROOT, "q2b": ROOT})
SYSTEMS = ("generation", "transport")


def main(folder: Path = common.FOLDER, *, points: int = 81, track: Track = common.silent) -> Report:
    """Largest concurrence and fidelity over the delay, and what they are if gamma_L is a loss.

    Args:
        folder: Where ring_delay.png and ring_delay.csv go.
        points: Delays.
        track: Wraps the loop over chiralities in a progress bar.
    """
    delays = np.geomspace(SHORTEST, LONGEST, points)
    columns: dict[str, np.ndarray] = {"gamma_tau": delays}
    values: dict[str, float] = {}
    apart = []
    for chi in track(CHIRALITIES):
        for system in SYSTEMS:
            found = np.array([float(_delayed(system, chi, tau)) for tau in delays])
            columns[f"{system}_{chi:g}"] = found
            at_once, lost = _limits(system, chi)
            values[f"{system}, {chi:g}, without delay"] = at_once
            values[f"{system}, {chi:g}, lost"] = lost
            apart += [found[-1] - lost, float(_delayed(system, chi, 0.0)) - at_once]
    columns["generation_1_laboratory"] = np.array(
        [float(_delayed("generation", 1.0, tau, clock="laboratory")) for tau in delays]
    )
    _draw(folder, columns, values)
    return Report(
        columns=columns,
        agreement="without delay, and where gamma_L is a loss, exponentials and steps agree to "
        f"{np.max(np.abs(apart)):.0e}",
        values=values,
    )


def _network(system: str, chi: float, *, lost: bool = False) -> te.Network:
    left = (1 - chi) / (1 + chi)
    rates: dict[str, Any] = {"cavity_loss" if lost else "decay_left": left}
    if system == "generation":
        return te.ring_resonators(COUPLINGS, **rates)
    return te.ring_resonators(COUPLING, qubits=2, **rates)


def _delayed(system: str, chi: float, tau: float, *, clock: str = "arrival") -> float:
    network = _network(system, chi)
    start, target = ("10", None) if system == "generation" else BELL
    return te.delayed_peak(
        network, start, delay=tau, until=LATEST, target=target, clock=clock
    ).value


def _limits(system: str, chi: float) -> list[float]:
    """The largest value without delay, and with gamma_L as a loss."""
    networks = [_network(system, chi, lost=lost) for lost in (False, True)]
    if system == "generation":
        return [float(te.peak_concurrence(net, "10", until=LATEST).value) for net in networks]
    return [float(te.peak_transfer(net, *BELL, until=LATEST).value) for net in networks]


def _draw(folder: Path, columns: dict[str, np.ndarray], values: dict[str, float]) -> None:
    delays = columns["gamma_tau"]
    with common.style():
        figure, panels = common.canvas(7.2, 3.5, 1, 2, sharey=True)
        for axes, system, letter in zip(panels, SYSTEMS, "ab", strict=True):
            for chi in CHIRALITIES:
                colour = colours.of_chirality(chi)
                label = rf"$\chi = {chi:g}$"
                axes.plot(delays, columns[f"{system}_{chi:g}"], color=colour, label=label)
                if chi < 1:
                    axes.axhline(values[f"{system}, {chi:g}, lost"], color=colour, ls=":", lw=0.9)
            axes.set(xscale="log", xlim=(SHORTEST, LONGEST), ylim=(0, 1))
            axes.set_xlabel(r"delay $\gamma_R \tau$")
            axes.set_title(f"({letter}) {system}", loc="left")
        panels[0].plot(
            delays,
            columns["generation_1_laboratory"],
            "--",
            color=common.COLOURS[0],
            label=r"$\chi = 1$, both nodes read at once",
        )
        panels[0].set_ylabel(f"largest {common.CONCURRENCE}, fidelity $F$")
        panels[0].plot([], [], ":", color="#555555", lw=0.9, label=r"$\gamma_L$ as a loss")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, **common.BELOW)
        common.save("ring_delay", folder, figure, columns)
