"""That a change is tried by the tests that run it, and what their failing is taken for."""

from pathlib import Path

import pytest

pytest.importorskip("pytest_cov", reason="measures which tests run what")

from tests.mutation import trees
from tests.mutation.mutants import mutants
from tests.mutation.reach import Reach, lines_before, statement
from tests.mutation.recording import read, record, recordings
from tests.mutation.running import Ran, first_failure, tried

MODULE = """\
from thermalent.kernels import compiled

_HALF = 0.5


@compiled()
def kernel(x):
    return 1 * x - 1


def quick(x):
    if x < 0:
        return _HALF * (
            x
            - 1
        )
    return kernel(x)


def unused(x):
    return x + 2
"""
TESTS = """\
from thermalent.room.module import quick

def test_negative():
    assert quick(-1) == -1

def test_positive():
    assert quick(3) == 2

def test_wrong():
    assert quick(3) == 0
"""
PATH = Path("thermalent/room/module.py")


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A small package with its tests, and what they run."""
    root = tmp_path_factory.mktemp("tree")
    kernels = "def compiled():\n    return lambda function: function\n"
    for path, text in {
        "thermalent/__init__.py": "",
        "thermalent/kernels.py": kernels,
        "thermalent/room/__init__.py": "",
        str(PATH): MODULE,
        "tests/__init__.py": "",
        "tests/mutation/__init__.py": "",
        "tests/mutation/pytest_order.py": Path(__file__).with_name("pytest_order.py").read_text(),
        "tests/room/test_module.py": TESTS,
        "tests/agreement/test_all.py": "def test_nothing():\n    pass\n",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        # The tests of the small package need no other plugin, and most of the time is for those.
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        patch.setenv("PYTEST_PLUGINS", "pytest_cov.plugin")
        record(root, root / "recordings", 1)
        yield root


def names(stages):
    return [[test.partition("::")[2] for test in stage] for stage in stages]


def change(tree, kind, old):
    source = (tree / PATH).read_bytes()
    return next(
        one
        for one in mutants(PATH, source)
        if one.kind == kind and source[one.start : one.end].decode().split() == old.split()
    )


def test_a_line_is_tried_by_the_tests_that_run_it(tree):
    reach = Reach(read(tree / "recordings"), tree)
    assert names(reach.tests(change(tree, "comparison", "x < 0"))) == [
        ["test_negative", "test_positive"]
    ]
    assert names(reach.tests(change(tree, "sign", "x - 1"))) == [["test_negative"]]


def test_kernels_and_constants_are_tried_by_the_tests_that_run_what_uses_them(tree):
    reach = Reach(read(tree / "recordings"), tree)
    kernel = next(one for one in mutants(PATH, MODULE.encode()) if one.line == 8)
    assert names(reach.tests(kernel)) == [["test_positive"]]
    assert statement(MODULE, 3) == (range(3, 4), {"_HALF"})


def test_changes_are_noticed_or_survive(tree, tmp_path):
    reach = Reach(read(tree / "recordings"), tree)
    for kind, old, expected in (("comparison", "x < 0", "noticed"), ("sign", "x + 2", "survived")):
        mutant = change(tree, kind, old)
        outcome, _ = tried(mutant, tree, tmp_path / "copy", reach.tests(mutant), reach.seconds, 60)
        assert outcome == expected
    assert (tree / PATH).read_text() == MODULE


def test_lines_of_an_earlier_text():
    assert lines_before("a\nb\nc\n", "a\nx\nb\nc\n") == {1: 1, 2: 1, 3: 2, 4: 3}
    assert lines_before("", "a\n") == {1: 0}


def test_a_run_names_the_test_that_never_ends(tree):
    """By CPU time: waiting does not count, computing does."""
    endless = tree / "tests" / "test_endless.py"
    endless.write_text(
        "import time\n\ndef test_waits():\n    time.sleep(0.1)\n\n"
        "def test_loops():\n    while True:\n        pass\n"
    )
    try:
        assert first_failure(tree, ["tests/test_endless.py::test_waits"], 2) == Ran()
        both = ["tests/test_endless.py::test_waits", "tests/test_endless.py::test_loops"]
        ran = first_failure(tree, both, 2)
    finally:
        endless.unlink()  # the recording of the next test would never end
    assert ran.running == both[1]
    assert 0.5 < ran.seconds < 2.0


def test_a_test_file_that_changed_is_recorded_again(tree):
    """Last, because it changes the tree."""
    folder = tree / "recordings"
    before = Reach(read(folder), tree)
    record(tree, folder, 1)
    assert len(recordings(folder)) == 1
    path = tree / "tests" / "room" / "test_module.py"
    path.write_text(TESTS.replace("test_positive", "test_three"))
    (tree / PATH).write_text("# A new line.\n" + MODULE)
    record(tree, folder, 1)
    assert len(recordings(folder)) == 2
    reach = Reach(read(folder), tree)
    assert set(before.seconds) - set(reach.seconds) == {"tests/room/test_module.py::test_positive"}
    assert names(reach.tests(change(tree, "sign", "x - 1"))) == [["test_negative"]]
    kernel = next(one for one in mutants(PATH, (tree / PATH).read_bytes()) if one.line == 9)
    assert names(reach.tests(kernel)) == [["test_three"]]


def test_a_copy_with_a_change_leaves_the_original_alone(tmp_path, monkeypatch):
    checkout = tmp_path / "checkout"
    (checkout / "thermalent").mkdir(parents=True)
    (checkout / "thermalent" / "one.py").write_text("ONE = 2 - 1\n")
    (checkout / "thermalent" / "old.py").write_text("")
    monkeypatch.setattr(trees, "ROOT", checkout)
    tree = trees.refreshed(tmp_path / "tree")
    (checkout / "thermalent" / "old.py").unlink()
    assert trees.refreshed(tree) == tree
    assert [path.name for path in (tree / "thermalent").iterdir()] == ["one.py"]
    mutant = mutants(Path("thermalent/one.py"), b"ONE = 2 - 1\n")[0]
    copy = trees.changed(tree, tmp_path / "copy", mutant)
    assert (copy / mutant.path).read_bytes() == mutant.applied(b"ONE = 2 - 1\n")
    for place in (tree, checkout):
        assert (place / mutant.path).read_text() == "ONE = 2 - 1\n"
