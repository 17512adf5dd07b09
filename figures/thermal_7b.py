r"""THERMAL, Fig. 7(b): what is left when the continued fraction is cut down to a formula.

From the exact state of two qubits, first the level |11> is left out; then the recurrence is
expanded to lowest order in kappa/gamma; then the terms E_n = 16 Phi kappa (n + 2 n^2)/gamma are
set to zero, which makes it solvable.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import thermalent as te
from figures import common
from figures.common import Report, Track

KAPPA = 1e-3  # over gamma; gamma = 1 throughout
OCCUPATIONS = (1.0, 1e6)
# Far below what separates the curves; the recurrences need 1e5 terms at the hottest points.
ATOL = 1e-8


def main(folder: Path = common.FOLDER, *, points: int = 41, track: Track = common.silent) -> Report:
    """Singlet and triplet populations at each stage of the approximation.

    Args:
        folder: Where thermal_7b.png and thermal_7b.csv go.
        points: Occupations.
        track: Wraps the loop over occupations in a progress bar.
    """
    occupations = np.geomspace(*OCCUPATIONS, points)
    stages: list[dict[str, tuple[float, float]]] = [
        _stages(n_th) for n_th in track(occupations.tolist())
    ]
    columns = {"n_th": occupations}
    for name in stages[0]:
        columns[f"rho_S_{name}"], columns[f"rho_T_{name}"] = np.array([s[name] for s in stages]).T
    closed = te.analytic.strong_driving_populations(KAPPA * occupations / 2, KAPPA)
    columns["rho_S_b42"], columns["rho_T_b43"] = closed.singlet, closed.triplet
    _draw(folder, columns)
    three, approximate = (
        max(
            common.largest_difference(columns[f"rho_S_{one}"], columns[f"rho_S_{other[0]}"]),
            common.largest_difference(columns[f"rho_T_{one}"], columns[f"rho_T_{other[1]}"]),
        )
        for one, other in (
            ("b14", ("three_level_network", "three_level_network")),
            ("b21", ("b42", "b43")),
        )
    )
    return Report(
        columns=columns,
        agreement=(
            f"(B14) and the solver on a network with a three-level emitter agree to {three:.0e}; "
            f"(B21)-(B23) with E_n = 0 and their closed form (B42), (B43) to {approximate:.0e}"
        ),
        values={"three levels": three, "approximate": approximate},
    )


def _stages(n_th: float) -> dict[str, tuple[float, float]]:
    """Singlet and triplet population of each curve."""
    flux = KAPPA * n_th / 2
    lowest_order = te.analytic.three_level_lowest_order
    without = lowest_order(flux, KAPPA, level_terms="dropped", atol=ATOL)
    with_energies = lowest_order(flux, KAPPA, level_terms="printed", atol=ATOL)
    exact = te.steady_state(common.link(n_th, KAPPA)).populations()
    three = te.analytic.three_level_populations(n_th, KAPPA, atol=ATOL)
    state = te.steady_state(three_level_link(n_th, KAPPA)).state.real
    return {
        "two_qubits": (exact["S"], exact["T"]),
        "b14": (float(three.singlet), float(three.triplet)),
        "three_level_network": (float(state[1, 1]), float(state[2, 2])),
        "b21": (float(without.singlet), float(without.triplet)),
        "b21_with_energies": (float(with_energies.singlet), float(with_energies.triplet)),
    }


def three_level_link(n_th: float, kappa: float) -> te.Network:
    r"""The link without |11>: one emitter with the levels |00>, |S>, |T>.

    $$S^- = \sqrt2\,|00\rangle\langle T|, \qquad
      H = \tfrac{i\gamma}{2}\big(|S\rangle\langle T| - |T\rangle\langle S|\big)$$

    Source: THERMAL, Eqs. (5) to (8) and App. B 2.
    """
    lower = np.zeros((3, 3))
    lower[0, 2] = np.sqrt(2)
    exchange = np.zeros((3, 3), dtype=complex)
    exchange[1, 2], exchange[2, 1] = 0.5j, -0.5j
    coupling = te.Cascade(rates=(kappa, 1.0)).coupling()
    return te.Network(
        nodes=(
            te.Mode(name="source", bath_rate=kappa, n_th=n_th),
            te.Qudit(name="pair", lower=lower, local_hamiltonian=exchange),
        ),
        exchange=coupling.exchange,
        decay=coupling.decay,
        label="thermal link without |11>",
    )


def _draw(folder: Path, columns: dict[str, np.ndarray]) -> None:
    with common.style():
        figure, panels = common.canvas(8.4, 3.6, 1, 2)
        for axes, state in zip(panels, ("S", "T"), strict=True):
            _panel(axes, state, columns)
        panels[0].set(ylim=(0, 1))
        panels[0].set_title(rf"(b) $\kappa/\gamma = {common.power_of_ten(KAPPA)}$", loc="left")
        panels[1].set(yscale="log", ylim=(1e-6, 0.1))
        figure.legend(*panels[0].get_legend_handles_labels(), **common.BELOW | {"ncols": 5})
        common.save("thermal_7b", folder, figure, columns)


def _panel(axes: Any, state: str, columns: dict[str, np.ndarray]) -> None:
    n_th = columns["n_th"]
    for name, line, options, label in (
        ("b14", "-", {"color": common.COLOURS[0]}, "three levels, exact (B14)"),
        ("b21", "-.", {"color": "black"}, r"(B21)-(B23), $\mathcal{E}_n = 0$"),
        ("b21_with_energies", ":", {"color": "0.5"}, r"(B21)-(B23), $\mathcal{E}_n$ kept"),
        ("two_qubits", "--", {"color": "#009E73", "linewidth": 1.0}, "four levels, exact"),
    ):
        axes.plot(n_th, columns[f"rho_{state}_{name}"], line, label=label, **options)
    axes.axvline(
        te.analytic.n_star(KAPPA), color="0.7", linewidth=0.8, label=r"$n^\star_\mathrm{th}$ (46)"
    )
    axes.set(xscale="log", xlim=OCCUPATIONS, xlabel=common.OCCUPATION)
    axes.set(
        ylabel={"S": r"singlet population $\rho_S$", "T": r"triplet population $\rho_T$"}[state]
    )
