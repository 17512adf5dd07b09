"""Exact relaxation over five decades of time, beside a general integrator on the same hierarchy."""

from __future__ import annotations

import time

import numpy as np
from scipy.integrate import solve_ivp
from scipy.sparse.linalg import expm_multiply

import thermalent as te
from benchmarks.report import Row
from thermalent.continued_fraction.chain.assembly import assemble
from thermalent.continued_fraction.chain.chain import hierarchy_chain
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.dynamics.coherent_source import SharpStart
from thermalent.fock.lindbladian import lindbladian
from thermalent.fock.problem import problem
from thermalent.fock.space import space
from thermalent.numerics.exponential import exponential_path

ACCURACY = 1e-6
# Our rtol bounds the error and is cautious: the largest one whose true error is below ACCURACY.
CHEAPEST = 8e-5
CHEAPEST_SHARP = 1e-5  # the same where the source starts empty or coherent


def versus_dop853(quick: bool = False) -> list[Row]:
    """kappa/gamma = 1e-3, n_th = 1220, 60 times from 0.1/gamma to 1e4/gamma, error 1e-6."""
    net = te.thermal_link(1220.0, 1e-3)
    last = 1e3 if quick else 1e4
    times = np.geomspace(0.1, last, 60)
    method = te.ContinuedFraction(rtol=CHEAPEST)
    te.evolve(net, times[:2], "00", method)  # compile
    te.evolve(net, times[-2:], "00", method)
    seconds = np.inf
    for _ in range(3):
        began = time.process_time()
        ours = te.evolve(net, times, "00", method)
        seconds = min(seconds, time.process_time() - began)

    depth = te.steady_state(net, te.ContinuedFraction(rtol=ACCURACY)).stats["tiers"]
    chain = hierarchy_chain(hierarchy(net))
    matrix = assemble(chain, depth)
    start = np.zeros(matrix.shape[0])
    start[0] = 1.0
    began = time.process_time()
    peer = solve_ivp(
        lambda t, y: matrix @ y,
        (0.0, last),
        start,
        method="DOP853",
        t_eval=times,
        rtol=ACCURACY,
        atol=ACCURACY / 10,
    )
    peer_seconds = time.process_time() - began
    basis = chain.basis[0][:, : chain.tier0_size]
    states = (basis @ peer.y[: chain.tier0_size]).T.reshape(len(times), 4, 4)
    exact = te.evolve(net, times, "00", te.ContinuedFraction(rtol=1e-9)).states
    errors = [float(np.max(np.abs(found - exact))) for found in (ours.states, states)]
    ratio = peer_seconds / seconds
    numbers: dict[str, float | str] = {
        "seconds": seconds,
        "peer_seconds": peer_seconds,
        "error": errors[0],
        "peer_error": errors[1],
        "evaluations": int(peer.nfev),
        "last_time": last,
    }
    return [
        Row(
            name="dynamics",
            quantity=f"60 times to {last:g}/gamma, n_th = 1220: DOP853 on the same hierarchy",
            required="" if quick else ">= 200 x",
            measured=(
                f"{ratio:.0f} x ({seconds:.2f} s against {peer_seconds:.0f} s, errors "
                f"{errors[0]:.0e} and {errors[1]:.0e})"
            ),
            passed=None if quick else ratio >= 200,
            numbers=numbers,
        ),
        Row(
            name="dynamics",
            quantity="the same, in seconds",
            required="< 3 s",
            measured=f"{seconds:.2f} s",
            passed=seconds < 3,
            numbers=numbers,
        ),
        *_other_starts(quick),
        _strong_field(quick),
        _fock_series(quick),
        _schedule(10.0),
        _schedule(1000.0),
        _many_emitters(4, 10.0, 0.01),
        *([] if quick else [_many_emitters(5, 3.0, 0.1)]),
    ]


def _many_emitters(qubits: int, n_th: float, kappa: float) -> Row:
    """60 times to 10/kappa of a line of qubits from their ground states."""
    net, times = te.thermal_link(n_th, kappa, qubits=qubits), np.geomspace(0.1, 10 / kappa, 60)
    te.evolve(te.thermal_link(1.0, 0.1), [1.0, 100.0], "00")  # compile
    began = time.process_time()
    result = te.evolve(net, times, "0" * qubits)
    seconds = time.process_time() - began
    return Row(
        name="dynamics",
        quantity=f"60 times to {10 / kappa:g}/gamma of {qubits} qubits, n_th = {n_th:g}",
        required="< 10 s",
        measured=f"{seconds:.2g} s, error {result.error.max():.0e}",
        passed=seconds < 10,
        numbers={"seconds": seconds, "error": float(result.error.max())},
    )


def _schedule(each: float) -> Row:
    """Ten networks of some time each, in 1/gamma, beside one evolution of the same length."""
    links = [te.thermal_link(1220.0, 1e-3, detuning=(d, -d)) for d in np.linspace(0, 0.3, 10)]
    times = np.linspace(0.0, 10 * each, 11)
    pieces = te.Schedule([(link, each) for link in links])
    seconds = {}
    for name, evolved in {"one": links[0], "ten": pieces}.items():
        te.evolve(evolved, times, "00")  # compile
        began = time.process_time()
        result = te.evolve(evolved, times, "00")
        seconds[name] = time.process_time() - began
    ratio = seconds["ten"] / seconds["one"]
    return Row(
        name="dynamics",
        quantity=f"a schedule of ten times {each:g}/gamma at n_th = 1220 over one evolution",
        required="<= 10 x",
        measured=f"{ratio:.1f} x ({seconds['ten']:.2f} s, error {result.error.max():.0e})",
        passed=ratio <= 10,
        numbers={**seconds, "ratio": ratio, "error": float(result.error.max())},
    )


