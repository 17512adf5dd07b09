"""Kets, named states and the check that a matrix is a state.

A qubit has ground state |0> = (1, 0) and excited state |1> = (0, 1). The first subsystem is the
leftmost tensor factor, so two qubits have the basis |00>, |01>, |10>, |11>, in this order.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from thermalent.operators import given_states, positive
from thermalent.support.calls import with_explained_calls
from thermalent.support.checks import Words, fail, integer, nonnegative, square_matrix

STATE_TOLERANCE = 1e-9
"""How far a state may be from Hermitian, unit trace and positive.

Well above what rounding leaves in a converged steady state (1e-12) and well below an element of
interest; truncated or statistical states of larger error need a tolerance of that error.
"""

_SQRT_HALF = np.sqrt(0.5)
# Dimension from which a matrix is searched for blocks: below, the search costs more than it saves.
_BLOCKS_FROM = 100
_BELL = {
    "S": (0.0, _SQRT_HALF, -_SQRT_HALF, 0.0),
    "T": (0.0, _SQRT_HALF, _SQRT_HALF, 0.0),
    "Psi-": (0.0, _SQRT_HALF, -_SQRT_HALF, 0.0),
    "Psi+": (0.0, _SQRT_HALF, _SQRT_HALF, 0.0),
    "Phi-": (_SQRT_HALF, 0.0, 0.0, -_SQRT_HALF),
    "Phi+": (_SQRT_HALF, 0.0, 0.0, _SQRT_HALF),
}


@with_explained_calls
def lowest_eigenvalue(matrix: np.ndarray) -> float:
    """Smallest eigenvalue of a Hermitian matrix.

    It is taken block by block where the matrix has blocks, as states without coherence between
    different excitation numbers do: ten qubits then take a hundredth of the time.

    Args:
        matrix: Hermitian, (d, d).

    Returns:
        The eigenvalue.
    """
    shape = np.shape(matrix)
    if len(shape) != 2 or shape[0] != shape[1] or shape[0] == 0:
        fail("matrix", "a square matrix", Words(f"an array of shape {shape}"))
    if len(matrix) < _BLOCKS_FROM:
        return float(np.linalg.eigvalsh(matrix)[0])
    from scipy import sparse
    from scipy.sparse import csgraph

    _, labels = csgraph.connected_components(sparse.csr_array(matrix != 0), directed=False)
    order = np.argsort(labels, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)
    return min(float(np.linalg.eigvalsh(matrix[np.ix_(block, block)])[0]) for block in members)


@with_explained_calls
def check_state(
    rho: Any, tolerance: float = STATE_TOLERANCE, *, name: str = "rho", size: int | None = None
) -> np.ndarray:
    r"""Check that a matrix is a density matrix, and name the property that fails.

    $$\rho = \rho^\dagger, \qquad \mathrm{Tr}\,\rho = 1, \qquad \rho \ge 0$$

    Args:
        rho: Matrix, shape (d, d), or an operator of QuTiP.
        tolerance: Largest deviation allowed, dimensionless: of an element from that of the
            adjoint, of the trace from 1, of the smallest eigenvalue below 0.
        name: What the error message calls the matrix.
        size: The dimension d that is required, if any.

    Returns:
        The Hermitian part of `rho`, complex, shape (d, d), otherwise as given: eigenvalues
        between -tolerance and 0 stay.

    Raises:
        ValueError: `rho` is not square or finite, or has none of the three properties to
            `tolerance`; the message gives the deviation.
    """
    tolerance = nonnegative("tolerance", tolerance)
    size = None if size is None else integer("size", size, 1)
    matrix = square_matrix(name, given_states.plain_state(name, rho), size)
    if matrix.size == 0:
        fail(name, "a state of dimension one or more", Words("empty"))
    adjoint = matrix.conj().T
    deviation = float(np.abs(matrix - adjoint).max())
    if deviation > tolerance:
        value = Words(f"not: its largest deviation from its adjoint is {deviation:.6g}")
        fail(name, f"Hermitian to {tolerance:g}", value)
    matrix = np.asarray((matrix + adjoint) / 2)
    trace = float(matrix.trace().real)
    if abs(trace - 1) > tolerance:
        fail(name, f"of unit trace to {tolerance:g}", Words(f"of trace {trace:.12g}"))
    lowest = 0.0 if positive.none_below(matrix, -tolerance) else lowest_eigenvalue(matrix)
    if lowest < -tolerance:
        value = Words(f"not: its smallest eigenvalue is {lowest:.6g}")
        fail(name, f"positive semidefinite to {tolerance:g}", value)
    return matrix


@with_explained_calls
def check_ket(
    psi: Any, tolerance: float = STATE_TOLERANCE, *, name: str = "psi", size: int | None = None
) -> np.ndarray:
    """Check that a vector is a normalised ket.

    Args:
        psi: Amplitudes, shape (d,) or (d, 1), or a ket of QuTiP.
        tolerance: Largest deviation of the norm from 1.
        name: What the error message calls the vector.
        size: The dimension d that is required, if any.

    Returns:
        The amplitudes as given, complex, shape (d,).

    Raises:
        ValueError: `psi` is not a vector of `size` finite numbers, or not of norm 1.
    """
    tolerance = nonnegative("tolerance", tolerance)
    size = None if size is None else integer("size", size, 1)
    try:
        vector = np.array(given_states.plain_state(name, psi), dtype=complex)
    except (TypeError, ValueError, OverflowError):
        fail(name, "a ket of numbers", psi)
    if vector.ndim != 1 or vector.size != (size or max(vector.size, 1)):
        kind = "a ket" if size is None else f"a ket of {size} amplitudes"
        fail(name, kind, Words(f"an array of shape {vector.shape}"))
    if not np.all(np.isfinite(vector)):
        fail(name, "finite in every element", Words("not"))
    norm = float(np.linalg.norm(vector))
    if abs(norm - 1) > tolerance:
        fail(name, f"of norm 1 to {tolerance:g}", Words(f"of norm {norm:.12g}"))
    return vector


@with_explained_calls
def density(
    state: Any,
    tolerance: float = STATE_TOLERANCE,
    *,
    name: str = "state",
    size: int | None = None,
) -> np.ndarray:
    r"""Turn a ket into its density matrix |psi><psi|; check a density matrix and return it.

    Args:
        state: Ket, shape (d,) or (d, 1), density matrix, shape (d, d), or `qutip.Qobj` of either.
        tolerance: See `check_state` and `check_ket`.
        name: What the error message calls the state.
        size: The dimension d that is required, if any.

    Returns:
        Density matrix, complex, shape (d, d).

    Raises:
        ValueError: `state` is neither a normalised ket nor a density matrix.
    """
    if is_ket(state):
        psi = check_ket(state, tolerance, name=name, size=size)
        return np.outer(psi, psi.conj())
    return check_state(state, tolerance, name=name, size=size)


@with_explained_calls
def is_ket(state: Any) -> bool:
    """Tell whether an array is a vector or a column, so that it can only be meant as a ket.

    Args:
        state: Anything that may be a ket or a density matrix.

    Returns:
        True for an array of shape (d,) or (d, 1), and for a ket of QuTiP.
    """
    try:
        return np.ndim(given_states.plain_state("state", state)) == 1
    except ValueError:  # a ragged sequence is no ket; the check of the matrix names the error
        return False


@with_explained_calls
def check_dims(dims: Any, size: int, *, of: Any = None) -> tuple[int, ...]:
    """Return the dimensions of the subsystems of a state.

    Args:
        dims: The dimensions as given; None means those that the state has by itself, else qubits.
        size: Dimension of the whole state.
        of: The state as it was given: a `qutip.Qobj` has dimensions by itself.

    Returns:
        The dimensions as integers, leftmost factor first.

    Raises:
        ValueError: `dims` does not multiply to `size`, is not what the state has by itself, or is
            None and `size` no power of two.
    """
    integer("size", size, 1)
    if dims is None:
        dims = given_states.stated_dims("rho", of)
    if dims is None:
        qubits = size.bit_length() - 1
        if size != 2**qubits:
            fail("dims", f"given for a state of dimension {size} (not a power of two)", dims)
        return (2,) * qubits
    checked = _dimensions(dims)
    if int(np.prod(checked, dtype=object)) != size:
        fail("dims", f"dimensions whose product is {size}", checked)
    given_states.require_dims("rho", of, checked)
    return checked


def _dimensions(dims: Any) -> tuple[int, ...]:
    """Return dimensions of subsystems as a tuple of positive integers."""
    several = isinstance(dims, (Sequence, np.ndarray)) and not isinstance(dims, str)
    if not several or getattr(dims, "ndim", 1) == 0 or any(np.ndim(each) for each in dims):
        fail("dims", "a sequence of dimensions", dims)
    return tuple(integer("dims", dimension, 1) for dimension in dims)


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
    shape = (2,) * len(levels) if dims is None else _dimensions(dims)
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
    shape = _dimensions(dims)
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
    state = density(rho, tolerance, name="rho")
    shape = check_dims(dims, len(state), of=rho)
    diagonal = np.diag(state).real
    if shape != (2, 2):
        return dict(zip(basis_labels(shape), diagonal.tolist(), strict=True))
    mean = float(diagonal[1] + diagonal[2]) / 2
    coherence = float(state[1, 2].real)
    singlet, triplet = mean - coherence, mean + coherence
    return {"00": float(diagonal[0]), "S": singlet, "T": triplet, "11": float(diagonal[3])}
