"""The error of a spectrum counts that of the steady state that it begins with."""

from dataclasses import replace

import numpy as np
import pytest

import thermalent as te
from thermalent.analysis.radiation import spectra
from thermalent.continued_fraction.dynamics.correlations import Regression

NETWORK = te.thermal_link(0.1, 1.0, qubits=1)
MORE = 1e-3


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


@pytest.mark.parametrize("part", ["_left_out", "_conditioning", "at_zero_error"])
def test_what_the_flux_and_the_coherence_share_is_in_both_errors(monkeypatch, part):
    """Tiers left out, rounding of the generator, and the start: a part that is larger by `MORE`."""
    plain = te.coherence(NETWORK, [0.0, 0.5], order=2)
    owner = Regression if part == "at_zero_error" else spectra
    original, flux = getattr(owner, part), float(plain.flux)
    monkeypatch.setattr(owner, part, lambda *given: original(*given) + MORE)
    found = te.coherence(NETWORK, [0.0, 0.5], order=2)
    assert found.flux.error - plain.flux.error == pytest.approx(MORE, rel=1e-6)
    expected = MORE / flux**2 + 2 * np.abs(plain.values) * MORE / flux
    assert found.error - plain.error == pytest.approx(expected, rel=1e-6)


def test_what_steps_and_solutions_leave_is_in_the_errors(monkeypatch):
    plain = te.coherence(NETWORK, [0.0, 0.5], order=2)
    line = te.spectrum(NETWORK, [0.3])
    over_time, at_frequencies = Regression.over_time, Regression.at_frequencies
    tolerances, number = [], iter(range(10))

    def later(self, times, tolerance, depth):
        tolerances.append(tolerance)
        run = over_time(self, times, tolerance, depth)
        return replace(run, error=run.error + MORE)

    def solved(self, *given):  # of the last of those with more and more tiers
        values, errors = at_frequencies(self, *given)
        return values, errors + (MORE if next(number) == spectra._DEPTHS - 1 else 0.0)

    monkeypatch.setattr(Regression, "over_time", later)
    monkeypatch.setattr(Regression, "at_frequencies", solved)
    found = te.coherence(NETWORK, [0.0, 0.5], order=2)
    assert found.error - plain.error == pytest.approx(MORE / float(plain.flux) ** 2, rel=1e-6)
    # Steps may leave of the quotient what is aimed at.
    assert tolerances == pytest.approx([1e-8 * float(plain.flux) ** 2] * len(tolerances), abs=0)
    assert te.spectrum(NETWORK, [0.3]).error - line.error == pytest.approx(MORE / np.pi, rel=1e-6)
