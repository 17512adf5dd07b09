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
from scipy.interpolate import CubicSpline

import thermalent as te
from figures.colours import COLOURS
from thermalent import stochastic

FOLDER = Path(__file__).resolve().parent.parent / "output" / "figures"
DPI = 200
KINDS = ("png", "pdf")

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
    "pdf.fonttype": 42,  # journals refuse the Type 3 fonts that are the default
}

_UNDATED: dict[str, Any] = {"png": None, "pdf": {"CreationDate": None}}

_PRIME = "\N{PRIME}"

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


@dataclass(frozen=True, kw_only=True)
class Batches:
    """Two qubits by trajectories, in batches.

    Args:
        states: Mean states, (t, 4, 4).
        error: Standard errors of their elements, the largest of each state, (t,).
        concurrence: That of the mean states, (t,).
        spread: Its standard error, from the batches', (t,).
    """

    states: np.ndarray
    error: np.ndarray
    concurrence: np.ndarray
    spread: np.ndarray


def in_batches(network: te.Network, times: np.ndarray, start: str, n: int) -> Batches:
    """Trajectories in eight batches, whose scatter is the error of the concurrence.

    A bound that follows from the errors of the elements allows for all of them to conspire.
    """
    count = 8
    runs = [
        te.evolve(network, times, start, stochastic.FieldTrajectories(n=n // count, seed=seed))
        for seed in range(count)
    ]
    states = np.mean([run.states for run in runs], axis=0)
    scatter = np.std([run.concurrence() for run in runs], axis=0, ddof=1)
    return Batches(
        states=states,
        error=np.sqrt(np.sum([run.error**2 for run in runs], axis=0)) / count,
        concurrence=np.array([float(te.concurrence(state)) for state in states]),
        spread=scatter / np.sqrt(count),
    )


def sampled(
    axes: Any, x: Any, values: Any, errors: Any, colour: str, label: str | None = None
) -> None:
    """Points of trajectories with bars of their errors."""
    axes.errorbar(
        x,
        values,
        yerr=errors,
        fmt="o",
        markersize=3,
        color=colour,
        markerfacecolor="white",
        markeredgewidth=0.9,
        elinewidth=0.9,
        capsize=2,
        zorder=3,
        label=label,
    )


def power_of_ten(value: float) -> str:
    """A number as mathematical text: 10^{-3}, or 3 x 10^{-3}."""
    exponent = int(np.floor(np.log10(value) + 1e-9))
    mantissa = value / 10.0**exponent
    factor = "" if abs(mantissa - 1) < 1e-9 else rf"{mantissa:.3g} \times "
    return rf"{factor}10^{{{exponent}}}"


def step(delta: float) -> str:
    """The name of a curve at this step of the detunings, over gamma."""
    of_gamma = {0.0: "0", 1.0: r"\gamma"}.get(delta, rf"{delta:g}\,\gamma")
    return rf"$\Delta = {of_gamma}$"


def continued(
    first: Mapping[str, np.ndarray], later: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Tables of the same columns as one: of the second what lies beyond the end of the first."""
    place = next(iter(first))
    # Not at its end either: two values of nearly one place have no curve through them.
    beyond = later[place] > first[place][-1] * (1 + 1e-6)
    return {name: np.concatenate([first[name], later[name][beyond]]) for name in first}


def purities(states: np.ndarray) -> np.ndarray:
    """Tr rho^2 of states (t, d, d), without a look at the eigenvalues of a thousand levels each."""
    return np.array([np.vdot(rho, rho).real for rho in states])


def purity_return(
    network: te.Network, times: np.ndarray, states: np.ndarray, impurity: float
) -> float:
    """The time at which the purity comes back for good, from states of an evolution over times.

    The states between the last one with more impurity and the next are computed closely; their
    impurity falls nearly exponentially, and a spline of its logarithm agrees with `te.purity_time`
    to 1e-7. What happens after the last of the times is not looked at.
    """
    mixed = np.flatnonzero(1 - purities(states) >= impurity)[-1]
    after = np.linspace(0, times[mixed + 1] - times[mixed], 25)
    closely = te.evolve(network, after, states[mixed], te.Fock())
    excess = CubicSpline(after, np.log((1 - purities(closely.states)) / impurity))
    return float(times[mixed] + excess.solve(0.0, extrapolate=False)[-1])


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
    _letter(figure)
    for kind in KINDS:
        # No date in the file: the same figure is the same file.
        figure.savefig(folder / f"{name}.{kind}", dpi=DPI, metadata=_UNDATED[kind])
        figure.set_layout_engine("none")  # the first file's, which takes longer than to draw
    write_table(folder / f"{name}.csv", columns)


def _letter(figure: Figure) -> None:
    """Letters for panels that have none, in reading order.

    Beside a panel (b) of a paper, one of our own is (b) with a prime: every panel can be named.
    """
    panels = [axes for axes in figure.axes if axes.get_subplotspec() and axes.axison]
    panels = [axes for axes in panels if axes.get_label() != "<colorbar>"]
    if len(panels) < 2:
        return
    titles = [axes.get_title("left") or axes.get_title("center") for axes in panels]
    letters = [title[1] if title.startswith("(") else "" for title in titles]
    if not any(letters):
        letters = list("abcdefghij")[: len(panels)]
    else:
        for i in range(1, len(panels)):
            letters[i] = letters[i] or f"{letters[i - 1]}{_PRIME}"
    for axes, title, letter in zip(panels, titles, letters, strict=True):
        if letter and not title.startswith("("):
            where = "center" if axes.get_title("center") else "left"
            axes.set_title(f"({letter}) {title}".strip(), loc=where)


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
