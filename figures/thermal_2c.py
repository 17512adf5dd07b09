"""THERMAL, Fig. 2(c): steady-state concurrence over temperature and bandwidth, and its boundary."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.optimize import brentq

import thermalent as te
from figures import common
from figures.common import Report, Track

OCCUPATIONS = (0.05, 10.0)
BANDWIDTHS = (1e-2, 1.0)  # kappa over gamma
# The second route, Fock states, takes ten times longer: at every so many points of each axis.
FOCK_STEP = 6


def main(folder: Path = common.FOLDER, *, points: int = 60, track: Track = common.silent) -> Report:
    """The map of the exact concurrence, with the exact and the approximate boundary.

    Args:
        folder: Where thermal_2c.png, thermal_2c.csv and thermal_2c_boundary.csv go.
        points: Grid points along each axis.
        track: Wraps the loop over occupations in a progress bar.
    """
    occupations = np.linspace(*OCCUPATIONS, points)
    bandwidths = np.geomspace(*BANDWIDTHS, points)
    exact = np.zeros((points, points))  # (n_th, kappa)
    fock = np.full((points, points), np.nan)
    boundary = np.zeros(points)
    for i, n_th in enumerate(track(occupations.tolist())):
        for j, kappa in enumerate(bandwidths.tolist()):
            network = common.link(n_th, kappa)
            exact[i, j] = te.steady_state(network).concurrence()
            if i % FOCK_STEP == 0 and j % FOCK_STEP == 0:
                fock[i, j] = te.steady_state(network, te.Fock()).concurrence()
        boundary[i] = exact_boundary(n_th)
    edges = {
        "n_th": occupations,
        "kappa_max_exact": boundary,
        "kappa_max_eq31": te.analytic.kappa_max(occupations),
        "kappa_max_bourret": te.analytic.kappa_max(occupations, lowest_order=False),
    }
    columns = {
        "n_th": np.repeat(occupations, points),
        "kappa_over_gamma": np.tile(bandwidths, points),
        "concurrence": exact.ravel(),
        "concurrence_fock": fock.ravel(),
    }
    _draw(folder, columns, edges, points)
    common.write_table(folder / "thermal_2c_boundary.csv", edges)
    highest = int(np.argmax(exact))
    return Report(
        columns=columns,
        agreement=(
            "continued fraction and Fock states agree to "
            f"{common.largest_difference(exact, fock):.0e} at {np.sum(~np.isnan(fock))} points"
        ),
        values={
            "largest concurrence": float(exact.max()),
            "at n_th": float(columns["n_th"][highest]),
            "at kappa": float(columns["kappa_over_gamma"][highest]),
            "kappa_max_exact first": float(boundary[0]),
            "kappa_max_exact last": float(boundary[-1]),
        },
    )


def exact_boundary(n_th: float) -> float:
    """Bandwidth kappa/gamma at which the exact concurrence vanishes."""

    def margin(kappa: float) -> float:
        return float(common.signed_concurrence(common.populations(n_th, kappa)))

    # Far outside the boundaries of the map, exact (0.17 to 0.35) or approximate (0.18 to 0.58).
    return float(brentq(margin, 0.01, 2.0, xtol=1e-8))


def _draw(
    folder: Path, columns: dict[str, np.ndarray], edges: dict[str, np.ndarray], points: int
) -> None:
    shape = (points, points)
    n_th, kappa = columns["n_th"].reshape(shape), columns["kappa_over_gamma"].reshape(shape)
    with common.style():
        figure, axes = common.canvas(4.6, 3.5)
        mesh = axes.pcolormesh(
            n_th,
            kappa,
            columns["concurrence"].reshape(shape),
            shading="gouraud",
            cmap="viridis",
            vmin=0,
        )
        figure.colorbar(mesh, ax=axes, label=common.CONCURRENCE)
        axes.plot(
            edges["n_th"],
            edges["kappa_max_exact"],
            color="white",
            linewidth=1,
            label=r"exact boundary $\mathcal{C} = 0$",
        )
        axes.plot(
            edges["n_th"],
            edges["kappa_max_eq31"],
            "--",
            color="white",
            label=r"$\kappa_\max/\gamma$ from Eq. (31)",
        )
        axes.set(yscale="log", xlabel=common.OCCUPATION, ylabel=common.BANDWIDTH)
        axes.set(xlim=OCCUPATIONS, ylim=BANDWIDTHS)
        axes.set_title("(c)", loc="left")
        axes.legend(loc="upper right", facecolor="0.35", labelcolor="white", framealpha=0.8)
        common.save("thermal_2c", folder, figure, columns)
