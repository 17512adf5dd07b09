"""Purity, entropy, fidelity and trace distance of density matrices.

The module also holds the two ways in which every measure of this package reads a state: as a
matrix (`physical`) or as a square root (`factor`).

Every function takes density matrices, kets (also as columns) and `qutip.Qobj` of either.

A state may be non-positive by up to `tolerance`, from statistics or truncation. A measure is then
taken of the nearest state: the Hermitian part, with negative eigenvalues set to zero, divided by
its trace. Nothing is set to zero above rounding, so noise is never read as entanglement for
want of the small populations that bound it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from thermalent.operators import given_states
from thermalent.operators.state_checks import none_below
from thermalent.operators.states import STATE_TOLERANCE, check_ket, density, is_ket
from thermalent.support.calls import with_explained_calls
from thermalent.support.checks import fail, real

# Rounding the elements of a matrix of unit diagonal, and its eigendecomposition, each move the
# eigenvalues by a few units of 2^-52 per dimension (measured: up to 1.5 for d = 4). Eigenvalues
# below this are zero as far as double precision can tell.
NOISE_PER_DIMENSION = 8 * np.finfo(float).eps


@with_explained_calls
def physical(name: str, state: Any, tolerance: float, size: int | None = None) -> np.ndarray:
    """Return the nearest state of a density matrix or ket: positive to rounding, trace 1."""
    matrix = density(state, tolerance, name=name, size=size)
    noise = NOISE_PER_DIMENSION * len(matrix)
    if not none_below(matrix, -noise):
        values, vectors = np.linalg.eigh(matrix)
        if values[0] < -noise:
            matrix = (vectors * np.maximum(values, 0.0)) @ vectors.conj().T
    return np.asarray(matrix / np.trace(matrix).real)


@with_explained_calls
def pure_amplitudes(
    name: str, state: Any, tolerance: float, size: int | None = None
) -> np.ndarray | None:
    """Return the amplitudes of a ket, of norm 1, whose density matrix need not be built; or None.

    Of ten thousand levels that matrix would take gigabytes, and its eigenvalues hours.
    """
    if not is_ket(state):
        return None
    psi = check_ket(state, tolerance, name=name, size=size)
    return np.asarray(psi / np.linalg.norm(psi))


@with_explained_calls
def factor(name: str, state: Any, tolerance: float, size: int | None = None) -> np.ndarray:
    r"""Square root A of a state, $\rho = A A^\dagger$, columns below rounding left out.

    The eigendecomposition is that of rho scaled to unit diagonal, $\rho_{ij}/\sqrt{\rho_{ii}
    \rho_{jj}}$: its rounding error is relative to the populations, so a population of 1e-14 has a
    root as accurate as that of a large one. Of rho itself the error would be 1e-16 in every
    eigenvalue, and 1e-8 in its root. Eigenvalues at rounding level are zero for the same reason:
    the root of a rounding error is 1e-8.

    Args:
        name: What an error message calls the state.
        state: Density matrix, shape (d, d), or ket, shape (d,).
        tolerance: See `check_state`.
        size: The dimension d that is required, if any.

    Returns:
        A, complex, shape (d, r) with r the rank; Tr A^+ A = 1.
    """
    psi = pure_amplitudes(name, state, tolerance, size)
    if psi is not None:
        return psi[:, None]
    rho = density(state, tolerance, name=name, size=size)
    noise = NOISE_PER_DIMENSION * len(rho)
    amplitudes = np.sqrt(np.maximum(np.diag(rho).real, 0.0))  # (d,)
    scale = np.where(amplitudes > 0, amplitudes, 1.0)
    values, vectors = np.linalg.eigh(rho / scale[:, None] / scale)
    if values[0] < -noise:  # not positive, by more than rounding: the nearest state, unscaled
        values, vectors = np.linalg.eigh(rho)
        amplitudes = np.ones(len(rho))
        noise *= values[-1]
    kept = values > noise
    root = amplitudes[:, None] * vectors[:, kept] * np.sqrt(values[kept])
    return np.asarray(root / np.linalg.norm(root))


@with_explained_calls
def check_base(base: float) -> float:
    """Return the base of a logarithm, if it is a finite number above 1."""
    if not real("base", base) > 1:
        fail("base", "above 1", base)
    return float(base)


@with_explained_calls
def purity(rho: Any, *, tolerance: float = STATE_TOLERANCE) -> float:
    r"""Purity of a state.

    $$\mu = \mathrm{Tr}\,\rho^2$$

    Args:
        rho: Density matrix, shape (d, d), or ket, shape (d,).
        tolerance: See `check_state`.

    Returns:
        mu, from 1/d (maximally mixed) to 1 (pure).

    Raises:
        ValueError: `rho` is not a state.

    Source: DUALRAIL, Fig. 3.
    """
    if pure_amplitudes("rho", rho, tolerance) is not None:
        return 1.0
    return min(1.0, float(np.sum(np.abs(physical("rho", rho, tolerance)) ** 2)))


@with_explained_calls
def von_neumann_entropy(rho: Any, base: float = 2, *, tolerance: float = STATE_TOLERANCE) -> float:
    r"""Von Neumann entropy of a state.

    $$S = -\mathrm{Tr}\,\rho \log \rho$$

    Args:
        rho: Density matrix, shape (d, d), or ket, shape (d,).
        base: Base of the logarithm: 2 for bits, e for nats (the convention of DUALRAIL).
        tolerance: See `check_state`.

    Returns:
        S, from 0 (pure) to log d. Absolute error about 1e-14.

    Raises:
        ValueError: `rho` is not a state, or `base` not above 1.

    Source: DUALRAIL, text above Fig. 2 (with the natural logarithm).
    """
    base = check_base(base)
    if pure_amplitudes("rho", rho, tolerance) is not None:
        return 0.0
    values = np.linalg.eigvalsh(physical("rho", rho, tolerance))
    # An eigenvalue that rounding puts above 1 would contribute a negative entropy.
    positive = np.minimum(values[values > 0], 1.0)
    return -float(np.sum(positive * np.log(positive))) / float(np.log(base))


@with_explained_calls
def fidelity(rho: Any, sigma: Any, *, squared: bool, tolerance: float = STATE_TOLERANCE) -> float:
    r"""Uhlmann fidelity of two states, in the convention that `squared` names.

    $$\sqrt F = \mathrm{Tr} \sqrt{\sqrt\rho\,\sigma\sqrt\rho} = \|A^\dagger B\|_1, \qquad
      \rho = A A^\dagger, \quad \sigma = B B^\dagger$$

    Args:
        rho: Density matrix, shape (d, d), or ket, shape (d,).
        sigma: The other one, of the same dimension.
        squared: True gives F (Jozsa), which is <psi|rho|psi> against a ket; False gives sqrt F.
            There is no default because the literature uses both: TRANSPORT writes F and prints
            mostly values of sqrt F.
        tolerance: See `check_state`.

    Returns:
        F or sqrt F, from 0 (orthogonal) to 1 (equal). The nuclear norm of the product of the two
        roots has an absolute error of about 1e-15 for pure and rank-deficient states too.

    Raises:
        ValueError: `rho` or `sigma` is not a state, their dimensions differ, or `squared` is not a
            truth value.

    Source: TRANSPORT, Sec. III below Eq. (3) (F); COOPERATIVE, text below Fig. 2 (F against a ket).
    """
    if not isinstance(squared, (bool, np.bool_)):
        fail("squared", "True or False", squared)
    _require_same_dims(rho, sigma)
    first = factor("rho", rho, tolerance)
    second = factor("sigma", sigma, tolerance, size=len(first))
    overlaps = np.linalg.svd(first.conj().T @ second, compute_uv=False)
    root = min(1.0, float(np.sum(overlaps)))
    return root**2 if squared else root


@with_explained_calls
def trace_distance(rho: Any, sigma: Any, *, tolerance: float = STATE_TOLERANCE) -> float:
    r"""Trace distance of two states.

    $$T = \tfrac12 \|\rho - \sigma\|_1$$

    Of two kets it is $\sqrt{1 - |o|^2}$ with their overlap o, taken from their difference as
    $1 - |o| = \tfrac12 \| \psi - e^{i \arg o} \phi \|^2$, which keeps the digits of a small one.

    Args:
        rho: Density matrix, shape (d, d), or ket, shape (d,).
        sigma: The other one, of the same dimension.
        tolerance: See `check_state`.

    Returns:
        T, from 0 (equal) to 1 (orthogonal).

    Raises:
        ValueError: `rho` or `sigma` is not a state, or their dimensions differ.
    """
    _require_same_dims(rho, sigma)
    psi = pure_amplitudes("rho", rho, tolerance)
    phi = None if psi is None else pure_amplitudes("sigma", sigma, tolerance, size=len(psi))
    if psi is not None and phi is not None:
        overlap = complex(np.vdot(phi, psi))
        phase = overlap / abs(overlap) if overlap else 1.0
        return min(1.0, float(np.linalg.norm(psi - phase * phi) * np.sqrt((1 + abs(overlap)) / 2)))
    first = physical("rho", rho, tolerance)
    second = physical("sigma", sigma, tolerance, size=len(first))
    return min(1.0, float(np.sum(np.abs(np.linalg.eigvalsh(first - second)))) / 2)


def _require_same_dims(rho: Any, sigma: Any) -> None:
    """Complain about two quantum objects of different subsystems."""
    stated = given_states.stated_dims("rho", rho)
    if stated is not None:
        given_states.require_dims("sigma", sigma, stated)
