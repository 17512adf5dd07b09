"""Derivatives behind several poles: differences of states, Fock space, one mode."""

from functools import partial
from itertools import pairwise

import numpy as np
import pytest

import thermalent as te
from tests.support.several_poles_sources import behind
from thermalent.continued_fraction.sensitivity.several_poles import adjoint as several_poles
from thermalent.continued_fraction.several_poles.chain.building import tiers, tiers_with_changes
from thermalent.continued_fraction.several_poles.chain.coordinates import chain_of

BEHIND_TWO = partial(te.thermal_link, filters=2)


def differences(function, value, step):
    """The slope by central differences, extrapolated twice: to O(step^6)."""
    d = [(function(value + h) - function(value - h)) / (2 * h) for h in (step, step / 2, step / 4)]
    once = [(4 * d[1] - d[0]) / 3, (4 * d[2] - d[1]) / 3]
    return (16 * once[1] - once[0]) / 15


def solved(network, observable, method):
    return float(getattr(te.steady_state(network, method), observable)())


def test_cold_derivatives_are_differences_of_states():
    """States to 1e-11, on the lattice: other coordinates, and no adjoint."""
    point = {
        "n_th": 0.05,
        "kappa": 0.4,
        "gamma": (1.0, 0.8),
        "detuning": (0.1, -0.2),
        "dephasing": 0.1,
        "loss": 0.05,
    }
    found = te.sensitivities(BEHIND_TWO, point, "purity", rtol=1e-7)
    method = te.ContinuedFraction(rtol=1e-11)
    for name, i in (("n_th", 0), ("kappa", 0), ("gamma", 1), ("detuning", 0), ("dephasing", 0)):
        several = isinstance(point[name], tuple)

        def at(x, name=name, i=i, several=several):
            moved = tuple(x if k == i else v for k, v in enumerate(point[name])) if several else x
            return solved(BEHIND_TWO(**{**point, name: moved}), "purity", method)

        here = point[name][i] if several else point[name]
        number = found[name][i] if several else found[name]
        error = found.errors[name][i] if several else found.errors[name]
        # Differences with steps of 0.02 of states good to 1e-11 are good to some 1e-8.
        assert abs(number - differences(at, here, 0.1 * abs(here))) <= error + 2e-7
        assert error < 1e-5


def test_derivatives_at_the_end_of_a_range_and_by_fock_space():
    """No dephasing: the slope to the one side; cold enough for Fock space as the second route."""
    build = partial(te.thermal_link, filters=2, qubits=1, kappa=0.5)
    found = te.sensitivities(build, {"n_th": 0.02, "dephasing": 0.0}, "purity", rtol=1e-7)
    fock = te.Fock(cutoff=7)

    def by_occupation(x):
        return solved(build(n_th=x), "purity", fock)

    assert found["n_th"] == pytest.approx(differences(by_occupation, 0.02, 0.004), rel=1e-6)
    step = 1e-3
    at = [solved(build(n_th=0.02, dephasing=k * step), "purity", fock) for k in range(4)]
    one_sided = (-11 * at[0] + 18 * at[1] - 9 * at[2] + 2 * at[3]) / (6 * step)
    assert found["dephasing"] == pytest.approx(one_sided, rel=1e-4, abs=1e-8)


def test_hot_derivatives_are_differences_of_states():
    point = {"n_th": 60.0, "kappa": 0.02}
    found = te.sensitivities(BEHIND_TWO, point, rtol=1e-4)
    method = te.ContinuedFraction(rtol=1e-8)
    for name, value in point.items():

        def at(x, name=name):
            return solved(BEHIND_TWO(**{**point, name: x}), "concurrence", method)

        expected = differences(at, value, 0.08 * value)
        assert abs(found[name] - expected) <= found.errors[name] + 1e-5 * abs(expected)
        assert found.errors[name] < 1e-3 * abs(expected)


