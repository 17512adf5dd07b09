r"""Exact time evolution of the emitters, charge sector by charge sector.

An initial state of the emitters is a sum of operators of definite charge, and these do not mix:
\(\rho(t) = X_0 + \sum_{Q > 0} (X_Q + X_Q^\dagger)\), each X_Q from the hierarchy of total charge Q.
"""

from __future__ import annotations

from operator import itemgetter

import numpy as np

from thermalent.charges import element_charges
from thermalent.continued_fraction.fraction import evaluate
from thermalent.continued_fraction.hierarchy import Hierarchy
from thermalent.continued_fraction.levels import levels
from thermalent.continued_fraction.relaxation import Inverter, Steps, level_zero, relax
from thermalent.continued_fraction.stationary import Stationary, resolvent


def needed_depth(h: Hierarchy, rtol: float) -> int:
    """Highest level that the steady state needs, or where there is none, the source's resolvent."""
    chain = levels(h)
    stationary = Stationary(chain)
    fraction = evaluate(chain, stationary.solve, degenerate=stationary.degenerate, rtol=rtol)
    if fraction.outcome == "converged":
        return fraction.levels
    b = np.ones(chain.ground)
    return evaluate(chain, resolvent(chain, b, chain.rate), s=chain.rate, rtol=rtol).levels


def evolve(
    h: Hierarchy, times: np.ndarray, rho: np.ndarray, tolerance: float
) -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
    """States (t, d, d), errors (t,), and what it took, the source stationary.

    Args:
        h: The hierarchy.
        times: Increasing, >= 0, (t,).
        rho: Initial density matrix, (d, d).
        tolerance: Error allowed in the largest element.
    """
    d = len(h.numbers)
    depth = needed_depth(h, tolerance)
    charge = element_charges(h.numbers).reshape(d, d)
    states = np.zeros((len(times), d, d), dtype=complex)
    error = np.zeros(len(times))
    stats = {"levels": depth, "stepped_times": 0}
    for q in range(int(charge.max()) + 1):
        part = np.where(charge == q, rho, 0)
        if not np.any(part):
            continue
        chain = levels(h, start=part, charge=q)
        basis = chain.basis[0][:, : chain.ground]
        b = basis.conj().T @ part.ravel()
        b = b.real if q == 0 else b
        relaxed = relax(
            times,
            tolerance,
            Steps(chain, b, depth, itemgetter(slice(chain.ground))),
            Inverter(level_zero(chain, b), depth, tolerance, real=q == 0),
        )
        matrices = (basis @ relaxed.values.T).T.reshape(len(times), d, d)
        states += matrices if q == 0 else matrices + matrices.conj().transpose(0, 2, 1)
        error += relaxed.error
        stats["levels"] = max(stats["levels"], relaxed.depth)
        stats["stepped_times"] = max(stats["stepped_times"], relaxed.stepped)
    return states, error, stats
