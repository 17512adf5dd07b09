"""Where searches for rates and for shares decide, at the edges of what they compare."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
from flint import ctx

import thermalent as te
from thermalent.analysis import cross_validation
from thermalent.analysis.design import requirement, unknown
from thermalent.analysis.design.unknown import Curve, LaboratoryLink
from thermalent.analysis.eigenvalues import candidates, counting, refinement
from thermalent.analysis.eigenvalues.chain import ChargeChain
from thermalent.analysis.eigenvalues.determinants import log_det_double
from thermalent.analysis.eigenvalues.generator import BITS, exact_generator
from thermalent.analysis.eigenvalues.subspace import balls, double
from thermalent.analysis.eigenvalues.subspace.balls import Group


def test_right_and_left_vectors_in_double_precision_have_the_products_of_the_exact_ones():
    """Balancing the tiers multiplies the ones and divides the others, whatever the weights are."""
    network = te.thermal_link(0.7, 0.61, gamma=(1.0, 0.83), detuning=(0.13, -0.07))
    chain = ChargeChain(exact_generator(network), 1, 4)
    rng = np.random.default_rng(3)
    with ctx.workprec(BITS):
        right, left = (balls._random(chain, 2, rng) for _ in range(2))
        left = [part * 2.0**n for n, part in enumerate(left)]
        exact = balls._pair(left, right).tolist()
        norms = balls._norm(chain, right), balls._norm(chain, left, dual=True)
    x, w = balls._balanced(chain, right), balls._balanced(chain, left, dual=True)
    np.testing.assert_allclose(w.T @ x, [[complex(z) for z in row] for row in exact], rtol=1e-13)
    assert norms == pytest.approx((np.linalg.norm(x), np.linalg.norm(w)), rel=1e-13)


@pytest.mark.parametrize(("apart", "groups"), [(0.97, 1), (1.03, 2)])
@pytest.mark.parametrize("resolution", [0.0, 1e-5])
def test_how_close_rates_are_that_are_refined_together(monkeypatch, apart, groups, resolution):
    """The width: a part of the depth of the last one and of the next, and of what is resolved."""
    width = 1.5e-5 * (1.0 + 2.5) + 10 * resolution
    found = object.__new__(refinement.Search)
    found.values = np.array([-1.0 + apart * width, -1.0, -2.5])
    found.count, found.real, found.rate, found.resolution = 1, False, 0.3, resolution
    found.effort = 1
    found.fine, asked = SimpleNamespace(last=9), []

    def refined(self, group):
        asked.append(group.size)
        near = self.values[np.argsort(np.abs(self.values - group.centre), kind="stable")]
        return (Group(near[: group.size], np.full(group.size, 1e-12)),) * 2

    monkeypatch.setattr(refinement.Search, "_refine", refined)
    found.refined(1.0, lambda text: None)
    assert asked == {1: [2], 2: [1, 1]}[groups]


@pytest.mark.parametrize(("share", "step"), [(0.3, 3e-5), (2e-6, 1e-8)])
def test_the_slope_of_a_share_is_that_over_its_step(monkeypatch, share, step):
    """Of a cubic that is as steep by its bend, one step further, as by itself: twice the slope."""
    error, slope = 1e-7, 0.4
    state = SimpleNamespace(concurrence=lambda: SimpleNamespace(error=error))

    def best(laboratory, unknown, report):
        away = laboratory - share
        value = 0.5 - slope * away * (1 + (away / step) ** 2)
        return SimpleNamespace(
            top=lambda: (value, 1.0), at=lambda place: SimpleNamespace(network=None)
        )

    monkeypatch.setattr(requirement, "Curve", best)
    monkeypatch.setattr(requirement, "steady_state", lambda network: state)
    found = requirement._share(lambda x: x, "quality", 0.5, lambda text: None)
    assert found == pytest.approx(share, abs=1e-9)
    assert found.error == pytest.approx(2 * error / (2 * slope) + 4e-9, rel=1e-3)


@pytest.mark.parametrize(("kappa", "wide"), [(1e-9, True), (1e-7, False)])
def test_rates_over_eight_decades_are_wide(monkeypatch, kappa, wide):
    """Of the largest element, about two, over the rate of the source."""
    monkeypatch.setattr(refinement.Search, "_candidates", lambda self, extra: np.zeros(0))
    generator = exact_generator(te.thermal_link(0.3, kappa, detuning=(0.2, -0.1)))
    found = refinement.Search(generator, 0, 1, 3, np.zeros(0), 1, 1e-6)
    assert found.rate == pytest.approx(kappa, abs=0)
    assert found.wide is wide


def test_inverse_iteration_ends_where_its_subspace_stays():
    """Each step gains the ratio of the eigenvalues inside and outside, 1e-4."""
    values = np.array([1e-3, 1e-3j, 10.0, -12.0, 14j])
    turn = np.linalg.qr(np.vander(np.exp(1j * np.arange(5.0))))[0]
    inverse, solved = (turn / values) @ turn.conj().T, []

    def solve(block):
        solved.append(block)
        return inverse @ block

    found = double.orthonormal_subspace(solve, np.linspace(1, 2, 10).reshape(5, 2) ** [1, 3] + 0j)
    assert len(solved) <= 7
    np.testing.assert_allclose(
        found @ found.conj().T, turn[:, :2] @ turn[:, :2].conj().T, atol=1e-13
    )


def curve_of(monkeypatch, values):
    """A curve of given values, and the places at which it looked between them."""
    found, looked = object.__new__(Curve), []
    found.values = np.array(values)
    found.grid = np.arange(len(values), dtype=float)
    monkeypatch.setattr(Curve, "__call__", lambda self, x: self.values[int(x)])

    def extremum(self, i, sign):
        looked.append((i, sign))
        return self.values[i], self.grid[i]

    monkeypatch.setattr(Curve, "_extremum", extremum)
    return found, looked


def test_a_curve_is_refined_at_each_top_that_may_be_the_highest(monkeypatch):
    """Above both its neighbours, and no more than a step below the highest of all."""
    near, far = 0.62 - 0.9 * unknown._BETWEEN, 0.62 - 1.1 * unknown._BETWEEN
    values = [0.5, 0.61, 0.5, 0.61, 0.62, 0.61, 0.4, near, 0.3, far, 0.3, 0.2]
    found, looked = curve_of(monkeypatch, values)
    assert found.top() == (0.62, 4.0)
    assert looked == [(1, 1), (4, 1), (7, 1)]


def oscillating(monkeypatch, grid, error=1e-9):
    """A curve that is 0.3 cos(x), of which some values are known to six digits."""
    found = object.__new__(Curve)
    found.unknown, found.grid = "loss", np.array(grid)
    found.values = np.round(0.3 * np.cos(found.grid), 7)
    monkeypatch.setattr(Curve, "__call__", lambda self, x: 0.3 * np.cos(x))
    monkeypatch.setattr(Curve, "at", lambda self, x: SimpleNamespace(network=None))
    state = SimpleNamespace(concurrence=lambda: SimpleNamespace(error=error))
    monkeypatch.setattr(unknown, "steady_state", lambda network: state)
    return found


def test_the_ranges_of_a_curve_are_where_it_is_above_and_their_ends_have_errors(monkeypatch):
    """Errors of the value over the slope, and of the search; none at the ends of the grid."""
    curve = oscillating(monkeypatch, np.linspace(0.5, 11.0, 22))
    first, second = curve.ranges(0.1)
    reached = np.arccos(1 / 3)
    places = [float(end) for end in (*first, *second)]
    assert places == pytest.approx([0.5, reached, 2 * np.pi - reached, 2 * np.pi + reached])
    assert first[0].error == np.inf
    slope = 0.3 * np.sin(reached)
    for end in (first[1], *second):
        expected = 2e-9 / slope + 4 * unknown._PLACE * float(end)
        assert end.error == pytest.approx(expected, rel=1e-4, abs=0)
    assert curve.ranges(-0.31)[0][1].error == np.inf
    assert curve.ranges(0.31) == []


def test_tops_and_bottoms_between_the_points_of_a_grid_belong_to_its_ranges(monkeypatch):
    """A top that reaches the target only there, and a dip that misses it only there."""
    grid = 2 * np.pi + np.array([-1.5, -0.3, 0.25, 1.5])
    (top,) = oscillating(monkeypatch, grid).ranges(0.296)
    reach = np.arccos(0.296 / 0.3)
    assert [float(x) - 2 * np.pi for x in top] == pytest.approx([-reach, reach])
    before, after = oscillating(monkeypatch, grid + np.pi).ranges(-0.296)
    assert float(before[1]) - 3 * np.pi == pytest.approx(-reach)
    assert float(after[0]) - 3 * np.pi == pytest.approx(reach)


def test_values_of_the_map_near_the_target_are_computed_anew(monkeypatch):
    """They are good to six digits, so that 2e-5 off are not trusted and 2e-4 are."""
    for off, begins in ((2e-5, 0.2), (2e-4, None)):
        curve = oscillating(monkeypatch, [0.2, 0.7, 1.4])
        target = 0.3 * np.cos(0.2) - 1e-6
        curve.values[0] = target - off
        found = curve.ranges(target)
        assert (float(found[0][0]) if found else None) == begins


def test_a_count_tells_how_much_of_its_line_is_left():
    """Of all of the line, in percent, by intervals that are halved: it never grows."""
    network = te.thermal_link(0.7, 0.61, gamma=(1.0, 0.83), detuning=(0.13, -0.07))
    chain, said = ChargeChain(exact_generator(network), 1, 2), []
    values = candidates.all_of(chain)
    known = values[np.argsort(-values.real)]
    line = -1.0001 * known[2].real  # just behind one that is missing
    found = counting.count_missing(chain, known[3:], line, log_det_double(chain), said.append)
    assert found.missing == 3
    left = [float(re.search(r"([0-9.]+) % of the line", text)[1]) for text in said]
    assert len(left) > 2
    assert left == sorted(left, reverse=True)
    assert 0 <= left[-1] < left[0] <= 100


def test_an_imperfection_at_a_share_has_half_of_what_the_error_of_the_share_spans():
    lab = LaboratoryLink(
        temperature=293.0,
        frequency=5e9,
        quality=2.5e5,
        gamma=1e7,
        loss=0.1,
        dephasing_time=np.inf,
        base_temperature=0.0,
    )
    found = requirement._amount(lab, "loss", te.Estimate(0.4, 1e-6, "made"))
    assert found == pytest.approx(float(lab.without("loss", 0.4).loss), rel=1e-12)
    assert found.error == pytest.approx(1e-7, rel=1e-6, abs=0)


@pytest.mark.parametrize(
    ("method", "paths"),
    [(te.FieldTrajectories(), 1024), (te.QuantumJumps(), 512), (te.FieldJumps(), 256)],
)
def test_paths_of_methods_that_are_compared(method, paths):
    assert cross_validation._comparable(method).n == paths


def test_one_row_of_a_comparison_is_the_reference():
    methods = [te.ContinuedFraction(), te.Markov()]
    lines = str(te.cross_validate(te.thermal_link(0.07, 1.31, qubits=2), methods)).splitlines()
    (exact,) = [line for line in lines if line.strip().startswith("ContinuedFraction")]
    (other,) = [line for line in lines if line.strip().startswith("Markov")]
    assert "reference" in exact
    assert "reference" not in other
