r"""A network as a drawing in SVG: its nodes in a row, and what travels between them.

The amplitude that goes from node l to node j is

$$M_{jl} = J_{jl} - \tfrac{i}{2} G_{lj}$$

so that an arc stands for |M_jl|: above the row to the right, below it to the left. Where only one
of the two exists, light travels one way.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import numpy as np

HOT, CAVITY, EMITTER, INK = "#D55E00", "#009E73", "#0072B2", "#444444"
_STEP, _RADIUS, _MOST = 110, 20, 16  # of the nodes, and how many are drawn


class DrawnNode(NamedTuple):
    """A node of a drawing.

    Args:
        name: Below the node.
        note: Above it, what there is to know about it.
        emitter: Whether it is an emitter; else it is a mode.
        hot: Whether it has a warm bath.
    """

    name: str
    note: str
    emitter: bool
    hot: bool


def network_svg(nodes: Sequence[DrawnNode], exchange: np.ndarray, decay: np.ndarray) -> str:
    """The drawing, or an empty text if there are too many nodes for one.

    Args:
        nodes: In the order of the matrices.
        exchange: J, (n, n).
        decay: G, (n, n).
    """
    if len(nodes) > _MOST:
        return ""
    travelling = np.abs(exchange - 0.5j * decay.T)
    np.fill_diagonal(travelling, 0)
    height = 60 + 24 * max(len(nodes) - 1, 1)
    width, middle = _STEP * len(nodes), height // 2 + 6
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height + 20}" '
        f'width="{min(width, 760)}" role="img" font-family="sans-serif" font-size="12">',
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="7" '
        f'markerHeight="7" orient="auto"><path d="M0 0L10 5L0 10z" fill="{INK}"/></marker></defs>',
    ]
    largest = float(np.max(travelling, initial=0.0))
    for j, l in np.argwhere(travelling > 1e-9 * largest):
        strength = float(travelling[j, l]) / largest
        parts.append(_arc(int(l), int(j), strength, middle))
    parts += [_node(node, place, middle) for place, node in enumerate(nodes)]
    return "".join([*parts, "</svg>"])


def _arc(start: int, end: int, strength: float, middle: int) -> str:
    """From one node to another, wider and darker if more travels."""
    right = end > start
    x0, x1 = (_STEP * (place + 0.5) for place in (start, end))
    rise = (22 * abs(end - start) + 16) * (-1 if right else 1)
    lift = (_RADIUS - 4) * (-1 if right else 1)
    inset = 12 if right else -12
    return (
        f'<path d="M{x0 + inset:.0f} {middle + lift} Q{(x0 + x1) / 2:.0f} {middle + lift + rise} '
        f'{x1 - inset:.0f} {middle + lift}" fill="none" stroke="{INK}" '
        f'stroke-width="{0.6 + 1.6 * strength:.2f}" stroke-opacity="{0.35 + 0.65 * strength:.2f}" '
        'marker-end="url(#tip)"/>'
    )


def _node(node: DrawnNode, place: int, middle: int) -> str:
    x, name = _STEP * (place + 0.5), escape(node.name[:8])
    colour = EMITTER if node.emitter else HOT if node.hot else CAVITY
    shape = (
        f'<circle cx="{x}" cy="{middle}" r="{_RADIUS - 4}"'
        if node.emitter
        else f'<rect x="{x - 28}" y="{middle - 13}" width="56" height="26" rx="4"'
    )
    return (
        f'{shape} fill="white" stroke="{colour}" stroke-width="2.5"/>'
        f'<text x="{x}" y="{middle + 4}" text-anchor="middle" fill="{colour}">{name}</text>'
        f'<text x="{x}" y="{middle + 36}" text-anchor="middle" fill="{colour}" '
        f'font-size="11">{escape(node.note)}</text>'
    )
