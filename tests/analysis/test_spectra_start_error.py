"""The error of a spectrum counts that of the steady state that it begins with."""

import numpy as np
import pytest

import thermalent as te
from thermalent.analysis import spectra


def test_the_error_of_the_start_counts_as_each_element_changes_the_value():
    """Four of its elements off one at a time, against the sum that is stated."""
    network = te.thermal_link(0.5, 1.0, qubits=1)
    regression = spectra._regressions(network, "output", 1, 1e-4, None)[-1]
    omega, share = 0.3, 1e-3
    kept = np.argsort(regression.start_size)[-4:].tolist()
    size = np.zeros(len(regression.start))
    size[kept] = regression.start_size[kept]
    regression.start_size, regression.start_error = size, 0.0
    value, rounding = regression.at_frequency(omega, regression.last)
    regression.start_error = share
    _, error = regression.at_frequency(omega, regression.last)
    start, change = regression.start, 0.0
    for i in kept:
        regression.start = start + share * size * (np.arange(len(start)) == i)
        change += abs(regression.at_frequency(omega, regression.last)[0] - value)
    assert change > 100 * rounding
    assert error - rounding == pytest.approx(change, rel=1e-6)
