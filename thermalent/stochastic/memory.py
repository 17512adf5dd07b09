"""How long the emitters remember where they started: measured, not guessed from rates.

Two ensembles on the same paths of the field start in different states. The equation is linear, so
that their difference is what the start still contributes; it decays with the slowest relaxation
that the driven emitters have, which no rate of the network alone tells.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from thermalent.stochastic.driven import DrivenEmitters
from thermalent.stochastic.paths import Leg, Walk

STREAM = 1  # of the seed; the trajectories have stream 0
_BLOCKS = 2
_MOST_STEPS = 1_000_000
_PATIENCE = 20_000  # steps before a decay is judged too slow
_GROWTH = 0.05  # of the time at each look: the answer is too long by this at most


class Memory(NamedTuple):
    """After `steps` steps the start contributes `remaining` to the largest element."""

    steps: int
    remaining: float

    def averaged(self, steps: int) -> float:
        """Its average over so many steps more, if it goes on to fall at the rate it had so far."""
        if not 0.0 < self.remaining < 1.0:
            return self.remaining
        exponent = -np.log(self.remaining) * steps / self.steps
        return float(-self.remaining * np.expm1(-exponent) / exponent)


def measure(
    emitters: DrivenEmitters, *, step: float, seed: int, tolerance: float, multiple: int = 4
) -> Memory:
    """Steps until the start contributes less than the tolerance (or the most that are tried).

    Args:
        emitters: What is driven.
        step: Length of a step, inverse rate unit.
        seed: Seed of the field's paths.
        tolerance: Largest remaining difference, averaged over paths, of a matrix element.
        multiple: The number of steps is a multiple of it.
    """
    looks = _looks(step, multiple)
    return _walk(emitters, looks, seed, tolerance)


def after(emitters: DrivenEmitters, *, step: float, seed: int, steps: int) -> Memory:
    """What the start still contributes after a given number of steps."""
    return _walk(emitters, [Leg(step, steps, True)], seed, np.inf)


def ground_state(emitters: DrivenEmitters) -> np.ndarray:
    """Coordinates of |0...0>, from which every trajectory of a steady state starts."""
    return _pure(emitters, 0)


def _walk(emitters: DrivenEmitters, legs: list[Leg], seed: int, tolerance: float) -> Memory:
    walks = [
        Walk(emitters=emitters, legs=legs, initial=initial, seed=seed, stream=STREAM)
        for initial in (ground_state(emitters), _other_state(emitters))
    ]
    pairs = [zip(*(walk.take(number) for walk in walks), strict=True) for number in range(_BLOCKS)]
    history = [Memory(0, 1.0)]
    for leg, blocks in zip(legs, zip(*pairs, strict=True), strict=True):
        differences = np.concatenate([a[0].x - b[0].x for a, b in blocks], axis=1)
        remaining = float(np.abs(emitters.matrices(differences)).mean(axis=0).max())
        history.append(Memory(history[-1].steps + leg.steps, remaining))
        if remaining <= tolerance or _hopeless(history, tolerance):
            break
    return history[-1]


def _hopeless(history: list[Memory], tolerance: float) -> bool:
    """Whether the decay since half the time, if it goes on, takes more steps than are tried."""
    now = history[-1]
    if now.steps < _PATIENCE:
        return False
    before = next(m for m in reversed(history) if 2 * m.steps <= now.steps)
    fallen = np.log(before.remaining / now.remaining)
    needed = np.log(now.remaining / tolerance)
    return bool(needed * (now.steps - before.steps) > fallen * (_MOST_STEPS - now.steps))


def _looks(step: float, multiple: int) -> list[Leg]:
    def counts() -> Iterator[int]:
        total = 0
        while total < _MOST_STEPS:
            count = multiple * max(4, int(_GROWTH * total / multiple))
            total += count
            yield count

    return [Leg(step, count, True) for count in counts()]


def _pure(emitters: DrivenEmitters, level: int) -> np.ndarray:
    rho = np.zeros((emitters.dimension, emitters.dimension))
    rho[level, level] = 1.0
    return emitters.components(rho)


def _other_state(emitters: DrivenEmitters) -> np.ndarray:
    """A mixed state without symmetry, so that its difference to the other holds every mode."""
    rng = np.random.default_rng(0)
    a = rng.standard_normal((2, emitters.dimension, emitters.dimension))
    rho = (a[0] + 1j * a[1]) @ (a[0] + 1j * a[1]).conj().T
    return emitters.components(rho / np.trace(rho).real)
