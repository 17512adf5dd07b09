"""A sample of a small package from beginning to end, and what the failing of tests is taken for."""

import json
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutation import forking, trying
from tests.mutation.forking import forked
from tests.mutation.mutants import mutants
from tests.mutation.snapshot import ROOT, changed_copy, environment
from tests.mutation.trying import Trial

MODULE = """\
from thermalent.support.machine.compiled import compiled

HALF = -0.5

@compiled()
def kernel(x):
    return 3.0 - x

def quick(x):
    return -HALF * kernel(x)

def sized(x):
    return abs(-x)
"""
APART = """\
def elsewhere(x):
    return x + 1
"""
TESTS = """\
import subprocess, sys
from thermalent.room.module import quick, sized

def test_quick():
    assert quick(1.0) == 1.0

def test_sized():
    assert sized(-2.0) == 2.0

def test_wrong():
    assert quick(1.0) == 7.0

def test_elsewhere():
    program = "from thermalent.room.apart import elsewhere as f; assert f(1) == 2"
    subprocess.run([sys.executable, "-c", program], check=True)
"""


@pytest.fixture
def tree(tmp_path):
    """A small package, with its tests and those of this tool's modules that it needs."""
    for path, text in {
        "thermalent/__init__.py": "",
        "thermalent/room/__init__.py": "",
        "thermalent/room/module.py": MODULE,
        "thermalent/room/apart.py": APART,
        "tests/room/test_module.py": TESTS,
        "tests/kept_results/calling.py": "def vocabulary():\n    pass\n",
        "tests/kept_results/test_kept_results.py": "def test_nothing():\n    pass\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    for name in ("support/__init__.py", "support/machine"):
        source, target = (place / "thermalent" / name for place in (ROOT, tmp_path))
        target.parent.mkdir(exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    left_out = shutil.ignore_patterns("test_*", "__pycache__")
    shutil.copytree(Path(__file__).parent, tmp_path / "tests" / "mutation", ignore=left_out)
    return tmp_path


def test_a_sample_of_a_small_package(tree, tmp_path):
    """A sign in a kernel and one of a constant are noticed, one within a modulus survives."""
    command = [sys.executable, "-m", "tests.mutation", "--kinds", "sign", "--jobs", "1"]
    command += ["--only", "thermalent/room"]
    # Each of a dozen processes would load the plugins of pytest that are installed, for nothing.
    alone = environment(tree) | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    ended = subprocess.run(command, cwd=tree, env=alone, capture_output=True, text=True)
    decided = re.findall(
        r"^(\w+) .*/(\w+.py:\d+) \[sign\] .*  \((.*?)( .*)?\)$", ended.stdout, re.MULTILINE
    )
    outcomes = {line: (outcome, test) for outcome, line, test, _ in decided}
    test = "tests/room/test_module.py::test_quick"
    started = "tests/room/test_module.py::test_elsewhere"
    assert outcomes == {
        "module.py:3": ("noticed", test),  # the constant
        "module.py:7": ("noticed", test),  # the kernel
        "module.py:10": ("noticed", test),
        "module.py:13": ("survived", ""),  # within the modulus
        "apart.py:2": ("noticed", started),  # by a process that the test starts
    }, ended.stdout + ended.stderr
    assert "4 of 5 changes that alter something are noticed: 80 +- 18 %" in ended.stdout
    assert "test_wrong" not in ended.stdout  # which fails anyway
    assert (tree / "thermalent/room/module.py").read_text() == MODULE


def test_a_sample_that_is_stopped_leaves_nothing_behind(tree, tmp_path):
    place = tmp_path / "temporary"
    place.mkdir()
    command = [sys.executable, "-m", "tests.mutation", "--only", "thermalent/room/module.py"]
    running = subprocess.Popen(
        command, cwd=tree, env=environment(tree) | {"TMPDIR": str(place)}, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    running.stdout.readline()  # the seed: the snapshot is there
    assert list(place.iterdir())
    running.send_signal(signal.SIGTERM)
    running.wait()
    assert not list(place.iterdir())


ENDLESS = """\
import os, time

def test_passes():
    pass

def test_loops():
    while True:
        pass

def test_waits():
    time.sleep(1000)

def test_ends():
    os.abort()
"""


@pytest.mark.parametrize(
    ("test", "status"),
    [("passes", 0), ("loops", -signal.SIGXCPU), ("waits", None), ("ends", -signal.SIGABRT)],
)
def test_a_test_that_never_ends_is_named(tmp_path, monkeypatch, test, status):
    """By CPU time, where a test computes; a process that computes nothing is ended as well."""
    monkeypatch.setattr(trying, "_MORE", 0.5)
    monkeypatch.setattr(forking, "_LOOK", 2)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "test_endless.py").write_text(ENDLESS)
    name = f"test_endless.py::test_{test}"
    trial = Trial(["test_endless.py"], 60.0, tmp_path / "report", {name: 0.0})
    ((_, ended),) = forked({test: trial.run}, 1)
    assert ended.status == status
    report = json.loads((tmp_path / "report").read_text())
    assert report == (
        {"passed": 1, "done": True} if status == 0 else {"passed": 0, "running": name}
    )


def test_a_copy_with_a_change_leaves_the_original_alone(tmp_path):
    tree = tmp_path / "tree"
    (tree / "thermalent").mkdir(parents=True)
    (tree / "thermalent" / "one.py").write_text("ONE = 2 - 1\n")
    mutant = mutants(Path("thermalent/one.py"), b"ONE = 2 - 1\n")[0]
    copy = changed_copy(tree, tmp_path / "copy", mutant)
    assert (copy / mutant.path).read_bytes() == mutant.applied(b"ONE = 2 - 1\n")
    assert (tree / mutant.path).read_text() == "ONE = 2 - 1\n"
