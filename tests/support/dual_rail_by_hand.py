"""DUALRAIL, Eqs. (1) to (4), written out with Kronecker products: an independent route."""

from functools import cached_property, reduce

import numpy as np
from scipy import sparse
from scipy.linalg import expm
from scipy.optimize import brentq
from scipy.sparse.linalg import eigs, expm_multiply

LOWER = np.array([[0, 1], [0, 0]], dtype=complex)
SIGMA_Z = np.diag([-1.0, 1.0]).astype(complex)


def on_qubit(operator, position, qubits):
    """An operator on one of the qubits A1, B1, A2, B2, ..."""
    factors = [np.eye(2)] * qubits
    factors[position] = operator
    return reduce(np.kron, factors)


class ByHand:
    """Dense operators of N pairs; the Lindbladian as a sparse matrix on row-major vectors."""

    def __init__(self, squeezing, delta_a, delta_b, decay=1.0):
        pairs = len(delta_a)
        qubits = 2 * pairs
        lower = {
            "A": [on_qubit(LOWER, 2 * i, qubits) for i in range(pairs)],
            "B": [on_qubit(LOWER, 2 * i + 1, qubits) for i in range(pairs)],
        }
        hamiltonian = np.zeros((2**qubits, 2**qubits), dtype=complex)
        for rail, detuning in (("A", delta_a), ("B", delta_b)):
            for i in range(pairs):
                position = 2 * i + (rail == "B")
                hamiltonian += detuning[i] / 2 * on_qubit(SIGMA_Z, position, qubits)
                for j in range(i + 1, pairs):
                    hop = lower[rail][i].conj().T @ lower[rail][j]
                    hamiltonian += 1j * decay / 2 * (hop - hop.conj().T)
        self.hamiltonian = hamiltonian
        total_a, total_b = sum(lower["A"]), sum(lower["B"])
        cosh, sinh = np.cosh(squeezing), np.sinh(squeezing)
        self.jump_a = cosh * total_a - sinh * total_b.conj().T
        self.jump_b = cosh * total_b - sinh * total_a.conj().T
        self.decay = decay

    def rate_of_change(self, rho):
        """The right-hand side of Eq. (1)."""
        h = self.hamiltonian
        result = -1j * (h @ rho - rho @ h)
        for jump in (self.jump_a, self.jump_b):
            n = jump.conj().T @ jump
            result += self.decay * (jump @ rho @ jump.conj().T - (n @ rho + rho @ n) / 2)
        return result

    @property
    def generator(self):
        one = sparse.eye_array(len(self.hamiltonian))
        effective = -1j * self.hamiltonian
        jumps = sparse.csr_array((len(effective) ** 2,) * 2, dtype=complex)
        for jump in (self.jump_a, self.jump_b):
            effective = effective - self.decay / 2 * jump.conj().T @ jump
            matrix = sparse.csr_array(jump)
            jumps = jumps + self.decay * sparse.kron(matrix, matrix.conj())
        effective = sparse.csr_array(effective)
        return sparse.csc_array(
            sparse.kron(effective, one) + sparse.kron(one, effective.conj()) + jumps
        )

    def slowest(self, count=2):
        """The eigenvalues of the Lindbladian that are closest to zero, by size."""
        values = np.linalg.eigvals(self.generator.toarray())
        return sorted(values, key=abs)[:count]

    @cached_property
    def neutral(self):
        """The operators that commute with N_B - N_A: their places, and the Lindbladian on them."""
        size = len(self.hamiltonian)
        signs = np.array([-1, 1] * (size.bit_length() // 2))
        bits = np.array(list(np.ndindex((2,) * len(signs))))
        charges = bits @ signs
        kept = np.flatnonzero(np.equal.outer(charges, charges).ravel())
        matrix = sparse.csr_array(self.generator)
        left = np.setdiff1d(np.arange(size**2), kept)
        assert abs(matrix[left][:, kept]).max() == 0.0
        return kept, sparse.csc_array(matrix[kept][:, kept])

    def slowest_without_charge(self, count=2):
        """The eigenvalues closest to zero among the operators that commute with N_B - N_A.

        If a pure steady state is the only one of these, it is the only one: the average of another
        over the phases of the charge would be that pure state, and its parts with it.
        """
        _, block = self.neutral
        start = np.ones(block.shape[0], dtype=complex)
        values = eigs(block, count, sigma=0.01, v0=start, return_eigenvectors=False)
        return sorted(values, key=abs)

    def preparation_time(self, impurity, latest):
        """Last time at which 1 - Tr rho^2 falls to `impurity`, from all qubits in |0>.

        On a grid of half a unit, then by bisection: the state is pure at the start too.
        """
        kept, block = self.neutral
        start = (kept == 0).astype(complex)
        states = expm_multiply(block, start, 0, latest, 2 * latest + 1, endpoint=True)
        # The trace of rho^2 for a Hermitian rho, by its elements.
        excess = [1 - np.vdot(rho, rho).real - impurity for rho in states]
        last = int(np.flatnonzero(np.array(excess) > 0)[-1])
        assert last < len(states) - 1

        def at(time):
            rho = expm_multiply(block * time, states[last])
            return 1 - np.vdot(rho, rho).real - impurity

        return last / 2 + brentq(at, 0.0, 0.5, xtol=1e-12)

    def steady_state(self):
        """The null vector, as a density matrix, by a dense least-squares solve."""
        size = len(self.hamiltonian)
        trace = np.eye(size).reshape(1, -1)
        matrix = np.vstack([self.generator.toarray(), trace])
        right = np.zeros(size**2 + 1, dtype=complex)
        right[-1] = 1
        return np.linalg.lstsq(matrix, right, rcond=None)[0].reshape(size, size)


class Blocks:
    """A master equation on the operators that commute with a charge, block by block.

    K X + X K^+ + sum J X J^+, where K keeps the charge of a ket and each J changes it by a number.
    """

    def __init__(self, effective, jumps, charge):
        self.real = not np.any(effective.data.imag)
        low, high = int(min(charge)), int(max(charge))
        self.places = {q: np.flatnonzero(charge == q) for q in range(low, high + 1)}
        self.effective = {q: self._block(effective, q, q) for q in self.places}
        self.moves = [
            (q, q + change, self._block(jump, q + change, q))
            for jump, change in jumps
            for q in self.places
            if q + change in self.places
        ]
        self.ends = np.cumsum([0, *(len(place) ** 2 for place in self.places.values())])

    def _block(self, matrix, to, of):
        block = sparse.csr_array(matrix)[self.places[to]][:, self.places[of]]
        return sparse.csr_array(block.real if self.real else block)

    def blocks(self, vector):
        """The square blocks of a vector of all of them, by charge."""
        ends = zip(self.places.items(), self.ends, self.ends[1:], strict=False)
        return {q: vector[a:b].reshape(len(place), -1) for (q, place), a, b in ends}

    def rate_of_change(self, vector):
        """The right-hand side on the blocks, one after the other."""
        # Only the Hermitian part: another would not be damped.
        rho = {q: (block + block.conj().T) / 2 for q, block in self.blocks(vector).items()}
        result = np.empty_like(vector)
        change = self.blocks(result)
        for q, block in rho.items():
            half = self.effective[q] @ block
            change[q][...] = half + half.conj().T
        for of, to, jump in self.moves:
            change[to][...] += jump @ (jump @ rho[of]).conj().T
        return result


class ByCharge(Blocks):
    """The same master equation on the operators that commute with N_B - N_A, block by block.

    A state that begins with all qubits in |0> stays among them: of five pairs 184,756 elements
    instead of a million. Jump A raises the charge N_B - N_A by one, jump B lowers it.
    """

    def __init__(self, squeezing, delta_a, delta_b):
        self.pairs = pairs = len(delta_a)
        lower = [_sparse_on_qubit(k, 2 * pairs) for k in range(2 * pairs)]
        rails = lower[0::2], lower[1::2]
        effective = sparse.csr_array((4**pairs, 4**pairs), dtype=complex)
        for rail, detuning in zip(rails, (delta_a, delta_b), strict=True):
            for i, own in enumerate(rail):
                effective = effective - 1j * detuning[i] * own.T @ own
                for other in rail[i + 1 :]:
                    hop = own.T @ other
                    effective = effective + 0.5 * (hop - hop.T)
        total_a, total_b = (sum(rail[1:], rail[0]) for rail in rails)
        cosh, sinh = np.cosh(squeezing), np.sinh(squeezing)
        jump_a, jump_b = cosh * total_a - sinh * total_b.T, cosh * total_b - sinh * total_a.T
        effective = effective - 0.5 * (jump_a.T @ jump_a + jump_b.T @ jump_b)
        charge = bits(2 * pairs) @ np.array([-1, 1] * pairs)
        super().__init__(effective, [(jump_a, 1), (jump_b, -1)], charge)

    def preparation_time(self, impurity, latest, step=4.0, most=160):
        """As of `ByHand`, by exponentials of the Lindbladian in Krylov spaces.

        In an orthonormal basis V the state is V y(t), and its purity |y(t)|^2, so that the last
        crossing within a step needs no state of the whole network.
        """
        state = np.zeros(self.ends[-1], dtype=float if self.real else complex)
        state[self.ends[self.pairs]] = 1.0  # |0...0> is the first state of charge zero
        last = None
        for k in range(int(np.ceil(latest / step))):
            basis, small = krylov_space(self.rate_of_change, state, step, most)
            length = np.linalg.norm(state)

            def excess(time, small=small, length=length):
                return 1 - (length * np.linalg.norm(expm(small * time)[:, 0])) ** 2 - impurity

            times = np.linspace(0.0, step, 33)
            above = np.array([excess(time) for time in times]) > 0
            falls = np.flatnonzero(above[:-1] & ~above[1:])
            if falls.size:
                n = int(falls[-1])
                last = k * step + brentq(excess, times[n], times[n + 1], xtol=1e-12)
            state = length * expm(small * step)[:, 0] @ basis
        assert not above[-1]
        return last


def krylov_space(act, start, step, most, tolerance=1e-13):
    """Orthonormal rows V and V A V^+ such that exp(A t) of the start is right up to t = step.

    By Arnoldi's process, until what leaves the space within the step is below the tolerance.
    """
    basis = np.empty((most, len(start)), dtype=start.dtype)
    basis[0] = start / np.linalg.norm(start)
    small = np.zeros((most + 1, most), dtype=start.dtype)
    for n in range(1, most + 1):
        new = act(basis[n - 1])
        length, before = 0.0, np.linalg.norm(new)
        while length < 0.01 * before:  # what is lost then is lost in digits: once more
            if length > 0:
                before = length
            parts = basis[:n].conj() @ new
            small[:n, n - 1] += parts
            new = new - parts @ basis[:n]
            length = np.linalg.norm(new)
        small[n, n - 1] = length
        if n % 8 == 0 and abs(length * expm(small[:n, :n] * step)[n - 1, 0]) < tolerance:
            return basis[:n], small[:n, :n]
        if n < most:
            basis[n] = new / length
    raise AssertionError(f"{most} vectors are too few for a step of {step}")


def bits(qubits):
    """Of each product state, the qubits' excitations, (2^qubits, qubits)."""
    return (np.arange(2**qubits)[:, None] >> np.arange(qubits)[::-1]) & 1


def _sparse_on_qubit(position, qubits):
    """The lowering operator of one of the qubits A1, B1, A2, B2, ..."""
    before, after = sparse.eye_array(2**position), sparse.eye_array(2 ** (qubits - position - 1))
    return sparse.csr_array(sparse.kron(before, sparse.kron(LOWER.real, after)))
