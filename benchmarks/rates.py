"""Certified lists of relaxation rates beside dense and iterative solvers on the same hierarchy."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse import csc_array
from scipy.sparse.linalg import eigs

import thermalent as te
from benchmarks.report import Row
from thermalent.analysis.eigenvalues.chain import ChargeChain
from thermalent.analysis.eigenvalues.generator import exact_generator

_COUNT, _KAPPA = 3, 0.1
# Tiers of the longer hierarchy with which each list is complete to 1e-8.
_TIERS = {10.0: 48, 100.0: 142}
_REPEATS = 5


def against_solvers(quick: bool = False) -> list[Row]:
    """The three slowest rates of two resonant qubits, kappa/gamma = 0.1, with errors and a count.

    All eigenvalues by LAPACK are complete as well, to rounding; six near zero by ARPACK, of two
    truncations, are neither complete nor have they errors but the change.
    """
    return [_row(n_th) for n_th in (list(_TIERS)[:1] if quick else _TIERS)]


def _row(n_th: float) -> Row:
    network = te.thermal_link(n_th, _KAPPA)
    generator = exact_generator(network)
    fine, coarse = (
        ChargeChain(generator, 0, last) for last in (_TIERS[n_th], _TIERS[n_th] * 4 // 5)
    )
    matrix = fine.matrix.toarray()
    shift = 0.1 * float(generator.rate)

    def iterative() -> Any:
        return [
            -eigs(
                csc_array(chain.matrix), k=_COUNT + 3, sigma=shift, v0=np.ones(chain.size),
                return_eigenvectors=False,
            )
            for chain in (coarse, fine)
        ]  # fmt: skip

    ours, rates = _seconds(lambda: te.relaxation_rates(network, _COUNT))
    dense, values = _seconds(lambda: -np.linalg.eigvals(matrix))
    arpack, _ = _seconds(iterative)
    apart = np.min(np.abs(rates.values[:, None] - values[None, :]), axis=1)
    if not rates.certified or np.any(apart > 1e-7):
        raise RuntimeError("the rates are not those of the dense matrix")
    return Row(
        name="rates",
        quantity=f"three slowest rates at n_th = {n_th:g}: all eigenvalues by LAPACK over them",
        required=">= 1 x",
        measured=(
            f"{dense / ours:.1f} x ({1e3 * ours:.1f} ms against {1e3 * dense:.0f} ms; six by "
            f"ARPACK, not certified, {1e3 * arpack:.1f} ms)"
        ),
        passed=dense >= ours,
        numbers={"seconds": ours, "dense_seconds": dense, "arpack_seconds": arpack},
    )


def _seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of the quickest of several calls, after one that compiles, and the result."""
    result, best = work(), np.inf
    for _ in range(_REPEATS):
        began = time.process_time()
        result = work()
        best = min(best, time.process_time() - began)
    return best, result
