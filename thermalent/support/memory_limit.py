"""The memory that is free, to refuse a problem that does not fit before it starts."""

from __future__ import annotations


def available() -> int:
    """Bytes of memory that a new computation may use."""
    import psutil

    return int(psutil.virtual_memory().available)


def in_words(size: float) -> str:
    """A number of bytes for people."""
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if size < 1000 or unit == "TB":
            return f"{size:.3g} {unit}"
        size /= 1000
    raise AssertionError("unreachable")
