"""The transfer of an unknown state: the mean fidelity over all superpositions of some levels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from thermalent.excitations.start import State, configurations, excitations
from thermalent.excitations.transfer import transfer
from thermalent.networks.network import Network
from thermalent.operators.estimates import Estimates
from thermalent.support import checks
from thermalent.support.calls import with_explained_calls

_MOST_LEVELS = 16


@with_explained_calls
def unknown_state_fidelity(
    network: Network, times: ArrayLike, levels: Sequence[tuple[State, State]]
) -> Estimates:
    r"""Mean fidelity with which an unknown superposition of some levels is transferred.

    $$\bar F = \frac{1}{d + 1} \Big( 1 + \frac1d \big(\textstyle\sum_k |s_k|\big)^2 \Big), \qquad
      s_k = \langle\phi_k|\, e^{K t}\, |\psi_k\rangle$$

    the mean over all states \(\sum_k c_k |\psi_k\rangle\), each compared with
    \(\sum_k c_k |\phi_k\rangle\), after the receiver has undone the known phases of the s_k. The
    levels have different numbers of excitations: what loses some of them, or leaves them behind,
    shifts every level to a lower one and so adds nothing to the fidelity with which half of an
    entangled pair is transferred. A qubit is written into no or one excitation, |00> and
    (|01> + |10>)/sqrt(2) of two qubits, a qutrit also into two, |11>.

    Args:
        network: That only loses excitations, as for `transfer`.
        times: Increasing, >= 0, inverse rate unit, (t,).
        levels: Pairs of the state psi_k of the emitters at the start and the wanted state phi_k, as
            for `transfer`, of k excitations each; the ground state goes to itself and is added if
            it is not among them.

    Returns:
        The mean fidelities, (t,), with the errors of the amplitudes carried through.

    Raises:
        ValueError: two levels have the same number of excitations, there are too few or too many,
            or what `transfer` raises.
        MethodError: as of `transfer`.

    Source: TRANSPORT, Secs. I and VII, names this use; Horodecki, Horodecki and Horodecki, Phys.
    Rev. A 60, 1888 (1999), for the mean.
    """
    grid = checks.time_grid("times", times)
    pairs = _checked(levels)
    sizes, errors, numbers = [], [], []
    for initial, target in pairs:
        found = transfer(network, grid, initial, target)
        numbers.append(excitations("levels", configurations("levels", initial, network), network))
        sizes.append(np.abs(found.amplitude))
        errors.append(np.broadcast_to(found.error, grid.shape))
    if 0 not in numbers:
        numbers.append(0)
        sizes.append(np.ones(len(grid)))
        errors.append(np.zeros(len(grid)))
    if len(set(numbers)) < len(numbers):
        checks.fail("levels", "of different numbers of excitations", numbers)
    d = len(numbers)
    total, change = np.sum(sizes, axis=0), np.sum(errors, axis=0)
    mean = (1 + total**2 / d) / (d + 1)
    error = change * (2 * total + change) / (d * (d + 1)) + 4 * np.finfo(float).eps
    return Estimates(mean, error, "errors of the amplitudes of the evolution without jumps")


def _checked(levels: Any) -> list[tuple[State, State]]:
    if not _sequence(levels, 1, _MOST_LEVELS) or not all(_sequence(pair, 2, 2) for pair in levels):
        allowed = f"1 to {_MOST_LEVELS} pairs of an initial and a wanted state"
        checks.fail("levels", allowed, levels)
    return [(initial, target) for initial, target in levels]


def _sequence(value: Any, least: int, most: int) -> bool:
    listed = isinstance(value, Sequence) and not isinstance(value, (str, bytes))
    return listed and least <= len(value) <= most
