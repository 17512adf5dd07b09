"""Single runs of trajectories and the distribution of what they return."""

import numpy as np
import pytest

import thermalent as te
from thermalent.stochastic import (
    FieldTrajectories,
    distribution,
    trajectory,
)
from thermalent.stochastic.burn_in import ground_state
from thermalent.stochastic.driven import driven_emitters
from thermalent.stochastic.paths import PathSpec, Segment

LIMIT = 5.0  # standard errors; seeds are fixed
WHITE = te.thermal_link(0.5, filter=te.Filter.transfer([1, 0], [1, 1]))  # a notch in white noise


def test_a_trajectory_belongs_to_its_ensemble():
    net = te.thermal_link(50.0, 0.1)
    times = np.linspace(0, 20, 41)
    run = trajectory(net, times, seed=7)
    again = trajectory(net, times, seed=7, step=0.02)
    assert run.field.shape == (41,)
    assert run.states.shape == (41, 4, 4)
    assert np.all(run.concurrence() >= 0)
    assert set(run.populations()) == {"00", "S", "T", "11"}
    assert np.max(np.abs(again.states - run.states)) > 0  # another grid, another path
    # The error of a path is that of its step: its own field, followed in finer steps.
    mode = driven_emitters(net)
    h = FieldTrajectories(n=8, seed=7)._step(mode)
    paths = PathSpec(
        emitters=mode, segments=[Segment(h / 8, 512, True)], initial=ground_state(mode), seed=7,
        coarsenings=(1, 4, 8, 16),
    )  # fmt: skip
    (blocks,) = paths.coarsened_paths(0)
    best, _, coarse, coarser = (mode.matrices(b.x) for b in blocks)
    true = np.abs(coarse - best).max(axis=(1, 2))
    estimated = np.abs(coarse - coarser).max(axis=(1, 2)) / 3
    assert np.median(true / estimated) == pytest.approx(1.0, abs=0.2)
    # What the run says of itself is of that size: its own steps end at its times and are shorter.
    stated = np.median(run.evolution.error[1:])
    assert 0.1 * np.median(estimated) < stated < 2 * np.median(estimated)


def test_the_error_of_a_run_under_white_noise_is_that_of_its_step():
    """It holds for steps whose errors all have one sign; here they add up at random, to less."""
    mode = driven_emitters(WHITE)
    h = FieldTrajectories(n=8, seed=7)._step(mode)
    paths = PathSpec(
        emitters=mode, segments=[Segment(h / 8, 128, True)], initial=ground_state(mode), seed=7,
        coarsenings=(1, 8, 16),
    )  # fmt: skip
    (blocks,) = paths.coarsened_paths(0)
    best, coarse, coarser = (mode.matrices(b.x) for b in blocks)
    true = np.median(np.abs(coarse - best).max(axis=(1, 2)))
    stated = 2.4 * np.median(np.abs(coarse - coarser).max(axis=(1, 2)))
    assert true < stated < 4 * true
    run = trajectory(WHITE, 16 * h * np.arange(1.0, 17.0), seed=7, step=h)
    assert np.median(run.evolution.error) == pytest.approx(stated, rel=0.3)


def test_distribution_of_an_observable():
    net = te.thermal_link(50.0, 0.1)
    method = FieldTrajectories(n=500, seed=7)
    found = distribution(net, te.concurrence, method=method, bins=20)
    assert found.counts.shape == (20,)
    # Every run alone is more entangled than their mixture.
    assert found.mean - LIMIT * found.standard_error > te.steady_state(net).concurrence()
    population = distribution(net, lambda rho: rho[0, 0].real, method=method)
    exact = te.steady_state(net).state[0, 0].real
    assert abs(population.mean - exact) < LIMIT * population.standard_error
    early = distribution(net, lambda rho: rho[0, 0].real, method=method, time=1e-3, initial="11")
    assert early.counts[0] == 500


def test_the_concurrence_of_single_runs_has_the_error_of_their_step():
    """Whoever knows the field sees at least what its present amplitude alone tells, 0.7244.

    Runs in a strong field are cut short by the step: without its bias, the mean would lie below.
    """
    net = te.thermal_link(1220, 0.01)
    step = FieldTrajectories()._step(driven_emitters(net))
    found, finer = (
        distribution(net, te.concurrence, method=FieldTrajectories(n=856, seed=7, step=h))
        for h in (step, step / 2)
    )
    assert found.step_bias == pytest.approx(4 * finer.step_bias, rel=0.2)
    assert found.step_bias > 0.008
    assert found.error == found.standard_error + found.step_bias
    bound = te.conditional_states(net, rtol=1e-6).average("concurrence")
    for one in (found, finer):
        assert one.mean + one.step_bias > bound - LIMIT * one.standard_error


def test_a_distribution_counts_and_averages_what_the_observable_returned():
    """The runs' values are written down by the observable itself."""
    values = []

    def noted(rho):
        values.append(te.concurrence(rho))
        return values[-1]

    found = distribution(
        te.thermal_link(50.0, 0.1),
        noted,
        method=FieldTrajectories(n=500, seed=7),
        limits=(0.1, 0.6),
    )
    # Of each block of 64 first the runs, then the same in steps twice as long.
    assert len(values) == 2 * 500
    blocks = [values[k : k + 64] for k in range(0, 2 * 448, 64)] + [values[896:948], values[948:]]
    values, coarse = np.concatenate(blocks[::2]), np.concatenate(blocks[1::2])
    assert 0 < found.step_bias == pytest.approx(abs((values - coarse).mean()) / 3, rel=1e-10)
    assert found.outside == np.sum((values < 0.1) | (values > 0.6)) > 0
    np.testing.assert_array_equal(found.counts, np.histogram(values, np.linspace(0.1, 0.6, 51))[0])
    # Sums in blocks round differently.
    assert found.mean == pytest.approx(values.mean(), rel=1e-12)
    assert found.standard_error == pytest.approx(values.std(ddof=1) / np.sqrt(500), rel=1e-10)


def test_the_bias_of_a_distribution_under_white_noise_is_of_first_order():
    values = []

    def noted(rho):
        values.append(rho[0, 0].real)
        return values[-1]

    method = FieldTrajectories(n=64, seed=7)
    found = distribution(WHITE, noted, method=method, time=0.5)
    runs, coarse = values[:64], values[64:]
    assert 0 < found.step_bias == pytest.approx(abs(np.mean(runs) - np.mean(coarse)), rel=1e-10)


def test_an_observable_that_returns_no_number_is_named():
    net = te.thermal_link(1.0, 0.1)
    for observable in (lambda rho: None, lambda rho: "much", lambda rho: np.nan, lambda rho: rho):
        with pytest.raises(
            te.ThermalentError, match=r"`observable\(state\)` must be a finite real"
        ):
            distribution(net, observable, method=te.FieldTrajectories(n=64), time=0.1)


def test_an_observable_that_takes_no_state_is_refused_by_name():
    with pytest.raises(te.ThermalentError, match="must be a function of one argument, a density"):
        te.stochastic.distribution(te.thermal_link(1.0, 0.5), lambda: None)
