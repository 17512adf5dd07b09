"""Memory that stays with the process between blocks of points."""

from __future__ import annotations

from functools import cache

import numpy as np

_MOST = 2**24  # bytes


@cache
def keep_freed_memory() -> None:
    """Let up to 32 MB of freed memory stay with the process, where the C library is that of GNU.

    A block of points takes some megabytes in arrays of less than one each. The C library gives them
    back to the system after every block, which clears them again for the next one: a seventh of
    the time of a map. From the first large array that is freed it learns what is taken and freed
    again, and keeps twice as much; this array is never written to, and takes no memory. Other
    libraries of C free it as any other.

    Source: mallopt(3), M_MMAP_THRESHOLD, "dynamic adjustment".
    """
    np.empty(_MOST, dtype=np.uint8)
