r"""Results as initial states: brought to the nearest state, with the error that this leaves.

A result is a state within its stated error e, the largest of its elements. So the state that it
stands for lies within the trace distance

$$\tfrac12\,\|\rho - \rho_0\|_1 \leq \tfrac12\, d^{3/2}\, e + \tfrac12\,\|\rho - \tilde\rho\|_1$$

of the nearest state of the result rho, from which the evolution starts. No evolution makes this
distance larger, and no element of two states differs by more than it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from thermalent.operators import states
from thermalent.solution.evolution import Evolution
from thermalent.solution.result import STATE_ROUNDING, SteadyState
from thermalent.support import checks

_MOST = 0.1  # error carried on, beyond which nothing is known of later states
_HOW = ", plus the error of the initial state"


class GivenStart(NamedTuple):
    """What an evolution starts from.

    Args:
        initial: A name, a ket or a density matrix.
        error: How far any element of a later state may be off because of it.
    """

    initial: Any
    error: float

    def carried(self, evolution: Evolution) -> Evolution:
        """The evolution with the error of its start."""
        if self.error == 0.0:
            return evolution
        return replace(evolution, error=evolution.error + self.error, how=evolution.how + _HOW)


def given_start(initial: Any, dims: tuple[int, ...]) -> GivenStart:
    """The start of an evolution; of a result its nearest state, and the error that it carries.

    Args:
        initial: What was given: a result, or anything that names a state.
        dims: Dimensions of the emitters.

    Raises:
        ValueError: a result is no state within its own error, of other emitters, or not to be used.
    """
    if isinstance(initial, Evolution):
        allowed = "a state, such as `evolution.at(-1)`, the last one of an evolution"
        checks.fail("initial", allowed, checks.Words("a whole evolution"))
    if not isinstance(initial, SteadyState):
        return GivenStart(initial, 0.0)
    if not initial.status.ok:
        allowed, found = "a result that may be used", f"one that is {initial.status.outcome}"
        checks.fail("initial", allowed, checks.Words(found))
    if initial.network.dims != dims:
        found = f"a state of the dimensions {list(initial.network.dims)}"
        checks.fail("initial", f"of the dimensions {list(dims)}", checks.Words(found))
    d, own = len(initial.state), float(initial.error)
    if not d * own < 1.0:
        checks.fail("initial", "a result of known error", checks.Words(f"off by up to {own:.2g}"))
    rho = states.check_state(initial.state, STATE_ROUNDING + d * own, name="initial")
    values, vectors = np.linalg.eigh(rho)
    nearest = _nearest_probabilities(values)
    moved = float(np.sum(np.abs(values - nearest)))
    found = (vectors * nearest) @ vectors.conj().T
    carried = 0.5 * (d**1.5 * own + moved)
    if not carried <= _MOST:
        allowed = f"a result whose error leaves less than {_MOST:g} to each element of a later one"
        checks.fail("initial", allowed, checks.Words(f"one that leaves {carried:.2g}"))
    return GivenStart(found, carried)


def _nearest_probabilities(values: np.ndarray) -> np.ndarray:
    """Numbers >= 0 of sum one, as near as may be to some increasing numbers, (d,)."""
    falling = values[::-1]
    excess = (np.cumsum(falling) - 1.0) / np.arange(1, len(values) + 1)
    kept = np.flatnonzero(falling > excess)[-1]
    return np.asarray(np.maximum(values - excess[kept], 0.0))
