"""What can be saved of a point: tables as CSV, and a picture of all of them as PNG."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from thermalent._version import __version__
from thermalent.explore.answers import Answer, map_row_answer, state_answer
from thermalent.explore.controls import CONTROL_BY_NAME
from thermalent.explore.limits import limits_answer
from thermalent.explore.point import Point
from thermalent.explore.snippets import command_line
from thermalent.explore.spectra import spectrum_answer
from thermalent.support.errors import ThermalentError


class UnsolvedPointError(ThermalentError, ValueError):
    """A point has no state that could be saved; the message says why."""


_SAVED_POINTS = 15  # of a map, in each direction


def csv_text(name: str, point: Point, x: str, y: str) -> str | None:
    """A table as CSV, with the command that gives the state in a comment; None if there is none.

    Args:
        name: "state.csv", "limits.csv", "spectrum.csv" or "map.csv".
        point: What is shown.
        x: Control from left to right of the map.
        y: Control from bottom to top of the map.
    """
    if name == "state.csv":
        state = _solved(point)
        numbers = {"concurrence": state["concurrence"]}
        numbers |= {f"population of {each['state']}": each for each in state["populations"]}
        rows: Iterable[Sequence[Any]] = (
            (key, value["value"], value["error"]) for key, value in numbers.items()
        )
        return _table(point, ("quantity", "value", "error"), rows)
    if name == "limits.csv":
        bars = limits_answer(point)["limits"]
        rows = ((bar["words"], bar["value"], bar["error"]) for bar in bars)
        return _table(point, ("change", "change of the concurrence", "error"), rows)
    if name == "spectrum.csv":
        columns = spectrum_answer(point)
        head = ("frequency from the filter in Hz", "from the filter", "behind the qubits", "error")
        keys = ("frequencies", "from_filter", "behind_qubits", "errors")
        return _table(point, head, zip(*(columns[key] for key in keys), strict=True))
    if name == "map.csv":
        head = (_with_unit(x), _with_unit(y), "concurrence", "error")
        return _table(point, head, _map_rows(point, x, y))
    return None


def _solved(point: Point) -> Answer:
    state = state_answer(point)
    if "concurrence" not in state:
        raise UnsolvedPointError(state["message"])
    return state


def _map_rows(point: Point, x: str, y: str) -> Iterable[Sequence[Any]]:
    for row in range(_SAVED_POINTS):
        found = map_row_answer(point, x, y, _SAVED_POINTS, row)
        for value, number in zip(found["x"], found["concurrences"], strict=True):
            known = number or {"value": None, "error": None}
            yield value, found["y"], known["value"], known["error"]


def _table(point: Point, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    text.write(f"# thermalent {__version__}: {command_line(point)}\n")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue()


def _with_unit(name: str) -> str:
    unit = CONTROL_BY_NAME[name].unit if name in CONTROL_BY_NAME else ""
    return f"{name} in {unit}" if unit else name


def picture_bytes(point: Point, x: str, y: str) -> bytes:
    """Populations, limits, spectrum and map in one figure, as PNG."""
    state = _solved(point)
    figure = Figure(figsize=(11, 7.5), layout="constrained")
    ((populations, limits), (spectrum, chart)) = figure.subplots(2, 2)
    found = state["concurrence"]
    preset = f"{point.preset}, {point.texts['temperature']}, {point.texts['frequency']}"
    figure.suptitle(
        f"{preset}, Q = {point.texts['quality']}: concurrence {found['value']:.6g} "
        f"± {found['error']:.0e}"
    )
    names = [each["state"] for each in state["populations"]]
    values = [each["value"] for each in state["populations"]]
    populations.bar(names, values, color="#0072B2")
    populations.set(ylabel="population", ylim=(0, 1))
    _draw_limits(limits, point)
    _draw_spectrum(spectrum, point)
    _draw_map(figure, chart, point, x, y)
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=130)
    return data.getvalue()


def _draw_limits(axes: Any, point: Point) -> None:
    bars = limits_answer(point)["limits"][::-1]
    colours = ["#009E73" if bar["value"] >= 0 else "#D55E00" for bar in bars]
    axes.barh([bar["words"] for bar in bars], [bar["value"] for bar in bars], color=colours)
    axes.axvline(0, color="#444444", lw=0.8)
    axes.set(xlabel="change of the concurrence")
    axes.tick_params(axis="y", labelsize=8)


def _draw_spectrum(axes: Any, point: Point) -> None:
    found = spectrum_answer(point)
    kilohertz = np.array(found["frequencies"]) / 1e3
    axes.plot(kilohertz, found["from_filter"], "--", color="#D55E00", label="from the filter")
    axes.plot(kilohertz, found["behind_qubits"], color="#0072B2", label="behind the qubits")
    axes.set(xlabel="frequency from the filter's, kHz", ylabel="quanta per second and hertz")
    axes.margins(y=0.2)  # room for the legend above the line
    axes.legend(loc="upper center", ncols=2, fontsize=9)


def _draw_map(figure: Figure, axes: Any, point: Point, x: str, y: str) -> None:
    rows = [map_row_answer(point, x, y, _SAVED_POINTS, row) for row in range(_SAVED_POINTS)]
    values = [[np.nan if n is None else n["value"] for n in row["concurrences"]] for row in rows]
    mesh = axes.pcolormesh(
        rows[0]["x"], [row["y"] for row in rows], values, vmin=0, shading="nearest"
    )
    for name, axis in ((x, "x"), (y, "y")):
        if CONTROL_BY_NAME[name].scale == "log":
            axes.set(**{f"{axis}scale": "log"})
        axes.set(**{f"{axis}label": _with_unit(name).replace("_", " ")})
    axes.plot(point.values[x] or 0.0, point.values[y] or 0.0, "o", mfc="none", mec="white", ms=9)
    figure.colorbar(mesh, ax=axes, label="concurrence")
