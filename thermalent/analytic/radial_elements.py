r"""Piecewise polynomials of the radius of a complex Ornstein-Uhlenbeck process.

The radius r = sqrt(V) s has the stationary density p(s) = 2 s exp(-s^2), and a function f(s) has
the mean rate of change

$$G f = \frac{\lambda}{2}\Big[ f'' + \Big(\frac{1}{s} - 2 s\Big) f' \Big], \qquad
  \int_0^\infty ds\, p\, g\, (G f) = -\frac{\lambda}{2} \int_0^\infty ds\, p\, g' f'$$

which is symmetric with the weight p: its eigenfunctions are Laguerre polynomials of s^2 with the
rates 2 lambda n. Matrices of finite elements hold these integrals; neighbouring elements share one
node, so that the matrices are banded.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.polynomial import legendre
from scipy import sparse

# Density of the stationary radius beyond: 8e-16 of all.
_LARGEST = 6.0
_DEGREE = 6
# Gauss nodes of an element: exact to degree 21, where two polynomials and s have 13; the rest is
# for exp(-s^2), smooth on an element.
_GAUSS = 11


class RadialElements(NamedTuple):
    r"""Integrals of the basis functions b_i(s) over the stationary radius, sparse (n, n).

    Args:
        overlap: \(\int p\, b_i b_j\).
        radius: \(\int p\, s\, b_i b_j\).
        slopes: \(\int p\, b_i' b_j'\): the generator is -lambda/2 times it.
        inverse_square: \(\int p\, b_i b_j / s^2\), by Gauss quadrature: it grows without bound for
            functions that do not vanish at s = 0, as finer elements show.
        mean: \(\int p\, b_i\), (n,).
    """

    overlap: sparse.csr_array
    radius: sparse.csr_array
    slopes: sparse.csr_array
    inverse_square: sparse.csr_array
    mean: np.ndarray


def radial_elements(count: int, smallest: float) -> RadialElements:
    """Finite elements of degree 6 from s = 0 to 6, their ends in geometric order.

    Args:
        count: Number of ends after s = 0, >= 2: as many elements.
        smallest: The first of these ends, > 0. What changes close to s = 0 is resolved from there.
    """
    ends = np.concatenate([[0.0], np.geomspace(smallest, _LARGEST, count)])
    x, weight = legendre.leggauss(_GAUSS)
    value, slope = _nodal_polynomials(x)  # (gauss, degree + 1)
    half = np.diff(ends)[:, None] / 2
    s = ends[:-1, None] + half * (1 + x)  # (elements, gauss)
    density = 2 * s * np.exp(-(s**2)) * weight * half
    overlap, radius, inverse, slopes = (
        np.einsum("eg,gi,gj->eij", factor, one, one)
        for factor, one in (
            (density, value),
            (density * s, value),
            (density / s**2, value),
            (density / half**2, slope),
        )
    )
    index = np.arange(count)[:, None] * _DEGREE + np.arange(_DEGREE + 1)
    first, second = (
        np.broadcast_to(i, overlap.shape).ravel() for i in (index[:, :, None], index[:, None, :])
    )

    def assembled(blocks: np.ndarray) -> sparse.csr_array:
        size = count * _DEGREE + 1
        return sparse.csr_array((blocks.ravel(), (first, second)), shape=(size, size))

    whole = assembled(overlap)
    return RadialElements(
        overlap=whole,
        radius=assembled(radius),
        slopes=assembled(slopes),
        inverse_square=assembled(inverse),
        mean=np.asarray(whole.sum(axis=1)).ravel(),  # the basis functions sum to one
    )


def _nodal_polynomials(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values and slopes at x in [-1, 1] of the polynomials that are one at one Lobatto node each.

    Returns:
        Two arrays (x, degree + 1).
    """
    last = np.eye(_DEGREE + 1)[_DEGREE]
    inner = np.sort(legendre.legroots(legendre.legder(last)).real)
    nodes = np.concatenate([[-1.0], inner, [1.0]])
    from_legendre = np.linalg.inv(legendre.legvander(nodes, _DEGREE))
    slopes = [legendre.legval(x, legendre.legder(unit)) for unit in np.eye(_DEGREE + 1)]
    return legendre.legvander(x, _DEGREE) @ from_legendre, np.stack(slopes, axis=1) @ from_legendre
