r"""Chain coordinates of a Gaussian source: the amplitude that drives, and what moves it.

A source of amplitudes z (drift W, covariance \(C = \langle z z^\dagger \rangle\)) drives the
emitters through one combination y = c z. The rows c, cW, cW^2, ... orthonormalised in this order
in a metric G give amplitudes u = T z, \(T G T^\dagger = 1\), with

$$y = \eta\, u_1, \qquad \dot u = -H u + \text{noise}, \qquad H = T W G T^\dagger$$

where H is lower Hessenberg: u_1 is moved by u_2 alone, u_2 by u_1, u_2 and u_3, and so on. For
G = C the amplitudes are independent and only u_1 is correlated with what the emitters feel. This is
Mori's chain; where noise enters at its end alone, H is tridiagonal with damping on its last element
alone, the Schwarz form of control theory.

Amplitudes that the chain does not reach do not act on the emitters and are left out: the chain may
be shorter than the source.

Source: H. Mori, Prog. Theor. Phys. 34, 399 (1965); the coordinates of this hierarchy are ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy import sparse

from thermalent.continued_fraction.chain.hierarchy import bright_dark_basis
from thermalent.continued_fraction.several_poles.chain.elements import Elements, emitter_elements
from thermalent.continued_fraction.several_poles.chain.orthonormal_rows import orthonormal_rows
from thermalent.networks.gaussian_source import GaussianSource, gaussian_source
from thermalent.networks.liouvillian import emitter_liouvillian
from thermalent.networks.network import Network
from thermalent.networks.symmetry import SymmetryError, excitation_numbers, node_signs
from thermalent.operators.superoperators import Superoperator
from thermalent.support.errors import ArgumentError

# A metric worse conditioned than this is widened by the vacuum's own fluctuations.
_WORST_CONDITION = 1e12
_EPS = float(np.finfo(float).eps)
_IMAGINARY = 1e-14  # parts of the largest rate that are rounding
# Two drives that differ by this part of them are proportional.
_PROPORTIONAL = 1e-12


class NoChainError(ArgumentError):
    """The source has no chain of one driven amplitude; the message says why."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SourceChain:
    r"""Emitters and the chain of amplitudes of their source.

    Args:
        liouvillian: L of the emitters alone, (d^2, d^2).
        numbers: Excitation number of each basis state of the emitters, (d,) integers.
        bright_dark: Orthonormal basis of the emitters' space as columns, (d, d); see
            `bright_dark_basis`.
        drift: H, (m, m) complex, lower Hessenberg, rate unit.
        covariance: <u u^+>, (m, m); a multiple of the identity where the metric is C.
        scale: eta, the driving amplitude in units of u_1, > 0.
        drive: L_+, the superoperator that multiplies y, (d^2, d^2).
        drive_conj: L_-, the one that multiplies y^*.
        backaction: What multiplies -d/du_j^*: back-action of the emitters, m superoperators.
        backaction_conj: What multiplies -d/du_j.
        transform: T, (m, n), from the source's amplitudes to the chain's.
        dual: (n, m), from the chain's amplitudes to the source's, where it holds them.
        members: Positions of those amplitudes z in the source, (n,).
        coordinates: The coordinates that the chain is in.
    """

    liouvillian: Superoperator
    numbers: np.ndarray
    bright_dark: np.ndarray
    drift: np.ndarray
    covariance: np.ndarray
    scale: float
    drive: Superoperator
    drive_conj: Superoperator
    backaction: tuple[Superoperator, ...]
    backaction_conj: tuple[Superoperator, ...]
    transform: np.ndarray
    dual: np.ndarray
    members: np.ndarray
    coordinates: Coordinates

    @property
    def length(self) -> int:
        """Number m of amplitudes."""
        return len(self.drift)

    @property
    def variance(self) -> float:
        """V = <|y|^2>."""
        return float(self.scale**2 * self.covariance[0, 0].real)

    @property
    def independent(self) -> bool:
        """Whether the amplitudes are independent and of one variance: the metric is C."""
        own, identity = self.covariance, np.eye(self.length)
        return self.variance > 0 and np.allclose(own, own[0, 0] * identity, atol=1e-9)

    @cached_property
    def real(self) -> bool:
        """Whether all of its numbers are real, to rounding."""
        operators = (self.liouvillian, self.drive, *self.backaction)
        parts = [self.drift, self.covariance]
        parts += [op if isinstance(op, np.ndarray) else op.data for op in operators]
        rounding = _IMAGINARY * max(float(np.max(np.abs(part), initial=0.0)) for part in parts)
        return not any(np.any(np.abs(part.imag) > rounding) for part in parts)

    @cached_property
    def elements(self) -> list[Elements]:
        r"""Elements of all operators in the basis of bright and dark states.

        L; from the tier below, for each amplitude, \(\eta V_{1j} L_+ + K_{+j}\) and
        \(\eta V_{1j}^* L_- + K_{-j}\); from the tier above \(\eta L_+\) and \(\eta L_-\).
        """
        operators = [self.liouvillian]
        for j, covariance in enumerate(self.covariance[0].tolist()):
            weight = self.scale * covariance
            operators.append(weight * self.drive + self.backaction[j])
            operators.append(np.conj(weight) * self.drive_conj + self.backaction_conj[j])
        operators += [self.scale * self.drive, self.scale * self.drive_conj]
        return emitter_elements(self.bright_dark, operators)

    @cached_property
    def rounding(self) -> float:
        r"""Error of the source that rounding of its coordinates leaves, relative.

        All elements of H are known to eps of the largest one. The slowest rate of the source,
        which is what is left where they cancel, feels that absolutely:
        \(\mathrm{eps} \max |H| / \min \mathrm{Re}\,\mathrm{eig} H\), at most 1.
        """
        largest = float(np.max(np.abs(self.drift)))
        slowest = float(np.min(np.linalg.eigvals(self.drift).real))
        lost = _EPS * largest
        return lost / slowest if slowest > lost else 1.0


