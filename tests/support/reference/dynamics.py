r"""Evolution, spectra, correlations and rates from the resolvent.

Functions of time by Talbot's contour (Abate and Valko, Int. J. Numer. Meth. Eng. 60, 979 (2004)):

    f(t) = (2/5t) sum_k Re[ w_k F(d_k / t) ],  M nodes for about 0.6 M digits,

with 1.4 times the nodes and half as many levels again, until that changes nothing; correlations by
the quantum regression theorem with all levels of the stationary state as the initial condition.
"""

from __future__ import annotations

import numpy as np
from flint import acb, acb_mat, arb, ctx

from tests.support.reference.system import (
    Elimination,
    Reference,
    ReferenceError,
    State,
    Vector,
)

_NODES = (30, 42, 58)
# The contour of M nodes reaches frequencies of 2 pi M / (5 t); what turns faster stays outside,
# with any two numbers of nodes alike. So many nodes more per radian keep it inside. Beyond the
# limit only what has not decayed after so many turns is missed: a violation that is none.
_NODES_PER_PHASE = 1.3
_MOST_NODES = 1200
_MOST_LEVELS = 800
_LARGEST_CHANGE = 1e-16  # of what more nodes and levels change, relative to the largest value
# A Talbot sum cancels terms as large as exp(2 M / 5), about 0.17 M digits, 0.58 M bits.
_BITS, _BITS_PER_NODE = 320, 0.6


def talbot(function, t: arb, nodes: int):
    """f(t) for a transform F(z) whose values support + and * by balls; f need not be real."""
    total = None
    for k in range(nodes):
        if k == 0:
            delta = acb(arb(2) * nodes / 5)
            gamma = acb((arb(2) * nodes / 5).exp()) / 2
            pairs = [(delta, gamma)]
        else:
            theta = arb.pi() * k / nodes
            cot = theta.cot()
            delta = acb(cot, 1) * (arb(2) * k * arb.pi() / 5)
            gamma = (acb(0, 1) * theta * (1 + cot * cot) + 1 - acb(0, 1) * cot) * delta.exp()
            # The conjugate nodes by themselves, because f may be complex.
            pairs = [(delta, gamma / 2), (delta.conjugate(), gamma.conjugate() / 2)]
        for d, g in pairs:
            term = function(d / t) * g
            total = term if total is None else total + term
    return total * (acb(2) / (5 * t))


