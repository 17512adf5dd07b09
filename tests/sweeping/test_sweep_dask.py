"""Sweeps on a Dask cluster: the same bits, and workers that cannot take part."""

import os
import subprocess
import sys
import time

import numpy as np
import pytest

import thermalent as te
from thermalent.sweeping.execution.tasks import run_elsewhere
from thermalent.sweeping.failures import ExecutorError

distributed = pytest.importorskip("distributed")

GRID = {"n_th": np.geomspace(0.5, 50, 4), "kappa": np.geomspace(0.05, 2, 3)}


@pytest.fixture(scope="module")
def cluster():
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, dashboard_address=":0"
    ) as cluster:
        yield cluster


@pytest.fixture
def client(cluster):
    with distributed.Client(cluster) as client:
        yield client


def swept(executor, **options):
    return te.sweep(te.thermal_link, GRID, ["concurrence"], executor=executor, **options)


def test_a_client_gives_the_same_bits_and_the_same_store(client, tmp_path):
    here = swept(1, block=2)
    assert swept(client, block=2, store=tmp_path / "study.zarr").load().identical(here)
    ensemble = {"method": te.FieldTrajectories(n=300, seed=5)}
    # Few points: blocks of trajectories go to the workers. Many: whole points do.
    one = te.sweep(
        te.thermal_link, {"n_th": [5.0], "kappa": [0.5]}, "purity", executor=1, **ensemble
    )
    for executor in (client, client.get_executor()):
        spread = te.sweep(
            te.thermal_link, {"n_th": [5.0], "kappa": [0.5]}, "purity",
            executor=executor, **ensemble,
        )  # fmt: skip
        assert spread.identical(one)


def test_nothing_is_left_on_the_cluster(client):
    swept(client, block=2)
    for _ in range(2000):  # results are released soon, not at once
        left = client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks))
        if left == 0:
            break
        time.sleep(0.05)
    assert left == 0


def test_failures_of_the_user_s_code_come_back_as_failed_points(client):
    def build(n_th, kappa):
        raise RuntimeError("no such network")

    data = te.sweep(build, GRID, "purity", executor=client)
    assert np.all(data["status"] == 2)
    assert "RuntimeError: no such network" in str(data["message"].values[0, 0])


def test_what_cannot_be_sent_is_named_before_anything_runs(client):
    import threading

    lock = threading.Lock()
    with pytest.raises(ValueError, match=r"Argument `observables` must be picklable"):
        te.sweep(te.thermal_link, GRID, {"locked": lambda r: lock and 1.0}, executor=client)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("return '9.9.9'", r"has thermalent 9\.9\.9, but this is"),
        ("raise m.PackageNotFoundError(name)", r"cannot import thermalent .*Install"),
    ],
)
def test_workers_with_another_version_or_none(tmp_path, answer, words):
    """A worker whose Python says so of itself, as one on another machine would."""
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.metadata as m\n"
        "before = m.version\n"
        "def version(name):\n"
        f"    if name == 'thermalent': {answer}\n"
        "    return before(name)\n"
        "m.version = version\n"
    )
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=":0") as cluster,
        distributed.Client(cluster) as client,
    ):
        worker = subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_worker", cluster.scheduler_address,
             "--no-nanny", "--no-dashboard"],
            env={**os.environ, "PYTHONPATH": str(tmp_path)}, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            client.wait_for_workers(1, timeout=300)
            with pytest.raises(ExecutorError, match=words):
                swept(client)
        finally:
            worker.terminate()
            worker.wait()


def test_a_worker_that_joins_later_with_another_version_refuses():
    with pytest.raises(ExecutorError, match=r"but the sweep is of 0\.0\.1"):
        run_elsewhere(b"", "0.0.1", None)


def test_an_empty_cluster_is_named():
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=":0") as cluster,
        distributed.Client(cluster) as client,
        pytest.raises(ExecutorError, match="has no workers"),
    ):
        swept(client)
