"""Values that a study's functions hold: equal ones are told alike, and others apart."""

import dataclasses
import enum
import functools
import logging
import math
import re
from pathlib import Path

import numpy as np
import pytest

from thermalent.sweeping.storage.identity.code import pieces
from thermalent.sweeping.storage.identity.own_code import own


class Colour(enum.Enum):
    RED = 1
    BLUE = 1.5


class Paint(enum.Enum):
    RED = 1


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Rates(dict):
    """A mapping of its own kind."""


@dataclasses.dataclass
class Point:
    x: float
    y: object = None


class Slots:
    __slots__ = ("a", "b")

    def __init__(self, a, b=None):
        self.a = a
        if b is not None:
            self.b = b


class Plain:
    def __init__(self, **inside):
        self.__dict__.update(inside)

    def method(self):
        return self


class Other(Plain):
    pass


def one(x):
    return x + 1


def two(x):
    return x + 2


def marked(size, place):
    """Ones with one two, which a printed array would leave out."""
    values = np.ones(size)
    values[place] = 2
    return values


def deeper(levels, end):
    return end if levels == 0 else [deeper(levels - 1, end)]


# Each is made twice; all of a row differ.
KINDS = [
    lambda: (1, 2, 1.0, True, None, "1", b"1", 1j),
    lambda: (np.float64(1), np.float32(1), np.int64(1), np.array([[1.0]])),
    lambda: (np.arange(9.0), np.arange(9), np.arange(9.0).reshape(3, 3), np.arange(9.0) + 1e-300),
    lambda: (np.ones(9), np.full(9, np.nextafter(1.0, 2)), np.ones(5000), marked(5000, 2500)),
    lambda: (np.array([1, "a"], dtype=object), np.array([1, "b"], dtype=object)),
    lambda: (Colour.RED, Colour.BLUE, Paint.RED, Level.LOW, Level.HIGH, 1, 1.5),
    lambda: (Path("a"), Path("b"), slice(1), slice(2), range(3), range(4), np.dtype(float)),
    lambda: (re.compile("a"), re.compile("b"), re.compile("a", re.IGNORECASE)),
    lambda: (logging.getLogger("a"), logging.getLogger("b")),
    lambda: ({"a": 1, "b": 2}, {"a": 1, "b": 3}, {"a": 1}, Rates(a=1), Rates(a=2)),
    lambda: ({1, 2, 3}, {1, 2}, frozenset({1, 2, 4})),
    lambda: ([1, [2, 3]], [1, [3, 2]], [[1, 2], 3]),
    lambda: (functools.partial(one, 1), functools.partial(one, 2), functools.partial(two, 1),
             functools.partial(one, x=1)),
    lambda: (Plain(a=1).method, Plain(a=2).method, Other(a=1).method),
    lambda: (Point(1.0), Point(2.0), Point(1.0, [1]), Point(1.0, [2])),
    lambda: (Slots(1), Slots(2), Slots(1, 2), Slots(2, 1)),
    lambda: (Plain(), Other(), Plain(a=1), Plain(b=1), Plain(a=2)),
    lambda: (math.sin, math.cos, np.sin, np.cos, len, math, np),
    lambda: (one, two, Plain, Other, Colour, Paint),
    lambda: (deeper(3, 1), deeper(3, 2), deeper(4, 1)),
]  # fmt: skip


@pytest.mark.parametrize("made", KINDS)
def test_values_are_told_by_what_they_are(made):
    told = [pieces({"value": value}) for value in made()]
    assert told == [pieces({"value": value}) for value in made()]
    assert len({tuple(sorted(words.items())) for words in told}) == len(told)


def test_the_order_of_a_mapping_or_a_set_is_no_part_of_it():
    assert pieces({"value": {"a": 1, "b": 2}}) == pieces({"value": {"b": 2, "a": 1}})
    many = [f"x{n}" for n in range(50)]
    assert pieces({"value": set(many)}) == pieces({"value": set(many[::-1])})


def test_the_order_of_an_array_in_memory_is_no_part_of_it():
    array = np.arange(12.0).reshape(3, 4)
    assert pieces({"value": array}) == pieces({"value": np.asfortranarray(array)})


def test_members_of_an_enumeration_are_told_by_their_class_and_name():
    """Whatever Python keeps in them beside their values."""
    for value in (Colour.RED, Level.LOW):
        told = pieces({"value": value})["value"]
        assert told.endswith(f"{type(value).__name__}.{value.name}")


def test_what_is_of_no_module_or_of_python_is_not_the_users():
    made = type("Made", (), {"__module__": "that.nobody.has"})
    assert not own(made)
    assert not own(dict)
    assert not own(type("Nameless", (), {"__module__": None}))
    assert own(Plain)
    assert own(one)
