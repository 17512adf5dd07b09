"""Which part of the noise destroys the entanglement: amplitude, phase, or only both together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import thermalent as te
from figures import common, curves
from figures.common import Report, Track

OCCUPATIONS = (1.0, 1e6)
BANDWIDTHS = (1e-4, 0.3)  # kappa over gamma
CUT = 0.01  # kappa over gamma of panel (d)
METHODS: dict[str, te.Method] = {
    "both": te.ContinuedFraction(rtol=1e-6),
    "amplitude": te.AmplitudeFluctuations(averaged=True, rtol=1e-6),
    "phase": te.PhaseDiffusion(averaged=True),
}
TITLES = {"both": "thermal field", "amplitude": "amplitude alone", "phase": "phase alone"}
# Where the names of the curves of panel (d) stand, in parts of its width and height.
LABELS = {"both": (0.36, 0.2), "amplitude": (0.4, 0.83), "phase": (0.66, 0.9)}
LEVELS = (0.2, 0.4, 0.6, 0.8, 0.95)  # lines of equal concurrence


def main(folder: Path = common.FOLDER, *, points: int = 33, track: Track = common.silent) -> Report:
    """Concurrence over occupation and bandwidth if amplitude, phase or both fluctuate.

    Args:
        folder: Where amplitude_and_phase.png and amplitude_and_phase.csv go.
        points: Occupations of the maps; there are two thirds as many bandwidths.
        track: Wraps the loop over occupations in a progress bar.
    """
    occupations = np.geomspace(*OCCUPATIONS, points)
    bandwidths = np.geomspace(*BANDWIDTHS, max(2, 2 * points // 3))
    maps = {name: np.zeros((len(bandwidths), points)) for name in METHODS}
    along = {name: np.zeros(points) for name in METHODS}
    for i, n_th in enumerate(track(occupations.tolist())):
        for name, method in METHODS.items():
            along[name][i] = _concurrence(n_th, CUT, method)
            for j, kappa in enumerate(bandwidths):
                maps[name][j, i] = _concurrence(n_th, kappa, method)
    kappa, n_th = (axis.ravel() for axis in np.meshgrid(bandwidths, occupations, indexing="ij"))
    columns = {
        "kappa_over_gamma": np.concatenate([kappa, np.full(points, CUT)]),
        "n_th": np.concatenate([n_th, occupations]),
        **{name: np.concatenate([maps[name].ravel(), along[name]]) for name in METHODS},
    }
    _draw(folder, occupations, bandwidths, maps, along, columns)
    closed = te.analytic.phase_diffusion_populations(occupations, CUT).concurrence
    difference = common.largest_difference(closed, along["phase"])
    hot = {name: _concurrence(1e5, CUT, method) for name, method in METHODS.items()}
    return Report(
        columns=columns,
        agreement=f"phase alone and its closed form agree to {difference:.0e}",
        values={f"{name} at n_th=1e5, kappa={CUT:g}": value for name, value in hot.items()},
    )


def _concurrence(n_th: float, kappa: float, method: te.Method) -> float:
    return float(te.steady_state(common.link(n_th, kappa), method).concurrence())


def _draw(
    folder: Path,
    occupations: np.ndarray,
    bandwidths: np.ndarray,
    maps: dict[str, np.ndarray],
    along: dict[str, np.ndarray],
    columns: dict[str, np.ndarray],
) -> None:
    with common.style():
        figure, axes = common.canvas(7.4, 5.8, 2, 2)
        flat = axes.ravel()
        for axis, letter, (name, values) in zip(flat, "abc", maps.items(), strict=False):
            _map(figure, axis, occupations, bandwidths, values)
            axis.set_title(f"({letter}) {TITLES[name]}", loc="left")
            axis.axhline(CUT, color="white", linewidth=0.8, linestyle=":")
        axis = flat[3]
        for (name, values), colour in zip(along.items(), common.COLOURS, strict=False):
            axis.plot(*curves.curve(occupations, values), color=colour)
            axis.text(*LABELS[name], TITLES[name], color=colour, transform=axis.transAxes)
        axis.set(xscale="log", xlim=OCCUPATIONS, ylim=(0, 1))
        axis.set(xlabel=common.OCCUPATION, ylabel=common.CONCURRENCE)
        axis.set_title(rf"(d) $\kappa/\gamma = {common.power_of_ten(CUT)}$", loc="left")
        common.save("amplitude_and_phase", folder, figure, columns)


def _map(
    figure: Any,
    axis: Any,
    occupations: np.ndarray,
    bandwidths: np.ndarray,
    values: np.ndarray,
) -> None:
    """One map of the concurrence."""
    occupations, bandwidths, values = curves.finer_map(occupations, bandwidths, values)
    drawn = axis.pcolormesh(
        occupations,
        bandwidths,
        values,
        shading="gouraud",
        cmap="viridis",
        vmin=0,
        vmax=1,
        rasterized=True,
    )
    equal = {"levels": LEVELS, "colors": "white", "linewidths": 0.6}
    axis.contour(occupations, bandwidths, values, **equal)
    axis.set(xscale="log", yscale="log", xlabel=common.OCCUPATION, ylabel=common.BANDWIDTH)
    figure.colorbar(drawn, ax=axis, ticks=np.linspace(0, 1, 6), label=common.CONCURRENCE)
