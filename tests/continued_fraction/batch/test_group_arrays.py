"""The space of chains that are folded in groups, for blocks of which every element is there."""

from types import SimpleNamespace

import numpy as np

from tests.support.plain_kernels import plain
from thermalent.continued_fraction.batch import group_kernels


def test_there_is_a_step_for_every_element_and_every_row(monkeypatch):
    shape = SimpleNamespace(below=(1.0,) * 2, even=(1.0,) * 3, odd=(1.0,) * 4)
    room = group_kernels.group_arrays((3, 4), 12, 2, shape)
    kernels = plain(group_kernels, monkeypatch)
    for parity, rows, columns, steps in ((0, 3, 4, room.steps), (1, 4, 3, room.steps_odd)):
        places = np.divmod(np.arange(rows * columns), columns)
        begin = np.zeros(7, dtype=np.int64)
        begin[3 + parity :] = rows * columns
        bands = SimpleNamespace(row=places[0], col=places[1], begin=begin)
        kernels._list_steps(bands, parity, rows, 10, steps)
        assert len(steps) == rows * columns + rows  # and no more
        expected = [
            step
            for i in range(rows)
            for step in [*([10 * j, i * columns + j] for j in range(columns)), [-1, 0]]
        ]
        assert steps.tolist() == expected
    lanes = room.depth.shape[1]
    groups = room.depth.shape[0]
    # One array of zeros holds X of both parities and the same of B.
    for one, size in ((room.x, 3 * 4), (room.x_odd, 4 * 2), (room.b, 3 * 4), (room.b_odd, 4 * 2)):
        assert one.size == groups * size * lanes
        assert np.shares_memory(one, room.zeros)
    assert not np.shares_memory(room.x, room.x_odd)
    assert not np.shares_memory(room.b, room.b_odd)
    assert room.zeros.size == 2 * groups * (12 + 8) * lanes
    assert room.x.shape == (groups, 3, 4, lanes)
    assert room.x_odd.shape == (groups, 4, 2, lanes)
