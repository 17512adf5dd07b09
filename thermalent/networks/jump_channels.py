r"""The channels of a network as independent jump operators.

$$\Gamma = \begin{pmatrix} G & M^* \\ M & U \end{pmatrix} = \sum_k \lambda_k v_k v_k^\dagger,
  \qquad O_k = \sum_j v_{kj} C_j, \quad C = (c_1, \dots, c_n, c_1^\dagger, \dots, c_n^\dagger)$$

so that the double sums of the master equation are \(\sum_k \lambda_k \mathcal{D}[O_k]\). Couplers
that no element of Gamma joins stay apart: equal rates do not mix them, and every jump changes the
excitation number by one amount.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from thermalent.networks.network import Couplings

# Eigenvalues below this part of the largest are rounding.
_ROUNDING = 1e-14


class Channel(NamedTuple):
    """One jump operator.

    Args:
        rate: lambda, rate unit; positive where Gamma is a physical environment.
        weights: v, (2 n,): those of c_1 ... c_n, then those of their adjoints.
    """

    rate: float
    weights: np.ndarray


def channels(couplings: Couplings) -> list[Channel]:
    """The jump operators of G, U and M, without rates that are rounding."""
    gamma = np.block(
        [
            [couplings.decay, couplings.anomalous.conj()],
            [couplings.anomalous, couplings.absorption],
        ]
    )
    if not np.any(gamma.imag):
        gamma = gamma.real
    scale = float(np.max(np.abs(gamma), initial=0.0))
    _, labels = csgraph.connected_components(sparse.csr_array(gamma != 0), directed=False)
    by_rate = []
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        rates, vectors = np.linalg.eigh(gamma[np.ix_(members, members)])
        for rate, vector in zip(rates.tolist(), vectors.T, strict=True):
            if abs(rate) <= _ROUNDING * scale:
                continue
            weights = np.zeros(len(gamma), dtype=complex)
            # The phase is chosen such that the largest weight is real and positive.
            largest = vector[np.argmax(np.abs(vector))]
            weights[members] = vector * (abs(largest) / largest)
            by_rate.append(Channel(rate, weights))
    return by_rate
