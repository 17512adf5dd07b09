"""The numbers of THERMAL by another route than the package's: `thermal_by_hand`.

A function per row of reference_thermal.json, in the order of the paper; no code of the package.
Those that take the package's other exact method stand in `thermal_fock_routes`.
"""

from functools import cache

import numpy as np
import thermal_by_hand as hand
from scipy import constants, sparse
from scipy.linalg import expm, solve_banded
from scipy.optimize import brentq, minimize_scalar
from scipy.sparse.linalg import expm_multiply, splu
from scipy.special import exp1

HIERARCHY = "the hierarchy (B3), (B4) written out"
MASTER = "master equation written out"
FORMULA = "the printed formula"
MATRICES = "the matrices written out"
RECURRENCE = "the printed recurrence solved as it stands"
RADIUS = "a birth-and-death process of the amplitude"


def concurrence(n_th, kappa, **how):
    return hand.concurrence(hand.steady(n_th, kappa, **how))


def peak_near(value, guess, width=0.15):
    """[argmax, maximum] of a function of a positive number: a quartic through five points."""
    x = np.linspace(-width, width, 5)
    fit = np.polynomial.Polynomial.fit(x, [value(guess * np.exp(s)) for s in x], 4)
    slopes = fit.deriv().roots()
    inside = slopes[np.abs(slopes.imag) < 1e-9].real
    best = max(inside[np.abs(inside) <= width], key=fit)
    return [guess * np.exp(best), fit(best)]


# Secs. I to III


def white(n_th):
    """Eq. (17)."""
    generator, drive = hand.link()
    noise = hand.dissipator(drive) + hand.dissipator(drive.conj().T)
    return generator + n_th * noise


def markov_transient():
    found = []
    for n_th in (0.1, 1.0, 10.0):
        times = np.geomspace(0.01, 30, 60) / (1 + 2 * n_th)
        states = [(expm(white(n_th) * t)[:, 0]).reshape(4, 4) for t in times]
        found.append(max(hand.concurrence(rho) for rho in states))
    return found


def filtered_light():
    """Eq. (2) in number states up to 70, its correlations by the regression theorem."""
    n_th, kappa, delay, size = 3.0, 0.4, 1.75, 70
    a = sparse.diags_array(np.sqrt(np.arange(1.0, size)), offsets=1)
    one = sparse.eye_array(size)

    def dissipator(x):
        square = x.T @ x
        return sparse.kron(x, x) - (sparse.kron(square, one) + sparse.kron(one, square)) / 2

    generator = kappa * (n_th + 2) * dissipator(a) + kappa * n_th * dissipator(a.T)
    weights = (n_th / (n_th + 2)) ** np.arange(size)  # of the occupation n_th/2
    rho = np.diag(weights / weights.sum())
    assert np.max(np.abs(generator @ rho.ravel())) < 1e-12
    occupation = np.trace(a.T @ a @ rho)
    later = [
        expm_multiply(generator * delay, start.ravel()).reshape(size, size)
        for start in (a @ rho, a @ rho @ a.T)
    ]
    first, second = np.trace(a.T @ later[0]), np.trace(a.T @ a @ later[1])
    return [kappa * occupation / (kappa * n_th), first / occupation, second / occupation**2]


def triplet_form():
    one_by_one, _ = hand.link(detuning=(0.4, -0.7))
    s1, s2 = hand.S1, hand.S2
    h = 0.5j * (s1.T @ s2 - s1 @ s2.T) + 0.4 * s1.T @ s1 - 0.7 * s2.T @ s2
    return np.max(np.abs(one_by_one + 1j * hand.commutator(h) - hand.dissipator(hand.COLLECTIVE)))


def singlet_decays():
    start = np.outer(hand.SINGLET, hand.SINGLET).ravel()
    states = [(expm(hand.link()[0] * t) @ start).reshape(4, 4) for t in (1.0, 3.0, 10.0)]
    return [hand.populations(rho)[1] for rho in states]


def best_bandwidth(n_th, guess):
    return peak_near(lambda kappa: concurrence(n_th, kappa), guess)


