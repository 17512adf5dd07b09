r"""The exact couplings, in balls, whose rounding gives the doubles of a network.

A dark state rests on relations between the couplings: \(|G_{jl}|^2 = G_{jj} G_{ll}\) where two
nodes decay into one channel, \(J_{jl} = \mp\tfrac{i}{2} G_{jl}\) for what travels one way,
\(J_{jl} = 0\) at a distance of whole wavelengths. Doubles meet them to their last digit only. Where
the stationary state depends on that last digit, the network does not determine it; here
the relations are restored, so that the two cases can be distinguished.
"""

from __future__ import annotations

import numpy as np
from flint import acb, acb_mat, arb

from thermalent.continued_fraction.more_digits.assembly import BallCouplings, couplings_of
from thermalent.networks.network import Network

# Sines and square roots of doubles are off by one or two units of their last place; a
# distance of several wavelengths enlarges that by 2 pi and the number of wavelengths.
_LAST_PLACES = 64 * float(np.finfo(float).eps)


def related_couplings(network: Network) -> BallCouplings:
    """The network's matrices with relations restored that hold to their last digits."""
    given = couplings_of(network)
    decay = _rank_one(given.decay)
    absorption = _rank_one(given.absorption)
    exchange = _exchange(given.exchange, decay - absorption.transpose(), decay)
    return given._replace(exchange=exchange, decay=decay, absorption=absorption)


def _rank_one(matrix: acb_mat) -> acb_mat:
    """|M_jl| = sqrt(M_jj M_ll) or M_jl = 0, where that holds to the last digits."""
    n = matrix.nrows()
    restored = acb_mat(matrix)
    for j in range(n):
        for l in range(n):
            if j == l:
                continue
            full = _root(matrix[j, j].real * matrix[l, l].real)
            size = abs(matrix[j, l])
            if _close(size, full, full):
                restored[j, l] = matrix[j, l] * (full / size) if size > 0 else acb(0)
            elif _close(size, arb(0), full):
                restored[j, l] = acb(0)
    return restored


def _exchange(exchange: acb_mat, one_way: acb_mat, decay: acb_mat) -> acb_mat:
    """J = -(i/2) G, (i/2) G or 0 where that holds to the last digits of the rates."""
    n = exchange.nrows()
    restored = acb_mat(exchange)
    for j in range(n):
        for l in range(n):
            unit = _root(decay[j, j].real * decay[l, l].real)
            if j == l:  # the energy shift by a mirror, at a distance of whole wavelengths
                if _close(exchange[j, j].real, arb(0), unit):
                    restored[j, j] = acb(0)
                continue
            for candidate in (acb(0), one_way[j, l] * acb(0, -0.5), one_way[j, l] * acb(0, 0.5)):
                if _close(abs(exchange[j, l] - candidate), arb(0), unit):
                    restored[j, l] = candidate
                    break
    return restored


def _root(product: arb) -> arb:
    return product.sqrt() if product > 0 else arb(0)


def _close(a: arb, b: arb, unit: arb) -> bool:
    return bool(abs(a - b) <= unit * arb(_LAST_PLACES))
