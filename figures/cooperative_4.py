"""COOPERATIVE, Fig. 4: energy and fidelity of three qubits in a common reservoir."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import thermalent as te
from figures import common
from figures.common import Report, Track
from figures.cooperative_2 import ENERGY, KAPPA, TIME
from thermalent.analytic.cooperative import (
    basis_spin_weights,
    single_excitation_amplitudes,
    w_like_state,
)
from thermalent.operators import states

LATEST = 2000.0
STARTS = {
    "100": (r"$|100\rangle$", common.COLOURS[1], "-"),
    "011": (r"$|011\rangle$", common.COLOURS[0], "--"),
    "110": (r"$|110\rangle$ (ours)", common.COLOURS[2], "-"),
}


def main(
    folder: Path = common.FOLDER, *, points: int = 201, track: Track = common.silent
) -> Report:
    """Energy and overlap with |Psi_2> from one and from two excitations.

    |110> is not in the paper: it loses as much energy as |011> and ends in another dark state.

    Args:
        folder: Where cooperative_4.png and cooperative_4.csv go.
        points: Times.
        track: Wraps the loop over the initial states in a progress bar.
    """
    times = np.linspace(0.0, LATEST, points)
    network = te.cooperative(3, 2 * KAPPA)
    excited = np.array([label.count("1") for label in states.basis_labels((2, 2, 2))])
    dark = w_like_state(3).real
    columns, values, difference = {"omega_t": times}, {}, 0.0
    for start in track(list(STARTS)):
        found, fock = (
            te.evolve(network, times, start, method) for method in (te.FewExcitations(), te.Fock())
        )
        difference = max(difference, common.largest_difference(found.states, fock.states))
        columns[f"E_{start}"] = np.einsum("tii,i->t", found.states, excited).real
        columns[f"F_{start}"] = np.einsum("i,tij,j->t", dark, found.states, dark).real
        end = te.steady_state(network, initial=start).state
        values[f"F in the end from {start}"] = float((dark @ end @ dark).real)
        values[f"E in the end from {start}"] = float(np.diag(end).real @ excited)
        trapped = basis_spin_weights(3, start.count("1")).trapped_energy
        difference = max(difference, abs(values[f"E in the end from {start}"] - trapped))
    closed = single_excitation_amplitudes(times, (2 * KAPPA,) * 3)
    one = common.largest_difference(columns["E_100"], np.sum(closed**2, axis=1))
    with common.style():
        figure, (left, right) = common.canvas(6.6, 3.0, columns=2)
        for start, (label, colour, line) in STARTS.items():
            # Broad and pale below another one, with which it coincides in (a).
            look = {"lw": 4.0, "alpha": 0.45, "zorder": 1} if start == "110" else {}
            left.plot(times, columns[f"E_{start}"], line, color=colour, label=label, **look)
            right.plot(times, columns[f"F_{start}"], line, color=colour, **look)
        left.set(xlabel=TIME, ylabel=ENERGY, xlim=(0, LATEST), ylim=(0, 2.05), title="(a)")
        right.set(xlabel=TIME, ylabel=r"$F = \langle\Psi_2|\rho|\Psi_2\rangle$", title="(b)")
        right.set(xlim=(0, LATEST), ylim=(-0.02, 1.0))
        figure.legend(*left.get_legend_handles_labels(), **common.BELOW)
        common.save("cooperative_4", folder, figure, columns)
    return Report(
        columns=columns,
        agreement=f"few excitations, Fock and closed forms agree to {max(difference, one):.0e}",
        values=values,
    )
