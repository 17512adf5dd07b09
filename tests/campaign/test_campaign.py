"""A small share of the campaign, and that its judges notice what is wrong."""

import os
import random
import sys
import time
from pathlib import Path

import pytest
from numba.np.ufunc import parallel

from tests.campaign import changes, faults, flips, kills, report, stores, victims
from tests.campaign.children import Child
from tests.campaign.outcomes import Kept, Outcome, Task
from thermalent.sweeping.storage.identity.code import pieces

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="processes are watched and disks made as Linux does"
)


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(kills, "EACH", 2)


def wrong(outcomes):
    return [outcome.wrong for outcome in outcomes if outcome.wrong]


@pytest.mark.parametrize(
    "kind",
    [
        "in process",
        "ensembles",
        pytest.param("loky", marks=pytest.mark.long),
        pytest.param("Dask", marks=pytest.mark.long),
        pytest.param("grid extension", marks=pytest.mark.long),
    ],
)
def test_a_killed_sweep_ends_with_the_same_bytes(few, kind):
    outcomes = kills.run(Task("kills", kind, 0), seed=20250627)
    assert len(outcomes) == 2
    assert not wrong(outcomes)


def with_the_lock(pipe):
    parallel._backend_init_process_lock.acquire()
    pipe.send(("entered", "the lock"))
    time.sleep(600)


def takes_the_lock(pipe):
    return parallel._backend_init_process_lock.acquire(timeout=5)


def test_a_process_that_is_killed_leaves_no_lock_to_the_next_ones():
    """That of numba is shared by all that are forked from one server."""
    first = Child(with_the_lock)
    assert first.next()[0] == "entered"
    assert first.kill()
    assert Child(takes_the_lock).last() == ("returned", True)


@pytest.mark.parametrize("kind", faults.KINDS)
def test_a_fault_of_the_disk_is_told_and_forgotten(kind):
    if kind == "full disk" and not small_disks():
        pytest.skip("this machine allows no file systems of one's own")
    assert not wrong(faults.run(Task("faults", kind, 0), seed=7))


def small_disks():
    """Whether a process may have a file system of its own here, which containers may forbid."""
    message = Child(faults.on_a_small_disk, None, 0).last()
    return not (message[0] == "raised" and issubclass(message[1], PermissionError))


@pytest.mark.parametrize("kind", ["unfinished", "unfinished ensemble"])
def test_a_flipped_bit_is_told_or_mended(kind):
    assert not wrong(flips.run(Task("flips", kind, 0), seed=5))


@pytest.mark.parametrize("kind", ["refused", "accepted"])
def test_a_change_of_code_is_judged_rightly(kind):
    assert not wrong(changes.run(Task("changes", kind, 0), seed=1))


def test_every_change_of_code_is_told_from_what_changes_nothing(tmp_path):
    before, after = Child(all_pieces, str(tmp_path)).last()[1]
    for change, one, other in zip(changes.CHANGED + changes.UNCHANGED, before, after, strict=True):
        assert (one != other) == (change in changes.CHANGED), change


def all_pieces(pipe, folder):
    """The pieces of the project before and after each change, in a process of their own."""
    os.chdir(folder)
    sys.path.insert(0, folder)
    sys.dont_write_bytecode = True
    every = changes.CHANGED + changes.UNCHANGED
    plain = {builder: told(changes.FILES, builder) for builder in {c.builder for c in every}}
    return [plain[c.builder] for c in every], [told(changes.edited(c), c.builder) for c in every]


def told(files, builder):
    import importlib

    changes.written(Path.cwd(), files)
    for name in [name for name in sys.modules if name.split(".")[0] in ("study", "physics")]:
        del sys.modules[name]
    importlib.invalidate_caches()
    study = importlib.import_module("study")
    found = pieces({"builder": eval(builder, vars(study)), "purity": study.purity})
    return {name: words for name, words in found.items() if not name.startswith("builder ")}


def test_the_judges_notice(tmp_path):
    """A byte that differs, a point computed again, a point that is lost."""
    order = victims.Order(folder=str(tmp_path))
    files = stores.undisturbed("points", 0)
    other = {**files, "status/c/0/0": b"other"}
    assert "other bytes in status/c/0/0" in stores.difference(other, files)
    del other["status/c/0/0"]
    assert "lacks status/c/0/0" in stores.difference(other, files)
    for name, content in other.items():
        path = order.store / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    found = stores.finished_points(order)
    size = len(order.grid["n_th"]) * len(order.grid["kappa"])
    assert size - victims.BLOCK <= len(found) < size
    experiment = kills._Experiment(Task("kills", "in process", 0), order, random.Random(0), None)
    with experiment._checked():
        first = [float(values[0]) for values in order.grid.values()]
        again = sorted(found)[-1]
        order.log.write_text("".join(f"{n_th!r} {kappa!r}\n" for n_th, kappa in (first, again)))
        (order.store / "status" / "c" / "1" / "0").unlink()
    assert [words.split(" ", 1)[1] for words in experiment.wrong] == [
        "finished points are lost", "finished points were computed again",
    ]  # fmt: skip


def test_a_campaign_goes_on_where_it_was_stopped(tmp_path):
    tasks = [*kills.tasks(100), *faults.tasks(20), *flips.tasks(20), *changes.tasks(1000)]
    kept = Kept(tmp_path / "1.jsonl")
    outcome = Outcome(family="kills", kind="loky", index=0, where="solving", answer="resumed")
    kept.add(tasks[0], [outcome])
    again = Kept(tmp_path / "1.jsonl")
    assert again.outcomes == [outcome]
    assert again.left(tasks) == tasks[1:]
    assert 100 <= sum(task.family == "kills" for task in tasks) * kills.EACH < 130
    text = report.page(again.outcomes, seed=1, complete=False)
    assert "1 kills, **0 lost or wrong**. It was stopped before its end." in text
