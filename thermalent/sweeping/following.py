"""Networks that are followed along the last axis of a grid: over times, frequencies or delays.

Every network is evolved once for all times, and each spectrum is taken once for all frequencies.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.solution.evolution import Evolution
from thermalent.solution.method import Method
from thermalent.solving.many import evolve_one_of_many
from thermalent.support import checks
from thermalent.sweeping.blocks import attempt, columns, failed
from thermalent.sweeping.columns import SOLVED, Columns, blank
from thermalent.sweeping.grid import Axis, Grid
from thermalent.sweeping.recipe import Recipe

# The axis that an argument of `sweep` makes, and its unit.
AXES = {"times": "time", "frequencies": "frequency", "delays": "delay"}
UNITS = {
    "time": "inverse unit of rate",
    "frequency": "unit of rate",
    "delay": "inverse unit of rate",
}


def axis_of(**given: Any) -> Axis | None:
    """The axis of times, frequencies or delays, by argument; None if all of them are.

    Raises:
        ValueError: several are given, or they are no increasing numbers.
    """
    asked = [argument for argument, values in given.items() if values is not None]
    if not asked:
        return None
    if len(asked) > 1:
        checks.fail(asked[1], f"left out where `{asked[0]}` are given", given[asked[1]])
    (argument,) = asked
    check = checks.numbers if argument == "frequencies" else checks.time_grid
    values = check(argument, given[argument])
    if len(np.unique(values)) != len(values):
        checks.fail(argument, "different from each other", given[argument])
    return Axis(name=AXES[argument], values={AXES[argument]: values})


def with_axis(grid: Grid, axis: Axis) -> Grid:
    """The grid with the axis as its last one.

    Raises:
        ValueError: it has one of that name.
    """
    if axis.name in (*grid.dims, *grid.parameters):
        checks.fail("grid", f"without {axis.name!r}, along which networks are followed", axis.name)
    return Grid(axes=(*grid.axes, axis))


def check_following(axis: Axis, method: Method | None, initial: Any) -> None:
    """Check what else the axis takes.

    Raises:
        ValueError: the emitters start in no state, or another method is asked for spectra.
    """
    if axis.name == "time":
        if initial is None:
            allowed = "the emitters' state at time zero, such as '00', where there are `times`"
            checks.fail("initial", allowed, initial)
    elif method is not None and not (
        isinstance(method, ContinuedFraction) and method == ContinuedFraction(rtol=method.rtol)
    ):
        allowed = "None or te.ContinuedFraction(rtol=...) where light is analysed"
        checks.fail("method", allowed, method)


def follow(recipe: Recipe, part: Grid, skipped: np.ndarray | None = None) -> Columns:
    """Every column at every point of a part of the grid, in the part's shape.

    Args:
        recipe: What to do.
        part: Where; its last axis is the one along which each network is followed.
        skipped: Points to leave open, in the part's shape.
    """
    networks, axis = Grid(axes=part.axes[:-1]), part.axes[-1]
    along = np.asarray(axis.values[axis.name])
    left = np.zeros((networks.size, len(along)), dtype=bool)
    if skipped is not None:
        left[:] = skipped.reshape(left.shape)
    reading = _over_time if recipe.along == "time" else _radiated
    rows = [
        blank(recipe.numbers, len(along)) if left[i].all() else reading(recipe, parameters, along)
        for i, parameters in enumerate(networks)
    ]
    return {
        name: np.concatenate([row[name] for row in rows]).reshape(part.shape) for name in rows[0]
    }


def _over_time(recipe: Recipe, parameters: dict[str, Any], times: np.ndarray) -> Columns:
    """The columns of one evolution, (t,)."""
    evolution = attempt(
        lambda point: evolve_one_of_many(
            recipe.network(point), times, recipe.initial, recipe.method
        ),
        parameters,
    )
    if not isinstance(evolution, Evolution):
        return columns(recipe.observables, [evolution] * len(times))
    return columns(recipe.observables, [evolution.at(i) for i in range(len(times))])


def _radiated(recipe: Recipe, parameters: dict[str, Any], along: np.ndarray) -> Columns:
    """The columns of one network's spectra or correlations, (n,)."""
    values = blank(recipe.emissions, len(along))
    network = attempt(recipe.network, parameters)
    if isinstance(network, Exception):
        return failed(values, network)
    rtol = recipe.method.rtol if isinstance(recipe.method, ContinuedFraction) else None
    values["status"][:] = SOLVED
    for emission in recipe.emissions:
        found = attempt(lambda e: e.read(network, along, rtol, recipe.initial), emission)
        if isinstance(found, Exception):
            failed(values, found, f"{emission.name}: ")
        else:
            values[emission.name], values[f"{emission.name}_error"] = found
    return values
