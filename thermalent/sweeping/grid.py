"""Grids of parameters: products of axes, each of which runs one parameter or several together.

A grid holds the values of its axes and enumerates its points only when asked, block by block, so
that a product of a thousand by a thousand values takes the memory of two thousand.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from thermalent.support import checks
from thermalent.support.calls import with_explained_calls

POINT = "point"  # dimension of a grid that is one list of points


@dataclass(frozen=True, kw_only=True, eq=False)
class Zip:
    """Several parameters that run together along one axis; see `zipped` and `points`."""

    values: Mapping[str, Sequence[Any]]


@with_explained_calls
def zipped(**values: Sequence[Any]) -> Zip:
    """Parameters that run together: the i-th point takes the i-th value of each.

    Args:
        values: Values by parameter, all of the same length.

    Returns:
        What `te.sweep` takes as a grid, or as one axis of it.

    Raises:
        ValueError: the lengths differ, or there is no parameter.
    """
    lengths = {name: len(_sequence(name, given)) for name, given in values.items()}
    if len(set(lengths.values())) != 1:
        checks.fail("values", "parameters with equally many values each", lengths)
    return Zip(values=values)


@with_explained_calls
def points(given: Sequence[Mapping[str, Any]]) -> Zip:
    """A list of points, each with a value for every parameter.

    Args:
        given: One mapping per point, all with the same parameters.

    Returns:
        What `te.sweep` takes as a grid: one axis, along which all parameters change together.

    Raises:
        ValueError: there is no point, or one lacks a parameter of the first.
    """
    listed = list(given)
    if not listed:
        checks.fail("given", "one point or more", listed)
    names = set(listed[0])
    for i, point in enumerate(listed):
        if set(point) != names:
            checks.fail("given", f"points of the parameters {sorted(names)} each", f"point {i}")
    return zipped(**{name: [point[name] for point in listed] for name in listed[0]})


@dataclass(frozen=True, kw_only=True, eq=False)
class Axis:
    """One dimension of a grid.

    Args:
        name: Of the dimension.
        values: By parameter; arrays of numbers or strings, tuples of anything else.
    """

    name: str
    values: Mapping[str, np.ndarray | tuple[Any, ...]]

    def __len__(self) -> int:
        return len(next(iter(self.values.values())))

    def part(self, chosen: slice) -> Axis:
        """A stretch of the axis."""
        return Axis(name=self.name, values={name: v[chosen] for name, v in self.values.items()})

    def at(self, i: int) -> dict[str, Any]:
        """The parameters at a position, as plain Python values."""
        return {name: _plain(values[i]) for name, values in self.values.items()}

    def labels(self, name: str) -> np.ndarray:
        """Values of a parameter as a coordinate: numbers, strings, or else JSON text."""
        values = self.values[name]
        if isinstance(values, np.ndarray):
            return values
        return np.array([json.dumps(value, default=str) for value in values], dtype=object)

    def keys(self) -> list[tuple[Any, ...]]:
        """Keys that distinguish the positions."""
        columns = [self.labels(name).tolist() for name in self.values]
        return list(zip(*columns, strict=True))


@dataclass(frozen=True, kw_only=True, eq=False)
class Grid:
    """A product of axes; its points are numbered with the last axis running fastest."""

    axes: tuple[Axis, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of values along each axis."""
        return tuple(len(axis) for axis in self.axes)

    @property
    def size(self) -> int:
        """Number of points."""
        return math.prod(self.shape)

    @property
    def dims(self) -> tuple[str, ...]:
        """Names of the axes."""
        return tuple(axis.name for axis in self.axes)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters that vary."""
        return tuple(name for axis in self.axes for name in axis.values)

    def part(self, chosen: Sequence[slice]) -> Grid:
        """A rectangular part."""
        axes = zip(self.axes, chosen, strict=True)
        return Grid(axes=tuple(axis.part(stretch) for axis, stretch in axes))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The parameters of every point, in order, made as they are asked for."""
        for index in itertools.product(*(range(n) for n in self.shape)):
            yield self.at(index)

    def at(self, index: Sequence[int]) -> dict[str, Any]:
        """The parameters of one point."""
        parameters: dict[str, Any] = {}
        for axis, i in zip(self.axes, index, strict=True):
            parameters |= axis.at(i)
        return parameters

    def columns(self) -> dict[str, np.ndarray] | None:
        """Every parameter at all points, (p,) each, in order; None if some are not numbers."""
        found: dict[str, np.ndarray] = {}
        for position, axis in enumerate(self.axes):
            shape = [1] * len(self.axes)
            shape[position] = len(axis)
            for name, values in axis.values.items():
                if not isinstance(values, np.ndarray) or values.dtype.kind not in "fi":
                    return None
                found[name] = np.broadcast_to(values.reshape(shape), self.shape).ravel()
        return found

    def coordinates(self) -> dict[str, tuple[str, np.ndarray]]:
        """Dimension and labels of every parameter."""
        return {name: (axis.name, axis.labels(name)) for axis in self.axes for name in axis.values}

    def digest(self) -> str:
        """A fingerprint of all values, to the last bit."""
        digest = hashlib.sha256()
        for axis in self.axes:
            for name, values in axis.values.items():
                digest.update(f"{axis.name}/{name}/{len(axis)}/".encode())
                if isinstance(values, np.ndarray) and values.dtype.kind in "fib":
                    digest.update(values.dtype.str.encode() + values.tobytes())
                else:
                    digest.update(json.dumps(list(values), default=str).encode())
        return digest.hexdigest()[:32]


