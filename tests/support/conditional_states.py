"""Conditional states on nodes in the plane of the amplitude."""

import numpy as np
from numpy.polynomial import legendre


def polar_grid(states, order=60, phases=16):
    """Nodes in the plane and their weights, to x = 36: Gauss in the radius, equal phases."""
    x, weight = legendre.leggauss(order)
    r = 3 * (1 + x) * np.sqrt(states.variance)
    phase = np.exp(2j * np.pi * np.arange(phases) / phases)
    alpha = np.multiply.outer(r, phase).ravel()
    area = np.repeat(3 * np.sqrt(states.variance) * weight * r, phases) * 2 * np.pi / phases
    return alpha, area


def operators(states, alpha):
    """mu(alpha), (p, d, d)."""
    sums, _ = states.coefficients.sums(alpha)
    factor = np.exp(-0.5 * np.abs(alpha) ** 2 / states.variance) / (np.pi * states.variance)
    return factor[:, None, None] * sums
