"""Density matrices that change in time, as a matplotlib animation beside curves with a marker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from thermalent.display import plots

if TYPE_CHECKING:
    from matplotlib.animation import FuncAnimation
    from matplotlib.artist import Artist

_PICTURES_PER_SECOND = 20


def moving_matrix(
    times: np.ndarray,
    elements: np.ndarray,
    labels: Sequence[str],
    curves: Mapping[str, np.ndarray],
    seconds: float,
) -> FuncAnimation:
    """The animation: a Hinton diagram on the left, the curves up to now on the right.

    Args:
        times: (t,).
        elements: Density matrices, (t, d, d).
        labels: Of the basis states.
        curves: Numbers over time by label, (t,) each.
        seconds: How long it lasts; times are shown as often as they are near in time.
    """
    import matplotlib.pyplot as plt
    from matplotlib.animation import FuncAnimation

    figure, (left, right) = plt.subplots(1, 2, figsize=(8.0, 3.8), layout="constrained")
    shown = _shown(times, max(2, round(seconds * _PICTURES_PER_SECOND)))
    largest = float(np.max(np.abs(elements)))
    plots.matrix(left, elements[0], labels, largest)
    dots = []
    for place, (label, values) in enumerate(curves.items()):
        plots.curve(right, times, values, np.full(len(times), np.nan), label, place)
        dots += right.plot(times[:1], values[:1], "o", color=right.get_lines()[-1].get_color())
    if plots.logarithmic(times):
        right.set_xscale("log")
    right.set(xlabel="time (inverse rate unit)")
    plots.legend(right)

    def draw(picture: int) -> list[Artist]:
        at = shown[picture]
        for old in list(left.collections):
            old.remove()
        left.add_collection(plots.hinton_squares(elements[at], largest))
        left.set_title(f"t = {times[at]:.4g}", pad=12)
        for dot, values in zip(dots, curves.values(), strict=True):
            dot.set_data(times[at : at + 1], values[at : at + 1])
        return [*left.collections, *dots]

    return FuncAnimation(
        figure, draw, frames=len(shown), interval=1000 / _PICTURES_PER_SECOND, blit=False
    )


def _shown(times: np.ndarray, pictures: int) -> np.ndarray:
    """Positions of the times that are shown: evenly spaced, on a logarithm where that is used."""
    if len(times) <= pictures:
        return np.arange(len(times))
    scale = np.log(times) if plots.logarithmic(times) else times
    wanted = np.linspace(scale[0], scale[-1], pictures)
    after = np.searchsorted(scale, wanted).clip(1, len(times) - 1)
    nearer_before = wanted - scale[after - 1] < scale[after] - wanted
    return np.where(nearer_before, after - 1, after)
