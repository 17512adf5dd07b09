"""Many networks of one kind at once: their numbers as arrays, validated together.

Maps and fits ask for thousands of networks that differ in their numbers alone. To build each of
them takes longer than to solve it, so that the models offer arrays of their matrices as well. What
an array accepts, a `Network` accepts; whatever is not certain of that is left to the network
itself, which also has the words for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from thermalent.support import checks
from thermalent.support.deprecation import Decorated

Values = Mapping[str, np.ndarray]


@dataclass(frozen=True, kw_only=True, eq=False)
class NetworkArrays:
    """Networks of qubits behind one mode, which differ in their numbers alone.

    Args:
        rows: Which of the points that were asked for have one, (p,).
        emitter_names: Names of the qubits, after the mode.
        bath_rate: Energy decay rate of the mode into its hot bath, (p,).
        n_th: Occupation of that bath, (p,).
        dephasing: Pure dephasing rates of the qubits, (p, e).
        exchange: J of mode and qubits, (p, n, n).
        decay: G, (p, n, n).
        absorption: U, (p, n, n).
        backaction: Whether the qubits act back on the mode.
        alike: A number of each that those with the same matrices and dephasing share, (p,); None
            where nobody has looked.
    """

    rows: np.ndarray
    emitter_names: tuple[str, ...]
    bath_rate: np.ndarray
    n_th: np.ndarray
    dephasing: np.ndarray
    exchange: np.ndarray
    decay: np.ndarray
    absorption: np.ndarray
    backaction: bool = True
    alike: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def dims(self) -> tuple[int, ...]:
        """Dimensions of the emitters."""
        return (2,) * len(self.emitter_names)

    def position(self, name: str) -> int:
        """Position of a qubit among the qubits, by name."""
        return self.emitter_names.index(name)

    def forbidden(self, names: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
        """Elements that the conserved excitation number forbids; see `forbidden_elements`."""
        # Here, since it needs scipy, which describing a network does not load.
        from thermalent.networks.symmetry import forbidden_elements_of_ladders

        kept = tuple(map(self.position, names or self.emitter_names))
        return forbidden_elements_of_ladders(self.dims, kept)

    def part(self, kept: np.ndarray) -> NetworkArrays:
        """Those at some positions, or where a mask is true."""
        return NetworkArrays(
            rows=self.rows[kept],
            emitter_names=self.emitter_names,
            bath_rate=self.bath_rate[kept],
            n_th=self.n_th[kept],
            dephasing=self.dephasing[kept],
            exchange=self.exchange[kept],
            decay=self.decay[kept],
            absorption=self.absorption[kept],
            backaction=self.backaction,
            alike=None if self.alike is None else self.alike[kept],
        )

    def accepted(self) -> NetworkArrays:
        """Those that `Network` accepts for certain, in the order in which it checks them."""
        matrices = (self.exchange, self.decay, self.absorption)
        good = _rates(self.bath_rate) & (self.n_th >= 0) & np.isfinite(self.n_th)
        good &= _rates(self.dephasing).all(axis=1)
        for matrix in matrices:
            good &= _rate_matrices(matrix)
        own = (self.decay - self.absorption)[:, 0, 0].real + self.bath_rate
        good &= (own > 0) & (self.bath_rate > 0)
        some = self.part(good)
        return some.part(_physical(some.decay, some.absorption))


ArrayBuilder = Callable[[Values, Mapping[str, Any]], NetworkArrays | None]


def in_bulk(arrays: ArrayBuilder) -> Callable[[Decorated], Decorated]:
    """Decorator of a model that can build many networks at once.

    Args:
        arrays: From the parameters that vary, (p,) numbers each, and those that are fixed, to the
            networks; None where the model has to be called point by point. Every network has the
            same numbers as that of the model, to the bit.
    """

    def decorate(model: Decorated) -> Decorated:
        # With the model itself, because whoever wraps a model takes over its attributes.
        model.in_bulk = (model, arrays)  # type: ignore[attr-defined]
        return model

    return decorate


def arrays_of(builder: Callable[..., Any]) -> ArrayBuilder | None:
    """The function that builds many networks at once, of a model that has one."""
    model, arrays = getattr(builder, "in_bulk", (None, None))
    return arrays if model is builder else None


def _rates(value: np.ndarray) -> np.ndarray:
    """Where a number is a rate; see `checks.rate`."""
    least, most = 1 / checks.LARGEST_RATE, checks.LARGEST_RATE
    return (value == 0) | ((value >= least) & (value <= most))


def _rate_matrices(matrix: np.ndarray) -> np.ndarray:
    """Which of the matrices (p, n, n) hold rates and are Hermitian to the last bit, (p,)."""
    size = np.abs(matrix)
    diagonal = np.einsum("pii->pi", size)
    hermitian = (matrix == matrix.conj().swapaxes(-1, -2)).all(axis=(1, 2))
    finite = np.isfinite(matrix).all(axis=(1, 2))
    return (
        finite
        & hermitian
        & (size <= checks.LARGEST_RATE).all(axis=(1, 2))
        & _rates(diagonal).all(axis=1)
    )


def _physical(decay: np.ndarray, absorption: np.ndarray) -> np.ndarray:
    """Which have a G and a U of a physical environment, without help of the mode's own port."""
    lowest = np.linalg.eigvalsh(decay)[:, 0]
    good = _positive(lowest, decay)
    # Rounding of what the mode loses would hide what the qubits' own block lacks.
    unsure = np.flatnonzero(good & (lowest < 0))
    if unsure.size:
        emitters = decay[unsure, 1:, 1:]
        good[unsure] = _positive(np.linalg.eigvalsh(emitters)[:, 0], emitters)
    warm = np.flatnonzero(absorption.any(axis=(1, 2)))
    if warm.size:
        good[warm] &= _positive(np.linalg.eigvalsh(absorption[warm])[:, 0], absorption[warm])
    return np.asarray(good)


def _positive(lowest: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Where the smallest eigenvalue is not below zero, to rounding."""
    scale = np.abs(matrix).max(axis=(1, 2), initial=0.0)
    return np.asarray(lowest >= -checks.eigenvalue_rounding(matrix.shape[-1]) * scale)
