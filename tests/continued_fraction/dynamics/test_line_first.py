"""Evolutions of a sweep, from one line each: against steps and contours, and Fock space."""

import numpy as np
import pytest

import thermalent as te
from tests.support.long_ones import ordinary_and_long
from thermalent.continued_fraction.one_mode_evolution import OneModeEvolutionPlan
from thermalent.solution.tasks import EvolutionTask, Piece
from thermalent.solving.many import evolve_one_of_many

TILTED = np.array([0.48 - 0.39j, 0.4 + 0.3j, 0.01 - 0.04j, 0.4 + 0.46j])


def random_case(seed):
    """A network, an initial state and the last of its times, which steps reach if it is early."""
    rng = np.random.default_rng(seed)
    options = {}
    if rng.random() < 0.5:
        options["detuning"] = tuple(rng.normal(size=2) * 10 ** rng.uniform(-2, 0.7))
    if rng.random() < 0.4:
        options["dephasing"] = 10 ** rng.uniform(-3, 0)
    if rng.random() < 0.4:
        options["loss"] = rng.uniform(0, 0.5)
    n_th, kappa = 10 ** rng.uniform(-1, 3), 10 ** rng.uniform(-3, 0.3)
    start = [*["00", "11", "01", "S"], TILTED / np.linalg.norm(TILTED)][rng.integers(5)]
    return te.thermal_link(n_th, kappa, **options), start, 10 ** rng.uniform(-1, 4)


CASES = {
    # A weakly coupled start is flat at low frequencies, and turns at ten times as high ones.
    "flat twice": (
        te.thermal_link(549.0, 1.71, detuning=(1.3, -0.4), dephasing=0.3), "S", 559.0,
    ),
    # Poles between wide gaps of the samples, which rounding may put anywhere.
    "wide gaps": (te.thermal_link(634.0, 1.22), "00", 3340.0),
    # More tiers than the steady state needs, at frequencies of the oscillations alone.
    "deep": (te.thermal_link(40.6, 6.4e-3, detuning=(0.9, -1.4)), "00", 1.4e4),
    "hot": (te.thermal_link(1e4, 1.0), "00", 1e3),
    "retarded": (
        te.phononic_link(1.45, 1.15e-3, positions=(3.1, 5.2)), "01", 1.24e4,
    ),
}  # fmt: skip


def compared(network, start, last):
    times = last * np.geomspace(1e-5, 1.0, 30)
    found = evolve_one_of_many(network, times, start, None)
    assert np.max(found.error) < 2e-9
    return times, found


@pytest.mark.parametrize("name", ordinary_and_long(CASES, ["wide gaps", "hot"]))
def test_a_line_is_within_its_error_of_steps_and_contours(name):
    network, start, last = CASES[name]
    times, found = compared(network, start, last)
    assert found.stats["stepped_times"] == 0
    other = te.evolve(network, times, start)
    off = np.max(np.abs(found.states - other.states), axis=(1, 2))
    assert np.all(off <= found.error + other.error)


@pytest.mark.parametrize("seed", ordinary_and_long(range(100), range(6, 100)))
def test_random_networks_are_within_their_errors_of_single_evolutions(seed):
    network, start, last = random_case(seed)
    times, found = compared(network, start, last)
    other = te.evolve(network, times, start)
    off = np.max(np.abs(found.states - other.states), axis=(1, 2))
    assert np.all(off <= found.error + other.error)


def test_fock_space_has_the_same_states():
    network, times = te.thermal_link(0.3, 0.4, detuning=(0.2, -0.1)), np.array([0.0, 0.3, 2.0, 9.0])
    found = evolve_one_of_many(network, times, TILTED / np.linalg.norm(TILTED), None)
    other = te.evolve(network, times, TILTED / np.linalg.norm(TILTED), te.Fock(tolerance=1e-8))
    off = np.max(np.abs(found.states - other.states), axis=(1, 2))
    assert np.all(off <= found.error + other.error)
    assert np.max(other.error) < 1e-7
    assert found.error[0] < 1e-14


def test_one_of_many_is_planned_for_the_accuracy_asked_for():
    network, times = te.thermal_link(2.0, 0.5), np.array([1.0, 30.0])
    task = EvolutionTask(pieces=(Piece(network),), times=times, initial="00")
    method = te.ContinuedFraction(rtol=1e-6)
    alone, (of_many,) = method.plan(task), method.plan_many([task])
    assert isinstance(alone, OneModeEvolutionPlan)
    assert not alone.one_of_many
    assert of_many.one_of_many
    assert np.max(alone.run().error) < 1e-12
    assert 1e-10 < np.max(of_many.run().error) <= 1e-6
