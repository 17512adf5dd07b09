"""The arguments of `sweep` as a study, checked before anything is computed or written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from thermalent.networks.builder import check_parameters
from thermalent.operators.states import initial_state
from thermalent.solution.method import Method
from thermalent.support import checks
from thermalent.sweeping.bulk import takes_arrays
from thermalent.sweeping.following import check_following, with_axis
from thermalent.sweeping.grid import Axis, Grid, as_grid
from thermalent.sweeping.reading.emission import ALONG, as_emissions
from thermalent.sweeping.reading.observables import as_observables, expanded
from thermalent.sweeping.recipe import Recipe
from thermalent.sweeping.storage.attributes import stored_block
from thermalent.sweeping.storage.identity.code import NoIdentity, pieces
from thermalent.sweeping.storage.layout import Study
from thermalent.sweeping.tiles import LEAST_TOGETHER, Tiles, corners, tiles


def study_of(
    builder: Callable[..., Any],
    grid: Any,
    observables: Any,
    method: Method | None,
    fixed: Mapping[str, Any] | None,
    initial: Any,
    axis: Axis | None,
    store: Path | None,
    block: int | None,
    units: Mapping[str, str] | None,
) -> Study:
    """The study.

    Args:
        builder, grid, observables, method, fixed, initial, block, units: As of `sweep`.
        axis: Along which networks are followed, if they are.
        store: Where the numbers go, if anywhere.

    Raises:
        ValueError: an argument is wrong, or a later run could not tell whether the store is of it.
    """
    checked = as_grid(grid)
    check_parameters(builder, fixed or {}, checked.parameters)
    if axis is not None:
        checked = with_axis(checked, axis)
        check_following(axis, method, initial)
    if block is not None:
        checks.integer("block", block, 1)
    for name in units or {}:
        if name not in checked.parameters:
            checks.fail("units", f"of parameters of the grid, {list(checked.parameters)}", name)
        if not isinstance((units or {})[name], str):
            checks.fail("units", f"text for {name!r}", (units or {})[name])
    radiated = axis is not None and axis.name in ALONG
    recipe = Recipe(
        builder=builder,
        fixed=dict(fixed or {}),
        method=method,
        initial=initial,
        observables=() if radiated else as_observables(observables),
        emissions=as_emissions(observables, axis.name) if axis and radiated else (),
        along=axis.name if axis else "",
    )
    return Study(
        grid=checked,
        tiles=_tiles(checked, block, store, recipe),
        recipe=_expanded(recipe, checked),
        claim="exact" if method is None else method.claim.value,
        units=dict(units or {}),
        code=_code(recipe, stored=store is not None),
    )


def _code(recipe: Recipe, *, stored: bool) -> dict[str, str]:
    """The identity of the code behind the study's functions and values.

    Raises:
        ValueError: there is a store, and a later run could not tell whether it holds the same.
    """
    functions: dict[str, Any] = {
        observable.name: observable.function
        for observable in recipe.observables
        if observable.function is not None
    }
    functions |= {emission.name: emission.of for emission in recipe.emissions}
    named = {"builder": recipe.builder, "fixed": recipe.fixed, "initial": recipe.initial}
    try:
        return pieces({**named, **functions})
    except NoIdentity as problem:
        if stored:
            raise
        return {"unknown": str(problem)}


def _tiles(grid: Grid, block: int | None, store: Path | None, recipe: Recipe) -> Tiles:
    stored = None if store is None else stored_block(store, grid.digest())
    if stored is not None:
        return Tiles(shape=grid.shape, block=stored)
    if not recipe.along:
        least = {"least": LEAST_TOGETHER} if takes_arrays(recipe) else {}
        return tiles(grid.shape, block, **least)
    *shape, whole = grid.shape
    return Tiles(shape=grid.shape, block=(*tiles(tuple(shape), block).block, whole))


def _expanded(recipe: Recipe, grid: Grid) -> Recipe:
    """Check observables and initial state at the first corner of the grid that has a network."""
    for corner in corners(grid.shape, 16):
        try:
            network = recipe.network(grid.at(corner))
        except Exception:  # the point will be recorded as failed; another corner may give a network
            continue
        if recipe.initial is not None:
            initial_state(recipe.initial, network.dims, name="initial")
        for emission in recipe.emissions:
            emission.check(network)
        return replace(recipe, observables=expanded(recipe.observables, network))
    if any(each.what == "populations" and not each.label for each in recipe.observables):
        # The populations depend on the network, and here there is none.
        recipe.network(grid.at((0,) * len(grid.shape)))
    return recipe
