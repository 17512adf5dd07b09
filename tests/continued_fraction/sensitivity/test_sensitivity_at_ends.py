"""Derivatives at the ends of ranges and at kinks: one-sided, refused with both, or zero."""

import numpy as np
import pytest
from scipy.optimize import brentq

import thermalent as te
from tests.support.extrapolation import extrapolated
from thermalent.continued_fraction.chain.chain import HierarchyTerms
from thermalent.continued_fraction.sensitivity import border
from thermalent.continued_fraction.sensitivity.generator_slopes import slopes
from thermalent.operators.bounds.gradients import concurrence_with_gradient


def test_one_sided_at_the_ends_of_ranges():
    """No dephasing, no loss, cold: there the differences have to be one-sided."""
    ends = {"dephasing": 0.0, "loss": 0.0, "waveguide_occupation": 0.0}

    def builder(**p):
        return te.thermal_link(n_th=100.0, kappa=0.01, **p)

    found = te.sensitivities(builder, ends)

    def at(name, value):
        method = te.ContinuedFraction(rtol=1e-12)
        return te.steady_state(builder(**{**ends, name: value}), method).concurrence()

    for name, h in (("dephasing", 1e-4), ("loss", 1e-4), ("waveguide_occupation", 1e-5)):
        f = [at(name, i * h) for i in range(4)]
        slope = (-11 * f[0] + 18 * f[1] - 9 * f[2] + 2 * f[3]) / (6 * h)
        assert found[name] < 0
        assert found[name] == pytest.approx(slope, rel=2e-5)


NEAR_END = {"n_th": 50.0, "kappa": 0.1}
WITHOUT_COUPLING = NEAR_END | {"intrinsic_decay": 0.2}


def purity(**parameters):
    state = te.steady_state(te.thermal_link(**parameters), te.ContinuedFraction(rtol=1e-12))
    return np.sum(np.abs(state.state) ** 2)


@pytest.mark.parametrize("loss", [0.999, 0.9999, 0.999999, 1e-6])
def test_roots_near_the_end_of_their_range(loss):
    """1 - loss enters under a root; the step of the differences stays inside the range."""
    found = te.sensitivities(te.thermal_link, NEAR_END | {"loss": loss}, "purity")
    h = 0.1 * min(loss, 1 - loss)
    expected = extrapolated(lambda x: purity(**NEAR_END, loss=x), loss, h)
    # Rounding of the purity, some 1e-15, over the smallest step, h / 8.
    allowed = 1e-14 / (h / 8) + 1e-8
    assert found["loss"] == pytest.approx(expected, abs=allowed)
    assert 0 < found.errors["loss"] < 1e-8


def test_a_root_near_zero():
    at = WITHOUT_COUPLING | {"gamma": (1.0, 1e-6)}
    found = te.sensitivities(te.thermal_link, at, "purity")
    expected = extrapolated(
        lambda x: purity(**WITHOUT_COUPLING, gamma=(1.0, x)), at["gamma"][1], 1e-7
    )
    assert found["gamma"][1] == pytest.approx(expected, rel=1e-7)  # 1e-15 over the step, of 100
    assert 0 < found.errors["gamma"][1] < 1e-6


def test_a_root_at_its_end_has_no_slope_and_says_where_there_is_one():
    """Moved inside as told, the slope is that of the observable at the end, to the move."""
    with pytest.raises(ValueError, match=r"slope in 'loss' .* to loss = 0\.999999.* is loss = 1\."):
        te.sensitivities(te.thermal_link, NEAR_END | {"loss": 1.0}, "purity")
    inside = te.sensitivities(te.thermal_link, NEAR_END | {"loss": 0.999999}, "purity")
    f = [purity(**NEAR_END, loss=1 - i * 1e-6) for i in (0, 2)]
    assert inside["loss"] == pytest.approx((f[0] - f[1]) / 2e-6, rel=1e-3)
    at = WITHOUT_COUPLING | {"gamma": (1.0, 0.0)}
    with pytest.raises(
        ValueError, match=r"'gamma\[1\]' .* to gamma\[1\] = 1e-06.* gamma\[1\] = 0\."
    ):
        te.sensitivities(te.thermal_link, at, "purity")
    # With no slope of the observable none of the matrices is asked for.
    assert te.sensitivities(te.thermal_link, NEAR_END | {"loss": 1.0})["loss"] == 0


