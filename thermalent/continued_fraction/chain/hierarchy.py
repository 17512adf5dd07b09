r"""The phase-space hierarchy of emitters under Gaussian sources.

A source is a list of complex Gaussian amplitudes u, each with a decay rate and a variance
\(V = \langle |u|^2 \rangle\). Expanded in the eigenfunctions of their Ornstein-Uhlenbeck process,
labelled by two integers (k, l) per amplitude, the emitters' operators obey (one amplitude)

$$\dot\mu^{kl} = \big[L - \lambda (k + l) + i\delta (k - l)\big]\mu^{kl}
  + \sqrt{k}\,(V L_+ + K_+)\,\mu^{k-1,l} + \sqrt{l + 1}\, L_+\,\mu^{k,l+1}
  + \sqrt{l}\,(V L_- + K_-)\,\mu^{k,l-1} + \sqrt{k + 1}\, L_-\,\mu^{k+1,l}$$

with \(\mu^{00}\) the emitters' state. L_+ and L_- multiply u and u^* in the emitters' equation of
motion; K_+ and K_- are their back-action on the source (zero if nothing travels back). The
hierarchy is exact, back-action included. The two kinds of coupling may be rescaled against each
other by any positive factor; see `chain.chain`.

Source: THERMAL, Appendix B, in the basis of two boson numbers and with the back-action kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from thermalent.networks.gaussian_source import GaussianMode, gaussian_modes
from thermalent.networks.liouvillian import emitter_liouvillian, lowering_operators
from thermalent.networks.network import Network
from thermalent.networks.symmetry import excitation_numbers
from thermalent.operators.superoperators import Superoperator, dense
from thermalent.support import checks
from thermalent.support.calls import ExplainedClass, with_explained_calls

# Larger systems stay in the product basis, where their superoperators are sparse.
_FRAME_UP_TO = 8


@dataclass(frozen=True, kw_only=True, eq=False)
class Hierarchy(metaclass=ExplainedClass):
    """Emitters (a Liouvillian and a charge per basis state) under a list of Gaussian modes.

    Args:
        liouvillian: L of the emitters alone, (d^2, d^2).
        numbers: Excitation number of each basis state of the emitters, (d,) integers.
        modes: The source's amplitudes.
        bright_dark: Orthonormal basis of the emitters' space as columns, (d, d), each of definite
            charge: bright and dark states of the drive, see `bright_dark_basis`.
    """

    liouvillian: Superoperator
    numbers: np.ndarray
    modes: tuple[GaussianMode, ...]
    bright_dark: np.ndarray


@with_explained_calls
def hierarchy(network: Network, numbers: np.ndarray | None = None) -> Hierarchy:
    """The hierarchy of a network with U(1) symmetry whose modes are not coupled to each other.

    Args:
        network: The network.
        numbers: Its excitation numbers, (d,), if they are known already.

    Returns:
        What the tiers are made of: the emitters' Liouvillian, their charges, the source's
        amplitudes, and a basis.

    Raises:
        SymmetryError: the network does not conserve the excitation number.
    """
    if numbers is None:
        numbers = excitation_numbers(network)
    else:
        size = int(np.prod(network.dims))
        numbers = checks.real_array("numbers", numbers)
        if numbers.shape != (size,) or np.any(numbers != np.round(numbers)) or np.any(numbers < 0):
            checks.fail("numbers", f"{size} integers of at least 0", numbers)
        numbers = numbers.astype(int)
    return Hierarchy(
        liouvillian=emitter_liouvillian(network),
        numbers=numbers,
        modes=gaussian_modes(network),
        bright_dark=bright_dark_basis(network, numbers),
    )


def bright_dark_basis(network: Network, numbers: np.ndarray) -> np.ndarray:
    r"""Eigenstates of \(O^\dagger O\) in each charge sector, O the operator that the source drives.

    For two qubits: |00>, bright, dark, |11>. A dark state decouples from a strong drive exactly
    here, but only by cancellation between large numbers in the product basis: at n_th = 1e7 that
    would cost three digits.

    Returns:
        The states as columns, (d, d).
    """
    d = len(numbers)
    if d > _FRAME_UP_TO or not network.mode_indices:
        return np.eye(d)
    e = list(network.emitter_indices)
    # With several modes, the one that drives the emitters most is used.
    coupled = np.conj(0.5 * network.decay[:, e].T + 1j * network.exchange[e])[
        :, network.mode_indices
    ]
    weights = coupled[:, np.argmax(np.sum(np.abs(coupled), axis=0))]
    drive = sum(w * dense(c) for w, c in zip(weights, lowering_operators(network), strict=True))
    return bright_dark_bases(np.asarray(drive)[None], numbers)[0]


def bright_dark_bases(drive: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """The bright and dark states of the operators O of several networks.

    Args:
        drive: O, (p, d, d).
        numbers: Excitation numbers of the basis states, (d,).

    Returns:
        The states as columns, (p, d, d).
    """
    gram = drive.conj().transpose(0, 2, 1) @ drive
    single, several = _sectors(tuple(numbers.tolist()))
    bright_dark = np.empty(drive.shape, dtype=complex)
    bright_dark[:] = single
    for rows, columns in several:
        bright_dark[:, rows, columns] = np.linalg.eigh(gram[:, rows, columns])[1]
    return bright_dark


@lru_cache(maxsize=64)
def _sectors(
    numbers: tuple[int, ...],
) -> tuple[np.ndarray, tuple[tuple[np.ndarray, np.ndarray], ...]]:
    """The sectors of one number: those of one state as a matrix with ones on its diagonal, (d, d),
    and the rows and columns of each of the others.
    """
    sectors = [np.flatnonzero(np.equal(numbers, n)) for n in sorted(set(numbers))]
    alone = [len(sector) == 1 for sector in sectors]
    single = np.zeros((len(numbers), len(numbers)))
    places = [int(sector[0]) for sector, one in zip(sectors, alone, strict=True) if one]
    single[places, places] = 1.0
    return single, tuple(
        (sector[:, None], sector) for sector, one in zip(sectors, alone, strict=True) if not one
    )
