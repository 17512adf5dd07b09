"""How the chain of a hot source of several poles converges: in hops along it, and in tiers."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import thermalent as te
from figures import colours, common
from figures.common import Report, Track
from thermalent.analysis.shapes.truncated_link import truncated_state

# Cavities in a row, kappa/gamma, largest K of the curve, and K of what it is compared with. Curves
# begin at one: without quanta beyond the first amplitude nothing is damped, and there is no state.
CASES = ((2, 1e-3, 4, 6), (2, 5e-3, 7, 9), (2, 1.7e-2, 9, 13), (3, 1e-2, 4, 5))
N_TH = 1221.0
TIERS = 600  # of the curves over K; they share what these leave out
OCCUPATIONS = (10.0, 100.0, 1221.0)  # of the curves over the tiers
KAPPA, QUANTA = 5e-3, 2
DEEPEST = 1200
FLOOR = 1e-16
RTOL = 1e-8  # of the second route


def main(folder: Path = common.FOLDER, *, points: int = 14, track: Track = common.silent) -> Report:
    """Largest error of the state over the order K, and over the number of tiers.

    Args:
        folder: Where chain_convergence.png and chain_convergence.csv go.
        points: Numbers of tiers.
        track: Wraps the loop over sources in a progress bar.
    """
    deepest = max(shown for _, _, shown, _ in CASES)
    depths = np.unique(np.geomspace(10, DEEPEST / 2, points).astype(int) // 2 * 2)
    columns = {
        "K": _padded(np.arange(1, deepest + 1), max(deepest, len(depths))),
        "tiers": _padded(depths, max(deepest, len(depths))),
    }
    values: dict[str, float] = {}
    for case in track([*CASES, *OCCUPATIONS]):
        if isinstance(case, tuple):
            cavities, kappa, shown, most = case
            network = te.thermal_link(N_TH, kappa, filters=cavities)
            states = [truncated_state(network, k, TIERS) for k in [*range(1, shown + 1), most]]
            name = f"over_K_{cavities}_cavities_kappa_{kappa:g}"
        else:
            network = te.thermal_link(case, KAPPA, filters=2)
            states = [truncated_state(network, QUANTA, n) for n in [*depths.tolist(), DEEPEST]]
            name = f"over_tiers_n_th_{case:g}"
        errors = np.array([np.max(np.abs(state - states[-1])) for state in states[:-1]])
        columns[name] = _padded(errors, len(columns["K"]))
        values[f"first, {name}"] = float(errors[0])
        values[f"last, {name}"] = float(errors[-1])
    _draw(folder, columns)
    cavities, kappa, _, most = CASES[0]
    network = te.thermal_link(N_TH, kappa, filters=cavities)
    other = te.steady_state(network, te.ContinuedFraction(rtol=RTOL))
    distance = float(np.max(np.abs(other.state - truncated_state(network, most, TIERS))))
    return Report(
        columns=columns,
        agreement=f"the solver's own choice of both truncations agrees to {distance:.0e}",
        values={**values, "distance": distance, "stated error": float(other.error)},
    )


def _padded(values: np.ndarray, length: int) -> np.ndarray:
    return np.concatenate([values, np.full(length - len(values), np.nan)])


def _draw(folder: Path, columns: dict[str, np.ndarray]) -> None:
    with common.style():
        figure, (left, right) = common.canvas(8.4, 3.8, 1, 2, sharey=True)
        for (cavities, kappa, _, _), colour in zip(CASES, common.COLOURS, strict=False):
            errors = np.maximum(columns[f"over_K_{cavities}_cavities_kappa_{kappa:g}"], FLOOR)
            left.semilogy(
                columns["K"],
                errors,
                "s--" if cavities > 2 else "o-",
                color=colour,
                markersize=4,
                label=rf"{cavities} cavities, $\kappa/\gamma = {common.power_of_ten(kappa)}$",
            )
        left.set(xlabel="order $K$: hops of all quanta along the chain")
        left.set(ylabel=r"largest error of $\rho$", ylim=(1e-13, 1))
        left.set_title(rf"(a) $n_\mathrm{{th}} = {N_TH:g}$", loc="left")
        left.legend()
        for n_th in OCCUPATIONS:
            colour = colours.of_occupation(n_th)
            right.loglog(
                columns["tiers"],
                np.maximum(columns[f"over_tiers_n_th_{n_th:g}"], FLOOR),
                "o-",
                color=colour,
                markersize=4,
                label=rf"$n_\mathrm{{th}} = {n_th:g}$",
            )
        right.set(xlabel="number of tiers")
        title = (
            rf"(b) 2 cavities, $\kappa/\gamma = {common.power_of_ten(KAPPA)}$, $K \leq {QUANTA}$"
        )
        right.set_title(title, loc="left")
        right.legend()
        common.save("chain_convergence", folder, figure, columns)
