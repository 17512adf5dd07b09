"""Designs of random laboratories against direct solves on a dense grid of filters and attenuators.

The grid knows nothing of the search: steady states at every bandwidth and attenuation, their
concurrence as for any density matrix.
"""

import numpy as np
import pytest

import thermalent as te
from thermalent.continued_fraction.batch.side_by_side import solve_side_by_side

# Those after the first take seconds each.
ORDINARY, ALL = range(2), range(2, 200)
METHOD = te.ContinuedFraction(rtol=1e-7)
GRID_ERROR = 1e-5  # of a concurrence at rtol 1e-7, which near zero is a square root of populations


def laboratory(seed):
    """Arguments of a random design: with and without each imperfection."""
    rng = np.random.default_rng(seed)
    frequency = 10 ** rng.uniform(9, 11)
    gamma = 10 ** rng.uniform(6, 8)
    n_th = 10 ** rng.uniform(-1, 4.5)
    target = rng.choice([rng.uniform(0.02, 0.2), rng.uniform(0.2, 0.75)])
    imperfections = {}
    if rng.random() < 0.4:
        imperfections["loss"] = rng.choice([10 ** rng.uniform(-4, -1), rng.uniform(0.1, 0.5)])
    if rng.random() < 0.4:
        imperfections["dephasing_time"] = 10 ** rng.uniform(0.5, 4) / (2 * np.pi * gamma)
    if rng.random() < 0.4:
        n_0 = 10 ** rng.uniform(-6, -1)
        imperfections["base_temperature"] = te.hardware.source_temperature(n_0, frequency)
    temperature = te.hardware.source_temperature(n_th, frequency)
    imperfections["attenuate"] = bool(rng.random() < 0.7)
    return (temperature, frequency, gamma, float(target)), imperfections


def grid(design, low, high):
    """Concurrence at bandwidths within a factor of a hundred, each with the best attenuation."""
    kappas = np.geomspace(low / 100, min(100 * high, 2.0), 41)
    shares = np.geomspace(1.0, 1e-6, 31) if design.attenuate else np.ones(1)
    networks = [
        te.thermal_link(design.n_th * share, kappa, **design.link)
        for kappa in kappas
        for share in shares
    ]
    found = [state.concurrence() for state in solve_side_by_side(networks, METHOD)]
    return kappas, np.max(np.reshape(found, (len(kappas), len(shares))), axis=1)


def check(seed):
    arguments, imperfections = laboratory(seed)
    design = te.design(*arguments, margins=(0.03,), **imperfections)
    target = arguments[-1]
    if not design.reachable:
        kappas, values = grid(design, design.best.kappa, design.best.kappa)
        assert design.best.concurrence < target
        assert values.max() <= design.best.concurrence + GRID_ERROR
        return
    wanted = {"widest filter": target, "narrowest filter": target, "margin 0.03": target + 0.03}
    for point in design.points:
        direct = te.steady_state(design.hardware(point).network).concurrence()
        assert direct == pytest.approx(wanted[point.name], abs=1e-6)
    assert (design.missed == (0.03,)) == (design.best.concurrence < target + 0.03)
    narrow, wide = design.points[-1].kappa, design.points[0].kappa
    kappas, values = grid(design, narrow, wide)
    outside = (kappas < narrow) | (kappas > wide)
    assert np.all(values[outside] < target + GRID_ERROR)
    assert values.max() <= design.best.concurrence + GRID_ERROR
    # Without gaps in between; a coarse choice of attenuations falls short by some hundredths.
    assert np.all(values[~outside] >= target - 0.02)


@pytest.mark.parametrize("seed", ORDINARY)
def test_random_designs(seed):
    check(seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", ALL)
def test_more_random_designs(seed):
    check(seed)
