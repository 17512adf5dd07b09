r"""The hierarchy of any linear Gaussian source, as a lattice of tiers.

With \(z_1, \dots, z_n\) the amplitudes of the source, drift W and covariance C (see `source`),
write the emitters' conditional state as a generating function
\(\chi(\xi) = \int e^{\xi \cdot z} \mu(z)\, dz = e^{\xi C \xi / 2} R(\xi)\). The Fokker-Planck
equation of the source and its coupling to the emitters become

$$\dot R = \Big[L - \sum_{ij} W_{ij}\, \xi_i \partial_j + \sum_i D_i
  \Big(\partial_i + \sum_j C_{ij}\, \xi_j\Big) + \sum_i K_i\, \xi_i\Big] R$$

and in powers of \(\xi\), normalised as boson numbers \(\nu = (\nu_1, \dots, \nu_n)\), each term
joins a tier \(|\nu| = \sum_i \nu_i\) to itself or to its neighbours. R at \(\nu = 0\) is the
emitters' state. One thermal mode gives the two numbers (k, l) of `hierarchy`; nothing is assumed of
W (it may have no eigenbasis) nor of C (its moments may be those of no classical field).

If excitations are conserved, R at \(\nu\) holds the emitters' operators of one charge only.

Source: the Hermite expansion of DUALRAIL's amplifier modes and of THERMAL, Appendix B, in one form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations_with_replacement
from math import comb

import numpy as np
from scipy import sparse

from thermalent.continued_fraction.several_poles.chain.coordinates import Source, source_of
from thermalent.networks.gaussian_source import GaussianSource
from thermalent.networks.liouvillian import emitter_liouvillian
from thermalent.networks.network import Network
from thermalent.networks.symmetry import (
    SymmetryError,
    element_charges,
    node_signs,
)
from thermalent.numerics.natural_unit import natural_unit
from thermalent.operators.superoperators import Superoperator

# Amplitudes that relax independently are used if they are this far from parallel: their variances
# grow with the square of it and cancel, in every tier anew.
_WORST_CONDITION = 10.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Sectors:
    """The emitters' matrix elements sorted by charge.

    Args:
        numbers: Excitation numbers of the emitters' states, (d,) integers.
        starts: Where each charge starts in that order, (charges + 1,).
        lowest: The charge of the first.
        charges: Charge that each amplitude of the source adds to an element, (n,).
    """

    numbers: np.ndarray
    starts: np.ndarray
    lowest: int
    charges: np.ndarray

    @property
    def dimension(self) -> int:
        """Number d of emitter levels."""
        return len(self.numbers)

    @cached_property
    def order(self) -> np.ndarray:
        """Positions i d + j of the elements |i><j|, sorted by charge, (d^2,).

        Sorting them takes a second for twelve qubits, whose memory is asked for without it.
        """
        return np.argsort(element_charges(self.numbers), kind="stable")

    def sector(self, charge: int) -> slice:
        """Elements of a charge; empty if there is none."""
        index = charge - self.lowest
        if not 0 <= index < len(self.starts) - 1:
            return slice(0, 0)
        return slice(int(self.starts[index]), int(self.starts[index + 1]))


@dataclass(frozen=True, kw_only=True, eq=False)
class HierarchyOperators:
    """Emitters and their source, every operator in the sectors' order of the matrix elements.

    Rates are in a unit near the largest of them, a power of two: the trace stands among them when
    a steady state is solved for, and would be far from all in another unit.

    Args:
        sectors: The order.
        liouvillian: L of the emitters alone, (d^2, d^2).
        drive: D_i, for each amplitude of the source.
        backaction: K_i, back-action on each amplitude, of the same shape.
        drift: W, (n, n).
        covariance: C, (n, n).
        scale: Factor of each amplitude by which rising and falling couplings are balanced, (n,).
    """

    sectors: Sectors
    liouvillian: sparse.csr_array
    drive: tuple[sparse.csr_array, ...]
    backaction: tuple[sparse.csr_array, ...]
    drift: np.ndarray
    covariance: np.ndarray
    scale: np.ndarray

    @property
    def pairs(self) -> np.ndarray:
        """The different amplitudes (i, j) that the drift joins, (pairs, 2)."""
        places = np.argwhere(self.drift - np.diag(np.diag(self.drift)))
        return np.ascontiguousarray(places)  # kernels would be compiled once more for columns

    @property
    def real(self) -> bool:
        """Whether every number in it is real."""
        # `_as_real` makes either all of the matrices real or none.
        return not np.iscomplexobj(self.drift)


@dataclass(frozen=True, kw_only=True, eq=False)
class Lattice:
    """The boson numbers up to a tier, and where their operators stand in one long vector.

    Args:
        last: Highest tier.
        numbers: nu, (count, n), tier by tier.
        tiers: First position of each tier, (last + 2,).
        more: Position of nu + e_i, (count, n), -1 beyond the last tier.
        fewer: Position of nu - e_i, (count, n), -1 where nu_i = 0.
        moved: Position of nu - e_i + e_j for each pair (i, j) that W joins, (count, pairs), -1
            where nu_i = 0.
        first: First element (of the cloud's order) of each nu's charge, (count,).
        offset: Where each nu starts in the long vector, (count + 1,).
    """

    last: int
    numbers: np.ndarray
    tiers: np.ndarray
    more: np.ndarray
    fewer: np.ndarray
    moved: np.ndarray
    first: np.ndarray
    offset: np.ndarray

    @property
    def size(self) -> int:
        """Number of unknowns."""
        return int(self.offset[-1])


def sectors(network: Network | Source) -> Sectors:
    """The sectors of a network's emitters; one of all elements if nothing is conserved."""
    source = source_of(network)
    network = source.network
    try:
        numbers = source.numbers
        signs = node_signs(network)[list(network.mode_indices)]
    except SymmetryError:
        numbers = np.zeros(int(np.prod(network.dims)), dtype=np.int64)
        signs = np.zeros(len(network.modes), dtype=np.int64)
    return sectors_of(numbers, signs)


def sectors_of(numbers: np.ndarray, signs: np.ndarray) -> Sectors:
    """The sectors of emitters with these excitation numbers, (d,), and modes with these signs."""
    numbers = np.asarray(numbers)
    states = np.bincount(numbers - int(numbers.min()))  # of each excitation number
    sizes = np.correlate(states, states, "full")  # of each difference of two
    return Sectors(
        numbers=numbers,
        starts=np.concatenate([[0], np.cumsum(sizes)]),
        lowest=1 - len(states),
        charges=np.outer(signs, (1, -1)).ravel(),
    )


def hierarchy_operators(network: Network | Source) -> HierarchyOperators:
    """The emitters and the source of a network with one mode or more, in a unit of their rates.

    Raises:
        UnstableSourceError: the modes together have no stationary state.
    """
    problem = source_of(network)
    network, by_charge = problem.network, sectors(problem)
    source = _independent(problem.gaussian, by_charge.charges)
    largest = np.max(np.abs(source.covariance), axis=1, initial=0.0)
    alone = emitter_liouvillian(network)
    fastest = max(abs(alone).max(), np.max(np.abs(source.drift)))
    unit = natural_unit(float(fastest))

    def ordered(superoperator: Superoperator) -> sparse.csr_array:
        matrix = sparse.csr_array(superoperator)[by_charge.order][:, by_charge.order]
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
        matrix.data /= unit
        return matrix

    operators = HierarchyOperators(
        sectors=by_charge,
        liouvillian=ordered(alone),
        drive=tuple(ordered(drive) for drive in source.drive),
        backaction=tuple(ordered(backaction) for backaction in source.backaction),
        drift=source.drift / unit,
        covariance=source.covariance,
        scale=np.where(largest > 0, np.sqrt(largest), 1.0),
    )
    return _as_real(operators)


def _independent(source: GaussianSource, charges: np.ndarray) -> GaussianSource:
    """The source in amplitudes that relax independently, if there are such; else unchanged.

    u = T z for the left eigenvectors T of W, charge by charge. Then z.D = u.(T^-T D), and d/dz.K =
    d/du.(T K).
    """
    n = len(charges)
    transform = np.zeros((n, n), dtype=complex)
    for charge in np.unique(charges):
        group = np.flatnonzero(charges == charge)
        _, vectors = np.linalg.eig(source.drift[np.ix_(group, group)].T)
        if np.linalg.cond(vectors) > _WORST_CONDITION:
            return source
        transform[np.ix_(group, group)] = vectors.T
    inverse = np.linalg.inv(transform)
    drift = transform @ source.drift @ inverse
    return GaussianSource(
        drift=np.diag(np.diag(drift)),
        covariance=_without_rounding(transform @ source.covariance @ transform.T),
        drive=tuple(_mixed(inverse[:, k], source.drive) for k in range(n)),
        backaction=tuple(_mixed(transform[k], source.backaction) for k in range(n)),
    )


def _mixed(weights: np.ndarray, superoperators: Sequence[Superoperator]) -> sparse.csr_array:
    # Sums that cancel leave rounding; the kernel's work goes with the number of nonzeros.
    total = sparse.csr_array(superoperators[0].shape, dtype=complex)
    for weight, superoperator in zip(weights, superoperators, strict=True):
        if abs(weight) > 0:
            total = total + weight * sparse.csr_array(superoperator)
    total.data = _without_rounding(total.data)
    total.eliminate_zeros()
    return total


def _without_rounding(values: np.ndarray) -> np.ndarray:
    tiny = 8 * np.finfo(float).eps * np.max(np.abs(values), initial=0.0)
    real = np.where(np.abs(values.real) > tiny, values.real, 0.0)
    imag = np.where(np.abs(values.imag) > tiny, values.imag, 0.0)
    return real + 1j * imag


def _as_real(operators: HierarchyOperators) -> HierarchyOperators:
    """The operators as real matrices, if no number in them has an imaginary part."""
    matrices = [operators.liouvillian, *operators.drive, *operators.backaction]
    cleaned = [m.copy() for m in matrices]
    for matrix in cleaned:
        matrix.data = _without_rounding(matrix.data)
    arrays = [m.data for m in cleaned] + [
        _without_rounding(operators.drift),
        _without_rounding(operators.covariance),
    ]
    if any(np.any(array.imag) for array in arrays):
        return operators
    count = len(operators.drive)
    real = [sparse.csr_array(m.real) for m in cleaned]
    return replace(
        operators,
        liouvillian=real[0],
        drive=tuple(real[1 : 1 + count]),
        backaction=tuple(real[1 + count :]),
        drift=np.ascontiguousarray(arrays[-2].real),
        covariance=np.ascontiguousarray(arrays[-1].real),
    )


def unknowns(elements: Sectors, last: int) -> int:
    """Number of unknowns with the tiers up to `last`, without making the lattice."""
    # Boson numbers by charge: those that add and those that take are two groups.
    n = len(elements.charges)
    plus, minus = int(np.sum(elements.charges > 0)), int(np.sum(elements.charges < 0))
    if plus == minus == 0:
        return comb(last + n, n) * elements.dimension**2
    total = 0
    held = len(elements.starts) - 1  # charges that the emitters have
    for up in range(last + 1):
        # Other differences would be of charges that they do not have.
        first = up + elements.lowest
        for down in range(max(first, 0), min(first + held, last + 1 - up)):
            width = elements.sector(down - up)
            ways = comb(up + plus - 1, plus - 1) * comb(down + minus - 1, minus - 1)
            total += ways * (width.stop - width.start)
    return total


def _keys(rows: np.ndarray) -> np.ndarray:
    """Rows of small integers as strings of bytes, which are found by bisection, (count,)."""
    packed = np.ascontiguousarray(rows.astype(np.int16))
    return packed.view(np.dtype((np.void, packed.itemsize * packed.shape[1])))[:, 0]


def lattice(operators: HierarchyOperators, last: int) -> Lattice:
    """All boson numbers up to tier `last` whose charge the emitters can balance."""
    elements = operators.sectors
    n = len(elements.charges)
    numbers, tiers = [], [0]
    for tier in range(last + 1):
        for chosen in combinations_with_replacement(range(n), tier):
            nu = np.bincount(np.array(chosen, dtype=np.int64), minlength=n)
            width = elements.sector(-int(nu @ elements.charges))
            if width.stop > width.start:
                numbers.append(nu)
        tiers.append(len(numbers))
    table = np.array(numbers)
    unit = np.eye(n, dtype=np.int64)
    keys = _keys(table)
    order = np.argsort(keys)
    ordered = keys[order]

    def shifted(shifts: np.ndarray) -> np.ndarray:
        """Position of every row plus each shift, -1 where there is none, (count, shifts)."""
        places = np.full((len(table), len(shifts)), -1, dtype=np.int64)
        for column, shift in enumerate(shifts):
            wanted = _keys(table + shift)
            at = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
            there = ordered[at] == wanted
            places[there, column] = order[at[there]]
        return places

    pairs = operators.pairs
    widths = [elements.sector(-int(nu @ elements.charges)) for nu in table]
    return Lattice(
        last=last,
        numbers=table,
        tiers=np.array(tiers),
        more=shifted(unit),
        fewer=shifted(-unit),
        moved=shifted(unit[pairs[:, 1]] - unit[pairs[:, 0]]),
        first=np.array([sector.start for sector in widths]),
        offset=np.concatenate([[0], np.cumsum([s.stop - s.start for s in widths])]),
    )
