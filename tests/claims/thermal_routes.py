"""The numbers of THERMAL by another route than the package's: `thermal_by_hand`.

A route per row of reference_thermal.json, in the order of the paper; no code of the package. The
functions of Secs. I to IV stand in `thermal_model_routes` and `thermal_driving_routes`.
Those that take the package's other exact method stand in `thermal_fock_routes`.
"""

import numpy as np
import thermal_by_hand as hand
from scipy import constants
from scipy.optimize import brentq
from thermal_driving_routes import (
    OPTIMA,
    TEMPERATURES,
    amplitude_alone,
    appendix_a,
    best_temperature,
    bourret_beyond,
    doubly_excited,
    error_of_45,
    formula_31,
    fractions,
    lowest_order,
    lowest_order_recurrence,
    no_maximum_of_31,
    optimum_of_45,
    phase_alone,
    quasistatic_error,
    scalar_recurrences,
    strong_driving,
    truncation,
    what_fluctuates,
    without_11,
)
from thermal_model_routes import (
    FORMULA,
    HIERARCHY,
    MASTER,
    MATRICES,
    RADIUS,
    RECURRENCE,
    best_bandwidth,
    concurrence,
    dark_residual,
    filtered_light,
    formula_22,
    markov_limit,
    markov_product,
    markov_transient,
    one_qubit_overshoot,
    peak_near,
    printed_18,
    rabi_turns,
    singlet_decays,
    triplet_form,
    weak_and_strong_flux,
    white,
)

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
