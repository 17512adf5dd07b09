"""The rows of `thermal_claims_equations` by another route: no code of the package."""

import mpmath
import numpy as np
import thermal_by_hand as hand
from scipy import constants, sparse
from scipy.integrate import solve_ivp
from scipy.sparse.linalg import spsolve
from scipy.special import eval_genlaguerre, exp1, gammaln
from thermal_driving_routes import lowest_order_recurrence, scalar_recurrences
from thermal_model_routes import FORMULA, HIERARCHY, MATRICES, RECURRENCE

ITO = "Ito's lemma for the complex amplitude, by differences"
GAUSS = "averages over the Gaussian process, by quadrature"
SUM = "the sum over coherent states on a grid"
ODE = "the differential equation as printed, integrated"
LEVELS = "the thermal distribution summed up"


def polar_noise():
    """Of |alpha| and arg alpha under Eq. (14), whose real parts have the noise kappa n_th/2."""
    at, n_th, kappa, h = 2.0, 9.0, 0.1, 1e-3

    def slopes(f):
        ahead = [f(at + k * h) for k in (-2, -1, 0, 1, 2)]
        across = [f(at + 1j * k * h) for k in (-2, -1, 0, 1, 2)]
        first = [np.dot([1, -8, 0, 8, -1], x) / (12 * h) for x in (ahead, across)]
        second = [np.dot([-1, 16, -30, 16, -1], x) / (12 * h * h) for x in (ahead, across)]
        return first, sum(second)

    (ahead, across), bend = slopes(abs)
    (turn_ahead, turn_across), _ = slopes(np.angle)
    spread = np.sqrt(kappa * n_th / 2)
    return [
        -kappa * at * ahead + spread**2 / 2 * bend,
        spread * np.hypot(ahead, across),
        spread * np.hypot(turn_ahead, turn_across),
    ]


