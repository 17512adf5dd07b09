"""Bloch vectors in a sphere: |1>, the excited state, on top."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from thermalent.display.plots import COLOURS
from thermalent.support import checks

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def bloch_sphere(vectors: Mapping[str, np.ndarray], axes: Axes | None = None) -> Axes:
    """Draw vectors in a sphere: an arrow for one, a curve with an arrow at its end for several.

    Args:
        vectors: By the name of the qubit, (3,) or (t, 3).
        axes: Three-dimensional axes; a new figure if not given.

    Raises:
        ValueError: the axes are flat.
    """
    if axes is None:
        from matplotlib import pyplot

        figure = pyplot.figure(figsize=(4.2, 4.2), layout="constrained")
        axes = figure.add_subplot(projection="3d")
    elif getattr(axes, "name", "") != "3d":
        checks.fail("axes", 'axes with projection="3d"', axes)
    _draw(axes, vectors)
    return axes


def _draw(space: Any, vectors: Mapping[str, np.ndarray]) -> None:
    angle = np.linspace(0, 2 * np.pi, 121)
    circle, nothing = (np.cos(angle), np.sin(angle)), np.zeros_like(angle)
    for lines in (
        (*circle, nothing), (circle[0], nothing, circle[1]), (nothing, *circle),
    ):  # fmt: skip
        space.plot(*lines, color="#BBBBBB", lw=0.8)
    for axis in np.eye(3):
        space.plot(*np.outer(axis, [-1, 1]), color="#DDDDDD", lw=0.8)
    space.text(0, 0, 1.12, "|1⟩", ha="center")
    space.text(0, 0, -1.22, "|0⟩", ha="center")
    space.text(1.2, 0, 0, "x", ha="center")
    space.text(0, 1.15, 0, "y", ha="center")
    for place, (name, given) in enumerate(vectors.items()):
        colour, path = COLOURS[place % len(COLOURS)], np.atleast_2d(np.asarray(given))
        if len(path) > 1:
            space.plot(*path.T, color=colour, lw=1.2, alpha=0.7)
        space.plot(*np.outer(path[-1], [0, 1]), color=colour, lw=2.2, label=name)
        space.plot(*path[-1:].T, "o", color=colour, ms=5)
    space.set(xlim=(-1, 1), ylim=(-1, 1), zlim=(-1, 1), box_aspect=(1, 1, 1))
    space.set_axis_off()
    space.legend(loc="upper right")
