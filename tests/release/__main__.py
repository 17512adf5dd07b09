"""What has to hold before a release: it builds, installs in an empty environment, and passes there.

    python -m tests.release              # all of it; the tests take as long as `make test`
    python -m tests.release --accept     # take the public interface as it is: after a release
    python -m tests.release -- tests/fock   # some of the tests only

The wheel is tested with the tests of the source distribution, in a folder without the package's
source, so that what is tested is what was installed (all but tests/mutation, which change that
source); the source distribution builds the same wheel, file by file. Fails if one of these does
not hold, or if public names are gone or changed since the last release: what is new is listed, and
so is what is deprecated.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

from tests.release import interface
from tests.release.deprecations import deprecations

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / "output" / "release"
LOCK = ROOT / "constraints" / "development.txt"


def main() -> None:
    """The command line: exit status 1 if something does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.release", description=__doc__)
    parser.add_argument("--accept", action="store_true", help="store the public interface, no more")
    parser.add_argument("tests", nargs="*", help="arguments of pytest; else the whole suite")
    given = parser.parse_args()
    if given.accept:
        interface.accept()
        return
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir(parents=True)
    steps = {
        "public interface": _same_interface,
        "distributions": _both_distributions,
        "installed wheel": lambda: _tested_wheel(given.tests),
    }
    failed = [name for name, step in steps.items() if not _holds(name, step)]
    print("deprecated, and due to go with the release after the one they were announced in:")
    print(*(f"  {line}" for line in deprecations()), sep="\n")
    print("not ready: " + ", ".join(failed) if failed else "ready")
    sys.exit(bool(failed))


def _holds(name: str, step) -> bool:
    print(f"{name} ...", flush=True)
    try:
        return step()
    except subprocess.CalledProcessError as error:
        print(f"  {' '.join(map(str, error.cmd))} ended with status {error.returncode}")
        return False


def _same_interface() -> bool:
    """Nothing public is gone or changed since the snapshot."""
    gone, new = interface.changes()
    print(*(f"  new: {line}" for line in new), sep="\n")
    print(*(f"  gone or changed: {line}" for line in gone), sep="\n")
    return not gone


def _both_distributions() -> bool:
    """The wheel of the source distribution has the files of the wheel of this folder."""
    own, unpacked, again = PLACE / "own", PLACE / "source", PLACE / "again"
    _run(sys.executable, "-m", "build", "--sdist", "--wheel", "--outdir", own, ROOT)
    (source,) = own.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        archive.extractall(unpacked, filter="data")
    (folder,) = unpacked.iterdir()
    _run(sys.executable, "-m", "build", "--wheel", "--outdir", again, folder)
    wheels = [contents(next(place.glob("*.whl"))) for place in (own, again)]
    here = {str(path.relative_to(ROOT)) for path in (ROOT / "thermalent").rglob("*.py")}
    missing = sorted(here - wheels[0].keys())
    print(f"  {len(wheels[0])} files, {len(missing)} modules missing", *missing)
    differing = sorted(dict(wheels[0].items() ^ wheels[1].items()))
    print("  files that differ when built from the source distribution:", *differing or ["none"])
    dead = relative_links(next(own.glob("*.whl")))
    print("  links of the description that lead nowhere on an index:", *dead or ["none"])
    return not missing and not differing and not dead


def relative_links(wheel: Path) -> list[str]:
    """Targets of links and pictures in the description of a wheel that are no addresses."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        text = archive.read(name).decode()
    return re.findall(r"\]\((?!https?://|#)([^)\s]+)\)", text)


def contents(wheel: Path) -> dict[str, int]:
    """The files of a wheel with their checksums, without the list that names the wheel itself."""
    with zipfile.ZipFile(wheel) as archive:
        return {
            one.filename: one.CRC
            for one in archive.infolist()
            if not one.filename.endswith("/RECORD")
        }


def _tested_wheel(tests: list[str]) -> bool:
    """The tests of the source distribution against the wheel, installed in an empty environment."""
    (folder,) = (PLACE / "source").iterdir()
    shutil.rmtree(folder / "thermalent")
    (wheel,) = (PLACE / "own").glob("*.whl")
    environment = PLACE / "environment"
    _run(sys.executable, "-m", "venv", environment)
    python = environment / "bin" / "python"
    pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    _run(*pip, wheel)  # what a user installs, alone
    _run(environment / "bin" / "thermalent", "--version", cwd=PLACE)
    _run(*pip, "--constraint", LOCK, f"{wheel}[test]")
    pytest = (python, "-m", "pytest", "-p", "no:cacheprovider", "--ignore=tests/mutation")
    _run(*pytest, "--numprocesses", "2", "--dist", "loadfile", *tests, cwd=folder)
    return True


def _run(*command: str | Path, cwd: Path = ROOT) -> None:
    """Run a command, with one thread of linear algebra; an error if it fails."""
    threads = {"OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    subprocess.run([str(word) for word in command], cwd=cwd, env=os.environ | threads, check=True)


if __name__ == "__main__":
    main()
