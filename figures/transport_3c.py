"""TRANSPORT, Fig. 3(c), (d): transport of |W_3> with fluctuating qubits or cavities."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from figures import common, curves
from figures.common import Report, Track
from thermalent.excitations import average, peak_transfer
from thermalent.models.ring_resonators import ring_resonators

COUPLING = 0.248
WIDEST = 0.5  # of the detunings' interval, in gamma_R
LATEST = 20.0
ENDS = tuple({f"q{node}{letter}": 3**-0.5 for letter in "abc"} for node in (1, 2))


def main(folder: Path = common.FOLDER, *, points: int = 11, track: Track = common.silent) -> Report:
    """Mean largest fidelity over the width of the detunings, with its error and spread.

    Args:
        folder: Where transport_3c.png and transport_3c.csv go.
        points: Widths.
        track: Wraps the loop over widths in a progress bar.
    """
    widths = np.linspace(0.0, WIDEST, points)
    blocks = []
    for width in track(widths.tolist()):
        qubits = average(_with_qubits, dimension=6, width=width, samples=300, seed=1)
        cavities = average(_with_cavities, dimension=2, width=width, order=8)
        blocks.append([*qubits[:3], *cavities[:3]])
    names = [
        f"{of}_{what}" for of in ("qubits", "cavities") for what in ("mean", "error", "spread")
    ]
    columns = {"width": widths, **dict(zip(names, np.transpose(blocks), strict=True))}
    sampled = average(
        _with_cavities, dimension=2, width=WIDEST, samples=300, seed=1, how="sampling"
    )
    off = abs(sampled.mean - columns["cavities_mean"][-1]) / sampled.error
    with common.style():
        figure, axes = common.canvas(4.6, 3.4)
        for of, colour in (("qubits", common.COLOURS[1]), ("cavities", common.COLOURS[0])):
            mean, spread = columns[f"{of}_mean"], columns[f"{of}_spread"]
            drawn = curves.curve(widths, mean, scale="linear", corners=False)
            axes.plot(*drawn, color=colour, label=f"{of} detuned")
            ends = [
                curves.curve(widths, mean + sign * spread, scale="linear", corners=False)
                for sign in (-1, 1)
            ]
            axes.fill_between(ends[0][0], ends[0][1], ends[1][1], color=colour, alpha=0.2, lw=0)
            error = columns[f"{of}_error"]
            if np.any(error > 0):
                axes.errorbar(widths, mean, error, fmt=".", ms=3, color=colour, capsize=2, lw=0.9)
        axes.set(
            xlabel=r"detunings within $\pm\delta/\gamma_R$", ylabel="largest fidelity $F$ (squared)"
        )
        axes.set(xlim=(0, WIDEST), ylim=(0, 1))
        axes.set_title(r"(c) qubits, (d) cavities, $|W_3\rangle$", loc="left")
        axes.legend(title="mean, band of one standard deviation")
        common.save("transport_3c", folder, figure, columns)
    return Report(
        columns=columns,
        agreement=f"quadrature and sampling agree to {off:.1f} standard errors",
        values={
            "qubits, widest": float(columns["qubits_mean"][-1]),
            "cavities, widest": float(columns["cavities_mean"][-1]),
        },
    )


def _with_qubits(x: np.ndarray) -> float:
    detuning = (tuple(x[:3].tolist()), tuple(x[3:].tolist()))
    network = ring_resonators(COUPLING, qubits=3, detuning=detuning)
    return peak_transfer(network, *ENDS, until=LATEST).value


def _with_cavities(x: np.ndarray) -> float:
    network = ring_resonators(COUPLING, qubits=3, cavity_detuning=tuple(x.tolist()))
    return peak_transfer(network, *ENDS, until=LATEST).value
