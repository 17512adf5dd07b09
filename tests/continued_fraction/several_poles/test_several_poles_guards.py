"""Ends of the search for quanta along the chain, and transforms that are no number."""

import numpy as np
import pytest

import thermalent as te
from thermalent.analysis.radiation import several_poles as spectra_several_poles
from thermalent.continued_fraction.several_poles import correlations
from thermalent.continued_fraction.several_poles.chain.coordinates import chain_of
from thermalent.continued_fraction.several_poles.evolution import _Sector
from thermalent.support import memory_limit

LINK = te.thermal_link(2.0, 0.5, filters=2, qubits=1)


def test_the_budget_ends_the_search_for_quanta():
    """After three, since two changes tell an error; with work to spare, where it is small."""
    times = np.array([0.5, 2.0])
    sector = _Sector(chain_of(LINK), np.diag([1.0, 0.0]).astype(complex), 0, 12)
    quanta, change, error = sector.quanta(times, 1e-9, most_work=0.0)
    assert quanta == 3
    assert 1e-9 < change < error < 1
    more, reached, error = sector.quanta(times, 1e-9, most_work=np.inf)
    assert more > 3
    assert error <= reached == 1e-9


def test_a_transform_that_is_no_number_is_refused(monkeypatch):
    asked = spectra_several_poles._asked(LINK, "output", 1, 1e-4, None)
    regression = correlations.TierRegression(asked, 1, other=False)
    assert np.all(np.isfinite(regression.transform(0.3 + 1j)))
    monkeypatch.setattr(regression, "read", lambda x: complex(np.nan))
    with pytest.raises(np.linalg.LinAlgError, match="not finite"):
        regression.transform(0.3 + 1j)


def test_correlations_that_do_not_fit_are_refused_before_they_begin(monkeypatch):
    """Two regressions of three qubits in complex numbers take more than those of one."""
    network = te.thermal_link(2.0, 0.5, filters=2, qubits=3)
    needed = correlations.bytes_at_first(chain_of(network))
    assert needed > correlations.bytes_at_first(chain_of(LINK)) + 1e6
    monkeypatch.setattr(memory_limit, "_ALWAYS_FITS", 0.0)
    monkeypatch.setattr(memory_limit, "available", lambda: int(0.9 * needed))
    with pytest.raises(te.MethodError, match=r"This correlation does not fit: .*fewer emitters"):
        spectra_several_poles._asked(network, "output", 1, 1e-4, None)
