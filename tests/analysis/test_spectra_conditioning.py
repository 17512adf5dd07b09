"""Errors of spectra where rounding of the generator decides."""

import numpy as np
from flint import acb, ctx

import thermalent as te
from tests.support.reference.dynamics import Dynamics
from thermalent.analysis.radiation import spectra

DARK = te.phononic_link(0.5, 0.3, wavelengths=(1, 2), loss=(0.0, 1e-9))
FREQUENCIES = [0.05, 1.2]


def misses():
    found = te.spectrum(DARK, FREQUENCIES, of="q1")
    with ctx.workprec(512):
        weights = [acb(0), acb(float(DARK.decay[1, 1].real)).sqrt(), acb(0)]
    truth = Dynamics(DARK).spectrum(FREQUENCIES, weights)
    distances = [float(abs(t - float(v)).mid()) for t, v in zip(truth, found.values, strict=True)]
    return np.array(distances) > found.error


def test_errors_of_a_nearly_dark_spectrum_hold():
    assert not np.any(misses())


def test_without_conditioning_they_would_not(monkeypatch):
    """The negative control."""
    monkeypatch.setattr(spectra, "DISTURBANCES", 0.0)
    assert np.any(misses())
