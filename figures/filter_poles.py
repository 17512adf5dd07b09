"""What more poles buy: the largest concurrence behind the best filters of one to four poles."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

import thermalent as te
from figures import common, curves
from figures.common import Report, Track

ORDERS = (1, 2, 3, 4)
# n_th. Colder sources take filters so wide that climbs need more quanta along the chain.
SPAN = (10 ** (4 / 3), 1e4)
ROOM = 1221.0  # 293 K at 5 GHz
RTOL = 1e-3
WIDTHS = (1e-4, 1.0)  # kappa over gamma, of the second route


def main(folder: Path = common.FOLDER, *, points: int = 9, track: Track = common.silent) -> Report:
    """Concurrence and width of the best passive filter of each order over the occupation.

    Args:
        folder: Where filter_poles.png and filter_poles.csv go.
        points: Occupations.
        track: Wraps the loop over occupations and orders in a progress bar.
    """
    occupations = np.geomspace(*SPAN, points)
    columns: dict[str, np.ndarray] = {"n_th": occupations}
    for order in ORDERS:
        for name in ("concurrence", "error", "fwhm"):
            columns[f"{name}_{order}"] = np.full(points, np.nan)
    columns["one_cavity_optimised"] = np.full(points, np.nan)
    for i, order in track([(i, order) for i in range(points) for order in ORDERS]):
        n_th = float(occupations[i])
        # One climb: of fifty at n_th = 1221 every one ends at the same maximum.
        found = te.best_filter(n_th, order, starts=1, quanta=1, rtol=RTOL)
        columns[f"concurrence_{order}"][i] = found.concurrence
        columns[f"error_{order}"][i] = found.concurrence.error
        columns[f"fwhm_{order}"][i] = found.filter.fwhm
        if order == 1 and n_th <= ROOM:  # above it takes half a minute a point
            builder = partial(te.thermal_link, n_th)
            other = te.optimise(builder, {"kappa": WIDTHS}, "concurrence", starts=2)
            columns["one_cavity_optimised"][i] = other.value
    distance = common.largest_difference(columns["concurrence_1"], columns["one_cavity_optimised"])
    _draw(folder, columns)
    return Report(
        columns=columns,
        agreement=f"te.optimise over the width of one cavity agrees to {distance:.0e}",
        values={
            "distance": distance,
            **{
                f"largest, {order} poles": float(columns[f"concurrence_{order}"][-1])
                for order in ORDERS
            },
        },
    )


def _draw(folder: Path, columns: dict[str, np.ndarray]) -> None:
    with common.style():
        figure, (left, right) = common.canvas(8.4, 3.8, 1, 2)
        for order, colour in zip(ORDERS, common.COLOURS, strict=False):
            label = f"{order} pole{'s' if order > 1 else ''}"
            n_th, value = columns["n_th"], columns[f"concurrence_{order}"]
            left.semilogx(*curves.curve(n_th, value), color=colour, label=label)
            width = curves.curve(n_th, columns[f"fwhm_{order}"])
            right.loglog(*width, color=colour, label=label)
        for axes in (left, right):
            axes.axvline(ROOM, color="0.4", lw=0.8, ls=":")
            axes.set(xlabel=common.OCCUPATION, xlim=SPAN)
        left.text(ROOM * 1.06, 0.05, "293 K\n5 GHz", fontsize=8, color="0.3")
        left.set(ylabel=r"largest concurrence $\mathcal{C}$", ylim=(0, 1))
        left.set_title("(a) behind the best filter", loc="left")
        left.legend(loc="lower left", bbox_to_anchor=(0.35, 0.0))
        right.set(ylabel=r"full width at half maximum / $\gamma$")
        right.set_title("(b) the width of that filter", loc="left")
        common.save("filter_poles", folder, figure, columns)
