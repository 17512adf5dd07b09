r"""Several networks with the same modes in common coordinates of their source.

The rows of the first chain, \(c, cW, \dots\), are continued by those that the drifts of the other
networks lead to, until all of them stay within,

$$y = a\,\eta\, u_1, \qquad \dot u = -H u + \text{noise}, \qquad H = T W G T^\dagger$$

H and the covariance differ from network to network, and so does the factor a, which is zero where
the emitters are decoupled. H is lower Hessenberg in the first network alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from thermalent.continued_fraction.several_poles.chain.coordinates import (
    Coordinates,
    NoChainError,
    Source,
    SourceChain,
    coordinates_of,
    in_coordinates,
    own_amplitudes,
)
from thermalent.continued_fraction.several_poles.chain.orthonormal_rows import rest_of
from thermalent.networks.network import Network

# Rows of the drives of two networks that differ by this part of them are proportional.
_PROPORTIONAL = 1e-11


def common_chains(networks: Sequence[Network], *, whole: bool = False) -> list[SourceChain]:
    """The chain of each network, all in the same coordinates.

    Args:
        networks: Networks with the same modes and emitters.
        whole: Whether the coordinates hold all amplitudes of the source.

    Raises:
        SymmetryError: a network does not conserve the excitation number.
        NoChainError: the emitters feel several amplitudes of the source, in one of the networks or
            in one after the other.
        UnstableSourceError: the modes of a network together have no stationary state.
    """
    known = {id(network): Source(network) for network in networks}
    sources = list(known.values())
    found: list[tuple[Source, Coordinates]] = []
    for source in sources:
        try:
            found.append((source, coordinates_of(source)))
        except NoChainError:
            if _driven(source):
                raise
    if not found:
        raise NoChainError("the emitters feel no amplitude of the source in any of the networks.")
    base, coordinates = max(found, key=lambda pair: pair[1].scale)
    for _, other in found:
        if not _proportional(coordinates.output, other.output):
            raise NoChainError(
                "the networks of the schedule drive the emitters through different combinations of "
                "the modes' amplitudes, and the chain has one that drives them."
            )
    wider = _widened(coordinates, [own_amplitudes(source).drift for source in sources], whole)
    # Coordinates in which the source drives one state alone are those of a network that it drives.
    first = in_coordinates(base, wider, first=True)
    chains = {
        id(source.network): replace(
            in_coordinates(source, wider, first=source is base), bright_dark=first.bright_dark
        )
        for source in sources
    }
    return [chains[id(network)] for network in networks]


def _driven(source: Source) -> bool:
    return bool(np.any(own_amplitudes(source).sizes > 0))


def _proportional(row: np.ndarray, other: np.ndarray) -> bool:
    overlap = np.vdot(row, other) / np.vdot(row, row)
    return bool(np.linalg.norm(other - overlap * row) <= _PROPORTIONAL * np.linalg.norm(other))


def _widened(coordinates: Coordinates, drifts: Sequence[np.ndarray], whole: bool) -> Coordinates:
    """The coordinates with further rows, so that every drift stays within them."""
    rows, metric = list(coordinates.transform), coordinates.metric
    further = list(np.eye(len(metric), dtype=complex)) if whole else []
    at = 0
    while at < len(rows):
        for drift in drifts:
            rest = rest_of(rows[at] @ drift, rows, metric)
            if rest is not None and len(rows) < len(metric):
                rows.append(rest)
        at += 1
        while at == len(rows) < len(metric) and further:
            rest = rest_of(further.pop(), rows, metric)
            if rest is not None:
                rows.append(rest)
    transform = np.array(rows)
    return coordinates._replace(transform=transform, dual=metric @ transform.conj().T)
