"""The entanglement graph of a state of several qubits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from thermalent.support import checks
from thermalent.support.calls import with_explained_calls

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from thermalent.solution.result import SteadyState

# Colours for colour-blind readers (Okabe and Ito); repeated if there are more blocks.
_BLOCKS = ("#56B4E9", "#E69F00", "#009E73", "#F0E442", "#CC79A7", "#D55E00", "#999999")
_POINTS = 30  # of a curved line


class NamedQubits(Protocol):
    """A state with named qubits, such as that of `te.analytic.dual_rail_state(...)`."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the qubits."""

    def concurrence(self, first: str, second: str) -> float:
        """Concurrence of two named qubits."""


@with_explained_calls
def entanglement_graph(
    state: SteadyState | NamedQubits,
    ax: Axes | None = None,
    *,
    blocks: Sequence[Sequence[str]] | None = None,
    threshold: float = 1e-3,
) -> Axes:
    """Draw the qubits of a state, and a line between each two that are entangled.

    Width and colour of a line are the concurrence of the two, the others traced out. Qubits with
    names A1, B1, A2, ... stand on two rails, all others on a circle. The lines are one collection,
    `ax.collections[0]`, to which a colour bar can be made.

    Args:
        state: A steady state, or a pure state of `te.analytic.dual_rail_state`.
        ax: Where to draw; a new figure if not given.
        blocks: Names of qubits that have one colour, by block, as `.blocks()` of a pure state.
            Concurrence alone does not show all entanglement: a block can be one without lines.
        threshold: Concurrence up to which no line is drawn, in [0, 1].

    Returns:
        The axes.

    Raises:
        ValueError: an emitter is no qubit, a block holds an unknown name, or the threshold is out
            of range.
    """
    threshold = checks.within("threshold", threshold, 0.0, 1.0)
    names = _names(state)
    if np.ndim(getattr(state, "error", 0.0)) > 0:
        allowed = "one state, such as `evolution.at(index)`, not an evolution"
        checks.fail("state", allowed, state)
    colours = _colours(names, blocks)
    places = _places(names)
    edges = {
        (first, second): concurrence
        for first, second in combinations(names, 2)
        if (concurrence := state.concurrence(first, second)) > threshold
    }
    from matplotlib.axes import Axes
    from matplotlib.collections import LineCollection

    if ax is None:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots()
    elif not isinstance(ax, Axes):
        checks.fail("ax", "the axes of a matplotlib figure", ax)
    on_rails = places is not None
    where = places if places is not None else _circle(names)
    lines = LineCollection(
        [_line(where[first], where[second], curved=on_rails) for first, second in edges],
        array=np.array(list(edges.values())),
        clim=(0, 1),
        cmap="viridis_r",
        linewidths=[0.5 + 4 * value for value in edges.values()],
        capstyle="round",
        zorder=1,
    )
    ax.add_collection(lines)
    positions = np.array([where[name] for name in names])
    ax.scatter(
        positions[:, 0],
        positions[:, 1],
        s=320,
        c=colours,
        edgecolors="black",
        linewidths=0.8,
        zorder=2,
    )
    for name, (x, y) in where.items():
        ax.text(x, y, name, ha="center", va="center", fontsize=8, zorder=3)
    ax.set_aspect("equal")
    margin = 0.5
    ax.set_xlim(positions[:, 0].min() - margin, positions[:, 0].max() + margin)
    ax.set_ylim(positions[:, 1].min() - margin, positions[:, 1].max() + margin)
    ax.set_axis_off()
    return ax


def _names(state: Any) -> tuple[str, ...]:
    """Names of the qubits of either kind of state."""
    network = getattr(state, "network", None)
    if network is None:
        if not hasattr(state, "names"):
            checks.fail("state", "a steady state or a pure state of named qubits", state)
        return tuple(state.names)
    if any(dimension != 2 for dimension in network.dims):
        allowed = "a state of qubits alone"
        checks.fail("state", allowed, checks.Words(f"of dimensions {tuple(network.dims)}"))
    return tuple(network.emitter_names)


def _colours(names: Sequence[str], blocks: Sequence[Sequence[str]] | None) -> list[str]:
    colours = dict.fromkeys(names, "white")
    for number, block in enumerate(() if blocks is None else blocks):
        for name in block:
            if name not in colours:
                checks.fail("blocks", f"made of {', '.join(names)}", name)
            colours[name] = _BLOCKS[number % len(_BLOCKS)]
    return list(colours.values())


def _places(names: Sequence[str]) -> dict[str, tuple[float, float]] | None:
    """Two rails, A above B, if the names say so."""
    matches = [re.fullmatch(r"([AB])(\d+)", name) for name in names]
    if not all(matches):
        return None
    return {
        match.group(0): (1.2 * int(match.group(2)), 1.6 if match.group(1) == "A" else 0.0)
        for match in matches
        if match is not None
    }


def _circle(names: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Equal distances on a circle, the first qubit on the left, clockwise."""
    radius = max(1.0, 0.2 * len(names))
    angles = np.pi - 2 * np.pi * np.arange(len(names)) / len(names)
    return {
        name: (float(radius * np.cos(angle)), float(radius * np.sin(angle)))
        for name, angle in zip(names, angles, strict=True)
    }


def _line(first: tuple[float, float], second: tuple[float, float], *, curved: bool) -> np.ndarray:
    """A line between two qubits, around others on one rail between them; (points, 2)."""
    start, end = np.array(first), np.array(second)
    t = np.linspace(0, 1, _POINTS)[:, None]
    straight = (1 - t) * start + t * end
    if not curved or start[1] != end[1]:
        return np.asarray(straight)
    outwards = 0.25 * abs(end[0] - start[0]) * (1 if start[1] > 0 else -1)
    return np.asarray(straight + 4 * t * (1 - t) * np.array([0.0, outwards]))
