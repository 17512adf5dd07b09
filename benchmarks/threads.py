"""One thread for everything: to be called before numpy is imported."""

from __future__ import annotations

import os
import sys

VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def use_one() -> None:
    """Limit numpy, scipy, numba and their children to one thread.

    Raises:
        RuntimeError: numpy is imported already, and would not notice.
    """
    if "numpy" in sys.modules:
        raise RuntimeError("The number of threads must be set before numpy is imported.")
    for variable in VARIABLES:
        os.environ[variable] = "1"
