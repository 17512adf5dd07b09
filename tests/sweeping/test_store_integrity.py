"""Stores that are damaged, in the way of others, read-only, or gone; points tried again."""

import errno
import os
import shutil
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

import thermalent as te
from thermalent.cli import main
from thermalent.stochastic.step_bias import ExtrapolatedBlock
from thermalent.sweeping.execution import tasks
from thermalent.sweeping.failures import StoreError
from thermalent.sweeping.storage import partial_ensembles
from thermalent.sweeping.storage.integrity import check_store
from thermalent.sweeping.storage.lock import Locked, locked
from thermalent.sweeping.storage.store import Store

GRID = {"n_th": np.geomspace(0.5, 50, 4), "kappa": np.geomspace(0.05, 2, 3)}


def swept(store, **options):
    options = {"executor": 1, "block": 3, **options}
    grid = options.pop("grid", GRID)
    return te.sweep(te.thermal_link, grid, ["concurrence"], store=store, **options)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    path = tmp_path_factory.mktemp("template") / "study.zarr"
    swept(path)
    return path


@pytest.fixture(scope="module")
def whole(template):
    return swept(template).load()


@pytest.fixture
def store(template, tmp_path):
    return Path(shutil.copytree(template, tmp_path / "study.zarr"))


def files(store):
    return sorted(path for path in store.rglob("*") if path.is_file())


def flip(path, rng):
    content = bytearray(path.read_bytes())
    content[rng.integers(len(content))] ^= 1 << int(rng.integers(8))
    path.write_bytes(content)


class TestDamage:
    def test_a_whole_store_is_whole(self, store, capsys):
        report = check_store(store)
        assert report.ok
        assert (report.finished, report.unchecked) == (4, False)
        with pytest.raises(SystemExit, match="0"):
            main(["show", str(store), "--check"])
        assert "nothing is damaged" in capsys.readouterr().out

    @pytest.mark.parametrize(
        "seed", [*range(12), *(pytest.param(n, marks=pytest.mark.long) for n in range(12, 200))]
    )
    def test_a_flipped_bit_is_noticed_or_changes_nothing(self, whole, store, seed):
        """In any file: never another number, coordinate or attribute, never a traceback."""
        rng = np.random.default_rng(seed)
        path = files(store)[int(rng.integers(len(files(store))))]
        flip(path, rng)
        report = check_store(store)
        if report.metadata:
            with pytest.raises(StoreError, match=r"damaged|of another study"):
                swept(store)
            return
        with pytest.warns(UserWarning, match="damaged") if report.blocks else nullcontext():
            data = swept(store).load()
        assert data.identical(whole)

    @pytest.mark.parametrize("name", ["concurrence", "message", "n_max", "status", "kappa"])
    def test_a_lost_chunk_is_noticed(self, whole, store, name):
        chunk = next(path for path in files(store) if path.parts[-3:-1] == (name, "c") or
                     path.parts[-4:-2] == (name, "c"))  # fmt: skip
        chunk.unlink()
        report = check_store(store)
        if name == "status":  # that block counts as not done
            assert report.ok
            assert report.finished == 3
        elif name == "kappa":
            assert "the values of 'kappa' are missing" in str(report)
            with pytest.raises(StoreError, match="damaged"):
                swept(store)
            return
        else:
            assert len(report.blocks) == 1
            assert check_store(store, repair=True).blocks == report.blocks
            assert check_store(store).ok
        assert swept(store).load().identical(whole)

    def test_a_store_without_readable_metadata_is_damaged_and_no_other_folder(self, store):
        """Who is told that it is no store of a sweep would choose another path and lose it."""
        (store / "zarr.json").write_text('{"zarr_format": 3, "node_ty')
        with pytest.raises(StoreError, match="is damaged: "):
            swept(store)
        for path in (store / "status").rglob("zarr.json"):
            path.unlink()
        with pytest.raises(StoreError, match="exists and is no store of a sweep"):
            swept(store)

    @pytest.mark.parametrize("damage", ["lost", "flipped"])
    def test_damage_is_not_carried_over_into_an_extended_store(self, store, tmp_path, damage):
        longer = {**GRID, "kappa": [*GRID["kappa"], 4.0]}
        chunk = store / "concurrence" / "c" / "1" / "0"
        if damage == "lost":
            chunk.unlink()
        else:
            flip(chunk, np.random.default_rng(1))
        with pytest.warns(UserWarning, match="1 of 4 finished blocks .* damaged"):
            extended = swept(store, grid=longer, accept="grid").load()
        assert np.array_equal(extended["concurrence"], swept(None, grid=longer)["concurrence"])
        assert extended["status"].values.all()

    def test_damage_is_one_line_on_the_command_line(self, store, capsys):
        chunk = store / "concurrence" / "c" / "1" / "0"
        content = bytearray(chunk.read_bytes())
        content[-6] ^= 1
        chunk.write_bytes(content)
        for arguments, words in (
            (["show", str(store)], "--check"),
            (["show", str(store), "--check"], "1 of 4 finished blocks are damaged"),
            (["show", str(store), "--check", "--repair"], "marked as not computed"),
        ):
            with pytest.raises(SystemExit, match="1"):
                main(arguments)
            error = capsys.readouterr().err
            assert words in error
            assert error.count("\n") == 1

    def test_what_is_no_store_is_said(self, tmp_path):
        with pytest.raises(ValueError, match=r"`store` must be a folder"):
            check_store(tmp_path / "none")
        with pytest.raises(StoreError, match="no store of a sweep"):
            check_store(tmp_path)


