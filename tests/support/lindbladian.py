"""The master equation of any network on truncated Fock spaces, written out with Kronecker products.

An independent route to the package and to the arbitrary-precision reference; affordable where the
modes hold few quanta.
"""

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import expm_multiply, splu

from thermalent.networks.nodes import Mode


class FockLindbladian:
    """L on row-major vectors of the modes (`cutoff` Fock states each) and the emitters."""

    def __init__(self, network, cutoff: int) -> None:
        self.network, self.cutoff = network, cutoff
        dims = [
            cutoff if isinstance(node, Mode) else node.lowering.shape[0] for node in network.nodes
        ]
        self.dims, self.size = dims, int(np.prod(dims))
        self.lowering = [
            self._embedded(
                np.diag(np.sqrt(np.arange(1.0, cutoff)), 1)
                if isinstance(node, Mode)
                else node.lowering,
                p,
            )
            for p, node in enumerate(network.nodes)
        ]
        self.generator = self._generator()

    def _embedded(self, local, position):
        out = sparse.eye_array(1, dtype=complex)
        for p, d in enumerate(self.dims):
            factor = sparse.csr_array(local) if p == position else sparse.eye_array(d)
            out = sparse.kron(out, factor)
        return sparse.csr_array(out)

    def _sides(self, left, right):
        """rho -> left rho right."""
        return sparse.csr_array(sparse.kron(left, right.T))

    def _generator(self):
        network, c = self.network, self.lowering
        cd = [x.conj().T.tocsr() for x in c]
        one = sparse.csr_array(sparse.eye_array(self.size, dtype=complex))
        total = sparse.csr_array((self.size**2, self.size**2), dtype=complex)

        def dissipator(weight, x, y):
            y = y.conj().T
            n = y @ x
            return weight * (
                self._sides(x, y) - 0.5 * self._sides(n, one) - 0.5 * self._sides(one, n)
            )

        h = sparse.csr_array((self.size, self.size), dtype=complex)
        j_, g_, u_, p_, m_ = network.couplings
        for j in range(len(c)):
            for l in range(len(c)):
                h = h + j_[j, l] * (cd[j] @ c[l])
                h = h + 0.5 * (p_[j, l] * (cd[j] @ cd[l]) + p_[j, l].conj() * (c[l] @ c[j]))
                total = total + dissipator(g_[j, l], c[j], c[l])
                total = total + dissipator(u_[j, l], cd[j], cd[l])
                total = total + dissipator(m_[j, l], cd[j], c[l])
                total = total + dissipator(m_[j, l].conj(), c[j], cd[l])
        for p, node in enumerate(network.nodes):
            if isinstance(node, Mode):
                rate = node.bath_rate
                total = total + dissipator(rate * (node.n_th + 1), c[p], c[p])
                total = total + dissipator(rate * node.n_th, cd[p], cd[p])
            else:
                h = h + self._embedded(node.hamiltonian, p)
                for jump in node.collapse_operators:
                    o = self._embedded(jump, p)
                    total = total + dissipator(1.0, o, o)
        return sparse.csc_array(total - 1j * (self._sides(h, one) - self._sides(one, h)))

    def emitters(self, matrix):
        """The modes traced out."""
        modes = self.cutoff ** len(self.network.modes)
        rest = self.size // modes
        return np.einsum("iaib->ab", np.reshape(matrix, (modes, rest, modes, rest)))

    def steady_state(self):
        """The full state, with two steps of iterative refinement."""
        matrix = self.generator.tolil()
        matrix[0, :] = 0
        matrix[0, np.arange(self.size) * (self.size + 1)] = 1
        matrix = matrix.tocsc()
        factors = splu(matrix)
        right = np.zeros(self.size**2, dtype=complex)
        right[0] = 1
        x = factors.solve(right)
        for _ in range(2):
            x = x + factors.solve(right - matrix @ x)
        return x.reshape(self.size, self.size)

    def evolved(self, matrix, time):
        """exp(L t) on any operator."""
        y = expm_multiply(self.generator * time, np.ravel(matrix).astype(complex))
        return y.reshape(self.size, self.size)
