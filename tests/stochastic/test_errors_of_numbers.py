"""The stated errors of numbers read off an averaged state: neither too small nor useless."""

import numpy as np
import pytest

import thermalent as te

SEEDS = range(12)


@pytest.mark.parametrize("measure", ["concurrence", "purity", "entropy"])
def test_stated_errors_hold_and_are_not_far_too_large(measure):
    """Against the exact number: the median deviation is within the error and above a part of it.

    The error adds up what each element may do, so that it exceeds the standard error of the number.
    With the error of the largest element for all, the concurrence's was some fifty times as large.
    """
    network = te.thermal_link(5, 0.05, dephasing=0.02)
    exact = getattr(te.steady_state(network), measure)()
    found = []
    for seed in SEEDS:
        state = te.steady_state(network, te.FieldTrajectories(n=256, seed=seed))
        number = getattr(state, measure)()
        found.append(abs(number - exact) / number.error)
    # Twelve deviations of one standard error stay below three but for one case in thirty.
    assert max(found) < 3
    assert np.median(found) > 1 / 60


def test_small_populations_have_small_errors():
    state = te.steady_state(te.thermal_link(20, 0.01), te.FieldTrajectories(n=256))
    populations = state.populations()
    assert populations["11"].error < populations["00"].error / 20
    assert float(state.error) >= float(populations["00"].error)
