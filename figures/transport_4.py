"""TRANSPORT, Fig. 4: transport of |Psi+> by qubits that decay on their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import thermalent as te
from figures import colours, common, curves
from figures.common import Report, Track
from thermalent.analysis.optimise import optimise
from thermalent.excitations import FewExcitations, peak_transfer, transfer
from thermalent.models.ring_resonators import ring_resonators

DECAYS = (0.0, 0.01, 0.05, 0.1, 0.2)  # of the curves over time, in gamma_R
SMALLEST, LARGEST = 1e-4, 0.3
COUPLING = 0.3  # of the ideal symmetric link
LATEST = 20.0
START, TARGET = ({f"q{node}{letter}": np.sqrt(0.5) for letter in "ab"} for node in (1, 2))


def main(folder: Path = common.FOLDER, *, points: int = 21, track: Track = common.silent) -> Report:
    """Fidelity over time at the best couplings, and its largest value over the decay rate.

    Args:
        folder: Where transport_4.png, transport_4.csv and transport_4a.csv go.
        points: Decay rates; five times as many times.
        track: Wraps the loop over decay rates in a progress bar.
    """
    times = np.linspace(0.0, LATEST, 5 * points)
    best = {decay: _one_way(decay)[1] for decay in DECAYS}
    over_time = {"gamma_t": times}
    for decay, g in best.items():
        over_time[f"F_decay_{decay:g}"] = transfer(
            _network(g, decay), times, START, TARGET
        ).fidelity
    decays = np.geomspace(SMALLEST, LARGEST, points)
    rows = np.array([[*_one_way(decay), *_symmetric(decay)] for decay in track(decays.tolist())])
    names = ("one_way", "one_way_g", "symmetric", "symmetric_g")
    columns = {"qubit_decay": decays, **dict(zip(names, rows.T, strict=True))}
    ideal = peak_transfer(_network(COUPLING, 0.0, 1.0), START, TARGET, until=60).value
    _draw(folder, over_time, columns, ideal)
    common.write_table(folder / "transport_4a.csv", over_time)
    return Report(
        columns=columns,
        agreement=f"no-jump and full master equation agree to {_second_route(best, times):.0e}",
        values={
            "symmetric, no decay, g = 0.3": ideal,
            "one-way falls below that at": _crossing(decays, columns["one_way"] - ideal),
            "symmetric at its best is better below": _crossing(
                decays, columns["symmetric"] - columns["one_way"]
            ),
            **{f"best g at decay {decay:g}": g for decay, g in best.items()},
        },
    )


def _network(g: float, decay: float, left: float = 0.0) -> te.Network:
    return ring_resonators(g, decay_left=left, qubits=2, qubit_decay=decay)


def _one_way(decay: float) -> tuple[float, float]:
    """The largest fidelity and the coupling for it."""
    found = optimise(
        lambda g: _network(g, decay),
        {"g": (0.15, 1.0)},
        lambda network: peak_transfer(network, START, TARGET, until=60),
        starts=1,
    )
    return found.value, found.parameters["g"]


def _symmetric(decay: float) -> tuple[float, float]:
    """The same on a symmetric waveguide, where slow nodes would be best but for the decay."""
    guess = np.sqrt(decay)  # 2.2 g of the waveguide against 2.2 decay/g of the qubits
    found = optimise(
        lambda g: _network(g, decay, 1.0),
        {"g": (0.3 * guess, 3 * guess)},
        lambda network: peak_transfer(network, START, TARGET, until=8 / guess),
        starts=2,
    )
    return found.value, found.parameters["g"]


def _crossing(x: np.ndarray, y: np.ndarray) -> float:
    """Where y falls through zero, interpolated between points on a logarithmic axis."""
    (places,) = np.nonzero((y[:-1] > 0) & (y[1:] <= 0))
    if len(places) == 0:
        return float("nan")
    i = places[0]
    share = y[i] / (y[i] - y[i + 1])
    return float(x[i] * (x[i + 1] / x[i]) ** share)


def _second_route(best: dict[float, float], times: np.ndarray) -> float:
    decay = DECAYS[-1]
    network = _network(best[decay], decay)
    bell, ground = te.states.bell("Psi+"), te.states.ket("00")
    full = te.evolve(network, times, np.kron(bell, ground), FewExcitations())
    found = [
        te.fidelity(full.at(i).reduced("q2a", "q2b"), bell, squared=True) for i in range(len(times))
    ]
    return common.largest_difference(
        np.array(found), transfer(network, times, START, TARGET).fidelity
    )


def _draw(
    folder: Path, over_time: dict[str, np.ndarray], columns: dict[str, np.ndarray], ideal: float
) -> None:
    with common.style():
        figure, (left, right) = common.canvas(7.2, 3.2, 1, 2, sharey=True)
        for decay, colour in zip(DECAYS, colours.shades(len(DECAYS)), strict=True):
            values = over_time[f"F_decay_{decay:g}"]
            left.plot(over_time["gamma_t"], values, color=colour, label=f"{decay:g}")
        left.set(xlabel=r"time $\gamma_R t$", ylabel=r"fidelity $F$", xlim=(0, LATEST), ylim=(0, 1))
        left.set_xticks(range(0, int(LATEST) + 1, 5))
        left.legend(title=r"$F$ (squared) at $\Gamma/\gamma_R =$")
        for name, label, colour in (
            ("one_way", r"$\gamma_L = 0$", common.COLOURS[0]),
            ("symmetric", r"$\gamma_L = \gamma_R$", common.COLOURS[1]),
        ):
            right.semilogx(
                *curves.curve(columns["qubit_decay"], columns[name]),
                color=colour,
                label=f"{label}, $F$",
            )
            root = curves.curve(columns["qubit_decay"], np.sqrt(columns[name]))
            right.semilogx(*root, "--", color=colour, label=rf"{label}, $\sqrt{{F}}$")
        right.axhline(
            ideal, color="0.6", linewidth=1, label=r"$\gamma_L = \gamma_R$, $g = 0.3$, $\Gamma = 0$"
        )
        right.set(xlabel=r"qubit decay $\Gamma/\gamma_R$", xlim=(SMALLEST, LARGEST))
        right.legend(title="largest, best couplings", loc="lower left")
        common.save("transport_4", folder, figure, columns)