def printed_18(n):
    return np.array([(n + 1) ** 2, n * (n + 1), n * (n + 1), n**2]) / (1 + 2 * n) ** 2


def markov_limit():
    right = hand.null_state(white(0.5))
    return [k * np.max(np.abs(hand.steady(0.5, k) - right)) for k in (1e2, 1e3, 1e4)]


def markov_product():
    state, qubit = hand.null_state(white(2.0)), np.diag([3.0, 2.0]) / 5
    return [np.max(np.abs(state - np.kron(qubit, qubit))), hand.concurrence(state)]


def dark_residual():
    alpha, kappa = 3 - 2j, 0.05
    ket = np.eye(4)[0] + 2 * np.sqrt(2 * kappa) * alpha * hand.SINGLET
    ket = ket / np.sqrt(1 + 8 * kappa * abs(alpha) ** 2)
    s1, s2 = hand.S1, hand.S2
    casc = 0.5j * (s1.T @ s2 - s1 @ s2.T)
    total = s1 + s2
    drive = -1j * np.sqrt(kappa) * (alpha * total.T - np.conj(alpha) * total)
    return [np.linalg.norm(total @ ket), np.linalg.norm((casc + drive) @ ket)]


def formula_22():
    """Against the concurrence of any state, from the spin-flipped one."""
    flip = np.fliplr(np.diag([-1.0, 1.0, 1.0, -1.0]))
    worst = 0.0
    for point in ((1.0, 0.1), (100.0, 0.01), (1e4, 1e-3), (1e5, 0.01)):
        rho = hand.steady(*point)
        values = np.linalg.eigvals(rho @ flip @ rho.conj() @ flip).real
        roots = np.sqrt(np.sort(np.maximum(values, 0))[::-1])
        general = max(0.0, roots[0] - roots[1:].sum())
        worst = max(worst, abs(general - max(0.0, hand.margin(rho))))
    return worst


def weak_and_strong_flux():
    weak = (1 - hand.upsilon(1e-5)) / 8e-5
    return [weak, *(8 * x * hand.upsilon(x) for x in (10.0, 100.0, 1000.0))]


def rabi_turns():
    lower = np.array([[0.0, 1.0], [0.0, 0.0]])
    h = -100j * (lower.T - lower)
    generator = hand.dissipator(lower) - 1j * hand.commutator(h)
    return [(expm(generator * np.pi / 100 * t)[3, 0]).real for t in (0.5, 1.0)]


def one_qubit_overshoot():
    generator, drive = hand.link(gamma=(1.0, 0.0))
    parts = generator + hand.dissipator(hand.S2), drive  # else nothing empties the other qubit
    states = [*hand.evolved(2000.0, 0.01, [0.5], parts), hand.steady_of(2000.0, 0.01, parts)]
    return [(rho[2, 2] + rho[3, 3]).real for rho in states]


# Sec. IV


def quasistatic_error():
    return [(1 - hand.upsilon(n * 5e-4)) / concurrence(n, 1e-3) - 1 for n in (10.0, 100.0, 1000.0)]


@cache
def best_temperature(kappa, guess):
    return peak_near(lambda n: concurrence(n, kappa), guess)


OPTIMA = {0.1: 6.5, 0.01: 640.0, 0.003: 6300.0, 0.001: 5.2e4}


def formula_45(n_th, kappa):
    flux = kappa * n_th / 2
    effective = flux / (1 + 24 * kappa * flux)
    return 1 - hand.upsilon(effective) * (1 + 24 * kappa * flux)


def optimum_of_45():
    found = minimize_scalar(
        lambda x: -formula_45(np.exp(x), 1e-3),
        bounds=(10.0, 13.0),
        method="bounded",
        options={"xatol": 1e-7},
    )
    return [np.exp(found.x), -found.fun]


def error_of_45():
    found = []
    for kappa in (0.01, 0.001):
        star = 1 / (12 * kappa**2)
        occupations = [*np.geomspace(1.0, star, 13), 3 * star]
        errors = [abs(formula_45(n, kappa) - concurrence(n, kappa)) for n in occupations]
        found += [max(errors[:-1]), errors[-1]]
    return found


