r"""A field of fixed amplitude whose phase diffuses.

$$\dot\rho = [\mathcal{L}_q + r_0(\mathcal{L}_+ + \mathcal{L}_-)]\rho
  + \frac{\kappa n_\mathrm{th}}{8 r_0^2}\,\mathcal{D}[S^z]\rho$$

in the frame that rotates with the phase.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from thermalent.analytic.populations import (
    Populations,
    check_shapes,
    positive_arrays,
    rate_arrays,
)
from thermalent.support.closed_form import closed_form

_SIZE = 4  # |00>, |S>, |T>, |11>
_HALF = np.sqrt(0.5)
_TO_PRODUCT_BASIS = np.array(  # rows |00>, |S>, |T>, |11>; columns |00>, |01>, |10>, |11>
    [[1, 0, 0, 0], [0, _HALF, -_HALF, 0], [0, _HALF, _HALF, 0], [0, 0, 0, 1]]
)


@closed_form
def phase_diffusion_state(n_th: Any, kappa: Any, gamma: Any = 1.0, r0: Any = None) -> np.ndarray:
    r"""Steady state for a source with phase noise alone, in the frame that follows the phase.

    $$0 = [\mathcal{L}_q + r_0(\mathcal{L}_+ + \mathcal{L}_-)]\tilde\rho
      + \frac{\kappa n_\mathrm{th}}{8 r_0^2}\,\mathcal{D}[S^z]\tilde\rho$$

    The state is exact, from a linear system of 16 equations. It is that of an observer who knows
    the phase of the field: it has coherences between |00>, |S>, |T> and |11>, and more entanglement
    than `phase_diffusion_populations`, which is what is left without that knowledge.

    Args:
        n_th: Thermal occupation, dimensionless, >= 0. Any shape.
        kappa: Decay rate of the source per port, so that its energy decays at 2 kappa; rate
            unit, >= 0. Any shape.
        gamma: Decay rate of the qubits, rate unit, > 0. Any shape.
        r0: Amplitude of the field, dimensionless, > 0. Default: the thermal one, sqrt(n_th/2), at
            which the dephasing rate is kappa/4.

    Returns:
        Density matrix in the basis |00>, |01>, |10>, |11>; real, of shape (..., 4, 4).

    Raises:
        ValueError: an argument is outside its domain.

    Source: THERMAL, Eq. (38).
    """
    rho = _steady_state(n_th, kappa, gamma, r0)
    return _TO_PRODUCT_BASIS.T @ rho @ _TO_PRODUCT_BASIS


@closed_form
def phase_diffusion_populations(
    n_th: Any, kappa: Any, gamma: Any = 1.0, r0: Any = None
) -> Populations:
    r"""Steady state for a source with phase noise alone, averaged over the phase.

    $$\rho = \sum_{j \in \{00, S, T, 11\}} \tilde\rho_{jj}\, |j\rangle\langle j|$$

    with the state of `phase_diffusion_state`. A model of the thermal link that leaves out the
    fluctuations of the amplitude: it overestimates the entanglement, which here grows
    monotonically with n_th.

    Args:
        n_th: Thermal occupation, dimensionless, >= 0. Any shape.
        kappa: Decay rate of the source per port, so that its energy decays at 2 kappa; rate
            unit, >= 0. Any shape.
        gamma: Decay rate of the qubits, rate unit, > 0. Any shape.
        r0: Amplitude of the field, dimensionless, > 0. Default: sqrt(n_th/2).

    Returns:
        The populations, broadcast shape of the arguments.

    Raises:
        ValueError: an argument is outside its domain.

    Source: THERMAL, Eq. (38).
    """
    rho = _steady_state(n_th, kappa, gamma, r0)
    ground, singlet, triplet, excited = np.moveaxis(np.diagonal(rho, axis1=-2, axis2=-1), -1, 0)
    return Populations(ground=ground, singlet=singlet, triplet=triplet, excited=excited)


def _steady_state(n_th: Any, kappa: Any, gamma: Any, r0: Any) -> np.ndarray:
    """The state in the basis |00>, |S>, |T>, |11>; shape (..., 4, 4)."""
    n_th, kappa, gamma = rate_arrays(gamma, n_th=n_th, kappa=kappa)
    if r0 is None:
        amplitude, dephasing = np.sqrt(n_th / 2), kappa / 4
    else:
        (amplitude,) = positive_arrays(r0=r0)
        check_shapes(n_th=n_th, kappa=kappa, gamma=gamma, r0=amplitude)
        dephasing = kappa * n_th / (8 * amplitude**2)
    free, drive, diffusion = _superoperators()
    liouvillian = (
        free
        + (np.sqrt(kappa / gamma) * amplitude)[..., None, None] * drive
        + (dephasing / gamma)[..., None, None] * diffusion
    )  # (..., 16, 16), in units of gamma
    liouvillian[..., 0, :] = np.eye(_SIZE).ravel()  # the trace in place of a dependent equation
    source = np.zeros((*liouvillian.shape[:-1], 1))
    source[..., 0, 0] = 1.0
    rho = np.linalg.solve(liouvillian, source)
    return rho.reshape(*liouvillian.shape[:-2], _SIZE, _SIZE)


def _superoperators() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """L_q, (L_+ + L_-)/sqrt(kappa) and D[S^z] for gamma = 1, on row-major real matrices."""
    lower = np.zeros((_SIZE, _SIZE))  # S^- = sqrt2 (|00><T| + |T><11|)
    lower[0, 2] = lower[2, 3] = np.sqrt(2)
    exchange = np.zeros((_SIZE, _SIZE))  # -i H_casc = (|T><S| - |S><T|)/2
    exchange[2, 1], exchange[1, 2] = 0.5, -0.5
    inversion = np.diag([-2.0, 0.0, 0.0, 2.0])  # S^z
    free = _commutator(exchange) + _dissipator(lower)
    return free, _commutator(lower - lower.T), _dissipator(inversion)


def _commutator(x: np.ndarray) -> np.ndarray:
    return np.kron(x, np.eye(_SIZE)) - np.kron(np.eye(_SIZE), x.T)


def _dissipator(x: np.ndarray) -> np.ndarray:
    identity, square = np.eye(_SIZE), x.T @ x
    return np.kron(x, x) - (np.kron(square, identity) + np.kron(identity, square)) / 2
