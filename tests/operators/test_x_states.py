"""Concurrences of many X-states at once are those of one after the other."""

import numpy as np
import pytest

import thermalent as te
from thermalent.operators.x_states import x_concurrences


def x_states(count, seed):
    """Random X-states, some with tiny populations, some at the border of positivity."""
    rng = np.random.default_rng(seed)
    rho = np.zeros((count, 4, 4), dtype=complex)
    p = rng.exponential(size=(count, 4)) * 10.0 ** rng.choice([0, 0, -8, -300], size=(count, 4))
    p /= p.sum(axis=1, keepdims=True)
    for i in range(4):
        rho[:, i, i] = p[:, i]
    for i, j in ((1, 2), (0, 3)):
        share = rng.choice([0.0, 0.5, 0.999], size=count)
        phase = np.exp(2j * np.pi * rng.uniform(size=count))
        rho[:, i, j] = share * np.sqrt(p[:, i]) * np.sqrt(p[:, j]) * phase
        rho[:, j, i] = rho[:, i, j].conj()
    return rho


def test_concurrences_at_once_have_the_bits_of_one_by_one():
    rho = x_states(500, 3)
    together = x_concurrences(rho, np.full(500, 1e-9))
    assert together.tolist() == [te.concurrence(state) for state in rho]
    assert np.count_nonzero(together) > 100


@pytest.mark.parametrize(
    "change", ["coherence elsewhere", "negative", "trace", "not Hermitian", "nan", "too coherent"]
)
def test_what_is_not_an_x_state_to_rounding_is_left_to_be_looked_at(change):
    rho = x_states(2, 1)
    rho[0] = np.diag([0.4, 0.3, 0.2, 0.1])
    if change == "coherence elsewhere":
        rho[0, 0, 1] = rho[0, 1, 0] = 1e-20
    elif change == "negative":
        rho[0] = np.diag([0.5, 0.5 + 1e-12, -1e-12, 0.0])
    elif change == "trace":
        rho[0] *= 1 + 1e-8
    elif change == "not Hermitian":
        rho[0, 1, 2] = 1e-8
    elif change == "nan":
        rho[0, 1, 2] = np.nan
    else:
        rho[0, 1, 2] = rho[0, 2, 1] = 0.25
    found = x_concurrences(rho, np.full(2, 1e-9))
    assert np.isnan(found[0])
    assert found[1] == te.concurrence(rho[1])
