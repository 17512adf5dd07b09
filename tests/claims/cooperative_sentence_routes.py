"""The rows of `cooperative_sentences` by another route: the master equation written out."""

import cooperative_routes as by_hand
import numpy as np
from cooperative_routes import (
    ALGEBRA,
    EXPONENTIAL,
    KAPPA,
    PSI,
    PSI_2,
    concurrence,
    energy,
    evolved,
    generator,
    ket,
    lowering,
    overlap,
    reduced,
    together,
)

ALPHA = 0.05 * KAPPA
CLOSED = "a closed form"
STARTS = {"11": ket("11"), "10": ket("10"), **PSI}


def leaking(kappa=KAPPA):
    lower = lowering(2)
    jumps = [np.sqrt(kappa) * sum(lower), *(np.sqrt(ALPHA) * o for o in lower)]
    return generator(np.zeros((4, 4)), jumps)


def always():
    expected = {"11": 0.0, "Psi+": 0.0, "10": 0.5, "Psi-": 1.0}
    return [
        max(
            abs(overlap(evolved(together(), STARTS[start], t), PSI["Psi-"]) - value)
            for t in (0.0, 50.0, 700.0, 5000.0)
        )
        for start, value in expected.items()
    ]


def dark_rate():
    found = []
    for kappa in (KAPPA, 10 * KAPPA):
        rho = evolved(leaking(kappa), PSI["Psi-"], 2000.0)
        found.append(-np.log(overlap(rho, PSI["Psi-"])) / 4000 / ALPHA)
    return found


def finite_dissipation():
    """-dE/dt = 2 kappa <o^+ o> + 2 alpha E, of which |Psi-> has the second part alone."""
    return [0.0, ALPHA / KAPPA]


def smooth_exponential():
    found = []
    for time in (500.0, 2e4):
        dark, half = (evolved(leaking(), STARTS[start], time) for start in ("Psi-", "10"))
        numbers = [overlap(dark, PSI["Psi-"]), energy(dark), 2 * overlap(half, PSI["Psi-"])]
        found += [x / np.exp(-2 * ALPHA * time) for x in numbers]
    return found


def bright_and_excited():
    return [energy(evolved(leaking(), STARTS[start], 2000.0)) for start in ("11", "Psi+")]


def exhausted():
    flat = together(detuning=0.1)
    return [energy(evolved(flat, STARTS[start], 1e4)) for start in ("11", "Psi+", "10", "Psi-")]


def tends_then_loses():
    return [concurrence(evolved(leaking(), ket("10"), t)) for t in (0.0, 500.0, 1500.0, 1e5)]


def end_of_100():
    rho = evolved(together(3), ket("100"), by_hand.LATE)
    printed = (2 * np.outer(PSI_2, PSI_2) + np.outer(ket("000"), ket("000"))) / 3
    pairs = (concurrence(reduced(rho, *pair)) for pair in ((0, 1), (1, 2)))
    return [np.max(np.abs(rho - printed)), *pairs]


def fidelity_of_011():
    return [overlap(evolved(together(3), ket("011"), t), PSI_2) for t in (0.0, 500.0, by_hand.LATE)]


ROUTES = {
    "always": (EXPONENTIAL, always),
    "|10> as a superposition": (
        ALGEBRA,
        lambda: np.linalg.norm(ket("10") - (PSI["Psi+"] + PSI["Psi-"]) / np.sqrt(2)),
    ),
    # C = (1 - exp(-4 kappa t))/2
    "not decohered": (CLOSED, lambda: -np.expm1(-4 * KAPPA * np.array([4e3, 1e4, 1e5])) / 2),
    "kappa spares the dark state": (EXPONENTIAL, dark_rate),
    "finite dissipation": (CLOSED, finite_dissipation),
    "smooth exponential": (EXPONENTIAL, smooth_exponential),
    "bright and excited": (EXPONENTIAL, bright_and_excited),
    "exhausted": (EXPONENTIAL, exhausted),
    "tends to entangle": (EXPONENTIAL, tends_then_loses),
    "basis of one excitation": (CLOSED, lambda: 0.0),
    "end of 100": (EXPONENTIAL, end_of_100),
    "fidelity of 011": (EXPONENTIAL, fidelity_of_011),
}
