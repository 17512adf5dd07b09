"""That `make mutate` changes code, and one thing at a time."""

import ast
from pathlib import Path

import pytest

from tests.mutation.__main__ import sample
from tests.mutation.mutants import mutants
from tests.mutation.selection import nearest_tests
from tests.mutation.snapshot import ROOT
from tests.mutation.unchanged import UNCHANGED, Unchanged, known, speaks_of

SNIPPET = '''
"""Says a - b."""

def f(x: "int - 1", y):
    """Says x < y."""
    if x < 0:
        raise ValueError(f"{x - 1}" + "!")
    x += 2 * y.conj() - 1j
    print(time.perf_counter() - x)
    nothing = 0 * x
    found = Found(x, error=y), Found(x, error=np.inf), Found(x, error="none")
    named = Estimate(x, lambda: y, "how"), Found(error=ErrorEstimate(y, "how")), Estimate(x, 0.0)
    return -max(x, np.conj(y) + 0j)
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
    ("sign", "(max(x, np.conj(y) + 0j))"),
    ("factor", "((0) / (x))"),
    ("extremum", "min"),
    ("error", "(0.01 * (y))"),
}


def test_code_is_changed_and_words_are_not(tmp_path):
    path = tmp_path / "snippet.py"
    path.write_text(SNIPPET)
    found = mutants(path)
    assert {(one.kind, one.new) for one in found} == EXPECTED
    assert [one.new for one in found].count("(y)") == 2  # both ways to write a conjugate
    assert [one.kind for one in found].count("error") == 3
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
    one, two, other = (sample(ROOT, ["thermalent/networks"], 10, seed) for seed in (1, 1, 2))
    assert one == two
    assert one != other
    assert len(set(one)) == 10
    two_rooms = sample(ROOT, ["thermalent/fock", "thermalent/jumps"], 20, 1)
    assert {change.path.parts[1] for change in two_rooms} == {"fock", "jumps"}
    assert {change.kind for change in sample(ROOT, ["thermalent/fock"], 10, 1, ["error"])} == {
        "error"
    }


def test_the_nearest_tests_a_module_come_first():
    chosen = nearest_tests(Path("thermalent/networks/value.py"), ROOT)
    assert chosen[0] == Path("tests/networks/test_value.py")
    chosen = nearest_tests(Path("thermalent/networks/geometry.py"), ROOT)
    assert chosen[0] == Path("tests/networks/test_geometry.py")
    # Taken from its folder, alone or among others in parentheses, a module is named as well.
    chosen = nearest_tests(Path("thermalent/continued_fraction/several_poles/results.py"), ROOT)
    folder = Path("tests/continued_fraction/several_poles")
    assert folder / "test_truncation_decisions.py" in chosen[:2]
    chosen = nearest_tests(Path("thermalent/continued_fraction/several_poles/converge.py"), ROOT)
    assert folder / "test_parts_of_errors.py" in chosen[:6]
    # What stands for a module in the table of tests comes first; those of its room before others.
    chosen = nearest_tests(Path("thermalent/stochastic/step_kernels.py"), ROOT)
    assert chosen[0] == Path("tests/stochastic/test_trajectories.py")
    chosen = nearest_tests(Path("thermalent/hardware/presets.py"), ROOT)
    assert {path.parts[1] for path in chosen[:5]} == {"hardware"}


def test_what_is_said_to_alter_nothing_is_still_there():
    drawn = {}
    for entry in UNCHANGED:
        source = (ROOT / entry.path).read_bytes()
        if entry.path not in drawn:
            drawn[entry.path] = list(mutants(Path(entry.path), source))
        assert any(speaks_of(entry, one, source) for one in drawn[entry.path]), entry


def test_an_entry_speaks_of_one_place():
    source = b"def f(x):\n    return x - 1\n\ndef g(x):\n    return x - 1\n"
    found = mutants(Path("thermalent/one.py"), source)
    (entry,) = known("# A table.\n\nthermalent/one.py\n    g: x - 1  # g is not used: why not\n")
    assert entry == Unchanged("thermalent/one.py", "g", "x - 1", "g is not used: why not")
    assert {one.line for one in found if speaks_of(entry, one, source)} == {5}
    assert not any(speaks_of(entry._replace(path="two.py"), one, source) for one in found)
    (of_a_kind,) = known("thermalent/one.py\n    g [term]: x - 1  # g is not used\n")
    assert {one.kind for one in found if speaks_of(of_a_kind, one, source)} == {"term"}
