r"""The hierarchy behind a source that starts in a coherent state, in steps.

Relative to a Gaussian with the mean of the source (`moving_source`) the mean drives the emitters,
and the total charge Q is no longer conserved: with X_Q the tiers of charge Q,

$$\dot X_Q = L_Q(t)\, X_Q + y(t)\, L_+ X_{Q-1} + y(t)^*\, L_- X_{Q+1}, \qquad y = \eta\, m_1(t)$$

X_{-Q} is the adjoint of X_Q, so that Q >= 0 is enough. The mean acts on the emitters alone and
couples no tiers. Charges up to some largest one are kept, a truncation like that of the tiers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse

from thermalent.continued_fraction.several_poles.chain.assembly import (
    assemble_tiers,
    existing,
    tier_offsets,
)
from thermalent.continued_fraction.several_poles.chain.building import tiers, tiers_with_changes
from thermalent.continued_fraction.several_poles.chain.coordinates import SourceChain
from thermalent.continued_fraction.several_poles.chain.elements import emitter_elements
from thermalent.continued_fraction.several_poles.chain.fields import TierMatrices, vectors_of
from thermalent.continued_fraction.several_poles.chain.placements import count, placements
from thermalent.continued_fraction.several_poles.chain.tiers import Tiers
from thermalent.continued_fraction.several_poles.moving.moving_source import (
    MovingSource,
    covariance_changes,
    explicit_work,
    sizes_of_changes,
    steps_to,
    up_alone,
)
from thermalent.continued_fraction.several_poles.moving.settled_source import evolve_settled
from thermalent.networks.symmetry import element_charges
from thermalent.operators.superoperators import Superoperator
from thermalent.support.progress import working

# Bytes of an element of a sparse matrix and of its copy, and elements of a row per state of the
# emitters (measured for two and three qubits behind two and three poles).
_BYTES, _PER_STATE = 40.0, 4.0


def bytes_of_displaced(chain: SourceChain, quanta: int, tiers_kept: float, charges: int) -> float:
    """Bytes that the generator of so many tiers and charges takes, about."""
    d = len(chain.numbers)
    unknowns = 0.5 * charges * tiers_kept * count(chain.length - 1, quanta) * d**2
    return _BYTES * _PER_STATE * d * unknowns


class CoherentStretch(NamedTuple):
    """The source while one network holds.

    Args:
        source: Its mean and covariance since the network began.
        length: How long the network holds.
    """

    source: MovingSource
    length: float


class DisplacedRun:
    """One evolution with K quanta, the tiers up to `last` and the charges up to `most_charge`.

    Args:
        chain: Emitters and source.
        source: Its mean and covariance over time.
        quanta: K.
        last: The highest tier.
        most_charge: The highest charge Q.
        rho: Initial density matrix, (d, d).
    """

    def __init__(
        self,
        chain: SourceChain,
        source: MovingSource,
        quanta: int,
        last: int,
        most_charge: int,
        rho: np.ndarray,
    ) -> None:
        self.chain, self.source, self.quanta, self.last = chain, source, quanta, last
        self.stretches = [CoherentStretch(source, np.inf)]
        changes = covariance_changes(chain)
        parts, self.places = [], []
        for charge in range(most_charge + 1):
            built, moved = tiers_with_changes(chain, quanta, changes, charge=charge, whole=True)
            parts.append([assemble_tiers(one, last) for one in (built, *map(up_alone, moved))])
            self.places.append(places_of(chain, built, last, quanta))
        self._take(parts)
        self._places_of_start(rho)

    def _take(self, parts: list[list[sparse.csr_array]]) -> None:
        """Take the generator that is made of these parts of each charge."""
        self.offset = np.concatenate([[0], np.cumsum([part[0].shape[0] for part in parts])])
        self.constant, *self.varying = (
            sparse.csr_array(sparse.block_diag(matrices, format="csr"))
            for matrices in zip(*parts, strict=True)
        )
        self.raising = self._coupled(self.chain.drive, 1)
        self.lowering = self._coupled(self.chain.drive_conj, -1)

    def _places_of_start(self, rho: np.ndarray) -> None:
        chain = self.chain
        # Where the adjoint of an element of charge zero stands.
        d, first = len(chain.numbers), self.places[0]
        i, j = np.divmod(np.arange(d * d), d)
        swapped = first[:, placements(chain.length - 1, self.quanta).conjugate][:, :, j * d + i]
        self.adjoint = np.zeros(self.offset[1], dtype=np.int64)
        self.adjoint[first[first >= 0]] = swapped[first >= 0]
        self.start = self._start(rho)

    @property
    def entries(self) -> int:
        """Nonzero elements of the generator."""
        every = (self.constant, self.raising, self.lowering, *self.varying)
        return sum(int(matrix.nnz) for matrix in every)

    @property
    def norm(self) -> float:
        """Norm of the generator, about: the largest sum over a row."""
        # The field may grow from zero to about this: the mode that radiates may be empty at first.
        field = self.chain.scale * float(np.linalg.norm(self.source.mean))
        found = float(abs(self.constant).sum(axis=1).max())
        return found + 2 * field * float(abs(self.raising).sum(axis=1).max())

    @property
    def bytes(self) -> float:
        """See `Run`; the steps take some vectors alone."""
        return 0.0

    def work(self, time: float, tolerance: float) -> float:
        """See `Run`."""
        return explicit_work(self.entries, self.norm, time)

    def states(
        self, times: np.ndarray, settled: float, tolerance: float
    ) -> tuple[np.ndarray, np.ndarray, float]:
        """The emitters' matrices, (t, d, d), and errors of those after the steps, (t,).

        Beside them the multiplications that what is not finite would have taken, or zero. Contours
        give the rest of the last stretch, once its source is stationary.
        """
        d, begin, done, y = len(self.chain.numbers), 0.0, 0, self.start
        found, error = np.zeros((len(times), d, d), dtype=complex), np.zeros(len(times))
        refused = 0.0
        with working("evolution from a coherent source") as report:
            for stretch in self.stretches:
                self._enter(stretch)
                final = stretch is self.stretches[-1]
                end = times[-1] if final else begin + stretch.length
                marks = np.maximum(times[done:][times[done:] <= end] - begin, 0.0)
                limit = (
                    self._limit(times[-1] - begin, settled, tolerance) if final else stretch.length
                )
                early = marks[marks <= limit] if final else np.minimum(marks, limit)
                late = marks[len(early) :]
                until = [*early.tolist(), *([limit] if late.size or not final else [])]
                for i, now in enumerate(steps_to(self._slope, y, until, tolerance, report)):
                    if i < len(early):
                        found[done + i] = self._read(now)
                    y = now
                if late.size:
                    found[-late.size :], error[-late.size :], refused = self._late(
                        y, late - limit, tolerance
                    )
                begin, done = begin + stretch.length, done + len(marks)
                if done == len(times):
                    break
        return found, error, refused

    def _limit(self, end: float, settled: float, tolerance: float) -> float:
        """When contours take over from the steps in the last stretch."""
        return settled

    def _enter(self, stretch: CoherentStretch) -> None:
        """Take the generator of a stretch: here the only one."""

    def _late(
        self, y: np.ndarray, times: np.ndarray, tolerance: float
    ) -> tuple[np.ndarray, np.ndarray, float]:
        """The same once the source is stationary, where charges stay apart, (t, d, d) and (t,)."""
        d = len(self.chain.numbers)
        states, error = np.zeros((len(times), d, d), dtype=complex), np.zeros(len(times))
        refused = 0.0
        for charge in range(int(np.max(self.chain.numbers)) + 1):
            at = self.places[charge]
            own = y[self.offset[charge] : self.offset[charge + 1]]
            matrices = TierMatrices(
                self.chain,
                self.quanta,
                charge,
                np.where(at >= 0, own[np.maximum(at, 0)], 0).reshape(*at.shape[:2], d, d),
                self.chain.covariance,
            )
            built = tiers(self.chain, self.quanta, charge=charge, held=matrices.held())
            found, left, lost = evolve_settled(built, vectors_of(built, matrices), times, tolerance)
            states += found if charge == 0 else found + found.conj().transpose(0, 2, 1)
            error += left if charge == 0 else 2 * left
            refused = max(refused, lost)
        return states, error, refused

    def _slope(self, time: float, y: np.ndarray) -> np.ndarray:
        lacking, field = self.source.at(time)
        slope = self.constant @ y
        for number, matrix in zip(self._weights(lacking), self.varying, strict=True):
            if number != 0.0 and matrix.nnz:
                slope += number * (matrix @ y)
        if field != 0.0:
            lowered = np.conj(field) * (self.lowering @ y)
            slope += field * (self.raising @ y) + lowered
            # What comes to charge zero from charge -1 is the adjoint of what comes from 1.
            end = self.offset[1]
            slope[:end] += lowered[:end][self.adjoint].conj()
        return np.asarray(slope)

    def _weights(self, lacking: np.ndarray) -> list[float]:
        """The weights of the matrices that vary, where the V_1j lack this to the stationary."""
        return sizes_of_changes(self.chain, lacking)

    def _coupled(self, superoperator: Superoperator, step: int) -> sparse.csr_array:
        """An operator of the emitters that takes charge Q to Q + step, on all tiers."""
        ((row, col, value),) = emitter_elements(self.chain.bright_dark, [superoperator])
        rows, cols, values = [], [], []
        for charge in range(len(self.places)):
            if not 0 <= charge + step < len(self.places):
                continue
            to, of = self.places[charge + step][:, :, row], self.places[charge][:, :, col]
            use = (to >= 0) & (of >= 0)
            rows.append(self.offset[charge + step] + to[use])
            cols.append(self.offset[charge] + of[use])
            values.append(np.broadcast_to(value, to.shape)[use])
        size = self.offset[-1]
        found = (np.concatenate(values), (np.concatenate(rows), np.concatenate(cols)))
        return sparse.csr_array(found, shape=(size, size))

    def _tier0(self) -> tuple[np.ndarray, np.ndarray]:
        """Emitters' elements of charge >= 0 that are kept, and where they stand at tier 0."""
        q = element_charges(self.chain.numbers)
        at = np.flatnonzero((q >= 0) & (q < len(self.places)))
        where = [self.offset[q[e]] + self.places[q[e]][0, 0, e] for e in at.tolist()]
        return at, np.array(where)

    def _start(self, rho: np.ndarray) -> np.ndarray:
        bright_dark = self.chain.bright_dark
        inside = (bright_dark.conj().T @ rho @ bright_dark).ravel()
        start = np.zeros(self.offset[-1], dtype=complex)
        at, where = self._tier0()
        start[where] = inside[at]
        return start

    def _read(self, y: np.ndarray) -> np.ndarray:
        d, bright_dark = len(self.chain.numbers), self.chain.bright_dark
        elements = np.zeros(d * d, dtype=complex)
        at, where = self._tier0()
        elements[at] = y[where]
        found = elements.reshape(d, d)
        charge = element_charges(self.chain.numbers).reshape(d, d)
        found = found + np.where(charge > 0, found, 0).conj().T
        return np.asarray(bright_dark @ found @ bright_dark.conj().T)


def places_of(chain: SourceChain, built: Tiers, last: int, quanta: int) -> np.ndarray:
    """Position of each placement and element at each tier, -1 where there is none.

    Returns:
        Positions in X, (last + 1, placements, d^2) integers.
    """
    d = len(chain.numbers)
    found = np.full((last + 1, len(placements(chain.length - 1, quanta)), d * d), -1)
    offset = tier_offsets(built, last)
    for n in range(last + 1):
        here = existing(built, n)
        place, element = built.quanta[n % 2][here], built.elements[n % 2][here]
        found[n, place, element] = offset[n] + np.arange(len(place))
    return found
