"""COOPERATIVE, Fig. 3: what individual decay and detuning do, and what a pumped qudit holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import thermalent as te
from figures import common, curves
from figures.common import Report, Track
from figures.cooperative_2 import ENERGY, KAPPA, STARTS, TIME, draw
from thermalent.analytic.cooperative import detuned_amplitudes, pair_energy, pair_populations

LATEST = 2000.0
ALPHA = 0.05 * KAPPA
DELTA = 0.1
CLOCKWORK_LATEST = 8.0  # in 1/kappa
CLOCKWORK_POINTS = 241
PUMPS = (0.0, 6.0)
PUMPED = 61
SCHEMES = {
    "lowest transition": ("coherent", "lowest transition", common.COLOURS[0]),
    "laser": ("coherent", "four-level laser", common.COLOURS[1]),
    "incoherent": ("incoherent", "lowest transition, incoherent pump", common.COLOURS[2]),
}
AMPLITUDES = {"10": (1.0, 0.0), "S": (-(0.5**0.5), 0.5**0.5), "T": (0.5**0.5, 0.5**0.5)}


def main(
    folder: Path = common.FOLDER, *, points: int = 801, track: Track = common.silent
) -> Report:
    """Panels (a) to (e) of the paper, and (f) the steady state against the pump.

    The clockwork's level scheme is not available: three reconstructions are drawn.

    Args:
        folder: Where cooperative_3.png and cooperative_3.csv go.
        points: Times of panels (a) to (d), at least as many as in (e).
        track: Wraps the loop over initial states and schemes in a progress bar.
    """
    times = np.linspace(0.0, LATEST, points)
    columns, differences = {"omega_t": times}, [0.0]
    for job in track([*STARTS, *SCHEMES]):
        if job in STARTS:
            columns |= _alone(times, job, differences) | _detuned(times, job, differences)
        else:
            columns |= _clockwork(job, points, differences)
    with common.style():
        figure = Figure(figsize=(6.6, 8.2), dpi=common.DPI)
        pairs, pumped = figure.subfigures(2, 1, height_ratios=(2, 1.15))
        axes = pairs.subplots(2, 2)
        _draw_pairs(axes, columns)
        pairs.legend(*axes[0, 0].get_legend_handles_labels(), **common.BELOW)
        _draw_clockwork(pumped.subplots(1, 2), columns)
        lines = {"loc": "outside lower center", "ncols": 3, "frameon": False}
        pumped.legend(*pumped.axes[1].get_legend_handles_labels(), **lines)
        common.save("cooperative_3", folder, figure, columns)
    return Report(
        columns=columns,
        agreement="master equation, closed forms and steady states agree to "
        f"{max(differences):.0e}",
        values={
            f"E_N, {scheme}": te.steady_state(_network(scheme)).logarithmic_negativity()
            for scheme in SCHEMES
        },
    )


def _alone(times: np.ndarray, start: str, differences: list[float]) -> dict[str, np.ndarray]:
    """Energy and fidelity with individual decay; closed forms beside them."""
    network = te.cooperative(2, 2 * KAPPA, 2 * ALPHA)
    found = te.evolve(network, times, start).populations()
    energy = found["S"] + found["T"] + 2 * found["11"]
    closed = pair_populations(times, start, 2 * KAPPA, 2 * ALPHA).singlet
    differences += [
        common.largest_difference(found["S"], closed),
        common.largest_difference(energy, pair_energy(times, start, 2 * KAPPA, 2 * ALPHA)),
    ]
    return {f"alone_E_{start}": energy, f"alone_F_{start}": found["S"]}


def _detuned(times: np.ndarray, start: str, differences: list[float]) -> dict[str, np.ndarray]:
    """The same with detuning; from one excitation the closed amplitudes beside them."""
    network = te.cooperative(2, 2 * KAPPA, detuning=(0.0, DELTA))
    found = te.evolve(network, times, start).populations()
    energy = found["S"] + found["T"] + 2 * found["11"]
    if start in AMPLITUDES:
        a = detuned_amplitudes(times, 2 * KAPPA, DELTA, AMPLITUDES[start])
        differences += [
            common.largest_difference(energy, np.sum(np.abs(a) ** 2, axis=1)),
            common.largest_difference(found["S"], np.abs(a[:, 0] - a[:, 1]) ** 2 / 2),
        ]
    return {f"detuned_E_{start}": energy, f"detuned_F_{start}": found["S"]}


def _network(scheme: str, **options: float) -> te.Network:
    """A reconstruction with the paper's rates, kappa = 1."""
    pump = SCHEMES[scheme][0]
    levels = "laser" if scheme == "laser" else "lowest transition"
    return te.clockwork(levels, pump=pump, **options)


