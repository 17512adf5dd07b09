"""Which shape of a filter entangles best: over the order, and the spectra of the best filters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

import thermalent as te
from figures import common
from figures.common import Report, Track
from thermalent.analysis.shapes.best_filter import filter_of

ROOM = 1221.0  # 293 K at 5 GHz
LAB = ("293K", "5GHz", "10MHz")
TARGET = 0.95  # out of reach of all: no tolerances are asked for
COMPARED = (1, 2, 3, 4)  # orders
FAMILIES = ("cavities", "butterworth", "chebyshev")
# What `python -m figures.best_filters` found, from 50 starts for each order.
FOUND = Path(__file__).with_name("best_filters.json")
SPECTRA = (1, 2, 3, 4, 5, 6)  # orders
# Of the second route; it takes minutes beyond.
RTOL = {1: 1e-4, 2: 1e-4, 3: 1e-3, 4: 2e-3, 5: 2e-3, 6: 2e-3}
MARKS = {"cavities": "o-", "butterworth": "s--", "chebyshev": "^:"}
LABELS = {
    "cavities": "equal cavities in a row",
    "butterworth": "Butterworth",
    "chebyshev": "Chebyshev, 0.1 dB",
}
COLOURS = (*common.COLOURS, "0.2")


def main(
    folder: Path = common.FOLDER, *, points: int = 201, track: Track = common.silent
) -> Report:
    """Largest concurrence over the order for four families, and |S21|^2 of the best of each order.

    Args:
        folder: Where filter_shapes.png and filter_shapes.csv go.
        points: Frequencies of the spectra, from the carrier up.
        track: Wraps the loop over orders in a progress bar.
    """
    found = {entry["order"]: entry for entry in json.loads(FOUND.read_text())}
    omega = np.linspace(0.0, 0.08, points)
    columns: dict[str, np.ndarray] = {"omega_over_gamma": omega}
    values: dict[str, float] = {}
    distance = 0.0
    for order in track(SPECTRA):
        entry = found[order]
        chosen = filter_of(entry["reflection"], entry["numerator"], entry["unit"])
        columns[f"spectrum_{order}"] = np.abs(chosen.response(omega)) ** 2
        values[f"best, order {order}"] = entry["concurrence"]
        values[f"error, order {order}"] = entry["error"]
        if order in RTOL:
            method = te.ContinuedFraction(rtol=RTOL[order])
            state = te.steady_state(te.thermal_link(ROOM, filter=chosen), method)
            distance = max(distance, abs(state.concurrence() - entry["concurrence"]))
    design = te.design(*LAB, TARGET, margins=(), attenuate=False, filters=COMPARED, shapes=FAMILIES)
    for shape in design.shapes:
        values[f"{shape.family}, order {shape.order}"] = float(shape.concurrence)
    _draw(folder, columns, values)
    return Report(
        columns=columns,
        agreement=f"solved again, the best filters are as good as on record to {distance:.0e}",
        values={**values, "distance": distance},
    )


def _draw(folder: Path, columns: dict[str, np.ndarray], values: dict[str, float]) -> None:
    with common.style():
        figure, (left, middle, right) = common.canvas(11.0, 3.8, 1, 3)
        _over_order(left, values)
        for order, colour in zip(SPECTRA, COLOURS, strict=False):
            spectrum = columns[f"spectrum_{order}"]
            label = f"{order} pole{'s' if order > 1 else ''}"
            middle.plot(columns["omega_over_gamma"], spectrum, color=colour, label=label)
            decibels = 10 * np.log10(np.maximum(spectrum, 1e-12))
            right.plot(columns["omega_over_gamma"], decibels, color=colour, label=label)
        for axes, title in ((middle, "(b) the best spectra"), (right, "(c) in decibels")):
            axes.set(xlabel=r"frequency from the carrier, $\omega/\gamma$")
            axes.set(xlim=(0, columns["omega_over_gamma"][-1]))
            axes.set_title(title, loc="left")
        middle.set(ylabel=r"$|S_{21}|^2$", ylim=(0, 1.05), xlim=(0, 0.04))
        right.set(ylabel=r"$|S_{21}|^2$ (dB)", ylim=(-80, 3))
        middle.legend()
        common.save("filter_shapes", folder, figure, columns)


def _over_order(axes: Any, values: dict[str, float]) -> None:
    for family, colour in zip(FAMILIES, common.COLOURS, strict=False):
        orders = [order for order in COMPARED if order > 1]
        heights = [values["cavities, order 1"]]
        heights += [values[f"{family}, order {order}"] for order in orders]
        axes.plot([1, *orders], heights, MARKS[family], color=colour, ms=4, label=LABELS[family])
    best = [values[f"best, order {order}"] for order in SPECTRA]
    errors = [values[f"error, order {order}"] for order in SPECTRA]
    axes.errorbar(SPECTRA, best, yerr=errors, fmt="D-", color="0.2", ms=4, label="the best of all")
    axes.set(xlabel="number of poles", ylabel=r"largest concurrence $\mathcal{C}$")
    axes.set_xticks(SPECTRA)
    axes.set_title(rf"(a) $n_\mathrm{{th}} = {ROOM:g}$", loc="left")
    axes.legend(loc="lower right")
