"""That a change is put into the functions that are alive, and kernels are compiled with it."""

import importlib
import sys
from pathlib import Path

import pytest

from tests.mutation.forking import forked
from tests.mutation.in_place import Alive, NotInPlace, change_of
from tests.mutation.kernels import Kernels
from tests.mutation.mutants import mutants

MODULE = """\
from functools import cache, cached_property

from thermalent.support.machine.compiled import compiled

HALF = 1 / 2

def table(n):
    return [k + 7 for k in range(n)]

TABLE = table(3)

@cache
def kept(x):
    return (
        x
        + 5
    )

class Holder:
    @property
    def three(self):
        return 1 + 2

    @cached_property
    def later(self):
        return lambda x: 8 * x

    field: float = 9 - 1

@compiled()
def _inner(x):
    return x - 4.0

@compiled()
def kernel(x):
    return 2.0 + _inner(x)
"""
NAME = "changed_in_place"


@pytest.fixture(scope="module")
def alive(tmp_path_factory):
    """A module, its functions that are alive, and its kernels."""
    folder = tmp_path_factory.mktemp("in_place")
    (folder / f"{NAME}.py").write_text(MODULE)
    sys.path.insert(0, str(folder))
    found = Alive(lambda: importlib.import_module(NAME))
    yield folder, found, Kernels(), sys.modules.pop(NAME)
    sys.path.remove(str(folder))


def change(alive, old, kind):
    folder, source = alive[0], MODULE.encode()
    path = Path(f"{NAME}.py")
    mutant = next(
        one
        for one in mutants(path, source)
        if one.kind == kind and "".join(source[one.start : one.end].decode().split()) == old
    )
    return change_of(mutant, folder)


def in_a_copy(alive, tmp_path, changed, ask):
    """What a question is answered in a copy of this process with the change."""
    _, functions, kernels, _ = alive

    def task():
        concerned = kernels.concerned(changed.own)
        functions.apply(changed)
        kernels.compile_again(concerned)
        (tmp_path / "answer").write_text(repr(ask()))

    ((_, ended),) = forked({"task": task}, 1)
    assert ended.status == 0
    return eval((tmp_path / "answer").read_text())


@pytest.mark.parametrize(
    ("old", "kind", "ask", "before", "after"),
    [
        ("x+5", "sign", lambda m: m.kept(1), 6, -4),
        ("x+5", "term", lambda m: m.kept(1), 6, 1),
        ("1+2", "term", lambda m: m.Holder().three, 3, 1),
        ("8", "factor", lambda m: m.Holder().later(2), 16, 32),
    ],
)
def test_functions_methods_and_what_they_make_run_the_change_in_a_copy(
    alive, tmp_path, old, kind, ask, before, after
):
    changed = change(alive, old, kind)
    assert in_a_copy(alive, tmp_path, changed, lambda: ask(alive[3])) == after
    assert ask(alive[3]) == before
    alive[3].kept.cache_clear()


@pytest.mark.parametrize(("old", "kind"), [("1/2", "factor"), ("9-1", "sign"), ("k+7", "sign")])
def test_what_the_import_computes_with_is_not_changed_in_place(alive, old, kind):
    with pytest.raises(NotInPlace):
        alive[1].check(change(alive, old, kind))


def test_a_kernel_is_compiled_again_with_those_that_call_it(alive, tmp_path):
    """From 2 + (x - 4) to 2 + x, in the copy alone, whether it is compiled before or not."""
    module = alive[3]
    changed = change(alive, "x-4.0", "term")
    names = {function.__name__ for function in alive[2].concerned(changed.own)}
    assert names == {"_inner", "kernel"}
    assert in_a_copy(alive, tmp_path, changed, lambda: module.kernel(10.0)) == 12.0
    assert module.kernel(10.0) == 8.0
    assert in_a_copy(alive, tmp_path, changed, lambda: module.kernel(10.0)) == 12.0
    assert module.kernel(10.0) == 8.0
