"""Networks that only lose excitations: the whole Lindbladian on the few states that are reached."""

from itertools import product

import numpy as np
from flint import acb, acb_mat, arb, ctx

from tests.support.reference.data import Data, data_of
from tests.support.reference.system import State
from tests.support.reference.words import conjugated, left, plus, right, times

_BITS = 128


class ColdSystem:
    """Modes that start empty and qubits that hold all excitations in the beginning."""

    def __init__(self, network) -> None:
        with ctx.workprec(_BITS):
            self.data: Data = data_of(network)
            if any(not n.is_zero() for n in self.data.n_th) or np.any(network.absorption):
                raise ValueError("something is warm")
            most = len(self.data.emitters)
            sizes = [most + 1] * self.data.modes + [2] * most
            self.basis = [s for s in product(*map(range, sizes)) if sum(s) <= most]
            self.index = {state: i for i, state in enumerate(self.basis)}
            self.generator = self._generator()

    def _lowering(self, node: int) -> dict:
        found = {}
        for state, column in self.index.items():
            if state[node]:
                lower = (*state[:node], state[node] - 1, *state[node + 1 :])
                found[self.index[lower], column] = acb(arb(state[node]).sqrt())
        return found

    def _generator(self) -> dict:
        """Rows and columns of the density matrix, row-major, as {(row, column): value}."""
        data, size = self.data, len(self.basis)
        nodes = range(data.modes + len(data.emitters))
        c = [self._lowering(j) for j in nodes]
        cd = [conjugated(x) for x in c]
        effective: dict = {}  # -i H - half of the losses
        total: dict = {}
        for j in nodes:
            for l in nodes:
                weight = -acb(0, 1) * data.exchange[j][l]
                if not weight.is_zero():
                    effective = plus(effective, times(cd[j], c[l]), weight)
                weight = data.decay[j][l]
                if j == l and j < data.modes:
                    weight = weight + data.bath_rate[j]
                if not weight.is_zero():
                    effective = plus(effective, times(cd[l], c[j]), -weight / 2)
                    both = times(left(c[j], size), right(cd[l], size))
                    total = plus(total, both, weight)
        total = plus(total, left(effective, size))
        total = plus(total, right(conjugated(effective), size))
        for p, emitter in enumerate(data.emitters):
            ((rate, _),) = emitter.jumps
            if rate.is_zero():
                continue
            z = {(i, i): acb(2 * state[data.modes + p] - 1) for i, state in enumerate(self.basis)}
            total = plus(total, times(left(z, size), right(z, size)), rate)
            one = {(i, i): acb(1) for i in range(size)}
            total = plus(total, left(one, size), -rate)
        return total

    def evolve(self, times_, rho) -> list[State]:
        """The qubits' states from `rho`, the modes empty at the beginning."""
        rho = np.asarray(rho, dtype=complex)
        most, size = len(self.data.emitters), len(self.basis)
        empty = (0,) * self.data.modes
        qubits = list(product(*([range(2)] * most)))
        vector = {}
        for i, one in enumerate(qubits):
            for j, other in enumerate(qubits):
                if rho[i, j] != 0:
                    at = self.index[empty + one] * size + self.index[empty + other]
                    vector[at] = acb(rho[i, j].real, rho[i, j].imag)
        results = []
        with ctx.workprec(_BITS):
            for t in times_:
                evolved = self._evolved(vector, arb(float(t)))
                rows = [[acb(0)] * len(qubits) for _ in qubits]
                for i, state in enumerate(self.basis):
                    for j, other in enumerate(self.basis):
                        if state[: self.data.modes] != other[: self.data.modes]:
                            continue
                        a = qubits.index(state[self.data.modes :])
                        b = qubits.index(other[self.data.modes :])
                        value = evolved.get(i * size + j)
                        if value is not None:
                            rows[a][b] = rows[a][b] + value
                results.append(State(rows))
        return results

    def _evolved(self, vector: dict, t: arb) -> dict:
        """exp(L t) in each set of elements of one charge."""
        size = len(self.basis)
        charge = [sum(self.basis[e // size]) - sum(self.basis[e % size]) for e in range(size**2)]
        out: dict = {}
        for q in {charge[e] for e in vector}:
            members = [e for e in range(size**2) if charge[e] == q]
            place = {e: i for i, e in enumerate(members)}
            matrix = acb_mat(len(members), len(members))
            for (i, j), value in self.generator.items():
                if i in place and j in place:
                    matrix[place[i], place[j]] = value * t
            start = acb_mat(len(members), 1, [vector.get(e, acb(0)) for e in members])
            end = matrix.exp() * start
            out.update({e: end[i, 0] for e, i in place.items()})
        return out
