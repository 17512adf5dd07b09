r"""The exact couplings, in balls, whose rounding gives the doubles of a network.

A dark state rests on relations between the couplings: G has a rank below the number of nodes where
they decay into fewer channels, as \(|G_{jl}|^2 = G_{jj} G_{ll}\) of two nodes and one channel;
\(G_{jj} = G_{ll}\) of two qubits that a hot field leaves dark; \(J_{jl} = \mp\tfrac{i}{2} G_{jl}\)
for what travels one way; \(J_{jl} = 0\) at a distance of whole wavelengths. Doubles meet them to
their last digit only. Where the stationary state depends on that last digit, the network does not
determine it; here the relations are restored, so that the two cases can be distinguished.
"""

from __future__ import annotations

import numpy as np
from flint import acb, acb_mat, arb
from scipy.sparse.csgraph import connected_components

from thermalent.continued_fraction.more_digits.assembly import (
    BallCouplings,
    couplings_of,
    orthonormal,
)
from thermalent.continued_fraction.more_digits.balls import complex_ball
from thermalent.networks.network import Network

# Sines and square roots of doubles are off by one or two units of their last place; a
# distance of several wavelengths enlarges that by 2 pi and the number of wavelengths.
_LAST_PLACES = 64 * float(np.finfo(float).eps)


def related_couplings(network: Network) -> BallCouplings:
    """The network's matrices with relations restored that hold to their last digits."""
    given = couplings_of(network)
    source = network.mode_indices[0]
    decay = _lowest_rank(given.decay, source)
    absorption = _lowest_rank(given.absorption, source)
    exchange = _exchange(given.exchange, decay - absorption.transpose(), decay)
    return given._replace(exchange=exchange, decay=decay, absorption=absorption)


def _lowest_rank(matrix: acb_mat, source: int) -> acb_mat:
    r"""The matrix of lowest rank among those that agree with a decay matrix to its last digits.

    Elements that are zero to the last digits are zero. Of what is left, each set of connected nodes
    is scaled to a diagonal of ones, \(R_{jl} = M_{jl} / \sqrt{M_{jj} M_{ll}}\); with its null
    vectors as the columns of N, R is replaced by \((1 - N N^\dagger) R (1 - N N^\dagger)\).
    """
    n = matrix.nrows()
    roots = [_root(matrix[j, j].real) for j in range(n)]
    for j in range(n):  # nodes that decay alike to the last digits decay alike
        roots[j] = next(root for root in roots if _close(root, roots[j], roots[j]))
    kept = acb_mat(matrix)
    for j in range(n):
        for l in range(n):
            if j != l and _close(abs(matrix[j, l]), arb(0), roots[j] * roots[l]):
                kept[j, l] = acb(0)
    linked = np.array([[kept[j, l] != 0 for l in range(n)] for j in range(n)])
    count, part = connected_components(linked, directed=False)
    for number in range(count):
        nodes = sorted(np.flatnonzero(part == number).tolist(), key=lambda j: j != source)
        if len(nodes) == 1:
            continue
        scaled = acb_mat([[kept[j, l] / (roots[j] * roots[l]) for l in nodes] for j in nodes])
        projector = _range(scaled)
        scaled = projector * scaled * projector
        for i, j in enumerate(nodes):
            for k, l in enumerate(nodes):
                kept[j, l] = scaled[i, k] * roots[j] * roots[l]
    return kept


def _range(matrix: acb_mat) -> acb_mat:
    """The projector on the vectors that a Hermitian matrix does not map to zero."""
    m = matrix.nrows()
    doubles = np.array([[complex(value.mid()) for value in row] for row in matrix.tolist()])
    values, vectors = np.linalg.eigh(doubles)
    null = vectors[:, np.abs(values) <= _LAST_PLACES * m]
    one = acb_mat([[acb(int(i == j)) for j in range(m)] for i in range(m)])
    if not null.shape[1]:
        return one
    columns = orthonormal(acb_mat([[_of_unit_size(z) for z in row] for row in _reduced(null)]))
    return one - columns * columns.conjugate().transpose()


def _of_unit_size(value: complex) -> acb:
    """The ball of a double, or of the number of size one that has rounded to it."""
    ball = complex_ball(value)
    size = abs(ball)
    return ball / size if _close(size, arb(1), arb(1)) else ball


def _reduced(vectors: np.ndarray) -> np.ndarray:
    """A basis of the same space in reduced echelon form, whose rounded zeros are zeros.

    So the states that are dark among the emitters alone have no part, however small, of the source,
    which is the first row.
    """
    rows = vectors.T.copy()
    done = 0
    for column in range(rows.shape[1]):
        if done == len(rows):
            break
        pivot = done + int(np.argmax(np.abs(rows[done:, column])))
        if abs(rows[pivot, column]) <= _LAST_PLACES * len(rows.T):
            continue
        rows[[done, pivot]] = rows[[pivot, done]]
        rows[done] /= rows[done, column]
        others = np.arange(len(rows)) != done
        rows[others] -= np.outer(rows[others, column], rows[done])
        done += 1
    rows[np.abs(rows) <= _LAST_PLACES * len(rows.T)] = 0.0
    return np.asarray(rows.T)


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
