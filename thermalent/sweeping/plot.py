"""A quick look at a sweep: a curve along one axis, a map along two."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from thermalent.support.figure_files import save_figure

if TYPE_CHECKING:
    import xarray


def draw_sweep(data: xarray.Dataset, name: str, path: Path) -> None:
    """Draw an observable over the two longest axes of its grid, or over the one that there is.

    Further axes are held at their first value, which the title gives; so are those of one value,
    along which there is nothing to see.

    Raises:
        ValueError: the file's kind is unknown to matplotlib.
        OSError: the file cannot be written.
    """
    from matplotlib.figure import Figure

    values, held = data[name], []
    by_length = sorted(values.dims, key=lambda dim: data.sizes[dim])
    single = sum(data.sizes[dim] == 1 for dim in by_length[:-1])
    for dim in by_length[: max(single, values.ndim - 2)]:
        held.append(f"{dim} = {_first(data, str(dim))}")
        values = values.isel({dim: 0})
    figure = Figure(figsize=(5.2, 3.8), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    if values.ndim == 1:
        _curve(axes, data, values, name)
    else:
        _map(figure, axes, data, values, name)
    axes.set_title(", ".join([data.attrs["builder"].rsplit(".", 1)[-1], *held]), fontsize=9)
    save_figure(figure, path)


def _curve(axes: Any, data: xarray.Dataset, values: xarray.DataArray, name: str) -> None:
    x, logarithmic, label = _axis(data, str(values.dims[0]))
    errors = data[f"{name}_error"].values.reshape(values.shape)
    axes.errorbar(x, values.values, np.nan_to_num(errors), fmt=".-", capsize=2, lw=1)
    if logarithmic:
        axes.set_xscale("log")
    axes.set_xlabel(label)
    axes.set_ylabel(name)


def _map(figure: Any, axes: Any, data: xarray.Dataset, values: xarray.DataArray, name: str) -> None:
    (y, y_log, y_label), (x, x_log, x_label) = (_axis(data, str(dim)) for dim in values.dims)
    mesh = axes.pcolormesh(x, y, np.ma.masked_invalid(values.values), shading="nearest")
    for logarithmic, scale in ((x_log, axes.set_xscale), (y_log, axes.set_yscale)):
        if logarithmic:
            scale("log")
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    figure.colorbar(mesh, ax=axes, label=name)


def _axis(data: xarray.Dataset, dim: str) -> tuple[np.ndarray, bool, str]:
    """Positions along a dimension, whether they are spread over decades, and a label."""
    if dim not in data.coords or data[dim].dtype.kind not in "fi":
        return np.arange(data.sizes[dim]), False, f"{dim} (position)"
    x = np.asarray(data[dim].values, dtype=float)
    units = data[dim].attrs.get("units", "1")
    label = dim if units == "1" else f"{dim} ({units})"
    return x, bool(np.all(x > 0) and x.max() >= 30 * x.min()), label


def _first(data: xarray.Dataset, dim: str) -> str:
    if dim not in data.coords:
        return "first"
    value = data[dim].values[0]
    return f"{value:.6g}" if isinstance(value, float) else str(value)
