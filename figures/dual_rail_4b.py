"""DUALRAIL, Fig. 4(b): how many pairs a source of finite bandwidth entangles."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import thermalent as te
from figures import colours, common, curves
from figures.common import Report, Track

SQUEEZING = 1.0
DEPHASINGS = (0.0, 1e-3, 1e-2, 1e-1)  # gamma_phi over gamma
BETAS = (1.0, 100.0)  # kappa over gamma
# N_ent is C_11 over a difference that is a hundredth of it: two digits are lost.
RTOL, LOOSER = 1e-6, 1e-4
MARKS = (10.0, 100.0)
FOCK = 10  # levels of each mode, for the second route


def main(folder: Path = common.FOLDER, *, points: int = 13, track: Track = common.silent) -> Report:
    """N_ent = C_11/(C_11 - C_22) over the bandwidth for several dephasing rates.

    Args:
        folder: Where dual_rail_4b.png and dual_rail_4b.csv go.
        points: Bandwidths.
        track: Wraps the loop over dephasing rates and bandwidths in a progress bar.
    """
    betas = np.geomspace(*BETAS, points)
    first, second = np.empty((2, len(DEPHASINGS), points))
    for i, j in track([(i, j) for i in range(len(DEPHASINGS)) for j in range(points)]):
        first[i, j], second[i, j] = _two(betas[j], DEPHASINGS[i], RTOL)
    counts = first / (first - second)
    columns = {"kappa_over_gamma": betas}
    for i, rate in enumerate(DEPHASINGS):
        columns[f"N_ent_dephasing_{rate:g}"] = counts[i]
        columns[f"C_11_dephasing_{rate:g}"] = first[i]
        columns[f"C_22_dephasing_{rate:g}"] = second[i]
    fock = te.steady_state(
        te.dual_rail(1, SQUEEZING, bandwidth=betas[-1], dephasing=DEPHASINGS[-1]),
        te.Fock(cutoff=FOCK),
    )
    distance = abs(fock.concurrence() - first[-1, -1])
    looser = _two(betas[-1], DEPHASINGS[0], LOOSER)
    change = float(np.max(np.abs(np.subtract(looser, (first[0, -1], second[0, -1])))))
    _draw(folder, columns)
    values = {f"kappa/gamma for {mark:g} pairs": _reached(betas, counts[0], mark) for mark in MARKS}
    values |= {
        f"most pairs, dephasing {rate:g}": float(counts[i].max())
        for i, rate in enumerate(DEPHASINGS)
    }
    return Report(
        columns=columns,
        agreement=(
            f"one pair by Fock states agrees on C_11 at the largest bandwidth to {distance:.0e}; "
            f"rtol = {LOOSER:g} changes both by {change:.0e}"
        ),
        values={
            **values,
            "distance, Fock": distance,
            "error, Fock": fock.error,
            "distance, rtol": change,
        },
    )


def _two(beta: float, dephasing: float, rtol: float) -> tuple[float, float]:
    """C_11 and C_22 of two pairs; later ones would not change them."""
    network = te.dual_rail(2, SQUEEZING, bandwidth=float(beta), dephasing=dephasing)
    solved = te.steady_state(network, te.ContinuedFraction(rtol=rtol))
    return solved.concurrence("A1", "B1"), solved.concurrence("A2", "B2")


def _reached(betas: np.ndarray, counts: np.ndarray, mark: float) -> float:
    """Where a curve last rises through a value, by interpolation of logarithms; NaN if nowhere."""
    below = np.flatnonzero((counts[:-1] < mark) & (mark <= counts[1:]))
    if not len(below):
        return float("nan")
    around = slice(below[-1], below[-1] + 2)
    return float(np.exp(np.interp(np.log(mark), np.log(counts[around]), np.log(betas[around]))))


def _draw(folder: Path, columns: dict[str, np.ndarray]) -> None:
    with common.style():
        figure, axes = common.canvas(4.8, 3.6)
        for rate, colour in zip(DEPHASINGS, colours.shades(len(DEPHASINGS)), strict=True):
            counts = np.log(columns[f"N_ent_dephasing_{rate:g}"])  # smooth in the logarithm
            betas, counts = curves.curve(columns["kappa_over_gamma"], counts, corners=False)
            axes.loglog(
                betas,
                np.exp(counts),
                color=colour,
                label=rf"$\gamma_\phi = {rate:g}\,\gamma$" if rate else r"$\gamma_\phi = 0$",
            )
        for mark in MARKS:
            axes.axhline(mark, color="black", lw=0.7, ls=":")
        axes.set(xlabel=r"bandwidth $\beta = \kappa/\gamma$", xlim=BETAS, ylim=(1, 700))
        axes.set_ylabel(
            r"$N_\mathrm{ent} = \mathcal{C}_{11}/(\mathcal{C}_{11} - \mathcal{C}_{22})$"
        )
        axes.set_title(rf"(b) $\delta_{{A,i}} = 0$, $r = {SQUEEZING:g}$", loc="left")
        axes.legend(loc="upper left")
        common.save("dual_rail_4b", folder, figure, columns)
