"""Python code that reproduces a network to the last bit."""

from __future__ import annotations

import numpy as np

from thermalent.networks.network import Network
from thermalent.networks.nodes import CollectiveSpin, Emitter, Mode, Node, Qubit
from thermalent.support.calls import with_explained_calls


@with_explained_calls
def expression(network: Network) -> str:
    """Python code that builds the network, with `import thermalent as te`.

    Every number is written with all its digits, so that what a random test found can be repeated
    without the test.

    Args:
        network: The network.

    Returns:
        One expression, "te.Network(nodes=(...), exchange=..., ...)".
    """
    parts = [f"nodes=({', '.join(_node(node) for node in network.nodes)},)"]
    for name in ("exchange", "decay", "absorption", "pumping", "anomalous"):
        matrix = getattr(network, name)
        if name in ("exchange", "decay") or np.any(matrix):
            parts.append(f"{name}={_matrix(matrix)}")
    if network.label != "network":
        parts.append(f"label={network.label!r}")
    return f"te.Network({', '.join(parts)})"


def _node(node: Node) -> str:
    if isinstance(node, (Mode, Qubit, CollectiveSpin)):
        return f"te.{node!r}"
    assert isinstance(node, Emitter)
    jumps = ", ".join(_matrix(jump) for jump in node.collapse_operators)
    return (
        f"te.Qudit(name={node.name!r}, lower={_matrix(node.lowering)}, "
        f"local_hamiltonian={_matrix(node.hamiltonian)}, local_jumps=[{jumps}])"
    )


def _matrix(matrix: np.ndarray) -> str:
    values = np.asarray(matrix)
    return repr((values if np.any(values.imag) else values.real).tolist())
