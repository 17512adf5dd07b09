"""Hot sources of several poles: stated limits of time, and what the lattice of modes takes."""

from __future__ import annotations

import time

import numpy as np

import thermalent as te
from benchmarks.report import Row
from benchmarks.timing import best_seconds
from thermalent.continued_fraction.lattice import solve

MAP_SECONDS = 60.0  # of 900 points on two cores
QUBITS, QUBITS_SECONDS = 12, 600.0  # on two cores


def against_limits(quick: bool) -> list[Row]:
    """Cavities in a row and a Butterworth filter at room temperature; the lattice where it fits."""
    cases = [
        ("two cavities", te.thermal_link(1220, 1e-3, filters=2), 1e-9, 0.1),
        ("two cavities, kappa/gamma = 0.01", te.thermal_link(1000, 0.01, filters=2), 1e-6, 0.5),
        ("three cavities, kappa/gamma = 0.01", te.thermal_link(1220, 0.01, filters=3), 1e-5, 3.0),
    ]
    for order in (5, 8):
        filtered = te.thermal_link(1220, filter=te.Filter.butterworth(order=order, fwhm=0.02))
        cases.append((f"Butterworth filter of order {order}, fwhm 0.02", filtered, 1e-4, 20.0))
    rows = [*(_limit(*case) for case in cases), _against_the_lattice(), _against_trajectories()]
    rows += [_against_fock(), _map(6 if quick else 30)]
    return rows if quick else [*rows, _hotter_map(), _twelve_qubits()]


def _limit(name: str, network: te.Network, rtol: float, limit: float) -> Row:
    method = te.ContinuedFraction(rtol=rtol)
    result = te.steady_state(network, method)
    seconds = best_seconds(lambda: te.steady_state(network, method), most=20)
    return Row(
        name="several poles",
        quantity=f"{name}, n_th about 1e3, rtol {rtol:.0e}",
        required=f"< {limit:g} s",
        measured=f"{seconds:.3g} s, C = {result.concurrence():.6f}",
        passed=seconds < limit,
        numbers={
            "seconds": seconds,
            "quanta": result.stats["quanta"],
            "tiers": result.stats["tiers"],
        },
    )


def _map(points: int) -> Row:
    """Two cavities over occupation and width; CPU time of one process, so twice that of two."""
    seconds = 0.0
    for n_th in np.geomspace(1.0, 1e3, points):
        for kappa in np.geomspace(1e-3, 1e-2, points):
            network = te.thermal_link(float(n_th), float(kappa), filters=2)
            began = time.process_time()
            te.steady_state(network, te.ContinuedFraction(rtol=1e-5))
            seconds += time.process_time() - began
    limit = 2 * MAP_SECONDS * points**2 / 900
    return Row(
        name="several poles",
        quantity=f"map of {points} x {points} points to n_th = 1e3, kappa/gamma = 0.01, rtol 1e-05",
        required=f"< {limit:.3g} s of CPU",
        measured=f"{seconds:.3g} s",
        passed=seconds < limit,
        numbers={"seconds": seconds},
    )


def _hotter_map() -> Row:
    """Its hot corner: fields that turn a qubit a hundred times while it decays."""
    reached, seconds = [], 0.0
    for n_th in np.geomspace(1e3, 1e4, 3):
        for kappa in np.geomspace(1e-2, 3e-2, 3):
            network = te.thermal_link(float(n_th), float(kappa), filters=2)
            began = time.process_time()
            try:
                te.steady_state(network, te.ContinuedFraction(rtol=1e-2))
                reached.append(1.0)
            except te.SolveError:
                reached.append(0.0)
            seconds += time.process_time() - began
    return Row(
        name="several poles",
        quantity="corner of 3 x 3 points to n_th = 1e4, kappa/gamma = 0.03, rtol 1e-02",
        required="reported",
        measured=f"{int(sum(reached))} of 9 solved, {seconds:.3g} s",
        passed=True,
        numbers={"seconds": seconds, "solved": sum(reached)},
    )


def _against_trajectories() -> Row:
    """The peer that takes any temperature: to the error that both reach."""
    network, error = te.thermal_link(1220, 0.01, filters=3), 0.01
    method = te.ContinuedFraction(rtol=error)
    chain = best_seconds(lambda: te.steady_state(network, method), most=5)
    began = time.process_time()
    found = te.steady_state(network, te.FieldTrajectories(n=1024, threads=1))
    seconds = time.process_time() - began
    # Their error falls with the root of their number.
    seconds *= max(1.0, (float(found.stats["standard_error"]) / error) ** 2)
    return Row(
        name="several poles",
        quantity="three cavities, n_th = 1220, kappa/gamma = 0.01, rtol 1e-02, beside trajectories",
        required="faster",
        measured=f"{chain:.3g} s, trajectories {seconds:.3g} s: {seconds / chain:.0f} times",
        passed=chain < seconds,
        numbers={"chain": chain, "trajectories": seconds},
    )


def _against_fock() -> Row:
    """The peer of cold sources."""
    network, rtol = te.thermal_link(0.3, 0.1, filters=2), 1e-5
    chain = best_seconds(lambda: te.steady_state(network, te.ContinuedFraction(rtol=rtol)), most=5)
    began = time.process_time()
    te.steady_state(network, te.Fock(cutoff=10))
    fock = time.process_time() - began
    return Row(
        name="several poles",
        quantity="two cavities, n_th = 0.3, kappa/gamma = 0.1, rtol 1e-05, beside Fock (cutoff 10)",
        required="faster",
        measured=f"{chain:.3g} s, Fock {fock:.3g} s: {fock / chain:.0f} times as long",
        passed=chain < fock,
        numbers={"chain": chain, "fock": fock},
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


def _against_the_lattice() -> Row:
    """The peer: every amplitude alike, as it is used for cold sources. n_th = 4 is hot for it."""
    network, rtol = te.thermal_link(4.0, 0.3, filters=2), 1e-5
    chain = best_seconds(lambda: te.steady_state(network, te.ContinuedFraction(rtol=rtol)))
    began = time.process_time()
    solve.lattice_steady_state(network, rtol)
    lattice = time.process_time() - began
    return Row(
        name="several poles",
        quantity="two cavities at n_th = 4, kappa/gamma = 0.3, beside the lattice",
        required="faster",
        measured=f"{chain:.3g} s, the lattice {lattice:.3g} s: {lattice / chain:.0f} times as long",
        passed=chain < lattice,
        numbers={"chain": chain, "lattice": lattice},
    )
