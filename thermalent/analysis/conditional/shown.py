"""How conditional states show themselves: in one line, as a table, as a map of the phase space."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from thermalent.analysis.conditional.expansion import checked_amplitudes
from thermalent.display import plots
from thermalent.display.table import html_table, with_error
from thermalent.networks.shown_network import names_in_short
from thermalent.operators.reading import weights
from thermalent.support import checks
from thermalent.support.calls import ExplainedClass
from thermalent.support.errors import optional

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH = 2.5  # half the width of a map, in units of sqrt(W)


class ShownConditionalStates(metaclass=ExplainedClass):
    """The text, the table, the map and the labelled array of conditional states."""

    def __repr__(self: Any) -> str:
        return (
            f"<ConditionalStates: {self.network.label} ({names_in_short(self.network)}) given "
            f"the amplitude ({self.distribution}), {len(self.coefficients.tiers)} tiers>"
        )

    def _repr_html_(self: Any) -> str:
        rows = [
            ("distribution", self.distribution),
            ("variance of the amplitude", f"{self.variance:.6g}"),
            ("tiers", str(len(self.coefficients.tiers))),
        ]
        if self.network.dims == (2, 2):
            average, mean = self.average("concurrence"), self.mean.concurrence()
            rows += [
                ("mean concurrence", with_error(float(average), float(average.error))),
                ("concurrence of the mean state", with_error(float(mean), float(mean.error))),
            ]
        return html_table(rows, title=f"{self.network.label}, given the amplitude")

    def plot(
        self: Any, of: str = "concurrence", *, points: int = 121, axes: Axes | None = None
    ) -> Axes:
        """Draw a number over the complex plane of the amplitude; a dashed circle has |alpha|^2 = W.

        Args:
            of: "density", a line of the table of observables, or the label of a population.
            points: Points of the map in each direction.
            axes: Where to draw; a new figure if not given.

        Raises:
            ValueError: there is no such number.
        """
        points = checks.integer("points", points, 2)
        width = _WIDTH * float(np.sqrt(self.variance))
        radii = np.linspace(0.0, width * np.sqrt(2), 2 * points)
        labels = tuple(weights.labels(self.network.dims))
        if of == "density":
            values = np.asarray(self.density(radii))
        elif of in labels:
            values = np.asarray(self.populations(radii)[of])
        else:
            values = np.asarray(self.measure(of, radii))
        # Every one of these numbers depends on the modulus alone.
        axis = np.linspace(-width, width, points)
        modulus = np.hypot(axis[:, None], axis[None, :])
        axes = plots.axes_or_new(axes, 4.6, 3.8)
        image = axes.pcolormesh(
            axis, axis, np.interp(modulus, radii, values), cmap="viridis", rasterized=True
        )
        angle = np.linspace(0, 2 * np.pi, 181)
        circle = np.sqrt(self.variance) * np.exp(1j * angle)
        axes.plot(circle.real, circle.imag, "--", color="white", lw=0.9)
        label = f"population of |{of}⟩" if of in labels else of
        axes.figure.colorbar(image, ax=axes, label=label)
        axes.set(xlabel=r"Re $\alpha$", ylabel=r"Im $\alpha$", aspect="equal")
        return axes

    def to_xarray(self: Any, alpha: Any) -> Any:
        """Density and states over the amplitude as an `xarray.Dataset`, with their errors.

        Args:
            alpha: Amplitudes, complex, (p,).

        Raises:
            ImportError: xarray is not installed.
        """
        xarray = optional("xarray", "to_xarray()", "sweep")
        given = checked_amplitudes(alpha)
        states, density = [self.state(value) for value in given], self.density(given)
        over = ("amplitude", "ket", "bra")
        return xarray.Dataset(
            {
                "density": (("amplitude",), np.asarray(density)),
                "density_error": (("amplitude",), density.error),
                "state": (over, np.array([state.state for state in states])),
                "state_error": (over, np.array([state.error.elements for state in states])),
            },
            coords={"amplitude": given},
            attrs={"distribution": self.distribution, "variance": self.variance},
        )
