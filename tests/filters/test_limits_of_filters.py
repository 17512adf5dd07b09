"""Filters of many poles, at many frequencies, and data without a shape."""

import numpy as np
import pytest

import thermalent as te
from thermalent.filters import response


@pytest.mark.parametrize("make", [te.Filter.butterworth, te.Filter.chebyshev])
def test_filters_of_more_poles_than_can_be_searched_are_refused(make):
    rest = (1.0,) if make == te.Filter.butterworth else (1.0, 0.1)
    with pytest.raises(te.ThermalentError, match="`order` must be an integer from 1 to 100"):
        make(200, *rest)
    with pytest.raises(te.ThermalentError, match="`rates` must be from 1 to 100 rates"):
        te.Filter.cavities([1.0] * 101)


def test_responses_are_worked_out_in_parts_that_memory_takes(monkeypatch):
    chosen = te.Filter.chebyshev(3, 1.0, 0.2)
    omega = np.linspace(-2, 2, 40).reshape(5, 8)
    whole = chosen.response(omega)
    monkeypatch.setattr(response, "_MOST_ELEMENTS", 7 * 9)
    np.testing.assert_allclose(chosen.response(omega), whole, rtol=1e-14)
    assert chosen.response(omega).shape == (5, 8)
    assert chosen.response(0.3).shape == ()
    assert chosen.response([]).shape == (0,)


def test_a_spectrum_that_is_the_same_everywhere_has_no_shape():
    table = np.column_stack([1 + np.arange(20.0), np.full(20, 3.0)])
    with pytest.raises(te.ThermalentError, match="`data` must be a power that depends on freq"):
        te.Filter.from_spectrum(table)


def test_a_peak_of_one_is_a_number_that_may_be_given():
    """Rounding had made it 1.0000000000000004, which is no peak."""
    offset = np.linspace(-3, 3, 41)
    for order in (2, 3, 4, 5):
        chosen = te.Filter.chebyshev(order, 2.0, 0.7)
        assert chosen.peak <= 1.0
        table = np.column_stack([100 + offset, np.abs(chosen.response(offset)) ** 2])
    assert te.Filter.from_spectrum(table, order=5, peak=chosen.peak).peak == chosen.peak


def test_a_search_that_finds_no_entanglement_says_so():
    found = te.best_filter(2.0, 1, starts=1, loss=1.0)
    assert found.concurrence == 0
    assert str(found) == (
        "no filter of 1 pole was found behind which two qubits are entangled at n_th = 2, "
        "in 1 climbs"
    )
    assert "behind 1 pole at" in str(te.best_filter(2.0, 1, starts=1))
