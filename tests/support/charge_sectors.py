"""Master equations on truncated Fock spaces, one change of the excitation number at a time."""

import numpy as np
from scipy import sparse

from tests.support.lindbladian import FockLindbladian


class Sectors:
    """The master equation on Fock spaces, on the operators of one change of the excitation number.

    A tenth of all operators each, so that dense solves do.
    """

    def __init__(self, network, cutoff):
        full = FockLindbladian(network, cutoff)
        self.size, self.lowering = full.size, full.lowering
        numbers = sum(c.conj().T @ c for c in full.lowering).diagonal().real.round().astype(int)
        self.charge = (numbers[:, None] - numbers[None, :]).ravel()
        self.generator = sparse.csr_array(full.generator)

    def part(self, charge):
        inside = np.flatnonzero(self.charge == charge)
        return inside, self.generator[inside][:, inside]

    def steady_state(self):
        inside, generator = self.part(0)
        matrix, right = generator.toarray(), np.zeros(len(inside), dtype=complex)
        matrix[0], right[0] = inside % (self.size + 1) == 0, 1.0
        return self.whole(inside, np.linalg.solve(matrix, right))

    def whole(self, inside, values):
        matrix = np.zeros(self.size**2, dtype=complex)
        matrix[inside] = values
        return matrix.reshape(self.size, self.size)