@dataclass(frozen=True, eq=False)
class Source:
    """A network of several modes, with what is found of its source once.

    Args:
        network: The network.
    """

    network: Network

    @cached_property
    def _numbers(self) -> np.ndarray | SymmetryError:
        try:
            return excitation_numbers(self.network)
        except SymmetryError as error:
            return error

    @property
    def numbers(self) -> np.ndarray:
        """Excitation number of each basis state of the emitters, (d,) integers.

        Raises:
            SymmetryError: the network does not conserve it.
        """
        if isinstance(self._numbers, SymmetryError):
            raise self._numbers
        return self._numbers

    @cached_property
    def gaussian(self) -> GaussianSource:
        """Its amplitudes.

        Raises:
            UnstableSourceError: the modes together have no stationary state.
        """
        return gaussian_source(self.network)

    @cached_property
    def chain(self) -> SourceChain | str:
        """The chain of the source, or why there is none.

        Raises:
            UnstableSourceError: the modes together have no stationary state.
        """
        try:
            return chain_of(self)
        except (SymmetryError, NoChainError) as error:
            return str(error)


def source_of(network: Network | Source) -> Source:
    """The source of a network; what is one already is returned as it is."""
    return network if isinstance(network, Source) else Source(network)


def chain_of(network: Network | Source, observed: np.ndarray | None = None) -> SourceChain:
    """The chain of a network's source.

    Args:
        network: The network.
        observed: Weights of the modes' amplitudes in a field that is looked at, (modes,): the chain
            then holds it too, where the emitters feel less of the source.

    Raises:
        SymmetryError: the network does not conserve the excitation number.
        NoChainError: the emitters feel several amplitudes of the source.
        UnstableSourceError: the modes together have no stationary state.
    """
    of = source_of(network)
    return in_coordinates(of, coordinates_of(of, observed), first=True)


class Coordinates(NamedTuple):
    """Coordinates of a source's amplitudes.

    Args:
        transform: T, (m, n).
        dual: Its inverse on the amplitudes that it holds, (n, m).
        metric: G, (n, n).
        output: c of the network that they were made for, (n,).
        scale: eta.
    """

    transform: np.ndarray
    dual: np.ndarray
    metric: np.ndarray
    output: np.ndarray
    scale: float


class OwnAmplitudes(NamedTuple):
    """Of each amplitude of a source and its conjugate, the one that raises the emitters' charge.

    Args:
        members: Their positions in the source, (n,).
        drift: W of these, (n, n).
        covariance: C of these, (n, n).
        sizes: Squares of their drives, (n,).
    """

    members: np.ndarray
    drift: np.ndarray
    covariance: np.ndarray
    sizes: np.ndarray


def own_amplitudes(of: Source) -> OwnAmplitudes:
    """The amplitudes that the chain is made of.

    Raises:
        SymmetryError: the network does not conserve the excitation number.
        UnstableSourceError: the modes together have no stationary state.
    """
    if not of.network.modes:
        raise NoChainError("the network has no boson mode.")
    _, source = of.numbers, of.gaussian  # which does not exist without the symmetry
    signs = node_signs(of.network)[list(of.network.mode_indices)]
    own = np.array([2 * i + (sign < 0) for i, sign in enumerate(signs)])
    covariance = source.covariance[np.ix_(own, own ^ 1)]
    return OwnAmplitudes(
        own,
        source.drift[np.ix_(own, own)],
        0.5 * (covariance + covariance.conj().T),
        np.array([float(np.sum(np.abs(_elements(source, i).data) ** 2)) for i in own.tolist()]),
    )


