"""THERMAL, Fig. 2(b): the thermal field in phase space, for a narrow and a broad source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from figures import common
from figures.common import Report, Track
from thermalent import stochastic

BANDWIDTHS = {"narrow": 0.01, "broad": 1.0}  # kappa over gamma
COLOURS = {"narrow": common.COLOURS[1], "broad": "#999999"}
SPAN = 30.0  # gamma t: longer, and the broad source would blacken the plane
SEED = 3
PATHS = 4000  # of the second route: the coherence of the sampled fields


def main(
    folder: Path = common.FOLDER, *, points: int = 12001, track: Track = common.silent
) -> Report:
    """One path of each source over the same time, in the plane and against time.

    Args:
        folder: Where thermal_2b.png and thermal_2b.csv go.
        points: Points of a path.
        track: Wraps the loop over the sources in a progress bar.
    """
    times = np.linspace(0, SPAN, points)
    columns = {"gamma_t": times}
    worst, moved = 0.0, {}
    for name in track(list(BANDWIDTHS)):
        path = field(name, times)[0]
        columns[f"{name}_re"], columns[f"{name}_im"] = path.real, path.imag
        moved[name] = float(np.sum(np.abs(np.diff(path)) ** 2))
        worst = max(worst, deviation(name))
    _draw(folder, columns)
    return Report(
        columns=columns,
        agreement=(
            f"g1 of {PATHS} paths is exp(-kappa tau) to {worst:.1f} standard errors at 6 delays"
        ),
        values={f"quadratic variation, {name}": value for name, value in moved.items()},
    )


def field(name: str, times: np.ndarray, n: int = 1) -> np.ndarray:
    """Paths of alpha/sqrt(n_th/2), which is independent of the temperature, (n, t)."""
    return stochastic.ornstein_uhlenbeck(times, rate=BANDWIDTHS[name], variance=1.0, n=n, seed=SEED)


def deviation(name: str) -> float:
    """Largest distance of the sampled g1 from Eq. (24), in standard errors."""
    kappa = BANDWIDTHS[name]
    times = np.linspace(0, 4, 41) / kappa
    found = stochastic.g1(times, field(name, times, PATHS), times[[1, 3, 5, 10, 15, 20]])
    return float(np.max(np.abs(found.value - np.exp(-kappa * found.lags)) / found.error))


def _draw(folder: Path, columns: dict[str, np.ndarray]) -> None:
    with common.style():
        figure, (plane, time) = common.canvas(7.6, 3.5, 1, 2, width_ratios=(1, 1.2))
        for name in ("broad", "narrow"):
            re, im = columns[f"{name}_re"], columns[f"{name}_im"]
            broad = name == "broad"
            style: dict[str, Any] = {"color": COLOURS[name], "lw": 0.25 if broad else 0.5}
            label = rf"$\kappa/\gamma = {BANDWIDTHS[name]:g}$"
            plane.plot(re, im, rasterized=True, **style)
            plane.plot(re[0], im[0], "o", color=COLOURS[name], ms=4, mec="black", mew=0.5)
            time.plot(columns["gamma_t"], re**2 + im**2, label=label, **style)
        circle = np.exp(1j * np.linspace(0, 2 * np.pi, 200))
        plane.plot(circle.real, circle.imag, color="black", lw=0.9, ls=":")
        plane.axhline(0, color="black", lw=0.4)
        plane.axvline(0, color="black", lw=0.4)
        limit = 1.08 * max(np.max(np.abs(v)) for k, v in columns.items() if k != "gamma_t")
        plane.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal")
        plane.set_xlabel(r"$\mathrm{Re}\,\alpha / \sqrt{n_\mathrm{th}/2}$")
        plane.set_ylabel(r"$\mathrm{Im}\,\alpha / \sqrt{n_\mathrm{th}/2}$")
        plane.set_title(rf"(b) $0 \leq \gamma t \leq {SPAN:g}$", loc="left")
        label = r"the mean, $|\alpha|^2 = n_\mathrm{th}/2$"
        time.axhline(1, color="black", lw=0.9, ls=":", label=label)
        time.plot([], [], "o", color="white", ms=4, mec="black", mew=0.5, label="start")
        time.set_title("the same over time", loc="left")
        time.set(xlabel=r"time $\gamma t$", xlim=(0, SPAN))
        time.set_ylim(0, None)
        time.set_ylabel(r"quanta $|\alpha|^2 / (n_\mathrm{th}/2)$")
        handle, _ = time.get_legend_handles_labels()
        for line in handle[:2]:
            line.set_rasterized(True)  # or a PDF of 24 000 points is slow to print
        legend = figure.legend(*time.get_legend_handles_labels(), **common.BELOW)
        for line in legend.get_lines()[:2]:
            line.set_linewidth(1.6)
        common.save("thermal_2b", folder, figure, columns)