def _clockwork(scheme: str, points: int, differences: list[float]) -> dict[str, np.ndarray]:
    """E_N over time from |10>, resonant and detuned, and in the steady state against the pump."""
    times = np.linspace(0.0, CLOCKWORK_LATEST, CLOCKWORK_POINTS)
    columns = {"kappa_t": times}
    for name, delta in (("", 0.0), ("_detuned", 0.5)):
        network = _network(scheme, detuning=delta)
        found = _log_negativity(te.evolve(network, [*times, 400.0], "10"))
        columns[f"E_N{name}_{scheme}"] = found[:-1]
        steady = te.steady_state(network).logarithmic_negativity()
        differences.append(abs(found[-1] - steady))
    pumps = PUMPS[1] * np.linspace(0, 1, PUMPED) ** 2  # closer where a weak pump does most
    factor = 2.0 if scheme == "incoherent" else 1.0  # a rate counts double, an amplitude does not
    columns["epsilon"] = pumps
    columns[f"steady_E_N_{scheme}"] = np.array(
        [
            te.steady_state(_network(scheme, pumping=factor * pump)).logarithmic_negativity()
            for pump in pumps
        ]
    )
    return {name: _padded(column, points) for name, column in columns.items()}


def _padded(column: np.ndarray, points: int) -> np.ndarray:
    """Columns of one length: what was not computed stays empty."""
    return np.concatenate([column, np.full(points - len(column), np.nan)])


def _log_negativity(evolution: te.Evolution) -> np.ndarray:
    return np.log2(1 + 2 * evolution.negativity())


def _draw_pairs(axes: Any, columns: dict[str, np.ndarray]) -> None:
    for row, kind, title in (
        (0, "alone", rf"$\alpha = {ALPHA / KAPPA:g}\,\kappa$, $\delta = 0$"),
        (1, "detuned", rf"$\alpha = 0$, $\delta = {DELTA:g}\,\omega$"),
    ):
        of_kind = {"omega_t": columns["omega_t"]} | {
            name.removeprefix(f"{kind}_"): column
            for name, column in columns.items()
            if name.startswith(kind)
        }
        draw(axes[row, 0], of_kind, "E")
        draw(axes[row, 1], of_kind, "F")
        for ax, label, top, letter in zip(
            axes[row],
            (ENERGY, r"$F = \langle\Psi_-|\rho|\Psi_-\rangle$"),
            (2.05, 1.05),
            "abcd"[2 * row :],
            strict=False,
        ):
            ax.set(xlabel=TIME, ylabel=label, xlim=(0, LATEST), ylim=(-0.03, top))
            ax.set_title(f"({letter}) {title}")
    for line in axes[1, 1].lines:
        line.set_linewidth(1.0)
    axes[1, 1].set_xlim(0, LATEST / 4)  # or its 32 periods would be a grey area


def _draw_clockwork(axes: Any, columns: dict[str, np.ndarray]) -> None:
    over_time, over_pump = axes
    for scheme, (_, label, colour) in SCHEMES.items():
        for name, line in (("E_N", "-"), ("E_N_detuned", ":")):
            drawn = curves.curve(columns["kappa_t"], columns[f"{name}_{scheme}"], scale="linear")
            over_time.plot(*drawn, line, color=colour)
        drawn = curves.curve(columns["epsilon"], columns[f"steady_E_N_{scheme}"], scale="root")
        over_pump.plot(*drawn, color=colour, label=label)
    over_pump.axvline(2.0, color="0.6", lw=0.8)
    over_time.plot([], [], color="0.3", label=r"$\delta = 0$")
    over_time.plot([], [], ":", color="0.3", label=r"$\delta = 0.5\,\kappa$")
    over_time.legend(loc="lower right")
    negativity = r"logarithmic negativity $E_N$"
    over_time.set(xlabel=r"time $\kappa t$", ylabel=negativity, xlim=(0, CLOCKWORK_LATEST))
    over_time.set(ylim=(0, None), title=r"(e) pumped qudit, from $|10\rangle$")
    over_pump.set(xlabel=r"pump $\varepsilon/\kappa$", ylabel=negativity, xlim=(0, PUMPS[1]))
    over_pump.set(ylim=(0, None), title="(f) pumped qudit, steady state")
