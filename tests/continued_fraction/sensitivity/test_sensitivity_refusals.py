"""What sensitivities refuse, and what they say of values, sizes and errors."""

import functools

import numpy as np
import pytest

import thermalent as te
from tests.support.sensitive_networks import line, three


@pytest.mark.parametrize("name", ["negativity", "logarithmic_negativity"])
def test_slopes_of_the_negativity_at_the_border_of_separable_states_are_refused(name):
    with pytest.raises(te.SolveError, match=r"at the border of separable states.*'concurrence'"):
        te.sensitivities(te.thermal_link, {"n_th": 0.0, "kappa": 0.1}, name)


def test_the_entanglement_of_formation_has_no_kink_at_the_border():
    found = te.sensitivities(
        te.thermal_link, {"n_th": 0.0, "kappa": 0.1}, "entanglement_of_formation"
    )
    assert (found["n_th"], found["kappa"]) == (0.0, 0.0)


def test_the_entropy_of_a_pure_state_has_no_derivative():
    with pytest.raises(te.SolveError, match="The entropy has no derivative at this state"):
        te.sensitivities(te.thermal_link, {"n_th": 0.0, "kappa": 0.1}, "entropy")


def test_refusals():
    with pytest.raises(ValueError, match="`parameters` must be values of one parameter or more"):
        te.sensitivities(line, {})
    with pytest.raises(ValueError, match="`observable` must be"):
        te.sensitivities(line, {"n_th": 1.0, "kappa": 0.1}, "populations")
    with pytest.raises(ValueError, match="`pair` must be two different emitters"):
        te.sensitivities(three, {"n_th": 1.0, "kappa": 0.1})
    with pytest.raises(ValueError, match="`builder` must be"):
        te.sensitivities(lambda x: x, {"x": 1.0})
    with pytest.raises(
        te.MethodError, match="the network has 2 boson modes, and beyond its steady state"
    ):
        te.sensitivities(
            lambda kappa: te.ring_resonators(coupling=(0.3, 0.3), distance=kappa), {"kappa": 3.0}
        )


def test_what_a_builder_complains_about_is_passed_on():
    """A builder that takes one value only: its own words say why there is no slope."""

    def choosy(n_th):
        if n_th != 1.0:
            raise ValueError("the table knows n_th = 1 alone")
        return te.thermal_link(n_th, 0.1)

    with pytest.raises(ValueError, match=r"'n_th' may change, .*the table knows n_th = 1 alone"):
        te.sensitivities(choosy, {"n_th": 1.0}, "purity")


def test_refuses_integers_and_unknown_names():
    with pytest.raises(ValueError, match=r"functools.partial\(builder, qubits=3\).*qubits = 3"):
        te.sensitivities(te.thermal_link, {"n_th": 2, "kappa": 0.1, "qubits": 3}, "purity")
    bound = functools.partial(te.thermal_link, qubits=3)
    assert te.sensitivities(bound, {"n_th": 2, "kappa": 0.1}, "purity")["n_th"] < 0
    with pytest.raises(ValueError, match=r"`parameters` must be .*nearest: 'kappa'.*'kapa'"):
        te.sensitivities(te.thermal_link, {"n_th": 1.0, "kapa": 1})
    with pytest.raises(ValueError, match="`kappa` must be given if there is no"):
        te.sensitivities(te.thermal_link, {"n_th": 1.0})
    for objective in ("purity", lambda network: network.modes[0].n_th):
        with pytest.raises(ValueError, match=r"`ranges` must be .*nearest: 'n_th'.*'n_thh'"):
            te.optimise(te.thermal_link, {"n_thh": (1, 2), "kappa": (0.1, 0.2)}, objective)


def test_an_observable_that_returns_no_gradient_is_refused():
    with pytest.raises(te.ThermalentError, match=r"`observable` must be .* a pair.* returns 3"):
        te.sensitivities(te.thermal_link, {"n_th": 2.0, "kappa": 0.1}, lambda rho: 3)


@pytest.mark.parametrize("name", ["concurrence", "purity"])
def test_the_value_beside_the_derivatives_has_the_error_of_the_steady_state(name):
    def builder(n_th):
        return te.thermal_link(n_th, 0.1, detuning=(0.2, -0.2))

    found = te.sensitivities(builder, {"n_th": 5.0}, name)
    alone = getattr(te.steady_state(builder(5.0)), name)()
    assert float(found.value) == pytest.approx(float(alone), abs=alone.error)
    assert found.value.error == pytest.approx(alone.error, rel=1e-3, abs=0.0)


def test_an_observable_that_takes_no_state_is_refused_by_name():
    with pytest.raises(te.ThermalentError, match="must be a function of one argument"):
        te.sensitivities(te.thermal_link, {"n_th": 0.3, "kappa": 1.0}, lambda: None)


def test_errors_of_a_huge_operator_are_in_proportion():
    """Squares of what rounding changes would leave the range of doubles."""
    at = {"n_th": 0.3, "kappa": 1.0}
    operator = np.diag([1.0, 2.0, 3.0, 4.0])
    one = te.sensitivities(te.thermal_link, at, operator)
    # The state's error in all four populations, as for any operator that is asked for.
    state = te.steady_state(te.thermal_link(**at))
    assert one.value.error >= 0.9 * state.expectation(operator).error > 0
    huge = te.sensitivities(te.thermal_link, at, operator * 2.0**700)
    assert huge["n_th"] == one["n_th"] * 2.0**700
    assert huge["n_th"].error == pytest.approx(one["n_th"].error * 2.0**700, rel=1e-12)
