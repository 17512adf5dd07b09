"""Hot sources of several poles: stated limits of time, and what the peers take for the same."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

import thermalent as te
from benchmarks.report import Row
from benchmarks.timing import best_seconds
from thermalent.continued_fraction.lattice import solve

# Of 900 points on two cores; and the number of points that `quick` takes of a side of 30.
MAP_SECONDS, SIDE, QUICK_SIDE = 60.0, 30, 6
HOT = (1e4, 3e-2)  # largest n_th and kappa/gamma of the hotter map
QUBITS, QUBITS_SECONDS = 12, 600.0  # on two cores
SAMPLED_ERROR = 0.01  # that trajectories and the chain both reach


def against_limits(quick: bool) -> list[Row]:
    """Cavities in a row, Butterworth filters, maps, the peers where they fit, and twelve qubits."""
    side = QUICK_SIDE if quick else SIDE
    rows = [_limit(*case) for case in _cases()]
    rows += [_beside(*peer) for peer in _peers()]
    rows.append(_map(side, 1e3, 1e-2, 1e-5, 2 * MAP_SECONDS * (side / SIDE) ** 2))
    return rows if quick else [*rows, _map(side, *HOT, 1e-2, None), _twelve_qubits()]


def _cases() -> list[tuple[str, te.Network, float, float]]:
    """Name, network, rtol and the seconds that it may take."""
    cases = [
        ("two cavities, n_th = 1220, kappa/gamma = 0.001", (1220, 1e-3, 2), 1e-9, 0.1),
        ("two cavities, n_th = 1000, kappa/gamma = 0.01", (1000, 0.01, 2), 1e-6, 0.5),
        ("three cavities, n_th = 1220, kappa/gamma = 0.01", (1220, 0.01, 3), 1e-5, 3.0),
    ]
    rows = [(name, _row(*of), rtol, limit) for name, of, rtol, limit in cases]
    for order in (5, 8):
        filtered = te.thermal_link(1220, filter=te.Filter.butterworth(order=order, fwhm=0.02))
        rows.append((f"Butterworth of order {order}, n_th = 1220, fwhm 0.02", filtered, 1e-4, 20.0))
    return rows


def _row(n_th: float, kappa: float, filters: int) -> te.Network:
    return te.thermal_link(n_th, kappa, filters=filters)


def _limit(name: str, network: te.Network, rtol: float, limit: float) -> Row:
    method = te.ContinuedFraction(rtol=rtol)
    result = te.steady_state(network, method)
    seconds = best_seconds(lambda: te.steady_state(network, method), most=20)
    return Row(
        name="several poles",
        quantity=f"{name}, rtol {rtol:.0e}",
        required=f"< {limit:g} s",
        measured=f"{seconds:.3g} s, C = {result.concurrence():.6f}",
        passed=seconds < limit,
        numbers={
            "seconds": seconds,
            "quanta": result.stats["quanta"],
            "tiers": result.stats["tiers"],
        },
    )


Peer = Callable[[te.Network, float], float]  # seconds for a network and an rtol


def _peers() -> list[tuple[str, te.Network, float, str, Peer]]:
    """Each peer where it fits: name of the case, network, rtol, the peer and its time."""
    return [
        ("two cavities, n_th = 4, kappa/gamma = 0.3", _row(4.0, 0.3, 2), 1e-5, "lattice", _lattice),
        ("two cavities, n_th = 0.3, kappa/gamma = 0.1", _row(0.3, 0.1, 2), 1e-5, "Fock", _fock),
        *(
            (
                f"{filters} cavities, n_th = 1220, kappa/gamma = 0.01",
                _row(1220, 0.01, filters),
                SAMPLED_ERROR,
                "trajectories",
                _trajectories,
            )
            for filters in (2, 3)
        ),
    ]


def _lattice(network: te.Network, rtol: float) -> float:
    """Every amplitude alike, as cold sources are solved; n_th = 4 is hot for it."""
    return best_seconds(lambda: solve.lattice_steady_state(network, rtol), most=3)


def _fock(network: te.Network, rtol: float) -> float:
    """The Fock basis with as many states as give this rtol."""
    return best_seconds(lambda: te.steady_state(network, te.Fock(tolerance=rtol)), most=3)


def _trajectories(network: te.Network, error: float) -> float:
    """Sampled fields. Their error falls with the root of their number."""
    method = te.FieldTrajectories(n=1024, threads=1)
    found = te.steady_state(network, method)  # with compiling its kernels
    seconds = best_seconds(lambda: te.steady_state(network, method), most=3)
    return seconds * max(1.0, (float(found.stats["standard_error"]) / error) ** 2)


def _beside(name: str, network: te.Network, rtol: float, peer: str, timed: Peer) -> Row:
    method = te.ContinuedFraction(rtol=rtol)
    chain = best_seconds(lambda: te.steady_state(network, method), most=5)
    other = timed(network, rtol)
    return Row(
        name="several poles",
        quantity=f"{name}, rtol {rtol:.0e}, beside {peer}",
        required="faster",
        measured=f"{chain:.3g} s, {peer} {other:.3g} s: {other / chain:.0f} times as long",
        passed=chain < other,
        numbers={"chain": chain, peer: other},
    )


def _map(side: int, n_th: float, kappa: float, rtol: float, limit: float | None) -> Row:
    """Two cavities over occupation and width; CPU time of one process, so twice that of two."""
    took, missed = [], 0
    for n in np.geomspace(1.0, n_th, side):
        for rate in np.geomspace(1e-3, kappa, side):
            network, method = _row(float(n), float(rate), 2), te.ContinuedFraction(rtol=rtol)
            began = time.process_time()
            try:
                te.steady_state(network, method)
            except te.SolveError:
                missed += 1
            took.append(time.process_time() - began)
    seconds = sum(took)
    found = f"{seconds:.3g} s, median {np.median(took):.2g} s, longest {max(took):.3g} s"
    return Row(
        name="several poles",
        quantity=f"map of {side} x {side} points to n_th = {n_th:.0e}, kappa/gamma = {kappa:g}, "
        f"rtol {rtol:.0e}",
        required="reported" if limit is None else f"< {limit:.3g} s of CPU",
        measured=f"{found}, {missed} not solved" if missed else found,
        passed=None if limit is None else seconds < limit and not missed,
        numbers={"seconds": seconds, "longest": max(took), "missed": missed},
    )


def _twelve_qubits() -> Row:
    """The last pair of twelve qubits; two threads take half of the CPU time."""
    network = te.thermal_link(100, 0.05, qubits=QUBITS)
    method = te.FieldJumps(
        n=64, keep=network.emitter_names[-2:], burn_in=160.0, window=160.0, threads=1
    )
    began = time.process_time()
    result = te.steady_state(network, method)
    seconds = time.process_time() - began
    margin, error = _margin(result.state), result.stats["batches"].standard_error(_margin)
    concurrence = result.concurrence()
    return Row(
        name="several poles",
        quantity="last pair of 12 qubits, n_th = 100, kappa/gamma = 0.05, concurrence to 0.02",
        required=f"< {2 * QUBITS_SECONDS:g} s of CPU, 0.02",
        measured=f"{seconds:.4g} s, C = {concurrence:.3f}({concurrence.error:.3f}), "
        f"margin {margin:.3f}({error:.3f})",
        passed=seconds < 2 * QUBITS_SECONDS and concurrence.error < 0.02,
        numbers={"seconds": seconds, "margin": margin, "error": error},
    )


def _margin(rho: np.ndarray) -> float:
    """What the concurrence of a state without coherences between charges is the positive part of.

    It may be negative, so that its standard error is one also where the concurrence is zero.
    """
    rho = rho.reshape(4, 4)
    return float(2 * (abs(rho[1, 2]) - np.sqrt(abs(rho[0, 0] * rho[3, 3]))))
