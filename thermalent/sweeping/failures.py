"""Errors that end a sweep: an unusable store or unusable workers. Failed points do not."""

from __future__ import annotations

from thermalent.support.errors import ThermalentError


class StoreError(ThermalentError, RuntimeError):
    """The store cannot be used: unwritable, full, held by another process, of another study."""


class ExecutorError(ThermalentError, RuntimeError):
    """The workers cannot be used: they died, lack the package, or have another version."""
