"""Single runs: the field, the emitters along it, and how an observable varies between runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from thermalent.networks.network import Network
from thermalent.operators import states
from thermalent.operators.estimates import Estimates
from thermalent.solution.evolution import Evolution
from thermalent.solution.method import SourceStart
from thermalent.stochastic.driven import DrivenEmitters, driven_emitters
from thermalent.stochastic.method import FieldTrajectories
from thermalent.stochastic.step_kernels import LANES_OF_BLOCK, follow_field
from thermalent.stochastic.step_operators import given_field
from thermalent.support import checks
from thermalent.support.calls import ExplainedClass, with_explained_calls

_HOW = "difference to a run of the same path with twice the step, over three"
# White noise leaves a strong order of one half: 1/(sqrt(2) - 1) of the difference.
_HOW_WHITE = "difference to a run of the same path with twice the step, times 2.4"


@dataclass(frozen=True, kw_only=True, eq=False)
class Trajectory(metaclass=ExplainedClass):
    """One run: what an experiment with this noise would do.

    Args:
        field: Amplitude u(t) of the source, (t,); of each of its modes, (t, m), if it has several.
        evolution: The emitters along it, with every observable that an evolution has; its error is
            that of the step, not of an average.
    """

    field: np.ndarray
    evolution: Evolution

    @property
    def times(self) -> np.ndarray:
        """Times, inverse rate unit, (t,)."""
        return self.evolution.times

    @property
    def states(self) -> np.ndarray:
        """Conditional density matrices, (t, d, d)."""
        return self.evolution.states

    def populations(self, *names: str) -> dict[str, Estimates]:
        """Conditional populations, (t,) for each label."""
        return self.evolution.populations(*names)

    def concurrence(self, *names: str) -> Estimates:
        """Conditional concurrence of two qubits, (t,): the only two, or the two named."""
        return self.evolution.concurrence(*names)


@with_explained_calls
def trajectory(
    network: Network,
    times: Any,
    *,
    initial: Any = "00",
    source: SourceStart = "stationary",
    seed: int = 7,
    step: float | None = None,
) -> Trajectory:
    r"""A single trajectory of the field and of the emitters that it drives.

    $$\dot\mu = (\mathcal{L} + u(t)\mathcal{L}_+ + u^*(t)\mathcal{L}_-)\mu$$

    Args:
        network: Modes that the emitters do not act back on.
        times: Increasing, >= 0, inverse rate unit, (t,).
        initial: Emitters at time zero: a label, a ket or a density matrix.
        source: Field at time zero: "stationary", "empty" or an amplitude; of several modes one
            each.
        seed: One seed, one run.
        step: Largest step; chosen from the rates if not given.

    Returns:
        Field and states at the times; strong order 2 in the step.

    Raises:
        ValueError: an argument is out of range, or there is no classical field.

    Source: THERMAL, Eqs. (14) to (16).
    """
    grid = checks.time_grid("times", times)
    rho = states.initial_state(initial, network.dims, name="initial")
    start = checks.source_start("source", source)
    method = FieldTrajectories(n=8, seed=seed, step=step)
    paths = method.paths(driven_emitters(network), grid, rho, start)
    paths = replace(paths, coarsenings=(1, 2))
    count = len(network.modes)
    field = np.empty((len(grid), count), dtype=complex)
    components = np.empty((2, len(rho) ** 2, len(grid)))
    for i, blocks in enumerate(paths.coarsened_paths(0)):
        field[i] = blocks[0].u[:count, 0] + 1j * blocks[0].u[count:, 0]
        for k, block in enumerate(blocks):
            components[k, :, i] = block.x[:, 0]
    fine, coarse = (paths.emitters.matrices(c) for c in components)
    white = paths.emitters.white
    error = np.abs(fine - coarse).max(axis=(1, 2)) * (2.4 if white else 1 / 3)
    evolution = Evolution(
        network=network,
        method=method.record,
        times=grid,
        states=fine,
        error=error,
        how=_HOW_WHITE if white else _HOW,
    )
    return Trajectory(field=field[:, 0] if count == 1 else field, evolution=evolution)


@with_explained_calls
def along(
    network: Network, integrals: Any, *, step: float, initial: Any = "00", every: int = 1
) -> np.ndarray:
    r"""The emitters along given paths of the field, whatever process they come from.

    $$\mu' = e^{\mathcal{L}h/2}\, e^{I\mathcal{L}_+ + I^*\mathcal{L}_-}\, e^{\mathcal{L}h/2} \mu$$

    Args:
        network: One mode, and no back-action on it; its own field is not used.
        integrals: I, the integral of u over each step, complex, (n, steps).
        step: h, inverse rate unit, at most 1e6 over the emitters' largest rate; errors are of
            second order in it.
        initial: Emitters at time zero.
        every: Keep the states after every so many steps.

    Returns:
        Density matrices, (n, 1 + steps // every, d, d), the first the initial one.

    Raises:
        ValueError: an argument is out of range, or there is no classical field.

    Source: THERMAL, Eqs. (15) and (16).
    """
    emitters = driven_emitters(network)
    if emitters.source is not None:
        checks.fail(
            "network",
            "one with a single mode and no white noise beside it",
            checks.Words(f"one with {len(network.modes)} modes or with such noise"),
        )
    try:
        given = np.atleast_2d(np.asarray(integrals, dtype=complex))
    except (TypeError, ValueError, OverflowError):
        checks.fail("integrals", "complex numbers, one per step of the field", integrals)
    if given.ndim != 2:
        allowed = "an array (steps,) or (n, steps)"
        checks.fail("integrals", allowed, checks.Words(f"of shape {given.shape}"))
    if not np.all(np.isfinite(given)):
        checks.fail("integrals", "finite", checks.Words("not"))
    largest = float(np.max(np.abs(given), initial=0.0))
    if largest > checks.LARGEST_AMPLITUDE:  # beyond, angles lose their digits
        checks.fail("integrals", f"at most {checks.LARGEST_AMPLITUDE:g} in modulus", largest)
    every = checks.integer("every", every, 1)
    step = checks.positive("step", step)
    rate = float(np.linalg.norm(emitters.vacuum, 2))
    if step * rate > checks.LARGEST_AMPLITUDE:  # as for the angles of the field
        longest = checks.LARGEST_AMPLITUDE / rate
        allowed = (
            f"at most {longest:.3g}, {checks.LARGEST_AMPLITUDE:g} over the emitters' largest rate"
        )
        checks.fail("step", allowed, step)
    prepared = given_field(emitters, step, largest)
    start = emitters.components(states.initial_state(initial, network.dims, name="initial"))
    kept = given.shape[1] // every
    result = np.empty((len(given), 1 + kept, emitters.dimension, emitters.dimension), complex)
    for first in range(0, len(given), LANES_OF_BLOCK):
        chunk = given[first : first + LANES_OF_BLOCK]
        lanes = np.zeros((given.shape[1], 2, LANES_OF_BLOCK))
        lanes[:, 0, : len(chunk)], lanes[:, 1, : len(chunk)] = chunk.real.T, chunk.imag.T
        x = np.repeat(start[:, None], LANES_OF_BLOCK, axis=1)
        result[first : first + LANES_OF_BLOCK, 0] = emitters.matrices(x)[: len(chunk)]
        for k in range(kept):
            follow_field(lanes[k * every : (k + 1) * every], x, prepared)
            result[first : first + LANES_OF_BLOCK, k + 1] = emitters.matrices(x)[: len(chunk)]
    return result


@dataclass(frozen=True, kw_only=True, eq=False)
class Distribution(metaclass=ExplainedClass):
    """The distribution of an observable over runs.

    Args:
        edges: Edges of the bins, (b + 1,).
        counts: Runs in each bin, (b,).
        outside: Runs below the first or above the last edge.
        mean: Mean over all runs.
        standard_error: Its standard error, from the scatter of the runs.
        step_bias: What the finite step changes in the mean: its difference to that of steps twice
            as long on the same paths, a third of it under a continuous field.
    """

    edges: np.ndarray
    counts: np.ndarray
    outside: int
    mean: float
    standard_error: float
    step_bias: float

    @property
    def error(self) -> float:
        """Error of the mean: its standard error and the bias of the step."""
        return self.standard_error + self.step_bias


@with_explained_calls
def distribution(
    network: Network,
    observable: Callable[[np.ndarray], float],
    *,
    method: FieldTrajectories | None = None,
    bins: int = 50,
    limits: tuple[float, float] = (0.0, 1.0),
    time: float | None = None,
    initial: Any = "00",
    source: SourceStart = "stationary",
) -> Distribution:
    """Histogram over runs of an observable of the conditional state.

    Args:
        network: Modes that the emitters do not act back on.
        observable: From a density matrix (d, d) to a number, such as `te.concurrence`. It is
            called for the runs of a block, and then for the same runs in steps twice as long.
        method: Number of runs, seed, step, burn-in; the defaults if not given.
        bins: Number of bins.
        limits: First and last edge.
        time: When to look, from `initial` and `source` at time zero; in the stationary state if
            not given, after the burn-in and a window as long: single runs in a strong field forget
            their start later than their mean does.
        initial: Emitters at time zero, if there is a time.
        source: Field at time zero, if there is a time.

    Returns:
        The histogram, and the mean with its error. Memory does not grow with the number of runs.

    Raises:
        ValueError: an argument is out of range, or there is no classical field.
    """
    checks.of_one("observable", observable, "a density matrix (d, d)")
    method = FieldTrajectories() if method is None else method
    emitters = driven_emitters(network)
    if time is None:
        paths, _ = method.stationary_paths(emitters)
        left_out, window = paths.segments
        paths = replace(paths, segments=[left_out, window._replace(average=False)])
    else:
        rho = states.initial_state(initial, network.dims, name="initial")
        grid = np.array([checks.positive("time", time)])
        paths = method.paths(emitters, grid, rho, checks.source_start("source", source))
    low, high = (
        checks.real("limits", limit) for limit in checks.per_item("limits", limits, 2, "edge")
    )
    if not low < high:
        checks.fail("limits", "two numbers, low < high", limits)
    edges = np.linspace(low, high, checks.integer("bins", bins, 1) + 1)
    counts, moments, apart = np.zeros(len(edges) - 1, dtype=int), np.zeros(2), 0.0
    for number in range(-(-method.n // LANES_OF_BLOCK)):
        wanted = slice(method.n - number * LANES_OF_BLOCK)
        values, coarse = (
            np.array(
                [
                    checks.real("observable(state)", observable(rho))
                    for rho in _positive(emitters, block.x)[wanted]
                ]
            )
            for block in next(paths.coarsened_paths(number, (1, 2)))
        )
        counts += np.histogram(values, edges)[0]
        moments += values.sum(), (values**2).sum()
        apart += float((values - coarse).sum())
    mean = moments[0] / method.n
    variance = max(moments[1] / method.n - mean**2, 0.0) * method.n / (method.n - 1)
    return Distribution(
        edges=edges,
        counts=counts,
        outside=method.n - int(counts.sum()),
        mean=float(mean),
        standard_error=float(np.sqrt(variance / method.n)),
        # On a path the error falls with the square of the step, under white noise with the step.
        step_bias=abs(apart) / method.n / (1 if emitters.white else 3),
    )


def _positive(emitters: DrivenEmitters, x: np.ndarray) -> np.ndarray:
    """The states of a block, made Hermitian to the last bit."""
    rho = emitters.matrices(x)
    return (rho + rho.conj().swapaxes(-1, -2)) / 2
