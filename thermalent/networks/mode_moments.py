r"""The modes of a network with the emitters left out: linear equations, Gaussian states.

$$\dot v = D v + \text{noise}, \quad v = \begin{pmatrix} a \\ a^\dagger \end{pmatrix}, \quad
  D = \begin{pmatrix} A & B \\ B^* & A^* \end{pmatrix}, \quad
  A = -iJ - \tfrac12 (G^T - U), \quad B = -iP$$

$$D C + C D^\dagger + Q = 0, \quad
  C = \langle : v v^\dagger : \rangle
    = \begin{pmatrix} N^T & S \\ S^* & N \end{pmatrix}, \quad
  Q = \begin{pmatrix} U & -iP - M \\ (-iP - M)^* & U^* \end{pmatrix}$$

with \(N_{jl} = \langle a_j^\dagger a_l \rangle\) and \(S_{jl} = \langle a_j a_l \rangle\). J, G, U,
P and M are the modes' parts, their baths on the diagonal of G and U. A squeezed channel (M) feeds
the moments and damps nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from thermalent.networks.network import Network

# Growth rates above this part of the rates, negative, do not count as a decay.
_SMALLEST_DECAY = 1e-12


@dataclass(frozen=True, kw_only=True, eq=False)
class BareModes:
    """The modes of a network without its emitters.

    Args:
        growth: Largest growth rate of any combination of amplitudes, rate unit; negative if all
            decay.
        number: N, (m, m); None if the modes have no steady state.
        anomalous: S, (m, m); None if the modes have no steady state.
    """

    growth: float
    number: np.ndarray | None
    anomalous: np.ndarray | None

    @property
    def stable(self) -> bool:
        """Whether the modes have a steady state."""
        return self.number is not None


def bare_modes(network: Network) -> BareModes:
    """The moments of the modes' steady state, if they have one."""
    modes = np.ix_(network.mode_indices, network.mode_indices)
    exchange, decay, absorption, pumping, anomalous = (m[modes] for m in network.couplings)
    baths = np.array([mode.bath_rate for mode in network.modes])
    heat = baths * np.array([mode.n_th for mode in network.modes])
    decay, absorption = decay + np.diag(baths + heat), absorption + np.diag(heat)
    drift = -1j * exchange - 0.5 * (decay.T - absorption)
    if not drift.size:
        return BareModes(growth=-np.inf, number=np.zeros((0, 0)), anomalous=np.zeros((0, 0)))
    pairs = -1j * pumping
    doubled = np.block([[drift, pairs], [pairs.conj(), drift.conj()]])
    source = np.block(
        [[absorption, pairs - anomalous], [(pairs - anomalous).conj(), absorption.conj()]]
    )
    growth = float(np.max(np.linalg.eigvals(doubled).real))
    if not growth < -_SMALLEST_DECAY * float(np.max(np.abs(doubled))):
        return BareModes(growth=growth, number=None, anomalous=None)
    moments = linalg.solve_continuous_lyapunov(doubled, -source)
    m = len(drift)
    return BareModes(growth=growth, number=moments[:m, :m].T, anomalous=moments[:m, m:])


def joined(network: Network) -> bool:
    """Whether a mode is coupled to another one, or pumped: else their state is a product."""
    modes = np.ix_(network.mode_indices, network.mode_indices)
    exchange, decay, absorption, pumping, anomalous = (m[modes] for m in network.couplings)
    across = any(np.any(m - np.diag(np.diag(m))) for m in (exchange, decay, absorption))
    return bool(across or np.any(pumping) or np.any(anomalous))


def tail_ratios(modes: BareModes) -> tuple[float, ...] | None:
    r"""Ratio p_{n+1}/p_n of each mode's populations for large n; None without a steady state.

    $$q = \frac{x}{1 + x}, \qquad x = N_{jj} + |S_{jj}|$$

    the pole of the generating function of the mode's own Gaussian state: n/(n + 1) unless the mode
    is squeezed by itself.
    """
    if modes.number is None or modes.anomalous is None:
        return None
    extent = np.diag(modes.number).real + np.abs(np.diag(modes.anomalous))
    extent = np.maximum(extent, 0.0)
    return tuple(float(x / (1 + x)) for x in extent)