def doubly_excited():
    found = []
    for n_th in (5.2e4, 1e6 / 12, 1e6):
        ground, _, _, excited = hand.populations(hand.steady(n_th, 1e-3))
        found += [excited, 2 * np.sqrt(ground * excited)]
    return found


def printed_27(flux, k):
    """rho_11, rho_T, rho_S and rho_00 of Eqs. (27) to (30)."""
    f = flux
    return [
        64 * k * f**2 / ((1 + 8 * f) * (9 + 8 * f)),
        8 * k * f / (1 + 8 * f),
        8 * f / (1 + 8 * f)
        - 8 * k * f * (27 + 112 * f + 192 * f**2) / ((1 + 8 * f) ** 2 * (9 + 8 * f)),
        1 / (1 + 8 * f),
    ]


def lowest_order():
    squares, sums = [], []
    for kappa in (1e-3, 1e-4):
        _, singlet, triplet, excited = hand.populations(hand.bourret(2 / kappa, kappa))
        printed = printed_27(1.0, kappa)
        errors = np.abs(np.subtract(printed[:3], [excited, triplet, singlet]))
        squares.append(np.sum(errors) / kappa**2)
        sums.append((sum(printed) - 1) / kappa)
    return [*squares, *sums]


def formula_31(n_th, k):
    f = k * n_th / 2
    return (
        8 * f / (1 + 8 * f)
        - 16 * f * np.sqrt(k) / ((1 + 8 * f) * np.sqrt(9 + 8 * f))
        - 32 * k * f * (3 + 8 * f) ** 2 / ((1 + 8 * f) ** 2 * (9 + 8 * f))
    )


TEMPERATURES = (0.05, 0.5, 2.0, 10.0)


def no_maximum_of_31():
    n_th = np.geomspace(1, 1e7, 400)
    return [np.min(np.diff(formula_31(n_th, k))) for k in (0.01, 0.001)]


def bourret_beyond():
    return [
        x
        for flux in (0.1, 1.0, 10.0)
        for x in (concurrence(200 * flux, 0.01), formula_31(200 * flux, 0.01))
    ]


def phase_alone(n_th, kappa=0.01):
    """C of Eq. (38) at the mean square amplitude, the diagonal of its state."""
    generator, drive = hand.link()
    plus, minus = hand.drives(drive, kappa)
    inversion = np.diag([-2.0, 0.0, 0.0, 2.0])
    total = generator + np.sqrt(n_th / 2) * (plus + minus)
    state = hand.null_state(total + kappa / 4 * hand.dissipator(inversion))
    return max(0.0, hand.margin(state))


@cache
def amplitude_alone(n_th, kappa=0.01, points=1500):
    """Radii r = sqrt(n_th/2) s that hop to their neighbours, with p(s) = 2 s exp(-s^2)."""
    h = 5.5 / points
    s = (np.arange(points) + 0.5) * h
    between = np.arange(1, points) * h
    flow = kappa / 2 * 2 * between * np.exp(-(between**2)) / h**2
    density = 2 * s * np.exp(-(s**2))
    hops = sparse.diags_array([flow / density[:-1], flow / density[1:]], offsets=[-1, 1])
    hops = hops - sparse.diags_array(np.asarray(hops.sum(axis=0)).ravel())
    generator, drive = hand.link()
    plus, minus = hand.drives(drive, kappa)
    matrix = sparse.kron(sparse.eye_array(points), generator)
    matrix = matrix + sparse.kron(
        sparse.diags_array(np.sqrt(n_th / 2) * s), sparse.csr_array(plus + minus)
    )
    matrix = sparse.lil_array(matrix + sparse.kron(hops, sparse.eye_array(16)))
    row = 16 * points - 1  # |11> at the largest radius: its equation follows from the others
    matrix[[row], :] = np.tile(np.eye(4).ravel(), points)[None]
    source = np.zeros(16 * points, dtype=complex)
    source[row] = 1.0
    found = splu(sparse.csc_array(matrix)).solve(source)
    return max(0.0, hand.margin(found.reshape(points, 4, 4).sum(axis=0)))


