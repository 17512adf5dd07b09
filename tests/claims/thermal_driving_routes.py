"""The numbers of THERMAL's Sec. IV and its Apps. A and B by hand, see `thermal_routes`."""

from functools import cache

import numpy as np
import thermal_by_hand as hand
from scipy import sparse
from scipy.linalg import solve_banded
from scipy.optimize import minimize_scalar
from scipy.sparse.linalg import splu
from scipy.special import exp1
from thermal_model_routes import concurrence, peak_near


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
