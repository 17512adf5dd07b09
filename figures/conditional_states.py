"""What an observer of the source knows: the qubits' state given the amplitude, and the averages."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import thermalent as te
from figures import colours, common
from figures.common import Report, Track
from thermalent.analytic.quasistatic import dark_state

N_TH, KAPPA = 1220.0, 1e-2  # of the maps; kappa over gamma
BANDWIDTHS = (1e-3, 1e-2, 3e-2)  # of the cuts
SPAN = 2.5  # of |alpha|, in units of sqrt(V)
OBSERVED = {10.0: (3e-3, 1.0), 1220.0: (3e-4, 0.2)}  # n_th, and the range of kappa over gamma
HISTORIES = 800
SAMPLED = 7  # bandwidths with histories
_LABELS = {10.0: (6e-3, 0.3), 1220.0: (1.7e-3, 0.84)}  # where the labels of n_th stand
_BETWEEN = 5  # steps of the bandwidth from one of them to the next
# A source that its emitters act back on: a waveguide with a mirror, detuned qubits.
COLD = te.phononic_link(
    n_th=2.0, kappa=0.05, positions=(2 * np.pi, 4 * np.pi), detuning=(0.25, -0.25)
)


class Observed(NamedTuple):
    """Concurrences over the bandwidth: of the mean state, given the present, given the past."""

    kappa: np.ndarray
    mean: np.ndarray
    present: np.ndarray
    sampled: np.ndarray
    past: np.ndarray
    error: np.ndarray


def main(
    folder: Path = common.FOLDER, *, points: int = 101, track: Track = common.silent
) -> Report:
    """Maps and cuts of the conditional state, what its observer has, and a source acted back on.

    Args:
        folder: Where conditional_states.png and its tables go.
        points: Radii, and points of a map in each direction.
        track: Wraps the loop over the bandwidths of the averages in a progress bar.
    """
    hot = te.conditional_states(common.link(N_TH, KAPPA))
    radii = np.linspace(0.0, SPAN, points)
    columns: dict[str, np.ndarray] = {"radius": radii, "density": 2 * radii * np.exp(-(radii**2))}
    for kappa in BANDWIDTHS:
        states = te.conditional_states(common.link(N_TH, kappa))
        alpha = radii * np.sqrt(states.variance)
        columns[f"concurrence_{kappa:g}"] = np.asarray(states.concurrence(alpha))
        ket = dark_state(alpha, kappa)
        columns[f"dark_state_{kappa:g}"] = 2 * np.abs(ket[:, 1]) ** 2
    average = hot.average()
    observed = {n_th: _observed(n_th, track) for n_th in OBSERVED}
    cold = {name: te.conditional_states(COLD, distribution=name) for name in ("Wigner", "Husimi")}
    for name, states in cold.items():
        alpha = radii * np.sqrt(states.variance)
        # Relative to its value at zero if nothing acted back.
        columns[name] = np.pi * states.variance * np.asarray(states.density(alpha))
    columns["alone"] = np.exp(-(radii**2))
    columns["concurrence_given_Husimi"] = np.asarray(cold["Husimi"].concurrence(alpha))
    _draw(folder, columns, hot, observed)
    for n_th, table in observed.items():
        sampled = np.isin(table.kappa, table.sampled)
        rows = {name: np.full(len(table.kappa), np.nan) for name in ("past", "standard_error")}
        rows["past"][sampled], rows["standard_error"][sampled] = table.past, table.error
        written = {"kappa": table.kappa, "mean": table.mean, "present": table.present, **rows}
        common.write_table(folder / f"conditional_states_{n_th:g}.csv", written)
    past = hot.average_over_histories(n=2 * HISTORIES)
    return Report(
        columns=columns,
        agreement=_agreement(hot),
        values={
            "concurrence of the mean state": hot.mean.concurrence(),
            "given the present amplitude": average,
            "given the whole past": past,
            "its error": past.error,
            "Wigner function at zero, over that of the source alone": float(columns["Wigner"][0]),
            "cold source, mean state": cold["Husimi"].mean.concurrence(),
            "cold source, given the heterodyne result": cold["Husimi"].average(),
        },
    )


def _observed(n_th: float, track: Track) -> Observed:
    kappa = np.geomspace(*OBSERVED[n_th], _BETWEEN * (SAMPLED - 1) + 1)
    sampled = kappa[::_BETWEEN]
    mean, present, past, error = [], [], [], []
    for k in track(list(kappa)):
        states = te.conditional_states(common.link(n_th, float(k)))
        mean.append(float(states.mean.concurrence()))
        present.append(float(states.average()))
        if k in sampled:
            estimate = states.average_over_histories(n=HISTORIES)
            past.append(float(estimate))
            error.append(estimate.error)
    return Observed(kappa, *(np.array(row) for row in (mean, present, sampled, past, error)))


def _agreement(states: te.ConditionalStates) -> str:
    """The average of the states over the plane against the steady state, by a sum over radii."""
    x, weight = np.polynomial.legendre.leggauss(60)
    radius = 3 * (1 + x)
    rows = states.populations(radius * np.sqrt(states.variance))
    mean = states.mean.populations()
    off = max(
        abs(float(3 * weight @ (2 * radius * np.exp(-(radius**2)) * np.asarray(row))) - mean[name])
        for name, row in rows.items()
    )
    return f"populations averaged over the plane are those of the steady state to {off:.0e}"


def _draw(
    folder: Path,
    columns: dict[str, np.ndarray],
    hot: te.ConditionalStates,
    observed: dict[float, Observed],
) -> None:
    with common.style():
        figure, grid = common.canvas(9.6, 6.3, 2, 3)
        (first, second, cuts), (average, source, heterodyne) = grid
        points = len(columns["radius"])
        _map(figure, first, hot, "concurrence", points)
        first.set_title(
            rf"(a) $n_\mathrm{{th}} = {N_TH:.0f}$, $\kappa/\gamma = "
            rf"{common.power_of_ten(KAPPA)}$",
            loc="left",
        )
        _map(figure, second, hot, "S", points)
        second.set_title("(b) singlet", loc="left")
        _cuts(cuts, columns)
        _averages(average, observed)
        _source(source, heterodyne, columns)
        lines = average.get_legend_handles_labels()
        figure.legend(*lines, title="mean concurrence in (d)", **common.BELOW)
        common.save("conditional_states", folder, figure, columns)


def _map(figure: Any, axes: Any, states: te.ConditionalStates, of: str, points: int) -> None:
    """A number over the plane, in units of sqrt(V)."""
    width = SPAN / np.sqrt(2)
    axis = np.linspace(-width, width, points)
    modulus = np.hypot(axis[:, None], axis[None, :])
    radii = np.linspace(0.0, SPAN, 4 * points)
    alpha = radii * np.sqrt(states.variance)
    values = states.concurrence(alpha) if of == "concurrence" else states.populations(alpha)[of]
    image = axes.pcolormesh(
        axis,
        axis,
        np.interp(modulus, radii, np.asarray(values)),
        cmap="viridis",
        vmin=0,
        vmax=1,
        rasterized=True,
    )
    angle = np.linspace(0, 2 * np.pi, 181)
    axes.plot(np.cos(angle), np.sin(angle), "--", color="white", lw=0.9)
    label = common.CONCURRENCE if of == "concurrence" else common.STATE_LABELS[of]
    figure.colorbar(image, ax=axes, label=label, shrink=0.9)
    axes.set(
        xlabel=r"Re $\alpha/\sqrt{V}$",
        ylabel=r"Im $\alpha/\sqrt{V}$" if of == "concurrence" else None,
        aspect="equal",
    )


def _cuts(axes: Any, columns: dict[str, np.ndarray]) -> None:
    radii = columns["radius"]
    axes.fill_between(radii, 0, 0.35 * columns["density"], color="#dddddd", lw=0)
    axes.text(0.75, 0.06, "density", color="#666666", ha="center")
    for kappa in BANDWIDTHS:
        colour = colours.of_bandwidth(kappa)
        label = rf"$\kappa/\gamma = {common.power_of_ten(kappa)}$"
        axes.plot(radii, columns[f"concurrence_{kappa:g}"], color=colour, label=label)
        axes.plot(radii, columns[f"dark_state_{kappa:g}"], "--", color=colour, lw=0.9)
    axes.set(xlabel=r"$|\alpha|/\sqrt{V}$", ylabel=common.CONCURRENCE)
    axes.set(xlim=(0, SPAN), ylim=(0, 1.02))
    axes.set_title("(c) dashed: dark state", loc="left")
    axes.legend(loc="center right", bbox_to_anchor=(1, 0.5))


def _averages(axes: Any, observed: dict[float, Observed]) -> None:
    for n_th, table in observed.items():
        colour = colours.of_occupation(n_th)
        axes.semilogx(table.kappa, table.mean, ":", color=colour)
        axes.semilogx(table.kappa, table.present, color=colour)
        axes.errorbar(
            table.sampled, table.past, table.error, fmt="o", color=colour, ms=3.5, capsize=2
        )
        label = rf"$n_\mathrm{{th}} = {n_th:.0f}$"
        axes.text(*_LABELS[n_th], label, color=colour, ha="right")
    for style, label in ((":", "of the mean state"), ("-", "given the present amplitude")):
        axes.plot([], [], style, color="black", label=label)
    axes.plot([], [], "o", color="black", ms=3.5, label="given the whole past")
    axes.set(xlabel=common.BANDWIDTH, ylabel="mean " + common.CONCURRENCE)
    axes.set(xlim=(5e-5, 1.3), ylim=(0, 1))
    axes.set_title("(d) what an observer has", loc="left")


def _source(source: Any, heterodyne: Any, columns: dict[str, np.ndarray]) -> None:
    radii = columns["radius"]
    for name, colour in zip(("Wigner", "Husimi"), common.COLOURS, strict=False):
        source.plot(radii, columns[name], color=colour, label=name)
    source.plot(radii, columns["alone"], "--", color="black", lw=1.0, label="source alone")
    source.set(xlabel=r"$|\alpha|/\sqrt{W}$", ylabel=r"$\pi W \times$ distribution of the mode")
    source.set(xlim=(0, SPAN), ylim=(0, 1.05))
    source.set_title("(e) qubits act back", loc="left")
    source.legend(loc="upper right")
    heterodyne.plot(radii, columns["concurrence_given_Husimi"], color=common.COLOURS[0])
    heterodyne.set(
        xlabel=r"heterodyne result $|\alpha|/\sqrt{W}$",
        ylabel=common.CONCURRENCE,
        xlim=(0, SPAN),
        ylim=(0, None),
    )
    heterodyne.set_title("(f) given a heterodyne result", loc="left")