def _other_starts(quick: bool) -> list[Row]:
    """The same link from an empty source beside DOP853, and from a coherent one.

    DOP853 gets the same start on the same levels, twice as many as the steady state needs.
    """
    net, last = te.thermal_link(1220.0, 1e-3), 1e3 if quick else 1e4
    times = np.geomspace(0.1, last, 60)
    seconds, ours = _seconds(net, times, "empty")
    depth = 2 * te.steady_state(net, te.ContinuedFraction(rtol=ACCURACY)).stats["tiers"]
    h = hierarchy(net)
    sharp = SharpStart(h, h.modes[0].variance, np.diag([1.0, 0, 0, 0]), 0.0, 0)
    chain = sharp.chain()
    assert chain is not None  # populations are always there
    matrix = assemble(chain, depth)
    began = time.process_time()
    peer = solve_ivp(
        lambda t, y: matrix @ y,
        (0.0, last),
        sharp.vector(chain, depth),
        method="DOP853",
        t_eval=times,
        rtol=ACCURACY,
        atol=ACCURACY / 10,
    )
    peer_seconds = time.process_time() - began
    basis = chain.basis[0][:, : chain.tier0_size]
    states = (basis @ peer.y[: chain.tier0_size]).T.reshape(len(times), 4, 4)
    method = te.ContinuedFraction(rtol=1e-9)
    exact = te.evolve(net, times, "00", method, source="empty").states
    errors = [float(np.max(np.abs(found - exact))) for found in (ours.states, states)]
    # As many quanta as in the stationary state.
    coherent, _ = _seconds(net, times, float(np.sqrt(610.0)))
    return [
        Row(
            name="dynamics",
            quantity=f"60 times to {last:g}/gamma, source empty: DOP853 on the same hierarchy",
            required="",
            measured=(
                f"{peer_seconds / seconds:.0f} x ({seconds:.2f} s against {peer_seconds:.0f} s, "
                f"errors {errors[0]:.0e} and {errors[1]:.0e})"
            ),
            passed=None,
            numbers={
                "seconds": seconds,
                "peer_seconds": peer_seconds,
                "error": errors[0],
                "peer_error": errors[1],
                "evaluations": int(peer.nfev),
                "last_time": last,
            },
        ),
        Row(
            name="dynamics",
            quantity="the same with the source in a coherent state of 610 quanta, in seconds",
            required="",
            measured=f"{coherent:.2f} s",
            passed=None,
            numbers={"seconds": coherent},
        ),
    ]


def _fock_series(quick: bool) -> Row:
    """The series of the Fock method beside scaling and Taylor series, on the same generator."""
    net, cutoff = te.thermal_link(20.0, 0.05), 60 if quick else 240
    base = space(net, (cutoff,), problem(net, te.Fock()).numbers)
    matrix = lindbladian(net, base).matrix
    start, times = np.zeros(len(base.coordinates().indptr) - 1), np.linspace(1.0, 20.0, 20)
    start[0] = 1.0
    began = time.process_time()
    ours = [vector for vector, _ in exponential_path(matrix, start, times)]
    seconds = time.process_time() - began
    began, peer, step = time.process_time(), start, matrix * times[0]
    for _ in times:
        peer = expm_multiply(step, peer)
    peer_seconds = time.process_time() - began
    apart = float(np.max(np.abs(peer - ours[-1])))
    return Row(
        name="dynamics",
        quantity=f"20 times to 20/gamma in Fock space, n_th = 20, cutoff {cutoff}: expm_multiply",
        required="",
        measured=(
            f"{peer_seconds / seconds:.0f} x ({seconds:.2f} s against {peer_seconds:.2f} s, "
            f"{apart:.0e} apart)"
        ),
        passed=None,
        numbers={"seconds": seconds, "peer_seconds": peer_seconds, "apart": apart},
    )


def _strong_field(quick: bool) -> Row:
    """To the steady state from a coherent field whose quanta are not the thermal ones."""
    strong, end = te.thermal_link(10.0, 0.1), 4.0 if quick else 400.0
    began = time.process_time()
    moved = te.evolve(strong, np.linspace(0.1, end, 60), "00", source=100.0 if quick else 1e3)
    strong_seconds = time.process_time() - began
    away = float(np.max(np.abs(moved.states[-1] - te.steady_state(strong).state)))
    return Row(
        name="dynamics",
        quantity=f"60 times to {end:g}/gamma from an amplitude of 1000, n_th = 10, kappa = 0.1",
        required="60 s",
        measured=(
            f"{strong_seconds:.0f} s (error {np.max(moved.error):.0e}, {away:.0e} from the "
            "steady state)"
        ),
        passed=quick or strong_seconds < 60.0,
        numbers={"seconds": strong_seconds, "error": float(np.max(moved.error)), "away": away},
    )


def _seconds(net: te.Network, times: np.ndarray, source: str | float) -> tuple[float, te.Evolution]:
    """Least CPU time of three runs, and the result."""
    method = te.ContinuedFraction(rtol=CHEAPEST_SHARP)
    te.evolve(net, times[:2], "00", method, source=source)  # compile
    seconds = np.inf
    for _ in range(3):
        began = time.process_time()
        found = te.evolve(net, times, "00", method, source=source)
        seconds = min(seconds, time.process_time() - began)
    return seconds, found
