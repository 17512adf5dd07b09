r"""The matrix continued fraction, with its own evidence.

Eliminating all tiers above zero leaves the emitters' effective generator \(A_0 + K(s)\), with

$$K(s) = C_0 \frac{1}{s + \lambda - A_1 - C_1 \frac{1}{s + 2\lambda - A_2 - \dots} B_2} B_1$$

folded from the last tier down. It is evaluated at a growing number of tiers, and every other time
with the tiers scaled against each other, which changes nothing but the rounding: so the difference
of two solutions shows both what the tiers left out and what the arithmetic lost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from thermalent.continued_fraction.chain import dense_blocks
from thermalent.continued_fraction.chain.chain import Band, HierarchyChain
from thermalent.continued_fraction.chain.tiers import Tiers
from thermalent.continued_fraction.several_poles.elimination.evaluation import (
    evaluate_truncated_tiers as evaluate_tiers,
)
from thermalent.operators.superoperators import Operator
from thermalent.support.progress import working

# Up to this block size the numba kernel beats LAPACK calls tier by tier (measured, one core).
SMALL = 96
MOST_TIERS = 4_000_000
# At so many s, and with so few unknowns in a tier, the fractions are worked out side by side.
_FEWEST, MOST_AT_NODES = 3, 32
# By how much an element below a pivot may exceed it there: two digits.
_GROWTH = 100.0
# As `convergence` numbers them.
_OUTCOMES = ("", "converged", "rounding", "too many tiers", "unsettled")
# Rounding that two scalings may happen to share; what is lost before the folds is counted apart.
_FLOOR = 16 * float(np.finfo(float).eps)
_LAST_PLACES = 4 * float(np.finfo(float).eps)  # the same, where what rounding loses is known

# Maps K at tier 0 to the solution x there.
Solve = Callable[[np.ndarray], np.ndarray]
# Maps two evaluations of K to whether the equation at tier 0 is singular within their difference.
Degenerate = Callable[[np.ndarray, np.ndarray], bool]
# Maps K and x to the error of x by the rounding of the blocks, which no difference of folds shows.
Lost = Callable[[np.ndarray, np.ndarray], float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Fraction:
    """An evaluated fraction.

    Args:
        k: K(s), (tier0, tier0).
        x: The solution at tier 0, (tier0,).
        tiers: Highest tier kept.
        error: Estimated error of the solution's largest matrix element.
        scale: The solution's largest matrix element.
        residual: |x put into the equation with K of the other scaling|, relative to its scale.
        uncertainty: Largest error of an element of K, rate unit.
        outcome: "converged", "rounding" (more tiers do not help), "too many tiers", "singular",
            "unsettled" (the solutions keep changing, however many tiers there are).
    """

    k: np.ndarray
    x: np.ndarray
    tiers: int
    error: float
    scale: float
    residual: float
    uncertainty: float
    outcome: str


def evaluate_chain(
    chain: HierarchyChain | Tiers,
    solve: Solve,
    *,
    degenerate: Degenerate = lambda k, other: False,
    lost: Lost | None = None,
    s: complex = 0.0,
    rtol: float = 1e-9,
    last: int | None = None,
    most: int = MOST_TIERS,
) -> Fraction:
    """Evaluate the fraction for a solution x to a relative accuracy, or at a fixed tier.

    Args:
        chain: The tiers.
        solve: Maps K to x; raises LinAlgError if the equation at tier 0 is singular.
        degenerate: Tells whether the equation is singular within the uncertainty of K; called where
            solutions do not converge.
        lost: The error of the solution by rounding of the blocks; part of the stated error.
        s: Laplace variable, rate unit.
        rtol: Allowed error relative to the solution's largest matrix element.
        last: Highest tier to keep; the error is then measured against a converged solution.
        most: Tier at which to give up.

    Returns:
        The fraction; `outcome` says whether it converged, and if not, why.
    """
    with working("continued fraction") as report:
        converged = _converge(chain, solve, degenerate, lost, s, rtol, most, report)
    if last is None:
        return converged
    k = evaluate_truncated(chain, s, last)
    try:
        x = solve(k)
    except np.linalg.LinAlgError:
        return singular(k, last, k)
    error = _element(chain, x - converged.x) + converged.error
    found = _fraction(chain, s, k, x, last, error, converged.outcome, converged.k)
    return replace(
        found, residual=residual(chain, s, k, evaluate_truncated(_rescaled(chain), s, last), x)
    )


def _fraction(
    chain: HierarchyChain | Tiers,
    s: complex,
    k: np.ndarray,
    x: np.ndarray,
    tiers: int,
    error: float,
    outcome: str,
    other: np.ndarray,
) -> Fraction:
    """The fraction K with the solution x, beside another evaluation of K."""
    return Fraction(
        k=k,
        x=x,
        tiers=tiers,
        error=error,
        scale=_element(chain, x),
        residual=residual(chain, s, k, other, x),
        uncertainty=_size(k - other),
        outcome=outcome,
    )


def _converge(
    chain: HierarchyChain | Tiers,
    solve: Solve,
    degenerate: Degenerate,
    lost: Lost | None,
    s: complex,
    rtol: float,
    most: int,
    report: Callable[[str], None],
) -> Fraction:
    """Fold at more and more tiers until two solutions agree.

    The reported error follows from their differences: see `convergence.error_of`. Truncations at
    even and at odd tiers approach the limit from two sides, so all are even.
    """
    from thermalent.continued_fraction.chain import convergence

    chains = (chain, _rescaled(chain))
    depths = np.zeros(3, dtype=np.int64)  # the last three
    changes = np.zeros(3)
    folds = count = singular_folds = 0
    k_before, x_before = None, None
    depth = convergence.first_depth(chain.width)
    while True:
        k = evaluate_truncated(chains[folds % 2], s, depth)
        folds += 1
        depths = np.append(depths[1:], depth)
        try:
            x = solve(k)
        except np.linalg.LinAlgError:
            # With few tiers a state can be dark that more of them couple.
            singular_folds += 1
            if singular_folds == convergence.PATIENCE:
                return singular(k, depth, evaluate_truncated(chains[folds % 2], s, depth))
            x = None
        if x is not None and x_before is not None and k_before is not None:
            changes, count = np.append(changes[1:], _element(chain, x - x_before)), count + 1
            scale = _element(chain, x)
            error = convergence.error_of(depths, changes, count, scale)
            if convergence.possibly_degenerate(changes, count, scale):
                other = evaluate_truncated(chains[folds % 2], s, depth)
                if degenerate(k, other):
                    return singular(k, depth, other)
                if count >= convergence.RESTLESS:
                    return replace(singular(k, depth, other), outcome="unsettled")
            report(f"{depth} tiers, error {error / scale:.0e} (wanted {rtol:.0e})")
            hidden = 0.0
            if lost is not None and (error <= rtol * scale or folds >= convergence.PATIENCE):
                hidden = lost(k, x)
                error += hidden
            ended = convergence.outcome(
                error, hidden, rtol * scale, changes, count, scale, depth, most, folds
            )
            if _OUTCOMES[ended]:
                if lost is not None and not hidden:
                    hidden = lost(k, x)
                error = convergence.stated_error(depths, changes, count, scale) + hidden
                error += (_FLOOR if lost is None else _LAST_PLACES) * scale
                return _fraction(chain, s, k, x, depth, error, _OUTCOMES[ended], k_before)
        k_before, x_before = k, x
        wanted = rtol * (1.0 if x is None else _element(chain, x))
        following = convergence.next_depth(depths, folds, changes, count, wanted)
        depth = min(following, max(most, depth + 2))


def singular(k: np.ndarray, depth: int, other: np.ndarray) -> Fraction:
    """The fraction of an equation at tier 0 without a unique solution."""
    return Fraction(
        k=k,
        x=np.full(k.shape[0], np.nan),
        tiers=depth,
        error=np.inf,
        scale=np.nan,
        residual=np.inf,
        uncertainty=_size(k - other),
        outcome="singular",
    )


def residual(
    chain: HierarchyChain | Tiers, s: complex, k: np.ndarray, other: np.ndarray, x: np.ndarray
) -> float:
    """The residual |(K' - K) x| over |A_0 + K - s| |x| of the solution with the other K."""
    rate = max(_size(k), _size(chain.a[0][: chain.tier0_size, : chain.tier0_size]), abs(s))
    return _size((other - k) @ x) / max(rate * _size(x), np.finfo(float).tiny)


def evaluate_truncated(chain: HierarchyChain | Tiers, s: complex, last: int) -> np.ndarray:
    """The sum K(s) of the chain truncated at tier `last`, from the tail down."""
    if isinstance(chain, Tiers):
        return evaluate_tiers(chain, s, last)
    scalar = _scalar(chain, s)
    zero = np.zeros((chain.tier0_size, chain.tier0_size), dtype=type(scalar))
    if last == 0:
        return zero
    if max(chain.a[0].shape[0], chain.a[1].shape[0]) > SMALL:
        return dense_blocks.evaluate_truncated_dense(chain, scalar, last)
    from thermalent.continued_fraction.chain.kernels import fraction as kernels

    return kernels.evaluate_truncated_kernel(
        chain.a, chain.up, chain.down, chain.rate, scalar, last, zero
    )


def evaluate_at_nodes(chain: HierarchyChain | Tiers, nodes: np.ndarray, last: int) -> np.ndarray:
    """The sum K(s) of the chain truncated at tier `last`, at complex nodes (n,): (n, k, k).

    As `evaluate_truncated` at one after the other, for small blocks side by side. These are
    eliminated without pivoting; where a pivot is small that is done once more by itself.
    """
    few = last == 0 or len(nodes) < _FEWEST
    if isinstance(chain, Tiers) or few or max(a.shape[0] for a in chain.a) > MOST_AT_NODES:
        return np.array([evaluate_truncated(chain, complex(s), last) for s in nodes], complex)
    from thermalent.continued_fraction.chain.kernels import nodes as kernels

    sums = np.zeros((len(nodes), chain.tier0_size, chain.tier0_size), dtype=complex)
    worst = np.zeros(len(nodes))
    kernels.evaluate_in_lanes_kernel(
        tuple(np.ascontiguousarray(block, dtype=complex) for block in chain.a),
        tuple(map(_as_complex, chain.up)),
        tuple(map(_as_complex, chain.down)),
        float(chain.rate),
        nodes.astype(complex),
        last,
        sums,
        worst,
        kernels.node_room(max(a.shape[0] for a in chain.a), chain.tier0_size),
        kernels.LANES,
    )
    for i in np.flatnonzero(~(worst <= _GROWTH**2)):
        sums[i] = evaluate_truncated(chain, complex(nodes[i]), last)
    return sums


def _as_complex(band: Band) -> Band:
    return band._replace(value=band.value.astype(complex))


def _scalar(chain: HierarchyChain, s: complex) -> float | complex:
    """The Laplace variable in the type of the arithmetic: real where chain and s are."""
    if np.imag(s) == 0 and not np.iscomplexobj(chain.a[0]):
        return float(np.real(s))
    return complex(s)


def _rescaled(chain: HierarchyChain | Tiers) -> HierarchyChain | Tiers:
    """The chain with the tiers scaled against each other, which is equal but for rounding."""
    factor = float(np.sqrt(1.7))
    if isinstance(chain, Tiers):
        return chain.rescaled(factor)

    def scaled(band: Band, factor: float) -> Band:
        return band._replace(value=band.value * factor)

    return chain._replace(
        up=(scaled(chain.up[0], factor), scaled(chain.up[1], factor)),
        down=(scaled(chain.down[0], 1 / factor), scaled(chain.down[1], 1 / factor)),
    )


def _element(chain: HierarchyChain | Tiers, x: np.ndarray) -> float:
    """Largest matrix element of the solution with these coordinates at tier 0."""
    basis: Operator = chain.basis[0][:, : chain.tier0_size]
    return _size(basis @ x)


def _size(array: np.ndarray) -> float:
    return float(np.max(np.abs(array), initial=0.0))
