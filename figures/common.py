"""What the figures share: the link in units of gamma, style, saving, tables."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from cycler import cycler
from matplotlib.figure import Figure

import thermalent as te

FOLDER = Path(__file__).resolve().parent.parent / "output" / "figures"
DPI = 200

# Colours that remain apart for colour-blind readers (Okabe and Ito), darkest first.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00")
STATES = ("00", "S", "T", "11")
STATE_COLOURS = {"00": "#555555", "S": "#0072B2", "T": "#E69F00", "11": "#D55E00"}
STATE_LABELS = {"00": r"$\rho_{00}$", "S": r"$\rho_S$", "T": r"$\rho_T$", "11": r"$\rho_{11}$"}
BANDWIDTH = r"bandwidth $\kappa/\gamma$"
OCCUPATION = r"thermal occupation $n_\mathrm{th}$"
CONCURRENCE = r"concurrence $\mathcal{C}$"

_STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.labelsize": 10,
    "axes.titlesize": 10,
    "legend.fontsize": 8,
    "legend.framealpha": 0.9,
    "lines.linewidth": 1.6,
    "axes.prop_cycle": cycler(color=COLOURS),
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "figure.constrained_layout.use": True,
}

_UNDATED: dict[str, Any] = {"png": None, "pdf": {"CreationDate": None}}

# A legend that covers no curve.
BELOW: dict[str, Any] = {"loc": "outside lower center", "ncols": 4, "frameon": False}

# Wraps a loop, to show how far it is.
Track = Callable[[Sequence[Any]], Iterable[Any]]


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a figure computed.

    Args:
        columns: The data behind it, by name; arrays of one length.
        agreement: How well two routes to the same numbers agree, in words and digits.
        values: Single numbers of the figure (a boundary, an optimum), by name.
    """

    columns: Mapping[str, np.ndarray]
    agreement: str
    values: Mapping[str, float]


def silent(items: Sequence[Any]) -> Iterator[Any]:
    """The items, without a progress bar."""
    return iter(items)


def link(n_th: float, kappa: float) -> te.Network:
    """The ideal link with gamma = 1: all rates of the figures are in this unit."""
    return te.thermal_link(n_th=n_th, kappa=kappa)


def populations(n_th: float, kappa: float, method: te.Method | None = None) -> np.ndarray:
    """Populations of |00>, |S>, |T>, |11> in the steady state of the link, (4,)."""
    found = te.steady_state(link(n_th, kappa), method).populations()
    return np.array([found[state] for state in STATES])


def signed_concurrence(populations: np.ndarray) -> np.ndarray:
    r"""The concurrence before it is cut off at zero, of populations (..., 4).

    $$\rho_S - \rho_T - 2\sqrt{\rho_{00}\rho_{11}}$$

    Source: THERMAL, Eq. (22).
    """
    ground, singlet, triplet, excited = np.moveaxis(np.asarray(populations), -1, 0)
    return singlet - triplet - 2 * np.sqrt(np.maximum(ground * excited, 0.0))


def power_of_ten(value: float) -> str:
    """A number as mathematical text: 10^{-3}, or 3 x 10^{-3}."""
    exponent = int(np.floor(np.log10(value) + 1e-9))
    mantissa = value / 10.0**exponent
    factor = "" if abs(mantissa - 1) < 1e-9 else rf"{mantissa:.3g} \times "
    return rf"{factor}10^{{{exponent}}}"


@contextmanager
def style() -> Iterator[None]:
    """Within it, figures have the common style; outside, nothing has changed."""
    with matplotlib.rc_context(_STYLE):
        yield


def canvas(
    width: float, height: float, rows: int = 1, columns: int = 1, **options: Any
) -> tuple[Figure, Any]:
    """A figure of that size in inches and its axes; no global state, so it works in any process."""
    figure = Figure(figsize=(width, height), dpi=DPI)
    return figure, figure.subplots(rows, columns, **options)


def save(name: str, folder: Path, figure: Figure, columns: Mapping[str, np.ndarray]) -> None:
    """Write name.png, name.pdf and name.csv into the folder, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind in ("png", "pdf"):
        # No date in the file: the same figure is the same file.
        figure.savefig(folder / f"{name}.{kind}", dpi=DPI, metadata=_UNDATED[kind])
    write_table(folder / f"{name}.csv", columns)


def write_table(path: Path, columns: Mapping[str, np.ndarray]) -> None:
    """Columns as CSV with a header; empty fields where a value was not computed."""
    arrays = [np.asarray(column) for column in columns.values()]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns.keys())
        for row in zip(*arrays, strict=True):
            writer.writerow("" if _missing(value) else value for value in row)


def _missing(value: Any) -> bool:
    return isinstance(value, float) and bool(np.isnan(value))


def largest_difference(one: np.ndarray, other: np.ndarray) -> float:
    """Largest |one - other|, where both were computed."""
    return float(np.nanmax(np.abs(np.asarray(one) - np.asarray(other))))