def test_coupled_modes_with_a_zero_and_a_detuned_source():
    """Parameters of the source itself, whose chain changes with them."""

    def build(coupling, shift, occupation):
        return behind(
            (te.Mode(name="a", bath_rate=0.5, n_th=occupation), te.Mode(name="b", bath_rate=0.1)),
            np.array([[0.0, coupling], [coupling, shift]]),
            (0.0, 0.1),
            (0.3, 0.5j),
        )

    point = {"coupling": 0.3, "shift": 0.2, "occupation": 0.1}
    found = te.sensitivities(build, point, "purity", rtol=1e-6)
    method = te.ContinuedFraction(rtol=1e-11)
    for name, value in point.items():

        def at(x, name=name):
            return solved(build(**{**point, name: x}), "purity", method)

        assert abs(found[name] - differences(at, value, 0.1 * value)) <= found.errors[name] + 1e-7
        assert found.errors[name] < 1e-4


def test_one_element_is_one_mode():
    def with_an_idle_mode(n_th, rate):
        return behind(
            (
                te.Mode(name="idle", bath_rate=0.3, n_th=50.0),
                te.Mode(name="a", bath_rate=rate, n_th=n_th),
            ),
            np.zeros((2, 2)),
            (0.1, 0.0),
            (0.0, np.sqrt(rate)),
        )

    point = {"n_th": 2.0, "rate": 0.5}
    assert chain_of(with_an_idle_mode(**point)).length == 1
    found = te.sensitivities(with_an_idle_mode, point, "purity")
    expected = te.sensitivities(te.thermal_link, {"n_th": 2.0, "kappa": 0.5}, "purity")
    for name, other in (("n_th", "n_th"), ("rate", "kappa")):
        assert abs(found[name] - expected[other]) <= found.errors[name] + expected.errors[other]
        assert found.errors[name] < 1e-7


def test_stated_errors_hold_where_little_is_asked():
    point = {"n_th": 30.0, "kappa": 0.05}
    rough = te.sensitivities(BEHIND_TWO, point, "purity", rtol=1e-1)
    fine = te.sensitivities(BEHIND_TWO, point, "purity", rtol=1e-4)
    for name in point:
        assert abs(rough[name] - fine[name]) <= rough.errors[name] + fine.errors[name]
        assert fine.errors[name] < 0.1 * rough.errors[name]


def test_a_change_of_nothing_leaves_the_tiers():
    """The tiers with changes are those of the chain, on more unknowns at most."""
    chain = chain_of(te.thermal_link(3.0, 0.2, filters=3))
    built, changes = tiers_with_changes(chain, 2, [(chain, np.zeros(3))])
    assert built.sizes == tiers(chain, 2).sizes
    assert len(changes) == 1
    assert np.allclose(changes[0].up[0].value, built.up[0].value)


def test_a_source_of_several_outputs_is_refused_by_name():
    with pytest.raises(te.MethodError, match="each in another way"):
        te.sensitivities(
            partial(te.dual_rail, 1, bandwidth=5.0), {"squeezing": 1.0}, pair=("A1", "B1")
        )


def test_every_other_truncation_has_more_tiers(monkeypatch):
    """So that the change from one to the next shows what the tiers leave out."""
    lasts = []

    class Noted(several_poles._Adjoint):
        def __init__(self, chain, changes, quanta, last, **how):
            lasts.append(last)
            super().__init__(chain, changes, quanta, last, **how)

    monkeypatch.setattr(several_poles, "_Adjoint", Noted)
    te.sensitivities(BEHIND_TWO, {"n_th": 0.5, "kappa": 0.6}, "purity", rtol=1e-3)
    assert len(lasts) >= 3
    for turn, (earlier, later) in enumerate(pairwise(lasts), 1):
        assert (later > earlier) == bool(turn % 2)


@pytest.mark.parametrize(("one", "other"), [(0.0, 0.5), (0.5, 0.0), (0.5, 0.7)])
def test_a_cold_and_a_warm_source_are_compared_in_the_coordinates_of_the_first(one, other):
    """The drift depends on the coordinates alone; of two that are warm it is that of each."""
    like, network = chain_of(BEHIND_TWO(one, 0.4)), BEHIND_TWO(other, 0.4)
    own, found = chain_of(network), several_poles._in_metric_of(like, network)
    assert np.allclose(own.drift, like.drift) == (one > 0 and other > 0)
    np.testing.assert_allclose(found.drift, like.drift, rtol=1e-12, atol=1e-14)
