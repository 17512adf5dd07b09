"""An evolution as a NetCDF file with labelled dimensions; xarray.open_dataset reads it back."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from thermalent import __version__
from thermalent.cli.errors import Failure
from thermalent.cli.output import method_data, note_written, plain, printed

if TYPE_CHECKING:
    import numpy as np
    import xarray

    from thermalent.solution.evolution import Evolution

SUFFIX = ".nc"
# Descriptions of the variables; times have the inverse unit of the given rates.
_ABOUT = {
    "time": ("time", "inverse unit of rate"),
    "state_real": ("real part of the density matrix of the qubits", "1"),
    "state_imag": ("imaginary part of the density matrix of the qubits", "1"),
    "population": ("populations", "1"),
    "population_error": ("error of the populations", "1"),
    "error": ("error of the largest element of the density matrix", "1"),
    "quanta": ("quanta of the field in the source's mode", "1"),
}


def require_backend() -> None:
    """Report missing libraries before the work, not after it."""
    missing = [
        name for name in ("xarray", "h5netcdf", "h5py") if importlib.util.find_spec(name) is None
    ]
    if missing:
        raise click.UsageError(
            f"Option --output: NetCDF needs {' and '.join(missing)}: "
            "pip install 'thermalent[sweep]'."
        )


def dataset(
    result: Evolution, given: Mapping[str, Any], extra: Mapping[str, np.ndarray]
) -> xarray.Dataset:
    """The evolution with its evidence.

    Args:
        result: The evolution.
        given: The arguments of the run (network, initial state, ...), kept as JSON.
        extra: Further values over time, (t,) each.
    """
    import numpy as np
    import xarray

    from thermalent.operators.states import basis_labels

    populations = result.populations()
    population_errors = [values.error for values in populations.values()]
    labels = basis_labels(result.network.dims)
    matrix = ("time", "row", "column")
    variables: dict[str, Any] = {
        "state_real": (matrix, result.states.real),
        "state_imag": (matrix, result.states.imag),
        "population": (("time", "level"), np.stack(list(populations.values()), axis=1)),
        "population_error": (("time", "level"), np.stack(population_errors, axis=1)),
        "error": ("time", result.error),
        **{name: ("time", values) for name, values in extra.items()},
    }
    coordinates: dict[str, Any] = {
        "time": result.times,
        "row": labels,
        "column": labels,
        "level": list(populations),
    }
    about = dict(_ABOUT)
    for measure, of_emitters in printed(result):
        if not of_emitters:  # a single qubit has no pairs
            continue
        axes: tuple[str, ...] = ("time", "pair") if measure.pair else ("time",)
        for name, values in (
            (measure.name, list(of_emitters.values())),
            (f"{measure.name}_error", [series.error for series in of_emitters.values()]),
        ):
            variables[name] = (axes, np.stack(values, axis=1) if measure.pair else values[0])
        words = measure.name.replace("_", " ")
        about[measure.name] = (words + " of pairs of qubits" * measure.pair, measure.unit)
        about[f"{measure.name}_error"] = (f"error of the {words}", measure.unit)
        if measure.pair:
            coordinates["pair"] = list(of_emitters)
    data = xarray.Dataset(variables, coordinates)
    for name, (long_name, units) in about.items():
        if name in data.variables:
            data[name].attrs.update(long_name=long_name, units=units)
    method = method_data(result.method)
    as_json = {"method_parameters": method["parameters"], **given, "stats": result.stats}
    data.attrs.update(
        source=f"thermalent {__version__}",
        method=method["name"],
        claim=method["claim"],
        partial=int(bool(result.stats.get("partial", False))),
        error_origin=result.how,
        emitters=" ".join(result.network.emitter_names),
        **{name: json.dumps(plain(value)) for name, value in as_json.items()},
    )
    return data


def write_netcdf(
    path: Path, result: Evolution, given: Mapping[str, Any], extra: Mapping[str, np.ndarray]
) -> None:
    """Write the file; the disk may be full, or the file not ours to write.

    Raises:
        Failure: it could not be written.
    """
    try:
        dataset(result, given, extra).to_netcdf(path, engine="h5netcdf")
    except OSError as error:
        reason = error.strerror or str(error).splitlines()[0]
        raise Failure(f"could not write {str(path)!r}: {reason}.") from error
    note_written(path)
