"""Memory limits of containers and batch systems: the control groups of Linux, both versions.

A group's limit holds for all of its processes together, and so do those of the groups it lies in.
What the kernel would drop first under pressure (files read long ago) does not count as used.

Source: the kernel's `admin-guide/cgroup-v2` and `admin-guide/cgroup-v1/memory`.
"""

from __future__ import annotations

import functools
from pathlib import Path, PurePosixPath
from typing import NamedTuple

# Limit and use of a group, and the line of `memory.stat` with the file pages that can be dropped.
_VERSION_2 = ("memory.max", "memory.current", "inactive_file")
_VERSION_1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


class _Group(NamedTuple):
    """The folder of a control group, and the files that it has."""

    folder: Path
    limit: str
    use: str
    droppable: str


def free_in_groups(root: Path = Path("/")) -> int | None:
    """Bytes left under the limits of this process's control groups; None where there are none.

    Args:
        root: Where `/proc` and the mounted groups are found.
    """
    left = [_free(group) for group in _groups(root)]
    return min((free for free in left if free is not None), default=None)


def _free(group: _Group) -> int | None:
    try:
        limit = int((group.folder / group.limit).read_text())
        used = int((group.folder / group.use).read_text())
        return max(0, limit - used + _droppable(group))
    except (OSError, ValueError):  # the limit is "max", the root has none, or the group is gone
        return None


def _droppable(group: _Group) -> int:
    for line in (group.folder / "memory.stat").read_text().splitlines():
        name, _, size = line.partition(" ")
        if name == group.droppable:
            return int(size)
    return 0


@functools.cache
def _groups(root: Path) -> tuple[_Group, ...]:
    """The groups of this process that limit memory, and those around them."""
    found: list[_Group] = []
    try:
        memberships = (root / "proc/self/cgroup").read_text().splitlines()
        mounts = (root / "proc/self/mountinfo").read_text().splitlines()
    except OSError:  # not Linux
        return ()
    for membership in memberships:
        _, controllers, path = membership.split(":", 2)
        if controllers == "":
            kind, option, files = "cgroup2", "", _VERSION_2
        elif "memory" in controllers.split(","):
            kind, option, files = "cgroup", "memory", _VERSION_1
        else:
            continue
        for mount in mounts:
            place = _mounted(mount, kind, option)
            if place is not None:
                found += [_Group(folder, *files) for folder in _folders(root, *place, path)]
    return tuple(found)


def _mounted(line: str, kind: str, option: str) -> tuple[str, str] | None:
    """Where a mount shows groups, and the group at its top; None for another kind of mount."""
    about, _, system = line.partition(" - ")
    fields, (filesystem, _, options) = about.split(), system.split(maxsplit=2)
    if filesystem != kind or (option and option not in options.split(",")):
        return None
    return fields[4], fields[3]


def _folders(root: Path, mounted: str, top: str, path: str) -> list[Path]:
    """The folders of a group and of those around it, as far as the mount shows them.

    In a container the group's path may be that on the host, of which the mount shows only a part.
    """
    place = root / mounted.lstrip("/")
    below = PurePosixPath(path)
    inside = below.relative_to(top) if below.is_relative_to(top) else PurePosixPath()
    if ".." in inside.parts:
        inside = PurePosixPath()
    return [place / inside, *(place / parent for parent in inside.parents)]
