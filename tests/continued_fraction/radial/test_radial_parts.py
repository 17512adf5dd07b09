"""Integrals of the radial equation against quadrature, and errors by changes that are given."""

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.polynomial import legendre
from scipy import integrate

from thermalent.continued_fraction.radial import solve
from thermalent.continued_fraction.radial.integrals import _ends, _polynomials, radial_integrals
from thermalent.continued_fraction.radial.solve import LeftOut, _judged, beyond, left_out

EPS = np.finfo(float).eps


def test_functions_of_an_element_are_hats_and_integrals_of_legendre_polynomials():
    x = np.linspace(-1, 1, 7)
    values, slopes = _polynomials(x, 5)
    np.testing.assert_allclose(values[:, :2], np.stack([(1 - x) / 2, (1 + x) / 2], axis=1))
    np.testing.assert_allclose(slopes[:, :2], np.tile([-0.5, 0.5], (7, 1)))
    for k in range(2, 6):
        unit = legendre.Legendre.basis(k - 1) * np.sqrt((2 * k - 1) / 2)
        np.testing.assert_allclose(slopes[:, k], unit(x), atol=1e-14)
        np.testing.assert_allclose(values[:, k], unit.integ(lbnd=-1)(x), atol=1e-14)
    nodes, weights = legendre.leggauss(12)
    inner = _polynomials(nodes, 5)[1][:, 2:]
    np.testing.assert_allclose((inner.T * weights) @ inner, np.eye(4), atol=1e-14)


def test_elements_are_of_equal_length_in_their_own_measure():
    ends = _ends(9, 0.02, 6.0)
    measure = np.log1p(ends / 0.02) + 0.5 * ends
    np.testing.assert_allclose(np.diff(measure), measure[-1] / 9, rtol=1e-12)
    assert (ends[0], ends[-1]) == (0.0, 6.0)


def test_integrals_are_those_of_the_density():
    found = radial_integrals(5, 9, 0.05, 4.0)
    for element in (0, 2, 4):
        low, high = found.ends[element], found.ends[element + 1]
        half = (high - low) / 2

        def parts(s, low=low, half=half):
            values, slopes = _polynomials(np.array([(s - low) / half - 1]), 9)
            return values[0], slopes[0] / half

        def over(factor, i, j, left=0, right=0, low=low, high=high, parts=parts):
            def integrand(s):
                functions = parts(s)
                own = functions[left][i] * (functions[right][j] if j is not None else 1.0)
                return 2 * s * np.exp(-(s**2)) * factor(s) * own

            return integrate.quad(integrand, low, high, epsabs=1e-12)[0]

        for i, j in ((1, 1), (1, 2), (2, 3), (3, 1)):
            at = element, i, j
            tolerance = {"rel": 1e-6, "abs": 1e-11}  # Gauss points of exp(-s^2)
            assert found.overlap[at] == pytest.approx(over(lambda s: 1.0, i, j), **tolerance)
            assert found.radius[at] == pytest.approx(over(lambda s: s, i, j), **tolerance)
            assert found.inverse[at] == pytest.approx(over(lambda s: 1 / s, i, j), **tolerance)
            assert found.inverse_square[at] == pytest.approx(
                over(lambda s: 1 / s**2, i, j), **tolerance
            )
            assert found.slopes[at] == pytest.approx(over(lambda s: 1.0, i, j, 1, 1), **tolerance)
            assert found.slope[at] == pytest.approx(over(lambda s: 1.0, i, j, 1, 0), **tolerance)
        assert found.mean[element, 1] == pytest.approx(over(lambda s: 1.0, 1, None), **tolerance)
    # The density is normalised but for what lies beyond the last end.
    assert np.sum(found.mean[:, :2]) == pytest.approx(1 - np.exp(-16.0), rel=1e-8)


@pytest.mark.parametrize(
    ("changes", "steadily", "error"),
    [
        ((1e-4, 1e-7), True, 1e-6),  # never below a hundredth of the change before
        ((1e-4, 1e-6), True, 1e-6),
        ((1e-4, 2e-6), True, 4e-6),  # falls by less than a hundred: as much more
        ((1e-4, 1e-4), True, 1e-2),
        ((1e-4, 5e-4), True, 5e-2),  # at most by a hundred
        ((1.1e-2, 1e-3, 0.9e-4), True, 0.3 * 9 * 0.9e-4),  # falls steadily
        ((1.1e-2, 1e-3, 0.9e-4), False, 9 * 0.9e-4),
        ((1.1e-2, 1e-3, 1.1e-4), True, 11 * 1.1e-4),
        ((0.9e-2, 1e-3, 0.9e-4), True, 9 * 0.9e-4),
        ((0.0, 0.0), True, 0.0),
    ],
)
def test_the_error_is_the_change_and_more_where_changes_hardly_fall(changes, steadily, error):
    shape = np.array([0.3, 1.0])
    shifts = [change * shape for change in changes]
    found = left_out(shifts, 1e-9, steadily)
    assert found.error == pytest.approx(error + 1e-9, rel=1e-9)


