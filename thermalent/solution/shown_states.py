"""How states show themselves: in one line, as tables in notebooks, as plots and labelled arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from thermalent.display import plots
from thermalent.display.animation import moving_matrix
from thermalent.display.bloch import bloch_sphere
from thermalent.display.table import html_table, in_a_row, span, with_error
from thermalent.networks.nodes import Qubit
from thermalent.networks.shown_network import names_in_short
from thermalent.operators import states
from thermalent.operators.reading.observables import MEASURES
from thermalent.support import checks
from thermalent.support.calls import ExplainedClass
from thermalent.support.errors import optional

if TYPE_CHECKING:
    from matplotlib.animation import FuncAnimation
    from matplotlib.axes import Axes

    from thermalent.networks.network import Network

_MOST_ROWS = 16  # of populations, in a notebook
_MOST_CURVES = 10  # of populations, in a picture
_LONGEST = 600.0  # seconds of an animation


class ShownState(metaclass=ExplainedClass):
    """The text, the table and the plot of a steady state."""

    def __repr__(self: Any) -> str:
        return (
            f"<SteadyState: {self.network.label} ({names_in_short(self.network)}) by "
            f"{self.method.name}, error {float(self.error):.1e}, {self.status.outcome}>"
        )

    def _repr_html_(self: Any) -> str:
        title = f"{self.network.label} by {self.method.name}"
        rows: list[tuple[str, str]] = [
            ("error of the state", f"{float(self.error):.1e}"),
            ("how", str(self.error.how)),
            ("status", " ".join(f"{self.status.outcome} {self.status.message}".split())),
        ]
        if not self.status.ok:
            return html_table(rows, title=title)
        for name in ("concurrence",) * _two_qubits(self) + ("purity", "entropy"):
            number = getattr(self, name)()
            rows.insert(0, (name, with_error(float(number), float(number.error))))
        found = list(self.populations().items())[:_MOST_ROWS]
        populations = [(f"|{label}⟩", with_error(float(p), float(p.error))) for label, p in found]
        return in_a_row(html_table(rows, title=title), html_table(populations, title="populations"))

    def plot(self: Any, axes: Axes | None = None) -> Axes:
        """Draw the density matrix: the area of a square is the modulus, its colour the phase.

        Args:
            axes: Where to draw; a new figure if not given.
        """
        axes = plots.axes_or_new(axes, 4.6, 3.8)
        plots.matrix(axes, self.state, states.basis_labels(self.network.dims))
        axes.set_title(f"{self.network.label}, {self.method.name}", pad=12)
        return axes

    def plot_bloch(self, *names: str, axes: Axes | None = None) -> Axes:
        """Draw the Bloch vectors of qubits, the excited state on top.

        Args:
            names: The qubits; all emitters if none is named.
            axes: Axes with projection="3d"; a new figure if not given.

        Raises:
            ValueError: there is no such qubit.
        """
        return _bloch_spheres(self, names, axes)

    def to_xarray(self: Any, *, by_emitter: bool = False) -> Any:
        """The density matrix as an `xarray.DataArray` with named basis states.

        Args:
            by_emitter: Two dimensions for each emitter, such as "ket q1" and "bra q1", with its
                levels as coordinates, in place of "ket" and "bra" for all emitters together.

        Raises:
            ImportError: xarray is not installed.
        """
        names, levels = _basis(self.network, by_emitter)
        return optional("xarray", "to_xarray()", "sweep").DataArray(
            self.state.reshape([len(level) for level in levels.values()]),
            dims=names,
            coords=levels,
            name="state",
            attrs=_attributes(self),
        )

    def to_pandas(self, *observables: str, names: Sequence[str] = ()) -> Any:
        """Observables as a `pandas.DataFrame`: a row for each, with its value and its error.

        Args:
            observables: Such as "concurrence", "purity", "populations"; the concurrence of two
                qubits and the populations if none is given, the populations alone of others.
            names: The emitters that are meant; as for the observable if not given.

        Raises:
            ValueError: an observable is not known, or does not suit the emitters.
            ImportError: pandas is not installed.
        """
        found = _columns(self, observables, tuple(names))
        return optional("pandas", "to_pandas()", "sweep").DataFrame(
            [(float(value), float(value.error)) for value in found.values()],
            index=list(found),
            columns=["value", "error"],
        )


class ShownEvolution(metaclass=ExplainedClass):
    """The text, the table and the plots of an evolution."""

    def __repr__(self: Any) -> str:
        return (
            f"<Evolution: {self.network.label} ({names_in_short(self.network)}) by "
            f"{self.method.name}, {span(self.times, 'times')}, error at most "
            f"{_largest(self.error):.1e}, {self.status.outcome}>"
        )

    def _repr_html_(self: Any) -> str:
        rows = [
            ("times", span(self.times, "times")),
            ("largest error of a state", f"{_largest(self.error):.1e}"),
            ("how", self.how),
            ("status", " ".join(f"{self.status.outcome} {self.status.message}".split())),
        ]
        return html_table(rows, title=f"{self.network.label} by {self.method.name}")

    def plot(
        self: Any, *observables: str, names: Sequence[str] = (), axes: Axes | None = None
    ) -> Axes:
        """Draw observables over time, with bands of their errors.

        Args:
            observables: Such as "concurrence", "purity", "populations"; the concurrence of two
                qubits and the populations if none is given, the populations alone of others, and
                of more than ten the largest.
            names: The emitters that are meant; as for the observable if not given.
            axes: Where to draw; a new figure if not given.

        Raises:
            ValueError: an observable is not known, or does not suit the emitters.
        """
        axes = plots.axes_or_new(axes)
        found = _columns(self, observables, tuple(names))
        shown = found if observables else _largest_curves(found)
        for place, (label, values) in enumerate(shown.items()):
            error = np.asarray(values.error, dtype=float)
            plots.curve(axes, self.times, np.asarray(values), error, label, place)
        if plots.logarithmic(self.times):
            axes.set_xscale("log")
        drawn = [name.replace("_", " ") for name in observables or _suiting(self)]
        axes.set(xlabel="time (inverse rate unit)", ylabel=", ".join(drawn))
        less = len(shown) < len(found)
        plots.legend(axes, f"largest {len(shown)} of {len(found)}" if less else None)
        return axes

    def plot_bloch(self, *names: str, axes: Axes | None = None) -> Axes:
        """Draw the paths of the Bloch vectors of qubits, with an arrow to the last one.

        Args:
            names: As of a steady state.
            axes: As of a steady state.

        Raises:
            ValueError: there is no such qubit.
        """
        return _bloch_spheres(self, names, axes)

    def animate(
        self: Any, *observables: str, names: Sequence[str] = (), seconds: float = 5.0
    ) -> FuncAnimation:
        """Show the density matrix as it changes, beside observables over time.

        `evolution.animate().save("evolution.gif", writer="pillow")` writes a file; in a notebook
        `HTML(evolution.animate().to_jshtml())` plays it.

        Args:
            observables: As for `plot`.
            names: As for `plot`.
            seconds: How long it lasts, 20 pictures each; fewer times than pictures are shown once.

        Raises:
            ValueError: an observable is not known, there is no time, or `seconds` is not positive.
        """
        duration = checks.within("seconds", checks.positive("seconds", seconds), 0.0, _LONGEST)
        if not len(self.times):
            checks.fail("times", "at least one time", checks.Words("empty"))
        found = _columns(self, observables, tuple(names))
        shown = found if observables else _largest_curves(found)
        curves = {label: np.asarray(values) for label, values in shown.items()}
        labels = states.basis_labels(self.network.dims)
        return moving_matrix(self.times, self.states, labels, curves, duration)

    def to_xarray(self: Any, *, by_emitter: bool = False) -> Any:
        """The states as an `xarray.Dataset` over time, each with its error.

        Args:
            by_emitter: As for a steady state.

        Raises:
            ImportError: xarray is not installed.
        """
        names, levels = _basis(self.network, by_emitter)
        shape = (len(self.times), *(len(level) for level in levels.values()))
        return optional("xarray", "to_xarray()", "sweep").Dataset(
            {
                "state": (("time", *names), self.states.reshape(shape)),
                "error": (("time",), np.asarray(self.error, dtype=float)),
            },
            coords={"time": self.times, **levels},
            attrs=_attributes(self),
        )

    def to_pandas(self: Any, *observables: str, names: Sequence[str] = ()) -> Any:
        """Observables over time as a `pandas.DataFrame`, each with a column for its errors.

        Args:
            observables: As for `plot`.
            names: As for `plot`.

        Raises:
            ValueError: as for `plot`.
            ImportError: pandas is not installed.
        """
        columns: dict[str, np.ndarray] = {}
        for label, values in _columns(self, observables, tuple(names)).items():
            columns[label] = np.asarray(values)
            columns[f"error of {label}"] = np.asarray(values.error)
        pandas = optional("pandas", "to_pandas()", "sweep")
        return pandas.DataFrame(columns, index=pandas.Index(self.times, name="time"))


def _bloch_spheres(result: Any, names: tuple[str, ...], axes: Axes | None) -> Axes:
    vectors = {name: result.bloch(name) for name in names or result.network.emitter_names}
    return bloch_sphere({name: np.asarray(vector) for name, vector in vectors.items()}, axes)


def _basis(network: Network, by_emitter: bool) -> tuple[list[str], dict[str, Any]]:
    """Dimensions of a density matrix for xarray, and the coordinates of each."""
    if not by_emitter:
        labels = states.basis_labels(network.dims)
        return ["ket", "bra"], {"ket": labels, "bra": labels}
    levels = {
        f"{side} {name}": np.arange(d)
        for side in ("ket", "bra")
        for name, d in zip(network.emitter_names, network.dims, strict=True)
    }
    return list(levels), levels


def _columns(result: Any, observables: tuple[str, ...], names: tuple[str, ...]) -> dict[str, Any]:
    """Observables by label, those that suit the emitters if none is named."""
    found: dict[str, Any] = {}
    for observable in observables or _suiting(result):
        found |= _series(result, observable, names)
    return found


def _suiting(result: Any) -> tuple[str, ...]:
    """The observables that are shown if none is named."""
    return ("concurrence",) * _two_qubits(result) + ("populations",)


def _largest_curves(found: dict[str, Any]) -> dict[str, Any]:
    """As many of the numbers over time as a picture can hold, those that become largest."""
    highest = sorted(found, key=lambda label: -np.max(found[label], initial=0.0))
    kept = set(highest[:_MOST_CURVES])
    return {label: values for label, values in found.items() if label in kept}


def _series(result: Any, observable: str, names: tuple[str, ...]) -> dict[str, Any]:
    if observable == "populations":
        return {f"|{label}⟩": p for label, p in result.populations(*names).items()}
    known = [measure.name for measure in MEASURES if not measure.labelled]
    if observable not in known:
        checks.fail("observables", f"among populations, {', '.join(known)}", observable)
    return {observable.replace("_", " "): getattr(result, observable)(*names)}


def _two_qubits(result: Any) -> bool:
    emitters = result.network.emitters
    return len(emitters) == 2 and all(isinstance(emitter, Qubit) for emitter in emitters)


def _largest(error: np.ndarray) -> float:
    return float(np.max(error, initial=0.0))


def _attributes(result: Any) -> dict[str, str]:
    how = result.how if hasattr(result, "how") else result.error.how
    return {
        "network": repr(result.network),
        "method": repr(result.method),
        "status": str(result.status.outcome),
        "how": how,
    }
