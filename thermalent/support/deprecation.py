"""Old names of arguments and attributes, which work for one release and say what replaces them."""

from __future__ import annotations

import functools
import importlib
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

from thermalent.support.errors import ArgumentTypeError

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def warn(old: str, new: str, stacklevel: int = 3) -> None:
    """Warn that `old` is now called `new`; the warning points at the caller's caller."""
    warnings.warn(
        f"`{old}` is now called `{new}`; the old name works until the next release.",
        DeprecationWarning,
        stacklevel=stacklevel,
    )


def renamed_arguments(**new_of_old: str) -> Callable[[Decorated], Decorated]:
    """Decorator of a function some of whose keyword arguments have new names.

    Args:
        new_of_old: The new name of each old one.

    Returns:
        The decorator. What it decorates takes the old names as well and warns, and lists them as
        `renamed_arguments` for whoever checks names of parameters against a signature.
    """

    def decorate(function: Decorated) -> Decorated:
        @functools.wraps(function)
        def taking_old_names(*args: Any, **kwargs: Any) -> Any:
            for old, new in new_of_old.items():
                if old in kwargs:
                    if new in kwargs:
                        raise ArgumentTypeError(
                            f"Arguments `{old}` and `{new}` are the same: `{new}` is the new name "
                            f"of `{old}`. Give `{new}` alone."
                        )
                    warn(old, new)
                    kwargs[new] = kwargs.pop(old)
            return function(*args, **kwargs)

        taking_old_names.renamed_arguments = new_of_old  # type: ignore[attr-defined]
        return taking_old_names  # type: ignore[return-value]

    return decorate


def renamed_attribute(old: str, new: str) -> Any:
    """Property under an old name that warns and gives the attribute of the new name."""

    def get(self: Any) -> Any:
        warn(old, new)
        return getattr(self, new)

    get.__doc__ = f"Old name of `{new}`."
    return property(get)


def renamed_names(module: str, **new_of_old: str) -> Callable[[str], Any]:
    """The `__getattr__` of a module some of whose names have changed or moved.

    Args:
        module: The module.
        new_of_old: The new name of each old one: one of the same module, or with the module that
            has it now, such as "thermalent.design".
    """

    def get(name: str) -> Any:
        if name not in new_of_old:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        warn(name, new_of_old[name])
        home, _, new = new_of_old[name].rpartition(".")
        return getattr(importlib.import_module(home or module), new)

    return get
