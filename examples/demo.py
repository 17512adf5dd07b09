"""Entanglement of two qubits against the temperature of the source that drives them.

Thermal link, n_th from 1 to 1e6 quanta, filters of three widths: the exact concurrence, the
distance to a second exact method where that is within reach, and the quasistatic limit of an
infinitely slow field. Prints a table and writes output/demo.png.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

import thermalent as te

# Filter widths over gamma, and colours that stay apart for colour-blind readers.
KAPPAS = {1e-1: "#0072B2", 1e-2: "#D55E00", 1e-3: "#CC79A7"}
CURVE = np.logspace(0, 6, 121)
POINTS = (1.0, 10.0, 100.0, 1220.0, 1e4, 1e5, 1e6)
# A Fock space holds a mode of 1220 quanta in 13,000 levels, and solves it in seconds.
CHECKED = 1220.0
OUTPUT = Path("output") / "demo.png"


def main() -> None:
    """Solve, print, plot."""
    began = time.perf_counter()
    console = Console()
    with Progress(console=console, transient=True) as progress:
        curves = {
            kappa: np.array([concurrence(n_th, kappa) for n_th in progress.track(CURVE)])
            for kappa in KAPPAS
        }
        rows = [row(n_th) for n_th in progress.track(POINTS, description="cross-check")]
    console.print("Concurrence of two qubits driven by thermal noise, k = kappa/gamma")
    console.print(table(rows))
    console.print(
        "Fock: largest trace distance to the Fock-truncated master equation, "
        f"which takes long above n_th = {CHECKED:g}"
    )
    plot(curves)
    console.print(f"{OUTPUT} written, {time.perf_counter() - began:.1f} s in all")


def concurrence(n_th: float, kappa: float) -> float:
    """The exact steady-state concurrence."""
    return te.steady_state(te.thermal_link(n_th=n_th, kappa=kappa)).concurrence()


def quasistatic(n_th: np.ndarray, kappa: float) -> np.ndarray:
    """The concurrence in the limit of a slow field of the same flux, THERMAL, Eq. (23)."""
    return te.analytic.upsilon_complement(kappa * n_th / 2)


def row(n_th: float) -> list[str]:
    """A line of the table: the concurrences, and the largest distance to the Fock solution."""
    links = [te.thermal_link(n_th=n_th, kappa=kappa) for kappa in KAPPAS]
    values = [f"{te.steady_state(link).concurrence():.6f}" for link in links]
    check = "not run"
    if n_th <= CHECKED:
        pairs = [
            te.cross_validate(link, [te.ContinuedFraction(), te.Fock(tolerance=1e-7)])
            for link in links
        ]
        agreed = "agree" if all(pair.agree for pair in pairs) else "DISAGREE"
        check = f"{agreed}, {max(pair.rows[1].distance for pair in pairs):.0e}"
    return [f"{n_th:g}", *values, check]


def table(rows: list[list[str]]) -> Table:
    """The concurrences with their cross-check."""
    result = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("n_th", *(f"k = {kappa:g}" for kappa in KAPPAS), "Fock"):
        result.add_column(heading, justify="right", no_wrap=True)
    for cells in rows:
        result.add_row(*cells)
    return result


def plot(curves: dict[float, np.ndarray]) -> None:
    """Concurrence against n_th, exact and quasistatic."""
    import matplotlib

    matplotlib.use("Agg")  # writes files on machines without a display
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
    for kappa, values in curves.items():
        colour = KAPPAS[kappa]
        axes.semilogx(CURVE, values, color=colour, label=rf"$\kappa/\gamma = {kappa:g}$")
        axes.semilogx(CURVE, quasistatic(CURVE, kappa), "--", color=colour, lw=1)
    axes.plot([], [], "k--", lw=1, label="quasistatic limit")
    axes.set(
        xlabel=r"thermal occupation $n_\mathrm{th}$",
        ylabel="steady-state concurrence",
        xlim=(CURVE[0], CURVE[-1]),
        ylim=(0, 1),
    )
    axes.legend(frameon=False)
    OUTPUT.parent.mkdir(exist_ok=True)
    figure.savefig(OUTPUT, dpi=160)
    plt.close(figure)


if __name__ == "__main__":
    main()
