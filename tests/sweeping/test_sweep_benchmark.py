"""The benchmark of what a sweep costs beside its solves, with a method of its own."""

import pytest

from benchmarks.sweeps import memory_of_a_sweep


@pytest.mark.long  # a process of its own, which imports everything
def test_a_sweep_of_points_that_cost_nothing_runs():
    found = memory_of_a_sweep(3)
    assert found["points"] == 9
    assert found["peak"] > 1e7
