"""More sentences of GENERATION, recomputed: for reference_ring.json, as `sentence_claims`."""

import mpmath
import numpy as np
from equation_claims import on_waveguide, superoperator
from ring_claims_generation import (
    bare,
    chiral_optimum,
    generated,
    left,
    symmetric,
    unequal_optimum,
    value_and_time,
)
from ring_claims_transport import w_optimum
from scipy.integrate import simpson

import thermalent as te
from thermalent.analysis.optimise import optimise
from thermalent.analytic.ring_resonators import long_time_concurrence
from thermalent.excitations import (
    FewExcitations,
    SingleExcitation,
    average,
    peak_concurrence,
    peak_transfer,
)
from thermalent.hardware.presets import preset
from thermalent.models.ring_resonators import ring_resonators

PRINTED = (0.126, 0.277)
LEAK = left(0.8)  # gamma_L of a directionality of 90 %
# A ring network whose every parameter matters, and the phases in it.
ALPHA, TURN = 0.4, 0.7
FREQUENCIES = {"detuning": (0.3, -0.2), "cavity_detuning": (0.1, 0.25)}
EVERYTHING = {"distance": TURN, "decay_left": 0.3, "qubit_decay": (0.02, 0.05), **FREQUENCIES}


def amplitudes(network, times):
    """[c_eg, c_ge] with their phases: coherences with |gg> from (|gg> + |eg>)/sqrt2."""
    start = np.array([1, 0, 1, 0]) / np.sqrt(2)
    states = te.evolve(network, times, start, FewExcitations()).states
    return 2 * states[:, [2, 1], 0]


def turned(g1, g2, **how):
    return ring_resonators((g1, g2 * np.exp(1j * ALPHA)), **how)


def printed_phases():
    """Largest error of (8) at gamma t = 1, 5, 20, as complex numbers; omega_0 = 0.3."""
    times, (g1, g2) = np.array([1.0, 5.0, 20.0]), PRINTED
    k1, k2 = (np.sqrt(1 - 16 * g * g + 0j) for g in PRINTED)
    sh1, sh2, ch1 = np.sinh(k1 * times / 4), np.sinh(k2 * times / 4), np.cosh(k1 * times / 4)
    c_eg = np.exp(-times * (1 + 1.2j) / 4) * (sh1 / k1 + ch1)
    turn = np.exp(0.25j * (-4 * ALPHA + 4 * TURN + 1j * times - 1.2 * times))
    c_ge = 4 * g1 * g2 * (k1 * sh2 - k2 * sh1) / ((g1**2 - g2**2) * k1 * k2) * turn
    network = turned(*PRINTED, distance=TURN, detuning=0.3, cavity_detuning=0.3)
    return np.max(np.abs(amplitudes(network, times) - np.stack([c_eg, c_ge], 1)))


def limit_of_8(g1, g2, t):
    """|c_ge| of (8) beside the couplings at which it is 0/0."""
    with mpmath.workdps(60):
        a, b = mpmath.mpf(g1) + mpmath.mpf(10) ** -20, mpmath.mpf(g2) - mpmath.mpf(10) ** -20
        k1, k2 = (mpmath.sqrt(1 - 16 * g * g) for g in (a, b))
        s1, s2 = (mpmath.sinh(k * t / 4) for k in (k1, k2))
        c = 4 * a * b * (k1 * s2 - k2 * s1) / ((a**2 - b**2) * k1 * k2) * mpmath.exp(-t / 4)
        return float(abs(c))


def limits_of_8():
    """Largest error of |c_ge| by (8) at gamma t = 6, at [g_1 = g_2, g_1 = 1/4, both]."""
    found = []
    for pair in ((0.3, 0.3), (0.25, 0.4), (0.25, 0.25)):
        exact = te.evolve(ring_resonators(pair), [6.0], "10", SingleExcitation()).states[0]
        found.append(abs(limit_of_8(*pair, 6.0) - np.sqrt(exact[1, 1].real)))
    return found


