"""Six decades of time: when the entanglement is born and when it is complete."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import thermalent as te
from figures import colours, common, curves
from figures.common import Report, Track
from figures.thermal_4a import crossing
from thermalent import stochastic

KAPPA = 1e-2  # over gamma
OCCUPATIONS = (1.0, 1e4)
SPAN = (1e-2, 1e4)  # gamma t
RTOL = 1e-5
MARKS = {"born": 0.0, "half": 0.5, "complete": 0.99}  # shares of the final concurrence
# Second routes: trajectories for every few temperatures, and Fock states for cold sources.
RUNS, SAMPLED = 4000, np.array([10.0, 30.0, 100.0])
FOCK_UP_TO = 10.0


def main(folder: Path = common.FOLDER, *, points: int = 25, track: Track = common.silent) -> Report:
    """The concurrence over time and temperature, from |00>.

    Args:
        folder: Where decades.png, decades.csv and decades_marks.csv go.
        points: Temperatures; there are five times as many times.
        track: Wraps the loop over the temperatures in a progress bar.
    """
    occupations, times = np.geomspace(*OCCUPATIONS, points), np.geomspace(*SPAN, 5 * points)
    concurrence = np.zeros((points, len(times)))
    marks = {name: np.zeros(points) for name in MARKS}
    late = deviation = fock = 0.0
    for i, n_th in enumerate(track(occupations.tolist())):
        network = common.link(n_th, KAPPA)
        exact = te.evolve(network, times, "00", te.ContinuedFraction(rtol=RTOL))
        concurrence[i] = exact.concurrence()
        found = exact.populations()
        # Before it is cut off at zero, so that its zero can be interpolated.
        signed = common.signed_concurrence(np.stack([found[s] for s in common.STATES], axis=-1))
        steady = te.steady_state(network)
        for name, share in MARKS.items():
            marks[name][i] = crossing(times, signed, share * steady.concurrence())
        late = max(late, float(np.max(np.abs(exact.states[-1] - steady.state))))
        if i % 6 == 0:
            deviation = max(deviation, _deviation(network))
            if n_th < 1.01 * FOCK_UP_TO:
                fock = max(fock, _distance_to_fock(network))
    columns = {
        "n_th": np.repeat(occupations, len(times)),
        "gamma_t": np.tile(times, points),
        "concurrence": concurrence.ravel(),
    }
    table = {"n_th": occupations, **{f"gamma_t_{name}": at for name, at in marks.items()}}
    _draw(folder, occupations, times, concurrence, marks, columns)
    common.write_table(folder / "decades_marks.csv", table)
    return Report(
        columns=columns,
        agreement=(
            f"{RUNS} trajectories agree with the exact states to {deviation:.1f} standard errors, "
            f"Fock states up to n_th = {FOCK_UP_TO:g} to {fock:.0e}; "
            f"at gamma t = {times[-1]:g} they are the steady states to {late:.0e}"
        ),
        values={
            f"gamma t {name}, {where}": float(at[i])
            for name, at in marks.items()
            for where, i in (("coldest", 0), ("middle", points // 2), ("hottest", -1))
        },
    )


def _deviation(network: te.Network) -> float:
    """Largest distance of trajectories from the exact states, in standard errors."""
    exact = te.evolve(network, SAMPLED, "00", te.ContinuedFraction(rtol=RTOL))
    runs = te.evolve(network, SAMPLED, "00", stochastic.FieldTrajectories(n=RUNS))
    distance = np.abs(runs.states - exact.states).max(axis=(1, 2))
    return float(np.max(distance / (runs.error + exact.error)))


def _distance_to_fock(network: te.Network) -> float:
    """Largest difference of an element between the two exact methods."""
    exact = te.evolve(network, SAMPLED, "00", te.ContinuedFraction(rtol=RTOL))
    fock = te.evolve(network, SAMPLED, "00", te.Fock(tolerance=RTOL))
    return common.largest_difference(exact.states, fock.states)


def _draw(
    folder: Path,
    occupations: np.ndarray,
    times: np.ndarray,
    concurrence: np.ndarray,
    marks: dict[str, np.ndarray],
    columns: dict[str, np.ndarray],
) -> None:
    with common.style():
        figure, (axes, cut) = common.canvas(9.0, 3.8, 1, 2, width_ratios=(1.25, 1))
        mesh = axes.pcolormesh(
            times, occupations, concurrence, shading="gouraud", cmap="viridis", vmin=0
        )
        figure.colorbar(mesh, ax=axes, label=common.CONCURRENCE)
        lines: dict[str, Any] = {"born": ":", "half": "--", "complete": "-"}
        labels = {
            "born": "entanglement begins",
            "half": "half of the final value",
            "complete": "99 % of the final value",
        }
        for name, at in marks.items():
            axes.plot(at, occupations, color="white", lw=1.2, ls=lines[name], label=labels[name])
        axes.set(xscale="log", yscale="log", xlabel=r"time $\gamma t$", ylabel=common.OCCUPATION)
        axes.set(xlim=SPAN, ylim=OCCUPATIONS)
        axes.set_title(rf"from $|00\rangle$, $\kappa/\gamma = {common.power_of_ten(KAPPA)}$")
        axes.legend(loc="upper left", facecolor="#333355", labelcolor="white")
        chosen = np.linspace(0, len(occupations) - 1, 5).round().astype(int)
        for i, colour in zip(chosen, colours.shades(len(chosen)), strict=True):
            label = rf"${common.power_of_ten(float(occupations[i]))}$"
            cut.semilogx(*curves.curve(times, concurrence[i]), color=colour, label=label)
        cut.axvline(1 / KAPPA, color="black", lw=0.7, ls=":")
        cut.text(0.85 / KAPPA, 0.69, r"$\kappa t = 1$", rotation=90, ha="right", va="top")
        cut.set(xlabel=r"time $\gamma t$", ylabel=common.CONCURRENCE, xlim=SPAN, ylim=(0, 0.72))
        cut.legend(title=common.OCCUPATION, loc="upper left")
        common.save("decades", folder, figure, columns)
