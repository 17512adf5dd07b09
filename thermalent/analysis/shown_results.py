"""How spectra, coherence functions, rates and comparisons show themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from thermalent.display import plots
from thermalent.display.table import html_table, with_error
from thermalent.solution.stored import Saved
from thermalent.support.errors import optional

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_MOST_ROWS = 20  # of rates, in a notebook


class _OverOneAxis(Saved):
    """What spectra and coherence functions have in common: values over one axis."""

    _axis: ClassVar[tuple[str, str]]  # its name, and that of the field that holds it

    def __repr__(self) -> str:
        found: Any = self
        flux = with_error(float(found.flux), float(found.flux.error))
        return f"<{type(self).__name__}: {self._span}, flux {flux}>"

    @property
    def _span(self) -> str:
        _, many = self._axis
        return _span(getattr(self, many), many)

    def to_xarray(self) -> Any:
        """The values as an `xarray.Dataset` over the frequency or the delay, with their errors.

        Raises:
            ImportError: xarray is not installed.
        """
        found: Any = self
        axis, many = self._axis
        return optional("xarray", "to_xarray()", "sweep").Dataset(
            {
                type(self).__name__.lower(): ((axis,), found.values),
                "error": ((axis,), found.error),
            },
            coords={axis: getattr(found, many)},
            attrs={"flux": float(found.flux), "how": found.how},
        )

    def to_pandas(self) -> Any:
        """The same as a `pandas.DataFrame`.

        Raises:
            ImportError: xarray or pandas is not installed.
        """
        return self.to_xarray().to_dataframe()


class ShownSpectrum(_OverOneAxis):
    """The text and the plot of a spectrum."""

    _axis = ("frequency", "frequencies")

    def _repr_html_(self) -> str:
        found: Any = self
        rows = [
            ("frequencies", self._span),
            ("flux", with_error(float(found.flux), float(found.flux.error))),
            ("largest value", f"{np.max(found.values, initial=0.0):.6g}"),
            ("largest error", f"{np.max(found.error, initial=0.0):.1e}"),
            ("how", found.how),
        ]
        return html_table(rows, title="Emission spectrum")

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the spectrum over the frequency, with a band of its errors.

        Args:
            axes: Where to draw; a new figure if not given.
        """
        found: Any = self
        axes = plots.axes_or_new(axes)
        plots.curve(axes, found.frequencies, found.values, found.error, "spectrum")
        axes.set(xlabel="angular frequency (rate unit)", ylabel=r"$S(\omega)$ (quanta)")
        return axes


class ShownCoherence(_OverOneAxis):
    """The text and the plot of a coherence function."""

    _axis = ("delay", "delays")

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the function over the delay, its real and its imaginary part if it is complex.

        Args:
            axes: Where to draw; a new figure if not given.
        """
        found: Any = self
        axes = plots.axes_or_new(axes)
        if np.iscomplexobj(found.values):
            parts = {"real part": found.values.real, "imaginary part": found.values.imag}
        else:
            parts = {"second order": found.values}
        for place, (label, values) in enumerate(parts.items()):
            plots.curve(axes, found.delays, values, found.error, label, place)
        if plots.logarithmic(found.delays):
            axes.set_xscale("log")
        axes.set(xlabel="delay (inverse rate unit)", ylabel="coherence")
        axes.legend()
        return axes


class ShownRates(Saved):
    """The text, the table and the plot of relaxation rates."""

    def __repr__(self) -> str:
        found: Any = self
        if not len(found.values):
            return "<Rates: none>"
        slowest = found.values[0]
        return (
            f"<Rates: {len(found.values)}, the slowest {slowest.real:.6g} at frequency "
            f"{-slowest.imag:.6g}, {'complete' if found.certified else 'searched for'}>"
        )

    def _repr_html_(self) -> str:
        found: Any = self
        rows = [
            (f"{value.real:.8g}", f"{-value.imag:.8g}", str(charge), f"{error:.1e}")
            for value, charge, error in list(
                zip(found.values, found.charge, found.error, strict=True)
            )[:_MOST_ROWS]
        ]
        title = f"{len(found.values)} relaxation rates, {found.how}"
        return html_table(rows, title=title, head=("rate", "frequency", "charge", "error"))

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the rates over their frequencies.

        Args:
            axes: Where to draw; a new figure if not given.
        """
        found: Any = self
        axes = plots.axes_or_new(axes)
        for place, charge in enumerate(np.unique(found.charge)):
            of = found.charge == charge
            colour = plots.COLOURS[place % len(plots.COLOURS)]
            label = f"charge {charge}"
            axes.plot(-found.values.imag[of], found.values.real[of], "o", color=colour, label=label)
        axes.set(xlabel="frequency (rate unit)", ylabel="rate (rate unit)")
        axes.legend()
        return axes


class ShownComparison(Saved):
    """The text, the table and the plot of a comparison of methods."""

    def __repr__(self) -> str:
        found: Any = self
        solved = sum(row.result is not None for row in found.rows)
        return (
            f"<CrossValidation: {found.network.label}, {solved} of {len(found.rows)} methods "
            f"solved it; {found.verdict}>"
        )

    def _repr_html_(self) -> str:
        found: Any = self
        rows = [
            (
                row.method.name,
                str(row.method.claim),
                "" if row.measure is None else f"{row.measure:.8f}",
                "" if row.distance is None else f"{row.distance:.1e}",
                "" if row.error is None else f"{row.error:.1e}",
                f"{row.seconds:.3f}" if row.seconds is not None else row.note,
            )
            for row in found.rows
        ]
        head = ("method", "claim", found.measure, "distance", "error", "seconds, or why not")
        return html_table(rows, title=f"{found.network.label}: {found.verdict}", head=head)

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the measure by method, with the claimed errors.

        Args:
            axes: Where to draw; a new figure if not given.
        """
        found: Any = self
        rows = [row for row in found.rows if row.measure is not None]
        axes = plots.axes_or_new(axes, 5.0, 0.6 + 0.32 * len(rows))
        plots.bars(
            axes,
            [row.method.name for row in rows],
            [float(row.measure or 0.0) for row in rows],
            [row.error or 0.0 for row in rows],
        )
        axes.set(xlabel=found.measure)
        return axes


def _span(values: np.ndarray, name: str) -> str:
    if not len(values):
        return f"no {name}"
    return f"{len(values)} {name} from {values[0]:.6g} to {values[-1]:.6g}"