def laplace_transform():
    """Largest error of the solution of (7) at p = 0.4, by integrals over time."""
    p, times = 0.4, np.linspace(0, 80, 16001)
    weights = np.exp(-p * times)[:, None]
    numeric = simpson(weights * amplitudes(turned(0.2, 0.3, **EVERYTHING), times), times, axis=0)
    right = -1j * np.exp(1j * TURN)
    # c_eg, c_ge, c_10, c_01 of (7), with gamma_L for its gamma_l.
    h = np.array(
        [
            [0.3 - 0.01j, 0, 0.2, 0],
            [0, -0.2 - 0.025j, 0, 0.3 * np.exp(-1j * ALPHA)],
            [0.2, 0, 0.1 - 0.65j, 0.3 * right],
            [0, 0.3 * np.exp(1j * ALPHA), right, 0.25 - 0.65j],
        ]
    )
    printed = np.linalg.solve(1j * p * np.eye(4) - h, [1j, 0, 0, 0])
    return np.max(np.abs(printed[:2] - numeric))


def concurrence_by_coherence():
    """Largest difference of Wootters' concurrence from 2|rho_12|, gamma t = 0 to 40."""
    states = te.evolve(
        ring_resonators(PRINTED), np.linspace(0, 40, 81), "10", SingleExcitation()
    ).states
    return max(abs(float(te.concurrence(rho)) - 2 * abs(rho[1, 2])) for rho in states)


def equal_couplings():
    """Largest C at g_1 = g_2 = 0.43, 0.25, 0.1, 0.03."""
    return [generated(g, g, until=60 + 12 / g**2).value for g in (0.43, 0.25, 0.1, 0.03)]


def best_with_first_larger():
    """[g_1, g_2, largest C] with g_2 <= g_1."""
    found = optimise(
        lambda g1, ratio: ring_resonators((g1, ratio * g1)),
        {"g1": (0.5, 4.0), "ratio": (0.5, 1.0)},
        lambda network: peak_concurrence(network, "10", until=100),
        starts=4,
    )
    g1, ratio = found.parameters["g1"], found.parameters["ratio"]
    return [g1, ratio * g1, found.value]


def bell_fidelities():
    """[F_1, F_2, F_3] when the concurrence is largest, k D = pi."""
    g1, g2, _ = chiral_optimum()
    time = generated(g1, g2).time
    rho = te.evolve(ring_resonators((g1, g2)), [time], "10", SingleExcitation()).states[0]
    even = (rho[1, 1] + rho[2, 2]).real / 2
    return [even + rho[1, 2].real, even - rho[1, 2].real, rho[1, 1].real]


def transfer_at_ratio(ratio):
    """Largest |c_ge|^2 over g_1 with g_2 = ratio g_1."""
    found = optimise(
        lambda g: ring_resonators((g, ratio * g)),
        {"g": (0.1, 1.2)},
        lambda network: peak_transfer(network, "10", "01", until=60),
        starts=2,
    )
    return found.value


def dropped_exponential():
    """exp(-kappa_1 t/2), the dropped part of sinh and cosh, at gamma t = 10 and at the peak."""
    g1, g2, _ = chiral_optimum()
    kappa = np.sqrt(1 - 16 * g1**2)
    return np.exp(-kappa * np.array([10.0, generated(g1, g2).time]) / 2)


def best_beside_a_quarter(both_real):
    """[the other coupling, largest C] with g_2 = 1/4 or, of both imaginary, g_1 = 1/4."""
    found = optimise(
        lambda g: ring_resonators((g, 0.25) if both_real else (0.25, g)),
        {"g": (0.05, 0.2) if both_real else (0.3, 2.0)},
        lambda network: peak_concurrence(network, "10", until=60),
        starts=3,
    )
    return [found.parameters["g"], found.value]


