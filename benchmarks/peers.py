"""Steady states at equal accuracy, side by side with two other formulations, in one run."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TypeVar

import numpy as np

import thermalent as te
from benchmarks import qutip_fock, thermal_formulation
from benchmarks.report import Row, at_least
from benchmarks.timing import best_seconds, peak_memory

# A tolerance asked of us bounds the error; what is compared here is the error that is really there.
TOLERANCES = np.geomspace(1e-2, 1e-10, 17).tolist()  # two a decade

Choice = TypeVar("Choice", int, float)


def versus_formulation(quick: bool) -> list[Row]:
    """THERMAL's own 48 x 48 fraction in numpy, high temperature."""
    n_th, kappa, accuracy = 1e6, 1e-3, 1e-5
    exact = _converged(n_th, kappa)
    link = thermal_formulation.Link(n_th=n_th, kappa=kappa)

    def peer(n_max: int) -> np.ndarray:
        return thermal_formulation.steady_state(link, n_max=n_max)

    # In steps of a tenth of sqrt(n_th), the scale on which the error falls.
    choices = range(1900, 4000, 100)
    n_max, peer_error = _cheapest(choices, peer, exact, accuracy)
    rtol, our_error = _cheapest(TOLERANCES, lambda r: _ours(n_th, kappa, r), exact, accuracy)
    ours = best_seconds(lambda: _ours(n_th, kappa, rtol))
    theirs = best_seconds(lambda: peer(n_max), budget=0.0 if quick else 3.0)
    printed = best_seconds(
        lambda: thermal_formulation.steady_state(link, n_max=n_max, as_printed=True),
        budget=0.0 if quick else 3.0,
    )
    as_asked = best_seconds(lambda: _ours(n_th, kappa, accuracy))
    name = "formulation"
    return [
        at_least(
            name, f"steady state, n_th = 1e6, kappa/gamma = 1e-3, errors <= {accuracy:.0e}: speed",
            printed / ours, 150, "{} times the 48 x 48 numpy fraction",
            seconds=ours, error=our_error, rtol=rtol,
            peer_seconds=printed, peer_error=peer_error, peer_n_max=n_max,
        ),
        Row(
            name=name,
            quantity="the same, with every resolvent of the peer inverted once instead of 4 times",
            measured=f"{theirs / ours:.3g} times",
            numbers={"peer_seconds": theirs, "ratio": theirs / ours},
        ),
        _sides(
            name, ours, our_error, f"rtol = {rtol:.0e}", printed, peer_error, f"n_max = {n_max}"
        ),
        Row(
            name=name,
            quantity=f"the same, asked for rtol = {accuracy:.0e} (the guaranteed error)",
            measured=f"{as_asked * 1e3:.1f} ms, {printed / as_asked:.3g} times",
            numbers={"seconds": as_asked, "ratio": printed / as_asked},
        ),
    ]  # fmt: skip


def versus_qutip(quick: bool) -> list[Row]:
    """QuTiP's sparse direct steady state with the mode in a Fock basis, moderate temperature."""
    n_th, kappa, accuracy = 20.0, 0.05, 1e-6
    exact = _converged(n_th, kappa)

    def peer(cutoff: int) -> np.ndarray:
        return qutip_fock.steady_state(n_th, kappa, cutoff)

    # The thermal tail (nbar/(nbar + 1))^cutoff falls by 10 % per Fock state.
    choices = range(146, 170, 2)
    cutoff, peer_error = _cheapest(choices, peer, exact, accuracy)
    rtol, our_error = _cheapest(TOLERANCES, lambda r: _ours(n_th, kappa, r), exact, accuracy)
    ours = best_seconds(lambda: _ours(n_th, kappa, rtol))
    theirs = best_seconds(lambda: peer(cutoff), budget=0.0 if quick else 12.0)
    mine = peak_memory("thermalent", n_th, kappa, rtol)
    other = peak_memory("qutip", n_th, kappa, cutoff)
    # Resident memory has a grain; the arrays alone are the floor of what a solve takes.
    my_bytes = max(mine["peak"] - mine["warm"], mine["arrays"])
    name = "qutip"
    return [
        at_least(
            name, f"steady state, n_th = 20, kappa/gamma = 0.05, errors <= {accuracy:.0e}: speed",
            theirs / ours, 1000, "{} times QuTiP's sparse direct solve",
            seconds=ours, error=our_error, rtol=rtol,
            peer_seconds=theirs, peer_error=peer_error, peer_cutoff=cutoff,
        ),
        _sides(name, ours, our_error, f"rtol = {rtol:.0e}", theirs, peer_error, f"{cutoff} states"),
        at_least(
            name, "the same: peak memory of the solve, over that of a tiny solve",
            (other["peak"] - other["warm"]) / my_bytes, 50, "{} times less than QuTiP's",
            **{f"ours_{k}": v for k, v in mine.items()},
            **{f"peer_{k}": v for k, v in other.items()},
        ),
        Row(
            name=name,
            quantity="the same: solve; solve and compiled code over imports; all of the process",
            measured=f"{_megabytes(my_bytes, mine)} MB against "
            f"{_megabytes(other['peak'] - other['warm'], other)} MB",
        ),
    ]  # fmt: skip


def _ours(n_th: float, kappa: float, rtol: float) -> np.ndarray:
    network = te.thermal_link(n_th=n_th, kappa=kappa)
    return te.steady_state(network, te.ContinuedFraction(rtol=rtol)).state


def _converged(n_th: float, kappa: float) -> np.ndarray:
    """A state good to 1e-9, confirmed by the other formulation run to convergence."""
    exact = _ours(n_th, kappa, 1e-9)
    link = thermal_formulation.Link(n_th=n_th, kappa=kappa)
    n_max = 10 + math.ceil(6 * math.sqrt(n_th))
    other = thermal_formulation.steady_state(link, n_max=n_max)
    difference = _error(other, exact)
    if not difference < 1e-9:
        raise RuntimeError(f"The two formulations differ by {difference:.1e} when converged.")
    return exact


def _cheapest(
    choices: Iterable[Choice],
    solve: Callable[[Choice], np.ndarray],
    exact: np.ndarray,
    accuracy: float,
) -> tuple[Choice, float]:
    """The first of the choices, in order of cost, with a true error within the accuracy."""
    for choice in choices:
        error = _error(solve(choice), exact)
        if error <= accuracy:
            return choice, error
    raise RuntimeError(f"None of the truncations reaches an error of {accuracy:.0e}.")


def _error(state: np.ndarray, exact: np.ndarray) -> float:
    return float(np.max(np.abs(state - exact)))


def _sides(
    name: str, ours: float, our_error: float, how: str, theirs: float, error: float, peer: str
) -> Row:
    return Row(
        name=name,
        quantity="the same: time and largest true error of an element",
        measured=f"{ours * 1e3:.1f} ms, {our_error:.1e} ({how}) against "
        f"{theirs * 1e3:.0f} ms, {error:.1e} ({peer})",
    )


def _megabytes(solve: float, memory: dict[str, float]) -> str:
    values = (solve, memory["peak"] - memory["imports"], memory["peak"])
    return "; ".join(f"{value / 1e6:.3g}" for value in values)
