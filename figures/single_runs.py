"""One run of the link beside the mean of all: field, populations, concurrence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import thermalent as te
from figures import common
from figures.common import Report, Track
from thermalent import stochastic

N_TH = 1220.0
KAPPA = 1e-2  # over gamma
SPAN = 600.0  # gamma t
SEED = 5
STEP = 0.005  # gamma t: keeps the error of the run below the width of a line
LAW_STEP = 0.03  # where the bias of the concurrence is below its standard error
RTOL = 1e-6
RUNS = 4000
STEADY_BINS = 40


def main(
    folder: Path = common.FOLDER, *, points: int = 1201, track: Track = common.silent
) -> Report:
    """A run from |00> in a stationary field, the exact mean, and the law of the concurrence.

    Args:
        folder: Where single_runs.png, single_runs.csv and single_runs_distribution.csv go.
        points: Times.
        track: Wraps the three parts of the computation in a progress bar.
    """
    network = common.link(N_TH, KAPPA)
    times = np.linspace(0, SPAN, points)
    found: dict[str, Any] = {}
    for part in track(["run", "mean", "distribution"]):
        if part == "run":
            found[part] = stochastic.trajectory(network, times, seed=SEED, step=STEP)
        elif part == "mean":
            found[part] = te.evolve(network, times, "00", te.ContinuedFraction(rtol=RTOL))
        else:
            found[part] = stochastic.distribution(
                network,
                te.concurrence,
                method=stochastic.FieldTrajectories(n=RUNS, step=LAW_STEP),
                bins=STEADY_BINS,
            )
    run, mean, law = found["run"], found["mean"], found["distribution"]
    columns = {"gamma_t": times, "quanta": np.abs(run.field) ** 2}
    for source, name in ((run, "run"), (mean, "mean")):
        columns |= {f"{state}_{name}": row for state, row in source.populations().items()}
        columns[f"concurrence_{name}"] = source.concurrence()
    columns["concurrence_dark_state"] = dark(columns["quanta"])
    histogram = {"from": law.edges[:-1], "to": law.edges[1:], "runs": law.counts}
    _draw(folder, columns, law)
    common.write_table(folder / "single_runs_distribution.csv", histogram)
    steady = te.steady_state(network)
    deviation, error = compare(network, steady)
    return Report(
        columns=columns,
        agreement=(
            f"the mean of {RUNS} runs is the exact steady state to {deviation:.1f} standard "
            f"errors, which are {error:.0e}; the run itself has an error of "
            f"{np.max(run.evolution.error):.0e}"
        ),
        values={
            "mean concurrence of a run": law.mean,
            "its standard error": law.standard_error,
            "bias of its step": law.step_bias,
            "concurrence of the mean": steady.concurrence(),
            "share of runs below 0.1": float(law.counts[law.edges[1:] < 0.1 + 1e-9].sum() / RUNS),
            "share of time, run above the mean": float(
                np.mean(columns["concurrence_run"] > columns["concurrence_mean"])
            ),
        },
    )


def dark(quanta: np.ndarray) -> np.ndarray:
    """Concurrence of the dark state in a field of so many quanta, its singlet weight."""
    driven = 8 * KAPPA * quanta
    return driven / (1 + driven)


def compare(network: te.Network, steady: te.SteadyState) -> tuple[float, float]:
    """Distance of the average of all runs from the exact state, in its errors, and the error."""
    average = te.steady_state(network, stochastic.FieldTrajectories(n=RUNS))
    distance = float(np.max(np.abs(average.state - steady.state)))
    return distance / float(average.error), float(average.error)


def _draw(folder: Path, columns: dict[str, np.ndarray], law: stochastic.Distribution) -> None:
    times = columns["gamma_t"]
    with common.style():
        figure, grid = common.canvas(
            8.4, 6.4, 3, 2, sharex="col", width_ratios=(4, 1), height_ratios=(1, 1.3, 1.3)
        )
        (field, unused), (states, other), (pairs, spread) = grid
        unused.set_axis_off()
        other.set_axis_off()
        field.plot(times, columns["quanta"] / (N_TH / 2), color="#555555", lw=1.0)
        field.axhline(1, color="black", lw=0.7, ls=":")
        field.set_ylabel(r"$|\alpha|^2/(n_\mathrm{th}/2)$")
        field.set_ylim(0, None)
        field.set_title(
            rf"one run, $n_\mathrm{{th}} = {N_TH:.0f}$, "
            rf"$\kappa/\gamma = {common.power_of_ten(KAPPA)}$; dashed: the mean of all runs",
            loc="left",
        )
        for state in common.STATES:
            colour = common.STATE_COLOURS[state]
            label = common.STATE_LABELS[state]
            states.plot(times, columns[f"{state}_run"], color=colour, lw=1.0, label=label)
            states.plot(times, columns[f"{state}_mean"], color=colour, lw=1.2, ls="--")
        states.set(ylabel="populations", ylim=(0, 1))
        handles, labels = states.get_legend_handles_labels()
        other.legend(handles, labels, loc="center left", frameon=False)
        _pairs(pairs, times, columns)
        _spread(spread, columns, law)
        lines = pairs.get_legend_handles_labels(), spread.get_legend_handles_labels()
        figure.legend(
            *(one + other for one, other in zip(*lines, strict=True)),
            title="concurrence",
            **common.BELOW,
        )
        common.save("single_runs", folder, figure, columns)


def _pairs(axes: Any, times: np.ndarray, columns: dict[str, np.ndarray]) -> None:
    blue = common.COLOURS[0]
    axes.plot(times, columns["concurrence_dark_state"], color="#999999", lw=0.8, label="dark state")
    axes.plot(times, columns["concurrence_run"], color=blue, lw=1.0, label="one run")
    axes.plot(
        times, columns["concurrence_mean"], color=blue, lw=1.2, ls="--", label="of the mean state"
    )
    axes.set(xlabel=r"time $\gamma t$", ylabel=common.CONCURRENCE)
    axes.set(xlim=(0, times[-1]), ylim=(0, 1))


def _spread(axes: Any, columns: dict[str, np.ndarray], law: stochastic.Distribution) -> None:
    blue, orange = common.COLOURS[0], common.COLOURS[1]
    widths = np.diff(law.edges)
    axes.barh(
        law.edges[:-1],
        law.counts / law.counts.sum() / widths,
        height=widths,
        align="edge",
        color="#9ecae1",
    )
    axes.axhline(law.mean, color=orange, lw=1.2, label="mean over runs")
    axes.axhline(columns["concurrence_mean"][-1], color=blue, lw=1.2, ls="--")
    axes.set(ylim=(0, 1), xlabel="density, steady state")
    axes.tick_params(labelleft=False)