class Dynamics:
    """What follows from the resolvent of one network.

    Args:
        network: A `Network` or `Data`.
        level: Highest level; if not given, what the steady state takes.
        bits: Of the arithmetic.
    """

    def __init__(self, network, level: int | None = None, bits: int = _BITS) -> None:
        self.network = network
        self.reference = Reference(network, bits=bits)
        self.steady = self.reference.steady_levels() if level is None else None
        self.level = max(16, self.reference.level) if level is None else level
        self.h = self.reference.h
        rows = self.reference.data.exchange
        exchange = np.array([[complex(entry) for entry in row] for row in rows])
        self.frequency = float(np.linalg.norm(exchange, 2))  # of one excitation, at most

    def evolve(self, times, rho) -> list[State]:
        """The emitters' states, the source stationary at the beginning."""
        precise = self._precise(times)
        if precise is not self:
            return precise.evolve(times, rho)
        size = self.h.size
        with ctx.workprec(self.reference.bits):
            starts = self.reference.starts(np.asarray(rho, dtype=complex))
            found = []
            for t in times:
                values: dict[int, acb] = {}
                for start in starts:
                    column = self._inverse(start, lambda v: v.columns[0], arb(float(t)))
                    for i, (_, e) in enumerate(start.sector.unknowns(0)):
                        values[e] = column[i, 0]
                rows = [
                    [values.get(i * size + j, acb(0)) for j in range(size)] for i in range(size)
                ]
                found.append(State(rows))
        return found

    def _more_nodes(self, t: float) -> int:
        """Nodes beside the usual ones, for what turns up to a time."""
        return min(int(np.ceil(_NODES_PER_PHASE * 2 * self.frequency * t)), _MOST_NODES)

    def _precise(self, times) -> Dynamics:
        """The same with the bits that the contour of the last time needs."""
        more = self._more_nodes(float(np.max(times)))
        bits = _BITS + int(_BITS_PER_NODE * more)
        if bits <= self.reference.bits:
            return self
        return Dynamics(self.network, None if self.steady is not None else self.level, bits)

    def _inverse(self, start: Vector, read, t: arb) -> acb_mat:
        """read(exp(L t) start), checked with more nodes and more levels."""
        last = self.level
        before = None
        more = self._more_nodes(float(t.mid()))
        for nodes in (count + more for count in _NODES):

            def transform(z, last=last):
                return read(self.resolvent(z, start, last))

            now = talbot(transform, t, nodes)
            if before is not None:
                pairs = zip(before.entries(), now.entries(), strict=True)
                change = max(float(abs(a - b).mid()) for a, b in pairs)
                scale = max(float(abs(a).mid()) for a in now.entries())
                if change <= _LARGEST_CHANGE * max(scale, 1e-3):
                    return now
            before = now
            last += last // 2
        raise ReferenceError(f"more nodes and levels change the evolution by {change:.1g}")

    def resolvent(self, z: acb, start: Vector, last: int) -> Vector:
        """(z - L)^-1 on a start; only the two lowest levels are needed by any reader."""
        folds = Elimination(start.sector, z, max(last, len(start.columns) - 1), start)
        return Vector(start.sector, folds.solution())

    def field(self, weights) -> Field:
        """A field O = sum of weights[j] c_j over all nodes, modes first."""
        return Field(self.reference, weights)

    def spectrum(self, frequencies, weights) -> list[arb]:
        """S(omega) = Re Tr O^+ (i omega - L)^-1 (O rho) / pi."""
        with ctx.workprec(self.reference.bits):
            field = self.field(weights)
            start = field.from_left(self.steady)
            values = []
            for omega in frequencies:
                z, last = acb(0, float(omega)), self.level
                before = field.emitted(self.resolvent(z, start, last))
                while True:
                    last *= 2
                    value = field.emitted(self.resolvent(z, start, last))
                    change, scale = float(abs(value - before).mid()), float(abs(value).mid())
                    if change <= 1e-18 * scale:
                        break
                    if last > _MOST_LEVELS:
                        raise ReferenceError(f"more levels change the spectrum by {change:.1g}")
                    before = value
                values.append(value.real / arb.pi())
        return values

    def flux(self, weights) -> arb:
        """<O^+ O>."""
        with ctx.workprec(self.reference.bits):
            field = self.field(weights)
            return field.emitted(field.from_left(self.steady)).real

    def coherence(self, delays, weights, order: int) -> list[acb]:
        """g1 or g2 at delays >= 0."""
        precise = self._precise(delays)
        if precise is not self:
            return precise.coherence(delays, weights, order)
        with ctx.workprec(self.reference.bits):
            field = self.field(weights)
            start = field.from_left(self.steady)
            flux = field.emitted(start).real
            reader = field.emitted
            if order == 2:
                start = field.from_right(start)
                reader = field.intensity
            found = []
            for t in delays:
                if t == 0:
                    value = reader(start)
                else:
                    value = self._inverse(
                        start, lambda v: acb_mat(1, 1, [reader(v)]), arb(float(t))
                    )[0, 0]
                found.append(value / flux**order)
        return found


