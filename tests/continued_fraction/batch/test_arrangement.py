"""The space in which fractions are folded: made once, and kept while it is used."""

import threading

import pytest

import thermalent as te
from thermalent.continued_fraction.batch import arrangement


def _alone(row):
    return arrangement.Arrangement(True, (0.0,) * row)


@pytest.fixture
def in_a_new_thread():
    """What a call gives in a thread of its own, whose space nobody has used."""

    def run(call):
        found = []
        thread = threading.Thread(target=lambda: found.append(call()))
        thread.start()
        thread.join()
        return found[0]

    return run


def test_space_is_made_once(in_a_new_thread):
    def call():
        return [arrangement.room_for(_alone(8), (2, 2), 5, 3) for _ in range(2)]

    first, second = in_a_new_thread(call)
    assert first is second


def test_what_was_unused_for_longest_makes_way(in_a_new_thread):
    def call():
        def room(elements):
            return arrangement.room_for(_alone(8), (2, 2), elements, 3)

        first, second = room(1), room(2)
        others = [room(elements) for elements in (3, 4)]
        again = room(1)
        room(5)
        kept = [room(3) is others[0], room(4) is others[1], room(1) is first]
        return [again is first, *kept, room(2) is second]

    assert in_a_new_thread(call) == [True, True, True, True, False]


@pytest.mark.parametrize("others", range(5))
def test_a_solve_keeps_its_space_whatever_was_solved_before(others, in_a_new_thread, monkeypatch):
    """Two kinds of space that a solve takes in turn do not push each other out."""
    network = te.thermal_link(1000.0, 0.01)
    made = []
    new_room = arrangement._new_room

    def noted(*arguments):
        made.append(arguments)
        return new_room(*arguments)

    monkeypatch.setattr(arrangement, "_new_room", noted)

    def call():
        for elements in range(others):
            arrangement.room_for(_alone(8), (2, 2), 1 + elements, 3)
        te.steady_state(network)
        before = len(made)
        te.steady_state(network)
        return before, len(made)

    before, after = in_a_new_thread(call)
    assert before == after > others
