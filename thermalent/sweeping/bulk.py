"""The points of a block as arrays, where the builder and the method can take them so."""

from __future__ import annotations

import numpy as np

from thermalent.networks.arrays import arrays_of
from thermalent.solution.method import Method
from thermalent.solution.several import SteadyStateArrays
from thermalent.solving.solve import first_method
from thermalent.sweeping.columns import SOLVED, Columns, blank
from thermalent.sweeping.grid import Grid
from thermalent.sweeping.reading.observables import Observable
from thermalent.sweeping.recipe import Recipe


def takes_arrays(recipe: Recipe) -> bool:
    """Whether points of the recipe may be solved as arrays: nothing in it is the user's own."""
    return (
        not recipe.along
        and recipe.initial is None
        and arrays_of(recipe.builder) is not None
        and type(first_method(recipe.method)).steady_state_arrays is not Method.steady_state_arrays
        and all(observable.function is None for observable in recipe.observables)
    )


def solved_together(recipe: Recipe, part: Grid, left: np.ndarray) -> tuple[Columns, np.ndarray]:
    """The columns of those points that are solved and read as arrays, and which these are.

    All others are left to be built, solved and read one by one, which also says what is wrong.

    Args:
        recipe: What to do.
        part: Where.
        left: Points to leave open, (p,).
    """
    values, done = blank(recipe.observables, part.size), np.zeros(part.size, dtype=bool)
    solved = _solved(recipe, part, left) if takes_arrays(recipe) else None
    if solved is None:
        return values, done
    rows = solved.network.rows
    readings = [_readings(observable, solved) for observable in recipe.observables]
    good = np.all([ok for _, _, ok in readings], axis=0)
    rows = rows[good]
    for observable, (numbers, errors, _) in zip(recipe.observables, readings, strict=True):
        values[observable.name][rows] = numbers[good]
        values[f"{observable.name}_error"][rows] = errors[good]
    values["error"][rows] = solved.error[good]
    values["n_max"][rows] = solved.order[good]
    values["status"][rows] = SOLVED
    done[rows] = True
    return values, done


def _solved(recipe: Recipe, part: Grid, left: np.ndarray) -> SteadyStateArrays | None:
    varied, arrays = part.columns(), arrays_of(recipe.builder)
    if varied is None or arrays is None:
        return None
    networks = arrays(varied, recipe.fixed)
    if networks is None:
        return None
    networks = networks.part(~left[networks.rows])
    return first_method(recipe.method).steady_state_arrays(networks) if len(networks) else None


def _readings(
    observable: Observable, solved: SteadyStateArrays
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Numbers, errors, and where there are any."""
    found = observable.of_stack(solved)
    good = np.ones(len(found.values), dtype=bool)
    good[list(found.problems)] = False
    return found.values, found.errors, good
