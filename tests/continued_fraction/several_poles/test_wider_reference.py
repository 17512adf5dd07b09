"""Coherent starts of hot sources of several poles: Fock, sampled fields, one mode, limits."""

import numpy as np
import pytest

import thermalent as te
from thermalent.continued_fraction.several_poles.chain.coordinates import chain_of
from thermalent.continued_fraction.several_poles.moving.followed_run import (
    FollowedRun,
    followed_stretches,
)
from thermalent.continued_fraction.several_poles.moving.source.gaussian import (
    MovingPiece,
    MovingSource,
)
from thermalent.continued_fraction.several_poles.moving.wider_reference import (
    PART,
    WiderRun,
    first_turn,
)

RHO = np.array([[0.64, 0.48j], [-0.48j, 0.36]])


def link(n_th, kappa=0.4, **more):
    return te.thermal_link(n_th, kappa, qubits=1, **more)


def apart(network, source, quanta, last, times, rho=RHO, tolerance=1e-4):
    """States of the emitters by charges that are apart, however cold the source is."""
    moving = MovingSource(chain_of(network), np.atleast_1d(source).astype(complex))
    wide = np.sqrt(PART) * moving.mean[:, None]
    run = WiderRun(
        followed_stretches([MovingPiece(moving, times[-1])], wide, tolerance),
        first_turn(moving), quanta, last, rho.astype(complex),
    )  # fmt: skip
    return run.states(np.array(times), tolerance)[0]


@pytest.mark.parametrize(
    "source",
    [pytest.param((0.5, 0.0), marks=pytest.mark.long), (0.4, 0.3j)],
    ids=["no field at first", "turned"],
)
def test_cold_sources_decay_as_in_fock_space(source):
    network, times = link(0.05, detuning=0.1, filters=2), [0.0, 3.0]
    found = apart(network, source, 2, 8, times)
    expected = te.evolve(network, times, RHO, te.Fock(cutoff=4), source=source)
    distance = np.max(np.abs(found - expected.states), axis=(1, 2))
    assert np.all(distance <= 1e-4 + expected.error)
    away = apart(network, np.conj(source) + 0.05, 2, 8, times)
    assert np.max(np.abs(away - found)) > 3e-3


def test_a_single_pole_is_the_mode_that_has_a_method_of_its_own():
    network, times = link(10.0, 0.1, detuning=0.2), [1.0, 8.0]
    found = apart(network, 2.0 + 1j, 0, 30, times)
    method = te.ContinuedFraction(rtol=1e-4)
    expected = te.evolve(network, times, RHO, method, source=2.0 + 1j)
    distance = np.max(np.abs(found - expected.states), axis=(1, 2))
    assert np.all(distance <= 1e-4 + expected.error)


def test_without_an_amplitude_the_source_is_empty():
    network, times = link(0.5, filters=2), np.array([0.0, 3.0])
    chain, part = chain_of(network), np.diag([0.3, 0.7]).astype(complex)
    pieces = [MovingPiece(MovingSource(chain, np.zeros(2)), 3.0)]
    empty = FollowedRun(followed_stretches(pieces, np.zeros((2, 0)), 1e-4), 1, part, 0, 10)
    expected = empty.states(times, 1e-4)[0]
    found = apart(network, (1e-2, 0.0), 1, 10, times, part)
    assert np.max(np.abs(np.diagonal(found - expected, axis1=1, axis2=2))) < 3e-4
    assert np.max(np.abs(apart(network, (1.0, 0.0), 1, 10, times, part) - expected)) > 0.01


@pytest.mark.long
def test_hot_sources_decay_as_their_sampled_fields_and_end_in_the_steady_state():
    """Within 4 standard errors of the mean over fields, many of them from an empty source."""
    network = link(100.0, 0.05, filters=2)
    times, source = np.array([2.0, 6.0, 1e4]), (15.0, 6j)
    found = te.evolve(network, times, "0", te.ContinuedFraction(rtol=1e-2), source=source)
    assert found.stats["tiers"] > 30
    sampled = te.evolve(network, times[:2], "0", te.FieldTrajectories(n=300, seed=3), source=source)
    distance = np.max(np.abs(found.states[:2] - sampled.states), axis=(1, 2))
    assert np.all(distance <= 4 * sampled.error + found.error[:2])
    steady = te.steady_state(network, te.ContinuedFraction(rtol=1e-3))
    assert np.max(np.abs(found.states[2] - steady.state)) <= found.error[2] + steady.error
    assert np.max(found.error) < 0.02


@pytest.mark.long
@pytest.mark.parametrize("filters", ["butterworth", "unequal and detuned"])
def test_sources_at_room_temperature_decay_as_their_sampled_fields(filters):
    shape, n_th, source = {
        "butterworth": (te.Filter.butterworth(order=2, fwhm=0.02), 1221, (20.0, 0.0)),
        "unequal and detuned": (
            te.Filter.cavities([0.04, 0.06], detunings=[0.01, -0.01]),
            100,
            (10.0, 5j),
        ),
    }[filters]
    network, times = te.thermal_link(n_th, filter=shape), np.array([3.0, 20.0, 60.0])
    found = te.evolve(network, times, "00", te.ContinuedFraction(rtol=5e-2), source=source)
    assert np.max(found.error) < 0.1
    sampled = te.evolve(network, times, "00", te.FieldTrajectories(n=600, seed=3), source=source)
    distance = np.max(np.abs(found.states - sampled.states), axis=(1, 2))
    assert np.all(distance <= 4 * sampled.error + found.error)
