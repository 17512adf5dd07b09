"""Stores on disks that fail, fill up, vanish or cannot be written."""

import errno
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import thermalent as te
from tests.support.small_stores import swept
from thermalent.stochastic.step_bias import ExtrapolatedBlock
from thermalent.sweeping.execution import tasks
from thermalent.sweeping.failures import StoreError
from thermalent.sweeping.storage import partial_ensembles
from thermalent.sweeping.storage.lock import locked
from thermalent.sweeping.storage.store import Store


def present(folder):
    """The part of an ensemble, of which something is on the disk."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "0.npz").touch()
    return partial_ensembles.Part(folder)


class TestDisks:
    def test_a_store_that_vanishes_ends_the_sweep_at_the_next_block(self, tmp_path, monkeypatch):
        path, compute, calls = tmp_path / "study.zarr", tasks.compute, []

        def vanishing(*arguments):
            calls.append(1)
            if len(calls) == 2:
                shutil.rmtree(path)
            return compute(*arguments)

        monkeypatch.setattr(tasks, "compute", vanishing)
        with pytest.raises(StoreError, match="was removed or replaced"):
            swept(path)
        assert len(calls) == 2
        assert not path.exists()

    @pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
    def test_a_finished_store_is_read_where_nothing_can_be_written(self, store):
        self.check_read_only(store)

    def test_a_finished_store_is_read_without_a_lock(self, store, monkeypatch):
        from thermalent.sweeping.storage import workspace

        def refused(path):
            raise OSError(errno.EROFS, "Read-only file system")

        monkeypatch.setattr(workspace, "locked", refused)
        self.check_read_only(store)

    @staticmethod
    def check_read_only(store):
        mode = store.parent.stat().st_mode
        store.parent.chmod(0o555)
        try:
            assert swept(store)["status"].values.all()
            (store / "status" / "c" / "0" / "0").unlink(missing_ok=True)
            with pytest.raises(StoreError, match="cannot be written"):
                swept(store)
        finally:
            store.parent.chmod(mode)

    @pytest.mark.parametrize("where", ["load", "keep"])
    def test_a_disk_that_fails_is_not_a_failed_point(self, tmp_path, monkeypatch, where):
        path = tmp_path / "study.zarr"
        options = {"executor": 1, "method": te.FieldTrajectories(n=128, seed=3)}
        grid = {"n_th": [5.0], "kappa": [0.5]}

        def full(*_):
            raise OSError(errno.EFBIG, "File too large")

        with monkeypatch.context() as patch:
            patch.setattr(partial_ensembles, "EVERY", 0.0)
            if where == "keep":
                patch.setattr(partial_ensembles.Part, "_save", full)
            else:
                part = tmp_path / ".study.zarr.thermalent" / "parts"
                patch.setattr(partial_ensembles, "_read", full)
                patch.setattr(partial_ensembles.Parts, "of", lambda *_: present(part))
            with pytest.raises(StoreError, match=r"disk is full"):
                te.sweep(te.thermal_link, grid, "concurrence", store=path, **options)
        data = te.sweep(te.thermal_link, grid, "concurrence", store=path, **options)
        assert data["status"].values.tolist() == [[1]]

    @pytest.mark.parametrize(
        "use",
        [
            lambda store: store.done(),
            lambda store: store.finished(0),
            lambda store: store.columns(0),
            lambda store: store.write(0, {"status": 1}),
            lambda store: store.read(),
        ],
        ids=["done", "finished", "columns", "write", "read"],
    )
    def test_an_error_of_the_disk_is_one_of_the_store(self, tmp_path, monkeypatch, use):
        class Unreadable:
            def __getitem__(self, chosen):
                raise OSError(errno.EIO, "Input/output error")

        stores, done = [], Store.done
        with monkeypatch.context() as patch:
            patch.setattr(Store, "done", lambda self: stores.append(self) or done(self))
            swept(tmp_path / "study.zarr")
        (store,) = stores
        store._arrays = {"status": Unreadable()}
        store._present, store._retry = {0}, True  # points are tried again if their status says so
        monkeypatch.setattr(os.path, "samestat", lambda *_: Unreadable()[0])
        with pytest.raises(StoreError, match="cannot be used: input/output error"):
            use(store)

    def test_parts_that_nobody_needs_any_more_go_with_a_finished_sweep(self, tmp_path):
        stale = tmp_path / ".study.zarr.thermalent" / "parts" / "of-another-method" / "0-0"
        stale.mkdir(parents=True)
        (stale / "0.npz").write_bytes(b"stale")
        swept(tmp_path / "study.zarr")
        assert [path.name for path in tmp_path.iterdir()] == ["study.zarr"]

    @pytest.mark.parametrize("operation", ["rmdir", "glob"])
    def test_parts_that_cannot_be_removed_harm_nobody(self, tmp_path, monkeypatch, operation):
        usual = getattr(Path, operation)

        def failing(self, *pattern):
            if pattern not in [(), ("0-*",)]:  # not of the parts
                return usual(self, *pattern)
            raise OSError(errno.EIO, "Input/output error")

        method = te.FieldTrajectories(n=128, seed=3, burn_in=5.0, window=5.0)
        monkeypatch.setattr(partial_ensembles, "EVERY", 0.0)
        monkeypatch.setattr(Path, operation, failing)
        data = te.sweep(
            te.thermal_link, {"n_th": [5.0], "kappa": [0.5]}, "concurrence", method=method,
            store=tmp_path / "study.zarr", executor=1,
        )  # fmt: skip
        assert data["status"].values.tolist() == [[1]]

    def test_a_lock_file_that_cannot_be_removed_is_let_go(self, tmp_path, monkeypatch):
        def failing(self):
            raise OSError(errno.EIO, "Input/output error")

        with monkeypatch.context() as patch:
            patch.setattr(Path, "unlink", failing)
            with locked(tmp_path / "lock"):
                pass
        assert (tmp_path / "lock").exists()
        with locked(tmp_path / "lock"):
            pass
        assert not (tmp_path / "lock").exists()

    # Zarr wonders what is left of the array.
    @pytest.mark.filterwarnings("ignore:.*is not recognized as a component")
    def test_a_store_that_loses_an_array_while_it_is_filled_is_damaged(self, tmp_path, monkeypatch):
        path, compute = tmp_path / "study.zarr", tasks.compute

        def losing(*arguments):
            shutil.rmtree(path / "concurrence", ignore_errors=True)
            return compute(*arguments)

        monkeypatch.setattr(tasks, "compute", losing)
        with pytest.raises(StoreError, match="is damaged"):
            swept(path)

    def test_a_damaged_part_is_computed_again(self, tmp_path):
        part = partial_ensembles.Part(tmp_path)
        (tmp_path / "0.npz").write_bytes(b"PK\x03\x04 torn")
        assert list(part.load()) == []

    @pytest.mark.parametrize("mark", [b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06"])
    def test_no_bit_of_an_archive_makes_another_part_or_an_error(self, tmp_path, mark):
        """Flags, methods, sizes and offsets of its directory, which have no checksum."""
        part, path = partial_ensembles.Part(tmp_path), tmp_path / "0.npz"
        values = np.random.default_rng(1).normal(size=(3, 1, 2, 2))
        part._unsaved = [
            ExtrapolatedBlock(
                count=64, mean=values[0], scatter=values[1], fine=values[2], coarse=None
            )
        ]
        part._save()
        content = path.read_bytes()
        begin = content.index(mark)
        outcomes = set()
        for bit in range(8 * begin, 8 * min(begin + 46, len(content))):
            damaged = bytearray(content)
            damaged[bit // 8] ^= 1 << bit % 8
            path.write_bytes(damaged)
            read = partial_ensembles._read(path)
            outcomes.add(read is None)
            if read is not None:
                assert [block.count for block in read] == [64]
                assert np.array_equal([read[0].mean, read[0].scatter, read[0].fine], values)
        assert True in outcomes
