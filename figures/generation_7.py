"""GENERATION, Fig. 7: unequal decay rates, without and with cavities."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import thermalent as te
from figures import common
from figures.common import Report, Track
from thermalent.analysis.optimise import optimise
from thermalent.analytic.ring_resonators import bare_concurrence, unequal_transfer_amplitude
from thermalent.excitations import SingleExcitation, amplitudes, peak_concurrence
from thermalent.models.ring_resonators import ring_resonators

PRINTED_RATIO = 3.88
EQUAL = (0.126, 0.277)  # couplings, at equal rates
PRINTED = (2.21, 2.11, 4.82)  # g1, g2 and gamma_R2, in gamma_R1
LATEST_BARE = 8.0
LATEST = 30.0


def main(
    folder: Path = common.FOLDER, *, points: int = 401, track: Track = common.silent
) -> Report:
    """Concurrence over time at equal rates, at the printed optimum and at ours.

    Args:
        folder: Where generation_7.png, generation_7.csv and generation_7b.csv go.
        points: Times.
        track: Wraps the loop over the two optimisations in a progress bar.
    """
    best_bare, best = (search() for search in track([_best_bare, _best]))
    ratio = best_bare.parameters["ratio"]
    found = tuple(best.parameters[name] for name in ("g1", "g2", "ratio"))
    bare = {"equal": 1.0, "printed": PRINTED_RATIO, "best": ratio}
    ringed = {"equal": (*EQUAL, 1.0), "printed": PRINTED, "best": found}
    times_bare, times = np.linspace(0, LATEST_BARE, points), np.linspace(0, LATEST, points)
    columns = {"gamma_t": times_bare}
    with_cavities = {"gamma_t": times}
    differences = []
    for name in bare:
        columns[name] = te.evolve(
            _bare(bare[name]), times_bare, "10", SingleExcitation()
        ).concurrence()
        closed = bare_concurrence(times_bare, 1.0, bare[name])
        differences.append(common.largest_difference(columns[name], closed))
        network = _ringed(*ringed[name])
        with_cavities[name] = te.evolve(network, times, "10", SingleExcitation()).concurrence()
        # The first qubit does not feel the second node: its own amplitude, and the closed form.
        first = amplitudes(network, times, "10")[:, 2]
        g1, g2, rate = ringed[name]
        second = unequal_transfer_amplitude(times, g1, g2, 1.0, rate)
        closed = 2 * np.abs(first * second)
        differences.append(common.largest_difference(with_cavities[name], closed))
    _draw(folder, columns, with_cavities, bare, ringed)
    common.write_table(folder / "generation_7b.csv", with_cavities)
    return Report(
        columns=columns,
        agreement=f"amplitudes and closed forms agree to {max(differences):.0e}",
        values={
            "without cavities, best": best_bare.value,
            "best ratio without cavities": ratio,
            "with cavities, best": best.value,
            **{f"with cavities, {name}": value for name, value in best.parameters.items()},
        },
    )


def _bare(ratio: float) -> te.Network:
    exchange, decay = te.Cascade(rates=(1.0, ratio)).coupling()
    qubits = (te.Qubit(name="q1"), te.Qubit(name="q2"))
    return te.Network(nodes=qubits, exchange=exchange, decay=decay)


def _ringed(g1: float, g2: float, ratio: float) -> te.Network:
    return ring_resonators((g1, g2), (1.0, ratio))


def _best_bare() -> te.optimise.Optimum:
    return optimise(
        _bare,
        {"ratio": (1.2, 12.0)},
        lambda network: peak_concurrence(network, "10", until=10),
        starts=2,
    )


def _best() -> te.optimise.Optimum:
    return optimise(
        _ringed,
        {"g1": (0.5, 5.0), "g2": (0.5, 5.0), "ratio": (1.0, 10.0)},
        lambda network: peak_concurrence(network, "10", until=15),
        starts=2,
    )


def _draw(
    folder: Path,
    columns: dict[str, np.ndarray],
    with_cavities: dict[str, np.ndarray],
    bare: dict[str, float],
    ringed: dict[str, tuple[float, ...]],
) -> None:
    titles = {"equal": "equal rates", "printed": "printed optimum", "best": "optimum"}
    lines = {"equal": "-", "printed": "-", "best": "--"}
    with common.style():
        figure, (left, right) = common.canvas(7.2, 3.9, 1, 2, sharey=True)
        for name, colour in zip(bare, common.COLOURS, strict=False):
            label = rf"{titles[name]}, $\gamma_{{R2}}/\gamma_{{R1}} = {bare[name]:.2f}$"
            left.plot(columns["gamma_t"], columns[name], lines[name], color=colour, label=label)
            g1, g2, ratio = ringed[name]
            label = f"{titles[name]}, ({g1:.3g}, {g2:.3g}, {ratio:.3g})"
            right.plot(
                with_cavities["gamma_t"],
                with_cavities[name],
                lines[name],
                color=colour,
                label=label,
            )
        left.set(xlabel=r"time $\gamma_{R1} t$", ylabel=common.CONCURRENCE)
        left.set(xlim=(0, LATEST_BARE), ylim=(0, 1))
        left.set_title("(a) no cavities", loc="left")
        right.set(xlabel=r"time $\gamma_{R1} t$", xlim=(0, LATEST))
        right.set_title("(b) with cavities", loc="left")
        # Below each panel: inside they would cover the curves.
        beneath: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.2)}
        left.legend(**beneath, frameon=False)
        right.legend(**beneath, frameon=False, title=r"$(g_1, g_2, \gamma_{R2})/\gamma_{R1}$")
        common.save("generation_7", folder, figure, columns)
