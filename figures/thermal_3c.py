"""THERMAL, Fig. 3(c): what the Bourret approximation and phase noise alone predict."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import thermalent as te
from figures import colours, common, curves
from figures.common import Report, Track
from figures.thermal_3a import BANDWIDTHS, OCCUPATIONS


def main(
    folder: Path = common.FOLDER, *, points: int = 121, track: Track = common.silent
) -> Report:
    """Concurrence of the Bourret state and of the phase-diffusion model, against n_th.

    Args:
        folder: Where thermal_3c.png and thermal_3c.csv go.
        points: Occupations per curve.
        track: Wraps the loop over occupations in a progress bar.
    """
    occupations = np.geomspace(*OCCUPATIONS, points)
    blocks = []
    for kappa in BANDWIDTHS:
        flux = kappa * occupations / 2
        methods = np.zeros((points, 4))
        for i, n_th in enumerate(track(occupations.tolist())):
            network = common.link(n_th, kappa)
            methods[i] = [
                te.steady_state(network, method).concurrence()
                for method in (
                    te.ContinuedFraction(),
                    te.Bourret(),
                    te.PhaseDiffusion(averaged=True),
                    te.PhaseDiffusion(),
                )
            ]
        diffusion = te.analytic.phase_diffusion_populations(occupations, kappa)
        blocks.append(
            {
                "kappa_over_gamma": np.full(points, kappa),
                "n_th": occupations,
                "exact": methods[:, 0],
                "eq31": te.analytic.bourret_concurrence(flux, kappa),
                "bourret": te.analytic.bourret_populations(flux, kappa).concurrence,
                "bourret_numerical": methods[:, 1],
                "phase_diffusion": diffusion.concurrence,
                "phase_diffusion_numerical": methods[:, 2],
                "phase_diffusion_rotating_frame": methods[:, 3],
            }
        )
    columns = {name: np.concatenate([b[name] for b in blocks]) for name in blocks[0]}
    _draw(folder, columns)
    differences = [
        common.largest_difference(columns[name], columns[f"{name}_numerical"])
        for name in ("bourret", "phase_diffusion")
    ]
    return Report(
        columns=columns,
        agreement=(
            f"closed form and generator of the network agree to {differences[0]:.0e} (Bourret) "
            f"and {differences[1]:.0e} (phase diffusion)"
        ),
        values={"bourret": differences[0], "phase_diffusion": differences[1]},
    )


def _draw(folder: Path, columns: dict[str, np.ndarray]) -> None:
    lines = (
        ("eq31", "-", 1.6, "Bourret, lowest order (31)"),
        ("bourret", "-.", 1.0, "Bourret, all orders (App. A)"),
        ("phase_diffusion", ":", 1.6, "phase fluctuations (38)"),
        ("exact", "-", 0.5, "exact, for comparison"),
    )
    with common.style():
        figure, axes = common.canvas(5.6, 4.8)
        for kappa in BANDWIDTHS:
            colour = colours.of_bandwidth(kappa)
            mine = columns["kappa_over_gamma"] == kappa
            for name, line, width, _ in lines:
                drawn = curves.curve(columns["n_th"][mine], columns[name][mine])
                axes.plot(*drawn, line, color=colour, linewidth=width)
            axes.plot(
                [], [], color=colour, label=rf"$\kappa/\gamma = {common.power_of_ten(kappa)}$"
            )
        for _, line, width, label in lines:
            axes.plot([], [], line, color="0.3", linewidth=width, label=label)
        axes.set(xscale="log", xlabel=common.OCCUPATION, ylabel=common.CONCURRENCE)
        axes.set(xlim=OCCUPATIONS, ylim=(0, 1))
        axes.set_title("(c)", loc="left")
        figure.legend(*axes.get_legend_handles_labels(), **common.BELOW | {"ncols": 2})
        common.save("thermal_3c", folder, figure, columns)
