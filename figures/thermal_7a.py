"""THERMAL, Fig. 7(a): convergence of the continued fraction with the number of tiers."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import thermalent as te
from figures import colours, common
from figures.common import Report, Track

KAPPA = 1e-3  # over gamma, as in the paper
OCCUPATIONS = (1e2, 1e3, 1e4, 1e5)
LARGEST = 5  # n_max in units of sqrt(n_th)
# Of the limit itself: two digits below what a truncated fraction is compared with.
REFERENCE_RTOL = 1e-12


def main(folder: Path = common.FOLDER, *, points: int = 40, track: Track = common.silent) -> Report:
    """Concurrence against n_max, and its distance to the limit.

    Args:
        folder: Where thermal_7a.png and thermal_7a.csv go.
        points: Truncations per occupation.
        track: Wraps the loop over occupations in a progress bar.
    """
    rows: list[tuple[float, ...]] = []
    limits = {}
    for n_th in track(OCCUPATIONS):
        network = common.link(n_th, KAPPA)
        limit = te.steady_state(network, te.ContinuedFraction(rtol=REFERENCE_RTOL))
        limits[n_th] = limit.concurrence()
        for n_max in _truncations(n_th, points):
            cut = te.steady_state(network, te.ContinuedFraction(n_max=n_max))
            distance = float(np.max(np.abs(cut.state - limit.state)))
            rows.append((n_th, n_max, cut.concurrence(), limits[n_th], distance, cut.error))
    names = (
        "n_th",
        "n_max",
        "concurrence",
        "concurrence_limit",
        "state_error",
        "state_error_estimate",
    )
    columns = dict(zip(names, np.array(rows).T, strict=True))
    columns["n_max"] = columns["n_max"].astype(int)
    _draw(folder, columns)
    at_root = {n_th: _off(columns, n_th, 1.0) for n_th in OCCUPATIONS}
    return Report(
        columns=columns,
        agreement=(
            f"at n_max = sqrt(n_th) the concurrence is off by {min(at_root.values()):.0e} to "
            f"{max(at_root.values()):.0e}; the error estimate covers the true error in "
            f"{_covered(columns):.0%} of the truncations"
        ),
        values={f"concurrence n_th={n_th:g}": value for n_th, value in limits.items()},
    )


def _truncations(n_th: float, points: int) -> list[int]:
    """From 1 to LARGEST sqrt(n_th), half evenly in the logarithm, and sqrt(n_th) itself."""
    root = round(np.sqrt(n_th))
    grids = (spacing(1, LARGEST * root, points // 2) for spacing in (np.geomspace, np.linspace))
    return sorted({*np.concatenate(list(grids)).round().astype(int).tolist(), root})


def _off(columns: dict[str, np.ndarray], n_th: float, roots: float) -> float:
    """|C - C_limit| at n_max = roots * sqrt(n_th)."""
    wanted = (columns["n_th"] == n_th) & (columns["n_max"] == round(roots * np.sqrt(n_th)))
    return float(np.abs(columns["concurrence"] - columns["concurrence_limit"])[wanted][0])


def _covered(columns: dict[str, np.ndarray]) -> float:
    # The limit has an error of its own.
    allowed = columns["state_error_estimate"] + REFERENCE_RTOL
    return float(np.mean(columns["state_error"] <= allowed))


def _draw(folder: Path, columns: dict[str, np.ndarray]) -> None:
    with common.style():
        figure, (left, right) = common.canvas(7.4, 3.2, 1, 2)
        for n_th in OCCUPATIONS:
            colour = colours.of_occupation(n_th)
            mine = columns["n_th"] == n_th
            n_max, value = columns["n_max"][mine], columns["concurrence"][mine]
            label = rf"$n_\mathrm{{th}} = {common.power_of_ten(n_th)}$"
            # A truncation is an integer: points, which a line only joins.
            left.plot(n_max, value, ".-", ms=3, lw=0.8, color=colour, label=label)
            root = round(np.sqrt(n_th))
            left.plot(root, value[n_max == root], "o", color=colour, markersize=5)
            error = np.abs(value - columns["concurrence_limit"][mine])
            shown = error > 0
            right.semilogy(n_max[shown] / np.sqrt(n_th), error[shown], color=colour, label=label)
        left.plot([], [], "o", color="0.4", markersize=5, label=r"$n_\max = \sqrt{n_\mathrm{th}}$")
        left.set(xscale="log", xlabel=r"truncation $n_\max$", ylabel=common.CONCURRENCE)
        left.set(xlim=(1, None), ylim=(0, 1))
        left.legend(loc="lower right")
        right.axvline(1, color="0.4", linestyle=":", linewidth=1)
        right.set(xlim=(0, LARGEST), ylim=(1e-13, 1))
        right.set(
            xlabel=r"$n_\max/\sqrt{n_\mathrm{th}}$", ylabel=r"$|\mathcal{C} - \mathcal{C}_\infty|$"
        )
        left.set_title(rf"(a) $\kappa/\gamma = {common.power_of_ten(KAPPA)}$", loc="left")
        right.set_title("distance to the limit", loc="left")
        common.save("thermal_7a", folder, figure, columns)
