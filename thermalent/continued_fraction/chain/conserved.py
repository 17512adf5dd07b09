"""What a network without a unique steady state conserves, in words.

Each left null vector of the emitters' effective generator A_0 + K is a conserved quantity of the
whole network; the trace is one of them.
"""

from __future__ import annotations

import numpy as np

from thermalent.continued_fraction.chain.fraction import Fraction
from thermalent.continued_fraction.chain.stationary import TierZeroEquation
from thermalent.solution.result import Outcome, Status

# Part of the coupling to the tier above, from which the source has a part in a conserved operator:
# tiers that are left out move null vectors by up to 1e-3 of it.
_SHARED, _APART = 1e-2, 1e-6
_NAMED = 3  # spaces that are named, and one more


def status_not_unique(why: str = "", explanation: str = "") -> Status:
    """The status of several stationary states.

    Args:
        why: How it was noticed, in words that follow "not unique".
        explanation: What `independent_states` says.
    """
    return Outcome.NOT_UNIQUE.because(
        f"The steady state is not unique{why}{explanation}. Give `initial=` for the one that "
        "is reached from a state, or break the symmetry (detuning, position, dephasing, decay)."
    )


def independent_states(stationary: TierZeroEquation, fraction: Fraction) -> str:
    """How many stationary states a fraction shows, and why, in words; empty where it is one."""
    left = stationary.null_vectors(fraction.k, fraction.uncertainty)[1]
    if left.shape[1] <= 1:
        return ""
    return (
        f": there are {left.shape[1]} independent stationary states, because the network conserves "
        f"{_conserved(stationary, left)}"
    )


def _conserved(stationary: TierZeroEquation, left: np.ndarray) -> str:
    """The conserved quantities of the network beside the trace, from left null vectors, (tier0, m).

    A generic combination of the conserved operators has their joint eigenspaces for its own;
    the population of each is conserved, and all but the largest are named. Operators in which
    the source has a part go on in the tiers above: their part at tier 0 is no conserved
    population of the emitters, so that these are counted only.
    """
    coupling = _from_tier_one(stationary)
    unit = float(np.max(np.abs(coupling), initial=0.0)) or 1.0
    u, values, _ = np.linalg.svd(left.T @ (coupling / unit))
    shared = int(np.count_nonzero(values > _SHARED))
    inexact = float(np.max(values[shared:], initial=0.0))
    words = []
    if left.shape[1] - shared > 1:
        named = _populations(stationary, left @ u[:, shared:], max(_APART, 10 * inexact))
        words.append(f"the population of {named}")
    if shared:
        quantities = "a quantity" if shared == 1 else f"{shared} quantities"
        words.append(f"{quantities} in which emitters and source share")
    return ", and ".join(words) or "more than the trace"


def _from_tier_one(stationary: TierZeroEquation) -> np.ndarray:
    """The coupling C of tier 0 to the tier above, (tier0, m_1)."""
    band = stationary.chain.down[0]
    found = np.zeros((len(stationary.a), stationary.chain.a[1].shape[0]))
    own = band.row < len(stationary.a)
    np.add.at(found, (band.row[own], band.col[own]), band.value[own])
    return found


def _populations(stationary: TierZeroEquation, left: np.ndarray, apart: float) -> str:
    """The states whose populations left null vectors, (tier0, m), conserve.

    Args:
        stationary: The equation at tier 0.
        left: The vectors.
        apart: By how much eigenvalues of a combination differ at least, if they do.
    """
    weights = np.sqrt(2.0 + np.arange(left.shape[1]))  # generic: no two combinations agree
    values, vectors = np.linalg.eigh(stationary.matrix(left @ weights))
    edges = np.flatnonzero(np.diff(values) > apart) + 1  # of numbers that are of order one
    spaces = np.split(np.arange(stationary.d), edges)
    largest = max(range(len(spaces)), key=lambda n: len(spaces[n]))
    del spaces[largest]
    named = [" and ".join(_ket(vectors[:, i]) for i in space) for space in spaces]
    left_out = len(named) - _NAMED
    if left_out > 1:
        named = [*named[:_NAMED], f"{left_out} more spaces"]
    return ", of ".join(named)


def _ket(vector: np.ndarray) -> str:
    """A state vector in words, its largest component real and positive."""
    lead = vector[np.argmax(np.abs(vector) > 0.99 * np.max(np.abs(vector)))]
    vector = vector * abs(lead) / lead
    digits = max(1, int(np.ceil(np.log2(len(vector)))))
    terms = []
    for i in np.flatnonzero(np.abs(vector) > 1e-6):
        c = vector[i]
        number = f"{c.real:+.3g} " if abs(c.imag) < 1e-6 else f"+({c.real:.3g}{c.imag:+.3g}j) "
        terms.append(f"{number}|{i:0{digits}b}>")
    return terms[0].split()[-1] if len(terms) == 1 else " ".join(terms).lstrip("+")