def test_tiny_rates_have_the_slope_of_zero():
    """A step in proportion to the value would be lost in rounding."""
    zero, tiny = (
        te.sensitivities(te.thermal_link, NEAR_END | {"dephasing": rate}, "purity")
        for rate in (0.0, 1e-20)
    )
    assert zero["dephasing"] < -1
    assert tiny["dephasing"] == pytest.approx(zero["dephasing"], rel=1e-10)


def test_a_parameter_without_effect_has_slope_zero():
    found = te.sensitivities(
        lambda n_th, z: te.thermal_link(n_th=n_th, kappa=0.1), {"n_th": 2.0, "z": 3.0}
    )
    assert found["n_th"] != 0
    assert found["z"] == found.errors["z"] == 0


def test_resonance_is_stationary_by_symmetry():
    """The populations reach no imaginary part on resonance; opposite detunings act alike."""

    def builder(mean, split):
        return te.thermal_link(n_th=50.0, kappa=0.02, detuning=(mean + split, mean - split))

    found = te.sensitivities(builder, {"mean": 0.0, "split": 0.0})
    assert abs(found["mean"]) < 1e-12
    assert abs(found["split"]) < 1e-12
    coherence = np.zeros((4, 4), dtype=complex)
    coherence[1, 2], coherence[2, 1] = 1j, -1j
    odd = te.sensitivities(builder, {"mean": 0.0, "split": 0.0}, coherence)

    def imaginary(mean):
        state = te.steady_state(builder(mean, 0.0), te.ContinuedFraction(rtol=1e-12)).state
        return np.trace(coherence @ state).real

    expected = extrapolated(imaginary, 0.0, 1e-2)
    assert abs(expected) > 1e-2
    assert odd["mean"] == pytest.approx(expected, rel=1e-8)


def test_separable_states_say_so():
    found = te.sensitivities(te.thermal_link, {"n_th": 0.5, "kappa": 2.0})
    assert found.value == 0
    assert found["n_th"] == 0
    assert "separable" in found.note


def test_a_cold_network_that_is_warmed():
    """At n_th = 0 the state is |00>; its entanglement grows linearly, to the only side there is."""
    found = te.sensitivities(te.thermal_link, {"n_th": 0.0, "kappa": 0.1})
    warm = te.sensitivities(te.thermal_link, {"n_th": 1e-7, "kappa": 0.1})
    assert abs(found["n_th"] - warm["n_th"]) <= found.errors["n_th"] + 1e-6  # curvature times 1e-7
    assert found["n_th"] == pytest.approx(0.172689, abs=1e-6)
    assert 0 < found.errors["n_th"] < 1e-5
    # Whatever the bandwidth, nothing happens without quanta.
    assert abs(found["kappa"]) <= found.errors["kappa"] < 1e-2
    assert found.errors["kappa"] > 0
    assert "border of separable" in found.note
    assert found["n_th"].error == found.errors["n_th"]
    assert 0 < found.value.error < 1e-5


def test_a_cold_network_of_other_parameters():
    at = {"kappa": 0.3, "detuning": (0.1, 0.2)}
    found = te.sensitivities(te.thermal_link, {"n_th": 0.0, **at})
    warm = te.sensitivities(te.thermal_link, {"n_th": 1e-7, **at})
    assert abs(found["n_th"] - warm["n_th"]) <= found.errors["n_th"] + 1e-6
    assert found["detuning"] == (0.0, 0.0)


