"""Means over blocks of trajectories and their standard errors are those of all trajectories."""

from types import SimpleNamespace

import numpy as np
import pytest

from thermalent.ensembles.burn_in import TwoStarts
from thermalent.ensembles.mean import BlockMean, EnsembleMean, squares
from thermalent.stochastic.basis import element_deviations
from thermalent.stochastic.step_bias import ExtrapolatedBlock, ExtrapolatedMean

# Blocks of different sizes whose means differ: what lies between them is most of the scatter.
SIZES, CENTRES = (3, 40, 17, 1), (0.0, 2.0, -1.0, 5.0)


def drawn(shape, seed):
    rng = np.random.default_rng(seed)
    return [
        centre + rng.normal(size=(size, *shape))
        for size, centre in zip(SIZES, CENTRES, strict=True)
    ]


def complex_blocks(seed):
    parts = (drawn((2, 3, 3), seed), drawn((2, 3, 3), seed + 1))
    return [one + 1j * other for one, other in zip(*parts, strict=True)]


def contribution(block):
    mean = block.mean(axis=0)
    return BlockMean(
        len(block), mean, squares(block - mean).sum(axis=0), (mean[0, 0].real,), events=2
    )


def standard_errors(every):
    deviations = np.sqrt(every.real.var(axis=0, ddof=1) + every.imag.var(axis=0, ddof=1))
    return deviations / np.sqrt(len(every))


def test_the_mean_and_its_standard_error_are_those_of_all_trajectories():
    blocks, found = complex_blocks(1), EnsembleMean(batches=2)
    assert not found.usable
    for block in blocks:
        found.add(contribution(block))
    every = np.concatenate(blocks)
    assert found.usable
    assert found.count == len(every)
    assert found.blocks == len(blocks)
    assert found.events == 2 * len(blocks)
    assert found.mean == pytest.approx(every.mean(axis=0), rel=1e-12)
    assert found.beside[0] == pytest.approx(every[:, 0, 0].mean(axis=0).real, rel=1e-12)
    assert found.standard_errors == pytest.approx(standard_errors(every), rel=1e-12)
    # Blocks go to the batches in turn.
    batches = found.batches()
    pairs = [np.concatenate(blocks[first::2]) for first in (0, 1)]
    assert batches.weights.tolist() == [len(pair) for pair in pairs]
    for state, pair in zip(batches.states, pairs, strict=True):
        assert state == pytest.approx(pair.mean(axis=0), rel=1e-12)


def test_a_mean_of_one_trajectory_has_no_standard_error():
    found = EnsembleMean()
    found.add(BlockMean(1, np.ones((1, 2, 2)), np.zeros((1, 2, 2))))
    assert not found.usable


def test_the_jackknife_gives_the_standard_error_of_a_mean():
    """Of a linear function of equal batches it is that of the batches' means, exactly."""
    rng, found = np.random.default_rng(4), EnsembleMean()
    values = rng.normal(size=(32, 5))
    for block in values:
        mean = np.full((1, 1, 1), block.mean())
        found.add(BlockMean(5, mean, np.full((1, 1, 1), ((block - block.mean()) ** 2).sum())))
    error = found.batches().standard_error(lambda state: 3 * state[0, 0, 0])
    assert error == pytest.approx(3 * values.mean(axis=1).std(ddof=1) / np.sqrt(32), rel=1e-12)


def test_the_jackknife_needs_eight_batches():
    found = EnsembleMean()
    for _ in range(7):
        found.add(BlockMean(4, np.ones((1, 1, 1)), np.zeros((1, 1, 1))))
    with pytest.raises(ValueError, match=r"`n` must be at least 32, 8 times 4 .* but is 28"):
        found.batches().standard_error(lambda state: state[0, 0, 0])


def test_two_starts_are_weighted_by_their_trajectories():
    halves = complex_blocks(1), complex_blocks(5)[:3]
    found = TwoStarts(batches=3)
    for which, blocks in enumerate(halves):
        assert not found.usable
        for block in blocks:
            found.add((which, contribution(block)))
    every = [np.concatenate(blocks) for blocks in halves]
    n = [len(half) for half in every]
    assert found.usable
    assert found.count == sum(n)
    assert found.blocks == 7
    assert found.events == 14
    assert found.mean == pytest.approx(np.concatenate(every).mean(axis=0), rel=1e-12)
    everything = np.concatenate(every)
    assert found.beside[0] == pytest.approx(everything[:, 0, 0].mean(axis=0).real, rel=1e-12)
    errors = np.hypot(*(k / sum(n) * standard_errors(half) for k, half in zip(n, every)))  # noqa: B905
    assert found.standard_errors == pytest.approx(errors, rel=1e-12)
    apart = every[0].mean(axis=0) - every[1].mean(axis=0)
    assert found.distance == pytest.approx(np.abs(apart).max(), rel=1e-12)
    batches = found.batches()
    assert batches.weights.sum() == sum(n)
    mean = np.tensordot(batches.weights, batches.states, 1) / sum(n)
    assert mean == pytest.approx(everything.mean(axis=0), rel=1e-12)


@pytest.mark.parametrize(("shift", "agree"), [(5.9, True), (6.1, False)])
def test_two_starts_differ_beyond_six_standard_errors(shift, agree):
    """Of both means together, to which 2/n is added."""
    n, found = 5000, TwoStarts()
    sizes = np.array([1.0, -1.0] * (n // 4))  # standard deviation one
    error = 1.0 / np.sqrt(len(sizes) - 1)
    noise = np.hypot(error, error) + 2 / n
    for which, centre in enumerate((0.0, shift * noise)):
        mean = np.full((1, 1, 1), centre + 0j)
        scatter = np.full((1, 1, 1), len(sizes) + 0j)
        found.add((which, BlockMean(len(sizes), mean, scatter)))
    assert found.converged is agree


def test_standard_errors_and_step_bias_of_trajectories_in_a_field():
    blocks = drawn((2, 4), 3)
    reader = SimpleNamespace(d=2, white=False, matrices=lambda x: x.reshape(*x.shape[:-1], 2, 2))
    found = ExtrapolatedMean(reader)
    for block in blocks:
        mean = block.mean(axis=0)
        found.add(
            ExtrapolatedBlock(
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
