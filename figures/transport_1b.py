"""TRANSPORT, Fig. 1(b), (c): a Bell state moves along a one-way and a symmetric waveguide."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import thermalent as te
from figures import common
from figures.common import Report, Track
from thermalent.excitations import FewExcitations, SingleExcitation, peak_transfer
from thermalent.models.ring_resonators import ring_resonators

COUPLING = 0.3
LATEST = 20.0


def main(
    folder: Path = common.FOLDER, *, points: int = 401, track: Track = common.silent
) -> Report:
    """Concurrence of the qubits of each node, and the fidelity of the transfer, from |Psi+>.

    Args:
        folder: Where transport_1b.png and transport_1b.csv go.
        points: Times.
        track: Wraps the loop over the two waveguides in a progress bar.
    """
    times = np.linspace(0.0, LATEST, points)
    bell, ground = te.states.bell("Psi+"), te.states.ket("00")
    start, target = np.kron(bell, ground), np.kron(ground, bell)
    blocks, values, differences = [], {}, []
    for name, left in track([("one-way", 0.0), ("symmetric", 1.0)]):
        network = ring_resonators(COUPLING, decay_left=left, qubits=2)
        one = te.evolve(network, times, start, SingleExcitation())
        few = te.evolve(network, times, start, FewExcitations())
        arrived = [
            te.fidelity(one.at(i).reduced("q2a", "q2b"), bell, squared=True) for i in range(points)
        ]
        blocks.append(
            {
                "gamma_left": np.full(points, left),
                "gamma_t": times,
                "concurrence_1": one.concurrence("q1a", "q1b"),
                "concurrence_2": one.concurrence("q2a", "q2b"),
                "fidelity": np.array(arrived),
                "root_fidelity": np.sqrt(arrived),
            }
        )
        differences.append(common.largest_difference(one.states, few.states))
        values[f"{name}: largest fidelity F"] = peak_transfer(
            network, start, target, until=LATEST
        ).value
    columns = {name: np.concatenate([b[name] for b in blocks]) for name in blocks[0]}
    with common.style():
        figure, panels = common.canvas(7.2, 3.3, 1, 2, sharey=True)
        titles = (r"(b) $\gamma_L = 0$", r"(c) $\gamma_L = \gamma_R$, $kD = \pi$")
        for axes, block, title in zip(panels, blocks, titles, strict=True):
            axes.plot(times, block["concurrence_1"], label=r"$\mathcal{C}$ of node 1")
            axes.plot(times, block["concurrence_2"], label=r"$\mathcal{C} = F$ (squared) of node 2")
            axes.plot(times, block["root_fidelity"], "--", label=r"$\sqrt{F}$ of node 2")
            axes.set(xlabel=r"time $\gamma_R t$", xlim=(0, LATEST), ylim=(0, 1))
            axes.set_xticks(range(0, int(LATEST) + 1, 5))
            axes.set_title(title, loc="left")
        panels[0].set_ylabel("concurrence, fidelity")
        figure.legend(*panels[0].get_legend_handles_labels(), **common.BELOW)
        common.save("transport_1b", folder, figure, columns)
    return Report(
        columns=columns,
        agreement=f"amplitudes and full master equation agree to {max(differences):.0e}",
        values=values,
    )
