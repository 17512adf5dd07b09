"""Errors of numbers of some emitters, whose state's elements are sums of elements of the whole."""

import numpy as np
import pytest

import thermalent as te

LINK = te.thermal_link(0.3, 1.0, qubits=3)


def worst(errors, keep):
    """The largest change of the reduced ground state's weight, elements off by their errors."""
    shifted = np.zeros((8, 8)) + errors
    return te.partial_trace(shifted, (2, 2, 2), [keep])[0, 0].real


@pytest.mark.parametrize("method", [te.Fock(cutoff=8), te.ContinuedFraction(rtol=1e-4)])
def test_steady_states(method):
    found = te.steady_state(LINK, method)
    whole = float(found.error)
    known = whole if found.error.elements is None else found.error.elements
    for keep, name in enumerate(LINK.emitter_names):
        # The overlap with a basis state takes one element of the reduced state.
        expected = min(worst(known, keep), worst(whole, keep))
        assert found.populations(name)["0"].error == pytest.approx(expected, rel=1e-12, abs=1e-15)
        assert found.fidelity("0", name).error == pytest.approx(expected, rel=1e-12, abs=1e-15)


def test_evolutions():
    found = te.evolve(LINK, [0.5, 2.0], "100", te.Fock(cutoff=8))
    expected = [worst(float(eps), 0) for eps in found.error]
    assert found.populations("q1")["0"].error == pytest.approx(expected, rel=1e-12, abs=1e-15)
