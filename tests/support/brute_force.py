"""The two-qubit link in a truncated Fock space, written out by hand: an independent route."""

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import expm_multiply, spsolve

LOWER = np.array([[0, 1], [0, 0]], dtype=complex)


class BruteForce:
    """THERMAL Eqs. (1) to (4) on the full product space with `cutoff` Fock states."""

    def __init__(self, n_th, kappa, gamma=(1.0, 1.0), detuning=(0.0, 0.0), cutoff=20):
        self.n_th, self.cutoff, self.size = n_th, cutoff, 4 * cutoff
        self.a = np.kron(np.diag(np.sqrt(np.arange(1, cutoff)), 1), np.eye(4)).astype(complex)
        self.s1 = np.kron(np.eye(cutoff), np.kron(LOWER, np.eye(2)))
        self.s2 = np.kron(np.eye(cutoff), np.kron(np.eye(2), LOWER))
        a, s1, s2 = self.a, self.s1, self.s2
        h = detuning[0] * s1.conj().T @ s1 + detuning[1] * s2.conj().T @ s2
        self.generator = sparse.csc_array(
            -1j * (self.left(h) - self.right(h))
            + kappa * (n_th + 1) * self.dissipator(a)
            + kappa * n_th * self.dissipator(a.conj().T)
            + kappa * self.dissipator(a)
            + gamma[0] * self.dissipator(s1)
            + gamma[1] * self.dissipator(s2)
            + np.sqrt(kappa * gamma[0]) * self.cascade(a, s1)
            + np.sqrt(kappa * gamma[1]) * self.cascade(a, s2)
            + np.sqrt(gamma[0] * gamma[1]) * self.cascade(s1, s2)
        )

    def left(self, o):
        return sparse.kron(sparse.csr_array(o), sparse.eye_array(self.size))

    def right(self, o):
        return sparse.kron(sparse.eye_array(self.size), sparse.csr_array(o).T)

    def dissipator(self, o):
        n = o.conj().T @ o
        jump = sparse.kron(sparse.csr_array(o), sparse.csr_array(o).conj())
        return jump - 0.5 * (self.left(n) + self.right(n))

    def cascade(self, first, second):
        """[x rho, y^+] + [y, rho x^+]."""
        x, y = sparse.csr_array(first), sparse.csr_array(second)
        xd, yd = first.conj().T, second.conj().T
        return (
            sparse.kron(x, y.conj())
            - self.left(yd @ first)
            + sparse.kron(y, x.conj())
            - self.right(xd @ second)
        )

    def start(self, rho, source):
        """Emitters in rho, the source "stationary", "empty" or a coherent amplitude."""
        n = np.arange(self.cutoff)
        if source == "stationary":
            mode = np.diag((self.n_th / (2 + self.n_th)) ** n).astype(complex)
        elif source == "empty":
            mode = np.diag((n == 0).astype(complex))
        else:
            amplitude = np.cumprod(np.concatenate([[1.0], source / np.sqrt(n[1:])]))
            mode = np.outer(amplitude, amplitude.conj())
        return np.kron(mode / np.trace(mode), rho)

    def over_time(self, start, times, read):
        """read(state) at increasing times, from any operator."""
        y, now, values = start.ravel().astype(complex), 0.0, []
        for time in times:
            if time > now:
                y, now = expm_multiply(self.generator * (time - now), y), time
            values.append(read(y.reshape(self.size, self.size)))
        return np.array(values)

    def emitters(self, state):
        return np.einsum("iaib->ab", state.reshape(self.cutoff, 4, self.cutoff, 4))

    def steady_state(self):
        matrix = self.generator.tolil()
        matrix[0, :] = 0
        matrix[0, np.arange(self.size) * (self.size + 1)] = 1
        right = np.zeros(self.size**2, dtype=complex)
        right[0] = 1
        return spsolve(matrix.tocsc(), right).reshape(self.size, self.size)
