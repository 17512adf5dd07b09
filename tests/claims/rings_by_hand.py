r"""Two rings on a waveguide written out by hand: no code of the package.

One excitation, c_j in the cavities and e_jl in their qubits, with the waves travelling both ways:

$$\dot c_j = -\tfrac12 (R_j + L_j) c_j - i \sum_l g_{jl} e_{jl}
    - \sum_{k<j} \sqrt{R_j R_k}\, e^{i\phi} c_k - \sum_{k>j} \sqrt{L_j L_k}\, e^{i\phi} c_k, \qquad
  \dot e_{jl} = -\tfrac12 \Gamma e_{jl} - i g_{jl} c_j$$

Exponentials in 256 bits (`exactly`); maxima in time and in parameters at once, by Newton's method.
"""

from itertools import product

import flint
import numpy as np
from flint import acb, acb_mat, arb, arb_mat
from scipy import sparse
from scipy.linalg import expm
from scipy.sparse.linalg import expm_multiply

BITS = 256
PI = np.pi  # phases in double precision, as a user gives them


def exactly(route):
    """What a route finds, with so many bits."""
    with flint.ctx.workprec(BITS):
        return np.atleast_1d(route())


def rings(g, *, right=(1, 1), left=(0, 0), phase=PI, qubits=(1, 1), decay=0, leak=0):
    """The generator of two nodes' amplitudes: c_1, c_2, then the qubits; entries as they come."""
    size = 2 + sum(qubits)
    m = [[0] * size for _ in range(size)]
    for j in (0, 1):
        m[j][j] = -(right[j] + left[j] + leak) / 2
    turn = exponential_of_phase(phase)
    m[1][0] = -root(right[0] * right[1]) * turn
    m[0][1] = -root(left[0] * left[1]) * turn
    places = [j for j in (0, 1) for _ in range(qubits[j])]
    for k, j in enumerate(places):
        coupling = g[j][k - places.index(j)] if isinstance(g[j], (list, tuple)) else g[j]
        m[2 + k][j] = m[j][2 + k] = acb(0, -1) * coupling
        m[2 + k][2 + k] = -decay / 2
    return m


def exponential_of_phase(phase):
    if isinstance(phase, arb):
        return acb(0, phase).exp()
    return acb(0, arb(phase)).exp() if phase % PI else (-1.0) ** round(phase / PI)


def root(x):
    return x.sqrt() if isinstance(x, arb) else arb(x).sqrt()


def evolved(m, t, start):
    """exp(M t) v as exact balls."""
    matrix = acb_mat([[acb(x) for x in row] for row in m]) * acb(t)
    return list((matrix.exp() * acb_mat([[acb(x)] for x in start])).entries())


def norm2(z):
    return z.real * z.real + z.imag * z.imag


def concurrence(psi, a=2, b=3):
    return 2 * (norm2(psi[a]) * norm2(psi[b])).sqrt()


def overlap(psi, target):
    return norm2(sum((acb(b) * p for b, p in zip(target, psi, strict=True) if b != 0), acb(0)))


def maximum(value, start):
    """Where a function of some numbers is stationary near a start, and its value: a maximum."""
    x, count = [arb(s) for s in start], len(start)
    step = arb(2) ** -70
    for _ in range(40):
        here = value(x).mid()

        def at(*shifts, x=x):
            moved = list(x)
            for i, sign in shifts:
                moved[i] = moved[i] + sign * step
            return value(moved).mid()

        up, down = ([at((i, s)) for i in range(count)] for s in (1, -1))
        slope = arb_mat([[(u - d) / (2 * step)] for u, d in zip(up, down, strict=True)])
        bend = arb_mat(count, count)
        for i, j in product(range(count), repeat=2):
            if i == j:
                bend[i, i] = (up[i] + down[i] - 2 * here) / step**2
            elif i < j:
                mixed = at((i, 1), (j, 1)) - at((i, 1), (j, -1))
                mixed += at((i, -1), (j, -1)) - at((i, -1), (j, 1))
                bend[i, j] = bend[j, i] = mixed / (4 * step**2)
        change = bend.mid().solve(slope.mid())
        x = [(old - change[i, 0]).mid() for i, old in enumerate(x)]
        if max(abs(float(change[i, 0])) for i in range(count)) < 1e-22:
            bends = [[float(bend[i, j]) for j in range(count)] for i in range(count)]
            assert np.all(np.linalg.eigvalsh(bends) < 0), "not a maximum"
            return [float(s) for s in x], float(value(x).mid())
    raise AssertionError(f"Newton's method did not end from {start}")


def as_numbers(m):
    return np.array([[complex(x) for x in row] for row in m])


def largest_in_time(m, start, value, until, points=4000):
    """The time of the largest value on a grid, in double precision.

    The value is that of all times at once, psi (n, points).
    """
    psi = expm(as_numbers(m) * (until / points)) @ np.array([[complex(x)] for x in start])
    while psi.shape[1] < points:  # as many times again, all later by as many steps
        later = expm(as_numbers(m) * (until / points * psi.shape[1])) @ psi
        psi = np.concatenate([psi, later], axis=1)
    values = value(psi[:, :points])
    best = int(np.argmax(values))
    return (best + 1) * until / points if values[best] > 0 else 0.0


