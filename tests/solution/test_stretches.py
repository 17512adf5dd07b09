"""Which times lie in which piece of an evolution, and the steps of smooth pieces."""

import numpy as np
import pytest

import thermalent as te
from thermalent.solution.tasks import EvolutionTask, Piece, SteadyStateTask, start_amplitudes

NETWORK = te.thermal_link(1.0, 0.5, qubits=1)


def stretches(durations, times):
    pieces = tuple(Piece(NETWORK, duration) for duration in durations)
    task = EvolutionTask(pieces=pieces, times=np.array(times), initial="0")
    found = [(s.piece, s.times.tolist(), s.which.tolist(), s.length) for s in task.stretches()]
    return found, task.begins.tolist()


def test_a_time_at_which_networks_change_belongs_to_the_piece_that_ends():
    found, begins = stretches([1.0, 2.0, np.inf], [0.0, 1.0, 1.5, 3.0, 7.0])
    assert begins == [0.0, 1.0, 3.0]
    assert found == [
        (0, [0.0, 1.0], [0, 1], 1.0), (1, [0.5, 2.0], [2, 3], 2.0), (2, [4.0], [4], 4.0),
    ]  # fmt: skip


def test_pieces_after_the_last_time_do_not_count():
    found, _ = stretches([1.0, 2.0, 5.0], [0.5, 2.5])
    assert found == [(0, [0.5], [0], 1.0), (1, [1.5], [1], 1.5)]
    found, _ = stretches([1.0, 2.0], [0.2, 1.0])
    assert found == [(0, [0.2, 1.0], [0, 1], 1.0)]
    # The last piece holds on.
    found, _ = stretches([1.0, 2.0], [9.0])
    assert found == [(0, [], [], 1.0), (1, [8.0], [0], 8.0)]


def test_amplitudes_of_a_source_at_the_start():
    assert start_amplitudes("empty", 3).tolist() == [0, 0, 0]
    assert start_amplitudes(2j, 1).tolist() == [2j]
    assert start_amplitudes((1.0, 2j), 2).tolist() == [1.0, 2j]


def test_no_initial_state_is_none():
    assert SteadyStateTask(network=NETWORK).start is None
    start = SteadyStateTask(network=NETWORK, initial="1").start
    np.testing.assert_array_equal(start, np.diag([0, 1]))


def detuned(time):
    return te.thermal_link(1.0, 0.5, qubits=1, detuning=time)


def test_smooth_pieces_are_taken_in_steps_that_end_at_the_times():
    """Eight steps for the whole piece of two units: six to 1.5 and two after it."""
    schedule = te.Schedule(((NETWORK, 1.0), (detuned, 2.0), (NETWORK, 3.0)), steps=8)
    pieces = schedule.in_steps(np.array([0.5, 2.5, 4.0]))
    lengths = [piece.duration for piece in pieces]
    np.testing.assert_allclose(lengths, [1.0, *[0.25] * 8, 3.0])
    middles = 0.125 + 0.25 * np.arange(8)
    for piece, time in zip(pieces[1:9], middles, strict=True):
        assert not piece.network.differences(detuned(time))
    assert len(schedule.in_steps(np.array([0.5, 2.5, 4.0]), factor=2)) == 18
    # A part of a step is a whole one, and what begins after the last time is left out.
    pieces = schedule.in_steps(np.array([1.1, 1.2]))
    np.testing.assert_allclose(
        [piece.duration for piece in pieces], [1.0, 0.1, 0.1, *[1.8 / 8] * 8]
    )
    assert len(schedule.in_steps(np.array([0.5, 1.0]))) == 1
    assert schedule.smooth
    assert not te.Schedule(((NETWORK, 1.0),)).smooth
    assert schedule.duration == 6.0


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        ((), "one or more pairs"),
        (((NETWORK, 1.0, 2.0),), "one or more pairs"),
        (3, "pairs of a network"),
        (((NETWORK, np.inf), (NETWORK, 1.0)), "duration"),
        (((detuned, np.inf),), "duration"),
        (((NETWORK, 0.0),), "duration"),
        ((("x", 1.0),), "pairs of a network"),
        (((NETWORK, 1.0), (te.thermal_link(1.0, 0.5, qubits=2), 1.0)), "in piece 1"),
        (((lambda time: 3, 1.0),), "return thermalent Networks"),
    ],
)
def test_schedules_that_are_none_are_refused(pieces, words):
    with pytest.raises(ValueError, match=words):
        te.Schedule(pieces)


def test_a_ket_is_a_pure_state_as_well():
    state = te.steady_state(te.thermal_link(1.0, 0.5), te.Fock(cutoff=6))
    ket = np.array([0.0, 1.0, -1.0, 0.0]) / np.sqrt(2)
    assert state.fidelity(ket) == pytest.approx(float(state.fidelity("S")), rel=1e-12)
