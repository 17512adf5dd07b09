r"""The hierarchy behind a source that starts in a coherent state, in steps.

Relative to a Gaussian with the mean of the source (`source.gaussian`) the mean drives the emitters,
and the total charge Q is no longer conserved: with X_Q the tiers of charge Q,

$$\dot X_Q = L_Q(t)\, X_Q + y(t)\, L_+ X_{Q-1} + y(t)^*\, L_- X_{Q+1}, \qquad y = \eta\, m_1(t)$$

X_{-Q} is the adjoint of X_Q, so that Q >= 0 is enough. The mean acts on the emitters alone and
couples no tiers. Charges up to some largest one are kept, a truncation like that of the tiers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import numpy as np
from scipy import sparse

from thermalent.continued_fraction.chain.assembly import (
    assemble_tiers,
    existing,
    tier_offsets,
)
from thermalent.continued_fraction.chain.tiers import Tiers
from thermalent.continued_fraction.several_poles.chain.building import tiers, tiers_with_changes
from thermalent.continued_fraction.several_poles.chain.coordinates import SourceChain
from thermalent.continued_fraction.several_poles.chain.elements import emitter_elements
from thermalent.continued_fraction.several_poles.chain.fields import TierMatrices, vectors_of
from thermalent.continued_fraction.several_poles.chain.placements import count, placements
from thermalent.continued_fraction.several_poles.moving.crossing import across
from thermalent.continued_fraction.several_poles.moving.moving_generator import (
    CovarianceUnits,
    WeightedSum,
    explicit_work,
    steps_to,
    up_alone,
)
from thermalent.continued_fraction.several_poles.moving.settled_source import evolve_settled
from thermalent.continued_fraction.several_poles.moving.source.gaussian import MovingPiece
from thermalent.networks.symmetry import element_charges
from thermalent.operators.superoperators import Superoperator

# Bytes of an element of a sparse matrix and of its copy, and elements of a row per state of the
# emitters (measured for two and three qubits behind two and three poles).
_BYTES, _PER_STATE = 40.0, 3.5
_WORTH_CONTOURS = 2.0  # times that the source takes to be stationary, from which contours are used


def bytes_of_displaced(chain: SourceChain, quanta: int, tiers_kept: float, charges: int) -> float:
    """Bytes that the generator of so many tiers and charges takes, about."""
    d = len(chain.numbers)
    unknowns = 0.5 * charges * tiers_kept * count(chain.length - 1, quanta) * d**2
    return _BYTES * _PER_STATE * d * unknowns


class DisplacedRun:
    """One evolution with K quanta, the tiers up to `last` and the charges up to `most_charge`.

    Args:
        pieces: The source, network by network.
        quanta: K.
        last: The highest tier.
        most_charge: The highest charge Q.
        rho: Initial density matrix, (d, d).
    """

    bytes = 0.0  # the steps take some vectors alone

    def __init__(
        self,
        pieces: Sequence[MovingPiece],
        quanta: int,
        last: int,
        most_charge: int,
        rho: np.ndarray,
    ) -> None:
        self.pieces, self.quanta, self.last = pieces, quanta, last
        self.lengths: Sequence[float] = [length for _, length in pieces]
        chains = {id(source.chain): source.chain for source, _ in pieces}
        self.chain = pieces[0].source.chain
        self.units = CovarianceUnits(list(chains.values()), pieces[0].source.covariance(0.0))
        moved = [self.units.with_changes(chain) for chain in chains.values()]
        first, *others = [change for own in moved for change in own]
        self._built: dict[int, list[list[Tiers]]] = {key: [] for key in chains}
        self.places = []
        for charge in range(most_charge + 1):
            built, changed = tiers_with_changes(first[0], quanta, others, charge=charge, whole=True)
            every = iter([built, *changed])
            for key, own in zip(chains, moved, strict=True):
                self._built[key].append(list(islice(every, len(own))))
            self.places.append(places_of(self.chain, built, last, quanta))
        self.offset = np.concatenate(
            [[0], np.cumsum([int(np.count_nonzero(places >= 0)) for places in self.places])]
        )
        self._entered: int | None = None
        self.enter(0)
        self.start = self._start(rho)
        # Where the adjoint of an element of charge zero stands.
        d, zero = len(rho), self.places[0]
        i, j = np.divmod(np.arange(d * d), d)
        swapped = zero[:, placements(self.chain.length - 1, quanta).conjugate][:, :, j * d + i]
        self.adjoint = np.zeros(self.offset[1], dtype=np.int64)
        self.adjoint[zero[zero >= 0]] = swapped[zero >= 0]

    def enter(self, number: int) -> None:
        """See `Crossing`."""
        self.source = self.pieces[number].source
        self.chain, key = self.source.chain, id(self.source.chain)
        if self._entered == key:
            return
        self._entered = key
        parts = [
            [assemble_tiers(one, self.last) for one in (cold, *map(up_alone, units))]
            for cold, *units in self._built[key]
        ]
        self.sum = WeightedSum(
            [
                sparse.csr_array(sparse.block_diag(matrices, format="csr"))
                for matrices in zip(*parts, strict=True)
            ]
        )
        self.raising = self._coupled(self.chain.drive, 1)
        self.lowering = self._coupled(self.chain.drive_conj, -1)

    @property
    def entries(self) -> int:
        """Nonzero elements of the generator."""
        return self.sum.entries + int(self.raising.nnz + self.lowering.nnz)

    @property
    def norm(self) -> float:
        """Norm of the generator behind the stationary source, about: the largest sum over a row."""
        # The field may grow from zero to about this: the mode that radiates may be empty at first.
        field = self.chain.scale * float(np.linalg.norm(self.source.mean))
        driven = float(abs(self.raising).sum(axis=1).max()) if self.raising.nnz else 0.0
        return self.sum.norm(self.units.weights(self.chain.covariance[0])) + 2 * field * driven

    def work(self, time: float, tolerance: float) -> float:
        """See `Run`."""
        left, found = time, 0.0
        for number, length in enumerate(self.lengths):
            if left <= 0:
                break
            self.enter(number)
            final = number + 1 == len(self.lengths)
            now = min(left, self.limit(left, tolerance) if final else length)
            found += explicit_work(self.entries, self.norm, now)
            left -= length
        return found

    def states(self, times: np.ndarray, tolerance: float) -> tuple[np.ndarray, np.ndarray, float]:
        """See `Run`."""
        return across(self, times, tolerance)

    def limit(self, end: float, tolerance: float) -> float:
        """See `Crossing`; never where steps to the end take hardly longer."""
        settled = self.source.settled(tolerance)
        return settled if end > _WORTH_CONTOURS * settled else np.inf

    def steps(
        self, y: np.ndarray, times: list[float], tolerance: float, report: Callable[[str], None]
    ) -> Iterator[np.ndarray]:
        """See `Crossing`."""
        return steps_to(self._slope, y, times, tolerance, report)

    def late(
        self, y: np.ndarray, times: np.ndarray, tolerance: float
    ) -> tuple[np.ndarray, np.ndarray, float]:
        """See `Crossing`: charges stay apart."""
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
        slope = self.sum.applied(self.units.weights(self.chain.covariance[0] + lacking), y)
        if field != 0.0:
            lowered = np.conj(field) * (self.lowering @ y)
            slope += field * (self.raising @ y) + lowered
            # What comes to charge zero from charge -1 is the adjoint of what comes from 1.
            end = self.offset[1]
            slope[:end] += lowered[:end][self.adjoint].conj()
        return slope

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

    def read(self, y: np.ndarray) -> np.ndarray:
        """See `Crossing`."""
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
