"""What THERMAL says by equations (Secs. II C, IV B, App. B, C), for reference_thermal.json.

With the operators of the package's networks; gamma = 1. The other route is
`thermal_equation_routes`, which writes them out.
"""

import numpy as np
from scipy.linalg import solve_sylvester
from scipy.special import eval_genlaguerre, exp1, expi, gammaln
from thermal_claims_model import link, solved

import thermalent as te
from thermalent import analytic
from thermalent.networks.liouvillian import emitter_liouvillian, lowering_operators
from thermalent.operators.superoperators import dense

SINGLET = np.array([0, 1, -1, 0]) / np.sqrt(2)
TRIPLET = np.array([0, 1, 1, 0]) / np.sqrt(2)


def qubit_operators(network):
    """L_q and L_+, L_- of a link, on row-major vectors."""
    lower = [dense(o) for o in lowering_operators(network)]
    down, one = sum(lower), np.eye(2 ** len(lower))
    root = np.sqrt(network.decay[0, 0].real)

    def bracket(x):  # rho -> [rho, x]
        return np.kron(one, x.T) - np.kron(x, one)

    return dense(emitter_liouvillian(network)), root * bracket(down.T), -root * bracket(down)


# Secs. II C and IV B


def polar_noise():
    """[drift and noise of r, noise of theta] of Eqs. (35), (36), r = 2, n_th = 9, kappa = 0.1."""
    r, n_th, kappa = 2.0, 9.0, 0.1
    noise = np.sqrt(kappa * n_th / 2)
    return [-kappa * r + kappa * n_th / (4 * r), noise, noise / r]


def dephasing_rate():
    """Rate of D[S^z] in Eq. (38) over kappa at r_0^2 = n_th/2, n_th = 10, 1e4."""
    return [kappa * n / (8 * n / 2) / kappa for n, kappa in ((10.0, 0.1), (1e4, 0.01))]


def eigenfunctions():
    """Eigenvalues over kappa of Eq. (40) for (n, m) = (0, 1), (1, 0), (1, -2), (2, 1).

    By Eq. (13) in polar coordinates, on P_ss phi at one radius; n_th = 5.
    """
    n_th, r, h = 5.0, 1.3, 1e-3
    found = []
    for n, m in ((0, 1), (1, 0), (1, -2), (2, 1)):
        radii = r + h * np.arange(-2, 3)
        x = 2 * radii**2 / n_th
        norm = np.exp((gammaln(n + 1) - gammaln(n + abs(m) + 1)) / 2)
        p = np.exp(-x) * norm * x ** (abs(m) / 2) * eval_genlaguerre(n, abs(m), x)
        first = np.dot([1, -8, 0, 8, -1], p) / (12 * h)
        second = np.dot([-1, 16, -30, 16, -1], p) / (12 * h * h)
        laplace = second + first / r - m**2 / r**2 * p[2]
        # d_alpha alpha + c.c. is 2 + r d_r, and d_alpha d_alpha* a quarter of the Laplacian.
        found.append(-(2 * p[2] + r * first + n_th / 4 * laplace) / p[2])
    return found


def time_local():
    """[C of the time-local equation of second order, exact] at n_th = 100, 640, 1e4, kappa = 0.01.

    L_q + (n_th/2) (L_+ K_- + L_- K_+) with K = the integral of exp(-kappa t) L_(-t), in the
    interaction picture of H_casc: kappa K - [-i [H_casc, .], K] = L.
    """
    found = []
    for n_th in (100.0, 640.0, 1e4):
        l_q, plus, minus = qubit_operators(link(n_th, 0.01))
        s1, s2 = (dense(o) for o in lowering_operators(link(n_th, 0.01)))
        h, one = 0.5j * (s1.T @ s2 - s1 @ s2.T), np.eye(4)
        turn = -1j * (np.kron(h, one) - np.kron(one, h.T))
        before = [solve_sylvester(0.01 * np.eye(16) - turn, turn, x) for x in (plus, minus)]
        generator = l_q + n_th / 2 * (plus @ before[1] + minus @ before[0])
        generator[0] = np.eye(4).ravel()
        state = np.linalg.solve(generator, np.eye(16)[0]).reshape(4, 4)
        found += [float(te.concurrence(state)), float(solved(n_th, 0.01).concurrence())]
    return found


