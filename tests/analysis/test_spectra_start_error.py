"""The error of a spectrum counts that of the steady state that it begins with."""

from dataclasses import replace

import numpy as np
import pytest

import thermalent as te
from thermalent.analysis.radiation import coherences, spectra
from thermalent.continued_fraction.dynamics.regression.regression import Regression

NETWORK = te.thermal_link(0.1, 1.0, qubits=1)
MORE = 1e-3


def test_the_error_of_the_start_counts_as_each_element_changes_the_value():
    """Four of its elements off one at a time, against the sum that is stated."""
    network = te.thermal_link(0.5, 1.0, qubits=1)
    regression = spectra._regressions(network, "output", 1e-4, None)[-1]
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


@pytest.mark.parametrize("part", ["_change", "start_error"])
def test_what_the_flux_and_the_coherence_share_is_in_both_errors(monkeypatch, part):
    """Other tiers and roundings, and the start: a part that is larger by `MORE`."""
    plain = te.coherence(NETWORK, [0.0, 0.5], order=2)
    flux, more = float(plain.flux), {"flux": MORE, "pairs": MORE}
    if part == "_change":
        original = coherences._change
        monkeypatch.setattr(coherences, part, lambda *given: original(*given) + MORE)
    else:
        begin = Regression.__init__

        def begun(self, *given):
            begin(self, *given)
            self.start_error += MORE
            more.update(flux=MORE * self.flux_size, pairs=MORE * self.at_zero_size())

        monkeypatch.setattr(Regression, "__init__", begun)
    found = te.coherence(NETWORK, [0.0, 0.5], order=2)
    assert found.flux.error - plain.flux.error == pytest.approx(more["flux"], rel=1e-6)
    expected = more["pairs"] / flux**2 + 2 * np.abs(plain.values) * more["flux"] / flux
    assert found.error - plain.error == pytest.approx(expected, rel=1e-6)


def test_what_the_run_over_time_leaves_is_in_the_error(monkeypatch):
    plain = te.coherence(NETWORK, [0.0, 0.5], order=2)
    over_time, tolerances = coherences.correlation_over_time, []

    def later(fine, other, times, tolerance):
        tolerances.append(tolerance)
        run = over_time(fine, other, times, tolerance)
        return replace(run, error=run.error + MORE * np.array([1.0, 0.5]))

    monkeypatch.setattr(coherences, "correlation_over_time", later)
    found = te.coherence(NETWORK, [0.0, 0.5], order=2)
    # A later error is never below an earlier one: their difference may pass through zero.
    assert found.error - plain.error == pytest.approx(MORE / float(plain.flux) ** 2, rel=1e-6)
    # It may take half of what is aimed at; with more tiers it was tried again, without gain.
    assert tolerances == pytest.approx([0.5e-8 * float(plain.flux) ** 2] * 2, abs=0)


def test_what_solutions_leave_is_in_the_error_of_a_spectrum(monkeypatch):
    line = te.spectrum(NETWORK, [0.3])
    at_frequencies, number = Regression.at_frequencies, iter(range(10))

    def solved(self, *given):  # of the last of those with more and more tiers
        values, errors = at_frequencies(self, *given)
        return values, errors + (MORE if next(number) == spectra._DEPTHS - 1 else 0.0)

    monkeypatch.setattr(Regression, "at_frequencies", solved)
    assert te.spectrum(NETWORK, [0.3]).error - line.error == pytest.approx(MORE / np.pi, rel=1e-6)
