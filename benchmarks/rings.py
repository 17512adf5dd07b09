"""Ring resonators: stated limits, and QuTiP on the full product space."""

from __future__ import annotations

import functools
import time

import numpy as np

import thermalent as te
from benchmarks.report import Row, at_least
from benchmarks.timing import best_seconds
from thermalent.analysis.optimise import optimise
from thermalent.excitations import (
    FewExcitations,
    peak_concurrence,
    peak_concurrence_map,
    peak_transfer,
)
from thermalent.models.ring_resonators import ring_resonators

NAME = "rings"
COUPLINGS = (0.126, 0.277)
FASTER = 20.0
ACCURACY = 1e-8
TOLERANCES = (1e-6, 1e-7, 1e-8, 1e-9, 1e-10)
POINTS = 200  # of the map, along each axis


def run(quick: bool = False) -> list[Row]:
    """All benchmarks of ring resonators."""
    return [_point(), _map(POINTS), _w_state(20), _dicke(20, 10), *_versus_qutip(quick)]


def _point() -> Row:
    def call() -> te.excitations.Peak:
        return peak_concurrence(ring_resonators(COUPLINGS), "10", until=40.0)

    call()
    seconds = best_seconds(call, budget=0.5, most=2000)
    words = "largest concurrence of one network, described and solved"
    return _limit(words, seconds, 1e-3, f"{seconds * 1e3:.2f} ms; {call().value:.6f}", "1 ms")


def _map(points: int) -> Row:
    grid = np.linspace(0.02, 0.8, points)
    began = time.process_time()
    found = peak_concurrence_map(
        lambda g1, g2: ring_resonators((g1, g2)), {"g1": grid, "g2": grid}, "10", until=60.0
    )
    seconds = time.process_time() - began
    words = f"GENERATION, Fig. 2(b), {points} x {points} couplings, gamma t up to 60"
    measured = f"{seconds:.1f} s; {found.values.max():.6f}"
    return _limit(words, seconds, 5.0, measured, "5 s")


def _w_state(count: int) -> Row:
    names = ring_resonators(0.1, qubits=count).emitter_names
    start, target = (
        {name: count**-0.5 for name in part} for part in (names[:count], names[count:])
    )
    began = time.process_time()
    best = optimise(
        lambda g: ring_resonators(g, qubits=count),
        {"g": (0.2 / np.sqrt(count), 0.8 / np.sqrt(count))},
        lambda network: peak_transfer(network, start, target, until=20.0),
        starts=1,
    )
    seconds = time.process_time() - began
    words = f"best coupling of |W_{count}> by {2 * count} single qubits, to eight digits"
    measured = f"{seconds:.2f} s; g = {best.parameters['g']:.8f}, F = {best.value:.6f}"
    return _limit(words, seconds, 1.0, measured, "1 s")


def _dicke(count: int, excited: int) -> Row:
    began = time.process_time()
    spins = ring_resonators(0.0956, qubits=count, collective=True)
    found = peak_transfer(spins, f"{excited},0", f"0,{excited}", until=20.0)
    seconds = time.process_time() - began
    words = f"largest F of |{count} D_{excited}>, collective spins"
    return _limit(words, seconds, 5.0, f"{seconds:.2f} s; F = {found.value:.6f}", "5 s")


def _versus_qutip(quick: bool) -> list[Row]:
    """|Phi+> from node to node with all jumps: F of node 2 at 201 times."""
    from benchmarks import qutip_rings

    times = np.linspace(0.0, 20.0, 51 if quick else 201)
    psi = te.states.bell("Phi+")
    start = np.kron(psi, te.states.ket("00"))

    def ours() -> np.ndarray:
        network = ring_resonators(0.3, qubits=2)
        states = te.evolve(network, times, start, FewExcitations()).states
        node = np.einsum("tijik->tjk", states.reshape(-1, 4, 4, 4, 4))
        return np.einsum("j,tjk,k->t", psi.conj(), node, psi).real

    found = ours()
    # Ours has no tolerance. QuTiP gets the largest one that reaches the accuracy.
    for rtol in TOLERANCES:
        theirs = functools.partial(qutip_rings.fidelity, 0.3, np.pi, times, psi, rtol)
        error = float(np.max(np.abs(found - theirs())))
        if error <= ACCURACY:
            break
    else:
        raise RuntimeError(f"mesolve never agrees with ours to {ACCURACY:.0e}, but to {error:.1e}")
    mine = best_seconds(ours, budget=1.0)
    peer = best_seconds(theirs, budget=2.0, most=3)
    return [
        at_least(
            NAME,
            f"|Phi+> transported, every jump, F at {len(times)} times to {ACCURACY:.0e}: speed",
            peer / mine,
            FASTER,
            "{} times QuTiP's mesolve",
            seconds=mine,
            peer_seconds=peer,
            peer_error=error,
            peer_rtol=rtol,
        ),
        Row(
            name=NAME,
            quantity="the same: time and error of F",
            measured=f"{mine * 1e3:.0f} ms, rounding, against {peer * 1e3:.0f} ms, {error:.1e} "
            f"(rtol = {rtol:.0e})",
        ),
    ]


def _limit(words: str, seconds: float, limit: float, measured: str, required: str) -> Row:
    return Row(
        name=NAME,
        quantity=words,
        required=f"< {required}",
        measured=measured,
        passed=seconds < limit,
        numbers={"seconds": seconds, "limit": limit},
    )
