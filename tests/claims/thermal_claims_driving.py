"""What THERMAL says in Sec. IV and the appendices, recomputed, for reference_thermal.json."""

import numpy as np
from scipy.optimize import brentq
from thermal_claims_model import (
    best_temperature,
    concurrence,
    highest,
    margin,
    populations,
    solved,
)

import thermalent as te
from thermalent import analytic

# Of Fig. 3(a), as far as their optima are cheap.
BANDWIDTHS = (0.01, 0.003, 0.001)


def quasistatic_error():
    """C of Eq. (23) minus the exact one over it, at n_th = 10, 100, 1000, kappa = 1e-3."""
    found = []
    for n_th in (10.0, 100.0, 1000.0):
        exact = concurrence(n_th, 1e-3)
        found.append(analytic.upsilon_complement(n_th * 5e-4) / exact - 1)
    return found


def lowest_order():
    """[Error of Eqs. (27) to (29), summed, over kappa^2; their sum with (30) minus 1, over kappa].

    At Phi = 1, kappa = 1e-3 and 1e-4: the first two numbers are bounded, the last two as well.
    """
    squares, sums = [], []
    for kappa in (1e-3, 1e-4):
        full, lowest = (
            form(1.0, kappa)
            for form in (analytic.bourret_populations, analytic.bourret_lowest_order)
        )
        errors = [
            abs(getattr(full, name) - getattr(lowest, name))
            for name in ("excited", "triplet", "singlet")
        ]
        squares.append(sum(errors) / kappa**2)
        printed = 1 / 9 + lowest.singlet + lowest.triplet + lowest.excited
        sums.append((printed - 1) / kappa)
    return [*squares, *sums]


def kappa_max_31():
    """Zeros of Eq. (31) at n_th = 0.05, 0.5, 2, 10."""
    return [analytic.kappa_max(n) for n in (0.05, 0.5, 2.0, 10.0)]


def kappa_max_exact():
    return [
        brentq(lambda kappa, n=n: margin(n, kappa), 0.1, 0.5, xtol=1e-10)
        for n in (0.05, 0.5, 2.0, 10.0)
    ]


def bourret_beyond():
    """[exact, Eq. (31)] at Phi/gamma = 0.1, 1, 10, kappa = 0.01."""
    return [
        x
        for flux in (0.1, 1.0, 10.0)
        for x in (concurrence(200 * flux, 0.01), analytic.bourret_concurrence(flux, 0.01))
    ]


def no_maximum_of_31():
    """Smallest slope of Eq. (31) over ln n_th from 1 to 1e7, kappa = 0.01, 0.001."""
    flux = np.geomspace(1, 1e7, 400) / 2
    return [np.min(np.diff(analytic.bourret_concurrence(k * flux, k))) for k in (0.01, 0.001)]


def phase_alone():
    """[C of Eq. (38), exact] at n_th = 100, 1e4, 1e5, kappa = 0.01, averaged over the phase."""
    found = []
    for n_th in (1e2, 1e4, 1e5):
        network = te.thermal_link(n_th, 0.01)
        state = te.steady_state(network, te.PhaseDiffusion(averaged=True))
        found += [float(state.concurrence()), concurrence(n_th, 0.01)]
    return found


def what_fluctuates():
    """C by [both, amplitude alone, phase alone] at n_th = 1e4 and 1e5, kappa = 0.01."""
    found = []
    for n_th in (1e4, 1e5):
        network = te.thermal_link(n_th, 0.01)
        methods = (None, te.AmplitudeFluctuations(averaged=True), te.PhaseDiffusion(averaged=True))
        found += [float(te.steady_state(network, method).concurrence()) for method in methods]
    return found


def amplitude_optimum():
    """[n_th, C] of the optimum if the amplitude alone fluctuates, kappa = 0.01."""
    method = te.AmplitudeFluctuations(averaged=True, rtol=1e-10)
    return highest(
        lambda n: te.steady_state(te.thermal_link(n, 0.01), method).concurrence(), 700.0, 3000.0
    )


def strong_driving_populations():
    """rho_S: [exact, Eq. (B42), Eq. (43)] at kappa = 1e-3, n_th = 8e4."""
    flux = 40.0
    return [
        populations(8e4, 1e-3)[1],
        *(analytic.singlet_population(flux, 1e-3, leading=leading) for leading in (False, True)),
    ]


def optimum_of_45():
    """[n_th of the maximum of Eq. (45), C there] at kappa = 1e-3."""
    return highest(lambda n: analytic.strong_driving_concurrence(n * 5e-4, 1e-3), 2e4, 4e5)


def error_of_45():
    """Largest |C(45) - C| for n_th up to n* of Eq. (46), and at 3 n*, for kappa = 0.01, 0.001."""
    found = []
    for kappa in (0.01, 0.001):
        star = analytic.n_star(kappa)
        below = [*np.geomspace(1.0, star, 13), 3 * star]
        errors = [
            abs(analytic.strong_driving_concurrence(kappa * n / 2, kappa) - concurrence(n, kappa))
            for n in below
        ]
        found += [max(errors[:-1]), errors[-1]]
    return found


