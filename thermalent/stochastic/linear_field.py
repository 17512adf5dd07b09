r"""The field of any classical linear source, and its exact steps.

$$dz = -W z\,dt + d\eta, \qquad dy_e = (A z)_e\,dt + (R\, d\eta)_e, \qquad
  \langle d\eta\, d\eta^\dagger\rangle = Q\,dt$$

z are the amplitudes of the modes, and y_e is the field that drives emitter e,
\(\dot\rho \ni y_e [c_e^\dagger, \rho] - y_e^* [c_e, \rho]\). The part R of the noise that passes a
filter directly is the same noise that drives its modes. The equations are linear and the noise is
Gaussian, so that a step of any length has an exact distribution.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from thermalent.networks.mode_moments import bare_modes
from thermalent.networks.network import Network
from thermalent.numerics.matrix_exponential import matrix_exponential

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
# Couplings below this part of the largest rate are zero but for rounding.
_ROUNDING = 1e-12


@dataclass(frozen=True, kw_only=True, eq=False)
class LinearField:
    """A classical linear source and the fields that leave it.

    Args:
        drift: W, (m, m) complex, rate unit.
        noise: B with B B^+ = Q, (m, k).
        outputs: The linearly independent fields among the y_e as combinations of z, (r, m).
        direct: The white part of these fields as combinations of the noise, R B, (r, k).
        mixing: Combination of these fields that drives each emitter, (e, r).
        covariance: <z z^+> in the stationary state, (m, m).
    """

    drift: np.ndarray
    noise: np.ndarray
    outputs: np.ndarray
    direct: np.ndarray
    mixing: np.ndarray
    covariance: np.ndarray

    @property
    def white(self) -> bool:
        """Whether a part of the fields is white noise."""
        return bool(np.any(self.direct))

    @property
    def smooth_variance(self) -> np.ndarray:
        """Mean square of each emitter's field without its white part, (e,), rate unit."""
        driving = self.mixing @ self.outputs
        return np.einsum("em,mn,en->e", driving, self.covariance, driving.conj()).real

    @property
    def white_power(self) -> np.ndarray:
        """Power of the white part of each emitter's field, (e,), rate unit."""
        return np.asarray((np.abs(self.mixing @ self.direct) ** 2).sum(axis=1))

    def transition(self, step: float) -> tuple[np.ndarray, np.ndarray]:
        r"""The exact distribution of z after a step, and of the integrals I of the fields over it.

        $$\begin{pmatrix} z(h) \\ I \end{pmatrix} = P z(0) + L \xi$$

        with independent complex standard normal numbers xi. L L^+ is the integral over the step of
        a positive matrix, taken by 16 Gauss-Legendre nodes per part of the step that is short for
        the rates; L is triangular by a QR decomposition of its factors, so that the smallest
        components, which the noise reaches only through several modes, keep their digits.

        Args:
            step: h, inverse rate unit, > 0.

        Returns:
            P, (m + r, m), and L, (m + r, m + r).
        """
        m, r = len(self.drift), len(self.outputs)
        generator = np.zeros((m + r, m + r), dtype=complex)
        # Integrals in units of the step: beside amplitudes of about one they are, in any unit.
        generator[:m, :m], generator[m:, :m] = -self.drift, self.outputs / step
        source = np.vstack([self.noise, self.direct / step])  # (m + r, k)
        parts = max(1, int(np.ceil(step * float(np.linalg.norm(self.drift, 2)))))
        lengths = (np.arange(parts)[:, None] + (1 + _NODES) / 2).ravel() * (step / parts)
        weights = np.tile(_WEIGHTS / 2 * step / parts, parts)
        factors = [
            np.sqrt(weight) * matrix_exponential(generator * s) @ source
            for s, weight in zip(lengths, weights, strict=True)
        ]
        stacked = np.hstack([*factors, np.zeros((m + r, m + r))])
        _, upper = np.linalg.qr(stacked.conj().T)
        lower, propagator = upper.conj().T, matrix_exponential(generator * step)[:, :m]
        lower[m:] *= step
        propagator[m:] *= step
        return propagator, lower


@dataclass(frozen=True, kw_only=True, eq=False)
class Driven:
    """A network's field, and the couplings between emitters that are not part of the field.

    Args:
        field: The field.
        decay: G of the emitters without the contribution of the field's white part, (e, e).
        absorption: U of the emitters without that contribution, (e, e).
    """

    field: LinearField
    decay: np.ndarray
    absorption: np.ndarray


