"""Lengths of steps, contours of poles and depths of transforms, by formulas and given functions."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import linalg, sparse

import thermalent as te
from thermalent.continued_fraction.chain.assembly import offsets
from thermalent.continued_fraction.chain.chain import hierarchy_chain
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.dynamics import all_tiers, chebyshev
from thermalent.continued_fraction.dynamics.bessel import bessel_series
from thermalent.continued_fraction.dynamics.laplace import inversion
from thermalent.continued_fraction.dynamics.laplace.inversion import (
    ExponentialSum,
    Inverter,
    Response,
    Window,
)
from thermalent.continued_fraction.dynamics.steps import RelaxationRun, Steps, largest_rate
from thermalent.numerics.inverse_laplace import encloses, hyperbola

EPS = np.finfo(float).eps


@pytest.mark.parametrize("settled", [False, True])
def test_a_step_is_as_long_as_its_terms_grow(settled):
    """The terms grow like exp(k damping / norm), k = z + 15: by up to exp(7), or exp(3)."""
    least, most = chebyshev._REACH
    for rate in np.geomspace(1e-2, 1e4, 60):
        found = chebyshev._reach(norm=rate * 0.3, damping=0.3, settled=settled)
        by_seven, by_three = 7 * rate - 15, 3 * rate - 15
        expected = min(max(by_seven, least), most)
        if settled:
            expected = max(expected, min(by_three, chebyshev._LONGEST))
        assert found == pytest.approx(expected, rel=1e-12)
    assert chebyshev._reach(1.0, 0.0, settled=False) == most


def test_values_between_steps_are_the_series_of_their_own_step():
    """Of y' = -i w y the phi_k are those of a scalar: kept, and summed at any time within."""
    norm, length, steps = 2.0, 0.7, 3
    rng = np.random.default_rng(1)
    kept = rng.normal(size=(steps, 12, 2))
    marks = np.array([0.1, 0.7, 1.3, 2.1, 2.1 * (1 + 0.9e-12), 2.2])
    found = chebyshev._between(kept, marks, length, norm)
    assert found.shape == (5, 2)
    for mark, value in zip(marks, found, strict=False):
        step = min(int(mark / length), 2)
        series = bessel_series((mark - step * length) * norm)[:12]
        np.testing.assert_allclose(value, series @ kept[step, : len(series)], rtol=1e-12)


@pytest.mark.parametrize("fall", [0.9, 0.5, 0.05, 1e-6, 0.9999])
@pytest.mark.parametrize("tolerance", [1e-2, 1e-3, 1e-5])
@pytest.mark.parametrize("first", [0.3, 2.0])
def test_a_depth_is_enough_where_the_transform_no_longer_changes(fall, tolerance, first):
    """Each trial has half as many tiers more, and two; the one before the last change is taken."""
    asked = []

    def transform(z, tiers):
        asked.append((z, tiers))
        return np.array([0.0, fall ** (tiers / 10.0) / z])

    found = all_tiers.transform_depth(transform, first, 10, tolerance)
    contour = hyperbola(first, 10 * first, 8)
    nodes = contour.nodes[::2]
    weights = np.abs(contour.weights * np.exp(first * contour.nodes))[::2]
    assert {z for z, _ in asked} == set(nodes.tolist())
    tried = 10
    for _ in range(6):
        deeper = tried + tried // 2 + 2
        change = abs(fall ** (deeper / 10.0) - fall ** (tried / 10.0))
        if np.max(weights * change / np.abs(nodes)) <= tolerance:
            break
        tried = deeper
    assert found == tried


def test_the_largest_rate_is_that_of_either_parity():
    chain = SimpleNamespace(a=(np.array([[1.0, -2.0]]), np.array([[3j]])))
    assert largest_rate(chain) == 3.0
    assert largest_rate(SimpleNamespace(a=(np.array([[1.0, -4.0]]), np.array([[3j]])))) == 4.0


def inverter(poles, *, real=True, tolerance=1e-8, transform=None):
    response = Response(transform=transform or (lambda z, depth: np.zeros(1)))
    return Inverter(response, 20, tolerance, real=real, poles=np.array(poles, dtype=complex))


