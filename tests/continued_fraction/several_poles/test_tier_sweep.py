"""Folds of the tiers and the ways back up: compiled loops, LAPACK and one sparse solve agree."""

from dataclasses import replace

import numpy as np
import pytest

import thermalent as te
from thermalent.continued_fraction.chain.assembly import assemble_tiers, tier_offsets
from thermalent.continued_fraction.several_poles.chain.building import tiers
from thermalent.continued_fraction.several_poles.chain.coordinates import chain_of
from thermalent.continued_fraction.several_poles.chain.fields import joined_tiers, split
from thermalent.continued_fraction.several_poles.elimination import evaluation, sweep, sweep_kernels

LAST = 13
# The dense solutions have condition numbers up to 1e4: twelve digits are left.
AGREE = 1e-11


@pytest.fixture(params=["compiled", "LAPACK", "compiled, factors made again"])
def route(request, monkeypatch):
    """Each way to eliminate the tiers; the last keeps the factors of two tiers at a time."""
    limit = 0 if request.param == "LAPACK" else 10_000
    monkeypatch.setattr(evaluation, "_SMALL", {float: limit, complex: limit})
    if "again" in request.param:
        monkeypatch.setattr(sweep, "FACTORS", 2 * 8 * 28**2)


@pytest.mark.parametrize("s", [0.05, 0.05 + 0.3j])
@pytest.mark.parametrize("charge", [0, 1])
@pytest.mark.parametrize("rate", [0.0, 0.3])
def test_a_sweep_is_a_dense_solve(route, s, charge, rate):
    """Also where noise enters the amplitude that drives, which then decays by itself."""
    network = te.thermal_link(3.0, 0.2, (1.0, 0.7), detuning=(0.1, -0.2), filters=2)
    chain = chain_of(network)
    chain = replace(chain, drift=chain.drift + rate * np.eye(2))
    built = tiers(chain, 2, np.ones((4, 4)), charge)
    assert built.rate == pytest.approx(rate, abs=1e-12)
    matrix = assemble_tiers(built, LAST).toarray()
    at = tier_offsets(built, LAST)
    identity = np.eye(matrix.shape[0])
    rng = np.random.default_rng(5)
    start = rng.normal(size=at[-1]) + (1j * rng.normal(size=at[-1]) if charge else 0)
    expected = np.linalg.solve(s * identity - matrix, start)
    found = sweep.TierSweep(built, s, LAST, split(built, start, LAST))
    size = built.tier0_size
    own = s * np.eye(size) - built.a[0][:size, :size] - found.k
    x = found.up(np.linalg.solve(own, found.t0))
    assert np.max(np.abs(joined_tiers(built, x) - expected)) <= AGREE * np.max(np.abs(expected))
    # The transposed equation for a gradient at tier 0.
    gradient = np.zeros(at[-1])
    gradient[:size] = rng.normal(size=size)
    expected = np.linalg.solve(s * identity - matrix.T, gradient)
    y = found.up_transposed(np.linalg.solve(own.T, gradient[:size]))
    assert np.max(np.abs(joined_tiers(built, y) - expected)) <= AGREE * np.max(np.abs(expected))


def test_factors_are_those_of_the_matrix_and_a_singular_one_has_none(rng):
    matrix, right = rng.normal(size=(2, 5, 5))
    factors, solution, pivots = matrix.copy(), right.copy(), np.zeros(5, dtype=np.int64)
    assert sweep_kernels.solve_keeping_factors(factors, solution, pivots)
    assert matrix @ solution == pytest.approx(right, abs=1e-12)
    rows = np.arange(5)
    for k, pivot in enumerate(pivots):
        rows[[k, pivot]] = rows[[pivot, k]]
    lower, upper = np.tril(factors, -1) + np.eye(5), np.triu(factors)
    assert lower @ upper == pytest.approx(matrix[rows], abs=1e-13)
    singular = np.diag([1.0, 2.0, 0.0])
    pivots = np.zeros(3, dtype=np.int64)
    assert not sweep_kernels.solve_keeping_factors(singular, np.eye(3), pivots)
