"""GENERATION, Fig. 5: random detunings of cavities and qubits."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np

import thermalent as te
from figures import common, curves
from figures.common import Report, Track
from thermalent.excitations import average, peak_concurrence, peak_concurrence_map
from thermalent.models.ring_resonators import ring_resonators

COUPLINGS = (0.126, 0.277)
WIDEST = 1.0  # delta, in gamma_R: the detunings are uniform in [-delta/2, delta/2]
LATEST = 80.0
NAMES = ("cavity 1", "cavity 2", "qubit 1", "qubit 2")
ORDER = 20  # of the Gauss quadrature where one frequency fluctuates
ORDER_OF_FOUR = 6
RUNS = 20  # over which the paper averages


def main(folder: Path = common.FOLDER, *, points: int = 11, track: Track = common.silent) -> Report:
    """Mean largest concurrence: one frequency fluctuating, and all four together.

    Args:
        folder: Where generation_5.png, generation_5.csv and generation_5b.csv go.
        points: Widths, along each axis of the map.
        track: Wraps the loop over widths in a progress bar.
    """
    widths = np.linspace(0.0, WIDEST, points)
    alone = np.array([[_one(name, delta)[0] for delta in widths] for name in NAMES])
    spread = np.array([[_one(name, delta)[1] for delta in widths] for name in NAMES])
    together = np.zeros((2, points, points))  # mean and spread by (cavities', qubits') width
    for i, of_cavities in enumerate(track(widths.tolist())):
        for j, of_qubits in enumerate(widths.tolist()):
            together[:, i, j] = _four(of_cavities, of_qubits)
    columns = {"delta": widths}
    for name, mean, deviation in zip(NAMES, alone, spread, strict=True):
        columns[f"{name.replace(' ', '_')}"] = mean
        columns[f"{name.replace(' ', '_')}_spread"] = deviation
    both = {
        "delta_cavities": np.repeat(widths, points),
        "delta_qubits": np.tile(widths, points),
        "concurrence": together[0].ravel(),
        "spread": together[1].ravel(),
    }
    with common.style():
        figure, (left, right) = common.canvas(7.2, 3.2, 1, 2)
        for name, mean, deviation, colour in zip(
            NAMES, alone, spread, common.COLOURS, strict=False
        ):
            left.plot(*curves.curve(widths, mean, scale="linear"), color=colour, label=name)
            scatter = deviation / np.sqrt(RUNS)
            ends = [curves.curve(widths, mean + s * scatter, scale="linear") for s in (-1, 1)]
            left.fill_between(ends[0][0], ends[0][1], ends[1][1], color=colour, alpha=0.2, lw=0)
        left.set(xlabel=r"width $\delta/\gamma_R$ of one detuning", xlim=(0, WIDEST), ylim=(0, 1))
        left.set(ylabel=f"mean largest {common.CONCURRENCE}")
        left.legend(title=f"band: standard error of {RUNS} runs")
        mesh = right.pcolormesh(widths, widths, together[0].T, shading="gouraud", vmin=0.5, vmax=1)
        right.set(xlabel=r"width of cavities' $\delta_c/\gamma_R$")
        right.set(ylabel=r"width of qubits' $\delta_a/\gamma_R$")
        figure.colorbar(mesh, ax=right, label=f"mean largest {common.CONCURRENCE}")
        common.save("generation_5", folder, figure, columns)
    common.write_table(folder / "generation_5b.csv", both)
    sampled = average(_concurrence, dimension=4, width=WIDEST / 2, samples=400, seed=5)
    off = abs(sampled.mean - together[0, -1, -1]) / sampled.error
    return Report(
        columns=columns,
        agreement=f"quadrature and sampling agree to {off:.1f} standard errors",
        values={
            "all four at the largest width": float(together[0, -1, -1]),
            "standard error of 20 runs there": float(together[1, -1, -1] / np.sqrt(RUNS)),
            "cavities alone": float(together[0, -1, 0]),
            "qubits alone": float(together[0, 0, -1]),
        },
    )


def _network(**detuned: float) -> te.Network:
    """The link with detunings by name, "cavity 1" as cavity_1."""
    cavities, qubits = (
        tuple(detuned.get(f"{of}_{node}", 0.0) for node in (1, 2)) for of in ("cavity", "qubit")
    )
    return ring_resonators(COUPLINGS, cavity_detuning=cavities, detuning=qubits)


def _concurrence(detunings: np.ndarray) -> float:
    names = [name.replace(" ", "_") for name in NAMES]
    network = _network(**dict(zip(names, detunings.tolist(), strict=True)))
    return peak_concurrence(network, "10", until=LATEST).value


def _one(name: str, delta: float) -> tuple[float, float]:
    """Mean and spread with one frequency in [-delta/2, delta/2]."""
    nodes, weights = np.polynomial.legendre.leggauss(ORDER)
    return _moments({name.replace(" ", "_"): nodes * delta / 2}, weights / 2)


def _four(of_cavities: float, of_qubits: float) -> tuple[float, float]:
    """Mean and spread with all four frequencies fluctuating."""
    nodes, weights = np.polynomial.legendre.leggauss(ORDER_OF_FOUR)
    width = {"cavity": of_cavities, "qubit": of_qubits}
    axes = {name.replace(" ", "_"): nodes * width[name.split()[0]] / 2 for name in NAMES}
    products = np.array([np.prod(four) for four in product(weights / 2, repeat=4)])
    return _moments(axes, products)


def _moments(axes: dict[str, np.ndarray], weights: np.ndarray) -> tuple[float, float]:
    values = peak_concurrence_map(_network, axes, "10", until=LATEST).values.ravel()
    mean = float(weights @ values)
    return mean, float(np.sqrt(max(weights @ values**2 - mean**2, 0.0)))
