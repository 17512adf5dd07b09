"""How spectra, coherence functions, rates and comparisons show themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from thermalent.display import plots
from thermalent.display.table import html_table, span, with_error
from thermalent.solution.stored import Saved
from thermalent.support.errors import optional

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_MOST_ROWS = 20  # of rates, in a notebook


class _OverOneAxis(Saved):
    """What spectra and coherence functions have in common: values over one axis."""

    _axis: ClassVar[tuple[str, str]]  # its name, and that of the field that holds it

    def __repr__(self: Any) -> str:
        flux = with_error(float(self.flux), float(self.flux.error))
        return f"<{type(self).__name__}: {self._span}, flux {flux}>"

    @property
    def _span(self) -> str:
        _, many = self._axis
        return span(getattr(self, many), many)

    def to_xarray(self: Any) -> Any:
        """The values as an `xarray.Dataset` over the frequency or the delay, with their errors.

        Raises:
            ImportError: xarray is not installed.
        """
        axis, many = self._axis
        return optional("xarray", "to_xarray()", "sweep").Dataset(
            {
                type(self).__name__.lower(): ((axis,), self.values),
                "error": ((axis,), self.error),
            },
            coords={axis: getattr(self, many)},
            attrs={"flux": float(self.flux), "how": self.how},
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

    def _repr_html_(self: Any) -> str:
        rows = [
            ("frequencies", self._span),
            ("flux", with_error(float(self.flux), float(self.flux.error))),
            ("largest value", f"{np.max(self.values, initial=0.0):.6g}"),
            ("largest error", f"{np.max(self.error, initial=0.0):.1e}"),
            ("how", self.how),
        ]
        return html_table(rows, title="Emission spectrum")

    def plot(self: Any, axes: Axes | None = None) -> Axes:
        """Draw the spectrum over the frequency, with a band of its errors.

        Args:
            axes: Where to draw; a new figure if not given.
        """
        axes = plots.axes_or_new(axes)
        plots.curve(axes, self.frequencies, self.values, self.error, "spectrum")
        axes.set(xlabel="angular frequency (rate unit)", ylabel=r"$S(\omega)$ (quanta)")
        return axes


class ShownCoherence(_OverOneAxis):
    """The text and the plot of a coherence function."""

    _axis = ("delay", "delays")

    def plot(self: Any, axes: Axes | None = None) -> Axes:
        """Draw the function over the delay, its real and its imaginary part if it is complex.

        Args:
            axes: Where to draw; a new figure if not given.
        """
        axes = plots.axes_or_new(axes)
        if np.iscomplexobj(self.values):
            parts = {"real part": self.values.real, "imaginary part": self.values.imag}
        else:
            parts = {"second order": self.values}
        for place, (label, values) in enumerate(parts.items()):
            plots.curve(axes, self.delays, values, self.error, label, place)
        if plots.logarithmic(self.delays):
            axes.set_xscale("log")
        axes.set(xlabel="delay (inverse rate unit)", ylabel="coherence")
        axes.legend()
        return axes


class ShownRates(Saved):
    """The text, the table and the plot of relaxation rates."""

    def __repr__(self: Any) -> str:
        if not len(self.values):
            return "<Rates: none>"
        slowest = self.values[0]
        frequency = 0.0 - slowest.imag  # not -0
        return (
            f"<Rates: {len(self.values)}, the slowest {slowest.real:.6g} at frequency "
            f"{frequency:.6g}, {'complete' if self.certified else 'searched for'}>"
        )

    def _repr_html_(self: Any) -> str:
        rows = [
            (f"{value.real:.8g}", f"{0.0 - value.imag:.8g}", str(charge), f"{error:.1e}")
            for value, charge, error in list(
                zip(self.values, self.charge, self.error, strict=True)
            )[:_MOST_ROWS]
        ]
        title = f"{len(self.values)} relaxation rates, {self.how}"
        return html_table(rows, title=title, head=("rate", "frequency", "charge", "error"))

    def plot(self: Any, axes: Axes | None = None) -> Axes:
        """Draw the rates over their frequencies.

        Args:
            axes: Where to draw; a new figure if not given.
        """
        axes = plots.axes_or_new(axes)
        for place, charge in enumerate(np.unique(self.charge)):
            of = self.charge == charge
            colour = plots.COLOURS[place % len(plots.COLOURS)]
            label = f"charge {charge}"
            axes.plot(-self.values.imag[of], self.values.real[of], "o", color=colour, label=label)
        axes.set(xlabel="frequency (rate unit)", ylabel="rate (rate unit)")
        axes.legend()
        return axes


class ShownComparison(Saved):
    """The text, the table and the plot of a comparison of methods."""

    def __repr__(self: Any) -> str:
        solved = sum(row.result is not None for row in self.rows)
        return (
            f"<CrossValidation: {self.network.label}, {solved} of {len(self.rows)} methods "
            f"solved it; {self.verdict}>"
        )

    def _repr_html_(self: Any) -> str:
        rows = [
            (
                row.method.name,
                str(row.method.claim),
                "" if row.measure is None else f"{row.measure:.8f}",
                "" if row.distance is None else f"{row.distance:.1e}",
                "" if row.error is None else f"{row.error:.1e}",
                f"{row.seconds:.3f}" if row.seconds is not None else row.note,
            )
            for row in self.rows
        ]
        head = ("method", "claim", self.measure, "distance", "error", "seconds, or why not")
        return html_table(rows, title=f"{self.network.label}: {self.verdict}", head=head)

    def plot(self: Any, axes: Axes | None = None) -> Axes:
        """Draw the measure by method, with the claimed errors.

        Args:
            axes: Where to draw; a new figure if not given.
        """
        rows = [row for row in self.rows if row.measure is not None]
        axes = plots.axes_or_new(axes, 5.0, 0.6 + 0.32 * len(rows))
        plots.bars(
            axes,
            [row.method.name for row in rows],
            [float(row.measure or 0.0) for row in rows],
            [row.error or 0.0 for row in rows],
        )
        axes.set(xlabel=self.measure)
        return axes
