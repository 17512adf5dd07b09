"""The search for the best concurrence behind several poles: coarse climbs, then one truncation."""

import time
from functools import partial

import numpy as np
import pytest

import thermalent as te

ACCURATE = te.ContinuedFraction(rtol=1e-5)


def concurrence(n_th, kappa):
    return te.steady_state(te.thermal_link(n_th, kappa, filters=2), ACCURATE).concurrence()


@pytest.mark.parametrize(
    ("n_th", "low", "high"),
    [(5.0, 0.05, 0.8), pytest.param(1221.0, 1e-3, 0.1, marks=pytest.mark.long)],
)
def test_the_best_bandwidth_behind_two_cavities(n_th, low, high):
    """Values of accurate states, found without slopes, are smaller on both sides."""
    began = time.process_time()
    best = te.optimise(
        partial(te.thermal_link, n_th, filters=2), {"kappa": (low, high)}, "concurrence", starts=3
    )
    # Once it did not end in four minutes: points far from the maximum asked for all digits.
    assert time.process_time() - began < 120
    kappa = float(best.parameters["kappa"])
    assert best.agreeing == best.starts == 3
    assert best.errors["kappa"] < 0.02 * kappa
    here = concurrence(n_th, kappa)
    assert abs(here - best.value) <= best.value.error + here.error
    assert best.value.error < 2e-3
    # A parabola through three accurate values, whose maximum is as far off as their cubic part.
    step = 0.05
    values = [concurrence(n_th, kappa * np.exp(step * i)) for i in (-1, 0, 1)]
    assert values[1] > max(values[0], values[2])
    shift = step * (values[2] - values[0]) / (2 * (2 * values[1] - values[0] - values[2]))
    assert abs(shift) <= best.errors["kappa"] / kappa + 2e-3


def test_what_has_no_slopes_is_refused_as_before():
    with pytest.raises(te.MethodError, match="several amplitudes"):
        te.optimise(
            partial(te.dual_rail, 1, bandwidth=4.0),
            {"squeezing": (0.1, 0.2)},
            "concurrence",
            starts=1,
        )