def peak(m, start, *, until, target=None, pair=(2, 3)):
    """[the largest concurrence of a pair, or overlap with a target, and its time]."""

    def rough(psi):
        if target is None:
            return abs(psi[pair[0]] * psi[pair[1]])
        return abs(np.dot([complex(b) for b in target], psi))

    def value(x):
        psi = evolved(m, x[0], start)
        return concurrence(psi, *pair) if target is None else overlap(psi, target)

    time = largest_in_time(m, start, rough, until)
    if time == until:  # it still grows
        return float(value([arb(until)])), until
    (time,), top = maximum(value, [time])
    return top, time


def peaks_of_many(matrices, start, readout, until, points):
    """The largest values in time of many generators (k, n, n), in double precision.

    Args:
        matrices: The generators.
        start: Of all.
        readout: Rows u and v of the value |u psi| |v psi|, (2, n).
        until: End of the search.
        points: Of the grid on which the largest value is bracketed.
    """
    step = until / points
    power = expm(matrices * step)
    psi = np.broadcast_to(np.asarray(start, complex), matrices.shape[:2])[..., None]
    best, when = np.zeros(len(matrices)), np.zeros(len(matrices))
    for k in range(1, points + 1):
        psi = power @ psi
        value = np.prod(np.abs(readout @ psi)[..., 0], axis=1)
        when = np.where(value > best, k * step, when)
        best = np.maximum(best, value)
    for _ in range(4):  # Newton's method for the slope of the squared value
        psi = expm(matrices * when[:, None, None]) @ np.asarray(start, complex)
        rows = [np.einsum("ri,ki->kr", readout, psi)]
        for _ in range(2):
            psi = np.einsum("kij,kj->ki", matrices, psi)
            rows.append(np.einsum("ri,ki->kr", readout, psi))
        p = np.abs(rows[0]) ** 2
        dp = 2 * (rows[1] * rows[0].conj()).real
        ddp = 2 * (rows[2] * rows[0].conj()).real + 2 * np.abs(rows[1]) ** 2
        slope = dp[:, 0] * p[:, 1] + p[:, 0] * dp[:, 1]
        bend = ddp[:, 0] * p[:, 1] + 2 * dp[:, 0] * dp[:, 1] + p[:, 0] * ddp[:, 1]
        when = when - slope / bend
    return np.sqrt(p[:, 0] * p[:, 1])


def dicke_matrix(n, k, g):
    """k excitations on two nodes of n qubits and a cavity each, while none is lost.

    Returns:
        The generator, and the positions of |k excitations in node 1's qubits> and of those in 2's.
    """
    places = [s for s in product(range(k + 1), repeat=4) if sum(s) == k and max(s[0], s[2]) <= n]
    number = {s: i for i, s in enumerate(places)}
    m = [[0] * len(places) for _ in places]
    for (m1, c1, m2, c2), i in number.items():
        m[i][i] = -(arb(c1) + arb(c2)) / 2
        if c1:  # from the first cavity into the second
            m[number[(m1, c1 - 1, m2, c2 + 1)]][i] = -arb(c1 * (c2 + 1)).sqrt()
        if c1 and m1 < n:
            j = number[(m1 + 1, c1 - 1, m2, c2)]
            m[i][j] = m[j][i] = acb(0, -1) * g * arb(c1 * (m1 + 1) * (n - m1)).sqrt()
        if c2 and m2 < n:
            j = number[(m1, c1, m2 + 1, c2 - 1)]
            m[i][j] = m[j][i] = acb(0, -1) * g * arb(c2 * (m2 + 1) * (n - m2)).sqrt()
    return m, number[(k, 0, 0, 0)], number[(0, 0, k, 0)]


class TwoPerNode:
    """The master equation of two qubits and a cavity per node, with up to two excitations."""

    def __init__(self, g):
        # a_1, two qubits, a_2, two qubits; the cavities hold up to two quanta.
        sizes = (3, 2, 2, 3, 2, 2)
        kept = [s for s in product(*map(range, sizes)) if sum(s) <= 2]
        number = {s: i for i, s in enumerate(kept)}
        lower = [np.zeros((len(kept),) * 2) for _ in sizes]
        for s, i in number.items():
            for p, held in enumerate(s):
                if held:
                    to = number[(*s[:p], held - 1, *s[p + 1 :])]
                    lower[p][to, i] = np.sqrt(held)
        a1, a2 = lower[0], lower[3]
        h = sum(g * lower[c].T @ lower[c + q] for c in (0, 3) for q in (1, 2))
        h = (h + h.T).astype(complex)
        hop = a2.T @ a1
        h += -0.5j * (hop - hop.T)
        jump = a1 + a2
        effective, one = sparse.csr_array(-1j * h - 0.5 * jump.T @ jump), sparse.eye_array(len(h))
        self.generator = sparse.kron(effective, one) + sparse.kron(one, effective.conj())
        self.generator = sparse.csr_array(self.generator + sparse.kron(jump, jump))
        self.number = number

    def fidelity(self, psi, t):
        """<psi|rho_2|psi> of the qubits of node 2 at a time, those of node 1 starting in psi."""
        start = np.zeros(len(self.number), complex)
        for q in product((0, 1), repeat=2):
            start[self.number[(0, *q, 0, 0, 0)]] = psi[2 * q[0] + q[1]]
        rho = expm_multiply(self.generator * t, np.outer(start, start.conj()).ravel())
        rho = rho.reshape(len(start), -1)
        found = 0.0
        for s, i in self.number.items():
            for r, j in self.number.items():
                if s[:4] == r[:4]:
                    found += psi[2 * s[4] + s[5]].conjugate() * rho[i, j] * psi[2 * r[4] + r[5]]
        return float(np.real(found))
