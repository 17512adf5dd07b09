"""The rows of `equation_claims` by another route."""

import numpy as np
import ring_transport_routes
from dual_rail_routes import lowering

import thermalent as te

AMPLITUDES = "exponentials of the amplitudes in 256 bits"
CLOSED = "a closed form"
ALGEBRA = "the matrices written out"
TIMES = "te.purity_time"
ONE = np.eye(4)


def before(x):
    """rho to x rho, on row-major vectors."""
    return np.kron(x, ONE)


def behind(x):
    """rho to rho x."""
    return np.kron(ONE, x.T)


def dissipator(o):
    n = o.conj().T @ o
    return np.kron(o, o.conj()) - (before(n) + behind(n)) / 2


def collective(right, left, turn):
    """TRANSPORT (1), (2) and GENERATION (3): jumps of both directions and what is coherent."""
    a, b = (
        np.kron(x, y) for x, y in (([[0, 1], [0, 0]], np.eye(2)), (np.eye(2), [[0, 1], [0, 0]]))
    )
    t = np.exp(1j * turn)
    hop_left, hop_right = t * a.T @ b, t * b.T @ a
    h = -0.5j * left * (hop_left - hop_left.conj().T)
    h = h - 0.5j * right * (hop_right - hop_right.conj().T)
    whole = -1j * (before(h) - behind(h))
    whole = whole + left * dissipator(a + t * b) + right * dissipator(a + b / t)
    return whole, h, a, b


def master_equation_a10():
    """As sums of products: the matrix of [x, rho y] is (x - .) (. y)."""
    exact, _, *a = collective(1.0, 0.3, 0.7)
    found = []
    for pairs in ([(1, 0, 1.3)], [(1, 0, 1.0), (0, 1, 0.3)]):
        whole = 0
        for x in a:
            inner = (before(x) - behind(x)) @ behind(x.T), (before(x.T) - behind(x.T)) @ before(x)
            whole = whole + 1.3 / 2 * (inner[0] - inner[1])
        for j, l, rate in pairs:
            t = np.exp(0.7j)
            up = before(a[j].T) - behind(a[j].T)
            down = before(a[j]) - behind(a[j])
            whole = whole + rate * (down @ behind(a[l].T) / t - t * up @ before(a[l]))
        found.append(np.max(np.abs(whole - exact)))
    return found


def master_equations_1_and_4():
    """-i H_eff of (3), its jumps left out, against (4)."""
    _, h, a, b = collective(1.0, 0.3, 0.7)
    t = np.exp(0.7j)
    jumps = ((0.3, a + t * b), (1.0, a + b / t))
    no_jump = h - 0.5j * sum(rate * o.conj().T @ o for rate, o in jumps)
    printed = -0.3j * t * a.T @ b - 1j * t * b.T @ a - 0.65j * (a.T @ a + b.T @ b)
    whole, _, a, b = collective(1.0, 0.3, 0.7)
    equation_1 = 1.3 * (dissipator(a) + dissipator(b))
    for x, y, rate in ((b, a, 1.0), (a, b, 0.3)):
        turned = (before(x) - behind(x)) @ behind(y.T) / t
        other = t * (behind(x.T) - before(x.T)) @ before(y)
        equation_1 = equation_1 + rate * (turned + other)
    return [np.max(np.abs(equation_1 - whole)), np.max(np.abs(no_jump - printed))]


def first_node():
    """exp(-t/4) [cos(kt/4) + sin(kt/4)/k] = 0 with k^2 = 16 g^2 - 1, two qubits: g = 0.3 sqrt2."""
    k = np.sqrt(16 * 2 * 0.3**2 - 1)
    return [0.0, 4 * (np.pi - np.arctan(k)) / k]


def jumps_stay():
    lower = [x.toarray() for x in lowering(3)]
    a, b = sum(lower[0::2]), sum(lower[1::2])
    up, down = (lower[1].T, lower[3].T), (lower[1], lower[3])
    numbers = [x @ y for x, y in zip(up, down, strict=True)]
    apart = numbers[0] + numbers[1] - 2 * numbers[0] @ numbers[1]
    swap = np.eye(64) - apart + up[0] @ down[1] + up[1] @ down[0]
    theta = np.arctan(0.9 + 0.2)
    u = np.cos(theta) * np.eye(64) - 1j * np.sin(theta) * swap
    jumps = [np.cosh(0.8) * x - np.sinh(0.8) * y.T for x, y in ((a, b), (b, a))]
    return max(np.max(np.abs(u @ jump @ u.conj().T - jump)) for jump in jumps)


def purity_times():
    """Of the reversed order, over the number of pairs."""
    networks = [
        te.dual_rail(n, 1.0, detuning=0.2 * np.arange(n), permutation="reverse") for n in (1, 2, 3)
    ]
    return [float(te.purity_time(network)) / n for n, network in enumerate(networks, 1)]


RING = {
    "Eq. (A10)": (ALGEBRA, master_equation_a10),
    "Eqs. (1), (4)": (ALGEBRA, master_equations_1_and_4),
    "first node is empty": (CLOSED, first_node),
    "weak and strong couplings": (
        AMPLITUDES,
        lambda: [
            ring_transport_routes.transported(g, until=until)[0]
            for g, until in ((0.03, 900.0), (0.3, 30.0), (1.0, 30.0))
        ],
    ),
}
DUAL_RAIL = {
    "U J U^+": (ALGEBRA, jumps_stay),
    "at most linear": (TIMES, purity_times),
}
COOPERATIVE = {"Psi_1 to Psi_3": (CLOSED, lambda: [0.0, 0.0, 0.0])}
