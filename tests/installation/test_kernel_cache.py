"""Kernels on installations that cannot be written, and with cache files that are damaged.

A small module of its own stands for the package, so that each case compiles one kernel only.
"""

import os
import subprocess
import sys
import textwrap

import pytest

KERNEL = """
    from thermalent.support.compiled import compiled


    @compiled(nogil=True, error_model="numpy")
    def double(x):
        return 2 * x
"""
CALL = "import kernel; print(kernel.double(21), sum(kernel.double.stats.cache_hits.values()))"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "kernel.py").write_text(textwrap.dedent(KERNEL))
    return tmp_path


def call(folder, **environment):
    """The kernel's result and its cache hits, in a process of its own."""
    # Not where the environment of the tests keeps kernels, if it says so.
    inherited = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    done = subprocess.run(
        [sys.executable, "-c", CALL], capture_output=True, text=True, check=False,
        env={**inherited, "PYTHONPATH": os.pathsep.join([str(folder), *sys.path]), **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    result, hits = done.stdout.split()
    return int(result), int(hits)


def test_a_kernel_is_compiled_once(folder):
    assert call(folder) == (42, 0)
    assert call(folder) == (42, 1)


@pytest.mark.parametrize(
    "named", ["from pair import other", "from pair.other import (\n  FACTOR,\n)"]
)
def test_a_kernel_is_compiled_again_when_what_is_compiled_into_it_changes(tmp_path, named):
    """The constants and kernels of other files, of which numba itself knows nothing."""
    factor = "FACTOR" if "FACTOR" in named else "other.middle.FACTOR"
    pair = tmp_path / "pair"
    pair.mkdir()
    (pair / "__init__.py").touch()
    (pair / "other.py").write_text("from pair import middle\nfrom pair.middle import FACTOR\n")
    (pair / "middle.py").write_text("FACTOR = 2\n")
    (tmp_path / "kernel.py").write_text("from pair.kernel import double\n")
    (pair / "kernel.py").write_text(
        textwrap.dedent(KERNEL).replace("2 *", f"{factor} *").replace("\n\n\n@", f"\n{named}\n@")
    )
    assert call(tmp_path) == (42, 0)
    assert call(tmp_path) == (42, 1)
    (pair / "middle.py").write_text("FACTOR = 3\n")
    assert call(tmp_path) == (63, 0)
    assert call(tmp_path) == (63, 1)


@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
@pytest.mark.parametrize("damage", ["flip", "cut", "empty"])
def test_a_damaged_cache_is_built_again(folder, suffix, damage):
    call(folder)
    (path,) = (folder / "__pycache__").glob(f"*{suffix}")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes({"flip": content, "cut": content[:20], "empty": b""}[damage])
    assert call(folder)[0] == 42
    assert call(folder) == (42, 1)


def locked_away(folder):
    """No folder can be written but the temporary one: as for numba, so for this user."""
    code = (
        "import numba.core.caching as c\n"
        "from pathlib import Path\n"
        "for kind in c.CacheImpl._locator_classes[1:]:\n"
        "    kind.from_function = classmethod(lambda *_: None)\n"
    )
    (folder / "sitecustomize.py").write_text(code)


def test_without_a_folder_to_write_kernels_go_to_a_private_temporary_one(folder, tmp_path):
    locked_away(folder)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    assert call(folder, TMPDIR=str(temporary)) == (42, 0)
    assert call(folder, TMPDIR=str(temporary)) == (42, 1)
    (kept,) = temporary.iterdir()
    assert kept.stat().st_mode & 0o077 == 0


def test_a_folder_of_somebody_else_is_not_used(folder, tmp_path):
    """Compiled code that others can write is code that others can run."""
    locked_away(folder)
    temporary = tmp_path / "temporary"
    open_to_all = temporary / f"thermalent-kernels-{os.getuid()}"
    open_to_all.mkdir(parents=True)
    open_to_all.chmod(0o777)
    for _ in range(2):
        assert call(folder, TMPDIR=str(temporary)) == (42, 0)
    assert list(open_to_all.iterdir()) == []
