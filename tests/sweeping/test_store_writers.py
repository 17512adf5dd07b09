"""One writer per store, whatever the others do."""

import subprocess
import sys

import pytest

from tests.support.small_stores import swept
from thermalent.sweeping.failures import StoreError
from thermalent.sweeping.storage.lock import Locked, locked

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
