"""THERMAL, Fig. 6(b): concurrence over the positions of two qubits in front of a mirror."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import binary_dilation

import thermalent as te
from figures import common
from figures.common import Report, Track
from figures.thermal_6a import DETUNING
from thermalent.solution.result import Outcome

N_TH = 2000.0
KAPPA = 1e-2  # over gamma
WAVELENGTHS = 1.0  # the whole map, along each axis
# The ridges are a tenth of a wavelength wide: where qubits are entangled, and in the squares beside
# those, the map is drawn from so many times as many positions along each axis.
FINER = 4
# Six digits of the concurrence, far below what a map can show.
RTOL = 1e-7
# Second route: Fock states of 1000 quanta take some ten seconds a point; at a lower temperature.
FOCK_N_TH = 100.0
FOCK_POINTS = 3  # along each axis, the last one at one wavelength
FOCK_TOLERANCE = 1e-8
# Measured: two threads are no faster than one, most of the time is spent on small matrices.
PROCESSES = 2


def main(folder: Path = common.FOLDER, *, points: int = 60, track: Track = common.silent) -> Report:
    """The map, with and without the action of the qubits on the cavity.

    Args:
        folder: Where thermal_6b.png, thermal_6b.csv and thermal_6b_fine.csv go.
        points: Positions along each axis, the last one at one wavelength from the mirror.
        track: Wraps the loop over the first qubit's positions in a progress bar.
    """
    places = _places(points)
    found = np.zeros((4, points, points))  # (z_1, z_2)
    # Spawned, not forked: a progress bar runs in a thread, which a fork would tear apart.
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        rows = [pool.submit(_row, i, places.tolist()) for i in range(points)]
        for i, row in enumerate(track(rows)):
            found[:, i] = row.result()
        fine = _finer(found[:2], pool.map)
    exact, without, cold, fock = found
    columns = {
        "k0_z1": np.repeat(places, points),
        "k0_z2": np.tile(places, points),
        "concurrence": exact.ravel(),
        "concurrence_no_backaction": without.ravel(),
        f"concurrence_n_th_{FOCK_N_TH:.0f}": cold.ravel(),
        f"concurrence_n_th_{FOCK_N_TH:.0f}_fock": fock.ravel(),
    }
    _draw(folder, fine, columns)
    common.write_table(folder / "thermal_6b_fine.csv", fine)
    values = _values(columns)
    return Report(
        columns=columns,
        agreement=(
            "continued fraction and Fock states agree to "
            f"{common.largest_difference(cold, fock):.0e} at {np.sum(~np.isnan(fock))} points "
            f"with n_th = {FOCK_N_TH:.0f}; steady state not unique at "
            f"{values['not unique']:.0f} of {points**2} points"
        ),
        values=values,
    )


def _places(points: int) -> np.ndarray:
    """k_0 z along one axis."""
    return 2 * np.pi * WAVELENGTHS * np.arange(1, points + 1) / points


def _finer(coarse: np.ndarray, over: Callable[..., Iterable[np.ndarray]]) -> dict[str, np.ndarray]:
    """The map on the finer grid, of which the coarse one is a part; zero far from all that is not.

    Args:
        coarse: Concurrence exact and without back-action, (2, points, points).
        over: `map`, or that of a pool.
    """
    entangled = np.any(coarse > 0, axis=0) | np.any(np.isnan(coarse), axis=0)
    near = binary_dilation(entangled, np.ones((3, 3), dtype=bool))
    near = near.repeat(FINER, axis=0).repeat(FINER, axis=1)
    places = _places(len(near))
    rows = [places[row] for row in near]
    found = np.zeros((2, *near.shape))
    for i, row in enumerate(over(_both, places, rows)):
        found[:, i, near[i]] = row
    return {
        "k0_z1": np.repeat(places, len(places)),
        "k0_z2": np.tile(places, len(places)),
        "concurrence": found[0].ravel(),
        "concurrence_no_backaction": found[1].ravel(),
    }


def _both(first: float, seconds: np.ndarray) -> np.ndarray:
    """Concurrence exact and without back-action, (2, len(seconds))."""
    pairs = [(first, second) for second in seconds.tolist()]
    rows = [[concurrence(pair, backaction=acts) for pair in pairs] for acts in (True, False)]
    return np.array(rows).reshape(2, len(pairs))


def _row(i: int, places: Sequence[float]) -> np.ndarray:
    """Concurrence exact, without back-action, and at some points the second route, (4, points)."""
    found = np.full((4, len(places)), np.nan)
    step = len(places) // FOCK_POINTS
    for j, second in enumerate(places):
        here = (places[i], second)
        found[:2, j] = concurrence(here), concurrence(here, backaction=False)
        if (i + 1) % step == 0 and (j + 1) % step == 0:
            fock = te.Fock(tolerance=FOCK_TOLERANCE)
            found[2, j] = concurrence(here, n_th=FOCK_N_TH)
            found[3, j] = concurrence(here, n_th=FOCK_N_TH, method=fock)
    return found


def concurrence(
    positions: Sequence[float],
    *,
    n_th: float = N_TH,
    detuning: Sequence[float] = DETUNING,
    backaction: bool = True,
    method: te.Method | None = None,
) -> float:
    """Concurrence of two qubits at these k_0 z; NaN where the steady state is not unique."""
    network = te.phononic_link(
        n_th, KAPPA, positions=positions, detuning=detuning, backaction=backaction
    )
    try:
        found = te.steady_state(network, method or te.ContinuedFraction(rtol=RTOL))
    except te.SolveError as error:
        if error.status.outcome is Outcome.NOT_UNIQUE:
            return float("nan")
        raise
    return found.concurrence()


def _values(columns: dict[str, np.ndarray]) -> dict[str, float]:
    exact, without = columns["concurrence"], columns["concurrence_no_backaction"]
    best, worst = int(np.nanargmax(exact)), int(np.nanargmax(np.abs(without - exact)))
    return {
        "largest concurrence": float(exact[best]),
        "at k0 z1 / pi": float(columns["k0_z1"][best] / np.pi),
        "at k0 z2 / pi": float(columns["k0_z2"][best] / np.pi),
        "entangled share": float(np.nanmean(exact > 0)),
        "not unique": float(np.sum(np.isnan(exact))),
        "highest error without back-action": float(np.nanmax(without - exact)),
        "lowest error without back-action": float(np.nanmin(without - exact)),
        "concurrence where it is largest": float(exact[worst]),
        "at its k0 z1 / pi": float(columns["k0_z1"][worst] / np.pi),
        "at its k0 z2 / pi": float(columns["k0_z2"][worst] / np.pi),
    }


def _draw(folder: Path, fine: dict[str, np.ndarray], columns: dict[str, np.ndarray]) -> None:
    points = math.isqrt(len(fine["k0_z1"]))
    first, second, exact, without = (
        fine[name].reshape(points, points)
        for name in ("k0_z1", "k0_z2", "concurrence", "concurrence_no_backaction")
    )
    with common.style():
        figure, (axes, error) = common.canvas(9.0, 3.9, 1, 2, sharex=True, sharey=True)
        _panel(axes, first, second, exact, common.CONCURRENCE, "viridis")
        axes.set_title(
            rf"(b) exact, $n_\mathrm{{th}} = {N_TH:.0f}$, "
            rf"$\kappa/\gamma = {common.power_of_ten(KAPPA)}$",
            loc="left",
        )
        label = r"$\mathcal{C}$ without back-action minus $\mathcal{C}$"
        # Nearly everywhere of one sign: the few negative values are too small to be seen.
        _panel(error, first, second, without - exact, label, "Reds")
        error.set_title("error of leaving out the back-action", loc="left")
        axes.set_ylabel(r"position of the second qubit $k_0 z_2 / \pi$")
        common.save("thermal_6b", folder, figure, columns)


def _panel(
    axes: Any,
    first: np.ndarray,
    second: np.ndarray,
    value: np.ndarray,
    label: str,
    colours: str,
) -> None:
    # Hatched grey shows through where the value is NaN.
    axes.set_facecolor("0.8")
    axes.patch.set(hatch="////", edgecolor="0.5")
    mesh = axes.pcolormesh(
        first / np.pi,
        second / np.pi,
        value,
        shading="gouraud",
        rasterized=True,
        cmap=colours,
        vmin=0.0,
        vmax=float(np.nanmax(value)),
    )
    axes.figure.colorbar(mesh, ax=axes, label=label)
    axes.set(xlabel=r"position of the first qubit $k_0 z_1 / \pi$", aspect="equal")
    axes.set(xticks=(0.5, 1, 1.5, 2), yticks=(0.5, 1, 1.5, 2))
