"""Names, types and attributes of the data set that a sweep fills, in memory or on disk."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from thermalent.sweeping.columns import FAILED, SOLVED, Columns, blank
from thermalent.sweeping.following import UNITS
from thermalent.sweeping.grid import Grid
from thermalent.sweeping.recipe import Recipe
from thermalent.sweeping.tiles import Tiles

if TYPE_CHECKING:
    import xarray
    from _typeshed import DataclassInstance

_HOW = (
    "Each value comes with NAME_error: how far it can move when every element of the state moves "
    "by the state's error; for statistical methods one standard error, carried through likewise."
)
# Units of the parameters of the hardware functions, which differ from those of the models.
_LABORATORY = {
    "temperature": "K", "base_temperature": "K", "frequency": "Hz", "gamma": "Hz",
    "detuning": "Hz", "dephasing_time": "s",
}  # fmt: skip
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_RATES = (
    "kappa", "gamma", "detuning", "dephasing", "intrinsic_decay", "decay", "individual_decay",
    "coupling", "decay_right", "decay_left", "bandwidth",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class Study:
    """A grid, how it is cut, and what is done at its points.

    Args:
        grid: The points.
        tiles: The blocks.
        recipe: Builder, method and observables of every point.
        claim: Of the method.
        units: Of the parameters, by name, where the default is wrong.
        code: What builder, fixed parameters, initial state and observables are made of; see
            `code_identity`.
    """

    grid: Grid
    tiles: Tiles
    recipe: Recipe
    claim: str
    units: Mapping[str, str]
    code: Mapping[str, str]

    def attributes(self) -> dict[str, Any]:
        """Attributes of the data set: enough to identify the study, and to repeat it."""
        recipe = self.recipe
        given = {
            "source": "thermalent",
            "version": recipe.version,
            "builder": builder_name(recipe.builder),
            "fixed": _json(recipe.fixed),
            "method": method_words(recipe),
            "claim": self.claim,
            "initial": _json(recipe.initial),
            "observables": _json([observable.name for observable in recipe.numbers]),
            "code": _json(self.code),
            "grid": _json(dict(zip(self.grid.dims, self.grid.shape, strict=True))),
            "grid_digest": self.grid.digest(),
            "block": list(self.tiles.block),
            **({"along": recipe.along} if recipe.along else {}),
            "errors": _HOW,
            "origins": _json([self.origin()]),
        }
        seed = getattr(recipe.method, "seed", None)
        if seed is not None:
            given["seed_entropy"] = seed
            given["seed_spawn_keys"] = "(0, number of the block of 64 trajectories), at every point"
        return given

    def origin(self) -> dict[str, Any]:
        """The method and version that compute the points of this run."""
        recipe = self.recipe
        return {
            "method": method_words(recipe),
            "version": recipe.version,
            "code": dict(self.code),
        }

    def variables(self) -> dict[str, tuple[np.dtype | str, Any, dict[str, Any]]]:
        """Type, fill value and attributes of every variable; `status` is the last."""
        described: dict[str, tuple[np.dtype | str, Any, dict[str, Any]]] = {}
        for name, column in blank(self.recipe.numbers, 0).items():
            kind: np.dtype | str = "str" if column.dtype == object else column.dtype
            fill = {"f": float("nan"), "i": 0, "O": ""}[column.dtype.kind]
            described[name] = (kind, -1 if name == "n_max" else fill, {})
        for observable in self.recipe.numbers:
            described[observable.name][2].update(
                units=observable.units, ancillary_variables=f"{observable.name}_error"
            )
            described[f"{observable.name}_error"][2].update(
                units=observable.units, long_name=f"error of {observable.name}"
            )
        described["error"][2].update(
            units="1", long_name="error of the largest element of the state"
        )
        described["n_max"][2].update(long_name="truncation of the method; -1 if it has none")
        described["message"][2].update(long_name="why there is no result")
        described["origin"] = (
            np.dtype(np.int16), 0, {"long_name": "position among the attribute `origins`"},
        )  # fmt: skip
        status = described.pop("status")
        status[2].update(flag_values=[0, SOLVED, FAILED], flag_meanings="open solved failed")
        described["status"] = status
        return described

    def coordinate_attributes(self, name: str) -> dict[str, Any]:
        """Attributes of a parameter: its unit."""
        if name in self.units:
            return {"units": self.units[name]}
        if name == self.recipe.along:
            return {"units": UNITS[name]}
        home = getattr(self.recipe.builder, "__module__", "") or ""
        if home.startswith("thermalent.hardware"):
            return {"units": _LABORATORY.get(name, "1")}
        return {"units": "unit of rate" if name in _RATES else "1"}

    def empty(self) -> Columns:
        """All variables of the whole grid in memory, open."""
        return {
            name: np.full(self.grid.shape, fill, dtype=object if kind == "str" else kind)
            for name, (kind, fill, _) in self.variables().items()
        }

    def dataset(self, filled: Columns) -> xarray.Dataset:
        """Variables in memory as a data set with coordinates and attributes."""
        import xarray

        described = self.variables()
        coordinates = {
            name: (dim, _strings(values), self.coordinate_attributes(name))
            for name, (dim, values) in self.grid.coordinates().items()
        }
        variables = {
            name: (self.grid.dims, _strings(column), described[name][2])
            for name, column in filled.items()
        }
        return xarray.Dataset(variables, coordinates, self.attributes())


def method_words(recipe: Recipe) -> str:
    """The method with every parameter that bears on its numbers."""
    method = recipe.method
    if method is None:
        return "default: the first exact method that applies"
    # Threads and batches change the speed of trajectories and none of their bits.
    names = [item.name for item in fields(cast("DataclassInstance", method))]
    bearing = [name for name in names if name not in ("threads", "batch")]
    inside = ", ".join(f"{name}={getattr(method, name)!r}" for name in bearing)
    return f"{method.name}({inside})"


def builder_name(builder: Any) -> str:
    """The qualified name of a builder, with the arguments that a `functools.partial` fixes."""
    if isinstance(builder, functools.partial):
        return f"{builder_name(builder.func)} with {_json([builder.args, builder.keywords])}"
    name = getattr(builder, "__qualname__", type(builder).__qualname__)
    module = getattr(builder, "__module__", "")
    # The same script is "__main__" when run and has a name when imported.
    return name if module == "__main__" else f"{module}.{name}"


def _json(value: Any) -> str:
    return json.dumps(value, default=_plain, sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray) and np.iscomplexobj(value):
        return {"re": value.real.tolist(), "im": value.imag.tolist()}
    if isinstance(value, complex):
        return {"re": value.real, "im": value.imag}
    # An address differs from run to run; what the object is made of stands among the code.
    return value.tolist() if hasattr(value, "tolist") else _ADDRESS.sub("", repr(value))


def _strings(values: np.ndarray) -> np.ndarray:
    """Text in the type that Zarr returns, so that results with and without a store are alike."""
    return values.astype(np.dtypes.StringDType()) if values.dtype == object else values
