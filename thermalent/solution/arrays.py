"""The steady states of many networks as arrays: states, errors, and how far the method went."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from thermalent.networks.arrays import NetworkArrays
from thermalent.operators.states import STATE_TOLERANCE
from thermalent.solution.record import MethodRecord
from thermalent.solution.result import STATE_ROUNDING


@dataclass(frozen=True, kw_only=True, eq=False)
class SteadyStateArrays:
    """Steady states of networks of qubits behind one mode, those that could be solved together.

    Args:
        network: The networks that were solved.
        method: What gave them.
        state: Density matrices, (p, d, d).
        error: Errors of their largest elements, (p,).
        elements: Errors of all elements, (p, d, d), none above these; None where they are not
            known.
        order: Truncation of each, (p,).
    """

    network: NetworkArrays
    method: MethodRecord
    state: np.ndarray
    error: np.ndarray
    elements: np.ndarray | None
    order: np.ndarray

    @property
    def tolerance(self) -> np.ndarray:
        """Deviation from a density matrix that is allowed, (p,); as that of `SteadyState`."""
        allowance = STATE_ROUNDING + self.state.shape[1] * self.error
        return np.maximum(STATE_TOLERANCE, allowance)

    def part(self, kept: np.ndarray) -> SteadyStateArrays:
        """Those where a mask is true."""
        return SteadyStateArrays(
            network=self.network.part(kept),
            method=self.method,
            state=self.state[kept],
            error=self.error[kept],
            elements=None if self.elements is None else self.elements[kept],
            order=self.order[kept],
        )

    def masks(
        self, names: tuple[str, ...]
    ) -> list[tuple[tuple[np.ndarray, np.ndarray] | None, np.ndarray]]:
        """Elements that a conserved number forbids, and the states that this holds of."""
        return [(self.network.forbidden(names), np.arange(len(self.state)))]
