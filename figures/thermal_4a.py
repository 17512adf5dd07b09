"""THERMAL, Fig. 4(a): how the concurrence grows from |00>, for several temperatures."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import thermalent as te
from figures import colours, common, curves
from figures.common import Report, Track

KAPPA = 1e-3  # over gamma: 10 kHz and 10 MHz
OCCUPATIONS = (100.0, 300.0, 1220.0, 10000.0, 52000.0)
SPAN = (1.0, 1e4)  # gamma t
RTOL = 1e-6
SHARES = (0.5, 0.9, 0.99)  # of the final concurrence
# Second route: trajectories, which start to take long when gamma t is in the hundreds.
RUNS, SAMPLED = 4000, np.array([3.0, 10.0, 30.0, 100.0, 200.0])


def main(
    folder: Path = common.FOLDER, *, points: int = 121, track: Track = common.silent
) -> Report:
    """The concurrence over time and, at the end, that of the steady state.

    Args:
        folder: Where thermal_4a.png and thermal_4a.csv go.
        points: Times, on a logarithmic axis; those of the trajectories come on top.
        track: Wraps the loop over the temperatures in a progress bar.
    """
    times = np.union1d(np.geomspace(*SPAN, points), SAMPLED)
    some = np.isin(times, SAMPLED)
    columns = {"gamma_t": times}
    values, deviation, late = {}, 0.0, 0.0
    for n_th in track(OCCUPATIONS):
        network = common.link(n_th, KAPPA)
        exact = te.evolve(network, times, "00", te.ContinuedFraction(rtol=RTOL))
        runs = common.in_batches(network, SAMPLED, "00", RUNS)
        steady = te.steady_state(network)
        name = f"concurrence_{n_th:g}"
        columns[name] = concurrence = exact.concurrence()
        columns[f"{name}_trajectories"] = np.full(len(times), np.nan)
        columns[f"{name}_trajectories"][some] = runs.concurrence
        columns[f"{name}_trajectories_error"] = np.full(len(times), np.nan)
        columns[f"{name}_trajectories_error"][some] = runs.spread
        distance = np.abs(runs.states - exact.states[some]).max(axis=(1, 2))
        deviation = max(deviation, float(np.max(distance / runs.error)))
        late = max(late, float(np.max(np.abs(exact.states[-1] - steady.state))))
        values[f"steady, n_th {n_th:g}"] = final = steady.concurrence()
        for share in SHARES:
            at = crossing(times, concurrence, share * final)
            values[f"gamma t to {share:.0%}, n_th {n_th:g}"] = at
    _draw(folder, columns, values)
    return Report(
        columns=columns,
        agreement=(
            f"{RUNS} trajectories agree with the exact states to {deviation:.1f} standard errors; "
            f"at gamma t = {times[-1]:g} they are the steady states to {late:.0e}"
        ),
        values=values,
    )


def crossing(times: np.ndarray, values: np.ndarray, level: float) -> float:
    """When a series last rises through a level, interpolated in the logarithm of time."""
    below = np.flatnonzero(values < level)
    if below.size == 0 or below[-1] == len(values) - 1:
        return float("nan")
    i = int(below[-1])
    part = (level - values[i]) / (values[i + 1] - values[i])
    return float(times[i] * (times[i + 1] / times[i]) ** part)


def _draw(folder: Path, columns: dict[str, np.ndarray], values: dict[str, float]) -> None:
    times = columns["gamma_t"]
    with common.style():
        figure, axes = common.canvas(5.2, 4.0)
        for n_th in OCCUPATIONS:
            colour = colours.of_occupation(n_th)
            name = f"concurrence_{n_th:g}"
            axes.semilogx(*curves.curve(times, columns[name]), color=colour, label=f"{n_th:.0f}")
            some = columns[f"{name}_trajectories"] > 0
            common.sampled(
                axes,
                times[some],
                columns[f"{name}_trajectories"][some],
                columns[f"{name}_trajectories_error"][some],
                colour,
            )
            axes.plot(
                values[f"gamma t to 90%, n_th {n_th:g}"],
                0.9 * values[f"steady, n_th {n_th:g}"],
                "D",
                color=colour,
                markersize=5,
                zorder=4,
            )
        axes.plot([], [], "D", color="0.3", markersize=5, label="90 % of the end")
        common.sampled(axes, [], [], [], "0.3", label=f"{RUNS} trajectories")
        axes.axvline(1 / KAPPA, color="black", lw=0.7, ls=":")
        axes.text(0.93 / KAPPA, 0.03, r"$\kappa t = 1$", rotation=90, ha="right", fontsize=8)
        axes.set(xlabel=r"time $\gamma t$", ylabel=common.CONCURRENCE, xlim=SPAN, ylim=(0, 1))
        axes.set_title(rf"(a) $\kappa/\gamma = {common.power_of_ten(KAPPA)}$", loc="left")
        axes.legend(title=r"$n_\mathrm{th}$", loc="upper left", fontsize=7)
        common.save("thermal_4a", folder, figure, columns)
