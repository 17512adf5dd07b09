"""Nodes along a chiral waveguide, each a ring resonator that holds qubits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Complex
from string import ascii_lowercase
from typing import Any

import numpy as np

from thermalent.networks.geometry import ChiralWaveguide
from thermalent.networks.network import Network
from thermalent.networks.nodes import CollectiveSpin, Emitter, Mode, Qubit, Qudit
from thermalent.support import checks
from thermalent.support.calls import with_explained_calls

Nested = complex | Sequence[complex] | Sequence[Sequence[complex]]
NestedReal = float | Sequence[float] | Sequence[Sequence[float]]


@with_explained_calls
def ring_resonators(
    coupling: Nested,
    decay_right: float | Sequence[float] = 1.0,
    decay_left: float | Sequence[float] = 0.0,
    *,
    distance: float | Sequence[float] = np.pi,
    qubits: int | Sequence[int] = 1,
    nodes: int | None = None,
    qubit_decay: NestedReal = 0.0,
    cavity_loss: float | Sequence[float] = 0.0,
    detuning: NestedReal = 0.0,
    cavity_detuning: float | Sequence[float] = 0.0,
    dephasing: NestedReal = 0.0,
    loss: float | Sequence[float] = 0.0,
    collective: bool = False,
) -> Network:
    r"""Ring resonators on a chiral waveguide, each coupled to qubits of its own.

    $$\dot\rho = -i\Big[\sum_{jl} (g_{jl}\, a_j^\dagger \sigma_{jl} + \mathrm{h.c.})
      + \sum_j \Delta^c_j a_j^\dagger a_j + \sum_{jl} \Delta_{jl} \sigma_{jl}^\dagger \sigma_{jl}
      + \sum_{jk} J_{jk} a_j^\dagger a_k,\ \rho\Big]
      + \sum_{jk} G_{jk} \mathcal{D}[a_j, a_k]\rho
      + \sum_{jl} \Gamma_{jl} \mathcal{D}[\sigma_{jl}]\rho$$

    with J and G of `ChiralWaveguide`; node 1 is the leftmost. The cavities are cold, so the network
    only ever loses excitations.

    An argument that is per qubit may be one number for all, one per node, or per
    node a sequence with one per qubit.

    Args:
        coupling: Cavity-qubit coupling g, rate unit, per qubit. A phase is that of
            \(a^\dagger\sigma\): the second node of GENERATION has \(g_2 e^{i\alpha}\).
        decay_right: Energy decay rate of the cavities into the right-moving channel, rate unit, one
            number or one per node.
        decay_left: Energy decay rate of the cavities into the left-moving channel, likewise.
        distance: k D between neighbouring nodes, in radians, > 0; one number or one per stretch.
            Without left-moving decay it only shifts phases.
        qubits: Number of qubits per node, >= 1; one number or one per node.
        nodes: Number of nodes, >= 2; if not given, that of `coupling`, or 2 if that is one number.
        qubit_decay: Decay rate of the qubits into other, empty channels, per qubit.
        cavity_loss: Energy decay rate of the cavities into other, empty channels, per node.
        detuning: Qubit frequency minus the common reference, rate unit, per qubit.
        cavity_detuning: Cavity frequency minus the common reference, one number or one per node.
        dephasing: Pure dephasing rate of the qubits, per qubit.
        loss: Power loss, in [0, 1], of each stretch; one number or one per stretch.
        collective: Describe the qubits of a node by one `CollectiveSpin` of N + 1 levels, which is
            exact if they start and stay symmetric: all of a node are then equal, and neither decay
            nor dephase alone.

    Returns:
        The network: modes "cavity1", "cavity2", ..., then the qubits in node order, named "q1",
        "q2", ... if there is one per node and "q1a", "q1b", ..., "q2a", ... otherwise; collective
        spins are named "q1", "q2", .... So `initial="10"` excites the qubit of node 1, and
        "10,0" puts ten excitations into the first collective spin.

    Raises:
        ValueError: an argument is out of range or of the wrong length, or what `collective` cannot
            describe.

    Source: GENERATION, Eqs. (1), (2); TRANSPORT, Eqs. (1), (2).
    """
    n = _node_count(nodes, coupling)
    counts = [
        checks.node_count("qubits", count) for count in checks.per_item("qubits", qubits, n, "node")
    ]
    checks.node_count("number of cavities and qubits", n if collective else n + sum(counts))
    if not isinstance(collective, (bool, np.bool_)):
        checks.fail("collective", "True or False", collective)
    couplings = _per_qubit("coupling", coupling, counts, _finite_complex)
    decays = _per_qubit("qubit_decay", qubit_decay, counts, checks.rate)
    detunings = _per_qubit("detuning", detuning, counts, checks.frequency)
    dephasings = _per_qubit("dephasing", dephasing, counts, checks.rate)
    exchange, decay = _cavities(n, decay_right, decay_left, distance, loss).coupling()
    exchange = exchange + np.diag(
        _per_node("cavity_detuning", cavity_detuning, n, checks.frequency)
    )
    if collective:
        _require_symmetric(couplings, decays, detunings, dephasings)
        emitters = _spins(counts, [row[0] for row in detunings])
        couplings, decays = [row[:1] for row in couplings], [row[:1] for row in decays]
        detunings = [[0.0]] * n  # in the spins' own Hamiltonian
    else:
        emitters = _qubits(counts, dephasings)
    losses = _per_node("cavity_loss", cavity_loss, n, checks.rate)
    return Network(
        nodes=(
            *(Mode(name=f"cavity{j + 1}", bath_rate=losses[j]) for j in range(n)),
            *emitters,
        ),
        exchange=_with_qubits(exchange, detunings, couplings),
        decay=_with_qubits(decay, decays),
        label="ring resonators",
    )


def _node_count(nodes: int | None, coupling: Any) -> int:
    if nodes is not None:
        return checks.node_count("nodes", nodes, 2)
    if not _is_sequence(coupling):
        return 2
    if len(coupling) < 2:
        checks.fail(
            "coupling", "one number or a sequence with one item per node, 2 or more", coupling
        )
    return checks.node_count("number of couplings", len(coupling))


def _cavities(
    n: int,
    decay_right: float | Sequence[float],
    decay_left: float | Sequence[float],
    distance: float | Sequence[float],
    loss: float | Sequence[float],
) -> ChiralWaveguide:
    stretches = [
        checks.positive("distance", kd)
        for kd in checks.per_item("distance", distance, n - 1, "stretch between nodes")
    ]
    return ChiralWaveguide(
        right=_per_node("decay_right", decay_right, n, checks.rate),
        left=_per_node("decay_left", decay_left, n, checks.rate),
        positions=np.concatenate([[0.0], np.cumsum(stretches)]).tolist(),
        loss=checks.per_item("loss", loss, n - 1, "stretch between nodes"),
    )


def _qubits(counts: Sequence[int], dephasings: Sequence[Sequence[float]]) -> list[Emitter]:
    single = max(counts) == 1
    return [
        Qubit(name=f"q{j + 1}" if single else f"q{j + 1}{_letters(i)}", dephasing=rate)
        for j, row in enumerate(dephasings)
        for i, rate in enumerate(row)
    ]


def _spins(counts: Sequence[int], detunings: Sequence[float]) -> list[Emitter]:
    spins: list[Emitter] = []
    for j, (count, detuning) in enumerate(zip(counts, detunings, strict=True)):
        spin = CollectiveSpin(name=f"q{j + 1}", qubits=count)
        # The J of a spin is S^+ S^-, which is not its number of excitations.
        spins.append(
            spin
            if detuning == 0.0
            else Qudit(
                name=spin.name,
                lower=spin.lowering,
                local_hamiltonian=detuning * np.diag(np.arange(count + 1.0)),
            )
        )
    return spins


def _with_qubits(
    cavities: np.ndarray, diagonal: Sequence[Sequence[float]], coupling: Any = None
) -> np.ndarray:
    """A matrix over cavities, enlarged by the qubits' diagonal and their links to the cavity."""
    n = len(cavities)
    matrix = np.diag(np.concatenate([np.zeros(n), *diagonal]).astype(complex))
    matrix[:n, :n] = cavities
    position = n
    for j, row in enumerate(coupling if coupling is not None else []):
        matrix[j, position : position + len(row)] = row
        matrix[position : position + len(row), j] = np.conj(row)
        position += len(row)
    return matrix