def long_time_peak(g1, g2):
    """Largest value of (10) from gamma t = 10 on."""
    times = np.linspace(10, 20, 100001)
    return np.max(long_time_concurrence(times, g1, g2))


def around_the_sweet_spot():
    """C at D = 0.5, 0.48, 0.45 wavelengths: chi = 0.95, then 0.8."""
    return [
        generated(*PRINTED, decay_left=left(chi), distance=2 * np.pi * part).value
        for chi in (0.95, 0.8)
        for part in (0.5, 0.48, 0.45)
    ]


def stored():
    """C at [the peak, 10 and 1000 later] with the couplings off from the peak on."""
    top = generated(*PRINTED)
    plan = te.Schedule(
        [(ring_resonators(PRINTED), top.time), (ring_resonators((0.0, 0.0)), np.inf)]
    )
    times = top.time + np.array([0.0, 10.0, 1000.0])
    return te.evolve(plan, times, "10", FewExcitations()).concurrence()


def mean_detuned(names, order, width):
    """Mean of the largest C with the frequencies of some pairs uniform in +-width."""

    def value(x):
        pairs = dict(zip(names, np.reshape(x, (-1, 2)), strict=True))
        return generated(*PRINTED, until=80, **{n: tuple(p) for n, p in pairs.items()}).value

    found = average(value, dimension=2 * len(names), width=width, how="quadrature", order=order)
    return found.mean


def dominated_by_atoms():
    """Mean C with [both atoms, both cavities, all] detuned, uniform in +-0.25."""
    return [
        mean_detuned(names, order, 0.25)
        for names, order in ((BY_ATOMS, 6), (BY_CAVITIES, 6), (BY_ATOMS + BY_CAVITIES, 3))
    ]


BY_ATOMS, BY_CAVITIES = ("detuning",), ("cavity_detuning",)


def one_tenth_each():
    """C with a tenth of gamma_R of: decay, cavity loss, gamma_L, cavities, atoms apart."""
    each = (
        {"qubit_decay": 0.1},
        {"cavity_loss": 0.1},
        {"decay_left": 0.1},
        {"cavity_detuning": (0.05, -0.05)},
        {"detuning": (0.05, -0.05)},
    )
    return [generated(*PRINTED, **one).value for one in each]


def first_revival(g, right, until):
    """Height of the first revival of |c_eg|^2, zero without one."""
    times = np.linspace(0.001, until, 6001)
    states = te.evolve(ring_resonators(g, right), times, "10", SingleExcitation()).states
    held = states[:, 2, 2].real
    rising = np.diff(held) > 0
    return np.max(held[int(np.argmax(rising)) :]) if np.any(rising) else 0.0


def purely_dissipative():
    """Largest difference of (11) from the waveguide at D = n lambda/2, n = 1, 2."""
    found = []
    for n in (1, 2):
        exact, (a, b) = on_waveguide((1.0, 1.0), (1.0, 1.0), n * np.pi)
        jump = a + (-1) ** n * b

        def printed(rho, o=jump):
            up = o.conj().T
            return 2 * (o @ rho @ up - (up @ o @ rho + rho @ up @ o) / 2)

        found.append(np.max(np.abs(superoperator(printed) - exact)))
    return found


def delayed_symmetric():
    """C on a symmetric waveguide at gamma tau = 0, 1, 10, the printed couplings."""
    at_once = peak_concurrence(symmetric(), "10", until=1500).value
    later = (
        te.delayed_peak(symmetric(), "10", delay=tau, until=1500, clock="arrival").value
        for tau in (1.0, 10.0)
    )
    return [at_once, *later]


def best_symmetric_distance():
    """[D over lambda, C] near half a wavelength on a symmetric waveguide."""
    found = optimise(
        lambda part: part,
        {"part": (0.499, 0.501)},
        lambda part: peak_concurrence(symmetric(part), "10", until=1500),
        starts=3,
        noise=1e-12,
    )
    return [found.parameters["part"], found.value]


