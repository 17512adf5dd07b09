"""TRANSPORT, Fig. 3(a), (b): Dicke states of many qubits, and the best coupling of W states."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import thermalent as te
from figures import common
from figures.common import Report, Track
from thermalent.analysis.optimise import optimise
from thermalent.excitations import FewExcitations, peak_transfer, transfer
from thermalent.models.ring_resonators import ring_resonators

# (qubits N, excitations k, printed coupling)
DICKE = ((3, 1, 0.248), (3, 2, 0.248), (4, 2, 0.215), (20, 10, 0.0956))
LARGEST = 20
LATEST = 20.0


def main(
    folder: Path = common.FOLDER, *, points: int = 301, track: Track = common.silent
) -> Report:
    """Fidelity over time for four Dicke states, and sqrt(N) g of |W_N> for N up to 20.

    Args:
        folder: Where transport_3a.png, transport_3a.csv and transport_3b.csv go.
        points: Times.
        track: Wraps the loop over N in a progress bar.
    """
    times = np.linspace(0.0, LATEST, points)
    found = [transfer(_spins(n, g), times, f"{k},0", f"0,{k}").fidelity for n, k, g in DICKE]
    numbers = np.arange(1, LARGEST + 1)
    best = np.array([_best_coupling(n) for n in track(numbers.tolist())])
    columns = {
        "qubits": np.repeat([n for n, _, _ in DICKE], points),
        "excitations": np.repeat([k for _, k, _ in DICKE], points),
        "gamma_t": np.tile(times, len(DICKE)),
        "fidelity": np.concatenate(found),
    }
    with common.style():
        figure, (left, right) = common.canvas(7.2, 3.1, 1, 2)
        for (n, k, _), values, colour in zip(DICKE, found, common.COLOURS, strict=False):
            left.plot(times, values, color=colour, label=rf"$|{n}D_{{{k}}}\rangle$")
            left.plot(times, np.sqrt(values), "--", color=colour, linewidth=0.9)
        left.plot([], [], "--", color="0.3", linewidth=0.9, label=r"$\sqrt{F}$, as printed")
        left.set(xlabel=r"time $\gamma_R t$", ylabel=r"fidelity $F$ (squared)")
        left.set(xlim=(0, LATEST), ylim=(0, 1))
        left.set_title("(a)", loc="left")
        right.set_title("(b)", loc="left")
        left.legend()
        right.plot(numbers, best, "o", markersize=4, color=common.COLOURS[0], label="optimum")
        fine = np.linspace(1, LARGEST, 201)
        right.plot(fine, 0.43 / np.sqrt(fine), color="0.6", zorder=1, label=r"$0.43/\sqrt{N}$")
        right.set(xlabel=r"qubits per node $N$", ylabel=r"best coupling $g/\gamma_R$")
        right.set(xticks=(1, 5, 10, 15, 20), ylim=(0, None))
        right.legend()
        common.save("transport_3a", folder, figure, columns)
    common.write_table(folder / "transport_3b.csv", {"qubits": numbers, "best_coupling": best})
    return Report(
        columns=columns,
        agreement=f"no-jump and full master equation agree to {_second_route(found[1], times):.0e}",
        values={
            "sqrt(N) g, smallest": float(np.min(np.sqrt(numbers) * best)),
            "sqrt(N) g, largest": float(np.max(np.sqrt(numbers) * best)),
        },
    )


def _spins(n: int, g: float) -> te.Network:
    return ring_resonators(g, qubits=n, collective=True)


def _best_coupling(n: int) -> float:
    found = optimise(
        lambda g: _spins(n, g),
        {"g": (0.2 / np.sqrt(n), 0.8 / np.sqrt(n))},
        lambda network: peak_transfer(network, "1,0", "0,1", until=LATEST),
        starts=1,
    )
    return found.parameters["g"]


def _second_route(fidelity: np.ndarray, times: np.ndarray) -> float:
    n, k, g = DICKE[1]
    full = te.evolve(_spins(n, g), times, f"{k},0", FewExcitations())
    return common.largest_difference(fidelity, full.states[:, k, k].real)
