"""One source, several pairs: what is left of the entanglement farther along the waveguide."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import thermalent as te
from figures import common, curves
from figures.common import Report, Track

KAPPA = 1e-2  # over gamma
OCCUPATIONS = (1.0, 1e4)
# Blocks of 1056 unknowns take 4 to 16 seconds a point, more where it is hotter.
THREE_PAIRS_UP_TO = 100.0
# The error of the concurrence stays below 1e-3, a line's width.
RTOL = 1e-3
# Second route: two pairs by Fock states, where it takes seconds.
FOCK_UP_TO = 5.0
PAIRS = ("pair_1", "pair_2", "pair_3")


def main(folder: Path = common.FOLDER, *, points: int = 25, track: Track = common.silent) -> Report:
    """Concurrence of the first, second and third pair of qubits over the occupation.

    Args:
        folder: Where pairs_along_a_line.png and pairs_along_a_line.csv go.
        points: Occupations; three pairs are computed at every fourth, while they take seconds.
        track: Wraps the loop over occupations in a progress bar.
    """
    occupations = np.geomspace(*OCCUPATIONS, points)
    columns = {"n_th": occupations}
    for pairs in (1, 2, 3):
        for pair in PAIRS[:pairs]:
            columns[f"{pair}_of_{pairs}"] = np.full(points, np.nan)
    columns |= {f"{pair}_of_2_fock": np.full(points, np.nan) for pair in PAIRS[:2]}
    for i, n_th in enumerate(track(occupations.tolist())):
        last = 3 if i % 4 == 0 and n_th <= THREE_PAIRS_UP_TO * (1 + 1e-9) else 2
        for pairs in range(1, last + 1):
            found = concurrences(n_th, pairs, te.ContinuedFraction(rtol=RTOL))
            for pair, value in zip(PAIRS, found, strict=False):
                columns[f"{pair}_of_{pairs}"][i] = value
        if i % 2 == 0 and n_th <= FOCK_UP_TO:
            for pair, value in zip(PAIRS, concurrences(n_th, 2, te.Fock()), strict=False):
                columns[f"{pair}_of_2_fock"][i] = value
    _draw(folder, columns)
    upstream = [("pair_1_of_2", "pair_1_of_1"), ("pair_2_of_3", "pair_2_of_2")]
    fock = [(f"{pair}_of_2", f"{pair}_of_2_fock") for pair in PAIRS[:2]]
    unchanged, agree = (
        max(common.largest_difference(columns[a], columns[b]) for a, b in several)
        for several in (upstream, fock)
    )
    return Report(
        columns=columns,
        agreement=(
            f"pairs 1 and 2 are the same to {unchanged:.0e} with another pair behind them, and to "
            f"{agree:.0e} by Fock states at {np.sum(~np.isnan(columns['pair_1_of_2_fock']))} points"
        ),
        values=_values(columns),
    )


def concurrences(n_th: float, pairs: int, method: te.Method) -> list[float]:
    """Concurrence of each pair (q1, q2), (q3, q4), ... on a line of that many pairs."""
    found = te.steady_state(te.thermal_link(n_th, KAPPA, qubits=2 * pairs), method)
    return [found.concurrence(f"q{2 * i + 1}", f"q{2 * i + 2}") for i in range(pairs)]


def _values(columns: dict[str, np.ndarray]) -> dict[str, float]:
    values = {}
    for pair in PAIRS[:2]:
        curve = columns[f"{pair}_of_2"]
        best = int(np.argmax(curve))
        values[f"largest, {pair}"] = float(curve[best])
        values[f"largest at n_th, {pair}"] = float(columns["n_th"][best])
    three = np.flatnonzero(~np.isnan(columns["pair_3_of_3"]))
    for which, at in (("coldest", three[0]), ("hottest", three[-1])):
        one, two, last = (float(columns[f"{pair}_of_3"][at]) for pair in PAIRS)
        values |= {
            f"{which} n_th": float(columns["n_th"][at]),
            f"{which} pair 3": last,
            f"{which} pair 2 / pair 1": two / one,
            f"{which} pair 3 / pair 2": last / two,
        }
    return values


def _draw(folder: Path, columns: dict[str, np.ndarray]) -> None:
    with common.style():
        figure, (axes, ratio) = common.canvas(9.0, 3.8, 1, 2, width_ratios=(1.3, 1))
        n_th = columns["n_th"]
        pairs = (columns["pair_1_of_1"], columns["pair_2_of_2"], columns["pair_3_of_3"])
        names = ("first pair", "second pair", "third pair")
        for curve, name, colour in zip(pairs, names, common.COLOURS, strict=False):
            ran = ~np.isnan(curve)
            marker = "o" if np.sum(ran) < len(ran) else "-"  # too few points for a curve
            drawn = curves.curve(n_th, curve) if marker == "-" else (n_th[ran], curve[ran])
            axes.plot(*drawn, marker, color=colour, markersize=4, clip_on=False, label=name)
        for pair in PAIRS[:2]:
            fock = columns[f"{pair}_of_2_fock"]
            axes.plot(n_th, fock, "x", color="black", markersize=5, clip_on=False)
        axes.plot([], [], "x", color="black", label="Fock states")
        axes.set(xscale="log", xlabel=common.OCCUPATION, ylabel=common.CONCURRENCE)
        axes.set(xlim=OCCUPATIONS, ylim=(0, 0.8))
        axes.set_title(rf"$\kappa/\gamma = {common.power_of_ten(KAPPA)}$", loc="left")
        axes.legend(loc="upper left")
        for before, after, label, colour in (
            (pairs[0], pairs[1], "second / first", common.COLOURS[1]),
            (columns["pair_2_of_3"], pairs[2], "third / second", common.COLOURS[2]),
        ):
            ran = ~np.isnan(after)
            marker = "o" if np.sum(ran) < len(ran) else "-"  # too few points for a curve
            found = after[ran] / before[ran]
            drawn = curves.curve(n_th, found) if marker == "-" else (n_th[ran], found)
            ratio.plot(*drawn, marker, color=colour, markersize=4, clip_on=False, label=label)
        ratio.set(xscale="log", xlabel=common.OCCUPATION, xlim=OCCUPATIONS, ylim=(0, 1))
        ratio.set_title("each pair over the one before it", loc="left")
        ratio.legend(loc="lower left")
        common.save("pairs_along_a_line", folder, figure, columns)
