"""Hot sources that feel the emitters and are switched off: followed for a while, or refused."""

import numpy as np
import pytest

import thermalent as te
from thermalent.continued_fraction.several_poles.chain.common_coordinates import common_chains
from thermalent.continued_fraction.several_poles.moving.source.fading import (
    Fading,
    fading_refusal,
    hardest_fading,
)


def loop(n_th, kappa=0.05, backaction=True):
    shape = te.Filter.cavities([kappa, kappa])
    return te.phononic_link(n_th, positions=(1.0, 2.0), filter=shape, backaction=backaction)


def test_how_far_a_field_fades_behind_two_equal_cavities():
    """exp(-2x) (1 + 2x + 2x^2) of the variance is left at x = kappa t, a Jordan block."""
    chains = common_chains([loop(50.0), loop(0.0)])
    wait = 2.0
    found = hardest_fading(chains, [10.0, wait / 0.05], chains[0].covariance)
    assert found.variance == pytest.approx(12.5, rel=1e-6)
    left = np.exp(-2 * wait) * (1 + 2 * wait + 2 * wait**2)
    assert found.factor == pytest.approx(1 / left, rel=1e-6)


def test_what_fades_too_far_is_refused_at_once():
    for n_th, wait in ((5.0, 5.0), (50.0, 2.0), (1000.0, 3.0)):
        pieces = te.Schedule([(loop(n_th), 10.0), (loop(0.0), wait / 0.05), (loop(n_th), np.inf)])
        with pytest.raises(te.MethodError, match=r"fades by a factor of .* without back-action"):
            te.evolve(pieces, [10.0, 200.0], "00", te.ContinuedFraction(rtol=1e-3))


def test_what_is_followed_is_not_refused():
    def refusal(n_th, wait, **more):
        chains = common_chains([loop(n_th, **more), loop(0.0, **more)])
        return fading_refusal(chains, [10.0, wait / 0.05], chains[0].covariance)

    assert refusal(50.0, 0.5) is None
    assert refusal(5.0, 2.0) is None
    assert refusal(0.1, 1e4) is None
    assert refusal(1000.0, 100.0, backaction=False) is None
    assert refusal(1000.0, 100.0) is not None


def test_a_long_wait_is_as_hard_as_one_after_which_nothing_is_left():
    assert Fading(2.0, np.exp(5.0), 0.25).hardness == pytest.approx(20.0)
    assert Fading(2.0, np.exp(50.0), 1.0).hardness == Fading(2.0, np.exp(7.0), 1.0).hardness


@pytest.mark.long
def test_a_source_that_feels_the_emitters_and_fades_against_fock_space():
    shape = te.Filter.cavities([0.5, 0.5])
    on, off = (te.phononic_link(n, positions=(1.3,), filter=shape) for n in (0.6, 0.0))
    pieces = te.Schedule([(on, 2.0), (off, 8.0), (on, np.inf)])
    times, initial = [2.0, 10.0, 12.0], np.array([0.6, 0.8j])
    found = te.evolve(pieces, times, initial, te.ContinuedFraction(rtol=1e-4))
    fock = te.evolve(pieces, times, initial, te.Fock(cutoff=11))
    away = np.abs(found.states - fock.states).max(axis=(1, 2))
    assert np.all(away <= found.error + fock.error)
    assert np.max(found.error) < 1e-3
