"""Sources of random parameters: a numpy generator, or Hypothesis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np


class Draws(Protocol):
    """The draws that a distribution of networks needs."""

    def uniform(self, low: float, high: float) -> float:
        """A number between two bounds."""
        ...

    def log_uniform(self, low: float, high: float) -> float:
        """A positive number whose logarithm is uniform."""
        ...

    def choice(self, items: Sequence[Any]) -> Any:
        """One of the items."""
        ...

    def chance(self, probability: float) -> bool:
        """True with this probability (or with any, in a search for counterexamples)."""
        ...


class SeededDraws:
    """Draws from a numpy generator.

    Args:
        rng: The generator; the same seed gives the same numbers.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def uniform(self, low: float, high: float) -> float:
        """A number between two bounds."""
        return float(self.rng.uniform(low, high))

    def log_uniform(self, low: float, high: float) -> float:
        """A positive number whose logarithm is uniform."""
        return float(10 ** self.rng.uniform(np.log10(low), np.log10(high)))

    def choice(self, items: Sequence[Any]) -> Any:
        """One of the items."""
        return items[int(self.rng.integers(len(items)))]

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return bool(self.rng.random() < probability)