def as_grid(given: Any) -> Grid:
    """The grid of a mapping (a product), of `zipped(...)` or of `points(...)`.

    Raises:
        ValueError: the grid is empty, has a parameter or a coordinate twice, or values that are not
            finite.
    """
    if isinstance(given, Grid):
        return given
    if isinstance(given, Zip):
        given = {POINT: given}
    if not isinstance(given, Mapping):
        checks.fail("grid", "a mapping of values by parameter, te.zipped or te.points", given)
    if not given:
        checks.fail("grid", "of one parameter or more", dict(given))
    axes = tuple(_axis(name, values) for name, values in given.items())
    grid = Grid(axes=axes)
    for name in grid.parameters:
        if grid.parameters.count(name) > 1:
            checks.fail("grid", "of parameters that occur once each", f"twice {name}")
        if name in grid.dims and name not in dict(_plain_axes(axes)):
            checks.fail("grid", "of axes that are not called like a parameter of another", name)
    return grid


def _plain_axes(axes: Sequence[Axis]) -> Iterator[tuple[str, Axis]]:
    for axis in axes:
        if list(axis.values) == [axis.name]:
            yield axis.name, axis


def _axis(name: str, given: Any) -> Axis:
    if not isinstance(name, str) or not name.isidentifier():
        checks.fail("grid", "of axes with Python names", name)
    values = given.values if isinstance(given, Zip) else {name: given}
    axis = Axis(name=name, values={key: _values(key, v) for key, v in values.items()})
    if len(axis) == 0:
        checks.fail("grid", f"of one value or more for {name!r}", checks.Words("empty"))
    keys = axis.keys()
    if len(set(keys)) != len(keys):
        seen: set[Any] = set()
        twice = next(key for key in keys if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        value = twice[0] if len(twice) == 1 else dict(zip(axis.values, twice, strict=True))
        checks.fail("grid", f"without duplicates along {name!r}", checks.Words(f"twice at {value}"))
    return axis


def _sequence(name: str, given: Any) -> Sequence[Any] | np.ndarray:
    if hasattr(given, "to_numpy"):  # a column of pandas, a coordinate of xarray
        given = given.to_numpy()
    listed = isinstance(given, Sequence) and not isinstance(given, (str, bytes))
    if not listed and not (isinstance(given, np.ndarray) and given.ndim):
        checks.fail("grid", f"of a sequence of values for {name!r}", given)
    values: Sequence[Any] | np.ndarray = given
    return values


def _values(name: str, given: Any) -> np.ndarray | tuple[Any, ...]:
    """Values as an array of booleans, integers, floats or strings, else a tuple."""
    listed = [_plain(value) for value in _sequence(name, given)]
    kinds = {type(value) for value in listed}
    if kinds == {bool}:
        return np.array(listed)
    if kinds and kinds <= {int, float}:
        if kinds == {int} and max(map(abs, listed)) < 2**62:
            return np.array(listed, dtype=np.int64)
        array = np.array(listed, dtype=float)
        if not np.all(np.isfinite(array)):
            checks.fail("grid", f"finite along {name!r}", array[~np.isfinite(array)][0].item())
        return array
    if kinds == {str}:
        return np.array(listed, dtype=object)
    return tuple(tuple(v) if isinstance(v, list) else v for v in listed)


def _plain(value: Any) -> Any:
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    return value
