"""The full master equation in the space of the initial excitations, which it never leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import sparse

from thermalent.excitations.amplitudes import STEADY_STATE
from thermalent.excitations.basis import Basis, drift, jumps, sector_sizes
from thermalent.excitations.losses import gain, start_refusal
from thermalent.excitations.propagate import propagate, rounding, too_late
from thermalent.networks.symmetry import excitation_numbers
from thermalent.solution.evolution import Evolution
from thermalent.solution.method import Claim, Method
from thermalent.solution.plan import Cost, Plan, Refusal
from thermalent.solution.tasks import EvolutionTask, Task
from thermalent.support import memory_limit
from thermalent.support.progress import working

_BYTES_PER_ENTRY = 24  # value and column of a sparse complex matrix


@dataclass(frozen=True, kw_only=True)
class FewExcitations(Method):
    r"""Exact evolution of a network that only loses excitations, jumps and all.

    $$\dot\rho_{m, m-q} = K_m \rho_{m, m-q} + \rho_{m, m-q} K_{m-q}^\dagger
      + \sum_k A_k\, \rho_{m', m'-q}\, B_k^\dagger$$

    \(\rho_{m, m'}\) is the block of the density matrix between configurations of m and m'
    excitations. The difference q is conserved, jumps lead from m + 1 to m, and nothing leads above
    the number of excitations at the start: no truncation.
    """

    claim: ClassVar[Claim] = Claim.EXACT
    domain: ClassVar[str] = "networks that only lose excitations, with a few of them to lose"
    takes_schedules: ClassVar[bool] = True

    def plan(self, task: Task) -> Plan | Refusal:
        """The plan; refused if something feeds the network, or if blocks do not fit into memory."""
        if not isinstance(task, EvolutionTask):
            return STEADY_STATE
        network = task.network
        reasons = (gain(one) for one in task.networks)
        reason = next(filter(None, reasons), None) or start_refusal(task.source)
        if reason is not None:
            return Refusal(reason)
        numbers = excitation_numbers(network)
        rows, cols = np.nonzero(task.start)
        most = int(np.max(numbers[np.concatenate([rows, cols])]))
        differences = np.unique(np.abs(numbers[rows] - numbers[cols])).tolist()
        # Every state has populations, and no sector of coherences is larger than theirs.
        elements = sum(size**2 for size in sector_sizes(network, most))
        plan = FewExcitationsPlan(
            method=self, task=task, most=most, differences=differences, elements=elements
        )
        reason = too_late(plan.rate, float(task.times[-1]))
        if reason is not None:
            return Refusal(f"{reason}.")
        needed = plan.cost.bytes
        if needed > memory_limit.available() / 2:
            return Refusal(
                f"it would need about {memory_limit.in_words(needed)} for {elements} elements of "
                f"{most} excitations and {len(task.times)} states. Use fewer times, "
                "collective=True for symmetric qubits, or te.transfer(...), which needs no "
                "density matrix."
            )
        return plan


@dataclass(frozen=True, kw_only=True, eq=False)
class FewExcitationsPlan(Plan):
    """Blocks of up to `most` excitations, `elements` of them in the largest sector."""

    method: FewExcitations
    task: EvolutionTask
    most: int
    differences: list[int]
    elements: int

    @property
    def rate(self) -> float:
        """Norm of the generator, about: every excitation on either side decays and hops."""
        rates = max(
            float(np.abs(network.decay).sum() + np.abs(network.exchange).sum())
            for network in self.task.networks
        )
        return max(1, self.most) * rates

    @property
    def cost(self) -> Cost:
        """Cost of the largest sector: both drifts and one jump per node, each to other sectors."""
        network, times = self.task.network, len(self.task.times)
        nodes, size = len(network.nodes), int(np.prod(network.dims, dtype=object))
        steps = max(1.0, self.rate * float(self.task.times[-1]))
        return Cost(
            bytes=self.elements * (3 * nodes * _BYTES_PER_ENTRY + 16 * times)
            + 48 * times * size**2,
            operations=10.0 * len(self.differences) * self.elements * 3 * nodes * steps,
        )

    def compute(self) -> Evolution:
        """The emitters' states at the times, the modes empty at the start."""
        network, times, initial = self.task.network, self.task.times, self.task.start
        bases = {id(one): Basis(one, self.most) for one in self.task.networks}
        generators = {key: (drift(basis), jumps(basis)) for key, basis in bases.items()}
        states = np.zeros((len(times), *initial.shape), dtype=complex)
        error = np.zeros(len(times))
        elements = 0
        with working("Evolving") as report:
            for difference in self.differences:
                report(f"coherences between m and m - {difference} excitations")
                blocks = _Blocks(bases[id(network)], difference)
                liouvillians = {
                    key: blocks.liouvillian(*generator) for key, generator in generators.items()
                }
                evolved, lost = self._through(liouvillians, blocks.gather(initial))  # (t, n), (t,)
                part = (blocks.emitters() @ evolved.T).T.reshape(states.shape)
                states += part if difference == 0 else part + part.conj().transpose(0, 2, 1)
                error += lost
                elements += evolved.shape[1]
        return Evolution(
            network=network,
            method=self.method.record,
            times=times,
            states=states,
            error=error,
            how="rounding of the Taylor steps of a trace-preserving map",
            stats={"excitations": self.most, "dimension": elements},
        )

    def _through(
        self, liouvillians: dict[int, sparse.csr_array], y: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The vector at the times, (t, n), and its rounding error, (t,), network by network."""
        times = self.task.times
        states, error, before = (
            np.empty((len(times), len(y)), dtype=complex),
            np.empty(len(times)),
            0.0,
        )
        for stretch in self.task.stretches():
            liouvillian = liouvillians[id(self.task.pieces[stretch.piece].network)]
            until = np.append(stretch.times, stretch.length)
            evolved, lost = propagate(liouvillian, y, until), rounding(liouvillian, until)
            states[stretch.which], error[stretch.which] = evolved[:-1], before + lost[:-1]
            y, before = evolved[-1], before + float(lost[-1])
        return states, error


class _Blocks:
    """The blocks rho_{m, m - q} of one q >= 0, one after the other as a vector."""

    def __init__(self, basis: Basis, difference: int) -> None:
        self.basis = basis
        self.pairs = [
            (basis.block(m), basis.block(m - difference)) for m in range(difference, basis.most + 1)
        ]

    def liouvillian(
        self, generator: sparse.csr_array, terms: list[tuple[sparse.csr_array, sparse.csr_array]]
    ) -> sparse.csr_array:
        """The generator of the master equation on the vector of blocks."""
        n = len(self.pairs)
        grid: list[list[sparse.csr_array | None]] = [[None] * n for _ in range(n)]
        for i, (r, c) in enumerate(self.pairs):
            left, right = generator[r, r], generator[c, c]
            total = sparse.kron(left, sparse.eye_array(right.shape[0])) + sparse.kron(
                sparse.eye_array(left.shape[0]), right.conj()
            )
            for a, b in terms:
                if a[r, r].nnz:
                    total = total + sparse.kron(a[r, r], b[c, c].conj())
            grid[i][i] = total
            for k in range(i + 1, n):
                above_r, above_c = self.pairs[k]
                falls = [
                    sparse.kron(a[r, above_r], b[c, above_c].conj())
                    for a, b in terms
                    if a[r, above_r].nnz
                ]
                if falls:
                    grid[i][k] = sparse.csr_array(sum(falls[1:], falls[0]))
        return sparse.csr_array(sparse.block_array(grid, format="csr"))

    def gather(self, initial: np.ndarray) -> np.ndarray:
        """The vector of a density matrix of the emitters, the modes empty."""
        modes = len(self.basis.network.modes)
        empty = np.all(self.basis.levels[:, :modes] == 0, axis=1)
        place = self.basis.emitter_index
        parts = []
        for r, c in self.pairs:
            block = initial[np.ix_(place[r], place[c])] * np.outer(empty[r], empty[c])
            parts.append(block.ravel())
        return np.concatenate(parts)

    def emitters(self) -> sparse.csr_array:
        """The trace over the modes: from the vector to the emitters' elements, (d^2, n)."""
        modes = self.basis.levels[:, : len(self.basis.network.modes)]
        _, mode_index = np.unique(modes, axis=0, return_inverse=True)
        mode_index = mode_index.ravel()
        place = self.basis.emitter_index
        size = int(np.prod(self.basis.network.dims))
        rows, cols, start = [], [], 0
        for r, c in self.pairs:
            same = mode_index[r][:, None] == mode_index[c][None, :]
            i, j = np.nonzero(same)
            rows.append(place[r][i] * size + place[c][j])
            cols.append(start + i * same.shape[1] + j)
            start += same.size
        indices = (np.concatenate(rows), np.concatenate(cols))
        return sparse.csr_array((np.ones(len(indices[0])), indices), shape=(size**2, start))
