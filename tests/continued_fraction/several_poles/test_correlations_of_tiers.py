"""Correlations behind several poles: what makes up their errors, by regressions that are given."""

from types import SimpleNamespace

import numpy as np
import pytest

from thermalent.continued_fraction.dynamics.relaxation import RelaxationResult
from thermalent.continued_fraction.several_poles import correlations

EPS = np.finfo(float).eps
DELAYS = np.array([0.0, 0.5, 2.0])


class Given:
    """A regression with numbers that are given, which notes what it is asked."""

    def __init__(self, values, *, error, flux=2.0, size=3.0, lost=0.0, support=()):
        self.values, self.error, self.flux, self.size = np.array(values), error, flux, size
        self.asked, self.support, self.noted = SimpleNamespace(error=lost), support, []
        self.quanta = 2

    def transform(self, s):
        """That of a constant."""
        self.noted.append(s)
        return np.array([self.flux / s])

    def over_time(self, times, tolerance, seeds=None):
        self.noted.append((tolerance, seeds))
        return RelaxationResult(
            self.values[:, None], np.full(len(times), self.error), 0, 9, support=self.support
        )


def both(monkeypatch, fine, coarse):
    """What is looked at before, and the correlations of two regressions."""
    looked = []

    def converged(asked, look, rtol, most_work, folds):
        looked.extend([look(fine), look(coarse)])
        return fine, coarse

    monkeypatch.setattr(correlations, "converged", converged)
    return looked


def test_a_correlation_has_the_errors_of_both_regressions_and_what_quanta_change(monkeypatch):
    fine = Given([1.0, 0.7, 0.2], error=3e-4, lost=1e-3)
    coarse = Given([1.0, 0.72, 0.21], error=5e-4, support=(0.3,))
    looked = both(monkeypatch, fine, coarse)
    values, errors = correlations.tiers_coherence(fine.asked, DELAYS, 1e-5, 1e9)
    np.testing.assert_array_equal(values, fine.values)
    # At no delay the two agree by chance: what they differ by later counts there, too.
    change = 2 * np.array([0.02, 0.02, 0.01])
    np.testing.assert_allclose(errors, change + 8e-4 + 3.0 * (1e-3 + 64 * EPS), rtol=1e-12)
    # The transforms are those of the first and of the last delay, in units of the correlation.
    assert {s for s in fine.noted if isinstance(s, float)} == {2.0, 0.5}
    np.testing.assert_allclose(looked[0][0], [2.0, 2.0, 2.0])
    assert fine.noted[-1][1] == (0.3,)


@pytest.mark.parametrize(
    ("rtol", "flux", "size", "tolerance"),
    [
        (1e-3, 2.0, 3.0, 2e-3),  # of the largest number
        (1e-3, 1.5, 3.0, 0.05),  # a tenth of what one quantum changes
        (1e-15, 2.0, 1e3, 64 * EPS * 1e3),  # the rounding of what the unknowns begin with
    ],
)
def test_times_are_resolved_as_far_as_quanta_and_rounding_leave_it(
    monkeypatch, rtol, flux, size, tolerance
):
    fine, coarse = Given([1.0, 0.7, 0.2], error=0.0, size=size), Given([1.0, 0.7, 0.2], error=0.0)
    coarse.flux = flux
    both(monkeypatch, fine, coarse)
    correlations.tiers_coherence(fine.asked, DELAYS, rtol, 1e9)
    for regression in (fine, coarse):
        assert regression.noted[-1][0] == pytest.approx(tolerance, rel=1e-12)


def test_the_error_of_the_flux_holds_what_is_lost_before():
    """Relative to what the unknowns begin with."""
    fine, coarse = Given([1.0], error=0.0, lost=1e-4), Given([1.0], error=0.0, flux=2.001)
    flux, error = correlations._flux(fine, coarse)
    assert flux == 2.0
    assert error == pytest.approx(2e-3 + 3e-4, rel=1e-9)
    fine.asked.error = 0.0
    assert correlations._flux(fine, fine)[1] == pytest.approx(3.0 * 64 * EPS, rel=1e-12)


def test_lines_lose_as_much_as_the_flux_in_proportion(monkeypatch):
    fine, coarse = Given([1.0], error=0.0, lost=1e-4), Given([1.0], error=0.0, flux=2.0)
    lines = {0.1: 0.4, 0.3: 1.2}
    fine.transform = lambda z: np.array([np.pi * lines[z.imag]])
    coarse.transform = lambda z: np.array([np.pi * (lines[z.imag] + 0.01)])
    both(monkeypatch, fine, coarse)
    values, errors, flux, _ = correlations.tiers_spectrum(
        fine.asked, np.array([0.1, 0.3]), 1e-3, 1e9, lambda text: None
    )
    np.testing.assert_allclose(values, [0.4, 1.2])
    np.testing.assert_allclose(errors, 0.02 + 3e-4 * values / flux, rtol=1e-9)
