r"""A preconditioner that solves the evolution between jumps exactly, group by group.

On the elements of one excitation number, \(K X + X K^\dagger = B\) is a Sylvester equation of the
size of K, not of its square: cheap even where no factorisation of the Lindbladian fits. Jumps join
the groups; block Gauss-Seidel down and up the ladder takes them in. Jumps within a group
(dephasing) are left to the iteration around it. Without them and without heat one sweep is exact.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg, sparse

from thermalent.fock.lindbladian import Lindbladian, generator_norm

# In a dark state the evolution between jumps stands still, so that without a shift its inverse
# would
# be singular. The shift is a part of the largest rate; any value up to 1e-4 gives the same number
# of
# iterations within one or two.
_SHIFT = 1e-6
_HALF = np.sqrt(0.5)


class SweepPreconditioner:
    """The approximate inverse of L - shift, applied to the real numbers of a matrix, (n,)."""

    def __init__(self, lindbladian: Lindbladian, shift: float | None = None) -> None:
        space = lindbladian.space
        groups = range(len(space.sizes))
        self.slices = [slice(space.starts[g], space.starts[g + 1]) for g in groups]
        self.shift = _SHIFT * generator_norm(lindbladian) if shift is None else shift
        self.schur = []
        for g in groups:
            states = space.states(g)
            block = lindbladian.drift[states][:, states].toarray()
            # A Schur form, not eigenvectors: in a cascade of equal nodes K is defective.
            triangle, unitary = linalg.schur(
                block - 0.5 * self.shift * np.eye(len(states)), output="complex"
            )
            self.schur.append((triangle, unitary, unitary.conj().T.copy()))
        self.weights = {size: _weights(size) for size in set(space.sizes.tolist())}
        entries = sparse.coo_array(lindbladian.matrix)
        group_of = np.repeat(np.arange(len(space.sizes)), space.sizes**2)
        between = group_of[entries.row] != group_of[entries.col]
        jumps = sparse.csr_array(
            (entries.data[between], (entries.row[between], entries.col[between])),
            shape=entries.shape,
        )
        self.jumps = [jumps[part] for part in self.slices]
        last = len(self.slices) - 1
        self.order = [*range(last, -1, -1), *range(1, last + 1)]

    def __call__(self, b: np.ndarray) -> np.ndarray:
        """Apply one sweep down and one sweep up."""
        x = np.zeros_like(b)
        for g in self.order:
            part = self.slices[g]
            x[part] = self._between_jumps(g, b[part] - self.jumps[g] @ x)
        return x

    def _between_jumps(self, g: int, b: np.ndarray) -> np.ndarray:
        triangle, unitary, adjoint = self.schur[g]
        direct, mirrored, returned = self.weights[len(triangle)]
        numbers = b.reshape(triangle.shape)
        matrix = direct * numbers + mirrored * numbers.T
        rotated = adjoint @ matrix @ unitary
        solution, scale, _ = linalg.lapack.ztrsyl(triangle, triangle, rotated, tranb="C")
        return (returned * (unitary @ (solution / scale) @ adjoint)).real.ravel()


def _weights(size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Arrays W, V, Z of the map from real numbers x to M = W x + V x^T, and back, x = Re(Z M)."""
    upper, lower = np.triu(np.ones((size, size)), 1), np.tril(np.ones((size, size)), -1)
    direct = np.eye(size) + _HALF * (upper - 1j * lower)
    mirrored = _HALF * (lower + 1j * upper)
    return direct, mirrored, np.eye(size) + (upper + 1j * lower) / _HALF
