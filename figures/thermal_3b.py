"""THERMAL, Fig. 3(b): one qubit driven by a thermal source of fixed flux."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import thermalent as te
from figures import colours, common
from figures.common import Report, Track
from thermalent import stochastic

FLUX = 10.0  # Phi over gamma
BANDWIDTHS = (10.0, 1.0, 0.1, 0.01)  # kappa over gamma
SPAN = 5.0  # gamma t
RTOL = 1e-6
# Second routes: trajectories and, for cold sources, Fock states at every few times; the coherent
# drive stepped through.
FOCK = (10.0, 1.0)
RUNS, EVERY, STEP = 4000, 10, 1e-3


def main(
    folder: Path = common.FOLDER, *, points: int = 251, track: Track = common.silent
) -> Report:
    """The excited population over time for several bandwidths, and for a coherent drive.

    Args:
        folder: Where thermal_3b.png and thermal_3b.csv go.
        points: Times, from zero on.
        track: Wraps the loop over the bandwidths in a progress bar.
    """
    times = np.linspace(0, SPAN, points)
    columns = {"gamma_t": times}
    values, deviation, fock = {}, 0.0, 0.0
    for kappa in track(BANDWIDTHS):
        exact = te.evolve(link(kappa), times, "0", te.ContinuedFraction(rtol=RTOL))
        columns[f"p1_kappa_{kappa:g}"] = population = exact.populations()["1"]
        sampled = np.full(points, np.nan)
        some = slice(EVERY, None, EVERY)
        runs = te.evolve(link(kappa), times[some], "0", stochastic.FieldTrajectories(n=RUNS))
        sampled[some] = runs.populations()["1"]
        columns[f"p1_kappa_{kappa:g}_trajectories"] = sampled
        columns[f"p1_kappa_{kappa:g}_standard_error"] = spread = np.full(points, np.nan)
        spread[some] = runs.populations()["1"].error
        distance = np.abs(runs.states - exact.states[some]).max(axis=(1, 2))
        deviation = max(deviation, float(np.max(distance / runs.error)))
        if kappa in FOCK:
            other = te.evolve(link(kappa), times[some], "0", te.Fock(tolerance=RTOL))
            columns[f"p1_kappa_{kappa:g}_fock"] = column = np.full(points, np.nan)
            column[some] = other.populations()["1"]
            fock = max(fock, common.largest_difference(population, column))
        peak = int(np.argmax(population))
        steady = te.steady_state(link(kappa)).populations()["1"]
        values[f"largest, kappa {kappa:g}"] = float(population[peak])
        values[f"at gamma t, kappa {kappa:g}"] = float(times[peak])
        values[f"steady, kappa {kappa:g}"] = steady
    columns["p1_static_field"] = static(times)
    columns["p1_coherent"] = coherent(times, FLUX)
    stepped = coherent_stepped(times)
    _draw(folder, columns, values)
    return Report(
        columns=columns,
        agreement=(
            f"{RUNS} trajectories agree with the exact states to {deviation:.1f} standard errors, "
            f"Fock states at kappa/gamma = {' and '.join(f'{k:g}' for k in FOCK)} to {fock:.0e}; "
            "closed form and steps of the coherent drive to "
            f"{common.largest_difference(columns['p1_coherent'], stepped):.0e}"
        ),
        values=values,
    )


def link(kappa: float) -> te.Network:
    """One qubit behind a source with the flux of the figure, kappa n_th / 2."""
    return te.thermal_link(2 * FLUX / kappa, kappa, qubits=1)


def coherent(times: np.ndarray, flux: np.ndarray | float) -> np.ndarray:
    r"""Excited population of a resonantly driven qubit that starts in its ground state.

    $$p_1(t) = \frac{\Omega^2}{1 + 2\Omega^2} \Big[ 1 - e^{-3t/4}
      \Big( \cos\lambda t + \frac{3}{4\lambda} \sin\lambda t \Big) \Big], \qquad
      \lambda^2 = \Omega^2 - \tfrac{1}{16}$$

    with gamma = 1. The drive sqrt(Phi) (sigma^+ + sigma^-) flips the qubit in half a turn of
    Omega = 2 sqrt(Phi): twice the frequency that THERMAL calls Omega_R.

    Args:
        times: gamma t, any shape.
        flux: Phi/gamma, > 0 and not 1/64, of a shape that broadcasts with the times.

    Returns:
        The population, in the joint shape.

    Source: optical Bloch equations; THERMAL, Eq. (16) for a constant amplitude.
    """
    square = 4 * np.asarray(flux, dtype=float)
    root = np.sqrt(square - 1 / 16 + 0j)
    turning = np.cos(root * times) + 0.75 * np.sin(root * times) / root
    return square / (1 + 2 * square) * (1 - np.exp(-0.75 * times) * turning.real)


def static(times: np.ndarray) -> np.ndarray:
    """The limit of a narrow source: the coherent drive, averaged over a thermal amplitude, (t,).

    Gauss-Legendre nodes for the amplitude up to 6 standard deviations (its weight there: 2e-16).
    """
    nodes, weights = np.polynomial.legendre.leggauss(400)
    amplitude, weights = 3 * (nodes + 1), 3 * weights
    law = 2 * amplitude * np.exp(-(amplitude**2)) * weights
    return coherent(times[:, None], FLUX * amplitude**2) @ law


def coherent_stepped(times: np.ndarray) -> np.ndarray:
    """The coherent drive as a field of constant amplitude, in small steps, (t,)."""
    kappa = BANDWIDTHS[-1]
    steps = int(np.ceil((times[1] - times[0]) / STEP))
    step = (times[1] - times[0]) / steps
    integrals = np.full((1, steps * (len(times) - 1)), np.sqrt(FLUX / kappa) * step)
    states = stochastic.along(link(kappa), integrals, step=step, initial="0", every=steps)
    return states[0, :, 1, 1].real


def _draw(folder: Path, columns: dict[str, np.ndarray], values: dict[str, float]) -> None:
    times = columns["gamma_t"]
    with common.style():
        figure, axes = common.canvas(5.2, 4.2)
        axes.plot(
            times, columns["p1_coherent"], color="#555555", lw=1.0, ls="--", label="coherent drive"
        )
        for kappa in BANDWIDTHS:
            colour = colours.of_bandwidth(kappa)
            name = f"p1_kappa_{kappa:g}"
            axes.plot(times, columns[name], color=colour, label=rf"$\kappa/\gamma = {kappa:g}$")
            some = slice(EVERY, None, 2 * EVERY)
            common.sampled(
                axes,
                times[some],
                columns[f"{name}_trajectories"][some],
                columns[f"{name}_standard_error"][some],
                colour,
            )
            axes.plot(
                [0.985 * SPAN, SPAN], [values[f"steady, kappa {kappa:g}"]] * 2, color="black", lw=1
            )
        axes.plot([], [], color="black", lw=1, label="steady state (right edge)")
        common.sampled(axes, [], [], [], "0.3", label=f"{RUNS} trajectories")
        axes.plot(
            times, columns["p1_static_field"], color="black", lw=0.8, ls=":", label="static field"
        )
        axes.set(xlabel=r"time $\gamma t$", ylabel=r"excited population $p_1$")
        axes.set(xlim=(0, SPAN), ylim=(0, 0.9))
        axes.set_title(rf"(b) $\Phi = {FLUX:g}\,\gamma$", loc="left")
        figure.legend(**{**common.BELOW, "ncols": 3})
        common.save("thermal_3b", folder, figure, columns)
