"""What the method of trajectories promises: bits, interruptions, errors, memory, refusals."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

import thermalent as te
from tests.support.interrupts import interruption_after
from tests.support.links import random_link
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.networks.network import Network
from thermalent.networks.nodes import Qubit
from thermalent.solution.tasks import EvolutionTask, Piece
from thermalent.stochastic import (
    FieldTrajectories,
    driven,
    trajectory,
)
from thermalent.stochastic.step_bias import ExtrapolatedBlock, ExtrapolatedMean, Reader

LIMIT = 5.0  # standard errors; seeds are fixed


def test_same_bits_whatever_the_threads_and_batches():
    net = te.thermal_link(30.0, 0.3, detuning=(0.2, 0.0))
    method = FieldTrajectories(n=700, seed=11, threads=1)
    reference = method.steady_state(net)
    evolution = method.evolve(net, np.array([0.5, 2.0]), np.diag([1.0, 0, 0, 0]), "stationary")
    for other in (replace(method, threads=2), replace(method, threads=3, batch=200)):
        result = other.steady_state(net)
        assert np.array_equal(result.state, reference.state)
        assert float(result.error) == float(reference.error)
        again = other.evolve(net, np.array([0.5, 2.0]), np.diag([1.0, 0, 0, 0]), "stationary")
        assert np.array_equal(again.states, evolution.states)
        assert np.array_equal(again.error, evolution.error)
    assert not np.array_equal(replace(method, seed=12).steady_state(net).state, reference.state)


def test_interruption_keeps_what_is_done():
    net = te.thermal_link(30.0, 0.3)
    method = FieldTrajectories(n=10**7, seed=3, burn_in=20.0, window=20.0)
    replace(method, n=64).steady_state(net)  # compiles

    with pytest.raises(KeyboardInterrupt) as caught, interruption_after(0.7, computed=True):
        te.steady_state(net, method)
    partial = caught.value.partial
    assert not partial.status.ok
    done = partial.stats["trajectories"]
    assert partial.stats["partial"]
    assert 0 < done < 10**7
    assert f"Interrupted: {done} of 10000000" in partial.status.message
    whole = replace(method, n=done).steady_state(net)
    assert np.array_equal(whole.state, partial.state)
    assert not whole.stats["partial"]


def test_interruption_before_the_first_trajectory_is_an_error():
    net = te.thermal_link(30.0, 0.3)
    for call in (
        lambda: te.evolve(net, [1e5], "00", FieldTrajectories(n=64)),
        lambda: te.steady_state(net, FieldTrajectories(n=64, burn_in=1e5)),
    ):
        with pytest.raises(KeyboardInterrupt), interruption_after(0.3, computed=True):
            call()


def test_a_target_is_reached_or_missed_and_said():
    net = te.thermal_link(10.0, 0.3)
    result = te.steady_state(
        net, FieldTrajectories(n=10**6, target=3e-3, burn_in=30.0, window=30.0)
    )
    assert result.stats["standard_error"] <= 3e-3
    assert result.stats["trajectories"] % 1024 == 0
    assert result.stats["trajectories"] < 10**5
    with pytest.raises(te.SolveError, match=r"target is 1e-06. Ask for n >= \d+") as caught:
        te.steady_state(net, FieldTrajectories(n=128, target=1e-6, burn_in=10.0))
    assert caught.value.result.stats["trajectories"] == 128


def test_error_bounds_the_bias_when_there_is_no_noise():
    """A coherent start and no bath: the standard error is zero, and the step decides."""
    net = te.thermal_link(0.0, 0.3, detuning=(0.3, 0.1))
    times = np.linspace(0.2, 6.0, 8)
    fine = FieldTrajectories(n=64, step=0.01).evolve(net, times, np.diag([1.0, 0, 0, 0]), 2.0 + 1j)
    for step in (0.15, 0.08):
        rough = FieldTrajectories(n=64, step=step).evolve(
            net, times, np.diag([1.0, 0, 0, 0]), 2.0 + 1j
        )
        assert rough.stats["standard_error"] < 1e-15
        true = np.abs(rough.states - fine.states).max(axis=(1, 2))
        assert np.all(true <= rough.error + fine.error)
        assert np.max(rough.error) < 30 * np.max(true)


def test_memory_does_not_grow_with_the_number_of_steps():
    net = te.thermal_link(10.0, 0.3)
    peaks = []
    for window in (10.0, 1000.0):
        method = FieldTrajectories(n=64, burn_in=1.0, window=window, threads=1)
        method.steady_state(net)
        tracemalloc.start()
        method.steady_state(net)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # A hundred times as many steps.
    assert peaks[1] < 1.1 * peaks[0]


def test_the_memory_of_many_times_counts_the_means_of_all_batches():
    """Of 64 blocks or more the means of 64 batches are kept, and converted for the result."""
    net, times = te.thermal_link(10.0, 0.3), np.linspace(0.0, 1.0, 300)
    task = EvolutionTask(pieces=(Piece(net),), times=times, initial="00")
    announced = FieldTrajectories(n=64 * 64, threads=1).plan(task).cost.bytes
    mean, one = ExtrapolatedMean(Reader(driven.described(net))), np.ones((len(times), 16))
    tracemalloc.start()
    for _ in range(64):
        mean.add(ExtrapolatedBlock(count=64, mean=one, scatter=one, fine=one, coarse=one))
    kept = mean.states, mean.standard_errors, mean.batches
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(kept[-1].weights) == 64
    assert 1.0 < announced / peak < 1.5


def test_two_starts_that_never_meet_are_not_a_steady_state():
    """Two qubits at one place conserve their singlet; the source drives both from afar."""
    link = te.thermal_link(2.0, 0.5)
    exchange = np.array(link.exchange)
    exchange[1:, 1:] = 0.0
    net = replace(link, exchange=exchange)
    assert FieldTrajectories().refusal(net) is None
    with pytest.raises(te.SolveError, match="two different starts still differ"):
        te.steady_state(net, FieldTrajectories(n=64))
    forced = FieldTrajectories(n=64, burn_in=50.0).steady_state(net)
    assert forced.error > 0.01  # what the start contributes is part of the error


def test_a_field_without_back_action_by_decree():
    net = te.phononic_link(5.0, 0.5, positions=(1.0, 2.3), detuning=(0.2, 0.1), backaction=False)
    exact = ContinuedFraction().steady_state(net)
    result = te.steady_state(net, FieldTrajectories(n=512))
    assert np.max(np.abs(result.state - exact.state)) < 4 * float(result.error)


def test_refusals():
    link = te.thermal_link(2.0, 0.5)
    none = Network(nodes=(Qubit(name="q"),), exchange=[[0.0]], decay=[[1.0]])
    cases = [
        (te.phononic_link(5.0, 0.5, positions=(1.0, 2.3)), "act back on the source"),
        (none, "need a boson mode, but the network has none"),
        (te.thermal_link(2.0, 0.5, qubits=6), "64 states"),
    ]
    for net, words in cases:
        with pytest.raises(te.MethodError, match=words):
            te.steady_state(net, FieldTrajectories())
        with pytest.raises(te.MethodError, match=words):
            te.evolve(net, [1.0], "0" * len(net.dims), FieldTrajectories())
        with pytest.raises(ValueError, match=words):
            trajectory(net, [1.0], initial="0" * len(net.dims))
    with pytest.raises(ValueError, match=r"`step` must be at most 0\.\d+ for the rates"):
        te.steady_state(link, FieldTrajectories(step=5.0))


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"n": 0}, "`n` must be an integer of at least 8"),
        ({"n": 7}, "`n` must be an integer of at least 8"),
        ({"seed": -1}, "`seed` must be an integer of at least 0"),
        ({"step": 0.0}, "`step` must be finite and positive"),
        ({"target": -1.0}, "`target` must be finite and non-negative|finite and positive"),
        ({"burn_in": -1.0}, "`burn_in` must be finite and non-negative"),
        ({"window": np.inf}, "`window` must be finite and non-negative"),
        ({"batch": 0}, "`batch` must be an integer of at least 1"),
        ({"threads": 0}, "`threads` must be an integer of at least 1"),
    ],
)
def test_parameters_are_checked(kwargs, message):
    with pytest.raises(ValueError, match=message):
        FieldTrajectories(**kwargs)


@pytest.mark.long
def test_errors_hold_what_they_promise_on_many_networks():
    """60 networks up to n_th = 200 with 4000 trajectories each: elementwise z-scores."""
    rng = np.random.default_rng(15)
    z = []
    for seed in range(60):
        net = random_link(rng, n_th=(1.0, 200.0), kappa=(0.05, 2.0))
        exact = ContinuedFraction().steady_state(net).state
        result = FieldTrajectories(seed=seed).steady_state(net)
        assert np.max(np.abs(result.state - exact)) < 4 * float(result.error)
        z.append(np.diag(result.state - exact).real / np.diag(result.stats["standard_errors"]))
    z = np.concatenate(z)
    assert np.max(np.abs(z)) < LIMIT
    assert np.mean(z**2) == pytest.approx(1.0, abs=0.5)
