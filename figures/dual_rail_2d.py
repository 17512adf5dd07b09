"""DUALRAIL, Fig. 2(d): the detunings of reversed rails, and the entropy of their partitions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import thermalent as te
from figures import common
from figures.common import Report, Track

PAIRS = 6
SQUEEZING = 1.0
DIFFERENCES = (0.02, 50.0)  # Delta over gamma


def main(folder: Path = common.FOLDER, *, points: int = 61, track: Track = common.silent) -> Report:
    """The pattern delta_A,i = (i - 1) Delta with rail B reversed, and S_n and S_A over Delta.

    Args:
        folder: Where dual_rail_2d.png and dual_rail_2d.csv go.
        points: Differences of the detunings.
        track: Wraps the loop over them in a progress bar.
    """
    differences = np.geomspace(*DIFFERENCES, points)
    entropies = np.zeros((points, PAIRS))  # S_1 .. S_5, S_A
    largest = 0.0
    for i, delta in enumerate(track(differences.tolist())):
        ladder = delta * np.arange(PAIRS)
        state = te.analytic.dual_rail_state(PAIRS, SQUEEZING, ladder, "reverse")
        entropies[i] = [*state.entropies(), state.entropy("A")]
        reduced = te.von_neumann_entropy(state.reduced(*state.names[:4]), np.e)
        largest = max(largest, abs(reduced - entropies[i, 1]))
    names = [f"S_{n}" for n in range(1, PAIRS)] + ["S_A"]
    columns = {"Delta_over_gamma": differences, **dict(zip(names, entropies.T, strict=True))}
    with common.style():
        figure, (pattern, axes) = common.canvas(8.6, 3.4, 1, 2)
        _pattern(pattern)
        single = float(te.analytic.dual_rail_pair_entropy(SQUEEZING))
        axes.plot(differences, columns["S_A"], "k-", label=r"$\mathcal{S}_A$")
        for n in (3, 2, 1):
            colour = common.COLOURS[n - 1]
            axes.plot(differences, columns[f"S_{n}"], color=colour, label=rf"$\mathcal{{S}}_{n}$")
            axes.axhline(2 * n * single, color=colour, linestyle=":", linewidth=0.8)
        axes.set(xscale="log", xlabel=r"step of the detunings $\Delta/\gamma$")
        axes.set(ylabel="entanglement entropy (nats)", xlim=DIFFERENCES, ylim=(0, 4.4))
        axes.set_title(
            rf"entropies, $r = {SQUEEZING:g}$; dotted: $2n\,\mathcal{{S}}_A/N$", loc="left"
        )
        axes.legend(loc="lower right", ncols=2)
        common.save("dual_rail_2d", folder, figure, columns)
    return Report(
        columns=columns,
        agreement=f"S_2 from the ket and from a density matrix agree to {largest:.0e}",
        values={"S_A": float(columns["S_A"][0]), "S_3 at the largest": float(columns["S_3"][-1])},
    )


def _pattern(axes: Any) -> None:
    """Levels of the qubits of both rails, lines between those of opposite detuning, partitions."""
    network = te.dual_rail(PAIRS, SQUEEZING, detuning=np.arange(PAIRS), permutation="reverse")
    detunings = np.diag(network.exchange).real
    place = np.arange(1, PAIRS + 1)
    rails = (("A", detunings[0::2], common.COLOURS[0]), ("B", detunings[1::2], common.COLOURS[1]))
    for name, levels, colour in rails:
        for i, level in zip(place, levels, strict=True):
            axes.plot([i - 0.3, i + 0.3], [level, level], color=colour, linewidth=2.5)
        place_of_name = (1, levels[0] + 0.25)
        axes.text(*place_of_name, rf"$\delta_{{{name},i}}$", color=colour, ha="center")
    for n in range(1, PAIRS):
        axes.axvline(n + 0.5, color="0.75", linestyle="--", linewidth=0.8)
        axes.text(n + 0.5, PAIRS + 0.1, rf"$\mathcal{{S}}_{n}$", ha="center", va="bottom")
    axes.axhline(0, color="0.75", linestyle="--", linewidth=0.8, zorder=0)
    axes.text(PAIRS + 0.6, 0, r"$\mathcal{S}_A$", va="center")
    axes.set(xlabel="pair $i$", ylabel=r"detuning $\delta_{\eta,i}/\Delta$")
    axes.set_title(rf"(d) detunings, $N = {PAIRS}$", loc="left", pad=18)
    axes.set(xticks=place, xlim=(0.5, PAIRS + 0.5), ylim=(-PAIRS, PAIRS))
