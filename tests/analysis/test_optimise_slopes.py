"""Maxima of the steady state along its slopes: the same as by values, with fewer solves."""

import numpy as np
import pytest

import thermalent as te
from thermalent.analysis.objective import SlopeSearch
from thermalent.analysis.optimise import OptimumError, optimise

EXACT = te.ContinuedFraction(rtol=1e-12)


def at_kappa(n_th):
    return te.thermal_link(n_th=n_th, kappa=0.01)


def at_wide_filter(n_th):
    return te.thermal_link(n_th, kappa=0.05)


def imperfect(kappa, split):
    return te.thermal_link(
        n_th=20.0, kappa=kappa, gamma=(1.0, 0.9), detuning=(0.1 + split, 0.1 - split), loss=0.01
    )


@pytest.mark.parametrize(
    ("builder", "over"),
    [
        (at_wide_filter, {"n_th": (3.0, 300.0)}),
        pytest.param(
            imperfect,
            {"kappa": (1e-2, 0.5), "split": (-0.4, 0.5)},
            marks=pytest.mark.long,
        ),
    ],
)
def test_slopes_find_what_values_find_with_fewer_solves(builder, over):
    def value(net):
        return te.steady_state(net, EXACT).concurrence()

    slopes = optimise(builder, over, "concurrence", starts=1)
    values = optimise(builder, over, value, starts=1, noise=1e-11)
    assert slopes.value == pytest.approx(values.value, abs=1e-10)
    for name, number in slopes.parameters.items():
        allowed = slopes.errors[name] + 3 * values.errors[name]
        assert abs(number - values.parameters[name]) <= allowed
        assert slopes.errors[name] <= values.errors[name]
    assert slopes.evaluations < values.evaluations / 2
    assert slopes.status.ok
    slope = te.sensitivities(builder, dict(slopes.parameters))
    for name, number in slopes.parameters.items():
        assert abs(slope[name] * max(abs(number), 0.1)) < 1e-6


@pytest.mark.parametrize("place", [1e-4, 1 - 1e-4])
def test_no_step_for_the_curvature_leaves_the_range(place):
    search = SlopeSearch(at_wide_filter, {"n_th": (20.0, 40.0)}, "concurrence")
    slopes = search.slopes(np.array([place]), np.array([True]), 0.0)
    asked = [float(np.frombuffer(key)[0]) for key in search.known]
    assert len(asked) == 5  # two steps to either side
    assert 0.0 <= min(asked) < place < max(asked) <= 1.0
    assert slopes.smooth


def test_purity_has_its_maximum_on_a_bound():
    with pytest.raises(OptimumError, match="bound of n_th"):
        optimise(at_kappa, {"n_th": (0.01, 1.0)}, "purity", starts=2)
    allowed = optimise(at_kappa, {"n_th": (0.01, 1.0)}, "purity", starts=2, allow_bounds=True)
    assert allowed.parameters["n_th"] == pytest.approx(0.01)
    assert allowed.value == pytest.approx(te.steady_state(at_kappa(0.01)).purity(), abs=1e-9)


def test_an_unknown_observable_is_refused():
    with pytest.raises(ValueError, match="`observable` must be"):
        optimise(at_kappa, {"n_th": (10.0, 20.0)}, "entropie", starts=1)


def test_hot_sources_do_not_overflow():
    """Thousands of tiers: the sweeps stay in the range of double precision."""
    with np.errstate(all="raise", under="ignore"):
        found = te.sensitivities(at_kappa, {"n_th": 5e4})
    assert found.tiers > 3000
    above, below = (
        te.steady_state(at_kappa(5e4 * factor), EXACT).concurrence() for factor in (1.001, 0.999)
    )
    assert found["n_th"] == pytest.approx((above - below) / 100.0, rel=1e-5)


def test_the_curvature_of_a_fourth_power_is_exact(monkeypatch):
    """Differences of slopes at two steps leave nothing of third order."""
    search = SlopeSearch(at_wide_filter, {"n_th": (20.0, 40.0)}, "concurrence")
    monkeypatch.setattr(search, "solved", lambda x: (x[0] ** 4, 4 * x**3, np.full(1, 1e-9)))
    slopes = search.slopes(np.array([0.3]), np.array([True]), 0.0)
    assert slopes.curvature == pytest.approx(np.array([[12 * 0.3**2]]), rel=1e-9)
    assert slopes.slope == pytest.approx([4 * 0.3**3], rel=1e-12)
    assert slopes.truncation.tolist() == [1e-9]
    assert slopes.smooth
