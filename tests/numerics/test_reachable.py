"""Positions that a matrix leads to."""

import numpy as np
import pytest
from scipy import sparse

from thermalent.numerics.reachable import reachable


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_steps_lead_one_way_as_far_as_there_are_any(kind):
    pattern = np.zeros((6, 6))
    pattern[3, 0] = pattern[1, 3] = pattern[5, 1] = 0.1  # 0 to 3 to 1 to 5
    pattern[0, 4] = 2.0  # 4 leads to 0, and nothing to 4
    assert reachable(np.arange(6) == 0, kind(pattern)).tolist() == [0, 1, 3, 5]
    assert reachable(np.arange(6) == 1, kind(pattern)).tolist() == [1, 5]
    assert reachable(np.arange(6) >= 4, kind(pattern)).tolist() == [0, 1, 3, 4, 5]
    assert reachable(np.zeros(6, bool), kind(pattern)).tolist() == []
