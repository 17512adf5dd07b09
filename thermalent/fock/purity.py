r"""The purity of the emitters over time, and its last return to a threshold.

$$\mu = \mathrm{Tr}\rho^2 = \|x\|_2^2$$

with x the elements of the sector: inside a Krylov step the norm is known at every time, from the
small matrix alone. A network without modes, from a state without coherence between charges.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np
from scipy.optimize import brentq

from thermalent.fock.blocks import SectorGenerators
from thermalent.fock.krylov import Step, krylov_steps
from thermalent.fock.problem import problem as problem_of
from thermalent.fock.sectors import product_elements, sector
from thermalent.fock.space import space
from thermalent.networks.network import Network
from thermalent.operators.estimates import Estimate
from thermalent.support.errors import ArgumentError
from thermalent.support.progress import working

# Error per time and per rate of the generator: a hundred times that of rounding.
_SHARE = 1e-14
_XTOL, _RTOL = 1e-12, 1e-14  # of the crossing inside of a step, in parts of its end and of itself
_EPS = float(np.finfo(float).eps)
# Safety factor on the estimated remaining change of the purity.
_SAFETY = 3.0
_MOST_STEPS = 20_000
# A state above the threshold is only given up after so many lifetimes of the slowest emitter, and
# when it has looked settled for half of the time: beats of detuned emitters look settled early.
_PATIENCE = 10.0
# The state is at rest when its speed is this small beside the first.
_STANDSTILL = 1e-14
_HOW = "errors of the Krylov steps and rounding, over the slope of the purity where it crosses"


class NeverPure(ArgumentError):
    """The purity never returns to the threshold, or does not converge."""


def last_return(network: Network, initial: np.ndarray, impurity: float) -> Estimate:
    r"""The last time at which 1 - mu falls through `impurity`; zero if it never exceeds it.

    The search ends when the remaining distance to the steady state, \(\|\dot x\|/g\) with g the
    rate at which \(\|\dot x\|\) has fallen since half the time, cannot change the answer.

    Args:
        network: Emitters only.
        initial: Their density matrix, (d, d), without coherences between different charges.
        impurity: The threshold of 1 - mu, > 0.

    Raises:
        NeverPure: the steady state is less pure, or none is reached.
    """
    numbers = problem_of(network, "auto").numbers
    base = space(network, (), numbers)
    kept = base if numbers is None else sector(base, 0)
    start = product_elements(kept, [], initial)
    blocks = SectorGenerators(network, base, kept, 0, start)
    steps = krylov_steps(
        blocks,
        blocks.pack(start),
        np.inf,
        rate=blocks.rate,
        states=len(base.group),
        share=_SHARE * blocks.rate,
    )
    with working("Following the purity") as report:
        return _search(steps, impurity, _EPS * blocks.rate, _PATIENCE * _lifetime(network), report)


def _search(
    steps: Iterator[Step],
    impurity: float,
    rounding: float,
    patience: float,
    report: Callable[[str], None],
) -> Estimate:
    crossing, error = Estimate(0.0, 0.0, "the threshold is never exceeded"), 0.0
    speeds: list[tuple[float, float]] = []
    settled = np.inf  # since when the state has looked settled above the threshold
    for step in itertools.islice(steps, _MOST_STEPS):
        error += step.error + rounding * step.length
        after, norms = step.norms(1 - impurity)
        values = 1 - norms**2 - impurity
        signs = np.concatenate([[1 - step.size**2 - impurity], values])
        down = np.flatnonzero((signs[:-1] >= 0) & (signs[1:] < 0))
        last = float(values[-1])
        if down.size:
            crossing = _crossing(step, after, int(down[-1]), impurity, error)
        report(f"t = {step.end:.4g}, 1 - Tr rho^2 = {last + impurity:.3g}")
        speeds.append((step.end, step.speed(step.length)))
        remaining = _remaining_change(speeds, rounding)
        if _SAFETY * remaining >= abs(last):
            settled = np.inf
            continue
        if last < 0:
            return crossing
        settled = min(settled, step.end)
        if step.end >= patience and (remaining == 0.0 or step.end >= 2 * settled):
            raise NeverPure(
                f"The impurity 1 - Tr rho^2 goes to {last + impurity:.3g}: it never falls to "
                f"{impurity:.3g}."
            )
    raise NeverPure("The purity does not converge: nothing damps the emitters fast enough.")


def _lifetime(network: Network) -> float:
    """One over the smallest decay rate of an emitter; zero if none decays."""
    rates = np.diag(network.decay).real
    return float(1 / np.min(rates[rates > 0])) if np.any(rates > 0) else 0.0


def _crossing(step: Step, after: np.ndarray, place: int, impurity: float, error: float) -> Estimate:
    """The crossing between the points `place` - 1 and `place` of a step."""

    def excess(t: float) -> float:
        return 1 - step.norm(t) ** 2 - impurity

    low, high = float(after[place - 1]) if place else 0.0, float(after[place])
    root = float(brentq(excess, low, high, xtol=_XTOL * high, rtol=_RTOL))
    # The error of the purity is at most twice that of the state.
    slope = abs(step.growth(root))
    missed = _XTOL * high + _RTOL * root + _EPS * step.start
    return Estimate(step.start + root, missed + (2 * error / slope if slope else np.inf), _HOW)


def _remaining_change(speeds: list[tuple[float, float]], rounding: float) -> float:
    """Remaining change of the purity: twice |dx/dt| over the rate at which |dx/dt| falls.

    It is zero where |dx/dt| is no more than `rounding`, that of the generator.

    The rate is that since half the time, so that the fast beginning does not count.
    """
    now, last = speeds[-1]
    then, first = next(((t, v) for t, v in reversed(speeds) if 2 * t <= now), (0.0, 0.0))
    if last <= max(rounding, _STANDSTILL * speeds[0][1]):
        return 0.0
    rate = np.log(first / last) / (now - then) if first > last else 0.0
    return float(2 * last / rate) if rate > 0 else np.inf
