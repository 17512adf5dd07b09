"""Strong noise: QuTiP's hierarchical equations of motion beside ours."""

from __future__ import annotations

import time
import warnings

import numpy as np

import thermalent as te
from benchmarks import qutip_heom, thermal_formulation
from benchmarks.report import Row, at_most
from benchmarks.timing import best_seconds

KAPPA = 0.5
NAME = "heom"
# <|epsilon|^2> / gamma^2, and depths of the hierarchy to try there.
CASES = {1.0: (30, 50), 10.0: (30, 40, 50), 30.0: (50,), 100.0: (50, 60)}
QUICK = {10.0: (30, 50), 100.0: (50,)}
# Difference of ours from the independent fraction: ten times what both claim, 1e-10.
ACCURACY = 1e-9


def versus_heom(quick: bool) -> list[Row]:
    """Where its default steady state is right, where it is not, and whether it says so."""
    strength, depth = 0.1, 14
    exact = _exact(strength).state
    error = _distance(qutip_heom.steady_state(strength, KAPPA, depth), exact)
    rows = [
        at_most(
            NAME, f"QuTiP agrees with ours at <|eps|^2> = {strength} gamma^2, depth {depth}: error",
            error, 1e-6, "{}",
        )
    ]  # fmt: skip
    for strength, depths in (QUICK if quick else CASES).items():
        rows.extend(_compare(strength, depths))
    return rows


def _compare(strength: float, depths: tuple[int, ...]) -> list[Row]:
    """Ours at one field strength, then QuTiP's at each depth; errors against a third solver."""
    link = thermal_formulation.Link(n_th=2 * strength / KAPPA, kappa=KAPPA)
    reference = thermal_formulation.steady_state(link, n_max=200)
    result = _exact(strength)
    seconds = best_seconds(lambda: _exact(strength), budget=0.1)
    error, lowest = _distance(result.state, reference), _lowest(result.state)
    where = f"<|eps|^2> = {strength:g} gamma^2"
    ours = Row(
        name=NAME,
        quantity=f"{where}, ours: populations; error; smallest eigenvalue",
        required=f"error <= {ACCURACY:.0e}, a state",
        measured=f"{_populations(result.state)}; {error:.0e}; {lowest:.3f}; {seconds * 1e3:.1f} ms",
        passed=bool(error <= ACCURACY and lowest >= 0),
        numbers={
            "error": error,
            "claimed": float(result.error),
            "smallest eigenvalue": lowest,
            "seconds": seconds,
        },
    )
    return [ours, *(_peer(strength, depth, where, reference) for depth in depths)]


def _peer(strength: float, depth: int, where: str, reference: np.ndarray) -> Row:
    began = time.process_time()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        rho = qutip_heom.steady_state(strength, KAPPA, depth)
    seconds = time.process_time() - began
    said = "; ".join(str(item.message) for item in caught) or "no warning"
    error, lowest = _distance(rho, reference), _lowest(rho)
    return Row(
        name=NAME,
        quantity=f"{where}, QuTiP at depth {depth}",
        measured=f"{_populations(rho)}; {error:.0e}; {lowest:.3f}; {seconds * 1e3:.0f} ms; {said}",
        numbers={
            "error": error,
            "trace": float(np.trace(rho).real),
            "smallest eigenvalue": lowest,
            "seconds": seconds,
            "warnings": said,
        },
    )


def _exact(strength: float) -> te.SteadyState:
    return te.steady_state(te.thermal_link(n_th=2 * strength / KAPPA, kappa=KAPPA))


def _distance(rho: np.ndarray, other: np.ndarray) -> float:
    return float(np.max(np.abs(rho - other)))


def _lowest(rho: np.ndarray) -> float:
    return float(np.linalg.eigvalsh((rho + rho.conj().T) / 2)[0])


def _populations(rho: np.ndarray) -> str:
    return " ".join(f"{p:.3f}" for p in np.diag(rho).real)
