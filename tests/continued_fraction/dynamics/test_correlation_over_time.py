"""Correlations over time, by a line or by steps, beside the dense exponential of all tiers."""

from functools import cache

import numpy as np
import pytest
from scipy.linalg import expm

import thermalent as te
from tests.support.long_ones import ordinary_and_long
from thermalent.analysis.radiation import spectra
from thermalent.continued_fraction.chain.assembly import assemble
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.dynamics.regression import correlation_over_time as module
from thermalent.continued_fraction.dynamics.regression.correlation_over_time import (
    correlation_over_time,
    work_of_steps,
)
from thermalent.continued_fraction.dynamics.regression.regression import Regression

NETWORKS = {
    "cold": te.thermal_link(0.2, 0.6, (1.0, 0.7)),
    "turned": te.thermal_link(3.0, 0.4, (1.0, 0.7), detuning=(0.3, -0.8), dephasing=0.05),
    "both ways": te.phononic_link(2.0, 0.3, positions=(0.6, 1.7), loss=(0.1, 0.2)),
    "hot": te.thermal_link(60.0, 0.1, detuning=(0.3, -0.2)),
}
FIELDS = {"both ways": "q1"}  # light leaves it in two directions
STEP, COUNT = 0.6, 5


def prepared(name, rtol):
    return spectra._prepared(NETWORKS[name], FIELDS.get(name, "output"), rtol, None)


def regressions(name, order, depth, other):
    """Of a field with some tiers, and with fewer and disturbed ones."""
    regression, _ = prepared(name, 1e-8)
    return regression(order, depth), regression(order, other, np.random.default_rng(0))