def caesium():
    """[gamma_R/(2 pi) in MHz where omega is 10^7 gamma_R, 5.234 MHz over it]."""
    rate = preset("ring-caesium").rate_unit / (2e6 * np.pi)
    return [rate, 5.234 / rate]


def weak_couplings():
    """Couplings over gamma_R of the same node at both optima: [g_1, g_2] equal, unequal."""
    g1, g2, _ = chiral_optimum()
    first, second, ratio, _ = unequal_optimum()
    return [g1, g2, first, second / ratio]


CLAIMS = {
    "Eq. (8), phases": printed_phases,
    "Eq. (8), limits": limits_of_8,
    "Eqs. (6), (7)": laplace_transform,
    "C = 2|rho_12|": concurrence_by_coherence,
    "no cavities, 0.735": lambda: peak_concurrence(bare(1.0), "10", until=10).value,
    "unequal over bare": lambda: (
        unequal_optimum()[3] / peak_concurrence(bare(1.0), "10", until=10).value
    ),
    "equal couplings entangle": equal_couplings,
    "g_2 > g_1": best_with_first_larger,
    "odd Bell state": bell_fidelities,
    "transfer at other ratios": lambda: [transfer_at_ratio(r) for r in (1.0, 1.5, 2.0)],
    "ensembles": lambda: w_optimum(4),
    "dropped exponential": dropped_exponential,
    "both kappa real": lambda: best_beside_a_quarter(True),
    "both kappa imaginary": lambda: best_beside_a_quarter(False),
    "Eq. (10), optimum": lambda: [long_time_peak(*PRINTED), long_time_peak(0.2499, 0.277)],
    "generation, any distance": lambda: [
        generated(*PRINTED, distance=d).value for d in (0.3, 1.7, np.pi)
    ],
    "sweet spot": around_the_sweet_spot,
    "stored at the peak": stored,
    "common frequency": lambda: [
        generated(*PRINTED, detuning=w, cavity_detuning=w).value for w in (0.0, 1000.0)
    ],
    "10^7 gamma_R": caesium,
    "realistic detunings": lambda: [
        mean_detuned(BY_ATOMS + BY_CAVITIES, 3, half) for half in (0.05, 0.25, 0.5)
    ],
    "dominated by atoms": dominated_by_atoms,
    "most detrimental": one_tenth_each,
    "more Rabi oscillations": lambda: [
        first_revival(PRINTED, 1.0, 60),
        first_revival((2.21, 2.11), (1.0, 4.82), 10),
    ],
    "Eq. (11)": purely_dissipative,
    "nonchiral, delayed": delayed_symmetric,
    "nonchiral, best distance": best_symmetric_distance,
    "weak coupling": lambda: weak_couplings()[:2],
    "weak coupling, 0.969": lambda: weak_couplings()[2:],
    "fast": lambda: [
        value_and_time(generated(*PRINTED))[1],
        value_and_time(generated(2.21, 2.11, decay_right=(1.0, 4.82)))[1],
    ],
    "directionality of 90 %": lambda: [
        generated(*PRINTED, decay_left=LEAK).value,
        generated(*PRINTED, cavity_loss=LEAK).value,
    ],
    "beta near one": lambda: [
        generated(*PRINTED, cavity_loss=(1 - beta) / beta).value for beta in (0.99, 0.95)
    ],
    "perfect chirality not required": lambda: [
        generated(*PRINTED, **{way: left(0.9)}).value for way in ("decay_left", "cavity_loss")
    ],
    "robust": lambda: [
        generated(*PRINTED, **one).value
        for one in (
            {"decay_left": left(0.9), "distance": 0.96 * np.pi},
            {"cavity_loss": left(0.9)},
            {"detuning": (0.05, -0.05)},
            {"qubit_decay": 0.01},
        )
    ],
}
