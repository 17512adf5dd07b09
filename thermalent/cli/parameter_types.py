"""The kinds of values that options take: numbers, shares, orders, quantities, names of methods."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import click

from thermalent.solving.registry import METHODS

_WITH_UNIT = re.compile(r"[-+.\d]+(?:[eE][-+]?\d+)?\s*[^\W\d]+")
# Commands whose other options take units.
_LABORATORY = ("hardware", "design", "require")


class PlainNumber(click.ParamType):
    """One number, without a unit."""

    name = "NUMBER"

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        """The number."""
        if not isinstance(value, str):
            return float(value)
        try:
            return float(value)
        except ValueError:
            self.fail(f"{value!r} is not a number. {_meant(value, ctx)}".rstrip(), param, ctx)


def _meant(text: str, ctx: Any) -> str:
    """What somebody meant who wrote something else than a number, and what to write."""
    if "," in text:
        return (
            "A decimal has a point and thousands have no comma; for several values of one "
            "parameter see `thermalent sweep --help`."
        )
    if _WITH_UNIT.fullmatch(text) and getattr(ctx, "info_name", None) not in _LABORATORY:
        return "It has no unit here; `thermalent hardware` takes kelvin and hertz."
    return ""


NUMBER = PlainNumber()


class MethodType(click.Choice[str]):
    """The key of a method. The name of its class, which results are printed with, will do, too."""

    def __init__(self) -> None:
        super().__init__([entry.key for entry in METHODS])
        self.other_names = {entry.name.lower(): entry.key for entry in METHODS}

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        """The key."""
        same = self.other_names.get(value.lower().replace("-", "").replace("_", ""))
        return super().convert(value if value in self.choices else same or value, param, ctx)


def share(text: str) -> float:
    """A number, or what stands before a percent sign over a hundred."""
    number = text.strip()
    return float(number[:-1]) / 100 if number.endswith("%") else float(number)


class Numbers(click.ParamType):
    """One number, or several separated by commas."""

    name, kind = "NUMBER", "a number"
    read: Callable[[str], float] = staticmethod(float)

    def __init__(self, single: bool = False) -> None:
        self.single = single
        if not single:
            self.name += "[,...]"

    def convert(self, value: Any, param: Any, ctx: Any) -> float | tuple[float, ...]:
        """The number, or a tuple of them."""
        if not isinstance(value, str):
            return value
        try:
            numbers = tuple(self.read(item) for item in value.split(","))
        except ValueError:
            numbers = ()
        if not numbers or (self.single and len(numbers) > 1):
            more = "" if self.single else ", nor several separated by commas"
            self.fail(f"{value!r} is not {self.kind}{more}.", param, ctx)
        return numbers[0] if len(numbers) == 1 else numbers


class Shares(Numbers):
    """One share, or several separated by commas, each as a number or in percent: 0.05 or 5%."""

    name, kind = "SHARE", "a number such as 0.05 or 5%"
    read = staticmethod(share)


class Orders(click.ParamType):
    """One order, several separated by commas, or a range such as 1..4."""

    name = "ORDER[,...]"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[int, ...]:
        """The orders as a tuple."""
        first, dots, last = value.partition("..")
        try:
            if dots:
                return tuple(range(int(first), int(last) + 1))
            return tuple(int(item) for item in value.split(","))
        except ValueError:
            self.fail(f"{value!r} is no order, nor several such as 1,2,3 or 1..4.", param, ctx)


class Quantities(click.ParamType):
    """A number with a unit, or several separated by commas.

    Args:
        none: Whether "none" is a value, too; a tuple with None stands for it.
    """

    name = "QUANTITY[,...]"

    def __init__(self, none: bool = False) -> None:
        self.none = none

    def convert(self, value: Any, param: Any, ctx: Any) -> str | tuple[str | None, ...]:
        """The text, or a tuple of texts; the library reads the units."""
        texts = tuple(item.strip() for item in value.split(","))
        items = tuple(None if self.none and text == "none" else text for text in texts)
        return items[0] if len(items) == 1 and items[0] is not None else items
