"""THERMAL, Fig. 2(d): concurrence against bandwidth at n_th = 2, exact and Bourret."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import thermalent as te
from figures import common, curves
from figures.common import Report, Track
from figures.thermal_2c import BANDWIDTHS, exact_boundary

N_TH = 2.0
FOCK_STEP = 10


def main(
    folder: Path = common.FOLDER, *, points: int = 121, track: Track = common.silent
) -> Report:
    """The exact concurrence, Eq. (31), the full Bourret state, and the boundaries of all three.

    Args:
        folder: Where thermal_2d.png and thermal_2d.csv go.
        points: Bandwidths.
        track: Wraps the loop over bandwidths in a progress bar.
    """
    kappa = np.geomspace(*BANDWIDTHS, points)
    flux = kappa * N_TH / 2
    exact, fock = np.zeros(points), np.full(points, np.nan)
    for i, bandwidth in enumerate(track(kappa.tolist())):
        network = common.link(N_TH, bandwidth)
        exact[i] = te.steady_state(network).concurrence()
        if i % FOCK_STEP == 0:
            fock[i] = te.steady_state(network, te.Fock()).concurrence()
    columns = {
        "kappa_over_gamma": kappa,
        "concurrence": exact,
        "concurrence_fock": fock,
        "concurrence_eq31": te.analytic.bourret_concurrence(flux, kappa),
        "concurrence_bourret": te.analytic.bourret_populations(flux, kappa).concurrence,
    }
    values = {
        "kappa_max_exact": exact_boundary(N_TH),
        "kappa_max_eq31": float(te.analytic.kappa_max(N_TH)),
        "kappa_max_bourret": float(te.analytic.kappa_max(N_TH, lowest_order=False)),
    }
    _draw(folder, columns, values)
    return Report(
        columns=columns,
        agreement=(
            "continued fraction and Fock states agree to "
            f"{common.largest_difference(exact, fock):.0e} at {np.sum(~np.isnan(fock))} points; "
            + ", ".join(f"{name} = {value:.4f}" for name, value in values.items())
        ),
        values=values,
    )


def _draw(folder: Path, columns: dict[str, np.ndarray], values: dict[str, float]) -> None:
    kappa = columns["kappa_over_gamma"]
    blue, red, green = common.COLOURS[:3]
    with common.style():
        figure, axes = common.canvas(5.0, 3.9)
        axes.plot(*curves.curve(kappa, columns["concurrence"]), color=blue, label="exact")
        axes.plot(
            kappa,
            columns["concurrence_fock"],
            "o",
            color=blue,
            markersize=3.5,
            clip_on=False,
            label="Fock states",
        )
        axes.plot(
            *curves.curve(kappa, columns["concurrence_eq31"]),
            "-.",
            color=red,
            label="Bourret, lowest order (31)",
        )
        axes.plot(
            *curves.curve(kappa, columns["concurrence_bourret"]),
            ":",
            color=green,
            label="Bourret, all orders (App. A)",
        )
        axes.axvline(
            values["kappa_max_eq31"],
            color="0.3",
            linestyle="--",
            linewidth=1,
            label=r"$\kappa_\max/\gamma$ from Eq. (31)",
        )
        axes.set(xscale="log", xlabel=common.BANDWIDTH, ylabel=common.CONCURRENCE)
        axes.set(xlim=BANDWIDTHS, ylim=(0, None))
        axes.set_title(rf"(d) $n_\mathrm{{th}} = {N_TH:g}$", loc="left")
        figure.legend(*axes.get_legend_handles_labels(), **common.BELOW | {"ncols": 2})
        common.save("thermal_2d", folder, figure, columns)
