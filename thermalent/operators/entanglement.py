"""Entanglement of a density matrix: concurrence, negativity, entanglement of formation.

Functions on bare arrays. Two qubits have the basis |00>, |01>, |10>, |11>, with |0> the ground
state. `thermalent.operators.distances` describes how a slightly non-positive matrix is read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from thermalent.operators import given_states
from thermalent.operators.distances import check_base, factor, physical, pure_amplitudes
from thermalent.operators.distances import fidelity as fidelity
from thermalent.operators.distances import purity as purity
from thermalent.operators.distances import trace_distance as trace_distance
from thermalent.operators.distances import von_neumann_entropy as von_neumann_entropy
from thermalent.operators.states import STATE_TOLERANCE, check_dims, is_ket
from thermalent.operators.states import check_state as check_state
from thermalent.support.calls import with_explained_calls
from thermalent.support.checks import Words, fail, integer, nonnegative, square_matrix, within

__all__ = [
    "check_state",
    "concurrence",
    "concurrence_populations",
    "concurrence_x",
    "entanglement_of_formation",
    "fidelity",
    "formation",
    "logarithmic_negativity",
    "negativity",
    "partial_trace",
    "purity",
    "trace_distance",
    "von_neumann_entropy",
]

_EPS = float(np.finfo(float).eps)
_SPIN_FLIP = np.fliplr(np.diag([-1.0, 1.0, 1.0, -1.0]))  # sigma_y (x) sigma_y, real
_OFF_X = ~(np.eye(4, dtype=bool) | np.fliplr(np.eye(4, dtype=bool)))
_POPULATIONS = ("00", "S", "T", "11")


@with_explained_calls
def partial_trace(rho: Any, dims: Sequence[int], keep: int | Sequence[int]) -> np.ndarray:
    r"""Reduced density matrix of some subsystems.

    $$\rho_K = \mathrm{Tr}_{\bar K}\,\rho$$

    Linear: `rho` may be any operator, not only a state.

    Args:
        rho: Operator, shape (d, d).
        dims: Dimensions of the subsystems, leftmost factor first; d is their product.
        keep: Index of the subsystem to keep, or several, in the order that the result shall have.

    Returns:
        Operator on the kept subsystems, complex, shape (k, k).

    Raises:
        ValueError: `dims` does not fit `rho`, or `keep` holds an index twice or out of range.
    """
    matrix = square_matrix("rho", given_states.plain_state("rho", rho))
    shape = check_dims(dims, len(matrix), of=rho)
    kept = _check_part("keep", keep, len(shape))
    traced = [axis for axis in range(len(shape)) if axis not in kept]
    order = [*kept, *traced]
    size = int(np.prod([shape[axis] for axis in kept], dtype=object))
    traced_out = len(matrix) // size
    tensor = matrix.reshape(shape * 2).transpose(order + [len(shape) + axis for axis in order])
    return np.asarray(np.einsum("iaja->ij", tensor.reshape(size, traced_out, size, traced_out)))


@with_explained_calls
def concurrence(rho: Any, *, tolerance: float = STATE_TOLERANCE) -> float:
    r"""Wootters concurrence of two qubits.

    $$C = \max(0, \lambda_1 - \lambda_2 - \lambda_3 - \lambda_4), \qquad
      \lambda = \text{singular values of } A^T (\sigma_y \otimes \sigma_y) A, \quad
      \rho = A A^\dagger$$

    The lambda are the roots of the eigenvalues of $\rho\tilde\rho$. Taken as such they lose half
    of the digits; as singular values they do not, if A is accurate (see `factor`). For an X-state,
    with nothing outside of the two diagonals, the elements give the result without any A: see
    `concurrence_x`.

    Args:
        rho: Density matrix, shape (4, 4), or ket, shape (4,).
        tolerance: See `check_state`.

    Returns:
        C, from 0 (separable) to 1 (Bell state). The absolute error is about 1e-15 for pure,
        rank-deficient, well-conditioned and X-states, and for small populations. What no algorithm
        can give back is a small eigenvalue p of a state without small populations: rounding its
        elements to double precision moves C by up to about 2e-16/sqrt(p), 2e-12 at p = 1e-8; below
        7e-15 p is taken as zero, which can raise C by 1e-7. Likewise a state at trace distance T
        from the true one has a concurrence off by at most 2 sqrt(2 T).

    Raises:
        ValueError: `rho` is not a state of two qubits.

    Source: TRANSPORT, Eq. (3) (Wootters, Phys. Rev. Lett. 80, 2245 (1998)).
    """
    given_states.require_dims("rho", rho, (2, 2))
    if not is_ket(rho):
        rho = check_state(rho, tolerance, size=4)
        if _is_x_state(rho):
            return _x_concurrence(rho)
    root = factor("rho", rho, tolerance, size=4)  # (4, rank)
    values = np.linalg.svd(root.T @ _SPIN_FLIP @ root, compute_uv=False)
    return min(1.0, max(0.0, float(values[0] - np.sum(values[1:]))))


@with_explained_calls
def concurrence_x(rho: Any, *, tolerance: float = STATE_TOLERANCE) -> float:
    r"""Concurrence of an X-state of two qubits, from its elements.

    $$C = 2 \max(0,\ |\rho_{01,10}| - \sqrt{\rho_{00,00}\rho_{11,11}},\
                     |\rho_{00,11}| - \sqrt{\rho_{01,01}\rho_{10,10}})$$

    Exact to rounding however small the populations are: a population of 1e-14 is a matrix element
    with all its digits, while as an eigenvalue of the matrix it has two.

    Args:
        rho: Density matrix, shape (4, 4), zero outside of the two diagonals to `tolerance`. What
            is there is left out, which cannot raise the concurrence.
        tolerance: See `check_state`.

    Returns:
        C, from 0 to 1.

    Raises:
        ValueError: `rho` is not a state of two qubits, or not an X-state.

    Source: THERMAL, Eq. (22), is the case without |00><11| coherence and with equal populations
    of |01> and |10>.
    """
    given_states.require_dims("rho", rho, (2, 2))
    state = check_state(rho, tolerance, size=4)
    outside = float(np.max(np.abs(state[_OFF_X])))
    if outside > tolerance:
        value = Words(f"not: its largest element elsewhere is {outside:.6g}")
        fail("rho", f"zero outside of the two diagonals to {tolerance:g}", value)
    return _x_concurrence(state)


@with_explained_calls
def concurrence_populations(
    populations: Mapping[str, ArrayLike], *, tolerance: float = STATE_TOLERANCE
) -> Any:
    r"""Concurrence of a mixture of |00>, |S>, |T> and |11>.

    $$C = \max(0,\ |\rho_S - \rho_T| - 2\sqrt{\rho_{00}\rho_{11}})$$

    Args:
        populations: Populations by label, "00", "S", "T" and "11", numbers or arrays that
            broadcast; all else in the state must be zero.
        tolerance: How far a population may be below 0 (it then counts as 0), and their sum from 1.
            A truncated expansion needs the size of what it leaves out.

    Returns:
        C, a float or an array of the broadcast shape. The populations are taken as they stand,
        without dividing by their sum.

    Raises:
        ValueError: A label is missing or unknown, a population negative or their sum not 1.

    Source: THERMAL, Eq. (22), which is the case rho_S > rho_T.
    """
    tolerance = nonnegative("tolerance", tolerance)
    if not isinstance(populations, Mapping) or set(populations) != set(_POPULATIONS):
        given = list(populations) if isinstance(populations, Mapping) else populations
        fail("populations", 'a mapping with the keys "00", "S", "T" and "11"', given)
    values = [np.asarray(populations[label], dtype=float) for label in _POPULATIONS]
    for label, value in zip(_POPULATIONS, values, strict=True):
        if not np.all(value >= -tolerance):  # not-a-number fails too
            lowest = Words(f"{float(np.min(value)):.6g} for {label}")
            fail("populations", f"non-negative to {tolerance:g}", lowest)
    excess = float(np.max(np.abs(sum(values) - 1), initial=0.0))
    if not excess <= tolerance:
        fail("populations", f"of sum 1 to {tolerance:g}", Words(f"off by {excess:.6g}"))
    ground, singlet, triplet, excited = (np.maximum(value, 0.0) for value in values)
    result = np.maximum(np.abs(singlet - triplet) - 2 * np.sqrt(ground) * np.sqrt(excited), 0.0)
    return float(result) if result.ndim == 0 else result


@with_explained_calls
def negativity(
    rho: Any,
    dims: Sequence[int] | None = None,
    part: int | Sequence[int] = 0,
    *,
    tolerance: float = STATE_TOLERANCE,
) -> float:
    r"""Negativity between some subsystems and the others.

    $$N = \tfrac12 (\|\rho^{T_P}\|_1 - 1) = \textstyle\sum |\text{negative eigenvalues of }
      \rho^{T_P}|$$

    Of a ket it is the sum of the products of all pairs of its Schmidt coefficients.

    Args:
        rho: Density matrix, shape (d, d), or ket, shape (d,).
        dims: Dimensions of the subsystems, leftmost factor first; if not given those of a
            `qutip.Qobj`, else qubits.
        part: Index of the subsystem that is transposed, or several.
        tolerance: See `check_state`.

    Returns:
        N, from 0 to (m - 1)/2 with m the smaller of the two dimensions: 1/2 for a Bell state.
        Absolute error about 1e-15.

    Raises:
        ValueError: `rho` is not a state, `dims` does not fit it, or `part` holds no subsystem, all
            of them, one twice or one out of range.

    Source: Vidal and Werner, Phys. Rev. A 65, 032314 (2002).
    """
    psi = pure_amplitudes("rho", rho, tolerance)
    state = physical("rho", rho, tolerance) if psi is None else psi
    shape = check_dims(dims, len(state), of=rho)
    transposed = _check_part("part", part, len(shape))
    if not 0 < len(transposed) < len(shape):
        fail("part", f"some, not all, of {len(shape)} subsystems", part)
    if psi is not None:
        one = np.moveaxis(psi.reshape(shape), transposed, range(len(transposed)))
        size = int(np.prod([shape[axis] for axis in transposed]))
        schmidt = np.linalg.svd(one.reshape(size, -1), compute_uv=False)
        return float(schmidt[1:] @ np.cumsum(schmidt)[:-1])
    axes = list(range(2 * len(shape)))
    for axis in transposed:
        axes[axis], axes[len(shape) + axis] = len(shape) + axis, axis
    partial = state.reshape(shape * 2).transpose(axes).reshape(state.shape)
    values = np.linalg.eigvalsh(partial)
    return float(np.sum(np.maximum(-values, 0.0)))


@with_explained_calls
def logarithmic_negativity(
    rho: Any,
    dims: Sequence[int] | None = None,
    part: int | Sequence[int] = 0,
    base: float = 2,
    *,
    tolerance: float = STATE_TOLERANCE,
) -> float:
    r"""Logarithmic negativity between some subsystems and the others.

    $$E_N = \log_2 \|\rho^{T_P}\|_1 = \log_2(1 + 2N)$$

    Args:
        rho: Density matrix, shape (d, d), or ket, shape (d,).
        dims: Dimensions of the subsystems, leftmost factor first; if not given those of a
            `qutip.Qobj`, else qubits.
        part: Index of the subsystem that is transposed, or several.
        base: Base of the logarithm. The default is the convention of COOPERATIVE, in which a Bell
            state has E_N = 1.
        tolerance: See `check_state`.

    Returns:
        E_N, from 0 to log m with m the smaller of the two dimensions.

    Raises:
        ValueError: As `negativity`, or `base` is not above 1.

    Source: COOPERATIVE, text above Fig. 4.
    """
    base = check_base(base)
    return float(np.log1p(2 * negativity(rho, dims, part, tolerance=tolerance)) / np.log(base))


@with_explained_calls
def entanglement_of_formation(rho: Any, *, tolerance: float = STATE_TOLERANCE) -> float:
    r"""Entanglement of formation of two qubits, in ebits.

    $$E = h\Big(\frac{1 + \sqrt{1 - C^2}}{2}\Big), \qquad
      h(x) = -x \log_2 x - (1 - x) \log_2 (1 - x)$$

    with C the concurrence.

    Args:
        rho: Density matrix, shape (4, 4), or ket, shape (4,).
        tolerance: See `check_state`.

    Returns:
        E, from 0 (separable) to 1 (Bell state).

    Raises:
        ValueError: `rho` is not a state of two qubits.

    Source: Wootters, Phys. Rev. Lett. 80, 2245 (1998).
    """
    return formation(concurrence(rho, tolerance=tolerance))


@with_explained_calls
def formation(concurrence: float) -> float:
    r"""Entanglement of formation that belongs to a concurrence.

    $$E = -q \log_2 q - (1 - q) \log_2(1 - q), \qquad q = \frac{1 - \sqrt{1 - C^2}}{2}$$

    Evaluated with $q = C^2/(2 + 2\sqrt{1 - C^2})$, which does not cancel at small C, and
    $\log(1 - q)$ as log1p.

    Args:
        concurrence: C, from 0 to 1.

    Returns:
        E, from 0 to 1. Relative error below 1e-14 if C > 1e-150 (below, its square vanishes).

    Raises:
        ValueError: `concurrence` is not in [0, 1].

    Source: Wootters, Phys. Rev. Lett. 80, 2245 (1998), Eqs. (7), (8).
    """
    c = within("concurrence", concurrence, 0, 1)
    q = (c / (1 + np.sqrt((1 - c) * (1 + c)))) * c / 2
    if q == 0.0:
        return 0.0
    return float(-(q * np.log(q) + (1 - q) * np.log1p(-q)) / np.log(2))


def _check_part(name: str, part: int | Sequence[int], count: int) -> tuple[int, ...]:
    """Return the indices of subsystems as a tuple, if they are distinct and in range."""
    given = tuple(part) if isinstance(part, (Sequence, np.ndarray)) else (part,)
    indices = tuple(integer(name, index, 0) for index in given)
    if len(set(indices)) != len(indices) or any(index >= count for index in indices):
        fail(name, f"distinct indices below {count}", given)
    return indices


def _is_x_state(state: np.ndarray) -> bool:
    """Tell whether all elements outside of the two diagonals are zero to rounding.

    Rounding is half a unit of the largest value that positivity allows, sqrt(rho_ii rho_jj).
    """
    outside = state[_OFF_X]
    if not outside.any():
        return True
    amplitudes = np.sqrt(np.maximum(np.diag(state).real, 0.0))
    bound = np.outer(amplitudes, amplitudes)
    return bool(np.all(np.abs(outside) <= _EPS / 2 * bound[_OFF_X]))


class _Block(NamedTuple):
    """A Hermitian 2 x 2 block: its diagonal, and the element above it."""

    first: float
    second: float
    coherence: complex


def _x_concurrence(state: np.ndarray) -> float:
    """Concurrence from the two blocks, {|01>, |10>} and {|00>, |11>}, of a Hermitian X-matrix."""
    # Numbers by themselves: arrays of so few take many times longer.
    rows = state.tolist()
    blocks = [
        _nearest_block(_Block(rows[i][i].real, rows[j][j].real, rows[i][j]))
        for i, j in ((1, 2), (0, 3))
    ]
    trace = sum(block.first + block.second for block in blocks)
    # Root by root: the product of two tiny populations could underflow.
    inner, outer = (math.sqrt(block.first) * math.sqrt(block.second) for block in blocks)
    gain = max(abs(blocks[0].coherence) - outer, abs(blocks[1].coherence) - inner)
    return min(1.0, max(0.0, 2 * gain / trace))


def _nearest_block(block: _Block) -> _Block:
    """Return a Hermitian 2 x 2 block as it is if it is positive to rounding, else the nearest."""
    first, second, coherence = block
    bound = math.sqrt(max(first, 0.0)) * math.sqrt(max(second, 0.0))
    if first >= 0 and second >= 0 and abs(coherence) <= bound * (1 + 16 * _EPS):
        return block
    values, vectors = np.linalg.eigh([[first, coherence], [coherence.conjugate(), second]])
    nearest = (vectors * np.maximum(values, 0.0)) @ vectors.conj().T
    return _Block(float(nearest[0, 0].real), float(nearest[1, 1].real), complex(nearest[0, 1]))