def test_elements_that_changed_little_by_chance_keep_their_share_of_the_change_before():
    found = left_out([np.array([4.0, 1.0, 2.0]), np.array([0.1, 0.3, 0.0])], 0.0, True)
    np.testing.assert_allclose(found.shape, [1.0, 1.0, 0.5])


def test_what_lies_beyond_is_the_density_there():
    function = np.zeros((3, 4, 2))
    function[-1, 1] = [0.5, -3.0]
    function[-1, 0] = function[0, 1] = 9.0
    solution = SimpleNamespace(function=function, trace=-2.0)
    assert beyond(solution, 2.0) == pytest.approx(np.exp(-4.0) * 1.5)


BASIS = np.array([[1.0, 0.0], [0.5, 0.5j], [0.5, -0.5j], [-1.0, 0.2]])
X = np.array([0.6, 0.3])


def judged(error, rounding, rtol):
    equation = SimpleNamespace(basis=BASIS)
    shape = np.array([0.1, 0.2, 0.9, 1.0])
    return _judged(equation, X, LeftOut(error, shape), np.array(rounding), rtol)


def test_errors_of_elements_are_their_rounding_and_their_share_of_the_rest():
    rounding = np.array([1e-9, 2e-9, 3e-9, 5e-9])
    found = judged(1e-6, rounding, 1e-3)
    state = BASIS @ X
    scale = np.max(np.abs(state))
    np.testing.assert_allclose(found.state, state.reshape(2, 2))
    assert found.scale == scale
    assert found.error == pytest.approx(5e-9 + 1e-6 + 4 * EPS * scale, rel=1e-12, abs=0)
    terms = np.abs(BASIS) @ X
    shape = np.maximum([0.1, 0.2, 0.9, 1.0], terms / scale)
    errors = rounding + 1e-6 * shape + 4 * EPS * (terms + EPS * scale)
    np.testing.assert_allclose(found.errors.ravel(), np.minimum(errors, found.error), rtol=1e-12)


@pytest.mark.parametrize(
    ("error", "hidden", "outcome"),
    [
        (0.5e-6, 0.0, "converged"),
        (0.7e-6, 0.0, "too few elements"),  # the scale is 0.6
        (0.28e-6, 0.33e-6, "rounding"),
        (0.34e-6, 0.33e-6, "too few elements"),
        (0.3e-6, 0.31e-6, "rounding"),
        (0.29e-6, 0.29e-6, "converged"),
        (np.inf, 0.0, None),
    ],
)
def test_ends_of_the_search_for_elements(error, hidden, outcome):
    found = judged(error, [hidden, 0.0, 0.0, 0.0], 1e-6)
    assert (found and found.outcome) == outcome


@pytest.mark.parametrize(("tail", "wide"), [(0.9e-7, True), (1.1e-7, False)])
def test_the_radius_is_large_enough_if_little_lies_beyond(monkeypatch, tail, wide):
    """A tenth of what is allowed of the largest element, which is one here."""
    meshes = []
    monkeypatch.setattr(
        solve, "radial_integrals", lambda count, degree, *ends: meshes.append((count, degree))
    )
    monkeypatch.setattr(
        solve,
        "radial_solution",
        lambda equation, integrals: SimpleNamespace(x=np.array([1.0, 0.0])),
    )
    monkeypatch.setattr(solve, "beyond", lambda solution, largest: tail)
    monkeypatch.setattr(solve, "rounding_deviations", lambda *given: np.array([1e-12, 2e-12]))
    equation = SimpleNamespace(tier0_size=2, smallest=0.1, basis=np.eye(4)[:, :2])
    found_wide, found = solve._search(equation, 1e-6, 6.0, lambda text: None)
    assert found_wide is wide
    if wide:
        assert (found.elements, found.degree, found.outcome) == (14, 5, "converged")
        assert meshes == [(7, 3), (10, 4), (14, 5)]
        assert found.error == pytest.approx(tail + 3 * 2e-12 + 4 * EPS, rel=1e-9)
    else:
        assert found is None