def _per_node(name: str, value: Any, n: int, check: Callable[[str, Any], float]) -> list[float]:
    return [check(name, item) for item in checks.per_item(name, value, n, "node")]


def _per_qubit(
    name: str, value: Any, counts: Sequence[int], check: Callable[[str, Any], Any]
) -> list[list[Any]]:
    """Checked values by node and qubit, from one number, one per node, or one per qubit of each."""
    rows = checks.per_item(name, value, len(counts), "node")
    return [
        [check(name, item) for item in checks.per_item(name, row, count, "qubit of the node")]
        for row, count in zip(rows, counts, strict=True)
    ]


def _require_symmetric(
    couplings: Sequence[Sequence[complex]],
    decays: Sequence[Sequence[float]],
    detunings: Sequence[Sequence[float]],
    dephasings: Sequence[Sequence[float]],
) -> None:
    for name, rows in (("coupling", couplings), ("detuning", detunings)):
        for row in rows:
            if any(item != row[0] for item in row):
                checks.fail(
                    name,
                    "equal for all qubits of a node if they are collective, because unequal ones "
                    "leave the symmetric states (else use collective=False)",
                    row,
                )
    for name, rates in (("qubit_decay", decays), ("dephasing", dephasings)):
        for row in rates:
            if any(row):
                checks.fail(
                    name,
                    "zero if the qubits of a node are collective, because a qubit that decays or "
                    "dephases by itself leaves the symmetric states (else use collective=False)",
                    row,
                )


def _finite_complex(name: str, value: Any) -> complex:
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Complex):
        checks.fail(name, "a finite number", value)
    try:
        number = complex(value)
    except OverflowError:  # an integer beyond 1e308
        checks.fail(name, "a finite number", value)
    if not np.isfinite(number):
        checks.fail(name, "a finite number", value)
    return number


def _is_sequence(value: Any) -> bool:
    return isinstance(value, (Sequence, np.ndarray)) and not isinstance(value, (str, bytes))


def _letters(i: int) -> str:
    """Letters a to z, then aa, ab, ...: names of the qubits within a node."""
    return (_letters(i // 26 - 1) if i >= 26 else "") + ascii_lowercase[i % 26]
