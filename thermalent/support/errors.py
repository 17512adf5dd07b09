"""The errors of the package: one base class, and kinds that are also Python's own."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any


class ThermalentError(Exception):
    """Base class of every error that the package raises by itself.

    `partial` is what a call of several parts had found all the same, and `failures` the error of
    each part that failed, by position; None and empty where a call has one part.
    """

    partial: Any = None
    failures: Mapping[int, ThermalentError] = MappingProxyType({})


class ArgumentError(ThermalentError, ValueError):
    """An argument has a value that is not allowed; the message names both."""


class ArgumentTypeError(ThermalentError, TypeError):
    """An argument is of a type that is not allowed, has an unknown name, or is missing."""


class ArgumentKindError(ArgumentTypeError, ArgumentError):
    """An argument is not of the declared kind, such as a number where a network belongs."""


class NotConvergedError(ThermalentError, ArithmeticError):
    """A recurrence did not converge within its means."""


class InfiniteValueError(ThermalentError, ZeroDivisionError):
    """The value that was asked for is infinite."""


class OutOfMemoryError(ThermalentError, MemoryError):
    """The memory ended in the middle of a computation."""


class ResultFileError(ThermalentError, ValueError):
    """A file of a result cannot be written, is something else, or is damaged."""


class FigureFileError(ThermalentError, OSError):
    """A figure cannot be written; the message says which file and why."""


class UnknownAttributeError(ThermalentError, AttributeError):
    """An object has no attribute of this name; the message says which object has."""


class MissingPackageError(ThermalentError, ImportError):
    """An optional package is not installed; the message says how to install it."""


def optional(package: str, call: str, extra: str, name: str = "") -> Any:
    """An optional package, for a call that needs it.

    Args:
        package: What is imported.
        call: What asks for it, in words.
        extra: The extra of thermalent that installs it.
        name: How the package calls itself, if not so.

    Raises:
        MissingPackageError: it is not installed.
    """
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise MissingPackageError(
            f"{call} needs {name or package}: pip install 'thermalent[{extra}]'"
        ) from error