# Appendix B 1


def hierarchy_by_fock():
    """Populations at n_th = 3, kappa = 0.2 without the hierarchy: in number states."""
    found = te.steady_state(link(3.0, 0.2), te.Fock(tolerance=1e-10)).populations()
    return [found[name] for name in ("00", "S", "T", "11")]


def powers():
    """Largest element of L_+^3 / kappa^(3/2): [any, on elements between equal numbers]."""
    _, plus, _ = qubit_operators(link(1.0, 0.3))
    cube = np.linalg.matrix_power(plus, 3) / 0.3**1.5
    numbers = np.array([0, 1, 1, 2])
    equal = (numbers[:, None] == numbers[None, :]).ravel()
    return [np.max(np.abs(cube)), np.max(np.abs(cube[:, equal]))]


def printed_fraction(n_th, kappa, network, *, behind, depth):
    """mu^{0,0} of Eqs. (B6) to (B13), normalised; `behind` says what stands behind in (B11)."""
    l_q, plus, minus = qubit_operators(network)
    size, one, h = len(l_q), np.eye(len(l_q)), n_th / 2

    def p(sign, n, x):  # Eq. (B11)
        first, last = (plus, minus) if sign > 0 else (minus, plus)
        last = last if behind == "other" else first
        shift = kappa * (2 * n + x)
        if shift == 0:  # multiplied by n = 0
            return np.zeros_like(l_q)
        return h * first @ np.linalg.solve(shift * one - l_q, last)

    def blocks(n):
        root, zero = np.sqrt(h), np.zeros_like(l_q)
        up = root * np.sqrt(n + 1)
        a = [
            kappa * (2 * n + 1) * one - l_q - (n + 2) * p(s, n, 2) - n * p(s, n, 0) for s in (1, -1)
        ]
        centre = -np.block(
            [
                [l_q - 2 * n * kappa * one, up * plus, up * minus],
                [up * minus, -a[0], zero],
                [up * plus, zero, -a[1]],
            ]
        )
        low = np.sqrt(n + 1)
        before = np.sqrt(n) * np.block(
            [
                [zero, root * plus, root * minus],
                [zero, low * p(1, n, 0), zero],
                [zero, zero, low * p(-1, n, 0)],
            ]
        )
        high = np.sqrt(n + 2)
        after = np.sqrt(n + 1) * np.block(
            [
                [zero, zero, zero],
                [root * minus, high * p(1, n, 2), zero],
                [root * plus, zero, high * p(-1, n, 2)],
            ]
        )
        return centre, before, after

    tiers = [blocks(n) for n in range(depth + 1)]
    k = np.zeros((3 * size, 3 * size))
    for (_, _, c), (a, b, _) in zip(tiers[-2::-1], tiers[:0:-1], strict=True):
        k = c @ np.linalg.solve(-a - k, b)
    matrix = tiers[0][0] + k
    d = round(np.sqrt(size))
    matrix[0] = 0
    matrix[0, : size : d + 1] = 1
    return np.linalg.solve(matrix, np.eye(3 * size)[0])[:size].reshape(d, d)


def matrix_fraction():
    """[Least population as printed; C with L_+ ... L_- in (B11)], n_th = 20, kappa = 0.05."""
    network = link(20.0, 0.05)
    printed, meant = (
        printed_fraction(20.0, 0.05, network, behind=behind, depth=30)
        for behind in ("same", "other")
    )
    return [np.linalg.eigvalsh(printed)[0], float(te.concurrence(meant))]


def lowest_order_and_bourret():
    """Largest difference of A_0 sigma^0 = 0 from the Bourret state: [two qubits, one]."""
    found = []
    for qubits in (2, 1):
        network = te.thermal_link(20.0, 0.05, qubits=qubits)
        lowest = printed_fraction(20.0, 0.05, network, behind="other", depth=0)
        bourret = te.steady_state(network, te.Bourret()).state
        found.append(np.max(np.abs(lowest - bourret)))
    return found


# Appendix B 2 and 3


