"""The rows of `thermal_sentences` by another route: no code of the package."""

import numpy as np
import thermal_by_hand as hand
from scipy.linalg import expm
from scipy.special import exp1, gammaln
from thermal_driving_routes import formula_31, without_11
from thermal_model_routes import FORMULA, HIERARCHY, MASTER, MATRICES, concurrence
from thermal_routes import KAPPA, N_TH, at_mirror, couplings_c2

CLOSED = "a closed form"
SPIN_FLIP = "the roots of the spin-flipped state written out"


def classical_field():
    plus, minus = hand.drives(hand.COLLECTIVE, 0.3)
    alpha = 3 - 2j
    drive = -1j * np.sqrt(0.3) * (alpha * hand.COLLECTIVE.T - np.conj(alpha) * hand.COLLECTIVE)
    field = -1j * hand.commutator(drive)
    return np.max(np.abs(alpha * plus + np.conj(alpha) * minus - field))


def faster_fields():
    found = []
    for kappa in (0.1, 0.01, 1e-3):
        found += list(hand.populations(hand.steady(2 / kappa, kappa))[2:])
    return found


def upsilon_by_gamma(x):
    return np.exp(1 / (8 * x)) * exp1(1 / (8 * x)) / (8 * x)


def field_of_one_strength():
    """The weight of |S| in (19), and 1 - Upsilon."""
    return [y for x in (1.0, 10.0) for y in (8 * x / (1 + 8 * x), 1 - upsilon_by_gamma(x))]


def weakly_excited():
    found = []
    for flux in (1e-3, 1e-2, 1e-1):
        approximate = max(0.0, hand.margin(hand.bourret(200 * flux, 0.01)))
        found.append(approximate / concurrence(200 * flux, 0.01) - 1)
    return found


def equation_31():
    """By the printed (27) to (30) and (31), Phi = 0.1, 1, 10."""
    worst, k = 0.0, 0.01
    for f in (0.1, 1.0, 10.0):
        a, b = 1 + 8 * f, 9 + 8 * f
        excited, triplet = 64 * k * f**2 / (a * b), 8 * k * f / a
        singlet = 8 * f / a - 8 * k * f * (27 + 112 * f + 192 * f**2) / (a**2 * b)
        by_22 = singlet - triplet - 2 * np.sqrt(excited / a)
        worst = max(worst, abs(by_22 - formula_31(2 * f / k, k)))
    return worst


def dephasing_excites():
    generator, drive = hand.link()
    plus, minus = hand.drives(drive, 0.01)
    constant = generator + np.sqrt(500.0) * (plus + minus)
    inversion = np.diag([-2.0, 0.0, 0.0, 2.0])
    found = []
    for rate in (0.01 / 4, 0.0):
        found += list(
            hand.populations(hand.null_state(constant + rate * hand.dissipator(inversion)))[2:]
        )
    return found


def biorthogonal():
    """The coefficients of both Laguerre polynomials against the moments k! of exp(-x)."""

    def coefficients(n, m):
        k = np.arange(n + 1)
        logs = gammaln(n + m + 1) - gammaln(n - k + 1) - gammaln(m + k + 1) - gammaln(k + 1)
        return (-1.0) ** k * np.exp(logs)

    worst = 0.0
    for m in (0, 1, 2):
        for n in range(4):
            for other in range(4):
                product = np.convolve(coefficients(n, m), coefficients(other, m))
                moments = np.exp(gammaln(np.arange(len(product)) + m + 1))
                norm = np.exp(sum(gammaln(k + 1) - gammaln(k + m + 1) for k in (n, other)) / 2)
                worst = max(worst, abs(norm * (product @ moments) - (n == other)))
    return worst


def laguerre():
    """Both by the sums of the polynomials."""
    x, worst = 0.7, 0.0

    def sum_of(n, m):
        k = np.arange(n + 1)
        logs = gammaln(n + m + 1) - gammaln(n - k + 1) - gammaln(m + k + 1) - gammaln(k + 1)
        return np.sum((-x) ** k * np.exp(logs))

    for n in (1, 2, 3):
        for m in (1, 2):
            one = sum_of(n, m) - sum_of(n - 1, m) - sum_of(n, m - 1)
            two = (n + m + 1) * sum_of(n, m) - (n + 1) * sum_of(n + 1, m) - x * sum_of(n, m + 1)
            worst = max(worst, abs(one), abs(two))
    return worst


def three_levels():
    n_th = 1 / (12 * 0.01**2)
    return np.abs(np.array(without_11(n_th, 0.01)) - hand.populations(hand.steady(n_th, 0.01))[1:3])