def acts_back(network: Network) -> bool:
    """Whether an emitter acts back on a mode that is not declared free of back-action."""
    propagator, _ = _propagator(network)
    affected = [j for j in network.mode_indices if getattr(network.nodes[j], "backaction", True)]
    backaction = propagator[np.ix_(affected, network.emitter_indices)]
    scale = float(np.max(np.abs(propagator), initial=0.0))
    return bool(np.max(np.abs(backaction), initial=0.0) > _ROUNDING * scale)


def no_classical_field(network: Network, instead: str) -> str | None:
    """Reason why no stationary classical field drives the emitters, and what to use instead."""
    if not bare_modes(network).stable:
        return (
            "its modes gain energy as fast as they lose it, or faster, so that the field has no "
            "steady state. Lower the gain."
        )
    if acts_back(network):
        return (
            "the emitters act back on the source, so that the classical field that drives them "
            f"does not exist. Use {instead}."
        )
    return None


def driven(network: Network) -> Driven:
    """The field of a network whose modes are stable, not pumped, and free of back-action."""
    propagator, heat = _propagator(network)
    modes, emitters = list(network.mode_indices), list(network.emitter_indices)
    number = bare_modes(network).number
    assert number is not None  # the modes are stable
    q, cross = heat[np.ix_(modes, modes)], heat[np.ix_(emitters, modes)].copy()
    # The noise of a mode without back-action is correlated with no other noise of the emitters.
    for column, j in enumerate(modes):
        if not getattr(network.nodes[j], "backaction", True):
            cross[:, column] = 0.0
    cross[np.abs(cross) <= _ROUNDING * float(np.max(np.abs(heat), initial=0.0))] = 0.0
    noise, inverse = _root(q)
    passing = cross @ inverse.conj().T  # R B, (e, k)
    part = passing @ passing.conj().T
    coupled = -1j * propagator[np.ix_(emitters, modes)]
    outputs, direct, mixing = _independent(coupled, passing)
    _, decay, absorption, _, _ = network.couplings
    index = np.ix_(emitters, emitters)
    return Driven(
        field=LinearField(
            drift=1j * propagator[np.ix_(modes, modes)],
            noise=noise,
            outputs=outputs,
            direct=direct,
            mixing=mixing,
            covariance=number.T,
        ),
        decay=_remainder(decay[index], part.conj()),
        absorption=_remainder(absorption[index], part),
    )


def _remainder(matrix: np.ndarray, part: np.ndarray) -> np.ndarray:
    """The positive matrix `matrix - part`, eigenvalues at rounding set to zero."""
    if not np.any(part):
        return matrix
    values, vectors = np.linalg.eigh(matrix - part)
    values[values < _ROUNDING * float(np.max(np.abs(matrix)))] = 0.0
    return (vectors * values) @ vectors.conj().T


def _propagator(network: Network) -> tuple[np.ndarray, np.ndarray]:
    """The matrices M = J - i/2 (G - U^*)^T and U, the modes' own baths included."""
    exchange, decay, absorption, _, _ = network.couplings
    losses, heat = (decay - absorption.conj()).astype(complex), absorption.astype(complex)
    for j in network.mode_indices:
        losses[j, j], heat[j, j] = network.mode_rates(j)
    return exchange - 0.5j * losses.T, heat


def _root(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A root B of a positive matrix, B B^+ = matrix, and its pseudo-inverse, adjoint, (m, k)."""
    values, vectors = np.linalg.eigh(matrix)
    kept = values > 1e-14 * max(float(values[-1]), 1e-300)
    root = np.sqrt(values[kept])
    return vectors[:, kept] * root, (vectors[:, kept] / root).conj().T


def _independent(
    coupled: np.ndarray, passing: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The linearly independent fields: outputs, direct parts, and how all fields mix them."""
    left, values, right = np.linalg.svd(np.hstack([coupled, passing]), full_matrices=False)
    kept = values > _ROUNDING * max(float(values[0]), 1e-300)
    kept[0] = True
    rows = right[kept]
    m = coupled.shape[1]
    direct = rows[:, m:].copy()
    direct[np.abs(direct) < _ROUNDING] = 0.0
    return rows[:, :m], direct, left[:, kept] * values[kept]
