r"""The reduced equation at tier zero, and the function of time whose transform it gives.

$$\big(z - A_0 - K(z)\big)\, x(z) = b(z)$$
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import numpy as np

from thermalent.continued_fraction.chain.chain import HierarchyChain
from thermalent.continued_fraction.chain.fraction import (
    MOST_AT_NODES,
    evaluate_at_nodes,
    evaluate_truncated,
)
from thermalent.continued_fraction.chain.tiers import Tiers
from thermalent.continued_fraction.dynamics.laplace.conserved import Conserved
from thermalent.continued_fraction.dynamics.laplace.inversion import Response
from thermalent.continued_fraction.dynamics.laplace.oscillations import weakly_damped

_PER_CUBE = 16 / 3  # multiplications of a complex block by LAPACK, per cube of its unknowns

# z - A_0 - K(z), (tier0, tier0), and b(z), (tier0,), with the tiers up to a depth.
Reduced = Callable[[complex, int], tuple[np.ndarray, np.ndarray]]


class Folded:
    """The reduced equation for an initial vector b on tier zero, at one z or at many."""

    def __init__(self, chain: HierarchyChain | Tiers, b: np.ndarray) -> None:
        self.chain, self.b = chain, b
        self.a = chain.a[0][: chain.tier0_size, : chain.tier0_size]
        self.identity = np.eye(chain.tier0_size)

    def __call__(self, z: complex, depth: int) -> tuple[np.ndarray, np.ndarray]:
        """The equation at z with the tiers up to a depth."""
        return z * self.identity - self.a - evaluate_truncated(self.chain, z, depth), self.b

    def at_nodes(self, nodes: np.ndarray, depth: int) -> tuple[np.ndarray, np.ndarray]:
        """The matrices at several z, (n, tier0, tier0), and the vector b of all of them."""
        own = nodes[:, None, None] * self.identity - self.a
        return own - evaluate_at_nodes(self.chain, nodes, depth), self.b


class Transformed:
    """The transform at z that an equation gives, and at many z at once where that takes less."""

    def __init__(self, conserved: Callable[[], Conserved], equation: Reduced) -> None:
        self.conserved, self.equation = conserved, equation

    def __call__(self, z: complex, depth: int) -> np.ndarray:
        """The transform at z with the tiers up to a depth, (tier0,)."""
        return self.conserved().transform(*self.equation(z, depth), z)

    def at_nodes(self, nodes: np.ndarray, depth: int) -> np.ndarray:
        """The transforms at several z, (n, tier0)."""
        if isinstance(self.equation, Folded):
            return self.conserved().transforms(*self.equation.at_nodes(nodes, depth), nodes)
        return np.array([self(complex(z), depth) for z in nodes])


def response(
    chain: HierarchyChain | Tiers,
    reduced: Reduced,
    other: Reduced,
    *,
    chained: bool = True,
    work: float = 0.0,
) -> Response:
    """The values at tier zero over time, as a response with its transform and limit.

    Args:
        chain: The tiers.
        reduced: The equation.
        other: The same with its entries rounded differently.
        chained: Whether K is that of the chain, whose poles can then be found.
        work: Multiplications of a transform, where they are many.
    """
    conserved = cache(partial(Conserved, chain))  # not needed where all is stepped

    def limit(equation: Reduced, depth: int) -> np.ndarray | None:
        try:
            return conserved().limit(*equation(0.0, depth))
        except np.linalg.LinAlgError:
            return None

    def poles(depth: int) -> np.ndarray:
        if isinstance(chain, Tiers) or not chained:
            return np.zeros(0, dtype=complex)
        return weakly_damped(chain, depth)

    return Response(
        transform=Transformed(conserved, reduced),
        redrawn=Transformed(conserved, other),
        limit=partial(limit, reduced),
        redrawn_limit=partial(limit, other),
        poles=poles,
        work=work,
    )


def work_of_transform(chain: HierarchyChain, depth: int) -> float:
    """Multiplications of a transform; zero for small blocks, where they are few.

    Args:
        chain: The tiers.
        depth: The highest one.
    """
    m = max(block.shape[0] for block in chain.a)
    return 0.0 if m <= MOST_AT_NODES else _PER_CUBE * depth * float(m) ** 3
