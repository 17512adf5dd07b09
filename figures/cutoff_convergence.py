"""How each exact method converges with its cutoff: one pair behind an amplifier's modes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import thermalent as te
from figures import colours, common
from figures.common import Report, Track

SQUEEZING = 1.0
BANDWIDTHS = (2.0, 10.0)
LAST = 20
ROUNDING = 3e-16


def main(folder: Path = common.FOLDER, *, points: int = 10, track: Track = common.silent) -> Report:
    """Error of the pair's state over the last tier, and over the cutoffs of Fock and of the jumps.

    Args:
        folder: Where cutoff_convergence.png and cutoff_convergence.csv go.
        points: Cutoffs of each method, up to tier 20 and as many Fock states per mode.
        track: Wraps the loop over them in a progress bar.
    """
    cutoffs = np.unique(np.linspace(2, LAST, points).astype(int) // 2 * 2)
    networks = [te.dual_rail(1, SQUEEZING, bandwidth=kappa) for kappa in BANDWIDTHS]
    exact = [te.steady_state(net, te.ContinuedFraction(rtol=1e-12)).state for net in networks]
    columns: dict[str, np.ndarray] = {"cutoff": cutoffs}
    for kappa in BANDWIDTHS:
        for name in ("hierarchy", "fock", "jumps", "jumps_error"):
            columns[f"{name}_kappa_{kappa:g}"] = np.full(len(cutoffs), np.nan)
    for i, cutoff in enumerate(track(cutoffs.tolist())):
        for kappa, net, state in zip(BANDWIDTHS, networks, exact, strict=True):
            for name, method in _methods(cutoff):
                found = _state(net, method)
                columns[f"{name}_kappa_{kappa:g}"][i] = np.max(np.abs(found.state - state))
                if name == "jumps":
                    columns[f"jumps_error_kappa_{kappa:g}"][i] = found.error
    _draw(folder, columns)
    hot, cold = (f"kappa_{kappa:g}" for kappa in BANDWIDTHS)
    return Report(
        columns=columns,
        agreement=f"Fock with {cutoffs[-1]} states and the hierarchy agree to "
        f"{max(columns[f'fock_{hot}'][-1], columns[f'fock_{cold}'][-1]):.0e}",
        values={
            f"decades per tier, {name}, {kappa}": _slope(cutoffs, columns[f"{name}_{kappa}"])
            for name in ("hierarchy", "fock")
            for kappa in (hot, cold)
        },
    )


def _methods(cutoff: int) -> list[tuple[str, te.Method]]:
    methods: list[tuple[str, te.Method]] = [
        ("hierarchy", te.ContinuedFraction(rtol=1e-12, n_max=cutoff // 2)),
        ("fock", te.Fock(cutoff=cutoff)),
    ]
    # The noise of the jumps hides all but the smallest cutoffs; a few show it.
    if 4 <= cutoff <= 8:
        methods.append(("jumps", te.QuantumJumps(n=300, cutoff=cutoff)))
    return methods


def _state(net: te.Network, method: te.Method) -> te.SteadyState:
    """The state even where its cutoff is so small that its own error is as large as itself."""
    try:
        return te.steady_state(net, method)
    except te.SolveError as error:
        return error.result


def _slope(cutoffs: np.ndarray, errors: np.ndarray) -> float:
    """Decades per unit of the cutoff, by a line through what is above rounding."""
    kept = errors > 1e-11
    return float(np.polyfit(cutoffs[kept], np.log10(errors[kept]), 1)[0])


def _draw(folder: Path, columns: dict[str, np.ndarray]) -> None:
    with common.style():
        figure, axes = common.canvas(5.2, 4.2)
        for kappa in BANDWIDTHS:
            colour = colours.of_broad_bandwidth(kappa)
            label = rf"$\kappa/\gamma = {kappa:g}$"
            for name, mark, words in (
                ("hierarchy", "o-", "hierarchy"),
                ("fock", "s--", "Fock"),
            ):
                errors = np.maximum(columns[f"{name}_kappa_{kappa:g}"], ROUNDING)
                axes.semilogy(
                    columns["cutoff"], errors, mark, color=colour, markersize=4,
                    label=f"{words}, {label}",
                )  # fmt: skip
            # Their standard error is of the same size: what is seen is the noise of 300 runs.
            axes.semilogy(
                columns["cutoff"], columns[f"jumps_kappa_{kappa:g}"], "^", color=colour,
                fillstyle="none", label=f"300 jump runs, {label}",
            )  # fmt: skip
        axes.set_xticks(columns["cutoff"])
        axes.set(xlabel="highest tier, or Fock states per mode")
        axes.set(ylabel=r"largest error of $\rho$", ylim=(1e-15, 1))
        axes.set_title(rf"one pair, $r = {SQUEEZING:g}$", loc="left")
        figure.legend(**(common.BELOW | {"ncols": 2}))
        common.save("cutoff_convergence", folder, figure, columns)