def slow_limit_of_45():
    """By the slope of Upsilon: d/dkappa of Upsilon(1/(1 + 24 kappa)) (1 + 24 kappa) and beyond."""
    found = []
    for kappa in (1e-3, 1e-5, 1e-7):
        s = 24 * kappa  # Upsilon(1/(1 + s)) = e^y E_1(y) y with y = (1 + s)/8
        y = np.array([0.125, (1 + s) / 8])
        low = np.exp(y[0]) * exp1(y[0])
        # e^y E_1(y) by its Taylor series about 1/8: f' = f - 1/y, f'' = f' + 1/y^2, ...
        slope = low - 8
        second = slope + 64
        third = second - 2 * 512
        fourth = third + 6 * 4096
        h = s / 8
        change = h * slope + h**2 / 2 * second + h**3 / 6 * third + h**4 / 24 * fourth
        upper = (low + change) * (1 + s) ** 2 / 8
        # (low + change)(1 + s)^2/8 - low/8 without the cancellation.
        found.append((change * (1 + s) ** 2 + low * (2 * s + s**2)) / 8 / kappa)
        assert upper > low / 8
    return found


def meaning_of_t_phi():
    """exp of the dissipator (gamma_phi/2) D[sigma^z] on the coherence."""
    flat = 0.15 * hand.dissipator(np.diag([-1.0, 1.0]))
    return (expm(2 * flat) @ np.full(4, 0.5))[1] * 2 / np.exp(-0.6)


def hotter_is_later():
    found = []
    for n_th in (100.0, 5000.0):
        states = hand.evolved(n_th, KAPPA, [1.0, 10.0, 20.0])
        found += [*map(hand.concurrence, states), concurrence(n_th, KAPPA)]
    return found


def everything_off():
    how = {"gamma": (1.0, 0.95), "loss": 0.01, "detuning": (0.02, 0.02), "dephasing": 1e-3}
    return concurrence(N_TH, KAPPA, **how) / concurrence(N_TH, KAPPA)


def strain():
    """Modes are cos(k z), their strain is the gradient over k: its product at two places."""
    z, h = np.array([2.1, 5.0]), 1e-6
    gradient = (np.cos(z + h) - np.cos(z - h)) / (2 * h)
    _, decay = couplings_c2(np.ones(2), z - np.pi / 2)
    return np.max(np.abs(decay - np.outer(gradient, gradient)))


def reflected_waves():
    """(C2) as printed against the source itself and its mirror image at -z."""
    z, rates = np.array([0.0, 1.3, 4.4]), np.array([0.3, 1.0, 1.0])
    exchange, decay = couplings_c2(rates, z)
    direct, image = (np.exp(1j * np.abs(op.outer(z, z))) for op in (np.subtract, np.add))
    wave = -0.25j * np.sqrt(np.outer(rates, rates)) * (direct + image)
    return np.max(np.abs(exchange - 0.5j * decay - wave))


def nearly_placed():
    return [
        at_mirror(N_TH, KAPPA, 2 * np.pi * (1 + part), 4 * np.pi, 0.25)
        for part in (0.0, 0.005, 0.01, 0.02)
    ]


def further_use():
    """The singlet is the best Bell state: f = rho_S, and (2 f + 1)/3."""
    singlet = hand.populations(hand.steady(N_TH, KAPPA))[1]
    return [singlet, (2 * singlet + 1) / 3]


ROUTES = {
    "further use": (HIERARCHY, further_use),
    "Eqs. (12), (16)": (MATRICES, classical_field),
    "C of Bell states": (CLOSED, lambda: [0.0, 0.0, 1.0, 1.0, 1.0, 1.0]),
    "faster fields": (HIERARCHY, faster_fields),
    "one strength of the field": (CLOSED, field_of_one_strength),
    "weakly excited": (HIERARCHY, weakly_excited),
    "Eq. (31)": (FORMULA, equation_31),
    "Eq. (38) excites": (MASTER, dephasing_excites),
    "three levels at n*": (HIERARCHY, three_levels),
    "slow limit of (45)": (CLOSED, slow_limit_of_45),
    "room temperature": (
        HIERARCHY,
        lambda: [concurrence(1250.0, kappa) for kappa in (0.01, 1e-3)],
    ),
    "T_phi": (MASTER, meaning_of_t_phi),
    "Fig. 4(a), other temperatures": (HIERARCHY, hotter_is_later),
    "no fine tuning": (HIERARCHY, everything_off),
    "frequency offsets": (
        FORMULA,
        lambda: [couplings_c2(np.ones(1), np.array([z]))[0][0, 0] for z in (np.pi / 2, np.pi / 4)],
    ),
    "small fraction of the wavelength": (HIERARCHY, nearly_placed),
    "Eq. (B2)": ("the moments of the polynomials", biorthogonal),
    "Eqs. (C1), (C2)": (MATRICES, reflected_waves),
    "strain": ("the gradient of the modes, by differences", strain, 1e-8),
    "Laguerre": ("the polynomials summed up", laguerre),
}
