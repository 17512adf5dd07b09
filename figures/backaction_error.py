"""What neglecting the action of the qubits on the cavity costs, over bandwidth and temperature."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import LogNorm

import thermalent as te
from figures import common, curves
from figures.common import Report, Track
from figures.thermal_6a import POSITIONS, steady_state

OCCUPATIONS = (1e-1, 1e5)
BANDWIDTHS = (1e-3, 1e1)  # kappa over gamma
PLACES = {
    "optimal": POSITIONS,
    # Both a little farther: exchange, shifts and unequal decay, and still entangled.
    "generic": (2.1 * np.pi, 4.2 * np.pi),
}
RTOL = 1e-8  # far below the smallest error drawn
SCALE = (1e-5, 1e-1)  # of the colours
TRUSTED = 0.01
# Second route for the exact state: Fock states, while they take a second.
FOCK_LIMIT = 100.0
FOCK_STEP = 8


def main(folder: Path = common.FOLDER, *, points: int = 40, track: Track = common.silent) -> Report:
    """Trace distance and concurrence error of leaving the back-action out, at two places.

    Args:
        folder: Where backaction_error.png and backaction_error.csv go.
        points: Grid points along each axis.
        track: Wraps the loop over bandwidths in a progress bar.
    """
    kappa, n_th = np.meshgrid(
        np.geomspace(*BANDWIDTHS, points), np.geomspace(*OCCUPATIONS, points), indexing="ij"
    )
    names = ("concurrence", "concurrence_no_backaction", "distance", "fock_distance")
    found = {place: np.full((len(names), points, points), np.nan) for place in PLACES}
    for i in track(range(points)):
        for j in range(points):
            for place in PLACES:
                found[place][:, i, j] = _compare(
                    float(n_th[i, j]),
                    float(kappa[i, j]),
                    place,
                    with_fock=i % FOCK_STEP == j % FOCK_STEP == 0 and n_th[i, j] <= FOCK_LIMIT,
                )
    columns = {"kappa_over_gamma": kappa.ravel(), "n_th": n_th.ravel()}
    for place, values in found.items():
        columns |= {f"{name}_{place}": values[n].ravel() for n, name in enumerate(names)}
    _draw(folder, columns, points)
    fock = np.array([columns[f"fock_distance_{place}"] for place in PLACES])
    return Report(
        columns=columns,
        agreement=(
            "the exact states of the continued fraction and of Fock states are "
            f"{np.nanmax(fock):.0e} apart at {np.sum(~np.isnan(fock))} points"
        ),
        values=_values(columns),
    )


def _compare(
    n_th: float, kappa: float, place: str, *, with_fock: bool
) -> tuple[float, float, float, float]:
    exact = steady_state(n_th, kappa, positions=PLACES[place], rtol=RTOL)
    without = steady_state(n_th, kappa, positions=PLACES[place], backaction=False, rtol=RTOL)
    other = np.nan
    if with_fock:
        fock = te.steady_state(exact.network, te.Fock(tolerance=RTOL))
        other = te.trace_distance(exact.state, fock.state)
    return (
        exact.concurrence(),
        without.concurrence(),
        te.trace_distance(exact.state, without.state),
        other,
    )


def _values(columns: dict[str, np.ndarray]) -> dict[str, float]:
    values: dict[str, float] = {}
    for place in PLACES:
        change = columns[f"concurrence_no_backaction_{place}"] - columns[f"concurrence_{place}"]
        distance = columns[f"distance_{place}"]
        worst, highest = int(np.argmax(distance)), int(np.argmax(change))
        values |= {
            f"largest distance, {place}": float(distance[worst]),
            f"at kappa, {place}": float(columns["kappa_over_gamma"][worst]),
            f"at n_th, {place}": float(columns["n_th"][worst]),
            f"highest change of C, {place}": float(change[highest]),
            f"highest at kappa, {place}": float(columns["kappa_over_gamma"][highest]),
            f"highest at n_th, {place}": float(columns["n_th"][highest]),
            f"lowest change of C, {place}": float(change.min()),
            f"share above 1 %, {place}": float(np.mean(distance > TRUSTED)),
        }
    return values


def _draw(folder: Path, columns: dict[str, np.ndarray], points: int) -> None:
    n_th, kappa = (columns[name].reshape(points, points) for name in ("n_th", "kappa_over_gamma"))
    with common.style():
        figure, panels = common.canvas(9.0, 3.6, 1, 2, sharex=True, sharey=True)
        for axes, place in zip(panels, PLACES, strict=True):
            mesh = _panel(axes, n_th, kappa, columns, place)
            z_1, z_2 = (f"{z / np.pi:.3g}" for z in PLACES[place])
            axes.set_title(rf"$k_0 z_1 = {z_1}\pi$, $k_0 z_2 = {z_2}\pi$", loc="left")
            axes.set_xlabel(common.OCCUPATION)
        panels[0].set_ylabel(common.BANDWIDTH)
        bar = figure.colorbar(mesh, ax=panels, extend="both")
        bar.set_label("trace distance (line: 0.01)")
        bar.ax.axhline(TRUSTED, color="black", linewidth=1.5)
        common.save("backaction_error", folder, figure, columns)


def _panel(
    axes: Any, n_th: np.ndarray, kappa: np.ndarray, columns: dict[str, np.ndarray], place: str
) -> Any:
    distance = columns[f"distance_{place}"].reshape(n_th.shape)
    mesh = axes.pcolormesh(
        n_th, kappa, distance, shading="gouraud", cmap="viridis_r", norm=LogNorm(*SCALE)
    )
    axes.contour(n_th, kappa, distance, levels=[TRUSTED], colors="black", linewidths=1.5)
    concurrence = columns[f"concurrence_{place}"].reshape(n_th.shape)  # (kappa, n_th)
    edge = [curves.last_zero(kappa[:, 0], column) for column in concurrence.T]
    axes.plot(n_th[0], edge, "--", color="white", linewidth=1, label="entangled below")
    axes.legend(loc="upper right", facecolor="0.35", labelcolor="white", framealpha=0.8)
    axes.set(xscale="log", yscale="log", xlim=OCCUPATIONS, ylim=BANDWIDTHS)
    return mesh
