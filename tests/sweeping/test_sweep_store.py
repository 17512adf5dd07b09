"""Stores of sweeps: resumed, locked, and full disks."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray

import thermalent as te
from tests.support.small_stores import KAPPA, N_TH, swept
from thermalent.sweeping.execution import tasks
from thermalent.sweeping.failures import StoreError
from thermalent.sweeping.storage.lock import Locked, locked
from thermalent.sweeping.storage.workspace import Workspace


@pytest.fixture(scope="module")
def reference():
    return swept()


def test_what_is_read_is_what_was_computed(tmp_path, reference):
    path = tmp_path / "study.zarr"
    assert swept(path).load().identical(reference)
    # Nothing of ours is needed to read it.
    again = xarray.open_zarr(path, consolidated=False, chunks=None)
    del again.attrs["metadata_sha256"]  # of the files, not of the data
    assert again[list(reference)].load().identical(reference)
    assert [p.name for p in tmp_path.iterdir()] == ["study.zarr"]


def test_the_same_call_computes_nothing_twice(tmp_path, counted, reference):
    swept(tmp_path / "study.zarr")
    assert counted == [3, 3, 3, 3]
    assert swept(tmp_path / "study.zarr").load().identical(reference)
    assert counted == [3, 3, 3, 3]


@pytest.mark.parametrize("written", range(1, 20, 3))
def test_a_failed_write_leaves_whole_blocks_only(tmp_path, monkeypatch, written, reference):
    """The disk is full at any of the writes; afterwards the study goes on."""
    import zarr.storage._local as local

    path, put, calls = tmp_path / "study.zarr", local._put, 0
    swept(path, grid={"n_th": N_TH[:1], "kappa": KAPPA})  # warm: the layout is not what fails
    shutil.rmtree(path)

    def full(target, value, exclusive=False):
        nonlocal calls
        if "/c/" in str(target) and "n_th/c" not in str(target) and "kappa/c" not in str(target):
            calls += 1
            if calls > written:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))
        return put(target, value, exclusive)

    monkeypatch.setattr(local, "_put", full)
    with pytest.raises(StoreError, match=r"cannot be used: the disk is full. Free some"):
        swept(path)
    monkeypatch.setattr(local, "_put", put)
    half = xarray.open_zarr(path, consolidated=False, chunks=None).load()
    done = half["status"].values == 1
    for name in ("concurrence", "concurrence_error", "n_max", "error"):
        assert np.array_equal(half[name].values[done], reference[name].values[done])
    assert swept(path).load().identical(reference)


def test_a_disk_that_is_really_full(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k,nr_inodes=90", "tmpfs", str(small)]
    if subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("this machine does not let root mount")
    try:
        with pytest.raises(StoreError, match="the disk is full"):
            swept(small / "study.zarr", block=1, observables=["concurrence", "populations"])
        half = xarray.open_zarr(small / "study.zarr", consolidated=False, chunks=None).load()
        done = half["status"].values == 1
        assert 0 < done.sum() < done.size
        assert np.all(np.isfinite(half["concurrence"].values[done]))
        moved = shutil.copytree(small / "study.zarr", tmp_path / "study.zarr")
    finally:
        subprocess.run(["umount", str(small)], check=True)
    data = swept(moved, block=1, observables=["concurrence", "populations"]).load()
    assert data.identical(swept(block=1, observables=["concurrence", "populations"]))


def test_a_folder_that_cannot_be_written(tmp_path):
    with pytest.raises(StoreError, match="There is no folder"):
        swept(tmp_path / "missing" / "study.zarr")
    target = Path("/proc/study.zarr")  # not even root can write there
    with pytest.raises(StoreError, match="cannot be used"):
        swept(target)


def test_what_is_no_store_is_left_alone(tmp_path):
    other = tmp_path / "precious"
    other.mkdir()
    (other / "data.txt").write_text("mine")
    with pytest.raises(StoreError, match="exists and is no store of a sweep"):
        swept(other)
    assert (other / "data.txt").read_text() == "mine"
    file = tmp_path / "file.zarr"
    file.write_text("mine")
    with pytest.raises(StoreError, match="exists and is no store of a sweep"):
        swept(file)


def test_damaged_chunks_are_errors_and_not_numbers(tmp_path):
    path = tmp_path / "study.zarr"
    data = swept(path)
    chunk = path / "concurrence" / "c" / "1" / "0"
    content = bytearray(chunk.read_bytes())
    content[-6] ^= 1
    chunk.write_bytes(content)
    with pytest.raises((ValueError, RuntimeError), match="checksum"):
        data["concurrence"].load()


def test_two_processes_do_not_share_a_store(tmp_path):
    path = tmp_path / "study.zarr"
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path\n"
            "from thermalent.sweeping.storage.lock import locked\n"
            "with locked(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()",
            str(tmp_path / ".study.zarr.thermalent" / "lock"),
        ],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(StoreError, match=rf"is being written by process {holder.pid} on "):
        swept(path)
    holder.kill()  # whoever dies lets go
    holder.wait()
    assert swept(path)["status"].values.all()


def test_two_threads_do_not_share_a_store_either(tmp_path):
    path = tmp_path / "lock"
    with locked(path):
        with pytest.raises(Locked, match=rf"this process \({os.getpid()}\)"), locked(path):
            pass
        assert path.exists()
    assert not path.exists()


def test_block_sizes_stay_as_the_study_began(tmp_path, counted, reference):
    swept(tmp_path / "study.zarr", block=2)
    counted.clear()
    for block in (None, 1):
        data = swept(tmp_path / "study.zarr", block=block)
        assert data.attrs["block"] == [1, 2]
        assert np.array_equal(data["concurrence"].values, reference["concurrence"].values)
    assert counted == []


def test_a_store_that_a_kill_left_aside_goes_on_with_its_blocks(tmp_path, counted, reference):
    """As a kill between the two renames of an extension leaves it; other blocks would be mixed."""
    path, aside = tmp_path / "study.zarr", tmp_path / ".study.zarr.thermalent"
    swept(path, block=2)
    (path / "status" / "c" / "1" / "0").unlink()
    aside.mkdir()
    path.rename(aside / "before")
    counted.clear()
    data = swept(path, block=None)
    assert counted == [2]
    assert data["status"].values.all()
    assert data.attrs["block"] == [1, 2]
    assert np.array_equal(data["concurrence"].values, reference["concurrence"].values)


def test_what_a_kill_left_in_and_beside_a_store_is_removed(tmp_path):
    """Unfinished chunks and copies, by their names; all else stays."""
    space = Workspace(tmp_path / "study.zarr")
    inside = space.store / "status" / "c"
    inside.mkdir(parents=True)
    (space.folder / f"new-{'0' * 32}").mkdir(parents=True)
    (space.folder / "new-mine").mkdir()
    partial = f"{'a' * 32}.partial"
    for name in (f"0.{partial}", f"zarr.{partial}", f"mine.{partial}", "0", "zarr.json"):
        (inside / name).touch()
    space.tidy()
    assert sorted(path.name for path in inside.iterdir()) == ["0", f"mine.{partial}", "zarr.json"]
    assert [path.name for path in space.folder.iterdir()] == ["new-mine"]


def test_a_store_that_is_replaced_while_it_is_opened_is_refused(tmp_path, monkeypatch):
    from thermalent.sweeping.study import description

    swept(tmp_path / "study.zarr", block=2)
    monkeypatch.setattr(description, "stored_block", lambda path, digest: None)
    with pytest.raises(StoreError, match=r"was replaced while it was being opened"):
        swept(tmp_path / "study.zarr", block=3)


def test_strings_and_tuples_are_coordinates(tmp_path):
    grid = te.points(
        [{"n_th": 1.0, "kappa": 0.5, "detuning": d} for d in ((0.1, -0.1), (0.2, -0.2))]
    )
    data = swept(tmp_path / "study.zarr", grid=grid)
    assert data["detuning"].values.tolist() == ["[0.1, -0.1]", "[0.2, -0.2]"]
    assert "detuning" in data.coords
    assert data.load().identical(swept(grid=grid))


def test_missing_chunks_of_data_read_as_open(tmp_path, monkeypatch):
    """Ctrl-C between two blocks: the first is there, the others are open."""
    compute, calls = tasks.compute, []

    def interrupted(*arguments):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return compute(*arguments)

    monkeypatch.setattr(tasks, "compute", interrupted)
    with pytest.raises(KeyboardInterrupt):
        swept(tmp_path / "study.zarr")
    half = xarray.open_zarr(tmp_path / "study.zarr", consolidated=False, chunks=None)
    assert half["status"].values.tolist() == [[1] * 3, [0] * 3, [0] * 3, [0] * 3]
    assert np.isnan(half["concurrence"].values[1:]).all()


def test_a_long_ensemble_goes_on_where_it_was_interrupted(tmp_path, monkeypatch):
    """The blocks of one point: on the disk as they come, not computed twice, the same bits."""
    from thermalent.sweeping.execution import ensembles
    from thermalent.sweeping.storage import partial_ensembles

    path, monkey = tmp_path / "study.zarr", monkeypatch
    options = {
        "grid": {"n_th": [5.0, 6.0], "kappa": [0.5]}, "block": 2, "observables": ["populations"],
        "method": te.FieldTrajectories(n=640, seed=3),
    }  # fmt: skip
    whole = swept(**options)
    monkey.setattr(partial_ensembles, "EVERY", 0.0)
    computed, sums = [], ensembles.block_mean

    def count(walk, reader, n, number):
        if len(computed) == 15:
            raise KeyboardInterrupt
        computed.append(number)
        return sums(walk, reader, n, number)

    monkey.setattr(ensembles, "block_mean", count)
    with pytest.raises(KeyboardInterrupt):
        swept(path, **options)
    kept = sum(1 for _ in (tmp_path / ".study.zarr.thermalent" / "parts").rglob("*.npz"))
    assert 10 <= kept <= 15  # the first point is kept too: its block is not complete
    computed.clear()
    computed.append(None)  # no interruption any more
    monkey.setattr(ensembles, "block_mean", lambda *a: computed.append(a[3]) or sums(*a))
    data = swept(path, **options, executor=2)
    assert len(computed) - 1 == 20 - kept
    for name in whole:
        assert np.array_equal(data[name].values, whole[name].values)
    assert [p.name for p in tmp_path.iterdir()] == ["study.zarr"]
