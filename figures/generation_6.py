"""GENERATION, Fig. 6, and TRANSPORT, Fig. 4(b): what the qubits' own decay leaves."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import thermalent as te
from figures import common, curves
from figures.common import Report, Track
from thermalent.analysis.optimise import optimise
from thermalent.excitations import FewExcitations, peak_concurrence, peak_transfer
from thermalent.models.ring_resonators import ring_resonators

COUPLINGS = (0.126, 0.277)
DECAY = 0.2  # largest, in gamma_R
LATEST = 60.0
# Two maxima compete: of slow nodes, best without decay, and of strongly coupled ones, which hand
# the excitation over before it decays. The ranges hold both.
RANGE = (0.05, 6.0)
STARTS = 10
CHANGE = 0.0202  # the decay beyond which the second maximum is the higher one


def main(folder: Path = common.FOLDER, *, points: int = 21, track: Track = common.silent) -> Report:
    """Largest concurrence at fixed and at best couplings, and the transfer of |Psi+>.

    Args:
        folder: Where generation_6.png and generation_6.csv go.
        points: Decay rates.
        track: Wraps the loop over decay rates in a progress bar.
    """
    decays = np.linspace(0.0, DECAY, points)
    if points > 10:  # the slope is steep up to where the maxima change places
        decays = np.union1d(decays, [0.005, 0.015, CHANGE])
    rows = np.array([_row(decay) for decay in track(decays.tolist())])
    names = ("fixed_couplings", "best_couplings", "g1", "g2", "transfer", "transfer_g")
    columns = {"qubit_decay": decays, **dict(zip(names, rows.T, strict=True))}
    network = ring_resonators(COUPLINGS, qubit_decay=DECAY)
    peak = peak_concurrence(network, "10", until=LATEST)
    evolved = te.evolve(network, [peak.time], "10", FewExcitations())
    _draw(folder, columns)
    difference = abs(float(evolved.concurrence()[0]) - peak.value)
    return Report(
        columns=columns,
        agreement=f"amplitudes and full master equation agree to {difference:.0e}",
        values={
            "fixed couplings, largest decay": float(columns["fixed_couplings"][-1]),
            "best couplings, largest decay": float(columns["best_couplings"][-1]),
            "transport, largest decay": float(columns["transfer"][-1]),
        },
    )


def _row(decay: float) -> list[float]:
    fixed = peak_concurrence(
        ring_resonators(COUPLINGS, qubit_decay=decay), "10", until=LATEST
    ).value
    best = optimise(
        lambda g1, g2: ring_resonators((g1, g2), qubit_decay=decay),
        {"g1": RANGE, "g2": RANGE},
        lambda network: peak_concurrence(network, "10", until=LATEST),
        starts=STARTS,
        widen=2,
    )
    ends = ({f"q{node}{letter}": np.sqrt(0.5) for letter in "ab"} for node in (1, 2))
    start, target = ends
    carried = optimise(
        lambda g: ring_resonators(g, qubits=2, qubit_decay=decay),
        {"g": RANGE},
        lambda network: peak_transfer(network, start, target, until=LATEST),
        starts=STARTS,
        widen=2,
    )
    return [fixed, best.value, *best.parameters.values(), carried.value, carried.parameters["g"]]


def _draw(folder: Path, columns: dict[str, np.ndarray]) -> None:
    decays = columns["qubit_decay"]
    with common.style():
        figure, axes = common.canvas(4.6, 3.4)
        axes.plot(
            *curves.curve(decays, columns["fixed_couplings"], scale="root"),
            color=common.COLOURS[0],
            label="generation, couplings as without decay",
        )
        best = columns["best_couplings"]
        for part in (decays <= CHANGE, decays >= CHANGE):
            drawn = curves.curve(decays[part], best[part], scale="linear")
            axes.plot(*drawn, color=common.COLOURS[1])
        axes.plot([], [], color=common.COLOURS[1], label="generation, best couplings")
        axes.plot(
            *curves.curve(decays, columns["transfer"], scale="root"),
            "--",
            color=common.COLOURS[2],
            label=r"transport of $|\Psi_+\rangle$, best ($\mathcal{C} = F$, squared)",
        )
        axes.set(xlabel=r"qubit decay $\Gamma/\gamma_R$", ylabel=f"largest {common.CONCURRENCE}")
        axes.set(xlim=(0, DECAY), ylim=(0, 1), xticks=(0, 0.05, 0.1, 0.15, 0.2))
        axes.legend()
        common.save("generation_6", folder, figure, columns)
