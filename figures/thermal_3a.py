"""THERMAL, Fig. 3(a): concurrence against temperature, exact and in the two slow-source limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar

import thermalent as te
from figures import colours, common, curves
from figures.common import Report, Track

OCCUPATIONS = (1.0, 1e6)
BANDWIDTHS = (1e-1, 1e-2, 3e-3, 1e-3)  # kappa over gamma
INSET = 1e-3
# Second route: Fock states, while it takes seconds to hold the source's n_th / 2 quanta.
FOCK_LIMIT = 1e3
FOCK_STEP = 10
# The maximum is flat: its place has half the digits of its height. It asks for values that are
# smooth in n_th: so many tiers, in units of sqrt(n_th), truncate far below rounding.
OPTIMUM_WIDTHS = 8


def main(
    folder: Path = common.FOLDER, *, points: int = 121, track: Track = common.silent
) -> Report:
    """Concurrence, Eqs. (23) and (45), and in the inset the populations at kappa/gamma = 1e-3.

    Args:
        folder: Where thermal_3a.png and thermal_3a.csv go.
        points: Occupations per curve.
        track: Wraps the loop over occupations in a progress bar.
    """
    occupations = np.geomspace(*OCCUPATIONS, points)
    blocks: list[dict[str, np.ndarray]] = []
    values: dict[str, float] = {}
    for kappa in BANDWIDTHS:
        flux = kappa * occupations / 2
        exact = np.array([common.populations(n_th, kappa) for n_th in track(occupations.tolist())])
        blocks.append(
            {
                "kappa_over_gamma": np.full(points, kappa),
                "n_th": occupations,
                "concurrence": np.maximum(0.0, common.signed_concurrence(exact)),
                "concurrence_fock": _fock(occupations, kappa),
                "concurrence_eq23": te.analytic.quasistatic_populations(flux).concurrence,
                "concurrence_eq45": te.analytic.strong_driving_concurrence(flux, kappa),
                **{f"rho_{s}": exact[:, i] for i, s in enumerate(common.STATES)},
            }
        )
        values |= _optimum(kappa)
    columns = {name: np.concatenate([b[name] for b in blocks]) for name in blocks[0]}
    _draw(folder, columns)
    fock = columns["concurrence_fock"]
    return Report(
        columns=columns,
        agreement=(
            "continued fraction and Fock states agree to "
            f"{common.largest_difference(columns['concurrence'], fock):.0e} at "
            f"{np.sum(~np.isnan(fock))} points; "
            + ", ".join(f"{name} = {value:.5g}" for name, value in values.items())
        ),
        values=values,
    )


def _fock(occupations: np.ndarray, kappa: float) -> np.ndarray:
    """Concurrence from Fock states at some of the colder points, nan elsewhere."""
    found = np.full(len(occupations), np.nan)
    for i in range(0, len(occupations), FOCK_STEP):
        if occupations[i] <= FOCK_LIMIT:
            network = common.link(float(occupations[i]), kappa)
            found[i] = te.steady_state(network, te.Fock(tolerance=1e-8)).concurrence()
    return found


def _optimum(kappa: float) -> dict[str, float]:
    """The temperature of the largest concurrence, and that concurrence."""

    def loss(log_n_th: float) -> float:
        n_th = float(np.exp(log_n_th))
        deep = te.ContinuedFraction(n_max=int(OPTIMUM_WIDTHS * np.sqrt(n_th)))
        return -te.steady_state(common.link(n_th, kappa), deep).concurrence()

    bracket = tuple(np.log(np.array([0.02, 0.06, 0.2]) / kappa**2))
    found = minimize_scalar(loss, bracket=bracket, tol=1e-6)
    name = f"kappa={kappa:g}"
    return {f"n* at {name}": float(np.exp(found.x)), f"C* at {name}": float(-found.fun)}


def _draw(folder: Path, columns: dict[str, np.ndarray]) -> None:
    with common.style():
        figure, (axes, inset) = common.canvas(9.0, 4.2, 1, 2, width_ratios=(1.5, 1))
        for kappa in BANDWIDTHS:
            colour = colours.of_bandwidth(kappa)
            mine = columns["kappa_over_gamma"] == kappa
            n_th = columns["n_th"][mine]
            label = rf"$\kappa/\gamma = {common.power_of_ten(kappa)}$"
            axes.plot(*curves.curve(n_th, columns["concurrence"][mine]), color=colour, label=label)
            axes.plot(n_th, columns["concurrence_eq23"][mine], "--", color=colour, linewidth=1)
            axes.plot(*curves.curve(n_th, columns["concurrence_eq45"][mine]), ":", color=colour)
        for line, width, label in (
            ("-", 1.6, "exact"),
            ("--", 1.0, "quasistatic (23)"),
            (":", 1.6, "strong driving (45)"),
        ):
            axes.plot([], [], line, color="0.3", linewidth=width, label=label)
        axes.set(xscale="log", xlabel=common.OCCUPATION, ylabel=common.CONCURRENCE)
        axes.set(xlim=OCCUPATIONS, ylim=(0, 1))
        axes.set_title("(a)", loc="left")
        _populations(inset, columns)
        figure.legend(*axes.get_legend_handles_labels(), **common.BELOW)
        common.save("thermal_3a", folder, figure, columns)


def _populations(axes: Any, columns: dict[str, np.ndarray]) -> None:
    """The inset of the paper, beside the curves instead of on top of them."""
    mine = columns["kappa_over_gamma"] == INSET
    for state in common.STATES:
        axes.plot(
            columns["n_th"][mine],
            columns[f"rho_{state}"][mine],
            color=common.STATE_COLOURS[state],
            label=common.STATE_LABELS[state],
        )
    axes.axvline(
        te.analytic.n_star(INSET),
        color="0.3",
        linestyle="--",
        linewidth=1,
        label=r"$n^\star_\mathrm{th}$ (46)",
    )
    axes.set(xscale="log", yscale="log", xlim=OCCUPATIONS, ylim=(1e-4, 1.2))
    axes.set(xlabel=common.OCCUPATION, ylabel="population")
    axes.set_title(rf"the inset, $\kappa/\gamma = {common.power_of_ten(INSET)}$", loc="left")
    axes.legend(loc="center", bbox_to_anchor=(0.45, 0.5))
