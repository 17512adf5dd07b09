r"""Two-time correlations of a field, by quantum regression on the whole hierarchy.

A field is \(O = w\,a + O_e\), the source's amplitude and the emitters' operators. On the tiers,

$$(\alpha\mu)^{kl} = \sqrt{k}\,V \mu^{k-1,l} + \sqrt{l+1}\,\mu^{k,l+1}, \qquad
  (\alpha^*\mu)^{kl} = \sqrt{l}\,V \mu^{k,l-1} + \sqrt{k+1}\,\mu^{k+1,l}$$

so \(O\rho\) has total charge -1 and \(O\rho O^\dagger\) total charge 0, and

$$\langle O^\dagger(\tau) O(0)\rangle = \mathrm{Tr}\,O^\dagger e^{L\tau} (O\rho), \qquad
  \langle O^\dagger O^\dagger(\tau) O(\tau) O\rangle = \mathrm{Tr}\,O^\dagger O\, e^{L\tau}
  (O \rho O^\dagger)$$
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from thermalent.continued_fraction.chain.assembly import assemble, offsets
from thermalent.continued_fraction.chain.chain import HierarchyChain, hierarchy_chain
from thermalent.continued_fraction.chain.hierarchy import Hierarchy
from thermalent.continued_fraction.chain.stationary import TierZeroEquation
from thermalent.continued_fraction.dynamics.laplace.inversion import Inverter, Response
from thermalent.continued_fraction.dynamics.laplace.oscillations import weakly_damped
from thermalent.continued_fraction.dynamics.laplace.resolvents import (
    Resolvents,
    mirror_images,
    resolvents,
)
from thermalent.continued_fraction.dynamics.relaxation import RelaxationResult, relax
from thermalent.continued_fraction.dynamics.steps import Steps
from thermalent.networks.symmetry import element_charges
from thermalent.operators.superoperators import dense

_ROUNDING = 8 * float(np.finfo(float).eps)
# A residual of so many roundings leaves an error far below one of them where it is accounted for.
_LOST = 100.0
_TINY = float(np.finfo(float).tiny)
_UNITS = 64  # unknowns that are read at once
# Of a start that is real but for rounding, the largest imaginary part, relative to its elements.
_START_ROUNDING = 1e-14


@dataclass(frozen=True, eq=False)
class Field:
    """A field O = weight * a + emitters.

    Args:
        weight: Weight w of the source's amplitude.
        emitters: O_e on the emitters, (d, d), lowering the charge by one.
    """

    weight: complex
    emitters: np.ndarray


class TierOperators:
    """All tiers as one array M[N] of (d, d) matrices, (N + 1, d, d), of one total charge.

    Products with fields and traces are also those of several at once, (..., N + 1, d, d).
    """

    def __init__(self, h: Hierarchy, charge: int, matrices: np.ndarray) -> None:
        self.h = h
        self.charge = charge
        self.matrices = matrices
        variance = h.modes[0].variance
        self.variance = variance
        self.scale = np.sqrt(abs(variance)) if abs(variance) > 1 else 1.0

    @classmethod
    def from_vector(
        cls, h: Hierarchy, charge: int, chain: HierarchyChain, x: np.ndarray, last: int
    ) -> TierOperators:
        """The matrices of a vector X of the chain."""
        return cls(h, charge, tier_matrices(chain, x, last))

    def vector(self, chain: HierarchyChain) -> np.ndarray:
        """The vector X of a chain of the same total charge."""
        flat = self.matrices.reshape(len(self.matrices), -1)
        offset = offsets(chain, len(flat) - 1)
        adjoint = [basis.conj().T for basis in chain.basis]
        parts = [(adjoint[n % 2] @ flat[n])[: offset[n + 1] - offset[n]] for n in range(len(flat))]
        x = np.concatenate(parts)
        return x if np.iscomplexobj(chain.a[0]) else x.real

    def size_vector(self, chain: HierarchyChain) -> np.ndarray:
        """Sizes of the terms of the elements of `vector`, summed without cancellation."""
        flat = np.abs(self.matrices).reshape(len(self.matrices), -1)
        offset = offsets(chain, len(flat) - 1)
        adjoint = [abs(basis).T for basis in chain.basis]
        parts = [(adjoint[n % 2] @ flat[n])[: offset[n + 1] - offset[n]] for n in range(len(flat))]
        return np.concatenate(parts)

    def times_field(self, field: Field, *, conjugate: bool) -> TierOperators:
        """The product O rho (total charge one less), or rho O^+ with `conjugate` (one more)."""
        m = self.matrices
        step = 1 if conjugate else -1
        difference = self._differences(self.charge + step)
        n = np.arange(m.shape[-3] + 1)[:, None, None]
        # alpha raises k, alpha^* raises l; k - l is `difference`.
        raised = (n - difference) / 2 if conjugate else (n + difference) / 2
        lowered = (n + difference) / 2 + 1 if conjugate else (n - difference) / 2 + 1
        none = np.zeros((*m.shape[:-3], 1, *m.shape[-2:]), dtype=m.dtype)
        padded, below = np.concatenate([m, none, none], -3), np.concatenate([none, m], -3)
        amplitude = (self.variance / self.scale) * np.sqrt(np.maximum(raised, 0)) * below
        amplitude = amplitude + self.scale * np.sqrt(np.maximum(lowered, 0)) * padded[..., 1:, :, :]
        if conjugate:
            local = padded[..., :-1, :, :] @ field.emitters.conj().T
            weight = np.conj(field.weight)
        else:
            local = field.emitters @ padded[..., :-1, :, :]
            weight = field.weight
        valid = (raised >= 0) & ((n - difference) >= 0) & ((n + difference) % 2 == 0)
        return TierOperators(
            self.h, self.charge + step, np.where(valid, weight * amplitude + local, 0)
        )

    def _differences(self, charge: int) -> np.ndarray:
        d = len(self.h.numbers)
        return element_charges(self.h.numbers).reshape(d, d) - charge

    def sizes(self) -> TierOperators:
        """The absolute values, for sums of the sizes of terms."""
        absolute = TierOperators(self.h, self.charge, np.abs(self.matrices))
        absolute.variance = abs(self.variance)
        return absolute

    def trace(self) -> complex:
        """The trace over emitters and source."""
        return complex(self.traces())

    def traces(self) -> np.ndarray:
        """The traces of several, (...)."""
        return np.asarray(np.trace(self.matrices[..., 0, :, :], axis1=-2, axis2=-1))


def steady_tiers(
    h: Hierarchy,
    last: int,
    reached: np.ndarray | None = None,
    disturbance: np.random.Generator | None = None,
) -> tuple[TierOperators, float]:
    """All tiers of the steady state up to `last`, and the relative error that rounding leaves.

    Args:
        h: The hierarchy.
        last: Highest tier.
        reached: The state of the emitters, (d, d), if it is one of several; the tiers above follow
            from it.
        disturbance: See `hierarchy_chain`.
    """
    chain = hierarchy_chain(h, start=reached, disturbance=disturbance)
    x, rounding = vector_of_all_tiers(chain, last, reached)
    return TierOperators.from_vector(h, 0, chain, x, last), rounding


def tier_matrices(chain: HierarchyChain, x: np.ndarray, last: int) -> np.ndarray:
    """The matrices of a vector X on the tiers up to `last`, (last + 1, d, d)."""
    size, offset = chain.basis[0].shape[0], offsets(chain, last)
    matrices = np.zeros((last + 1, size), dtype=complex)
    for n in range(last + 1):
        basis = chain.basis[n % 2][:, : offset[n + 1] - offset[n]]
        matrices[n] = basis @ x[offset[n] : offset[n + 1]]
    d = round(np.sqrt(size))
    return matrices.reshape(last + 1, d, d)


def vector_of_all_tiers(
    chain: HierarchyChain, last: int, reached: np.ndarray | None = None
) -> tuple[np.ndarray, float]:
    """The steady state as a vector X on the tiers up to `last`, and its relative rounding.

    Args:
        chain: The chain of total charge zero.
        last: Highest tier.
        reached: As for `steady_tiers`.
    """
    stationary = TierZeroEquation(chain)
    matrix = assemble(chain, last)
    if reached is None:
        right = np.zeros(matrix.shape[0])
        right[stationary.row] = 1.0
        x, rounding = _refined(_with_row(matrix, stationary.row, stationary.trace), right)
    else:
        x0 = stationary.coordinates(reached)
        above = sparse.csc_array(matrix[chain.tier0_size :, chain.tier0_size :])
        right = -(matrix[chain.tier0_size :, : chain.tier0_size] @ x0)
        x, rounding = _refined(above, right)
        x = np.concatenate([x0, x])
    return x, rounding


def _with_row(matrix: sparse.csr_array, row: int, first: np.ndarray) -> sparse.csc_array:
    """The matrix with the first elements of a row given, and no others in it."""
    elements = matrix.tocoo()
    rows, columns = elements.coords
    kept, (given,) = rows != row, np.nonzero(first)
    rows = np.concatenate([rows[kept], np.full(len(given), row)])
    columns = np.concatenate([columns[kept], given])
    values = np.concatenate([elements.data[kept], first[given]])
    return sparse.csc_array((values, (rows, columns)), shape=matrix.shape)


def _refined(matrix: sparse.csc_array, right: np.ndarray) -> tuple[np.ndarray, float]:
    """The solution, refined once, and the relative size of that change."""
    # Tier by tier the matrix is banded: no ordering fills it less.
    factors = splu(matrix, permc_spec="NATURAL")
    x: np.ndarray = factors.solve(right)
    change = factors.solve(right - matrix @ x)
    size = max(float(np.linalg.norm(x)), np.finfo(float).tiny)
    return x + change, float(np.linalg.norm(change)) / size + _ROUNDING


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
        if order == 2:
            start = start.times_field(field, conjugate=True)
            size = size.sizes().times_field(sizes, conjugate=True)
        self.charge = 0 if order == 2 else -1
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
        rounding = _ROUNDING * float(np.abs(y) @ (abs(shifted) @ np.abs(x)))
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
            errors = (_ROUNDING + share) * found.terms[place] + self.start_error * found.begun[
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

    def _together(self, nodes: np.ndarray, depth: int) -> Resolvents | None:
        start, size, last = self.start, self.start_size, max(depth, self.last)
        if self.real:  # what is left out is taken as an error of the start
            start, size = start.real, size + np.abs(np.imag(start)) / self.start_error
        return resolvents(self.chain, nodes, last, start, size, self.row)

    def _lost(self, found: Resolvents) -> np.ndarray:
        """Where elimination without pivoting may have lost digits that pivoting keeps, (w,)."""
        kept = np.isfinite(found.values) & np.isfinite(found.terms) & np.isfinite(found.begun)
        return ~(kept & (found.missed <= _LOST * _ROUNDING * found.terms))

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

    def over_time(self, times: np.ndarray, tolerance: float, depth: int) -> RelaxationResult:
        """Values at increasing times >= 0."""
        # Roundings count for values, and for what they are read with, of order one.
        unit, largest = self.at_zero_size() or 1.0, float(np.max(np.abs(self.row))) or 1.0
        scaled = copy(self)
        scaled.row, scaled.start = self.row / largest, self.start * (largest / unit)
        scaled.start_size = self.start_size * (largest / unit)

        def read(y: np.ndarray) -> np.ndarray:
            return np.array([scaled.row @ y[: len(scaled.row)]])

        depth, relative = max(depth, self.last), tolerance / unit
        found = relax(
            times,
            relative,
            Steps(self.chain, scaled.start, depth, read),
            Inverter(
                Response(transform=scaled, poles=partial(weakly_damped, self.chain)),
                depth,
                relative,
                real=False,
            ),
        )
        return replace(found, values=unit * found.values, error=unit * found.error)
