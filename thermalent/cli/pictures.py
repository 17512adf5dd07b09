"""Pictures of results that are a single number: the curve on which the number lies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from thermalent.analysis.entanglement_rate import EntanglementRate
    from thermalent.analysis.optimise import Optimum
    from thermalent.networks.network import Network

_POINTS = 41
_ACCURACY = 1e-6  # of states in a picture
_MARK: dict[str, Any] = {"marker": "o", "color": "#D55E00", "zorder": 3}


def around_optimum(
    builder: Callable[..., Network],
    found: Optimum,
    ranges: Mapping[str, tuple[float, float]],
    observable: str,
    *,
    axes: Axes,
) -> Axes:
    """A curve per parameter over its range, the others at their best values."""
    import numpy as np

    from thermalent.display import plots
    from thermalent.solving.many import steady_states

    best = {name: float(value) for name, value in found.parameters.items()}
    for place, (name, (low, high)) in enumerate(ranges.items()):
        logarithmic = low > 0 and high >= 10 * low
        values = (np.geomspace if logarithmic else np.linspace)(low, high, _POINTS)
        networks = [builder(**{**best, name: float(value)}) for value in values]
        numbers = [float(getattr(state, observable)()) for state in steady_states(networks)]
        across, at = values, best[name]
        if len(ranges) == 1:
            axes.set(xlabel=name, xscale="log" if logarithmic else "linear")
        else:
            scale = np.log if logarithmic else np.asarray
            across, at = (
                (scale(x) - scale(low)) / (scale(high) - scale(low)) for x in (values, at)
            )
            axes.set(xlabel="place in the range of each parameter, the others at their best")
        plots.curve(axes, across, np.array(numbers), np.zeros(_POINTS), name, place)
        axes.plot([at], [float(found.value)], **_MARK)
    axes.set(ylabel=observable.replace("_", " "))
    if len(ranges) > 1:
        axes.legend()
    return axes


def approach(network: Network, start: str, time: float, distance: float, *, axes: Axes) -> Axes:
    """The trace distance to the steady state over time, and where it stays below the wanted one."""
    import numpy as np

    from thermalent.display import plots
    from thermalent.operators.distances import trace_distance
    from thermalent.solving.solve import evolve, steady_state

    end = steady_state(network).state
    times = np.linspace(0.0, 2 * time or 1.0, _POINTS)
    evolution = evolve(network, times, start)
    far = np.array(
        [float(trace_distance(state, end, tolerance=_ACCURACY)) for state in evolution.states]
    )
    plots.curve(axes, times, far, np.asarray(evolution.error), "distance")
    axes.axhline(distance, color="#888888", ls="--", lw=1)
    axes.plot([time], [distance], **_MARK)
    axes.set(
        xlabel="time (inverse rate unit)", ylabel="trace distance to the steady state", yscale="log"
    )
    return axes


def rate_over_time(
    network: Network,
    found: EntanglementRate,
    observable: str,
    *,
    until: float,
    start: str,
    reset: float,
    axes: Axes,
) -> Axes:
    """The entanglement per time over the time of the preparation."""
    import numpy as np

    from thermalent.analysis.entanglement_rate import amounts_at
    from thermalent.display import plots
    from thermalent.solving.solve import evolve

    times = np.geomspace(1e-3 * until, until, _POINTS)
    first, second = network.emitter_names
    rates = amounts_at(evolve(network, times, start), observable, (first, second))
    plots.curve(axes, times, rates / (times + reset), np.zeros(_POINTS), "rate")
    axes.plot([found.time], [float(found.value)], **_MARK)
    words = observable.replace("_", " ")
    axes.set(
        xlabel="time of preparation (inverse rate unit)",
        ylabel=f"{words} per time (rate unit)",
        xscale="log",
    )
    return axes
