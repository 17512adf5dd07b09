"""Geometries: from rates and positions to the matrices J (exchange) and G (decay)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from thermalent import checks


class Coupling(NamedTuple):
    """The matrices J and G of a geometry, (n, n) each, in the rate unit of its arguments."""

    exchange: np.ndarray
    decay: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Cascade:
    r"""A unidirectional waveguide: node 0, then 1, 2, ...; nothing travels back.

    $$G_{jl} = \sqrt{g_j g_l}\, t_{jl}, \qquad
      J_{jl} = -\tfrac{i}{2} G_{jl} \ (j \text{ behind } l), \quad J_{lj} = J_{jl}^*$$

    where \(t_{jl} = \prod \sqrt{1 - p}\) over the stretches between the two nodes: what passes a
    lossy stretch, the source's field included, is attenuated by it.

    Args:
        rates: Energy decay rate of each node into the waveguide, in order of propagation.
        loss: Power loss p of each stretch between successive nodes, in [0, 1]: one number for all
            of the n - 1 stretches, or one each.

    Raises:
        ValueError: a rate is negative or not finite, a loss is outside [0, 1], a length is wrong.

    Source: THERMAL, Eq. (4); the loss replaces Eq. (48), whose G is not positive semidefinite.
    """

    rates: Sequence[float]
    loss: float | Sequence[float] = 0.0

    def __post_init__(self) -> None:
        rates = tuple(checks.nonnegative("rates", rate) for rate in self.rates)
        losses = checks.per_item("loss", self.loss, max(len(rates) - 1, 0), "stretch")
        object.__setattr__(self, "rates", rates)
        object.__setattr__(
            self, "loss", tuple(checks.within("loss", loss, 0.0, 1.0) for loss in losses)
        )

    def coupling(self) -> Coupling:
        """J and G, with the detunings (the diagonal of J) zero."""
        n = len(self.rates)
        amplitude = np.sqrt(np.asarray(self.rates, dtype=float))
        stretch = np.sqrt(1.0 - np.asarray(self.loss, dtype=float))
        transmission = np.eye(n)
        for j in range(n):
            for l in range(j):
                transmission[j, l] = transmission[l, j] = np.prod(stretch[l:j])
        decay = np.outer(amplitude, amplitude) * transmission
        exchange = -0.5j * np.tril(decay, -1) + 0.5j * np.triu(decay, 1)
        return Coupling(exchange, decay.astype(complex))