def test_poles_that_have_not_decayed_get_contours_of_their_own():
    first, span, count = 10.0, 10.0, 20
    near, far = -0.01 + 0.05j, -0.02 + 40j
    assert encloses(first, span * first, count, np.array([near]))[0]
    found = inverter([far, near])._centres(first, span, count)
    np.testing.assert_allclose(found, [0, 40j])
    # One that has decayed to e^-5 of the tolerance by the first time does not matter.
    limit = (np.log(1e-8) - 5) / first
    for rate, kept in ((0.99 * limit, 2), (1.01 * limit, 1)):
        assert len(inverter([rate + 40j])._centres(first, span, count)) == kept
    # Of a complex function the first one is around the least damped pole.
    found = inverter([far, -0.001 + 30j], real=False)._centres(first, span, count)
    np.testing.assert_allclose(found, [30j, 40j])
    np.testing.assert_allclose(inverter([], real=False)._centres(first, span, count), [0])
    # Two that lie in each other's contours are enclosed by the first of them alone.
    found = inverter([far, far + 0.01j - 0.001])._centres(first, span, count)
    np.testing.assert_allclose(found, [0, 40j])
    # A pole that two contours enclose would be counted twice.
    width = np.max(hyperbola(first, span * first, count).nodes.imag)
    between = [-0.01 + 40j, -1.0 + 1j * (40 + 0.4 * width), -0.02 + 1j * (40 + 0.8 * width)]
    inside = encloses(first, span * first, count, np.array(between) - 40j)
    if inside[1] and not inside[2]:
        assert inverter(between)._centres(first, span, count) is None


@pytest.mark.parametrize(
    ("wide", "narrow", "poles", "span"),
    [
        (0.9e-8, 1e-9, True, 10.0),  # good enough
        (1.1e-8, 0.2e-8, True, 2.5),  # gains more than a factor of four
        (1.1e-8, 0.3e-8, True, 10.0),
        (1.1e-8, 0.2e-8, False, 10.0),
    ],
)
def test_close_poles_take_narrower_windows(monkeypatch, wide, narrow, poles, span):
    errors = {10.0: wide, 2.5: narrow}

    def given(self, first, width):
        return Window(
            ExponentialSum(np.zeros(0), np.zeros((0, 1)), True), errors[width], 1e-16, width
        )

    monkeypatch.setattr(Inverter, "_window", given)
    assert inverter([-0.1 + 3j] if poles else []).window(1.0).span == span


@pytest.mark.parametrize(("part", "count"), [(29, 1), (31, 2)])
def test_rounding_alone_narrows_no_window(monkeypatch, part, count):
    spans = []

    def given(self, first, width):
        spans.append(width)
        nothing = ExponentialSum(np.zeros(0), np.zeros((0, 1)), True)
        return Window(nothing, 1e-6, 1e-6 / part, width)

    monkeypatch.setattr(Inverter, "_window", given)
    inverter([-0.1 + 3j]).window(1.0)
    assert len(spans) == count


def test_the_rounding_of_a_sum_is_that_of_its_terms_and_phases():
    nodes, factors = np.array([-1.0 + 2j, 0.5 - 1j]), np.array([[1.0, 3j], [2.0, -1.0]])
    times = np.array([0.5, 2.0])
    expected = 0.0
    for t in times:
        for n in range(2):
            terms = [
                abs(np.exp(z * t)) * (1 + abs(z * t)) * abs(f)
                for z, f in zip(nodes, factors[:, n], strict=True)
            ]
            expected = max(expected, EPS * sum(terms))
    found = ExponentialSum(nodes, factors, True).rounding(times)
    assert found == pytest.approx(expected, rel=1e-12)


def test_the_error_of_a_limit_is_the_change_by_tiers_and_rounding():
    response = Response(
        transform=lambda z, depth: np.zeros(2),
        limit=lambda depth: np.array([0.5, 0.2 + 1j]) + 1e-6 * (depth == 27),
        redrawn_limit=lambda depth: np.array([0.5, 0.2 + 1j]) - 2e-6 * (depth == 20),
    )
    found = Inverter(response, 20, 1e-8, real=True)
    assert found.deeper == 27
    limit, error = found.limit()
    np.testing.assert_allclose(limit, [0.5 + 1e-6, 0.2 + 1e-6])
    assert error == pytest.approx(3e-6 + 1e-13, rel=1e-9, abs=0)
    assert Inverter(Response(transform=response.transform), 20, 1e-8, real=True).limit() is None
    assert inversion.SPAN == 10.0


def run(*, most=40, tier=16, growth=1 / 3, finer=None, limit=1e-5):
    """A run of steps whose advance is given."""
    found = object.__new__(RelaxationRun)
    found.steps = SimpleNamespace(
        at=np.arange(60) * 10, most=most, start=np.ones(4), depth=30, read=lambda y: y[:1]
    )
    found.finer, found.limit, found.growth, found.tier = finer, limit, growth, tier
    found.now, found.rounding, found.expected, found.passed = 0.0, 0.0, np.zeros(0), {}
    found.y = np.zeros(600)
    asked = []

    def advance(y, left, active, top, limit, marks, size):
        asked.append((left, active, top, limit, marks.tolist(), size))
        return advances.pop(0)

    advances = []
    found.propagator = SimpleNamespace(
        advance=advance, rounding=3e-16, between=np.array([[7.0], [8.0]]),
        cost=lambda time, unknowns: time * unknowns,
    )  # fmt: skip
    return found, asked, advances


