"""Kets, named states and their populations.

A qubit has ground state |0> = (1, 0) and excited state |1> = (0, 1). The first subsystem is the
leftmost tensor factor, so two qubits have the basis |00>, |01>, |10>, |11>, in this order.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from thermalent.operators import given_states, state_checks
from thermalent.operators.state_checks import STATE_TOLERANCE as STATE_TOLERANCE
from thermalent.operators.state_checks import check_dims as check_dims
from thermalent.operators.state_checks import check_ket as check_ket
from thermalent.operators.state_checks import check_state as check_state
from thermalent.operators.state_checks import density as density
from thermalent.operators.state_checks import is_ket as is_ket
from thermalent.operators.state_checks import lowest_eigenvalue as lowest_eigenvalue
from thermalent.support.calls import with_explained_calls
from thermalent.support.checks import fail, integer

_SQRT_HALF = np.sqrt(0.5)
_BELL = {
    "S": (0.0, _SQRT_HALF, -_SQRT_HALF, 0.0),
    "T": (0.0, _SQRT_HALF, _SQRT_HALF, 0.0),
    "Psi-": (0.0, _SQRT_HALF, -_SQRT_HALF, 0.0),
    "Psi+": (0.0, _SQRT_HALF, _SQRT_HALF, 0.0),
    "Phi-": (_SQRT_HALF, 0.0, 0.0, -_SQRT_HALF),
    "Phi+": (_SQRT_HALF, 0.0, 0.0, _SQRT_HALF),
}


@with_explained_calls
def basis_labels(dims: Sequence[int]) -> list[str]:
    """Labels of the product basis: "00", "01", ...; with commas if a subsystem has over 10 levels.

    Args:
        dims: Dimensions of the subsystems, leftmost factor first.

    Returns:
        One label per state, in the order of the basis.
    """
    separator = "" if max(dims, default=0) <= 10 else ","
    return [separator.join(map(str, levels)) for levels in np.ndindex(*dims)]


@with_explained_calls
def ket(label: str, dims: Sequence[int] | None = None, *, name: str = "label") -> np.ndarray:
    r"""Product basis state |n_1 n_2 ...>, leftmost subsystem first.

    Args:
        label: One digit per subsystem, as "01", or levels with commas, as "0,12".
        dims: Dimensions of the subsystems; qubits if not given.
        name: What the error message calls the label.

    Returns:
        Amplitudes, complex, shape (product of dims,).

    Raises:
        ValueError: `label` has a level that its subsystem lacks, or the wrong number of levels.
    """
    if not isinstance(label, str):
        fail(name, 'a basis label such as "01"', label)
    parts = label.split(",") if "," in label else list(label)
    if not parts or not all(part.isascii() and part.isdigit() for part in parts):
        fail(name, 'a basis label such as "01"', label)
    levels = tuple(map(int, parts))
    shape = (2,) * len(levels) if dims is None else state_checks.dimensions_of(dims)
    if len(levels) != len(shape):
        fail(name, f"one level for each of {len(shape)} subsystems", label)
    if any(level >= dimension for level, dimension in zip(levels, shape, strict=True)):
        fail(name, f"made of levels below the dimensions {shape}", label)
    amplitudes = np.zeros(shape, dtype=complex)
    amplitudes[levels] = 1.0
    return amplitudes.ravel()


@with_explained_calls
def bell(kind: str) -> np.ndarray:
    r"""Bell state of two qubits.

    $$|S\rangle = |\Psi_-\rangle = \frac{|01\rangle - |10\rangle}{\sqrt2}, \quad
      |T\rangle = |\Psi_+\rangle = \frac{|01\rangle + |10\rangle}{\sqrt2}, \quad
      |\Phi_\pm\rangle = \frac{|00\rangle \pm |11\rangle}{\sqrt2}$$

    Args:
        kind: "S", "T", "Psi-", "Psi+", "Phi-" or "Phi+".

    Returns:
        Amplitudes, complex, shape (4,).

    Raises:
        ValueError: `kind` is none of these.
    """
    if not isinstance(kind, str) or kind not in _BELL:
        fail("kind", f"one of {', '.join(_BELL)}", kind)
    return np.array(_BELL[kind], dtype=complex)


@with_explained_calls
def dicke(n: int, k: int) -> np.ndarray:
    r"""Dicke state |nD_k>: k of n qubits excited, symmetric under every exchange of qubits.

    $$|nD_k\rangle = \binom{n}{k}^{-1/2} \sum_{\text{choices}} |0 \dots 1 \dots 0 \dots 1\rangle$$

    Args:
        n: Number of qubits, >= 1.
        k: Number of excitations, 0 to n.

    Returns:
        Amplitudes, complex, shape (2**n,).

    Raises:
        ValueError: `n` or `k` is out of range.

    Source: TRANSPORT, Sec. IV.
    """
    n = integer("n", n, 1)
    k = integer("k", k, 0)
    if k > n:
        fail("k", f"an integer from 0 to {n}", k)
    amplitudes = np.zeros(2**n, dtype=complex)
    for excited in combinations(range(n), k):
        amplitudes[sum(2**qubit for qubit in excited)] = 1.0
    return amplitudes / np.linalg.norm(amplitudes)


@with_explained_calls
def w_state(n: int) -> np.ndarray:
    r"""W state of n qubits, one excitation shared equally: the Dicke state |nD_1>.

    $$|W_n\rangle = \frac{1}{\sqrt n} \sum_{j=1}^{n} \sigma_j^+ |0 \dots 0\rangle$$

    Args:
        n: Number of qubits, >= 1.

    Returns:
        The ket, shape (2**n,).

    Raises:
        ValueError: `n` is out of range.
    """
    return dicke(n, 1)


@with_explained_calls
def product(*states: Any, tolerance: float = STATE_TOLERANCE) -> np.ndarray:
    """Tensor product, leftmost first: a ket if all factors are kets, else a density matrix.

    Args:
        *states: Kets, shape (d_i,), and density matrices, shape (d_i, d_i), in any mixture.
        tolerance: See `check_state` and `check_ket`.

    Returns:
        Shape (d,) or (d, d) with d the product of the d_i.

    Raises:
        ValueError: No factor is given, or one is neither a normalised ket nor a density matrix.
    """
    if not states:
        fail("states", "one state or more", states)
    pure = all(is_ket(state) for state in states)
    check = check_ket if pure else density
    factors = [check(s, tolerance, name=f"states[{i}]") for i, s in enumerate(states)]
    result = factors[0]
    for factor in factors[1:]:
        result = np.kron(result, factor)
    return result


@with_explained_calls
def initial_state(
    spec: Any,
    dims: Sequence[int],
    *,
    tolerance: float = STATE_TOLERANCE,
    name: str = "spec",
) -> np.ndarray:
    """Turn a label, a ket or a density matrix into a checked density matrix.

    Args:
        spec: Basis label as in `ket` ("00"), name as in `bell` ("S") if there are two qubits, ket,
            shape (d,) or (d, 1), density matrix, shape (d, d), or `qutip.Qobj` of either with these
            dimensions.
        dims: Dimensions of the subsystems; d is their product.
        tolerance: See `check_state` and `check_ket`.
        name: What the error message calls `spec`.

    Returns:
        Density matrix, complex, shape (d, d).

    Raises:
        ValueError: `spec` is no state of these subsystems; the message says in which respect.
    """
    shape = state_checks.dimensions_of(dims)
    if isinstance(spec, str):
        named = shape == (2, 2) and spec in _BELL
        spec = bell(spec) if named else ket(spec, shape, name=name)
    given_states.require_dims(name, spec, shape)
    size = int(np.prod(shape, dtype=object))
    return density(spec, tolerance, name=name, size=size)


@with_explained_calls
def populations(
    rho: Any, dims: Sequence[int] | None = None, *, tolerance: float = STATE_TOLERANCE
) -> dict[str, float]:
    r"""Populations of |00>, |S>, |T>, |11> for two qubits, else those of the product basis.

    $$\rho_{S,T} = \tfrac12(\rho_{01,01} + \rho_{10,10}) \mp \mathrm{Re}\,\rho_{01,10}$$

    Args:
        rho: Density matrix, shape (d, d), or ket, shape (d,).
        dims: Dimensions of the subsystems; if not given those of a `qutip.Qobj`, else qubits.
        tolerance: See `check_state`.

    Returns:
        Population by label, as the matrix has them: one that should be zero can be negative by the
        error of `rho`. Two qubits have the labels "00", "S", "T", "11".

    Raises:
        ValueError: `rho` is not a state, or `dims` does not fit it.

    Source: THERMAL, Fig. 2(a) and Eq. (22).
    """
    if is_ket(rho):
        psi = check_ket(rho, tolerance, name="rho")
        diagonal, between = np.abs(psi) ** 2, psi[1:2] * psi[2:3].conj()
    else:
        state = check_state(rho, tolerance, name="rho")
        diagonal, between = np.diag(state).real, state[1:2, 2:3].ravel()
    shape = check_dims(dims, len(diagonal), of=rho)
    if shape != (2, 2):
        return dict(zip(basis_labels(shape), diagonal.tolist(), strict=True))
    mean = float(diagonal[1] + diagonal[2]) / 2
    coherence = float(between[0].real)
    singlet, triplet = mean - coherence, mean + coherence
    return {"00": float(diagonal[0]), "S": singlet, "T": triplet, "11": float(diagonal[3])}
