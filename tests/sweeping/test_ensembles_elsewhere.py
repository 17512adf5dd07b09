"""Blocks of an ensemble on workers that are given: their order, their sizes, and lost ones."""

import concurrent.futures
from types import SimpleNamespace

import pytest

from thermalent.sweeping.execution import ensembles
from thermalent.sweeping.execution.executors import LOSSES, Workers
from thermalent.sweeping.failures import ExecutorError

LANES = ensembles.LANES_OF_BLOCK


class KilledWorker(Exception):
    """As Dask calls it."""


class Stop:
    """An event that is set after so many questions."""

    def __init__(self, after=10**9):
        self.left = after

    def is_set(self):
        self.left -= 1
        return self.left < 0


class Cluster:
    """Futures with the numbers of their blocks, of which one is lost so many times."""

    def __init__(self, count=2, losses=0, problem=KilledWorker, late=0):
        self.count, self.losses, self.problem, self.late = count, losses, problem, late
        self.submitted, self.cancelled = [], []

    def submit(self, work, paths, n, begin, end):
        self.submitted.append((begin, end))
        waits = [self.late]

        def result(timeout):
            if waits[0]:
                waits[0] -= 1
                raise concurrent.futures.TimeoutError
            if begin == 4 and self.losses:
                self.losses -= 1
                raise self.problem("lost")
            return list(range(begin, end))

        return SimpleNamespace(result=result, cancel=lambda: self.cancelled.append(begin))

    def workers(self, **more):
        return Workers(submit=self.submit, count=self.count, **more)


def blocks(cluster, n, *, part=None, stop=None, **more):
    found = ensembles.computed_blocks(cluster.workers(**more), None, n, stop or Stop(), part)
    return list(found)


@pytest.mark.parametrize(
    ("count", "number", "size"), [(2, 64, 4), (2, 63, 3), (1, 300, 16), (40, 64, 1), (2, 5, 1)]
)
def test_blocks_come_in_order_in_tasks_that_share_the_work(count, number, size):
    """Eight tasks for each worker at least, of sixteen blocks at most; the last may be shorter."""
    for n in (number * LANES, number * LANES - LANES + 1):
        cluster = Cluster(count)
        assert blocks(cluster, n) == list(range(number))
        expected = [(begin, min(number, begin + size)) for begin in range(0, number, size)]
        assert cluster.submitted == expected
        assert not cluster.cancelled


def test_no_more_tasks_are_made_than_some_per_worker():
    cluster = Cluster(2)
    taken = ensembles.computed_blocks(cluster.workers(), None, 64 * LANES, Stop(), None)
    next(taken)
    assert len(cluster.submitted) == 3 * 2
    taken.close()
    assert cluster.cancelled == [4, 8, 12, 16, 20]
    cluster = Cluster(2)
    assert blocks(cluster, 64 * LANES, stop=Stop(2)) == list(range(8))
    assert len(cluster.cancelled) == 5


def test_blocks_that_are_kept_are_not_computed_again():
    kept = []
    part = SimpleNamespace(load=lambda: iter([0, 1, 2, 3]), keep=kept.append)
    cluster = Cluster(2)
    assert blocks(cluster, 10 * LANES, part=part) == list(range(10))
    assert kept == list(range(4, 10))
    assert cluster.submitted[0] == (4, 5)


@pytest.mark.parametrize("losses", [1, LOSSES])
def test_lost_tasks_are_submitted_again(losses):
    cluster = Cluster(losses=losses, late=2)
    assert blocks(cluster, 64 * LANES, again=True) == list(range(64))
    assert cluster.submitted.count((4, 8)) == losses + 1


@pytest.mark.parametrize(
    ("losses", "again", "problem", "raised"),
    [
        (LOSSES + 1, True, KilledWorker, ExecutorError),
        (1, False, KilledWorker, ExecutorError),
        (1, True, ZeroDivisionError, ZeroDivisionError),
    ],
)
def test_tasks_that_cannot_be_done_name_their_trajectories(losses, again, problem, raised):
    cluster = Cluster(losses=losses, problem=problem)
    with pytest.raises(raised) as caught:
        blocks(cluster, 64 * LANES, again=again)
    if raised is ExecutorError:
        words = f"A worker died at trajectories {4 * LANES} to {8 * LANES}"
        assert words in str(caught.value)
    assert cluster.cancelled
    cluster = Cluster(count=1, losses=1)
    with pytest.raises(ExecutorError, match=f"trajectories {4 * LANES} to {5 * LANES - 7} "):
        blocks(cluster, 5 * LANES - 7)
    with pytest.raises(ExecutorError, match="scheduler is gone"):
        blocks(Cluster(late=1), 4 * LANES, alive=lambda: False)
