r"""Emitters driven by a classical field: what remains of a network without back-action.

$$\dot\mu = (\mathcal{L} + u(t)\, \mathcal{L}_+ + u^*(t)\, \mathcal{L}_-)\, \mu, \qquad
  \rho = \langle \mu \rangle_u$$

For a given path u(t) this is a master equation with a time-dependent Hamiltonian, so mu(t) is a
density matrix on every path: what the emitters do in a single run.

Source: THERMAL, Eqs. (9) to (16).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from thermalent.liouville import dense, emitter_liouvillian
from thermalent.network import Network
from thermalent.source import gaussian_modes
from thermalent.stochastic.basis import product_basis, real_form

# The propagator of a step is a dense d^2 x d^2 exponential: 1024 x 1024 for five qubits.
LARGEST_DIMENSION = 32


@dataclass(frozen=True, kw_only=True, eq=False)
class DrivenEmitters:
    r"""The equation of motion of the emitters along a path, in real coordinates.

    $$\dot x = (L + \mathrm{Re}\,u\; X + \mathrm{Im}\,u\; Y)\, x$$

    Args:
        dims: Dimensions of the emitters.
        rate: Amplitude decay rate of the field.
        detuning: Its frequency.
        variance: V = <|u|^2>.
        basis: Orthonormal Hermitian matrices as columns, row-major, (d^2, d^2).
        vacuum: L, (d^2, d^2).
        drive: X, (d^2, d^2), antisymmetric.
        drive_imag: Y, (d^2, d^2), antisymmetric.
    """

    dims: tuple[int, ...]
    rate: float
    detuning: float
    variance: float
    basis: np.ndarray
    vacuum: np.ndarray
    drive: np.ndarray
    drive_imag: np.ndarray

    @property
    def dimension(self) -> int:
        """Dimension d of the emitters' Hilbert space."""
        return int(np.prod(self.dims))

    def components(self, rho: np.ndarray) -> np.ndarray:
        """Real coordinates of a density matrix, (d^2,)."""
        return (self.basis.conj().T @ np.asarray(rho).ravel()).real

    def matrices(self, x: np.ndarray) -> np.ndarray:
        """Density matrices (..., d, d) of coordinates (d^2, ...)."""
        d = self.dimension
        return np.moveaxis(np.tensordot(self.basis, x, 1), 0, -1).reshape(*x.shape[1:], d, d)

    def generator(self, u: complex) -> np.ndarray:
        """L + Re(u) X + Im(u) Y, (d^2, d^2)."""
        return self.vacuum + u.real * self.drive + u.imag * self.drive_imag

    def rotations(self) -> np.ndarray | None:
        """Vectors w, (emitters, 3, 2): a field of integral I turns qubit e by w (Re I, Im I).

        None if the drive is no such rotation: an emitter has more than two levels.
        """
        if set(self.dims) != {2}:
            return None
        count = len(self.dims)
        vectors = np.zeros((count, 3, 2))
        rest = [self.drive.copy(), self.drive_imag.copy()]
        for e in range(count):
            stride = 4 ** (count - 1 - e)
            i = np.arange(4) * stride
            for k, matrix in enumerate((self.drive, self.drive_imag)):
                local = matrix[np.ix_(i, i)]
                vectors[e, :, k] = local[3, 2], local[1, 3], local[2, 1]
                rest[k] -= np.kron(np.eye(4**e), np.kron(local, np.eye(stride)))
        # Without back-action the drive is a Hamiltonian of single emitters; anything else would
        # be left over here.
        scale = max(float(np.max(np.abs(m))) for m in (self.drive, self.drive_imag))
        if max(float(np.max(np.abs(m))) for m in rest) > 1e-12 * scale:
            return None
        return vectors


def refusal(network: Network) -> str | None:
    """Why the network has no description by a classical field, or None if it has one."""
    count = len(network.modes)
    if count != 1:
        return (
            f"the trajectories need exactly one boson mode, but the network has {count}. "
            "Use te.Fock(...)."
        )
    if network.pumped:
        return (
            f"{network.PUMPED} Use te.ContinuedFraction(...), te.Fock(...) or te.QuantumJumps(...)."
        )
    dimension = int(np.prod(network.dims))
    if dimension > LARGEST_DIMENSION:
        return (
            f"the emitters have {dimension} states, and the trajectories hold dense propagators "
            f"of at most {LARGEST_DIMENSION}. Use te.ContinuedFraction(...)."
        )
    mode = gaussian_modes(network)[0]
    drive, back = (float(abs(s).max()) for s in (mode.drive, mode.back))
    # What cancels in exact arithmetic may leave a rounding error of the rates that cancelled.
    if back > 1e-13 * max(drive, back):
        return (
            "the emitters act back on the source, so that the classical field that drives them "
            "does not exist. Use te.ContinuedFraction(...) or te.Fock(...)."
        )
    return None


def driven_emitters(network: Network) -> DrivenEmitters:
    """The emitters of a network along a path of its source's field.

    Raises:
        ValueError: there is no such field; `refusal` says why.
    """
    reason = refusal(network)
    if reason is not None:
        raise ValueError(f"Trajectories do not apply to this network: {reason}")
    mode = gaussian_modes(network)[0]
    drive, conjugate = dense(mode.drive), dense(mode.drive_conj)
    basis = product_basis(network.dims)
    return DrivenEmitters(
        dims=network.dims,
        rate=mode.rate,
        detuning=mode.detuning,
        variance=mode.variance,
        basis=basis,
        vacuum=real_form(emitter_liouvillian(network), basis),
        drive=real_form(drive + conjugate, basis),
        drive_imag=real_form(1j * (drive - conjugate), basis),
    )
