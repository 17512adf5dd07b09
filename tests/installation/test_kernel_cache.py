"""Kernels on installations that cannot be written, and with cache files that are damaged.

A small module of its own stands for the package, so that each case compiles one kernel only.
"""

import ast
import gc
import json
import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from numba.core.compiler import Flags
from numba.core.errors import TypingError

from tests.support.source import FILES, tree
from thermalent.continued_fraction.batch import convergence
from thermalent.support.machine import compiled

KERNEL = """
    from thermalent.support.machine.compiled import compiled


    @compiled(nogil=True, error_model="numpy")
    def double(x):
        return 2 * x
"""
# Calls kernels in processes that share nothing but files: copies of one that has started numba,
# which takes a second. An order is a line, and so is the answer.
SERVER = """
import importlib, json, os, sys, tempfile
import numba, thermalent.support.machine.compiled

def called(modules, folder, environment, before):
    os.environ.update(environment)
    tempfile.tempdir = None
    sys.path.insert(0, folder)
    exec(before)
    kernels = [importlib.import_module(name).double for name in modules]
    return [(double(21), sum(double.stats.cache_hits.values())) for double in kernels]

sys.dont_write_bytecode = True  # a file can change twice in the second that bytecode tells apart
numba.njit(lambda x: x + 1)(1)
for line in sys.stdin:
    if not (process := os.fork()):
        print(json.dumps(called(*json.loads(line))), flush=True)
        os._exit(0)
    if os.waitpid(process, 0)[1]:
        print("[]", flush=True)
"""


