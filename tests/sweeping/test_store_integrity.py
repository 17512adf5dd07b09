"""Stores that are damaged or in the way of others; points tried again."""

from contextlib import nullcontext

import numpy as np
import pytest

import thermalent as te
from tests.support.small_stores import GRID, swept
from thermalent.cli import main
from thermalent.sweeping.failures import StoreError
from thermalent.sweeping.storage.integrity import check_store


@pytest.fixture(scope="module")
def whole(template):
    return swept(template).load()


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