def what_fluctuates():
    return [
        x
        for n_th in (1e4, 1e5)
        for x in (concurrence(n_th, 0.01), amplitude_alone(n_th), phase_alone(n_th))
    ]


def strong_driving():
    kappa, flux = 1e-3, 40.0
    weight = hand.upsilon(flux / (1 + 24 * kappa * flux))
    better = 1 - (weight * (1 + 3 * kappa) - 3 * kappa) * (1 + 16 * kappa * flux)
    singlet = hand.populations(hand.steady(8e4, kappa))[1]
    return [singlet, better, 1 - weight * (1 + 16 * kappa * flux)]


# Appendices A and B


def appendix_a():
    k, f = 0.1, 1.0
    norm = (1 + 2 * k) * (1 + 2 * k + 8 * f) * ((3 + 2 * k) ** 2 + 8 * f * (1 + 2 * k))
    rest = [
        8 * f * ((1 + k) * (3 + 2 * k) ** 2 + 8 * f * (1 + k**2 + k)),
        8 * k * f * ((3 + 2 * k) ** 2 + 8 * f * (1 + k)),
        64 * k * f**2 * (1 + k),
    ]
    ground = 64 * k * f**2 * (1 + k) + 8 * f * (1 + 2 * k) ** 3
    printed, meant = (ground + (1 + 2 * k) ** 2 * x**2 for x in (5.0, 3 + 2 * k))
    error = np.array([meant, *rest]) / norm - hand.populations(hand.bourret(20.0, k))
    return [(printed + sum(rest)) / norm, np.max(np.abs(error))]


def truncation():
    found = []
    for n_th in (1e2, 1e3, 1e4, 1e5):
        cut = hand.steady_of(n_th, 1e-3, hand.link(), levels=2 * int(np.sqrt(n_th)))
        found.append(abs(hand.concurrence(cut) - concurrence(n_th, 1e-3)))
    return found


def without_11(n_th, kappa):
    """[rho_S, rho_T] with the states |00>, |S>, |T> alone."""
    lower, flip = np.zeros((3, 3)), np.zeros((3, 3), dtype=complex)
    lower[0, 2] = np.sqrt(2)
    flip[2, 1], flip[1, 2] = 0.5j, -0.5j  # H_casc
    generator = hand.dissipator(lower) - 1j * hand.commutator(flip)
    rho = hand.steady_of(n_th, kappa, (generator, lower), numbers=np.array([0, 1, 1]))
    return [rho[1, 1].real, rho[2, 2].real]


def lowest_order_recurrence(n_th, kappa, terms=4000):
    """[rho_S, rho_T] of Eqs. (B20) to (B23) with E_n = 0."""
    flux, n = kappa * n_th / 2, np.arange(terms)
    matrix = sparse.lil_array((2 * terms, 2 * terms))
    for k in n:
        t, s = 2 * k, 2 * k + 1
        matrix[t, t], matrix[t, s] = 1 - 16 * flux * (2 * k + 1), -1 - 8 * flux * (2 * k + 1)
        matrix[s, t], matrix[s, s] = 2 + 32 * flux * kappa, 16 * kappa * flux
        for other, weight in ((k - 1, k), (k + 1, k + 1)):
            if 0 <= other < terms:
                matrix[t, 2 * other] = 16 * flux * weight
                matrix[t, 2 * other + 1] = 8 * flux * weight
    source = np.zeros(2 * terms)
    source[:2] = -8 * flux, 16 * flux * kappa
    source[2:4] = -source[:2]
    triplet, singlet = splu(sparse.csc_array(matrix)).solve(source)[:2]
    return [singlet, triplet]


def fractions(flux, kappa, terms=20000):
    """F_1 and F_2 of Eqs. (B28), (B29) from far down, with b_n c_(n-1) = x^2 n^2."""
    x, shifted, below = 8 * flux, 1 + 24 * kappa * flux, 0.0
    for n in range(terms, 0, -1):
        if n == 1:
            second = x / (shifted + 3 * x - below)
        below = x**2 * n**2 / (shifted + x * (2 * n + 1) - below)
    return [1 / (shifted + x - below), second]


