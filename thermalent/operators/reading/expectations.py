r"""Expectation values of operators in the states of a result, with their errors.

$$\langle O \rangle = \mathrm{Tr}\,O\rho$$
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from thermalent.operators.bounds.error_bounds import operator_bound
from thermalent.operators.estimates import ComplexEstimate, Estimate, Estimates
from thermalent.operators.given_states import plain_state, require_dims
from thermalent.operators.reading import observables
from thermalent.operators.reading.readable import OneState, Result, SeveralStates
from thermalent.operators.reading.stacks import (
    GivenStates,
    bounded_errors,
    reduced_errors,
    reduced_states,
)
from thermalent.support import checks

# |0> = (1, 0) is the ground state, and the lower end of the z axis.
PAULI = (
    np.array([[0, 1], [1, 0]], dtype=complex),
    np.array([[0, 1j], [-1j, 0]], dtype=complex),
    np.array([[-1, 0], [0, 1]], dtype=complex),
)
_HERMITIAN = 1e-12  # of the largest element: the deviation from the adjoint that is rounding


def expectation_of(
    result: OneState, operator: Any, emitters: Sequence[str] = ()
) -> Estimate | ComplexEstimate:
    """The expectation value of an operator on some emitters, real if the operator is Hermitian."""
    names = tuple(emitters)
    matrix = _operator(result, operator, names)
    values, errors = _values([result], matrix, names)
    how = observables._how(result, float(result.error), result.error.how)
    if np.iscomplexobj(values):
        return ComplexEstimate(complex(values[0]), lambda: errors()[0], how)
    return Estimate(float(values[0]), lambda: errors()[0], how)


def expectation_over_time(
    result: SeveralStates, operator: Any, emitters: Sequence[str] = ()
) -> Estimates:
    """The expectation value of an operator at each time, (t,)."""
    names = tuple(emitters)
    matrix = _operator(result, operator, names)
    values, errors = _values([result.at(i) for i in range(len(result))], matrix, names)
    return Estimates(values, errors, observables._how(result, result.error, result.how))


def bloch_of(result: OneState, name: str | None = None) -> Estimates:
    """The Bloch vector of a qubit, (3,)."""
    return _components([expectation_of(result, pauli, (_qubit(result, name),)) for pauli in PAULI])


def bloch_over_time(result: SeveralStates, name: str | None = None) -> Estimates:
    """The Bloch vector of a qubit at each time, (t, 3)."""
    qubit = (_qubit(result, name),)
    return _components([expectation_over_time(result, pauli, qubit) for pauli in PAULI])


def _components(each: Sequence[Any]) -> Estimates:
    def errors() -> np.ndarray:
        return np.stack([component.error for component in each], axis=-1)

    return Estimates(np.stack(each, axis=-1), errors, each[0].how)


def _values(
    results: Sequence[OneState], matrix: np.ndarray, names: tuple[str, ...]
) -> tuple[np.ndarray, Callable[[], np.ndarray]]:
    """Expectation values in several states of one network, (t,), and what finds their errors."""
    stack = GivenStates(results)
    rho = reduced_states(stack, names)
    values = np.einsum("ij,tji->t", matrix, rho)
    deviation = float(np.max(np.abs(matrix - matrix.conj().T)))
    if deviation <= _HERMITIAN * float(np.max(np.abs(matrix))):
        values = values.real

    def bound(
        rho: np.ndarray, eps: np.ndarray, value: np.ndarray, zero: np.ndarray | None
    ) -> np.ndarray:
        return operator_bound(matrix, rho, eps, zero)

    def errors() -> np.ndarray:
        eps = reduced_errors(stack, names, rho.shape[1])
        return bounded_errors(bound, stack, names, rho, eps, values)

    return values, errors


def _operator(result: Result, operator: Any, names: tuple[str, ...]) -> np.ndarray:
    """The matrix of an operator on the named emitters, checked."""
    dims = observables._dims(result, names)
    require_dims("operator", operator, dims)
    return checks.square_matrix("operator", plain_state("operator", operator), int(np.prod(dims)))


def _qubit(result: Result, name: str | None) -> str:
    known = result.network.emitter_names
    if name is None and len(known) != 1:
        checks.fail("name", f"one of the emitters {list(known)}", name)
    chosen = known[0] if name is None else name
    levels = result.network.dims[result.network.position(chosen)]
    if levels != 2:
        checks.fail("name", "a qubit", checks.Words(f"an emitter of {levels} levels"))
    return chosen