def test_tiers_are_added_where_the_top_is_full():
    found, asked, advances = run()
    advances += [(0.5, True), (0.2, True), (0.3, False)]
    assert found.to(1.0, lambda text: None)[0] == 0.0
    assert [(left, active, top) for left, active, top, *_ in asked] == [
        (1.0, 170, 20), (0.5, 220, 20), (pytest.approx(0.3), 290, 20),
    ]  # fmt: skip
    assert found.tier == 28  # a third more each time, and five more at least four
    assert found.rounding == pytest.approx(np.sqrt(3) * 3e-16, abs=0)
    assert asked[0][3] == 1e-5
    assert asked[0][5] == 4
    found, asked, advances = run(tier=9)
    advances += [(0.5, True), (0.5, False)]
    found.to(1.0, lambda text: None)
    assert found.tier == 13
    found, asked, advances = run(tier=38)
    advances += [(0.5, True), (0.5, False)]
    found.to(1.0, lambda text: None)
    assert found.tier == 40
    assert asked[1][3] == np.inf  # no more tiers are allowed


def test_the_second_run_stays_behind_the_first():
    finer, *_ = run(tier=20)
    finer.now = 3.0
    found, asked, advances = run(tier=16, finer=finer)
    advances += [(0.5, True), (0.5, False)]
    found.expected = np.array([1.0, 1.5, 2.5, 3.5])
    found.to(1.0, lambda text: None)
    assert found.tier == 18  # two fewer than the finer run
    assert asked[0][4] == [1.0]
    found.now = 1.6
    np.testing.assert_array_equal(found._ahead(2.5), [2.5])
    found.expected = np.array([1.0, 1.5, 2.5, 2.9, 3.5])
    np.testing.assert_array_equal(found._ahead(2.5), [2.5, 2.9])  # up to twice, and to the finer
    alone, *_ = run()
    alone.now, alone.expected = 1.6, np.array([2.5, 2.9, 3.1, 3.3])
    np.testing.assert_array_equal(alone._ahead(2.5), [2.5, 2.9, 3.1])
    np.testing.assert_array_equal(alone._ahead(2.0), [2.0])  # not one of the expected times


def test_costs_of_a_run_are_those_of_its_tiers():
    found, *_ = run(tier=16)
    found.now = 1.0
    assert found.cost(3.0) == 2.0 * 170
    assert found.cost_when_filled(3.0) == 2.0 * 310
    found.tier = 35
    assert found.cost_when_filled(3.0) == 2.0 * 360
    with pytest.raises(ValueError, match=r"cannot go back to t = 0\.5"):
        found.to(0.5, lambda text: None)


@pytest.mark.parametrize("phase", [1j, np.exp(0.7j)])
def test_a_phase_changes_neither_rounding_nor_growth_of_steps(phase):
    """Both are sizes of complex numbers, of which the imaginary part counts as the real one."""
    rng = np.random.default_rng(1)
    matrix = rng.normal(size=(6, 6)) + 1j * rng.normal(size=(6, 6)) - 4 * np.eye(6)
    start, found = rng.normal(size=6) + 0j, []
    for factor in (1.0, phase):
        propagator = chebyshev.Propagator(sparse.csr_array(matrix))
        y = factor * start
        passed, _ = propagator.advance(y, 0.8, 6, 1, np.inf)
        found.append((passed, propagator.rounding, y / factor))
    assert found[0][0] == found[1][0]
    assert found[1][1] == pytest.approx(found[0][1], rel=1e-9, abs=0)
    np.testing.assert_allclose(found[1][2], found[0][2], rtol=1e-12)
    if found[0][0] == 0.8:
        np.testing.assert_allclose(found[0][2], linalg.expm(0.8 * matrix) @ start, rtol=1e-10)


@pytest.mark.parametrize(("width", "kept"), [(3.0, 1.0), (0.5, 0.0625), (0.02, 1e-4)])
def test_the_second_of_two_runs_leaves_more_out_and_adds_fewer_tiers(width, kept):
    """What the top of a cold source holds is smaller than what it sends down."""
    chain = hierarchy_chain(hierarchy(te.thermal_link(2.0, 0.5)))._replace(width=width)
    offset = offsets(chain, 30)
    for filled, tiers in ((0, (16, 12)), (20, (22, 20))):
        start = np.ones(offset[filled])
        found = Steps(chain, start, 30, lambda y: y)
        assert found.most == 2 * 30 + 64
        finer, coarser = found.two_runs(1e-8)
        assert (finer.tier, coarser.tier) == tiers
        assert finer.limit == pytest.approx(np.sqrt(1e-13 * 1e-8) * kept, rel=1e-9, abs=0)
        assert coarser.limit == pytest.approx(10 * finer.limit, rel=1e-9, abs=0)
        assert 0 < coarser.growth < finer.growth < 0.5
        assert coarser.finer is finer
        assert finer.finer is None
        np.testing.assert_array_equal(finer.y[: len(start)], start)
        assert not np.any(finer.y[len(start) :])