class TestFilesOfOthers:
    def test_they_stay(self, store):
        own = [
            store.with_name("study.zarr.before"), store.with_name("study.zarr.new-backup"),
            store.with_name("study.zarr.lock"), store / "mine.partial",
        ]  # fmt: skip
        for path in own:
            path.write_text("mine")
        swept(store, accept="grid")
        for path in own:
            assert path.read_text() == "mine"

    def test_a_name_with_a_star_is_a_name(self, tmp_path):
        other = tmp_path / "a.zarr.new-1"
        other.mkdir()
        swept(tmp_path / "*.zarr")
        assert other.is_dir()

    def test_a_linked_lock_is_not_followed(self, tmp_path):
        target = tmp_path / "precious"
        target.write_text("mine")
        folder = tmp_path / ".study.zarr.thermalent"
        folder.mkdir()
        (folder / "lock").symlink_to(target)
        with pytest.raises(StoreError, match="is a link"):
            swept(tmp_path / "study.zarr")
        assert target.read_text() == "mine"
        (folder / "lock").unlink()
        folder.rmdir()
        folder.symlink_to(tmp_path)
        with pytest.raises(StoreError, match="is no folder"):
            swept(tmp_path / "study.zarr")

    def test_the_working_folder_goes_with_the_sweep(self, tmp_path):
        swept(tmp_path / "study.zarr")
        assert [path.name for path in tmp_path.iterdir()] == ["study.zarr"]


HOLD = """
import sys
from contextlib import nullcontext
from pathlib import Path
from thermalent.sweeping.storage.lock import held, locked
with {how}(Path(sys.argv[1])):
    print("held", flush=True)
    {then}
    sys.stdin.read()
"""


def holder(path, how="locked", then="pass"):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD.format(how=how, then=then), str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout.readline() == "held\n"
    return process


class TestOneWriter:
    def test_also_through_a_link(self, store):
        link = store.with_name("link.zarr")
        link.symlink_to(store)
        process = holder(store.with_name(".study.zarr.thermalent") / "lock")
        with pytest.raises(StoreError, match=f"process {process.pid}"):
            swept(link)
        process.kill()
        process.wait()
        assert swept(link)["status"].values.all()

    def test_also_when_the_lock_file_is_removed(self, store):
        process = holder(store / "status" / "zarr.json", "held")
        with pytest.raises(StoreError, match="is being written by another process"):
            swept(store)
        process.kill()
        process.wait()
        assert swept(store)["status"].values.all()

    def test_also_when_the_holder_opens_and_closes_the_file(self, tmp_path):
        process = holder(tmp_path / "lock", then="open(sys.argv[1]).close()")
        with pytest.raises(Locked), locked(tmp_path / "lock"):
            pass
        process.kill()
        process.wait()

    def test_a_forked_child_does_not_keep_it(self, tmp_path):
        # The child has left the lock behind once it runs Python again.
        then = "import os, time; os.fork() or (print('forked', flush=True), time.sleep(60))"
        process = holder(tmp_path / "lock", then=then)
        assert process.stdout.readline() == "forked\n"
        process.kill()
        process.wait()
        with locked(tmp_path / "lock"):
            pass


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


class TestRetry:
    def flaky(self, broken):
        def builder(n_th, kappa):
            if n_th > 1 and broken.exists():
                raise MemoryError("for now")
            return te.thermal_link(n_th, kappa)

        return builder

    def test_failed_points_are_tried_again_on_demand(self, tmp_path):
        path, broken = tmp_path / "study.zarr", tmp_path / "broken"
        broken.touch()
        grid = {"n_th": [0.5, 2.0, 8.0], "kappa": [0.5]}
        options = {"store": path, "executor": 1, "block": 2}

        def run(**more):
            builder = self.flaky(broken)
            return te.sweep(builder, grid, "concurrence", **options, **more).load()

        assert run()["status"].values.ravel().tolist() == [1, 2, 2]
        broken.unlink()
        assert run()["status"].values.ravel().tolist() == [1, 2, 2]  # as it was left
        again = run(retry="failed")
        assert again["status"].values.ravel().tolist() == [1, 1, 1]
        assert again["message"].values.ravel().tolist() == ["", "", ""]
        fresh = te.sweep(self.flaky(broken), grid, "concurrence", executor=1, block=2)
        assert np.array_equal(again["concurrence"].values, fresh["concurrence"].values)

    def test_another_word_is_refused(self, tmp_path):
        with pytest.raises(ValueError, match=r"`retry` must be 'failed' or None"):
            swept(tmp_path / "s.zarr", retry="all")
