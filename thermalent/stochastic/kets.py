r"""The operators of qubits in a pure state that a sampled classical field drives.

$$\dot\rho = \mathcal{L}\rho + \sum_e \big[ y_e c_e^\dagger - y_e^* c_e,\, \rho \big], \qquad
  \mathcal{L}\rho = K\rho + \rho K^\dagger + \sum_k O_k \rho O_k^\dagger$$
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from thermalent.networks.jump_channels import channels
from thermalent.networks.network import Couplings, Network
from thermalent.networks.nodes import Qubit
from thermalent.operators.superoperators import sparse_dagger, sparse_embed
from thermalent.solution.tasks import SourceStart, start_amplitudes
from thermalent.stochastic.ket_kernels import KetPlan
from thermalent.stochastic.linear_field import LinearField, driven, no_classical_field

MOST_QUBITS = 16
# Step of the field times the sum of the rates at which the field turns a qubit, the field changes
# and a qubit decays.
_SAFE = 0.4


@dataclass(frozen=True, kw_only=True, eq=False)
class DrivenKets:
    """Qubits in a pure state, driven by a classical field.

    Args:
        count: Number of qubits.
        field: The field.
        drift: K, (2^N, 2^N) sparse.
        jumps: The O_k, (2^N, 2^N) sparse each.
        rate: Sum of the largest rates at which a qubit is turned by the stationary field, the field
            changes and a qubit decays.
        one_way: a_j and b_l, (N,) each, where K couples qubit j to those before it by a_j b_l and
            to no others; empty elsewhere.
    """

    count: int
    field: LinearField
    drift: sparse.csr_array
    jumps: tuple[sparse.csr_array, ...]
    rate: float
    one_way: tuple[np.ndarray, np.ndarray]

    def plan(self, step: float) -> KetPlan:
        """A step of this length, for the kernels."""
        propagator, noise_factor = self.field.transition(step)
        pointers = np.zeros((len(self.jumps), 2**self.count + 1), dtype=np.int64)
        offset = 0
        for k, operator in enumerate(self.jumps):
            pointers[k] = operator.indptr + offset
            offset += operator.nnz
        return KetPlan(
            propagator=np.ascontiguousarray(propagator),
            noise_factor=np.ascontiguousarray(noise_factor),
            mixing=np.ascontiguousarray(self.field.mixing.astype(complex)),
            pointers=self.drift.indptr.astype(np.int64),
            columns=self.drift.indices.astype(np.int64),
            values=self.drift.data.astype(complex),
            norm=max(float(np.max(abs(self.drift).sum(axis=0))), 1e-300),
            diagonal=self.drift.diagonal().astype(complex),
            up=self.one_way[0],
            down=self.one_way[1],
            jump_pointers=pointers,
            jump_columns=_joined([o.indices for o in self.jumps], np.int64),
            jump_values=_joined([o.data for o in self.jumps], np.complex128),
            step=step,
        )

    def safe_step(self, source: SourceStart = "stationary") -> float:
        """A step whose bias is far below usual standard errors (measured), from a start."""
        mean = np.abs(start_amplitudes(source, len(self.field.drift)))
        turning = np.abs(self.field.mixing @ self.field.outputs) @ mean  # (N,)
        return float(f"{_SAFE / (self.rate + 2 * float(np.max(turning))):.6g}")

    def field_start(self, source: SourceStart, rng: np.random.Generator) -> np.ndarray:
        """Amplitudes at time zero, (m,): stationary, or those of a coherent state."""
        covariance = self.field.covariance
        if source != "stationary":
            return start_amplitudes(source, len(covariance)).copy()  # the kernel moves it
        values, vectors = np.linalg.eigh(covariance)
        normal = rng.standard_normal((len(values), 2)) @ np.array([1, 1j]) * np.sqrt(0.5)
        return np.asarray(vectors @ (np.sqrt(np.maximum(values, 0.0)) * normal))


def kets_refusal(network: Network) -> str | None:
    """Reason why the network is not one of qubits in a classical field, or None if it is."""
    if not network.modes:
        return "it needs a boson mode as a source, and the network has none. Use te.QuantumJumps()."
    if network.pumped:
        return f"{network.PUMPED} Use te.QuantumJumps(...)."
    if not all(isinstance(emitter, Qubit) for emitter in network.emitters):
        return "every emitter has to be a te.Qubit. Use te.FieldTrajectories(...)."
    if len(network.emitters) > MOST_QUBITS:
        return f"it takes {MOST_QUBITS} qubits at most, and the network has {len(network.dims)}."
    reason = no_classical_field(network, "te.QuantumJumps(...)")
    if reason is None and driven(network).field.white:
        return "a part of its field is white noise. Use te.FieldTrajectories(...)."
    return reason


def driven_kets(network: Network) -> DrivenKets:
    """The operators of a network that `kets_refusal` does not refuse."""
    described = driven(network)
    emitters = list(network.emitter_indices)
    zero = np.zeros((len(emitters), len(emitters)), dtype=complex)
    exchange = network.exchange[np.ix_(emitters, emitters)]
    coupled = Couplings(exchange, described.decay, described.absorption, zero, zero)
    lowering = [sparse_embed(e.lowering, i, network.dims) for i, e in enumerate(network.emitters)]
    raising = [sparse_dagger(lower) for lower in lowering]
    size = 2 ** len(emitters)
    drift = sparse.csr_array((size, size), dtype=complex)
    for j, raised in enumerate(raising):
        for l, lower in enumerate(lowering):
            if exchange[j, l] != 0:
                drift = drift - 1j * exchange[j, l] * (raised @ lower)
    jumps = []
    for channel in channels(coupled):
        operator = sparse.csr_array((size, size), dtype=complex)
        for value, part in zip(channel.weights, [*lowering, *raising], strict=True):
            if value != 0:
                operator = operator + value * part
        jumps.append(np.sqrt(max(channel.rate, 0.0)) * operator)
    for place, emitter in enumerate(network.emitters):
        jumps += [sparse_embed(local, place, network.dims) for local in emitter.collapse_operators]
    for operator in jumps:
        drift = drift - 0.5 * (sparse_dagger(operator) @ operator)
    return DrivenKets(
        count=len(emitters),
        field=described.field,
        drift=sparse.csr_array(drift),
        jumps=tuple(sparse.csr_array(operator) for operator in jumps),
        rate=_rate(described.field, coupled),
        one_way=_one_way(exchange, described.decay, described.absorption),
    )


def _one_way(
    exchange: np.ndarray, decay: np.ndarray, absorption: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Factors a_j and b_l of the drift of a one-way line; empty if the line is not one-way."""
    empty = np.zeros(0, dtype=complex)
    drift = -1j * exchange - 0.5 * (decay.T + absorption)  # K_jl of c_j^+ c_l
    scale = float(np.max(np.abs(drift)))
    n = len(drift)
    if n < 2 or np.any(np.abs(np.triu(drift, 1)) > 1e-12 * scale) or not np.all(drift[1:, 0]):
        return empty, empty
    up = np.concatenate([[0.0], drift[1:, 0]]).astype(complex)
    down = np.ones(n, dtype=complex)
    down[1:-1] = drift[-1, 1:-1] / up[-1]
    down[-1] = 0.0
    built = np.tril(np.outer(up, down), -1)
    if np.max(np.abs(built - np.tril(drift, -1))) > 1e-12 * scale:
        return empty, empty
    return up, down


