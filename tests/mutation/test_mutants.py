"""That `make mutate` changes code, and one thing at a time."""

import ast
from pathlib import Path

import pytest

from tests.mutation.__main__ import ROOT, Ran, first_failure, sample
from tests.mutation.mutants import mutants
from tests.mutation.selection import nearest_tests

SNIPPET = '''
"""Says a - b."""

def f(x: "int - 1", y):
    """Says x < y."""
    if x < 0:
        raise ValueError(f"{x - 1}" + "!")
    x += 2 * y.conj() - 1j
    return -max(x, np.conj(y))
'''
EXPECTED = {
    ("comparison", "(x >= 0)"),
    ("guard", "(False and (x < 0))"),
    ("term", "x = x"),
    ("sign", "((2 * y.conj()) + (1j))"),
    ("term", "(2 * y.conj())"),
    ("factor", "((2) / (y.conj()))"),
    ("factor", "(2 * (2))"),
    ("conjugate", "(y)"),
    ("conjugate", "(-1j)"),
    ("sign", "(max(x, np.conj(y)))"),
    ("extremum", "min"),
}


def test_code_is_changed_and_words_are_not(tmp_path):
    path = tmp_path / "snippet.py"
    path.write_text(SNIPPET)
    found = mutants(path)
    assert {(one.kind, one.new) for one in found} == EXPECTED
    assert [one.new for one in found].count("(y)") == 2  # both ways to write a conjugate
    for one in found:
        changed = ast.unparse(ast.parse(one.applied(SNIPPET.encode())))
        assert changed != ast.unparse(ast.parse(SNIPPET))


@pytest.mark.parametrize("module", sorted((ROOT / "thermalent").glob("*/*.py"))[::7])
def test_every_change_of_the_package_is_still_python(module):
    source = module.read_bytes()
    plain = ast.dump(ast.parse(source))
    for one in mutants(module)[::5]:
        assert ast.dump(ast.parse(one.applied(source))) != plain


def test_a_seed_gives_the_same_sample():
    one, two, other = (sample("thermalent/networks", 10, seed) for seed in (1, 1, 2))
    assert one == two
    assert one != other
    assert len(set(one)) == 10


def test_the_nearest_tests_a_module_come_first():
    chosen = nearest_tests(Path("thermalent/networks/value.py"), ROOT)
    assert chosen[0] == Path("tests/networks/test_value.py")
    chosen = nearest_tests(Path("thermalent/networks/geometry.py"), ROOT)
    assert chosen[0] == Path("tests/networks/test_geometry.py")


def test_a_run_names_the_test_that_fails_or_never_ends(tmp_path):
    """By CPU time: waiting does not count, computing does."""
    folder = tmp_path / "tests"
    folder.mkdir()
    good = "import time\ndef test_waits():\n    time.sleep(0.1)\n"
    (folder / "test_good.py").write_text(good)
    (folder / "test_wrong.py").write_text(good + "def test_wrong():\n    assert 1 - 1\n")
    (folder / "test_endless.py").write_text(
        good + "def test_loops():\n    while True:\n        pass\n"
    )

    def ran(name):
        return first_failure(tmp_path, [f"tests/test_{name}.py"], 4, set())

    assert ran("good") == Ran(None, None)
    assert ran("wrong") == Ran("tests/test_wrong.py::test_wrong", None)
    assert ran("endless") == Ran(None, "tests/test_endless.py::test_loops")
    left_out = {"tests/test_wrong.py::test_wrong"}
    assert first_failure(tmp_path, ["tests/test_wrong.py"], 4, left_out) == Ran(None, None)
