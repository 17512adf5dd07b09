"""Entanglement after the source is switched off, and in qubits that are then decoupled."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import thermalent as te
from figures import colours, common
from figures.common import Report, Track

KAPPA = 0.02  # over gamma
HOT = (20.0, 100.0, 300.0)
PUMPED = 150.0  # gamma times the time at which the source is switched off
LATER = 150.0  # gamma times the time that is drawn after that
METHOD = te.ContinuedFraction(rtol=1e-5)
# The second route.
RUNS, SAMPLED = 4000, np.array([150.0, 160.0, 180.0, 220.0])


def main(
    folder: Path = common.FOLDER, *, points: int = 151, track: Track = common.silent
) -> Report:
    """The concurrence before and after the switch, and with qubits decoupled at its peak.

    Args:
        folder: Where switching.png and .csv go.
        points: Times after the switch, and before it.
        track: Wraps the loop over temperatures in a progress bar.
    """
    after = PUMPED + np.linspace(0.0, LATER, points)
    times = np.concatenate([np.linspace(0.0, PUMPED, points, endpoint=False), after])
    columns: dict[str, np.ndarray] = {"gamma_t": times}
    values: dict[str, float] = {}
    deviation = 0.0
    for n_th in track(HOT):
        on, off = common.link(n_th, KAPPA), common.link(0.0, KAPPA)
        apart = te.thermal_link(n_th, KAPPA, gamma=0.0)
        dark = te.evolve(te.Schedule([(on, PUMPED), (off, np.inf)]), times, "00", METHOD)
        concurrence = dark.concurrence()
        at = int(np.argmax(concurrence))
        best = float(times[at])
        pulse = te.Schedule([(on, PUMPED), (off, max(best - PUMPED, 1e-9)), (apart, np.inf)])
        kept = te.evolve(pulse, times, "00", METHOD).concurrence()
        columns |= {f"off_{n_th:g}": concurrence, f"error_{n_th:g}": dark.error}
        columns[f"kept_{n_th:g}"] = kept
        values[f"switched off, n_th {n_th:g}"] = float(np.interp(PUMPED, times, concurrence))
        values[f"largest, n_th {n_th:g}"] = float(concurrence[at])
        values[f"kept, n_th {n_th:g}"] = float(kept[-1])
        values[f"kappa t of the largest, n_th {n_th:g}"] = KAPPA * (best - PUMPED)
        values[f"steady, n_th {n_th:g}"] = float(te.steady_state(on).concurrence())
        deviation = max(deviation, _deviation(on, off))
    _draw(folder, columns)
    return Report(
        columns=columns,
        agreement=f"{RUNS} trajectories agree with the exact states to {deviation:.1f} of their "
        "standard errors",
        values=values,
    )


def _deviation(on: te.Network, off: te.Network) -> float:
    """Largest distance of trajectories from the exact states, in standard errors."""
    schedule = te.Schedule([(on, PUMPED), (off, np.inf)])
    exact = te.evolve(schedule, SAMPLED, "00", METHOD)
    runs = te.evolve(schedule, SAMPLED, "00", te.FieldTrajectories(n=RUNS))
    distance = np.abs(runs.states - exact.states).max(axis=(1, 2))
    return float(np.max(distance / (runs.error + exact.error)))


def _draw(folder: Path, columns: dict[str, np.ndarray]) -> None:
    times = KAPPA * (columns["gamma_t"] - PUMPED)
    with common.style():
        figure, axes = common.canvas(5.2, 3.9)
        for n_th in HOT:
            colour = colours.of_occupation(n_th)
            label = rf"$n_\mathrm{{th}} = {n_th:g}$"
            axes.plot(times, columns[f"off_{n_th:g}"], color=colour, label=label)
            axes.plot(times, columns[f"kept_{n_th:g}"], color=colour, ls="--")
        axes.plot([], [], color="black", ls="--", label="decoupled at the peak")
        axes.axvline(0.0, color="black", lw=0.7, ls=":")
        axes.text(-0.05, 0.02, "source on", ha="right")
        axes.text(0.05, 0.02, "source off", ha="left")
        axes.set(
            xlabel=r"time after the switch $\kappa t$",
            ylabel=common.CONCURRENCE,
            xlim=(times[0], times[-1]),
            ylim=(0, None),
        )
        axes.set_title(rf"$\kappa/\gamma = {KAPPA:g}$, from $|00\rangle$")
        figure.legend(*axes.get_legend_handles_labels(), **common.BELOW)
        common.save("switching", folder, figure, columns)
