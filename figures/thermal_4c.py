"""THERMAL, Fig. 4(c): concurrence with unequal couplings and a common detuning of the qubits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import thermalent as te
from figures import common, curves
from figures.common import Report, Track

N_TH = 1220.0
KAPPA = 1e-3  # over gamma_1, the unit of rate
RATIOS = (0.6, 1.4)  # gamma_2 / gamma_1
DETUNINGS = (0.0, 0.5)  # over gamma_1
RTOL = 1e-8
# Second route, Fock states: 610 quanta take two seconds a point, so six points near the maximum.
FOCK_RATIOS, FOCK_DETUNINGS = (3 / 8, 1 / 2, 5 / 8), (0.0, 1 / 8)  # fractions of the axes


def main(folder: Path = common.FOLDER, *, points: int = 41, track: Track = common.silent) -> Report:
    """The map of the concurrence, and beside it common and opposite detunings of equal qubits.

    Args:
        folder: Where thermal_4c.png, thermal_4c.csv and thermal_4c_detunings.csv go.
        points: Grid points along each axis.
        track: Wraps the loop over the ratios of the couplings in a progress bar.
    """
    ratios, detunings = np.linspace(*RATIOS, points), np.linspace(*DETUNINGS, points)
    exact = np.zeros((points, points))  # (ratio, detuning)
    fock = np.full((points, points), np.nan)
    for i, ratio in enumerate(track(ratios.tolist())):
        for j, shift in enumerate(detunings.tolist()):
            exact[i, j] = concurrence(ratio, shift, shift)
            if _at(i, FOCK_RATIOS, points) and _at(j, FOCK_DETUNINGS, points):
                fock[i, j] = concurrence(ratio, shift, shift, te.Fock(tolerance=RTOL))
    columns = {
        "gamma_2_over_gamma_1": np.repeat(ratios, points),
        "common_detuning": np.tile(detunings, points),
        "concurrence": exact.ravel(),
        "concurrence_fock": fock.ravel(),
    }
    lines = {
        "detuning": detunings,
        "common": np.array([concurrence(1.0, shift, shift) for shift in detunings.tolist()]),
        "opposite": np.array([concurrence(1.0, shift, -shift) for shift in detunings.tolist()]),
    }
    _draw(folder, columns, lines, points)
    common.write_table(folder / "thermal_4c_detunings.csv", lines)
    best = int(np.argmax(exact))
    return Report(
        columns=columns,
        agreement=(
            "continued fraction and Fock states agree to "
            f"{common.largest_difference(exact, fock):.0e} at {np.sum(~np.isnan(fock))} points"
        ),
        values={
            "largest concurrence": float(exact.max()),
            "at ratio": float(columns["gamma_2_over_gamma_1"][best]),
            "at detuning": float(columns["common_detuning"][best]),
            "opposite detuning, last": float(lines["opposite"][-1]),
            "common detuning, last": float(lines["common"][-1]),
        },
    )


def concurrence(
    ratio: float, first: float, second: float, method: te.Method | None = None
) -> float:
    """Concurrence of the link with gamma_2/gamma_1 = ratio and the detunings of its two qubits."""
    network = te.thermal_link(N_TH, KAPPA, (1.0, ratio), detuning=(first, second))
    return te.steady_state(network, method or te.ContinuedFraction(rtol=RTOL)).concurrence()


def _at(index: int, fractions: Sequence[float], points: int) -> bool:
    """Whether a grid index is the one nearest to one of these fractions of the axis."""
    return index in [round(fraction * (points - 1)) for fraction in fractions]


def _draw(
    folder: Path, columns: dict[str, np.ndarray], lines: dict[str, np.ndarray], points: int
) -> None:
    shape = (points, points)
    with common.style():
        figure, (axes, cut) = common.canvas(8.6, 3.6, 1, 2, width_ratios=(1.25, 1))
        ratio, detuning, value = (
            columns[name].reshape(shape)
            for name in ("gamma_2_over_gamma_1", "common_detuning", "concurrence")
        )
        mesh = axes.pcolormesh(ratio, detuning, value, shading="gouraud", cmap="viridis", vmin=0)
        figure.colorbar(mesh, ax=axes, label=common.CONCURRENCE)
        lines_of_equal = axes.contour(
            ratio, detuning, value, levels=[0.05, 0.2, 0.4, 0.6], colors="white", linewidths=0.8
        )
        axes.clabel(lines_of_equal, fmt="%g", fontsize=7)
        axes.set(xlabel=r"asymmetry $\gamma_2/\gamma_1$", xlim=RATIOS, ylim=DETUNINGS)
        axes.set_ylabel(r"common detuning $\delta_s/\gamma_1$")
        axes.set_title(
            rf"(c) $n_\mathrm{{th}} = {N_TH:.0f}$, "
            rf"$\kappa/\gamma_1 = {common.power_of_ten(KAPPA)}$",
            loc="left",
        )
        _cut(cut, lines)
        common.save("thermal_4c", folder, figure, columns)


def _cut(axes: Any, lines: dict[str, np.ndarray]) -> None:
    for name, colour, label in (
        ("opposite", common.COLOURS[1], r"opposite, $\Delta_1 = -\Delta_2$"),
        ("common", common.COLOURS[0], r"common, $\Delta_1 = \Delta_2$"),
    ):
        drawn = curves.curve(lines["detuning"], lines[name], scale="linear")
        axes.plot(*drawn, color=colour, label=label)
    axes.set(xlabel=r"detuning $|\Delta_i|/\gamma_1$", ylabel=common.CONCURRENCE)
    axes.set(xlim=DETUNINGS, ylim=(0, 0.7))
    axes.set_title(r"equal couplings, $\gamma_2 = \gamma_1$", loc="left")
    axes.legend(loc="lower left")
