"""DUALRAIL, Eq. (11), in number states of the amplifier's two modes: an independent route.

kappa of both modes, gamma = 1, no dephasing, no detunings: all is real then, and so is the state.
"""

from functools import reduce

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, eigs

from tests.support.dual_rail_by_hand import LOWER, Blocks, bits


class BehindSource(Blocks):
    """N pairs behind modes of so many levels, on the operators of equal charge in ket and bra.

    The charge is that of rail A with its mode, less that of rail B with its own.
    """

    def __init__(self, pairs, kappa, levels, squeezing=1.0):
        self.pairs, self.levels = pairs, levels
        mode = sparse.csr_array(np.diag(np.sqrt(np.arange(1.0, levels)), 1))
        sizes = [levels, levels] + [2] * (2 * pairs)
        a, b, *qubits = (
            _on_factor(mode if k < 2 else LOWER.real, k, sizes) for k in range(len(sizes))
        )
        pump = kappa / 2 * np.tanh(squeezing / 2) * (a.T @ b.T - a @ b)  # -i H_chi
        outputs = []
        effective = pump
        for light, rail in ((a, qubits[0::2]), (b, qubits[1::2])):
            # Into each node comes what all before it emit: c_j^+ c_i with j behind i.
            nodes = [np.sqrt(kappa) * light, *rail]
            for j, node in enumerate(nodes):
                effective = effective - 0.5 * node.T @ node
                for before in nodes[:j]:
                    effective = effective - node.T @ before
            outputs.append(sum(nodes[1:], nodes[0]))
        photons = np.indices((levels, levels)).reshape(2, -1)
        ones = bits(2 * pairs)
        excess = ones[:, 0::2].sum(axis=1) - ones[:, 1::2].sum(axis=1)
        charge = np.add.outer(photons[0] - photons[1], excess).ravel()
        jumps = [(outputs[0], -1), (outputs[1], 1)]
        super().__init__(sparse.csr_array(effective), jumps, charge)

    def steady_state(self, tolerance=1e-6, vectors=40):
        """The eigenvector of the largest eigenvalue, zero, by Arnoldi's process with restarts."""
        # Of L + 1, because the tolerance is relative to the eigenvalue.
        start = np.zeros(self.ends[-1])
        for block in self.blocks(start).values():
            np.fill_diagonal(block, 1.0)
        size = len(start)
        act = LinearOperator((size, size), matvec=lambda x: x + self.rate_of_change(x), dtype=float)
        value, vector = eigs(act, 1, which="LR", v0=start, ncv=vectors, tol=tolerance)
        assert abs(value[0] - 1) < 1e-4
        found = vector[:, 0].real
        # What rounding makes of the antisymmetric matrices, which are left alone here.
        for block in self.blocks(found).values():
            block[...] = (block + block.T) / 2
        return found / sum(np.trace(block) for block in self.blocks(found).values())

    def pair(self, vector, number):
        """Density matrix of one pair, (4, 4)."""
        pairs, found = self.pairs, np.zeros((4, 4))
        after = 4 ** (pairs - 1 - number)
        for q, block in self.blocks(vector).items():
            place = self.places[q]
            own = place // after % 4
            rest = place // (4 * after) * after + place % after
            rows, columns = np.nonzero(np.equal.outer(rest, rest))
            np.add.at(found, (own[rows], own[columns]), block[rows, columns])
        return found


def _on_factor(operator, position, sizes):
    factors = [sparse.eye_array(size) for size in sizes]
    factors[position] = sparse.csr_array(operator)
    return sparse.csr_array(reduce(sparse.kron, factors))
