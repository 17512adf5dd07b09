"""How a network shows itself: in one line, and as a drawing with its numbers in notebooks."""

from __future__ import annotations

from typing import Any

import numpy as np

from thermalent.display.drawing import DrawnNode, network_svg
from thermalent.display.table import html_table, in_a_row
from thermalent.networks.nodes import Mode, Node

_MOST_NAMES = 6


class ShownNetwork:
    """The short text and the drawing of a network."""

    def __repr__(self: Any) -> str:
        return f"<Network: {self.label}, {names_in_short(self)}>"

    def _repr_html_(self: Any) -> str:
        warm = np.abs(np.diag(self.absorption)) > 0
        nodes = [
            DrawnNode(
                name=node.name,
                note=_note(node),
                emitter=not isinstance(node, Mode),
                hot=bool(warm[place]) or (isinstance(node, Mode) and node.n_th > 0),
            )
            for place, node in enumerate(self.nodes)
        ]
        largest = max(float(np.max(np.abs(m))) for m in (self.exchange, self.decay))
        rows = [
            (
                node.name,
                type(node).__name__,
                _note(node),
                *(_rate(m[place, place].real, largest) for m in (self.exchange, self.decay)),
            )
            for place, node in enumerate(self.nodes)
        ]
        head = ("node", "kind", "of its own", "detuning J", "decay G")
        table = html_table(rows, title=self.label, head=head)
        return in_a_row(table, network_svg(nodes, self.exchange, self.decay))


def names_in_short(network: Any) -> str:
    """The nodes by name, the first few if there are many."""
    names = [node.name for node in network.nodes]
    if len(names) > _MOST_NAMES:
        names = [*names[: _MOST_NAMES - 1], f"... {len(names)} nodes"]
    return ", ".join(names)


def _rate(value: float, largest: float) -> str:
    return "0" if abs(value) < 1e-14 * largest else f"{value:.6g}"  # what rounding leaves is zero


def _note(node: Node) -> str:
    """What there is to know about a node beside its couplings."""
    if isinstance(node, Mode):
        return f"n_th = {node.n_th:.4g}" if node.bath_rate else ""
    dephasing = getattr(node, "dephasing", 0.0)
    if dephasing:
        return f"dephasing {dephasing:.3g}"
    return "" if node.dimension == 2 else f"{node.dimension} levels"
