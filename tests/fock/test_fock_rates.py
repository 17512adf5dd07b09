"""The slowest rates of emitters alone, found all at once and by a search, against 60 digits."""

import numpy as np
import pytest

import thermalent as te
from tests.support.liouvillian_spectrum import distances, exact_spectrum
from thermalent.analysis import relaxation_rates
from thermalent.fock import rates
from thermalent.solution.errors import MethodError

NETWORK = te.cooperative(3, (1.0, 0.8, 1.3), 0.02, detuning=(0.3, 0.0, -0.4), dephasing=0.1)
DARK = te.cooperative(3, 1.0, detuning=(0.0, 0.0, 0.5))  # the singlet of two qubits stays
# Eigenvalues far from the real axis, of which a search finds the upper ones.
TURNING = te.cooperative(3, (1.0, 0.8, 1.3), 0.02, detuning=(30.0, 0.0, -40.0))


@pytest.mark.parametrize("network", [NETWORK, DARK, TURNING])
@pytest.mark.parametrize("complete", [True, False])
def test_rates_are_those_of_the_dense_generator_within_their_errors(monkeypatch, network, complete):
    monkeypatch.setattr(rates, "_DENSE", 20 if complete else 19)  # 1 + 9 + 9 + 1 unknowns
    found, errors, stationary, all_found = rates.slowest_rates(network, 5)
    exact = exact_spectrum(network, 2)
    zeros = int(np.sum(np.abs(exact) < 1e-14))
    assert (stationary, all_found) == (zeros, complete)
    assert zeros == (2 if network is DARK else 1)
    apart, _ = distances(found, exact)
    assert np.all(apart <= errors)
    assert np.all(errors < 1e-12)
    # None is missing: the real parts are those of the reference, in order.
    assert found.real == pytest.approx(exact.real[zeros : zeros + 5], abs=1e-12)


def test_errors_are_of_the_size_of_the_rounding(monkeypatch):
    """Of a search they are ten times the last places of the largest rate, at least."""
    _, errors, _, _ = rates.slowest_rates(NETWORK, 5)
    assert np.all(errors >= np.finfo(float).eps * 3)
    monkeypatch.setattr(rates, "_DENSE", 0)
    _, searched, _, _ = rates.slowest_rates(NETWORK, 5)
    assert np.all(searched >= 10 * np.finfo(float).eps * 3)


def test_too_many_unknowns_are_refused_at_the_stated_number(monkeypatch):
    monkeypatch.setattr(rates, "_FACTORISED", 20)
    rates.slowest_rates(NETWORK, 1)
    monkeypatch.setattr(rates, "_FACTORISED", 19)
    with pytest.raises(MethodError, match="20 unknowns are too many; up to 19 are taken"):
        rates.slowest_rates(NETWORK, 1)


def test_rates_of_many_emitters_are_these(monkeypatch):
    """From as many unknowns as ball arithmetic does not take, in the sector of charge zero."""
    exactly = te.relaxation_rates(NETWORK, 3, charge=0)
    monkeypatch.setattr(relaxation_rates, "ALL_EXACTLY", 19)
    found = te.relaxation_rates(NETWORK, 3, charge=0)
    assert np.all(np.abs(found.values - exactly.values) <= found.error + exactly.error)
    assert found.error.tolist() == rates.slowest_rates(NETWORK, 3)[1].tolist()
    assert found.charge.tolist() == [0, 0, 0]
    assert (found.stationary, found.certified, found.how) == (1, True, "all eigenvalues found")
    monkeypatch.setattr(rates, "_DENSE", 0)
    with pytest.warns(RuntimeWarning, match="not certified to be complete"):
        searched = te.relaxation_rates(NETWORK, 3, charge=0)
    assert not searched.certified
    assert searched.how != found.how
    monkeypatch.setattr(relaxation_rates, "ALL_EXACTLY", 14)  # of charge one there are 15
    with pytest.raises(MethodError, match="in the sector of charge 0 only, and charge is 1"):
        te.relaxation_rates(NETWORK, 3, charge=1)
    monkeypatch.setattr(relaxation_rates, "ALL_EXACTLY", 20)
    assert te.relaxation_rates(NETWORK, 3, charge=0).how not in (found.how, searched.how)