def doubly_excited():
    """[rho_11, 2 sqrt(rho_00 rho_11)] at kappa = 1e-3: n_th = 5.2e4, n* of Eq. (46), 1e6."""
    found = []
    for n_th in (5.2e4, 1e6 / 12, 1e6):
        ground, _, _, excited = populations(n_th, 1e-3)
        found += [excited, 2 * np.sqrt(ground * excited)]
    return found


def appendix_a():
    """[sum of the populations of App. A as printed, largest error of the corrected ones].

    At Phi = 1, kappa = 0.1: n_th = 20.
    """
    k, f = 0.1, 1.0
    norm = (1 + 2 * k) * (1 + 2 * k + 8 * f) * ((3 + 2 * k) ** 2 + 8 * f * (1 + 2 * k))
    rho_11 = 64 * k * f**2 * (1 + k)
    rho_t = 8 * k * f * ((3 + 2 * k) ** 2 + 8 * f * (1 + k))
    rho_s = 8 * f * ((1 + k) * (3 + 2 * k) ** 2 + 8 * f * (1 + k**2 + k))
    rho_00 = 64 * k * f**2 * (1 + k) + 8 * f * (1 + 2 * k) ** 3
    printed = rho_00 + (1 + 2 * k) ** 2 * 5**2
    meant = np.array([rho_00 + (1 + 2 * k) ** 2 * (3 + 2 * k) ** 2, rho_s, rho_t, rho_11]) / norm
    found = te.steady_state(te.thermal_link(20.0, k), te.Bourret()).populations()
    ours = np.array([found[name] for name in ("00", "S", "T", "11")])
    return [(printed + rho_s + rho_t + rho_11) / norm, np.max(np.abs(meant - ours))]


def truncation():
    """Error of C at n_max = sqrt(n_th), kappa = 1e-3, n_th = 1e2, 1e3, 1e4, 1e5."""
    found = []
    for n_th in (1e2, 1e3, 1e4, 1e5):
        method = te.ContinuedFraction(n_max=int(np.sqrt(n_th)))
        rough = te.steady_state(te.thermal_link(n_th, 1e-3), method)
        found.append(abs(rough.concurrence() - float(solved(n_th, 1e-3).concurrence())))
    return found


def three_levels():
    """[rho_S, rho_T] at n_th = 8.9e4, kappa = 1e-3: exact, (B14), (B21) to (B23) with E_n = 0."""
    n_th, kappa = 8.9e4, 1e-3
    exact = populations(n_th, kappa)
    three = analytic.three_level_populations(n_th, kappa)
    lowest = analytic.three_level_lowest_order(kappa * n_th / 2, kappa)
    return [*exact[1:3], three.singlet, three.triplet, lowest.singlet, lowest.triplet]


def element_equations():
    """[rho_S, rho_T] of Eqs. (B19), n_th = 50, kappa = 0.05."""
    found = analytic.three_level_from_elements(50.0, 0.05)
    return [found.singlet, found.triplet]


CLAIMS = {
    "quasistatic error": quasistatic_error,
    "optimal temperature": lambda: [best_temperature(k)[0] for k in BANDWIDTHS],
    "optimal concurrence": lambda: [best_temperature(k)[1] for k in (0.1, *BANDWIDTHS)],
    "Eq. (47)": lambda: [analytic.concurrence_at_n_star(k) for k in (0.1, *BANDWIDTHS)],
    "optimum of Eq. (45)": optimum_of_45,
    "Eq. (45) up to n*": error_of_45,
    "|11>": doubly_excited,
    "Eqs. (27) to (30)": lowest_order,
    "Eq. (32), Eq. (31)": kappa_max_31,
    "Eq. (32), exact": kappa_max_exact,
    "Eq. (33)": lambda: [analytic.bourret_saturation(0.01), full_saturation(0.01)],
    "no maximum of Eq. (31)": no_maximum_of_31,
    "Bourret beyond weak driving": bourret_beyond,
    "Eq. (38)": phase_alone,
    "what fluctuates": what_fluctuates,
    "amplitude alone": amplitude_optimum,
    "Eqs. (43), (B42)": strong_driving_populations,
    "Phi_eff": lambda: 24 * 0.01 * analytic.phi_eff(1e12, 0.01),
    "App. A": appendix_a,
    "Fig. 7(a)": truncation,
    "Fig. 7(b)": three_levels,
    "Eq. (B19)": element_equations,
    "F_1, F_2": lambda: [analytic.fraction_f1(0.7, 0.03), analytic.fraction_f2(0.7, 0.03)],
    "Eqs. (B42), (B43)": lambda: [
        analytic.singlet_population(0.7, 0.03),
        analytic.triplet_population(0.7, 0.03),
    ],
}


def full_saturation(kappa):
    """C of the Bourret state to all orders at Phi = 1e4."""
    return float(analytic.bourret_populations(1e4, kappa).concurrence)