def coordinates_of(of: Source, observed: np.ndarray | None = None) -> Coordinates:
    """The chain's coordinates of a network; see `chain_of`."""
    own = own_amplitudes(of)
    output = _output(of.gaussian, own)
    acts_back = any(sparse.csr_array(k).count_nonzero() for k in of.gaussian.backaction)
    metric = _metric(output, own.covariance, acts_back)
    transform, scale = orthonormal_rows(output, own.drift, metric, observed)
    return Coordinates(transform, metric @ transform.conj().T, metric, output, scale)


def in_coordinates(of: Source, coordinates: Coordinates, *, first: bool) -> SourceChain:
    """The chain of a network in given coordinates, whose drive is proportional to theirs or zero.

    Args:
        of: The network.
        coordinates: The coordinates.
        first: Whether they were made for it, so that the drift is lower Hessenberg.
    """
    own, source = own_amplitudes(of), of.gaussian
    conjugate, transform, dual = own.members ^ 1, coordinates.transform, coordinates.dual
    drift = transform @ own.drift @ dual
    strongest = int(np.argmax(own.sizes))
    # The drive D_i = c_i D of another network, in units of the c that the coordinates have.
    factor = 1.0 if first or own.sizes[strongest] == 0 else 1.0 / coordinates.output[strongest]
    return SourceChain(
        liouvillian=emitter_liouvillian(of.network),
        numbers=of.numbers,
        bright_dark=bright_dark_basis(of.network, of.numbers),
        drift=_hessenberg(drift) if first else _cleaned(drift),
        covariance=_cleaned(transform @ own.covariance @ transform.conj().T),
        scale=coordinates.scale,
        drive=factor * source.drive[own.members[strongest]],
        drive_conj=np.conj(factor) * source.drive[conjugate[strongest]],
        backaction=_mixed(transform.conj(), [source.backaction[i] for i in conjugate]),
        backaction_conj=_mixed(transform, [source.backaction[i] for i in own.members]),
        transform=transform,
        dual=dual,
        members=own.members,
        coordinates=coordinates,
    )


def _elements(source: GaussianSource, amplitude: int) -> sparse.csr_array:
    return sparse.csr_array(source.drive[amplitude])


def _output(source: GaussianSource, own: OwnAmplitudes) -> np.ndarray:
    """The row c with drives D_i = c_i D, where D is the strongest of them."""
    first = int(np.argmax(own.sizes))
    if own.sizes[first] == 0:
        raise NoChainError("the emitters feel no amplitude of the source.")
    drives = [_elements(source, i) for i in own.members.tolist()]
    weights = np.zeros(len(drives), dtype=complex)
    for i, drive in enumerate(drives):
        weights[i] = drives[first].conj().multiply(drive).sum() / own.sizes[first]
        rest = drive - weights[i] * drives[first]
        if np.sum(np.abs(rest.data) ** 2) > _PROPORTIONAL**2 * own.sizes[first]:
            raise NoChainError(
                "the emitters feel several amplitudes of the source, each in another way; a chain "
                "has one that drives them."
            )
    return weights


def _metric(output: np.ndarray, covariance: np.ndarray, acts_back: bool) -> np.ndarray:
    """The metric of the Gram-Schmidt process: the covariance, where it serves.

    It is divided by the variance of the drive where that is below one, so that the chain stays
    regular as the source gets cold. A covariance that is singular or indefinite is widened by the
    commutators of the amplitudes, which any coordinates allow; those of no variance matter through
    the back-action alone.
    """
    variance = float((output @ covariance @ output.conj()).real)
    values = np.linalg.eigvalsh(covariance)
    if variance > 0 and values[0] > values[-1] / _WORST_CONDITION:
        return covariance / min(variance, 1.0)
    if variance > 0 and not acts_back and values[0] > -values[-1] / _WORST_CONDITION:
        return covariance / min(variance, 1.0)  # an amplitude of no variance is always zero
    spread = covariance + max(0.0, -2.0 * float(values[0])) * np.eye(len(covariance))
    return spread + np.eye(len(covariance))


def _hessenberg(drift: np.ndarray) -> np.ndarray:
    """The drift without what is zero by construction: right of the first superdiagonal."""
    return _cleaned(np.tril(drift, 1))


def _cleaned(matrix: np.ndarray) -> np.ndarray:
    """Without real and imaginary parts that are rounding: 1e-14 of the largest element."""
    least = 1e-14 * float(np.max(np.abs(matrix), initial=0.0))
    real = np.where(np.abs(matrix.real) > least, matrix.real, 0.0)
    imag = np.where(np.abs(matrix.imag) > least, matrix.imag, 0.0)
    return real + 1j * imag


def _mixed(weights: np.ndarray, operators: list[Superoperator]) -> tuple[Superoperator, ...]:
    """sum_i weights_ji operator_i for each j."""
    found = []
    for row in weights:
        total = row[0] * operators[0]
        for weight, operator in zip(row[1:], operators[1:], strict=True):
            total = total + weight * operator
        found.append(total)
    return tuple(found)
