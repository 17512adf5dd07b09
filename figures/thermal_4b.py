"""THERMAL, Fig. 4(b): how the concurrence grows while the qubits dephase."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import thermalent as te
from figures import colours, common, curves
from figures.common import Report, Track
from figures.thermal_4a import SAMPLED, SPAN

N_TH = 1220.0
KAPPA = 1e-3  # over gamma
GAMMA = 2 * np.pi * 10.0  # per microsecond: 10 MHz
TIMES_OF_DEPHASING = (np.inf, 100.0, 10.0, 1.0, 0.3)  # T_phi in microseconds
RTOL = 1e-6
RUNS = 4000


def main(
    folder: Path = common.FOLDER, *, points: int = 121, track: Track = common.silent
) -> Report:
    """The concurrence over time for several dephasing times.

    Args:
        folder: Where thermal_4b.png and thermal_4b.csv go.
        points: Times, on a logarithmic axis; those of the trajectories come on top.
        track: Wraps the loop over the dephasing times in a progress bar.
    """
    times = np.union1d(np.geomspace(*SPAN, points), SAMPLED)
    some = np.isin(times, SAMPLED)
    columns = {"gamma_t": times, "microseconds": times / GAMMA}
    values, deviation, late = {}, 0.0, 0.0
    for t_phi in track(TIMES_OF_DEPHASING):
        network = link(t_phi)
        exact = te.evolve(network, times, "00", te.ContinuedFraction(rtol=RTOL))
        runs = common.in_batches(network, SAMPLED, "00", RUNS)
        steady = te.steady_state(network)
        name = f"concurrence_t_phi_{t_phi:g}_us"
        columns[name] = concurrence = exact.concurrence()
        columns[f"{name}_trajectories"] = np.full(len(times), np.nan)
        columns[f"{name}_trajectories"][some] = runs.concurrence
        columns[f"{name}_trajectories_error"] = np.full(len(times), np.nan)
        columns[f"{name}_trajectories_error"][some] = runs.spread
        distance = np.abs(runs.states - exact.states[some]).max(axis=(1, 2))
        deviation = max(deviation, float(np.max(distance / runs.error)))
        late = max(late, float(np.max(np.abs(exact.states[-1] - steady.state))))
        values[f"steady, T_phi {t_phi:g} us"] = steady.concurrence()
        values[f"largest, T_phi {t_phi:g} us"] = float(concurrence.max())
        values[f"at gamma t = 30, T_phi {t_phi:g} us"] = float(concurrence[times == 30.0][0])
    _draw(folder, columns)
    return Report(
        columns=columns,
        agreement=(
            f"{RUNS} trajectories agree with the exact states to {deviation:.1f} standard errors; "
            f"at gamma t = {times[-1]:g} they are the steady states to {late:.0e}"
        ),
        values=values,
    )


def link(t_phi: float) -> te.Network:
    """The link at room temperature whose qubits dephase in t_phi microseconds."""
    return te.thermal_link(N_TH, KAPPA, dephasing=1 / (GAMMA * t_phi))


def _draw(folder: Path, columns: dict[str, np.ndarray]) -> None:
    times = columns["gamma_t"]
    with common.style():
        figure, axes = common.canvas(5.2, 4.2)
        shades = colours.shades(len(TIMES_OF_DEPHASING))
        for t_phi, colour in zip(TIMES_OF_DEPHASING, shades, strict=True):
            name = f"concurrence_t_phi_{t_phi:g}_us"
            label = "no dephasing" if np.isinf(t_phi) else rf"{t_phi:g} $\mu$s"
            axes.semilogx(*curves.curve(times, columns[name]), color=colour, label=label)
            some = columns[f"{name}_trajectories"] > 0
            common.sampled(
                axes,
                times[some],
                columns[f"{name}_trajectories"][some],
                columns[f"{name}_trajectories_error"][some],
                colour,
            )
        axes.set(xlabel=r"time $\gamma t$", ylabel=common.CONCURRENCE, xlim=SPAN, ylim=(0, 0.75))
        axes.tick_params(which="both", top=False)
        scale = axes.secondary_xaxis("top", functions=(lambda t: t / GAMMA, lambda t: t * GAMMA))
        scale.set_xlabel(r"time for $\gamma/2\pi = 10$ MHz ($\mu$s)")
        axes.set_title(
            rf"(b) $n_\mathrm{{th}} = {N_TH:.0f}$, $\kappa/\gamma = {common.power_of_ten(KAPPA)}$",
            loc="left",
        )
        common.sampled(axes, [], [], [], "0.3", label=f"{RUNS} trajectories")
        axes.legend(title=r"$T_\phi$", loc="upper left")
        common.save("thermal_4b", folder, figure, columns)
