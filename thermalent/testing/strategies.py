"""Hypothesis strategies for networks, states and times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from thermalent.networks.network import Network
from thermalent.support.calls import with_explained_calls
from thermalent.support.errors import MissingPackageError
from thermalent.testing.kinds import KINDS
from thermalent.testing.random import distribution_of, drawn_state, drawn_times

try:
    from hypothesis import note
    from hypothesis import strategies as st
except ImportError as error:
    raise MissingPackageError(
        "The strategies of thermalent.testing need Hypothesis: pip install 'thermalent[testing]'. "
        "`random_network`, `random_state`, `random_times` and the assertions do without it."
    ) from error

from thermalent.testing.expressions import expression

# Far below any rounding error, far above what a network refuses.
_SMALLEST = 1e-50


class _Searched:
    """Draws that Hypothesis chooses, and makes simpler once it has found a counterexample."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw

    def uniform(self, low: float, high: float) -> float:
        """A number between two bounds."""
        value = float(self.draw(st.floats(low, high)))
        # Networks refuse detunings so small that their squares vanish; Hypothesis likes them.
        return value if abs(value) > _SMALLEST or low > 0 else 0.0

    def log_uniform(self, low: float, high: float) -> float:
        """A positive number; its logarithm is drawn."""
        exponent = self.draw(st.floats(float(np.log10(low)), float(np.log10(high))))
        return float(min(max(10.0**exponent, low), high))

    def choice(self, items: Sequence[Any]) -> Any:
        """One of the items; the first is the simplest."""
        return self.draw(st.sampled_from(list(items)))

    def chance(self, probability: float) -> bool:
        """True or False; False is simpler."""
        return bool(self.draw(st.booleans()))


@with_explained_calls
def networks(kind: str | None = None) -> st.SearchStrategy[Network]:
    """Networks of a kind.

    What a failing test found is also printed as an expression that builds it again.

    Args:
        kind: One of `thermalent.testing.KINDS`; any of them if not given.

    Returns:
        A Hypothesis strategy of networks.

    Raises:
        ValueError: there is no such kind.
    """
    kinds = KINDS if kind is None else (kind,)
    for name in kinds:
        distribution_of(name)

    @st.composite
    def drawn(draw: Any) -> Network:
        chosen = draw(st.sampled_from(kinds))
        network: Network = distribution_of(chosen)(_Searched(draw))
        note(f"network = {expression(network)}")
        return network

    return drawn()


@with_explained_calls
def states(dims: Sequence[int] = (2, 2)) -> st.SearchStrategy[np.ndarray]:
    """Density matrices of emitters with these dimensions, (d, d), of any rank.

    Args:
        dims: Dimensions of the emitters, as `Network.dims`.

    Returns:
        A Hypothesis strategy of arrays.
    """

    @st.composite
    def drawn(draw: Any) -> np.ndarray:
        return drawn_state(_Searched(draw), dims)

    return drawn()


@with_explained_calls
def times(
    *, count: int = 3, shortest: float = 1e-2, longest: float = 1e2
) -> st.SearchStrategy[np.ndarray]:
    """Increasing times, (count,), as `te.evolve` takes them.

    Args:
        count: How many, >= 1.
        shortest: Smallest time, inverse rate unit, > 0.
        longest: Largest time, inverse rate unit.

    Returns:
        A Hypothesis strategy of arrays.
    """

    @st.composite
    def drawn(draw: Any) -> np.ndarray:
        return drawn_times(_Searched(draw), count, shortest, longest)

    return drawn()