def decoupled():
    """[rho_S, rho_T] of (B20) to (B23) with E_n = 0, and of (B24), (B25)."""
    lowest = analytic.three_level_lowest_order(0.7, 1e-3)
    return [
        lowest.singlet,
        lowest.triplet,
        analytic.singlet_population(0.7, 1e-3),
        analytic.triplet_population(0.7, 1e-3),
    ]


def twice_c1():
    """F_1 at Phi = 0.7, kappa = 0.03 [with c_1 twice as in (B28), with it once]."""
    x, shifted = 8 * 0.7, 1 + 24 * 0.03 * 0.7
    tail = analytic.fraction_f2(0.7, 0.03)  # c_0/(a_1 - ...)
    below = x / tail  # a_1 - c_1 b_2/(a_2 - ...)
    doubled = shifted + 3 * x - 2 * x * (shifted + 3 * x - below)
    return [1 / (shifted + x - x * x / doubled), analytic.fraction_f1(0.7, 0.03)]


def coefficients(first, last, terms):
    """p_n/x^n of Eq. (B34), or of (B39) one index later: (n + 2) p_{n+2} = ...

    Args:
        first: Index of the first equation: 0 for (B34), 1 for (B39).
        last: p_0 and p_1/x.
        terms: How many.
    """
    found, ratio = list(last), SHIFTED / X
    for k in range(first, first + terms - 2):
        found.append(((ratio + 2 * k + 3) * found[-1] - (k + 1) * found[-2]) / (k + 2))
    return np.array(found)


X, SHIFTED = 8 * 0.7, 1 + 24 * 0.03 * 0.7  # x and gamma' at Phi = 0.7, kappa = 0.03


def limit_of_continuants():
    """P_n/Q_n of Eqs. (B31), (B33) over F_1 at n = 10, 100, 1000."""
    p = coefficients(0, (0.0, 1 / X), 1001)
    q = coefficients(0, (1.0, (SHIFTED + X) / X), 1001)
    return [p[n] / q[n] / analytic.fraction_f1(0.7, 0.03) for n in (10, 100, 1000)]


def generating_functions():
    """p(z) at x z = 1/2 by the coefficients: of F_1, (B34), and of F_2, (B39)."""
    powers = 0.5 ** np.arange(200)
    return [coefficients(0, (0.0, 1 / X), 200) @ powers, coefficients(1, (0.0, 0.5), 200) @ powers]


def formal_solution():
    """p(z) at x z = 1/2 over that of (B34): [(B36), with - Gamma[0, gamma'/(x (1 - x z))]]."""
    ratio, xz = SHIFTED / X, 0.5
    front = np.exp(ratio * xz / (1 - xz)) / (X * (1 - xz)) * np.exp(ratio)
    far = ratio / (1 - xz)
    # Gamma[0, -y] is -Ei(y), but for a phase of pi.
    found = [front * (exp1(ratio) - expi(far)), front * (exp1(ratio) - exp1(far))]
    return found / generating_functions()[0]


# Appendix C, and single sentences


def phase_space_terms():
    """Largest difference of the moments by (C2) and by (C3) to (C5); k_0 z = 1.3, kappa = 0.3.

    The mode in |beta>, whose P-function is a delta, so that derivatives act on the moments.
    """
    network = te.phononic_link(1.0, 0.3, positions=(1.3, 2.0))
    beta, m = 0.7 - 0.4j, np.array([[0.6, 0.2 - 0.1j], [0.2 + 0.3j, 0.4]])
    return moments_apart(network.exchange[0, 1].real, network.decay[0, 1].real, beta, m)


