"""DUALRAIL, Fig. 4(c): one pair off the centre of a source of finite bandwidth."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import thermalent as te
from figures import colours, common, curves
from figures.common import Report, Track

SQUEEZING = 1.0
BETAS = (2.0, 5.0, 20.0, 100.0)  # kappa over gamma
SPAN = (1e-2, 1e1)  # Delta over kappa
RTOL = 1e-6
FOCK = 10  # levels of each mode, for the second route
CHECKED = 1.0  # Delta over kappa


def main(folder: Path = common.FOLDER, *, points: int = 41, track: Track = common.silent) -> Report:
    """C_11 over the detuning delta_A,1 = -delta_B,1 = Delta for several bandwidths.

    Args:
        folder: Where dual_rail_4c.png and dual_rail_4c.csv go.
        points: Detunings.
        track: Wraps the loop over bandwidths and detunings in a progress bar.
    """
    ratios = np.geomspace(*SPAN, points)
    found = np.empty((len(BETAS), points))
    for i, j in track([(i, j) for i in range(len(BETAS)) for j in range(points)]):
        found[i, j] = _one_pair(BETAS[i], ratios[j], te.ContinuedFraction(rtol=RTOL))
    columns = {"Delta_over_kappa": ratios}
    columns |= {f"C_11_kappa_{beta:g}": row for beta, row in zip(BETAS, found, strict=True)}
    distance, values = 0.0, {}
    for beta in BETAS:
        exact = _one_pair(beta, CHECKED, te.ContinuedFraction(rtol=RTOL))
        fock = _one_pair(beta, CHECKED, te.Fock(cutoff=FOCK))
        distance = max(distance, abs(exact - fock))
        resonant = _one_pair(beta, 0.0, te.ContinuedFraction(rtol=RTOL))
        values[f"on resonance, kappa = {beta:g}"] = resonant
        values[f"C_11 at Delta = kappa over that on resonance, kappa = {beta:g}"] = exact / resonant
    _draw(folder, columns)
    return Report(
        columns=columns,
        agreement=f"Fock states of each mode up to {FOCK} agree at Delta = kappa to {distance:.0e}",
        values={**values, "distance": distance},
    )


def _one_pair(beta: float, ratio: float, method: te.Method) -> float:
    network = te.dual_rail(1, SQUEEZING, bandwidth=beta, detuning=float(ratio * beta))
    return te.steady_state(network, method).concurrence()


def _draw(folder: Path, columns: dict[str, np.ndarray]) -> None:
    with common.style():
        figure, axes = common.canvas(4.8, 3.6)
        limit = float(te.analytic.dual_rail_pair_concurrence(SQUEEZING))
        axes.axhline(limit, color="black", lw=0.8, ls=":", label=r"$\kappa \to \infty$")
        for beta in reversed(BETAS):
            axes.semilogx(
                *curves.curve(columns["Delta_over_kappa"], columns[f"C_11_kappa_{beta:g}"]),
                color=colours.of_broad_bandwidth(beta),
                label=rf"$\kappa = {beta:g}\,\gamma$",
            )
        axes.set(xlabel=r"detuning $\Delta/\kappa$", ylabel=r"concurrence $\mathcal{C}_{11}$")
        axes.set(xlim=SPAN, ylim=(0, 1.02))
        axes.set_title(rf"(c) one pair, $r = {SQUEEZING:g}$", loc="left")
        axes.legend(loc="lower left")
        common.save("dual_rail_4c", folder, figure, columns)
