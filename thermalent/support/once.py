"""Attributes that are worked out once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from functools import cached_property as once
else:

    class once:
        """A property that is worked out when first asked for, and kept with its object.

        As `functools.cached_property`, without the lock that Python 3.11 takes, which costs more
        than most of what is asked for. Two threads at once may both work it out, and find the same.
        """

        def __init__(self, function: Callable[[Any], Any]) -> None:
            self.function, self.__doc__ = function, function.__doc__

        def __set_name__(self, owner: type, name: str) -> None:
            self.name = name

        def __get__(self, instance: Any, owner: type | None = None) -> Any:
            """The value; from the second time on it is found without asking here."""
            if instance is None:
                return self
            value = instance.__dict__[self.name] = self.function(instance)
            return value


__all__ = ["once"]
