"""Two rails of qubits: the names of their nodes, their detunings, and the permutation of those.

Pair i holds qubit i of rail A and qubit i of rail B, in propagation order. The detunings of rail B
are those of rail A with the other sign, in the order that a permutation gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from thermalent.support import checks


def rail_names(pairs: int) -> tuple[str, ...]:
    """Names A1, B1, A2, B2, ... of the qubits, in the order of the tensor factors."""
    return tuple(f"{rail}{i + 1}" for i in range(pairs) for rail in "AB")


def permutation_of(permutation: Any, pairs: int) -> tuple[int, ...]:
    r"""The order in which rail B has the detunings of rail A.

    $$\delta_{B,i} = -\delta_{A,P(i)}$$

    Args:
        permutation: The numbers P(0), P(1), ..., counted from 0; None for the order of rail A;
            "reverse" for the reversed order.
        pairs: Number N of pairs.

    Returns:
        The N numbers.

    Raises:
        ValueError: `permutation` does not hold each of 0 .. N - 1 once.

    Source: DUALRAIL, text above Eq. (9).
    """
    if permutation is None:
        return tuple(range(pairs))
    if isinstance(permutation, str):
        if permutation != "reverse":
            _fail_permutation(permutation, pairs)
        return tuple(reversed(range(pairs)))
    if not isinstance(permutation, (Sequence, np.ndarray)):
        _fail_permutation(permutation, pairs)
    for number in permutation:
        if isinstance(number, (bool, np.bool_)) or not isinstance(number, (int, np.integer)):
            _fail_permutation(permutation, pairs)
    order = tuple(int(number) for number in permutation)
    if sorted(order) != list(range(pairs)):
        _fail_permutation(permutation, pairs)
    return order


def rail_detunings(detuning: Any, permutation: Any, pairs: int) -> tuple[np.ndarray, np.ndarray]:
    r"""Detunings of both rails, \(\delta_{B,i} = -\delta_{A,P(i)}\).

    Args:
        detuning: delta_A, rate unit: one number for all pairs, or one per pair.
        permutation: See `permutation_of`.
        pairs: Number N of pairs.

    Returns:
        delta_A and delta_B, (N,) each.

    Raises:
        ValueError: a detuning is not a finite real number, there is not one per pair, or
            `permutation` is none.
    """
    delta_a = per_pair("detuning", detuning, pairs)
    return delta_a, -delta_a[list(permutation_of(permutation, pairs))]


def per_pair(name: str, value: Any, pairs: int) -> np.ndarray:
    """One finite real number for all pairs, or one each, as an array, (N,)."""
    values = checks.per_item(name, value, pairs, "pair")
    return np.array([checks.frequency(name, item) for item in values])


def _fail_permutation(permutation: Any, pairs: int) -> NoReturn:
    allowed = f"a permutation of 0..{pairs - 1}, None or 'reverse'"
    checks.fail("permutation", allowed, permutation)
