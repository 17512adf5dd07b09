"""Who is entangled with whom on two rails, by the detunings alone."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

import thermalent as te
from figures import common
from figures.common import Report, Track

SQUEEZING = 1.0
PAIRS = 6
# A block may share so many nats of entropy with the others.
SHARED = 0.02
# Title, detunings of rail A in units of gamma, order of rail B.
PROGRAMS = (
    (r"parallel, $\delta_B = -\delta_A$", 0.5 * np.arange(PAIRS), None),
    (r"rainbow: reversed, $\Delta = 50\,\gamma$", 50.0 * np.arange(PAIRS), "reverse"),
    (r"one block: reversed, $\Delta = \gamma/5$", 0.2 * np.arange(PAIRS), "reverse"),
    (
        "two blocks, interleaved",
        np.array([0.0, 200.0, 0.4, 200.4, 0.8, 200.8]),
        (4, 5, 2, 3, 0, 1),
    ),
)
NOISY = 3  # pairs with dephasing, from the master equation
DEPHASING = 0.01


def main(folder: Path = common.FOLDER, *, points: int = 1, track: Track = common.silent) -> Report:
    """Graphs of four programmed pure states, and of a dephased one from the master equation.

    Args:
        folder: Where entanglement_graph.png and entanglement_graph.csv go.
        points: Not used: there is no grid.
        track: Wraps the loop over the states in a progress bar.
    """
    columns: dict[str, list[Any]] = {"state": [], "block": [], "one": [], "other": []}
    columns["concurrence"] = []
    values = {}
    residuals = []
    with common.style():
        figure, panels = common.canvas(9.0, 6.4, 3, 2)
        for number, (title, detuning, order) in enumerate(track(PROGRAMS)):
            state = te.analytic.dual_rail_state(PAIRS, SQUEEZING, detuning, order)
            blocks = state.blocks(SHARED)
            axes = te.entanglement_graph(state, panels.flat[number], blocks=blocks)
            axes.set_title(f"({'abcdef'[number]}) {title}")
            residuals.append(state.residual())
            values[f"blocks, state {number + 1}"] = float(len(blocks))
            _rows(columns, number + 1, state, state.names, blocks)
        for number, dephasing in enumerate((0.0, DEPHASING)):
            network = te.dual_rail(
                NOISY,
                SQUEEZING,
                detuning=0.2 * np.arange(NOISY),
                permutation="reverse",
                dephasing=dephasing,
            )
            found = te.steady_state(network)
            axes = te.entanglement_graph(found, panels[2, number])
            noise = rf"$\gamma_\phi = {dephasing:g}\,\gamma$" if dephasing else "no dephasing"
            axes.set_title(rf"({'ef'[number]}) three pairs, reversed, $\Delta = \gamma/5$, {noise}")
            _rows(columns, number + 5, found, network.emitter_names, [network.emitter_names])
            values[f"purity, state {number + 5}"] = found.purity()
        lines = panels[0, 0].collections[0]
        figure.colorbar(lines, ax=panels, label=common.CONCURRENCE, shrink=0.6)
        arrays = {name: np.array(column) for name, column in columns.items()}
        common.save("entanglement_graph", folder, figure, arrays)
    return Report(
        columns=arrays,
        agreement=f"the pure states meet the dark-state conditions to {max(residuals):.0e}",
        values=values,
    )


def _rows(columns: dict[str, list[Any]], number: int, state: Any, names: Any, blocks: Any) -> None:
    """Every two qubits of different rails, as numbers: A_i by i, B_j by j."""
    block_of = {name: k + 1 for k, block in enumerate(blocks) for name in block}
    for one, other in combinations(names, 2):
        first, second = sorted((one, other))
        if first[0] == second[0]:
            continue
        columns["state"].append(number)
        columns["block"].append(block_of[first] if block_of[first] == block_of[second] else 0)
        columns["one"].append(int(first[1:]))
        columns["other"].append(int(second[1:]))
        columns["concurrence"].append(state.concurrence(one, other))
