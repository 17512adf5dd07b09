"""What ends a sweep: a store or workers that cannot be used. Points that fail do not."""

from __future__ import annotations


class StoreError(RuntimeError):
    """The store cannot be used: unwritable, full, held by another process, of another study."""


class ExecutorError(RuntimeError):
    """The workers cannot be used: they died, lack the package, or have another version."""
