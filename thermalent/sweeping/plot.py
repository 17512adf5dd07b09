"""A quick look at a sweep: a curve along one axis, a map along two."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from thermalent.support.files.figure_files import save_figure

if TYPE_CHECKING:
    import xarray

# Of what stands alone along an axis; what has none here is called by its name.
_SYMBOLS = {
    "n_th": r"thermal occupation $n_\mathrm{th}$",
    "kappa": r"bandwidth $\kappa$",
    "gamma": r"decay rate $\gamma$",
    "detuning": r"detuning $\Delta$",
    "dephasing": r"dephasing $\gamma_\phi$",
    "loss": r"loss $p$",
    "concurrence": r"concurrence $\mathcal{C}$",
}
_MOST_TICKS = 7  # with words, which are wider than numbers


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
    axes.set_title(", ".join([data.attrs["builder"].rpartition(".")[2], *held]), fontsize=9)
    save_figure(figure, path)


def _curve(axes: Any, data: xarray.Dataset, values: xarray.DataArray, name: str) -> None:
    along = _axis(data, str(values.dims[0]))
    errors = data[f"{name}_error"].values.reshape(values.shape)
    axes.errorbar(along.places, values.values, np.nan_to_num(errors), fmt=".-", capsize=2, lw=1)
    _label(axes.xaxis, axes.set_xscale, along, "\n")
    axes.set_ylabel(_SYMBOLS.get(name, name))


def _map(figure: Any, axes: Any, data: xarray.Dataset, values: xarray.DataArray, name: str) -> None:
    up, along = (_axis(data, str(dim)) for dim in values.dims)
    shown = np.ma.masked_invalid(values.values)
    mesh = axes.pcolormesh(_edges(along), _edges(up), shown, rasterized=True)
    _label(axes.xaxis, axes.set_xscale, along, "\n")
    _label(axes.yaxis, axes.set_yscale, up, ", ")
    figure.colorbar(mesh, ax=axes, label=_SYMBOLS.get(name, name))


class _Axis(NamedTuple):
    """Positions along a dimension.

    Args:
        places: Where the points lie, (n,).
        logarithmic: Whether they are spread over decades.
        label: What they are.
        words: The values of each point where they are no single number; else empty.
    """

    places: np.ndarray
    logarithmic: bool
    label: str
    words: tuple[tuple[str, ...], ...] = ()


def _axis(data: xarray.Dataset, dim: str) -> _Axis:
    """The values of a parameter; of text, or of several parameters at once, their positions."""
    if dim in data.coords and data[dim].dtype.kind in "fi":
        x = np.asarray(data[dim].values, dtype=float)
        units = data[dim].attrs.get("units", "1")
        name = _SYMBOLS.get(dim, dim)
        label = name if units == "1" else f"{name} ({units})"
        return _Axis(x, bool(np.all(x > 0) and x.max() >= 30 * x.min()), label)
    places = np.arange(data.sizes[dim])
    names = [str(name) for name, coordinate in data.coords.items() if coordinate.dims == (dim,)]
    if not names:
        return _Axis(places, False, f"{dim} (position)")
    columns = [[_in_short(value) for value in data[name].values] for name in names]
    return _Axis(places, False, ", ".join(names), tuple(zip(*columns, strict=True)))


def _label(axis: Any, scale: Callable[[str], Any], along: _Axis, between: str) -> None:
    """Scale, label and, where the values are no single numbers, ticks with their words."""
    if along.logarithmic:
        scale("log")
    axis.set_label_text(along.label)
    if along.words:
        # As many as have room, evenly picked.
        count = min(_MOST_TICKS, len(along.words))
        picked = np.unique(np.linspace(0, len(along.words) - 1, count).round().astype(int))
        axis.set_ticks(picked, [between.join(along.words[i]) for i in picked])
        axis.set_tick_params(labelsize=8)


def _edges(along: _Axis) -> np.ndarray:
    """Borders of the cells of a map, (n + 1,): half way between points on the axis's scale."""
    x = np.log(along.places) if along.logarithmic else along.places.astype(float)
    if len(x) == 1:
        edges = np.array([x[0] - 0.5, x[0] + 0.5])
    else:
        middle = (x[1:] + x[:-1]) / 2
        edges = np.concatenate([[2 * x[0] - middle[0]], middle, [2 * x[-1] - middle[-1]]])
    return np.exp(edges) if along.logarithmic else edges


def _first(data: xarray.Dataset, dim: str) -> str:
    if dim not in data.coords:
        return "first"
    return _in_short(data[dim].values[0], 6)


def _in_short(value: Any, digits: int = 3) -> str:
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)
