"""DUALRAIL, Fig. 3(b): a multipartite state of five pairs, prepared from the ground state."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import thermalent as te
from figures import common, curves
from figures.common import Report, Track
from figures.dual_rail_3a import FIRST

PAIRS = 5
SQUEEZING = 1.0
DIFFERENCE = 0.2  # Delta over gamma
SPAN = 75.0  # gamma t
SHARE = 1e-3  # impurity per pair at the preparation time
# Second route: the first pairs do not feel the later ones.
SHORTER = 2


def main(folder: Path = common.FOLDER, *, points: int = 41, track: Track = common.silent) -> Report:
    """Entropy of the first n pairs, purity and fidelity over time, rail B reversed.

    Args:
        folder: Where dual_rail_3b.png and dual_rail_3b.csv go.
        points: Times, from zero on.
        track: Wraps the loop over what is solved in a progress bar.
    """
    times = SPAN * np.linspace(0, 1, points) ** 2  # closer where the states change faster
    target = te.analytic.dual_rail_state(PAIRS, SQUEEZING, _ladder(), "reverse")
    time = 0.0
    for step in track(("first moments", "evolution", "preparation time")):
        if step == "first moments":
            first = _found(te.evolve(_rails(), FIRST, "00" * PAIRS, te.Fock()), target.ket)
        elif step == "evolution":
            evolved = te.evolve(_rails(), times, "00" * PAIRS, te.Fock())
            columns = common.continued(first, _found(evolved, target.ket))
        else:
            time = common.purity_return(_rails(), times, evolved.states, PAIRS * SHARE)
    distance = common.largest_difference(
        columns[f"S_{SHORTER}"], _of_shorter_rails(columns["gamma_t"])
    )
    limits = np.array(target.entropies())
    _draw(folder, columns, limits, time)
    return Report(
        columns=columns,
        agreement=(
            f"{PAIRS} pairs and the first {SHORTER} alone agree on S_{SHORTER} to {distance:.0e}; "
            f"fidelity with the closed form at the end {columns['fidelity'][-1]:.5f}"
        ),
        values={
            "preparation time": time,
            "fidelity at the end": float(columns["fidelity"][-1]),
            "distance": distance,
            **{f"S_{n} in the end": float(limits[n - 1]) for n in range(1, PAIRS)},
        },
    )


def _found(evolved: te.Evolution, ket: np.ndarray) -> dict[str, np.ndarray]:
    """Entropies of the first pairs, the purity, and the fidelity with a ket, over time."""
    columns = {"gamma_t": evolved.times}
    for n in range(1, PAIRS):
        # A copy, because an estimate keeps the states for its error: a gigabyte each.
        columns[f"S_{n}"] = np.log(2) * np.array(evolved.entropy(*_first(n)))
    columns["purity"] = common.purities(evolved.states)
    columns["fidelity"] = np.array([np.vdot(ket, rho @ ket).real for rho in evolved.states])
    return columns


def _ladder() -> list[float]:
    return [DIFFERENCE * i for i in range(PAIRS)]


def _first(n: int) -> list[str]:
    return [f"{rail}{i}" for i in range(1, n + 1) for rail in "AB"]


def _rails() -> te.Network:
    return te.dual_rail(PAIRS, SQUEEZING, detuning=_ladder(), permutation="reverse")


def _of_shorter_rails(times: np.ndarray) -> np.ndarray:
    """Entropy of the first pairs from a network that ends behind them, (t,)."""
    ladder = _ladder()
    network = te.dual_rail(
        SHORTER,
        SQUEEZING,
        detuning=ladder[:SHORTER],
        detuning_b=[-delta for delta in reversed(ladder)][:SHORTER],
    )
    return np.log(2) * te.evolve(network, times, "00" * SHORTER, te.Fock()).entropy()


def _draw(folder: Path, columns: dict[str, np.ndarray], limits: np.ndarray, time: float) -> None:
    times = columns["gamma_t"]
    with common.style():
        figure, (upper, lower) = common.canvas(4.8, 5.6, 2, 1, sharex=True)

        def smooth(name: str) -> tuple[np.ndarray, np.ndarray]:
            return curves.curve(times, columns[name], scale="root", corners=False)

        upper.plot(*smooth("purity"), "k--", lw=1.2, label=r"purity $\mu$")
        upper.plot(*smooth("fidelity"), color="#56B4E9", label=r"fidelity with $|\psi_0\rangle$")
        upper.set(ylabel="purity, fidelity", ylim=(0, 1.02))
        upper.set_title(
            rf"(b) $N = {PAIRS}$, $\Delta = {DIFFERENCE:g}\,\gamma$, reversed, "
            rf"$r = {SQUEEZING:g}$",
            loc="left",
        )
        for n in range(1, PAIRS):
            colour = common.COLOURS[(n - 1) % len(common.COLOURS)]
            lower.plot(*smooth(f"S_{n}"), color=colour, label=rf"$\mathcal{{S}}_{n}$")
        ends = np.array([[0.97 * SPAN], [SPAN]]) * np.ones(PAIRS - 1)
        marks = lower.plot(ends, np.tile(limits[: PAIRS - 1], (2, 1)), color="black", lw=1)
        marks[0].set_label("closed form (right edge)")
        lower.set(xlabel=r"time $\gamma t$", ylabel=r"entropy of the first $n$ pairs (nats)")
        lower.set(xlim=(0, SPAN), ylim=(0, None))
        for axes in (upper, lower):
            axes.axvline(time, color="#555555", lw=1, ls=":", label=r"$T_\mathrm{prep}$")
        upper.legend(loc="center right", bbox_to_anchor=(0.84, 0.4))
        figure.legend(*lower.get_legend_handles_labels(), **common.BELOW | {"ncols": 3})
        common.save("dual_rail_3b", folder, figure, columns)