def test_the_kink_where_entanglement_ends_is_refused_with_both_slopes():
    at = {"n_th": 0.5}

    def signed(kappa):
        """The concurrence before it is cut off at zero."""
        found = concurrence_with_gradient(te.steady_state(te.thermal_link(kappa=kappa, **at)).state)
        return found.value if found.value > 0 else -found.below

    end = brentq(signed, 0.1, 2.0, xtol=1e-15, rtol=1e-15)
    inside = te.sensitivities(te.thermal_link, {"kappa": end * (1 - 1e-9), **at})
    assert inside["kappa"] < -0.1
    expected = f"its slope in 'kappa' is {inside['kappa']:.6g} to the left and 0 to the right"
    with pytest.raises(te.SolveError, match=expected):
        te.sensitivities(te.thermal_link, {"kappa": end * (1 + 1e-14), **at})
    outside = te.sensitivities(te.thermal_link, {"kappa": end * 1.01, **at})
    assert (outside["kappa"], outside.note) == (0.0, "separable: all derivatives vanish")


def test_a_parameter_that_cannot_change_at_the_border_says_why():
    def choosy(n_th):
        raise ValueError("the table knows n_th = 1 alone")

    with pytest.raises(ValueError, match=r"'n_th' may change, .*n_th = 1: the table knows n_th"):
        border.slope(choosy, 1.0, "n_th")


def test_rounding_is_part_of_the_error():
    """A derivative that vanishes by cancellation of large terms is not known exactly."""
    found = te.sensitivities(te.thermal_link, {"n_th": 0.0, "kappa": 0.1}, "purity")
    assert found["n_th"] < 0
    assert 0 < found["n_th"].error < 1e-12
    assert 0 < found.value.error < 1e-12


def test_a_slope_at_a_border_is_extrapolated_to_rounding():
    """Of a polynomial of the third degree the extrapolation leaves nothing but rounding."""

    def concurrence(x):
        if x < 0:
            raise ValueError("no")
        return te.Estimate(2 * x + 3 * x**2 - 5 * x**3, 1e-17, "")

    found = border.slope(concurrence, 0.0, "x")
    assert abs(found - 2.0) <= found.error < 1e-12


@pytest.mark.parametrize(("filters", "waveguide_occupation"), [(2, 0.0), (3, 0.0), (2, 0.05)])
def test_a_cold_source_of_several_poles_is_warmed(filters, waveguide_occupation):
    """Its covariance vanishes there, and with it the metric of the chain's coordinates."""
    fixed = {"filters": filters, "waveguide_occupation": waveguide_occupation}

    def builder(n_th, kappa):
        return te.thermal_link(n_th=n_th, kappa=kappa, loss=0.1, **fixed)

    found = te.sensitivities(builder, {"n_th": 0.0, "kappa": 0.4}, "purity")
    method, h = te.ContinuedFraction(rtol=1e-12), 1e-4
    f = [te.steady_state(builder(i * h, 0.4), method).purity() for i in range(5)]
    slope = (-25 * f[0] + 48 * f[1] - 36 * f[2] + 16 * f[3] - 3 * f[4]) / (12 * h)
    assert slope < -0.1
    assert found["n_th"] == pytest.approx(slope, rel=1e-8)
    assert found.errors["n_th"] < 1e-8
    if waveguide_occupation == 0:
        assert found["kappa"] == 0.0  # the vacuum, whatever its filter


def test_slopes_of_matrices_that_are_not_numbers_are_refused():
    def generator_at(value):
        if value < 0:
            raise ValueError("n_th is negative")
        a = np.array([1.0, value if value > 0 else np.nan])
        return HierarchyTerms(a=a, up=np.ones(1), down=np.ones(1), rate=1.0, scale=1.0)

    with pytest.raises(te.ThermalentError, match="have a slope in 'n_th'"):
        slopes(generator_at, 0.0, "n_th")
