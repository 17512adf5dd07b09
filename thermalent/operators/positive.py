"""Whether large matrices are positive, without their eigenvalues."""

from __future__ import annotations

import numpy as np

from thermalent.support.machine.one_thread import one_thread

_LARGE = 100  # dimension from which the eigenvalues take longer


def none_below(matrix: np.ndarray, least: float) -> bool:
    """Whether no eigenvalue of a large Hermitian matrix lies below a negative number.

    By the factorisation of Cholesky, on one thread, which takes a tenth of the time of eigenvalues.
    False where that does not tell, and for small matrices, whose eigenvalues take no longer.

    Args:
        matrix: Hermitian, (d, d).
        least: The number.
    """
    if len(matrix) < _LARGE or not least < 0:
        return False
    raised = np.array(matrix)
    raised[np.diag_indices_from(raised)] -= least
    with one_thread():
        try:
            lower = np.linalg.cholesky(raised)
        except np.linalg.LinAlgError:
            return False
    return bool(np.isfinite(np.trace(lower)))  # what is not a number spreads to the diagonal
