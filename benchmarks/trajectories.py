"""Trajectories: beside QuTiP's master equation along one path, and what an average costs."""

from __future__ import annotations

import time

import numpy as np
import qutip

import thermalent as te
from benchmarks.report import Row, at_least, at_most
from benchmarks.timing import best_seconds
from thermalent.stochastic import FieldTrajectories, along, ornstein_uhlenbeck
from thermalent.stochastic.burn_in import ground_state
from thermalent.stochastic.driven import driven_emitters
from thermalent.stochastic.paths import PathSpec, Segment

N_TH, KAPPA = 1220.0, 1e-2
NAME = "trajectories"
PER_STEP = 200.0
RATE = 5e6
SECONDS, ACCURACY = 60.0, 1e-3
SPEEDUP = 1.8
LANES = 64
FINEST = 32  # parts of a step in which the path is sampled


def run(quick: bool = False) -> list[Row]:
    """All benchmarks of the trajectories."""
    return [*versus_qutip(quick), *rate(quick), *accuracy(), *threads(quick)]


def versus_qutip(quick: bool) -> list[Row]:
    """One path of the field, the same for both; time per trajectory and step of a common grid."""
    net, h, steps = te.thermal_link(N_TH, KAPPA), 0.05, 200 if quick else 1000
    mode = driven_emitters(net)
    fine = np.linspace(0, h * steps, FINEST * steps + 1)
    u, integrals = ornstein_uhlenbeck(
        fine, rate=mode.rate, variance=mode.variance, n=LANES, seed=1, integral=True
    )

    def ours(parts: int) -> np.ndarray:
        summed = integrals.reshape(LANES, steps * parts, -1).sum(axis=2)
        return along(net, summed, step=h / parts, every=steps * parts)[0, -1]

    hamiltonian, ground, collapse = _qutip_problem(fine, u[0])
    options = {"nsteps": 10**6, "progress_bar": ""}

    def theirs() -> np.ndarray:
        tlist = h * np.arange(steps + 1)
        return (
            qutip.mesolve(hamiltonian, ground, tlist, collapse, options=options).states[-1].full()
        )

    reference = (4 * ours(FINEST) - ours(FINEST // 2)) / 3
    # Four steps of ours per step of the grid: still faster by far, and accurate to 1e-4.
    mine = best_seconds(lambda: ours(4), budget=1.0) / (LANES * steps)
    peer = best_seconds(theirs, budget=2.0) / steps
    return [
        at_least(
            NAME, "QuTiP's mesolve along a sampled field: its time per trajectory and step "
            f"({peer * 1e6:.0f} us) over ours ({mine * 1e9:.0f} ns, in four parts)",
            peer / mine, PER_STEP, "{} x", ours=mine, theirs=peer,
        ),
        Row(
            name=NAME,
            quantity="error at the end of that path: ours; QuTiP's, at its default tolerances",
            measured=f"{np.max(np.abs(ours(4) - reference)):.0e}; "
            f"{np.max(np.abs(theirs() - reference)):.0e}",
        ),
    ]  # fmt: skip


def rate(quick: bool) -> list[Row]:
    """Trajectory steps per second of one core, field and emitters, two qubits."""
    rows = []
    for word, detuning in (("resonant", 0.0), ("detuned", (0.1, -0.2))):
        emitters = driven_emitters(te.thermal_link(N_TH, KAPPA, detuning=detuning))
        steps = 2000 if quick else 20_000
        paths = PathSpec(
            emitters=emitters,
            segments=[Segment(0.05, steps, True)],
            initial=ground_state(emitters),
            seed=1,
        )
        list(paths.coarsened_paths(0))  # compiles
        seconds = best_seconds(lambda p=paths: list(p.coarsened_paths(0)), budget=1.0)
        rows.append(
            at_least(
                NAME, f"trajectory steps per second on one core, two qubits {word}",
                LANES * steps / seconds, RATE, "{}", seconds_per_step=seconds / (LANES * steps),
            )
        )  # fmt: skip
    return rows


def accuracy() -> list[Row]:
    """The steady concurrence to a standard error of 1e-3, on two threads."""
    net = te.thermal_link(N_TH, KAPPA)
    exact = te.steady_state(net).concurrence()
    began = time.perf_counter()
    result = te.steady_state(net, FieldTrajectories(n=16384, threads=2))
    seconds = time.perf_counter() - began
    error = float(
        result.stats["batches"].standard_error(lambda rho: te.concurrence(rho[0], tolerance=1e-3))
    )
    where = f"n_th = {N_TH:g}, kappa/gamma = {KAPPA:g}"
    return [
        at_most(NAME, f"standard error of the steady concurrence, {where}", error, ACCURACY, "{}"),
        at_most(NAME, "its time on two threads", seconds, SECONDS, "{} s"),
        at_most(
            NAME, "its deviation from the exact value, in standard errors",
            abs(result.concurrence() - exact) / error, 4.0, "{}",
            concurrence=result.concurrence(), exact=exact,
        ),
    ]  # fmt: skip


def threads(quick: bool) -> list[Row]:
    """Wall time on one thread over that on two; the machine must be idle."""
    net = te.thermal_link(N_TH, KAPPA)
    best = dict.fromkeys((1, 2), float("inf"))
    for _ in range(2 if quick else 5):  # in turns, so that neighbours disturb both
        for count in best:
            method = FieldTrajectories(n=1024 if quick else 4096, threads=count, burn_in=100.0)
            began = time.perf_counter()
            te.steady_state(net, method)
            best[count] = min(best[count], time.perf_counter() - began)
    return [
        at_least(
            NAME, f"two threads ({best[2]:.2f} s) against one ({best[1]:.2f} s)",
            best[1] / best[2], SPEEDUP, "{} x",
        )
    ]  # fmt: skip


def _qutip_problem(
    times: np.ndarray, u: np.ndarray
) -> tuple[qutip.QobjEvo, qutip.Qobj, list[qutip.Qobj]]:
    """THERMAL, Eqs. (15) and (16), for gamma = 1 and no detuning: H, initial state, c_ops."""
    down = qutip.Qobj([[0, 1], [0, 0]])
    s1, s2 = qutip.tensor(down, qutip.qeye(2)), qutip.tensor(qutip.qeye(2), down)
    collective = s1 + s2
    cascade = -0.5j * (s2.dag() * s1 - s1.dag() * s2)
    strength = np.sqrt(KAPPA)
    hamiltonian = qutip.QobjEvo(
        [
            cascade,
            [-1j * strength * collective.dag(), u],
            [1j * strength * collective, u.conj()],
        ],
        tlist=times,
    )
    ground = qutip.ket2dm(qutip.basis([2, 2], [0, 0]))
    return hamiltonian, ground, [collective]
