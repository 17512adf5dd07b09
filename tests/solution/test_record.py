"""What a result remembers of its method: equal to it, printed like it, and enough to repeat it."""

import pickle

import numpy as np
import pytest

import thermalent as te
from thermalent.solution.record import MethodRecord

NETWORK = te.thermal_link(0.3, 0.5)
METHODS = (te.ContinuedFraction(rtol=1e-7), te.Fock(cutoff=6), te.Markov())


@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_a_record_is_equal_to_its_method(method):
    record = te.steady_state(NETWORK, method).method
    assert isinstance(record, MethodRecord)
    assert record == method
    assert method == record
    assert hash(record) == hash(method)
    assert repr(record) == repr(method)
    assert (record.name, record.claim, record.domain) == (method.name, method.claim, method.domain)
    assert record != te.ContinuedFraction(rtol=1e-8)
    assert record != "Fock"


def test_parameters_are_attributes():
    record = te.steady_state(NETWORK, te.Fock(cutoff=6)).method
    assert record.cutoff == 6
    assert record.parameters == {"cutoff": 6, "tolerance": None, "solver": "auto"}
    with pytest.raises(AttributeError, match="no parameter 'rtol'"):
        _ = record.rtol


@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_records_and_results_are_pickled(method):
    result = te.steady_state(NETWORK, method)
    again = pickle.loads(pickle.dumps(result))
    assert again.method == method
    np.testing.assert_array_equal(again.state, result.state)


def test_a_record_stands_for_its_method():
    first = te.steady_state(NETWORK, te.Fock(cutoff=6))
    np.testing.assert_array_equal(te.steady_state(NETWORK, first.method).state, first.state)
    evolved = te.evolve(NETWORK, [0.5], "10", first.method)
    assert evolved.method == te.Fock(cutoff=6)
