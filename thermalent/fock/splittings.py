r"""Splittings so small that the leak through them is below double precision.

A detuning \(\delta\) lets a dark state decay at about \(\delta^2/\gamma\): at
\(\delta = 10^{-7} \gamma\) that is lost beside \(\gamma\), and the state looks conserved. The same
network with its smallest splittings made larger decays visibly if the state leaks, and stays close
to what it was if it does not.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from thermalent.networks.network import Network

# As parts of the largest rate: the squares of splittings below the first are below 1e-12; numbers
# below the second are rounding of the network's own numbers.
_SMALL = 1e-6
_ROUNDING = 1e-14
# The smallest splitting is enlarged to this: its square is resolved to six digits.
_VISIBLE = 1e-4


def with_enlarged_splittings(network: Network) -> Network | None:
    """The network with its small exchange rates and detuning differences enlarged by one factor.

    None if it has none. Rates of decay are left: they leak at their own size, not at its square.
    """
    exchange = np.asarray(network.exchange)
    scale = max(float(np.max(np.abs(m), initial=0.0)) for m in network.couplings)
    scale = max([scale, *(mode.bath_rate * (1 + mode.n_th) for mode in network.modes)])
    small = np.where(np.abs(exchange) < _SMALL * scale, exchange, 0)
    levels = np.diag(exchange).real
    np.fill_diagonal(small, levels - _merged(levels, _SMALL * scale))
    sizes = np.abs(small)
    sizes = sizes[sizes > _ROUNDING * scale]
    if not sizes.size:
        return None
    return replace(network, exchange=exchange + (_VISIBLE * scale / sizes.min() - 1) * small)


def _merged(levels: np.ndarray, resolution: float) -> np.ndarray:
    """The levels, with those closer than `resolution` set to the lowest of them."""
    merged, order = levels.copy(), np.argsort(levels, kind="stable")
    for before, level in pairwise(order):
        if levels[level] - levels[before] < resolution:
            merged[level] = merged[before]
    return merged
