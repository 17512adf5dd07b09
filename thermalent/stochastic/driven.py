r"""Emitters driven by a classical field: a network whose emitters do not act back on the source.

$$\dot\mu = (\mathcal{L} + u(t)\, \mathcal{L}_+ + u^*(t)\, \mathcal{L}_-)\, \mu, \qquad
  \rho = \langle \mu \rangle_u$$

For a given path u(t) this is a master equation with a time-dependent Hamiltonian, so mu(t) is a
density matrix on every path: what the emitters do in a single run.

Source: THERMAL, Eqs. (9) to (16).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from thermalent.networks.gaussian_source import gaussian_modes
from thermalent.networks.liouvillian import emitter_liouvillian, lowering_operators
from thermalent.networks.network import Network
from thermalent.operators.superoperators import Superoperator, dagger, dense, left, right
from thermalent.stochastic.basis import hermitian_basis, product_basis, real_form
from thermalent.stochastic.linear_field import LinearField, driven, no_classical_field
from thermalent.support.errors import ArgumentError

# The propagator of a step is a dense d^2 x d^2 exponential: 1024 x 1024 for five qubits.
LARGEST_DIMENSION = 32


@dataclass(frozen=True, kw_only=True, eq=False)
class DrivenBySeveral:
    """Emitters under a field of several amplitudes.

    Args:
        field: The field.
        rotations: w of each emitter's own field, (e, 3, 2); None if one has more than two levels.
        drives: X of every output, then Y of every output, (d^2, d^2) each; only without rotations.
        norms: Largest rate at which a unit of each emitter's field turns its state, (e,).
    """

    field: LinearField
    rotations: np.ndarray | None
    drives: tuple[np.ndarray, ...]
    norms: np.ndarray


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
        source: Where the source is not one such field alone (several modes or outputs, or a part
            that is white noise): what takes the place of `rate`, `detuning` and `variance`, and X
            and Y are those of the first output.
    """

    dims: tuple[int, ...]
    rate: float
    detuning: float
    variance: float
    basis: np.ndarray
    vacuum: np.ndarray
    drive: np.ndarray
    drive_imag: np.ndarray
    source: DrivenBySeveral | None = None

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

    @property
    def white(self) -> bool:
        """Whether a part of the field is white noise."""
        return self.source is not None and self.source.field.white

    @property
    def drives(self) -> Sequence[np.ndarray]:
        """X of every output of the source, then Y of every output, (d^2, d^2) each."""
        return (self.drive, self.drive_imag) if self.source is None else self.source.drives

    def field_rate(self, amplitude: float = 0.0) -> float:
        """Rate of the drive plus rate at which the field changes, from an amplitude if given."""
        if self.source is not None:
            field, norms = self.source.field, self.source.norms
            size = np.sqrt(field.smooth_variance)
            size += np.abs(field.mixing @ field.outputs).sum(axis=1) * abs(amplitude)
            own = np.abs(np.linalg.eigvals(field.drift)).max()
            return float(norms @ size + norms**2 @ field.white_power + own)
        size = float(np.sqrt(self.variance + abs(amplitude) ** 2))
        drive = max(np.linalg.norm(m, 2) for m in (self.drive, self.drive_imag)) * size
        return float(drive + abs(complex(self.rate, self.detuning)))

    def rotations(self) -> np.ndarray | None:
        """Vectors w, (emitters, 3, 2): a field of integral I turns qubit e by w (Re I, Im I).

        None if the drive is no such rotation: an emitter has more than two levels.
        """
        if self.source is not None:
            return self.source.rotations
        if set(self.dims) != {2}:
            return None
        # Without back-action the drive is a sum of Hamiltonians of single emitters.
        count = len(self.dims)
        vectors = np.zeros((count, 3, 2))
        for e in range(count):
            stride = 4 ** (count - 1 - e)
            i = np.arange(4) * stride
            for k, matrix in enumerate((self.drive, self.drive_imag)):
                local = matrix[np.ix_(i, i)]
                vectors[e, :, k] = local[3, 2], local[1, 3], local[2, 1]
        return vectors


