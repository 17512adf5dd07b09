"""The burn-in of trajectories in a field, measured: it follows from no rate of the network alone.

Two ensembles on the same paths of the field start in different states. The equation is linear, so
that their difference is what the start still contributes; it decays with the slowest relaxation of
the driven emitters.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from thermalent.ensembles.burn_in import BurnIn
from thermalent.stochastic.driven import DrivenEmitters
from thermalent.stochastic.paths import PathSpec, Segment

STREAM = 1  # of the seed; the trajectories have stream 0
_BLOCKS = 2
_MOST_STEPS = 1_000_000
_PATIENCE = 20_000  # steps before a decay is judged too slow
_GROWTH = 0.05  # of the time from sample to sample: the burn-in is too long by this share at most


def field_burn_in(
    emitters: DrivenEmitters, *, step: float, seed: int, tolerance: float, multiple: int = 4
) -> BurnIn:
    """Steps until the start contributes less than the tolerance (or the most that are tried).

    Args:
        emitters: What is driven.
        step: Length of a step, inverse rate unit.
        seed: Seed of the field's paths.
        tolerance: Largest remaining difference, averaged over paths, of a matrix element.
        multiple: The number of steps is a multiple of it.
    """
    return _distance(emitters, _samples(step, multiple), seed, tolerance)


def after(emitters: DrivenEmitters, *, step: float, seed: int, steps: int) -> BurnIn:
    """Contribution of the start that is left after a given number of steps."""
    return _distance(emitters, [Segment(step, steps, True)], seed, np.inf)


def ground_state(emitters: DrivenEmitters) -> np.ndarray:
    """Coordinates of |0...0>, from which every trajectory of a steady state starts."""
    rho = np.zeros((emitters.dimension, emitters.dimension))
    rho[0, 0] = 1.0
    return emitters.components(rho)


def _distance(
    emitters: DrivenEmitters, segments: list[Segment], seed: int, tolerance: float
) -> BurnIn:
    """Follow both ensembles until their distance is below the tolerance, or will not be soon."""
    both = [
        PathSpec(emitters=emitters, segments=segments, initial=initial, seed=seed, stream=STREAM)
        for initial in (ground_state(emitters), _other_state(emitters))
    ]
    pairs = [
        zip(*(paths.coarsened_paths(number) for paths in both), strict=True)
        for number in range(_BLOCKS)
    ]
    history = [BurnIn(0, False, 1.0)]
    for segment, blocks in zip(segments, zip(*pairs, strict=True), strict=True):
        differences = np.concatenate([a[0].x - b[0].x for a, b in blocks], axis=1)
        remaining = float(np.abs(emitters.matrices(differences)).mean(axis=0).max())
        steps = history[-1].length + segment.steps
        history.append(BurnIn(steps, remaining <= tolerance, remaining))
        if history[-1].converged or _hopeless(history, tolerance):
            break
    return history[-1]


def _hopeless(history: list[BurnIn], tolerance: float) -> bool:
    """Whether the decay since half the time, if it goes on, takes more steps than are tried."""
    now = history[-1]
    if now.length < _PATIENCE:
        return False
    before = next(earlier for earlier in reversed(history) if 2 * earlier.length <= now.length)
    fallen = np.log(before.remaining / now.remaining)
    needed = np.log(now.remaining / tolerance)
    return bool(needed * (now.length - before.length) > fallen * (_MOST_STEPS - now.length))


def _samples(step: float, multiple: int) -> list[Segment]:
    """Segments up to the longest burn-in, each longer than the one before."""

    def counts() -> Iterator[int]:
        total = 0
        while total < _MOST_STEPS:
            count = multiple * max(4, int(_GROWTH * total / multiple))
            total += count
            yield count

    return [Segment(step, count, True) for count in counts()]


def _other_state(emitters: DrivenEmitters) -> np.ndarray:
    """A mixed state without symmetry, so that its difference to the other holds every mode."""
    rng = np.random.default_rng(0)
    a = rng.standard_normal((2, emitters.dimension, emitters.dimension))
    rho = (a[0] + 1j * a[1]) @ (a[0] + 1j * a[1]).conj().T
    return emitters.components(rho / np.trace(rho).real)
