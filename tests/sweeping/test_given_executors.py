"""Workers of executors that are given, and what becomes of blocks that are lost with theirs."""

import concurrent.futures
from types import SimpleNamespace

import pytest

from thermalent import __version__
from thermalent.support.errors import ArgumentError
from thermalent.sweeping.execution import executors
from thermalent.sweeping.execution.executors import LOSSES, Workers, completed, given
from thermalent.sweeping.failures import ExecutorError


class KilledWorker(Exception):
    """As Dask calls it."""


def client(versions, *, status="running", threads=None):
    asked = []
    return SimpleNamespace(
        scheduler_info=None, asked=asked, status=status,
        run=lambda function, *of, on_error: asked.append((of, on_error)) or versions,
        submit=lambda *call, pure: (call, pure),
        nthreads=lambda: {"a": 2, "b": 3} if threads is None else threads,
    )  # fmt: skip


def test_workers_of_a_cluster_have_this_version_and_their_threads():
    dask = client({"a": __version__, "b": __version__})
    workers = given(dask)
    assert (workers.count, workers.again, workers.here) == (5, True, False)
    assert dask.asked == [(("thermalent",), "return")]
    assert workers.submit(print, 1) == ((print, 1), False)
    for status, alive in (("running", True), ("connecting", True), ("closing", False),
                          ("closed", False), ("failed", False)):  # fmt: skip
        dask.status = status
        assert workers.alive() is alive
        if alive:
            workers.require()
        else:
            with pytest.raises(ExecutorError, match="scheduler is gone"):
                workers.require()
    assert given(client({"a": __version__}, threads={})).count == 1


@pytest.mark.parametrize(
    ("versions", "words"),
    [
        ({}, "has no workers"),
        ({"a": __version__, "b": "0.0.1"}, "worker b has thermalent 0.0.1"),
        ({"a": ImportError("nothing here"), "b": "0.0.1"}, "worker a cannot import thermalent"),
    ],
)
def test_clusters_that_cannot_take_part_are_named(versions, words):
    with pytest.raises(ExecutorError, match=words):
        given(client(versions))


@pytest.mark.parametrize(
    ("about", "count"),
    [({"_max_workers": 3}, 3), ({"num_workers": 4, "_max_workers": 3}, 4),
     ({}, executors._UNKNOWN), ({"_max_workers": 0}, executors._UNKNOWN),
     ({"_max_workers": "many"}, executors._UNKNOWN)],
)  # fmt: skip
def test_other_executors_say_how_many_they_are_or_a_guess_is_taken(about, count):
    found = given(SimpleNamespace(submit="submit", **about))
    assert (found.submit, found.count, found.here, found.again) == ("submit", count, False, False)


def test_threads_are_of_this_process():
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        assert (given(pool).here, given(pool).count) == (True, 2)
    with pytest.raises(ArgumentError, match="`executor` must be a number of workers"):
        given("ten")


class Cluster:
    """Futures that are done at once, and lose some blocks so many times."""

    def __init__(self, losses=None, problem=KilledWorker):
        self.losses, self.problem, self.submitted, self.closed = dict(losses or {}), problem, [], []
        self.most = 0

    def submit(self, *call):
        task = call[-1]
        self.submitted.append(task.number)
        future = concurrent.futures.Future()
        if self.losses.get(task.number, 0) > 0:
            self.losses[task.number] -= 1
            future.set_exception(self.problem("lost"))
        else:
            future.set_result({"of": task.number})
        return future

    def workers(self, **more):
        return Workers(submit=self.submit, count=2, here=True, close=self.closed.append, **more)


def run(workers, blocks=7):
    """The numbers of the blocks in the order in which they are done."""
    tasks = [SimpleNamespace(number=number) for number in range(blocks)]
    made, found = [], []

    def one_by_one():
        for task in tasks:
            made.append(task.number)
            yield task

    for task, columns in completed(workers, None, one_by_one()):
        assert columns == {"of": task.number}
        # No more tasks are made than there is room for.
        assert len(made) <= executors._AHEAD * 2 + 1 + len(found)
        found.append(task.number)
    return found


def test_every_block_is_done_once_and_the_workers_are_left_alone():
    cluster = Cluster()
    assert sorted(run(cluster.workers())) == list(range(7))
    assert cluster.closed == [False]


@pytest.mark.parametrize("times", [1, LOSSES])
def test_a_block_that_is_lost_with_its_worker_is_submitted_again(times):
    cluster = Cluster({3: times})
    assert sorted(run(cluster.workers(again=True))) == list(range(7))
    assert cluster.submitted.count(3) == times + 1
    assert cluster.closed == [False]


@pytest.mark.parametrize(
    ("times", "again", "problem", "raised"),
    [
        (LOSSES + 1, True, KilledWorker, ExecutorError),
        (1, False, KilledWorker, ExecutorError),
        (1, True, ZeroDivisionError, ZeroDivisionError),
        (1, True, concurrent.futures.BrokenExecutor, ExecutorError),
    ],
)
def test_a_block_that_cannot_be_done_ends_the_sweep(times, again, problem, raised):
    cluster = Cluster({3: times}, problem)
    with pytest.raises(raised) as caught:
        run(cluster.workers(again=again))
    if raised is ExecutorError:
        assert "A worker died at block 3" in str(caught.value)
    assert cluster.closed == [True]
    assert cluster.submitted.count(3) == (LOSSES + 1 if times > 1 else 1)


def test_a_scheduler_that_is_gone_is_told_before_what_failed():
    cluster = Cluster({3: 1})
    with pytest.raises(ExecutorError, match="scheduler is gone"):
        run(cluster.workers(again=True, alive=lambda: False))


def test_a_worker_that_dies_before_a_task_is_submitted_is_named():
    def submit(*call):
        raise concurrent.futures.BrokenExecutor("dead")

    with pytest.raises(ExecutorError, match="A worker died at block 0"):
        run(Workers(submit=submit, count=2, here=True))