@pytest.fixture(scope="module")
def server():
    # Not where the environment of the tests keeps kernels, if it says so.
    inherited = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    started = subprocess.Popen(
        [sys.executable, "-c", SERVER], text=True,
        env={**inherited, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    yield started
    _, complaints = started.communicate()
    assert not complaints


@pytest.fixture
def call(server, tmp_path):
    """The results of kernels and their cache hits, in one process of its own."""

    def call(*modules, before="", **environment):
        server.stdin.write(json.dumps([modules, str(tmp_path), environment, before]) + "\n")
        server.stdin.flush()
        return [tuple(pair) for pair in json.loads(server.stdout.readline())]

    return call


def test_a_kernel_is_compiled_again_when_what_is_compiled_into_it_changes(call, tmp_path):
    """Once, and again for the constants and kernels of other files, unknown to numba itself."""
    pair = tmp_path / "pair"
    pair.mkdir()
    (pair / "__init__.py").touch()
    (pair / "other.py").write_text("from pair import middle\nfrom pair.middle import FACTOR\n")
    (pair / "middle.py").write_text("FACTOR = 2\n")
    statements = {
        "plain": ("from pair import other", "other.middle.FACTOR"),
        "bracketed": ("from pair.other import (\n  FACTOR,\n)", "FACTOR"),
    }
    for name, (statement, factor) in statements.items():
        kernel = textwrap.dedent(KERNEL).replace("2 *", f"{factor} *")
        (pair / f"{name}.py").write_text(kernel.replace("\n\n\n@", f"\n{statement}\n@"))
    modules = [f"pair.{name}" for name in statements]
    assert call(*modules) == [(42, 0), (42, 0)]
    assert call(*modules) == [(42, 1), (42, 1)]
    (pair / "middle.py").write_text("FACTOR = 3\n")
    assert call(*modules) == [(63, 0), (63, 0)]
    assert call(*modules) == [(63, 1), (63, 1)]


def test_damaged_caches_are_built_again(call, tmp_path):
    """Every damage to every kind of file, each to a kernel of its own; the processes are shared."""
    damages = {
        f"{damage}_{suffix}": (damage, suffix)
        for damage in ("flip", "cut", "empty")
        for suffix in ("nbi", "nbc")
    }
    for name in damages:
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(KERNEL))
    assert set(call(*damages)) == {(42, 0)}
    for name, (damage, suffix) in damages.items():
        (path,) = (tmp_path / "__pycache__").glob(f"{name}.*{suffix}")
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 4
        path.write_bytes({"flip": content, "cut": content[:20], "empty": b""}[damage])
    assert call(*damages) == [(42, 0)] * len(damages)
    assert call(*damages) == [(42, 1)] * len(damages)


# No folder can be written but the temporary one: as for numba, so for this user.
LOCKED_AWAY = """
from numba.core.caching import CacheImpl
for kind in CacheImpl._locator_classes[1:]:
    kind.from_function = classmethod(lambda *_: None)
"""


def test_without_a_folder_to_write_kernels_go_to_a_private_temporary_one(call, tmp_path):
    (tmp_path / "kernel.py").write_text(textwrap.dedent(KERNEL))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    assert call("kernel", before=LOCKED_AWAY, TMPDIR=str(temporary)) == [(42, 0)]
    assert call("kernel", before=LOCKED_AWAY, TMPDIR=str(temporary)) == [(42, 1)]
    (kept,) = temporary.iterdir()
    assert kept.stat().st_mode & 0o077 == 0


def test_a_folder_of_somebody_else_is_not_used(call, tmp_path):
    """Compiled code that others can write is code that others can run."""
    (tmp_path / "kernel.py").write_text(textwrap.dedent(KERNEL))
    temporary = tmp_path / "temporary"
    open_to_all = temporary / f"thermalent-kernels-{os.getuid()}"
    open_to_all.mkdir(parents=True)
    open_to_all.chmod(0o777)
    for _ in range(2):
        assert call("kernel", before=LOCKED_AWAY, TMPDIR=str(temporary)) == [(42, 0)]
    assert list(open_to_all.iterdir()) == []


@pytest.mark.parametrize("before", [(700, 10, 10), (0, 5, 5), (10**6, 3, 3)])
def test_cycles_are_looked_for_as_before_when_all_kernels_are_compiled(before):
    """Kernels are compiled within each other; who collects more seldom, or never, goes on so."""
    kept, listener = gc.get_threshold(), compiled._SeldomCollected()
    try:
        gc.set_threshold(*before)
        listener.on_start(None)
        listener.on_start(None)
        listener.on_end(None)
        within = gc.get_threshold()
        listener.on_end(None)
        assert gc.get_threshold() == before
        assert within == ((compiled._SELDOM, 10, 10) if before[0] == 700 else before)
    finally:
        gc.set_threshold(*kept)


def test_flags_are_compared_as_those_of_numba():
    of_numba = [Flags() for _ in range(3)]
    of_numba[1].nrt, of_numba[2].error_model = True, "numpy"
    for i, flags in enumerate(of_numba):
        quick = compiled._QuickFlags(flags)
        assert quick.values() == flags.values()
        assert quick.copy().values() == flags.values()
        for k, other in enumerate(of_numba):
            assert (quick == other) is (other == quick) is (i == k)
            assert (quick == compiled._QuickFlags(other)) is (i == k)
            assert i != k or hash(quick) == hash(other)


def test_without_compiling_a_kernel_is_its_function(monkeypatch):
    """As NUMBA_DISABLE_JIT asks for: to step through a kernel, or to count its lines."""
    monkeypatch.setattr(compiled._SETTINGS, "DISABLE_JIT", 1)

    def twice(x):
        return 2 * x

    assert compiled.compiled(nogil=True, error_model="numpy")(twice) is twice


def test_a_kernel_for_other_kernels_has_no_way_in_from_python():
    """Called without one, the process would end."""
    with pytest.raises(TypeError, match="Kernel _pin is called by other kernels alone"):
        convergence._pin(np.zeros(1), 1.0)


def test_what_a_kernel_calls_is_compiled_with_it_alone_until_python_calls_it():
    """Both ways, and again where it was compiled for Python before."""

    @compiled.compiled()
    def half(x):
        return 0.5 * x

    @compiled.compiled()
    def quarter(x):
        return half(half(x))

    assert quarter(8) == 2.0
    assert not half.overloads
    assert half(8.0) == 4.0
    assert half(8j) == 4j
    lowered = len(half.within.overloads)
    assert quarter(8j) == 2j
    assert len(half.within.overloads) == lowered


def test_a_kernel_that_allocates_nothing_does_not_compile_if_it_makes_an_array():
    """Nor with one that it calls; slices it may take."""

    @compiled.compiled(allocates=False)
    def first(x):
        part = x[1:]
        return part[0]

    @compiled.compiled(allocates=False)
    def made(x):
        return np.zeros(x.size)[0]

    @compiled.compiled(allocates=False)
    def through(x):
        return made(x)

    x = np.array([1.0, 2.0])
    held = sys.getrefcount(x)
    assert first(x) == 2.0
    assert sys.getrefcount(x) == held
    for kernel in (made, through):
        with pytest.raises(TypingError):
            kernel(x)


def test_kernels_that_count_no_arrays_call_no_others():
    counts, calls = {}, {}
    for path in FILES:
        if "@compiled(" not in path.read_text():
            continue
        for node in tree(path).body:
            marks = "".join(ast.unparse(mark) for mark in getattr(node, "decorator_list", ()))
            if isinstance(node, ast.FunctionDef) and "compiled(" in marks:
                counts.setdefault(node.name, set()).add("allocates=False" not in marks)
                if "allocates=False" in marks:
                    called = [x.func for x in ast.walk(node) if isinstance(x, ast.Call)]
                    named = {getattr(x, "id", getattr(x, "attr", "")) for x in called}
                    calls.setdefault(node.name, set()).update(named)
    assert len(calls) > 40
    for name, named in calls.items():
        assert not {other for other in named if counts.get(other, {False}) == {True}}, name


def test_no_function_of_the_package_calls_a_kernel_that_is_for_other_kernels():
    found, kernels = [], 0
    for path in FILES:
        if "@compiled(" not in path.read_text():
            continue
        functions = [node for node in tree(path).body if isinstance(node, ast.FunctionDef)]
        written = {
            node.name: [ast.unparse(mark) for mark in node.decorator_list] for node in functions
        }
        every = {name for name, marks in written.items() if "compiled" in "".join(marks)}
        inner = {
            name
            for name in every
            if name.startswith("_") and "from_python=True" not in "".join(written[name])
        }
        kernels += len(inner)
        for node in tree(path).body:
            if getattr(node, "name", None) not in every:
                called = {word.id for word in ast.walk(node) if isinstance(word, ast.Name)}
                found += sorted(called & inner)
    assert kernels > 20
    assert not found
