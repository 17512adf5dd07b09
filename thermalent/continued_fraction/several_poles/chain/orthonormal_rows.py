r"""The rows c, cW, cW^2, ... orthonormalised one after the other in a metric.

$$T = (t_1, t_2, \dots), \qquad t_1 \propto c, \qquad
  t_{j+1} \propto t_j W - \sum_{i \le j} (t_j W G t_i^\dagger)\, t_i, \qquad T G T^\dagger = 1$$
"""

from __future__ import annotations

import numpy as np

# A row whose rest after the orthogonalisation is this part of it is a combination of the others:
# the rest is rounding, which the condition of the metric amplifies at most to this.
_DEPENDENT = 1e-11


def orthonormal_rows(
    output: np.ndarray, drift: np.ndarray, metric: np.ndarray, observed: np.ndarray | None = None
) -> tuple[np.ndarray, float]:
    """The rows c, cW, cW^2, ... orthonormalised in the metric, and the norm of c.

    Arnoldi's iteration with every row orthogonalised twice, so that the rows are orthogonal to
    rounding; it ends where the next row is a combination of those before. Another row f that is
    observed is then continued in the same way, as far as it is none of them.

    Args:
        output: c, (n,).
        drift: W, (n, n).
        metric: G, (n, n) Hermitian, positive definite.
        observed: f, (n,), or None.

    Returns:
        T, (m, n) with m <= n, and sqrt(c G c^+).
    """
    scale = _norm(output, metric)
    rows = [output / scale]

    for first in (None, observed):
        following = rows[-1] @ drift if first is None else first
        while len(rows) < len(drift) and following is not None:
            rest = rest_of(following, rows, metric)
            if rest is not None:
                rows.append(rest)
            following = None if rest is None else rest @ drift
        if observed is None:
            break
    return np.array(rows), scale


def rest_of(row: np.ndarray, rows: list[np.ndarray], metric: np.ndarray) -> np.ndarray | None:
    """What of a row is no combination of orthonormal ones, of unit norm; None if nothing."""
    size = _norm(row, metric)
    for _ in range(2):
        for other in rows:
            row = row - (row @ metric @ other.conj()) * other
    rest = _norm(row, metric)
    return row / rest if rest > _DEPENDENT * size else None


def _norm(row: np.ndarray, metric: np.ndarray) -> float:
    return float(np.sqrt(max((row @ metric @ row.conj()).real, 0.0)))
