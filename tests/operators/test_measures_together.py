"""Measures of many states at once: the bits of one by one, and nothing said of what is none."""

import numpy as np
import pytest

from thermalent.operators import entanglement, measures_together
from thermalent.operators.bounds import concurrence_bounds
from thermalent.operators.reading.observables import TABLE

NAMES = ("purity", "entropy", "negativity", "logarithmic_negativity", "entanglement_of_formation")


def drawn(rng, d, kind):
    """A state: generic, of low rank, or with the zeros of a conserved number."""
    rank = d if kind == "generic" else 1 + int(rng.integers(d))
    root = rng.normal(size=(d, rank)) + 1j * rng.normal(size=(d, rank))
    root *= 10 ** rng.uniform(-4, 0, size=(d, 1))
    rho = root @ root.conj().T
    if kind == "sectors":
        charge = np.array([bin(i).count("1") for i in range(d)])
        rho[charge[:, None] != charge] = 0.0
    return rho / np.trace(rho).real


def stack(seed, dims, kind, count=60):
    rng = np.random.default_rng(seed)
    return np.array([drawn(rng, int(np.prod(dims)), kind) for _ in range(count)])


@pytest.mark.parametrize("kind", ["generic", "low rank", "sectors"])
@pytest.mark.parametrize("dims", [(2,), (2, 2), (2, 3), (2, 2, 2), (3, 3)])
@pytest.mark.parametrize("name", NAMES)
def test_the_numbers_are_those_of_one_state_to_the_bit(name, dims, kind):
    measure = TABLE[name]
    if (measure.pair and len(dims) != 2) or (measure.qubits and set(dims) != {2}):
        pytest.skip("not defined for these emitters")
    rho = stack(len(dims), dims, kind)
    tolerance = np.full(len(rho), 1e-9)
    found = measure.together(rho, tolerance, dims)
    known = np.flatnonzero(~np.isnan(found))
    # Those of rank below d have eigenvalues at rounding level, of either sign.
    if measure.qubits:
        assert known.size == (len(rho) if kind == "sectors" else 0)
    elif kind == "generic":
        assert known.size == len(rho)
    for i in known.tolist():
        assert found[i] == measure.function(rho[i], dims, 1e-9)


@pytest.mark.parametrize("name", ["concurrence", *NAMES])
def test_what_is_no_state_is_left_to_be_looked_at_by_itself(name):
    good = stack(1, (2, 2), "sectors")[:6]
    rho = good.copy()
    rho[0, 1, 2] += 1e-8  # not Hermitian
    rho[1] *= 1 + 1e-8  # of another trace
    rho[2] = np.diag([0.6, 0.5, -0.1, 0.0])
    rho[3, 0, 0] = np.nan
    rho[4, 3, 3] = np.inf
    with np.errstate(invalid="ignore"):
        found = TABLE[name].together(rho, np.full(6, 1e-9), (2, 2))
    assert np.isnan(found[:5]).all()
    assert found[5] == TABLE[name].function(good[5], (2, 2), 1e-9)


@pytest.mark.parametrize("keep", [(0,), (1,), (2,), (0, 1), (2, 0), (1, 2), (0, 1, 2)])
def test_partial_traces_are_those_of_one_state_to_the_bit(keep):
    rng = np.random.default_rng(2)
    rho = rng.normal(size=(7, 12, 12)) + 1j * rng.normal(size=(7, 12, 12))
    for matrices in (rho, rho.real):
        found = measures_together.partial_traces(matrices, (2, 3, 2), keep)
        for one, matrix in zip(found, matrices, strict=True):
            assert np.array_equal(one, entanglement.partial_trace(matrix, (2, 3, 2), keep))


def test_formations_are_those_of_one_concurrence():
    c = np.concatenate([[0.0, 1e-200, 1e-9, 1.0], np.random.default_rng(0).uniform(size=200)])
    found = measures_together.formations_of(c)
    assert found.tolist() == [entanglement.formation(one) for one in c.tolist()]
    assert np.isnan(measures_together.formations_of(np.array([np.nan]))).all()


def test_the_bound_of_a_formation_is_the_larger_of_its_two_steps():
    c, change = np.array([0.0, 0.0, 0.3, 0.9, 1.0]), np.array([0.0, 0.1, 0.05, 0.2, 0.1])
    found = concurrence_bounds.formation_bound(c, change)
    for value, step, bound in zip(c.tolist(), change.tolist(), found.tolist(), strict=True):
        ends = [entanglement.formation(x) for x in (max(0, value - step), min(1, value + step))]
        largest = max(abs(end - entanglement.formation(value)) for end in ends)
        assert largest <= bound <= largest + 1e-15