def closed_fractions(flux, kappa):
    """Eqs. (B37) and (B41), which the recurrence must give."""
    u = (1 + 24 * kappa * flux) / (8 * flux)
    first = np.exp(u) * exp1(u) / (8 * flux)
    return [first, 1 + u - np.exp(-u) / exp1(u)]


def scalar_recurrences(flux, kappa, terms=20000):
    """rho_S and rho_T of Eqs. (B24) and (B25)."""
    n = np.arange(terms)
    bands = np.zeros((3, terms))
    bands[0, 1:] = -8 * flux * (n[:-1] + 1)
    bands[1] = 1 + 8 * flux * (2 * n + 1 + 3 * kappa)
    bands[2, :-1] = -8 * flux * n[1:]
    sources = np.zeros((terms, 2))
    sources[0] = 8 * flux * (1 + kappa), 8 * flux * kappa
    sources[1] = -8 * flux * (1 + 3 * kappa + 48 * flux * kappa**2), 3 * (8 * flux * kappa) ** 2
    return solve_banded((1, 1), bands, sources)[0]


# Secs. V, VI and App. C

N_TH, KAPPA = 1220.0, 1e-3


def occupation(temperature, frequency):
    return 1 / np.expm1(constants.h * frequency / (constants.k * temperature))


def over_time():
    states = hand.evolved(N_TH, KAPPA, [1.0, 10.0, 30.0, 100.0])
    return [hand.concurrence(rho) for rho in states]


def decay_48():
    v = np.array([np.sqrt(KAPPA), 1.0, 1.0])
    decay = np.outer(v, v)
    decay[1, 2] = decay[2, 1] = np.sqrt(0.95)
    port = np.diag([KAPPA * (N_TH + 1), 0, 0])
    return [np.min(np.linalg.eigvals(matrix).real) for matrix in (decay, decay + port)]


def couplings_c2(rates, places):
    """J and Gamma of Eq. (C2) at positions k_0 z."""
    root = np.sqrt(np.outer(rates, rates))
    summed = np.add.outer(places, places)
    apart = np.abs(np.subtract.outer(places, places))
    return (
        root * (np.sin(summed) + np.sin(apart)) / 4,
        root * (np.cos(summed) + np.cos(apart)) / 2,
    )


def nodes_of_the_wave():
    rates = np.array([0.3, 1.0, 1.0])
    exchange, decay = couplings_c2(rates, 2 * np.pi * np.arange(3))
    v = np.sqrt(rates)
    return max(np.max(np.abs(exchange)), np.max(np.abs(decay - np.outer(v, v))))


def general_positions():
    exchange, decay = couplings_c2(np.ones(2), np.array([1.3, 4.4]))
    lower, detuning = (hand.S1, hand.S2), (0.2, -0.1)
    h = sum(d * s.T @ s for d, s in zip(detuning, lower, strict=True)).astype(complex)
    generator = np.zeros((16, 16), dtype=complex)
    for j, x in enumerate(lower):
        for l, y in enumerate(lower):
            h += exchange[j, l] * x.T @ y
            generator += decay[j, l] * hand.dissipator(x, y)
    printed, _ = hand.mirror(1.3, 4.4, detuning)
    return np.max(np.abs(generator - 1j * hand.commutator(h) - printed))


def dark_state_50():
    alpha, kappa, delta = 3.0, 0.05, 0.5
    h = delta * (hand.S1.T @ hand.S1 - hand.S2.T @ hand.S2)
    h = h - 0.5j * np.sqrt(kappa) * alpha * (hand.COLLECTIVE.T - hand.COLLECTIVE)
    found = []
    for ground in (1j * delta, 2j * delta):
        ket = ground * np.eye(4)[0] + np.sqrt(2 * kappa) * alpha * hand.SINGLET
        found.append(np.linalg.norm(h @ ket) / np.linalg.norm(ket))
    return found


