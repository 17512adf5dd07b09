"""Sweeps whose processes are killed: nothing is lost, nothing finished is done again."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import sweep_victim as victim
import xarray

from thermalent.sweeping.execution.executors import _AHEAD

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The study without interruption, from a store of its own."""
    folder = tmp_path_factory.mktemp("whole")
    return victim.study(store=folder / "study.zarr", log=folder / "log").load()


def files_of(store):
    """Every file with its bytes."""
    return {
        str(path.relative_to(store)): path.read_bytes()
        for path in Path(store).rglob("*")
        if path.is_file()
    }


def killed(folder, rng):
    """Start the study in a process, kill it at a random moment; the points it has begun."""
    log = folder / "log"
    begun = len(victim.logged(log))
    code = f"import sweep_victim as v; v.study({str(folder / 'study.zarr')!r}, {str(log)!r})"
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(HERE)},
        stderr=subprocess.PIPE,
    )
    # The first line is of the network on which the observables are checked.
    while process.poll() is None and len(victim.logged(log)) < begun + 2:
        time.sleep(0.002)
    time.sleep(rng.uniform(0.0, 1.0))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode in (-signal.SIGKILL, 0)
    return victim.logged(log)[begun + 1 :]


def check_killed(folder, rng, kills, whole):
    """Kill the study several times and let it finish; the number of kills that hit it."""
    store, log = folder / "study.zarr", folder / "log"
    hits, finished = 0, set()
    while hits < kills and len(finished) < victim.SIZE:
        new = killed(folder, rng)
        # What was on the disk before this run has not been computed by it.
        assert new
        assert not set(new) & finished
        finished = victim.stored(store)
        hits += 1
    begun = len(victim.logged(log))
    data = victim.study(store=store, log=log).load()
    lines = victim.logged(log)
    assert not set(lines[begun + 1 :]) & finished
    # Nothing but the block under way is computed twice; and one line per start, see above.
    assert victim.SIZE <= len(lines) - (hits + 1) <= victim.SIZE + hits * 8
    assert data.identical(whole)
    assert np.all(data.status == 1)
    return hits


def test_a_killed_sweep_goes_on_and_ends_with_the_same_bits(tmp_path, whole):
    assert check_killed(tmp_path, random.Random(1), 2, whole) >= 1


@pytest.mark.long
def test_thirty_kills_of_the_process(tmp_path, whole):
    rng, left = random.Random(20250627), 30
    while left > 0:
        folder = tmp_path / f"{left}-left"
        folder.mkdir()
        left -= check_killed(folder, rng, min(left, 6), whole)


@pytest.mark.long
def test_twenty_kills_of_dask_workers(tmp_path, whole):
    distributed = pytest.importorskip("distributed")
    rng = random.Random(7)
    kills = 0
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=":0") as cluster,
        distributed.Client(cluster) as client,
        Crew(cluster.scheduler_address) as crew,
    ):
        while kills < 20:
            folder = tmp_path / f"after-{kills}"
            folder.mkdir()
            client.wait_for_workers(2, timeout=120)
            here = run_under_fire(folder, client, crew, rng, 20 - kills)
            kills += here
            data = xarray.open_zarr(folder / "study.zarr", chunks=None, consolidated=False)
            assert data[list(whole)].load().identical(whole)
            lines = victim.logged(folder / "log")[1:]  # the first checks the observables
            assert set(lines) == {(n, k) for n in victim.GRID["n_th"] for k in victim.GRID["kappa"]}
            # A worker takes down what it computes and what it holds finished but not fetched.
            assert len(lines) <= victim.SIZE + here * _AHEAD * 2 * 8


class Crew:
    """Two Dask workers; whoever dies is replaced, as a batch system would."""

    def __init__(self, address):
        self.address = address

    def __enter__(self):
        self.workers = [self.start(), self.start()]
        return self

    def __exit__(self, *problem):
        for worker in self.workers:
            worker.kill()
            worker.wait()

    def start(self):
        return subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_worker", self.address, "--no-nanny",
             "--nthreads", "1", "--no-dashboard"],
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(HERE)},
            stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def kill(self, which):
        self.workers[which].kill()  # SIGKILL
        self.workers[which].wait()
        self.workers[which] = self.start()


def run_under_fire(folder, client, crew, rng, most):
    """Run the study on the cluster while its workers are killed; the number of kills."""
    log = folder / "log"
    over, kills = threading.Event(), 0

    def fire():
        nonlocal kills
        while kills < most:
            begun = len(victim.logged(log))
            while len(victim.logged(log)) < begun + 2 and not over.wait(0.01):
                pass
            if over.wait(rng.uniform(0.0, 0.6)):
                return
            crew.kill(rng.randrange(2))
            kills += 1

    gun = threading.Thread(target=fire)
    gun.start()
    try:
        victim.study(store=folder / "study.zarr", log=log, executor=client, pause=0.02)
    finally:
        over.set()
        gun.join()
    return kills


def test_the_same_store_whoever_computes(tmp_path, whole):
    """Byte for byte, whatever the number of workers."""
    one, two = tmp_path / "one.zarr", tmp_path / "two.zarr"
    victim.study(store=one, log=tmp_path / "log", pause=0.0)
    data = victim.study(store=two, log=tmp_path / "log", executor=2, pause=0.0)
    assert files_of(one) == files_of(two)
    assert data.load().identical(whole)
