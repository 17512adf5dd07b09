"""Errors of sensitivities where rounding of the generator decides: nearly dark, many decades."""

from types import SimpleNamespace

import numpy as np
import pytest

import thermalent as te
from tests.audit.networks import network_of
from tests.audit.quantities import rebuilt
from tests.support.reference import numbers
from tests.support.reference.slopes import slope
from thermalent.continued_fraction.chain.chain import hierarchy_chain
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.sensitivity import observed_chain as module

# Rounding is amplified by the inverse of the small rate; the last has rates over eleven decades, a
# slow decay beside a dephasing that cancels in the populations.
DELICATE = {
    # What rounding takes of the trace counts here, too.
    "trace": network_of(91, "many_decades", 3)[0],
    "loss": te.phononic_link(3.0, 0.3, wavelengths=(1, 2), loss=(0.0, 1e-9)),
    "gamma": te.thermal_link(1.0, 0.2, gamma=(1.0, 1e-8)),
    "dephasing": te.thermal_link(
        2.4e-6, 8e-4, gamma=(7.14e-6, 7.5e5), dephasing=(4.5e5, 5.2e3), detuning=0.0
    ),
}


@pytest.mark.parametrize("name", DELICATE)
def test_errors_hold_where_the_generator_is_delicate(name):
    network = DELICATE[name]
    found = te.sensitivities(
        lambda **given: rebuilt(network, **given), {"n_th": network.modes[0].n_th}, "purity"
    )
    truth = slope(network, numbers.purity, n_th=[1])
    distance = abs(float(truth - numbers.mpf(float(found["n_th"]))))
    assert distance <= found.errors["n_th"]


@pytest.mark.parametrize("index", [541, 657])
def test_errors_hold_where_the_terms_of_a_derivative_cancel(index):
    """Terms of 1e-5 and 1e-2 add up to derivatives of 7e-11 and 5e-16."""
    network, _ = network_of(4231108045, "many_decades", index)
    found = te.sensitivities(lambda **given: rebuilt(network, **given), {"shift": 0.0}, "purity")
    unit = [[0, 0, 0], [0, 1, 0], [0, 0, 0]]
    truth = slope(network, numbers.purity, exchange=unit)
    assert abs(float(truth - numbers.mpf(float(found["shift"])))) <= found.errors["shift"]


def test_what_the_errors_leave_out_without_conditioning_is_large(monkeypatch):
    """The negative control: without disturbed chains the error misses the truth."""
    monkeypatch.setattr(module, "_DISTURBANCES", 0.0)
    with pytest.raises(AssertionError):
        test_errors_hold_where_the_generator_is_delicate("dephasing")


def test_a_state_lost_to_rounding_is_refused():
    network = te.thermal_link(1.0, 0.2, gamma=(1.0, 1e-15))
    with pytest.raises(te.SolveError, match=r"lost to rounding|not unique"):
        te.sensitivities(lambda **given: rebuilt(network, **given), {"n_th": 1.0}, "purity")


def test_a_disturbed_chain_differs_by_rounding_alone():
    h = hierarchy(te.thermal_link(1.0, 0.2, detuning=(0.3, -0.1), dephasing=0.1))
    plain = hierarchy_chain(h, complete=True)
    moved = hierarchy_chain(h, complete=True, disturbance=np.random.default_rng(1))
    for one, other in zip(plain.a, moved.a, strict=True):
        assert 0 < np.max(np.abs(one - other)) < 100 * np.finfo(float).eps * np.max(np.abs(one))


def test_derivatives_beyond_double_precision_are_refused(monkeypatch):
    """Where a slope overflows neither a number nor NaN comes out."""
    monkeypatch.setattr(module, "contracted", lambda *_: (np.nan, np.nan))
    with pytest.raises(te.SolveError, match="derivatives are lost to rounding"):
        te.sensitivities(te.thermal_link, {"n_th": 1.0, "kappa": 0.2}, "purity")


def test_a_population_that_rounding_left_is_no_entanglement():
    """Rounding left a population of 1e-160 once, beside which the slope overflowed."""
    network, *_ = network_of(235357798, "many_decades", 102)
    parameters = {"n_th": network.modes[0].n_th, "shift": 0.0}
    found = te.sensitivities(lambda **given: rebuilt(network, **given), parameters, "concurrence")
    truth = slope(network, numbers.concurrence, n_th=[1])
    assert abs(float(truth) - found["n_th"]) <= found.errors["n_th"] < 1e-8


def test_conditioning_is_six_standard_deviations_of_eight_disturbed_chains(monkeypatch):
    """Of what the chains change and of what the slopes change, together."""
    drawn = iter([(2.0 + 3e-6, 4e-6), (2.0 - 3e-6, -4e-6)] * 4)
    now = []

    def contracted(chain, moved, change):
        if change == "estimate":
            now[:] = next(drawn)
            return now[0], 0.0
        assert change == "drawn"
        return now[1], 0.0

    chain = object.__new__(module.ObservedChain)
    chain.flat, chain.keys, chain.h = False, [("n_th", 0)], None
    chain.changes = [SimpleNamespace(estimate="estimate", noise=None)]
    chain._moments = lambda chain, last: (None, None)
    monkeypatch.setattr(module, "hierarchy_chain", lambda h, **given: None)
    monkeypatch.setattr(module, "randomised", lambda noise, rng: "drawn")
    monkeypatch.setattr(module, "contracted", contracted)
    found = chain.conditioning(np.array([2.0]), 10)
    np.testing.assert_allclose(found, [6 * 5e-6], rtol=1e-6)
    assert next(drawn, None) is None
    chain.flat = True
    assert chain.conditioning(np.array([2.0]), 10).tolist() == [0.0]


@pytest.mark.parametrize(("share", "doubted"), [(0.99, True), (1.01, False)])
def test_entanglement_no_larger_than_four_errors_is_doubted(monkeypatch, share, doubted):
    """And than the rounding of one, where the state has no error."""
    chain = object.__new__(module.ObservedChain)
    monkeypatch.setattr(module.ObservedChain, "_entangled", True)
    for error in (1e-9, 0.0):
        chain.state = SimpleNamespace(error=error)
        least = 4 * error + 16 * np.finfo(float).eps
        chain.observed = SimpleNamespace(value=share * least)
        assert bool(chain._doubt()) is doubted
    chain.observed = SimpleNamespace(value=0.0)
    assert not chain._doubt()
    chain.observed = SimpleNamespace(value=share * least)
    monkeypatch.setattr(module.ObservedChain, "_entangled", False)
    assert not chain._doubt()
