"""The hyperbola against its formula, the inverse of known transforms, and what it encloses."""

import numpy as np
import pytest

from thermalent.numerics.inverse_laplace import Contour, encloses, hyperbola
from thermalent.numerics.inverse_laplace import _angle as angle_of


def inverse(contour: Contour, transform, times):
    terms = np.exp(np.multiply.outer(times, contour.nodes)) * transform(contour.nodes)
    return (terms @ contour.weights).imag


@pytest.mark.parametrize("ratio", [1.0, 10.0, 50.0])
def test_known_transforms_converge_as_fast_as_foretold(ratio):
    """Like exp(-B N), B = (pi^2 - 2 pi phi) / A: of 1/(z + 1) and 1/sqrt(z)."""
    times = np.geomspace(2.0, 2.0 * ratio, 9)
    phi, a = angle_of(ratio)
    rate = (np.pi**2 - 2 * np.pi * phi) / a
    cases = (
        (lambda z: 1 / (z + 1), np.exp(-times)),
        (lambda z: 1 / np.sqrt(z), 1 / np.sqrt(np.pi * times)),
    )
    for transform, exact in cases:
        for count in (4, 8, 12):
            contour = hyperbola(2.0, 2.0 * ratio, count)
            error = np.max(np.abs(inverse(contour, transform, times) - exact))
            assert error <= 20 * np.exp(-rate * count) + 1e-12
            assert error >= 1e-4 * np.exp(-rate * count)


def test_the_nodes_are_those_of_the_formula():
    """Weideman and Trefethen, Sec. 4: h = A/N, mu = (4 pi phi - pi^2)/A N/t_1."""
    first, last, count = 0.3, 4.5, 7
    phi, a = angle_of(15.0)
    mu = (4 * np.pi * phi - np.pi**2) / a * count / last
    found = hyperbola(first, last, count)
    u = (0.5 + np.arange(count)) * a / count
    x, y = 1 - np.sin(phi) * np.cosh(u), np.cos(phi) * np.sinh(u)
    np.testing.assert_allclose(found.nodes, mu * (x + 1j * y), rtol=1e-13)
    slopes = mu * (-np.sin(phi) * np.sinh(u) + 1j * np.cos(phi) * np.cosh(u))  # dz/du
    np.testing.assert_allclose(found.weights, slopes * a / count / np.pi, rtol=1e-13)


@pytest.mark.parametrize("ratio", [1.0, 3.0, 50.0])
def test_the_angle_is_that_of_the_fastest_convergence(ratio):
    def rate(phi):
        four = 4 * phi - np.pi
        cosh = ((np.pi - 2 * phi) * ratio + four) / (four * np.sin(phi))
        return (np.pi**2 - 2 * np.pi * phi) / np.arccosh(cosh), np.arccosh(cosh)

    phi, a = angle_of(ratio)
    assert np.pi / 4 < phi < np.pi / 2
    assert a == pytest.approx(rate(phi)[1], rel=1e-12)
    others = np.linspace(np.pi / 4 + 1e-3, np.pi / 2 - 1e-3, 5000)
    assert rate(phi)[0] >= np.max(rate(others)[0]) * (1 - 1e-6)


def test_points_beside_the_contour_are_told_apart():
    first, last, count = 0.5, 5.0, 9
    nodes = hyperbola(first, last, count).nodes
    both = np.concatenate([nodes, nodes.conj()])
    assert np.all(encloses(first, last, count, both - 1e-6))
    assert not np.any(encloses(first, last, count, both + 1e-6))