@cache
def exact(name, order):
    """Values at multiples of the step with many more tiers than they take, and the flux."""
    regression, depth = prepared(name, 1e-12)
    fine = regression(order, depth + depth // 4)
    once = expm(assemble(fine.chain, fine.last).toarray() * STEP)
    y = np.zeros(len(once), dtype=complex)
    y[: len(fine.start)] = fine.start
    values = []
    for _ in range(COUNT):
        values.append(fine.row @ y[: len(fine.row)])
        y = once @ y
    return np.array(values), fine.flux


DELAYS = STEP * np.arange(COUNT)
ROUNDING = 1e-12  # of the dense exponential, relative to the largest value


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("name", ordinary_and_long(NETWORKS, ["hot"]))
def test_the_coherence_is_that_of_the_dense_exponential(name, order):
    values, flux = exact(name, order)
    found = te.coherence(NETWORKS[name], DELAYS, FIELDS.get(name, "output"), order=order)
    true = np.abs(found.values - values / flux**order)
    assert np.all(true <= found.error + ROUNDING)
    assert np.max(found.error) <= 1e-8
    assert abs(found.flux - flux) <= found.flux.error + ROUNDING * flux


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("line", [True, False])
@pytest.mark.parametrize("name", ["turned", "both ways"])
def test_what_few_tiers_leave_out_is_in_the_error(monkeypatch, name, line, order):
    """Eight tiers leave out far more than rounding, by a line and by steps."""
    monkeypatch.setattr(module, "_line_is_faster", lambda *given, real: line)
    values, _ = exact(name, order)
    fine, other = regressions(name, order, 10, 8)
    size = np.max(np.abs(values))
    run = correlation_over_time(fine, other, DELAYS, 1e-2 * size)
    true = np.abs(run.values[:, 0] - values)
    assert np.max(true) > 1e-8 * size
    assert np.max(true) <= np.max(run.error) <= 1e-2 * size
    assert (run.stepped < COUNT) is line


def fastest(name, last, depth, *, tolerance=1e-8, real=True):
    fine, _ = regressions(name, 1, depth, depth - 4)
    return "line" if module._line_is_faster(fine, last, tolerance, real=real) else "steps"


def test_short_work_is_stepped_and_long_work_goes_along_a_line():
    assert fastest("cold", 1.0, 20) == "steps"
    assert fastest("hot", 5.0, 120) == "line"
    assert fastest("cold", 1e4, 20) == "line"


def test_complex_steps_count_three_times(monkeypatch):
    work = 3e6 + 40.0 * 21 * 8**3 - 3e3 * 8 * 21  # of a line, without what steps take in any case
    for products, taken in ((1.01, "line"), (0.99, "steps")):
        monkeypatch.setattr(module, "work_of_steps", lambda *given, p=products: p * work)
        assert fastest("cold", 1.0, 20) == taken
        monkeypatch.setattr(module, "work_of_steps", lambda *given, p=products: p * work / 3)
        assert fastest("cold", 1.0, 20, real=False) == taken


@pytest.mark.parametrize(("last", "taken"), [(46.0, "steps"), (48.0, "line")])
def test_where_steps_would_end_in_contours_a_line_comes_before(monkeypatch, last, taken):
    """The first contour is at 24.6, and the last mark 1.9 times later."""
    monkeypatch.setattr(module, "_LINE", 1e12)
    monkeypatch.setattr(module, "largest_rate", lambda chain: 1.0)
    monkeypatch.setattr(module, "work_of_steps", lambda *given: 3.1e7)
    assert fastest("cold", last, 20) == taken
    monkeypatch.setattr(module, "work_of_steps", lambda *given: 2.9e7)
    assert fastest("cold", last, 20) == "steps"


def test_what_has_no_room_side_by_side_is_stepped(monkeypatch):
    """Each transform would be solved alone."""
    monkeypatch.setattr(Regression, "many_are_cheap", False)
    assert fastest("hot", 5.0, 120) == "steps"


@pytest.mark.parametrize("name", ["cold", "turned", "both ways"])
def test_the_work_of_steps_is_about_that_of_a_run(name):
    """Measured by a run with all tiers; the norm is a sum of rows here, without the columns."""
    fine, _ = regressions(name, 1, 40, 30)
    steps = module._steps(fine, False)
    expected = steps.finer(1e-8).propagator.cost(3.0, steps.at[fine.last + 1])
    assert expected / 2 < work_of_steps(fine.chain, fine.last, 3.0) < 2 * expected


def test_steps_are_real_only_where_the_exact_values_are():
    """The disturbed start has imaginary roundings, which say nothing of a real value."""
    fine, other = regressions("cold", 1, 20, 16)
    assert module._is_real(fine)
    assert not module._is_real(regressions("turned", 1, 20, 16)[0])
    runs = [module._steps(one, True) for one in (fine, other)]
    assert not any(np.iscomplexobj(run.start) for run in runs)
    assert np.iscomplexobj(module._steps(other, False).start)
    real, turning = (
        module.StepsOfTwo(module._steps(fine, real), module._steps(other, real)).two_runs(1e-8)
        for real in (True, False)
    )
    for one, same in zip(real, turning, strict=True):
        values = [run.to(2.0, lambda _: None)[0] for run in (one, same)]
        assert values[0] == pytest.approx(values[1].real, rel=1e-12)


def test_pairs_that_are_rare_at_first_have_the_unit_of_later_ones():
    """A tolerance in units of the first value was larger than one, and steps went back in time."""
    network = te.thermal_link(0.01, 0.5, (1.0, 1e-7))
    found = te.coherence(network, [0.0, 1.0, 3.0], "q2", order=2, rtol=1e-2)
    exactly = te.coherence(network, [0.0, 1.0, 3.0], "q2", order=2, rtol=1e-12)
    assert np.all(np.abs(found.values - exactly.values) <= found.error + exactly.error)
    assert found.values[0] < 0.1 * found.values[1]


def test_both_orders_know_the_flux():
    h = hierarchy(NETWORKS["turned"])
    field = spectra.Field(0.0, np.diag([1.0, 1.0], 2) + np.diag([0.3, 0.0, 0.3], 1))
    first, second = (Regression(h, field, order, 20) for order in (1, 2))
    assert first.flux == pytest.approx(second.flux, rel=1e-13)
    assert first.flux == pytest.approx(first.at_zero().real, rel=1e-12)
    assert first.flux_size == second.flux_size > 1.01 * first.flux  # two fields interfere