def dephasing_rate():
    """From the coherence between |00> and |11>: exp(-2 i theta), which D[S^z] damps at 8."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    found = []
    for n_th, kappa in ((10.0, 0.1), (1e4, 0.01)):
        time, square = 0.1 / kappa, n_th / 2
        angle = np.sqrt(kappa * n_th / (2 * square) * time) * nodes
        left = weights @ np.exp(-2j * angle) / np.sqrt(2 * np.pi)
        found.append(-np.log(left.real) / (8 * kappa * time))
    return found


def eigenfunctions():
    """How phi of Eq. (40) decays under the exact transitions of Eq. (14); kappa t = 0.2."""
    n_th, start, time = 5.0, 1.3 + 0.4j, 0.2
    nodes, weights = np.polynomial.hermite.hermgauss(20)
    spread = np.sqrt(n_th / 2 * (1 - np.exp(-2 * time)))
    later = start * np.exp(-time) + spread * (nodes[:, None] + 1j * nodes[None, :])
    law = np.outer(weights, weights) / np.pi
    found = []
    for n, m in ((0, 1), (1, 0), (1, -2), (2, 1)):

        def phi(alpha, n=n, m=m):
            x = 2 * abs(alpha) ** 2 / n_th
            norm = np.exp((gammaln(n + 1) - gammaln(n + abs(m) + 1)) / 2)
            turn = np.exp(-1j * m * np.angle(alpha))
            return norm * x ** (abs(m) / 2) * turn * eval_genlaguerre(n, abs(m), x)

        found.append(-np.log((np.sum(law * phi(later)) / phi(start)).real) / time)
    return found


def powers():
    plus, _ = hand.drives(hand.COLLECTIVE, 1.0)
    twice = plus @ plus @ plus
    return [np.max(np.abs(twice)), np.max(np.abs(twice[:, hand.charges(hand.NUMBERS) == 0]))]


def matrices_as_printed(n_th=20.0, kappa=0.05, depth=30):
    """The least population of Eq. (B6), with (B7) to (B11) as they stand, as one linear system."""
    l_q, operator = hand.link()
    plus, minus = hand.drives(operator, kappa)
    one, root = np.eye(16), np.sqrt(n_th / 2)

    def p(ladder, n, x):
        rate = kappa * (2 * n + x)
        return n_th / 2 * ladder @ np.linalg.inv(rate * one - l_q) @ ladder if rate else 0 * l_q

    rows = [[None] * (3 * depth + 3) for _ in range(3 * depth + 3)]

    def put(n, i, k, j, block):
        if 0 <= k <= depth:
            rows[3 * n + i][3 * k + j] = sparse.csr_array(block)

    for n in range(depth + 1):
        put(n, 0, n, 0, 2 * n * kappa * one - l_q)
        for i, (away, back) in ((1, (plus, minus)), (2, (minus, plus))):
            put(n, 0, n, i, -root * np.sqrt(n + 1) * away)
            put(n, 0, n - 1, i, root * np.sqrt(n) * away)
            put(n, i, n, 0, -root * np.sqrt(n + 1) * back)
            put(n, i, n + 1, 0, root * np.sqrt(n + 1) * back)
            shifted = kappa * (2 * n + 1) * one - l_q - (n + 2) * p(away, n, 2) - n * p(away, n, 0)
            put(n, i, n, i, shifted)
            put(n, i, n - 1, i, np.sqrt(n * (n + 1)) * p(away, n, 0))
            put(n, i, n + 1, i, np.sqrt((n + 1) * (n + 2)) * p(away, n, 2))
    matrix = sparse.lil_array(sparse.block_array(rows))
    matrix[[0], :] = 0
    matrix[0, [0, 5, 10, 15]] = 1
    source = np.zeros(matrix.shape[0], dtype=complex)
    source[0] = 1
    return np.linalg.eigvalsh(spsolve(sparse.csc_array(matrix), source)[:16].reshape(4, 4))[0]


def lowest_tier_and_bourret():
    """The equations (B3), (B4) of n = 0 alone, with all m."""
    found = []
    lower = hand.LOWER
    for parts, numbers in (
        (hand.link(), hand.NUMBERS),
        ((hand.dissipator(lower).astype(complex), lower), np.array([0, 1])),
    ):
        lowest = hand.steady_of(20.0, 0.05, parts, numbers=numbers, tiers=0)
        generator, operator = parts
        plus, minus = hand.drives(operator, 0.05)
        inverse = np.linalg.inv(0.05 * np.eye(len(generator)) - generator)
        noise = 10.0 * (plus @ inverse @ minus + minus @ inverse @ plus)
        found.append(np.max(np.abs(lowest - hand.null_state(generator + noise))))
    return found


def time_local():
    """C of the time-local equation of second order, by the eigenvectors of H_casc."""
    found = []
    flip = 0.5j * (hand.S1.T @ hand.S2 - hand.S2.T @ hand.S1)
    values, kets = np.linalg.eig(-1j * hand.commutator(flip))
    for n_th in (100.0, 640.0, 1e4):
        generator, operator = hand.link()
        ladders = hand.drives(operator, 0.01)
        apart = 0.01 - (values[:, None] - values[None, :])
        before = [
            kets @ (np.linalg.solve(kets, x @ kets) / apart) @ np.linalg.inv(kets) for x in ladders
        ]
        noise = n_th / 2 * (ladders[0] @ before[1] + ladders[1] @ before[0])
        found += [
            hand.concurrence(hand.null_state(generator + noise)),
            hand.concurrence(hand.steady(n_th, 0.01)),
        ]
    return found


X, SHIFTED = 8 * 0.7, 1 + 24 * 0.7 * 0.03


def twice_c1(terms=20000):
    """(B28) from far down, c_1 once more in front of c_1 b_2, and not."""
    found = []
    for doubled in (True, False):
        below = 0.0
        for n in range(terms, 0, -1):
            factor = X * 2 if doubled and n == 2 else 1.0
            below = X**2 * n**2 * factor / (SHIFTED + X * (2 * n + 1) - below)
        found.append(1 / (SHIFTED + X - below))
    return found


def approximants():
    """The fraction (B28) cut after n terms, over its value (B37)."""
    closed = np.exp(SHIFTED / X) * exp1(SHIFTED / X) / X
    found = []
    for count in (10, 100, 1000):
        below = 0.0
        for n in range(count - 1, 0, -1):
            below = X**2 * n**2 / (SHIFTED + X * (2 * n + 1) - below)
        found.append(1 / (SHIFTED + X - below) / closed)
    return found


def integrated():
    """p(1/(2 x)) by Eqs. (B35) and (B40)."""
    a, b = SHIFTED + X, SHIFTED + 3 * X

    def first(z, p):  # p_0 = 0, p_1 = 1
        return (p * (a - X**2 * z) + 1) / (1 - X * z) ** 2

    def second(z, p):  # p_0 = 0, 2 p_1 = x
        return (p * (z * b - 2 * X**2 * z**2 - 1) + X * z) / (z * (1 - X * z) ** 2)

    z = 1e-4 / X
    p2 = (SHIFTED + 5 * X) * (X / 2) / 3
    p3 = ((SHIFTED + 7 * X) * p2 - 3 * X**2 * (X / 2)) / 4
    found = []
    for slope, here, start in ((first, 0.0, 0.0), (second, z, X / 2 * z + p2 * z**2 + p3 * z**3)):
        path = solve_ivp(slope, (here, 0.5 / X), [start], method="DOP853", rtol=1e-12, atol=1e-14)
        found.append(path.y[0, -1])
    return found


def formal_solution():
    """Eq. (B36) with mpmath's incomplete gamma function of a negative argument, its real part."""
    ratio = mpmath.mpf(SHIFTED) / X
    front = mpmath.exp(ratio) * mpmath.exp(ratio) / (X * mpmath.mpf("0.5"))
    printed = mpmath.gammainc(0, ratio) + mpmath.re(mpmath.gammainc(0, -2 * ratio))
    meant = mpmath.gammainc(0, ratio) - mpmath.gammainc(0, 2 * ratio)
    return [float(front * x) / integrated()[0] for x in (printed, meant)]


