"""An installation that its users cannot write: the wheel, installed by root, solves for others."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import thermalent as te

ROOT = Path(__file__).parents[2]
NOBODY, SOMEBODY = 65534, 65533
SOLVE = (
    "import thermalent as te; state = te.steady_state(te.thermal_link(20.0, 0.01));"
    "print(te.__file__, state.error < 1e-8, round(state.concurrence(), 6))"
)
NOTICE = "thermalent: compiling the numerical kernels"

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("setpriv") is None,
        reason="a read-only installation for other users takes root, and setpriv to become them",
    ),
]


@pytest.fixture(scope="module")
def installed():
    """An environment with the wheel that nobody can write; its folder."""
    # Not below pytest's own folder, which only this user may enter.
    folder = Path(tempfile.mkdtemp(prefix="thermalent-read-only-"))
    folder.chmod(0o755)
    try:
        run(sys.executable, "-m", "build", "--wheel", "--outdir", folder / "wheel", ROOT)
        (wheel,) = (folder / "wheel").glob("*.whl")
        environment = folder / "environment"
        run(sys.executable, "-m", "venv", "--without-pip", environment)
        (site,) = environment.glob("lib/python*/site-packages")
        run(sys.executable, "-m", "pip", "--python", environment / "bin" / "python", "install",
            "--quiet", "--no-deps", "--no-index", "--no-compile", wheel)  # fmt: skip
        # What the package needs comes from the environment of the tests, behind the wheel.
        others = [path for path in sys.path if path.endswith("site-packages")]
        (site / "needed.pth").write_text("\n".join(others))
        run("chmod", "-R", "a-w,a+rX", environment)
        yield environment
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def temporary():
    """A folder for temporary files that all may write, as /tmp is."""
    folder = Path(tempfile.mkdtemp(prefix="thermalent-temporary-"))
    folder.chmod(0o1777)
    yield folder
    shutil.rmtree(folder)


def run(*command):
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)


def as_user(uid, temporary, *command):
    """Output and messages of a command of another user, who has no home.

    The user may read everything (the interpreter of the tests can lie in root's home), and write
    what an ordinary user may.
    """
    done = subprocess.run(
        ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups",
         "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search", *map(str, command)],
        capture_output=True, text=True, check=False, cwd="/",
        env={"HOME": "/nonexistent", "PATH": os.environ["PATH"], "TMPDIR": str(temporary)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout, [line for line in done.stderr.splitlines() if "thermalent" in line]


def solved(uid, installed, temporary):
    """Messages of a solve by another user, whose result is checked."""
    printed, messages = as_user(uid, temporary, installed / "bin" / "python", "-c", SOLVE)
    place, holds, concurrence = printed.split()
    assert place.startswith(str(installed))
    assert holds == "True"
    here = te.steady_state(te.thermal_link(20.0, 0.01)).concurrence()
    assert 0.1 < float(concurrence) == round(here, 6)
    return messages


def caches(temporary):
    return {path.name: path for path in temporary.iterdir() if "kernels" in path.name}


def test_users_who_cannot_write_share_an_installation(installed, temporary):
    """Each keeps the kernels in a private folder, says so once, and does not compile again."""
    for uid in (NOBODY, SOMEBODY):
        (notice,) = solved(uid, installed, temporary)
        folder = temporary / f"thermalent-kernels-{uid}"
        assert notice == f"{NOTICE} (once; they are kept in {folder}) ..."
        assert folder.stat().st_uid == uid
        assert folder.stat().st_mode & 0o077 == 0
        assert solved(uid, installed, temporary) == []
    assert len(caches(temporary)) == 2
    printed, messages = as_user(
        NOBODY, temporary, installed / "bin" / "thermalent",
        "steady", "--n-th", "5", "--kappa", "0.5",
    )  # fmt: skip
    assert "concurrence" in printed
    assert messages == []


def test_a_damaged_cache_of_such_a_user_is_built_again(installed, temporary):
    solved(NOBODY, installed, temporary)
    files = list((temporary / f"thermalent-kernels-{NOBODY}").rglob("*.nb[ic]"))
    assert len(files) > 4
    for i, path in enumerate(files):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 4
        path.write_bytes(content[:20] if i % 2 else content)
    assert len(solved(NOBODY, installed, temporary)) == 1  # compiles, and says so
    assert solved(NOBODY, installed, temporary) == []


def test_without_any_folder_kernels_are_compiled_in_every_process(installed, temporary):
    """The folder's name is taken by somebody else, whom nobody trusts."""
    taken = temporary / f"thermalent-kernels-{NOBODY}"
    taken.mkdir(mode=0o700)
    assert solved(NOBODY, installed, temporary) == [
        f"{NOTICE} (in every process: no folder can be written to keep them) ..."
    ]
    assert list(taken.iterdir()) == []
