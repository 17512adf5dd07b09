r"""Where each closed form may be trusted: its distance to the exact state over the whole plane.

$$\varepsilon = \frac{\lVert\rho - \rho_\mathrm{exact}\rVert_1}
  {\big\lVert |00\rangle\langle 00| - \rho_\mathrm{exact}\big\rVert_1}$$

The trace distance to the exact state, in units of how far the drive has moved that state away from
the ground state. The trace distance bounds the error of every probability that can be measured, and
is defined where the concurrence vanishes; the unit keeps weak driving from looking easy, where the
ground state itself would be right to 1 %.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import LogNorm

import thermalent as te
from figures import common
from figures.common import Report, Track

OCCUPATIONS = (1e-2, 1e6)
BANDWIDTHS = (1e-4, 1e1)  # kappa over gamma
RTOL = 1e-6  # of the exact state: four digits below the 1 % contour
TRUSTED = 0.01
SCALE = (1e-5, 1.0)  # of the colours

TITLES = {
    "markov": "Markov (18)",
    "quasistatic": "quasistatic (21)",
    "bourret": "Bourret (App. A)",
    "lowest_order": "Bourret (27)-(30)",
    "strong_driving": "strong driving (B42), (B43)",
    "phase_diffusion": "phase diffusion (38)",
}


def main(folder: Path = common.FOLDER, *, points: int = 60, track: Track = common.silent) -> Report:
    """The relative trace distance of six closed forms, one panel each.

    Args:
        folder: Where reliability_map.png and reliability_map.csv go.
        points: Grid points along each axis.
        track: Wraps the loop over bandwidths in a progress bar.
    """
    kappa, n_th = np.meshgrid(
        np.geomspace(*BANDWIDTHS, points), np.geomspace(*OCCUPATIONS, points), indexing="ij"
    )
    exact = np.zeros((points, points, 4))
    error = np.zeros((points, points))
    for i in track(range(points)):
        for j in range(points):
            network = common.link(float(n_th[i, j]), float(kappa[i, j]))
            found = te.steady_state(network, te.ContinuedFraction(rtol=RTOL))
            values, error[i, j] = found.populations(), float(found.error)
            exact[i, j] = [values[state] for state in common.STATES]
    # All states are diagonal in |00>, |S>, |T>, |11>, and the exact ones sum to one.
    excited = 1 - exact[..., 0]
    columns = {
        "kappa_over_gamma": kappa.ravel(),
        "n_th": n_th.ravel(),
        "concurrence": np.maximum(0.0, common.signed_concurrence(exact)).ravel(),
        "exact_error": error.ravel(),
        "excited_weight": excited.ravel(),
    }
    relative = {}
    for name, closed in closed_forms(n_th, kappa).items():
        distance = np.sum(np.abs(closed - exact), axis=-1) / 2
        relative[name] = distance / excited
        columns[f"distance_{name}"] = distance.ravel()
        columns[f"relative_{name}"] = relative[name].ravel()
    _draw(folder, columns, points)
    trusted = {name: float(np.mean(value < TRUSTED)) for name, value in relative.items()}
    best = np.min(list(relative.values()), axis=0)
    trusted["none of them"] = float(np.mean(best >= TRUSTED))
    return Report(
        columns=columns,
        agreement=(
            f"exact states to {error.max():.0e} by their own estimate; share of the plane below "
            f"{TRUSTED:.0%}: " + ", ".join(f"{name} {share:.0%}" for name, share in trusted.items())
        ),
        values=trusted,
    )


def closed_forms(n_th: np.ndarray, kappa: np.ndarray) -> dict[str, np.ndarray]:
    """Populations of |00>, |S>, |T>, |11> in each approximation, (..., 4), gamma = 1."""
    flux = kappa * n_th / 2
    analytic = te.analytic
    states = {
        "markov": analytic.markov_populations(n_th),
        "quasistatic": analytic.quasistatic_populations(flux),
        "bourret": analytic.bourret_populations(flux, kappa),
        "lowest_order": analytic.bourret_lowest_order(flux, kappa),
        "strong_driving": analytic.strong_driving_populations(flux, kappa),
        "phase_diffusion": analytic.phase_diffusion_populations(n_th, kappa),
    }
    return {
        name: np.stack([p.ground, p.singlet, p.triplet, p.excited], axis=-1)
        for name, p in states.items()
    }


def _draw(folder: Path, columns: dict[str, np.ndarray], points: int) -> None:
    n_th, kappa = (columns[name].reshape(points, points) for name in ("n_th", "kappa_over_gamma"))
    with common.style():
        figure, panels = common.canvas(9.0, 5.4, 2, 3, sharex=True, sharey=True)
        for axes, name in zip(panels.flat, TITLES, strict=True):
            mesh = _panel(axes, n_th, kappa, columns[f"relative_{name}"].reshape(points, points))
            axes.set_title(TITLES[name], loc="left")
        for axes in panels[1]:
            axes.set_xlabel(common.OCCUPATION)
        for axes in panels[:, 0]:
            axes.set_ylabel(common.BANDWIDTH)
        bar = figure.colorbar(mesh, ax=panels, extend="both", shrink=0.9)
        bar.set_label(r"relative error of the state $\varepsilon$ (line: 1 %)")
        bar.ax.axhline(TRUSTED, color="black", linewidth=1.5)
        common.save("reliability_map", folder, figure, columns)


def _panel(axes: Any, n_th: np.ndarray, kappa: np.ndarray, relative: np.ndarray) -> Any:
    mesh = axes.pcolormesh(
        n_th, kappa, relative, shading="gouraud", cmap="viridis_r", norm=LogNorm(*SCALE)
    )
    axes.contour(n_th, kappa, relative, levels=[TRUSTED], colors="black", linewidths=1.5)
    axes.set(xscale="log", yscale="log", xlim=OCCUPATIONS, ylim=BANDWIDTHS)
    return mesh