def phase_space_terms(size=26):
    """(C4), (C5) for a displaced Gaussian P-function, as a state of the mode; against (C2)."""
    z, kappa, width, centre = 1.3, 0.3, 0.5, 0.4 - 0.3j
    m = np.array([[0.6, 0.2 - 0.1j], [0.2 + 0.3j, 0.4]])
    j, gamma = np.sqrt(kappa) * np.sin(z) / 2, np.sqrt(kappa) * np.cos(z)
    line = np.linspace(-4.0, 4.0, 81)
    alpha = (centre + line[:, None] + 1j * line[None, :]).ravel()
    p = np.exp(-(abs(alpha - centre) ** 2) / width) / (np.pi * width) * (line[1] - line[0]) ** 2
    by_alpha, by_star = (-p * x / width for x in ((alpha - centre).conj(), alpha - centre))
    n = np.arange(size)
    kets = np.exp(-(abs(alpha) ** 2) / 2 - gammaln(n + 1)[:, None] / 2) * alpha ** n[:, None]

    def mode(weight):
        return (kets * weight) @ kets.conj().T

    down, up = hand.LOWER, hand.LOWER.T
    star, same = mode(alpha.conj() * p), mode(alpha * p)

    def terms(sign):
        """[alpha* sigma^- +- alpha sigma^+, mu]."""
        left = np.kron(star, down @ m) + sign * np.kron(same, up @ m)
        return left - np.kron(star, m @ down) - sign * np.kron(same, m @ up)

    first, second = np.kron(mode(by_alpha), down @ m), np.kron(mode(by_star), m @ up)
    printed = -1j * j * (terms(1) - first + second) + gamma / 2 * (terms(-1) + first + second)
    rho = np.kron(mode(p), m)
    a = np.kron(np.diag(np.sqrt(np.arange(1.0, size)), 1), np.eye(2))
    q = np.kron(np.eye(size), down)
    h = j * (a.T @ q + q.T @ a) - 0.5j * gamma * (a.T @ q + q.T @ a)
    direct = -1j * (h @ rho - rho @ h.conj().T) + gamma * (a @ rho @ q.T + q @ rho @ a.T)
    inside = 2 * (size - 8)  # the last number states feel the cut
    return np.max(np.abs((direct - printed)[:inside, :inside]))


def levels_needed():
    found = []
    for n_th in (10, 1000, 100000):
        ratio = n_th / (n_th + 2)
        weights = (1 - ratio) * np.cumprod(np.full(20 * n_th, ratio)) / ratio
        found.append(int(np.argmax(1 - np.cumsum(weights) <= 1e-6)) + 1)
    return found


ROUTES = {
    "Eqs. (35), (36)": (ITO, polar_noise),
    "Eq. (38), rate": (GAUSS, dephasing_rate),
    "Eqs. (39), (40)": (GAUSS, eigenfunctions),
    "Eqs. (B3), (B4)": (HIERARCHY, lambda: hand.populations(hand.steady(3.0, 0.2))),
    "m = 0, 1, 2": (MATRICES, powers),
    "Eqs. (B5) to (B13)": (
        HIERARCHY,
        lambda: [matrices_as_printed(), hand.concurrence(hand.steady(20.0, 0.05))],
    ),
    "K = 0": (HIERARCHY, lowest_tier_and_bourret),
    "time-local": (MATRICES, time_local),
    "Eqs. (B24), (B25)": (
        RECURRENCE,
        lambda: [*lowest_order_recurrence(1400.0, 1e-3), *scalar_recurrences(0.7, 1e-3)],
    ),
    "Eqs. (B27), (B28)": (RECURRENCE, twice_c1),
    "Eqs. (B31) to (B34)": (RECURRENCE, approximants),
    "Eqs. (B35), (B40)": (ODE, integrated),
    "Eq. (B36)": (ODE, formal_solution),
    "Eqs. (C3) to (C5)": (SUM, phase_space_terms),
    "Eq. (C2), rates": (FORMULA, lambda: [1.0, np.cos(0.4) ** 2, np.cos(1.3) ** 2]),
    "Eq. (53), levels": (FORMULA, lambda: [(np.sin(5.7) + np.sin(3.1)) / 2, 0.0]),
    "Fig. 2(a)": (FORMULA, lambda: [0.0, 0.5, 0.4]),
    "base temperature": (
        FORMULA,
        lambda: 1 / np.expm1(constants.h * 5e9 / (constants.k * 0.05)),
    ),
    "almost pure": (HIERARCHY, lambda: np.sum(hand.populations(hand.steady(5.2e4, 1e-3)) ** 2)),
    "number states": (LEVELS, levels_needed),
}
