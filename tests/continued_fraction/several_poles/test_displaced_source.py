"""Evolution from coherent states of several modes: Fock, sampled fields, jumps, limits."""

import numpy as np
import pytest

import thermalent as te
from tests.continued_fraction.several_poles.test_growing_source import TIMES, acting_back, cold
from thermalent.continued_fraction.several_poles.chain.coordinates import chain_of
from thermalent.continued_fraction.several_poles.moving.displaced_source import (
    DisplacedRun,
    bytes_of_displaced,
)
from thermalent.continued_fraction.several_poles.moving.source.gaussian import (
    MovingPiece,
    MovingSource,
)


def exact(network, initial, source, rtol=1e-5, times=TIMES):
    return te.evolve(network, times, initial, te.ContinuedFraction(rtol=rtol), source=source)


@pytest.mark.parametrize(
    ("network", "initial", "source"),
    [
        (cold(), "10", (0.5, 0.3j)),
        (acting_back(), np.array([0.6, 0.0, 0.64j, 0.48]), (0.0, -0.3 + 0.2j)),
        (te.thermal_link(0.0, 0.4, filters=2), "10", (0.5, 0.3j)),  # nothing but the coherent field
    ],
    ids=["cascade", "detuned", "without heat"],
)
def test_cold_sources_decay_as_in_fock_space(network, initial, source):
    """Both modes, or the second alone; back-action, detuned modes, the emitters' coherences."""
    found = exact(network, initial, source)
    expected = te.evolve(network, TIMES, initial, te.Fock(cutoff=5), source=source)
    distance = np.max(np.abs(found.states - expected.states), axis=(1, 2))
    assert np.all(distance <= found.error + expected.error)
    assert np.max(found.error) <= 1e-4
    # Conjugate amplitudes or exchanged ones give something else.
    away = exact(network, initial, tuple(np.conj(source)), rtol=1e-3)
    assert np.max(np.abs(away.states - found.states)) > 10 * np.max(away.error)


def test_hot_sources_move_as_their_sampled_fields():
    """Within 4 standard errors of the mean over fields, a few thermal widths from the centre."""
    network = te.thermal_link(5.0, 0.1, filters=2)
    times = np.array([3.0, 12.0])
    found = exact(network, "00", (2.0, 4j), 3e-3, times)
    sampled = te.evolve(
        network, times, "00", te.FieldTrajectories(n=1000, seed=3), source=(2.0, 4j)
    )
    distance = np.max(np.abs(found.states - sampled.states), axis=(1, 2))
    assert np.all(distance <= 4 * sampled.error + found.error)
    empty = exact(network, "00", "empty", 3e-3, times)
    away = np.max(np.abs(empty.states - sampled.states), axis=(1, 2))
    assert np.all(away > 6 * sampled.error)


def test_jumps_start_from_the_same_amplitudes():
    source = (0.4, 0.5j)
    found = exact(cold(), "10", source, times=TIMES[1:])
    sampled = te.evolve(cold(), TIMES[1:], "10", te.QuantumJumps(n=300, seed=5), source=source)
    distance = np.max(np.abs(found.states - sampled.states), axis=(1, 2))
    assert np.all(distance <= 5 * sampled.error + found.error)


def test_a_small_amplitude_is_nearly_an_empty_source():
    """The change is of second order for populations; charges that are coupled and apart agree."""
    empty = exact(cold(), "10", "empty", 1e-7)
    nearly = exact(cold(), "10", (1e-5, 0.0), 1e-7)
    # First order in the field changes coherences between charges alone, by at most 1e-5 here.
    assert np.max(np.abs(nearly.states - empty.states)) < 2e-5
    populations = np.diagonal(nearly.states - empty.states, axis1=1, axis2=2)
    assert np.max(np.abs(populations)) <= np.max(nearly.error) + np.max(empty.error)


def test_the_field_of_two_cavities_in_a_row_is_the_textbook_one():
    """From (beta, 0) the second of two equal cavities holds kappa t exp(-kappa t) of beta."""
    kappa, beta = 0.1, 2.0
    network = te.thermal_link(5.0, kappa, filters=2)
    source = MovingSource(chain_of(network), np.array([beta, 0.0]))
    times = np.array([0.0, 2.0, 5.0, 20.0])
    fields = np.array([abs(source.at(t)[1]) for t in times])
    expected = kappa * times * np.exp(-kappa * times)
    assert fields[1:] / fields[1] == pytest.approx(expected[1:] / expected[1], rel=1e-9)
    assert fields[0] < 1e-12


def test_the_memory_of_the_coupled_charges_is_known_before():
    """Of the generator that is built, within a factor of two."""
    for filters, qubits in ((2, 2), (3, 2), (2, 3)):
        network = te.thermal_link(5.0, 0.1, filters=filters, qubits=qubits, detuning=0.1)
        chain, d = chain_of(network), 2**qubits
        source = MovingSource(chain, np.ones(filters))
        rho = np.diag(np.arange(d) == 0).astype(float)
        run = DisplacedRun([MovingPiece(source, np.inf)], 2, 20, 5, rho)
        foreseen = bytes_of_displaced(chain, 2, 21, 6)
        assert 0.5 < foreseen / (40 * run.entries) < 2


def test_trajectories_refuse_another_number_of_amplitudes():
    from thermalent.stochastic.trajectory import trajectory

    with pytest.raises(ValueError, match=r"`source` must be one amplitude for each of 2"):
        trajectory(te.thermal_link(5.0, 0.1, filters=2), [0.0, 1.0], source=1.0)
