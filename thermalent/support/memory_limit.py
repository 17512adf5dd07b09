"""The memory that is free, to refuse a problem that does not fit before it starts."""

from __future__ import annotations

from thermalent.support.machine.cgroups import free_in_groups

# Address space that a process takes without asking the budget: threads with their heaps, compiled
# kernels, libraries that are loaded late (half a gigabyte for an ensemble on four threads).
_UNASKED = 5e8
# Bytes below which nobody looks: looking takes a third of a millisecond, as long as a small solve.
_ALWAYS_FITS = 3e7


def fits(needed: float) -> bool:
    """Whether a computation that needs so many bytes fits into the memory that is free."""
    return needed <= _ALWAYS_FITS or needed <= available()


def lacking(needed: float) -> str | None:
    """Why a computation that needs so many bytes does not fit, in words; None if it does."""
    if fits(needed):
        return None
    return f"it would need about {in_words(needed)} of memory, and {in_words(available())} are free"


def available() -> int:
    """Bytes of memory that a new computation may use.

    The least of what the machine has free, what the limits of its control groups leave (containers,
    batch systems) and what those of the process leave (`ulimit -v`, `ulimit -d`).
    """
    import psutil

    free = [int(psutil.virtual_memory().available), *_left_of_process()]
    in_groups = free_in_groups()
    if in_groups is not None:
        free.append(in_groups)
    return max(0, min(free))


def _left_of_process() -> list[int]:
    """Bytes left under each limit that is set for this process."""
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return []
    import psutil

    used = psutil.Process().memory_info()
    uses = {resource.RLIMIT_AS: used.vms, resource.RLIMIT_DATA: getattr(used, "data", used.vms)}
    limits = {kind: resource.getrlimit(kind)[0] for kind in uses}
    left = [limits[kind] - uses[kind] for kind in uses if limits[kind] != resource.RLIM_INFINITY]
    return [int(free - min(_UNASKED, free / 2)) for free in left]


def in_words(size: float) -> str:
    """A number of bytes for people."""
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if size < 1000 or unit == "TB":
            return f"{size:.3g} {unit}"
        size /= 1000
    raise AssertionError("unreachable")
