"""The error that is stated where a search of tiers ends: above the truth, and not far above."""

import numpy as np
import pytest

import thermalent as te
from thermalent.continued_fraction.chain import convergence


def links(count):
    rng = np.random.default_rng(20261121)
    for _ in range(count):
        yield te.thermal_link(
            10 ** rng.uniform(0, 3),
            10 ** rng.uniform(-2.5, 1),
            gamma=(1.0, rng.uniform(0.2, 3)),
            detuning=tuple(rng.normal(size=2)),
            dephasing=rng.choice([0.0, 0.1]),
        )


def test_errors_at_any_rtol_bound_the_truth_and_are_not_far_above():
    ratios = []
    for network in links(25):
        exact = te.steady_state(network, te.ContinuedFraction(rtol=1e-12))
        for rtol in (0.1, 1e-3, 1e-5, 1e-7):
            found = te.steady_state(network, te.ContinuedFraction(rtol=rtol))
            true = np.max(np.abs(found.state - exact.state))
            assert true <= found.error + exact.error
            if true > 3 * exact.error:
                ratios.append(found.error / true)
    assert len(ratios) > 50
    assert np.median(ratios) < 100


@pytest.mark.parametrize("decay", [0.1, 0.5, 2.0])
@pytest.mark.parametrize("step", [1.15, 1.4, 2.5])
def test_solutions_that_decay_exponentially(decay, step):
    """x_N = exp(-c N): the stated error is above exp(-c N_3), and never above `error_of`."""
    depths = np.array([20, 28, 28 * step]).astype(np.int64)
    before = int(depths[0] / 1.4)
    x = np.exp(-decay * np.array([before, *depths], dtype=float))
    changes = np.abs(np.diff(x))
    stated = convergence.stated_error(depths, changes, 3, 1.0)
    assert x[-1] <= stated <= convergence.error_of(depths, changes, 3, 1.0)


def test_solutions_that_decay_more_slowly_than_exponentially():
    """x_N = exp(-a sqrt(N)), as behind hot sources."""
    for a in (0.5, 2.0, 8.0):
        depths = np.array([20, 28, 70])
        x = np.exp(-a * np.sqrt(np.array([14, *depths], dtype=float)))
        assert x[-1] <= convergence.stated_error(depths, np.abs(np.diff(x)), 3, 1.0)
