"""TRANSPORT, Fig. 2: Bell states over couplings, distance and initial states."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import thermalent as te
from figures import colours, common
from figures.common import Report, Track
from thermalent.analytic.ring_resonators import bell_transfer_fidelity
from thermalent.excitations import FewExcitations, peak_concurrence_map, peak_transfer
from thermalent.models.ring_resonators import ring_resonators

COUPLING = 0.3
COUPLINGS = (0.05, 0.8)
CHIRALITIES = (1.0, 0.9, 0.5, 0.0)
LATEST = 60.0
LATEST_TWO = 20.0  # of two excitations
STEP = 0.01  # of the times at which they are looked at
BELL_1 = {"q1a": np.sqrt(0.5), "q1b": np.sqrt(0.5)}
BELL_2 = {"q2a": np.sqrt(0.5), "q2b": np.sqrt(0.5)}
PAIR = ("q2a", "q2b")
Columns = dict[str, np.ndarray]

# Above the curves, outside of the panel.
LEGEND: dict[str, Any] = {
    "ncols": 2,
    "loc": "lower center",
    "bbox_to_anchor": (0.55, 1.0),
    "frameon": False,
    "columnspacing": 1.0,
    "handlelength": 1.2,
}


def main(folder: Path = common.FOLDER, *, points: int = 61, track: Track = common.silent) -> Report:
    """Maps over (g1, g2), (theta, phi) of one and of two excitations, and curves over the distance.

    Args:
        folder: Where transport_2.png, transport_2.csv (panel a) and transport_2b.csv, 2c, 2d go.
        points: Points along each axis.
        track: Wraps the loop over the four panels in a progress bar.
    """
    coupled, distant, one, two = (
        panel(points) for panel in track([_over_couplings, _over_distance, _alpha, _beta])
    )
    with common.style():
        figure, panels = common.canvas(7.2, 6.0, 2, 2)
        label = rf"largest {common.CONCURRENCE} of node 2"
        _map(figure, panels[0, 0], coupled, ("g1", "g2", "concurrence"), label)
        panels[0, 0].set(xlabel=r"$g_1/\gamma_R$", ylabel=r"$g_2/\gamma_R$")
        panels[0, 0].plot(COUPLING, COUPLING, "r+")
        for chi in CHIRALITIES:
            colour = colours.of_chirality(chi)
            mine = distant["chirality"] == chi
            panels[0, 1].plot(
                distant["wavelengths"][mine],
                distant["concurrence"][mine],
                color=colour,
                label=rf"$\chi = {chi:g}$",
            )
        panels[0, 1].set(xlabel=r"distance $D/\lambda$", ylabel=label, xlim=(0, 1), ylim=(0, 1))
        panels[0, 1].legend(**LEGEND)
        label = r"largest $F$ (squared)"
        for axes, columns, state, least in (
            (panels[1, 0], one, r"\cos\theta|eg\rangle + e^{i\varphi}\sin\theta|ge\rangle", 0.0),
            (panels[1, 1], two, r"\cos\theta|gg\rangle + e^{i\varphi}\sin\theta|ee\rangle", 0.7),
        ):
            _map(figure, axes, columns, ("theta", "phi", "fidelity"), label, least)
            axes.set(xlabel=r"$\theta/\pi$", ylabel=r"$\varphi/\pi$")
            axes.set_title(f"${state}$", fontsize=9)
        for axes, letter in zip(panels.ravel(), "abcd", strict=True):
            axes.set_title(f"({letter})", loc="left")
        common.save("transport_2", folder, figure, coupled)
    for name, columns in (("b", distant), ("c", one), ("d", two)):
        common.write_table(folder / f"transport_2{name}.csv", columns)
    best = int(np.argmax(coupled["concurrence"]))
    return Report(
        columns=coupled,
        agreement="closed form or amplitudes and full master equation agree to "
        f"{max(_second_route_one(), _second_route_two()):.0e}",
        values={
            "largest concurrence of the map": float(coupled["concurrence"][best]),
            "at g1": float(coupled["g1"][best]),
            "at g2": float(coupled["g2"][best]),
            "largest F of one excitation": float(np.max(one["fidelity"])),
            "smallest F of one excitation": float(np.min(one["fidelity"])),
            "F of |Phi+->": _fidelity_of_two(np.pi / 4),
            "F of |ee>": _fidelity_of_two(np.pi / 2),
            "smallest F of two excitations": float(np.min(two["fidelity"])),
        },
    )


def _network(g1: float = COUPLING, g2: float = COUPLING, **options: float) -> te.Network:
    return ring_resonators((g1, g2), qubits=2, **options)


def _over_couplings(points: int) -> Columns:
    grid = np.linspace(*COUPLINGS, points)
    found = peak_concurrence_map(
        _network, {"g1": grid, "g2": grid}, BELL_1, until=LATEST, pair=PAIR
    )
    return {
        "g1": np.repeat(grid, points),
        "g2": np.tile(grid, points),
        "concurrence": found.values.ravel(),
    }


def _over_distance(points: int) -> Columns:
    wavelengths = np.linspace(0, 1, 4 * ((points + 1) // 2) + 1)[1:]  # half a wavelength is in it
    values = [
        peak_concurrence_map(
            lambda kd, left=(1 - chi) / (1 + chi): _network(decay_left=left, distance=kd),
            {"kd": 2 * np.pi * wavelengths},
            BELL_1,
            until=LATEST,
            pair=PAIR,
        ).values
        for chi in CHIRALITIES
    ]
    return {
        "chirality": np.repeat(CHIRALITIES, len(wavelengths)),
        "wavelengths": np.tile(wavelengths, len(CHIRALITIES)),
        "concurrence": np.concatenate(values),
    }


def _alpha(points: int) -> Columns:
    """One excitation, by the closed form: only the overlap with |Psi+> moves."""
    moved = peak_transfer(_network(), BELL_1, BELL_2, until=LATEST).value
    theta, phi = np.linspace(0, np.pi, points), np.linspace(0, 2 * np.pi, points)
    fidelity = bell_transfer_fidelity(theta[:, None], phi, moved)
    return _angles(theta, phi, fidelity)


def _beta(points: int) -> Columns:
    """None or two excitations: the phase drops out."""
    theta, phi = np.linspace(0, 2 * np.pi, points), np.linspace(-np.pi, np.pi, points)
    fidelity = np.array([_fidelity_of_two(angle) for angle in theta])
    return _angles(theta, phi, np.repeat(fidelity[:, None], points, axis=1))


def _angles(theta: np.ndarray, phi: np.ndarray, fidelity: np.ndarray) -> Columns:
    return {
        "theta": np.repeat(theta, len(phi)) / np.pi,
        "phi": np.tile(phi, len(theta)) / np.pi,
        "fidelity": fidelity.ravel(),
        "root_fidelity": np.sqrt(fidelity.ravel()),
    }


_EVOLVED: dict[str, np.ndarray] = {}


def _of_two() -> dict[str, np.ndarray]:
    """Node 2 over time, its coherence and populations, from |ee> and from |gg> in node 1."""
    if not _EVOLVED:
        times = np.arange(0, LATEST_TWO + STEP / 2, STEP)
        start = np.kron([np.sqrt(0.5), 0, 0, np.sqrt(0.5)], te.states.ket("00"))
        states = te.evolve(_network(), times, start, FewExcitations()).states
        node = states.reshape(len(times), 4, 4, 4, 4).trace(axis1=1, axis2=3)
        _EVOLVED["gg"] = 2 * node[:, 0, 0].real - 1  # from |ee>; |gg> stays
        _EVOLVED["ee"] = 2 * node[:, 3, 3].real
        _EVOLVED["coherence"] = 2 * node[:, 3, 0]
    return _EVOLVED


def _fidelity_of_two(theta: float) -> float:
    """Largest F of cos|gg> + exp(i phi) sin|ee>: the equation is linear in the initial state."""
    of = _of_two()
    c, s = np.cos(theta) ** 2, np.sin(theta) ** 2
    values = c * (c + s * of["gg"]) + s**2 * of["ee"] + 2 * c * s * of["coherence"].real
    return float(np.max(values))


def _second_route_one() -> float:
    """The closed form against amplitudes of the network, and these against all of it."""
    differences = []
    for theta, phi in ((0.3, 0.4), (2.0, 5.0), (1.1, 2.2)):
        qubits = np.cos(theta), np.exp(1j * phi) * np.sin(theta)
        ends = [dict(zip((f"q{n}a", f"q{n}b"), qubits, strict=True)) for n in (1, 2)]
        peak = peak_transfer(_network(), *ends, until=LATEST)
        moved = peak_transfer(_network(), BELL_1, BELL_2, until=LATEST).value
        differences.append(abs(peak.value - bell_transfer_fidelity(theta, phi, moved)))
        ket = np.array([0, qubits[1], qubits[0], 0])
        start = np.kron(ket, te.states.ket("00"))
        full = te.evolve(_network(), [peak.time], start, FewExcitations()).at(0)
        found = te.fidelity(full.reduced(*PAIR), ket, squared=True)
        differences.append(abs(found - peak.value))
    return max(differences)


def _second_route_two() -> float:
    """A superposition evolved by itself, against the sum of its parts."""
    theta, phi, i = 0.7, 1.9, 861
    psi = np.array([np.cos(theta), 0, 0, np.exp(1j * phi) * np.sin(theta)])
    start = np.kron(psi, te.states.ket("00"))
    full = te.evolve(_network(), [i * STEP], start, FewExcitations()).at(0)
    of = {name: values[i] for name, values in _of_two().items()}
    c, s = np.cos(theta) ** 2, np.sin(theta) ** 2
    parts = c * (c + s * of["gg"]) + s**2 * of["ee"] + 2 * c * s * of["coherence"].real
    return float(abs(te.fidelity(full.reduced(*PAIR), psi, squared=True) - parts))


def _map(
    figure, axes, columns: Columns, names: tuple[str, str, str], label: str, least: float = 0.0
) -> None:
    x, y = (np.unique(columns[name]) for name in names[:2])
    values = columns[names[2]].reshape(len(x), len(y))
    mesh = axes.pcolormesh(x, y, values.T, shading="gouraud", vmin=least, vmax=1)
    figure.colorbar(mesh, ax=axes, label=label)
