"""DUALRAIL, Fig. 4(a): entanglement along the chain behind a source of finite bandwidth."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import thermalent as te
from figures import colours, common
from figures.common import Report, Track

SQUEEZING = 1.0
# Pairs by kappa/gamma. A fourth pair takes seconds to half a minute of CPU where the source is
# broad, a minute and 2 GB of memory at kappa = 2 gamma, and more below.
PAIRS = {1.0: 3, 2.0: 4, 5.0: 4, 10.0: 4, 20.0: 4, 100.0: 4}
RTOL = {1: 1e-8, 2: 1e-5, 3: 1e-3, 4: 1e-2}  # by pairs
FOCK = 10  # levels of each mode, for the second route


def main(folder: Path = common.FOLDER, *, points: int = 4, track: Track = common.silent) -> Report:
    """Concurrence C_ii of each pair for several bandwidths.

    Args:
        folder: Where dual_rail_4a.png and dual_rail_4a.csv go.
        points: Pairs at most.
        track: Wraps the loop over bandwidths in a progress bar.
    """
    pairs = {kappa: min(count, points) for kappa, count in PAIRS.items()}
    most = max(pairs.values())
    columns = {"pair": np.arange(1, most + 1)}
    shorter, error = 0.0, 0.0
    for kappa in track(list(pairs)):
        found, bound = _concurrences(pairs[kappa], kappa)
        column = np.full(most, np.nan)
        column[: len(found)] = found
        columns[f"C_kappa_{kappa:g}"] = column
        error = max(error, bound)
        if len(found) > 1:
            fewer, _ = _concurrences(len(found) - 1, kappa)
            shorter = max(shorter, common.largest_difference(fewer, found[:-1]))
    broad = max(pairs)
    fock = te.steady_state(te.dual_rail(1, SQUEEZING, bandwidth=broad), te.Fock(cutoff=FOCK))
    distance = abs(fock.concurrence() - columns[f"C_kappa_{broad:g}"][0])
    _draw(folder, columns)
    narrow = columns[f"C_kappa_{min(pairs):g}"]
    return Report(
        columns=columns,
        agreement=(
            f"one pair less and a smaller tolerance agree on the others to {shorter:.0e}; Fock "
            f"states agree on the first pair at kappa = {broad:g} gamma to {distance:.0e}"
        ),
        values={
            "largest rise along the chain, narrowest": float(np.nanmax(np.diff(narrow))),
            "broadband": float(te.analytic.dual_rail_pair_concurrence(SQUEEZING)),
            "error of a state": error,
            "distance, one pair less": shorter,
            "distance, Fock": distance,
            "error, Fock": fock.error,
        },
    )


def _concurrences(pairs: int, kappa: float) -> tuple[np.ndarray, float]:
    """C_11, C_22, ... and the error of the state."""
    network = te.dual_rail(pairs, SQUEEZING, bandwidth=kappa)
    solved = te.steady_state(network, te.ContinuedFraction(rtol=RTOL[pairs]))
    found = [solved.concurrence(f"A{i}", f"B{i}") for i in range(1, pairs + 1)]
    return np.array(found), solved.error


def _draw(folder: Path, columns: dict[str, np.ndarray]) -> None:
    curves = {name: values for name, values in columns.items() if name != "pair"}
    with common.style():
        figure, axes = common.canvas(4.8, 3.6)
        limit = float(te.analytic.dual_rail_pair_concurrence(SQUEEZING))
        axes.axhline(limit, color="black", lw=0.8, ls=":", label=r"$\kappa \to \infty$")
        for (name, values), mark in zip(reversed(curves.items()), "osD^vP", strict=False):
            kappa = float(name.removeprefix("C_kappa_"))
            axes.plot(
                columns["pair"],
                values,
                f"{mark}-",
                ms=4.5,
                color=colours.of_broad_bandwidth(kappa),
                label=rf"$\kappa = {kappa:g}\,\gamma$",
            )
        axes.set(xlabel=r"pair $i$", ylabel=r"concurrence $\mathcal{C}_{ii}$", ylim=(0, 1.02))
        axes.set_xticks(columns["pair"])
        axes.set_title(rf"(a) $\delta_{{A,i}} = 0$, $r = {SQUEEZING:g}$", loc="left")
        figure.legend(**common.BELOW)
        common.save("dual_rail_4a", folder, figure, columns)
