"""THERMAL, Fig. 6(a): two qubits in front of a mirror, with and without back-action."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

import thermalent as te
from figures import colours, common, curves
from figures.common import Report, Track

POSITIONS = (2 * np.pi, 4 * np.pi)  # k_0 z
DETUNING = (0.5, -0.5)  # over gamma: delta_a = gamma / 2
OCCUPATIONS = (1.0, 1e6)
BANDWIDTHS = (1e-1, 3e-2, 1e-2, 1e-3)  # kappa over gamma
RTOL = 1e-9
# Fock states, while it takes less than a second to hold the source's n_th / 2 quanta.
FOCK_LIMIT = 500.0
FOCK_STEP = 3
FOCK_TOLERANCE = 1e-8


def main(folder: Path = common.FOLDER, *, points: int = 61, track: Track = common.silent) -> Report:
    """Concurrence against the occupation: exact, without back-action, and by Fock states.

    Args:
        folder: Where thermal_6a.png and thermal_6a.csv go.
        points: Occupations per curve.
        track: Wraps the loop over occupations in a progress bar.
    """
    occupations = np.geomspace(*OCCUPATIONS, points)
    blocks: list[dict[str, np.ndarray]] = []
    for kappa in BANDWIDTHS:
        found = np.full((points, 3), np.nan)
        for i, n_th in enumerate(track(occupations.tolist())):
            exact = steady_state(n_th, kappa)
            found[i, 0] = exact.concurrence()
            found[i, 1] = steady_state(n_th, kappa, backaction=False).concurrence()
            if i % FOCK_STEP == 0 and n_th <= FOCK_LIMIT:
                found[i, 2] = te.steady_state(
                    exact.network, te.Fock(tolerance=FOCK_TOLERANCE)
                ).concurrence()
        blocks.append(
            {
                "kappa_over_gamma": np.full(points, kappa),
                "n_th": occupations,
                "concurrence": found[:, 0],
                "concurrence_no_backaction": found[:, 1],
                "concurrence_fock": found[:, 2],
            }
        )
    columns = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    _draw(folder, columns)
    fock = columns["concurrence_fock"]
    return Report(
        columns=columns,
        agreement=(
            "continued fraction and Fock states agree to "
            f"{common.largest_difference(columns['concurrence'], fock):.0e} at "
            f"{np.sum(~np.isnan(fock))} points"
        ),
        values={
            f"{what} error at kappa={kappa:g}": float(
                pick(block["concurrence_no_backaction"] - block["concurrence"])
            )
            for kappa, block in zip(BANDWIDTHS, blocks, strict=True)
            for what, pick in (("highest", np.max), ("lowest", np.min))
        },
    )


def steady_state(
    n_th: float,
    kappa: float,
    *,
    positions: Sequence[float] = POSITIONS,
    backaction: bool = True,
    rtol: float = RTOL,
) -> te.SteadyState:
    """Two qubits in front of the mirror with opposite detunings of gamma/2, in units of gamma."""
    network = te.phononic_link(
        n_th, kappa, positions=positions, detuning=DETUNING, backaction=backaction
    )
    return te.steady_state(network, te.ContinuedFraction(rtol=rtol))


def _draw(folder: Path, columns: dict[str, np.ndarray]) -> None:
    with common.style():
        figure, (axes, error) = common.canvas(9.0, 4.2, 1, 2, width_ratios=(1.5, 1))
        for kappa in BANDWIDTHS:
            colour = colours.of_bandwidth(kappa)
            mine = columns["kappa_over_gamma"] == kappa
            n_th, exact, without, fock = (
                columns[name][mine]
                for name in (
                    "n_th",
                    "concurrence",
                    "concurrence_no_backaction",
                    "concurrence_fock",
                )
            )
            label = rf"$\kappa/\gamma = {common.power_of_ten(kappa)}$"
            axes.plot(*curves.curve(n_th, exact), color=colour, label=label)
            axes.plot(*curves.curve(n_th, without), "--", color=colour, lw=1)
            ran = ~np.isnan(fock)
            axes.plot(n_th[ran], fock[ran], ".", color="black", markersize=3.5, zorder=3)
            error.plot(*_difference(n_th, without, exact), color=colour)
        for line, colour, label in (
            ("-", "0.3", "exact"),
            ("--", "0.3", "without back-action"),
            (".", "black", "Fock states"),
        ):
            axes.plot([], [], line, color=colour, label=label)
        axes.set(xscale="log", xlabel=common.OCCUPATION, ylabel=common.CONCURRENCE)
        axes.set(xlim=OCCUPATIONS, ylim=(0, 1))
        axes.set_title(r"(a) $k_0 z_1 = 2\pi$, $k_0 z_2 = 4\pi$", loc="left")
        error.axhline(0, color="0.7", linewidth=0.8)
        error.set(xscale="log", xlabel=common.OCCUPATION, xlim=OCCUPATIONS)
        error.set_ylabel(r"$\mathcal{C}$ without back-action minus $\mathcal{C}$")
        error.set_title("error of leaving out the back-action", loc="left")
        figure.legend(*axes.get_legend_handles_labels(), **common.BELOW)
        common.save("thermal_6a", folder, figure, columns)


def _difference(n_th: np.ndarray, one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, ...]:
    """One curve minus the other: each has its own corner, where it vanishes."""
    x, values = curves.curve(n_th, one)
    x_other, values_other = curves.curve(n_th, other)
    both = np.union1d(x, x_other)
    at = np.log(both)
    return both, np.interp(at, np.log(x), values) - np.interp(at, np.log(x_other), values_other)
