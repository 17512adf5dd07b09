"""Errors of coherences where rounding of the generator decides: a nearly dark network."""

from functools import cache

import numpy as np
import pytest
from flint import acb, ctx

import thermalent as te
from tests.support.long_ones import ordinary_and_long
from tests.support.reference.dynamics import Dynamics
from thermalent.analysis.radiation import spectra
from thermalent.continued_fraction.dynamics.regression.regression import Regression

DARK = te.phononic_link(0.02, 0.3, wavelengths=(1, 2), loss=(0.0, 1e-9))
DELAYS = [0.0, 2.5]


@cache
def truth(order):
    """The coherence in many digits."""
    with ctx.workprec(512):
        weights = [acb(0), acb(float(DARK.decay[1, 1].real)).sqrt(), acb(0)]
    return Dynamics(DARK).coherence(DELAYS, weights, order)


def misses(order):
    found = te.coherence(DARK, DELAYS, of="q1", order=order)
    values = [complex(value) for value in found.values]
    distances = [
        float(abs(t - acb(v.real, v.imag)).mid()) for t, v in zip(truth(order), values, strict=True)
    ]
    return np.array(distances) > found.error


@pytest.mark.parametrize("order", ordinary_and_long([1, 2], [2]))
def test_errors_of_a_nearly_dark_coherence_hold(order):
    assert not np.any(misses(order))


def test_without_conditioning_they_would_not(monkeypatch):
    """The negative control: generators as they are assembled, all of them."""

    def undisturbed(*given):
        return Regression(*given[:-1], None)

    monkeypatch.setattr(spectra, "Regression", undisturbed)
    assert np.any(misses(1)) or np.any(misses(2))


def test_delays_beyond_all_rates_are_refused():
    """Contours to 1e308 took a quarter of a minute, and the last of them was singular."""
    with pytest.raises(ValueError, match=r"^Argument `delays` must be at most 1e\+60"):
        te.coherence(te.thermal_link(0.3, 1.0), 1e308)
