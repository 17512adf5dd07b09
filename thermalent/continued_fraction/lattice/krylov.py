r"""Steady states on a lattice of tiers by a preconditioned Krylov method.

The emitters' cascade in the vacuum only takes excitations away or carries them downstream: in the
order of the product basis it is upper triangular, so the diagonal of every tier above zero is
inverted by substitution, with at least the rate at which each mode passes its quanta to its
neighbours, because one without a loss of its own has a diagonal of zero. On tier zero the
preconditioner is the emitters' Lindbladian with the source taken as broadband (tier one
eliminated), with the trace pinned. With these as pivots one block elimination down the tiers and
back up is the preconditioner:

$$A_0 = L + \sum_{ij} D_i\, (W^{-1})_{ij} \Big(\sum_k C_{jk} D_k + K_j\Big)$$
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import linalg, sparse
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import LinearOperator, gmres

from thermalent.continued_fraction.lattice.broadband_iteration import (
    BroadbandIteration,
    UnsolvedError,
)
from thermalent.continued_fraction.lattice.kernels import rows, solve_upper
from thermalent.continued_fraction.lattice.lattice import HierarchyOperators, Lattice

RESTART = 60
# Unknowns from which on fewer vectors are kept: 30 of them take 5 GB at 2e7 real unknowns.
_MANY, _FEWER_VECTORS = 5e6, 30
MOST_ITERATIONS = 180
# Multiplications of dense linear algebra that take as long as one operation of the iteration.
DENSE = 15.0
# A preconditioner needs no digits: from this size on it is factorised in single precision.
_SINGLE_FROM = 3000
_SINGLE_ENOUGH = 1e-5  # reciprocal condition number at which single precision has two digits left
_SINGULAR = 1e-15  # reciprocal condition number at which double precision has no digit left
_NOTHING = 1e-14  # entries this much smaller than the largest are the rounding of a change of basis


def vectors_kept(size: int) -> int:
    """Vectors that the iteration keeps before it starts anew, on so many unknowns."""
    return RESTART if size < _MANY else _FEWER_VECTORS


@dataclass(frozen=True, eq=False)
class KrylovSolution:
    """The result of a Krylov solve."""

    vector: np.ndarray
    iterations: int
    error: float  # of tier zero, from the residual through the preconditioner


class LatticeGenerator:
    """The hierarchy's generator on any lattice of one set of operators.

    Its couplings between tiers in the balanced units of the amplitudes: `lowering` (n,) of
    d/dxi_i, `raising` (n, n) of xi_j in the drive i, `mixing` of xi_i d/dxi_j for the pairs that W
    joins.
    """

    def __init__(self, operators: HierarchyOperators) -> None:
        self.operators = operators
        self.dtype = np.result_type(
            float,
            operators.drift,
            operators.covariance,
            operators.liouvillian,
            *operators.drive,
            *operators.backaction,
        )
        self._l = _csr(operators.liouvillian, self.dtype)
        self._d = _csr(sparse.vstack(operators.drive, format="csr"), self.dtype)
        self._k = _csr(sparse.vstack(operators.backaction, format="csr"), self.dtype)
        self.lowering = operators.scale.astype(self.dtype)
        self.raising = (operators.covariance / operators.scale[None, :]).astype(self.dtype)
        i, j = operators.pairs.T
        self._decay: tuple[Lattice, np.ndarray] | None = None
        self._pivots: tuple[Lattice, np.ndarray] | None = None
        # xi_i W_ij d/dxi_j, with xi_i in units of 1 / scale_i.
        self.mixing = (operators.drift[i, j] * operators.scale[j] / operators.scale[i]).astype(
            self.dtype
        )

    def work(self, size: int) -> float:
        """Operations of one iteration on a lattice of this many unknowns, about.

        The generator once, as much in the preconditioner and its substitutions, and the
        orthogonalisation against half of the vectors that are kept, on average.
        """
        raising = np.count_nonzero(self.raising, axis=1)
        operators = self.operators
        entries = operators.liouvillian.nnz + sum(
            backaction.nnz for backaction in operators.backaction
        )
        entries += sum(
            drive.nnz * (1 + n) for drive, n in zip(operators.drive, raising.tolist(), strict=True)
        )
        zero = operators.sectors.sector(0)
        solve_ground = 2.0 * (zero.stop - zero.start) ** 2 / DENSE
        return size * (3.0 * entries / operators.sectors.dimension**2 + 2 * RESTART) + solve_ground

    def decay(self, lattice: Lattice) -> np.ndarray:
        """Decay rates sum_i W_ii nu_i of the numbers, (count,); kept for the lattice asked last."""
        if self._decay is None or self._decay[0] is not lattice:
            rates = lattice.numbers.astype(float) @ np.diag(self.operators.drift)
            self._decay = lattice, rates.astype(self.dtype)
        return self._decay[1]

    def pivots(self, lattice: Lattice) -> np.ndarray:
        r"""Decay rates by which tiers are divided, (count,); kept for the lattice asked last.

        A mode without a loss of its own passes its quanta on to its neighbours: it counts with at
        least the rate $\sqrt{\sum_{j \ne i} |W_{ij} W_{ji}|}$, because its own would be zero.
        """
        if self._pivots is None or self._pivots[0] is not lattice:
            drift = self.operators.drift
            own = np.diag(drift)
            passed = np.sqrt(np.sum(np.abs(drift * drift.T - np.diag(own**2)), axis=1))
            rates = lattice.numbers.astype(float) @ (own + np.maximum(passed - own.real, 0.0))
            self._pivots = lattice, rates.astype(self.dtype)
        return self._pivots[1]

    def add(
        self,
        x: np.ndarray,
        out: np.ndarray,
        lattice: Lattice,
        tiers: range,
        *,
        own: bool = False,
        lowering: bool = False,
        raising: bool = False,
    ) -> None:
        """Add the couplings into `tiers` from themselves and from the tiers next to them."""
        rows(
            lattice.tiers[tiers.start], lattice.tiers[tiers.stop],
            int(np.max(np.diff(lattice.offset))), x, out, lattice.offset, lattice.first,
            lattice.numbers, lattice.more, lattice.fewer, lattice.moved,
            own, lowering, raising,
            self.decay(lattice), self.operators.pairs, self.mixing, self.lowering, self.raising,
            *self._l, *self._d, *self._k,
        )  # fmt: skip

    def apply(self, x: np.ndarray, lattice: Lattice) -> np.ndarray:
        """The generator on a long vector."""
        out = np.zeros_like(x)
        self.add(x, out, lattice, range(lattice.last + 1), own=True, lowering=True, raising=True)
        return out

    def solve_upper(self, x: np.ndarray, lattice: Lattice, tiers: range) -> None:
        """Divide some tiers by the triangular part of their diagonals, in place, approximately."""
        start, stop = lattice.tiers[tiers.start], lattice.tiers[tiers.stop]
        solve_upper(start, stop, x, lattice.offset, lattice.first, self.pivots(lattice), *self._l)


@dataclass(frozen=True, eq=False)
class Ground:
    """Tier zero: its Hermitian basis, the trace, and the inverse of A_0 with the trace pinned.

    Args:
        generator: The hierarchy's generator.
        iterates: Whether the inverse is iterated instead of factorised.
    """

    generator: LatticeGenerator
    iterates: bool = False

    @cached_property
    def sector(self) -> slice:
        """The elements of tier zero, in the order of the operators."""
        return self.generator.operators.sectors.sector(0)

    @cached_property
    def populations(self) -> np.ndarray:
        """Positions of the populations in tier zero."""
        d = self.generator.operators.sectors.dimension
        return np.flatnonzero(self.generator.operators.sectors.order[self.sector] % (d + 1) == 0)

    @cached_property
    def target(self) -> np.ndarray:
        """The right-hand side at tier zero: trace one, nothing else."""
        unit = np.zeros(self.sector.stop - self.sector.start, dtype=self.generator.dtype)
        unit[self.populations[0]] = 1.0
        return unit

    @cached_property
    def basis(self) -> sparse.csc_array:
        """Orthonormal Hermitian operators as columns, in the order of the elements."""
        d = self.generator.operators.sectors.dimension
        flat = self.generator.operators.sectors.order[self.sector]
        place = {int(f): p for p, f in enumerate(flat)}
        adjoint = np.array([place[int(f % d * d + f // d)] for f in flat])
        positions = np.arange(len(flat))
        own, low = positions[adjoint == positions], positions[positions < adjoint]
        rows = np.concatenate([own, low, adjoint[low], low, adjoint[low]])
        cols = np.concatenate([own, low, low, adjoint[low], adjoint[low]])
        half = np.full(len(low), np.sqrt(0.5))
        values = np.concatenate([np.ones(len(own)), half, half, 1j * half, -1j * half])
        return sparse.csc_array((values, (rows, cols)), shape=(len(flat),) * 2)

    @cached_property
    def antisymmetric(self) -> np.ndarray:
        """Mask of the basis operators that are imaginary, (n,) of bool."""
        return np.asarray(abs(self.basis.imag).sum(axis=0)) > 0

    @cached_property
    def factors(self) -> list[tuple[np.ndarray, tuple[np.ndarray, np.ndarray], float]]:
        """A_0 with one population's row replaced by the trace: LU factors of its blocks.

        In the Hermitian basis it is real, and falls into blocks where the problem does. Each block
        comes with the positions of its unknowns and its reciprocal condition number.
        """
        matrix = sparse.csr_array((self.basis.conj().T @ self.broadband() @ self.basis).real)
        matrix.data[np.abs(matrix.data) < _NOTHING * np.max(np.abs(matrix.data))] = 0.0
        matrix.eliminate_zeros()
        count, label = connected_components(matrix, directed=False)
        pinned = int(self.populations[0])
        blocks = []
        for component in range(count):
            index = np.flatnonzero(label == component)
            if self.generator.operators.real and self.antisymmetric[index[0]]:
                continue  # the solution of a real problem is symmetric
            block = matrix[index][:, index].toarray()
            if pinned in index:
                row = int(np.searchsorted(index, pinned))
                block[row] = np.isin(index, self.populations)
            lu, rcond = _factorised(block, np.float32 if len(index) > _SINGLE_FROM else np.float64)
            if rcond < _SINGLE_ENOUGH and lu[0].dtype == np.float32:
                lu, rcond = _factorised(block, np.float64)
            blocks.append((index, lu, rcond))
        return blocks

    @cached_property
    def iteration(self) -> BroadbandIteration:
        """A_0 to be inverted by iteration."""
        sector = self.sector
        return BroadbandIteration(
            matrix=self.broadband(),
            vacuum=self.generator.operators.liouvillian[sector, :][:, sector],
            populations=self.populations,
        )

    @property
    def factorising(self) -> float:
        """Operations that the factors take; none where they are not made."""
        if self.iterates:
            return 0.0
        return sum(len(index) ** 3 / 3 for index, _, _ in self.factors) / DENSE

    @property
    def singular(self) -> bool:
        """Whether the emitters have several stationary states under the broadband source."""
        if self.iterates:
            return self.iteration.singular
        return any(rcond < _SINGULAR for _, _, rcond in self.factors)

    @property
    def start(self) -> np.ndarray:
        """The state under the broadband source; what there is of it if its iteration failed."""
        return self.iteration.state if self.iterates else self.solve(self.target)

    def inverse(self, columns: np.ndarray, *, adjoint: bool = False) -> np.ndarray:
        """A_0^{-1} with the trace pinned or its adjoint, on real columns in the Hermitian basis."""
        out = np.zeros_like(columns)
        for index, lu, _ in self.factors:
            given = columns[index].astype(lu[0].dtype)
            out[index] = linalg.lu_solve(lu, given, trans=1 if adjoint else 0, check_finite=False)
        return out

    def broadband(self) -> sparse.csr_array:
        """A_0 without the trace, on the elements of tier zero."""
        operators, sector = self.generator.operators, self.sector
        slow = np.linalg.inv(operators.drift)
        total = operators.liouvillian[sector, :][:, sector]
        # What tier zero holds alone: of many emitters all elements are ten times as many.
        entering = [drive[:, sector] for drive in operators.drive]
        reacting = [backaction[:, sector] for backaction in operators.backaction]
        for i, drive in enumerate(operators.drive):
            inner = sparse.csr_array(entering[i].shape)
            for k, (drive_term, backaction) in enumerate(zip(entering, reacting, strict=True)):
                weight = slow[i] @ operators.covariance[:, k]
                inner = inner + weight * drive_term + slow[i, k] * backaction
            total = total + drive[sector, :] @ inner
        return sparse.csr_array(total)

    def solve(self, x: np.ndarray, *, adjoint: bool = False) -> np.ndarray:
        """A_0^{-1} x with the trace pinned, or its adjoint, x in the order of the elements.

        Raises:
            UnsolvedError: an iterated inverse did not converge.
        """
        if self.iterates:
            assert not adjoint  # only a single mode asks for it, whose inverse is factorised
            return self.iteration.solve(x)
        coordinates = self.basis.conj().T @ x
        columns = np.column_stack([coordinates.real, coordinates.imag])
        if not np.iscomplexobj(x):
            return np.asarray(self.basis @ self.inverse(columns[:, :1], adjoint=adjoint)[:, 0]).real
        solved = self.inverse(columns, adjoint=adjoint)
        return np.asarray(self.basis @ (solved[:, 0] + 1j * solved[:, 1]))


def steady_vector(
    tier0: Ground,
    lattice: Lattice,
    guess: np.ndarray,
    tolerance: float,
    report: Callable[[str], None],
) -> KrylovSolution:
    """The stationary vector of trace one, from a guess (of a smaller lattice, padded).

    Args:
        tier0: Tier zero of the generator.
        lattice: The lattice.
        guess: Starting vector, (size,).
        tolerance: Allowed error of tier zero.
        report: Called with the progress of the iteration.
    """
    generator = tier0.generator
    pinned = int(tier0.populations[0])

    def act(x: np.ndarray) -> np.ndarray:
        out = generator.apply(x, lattice)
        out[pinned] = np.sum(x[tier0.populations])
        return out

    def precondition(x: np.ndarray) -> np.ndarray:
        return _eliminated(tier0, lattice, x)

    target = np.zeros(lattice.size, dtype=generator.dtype)
    target[: lattice.offset[1]] = tier0.target
    vector = guess.astype(generator.dtype)
    iterations = 0

    def count(_residual: float) -> None:
        nonlocal iterations
        iterations += 1
        report(f"tier {lattice.last}, {lattice.size:.1e} unknowns, iteration {iterations}")

    operator = LinearOperator(
        (lattice.size, lattice.size), matvec=lambda y: act(precondition(y)), dtype=generator.dtype
    )
    error = np.inf
    try:
        while iterations < MOST_ITERATIONS:
            residual = target - act(vector)
            error = float(np.max(np.abs(precondition(residual))))
            if error <= tolerance:
                break
            correction, _ = gmres(
                operator,
                residual,
                rtol=min(0.1, 0.3 * tolerance / error),
                atol=0.0,
                restart=vectors_kept(lattice.size),
                maxiter=1,
                callback=count,
                callback_type="pr_norm",
            )
            vector = vector + precondition(correction)
    except UnsolvedError:  # nothing is known of what is left
        error = np.inf
    return KrylovSolution(vector, iterations, error)


def _eliminated(tier0: Ground, lattice: Lattice, x: np.ndarray) -> np.ndarray:
    """Block elimination from the highest tier down and back, with approximate pivots."""
    generator, pinned, zero = tier0.generator, int(tier0.populations[0]), lattice.offset[1]
    remainder = x.astype(generator.dtype, copy=True)
    negative = np.zeros_like(remainder)

    def divide(tier: int) -> None:
        part = slice(lattice.offset[lattice.tiers[tier]], lattice.offset[lattice.tiers[tier + 1]])
        negative[part] = -remainder[part]
        generator.solve_upper(negative, lattice, range(tier, tier + 1))

    for tier in range(lattice.last, 0, -1):
        divide(tier)
        generator.add(negative, remainder, lattice, range(tier - 1, tier), lowering=True)
    remainder[pinned] = x[pinned]  # its row is the trace, to which no other tier contributes
    negative[:zero] = -tier0.solve(remainder[:zero])
    for tier in range(1, lattice.last + 1):
        generator.add(negative, remainder, lattice, range(tier, tier + 1), raising=True)
        divide(tier)
    return -negative


def _factorised(block: np.ndarray, dtype: type) -> tuple[tuple[np.ndarray, np.ndarray], float]:
    """LU factors and the reciprocal condition number, 0 if singular."""
    norm = float(np.max(np.sum(np.abs(block), axis=0)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", linalg.LinAlgWarning)  # the condition number shows it
        lu = linalg.lu_factor(block.astype(dtype), overwrite_a=True, check_finite=False)
    condition = linalg.lapack.sgecon if dtype is np.float32 else linalg.lapack.dgecon
    return lu, float(condition(lu[0], norm)[0])


def _csr(matrix: sparse.csr_array, dtype: np.dtype) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    matrix = sparse.csr_array(matrix)
    matrix.sort_indices()
    return (
        matrix.indptr.astype(np.int64),
        matrix.indices.astype(np.int64),
        np.ascontiguousarray(matrix.data, dtype=dtype),
    )
