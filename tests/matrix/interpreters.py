"""The Python interpreters of this machine, one of each version from 3.11 on, and those left out."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

OLDEST = (3, 11)
_NAME = re.compile(r"python3\.\d+t?")
# Its version, and whether it has what an environment needs and the lock that extensions expect.
_QUESTION = (
    "import sys, sysconfig, ensurepip, venv; "
    "print(*sys.version_info[:3], int(bool(sysconfig.get_config_var('Py_GIL_DISABLED'))))"
)


class Interpreter(NamedTuple):
    """A Python that can make environments.

    Args:
        version: Major, minor and micro.
        path: The program.
    """

    version: tuple[int, int, int]
    path: Path

    @property
    def name(self) -> str:
        """As people call it: 3.12."""
        return "{}.{}".format(*self.version)


def found(folders: list[Path] | None = None) -> tuple[list[Interpreter], dict[str, str]]:
    """The newest interpreter of each minor version, in order, and why others are left out.

    Args:
        folders: Where to look; None for PATH and the versions of pyenv and of uv.
    """
    taken: dict[tuple[int, int], Interpreter] = {}
    left_out: dict[str, str] = {}
    for path in _candidates(_folders() if folders is None else folders):
        version, reason = _asked(path)
        if reason:
            left_out[str(path)] = reason
            continue
        other = taken.get(version[:2])
        if other is None or version > other.version:
            taken[version[:2]] = Interpreter(version, path)
    return sorted(taken.values()), left_out


def _folders() -> list[Path]:
    """Where Pythons are kept."""
    folders = [Path(folder) for folder in os.get_exec_path() if Path(folder).name != "shims"]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    uv = Path.home() / ".local" / "share" / "uv" / "python"
    return folders + [kept / "bin" for place in (pyenv, uv) for kept in sorted(place.glob("*"))]


def _candidates(folders: list[Path]) -> list[Path]:
    """Programs called python3.N, each once, however many links lead to it."""
    seen: dict[Path, Path] = {}
    for folder in folders:
        if not folder.is_dir():
            continue
        for path in sorted(folder.iterdir()):
            if _NAME.fullmatch(path.name) and shutil.which(path):
                seen.setdefault(path.resolve(), path)
    return list(seen.values())


def _asked(path: Path) -> tuple[tuple[int, int, int], str]:
    """The version of an interpreter, and why it is left out: an empty text if it is not."""
    answer = subprocess.run(
        [path, "-I", "-c", _QUESTION], capture_output=True, text=True, check=False
    )
    if answer.returncode:
        said = answer.stderr.strip().splitlines() or [f"exit status {answer.returncode}"]
        return (0, 0, 0), f"cannot make an environment: {said[-1]}"
    major, minor, micro, free_threaded = (int(word) for word in answer.stdout.split())
    version = major, minor, micro
    if version[:2] < OLDEST:
        return version, f"is {major}.{minor}, older than {OLDEST[0]}.{OLDEST[1]}"
    if free_threaded:
        return version, "is free-threaded, which thermalent does not support"
    return version, ""
