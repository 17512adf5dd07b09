"""Equations that couple neighbouring tiers alone, against dense matrices."""

import numpy as np
import pytest
from scipy import sparse

from thermalent.continued_fraction.several_poles.elimination.tier_factors import TierFactors


@pytest.mark.parametrize("kind", [float, complex])
@pytest.mark.parametrize("sizes", [(3,), (2, 5, 1, 4)])
def test_solutions_are_those_of_the_whole_matrix(kind, sizes):
    rng = np.random.default_rng(3)
    offset = np.concatenate([[0], np.cumsum(sizes)])
    tier = np.repeat(np.arange(len(sizes)), sizes)
    near = np.abs(tier[:, None] - tier[None, :]) <= 1
    matrix = np.where(near & (rng.random(near.shape) < 0.7), rng.normal(size=near.shape), 0.0)
    matrix = (
        matrix * (1 if kind is float else np.exp(1j * matrix)) + 4 * np.eye(len(tier))
    ).astype(kind)
    factors = TierFactors(sparse.csr_array(matrix), offset)
    for right in rng.normal(size=(2, len(tier))).astype(kind):
        found = factors.solve(right)
        assert found.dtype == kind
        assert np.max(np.abs(matrix @ found - right)) < 1e-13
