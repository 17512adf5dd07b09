"""Derivatives by the parameters of a network, as they are returned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from thermalent.display import plots
from thermalent.display.table import html_table, with_error
from thermalent.operators.estimates import Estimate
from thermalent.solution.stored import Saved
from thermalent.support.deprecation import renamed_attribute

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Sensitivities(Saved, Mapping[str, Any]):
    """Derivatives of an observable by parameter: a mapping from names to numbers.

    Args:
        value: The observable itself, with its error.
        derivatives: By parameter; a tuple for a parameter with several values. Each number knows
            its error.
        errors: Of the derivatives, absolute, in the same form.
        tiers: Highest tier kept.
        note: Where the observable is not smooth, why; else empty.
        made_by: The call: function, name of the builder with what is bound to it, and its other
            arguments.
    """

    value: Estimate
    derivatives: Mapping[str, Any]
    errors: Mapping[str, Any]
    tiers: int
    note: str = ""
    made_by: Mapping[str, Any] = field(default_factory=dict)

    levels = renamed_attribute("levels", "tiers")

    def __getitem__(self, name: str) -> Any:
        """The derivative by this parameter."""
        return self.derivatives[name]

    def __iter__(self) -> Any:
        return iter(self.derivatives)

    def __len__(self) -> int:
        return len(self.derivatives)

    def __repr__(self) -> str:
        return f"<Sensitivities: of {float(self.value):.6g} to {', '.join(self)}>"

    def _repr_html_(self) -> str:
        rows = [(name, with_error(float(slope), float(slope.error))) for name, slope in self.each()]
        title = f"derivatives of {with_error(float(self.value), float(self.value.error))}"
        return html_table(rows, title=title, head=("parameter", "derivative"))

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the derivatives as bars, with their errors.

        Args:
            axes: Where to draw; a new figure if not given.
        """
        each = self.each()
        axes = plots.axes_or_new(axes, 5.0, 0.8 + 0.35 * len(each))
        slopes = [float(slope) for _, slope in each]
        errors = [float(slope.error) for _, slope in each]
        plots.bars(axes, [name for name, _ in each], slopes, errors)
        of = str(self.made_by.get("observable", "number")).replace("_", " ")
        axes.set(xlabel=f"derivative of the {of}")
        return axes

    def each(self) -> list[tuple[str, Estimate]]:
        """Every derivative with its name, those of a parameter with several values numbered."""
        found: list[tuple[str, Estimate]] = []
        for name, slopes in self.derivatives.items():
            several = isinstance(slopes, tuple)
            for place, slope in enumerate(slopes if several else (slopes,)):
                found.append((f"{name}[{place}]" if several else name, slope))
        return found