class Field:
    """A field as it acts on a vector of the hierarchy."""

    def __init__(self, reference: Reference, weights) -> None:
        self.h = reference.h
        self.weights = [
            w if isinstance(w, acb) else acb(complex(w).real, complex(w).imag) for w in weights
        ]
        m = reference.data.modes
        self.of_modes = self.weights[:m]
        self.operator = {}
        for weight, operator in zip(self.weights[m:], self.h.words.lowering, strict=True):
            for key, value in operator.items():
                self.operator[key] = self.operator.get(key, acb(0)) + weight * value

    def from_left(self, vector: Vector) -> Vector:
        """O X: a -> d_a + (C zeta)_a."""
        return self._applied(vector, 0, self.of_modes, self._left(self.operator))

    def from_right(self, vector: Vector) -> Vector:
        """X O^+."""
        weights = [w.conjugate() for w in self.of_modes]
        return self._applied(vector, 1, weights, self._right_dagger(self.operator))

    def emitted(self, vector: Vector) -> acb:
        """Tr O^+ X."""
        size, total = self.h.size, acb(0)
        zero = (0,) * self.h.count
        for j, weight in enumerate(self.of_modes):
            one = tuple(1 if i == 2 * j + 1 else 0 for i in range(self.h.count))
            for e in self.h.trace_elements:
                total += weight.conjugate() * vector.element(one, e)
        # Tr c^+ X = sum conj(c_ij) X_ij
        for (i, j), value in self.operator.items():
            total += value.conjugate() * vector.element(zero, i * size + j)
        return total

    def intensity(self, vector: Vector) -> acb:
        """Tr O X O^+."""
        return self.emitted(self.from_left(_cut(vector, 2)))

    def _left(self, operator):
        size = self.h.size
        return [
            (i * size + k, j * size + k, value)
            for (i, j), value in operator.items()
            for k in range(size)
        ]

    def _right_dagger(self, operator):
        # (X O^+)_kj = sum_i X_ki conj(O_ji)
        size = self.h.size
        return [
            (k * size + j, k * size + i, value.conjugate())
            for (j, i), value in operator.items()
            for k in range(size)
        ]

    def _applied(self, vector: Vector, conj: int, weights, elements) -> Vector:
        h = self.h
        values: dict = {}

        def add(n, e, value):
            key = (n, e)
            values[key] = values[key] + value if key in values else value

        by_column: dict = {}
        for row, column, value in elements:
            by_column.setdefault(column, []).append((row, value))
        for level, column in enumerate(vector.columns):
            for i, (n, e) in enumerate(vector.sector.unknowns(level)):
                x = column[i, 0]
                for row, value in by_column.get(e, ()):
                    add(n, row, value * x)
                for j, weight in enumerate(weights):
                    if weight.is_zero():
                        continue
                    a = 2 * j + conj
                    if n[a] > 0:
                        add(_moved(n, a, -1), e, weight * n[a] * x)
                    for k in range(h.count):
                        c = h.covariance[a][k]
                        if not c.is_zero():
                            add(_moved(n, k, 1), e, weight * c * x)
        seeds = [key for key in values if sum(key[0]) <= 3]
        sector = h.sector(seeds)
        columns = []
        for level in range(len(vector.columns) + 1):
            items = sector.unknowns(level)
            columns.append(acb_mat(len(items), 1, [values.get(key, acb(0)) for key in items]))
        return Vector(sector, columns)


def _cut(vector: Vector, last: int) -> Vector:
    return Vector(vector.sector, vector.columns[: last + 1])


def _moved(n, i, step):
    out = list(n)
    out[i] += step
    return tuple(out)


def truncated(reference: Reference, last: int) -> np.ndarray:
    """L with levels up to `last` in the sector of the populations, in normalised coordinates."""
    sector, h = reference.sector, reference.h
    offsets = np.cumsum([0, *(len(sector.unknowns(level)) for level in range(last + 1))])
    matrix = np.zeros((offsets[-1], offsets[-1]), dtype=complex)
    variance = max(
        [abs(complex(c.mid())) for row in h.covariance for c in row if not c.is_zero()] or [1.0]
    )
    scale = []
    for level in range(last + 1):
        for n, _ in sector.unknowns(level):
            # phi_n sqrt(n! / V^|n|) is of one size on every level.
            value = 0.5 * sum(np.sum(np.log(np.arange(1, k + 1))) for k in n)
            scale.append(value - 0.5 * level * np.log(variance))
    weights = np.array(scale)
    with ctx.workprec(reference.bits):
        for level in range(last + 1):
            for row, at, column, value in sector.terms(level):
                if at <= last:
                    i, j = offsets[level] + row, offsets[at] + column
                    matrix[i, j] += complex(value.mid()) * np.exp(weights[i] - weights[j])
    return matrix
