"""Sums over blocks of trajectories: means and standard errors are those of all of them."""

from types import SimpleNamespace

import numpy as np
import pytest

from thermalent.jumps import ensemble
from thermalent.stochastic import tally
from thermalent.stochastic.basis import element_deviations

# Blocks of different sizes whose means differ: what lies between them is most of the scatter.
SIZES, CENTRES = (3, 40, 17, 1), (0.0, 2.0, -1.0, 5.0)


def drawn(shape, seed):
    rng = np.random.default_rng(seed)
    return [
        centre + rng.normal(size=(size, *shape))
        for size, centre in zip(SIZES, CENTRES, strict=True)
    ]


def test_standard_errors_of_quantum_jumps():
    blocks = [one + 1j * other for one, other in zip(drawn((2, 3, 3), 1), drawn((2, 3, 3), 2))]  # noqa: B905
    found = ensemble.Tally()
    for block in blocks:
        mean = block.mean(axis=0)
        apart = block - mean
        scatter = (apart.real**2).sum(axis=0) + 1j * (apart.imag**2).sum(axis=0)
        found.add(ensemble.Sums(len(block), 2, mean, scatter, np.full((2, 1), mean[0, 0, 0].real)))
    every = np.concatenate(blocks)
    assert found.count == len(every)
    assert found.jumps == 2 * len(blocks)
    assert found.mean == pytest.approx(every.mean(axis=0), rel=1e-12)
    assert found.top[0, 0] == pytest.approx(every[:, 0, 0, 0].mean().real, rel=1e-12)
    deviations = np.sqrt(every.real.var(axis=0, ddof=1) + every.imag.var(axis=0, ddof=1))
    assert found.standard_errors == pytest.approx(deviations / np.sqrt(len(every)), rel=1e-12)


def test_standard_errors_of_trajectories_in_a_field():
    blocks = drawn((2, 4), 3)
    reader = SimpleNamespace(d=2, white=False, matrices=lambda x: x.reshape(*x.shape[:-1], 2, 2))
    found = tally.Tally(reader)
    for block in blocks:
        mean = block.mean(axis=0)
        found.add(
            tally.BlockSums(
                count=len(block),
                mean=mean,
                scatter=((block - mean) ** 2).sum(axis=0),
                fine=mean - 0.25,
                coarse=mean + 0.7,
            )
        )
    every = np.concatenate(blocks)
    variances = every.var(axis=0, ddof=1) / len(every)
    assert found.standard_errors == pytest.approx(element_deviations(variances, 2), rel=1e-12)
    assert found.standard_error == pytest.approx(found.standard_errors.max(axis=(1, 2)), rel=1e-15)
    assert found.states == pytest.approx(every.mean(axis=0).reshape(2, 2, 2), rel=1e-12)
    # Extrapolation moved every element by 0.25; a seventh of 0.7 is the bias that is left, of a
    # scheme of second order whose coarse step is twice the fine one.
    assert found.correction == pytest.approx([0.25, 0.25], rel=1e-12)
    assert found.bias == pytest.approx([0.1, 0.1], rel=1e-12)
