r"""Two-time correlations of a field, by quantum regression on the whole hierarchy.

With a field O and its products on all tiers (`chain.tier_operators`),

$$\langle O^\dagger(\tau) O(0)\rangle = \mathrm{Tr}\,O^\dagger e^{L\tau} (O\rho), \qquad
  \langle O^\dagger O^\dagger(\tau) O(\tau) O\rangle = \mathrm{Tr}\,O^\dagger O\, e^{L\tau}
  (O \rho O^\dagger)$$
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from thermalent.continued_fraction.chain.assembly import assemble, offsets
from thermalent.continued_fraction.chain.chain import HierarchyChain, hierarchy_chain
from thermalent.continued_fraction.chain.hierarchy import Hierarchy
from thermalent.continued_fraction.chain.tier_operators import (
    SOLVE_ROUNDING,
    Field,
    TierOperators,
    steady_tiers,
)
from thermalent.continued_fraction.dynamics.laplace.resolvents import (
    Resolvents,
    are_taken,
    at_once,
    mirror_images,
    resolvents,
)
from thermalent.operators.superoperators import dense

# A residual of so many roundings leaves an error far below one of them where it is accounted for.
_LOST = 100.0
_TINY = float(np.finfo(float).tiny)
_UNITS = 64  # unknowns that are read at once
# Of a start that is real but for rounding, the largest imaginary part, relative to its elements.
_START_ROUNDING = 1e-14


def readout(
    h: Hierarchy, chain: HierarchyChain, charge: int, field: Field, last: int
) -> np.ndarray:
    """The row r with r . X = Tr O^+ Y (charge -1) or Tr O Y O^+ (charge 0), on a few tiers."""
    offset, d = offsets(chain, last), len(h.numbers)
    row = np.zeros(offset[-1], dtype=complex)
    for n in range(last + 1):
        columns = chain.basis[n % 2]
        for begin in range(offset[n], offset[n + 1], _UNITS):
            end = min(begin + _UNITS, offset[n + 1])
            units = np.zeros((end - begin, last + 1, d * d), dtype=complex)
            units[:, n] = dense(columns[:, begin - offset[n] : end - offset[n]]).T
            y = TierOperators(h, charge, units.reshape(-1, last + 1, d, d))
            if charge == 0:
                y = y.times_field(field, conjugate=False)
            row[begin:end] = y.times_field(field, conjugate=True).traces()
    return row


class Regression:
    """A correlation function r . exp(L t) X in the time and in the Laplace domain."""

    def __init__(
        self,
        h: Hierarchy,
        field: Field,
        order: int,
        last: int,
        reached: np.ndarray | None = None,
        error: float = 0.0,
        disturbance: np.random.Generator | None = None,
    ) -> None:
        steady, rounding = steady_tiers(h, last, reached, disturbance)
        self.start_error = error + rounding  # relative to `start_size`
        sizes = Field(abs(field.weight), np.abs(field.emitters))
        start = steady.times_field(field, conjugate=False)
        size = steady.sizes().times_field(sizes, conjugate=False)
        # The trace of what is emitted is that of its lowest tier, which takes two.
        emitting, emitting_size = (start, size) if order == 2 else (start.lowest(2), size.lowest(2))
        emitted = emitting.times_field(field, conjugate=True)
        emitted_size = emitting_size.sizes().times_field(sizes, conjugate=True)
        self.flux = float(emitted.trace().real)
        self.flux_size = float(emitted_size.trace().real)  # sum of the sizes of its terms
        if order == 2:
            start, size = emitted, emitted_size
        self.order, self.charge = order, 0 if order == 2 else -1
        d = len(h.numbers)
        self.chain = hierarchy_chain(
            h,
            start=np.ones((d, d)),
            charge=self.charge,
            disturbance=disturbance,
            keep_trace=True,
        )
        self.start = start.vector(self.chain)
        # Without the signs: O rho may vanish by cancellation, for a dark state.
        self.start_size = size.size_vector(self.chain)
        self.last = len(start.matrices) - 1
        self._matrices: dict[int, tuple[sparse.csc_array, sparse.csc_array]] = {}
        self.row = readout(h, self.chain, self.charge, field, 2)

    def at_zero(self) -> complex:
        """The value at zero delay."""
        size = min(len(self.row), len(self.start))
        return complex(self.row[:size] @ self.start[:size])

    def at_zero_error(self) -> float:
        """Error of the value at zero delay by that of the initial vector."""
        return self.start_error * self.at_zero_size()

    def at_zero_size(self) -> float:
        """Sum of the sizes of the terms of the value at zero delay."""
        size = min(len(self.row), len(self.start))
        return float(np.abs(self.row[:size]) @ self.start_size[:size])

    def at_frequency(self, omega: float, depth: int) -> tuple[complex, float]:
        """The Laplace transform at i omega, and what rounding and the start leave of it.

        By components, with y the solution of the transposed equation: a rounding of every element
        of the matrix and of the solution, and the error of the start.

        Raises:
            numpy.linalg.LinAlgError: an eigenvalue of the network is at this frequency.
        """
        matrix, identity = self._matrix(max(depth, self.last))
        shifted = sparse.csc_array(identity * (1j * omega) - matrix)
        right = np.zeros(shifted.shape[0], dtype=complex)
        right[: len(self.start)] = self.start
        row = np.zeros(shifted.shape[0], dtype=complex)
        row[: len(self.row)] = self.row
        try:
            factors = splu(shifted, permc_spec="NATURAL")
        except RuntimeError as problem:  # SuperLU raises this for a singular matrix
            raise np.linalg.LinAlgError(str(problem)) from problem
        x, y = factors.solve(right), factors.solve(row, trans="T")  # type: ignore[call-overload]
        value = complex(row @ x)
        rounding = SOLVE_ROUNDING * float(np.abs(y) @ (abs(shifted) @ np.abs(x)))
        error = rounding + self.start_error * float(np.abs(y[: len(self.start)]) @ self.start_size)
        if not (np.isfinite(value) and np.isfinite(error)):
            raise np.linalg.LinAlgError("the solution is not finite")
        return value, error

    def at_frequencies(self, omegas: np.ndarray, depth: int) -> tuple[np.ndarray, np.ndarray]:
        """The transforms at several i omega, (w,) each, as `at_frequency`.

        Raises:
            numpy.linalg.LinAlgError: an eigenvalue of the network is at the frequency of its words.
        """
        solved = mirror_images(omegas) if self.real else (np.arange(len(omegas)), omegas)
        found = self._together(1j * solved[1], depth)
        values, errors = np.zeros(len(omegas), dtype=complex), np.zeros(len(omegas))
        lost = np.ones(len(omegas), dtype=bool)
        if found is not None:
            place, frequencies = solved
            turned = np.signbit(frequencies[place]) != np.signbit(omegas)
            values = np.where(turned, found.values[place].conj(), found.values[place])
            lost = self._lost(found)[place]
            # A frequency that is off by a share of itself does as much as a rounding of |z|.
            off = np.abs(np.abs(frequencies[place]) - np.abs(omegas))
            share = off / np.maximum(np.abs(omegas), _TINY)
            errors = (SOLVE_ROUNDING + share) * found.terms[place] + self.start_error * found.begun[
                place
            ]
        for i in np.flatnonzero(lost):
            try:
                values[i], errors[i] = self.at_frequency(float(omegas[i]), depth)
            except np.linalg.LinAlgError as problem:
                raise np.linalg.LinAlgError(f"{omegas[i]:.9g}") from problem
        return values, errors

    def at_nodes(self, nodes: np.ndarray, depth: int) -> np.ndarray:
        """The Laplace transforms at several z, as `transform`, (n, 1)."""
        found = self._together(nodes, depth)
        if found is None:
            return np.array([self(complex(z), depth) for z in nodes])
        values = found.values[:, None]
        for i in np.flatnonzero(self._lost(found)):
            values[i] = self(complex(nodes[i]), depth)
        return values

    @cached_property
    def real(self) -> bool:
        """Whether the transforms at z and its conjugate are conjugates, to rounding of the start.

        So they are of a real chain, read by a real row.
        """
        bands = [band.value for band in (*self.chain.up, *self.chain.down)]
        if any(np.any(np.imag(part)) for part in (*self.chain.a, *bands, self.row)):
            return False
        most = _START_ROUNDING * float(np.max(np.abs(self.start), initial=0.0))
        return bool(np.all(np.abs(np.imag(self.start)) <= most))

    @property
    def many_are_cheap(self) -> bool:
        """Whether transforms at several z take much less than a sparse factorisation each."""
        return are_taken(self.chain, self.last)

    @property
    def at_once(self) -> int:
        """How many transforms to take between two looks at the progress."""
        return at_once(self.chain, self.last)

    def _together(self, nodes: np.ndarray, depth: int) -> Resolvents | None:
        start, size, last = self.start, self.start_size, max(depth, self.last)
        if self.real:  # what is left out is taken as an error of the start
            start, size = start.real, size + np.abs(np.imag(start)) / self.start_error
        return resolvents(self.chain, nodes, last, start, size, self.row)

    def _lost(self, found: Resolvents) -> np.ndarray:
        """Where elimination without pivoting may have lost digits that pivoting keeps, (w,)."""
        kept = np.isfinite(found.values) & np.isfinite(found.terms) & np.isfinite(found.begun)
        return ~(kept & (found.missed <= _LOST * SOLVE_ROUNDING * found.terms))

    def __call__(self, z: complex, depth: int) -> np.ndarray:
        """The Laplace transform at z with tiers up to `depth`, (1,)."""
        matrix, identity = self._matrix(max(depth, self.last))
        right = np.zeros(matrix.shape[0], dtype=complex)
        right[: len(self.start)] = self.start
        # Tier by tier the matrix is banded: no ordering fills it less.
        solution = splu(identity * z - matrix, permc_spec="NATURAL").solve(right)
        return np.array([self.row @ solution[: len(self.row)]])

    def _matrix(self, last: int) -> tuple[sparse.csc_array, sparse.csc_array]:
        """L up to a tier and the identity, cached for the next Laplace variable."""
        if last not in self._matrices:
            matrix = sparse.csc_array(assemble(self.chain, last)).astype(complex)
            self._matrices[last] = matrix, sparse.csc_array(sparse.eye_array(matrix.shape[0]))
        return self._matrices[last]
