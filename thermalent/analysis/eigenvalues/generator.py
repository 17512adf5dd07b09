r"""The master equation as exact numbers: no sum of it is rounded.

The network's floating-point matrices are taken as exact. What couples within a tier of the
hierarchy (A), what rises from the tier below (B) and what falls from the tier above (C) are kept
as lists of nonzero elements in ball arithmetic, because a slow rate of a nearly dark network is a
difference of large ones that double precision would have lost while the terms were added up.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from flint import acb, acb_mat, arb, ctx

from thermalent.networks.gaussian_source import coupling_weights
from thermalent.networks.liouvillian import lowering_operators
from thermalent.networks.network import Network
from thermalent.networks.symmetry import SymmetryError, excitation_numbers
from thermalent.operators.superoperators import dense

# 77 digits: the slowest rates of double-precision input are 1e-30 of the largest.
BITS = 256


@dataclass(frozen=True, eq=False)
class SuperoperatorEntries:
    """The nonzero elements of a superoperator, (n,) each."""

    row: np.ndarray
    col: np.ndarray
    value: list[acb]

    @cached_property
    def floats(self) -> np.ndarray:
        """The values in double precision."""
        return np.array([complex(v) for v in self.value], dtype=complex)

    @cached_property
    def rest(self) -> np.ndarray:
        """What the values have beyond double precision, in double precision."""
        pairs = zip(self.value, self.floats.tolist(), strict=True)
        return np.array([complex(v - acb(f.real, f.imag)) for v, f in pairs], dtype=complex)


class HierarchyGenerator(NamedTuple):
    r"""The superoperators of the hierarchy on all elements |i><j| of the emitters.

    Args:
        numbers: Charge of each basis state of the emitters, (d,).
        within: The Liouvillian of the emitters alone.
        rise: \(V (L_+ + L_-) + K_+ + K_-\).
        fall: \(L_+ + L_-\).
        rate: Amplitude decay rate lambda of the source; zero if there is none.
        detuning: Rotation delta of the source.
        variance: V in double precision.
        has_source: Whether there is a mode.
        rank_rounding: What the Liouvillian of the emitters would have more with the decay matrix as
            it is given, instead of with the rank that it stands for.
    """

    numbers: np.ndarray
    within: SuperoperatorEntries
    rise: SuperoperatorEntries
    fall: SuperoperatorEntries
    rate: arb
    detuning: arb
    variance: float
    has_source: bool
    rank_rounding: SuperoperatorEntries

    @property
    def largest(self) -> float:
        """The largest rate of the emitters and of the source."""
        return float(np.max(np.abs(self.within.floats), initial=float(self.rate)))


def exact_generator(network: Network) -> HierarchyGenerator:
    """The generator of a network with one mode or none.

    Emitters alone that conserve nothing have the charge zero in every state.
    """
    try:
        numbers = excitation_numbers(network)
    except SymmetryError:
        numbers = np.zeros(int(np.prod(network.dims)), dtype=np.int64)
    with ctx.workprec(BITS):
        within = _emitters(network)
        if not network.modes:
            nothing = _entries({})
            rank_rounding = _rank_rounding(network)
            return HierarchyGenerator(
                numbers, within, nothing, nothing, arb(0), arb(0), 0.0, False, rank_rounding
            )
        return _with_source(network, numbers, within)


def _with_source(
    network: Network, numbers: np.ndarray, within: SuperoperatorEntries
) -> HierarchyGenerator:
    node = network.mode_indices[0]
    mode = network.modes[0]
    exchange, decay, absorption, _, _ = network.couplings
    absorbed, bath = arb(float(absorption[node, node].real)), arb(float(mode.bath_rate))
    relaxation = arb(float(decay[node, node].real)) - absorbed + bath
    variance = (absorbed + bath * arb(float(mode.n_th))) / relaxation
    terms: dict[str, dict[tuple[int, int], acb]] = {
        "a_rho": {}, "rho_ad": {}, "ad_rho": {}, "rho_a": {}
    }  # fmt: skip
    identity = _exact(np.eye(int(np.prod(network.dims))))
    for e, operator in zip(network.emitter_indices, lowering_operators(network), strict=True):
        c = _exact(dense(operator))
        for target, weight, raises, of_left, of_right in coupling_weights(network, node, e):
            x = c.conjugate().transpose() if raises else c
            if of_left:
                _add(terms[target], _exactly(weight) * of_left, x, identity)
            if of_right:
                _add(terms[target], _exactly(weight) * of_right, identity, x)
    fall: dict[tuple[int, int], acb] = {}
    rise: dict[tuple[int, int], acb] = {}
    for term in terms.values():
        _accumulate(fall, term, acb(1))
    _accumulate(rise, fall, acb(variance))
    if mode.backaction:
        _accumulate(rise, terms["ad_rho"], acb(1))
        _accumulate(rise, terms["rho_a"], acb(1))
    return HierarchyGenerator(
        numbers=numbers,
        within=within,
        rise=_entries(rise),
        fall=_entries(fall),
        rate=relaxation / 2,
        detuning=arb(float(exchange[node, node].real)),
        variance=float(variance),
        has_source=True,
        rank_rounding=_rank_rounding(network),
    )


def _emitters(network: Network) -> SuperoperatorEntries:
    """The Liouvillian of the emitters alone, as of `liouvillian.emitter_liouvillian`."""
    exchange, decay, absorption, pumping, anomalous = network.couplings
    index = list(network.emitter_indices)
    lowering = [_exact(dense(c)) for c in lowering_operators(network)]
    raising = [_adjoint(c) for c in lowering]
    size = lowering[0].nrows()
    emitted = _of_exact_rank(decay[np.ix_(index, index)])
    hamiltonian = acb_mat(size, size)
    jumps: list[tuple[acb, acb_mat, acb_mat]] = []  # weight x rho y^+
    for p, j in enumerate(index):
        for q, l in enumerate(index):
            if exchange[j, l] != 0:
                hamiltonian += raising[p] * lowering[q] * _exactly(exchange[j, l])
            if pumping[j, l] != 0:
                pair = raising[p] * raising[q] * (_exactly(pumping[j, l]) / 2)
                hamiltonian += pair + _adjoint(pair)
            for weight, x, y in (
                (emitted[p][q], lowering[p], lowering[q]),
                (_exactly(absorption[j, l]), raising[p], raising[q]),
                (_exactly(anomalous[j, l]), raising[p], lowering[q]),
                (_exactly(np.conj(anomalous[j, l])), lowering[p], raising[q]),
            ):
                if weight != 0:
                    jumps.append((weight, x, y))
    dims = network.dims
    for p, emitter in enumerate(network.emitters):
        before, after = int(np.prod(dims[:p])), int(np.prod(dims[p + 1 :]))
        for local in emitter.collapse_operators:
            o = _exact(np.kron(np.kron(np.eye(before), local), np.eye(after)))
            jumps.append((acb(1), o, o))
        if np.any(emitter.hamiltonian):
            embedded = np.kron(np.kron(np.eye(before), emitter.hamiltonian), np.eye(after))
            hamiltonian += _exact(embedded)
    identity = _exact(np.eye(size))
    left, right = hamiltonian * acb(0, -1), hamiltonian * acb(0, 1)
    total: dict[tuple[int, int], acb] = {}
    for weight, x, y in jumps:
        loss = _adjoint(y) * x * (weight / 2)
        left -= loss
        right -= loss
        _add(total, weight, x, _adjoint(y))
    _add(total, acb(1), left, identity)
    _add(total, acb(1), identity, right)
    return _entries(total)


def _rank_rounding(network: Network) -> SuperoperatorEntries:
    """The dissipator of the difference between the given decay matrix and that of exact rank."""
    index = list(network.emitter_indices)
    decay = network.decay[np.ix_(index, index)]
    lowering = [_exact(dense(c)) for c in lowering_operators(network)]
    exact = _of_exact_rank(decay)
    identity = _exact(np.eye(lowering[0].nrows()))
    total: dict[tuple[int, int], acb] = {}
    for p, x in enumerate(lowering):
        for q, y in enumerate(lowering):
            weight = (_exactly(decay[p, q]) - exact[p][q]).mid()
            if weight != 0:
                loss = _adjoint(y) * x
                _add(total, weight, x, _adjoint(y))
                _add(total, -weight / 2, loss, identity)
                _add(total, -weight / 2, identity, loss)
    return _entries(total)


def _of_exact_rank(decay: np.ndarray) -> list[list[acb]]:
    """The decay matrix; where only rounding makes its rank full, with the rank that it stands for.

    sqrt(g_1 g_2) squared is g_1 g_2 only to rounding, so that collective decay in floating point
    has a dark state that decays at 1e-16, or grows. With the rows P that carry the rank,
    G = G_{:P} G_{PP}^{-1} G_{P:} up to rounding and exactly of that rank.
    """
    n = len(decay)
    full = [[_exactly(decay[i, j]) for j in range(n)] for i in range(n)]
    scale = np.sqrt(np.maximum(np.diag(decay).real, 0.0))
    live = np.flatnonzero(scale)
    if not live.size:
        return full
    remainder = decay[np.ix_(live, live)] / np.multiply.outer(scale[live], scale[live])
    pivots: list[int] = []
    while len(pivots) < live.size:
        p = int(np.argmax(np.diag(remainder).real))
        if remainder[p, p].real <= 2 * live.size * np.finfo(float).eps:
            break
        pivots.append(int(live[p]))
        remainder = remainder - np.multiply.outer(remainder[:, p], remainder[p]) / remainder[p, p]
    if len(pivots) == live.size:
        return full
    core = acb_mat([[full[i][j] for j in pivots] for i in pivots])
    tall = acb_mat([[full[i][j] for j in pivots] for i in range(n)])
    wide = acb_mat([[full[i][j] for j in range(n)] for i in pivots])
    exact: list[list[acb]] = (tall * core.solve(wide)).tolist()
    return exact


def _exactly(value: complex) -> acb:
    number = complex(value)
    return acb(number.real, number.imag)


def _exact(matrix: np.ndarray) -> acb_mat:
    return acb_mat([[_exactly(x) for x in row] for row in matrix.tolist()])


def _adjoint(matrix: acb_mat) -> acb_mat:
    return matrix.conjugate().transpose()


def _nonzero(matrix: acb_mat) -> list[tuple[int, int, acb]]:
    return [
        (i, j, value)
        for i, row in enumerate(matrix.tolist())
        for j, value in enumerate(row)
        if value != 0
    ]


def _add(total: dict[tuple[int, int], acb], weight: acb, x: acb_mat, y: acb_mat) -> None:
    """Add rho -> weight X rho Y, which maps |k><l| to X_ik Y_lj |i><j|."""
    d = x.nrows()
    of_y = _nonzero(y)
    for i, k, left in _nonzero(x):
        for l, j, right in of_y:
            place = (i * d + j, k * d + l)
            total[place] = total.get(place, acb(0)) + weight * left * right


def _accumulate(
    total: dict[tuple[int, int], acb], term: dict[tuple[int, int], acb], weight: acb
) -> None:
    for place, value in term.items():
        total[place] = total.get(place, acb(0)) + weight * value


def _entries(total: dict[tuple[int, int], acb]) -> SuperoperatorEntries:
    kept = [(place, value.mid()) for place, value in total.items() if value.mid() != 0]
    row = np.array([place[0] for place, _ in kept], dtype=np.int64)
    col = np.array([place[1] for place, _ in kept], dtype=np.int64)
    return SuperoperatorEntries(row, col, [value for _, value in kept])
