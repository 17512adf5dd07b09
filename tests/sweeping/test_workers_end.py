"""Processes that compute for a sweep end when the process of the sweep is killed."""

import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import psutil
import pytest

import thermalent as te
from thermalent.sweeping.execution import executors
from thermalent.sweeping.execution.parent import _runs

# Blocks of 1024 points, each of a minute or more, or an ensemble of hours.
POINTS = """
te.sweep(te.thermal_link, {"n_th": np.linspace(1e8, 2e8, 8192), "kappa": [1e-3]}, "purity",
         executor=executor, block=1024)
"""
ENSEMBLE = """
te.sweep(te.thermal_link, {"n_th": [1e3], "kappa": [1e-3]}, "purity", executor=executor,
         method=te.FieldTrajectories(n=10**7, seed=5))
"""
POOL = """
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
executor = ProcessPoolExecutor(2, get_context({!r}))
"""
EXECUTORS = {
    "two": "executor = 2",
    "loky": "import loky; executor = loky.get_reusable_executor(2)",
    **{kind: POOL.format(kind) for kind in ("fork", "spawn", "forkserver")},
    "dask": """
import distributed
executor = distributed.Client(distributed.LocalCluster(
    n_workers=2, threads_per_worker=1, dashboard_address=":0"))
""",
}
SCRIPT = """
import numpy as np
import thermalent as te
if __name__ == "__main__":
    {executor}
    {work}
"""
# Seconds of a processor that a worker has spent only once it computes: loading takes about one,
# and a forked one has everything.
COMPUTES = {"fork": 0.5}
COMPUTES_OTHERS = 2.0
PATIENCE = 240.0  # seconds, for a busy machine: workers look for their parent twice a second


def script(executor, work):
    indented = [text.strip().replace("\n", "\n    ") for text in (EXECUTORS[executor], work)]
    return SCRIPT.format(executor=indented[0], work=indented[1])


def alive(process):
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def busy(process, executor):
    try:
        return process.cpu_times().user > COMPUTES.get(executor, COMPUTES_OTHERS)
    except psutil.NoSuchProcess:
        return False


def check_nothing_is_left(folder, executor, work, victim="main"):
    """Kill the process of a sweep, or one that computes for it; in the end none may be left."""
    path = folder / "study.py"
    path.write_text(script(executor, work))
    main = subprocess.Popen(
        [sys.executable, str(path)], stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    family = []
    try:
        deadline = time.monotonic() + PATIENCE
        while sum(busy(process, executor) for process in family) < 2:
            assert main.poll() is None, main.stderr.read()
            assert time.monotonic() < deadline, "the workers never began"
            family = psutil.Process(main.pid).children(recursive=True)
            time.sleep(0.05)
        if victim == "main":
            main.kill()
        else:
            next(process for process in family if busy(process, executor)).kill()
        _, errors = main.communicate(timeout=PATIENCE)
        assert main.returncode == (-signal.SIGKILL if victim == "main" else 1)
        assert victim == "main" or "ExecutorError: A worker died" in errors
        deadline = time.monotonic() + PATIENCE
        while any(map(alive, family)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert [process for process in family if alive(process)] == []
    finally:
        main.kill()
        main.wait()
        for process in filter(alive, family):
            process.kill()


def test_a_parent_that_died_but_was_not_waited_for_does_not_run():
    # Who reads the output of a killed study to its end waits for its workers: they must not wait.
    killed = subprocess.Popen(["sleep", "60"])
    assert _runs(killed.pid)
    killed.kill()
    deadline = time.monotonic() + PATIENCE
    while alive(psutil.Process(killed.pid)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert psutil.pid_exists(killed.pid)
    assert not _runs(killed.pid)
    killed.wait()
    assert not _runs(killed.pid)


@pytest.mark.parametrize(("executor", "work"), [("two", POINTS), ("fork", ENSEMBLE)])
def test_workers_end_with_their_parent(tmp_path, executor, work):
    check_nothing_is_left(tmp_path, executor, work)


@pytest.mark.long
@pytest.mark.parametrize("executor", sorted(EXECUTORS.keys() - {"two"}))
@pytest.mark.parametrize("work", [POINTS, ENSEMBLE], ids=["points", "ensemble"])
def test_workers_end_with_their_parent_on_every_executor(tmp_path, executor, work):
    check_nothing_is_left(tmp_path, executor, work)


@pytest.mark.long
@pytest.mark.parametrize("executor", ["two", "fork", "spawn"])
def test_the_others_end_when_a_worker_is_killed(tmp_path, executor):
    check_nothing_is_left(tmp_path, executor, POINTS, victim="worker")


def test_cores_are_those_that_this_process_may_use(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 3}, raising=False)
    assert executors.cores() == 2
    monkeypatch.delattr(os, "sched_getaffinity")
    assert executors.cores() == 7


@pytest.mark.parametrize(("threads", "count"), [({"a": 2, "b": 3}, 5), ({"a": 0}, 1)])
def test_a_dask_cluster_gets_as_many_blocks_at_a_time_as_it_has_threads(threads, count):
    client = SimpleNamespace(
        run=lambda *call, **options: dict.fromkeys(threads, te.__version__),
        nthreads=lambda: threads,
        status="running",
    )
    workers = executors._dask(client)
    assert workers.count == count
    assert workers.alive()
    client.run = lambda *call, **options: {**dict.fromkeys(threads, te.__version__), "c": "0.0.1"}
    with pytest.raises(te.ThermalentError, match=r"worker c has thermalent 0\.0\.1, but"):
        executors._dask(client)