def moments_apart(j, gamma, beta, m, size=30):
    """Largest difference of <a^+k a^l> over k, l <= 2, as operators on the qubit."""
    ladder, s = np.diag(np.sqrt(np.arange(1.0, size)), 1), np.array([[0, 1], [0, 0]])
    n = np.arange(size)
    ket = np.exp(-(abs(beta) ** 2) / 2) * beta**n / np.exp(gammaln(n + 1) / 2)
    rho = np.kron(np.outer(ket, ket.conj()), m)
    a, q = np.kron(ladder, np.eye(2)), np.kron(np.eye(size), s)
    h = j * (a.T @ q + q.T @ a)
    change = -1j * (h @ rho - rho @ h)
    for x, y in ((a, q), (q, a)):
        square = y.T @ x
        change = change + gamma * (x @ rho @ y.T - (square @ rho + rho @ square) / 2)
    down, up = s, s.T
    alpha, star = beta, np.conj(beta)
    worst = 0.0
    for k in range(3):
        for l in range(3):
            weight = np.linalg.matrix_power(ladder.T, k) @ np.linalg.matrix_power(ladder, l)
            left = np.einsum("ji,iajb->ab", weight, change.reshape(size, 2, size, 2))
            # The integrals of alpha^k* alpha^l times delta, and its derivatives by alpha, alpha*.
            here = star**k * alpha**l
            by_alpha = -l * star**k * alpha ** max(l - 1, 0)
            by_star = -k * star ** max(k - 1, 0) * alpha**l
            sum_, difference = star * down + alpha * up, star * down - alpha * up
            c4 = here * (sum_ @ m - m @ sum_) - by_alpha * down @ m + by_star * m @ up
            c5 = here * (difference @ m - m @ difference) + by_star * m @ up + by_alpha * down @ m
            worst = max(worst, np.max(np.abs(left - (-1j * j * c4 + gamma / 2 * c5))))
    return worst


def own_decay():
    """Rates of the cavity and two qubits at k_0 z = 0.4, 1.3 over (kappa, gamma, gamma)."""
    decay = te.phononic_link(1.0, 0.3, positions=(0.4, 1.3)).decay
    return np.diag(decay).real / [0.3, 1.0, 1.0]


def flip_flop():
    """[<T|H_dip|T> - <S|H_dip|S>, |<T|H_dip|S>|] at k_0 z = 1.3, 4.4."""
    exchange = te.phononic_link(1.0, 0.3, positions=(1.3, 4.4)).exchange[1, 2]
    h = np.zeros((4, 4), dtype=complex)
    h[1, 2], h[2, 1] = exchange, np.conj(exchange)
    split = (TRIPLET @ h @ TRIPLET - SINGLET @ h @ SINGLET).real
    return [split, abs(TRIPLET @ h @ SINGLET)]


def level_scheme():
    """[|S^+ S>|, |<T|H_casc|S>|, |<T|H|S>| of detunings +-0.4]."""
    network = link(1.0, 0.3)
    s1, s2 = (dense(o) for o in lowering_operators(network))
    casc = 0.5j * (s1.T @ s2 - s1 @ s2.T)
    opposite = 0.4 * (s1.T @ s1 - s2.T @ s2)
    return [
        np.linalg.norm((s1 + s2).T @ SINGLET),
        abs(TRIPLET @ casc @ SINGLET),
        abs(TRIPLET @ opposite @ SINGLET),
    ]


def base_temperature():
    """n at 50 mK and 5 GHz."""
    return te.hardware.thermal_occupation("50mK", "5GHz")


def purity_at_the_optimum():
    """Purity of the qubits at n_th = 5.2e4, kappa = 1e-3."""
    return float(solved(5.2e4, 1e-3).purity())


def levels_needed():
    """Number states that hold all but 1e-6 of the mode, n_th = 10, 1e3, 1e5."""
    return [np.ceil(np.log(1e6) / np.log1p(2 / n)) for n in (10.0, 1e3, 1e5)]


CLAIMS = {
    "Eqs. (35), (36)": polar_noise,
    "Eq. (38), rate": dephasing_rate,
    "time-local": time_local,
    "Eqs. (39), (40)": eigenfunctions,
    "Eqs. (B3), (B4)": hierarchy_by_fock,
    "m = 0, 1, 2": powers,
    "Eqs. (B5) to (B13)": matrix_fraction,
    "K = 0": lowest_order_and_bourret,
    "Eqs. (B24), (B25)": decoupled,
    "Eqs. (B27), (B28)": twice_c1,
    "Eqs. (B31) to (B34)": limit_of_continuants,
    "Eqs. (B35), (B40)": generating_functions,
    "Eq. (B36)": formal_solution,
    "Eqs. (C3) to (C5)": phase_space_terms,
    "Eq. (C2), rates": own_decay,
    "Eq. (53), levels": flip_flop,
    "Fig. 2(a)": level_scheme,
    "base temperature": base_temperature,
    "almost pure": purity_at_the_optimum,
    "number states": levels_needed,
}