def indices(count: int, kept: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Index of each product state among those of the kept qubits, and among the others'."""
    bits = np.array(np.unravel_index(np.arange(2**count), (2,) * count))  # (N, D)
    others = [i for i in range(count) if i not in kept]

    def number(places: Sequence[int]) -> np.ndarray:
        total = np.zeros(2**count, dtype=np.int64)
        for place in places:
            total = 2 * total + bits[place]
        return total

    return number(kept), number(others)


def part_of(network: Network, kept: Sequence[int]) -> Network:
    """The network of some emitters alone, to which their reduced state belongs."""
    nodes = [network.emitter_indices[i] for i in kept]
    index = np.ix_(nodes, nodes)
    names = [network.emitter_names[i] for i in kept]
    return Network(
        nodes=tuple(network.emitters[i] for i in kept),
        exchange=network.exchange[index],
        decay=network.decay[index],
        absorption=network.couplings.absorption[index],
        label=f"{' and '.join(names)} of a {network.label}",
    )


def _rate(field: LinearField, coupled: Couplings) -> float:
    turning = float(np.max(np.sqrt(field.smooth_variance)))
    changing = float(np.max(np.abs(np.linalg.eigvals(field.drift))))
    own = float(np.max(np.abs(coupled.exchange).max(axis=1) + np.abs(coupled.decay).max(axis=1)))
    return 2 * turning + changing + own


def _joined(parts: Sequence[np.ndarray], kind: type) -> np.ndarray:
    return np.concatenate([np.zeros(0, dtype=kind), *parts]).astype(kind)
