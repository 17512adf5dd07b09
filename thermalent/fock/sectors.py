r"""Charge sectors: their elements, their equation, and the part of a product state in them.

The generator conserves the total charge Q of \(|r\rangle\langle c|\), \(Q = N_r - N_c\).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy import sparse, special

from thermalent.fock.lindbladian import Lindbladian, two_sided
from thermalent.fock.mode_states import joint_state
from thermalent.fock.problem import Problem
from thermalent.fock.space import Space
from thermalent.networks.mode_moments import joined
from thermalent.solution.tasks import SourceStart, start_amplitudes


class Flow(NamedTuple):
    """The generator of a sector, its initial vector, and the map to the emitters' elements."""

    matrix: sparse.csr_array  # (n, n)
    start: np.ndarray  # (n,)
    readout: sparse.csr_array  # (d^2, n)


def flow_of(generator: Lindbladian, kept: Space, start: np.ndarray, charge: int) -> Flow:
    """The equation of a sector; of charge zero in the real numbers of a Hermitian matrix."""
    readout = readout_of(kept)
    if charge == 0:
        unitary = kept.coordinates()
        real = sparse.csr_array(readout @ unitary.conj().T)
        return Flow(generator.matrix, (unitary @ start).real, real)
    drift = generator.drift
    identity = sparse.csr_array(sparse.eye_array(drift.shape[0], format="csr"))
    matrix = two_sided(drift, identity, kept) + two_sided(identity, drift, kept)
    for jump in generator.jumps:
        matrix = matrix + two_sided(jump.a, jump.b, kept)
    return Flow(sparse.csr_array(matrix), start, readout)


def readout_of(kept: Space) -> sparse.csr_array:
    """The map from a sector's elements to those of the emitters, modes traced out, (d^2, n)."""
    d = kept.emitter_dimension
    traced = np.flatnonzero(kept.rows // d == kept.cols // d)
    element = (kept.rows[traced] % d) * d + kept.cols[traced] % d
    shape = (d * d, kept.elements)
    return sparse.csr_array((np.ones(len(traced), dtype=complex), (element, traced)), shape)


def sector(base: Space, charge: int) -> Space:
    """The elements |r><c| with N_r - N_c = charge, as a space that can index them.

    Its `sizes` count the states c that each state r of a group has, its `starts` the elements.
    """
    values = base.charges
    partner = np.minimum(np.searchsorted(values, values - charge), len(values) - 1)
    width = np.where(values[partner] == values - charge, base.sizes[partner], 0)
    first = np.cumsum(base.sizes) - base.sizes
    order = np.argsort(base.group, kind="stable")
    count = width[base.group[order]]
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return replace(
        base,
        sizes=width,
        starts=np.concatenate([[0], np.cumsum(base.sizes * width)]),
        rows=np.repeat(order, count),
        cols=order[np.repeat(first[partner[base.group[order]]], count) + within],
    )


def mode_states(problem: Problem, cutoffs: Sequence[int], source: SourceStart) -> list[np.ndarray]:
    """Density matrix of each mode at the start, or of all of them together; trace one, (n, n)."""
    if source == "stationary" and joined(problem.network) and any(problem.known_ratios):
        return [joint_state(problem.network, tuple(cutoffs))]
    states = []
    amplitudes = start_amplitudes(source, len(cutoffs))
    for k, cutoff in enumerate(cutoffs):
        n = np.arange(cutoff)
        if isinstance(source, str):
            ratio = problem.known_ratios[k] if source == "stationary" else 0.0
            weights = ratio**n
            states.append(np.diag(weights / weights.sum()))
            continue
        # In logarithms, relative to the largest: a power of a large amplitude overflows.
        size = special.xlogy(n, abs(amplitudes[k])) - 0.5 * special.gammaln(n + 1)
        amplitude = np.exp(size - size.max() + 1j * n * np.angle(amplitudes[k]))
        amplitude /= np.linalg.norm(amplitude)
        states.append(np.outer(amplitude, amplitude.conj()))
    return states


def product_elements(kept: Space, modes: Sequence[np.ndarray], emitters: np.ndarray) -> np.ndarray:
    """The kept elements of a product state, (n,) complex."""
    shape = (*(len(mode) for mode in modes), kept.emitter_dimension)
    rows, cols = np.unravel_index(kept.rows, shape), np.unravel_index(kept.cols, shape)
    values = np.ones(kept.elements, dtype=complex)
    for factor, r, c in zip((*modes, emitters), rows, cols, strict=True):
        values = values * factor[r, c]
    return values
