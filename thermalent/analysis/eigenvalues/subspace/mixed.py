r"""Invariant subspaces from solves in double precision and residuals in ball arithmetic.

Double precision gives the right subspace X and the left subspace W of a group of eigenvalues to
about ten digits. What is left of \(L X - X M\) is found in ball arithmetic and solved for in double
precision again, with the same factors, so that every round adds digits to X and to W. Their errors
multiply in

$$M = (W^T X)^{-1}\, W^T L X$$

so that M has 30 digits after one or two rounds, without any factorisation in ball arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from flint import acb, acb_mat, arb, ctx
from scipy.sparse import eye_array
from scipy.sparse.linalg import splu

from thermalent.analysis.eigenvalues.chain import ChargeChain, objects
from thermalent.analysis.eigenvalues.generator import BITS
from thermalent.analysis.eigenvalues.subspace.balls import (
    Group,
    eigenvalues_of_small,
    with_rank_rounding,
)
from thermalent.analysis.eigenvalues.subspace.double import orthonormal_subspace

LinearSolve = Callable[[np.ndarray], np.ndarray]

_EPS = float(np.finfo(float).eps)
# The shift lies this part of the distance to the next eigenvalue off the group. A round multiplies
# the subspaces' errors by about this, and loses as many digits of double precision.
_OFF_CENTRE = 1e-5
# An error this small beside the largest rate is small beside the bound of stationary rates.
NEGLIGIBLE = 1e-33
_MOST_ROUNDS = 12
# Rounds continue while the bound falls at least by this factor.
_PROGRESS = 0.1
# Higher orders in the subspaces' errors.
SECOND_ORDER = 10.0


def refine_mixed(
    chain: ChargeChain, centre: complex, count: int, gap: float, fewer: int, rtol: float
) -> tuple[Group, Group]:
    """The `count` eigenvalues of L nearest to `centre`; the next one is about `gap` away.

    Args:
        chain: The hierarchy.
        centre: Middle of the group.
        count: Its number of eigenvalues p.
        gap: Distance of the next eigenvalue.
        fewer: A number of unknowns, those of some tiers less.
        rtol: If the tiers left out change the eigenvalues by much more than this part of them,
            they are not improved.

    Returns:
        The eigenvalues as they are with fewer tiers, to first order in what these leave out, and
        as they are with all; with infinite errors, if the rounds do not converge.
    """
    shift = centre + _OFF_CENTRE * gap * (0.8 + 0.6j)
    identity: Any = eye_array(chain.size, format="csc", dtype=complex)
    factors: Any = splu((chain.complex_matrix - shift * identity).tocsc(), permc_spec="NATURAL")

    def solve_left(b: np.ndarray) -> np.ndarray:
        solved: np.ndarray = factors.solve(b, trans="T")
        return solved

    rng = np.random.default_rng(1)
    start = rng.normal(size=(2, chain.size, count))
    x = orthonormal_subspace(factors.solve, start[0] + 1j * start[1])
    w = orthonormal_subspace(solve_left, start[0] - 1j * start[1])
    rough = _rough(chain, x, w, fewer, rtol)
    if rough is not None:
        return rough
    with ctx.workprec(BITS):
        best, x, w = _improved(chain, factors.solve, solve_left, _balls(x), _balls(w), centre)
        return _truncated(chain, x, w, centre, fewer), best


def _rough(
    chain: ChargeChain, x: np.ndarray, w: np.ndarray, fewer: int, rtol: float
) -> tuple[Group, Group] | None:
    """The eigenvalues in double precision if they need more tiers, else None."""
    kept = np.zeros_like(x)
    kept[:fewer] = x[:fewer]
    values = []
    for part in (kept, x):
        overlap = w.T @ part if part is x else w[:fewer].T @ part[:fewer]
        image = chain.complex_matrix @ part
        product = w.T @ image if part is x else w[:fewer].T @ image[:fewer]
        values.append(np.linalg.eigvals(np.linalg.solve(overlap, product)))
    return needs_more_tiers(values[0], values[1], chain.generator.largest, rtol)


def needs_more_tiers(
    coarse: np.ndarray, fine: np.ndarray, largest: float, rtol: float
) -> tuple[Group, Group] | None:
    """Both if the tiers left out change much more than `rtol` of them, else None.

    Args:
        coarse: Eigenvalues with fewer tiers, (p,).
        fine: With all, (p,).
        largest: The largest rate.
        rtol: The part of them.
    """
    coarse, fine = np.sort_complex(coarse), np.sort_complex(fine)
    change = np.abs(coarse - fine)
    # The eigenvalues of a defective group are accurate to the root of rounding.
    noise = largest * (1e4 * _EPS) ** (1 / len(fine))
    if np.all(change <= 10 * rtol * np.abs(fine) + noise):
        return None
    return Group(coarse, change, rough=True), Group(fine, change, rough=True)


def _improved(
    chain: ChargeChain,
    solve: LinearSolve,
    solve_left: LinearSolve,
    x: np.ndarray,
    w: np.ndarray,
    centre: complex,
) -> tuple[Group, np.ndarray, np.ndarray]:
    """Rounds of improvement until the eigenvalues are exact to rounding, or until they stagnate."""
    forward, transposed = chain.exact_operators
    negligible = NEGLIGIBLE * chain.generator.largest
    unknown = np.full(x.shape[1], np.inf)
    best, before = Group(unknown + centre, unknown), np.inf
    for number in range(_MOST_ROUNDS):
        image, left_image = forward(x), transposed(w)
        inverse = _pair(w, x).mid().inv().mid()
        small = (inverse * _pair(w, image)).mid()
        left_small = (inverse.transpose() * _pair(x, left_image)).mid()
        residual, left_residual = image - _times(x, small), left_image - _times(w, left_small)
        step = _correction(solve, residual, x, w, inverse)
        left_step = _correction(solve_left, left_residual, w, x, inverse.transpose())
        # M errs by the residual of one side times the error of the other, for which its correction
        # stands; and by what W^T (L X - X M) is not zero, because the inverse is rounded.
        product = _norm(residual) * _norm(left_step) * SECOND_ORDER
        noise = float(_frobenius(inverse) * (product + _frobenius(_pair(w, residual))))
        group = eigenvalues_of_small(small, centre, noise)
        # The corrections are used once they have become smaller.
        if number > 0 and noise <= _PROGRESS * before and group.error[0] < best.error[0]:
            floats = x.astype(complex), w.astype(complex)
            best = with_rank_rounding(chain, group, small, centre, noise, inverse, *floats)
        wanted = max(0.1 * _EPS * float(np.min(np.abs(group.values))), negligible)
        if number > 0 and (best.error[0] <= wanted or not noise <= _PROGRESS * before):
            break
        before = noise
        x, w = _mid(x - step), _mid(w - left_step)
    return best, x, w


def _truncated(
    chain: ChargeChain, x: np.ndarray, w: np.ndarray, centre: complex, fewer: int
) -> Group:
    """The eigenvalues with fewer tiers.

    With X = (X_1, X_2) and L_12 X_2 what the tiers left out contribute to those kept, both
    W_1^T L_11 X_1 and the eigenvalue of L_11 differ by W_1^T L_12 X_2 to first order.
    """
    kept = x.copy()
    kept[fewer:] = acb(0)
    image = chain.exact_operators[0](kept)[:fewer]
    inverse = _pair(w[:fewer], x[:fewer]).mid().inv().mid()
    return eigenvalues_of_small((inverse * _pair(w[:fewer], image)).mid(), centre, 0.0)


def _correction(
    solve: LinearSolve, residual: np.ndarray, x: np.ndarray, other: np.ndarray, inverse: acb_mat
) -> np.ndarray:
    """(L - sigma)^{-1} (L X - X M), without what it has of X itself."""
    sizes = [float(_norm(column[:, None])) or 1.0 for column in residual.T]
    scale = objects([arb(size) for size in sizes])
    floats = np.array((residual / scale).tolist(), dtype=complex)
    change = _balls(solve(floats)) * scale
    return change - _times(x, inverse * _pair(other, change))


def _balls(x: np.ndarray) -> np.ndarray:
    """An array of exact balls, (n, p)."""
    balls = np.empty(x.shape, dtype=object)
    balls.ravel()[:] = [acb(v.real, v.imag) for v in x.ravel().tolist()]
    return balls


def _mid(x: np.ndarray) -> np.ndarray:
    midpoints = np.empty(x.shape, dtype=object)
    midpoints.ravel()[:] = [v.mid() for v in x.ravel()]
    return midpoints


def _pair(left: np.ndarray, right: np.ndarray) -> acb_mat:
    """W^T X, (p, p)."""
    return acb_mat(left.T.tolist()) * acb_mat(right.tolist())


def _times(x: np.ndarray, small: acb_mat) -> np.ndarray:
    """X M, (n, p)."""
    product = np.empty(x.shape, dtype=object)
    product[:] = (acb_mat(x.tolist()) * small).tolist()
    return product


def _norm(x: np.ndarray) -> arb:
    return _frobenius_of(x.ravel())


def _frobenius(matrix: acb_mat) -> arb:
    return _frobenius_of(matrix.entries())


def _frobenius_of(values: Any) -> arb:
    """Upper bound of the Frobenius norm."""
    total = arb(0)
    for value in values:
        total += value.abs_upper() ** 2
    return total.sqrt().abs_upper()
