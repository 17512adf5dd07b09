r"""The reduced equation at tier zero, and the function of time whose transform it gives.

$$\big(z - A_0 - K(z)\big)\, x(z) = b(z)$$
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from thermalent.continued_fraction.chain.chain import HierarchyChain
from thermalent.continued_fraction.chain.fraction import evaluate_truncated
from thermalent.continued_fraction.dynamics.conserved import Conserved
from thermalent.continued_fraction.dynamics.inversion import Response
from thermalent.continued_fraction.dynamics.oscillations import weakly_damped
from thermalent.continued_fraction.several_poles.tiers import Tiers

# z - A_0 - K(z), (tier0, tier0), and b(z), (tier0,), with the tiers up to a depth.
Reduced = Callable[[complex, int], tuple[np.ndarray, np.ndarray]]


def folded(chain: HierarchyChain | Tiers, b: np.ndarray) -> Reduced:
    """The reduced equation for an initial vector b on tier zero, by the fraction."""
    a = chain.a[0][: chain.tier0_size, : chain.tier0_size]
    identity = np.eye(chain.tier0_size)

    def reduced(z: complex, depth: int) -> tuple[np.ndarray, np.ndarray]:
        return z * identity - a - evaluate_truncated(chain, z, depth), b

    return reduced


def response(
    chain: HierarchyChain | Tiers, reduced: Reduced, other: Reduced, *, chained: bool = True
) -> Response:
    """The values at tier zero over time, as a response with its transform and limit.

    Args:
        chain: The tiers.
        reduced: The equation.
        other: The same with its entries rounded differently.
        chained: Whether K is that of the chain, whose poles can then be found.
    """
    conserved = Conserved(chain)

    def transform(equation: Reduced, z: complex, depth: int) -> np.ndarray:
        return conserved.transform(*equation(z, depth), z)

    def limit(equation: Reduced, depth: int) -> np.ndarray | None:
        try:
            return conserved.limit(*equation(0.0, depth))
        except np.linalg.LinAlgError:
            return None

    def poles(depth: int) -> np.ndarray:
        if isinstance(chain, Tiers) or not chained:
            return np.zeros(0, dtype=complex)
        return weakly_damped(chain, depth)

    return Response(
        transform=partial(transform, reduced),
        redrawn=partial(transform, other),
        limit=partial(limit, reduced),
        redrawn_limit=partial(limit, other),
        poles=poles,
    )