def field_refusal(network: Network) -> str | None:
    """Reason why the network's source is not a classical field, or None if it is one."""
    if not network.modes:
        return "the trajectories need a boson mode, but the network has none. Use te.Fock(...)."
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
    return no_classical_field(network, "te.ContinuedFraction(...) or te.Fock(...)")


def driven_emitters(network: Network) -> DrivenEmitters:
    """The emitters of a network along a path of its source's field.

    Raises:
        ValueError: there is no such field; see `field_refusal`.
    """
    reason = field_refusal(network)
    if reason is not None:
        raise ArgumentError(f"Trajectories do not apply to this network: {reason}")
    return described(network)


def described(network: Network) -> DrivenEmitters:
    """The emitters of a network along a path of the field, without the check of `field_refusal`."""
    source = driven(network)
    if len(network.modes) > 1 or source.field.white:
        return _by_several(network, source.field, source.decay, source.absorption)
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


def _by_several(
    network: Network, field: LinearField, decay: np.ndarray, absorption: np.ndarray
) -> DrivenEmitters:
    basis = product_basis(network.dims)
    lowering = [left(c) - right(c) for c in lowering_operators(network)]
    raising = [left(dagger(c)) - right(dagger(c)) for c in lowering_operators(network)]
    rotations = [_rotation(emitter.lowering) for emitter in network.emitters]
    qubits = set(network.dims) == {2}
    forms: list[tuple[np.ndarray, np.ndarray]] = []
    for weights in field.mixing.T:
        # y [c^+, .] - y^* [c, .], for y = I and y = i I of this output.
        drive, conj = (
            sum(w * dense(c) for w, c in zip(values, operators, strict=True))
            for values, operators in ((weights, raising), (-weights.conj(), lowering))
        )
        forms.append((real_form(drive + conj, basis), real_form(1j * (drive - conj), basis)))
    norms = np.array([2 * np.linalg.norm(e.lowering, 2) for e in network.emitters])
    return DrivenEmitters(
        dims=network.dims,
        rate=float(np.max(np.linalg.eigvals(field.drift).real)),
        detuning=0.0,
        variance=float(np.trace(field.covariance).real),
        basis=basis,
        vacuum=real_form(_quiet_liouvillian(network, decay, absorption), basis),
        drive=forms[0][0],
        drive_imag=forms[0][1],
        source=DrivenBySeveral(
            field=field,
            rotations=np.array(rotations) if qubits else None,
            drives=() if qubits else (*(x for x, _ in forms), *(y for _, y in forms)),
            norms=norms,
        ),
    )


def _quiet_liouvillian(
    network: Network, decay: np.ndarray, absorption: np.ndarray
) -> Superoperator:
    """The emitters' Liouvillian without the white part of the field, which is sampled instead."""
    emitters = list(network.emitter_indices)
    exchange = network.exchange[np.ix_(emitters, emitters)]
    quiet = Network(nodes=network.emitters, exchange=exchange, decay=decay, absorption=absorption)
    return emitter_liouvillian(quiet)


def _rotation(lower: np.ndarray) -> np.ndarray:
    """Matrix w of the rotation vector w (Re y, Im y) of y [c^+, .] - y^* [c, .], (3, 2)."""
    if len(lower) != 2:
        return np.zeros((3, 2))
    basis = hermitian_basis(2).reshape(4, 4).T
    raise_, lower_ = (
        np.kron(c, np.eye(2)) - np.kron(np.eye(2), c.T) for c in (lower.conj().T, lower)
    )
    turns = real_form(raise_ - lower_, basis), real_form(1j * (raise_ + lower_), basis)
    return np.array([[t[3, 2], t[1, 3], t[2, 1]] for t in turns]).T
