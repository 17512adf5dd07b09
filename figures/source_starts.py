"""How the source starts decides how soon the qubits are entangled: stationary, empty, coherent."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import thermalent as te
from figures import common, curves
from figures.common import Report, Track
from figures.thermal_4a import crossing
from thermalent import stochastic

N_TH = 1220.0
BANDWIDTHS = (1e-2, 1e-3)  # kappa over gamma
SPAN = (1e-1, 1e5)  # gamma t
RTOL = 1e-5
LABELS = {
    "stationary": "stationary",
    "empty": "empty",
    "coherent": r"coherent, $|\beta|^2 = n_\mathrm{th}/2$",
}
# The second route.
RUNS, SAMPLED = 4000, np.array([3.0, 10.0, 30.0])


def start(name: str) -> str | float:
    """The source's initial state, as te.evolve takes it; as many quanta as the stationary one."""
    return float(np.sqrt(N_TH / 2)) if name == "coherent" else name


def main(
    folder: Path = common.FOLDER, *, points: int = 181, track: Track = common.silent
) -> Report:
    """The concurrence over time from |00> for the three starts.

    Args:
        folder: Where source_starts.png and .csv go.
        points: Times.
        track: Wraps the loop over bandwidths and starts in a progress bar.
    """
    times = np.geomspace(*SPAN, points)
    columns: dict[str, np.ndarray] = {"gamma_t": times}
    values: dict[str, float] = {}
    late = deviation = 0.0
    for kappa, name in track([(kappa, name) for kappa in BANDWIDTHS for name in LABELS]):
        network = common.link(N_TH, kappa)
        exact = te.evolve(network, times, "00", te.ContinuedFraction(rtol=RTOL), source=start(name))
        concurrence = exact.concurrence()
        steady = te.steady_state(network)
        at, key = int(np.argmax(concurrence)), f"{name}, kappa {kappa:g}"
        columns[f"concurrence_{name}_{kappa:g}"] = concurrence
        columns[f"error_{name}_{kappa:g}"] = exact.error
        values[f"largest, {key}"] = float(concurrence[at])
        values[f"gamma t of the largest, {key}"] = float(times[at])
        first = concurrence[: at + 1]
        values[f"gamma t to 50%, {key}"] = crossing(
            times[: at + 1], first, 0.5 * steady.concurrence()
        )
        values[f"steady, kappa {kappa:g}"] = steady.concurrence()
        late = max(late, float(np.max(np.abs(exact.states[-1] - steady.state))))
        deviation = max(deviation, _deviation(network, name))
    _draw(folder, columns, values)
    return Report(
        columns=columns,
        agreement=(
            f"{RUNS} trajectories agree with the exact states to {deviation:.1f} standard errors; "
            f"at gamma t = {times[-1]:g} these are the steady states to {late:.0e}"
        ),
        values=values,
    )


def _deviation(network: te.Network, name: str) -> float:
    """Largest distance of trajectories from the exact states, in standard errors."""
    method = te.ContinuedFraction(rtol=RTOL)
    exact = te.evolve(network, SAMPLED, "00", method, source=start(name))
    runs = te.evolve(
        network, SAMPLED, "00", stochastic.FieldTrajectories(n=RUNS), source=start(name)
    )
    distance = np.abs(runs.states - exact.states).max(axis=(1, 2))
    return float(np.max(distance / (runs.error + exact.error)))


def _draw(folder: Path, columns: dict[str, np.ndarray], values: dict[str, float]) -> None:
    times = columns["gamma_t"]
    with common.style():
        figure, panels = common.canvas(8.4, 3.9, 1, 2, sharey=True)
        for axes, kappa in zip(panels, BANDWIDTHS, strict=True):
            for (name, label), colour in zip(LABELS.items(), common.COLOURS, strict=False):
                values_at = columns[f"concurrence_{name}_{kappa:g}"]
                # Dashed, so that the one below it shows where the two agree.
                style = "--" if name == "coherent" else "-"
                axes.semilogx(*curves.curve(times, values_at), color=colour, ls=style, label=label)
            axes.axhline(values[f"steady, kappa {kappa:g}"], color="black", lw=0.7, ls=":")
            axes.axvline(1 / kappa, color="black", lw=0.7, ls=":")
            axes.text(0.85 / kappa, 0.83, r"$\kappa t = 1$", rotation=90, ha="right", va="top")
            axes.set(xlabel=r"time $\gamma t$", xlim=SPAN, ylim=(0, 0.85))
            axes.set_title(
                rf"$n_\mathrm{{th}} = {N_TH:.0f}$, "
                rf"$\kappa/\gamma = {common.power_of_ten(kappa)}$, from $|00\rangle$"
            )
        panels[0].set_ylabel(common.CONCURRENCE)
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, title="source at time zero", **common.BELOW)
        common.save("source_starts", folder, figure, columns)