def at_mirror(n_th, kappa, first, second, detuning, dephasing=0.0):
    generator, drive = hand.mirror(first, second, (detuning, -detuning))
    for s in (hand.S1, hand.S2):
        generator = generator + dephasing / 2 * hand.dissipator(s @ s.T - s.T @ s)
    return hand.concurrence(hand.steady_of(n_th, kappa, (generator, drive)))


def equivalent_detuning():
    cascade = concurrence(5e3, 1e-4)
    return [at_mirror(5e3, 1e-4, 2 * np.pi, 4 * np.pi, d) / cascade for d in (0.5, 0.25)]


def placed():
    places = ((2.0, 4.0), (1.0, 2.0), (1.0, 3.0), (2.1, 4.0), (2.5, 4.0))
    return [at_mirror(2000.0, 0.01, a * np.pi, b * np.pi, 0.5) for a, b in places]


def entropies():
    found = []
    for point in ((1e3, 0.1), (1e3, 1e-2), (1e3, 1e-3), (1e5, 1e-3), (1e2, 1e-3)):
        weights = hand.populations(hand.steady(*point))
        found.append(-np.sum(weights * np.log2(weights)))
    return found


ROUTES = {
    "markov transient": (MASTER, markov_transient),
    "systematic enhancement": (
        HIERARCHY,
        lambda: [concurrence(n, k) for n, k in ((10, 0.1), (1e3, 0.01), (1e5, 0.001), (1e6, 3e-4))],
    ),
    "filtered light": (MASTER, filtered_light),
    "triplet form": (MATRICES, triplet_form),
    "singlet decays": (MASTER, singlet_decays),
    "Fig. 2(c), broad": (HIERARCHY, lambda: [concurrence(n, 1.0) for n in TEMPERATURES]),
    "Fig. 2(c), hotter": (
        HIERARCHY,
        lambda: [
            best_bandwidth(n, k)[1]
            for n, k in ((0.5, 0.085), (2.0, 0.063), (5.0, 0.046), (10.0, 0.035))
        ],
    ),
    "Fig. 2(d), exact": (HIERARCHY, lambda: best_bandwidth(2.0, 0.063)),
    "markov limit": (HIERARCHY, markov_limit),
    "Eq. (18)": (
        MASTER,
        lambda: hand.populations(hand.null_state(white(2.0))) - printed_18(2.0),
    ),
    "markov product": (MASTER, markov_product),
    "Eq. (19)": (MATRICES, dark_residual),
    "Eq. (21)": ("the integral (20)", lambda: [hand.upsilon(x) for x in (0.1, 1.0, 10.0)]),
    "Eq. (22)": ("the concurrence of any state, by eigenvalues", formula_22),
    "Eq. (23), limits": ("the integral (20)", weak_and_strong_flux),
    "Rabi frequency": (MASTER, rabi_turns),
    "Fig. 3(b), overshoot": (HIERARCHY, one_qubit_overshoot),
    "quasistatic error": (HIERARCHY, quasistatic_error),
    "optimal temperature": (
        HIERARCHY,
        lambda: [best_temperature(k, OPTIMA[k])[0] for k in (0.01, 0.003, 0.001)],
    ),
    "optimal concurrence": (
        HIERARCHY,
        lambda: [best_temperature(k, OPTIMA[k])[1] for k in (0.1, 0.01, 0.003, 0.001)],
    ),
    "Eq. (47)": (
        FORMULA,
        lambda: [1 - 2 * hand.upsilon(1 / (48 * k)) for k in (0.1, 0.01, 0.003, 0.001)],
    ),
    "optimum of Eq. (45)": (FORMULA, optimum_of_45),
    "Eq. (45) up to n*": (HIERARCHY, error_of_45),
    "|11>": (HIERARCHY, doubly_excited),
    "Eqs. (27) to (30)": (FORMULA, lowest_order),
    "Eq. (32), Eq. (31)": (
        FORMULA,
        lambda: [
            brentq(lambda k, n=n: formula_31(n, k), 0.1, 0.3, xtol=1e-13) for n in TEMPERATURES
        ],
    ),
    "Eq. (32), exact": (
        HIERARCHY,
        lambda: [
            brentq(lambda k, n=n: hand.margin(hand.steady(n, k)), 0.1, 0.5, xtol=1e-10)
            for n in TEMPERATURES
        ],
    ),
    "Eq. (33)": (
        FORMULA,
        lambda: [formula_31(1e18, 0.01), hand.margin(hand.bourret(2e6, 0.01))],
    ),
    "no maximum of Eq. (31)": (FORMULA, no_maximum_of_31),
    "Bourret beyond weak driving": (HIERARCHY, bourret_beyond),
    "Eq. (38)": (
        MASTER,
        lambda: [x for n in (1e2, 1e4, 1e5) for x in (phase_alone(n), concurrence(n, 0.01))],
    ),
    "what fluctuates": (RADIUS, what_fluctuates),
    "amplitude alone": (RADIUS, lambda: peak_near(amplitude_alone, 1490.0)),
    "Eqs. (43), (B42)": (HIERARCHY, strong_driving),
    "Phi_eff": (FORMULA, lambda: 0.24 * 1e12 / (1 + 0.24 * 1e12)),
    "App. A": (MASTER, appendix_a),
    "Fig. 7(a)": (HIERARCHY, truncation),
    "Fig. 7(b)": (
        HIERARCHY,
        lambda: [
            *hand.populations(hand.steady(8.9e4, 1e-3))[1:3],
            *without_11(8.9e4, 1e-3),
            *lowest_order_recurrence(8.9e4, 1e-3),
        ],
    ),
    "Eq. (B19)": (HIERARCHY, lambda: without_11(50.0, 0.05)),
    "F_1, F_2": (RECURRENCE, lambda: fractions(0.7, 0.03)),
    "Eqs. (B42), (B43)": (RECURRENCE, lambda: scalar_recurrences(0.7, 0.03)),
    "n_th, room temperature": (
        FORMULA,
        lambda: [occupation(300, f) for f in (5e9, 3e9, 50e9)],
    ),
    "superconducting, n_th": (FORMULA, lambda: occupation(293, 5e9)),
    "superconducting, kappa": (FORMULA, lambda: 5e9 / 2.5e5 / 2 / 10e6),
    "temperature of 1e4 quanta": (
        FORMULA,
        lambda: constants.h * 3e9 / (constants.k * np.log1p(1e-4)),
    ),
    "Fig. 4(a)": (HIERARCHY, over_time),
    "Fig. 4(b)": (
        HIERARCHY,
        lambda: [concurrence(N_TH, KAPPA, dephasing=x) for x in (1e-3, 1e-2, 1e-1)],
    ),
    "Fig. 4(c), couplings": (
        HIERARCHY,
        lambda: [concurrence(N_TH, KAPPA, gamma=(1.0, g)) for g in (0.8, 0.9, 1.0, 1.1, 1.2)],
    ),
    "Fig. 4(c), detuning": (
        HIERARCHY,
        lambda: [concurrence(N_TH, KAPPA, detuning=(d, d)) for d in (0.05, 0.1, 0.4)],
    ),
    "opposite detunings": (
        HIERARCHY,
        lambda: [
            concurrence(N_TH, KAPPA, detuning=(d, -d)) / concurrence(N_TH, KAPPA)
            for d in (0.1, 0.5)
        ],
    ),
    "Fig. 4(d)": (
        HIERARCHY,
        lambda: [concurrence(N_TH, k, loss=p) for k in (1e-2, 1e-3, 1e-4) for p in (0.05, 0.1)],
    ),
    "Eq. (48)": (
        HIERARCHY,
        lambda: [concurrence(N_TH, KAPPA, loss=p, printed=True) for p in (0.05, 0.1)],
    ),
    "Eq. (48), eigenvalues": (MATRICES, decay_48),
    "Eq. (49)": (MATRICES, nodes_of_the_wave),
    "Eq. (50)": (MATRICES, dark_state_50),
    "Eq. (50), equivalence": (HIERARCHY, equivalent_detuning),
    "Eqs. (51) to (53)": (MATRICES, general_positions),
    "Fig. 6(b)": (HIERARCHY, placed),
    "entropy": (HIERARCHY, entropies),
}
